"""The coordinates in which a Gaussian is fitted: centred, and scaled by a power of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frame"]

Array = NDArray[np.floating]


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
    def identity(cls, n_features: int) -> Self:
        """The user's own coordinates, nothing known of the data."""
        zero = np.zeros(n_features)
        return cls(zero, 1.0, zero, zero, zero, zero, 0.0)

    @classmethod
    def of(cls, X: NDArray, weight: Array | None) -> Self:
        """The frame of data (n, d) with row weights (n,)."""
        per_row = 1.0 if weight is None else float(np.mean(weight))
        low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
        with np.errstate(over="ignore", invalid="ignore"):
            if weight is None:
                origin = X.mean(axis=0, dtype=float)
            else:
                origin = (weight / weight.sum()) @ X
            extent = np.maximum(high - origin, origin - low)
        if not np.isfinite(extent).all():
            raise ValueError("X is too large for sums of its rows: rescale its columns")
        if extent.max() > 1e150 or 0 < extent.max() < 1e-150:
            raise ValueError("squares of X leave the range of floating-point numbers: rescale it")
        unit = 2.0 ** np.round(np.log2(extent.max())) if extent.max() > 0 else 1.0
        grain = np.finfo(float).eps * np.maximum(np.abs(low), np.abs(high))
        floor = 10 * float(np.finfo(X.dtype).eps) * per_row
        variance = _variance(X, weight, origin, unit)
        spread = _spread(X, variance, unit)
        return cls(origin, unit, extent / unit, variance, spread, grain / unit, floor)

    def inward(self, x: Array) -> Array:
        """Points (..., d) from the user's coordinates."""
        return (x - self.origin) / self.unit

    def outward(self, x: Array) -> Array:
        """Points (..., d) to the user's coordinates."""
        return x * self.unit + self.origin


def _variance(X: NDArray, weight: Array | None, origin: Array, unit: float) -> Array:
    """Column variances in squared units, without a copy of the data."""
    total = np.zeros(X.shape[1])
    for begin in range(0, len(X), 65536):
        here = slice(begin, begin + 65536)
        square = ((X[here] - origin) / unit) ** 2
        total += square.sum(axis=0) if weight is None else weight[here] @ square
    return total / (len(X) if weight is None else weight.sum())


def _spread(X: NDArray, variance: Array, unit: float) -> Array:
    """Variance of a Gaussian with the columns' quartiles, at most their own variance."""
    some = X[:: max(1, len(X) // 10_000)]
    low, high = np.quantile(some, [0.25, 0.75], axis=0)
    middle = ((high - low) / unit / 1.349) ** 2
    return np.where(middle > 0, np.minimum(middle, variance), variance)
