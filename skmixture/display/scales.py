"""Scales of the axes of many panels, and from where to where they go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.display.binning import view

__all__ = ["SCALES", "check_logs", "range_of", "scale_axis"]

Array = NDArray[np.floating]

SCALES = ("linear", "log", "sqrt")
# What axes have beyond the rows, as a part of their range.
MARGIN = 0.05
# Logarithmic axes that span less have their ticks at even steps, for powers of 10 are too few.
FEW_DECADES = 20


def check_logs(table: Array, labels: Sequence[str], whole: Sequence[bool]) -> None:
    """Raise a ValueError where a logarithmic axis would hide rows; counts may be 0."""
    for values, label, counts in zip(table.T, labels, whole, strict=True):
        low = np.nanmin(values) if np.isfinite(values).any() else 1.0
        if low < 0 or (low == 0 and not counts):
            raise ValueError(
                f"scale='log' needs numbers above 0, but column {label!r} has {low!s}; "
                "leave it out of columns, or take another scale"
            )


def range_of(values: Array, scale: str, counts: bool) -> tuple[float, float]:
    """From where to where an axis goes: all values, but where a few lie very far out."""
    there = values[np.isfinite(values)]
    if not len(there):
        raise ValueError("X has a column in which every value is missing")
    ahead, back = _functions(scale, counts)
    low, high = view(ahead(there), np.ones(len(there)))
    margin = MARGIN * (high - low)
    return float(back(low - margin)), float(back(high + margin))


def scale_axis(ax: Any, name: str, scale: str, counts: bool, limits: tuple[float, float]) -> None:
    """Give the axis "x" or "y" its scale and limits; that of counts in logs is linear up to 1."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

    set_scale = ax.set_xscale if name == "x" else ax.set_yscale
    if scale == "sqrt":
        set_scale("function", functions=(_root, np.square))
    elif scale == "log" and counts:
        set_scale("symlog", linthresh=1)
    elif scale == "log":
        set_scale("log")
    (ax.set_xlim if name == "x" else ax.set_ylim)(limits)
    if scale != "log":
        ax.locator_params(axis=name, nbins=4)
    elif limits[0] > 0 and limits[1] < FEW_DECADES * limits[0]:
        axis = ax.xaxis if name == "x" else ax.yaxis
        axis.set_major_locator(MaxNLocator(4))
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        axis.set_minor_locator(NullLocator())


def _functions(scale: str, counts: bool) -> Any:
    """To the scale, and back from it."""
    if scale == "sqrt":
        return _root, lambda x: np.square(np.maximum(x, 0))
    if scale == "log":
        # near the axis that is linear up to 1, and defined a little below 0
        return (np.arcsinh, np.sinh) if counts else (np.log10, lambda x: 10.0**x)
    return np.asarray, np.asarray


def _root(x: Array) -> Array:
    return np.sqrt(np.maximum(x, 0))
