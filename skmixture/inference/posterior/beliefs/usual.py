"""Priors of what the user says nothing about: proper, wide, and in the units of the data.

They look at the law that all rows have together, which is one M-step from
equal responsibilities.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.families.written.bounded import Bounded
from skmixture.inference.likelihood.function import Likelihood
from skmixture.inference.posterior.beliefs.densities import (
    Density,
    Even,
    Normal,
    OfPrior,
    OnCoordinates,
    OnSimplex,
)
from skmixture.law.family import Arrays
from skmixture.law.parts import SEPARATOR
from skmixture.priors import InverseWishart
from skmixture.transforms import Interval, PositiveDefinite, Real, Simplex, Sphere

__all__ = ["Usual"]

Array = NDArray[np.floating]

# Coordinates beyond this, in units of the data, are of what is at an edge of its range.
FAR = 30.0
# Standard deviations of locations, in those of their columns, and of logarithms: a factor of 12.
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
        transform = self._chart.family.parameters[name]  # in the user's units, as densities are
        usual = self._law.usual.get(name)
        if usual is not None:
            mean = transform.unconstrain(np.asarray(usual))
            return OnCoordinates(transform, mean, OF_LOGARITHM)
        match transform:
            case Real():
                return Normal(self._typical(name), OF_LOCATION * self._spread(name))
            case Simplex() | Sphere():
                shape = self._whole[name].shape[2:]
                return Even.on(transform, shape)
            case Interval():
                return Even.on(transform, ())
            case Bounded() if (transform.from_below & transform.from_above).all():
                return Even.on(transform, ())
            case PositiveDefinite():
                matrix = self._whole[name][0, 0]
                self._check_inside(name)
                return OfPrior(InverseWishart(len(matrix) + 2.0, matrix / self._parts(len(matrix))))
        self._check_inside(name)
        mean = transform.unconstrain(self._typical(name))
        return OnCoordinates(transform, mean, OF_LOGARITHM)

    def _check_inside(self, name: str) -> None:
        """Raise a ValueError where the law of all rows is at an edge: nothing is about it."""
        local = self._law.to_local(self._whole)[name]
        try:
            with np.errstate(all="ignore"):
                z = self._law.parameters[name].unconstrain(local)
        except np.linalg.LinAlgError:
            z = np.full(1, np.inf)
        if not (np.abs(z) < FAR).all():
            raise ValueError(
                f"{name} has no default prior: the law of all rows together is at an edge of its "
                f"range, as where a column is constant. Give priors[{name!r}], or hold it by fixed"
            )

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
        return {
            name: np.where(np.isfinite(value), value, fit[name]) for name, value in found.items()
        }

    def _typical(self, name: str) -> Array:
        """Values (1, K, ...) of the law of all rows; where they are tied there is one."""
        return self._whole[name][:, : self._n_values(name)]

    def _n_values(self, name: str) -> int:
        (part,) = [part for part in self._chart.coordinates.parts if part.name == name]
        return len(part.free)

    def _spread(self, name: str) -> Array:
        """What a number differs by, broadcastable to values (1, K, ...).

        The standard deviation of its column over all rows, of a law that has
        the columns by themselves (of logarithms, as of a log-normal law);
        else its local unit.
        """
        part = name[: -len(name.rpartition(SEPARATOR)[2])]  # "" or "<part>__"
        shape = self._whole[name].shape[2:]
        found = self._spreads.get(f"{part}x")
        unit = self._unit(name)
        if found is None or len(found) != np.prod(shape):
            return unit
        proper = np.isfinite(found) & (found > 0)
        return np.where(proper.reshape(shape), found.reshape(shape), unit)

    @cached_property
    def _spreads(self) -> dict[str, Array]:
        """Standard deviations (d,) over the rows of what encoded rows hold, in the user's units."""
        means = self._averages(lambda _, x: x)
        squares = self._averages(lambda key, x: np.square(x - means[key][:, None]))
        return {key: np.sqrt(value) for key, value in squares.items()}

    def _averages(self, function: Callable[[str, Array], Array]) -> dict[str, Array]:
        """Averages (d,) over the rows, by weight, of encoded ones (d, n); what is missing apart."""
        family = self._chart.family
        sums: dict[str, Any] = {}
        counts: dict[str, Any] = {}
        for rows in self._likelihood.passes.blocks.map_rows(lambda rows: rows):
            weight = np.ones(rows.n_rows) if rows.weight is None else rows.weight[0]
            for key, x in family.encode(rows.X, **rows.side).items():
                own = key == "x" or key.endswith(f"{SEPARATOR}x")
                if not own or not isinstance(x, np.ndarray) or x.shape[1:] != (rows.n_rows,):
                    continue
                value = function(key, x)
                there = np.isfinite(value) * weight
                sums[key] = sums.get(key, 0.0) + (np.nan_to_num(value) * there).sum(axis=1)
                counts[key] = counts.get(key, 0.0) + there.sum(axis=1)
        return {key: total / counts[key] for key, total in sums.items()}

    def _unit(self, name: str) -> Array:
        """One local unit (1, K, ...) of a parameter, in the user's."""
        local = self._chart.state(self._chart.origin[None]).params
        moved = {**local, name: local[name] + 1.0}
        there, here = self._law.to_user(moved)[name], self._law.to_user(local)[name]
        return np.abs(there - here)[:, : self._n_values(name)]
