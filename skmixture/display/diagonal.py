"""The diagonal of pairs of columns: each column by itself, with its law where that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.display.binning import edges_of
from skmixture.display.density import DensityDisplay
from skmixture.display.style import SHADE, tidy

__all__ = ["UNKNOWN", "bars_of", "diagonal_of", "with_atoms"]

Array = NDArray[np.floating]

# What readers are told where columns stand without curves.
UNKNOWN = "the law of a single column is not known:\nhistograms without the model"


def diagonal_of(
    model: Any, X: Any, places: Sequence[int], side: dict[str, Any]
) -> list[DensityDisplay]:
    """Each column with its law; none where that is not known."""
    try:
        return [DensityDisplay.computed(model, X, column=j, **side) for j in places]
    except NotImplementedError:
        return []


def bars_of(ax: Any, values: Array, whole: bool, log_x: bool) -> None:
    """A histogram of a column without its law."""
    there = values[np.isfinite(values)]
    edges = edges_of(there, np.ones(len(there)), whole, log_x, None)
    ax.stairs(np.histogram(there, edges)[0], edges, fill=True, color=SHADE)
    tidy(ax)


def with_atoms(limits: tuple[float, float], shown: list[DensityDisplay]) -> tuple[float, float]:
    """Limits of a column, with the bars of values that have a probability of their own."""
    ends = [float(end) for one in shown if one.atoms for end in one.edges[[0, -1]]]
    return min([*ends, limits[0]]), max([*ends, limits[1]])
