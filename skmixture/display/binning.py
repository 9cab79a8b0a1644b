"""Bins of a histogram, and the part of the line that is worth looking at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["edges_of", "view", "with_atoms"]

Array = NDArray[np.floating]

# A histogram has at least and at the most so many bins.
FEWEST, MOST = 8, 120
# Counts get a bar each up to here.
EACH = 60
# Bars on a logarithmic axis of counts.
IN_DECADES = 40
# A range so many times as wide as the middle 95% is not shown whole.
TAIL = 4.0
# Quartiles of a Gaussian law lie so many times as far apart as its densest quarter is wide.
QUARTER = 2.12
# More bars than the least have so many rows each at the least, were the rows even.
ROWS_EACH = 4


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


def edges_of(
    values: Array,
    weight: Array,
    whole: bool,
    log_x: bool,
    limits: tuple[float, float] | None,
    bins: Any = None,
) -> Array:
    """Edges of the bars, on the axis that is drawn."""
    if limits is not None:
        if np.shape(limits) != (2,):
            raise ValueError(f"limits must be two numbers in order, got {limits!r}")
        limits = float(limits[0]), float(limits[1])
        if not limits[0] < limits[1] or (log_x and not whole and limits[0] <= 0):
            raise ValueError(f"limits must be two numbers in order, got {limits!r}")
    if bins is not None and np.ndim(bins):
        return _given(bins)
    if bins is not None and (not isinstance(bins, int | np.integer) or bins < 1):
        raise ValueError(f"bins must be a number of bars, or their edges, got {bins!r}")
    asked = None if bins is None else int(bins)
    if whole and log_x:
        return _decades(limits or (values.min(), values.max()), asked or IN_DECADES)
    if log_x:
        logs = np.log10(values)
        low, high = view(logs, weight) if limits is None else np.log10(limits)
        return 10 ** np.linspace(low, high, (asked or _number(logs, weight, (low, high))) + 1)
    span = limits or view(values, weight)
    number = asked or _number(values, weight, span)
    return _of_counts(span, number, asked is None) if whole else np.linspace(*span, number + 1)


def with_atoms(edges: Array, values: Array, points: Iterable[float]) -> tuple[Array, list[float]]:
    """Edges with a bar more beside the first or the last value, where many rows have just that.

    Of points with a probability of their own those that begin or end the rows; they are told.
    """
    width, found = float(np.median(np.diff(edges))), []
    for at in sorted(points):
        if not (values == at).any():
            continue
        if at == values.min() == edges[0]:
            edges = np.r_[at - width, np.nextafter(at, np.inf), edges[1:]]
        elif at == values.max() == edges[-1]:
            edges = np.r_[edges, at + width]
        else:
            continue
        found.append(float(at))
    return edges, found


def _given(bins: ArrayLike) -> Array:
    edges = np.asarray(bins, dtype=float)
    if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) > 0).all():
        raise ValueError(f"bins must be a number of bars, or their edges in order, got {bins!r}")
    return edges


def _number(values: Array, weight: Array, limits: tuple[float, float]) -> int:
    """How many bars, by the rule of Freedman and Diaconis (1981), within bounds.

    Between the parts of a mixture quartiles lie far apart, and say little of how narrow it
    is. So their distance is taken as wide at the most as that of a Gaussian law whose densest
    quarter of the rows is as narrow.
    """
    low, high = limits
    q1, q3 = quantile(values, weight, np.array([0.25, 0.75]))
    n = max(weight.sum(), 2.0)
    own = QUARTER * _densest_quarter(values, weight)
    width = 2 * (min(q3 - q1, own) or q3 - q1) / np.cbrt(n)
    number = (high - low) / width if width > 0 else 0.0
    number = max(min(number, n / ROWS_EACH), 2 * np.cbrt(n))
    return int(np.clip(np.ceil(number), FEWEST, MOST))


def _densest_quarter(values: Array, weight: Array) -> float:
    """Length of the shortest interval, of a hundred and more, that holds a quarter of the rows."""
    at = np.linspace(0, 0.75, 151)
    left, right = quantile(values, weight, np.stack([at, at + 0.25]))
    return float((right - left).min())


def _of_counts(limits: tuple[float, float], number: int, each: bool) -> Array:
    """Edges between whole numbers; every bar holds as many. Few counts may have one `each`."""
    low, high = np.floor(limits[0]), np.ceil(limits[1])
    span = high - low + 1
    width = 1 if each and span <= EACH else max(1, round(span / number))
    low = np.floor(low / width) * width
    return np.arange(low, high + width + 1, width) - 0.5


def _decades(limits: tuple[float, float], number: int) -> Array:
    """A bar for each count as long as they are few, then as many to a decade."""
    low, high = limits
    steps = np.unique(np.round(np.geomspace(max(low, 1), max(high, 1) + 1, number)))
    return np.append([-0.5] if low < 1 else [], steps - 0.5)
