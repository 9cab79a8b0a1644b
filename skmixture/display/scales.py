"""Scales of the axes of many panels, and from where to where they go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.display.binning import view

__all__ = ["SCALES", "Scale", "check_scale", "check_shown", "range_of", "scale_axis", "scale_of"]

Array = NDArray[np.floating]

SCALES = ("linear", "log", "sqrt")
# What axes have beyond the rows, as a part of their range.
MARGIN = 0.05
# Logarithmic axes that span less have their ticks at even steps, or else between powers of 10 too.
EVEN, NARROW, FEW_DECADES = 20, 100, 5_000


@dataclass(frozen=True)
class Scale:
    """What an axis makes of numbers.

    Attributes
    ----------
    name : {"linear", "log", "sqrt"}
    ahead, back : callable
        To the scale, and back from it.
    log_slope : callable
        Logarithm of the slope of `back`, at numbers before they went ahead.
    holds : callable
        Which numbers there are on the scale.
    """

    name: str
    ahead: Callable[[Any], Any]
    back: Callable[[Any], Any]
    log_slope: Callable[[Array], Array]
    holds: Callable[[Array], NDArray[np.bool_]]

    def steps(self, span: tuple[float, float], n: int) -> Array:
        """Points (n,) from one end to the other, even on the scale."""
        low, high = self.ahead(np.asarray(span, dtype=float))
        return np.asarray(self.back(np.linspace(low, high, n)))


def scale_of(name: str, counts: bool = False) -> Scale:
    """The scale of that name; logarithms of counts are near those of an axis linear up to 1."""
    if name == "sqrt":
        return Scale(
            name, _root, lambda x: np.square(np.maximum(x, 0)),
            lambda x: np.log(2) + np.log(x) / 2, lambda x: x > 0,
        )  # fmt: skip
    if name == "log" and counts:
        return Scale(name, np.arcsinh, np.sinh, lambda x: np.log(np.hypot(x, 1)), lambda x: x > -1)
    if name == "log":
        return Scale(
            name, _log10, lambda x: 10.0**x, lambda x: np.log(x * np.log(10)), lambda x: x > 0
        )
    return Scale(name, np.asarray, np.asarray, np.zeros_like, np.isfinite)


def check_scale(name: str) -> None:
    """Raise a ValueError unless there is such a scale."""
    if name not in SCALES:
        raise ValueError(f"scale must be one of {list(SCALES)}, got {name!r}")


def check_shown(table: Array, labels: Sequence[str], whole: Sequence[bool], scale: str) -> None:
    """Raise a ValueError where a scale would hide rows; counts may be 0, and so may roots."""
    if scale == "linear":
        return
    for values, label, counts in zip(table.T, labels, whole, strict=True):
        low = np.nanmin(values) if np.isfinite(values).any() else 1.0
        zero = counts or scale == "sqrt"
        if low < 0 or (low == 0 and not zero):
            raise ValueError(
                f"scale={scale!r} needs numbers {'from' if zero else 'above'} 0, but column "
                f"{label!r} has {low!s}; leave it out of columns, or take another scale"
            )


def range_of(values: Array, scale: str, counts: bool) -> tuple[float, float]:
    """From where to where an axis goes: all values, but where a few lie very far out."""
    there = values[np.isfinite(values)]
    if not len(there):
        raise ValueError("X has a column in which every value is missing")
    on = scale_of(scale, counts)
    low, high = view(on.ahead(there), np.ones(len(there)))
    margin = MARGIN * (high - low)
    return float(on.back(low - margin)), float(on.back(high + margin))


def scale_axis(
    ax: Any, name: str, scale: str, counts: bool, limits: tuple[float, float], n_ticks: int = 4
) -> None:
    """Give the axis "x" or "y" its scale and limits; that of counts in logs is linear up to 1."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    set_scale = ax.set_xscale if name == "x" else ax.set_yscale
    if scale == "sqrt":
        set_scale("function", functions=(_root, np.square))
    elif scale == "log" and counts:
        set_scale("symlog", linthresh=1)
    elif scale == "log":
        set_scale("log")
    (ax.set_xlim if name == "x" else ax.set_ylim)(limits)
    if scale != "log":
        ax.locator_params(axis=name, nbins=n_ticks, integer=counts)
    elif limits[0] > 0 and limits[1] < FEW_DECADES * limits[0]:
        axis = ax.xaxis if name == "x" else ax.yaxis
        between = (1, 2, 5) if limits[1] < NARROW * limits[0] else (1, 3)
        even = limits[1] < EVEN * limits[0]
        axis.set_major_locator(MaxNLocator(n_ticks) if even else LogLocator(subs=between))
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        axis.set_minor_locator(NullLocator())


def _root(x: Array) -> Array:
    return np.sqrt(np.maximum(x, 0))


def _log10(x: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(x)
