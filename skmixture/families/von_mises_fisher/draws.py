"""Random directions."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

__all__ = ["draw_directions"]

Array = NDArray[np.floating]


def draw_directions(rng: RandomState, directions: Array, concentrations: Array) -> Array:
    """One row (n, d) about each direction (n, d), by its concentration (n,)."""
    n, d = directions.shape
    shortfall = _shortfalls(rng, concentrations, d)[:, None]  # 1 less the cosine
    across = rng.normal(size=(n, d))
    across -= (across * directions).sum(axis=1, keepdims=True) * directions
    across /= np.sqrt((across**2).sum(axis=1, keepdims=True))
    return (1 - shortfall) * directions + np.sqrt(shortfall * (2 - shortfall)) * across


def _shortfalls(rng: RandomState, k: Array, d: int) -> Array:
    """By rejection (Wood 1994, Communications in Statistics B 23, 157-164).

    All of it in distances from the cosine 1, which concentrated laws are near to.
    """
    b = (d - 1) / (2 * k + np.hypot(2 * k, d - 1))
    middle = 2 * b / (1 + b)  # the shortfall at which the proposal is tangent
    shortfall, left = np.empty(len(k)), np.arange(len(k))
    while len(left):
        at, centre = b[left], middle[left]
        beta = rng.beta(0.5 * (d - 1), 0.5 * (d - 1), size=len(left))
        tried = 2 * at * beta / (1 - (1 - at) * beta)
        # 1 - x0 w and 1 - x0^2 for the cosines w and x0
        log_ratio = np.log((centre + (1 - centre) * tried) / (centre * (2 - centre)))
        log_accepted = k[left] * (centre - tried) + (d - 1) * log_ratio
        accepted = np.log(rng.uniform(size=len(left))) <= log_accepted
        shortfall[left[accepted]] = tried[accepted]
        left = left[~accepted]
    return shortfall
