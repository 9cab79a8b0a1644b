"""Bounds as maxima: a logarithm comes near to them, and neither arrives nor leaves by itself."""

from __future__ import annotations

import numpy as np

from skmixture.families.written.problems import Problems
from skmixture.law.family import Array

__all__ = ["thresholds", "to_the_ends"]

# A coordinate so far from the middle is near a bound: within a thousandth of the range.
NEAR = 7.0
# So much farther, within a ten-millionth, derivatives are lost in rounding.
DEEP = 8.0
# From there, places further inside are tried, so far from where nearness begins.
INSIDE = (4.0, 0.0, -4.0, -NEAR)
# What must be gained inside, by part, lest rounding decide.
GAIN = 1e-12


def thresholds(ends: Array, base: Array, middles: Array) -> Array:
    """Where (2, q) nearness to each bound begins.

    Parameters
    ----------
    ends : ndarray of shape (2, q)
        Coordinates of the bounds, infinite where there is none.
    base : ndarray of shape (q,)
        A usual place: the middle where there is one bound only.
    middles : ndarray of shape (q,)
        Another, where that is at a bound itself.
    """
    both = np.isfinite(ends).all(axis=0)
    at_end = (np.abs(base - ends) < NEAR + 2 * DEEP).any(axis=0)
    middle = np.where(both, 0.0, np.where(at_end, middles, base))
    return np.stack([middle - NEAR, middle + NEAR])


def to_the_ends(problems: Problems, u: Array, ends: Array, near: Array) -> Array:
    """Coordinates (P, p) moved to the bounds, or away from them, where that is as likely.

    Parameters
    ----------
    ends, near : ndarray of shape (2, q)
        Coordinates of the bounds, and from where on they are near.
    """
    highest = problems.value(u)
    for i, kind in enumerate(problems.kind):
        for side, sign in enumerate((-1.0, 1.0)):
            end, begin = ends[side, kind], near[side, kind]
            depth = sign * (u[:, i] - begin)
            close = (depth > 0) & ~problems.held[:, i]
            if not np.isfinite(end) or not close.any():
                continue
            deep = close & (depth > DEEP)
            places = [(end, close, 0.0)]
            places += [(begin + sign * place, deep, GAIN) for place in INSIDE]
            for place, moves, gain in places:
                if not moves.any():
                    continue
                tried = u.copy()
                tried[moves, i] = place
                value = problems.value(tried)
                better = moves & (value >= highest + gain * np.abs(highest))
                u = np.where(better[:, None], tried, u)
                highest = np.where(better, value, highest)
    return u
