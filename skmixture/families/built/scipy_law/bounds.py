"""Bounds that the user gives: what is fit, and coordinates of numbers between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.transforms import Below, Interval, Transform, above, below, interval, positive
from skmixture.transforms import real as unbounded

__all__ = [
    "Ends",
    "check_bounds",
    "derivatives",
    "given",
    "inside",
    "moving_limits",
    "numbers_between",
]

Array = NDArray[np.floating]

# A first value is as far from a bound as this part of the rows' spread, where there is room.
MARGIN = 0.05
# And none is nearer to one than this part of it.
ROUNDING = 1e-14


class Ends(NamedTuple):
    """Where numbers end, infinite where they do not; arrays by column (d,) or floats."""

    low: Any
    high: Any


def given(bounds: Mapping[str, Any], name: str) -> Ends:
    """The bounds of one argument."""
    low, high = bounds.get(name, (None, None))
    return Ends(-np.inf if low is None else float(low), np.inf if high is None else float(high))


def check_bounds(bounds: Any, constants: Mapping[str, float]) -> None:
    """Raise a ValueError unless bounds are pairs in order, and what is fixed lies within."""
    for name, pair in bounds.items():
        try:
            low, high = given({name: tuple(pair)}, name)
            proper = low < high
        except (TypeError, ValueError):
            proper = False
        if not proper:
            raise ValueError(
                f"bounds[{name!r}] of FromScipy must be (low, high) with low < high, None for "
                f"none, got {pair!r}"
            )
        if name in constants and not low <= constants[name] <= high:
            raise ValueError(
                f"{name} of FromScipy is fixed at {constants[name]:g}, outside of "
                f"bounds[{name!r}]={pair!r}"
            )
        if name == "scale" and (-np.inf < low < 0 or high <= 0):
            raise ValueError(
                f"bounds['scale'] of FromScipy reach below 0, where there is no scale, got {pair!r}"
            )


def numbers_between(low: Any, high: Any) -> Transform:
    """The transform of numbers between two ends, or beyond one, or of all."""
    from_below, from_above = np.isfinite(low).all(), np.isfinite(high).all()
    if from_below and from_above:
        return interval(low, high)
    if from_below:
        return positive if np.ndim(low) == 0 and low == 0 else above(low)
    return below(high) if from_above else unbounded


def ends_of(transform: Transform) -> Ends:
    """The ends of a transform of numbers."""
    low = 0.0 if transform is positive else getattr(transform, "low", -np.inf)
    return Ends(low, getattr(transform, "high", np.inf))


def inside(value: Array, transform: Transform) -> Array:
    """Numbers in local units, those outside or next to an end moved in from there."""
    low, high = ends_of(transform)
    margin = np.minimum(MARGIN, 0.25 * (np.asarray(high) - low))
    first = np.where(np.asarray(low) == 0, low, low + margin)
    return np.clip(value, first, high - margin)


def moving_limits(transform: Transform, nearest: float, at_least: float) -> tuple[Array, Array]:
    """Coordinates beyond which nothing goes: so near an end, and of no less than `at_least`."""
    low, high = (np.asarray(end, dtype=float) for end in ends_of(transform))
    size = np.maximum(*(np.where(np.isfinite(end), np.abs(end), 0.0) for end in (low, high)))
    gap = np.minimum(np.maximum(nearest, ROUNDING * size), 0.25 * (high - low))
    with np.errstate(invalid="ignore", divide="ignore"):
        first = transform.unconstrain(np.minimum(np.maximum(low + gap, at_least), high - gap))
        last = transform.unconstrain(high - gap)
    free = np.isinf(low), np.isinf(high)
    return np.where(free[0], -np.inf, first), np.where(free[1], np.inf, last)


def derivatives(transform: Transform, z: Array, of_log: bool) -> tuple[Array, Array]:
    """First and second derivative of a number, or of its logarithm, by its coordinate."""
    value, slope = transform.constrain(z), np.exp(transform.log_jacobian(z))
    curl = _curl(transform, z)
    if not of_log:
        return slope, slope * curl
    relative = slope / value
    return relative, relative * (curl - relative)


def _curl(transform: Transform, z: Array) -> Array | float:
    """Derivative of the log slope of `constrain`."""
    if isinstance(transform, Interval):
        return -np.tanh(0.5 * z)
    return -1.0 if isinstance(transform, Below) else 1.0
