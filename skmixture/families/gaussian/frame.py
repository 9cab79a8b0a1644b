"""The coordinates in which a Gaussian is fitted: centred, and scaled by a power of two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frame", "spread_between"]

Array = NDArray[np.floating]
EPS = float(np.finfo(float).eps)
# Rows that say about where the data are, and how wide; rows of a block.
FEW, SOME, BLOCK = 1_000, 2_500, 16_384
# Times the variance that the square of the mean may be, lest the difference lose digits.
FAR = 100


@dataclass(frozen=True)
class Frame:
    """Origin and unit of the computation, and what of the data bounds its rounding.

    Sums of squares about a far origin cancel, so rows are centred before
    they are multiplied. The unit only guards against overflow; as a power of
    two it rounds nothing.

    Attributes
    ----------
    origin : ndarray of shape (d,)
    unit : float
    extent : ndarray of shape (d,)
        Largest distance of a row from the origin, in units.
    variance : ndarray of shape (d,)
        Of the columns, in squared units.
    spread : ndarray of shape (d,)
        The same by the middle half of some rows, where that is less: rows
        far out do not count.
    grain : ndarray of shape (d,)
        Spacing of floating-point numbers at the largest row, in units: no
        standard deviation can be smaller.
    mass_floor : float
        Added to the mass of every component, ten ulps of one row.
    """

    origin: Array
    unit: float
    extent: Array
    variance: Array
    spread: Array
    grain: Array
    mass_floor: float

    @classmethod
    @cache
    def identity(cls, n_features: int) -> Self:
        """The user's own coordinates, nothing known of the data."""
        zero = np.zeros(n_features)
        return cls(zero, 1.0, zero, zero, zero, zero, 0.0)

    @classmethod
    def of(cls, X: NDArray, weight: Array | None) -> Self:
        """The frame of data (n, d) with row weights (n,)."""
        per_row = 1.0 if weight is None else float(np.mean(weight))
        with np.errstate(over="ignore", invalid="ignore"):
            column = _Columns.of(X, weight)
            low, high, origin = column.low, column.high, column.mean
            extent = np.maximum(high - origin, origin - low)
        if not np.isfinite(extent).all():
            raise ValueError("X is too large for sums of its rows: rescale its columns")
        if extent.max() > 1e150 or 0 < extent.max() < 1e-150:
            raise ValueError("squares of X leave the range of floating-point numbers: rescale it")
        unit = 2.0 ** np.round(np.log2(extent.max())) if extent.max() > 0 else 1.0
        grain = EPS * np.maximum(np.abs(low), np.abs(high))
        floor = 10 * float(np.finfo(X.dtype).eps) * per_row
        variance = column.variance / unit**2
        spread = _spread(X, variance, unit)
        return cls(origin, unit, extent / unit, variance, spread, grain / unit, floor)

    @cached_property
    def user_origin(self) -> Array:
        """Where the user's origin would be (d,), with the sign turned."""
        return self.origin / self.unit

    def varying(self, variance: Array) -> Self:
        """The same for data of another variance (d,), in squared units."""
        return replace(self, variance=variance, spread=variance)

    def inward(self, x: Array) -> Array:
        """Points (..., d) from the user's coordinates."""
        return (x - self.origin) / self.unit

    def outward(self, x: Array) -> Array:
        """Points (..., d) to the user's coordinates."""
        return x * self.unit + self.origin


class _Columns(NamedTuple):
    """Range, mean and variance of each column, each (d,)."""

    low: Array
    high: Array
    mean: Array
    variance: Array

    @classmethod
    def of(cls, X: NDArray, weight: Array | None) -> Self:
        """Of rows (n, d), block by block."""
        near = X[:: max(1, len(X) // FEW)].mean(axis=0, dtype=float)
        about = cls._about(near, X, weight)
        if ((about.mean - near) ** 2 > FAR * about.variance).any():
            about = cls._about(about.mean, X, weight)
        return about

    @classmethod
    def _about(cls, near: Array, X: NDArray, weight: Array | None) -> Self:
        """In one pass, by squares about `near` (d,), which should be near the means."""
        d = X.shape[1]
        low, high, first, second = np.full(d, np.inf), np.full(d, -np.inf), np.zeros(d), np.zeros(d)
        for begin in range(0, len(X), BLOCK):
            here = slice(begin, begin + BLOCK)
            x = np.array(X[here].T, dtype=float, order="C")  # (d, m): long rows are quicker
            np.minimum(low, x.min(axis=1), out=low)
            np.maximum(high, x.max(axis=1), out=high)
            x -= near[:, None]
            weighted = x if weight is None else x * weight[here]
            first += weighted.sum(axis=1)
            second += np.einsum("dn,dn->d", weighted, x)
        total = len(X) if weight is None else weight.sum()
        shift = first / total
        return cls(low, high, near + shift, np.maximum(second / total - shift**2, 0.0))


def _spread(X: NDArray, variance: Array, unit: float) -> Array:
    some = X[:: max(1, len(X) // SOME)]
    quarter = len(some) // 4
    places = [quarter, len(some) - 1 - quarter]
    low, high = np.partition(some, places, axis=0)[places]  # `quantile` takes ten times as long
    return spread_between(low / unit, high / unit, variance)


def spread_between(low: Array, high: Array, variance: Array) -> Array:
    """Variance of a Gaussian with the columns' quartiles, at most their own variance."""
    middle = ((high - low) / 1.349) ** 2
    return np.where(middle > 0, np.minimum(middle, variance), variance)
