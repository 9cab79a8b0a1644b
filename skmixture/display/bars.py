"""Heights of the bars of one column, and what the axes beside them are called."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.display.style import lying_outside

__all__ = ["heights_of", "name_of_heights", "name_of_values"]

Array = NDArray[np.floating]

# A component with so much of its mass in one bar is not seen in it.
HIDDEN = 0.9


def heights_of(values: Array, weight: Array, edges: Array, log_x: bool | None) -> Array:
    """Shares of the rows in each bar, or where `log_x` is given their densities on that axis."""
    shares = np.histogram(values, edges, weights=weight)[0] / weight.sum()
    if log_x is None:
        return np.asarray(shares)
    return np.asarray(shares / np.diff(np.log10(edges) if log_x else edges))


def name_of_values(display: Any) -> str:
    """The column, with what is to be known of the bars of a DensityDisplay."""
    told = [
        f"bar at the {'right' if at > display.edges[2] else 'left'}: {at:g}" for at in display.atoms
    ]
    told += ["log_x=True shows more"] * _hides_components(display)
    notes = f"  ({', '.join(told)})" if told else ""
    return str(display.label + notes + lying_outside(display.outside, display.n_rows))


def name_of_heights(display: Any) -> str:
    """What the heights of bars are: densities, or shares of the rows in so many counts."""
    if not display.staircase:
        return f"density of log10 {display.label}" if display.log_x else "density"
    widths = np.diff(display.edges)
    if np.ptp(widths) > 1e-6 * widths.max():
        return "share of rows in a bar"
    if display.whole and round(widths[0]) == 1:
        return "share of rows"
    return f"share of rows in a bar of {widths[0]:.3g}"


def _hides_components(display: Any) -> bool:
    """Whether a component of counts has nearly all its mass in one bar of many counts."""
    if display.log_x or not display.whole or np.diff(display.edges).max() < 2:
        return False
    return bool((display.by_component.max(axis=0) > HIDDEN * display.weights).any())
