"""Edges that nobody stated: where a law has no numbers any more, a climb goes on along them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.families.written.problems import Problems
from skmixture.law.family import Array
from skmixture.numerics.solvers import Expansion, uphill

__all__ = ["along_edges"]

# Steps along an edge, and how they are shortened until they rise.
ROUNDS, SHORTER = 6, 0.5 ** np.arange(12)
# A step goes so much of the way to the edge.
SHORT = 0.95
# An edge is looked for as far as a unit, and no nearer than this part of it.
NEAREST = -60.0  # as a power of two
HALVINGS = 12
# Where a step promises no more than this part of the value, there is nothing left.
PROMISE = 1e-13


def along_edges(problems: Problems, u: Array, units: Array) -> Array:
    """Coordinates (P, p) of problems that have met an edge, moved along it.

    Newton's step under the condition that it stays on this side of the edge,
    as that is found along the axes: a plane through the points where these
    meet it. Where the edge is bent, the step is brought back (a reduced
    gradient, as of Abadie and Carpentier 1969, Optimization, 37-47).

    Parameters
    ----------
    units : ndarray of shape (q,)
        Changes of coordinates by which log densities change by about 1.
    """
    met = np.flatnonzero(problems.refused & np.isfinite(problems.value(u)))
    if not len(met):
        return u
    part, found = problems.part(met), u.copy()
    found[met] = _followed(part, u[met], units[problems.kind])
    return found


def _followed(problems: Problems, u: Array, units: Array) -> Array:
    for _ in range(ROUNDS):
        here = problems.expansion(u)
        step, back = _step(here, _edge(problems, u, units))
        promise = (here.gradient * step).sum(axis=-1)
        rises = promise > PROMISE * np.maximum(np.abs(here.value), 1.0)
        moved = np.zeros(len(u), dtype=bool)
        for part in SHORTER:
            going = rises & ~moved
            if not going.any():
                break
            tried = _inside(problems, np.where(going[:, None], u + part * step, u), back)
            better = going & (problems.value(tried) > here.value)
            u, moved = np.where(better[:, None], tried, u), moved | better
        if not moved.any():
            break
    return u


def _step(here: Expansion, edge: Array) -> tuple[Array, Array]:
    """Newton's step (P, p), or the best one that stays short of the edge; and the way back.

    The way back is as long as that from here to the edge.
    """
    straight, across = uphill(here), uphill(here._replace(gradient=edge))
    reach = (edge * across).sum(axis=-1, keepdims=True)
    across = across / np.where(reach > 0, reach, 1.0)
    beyond = np.maximum((edge * straight).sum(axis=-1, keepdims=True) - SHORT, 0.0)
    return straight - beyond * across, -across


def _inside(problems: Problems, u: Array, back: Array) -> Array:
    """Points of which those beyond the edge, as it is bent, are brought back to this side."""
    outside = ~np.isfinite(problems.value(u))
    if not outside.any():
        return u
    low, high = np.zeros(len(u)), np.full(len(u), -NEAREST)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        inside = np.isfinite(problems.value(u + 2.0 ** middle[:, None] * back))
        low, high = np.where(inside, low, middle), np.where(inside, middle, high)
    return np.where(outside[:, None], u + 2.0 ** high[:, None] * back, u)


def _edge(problems: Problems, u: Array, units: Array) -> Array:
    """A vector (P, p) whose product with a step is 1 where that ends on the edge."""
    edge = np.zeros(u.shape)
    for i, unit in enumerate(units):
        for sign in (-unit, unit):

            def feasible(power: Array, i: int = i, sign: float = sign) -> NDArray[np.bool_]:
                tried = u.copy()
                tried[:, i] += sign * 2.0**power
                return np.isfinite(problems.value(tried))

            low, high = np.full(len(u), NEAREST), np.zeros(len(u))
            blocked = ~feasible(high) & ~problems.held[:, i]
            if not blocked.any():
                continue
            for _ in range(HALVINGS):
                middle = 0.5 * (low + high)
                inside = feasible(middle)
                low, high = np.where(inside, middle, low), np.where(inside, high, middle)
            own = np.where(blocked, 1 / (sign * 2.0**low), 0.0)
            edge[:, i] = np.where(np.abs(own) > np.abs(edge[:, i]), own, edge[:, i])
    return edge
