"""Priors of what the user says nothing about: proper, wide, and in the units of the data.

They look at the law that all rows have together, which is one M-step from
equal responsibilities.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.families.written.bounded import Bounded
from skmixture.family import Arrays
from skmixture.inference.likelihood.function import Likelihood
from skmixture.inference.posterior.beliefs.densities import (
    Density,
    Even,
    Normal,
    OnCoordinates,
    OnSimplex,
)
from skmixture.priors import InverseWishart
from skmixture.transforms import Interval, PositiveDefinite, Real, Simplex, Sphere

__all__ = ["Usual"]

Array = NDArray[np.floating]

# Standard deviations of locations, in units of the data, and of logarithms: a factor of 12.
OF_LOCATION, OF_LOGARITHM = 5.0, 2.5


class Usual:
    """Default priors.

    Parameters
    ----------
    likelihood : Likelihood
    """

    def __init__(self, likelihood: Likelihood) -> None:
        self._likelihood = likelihood
        self._chart = likelihood.chart
        self._law = likelihood.chart.law

    def weights(self) -> Density:
        """Uniform on the simplex."""
        return OnSimplex(np.ones(()))

    def of(self, name: str) -> Density:
        """That of a parameter."""
        transform = self._law.parameters[name]
        usual = self._law.usual.get(name)
        if usual is not None:
            mean = transform.unconstrain(np.asarray(usual))
            return OnCoordinates(transform, mean, OF_LOGARITHM)
        match transform:
            case Real():
                return Normal(self._whole[name], OF_LOCATION * self._unit(name))
            case Simplex() | Sphere():
                shape = self._whole[name].shape[2:]
                return Even.on(transform, shape)
            case Interval():
                return Even.on(transform, ())
            case Bounded() if (transform.from_below & transform.from_above).all():
                return Even.on(transform, ())
            case PositiveDefinite():
                matrix = self._whole[name][0, 0]
                return _Matrices(InverseWishart(None, matrix / self._parts(len(matrix))))
        mean = transform.unconstrain(self._whole[name])
        return OnCoordinates(transform, mean, OF_LOGARITHM)

    def _parts(self, d: int) -> float:
        """How much smaller a component's covariance may be than that of all rows.

        As if the components shared the volume (Fraley and Raftery 2007,
        Journal of Classification 24, 155-181).
        """
        return float(self._chart.n_components ** (2 / d))

    @cached_property
    def _whole(self) -> Arrays:
        """Parameters (1, K, ...) of the law of all rows, in the user's units."""
        em, K = self._likelihood.em, self._chart.n_components
        even = np.full((1, K, em.rows.n_rows), 1 / K)
        found = self._law.to_user(em.start(even, exact=True).params)
        fit = self._law.to_user(self._chart.state(self._chart.origin[None]).params)
        tied = {part.name for part in self._chart.coordinates.parts if part.tied}
        return {
            name: np.where(np.isfinite(value), value, fit[name])[:, : 1 if name in tied else None]
            for name, value in found.items()  # of what is tied there is one value
        }

    def _unit(self, name: str) -> Array:
        """One local unit (1, K, ...) of a parameter, in the user's."""
        local = self._chart.state(self._chart.origin[None]).params
        moved = {**local, name: local[name] + 1.0}
        there, here = self._law.to_user(moved)[name], self._law.to_user(local)[name]
        return np.abs(there - here)[:, : self._whole[name].shape[1]]


class _Matrices:
    """A density of covariance matrices as `skmixture.priors` has it."""

    proper = True

    def __init__(self, prior: Any) -> None:
        self.prior = prior

    def log_density(self, values: Array) -> Array:
        return self.prior.log_density(values)

    def __str__(self) -> str:
        d = len(self.prior.scale)
        return f"InverseWishart({self.prior.degrees(d):g}, {np.asarray(self.prior.scale).tolist()})"
