"""What gamma priors add to the log-likelihood of positive parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np

from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Array, Arrays, Family
from skmixture.numerics.solvers import Expansion
from skmixture.numerics.special import deviance

__all__ = ["NO_PULL", "Pull"]


class Pull(NamedTuple):
    """``power log a - rate a`` for each of some parameters a, towards the mode ``power / rate``.

    Attributes
    ----------
    power, rate : ndarray
        Not negative, broadcastable to the parameters; both 0 where there is no prior.
    """

    power: Array | float
    rate: Array | float

    @classmethod
    def of(
        cls,
        law: Family,
        stack: Callable[[Arrays], Array],
        shape: tuple[int, ...],
        constraints: Constraints = FREE,
    ) -> Self:
        """The pulls on all parameters of a law, each of one shape (1, K, ...).

        `stack` makes one array of arrays by parameter. Tied parameters have a
        share of their prior each, or the whole where `constraints` are given.
        """
        by_name = {name: law.pseudo(name) for name in law.parameters}

        def stacked(place: int) -> Array:
            return stack(
                {
                    name: constraints.pool(name, np.broadcast_to(numbers[place], shape))
                    for name, numbers in by_name.items()
                }
            )

        return cls(stacked(0), stacked(1))

    def per(self, n: Array) -> Self:
        """The same for each of n rows."""
        return type(self)(self.power / n, self.rate / n)

    def value(self, a: Array) -> Array:
        """What is added, entry by entry, less what it is at the mode."""
        return -deviance(self.power, self.rate * a)

    def join(self, at: Expansion, a: Array) -> Expansion:
        """Add it to an expansion by the logarithms of a (..., p)."""
        falls = self.rate * a
        return Expansion(
            at.value + self.value(a).sum(axis=-1),
            at.gradient + self.power - falls,
            at.hessian - falls[..., None] * np.eye(a.shape[-1]),
        )


NO_PULL = Pull(0.0, 0.0)
