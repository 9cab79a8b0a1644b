"""Corners of axes that have room for a legend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["free_corner"]

Array = NDArray[np.floating]

CORNERS = {"upper right": (1, 1), "upper left": (0, 1), "lower right": (1, 0), "lower left": (0, 0)}
# What a legend takes of the axes: each entry's height and its width; and of the rows at the most.
ENTRY, WIDE, FEW_ROWS = 0.052, 0.42, 0.01


def free_corner(n_entries: int, rows: Array, others: Array) -> str | None:
    """A corner with few rows (n, 2) and nothing else (m, 2), all in parts of the axes, if any."""
    size = np.array([WIDE, ENTRY * (n_entries + 1)])

    def covered(points: Array, corner: tuple[int, int]) -> int:
        return int((abs(points - np.array(corner)) < size).all(axis=1).sum())

    for name, corner in CORNERS.items():
        if covered(rows, corner) <= FEW_ROWS * len(rows) and not covered(others, corner):
            return name
    return None
