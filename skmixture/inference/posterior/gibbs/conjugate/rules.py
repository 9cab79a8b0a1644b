"""Which parameter of which law is drawn straight: a table of rules, and what they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.law.constraints import Constraints
from skmixture.law.family import Arrays, Family

__all__ = ["RULES", "Case", "Draw", "rule"]

Array = NDArray[np.floating]


class Draw(Protocol):
    """Values of one parameter from their law given all else."""

    def __call__(self, params: Arrays, stats: Arrays, rng: RandomState) -> Array:
        """Values (B, K, ...) in local units.

        Parameters
        ----------
        params : mapping of str to ndarray of shape (B, K, ...)
        stats : mapping of str to ndarray of shape (B, K, ...)
            Sums over the rows of each component, as the stable law gathers
            them with `params`; divided by the temperature.
        """


@dataclass(frozen=True)
class Case:
    """A parameter whose conditional law is asked for.

    Attributes
    ----------
    law : Family
        By its exact formulas, local to the data.
    name : str
    priors : mapping of str to prior, or None
        What is believed of each parameter, in the user's units.
    shape : tuple of int
        That of the values of all components, (K or 1, ...).
    constraints : Constraints
        In local units.
    n_components : int
    """

    law: Family
    name: str
    priors: dict[str, Any]
    shape: tuple[int, ...]
    constraints: Constraints
    n_components: int

    @property
    def prior(self) -> Any:
        """That of the parameter itself."""
        return self.priors[self.name]

    @property
    def tied(self) -> bool:
        """Whether all components share one value."""
        return self.name in self.constraints.tied

    def suits(self, *numbers: Array | None) -> bool:
        """Whether the numbers of a prior are those of each value, or of all."""
        shape = (1, *self.shape[1:]) if self.tied else self.shape
        try:
            return all(
                number is not None and np.broadcast_shapes(number.shape, shape) == shape
                for number in numbers
            )
        except ValueError:
            return False

    def pooled(self, sums: Array) -> Array:
        """Sums (B, K, ...) of each value: (B, 1, ...) where one is of all components."""
        return sums.sum(axis=1, keepdims=True) if self.tied else sums

    def spread(self, values: Array) -> Array:
        """Values (B, K, ...) from those of `pooled`."""
        return np.repeat(values, self.n_components, axis=1) if self.tied else values


# By the type of the law and the parameter: None says that the prior is not conjugate.
RULES: dict[tuple[type[Family], str], Callable[[Case], Draw | None]] = {}

Rule = Callable[[Case], Draw | None]


def rule(name: str, *laws: type[Family]) -> Callable[[Rule], Rule]:
    """Enter a rule for a parameter of some laws: of just these, not of what is made of them."""

    def enter(own: Rule) -> Rule:
        RULES.update({(law, name): own for law in laws})
        return own

    return enter
