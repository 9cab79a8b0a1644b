"""Bins of a histogram, and the part of the line that is worth looking at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["edges_of", "view"]

Array = NDArray[np.floating]

# A histogram has at least and at the most so many bins.
FEWEST, MOST = 8, 120
# Counts get a bar each up to here.
EACH = 60
# A range so many times as wide as the middle 95% is not shown whole.
TAIL = 6.0


def quantile(values: Array, weight: Array, q: Array | float) -> Array:
    """Quantiles of weighted values: the least at which the weight reaches q of the total."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order])
    place = np.searchsorted(below, np.asarray(q) * below[-1], side="left")
    return values[order][np.minimum(place, len(values) - 1)]


def view(values: Array, weight: Array) -> tuple[float, float]:
    """From where to where to look: all values, but where a few lie very far out."""
    low, high = float(values.min()), float(values.max())
    left, right = map(float, quantile(values, weight, np.array([0.025, 0.975])))
    middle = right - left
    if middle > 0 and high - low > TAIL * middle:
        return max(low, left - middle / 2), min(high, right + middle / 2)
    if low == high:
        width = abs(low) * 0.05 or 1.0
        return low - width, high + width
    return low, high


def bins(values: Array, weight: Array, limits: tuple[float, float]) -> Array:
    """Edges by the rule of Freedman and Diaconis (1981), within bounds on their number.

    At least twice the cube root of the rows: between the parts of a mixture
    quartiles lie far apart, and say little of how narrow it is.
    """
    low, high = limits
    q1, q3 = quantile(values, weight, np.array([0.25, 0.75]))
    # a weight is so many rows; shares of rows count as one
    n = max(weight.sum(), 2.0)
    width = 2 * (q3 - q1) / np.cbrt(n)
    number = max((high - low) / width if width > 0 else 0.0, 2 * np.cbrt(n))
    return np.linspace(low, high, int(np.clip(np.ceil(number), FEWEST, MOST)) + 1)


def count_bins(values: Array, weight: Array, limits: tuple[float, float]) -> Array:
    """Edges between whole numbers; every bin holds as many."""
    low, high = np.floor(limits[0]), np.ceil(limits[1])
    span = high - low + 1
    if span <= EACH:
        return np.arange(low, high + 2) - 0.5
    number = len(bins(values, weight, limits)) - 1
    width = max(1, round(span / number))
    low = np.floor(low / width) * width
    return np.arange(low, high + width + 1, width) - 0.5


def edges_of(
    values: Array, weight: Array, whole: bool, log_x: bool, limits: tuple[float, float] | None
) -> Array:
    """Edges of the bars."""
    if limits is not None:
        limits = float(limits[0]), float(limits[1])
        if not limits[0] < limits[1] or (log_x and not whole and limits[0] <= 0):
            raise ValueError(f"limits must be two numbers in order, got {limits!r}")
    if not whole:
        if not log_x:
            return bins(values, weight, limits or view(values, weight))
        logs = np.log10(values)
        span = view(logs, weight) if limits is None else tuple(np.log10(limits))
        return 10 ** bins(logs, weight, span)
    if not log_x:
        return count_bins(values, weight, limits or view(values, weight))
    low, high = limits or (values.min(), values.max())
    # a bar for each count as long as they are few, then as many to a decade
    steps = np.unique(np.round(np.geomspace(1, max(high, 1) + 1, 40)))
    edges = np.append(-0.5, steps - 0.5)
    return edges[max(0, np.searchsorted(edges, low) - 1) :]
