"""What a user says of parameters: the units they come in, and priors on them."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np

from skmixture.law.face import Array, Arrays
from skmixture.law.tabular import Tabular
from skmixture.priors import Prior

__all__ = ["Informed", "batch_size"]


class Informed(Tabular):
    """A law whose parameters have units of the user's, and may have priors."""

    takes_priors: ClassVar[Mapping[str, type[Prior]]] = {}  # the kind, by parameter
    usual: ClassVar[Mapping[str, float]] = {}  # about what parameters without a unit mostly are

    _priors: Mapping[str, tuple[Prior, float]] = MappingProxyType({})  # and a share of each

    def to_local(self, params: Arrays) -> dict[str, Array]:
        """Parameters (NaN allowed) from the user's units."""
        return dict(params)

    def to_user(self, params: Arrays) -> dict[str, Array]:
        """Parameters in the user's units."""
        return dict(params)

    def with_priors(
        self, priors: Mapping[str, Prior], tied: Collection[str], n_components: int
    ) -> Self:
        """The same law, whose `maximise` and `gradient` count priors in.

        Parameters that are tied share one prior between all components.
        """
        law = copy.copy(self)
        law._priors = {
            name: (prior, 1 / n_components if name in tied else 1.0)
            for name, prior in priors.items()
        }
        return law

    @property
    def has_priors(self) -> bool:
        """Whether any parameter has a prior."""
        return bool(self._priors)

    def log_prior(self, params: Arrays) -> Array:
        """Log density (B,) of the priors at parameters (B, K, ...)."""
        total, of_user = np.zeros(batch_size(params)), self.to_user(params)
        for name, (prior, share) in self._priors.items():
            density = prior.log_density(of_user[name])
            total += share * density.reshape(len(total), -1).sum(axis=1)
        return total

    def unit_of(self, name: str) -> Array | float:
        """The unit that a positive parameter is computed with in."""
        return 1.0

    def pseudo(self, name: str) -> tuple[Array | float, ...]:
        """What the prior of a parameter adds to its sums; zeros where there is none."""
        if name not in self._priors:
            return (0.0,) * len(self.takes_priors[name]().pseudo())
        prior, share = self._priors[name]
        unit = self.unit_of(name)
        local = prior if isinstance(unit, float) and unit == 1 else prior.per(unit)
        return tuple(share * number for number in local.pseudo())

    def with_slopes(self, gradient: Arrays, params: Arrays) -> dict[str, Array]:
        """A gradient by the logarithms of positive parameters, with that of their priors added."""
        joined = dict(gradient)
        of_user = self.to_user(params) if self._priors else {}
        for name, (prior, share) in self._priors.items():
            joined[name] = joined[name] + share * prior.slope(of_user[name])
        return joined


def batch_size(params: Arrays) -> int:
    """B of parameters (B, K, ...)."""
    return len(next(iter(params.values())))
