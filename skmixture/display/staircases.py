"""Empirical distribution functions as staircases."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.display.tables import Column

__all__ = ["grid_of", "held", "staircase_of"]

Array = NDArray[np.floating]

# Steps that are looked at: of more, so many at equal shares of the rows.
MOST = 20_000
GRID = 600


def staircase_of(data: Column) -> tuple[Array, Array, Array]:
    """Where the share of rows rises, to what, and from what, at no more than `MOST` values."""
    values, codes = np.unique(data.values, return_inverse=True)
    mass = np.bincount(codes.ravel(), data.weight)
    after = np.minimum(np.cumsum(mass) / mass.sum(), 1.0)
    before = np.concatenate([[0.0], after[:-1]])
    if len(values) > MOST:
        kept = np.unique(np.searchsorted(after, np.linspace(0, 1, MOST)).clip(0, len(values) - 1))
        values, after, before = values[kept], after[kept], before[kept]
    return values, after, before


def grid_of(data: Column, limits: tuple[float, float]) -> Array:
    """Points at which the model's function is drawn."""
    if not data.whole:
        return np.linspace(*limits, GRID)
    low, high = np.floor(limits[0]), np.ceil(limits[1])
    return np.unique(np.round(np.linspace(low, high, int(min(high - low + 1, 4 * GRID)))))


def held(x: Array, steps: Array, heights: Array) -> Array:
    """A staircase at points x: each height holds from its step, the first at -inf, to the next."""
    return heights[np.searchsorted(steps, x, side="right") - 1]
