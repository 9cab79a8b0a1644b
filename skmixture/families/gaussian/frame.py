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
    grain : ndarray of shape (d,)
        Spacing of floating-point numbers at the largest row, in units: no
        standard deviation can be smaller.
    mass_floor : float
        Added to the mass of every component, ten ulps of one row.
    """

    origin: Array
    unit: float
    extent: Array
    grain: Array
    mass_floor: float

    @classmethod
    def identity(cls, n_features: int) -> Self:
        """The user's own coordinates, nothing known of the data."""
        zero = np.zeros(n_features)
        return cls(zero, 1.0, zero, zero, 0.0)

    @classmethod
    def of(cls, X: NDArray, weight: Array | None) -> Self:
        """The frame of data (n, d) with row weights (n,)."""
        per_row = 1.0 if weight is None else float(np.mean(weight))
        if weight is None:
            origin = X.mean(axis=0, dtype=float)
        else:
            origin = (weight / weight.sum()) @ X
        low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
        extent = np.maximum(high - origin, origin - low)
        if not np.isfinite(extent).all():
            raise ValueError(
                "X spans more than floating-point numbers can hold; rescale its columns"
            )
        unit = 2.0 ** np.round(np.log2(extent.max())) if extent.max() > 0 else 1.0
        grain = np.finfo(float).eps * np.maximum(np.abs(low), np.abs(high))
        floor = 10 * float(np.finfo(X.dtype).eps) * per_row
        return cls(origin, unit, extent / unit, grain / unit, floor)

    def inward(self, x: Array) -> Array:
        """Points (..., d) from the user's coordinates."""
        return (x - self.origin) / self.unit

    def outward(self, x: Array) -> Array:
        """Points (..., d) to the user's coordinates."""
        return x * self.unit + self.origin
