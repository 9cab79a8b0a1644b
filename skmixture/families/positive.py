"""What laws of positive numbers share: a unit for each column, and how narrow a law may be."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.law.constant import told_constant
from skmixture.law.family import Array, Arrays, Family
from skmixture.numerics.special import log1pmx
from skmixture.supports import Support, positive_numbers
from skmixture.table.rows import rows_last
from skmixture.transforms import Transform, positive

__all__ = [
    "EMPTY",
    "LARGEST",
    "NARROW",
    "TINY",
    "AboutMeans",
    "Columns",
    "PositiveLaw",
    "about",
    "least_spread",
    "log_distance",
    "log_distance_between",
    "logs",
    "representable",
]

TINY, HUGE = float(np.finfo(float).tiny), float(np.finfo(float).max)
# Mass of a row that a component must have to be asked where it lies.
EMPTY = 10 * float(np.finfo(float).eps)
# Rows that say where the middle of a column is, and how wide it is.
SOME = 2_500
# A component whose logarithms spread by less than this part of the column's has collapsed.
NARROW = 1e-6
# No logarithm is known to less than so many units in the last place of a number.
GRAINS = 16
# Precision, in numbers free of units, beyond which rounding is wider than the law.
LARGEST = 1e22
# Numbers are brought no farther from 1 than this, whatever the unit.
FARTHEST = 1e300
# Ratios nearer to 1 than this are known by what they differ from it.
NEAR = 0.5


def logs(X: NDArray) -> Array:
    """Logarithms in double precision, -inf off the support."""
    with np.errstate(divide="ignore"):
        return np.log(np.maximum(X, 0.0, dtype=float))


def representable(X: NDArray) -> NDArray:
    """Draws that may have left the range of floats, brought back to its ends."""
    return np.clip(X, TINY, np.finfo(float).max)


def least_spread(coordinates: NDArray, eps: float) -> Array:
    """Standard deviation (d,) at which a component counts as collapsed.

    In coordinates (n, d) on which the law is about a Gaussian: a part of the
    columns' own deviation, or that of a Gaussian with their quartiles where it
    is less, but no less than the rounding of the data.
    """
    some = coordinates[:: max(1, len(coordinates) // SOME)]
    low, high = np.quantile(some, [0.25, 0.75], axis=0)
    middle, whole = (high - low) / 1.349, some.std(axis=0)
    spread = np.where(middle > 0, np.minimum(middle, whole), whole)
    grain = GRAINS * eps * np.maximum(1.0, np.abs(some).max(axis=0))
    # a constant column has no deviation of its own to take a part of
    return np.maximum(NARROW * np.where(spread > grain, spread, 1.0), grain)


@dataclass(frozen=True)
class Columns:
    """Constants of the columns of one set of positive rows, each (d,).

    Attributes
    ----------
    unit
        A power of two near the median.
    low, high
        Logarithms of the smallest and the largest row, in these units.
    narrowest
        Standard deviation of logarithms at which a component has collapsed.
    least
        The smallest number above 0.
    is_constant
        Whether all rows are alike.
    """

    unit: Array
    low: Array
    high: Array
    narrowest: Array
    least: Array
    is_constant: NDArray[np.bool_]

    @classmethod
    def of(cls, X: NDArray) -> Self:
        """Of rows (n, d), which may hold 0."""
        X = X.reshape(-1, X.shape[-1])
        high = X.max(axis=0).astype(float)
        is_constant = X.min(axis=0) == high
        least = np.min(X, axis=0, where=X > 0, initial=np.inf).astype(float)
        least, high = np.where(high > 0, least, 1.0), np.where(high > 0, high, 1.0)
        some = np.maximum(X[:: max(1, len(X) // SOME)], least)
        middle = np.exp2(np.round(np.median(np.log2(some), axis=0)))
        unit = np.minimum(middle, FARTHEST * np.minimum(least, 1.0))
        unit = np.maximum(unit, high / FARTHEST)
        unit = np.exp2(np.round(np.log2(unit)))
        narrowest = least_spread(np.log(some), float(np.finfo(X.dtype).eps))
        low, high = np.log(least / unit), np.log(high / unit)
        return cls(unit, low, high, narrowest, least, is_constant)


class PositiveLaw(Family):
    """A law of positive numbers, independent between columns, with a parameter or two for each.

    Rows are computed with in units of their column, so that the unit of the
    data does not matter.
    """

    support: ClassVar[Support] = positive_numbers
    factorises = True
    names: ClassVar[tuple[str, ...]]
    in_units: ClassVar[tuple[str, ...]]  # those parameters that have the unit of the data
    collapse = (
        "in some column their rows are all but equal, where shapes_ and the density grow without "
        "bound. Use fewer components, other starts, or tied=('shapes',)."
    )
    _columns: Columns | None = None  # set by `localise`

    @property
    def parameters(self) -> dict[str, Transform]:
        return dict.fromkeys(self.names, positive)

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(self.names, (n_features,))

    # -- columns in which all rows are alike ------------------------------------

    def on_constants(self, columns: Sequence[Any]) -> list[str]:
        return told_constant(self._is_constant, "shape", columns) if "shapes" in self.names else []

    @property
    def _is_constant(self) -> NDArray[np.bool_]:
        """Columns (d,) that are, there the shapes end at their bound; (1,) before `localise`."""
        return np.zeros(1, dtype=bool) if self._columns is None else self._columns.is_constant

    def with_slopes(self, gradient: Arrays, params: Arrays) -> dict[str, Array]:
        joined = super().with_slopes(gradient, params)
        if self.has_priors or "shapes" not in self.names or not self._is_constant.any():
            return joined
        # the M-step has found where they end, beyond which the gradient still points
        return {name: np.where(self._is_constant, 0.0, slope) for name, slope in joined.items()}

    # -- units -------------------------------------------------------------

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        local = copy.copy(self)
        local._columns = Columns.of(X)
        return local

    def to_local(self, params: Arrays) -> dict[str, Array]:
        return {name: value / self.unit_of(name) for name, value in params.items()}

    def to_user(self, params: Arrays) -> dict[str, Array]:
        with np.errstate(over="ignore"):  # of a scale that is far beyond the mean
            users = {name: value * self.unit_of(name) for name, value in params.items()}
        return {name: np.minimum(value, HUGE) for name, value in users.items()}

    def unit_of(self, name: str) -> Array | float:
        return self._unit if name in self.in_units else 1.0

    @property
    def _unit(self) -> Array | float:
        return 1.0 if self._columns is None else self._columns.unit

    @property
    def _extent(self) -> Array | float:
        """Largest absolute logarithm of a row."""
        if self._columns is None:
            return 0.0
        return np.maximum(np.abs(self._columns.low), np.abs(self._columns.high))

    @property
    def _most(self) -> Array | float:
        """Inverse of the least variance of logarithms that a component may have."""
        if self._columns is None:
            return LARGEST
        return np.minimum(LARGEST, 1 / self._columns.narrowest**2)

    def _in_units(self, X: NDArray) -> Array:
        """Rows (..., n, d) in units of their columns, rows last."""
        return np.ascontiguousarray(rows_last(X / self._unit), dtype=float)

    def _log_in_units(self, X: NDArray) -> Array:
        """Their logarithms, also where they underflow."""
        return np.ascontiguousarray(rows_last(logs(X) - np.log(self._unit)))

    # -- beyond fitting ----------------------------------------------------

    def features(self, X: NDArray) -> Array:
        return logs(X)

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params).prod(axis=-1)


class AboutMeans(PositiveLaw):
    """The way of `stable()`: rows by their distance from the means, where nothing cancels.

    Goes before the law in the bases. The sums are of ``x / m - 1`` and of its
    distance from 0 as the law measures it.
    """

    def stable(self) -> Self:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(next(iter(params.values()))))

    def means(self, params: Arrays) -> Array:
        """Means (B, K, d)."""
        raise NotImplementedError

    def distance(self, x: Array, mean: Array) -> Array:
        """Of rows from a mean."""
        raise NotImplementedError

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return {"x": self._in_units(X)}

    def prepare(self, params: Arrays) -> dict[str, Array]:
        return {**params, "about": self.means(params)}

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        x = rows["x"]
        means = prepared.get("about", np.ones((*resp.shape[:2], x.shape[-2])))
        total, distance = np.empty((2, *means.shape))
        for j in range(means.shape[-1]):  # a column at a time: (B, K, n) is the largest array
            column, mean = x[..., None, j, :], means[..., j, None]
            total[..., j] = np.einsum("...n,...n->...", resp, about(column, mean)[0])
            distance[..., j] = np.einsum("...n,...n->...", resp, self.distance(column, mean))
        return {"n": resp.sum(axis=-1), "excess": total, "distance": distance}

    def restated(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        return dict(stats)

    def _averages(self, stats: Arrays, params: Arrays | None) -> tuple[Array, Array, Any]:
        """Excess and distance of the average row, and what it is about."""
        n = stats["n"][..., None]
        with np.errstate(divide="ignore", invalid="ignore"):
            excess = np.maximum(stats["excess"] / n, np.finfo(float).eps - 1)
            return excess, stats["distance"] / n, 1.0 if params is None else self.means(params)


def about(x: Array, mean: Array) -> tuple[Array, Array]:
    """``x / m - 1`` without cancellation, and ``x / m``; what is too large for a float is cut."""
    with np.errstate(over="ignore"):
        return np.minimum((x - mean) / mean, HUGE), np.minimum(x / mean, HUGE)


def log_distance_between(x: Array, mean: Array) -> Array:
    """``r - 1 - log r`` of ratios ``r = x / m``, also where these are too small for floats."""
    excess, ratio = about(x, mean)
    distance = log_distance(excess, ratio)
    beyond = ratio < TINY
    if beyond.any():
        distance = np.where(beyond, excess - (np.log(x) - np.log(mean)), distance)
    return distance


def log_distance(excess: Array, ratio: Array) -> Array:
    """``r - 1 - log r`` of ratios r, by ``excess = r - 1`` where that is small."""
    near = np.abs(excess) < NEAR
    with np.errstate(divide="ignore"):
        far = excess - np.log(np.where(near, 1.0, ratio))
    return np.where(near, -log1pmx(np.where(near, excess, 0.0)), far)
