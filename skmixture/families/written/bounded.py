"""Bounds on a parameter, entry by entry, and the map that removes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from skmixture.transforms import Transform

__all__ = ["Bounded"]

Array = NDArray[np.floating]

TINY = float(np.finfo(float).tiny)
LARGEST = float(np.finfo(float).max)
# A coordinate is that of a bound where it is no farther from it than this: rounding.
CLOSE = 1e-9


class Bounded(Transform):
    """Numbers from `low` to `high`, either of which may be infinite.

    Through the logarithm of the distance from one bound, or of the ratio of
    the distances from two. The bounds themselves are allowed, but `constrain`
    stops at the floating-point number before: a law need not be defined at
    its bounds, and coordinates stay finite.

    Parameters
    ----------
    low, high : array-like
        Broadcastable to the parameter.

    Examples
    --------
    >>> from skmixture.families.written.bounded import Bounded
    >>> rate = Bounded(0.0, 5.0)
    >>> rate.constrain([-1.0, 0.0, 50.0]).round(3)
    array([1.345, 2.5  , 5.   ])
    >>> float(rate.unconstrain(5.0).round(1))
    36.3
    """

    def __init__(self, low: ArrayLike, high: ArrayLike) -> None:
        self.low, self.high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
        self.from_below, self.from_above = np.isfinite(self.low), np.isfinite(self.high)
        self.description = f"from {_shown(self.low)} to {_shown(self.high)}"
        # where `constrain` stops: next to a bound, for 0 at the least number with all digits
        self._least = np.maximum(
            np.nextafter(self.low, np.inf), np.where(self.low == 0, TINY, -LARGEST)
        )
        self._most = np.minimum(
            np.nextafter(self.high, -np.inf), np.where(self.high == 0, -TINY, LARGEST)
        )

    @property
    def ends(self) -> tuple[Array, Array]:
        """Coordinates of the two bounds, infinite where there is none."""
        low = np.where(self.from_below, self.unconstrain(self._least), -np.inf)
        high = np.where(self.from_above, self.unconstrain(self._most), np.inf)
        return low, high

    def at_ends(self, value: Array) -> NDArray[np.bool_]:
        """Where values lie at a bound, as near as `constrain` comes to it."""
        z, (low, high) = self.unconstrain(value), self.ends
        return np.asarray((z <= low + CLOSE) | (z >= high - CLOSE))

    @property
    def middle(self) -> Array:
        """A coordinate between the bounds, or as far from a single one as it is from 0, or 1."""
        below = np.log(np.maximum(np.abs(np.where(self.from_below, self.low, 1.0)), 1.0))
        above = np.log(np.maximum(np.abs(np.where(self.from_above, self.high, 1.0)), 1.0))
        return np.where(self.from_below == self.from_above, 0.0, below - above)

    def unconstrain(self, value: ArrayLike) -> Array:
        value = np.clip(np.asarray(value, dtype=float), self._least, self._most)
        with np.errstate(invalid="ignore"):  # infinite bounds are not looked at
            above = np.log(np.where(self.from_below, value - self.low, 1.0))
            below = np.log(np.where(self.from_above, self.high - value, 1.0))
        return np.where(self.from_below | self.from_above, above - below, value)

    def constrain(self, z: ArrayLike) -> Array:
        z = np.asarray(z, dtype=float)
        low, high = (
            np.where(self.from_below, self.low, 0.0),
            np.where(self.from_above, self.high, 0.0),
        )
        width = high - low
        with np.errstate(over="ignore"):
            between = np.where(z < 0, low + width * expit(z), high - width * expit(-z))
            one_sided = np.where(self.from_below, low + np.exp(z), high - np.exp(-z))
        value = np.where(self.from_below & self.from_above, between, one_sided)
        value = np.where(self.from_below | self.from_above, value, z)
        return np.clip(value, self._least, self._most)

    def log_jacobian(self, z: ArrayLike) -> Array:
        z = np.asarray(z, dtype=float)
        both = self.from_below & self.from_above
        width = np.where(both, self.high - self.low, 1.0)
        between = np.log(width) - np.logaddexp(0, z) - np.logaddexp(0, -z)
        one_sided = np.where(self.from_below, z, np.where(self.from_above, -z, 0.0))
        return np.where(both, between, one_sided)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        return np.isfinite(value) & (value >= self.low) & (value <= self.high)


def _shown(bound: Array) -> str:
    return f"{bound:g}" if bound.ndim == 0 else str(bound.tolist())
