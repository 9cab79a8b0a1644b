"""Derivatives of functions of a batch of points, by differences that are extrapolated.

A central difference errs by even powers of its step. Richardson's
extrapolation takes steps h, h/2, h/4, ... and removes one power at each
level (Ridders 1982, Advances in Engineering Software 4, 75-76).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Derivative", "hessian", "jacobian"]

Array = NDArray[np.floating]
Function = Callable[[Array], Array]


class Derivative(NamedTuple):
    """What was found, and by how much it moved at the last level of extrapolation."""

    value: Array
    change: Array


def jacobian(
    function: Function, point: Array, steps: Array, levels: int = 2, at_once: int = 64
) -> Derivative:
    """First derivatives (..., p) of a function of points (B, p) -> (B, ...).

    Parameters
    ----------
    function : callable
    point : ndarray of shape (p,)
    steps : ndarray of shape (p,)
        The longest displacement of each coordinate.
    levels : int
        Differences by which one derivative is extrapolated.
    at_once : int
        Points that the function is given together, at most.
    """
    p = len(point)
    if not p:
        empty = np.moveaxis(np.asarray(function(point[None]))[:0], 0, -1)
        return Derivative(empty, empty)
    columns = []
    each = max(at_once // (2 * levels), 1)
    for begin in range(0, p, each):
        axes = np.arange(begin, min(begin + each, p))
        columns.append(_slopes(function, point, steps, axes, levels, at_once))
    by_level = np.concatenate(columns, axis=1)  # (levels, p, ...)
    return Derivative(*(np.moveaxis(part, 0, -1) for part in _extrapolated(by_level)))


def hessian(function: Function, point: Array, steps: Array, at_once: int = 64) -> Derivative:
    """Second derivatives (p, p) of a function of points (B, p) -> (B,), in three levels."""
    levels, p = 3, len(point)
    pairs = list(combinations_with_replacement(range(p), 2))
    by_level = np.empty((levels, p, p))
    for level, j, k in ((level, j, k) for level in range(levels) for j, k in pairs):
        along = np.zeros((2, p))
        along[0, j], along[1, k] = steps[j] / 2**level, steps[k] / 2**level
        signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
        values = _in_turn(function, point + signs @ along, at_once)
        # the differences first: they are small, and what they leave is large
        second = (values[0] - values[1]) - (values[2] - values[3])
        by_level[level, j, k] = by_level[level, k, j] = second / (4 * along[0, j] * along[1, k])
    return Derivative(*_extrapolated(by_level))


def _slopes(
    function: Function, point: Array, steps: Array, axes: NDArray, levels: int, at_once: int
) -> Array:
    """Central differences (levels, m, ...) along some axes."""
    lengths = steps[axes] / 2.0 ** np.arange(levels)[:, None]  # (levels, m)
    moves = lengths[..., None] * (axes[:, None] == np.arange(len(point)))
    ends = np.stack([point + moves, point - moves])  # (2, levels, m, p)
    values = _in_turn(function, ends.reshape(-1, len(point)), at_once)
    up, down = values.reshape(*ends.shape[:-1], *values.shape[1:])
    # by the distance there is, which rounding may have changed
    there = np.take_along_axis(ends[0] - ends[1], axes[None, :, None], axis=-1)[..., 0]
    return (up - down) / there.reshape(*there.shape, *(1,) * (values.ndim - 1))


def _in_turn(function: Function, points: Array, at_once: int) -> Array:
    parts = [function(points[i : i + at_once]) for i in range(0, len(points), at_once)]
    return np.concatenate([np.asarray(part) for part in parts])


def _extrapolated(by_level: Array) -> Derivative:
    """The limit of differences (levels, ...) whose steps are halved."""
    power, change = 1, np.full(by_level.shape[1:], np.inf)
    while len(by_level) > 1:
        power *= 4
        change = np.abs(by_level[-1] - by_level[-2])
        by_level = by_level[1:] + (by_level[1:] - by_level[:-1]) / (power - 1)
    return Derivative(by_level[0], change)
