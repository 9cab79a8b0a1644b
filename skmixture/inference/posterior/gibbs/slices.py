"""One coordinate at a time by slice sampling, where a conditional law has no name.

Of a density f and a place x, a height is drawn under f(x), and then a place
at which f is above it: from an interval about x that is stepped out until
both ends are below the height, and shrunk towards x when a place in it is
(Neal 2003, Annals of Statistics 31, 705-767). It needs no gradient, and no
walker knows of another. Coordinates of different components do not feel each
other given labels, so these move side by side.
"""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.inference.posterior.gibbs.bounded import Prior
from skmixture.inference.posterior.gibbs.given import Given
from skmixture.inference.posterior.gibbs.places import Group

__all__ = ["Slices"]

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]
EPS = np.finfo(float).eps

# First width of an interval in conditional standard deviations, of which none is taken to be
# longer than LONGEST; and how often it may be stepped out.
WIDTH, LONGEST, MOST_STEPS = 2.5, 3.0, 200


class Slices:
    """Slice sampling of the coordinates of a group.

    Parameters
    ----------
    prior : Prior
    group : Group
    curvature : ndarray of shape (c,)
        Minus the second derivative of a row's log density by the coordinate, on average.
    of_weights : bool
        Whether the coordinate is of the weights.
    """

    def __init__(
        self, prior: Prior, group: Group, curvature: Array, of_weights: bool = False
    ) -> None:
        self._prior, self._group = prior, group
        self._curvature, self._of_weights = curvature, of_weights

    def __call__(self, y: Array, given: Given, rng: RandomState) -> Array:
        line = _Line(self._prior, self._group, y, given, self._of_weights)
        x = y[:, self._group.places]
        everywhere = np.ones(x.shape, dtype=bool)
        level = line(x, everywhere) + np.log1p(-rng.uniform(size=x.shape))
        width = self._widths(given)
        low: Array = x - width * rng.uniform(size=x.shape)
        high: Array = low + width
        # how often either end may be moved is drawn, which keeps the way back as likely
        downwards = np.floor(MOST_STEPS * rng.uniform(size=x.shape))
        low = _stepped_out(line, level, low, -width, downwards)
        high = _stepped_out(line, level, high, width, MOST_STEPS - 1 - downwards)
        moved = y.copy()
        moved[:, self._group.places] = _shrunk(line, level, x, low, high, rng)
        return moved

    def _widths(self, given: Given) -> Array:
        """First widths (B, c), by how many rows there are: these do not move with the place."""
        mass = given.mass.sum(axis=1)
        components = self._group.components
        n = mass.sum(axis=1, keepdims=True) if components is None else mass[:, components]
        return np.asarray(WIDTH / np.sqrt(LONGEST**-2 + self._curvature * n))


class _Line:
    """Log densities (B, c) along the coordinates of a group, all others as they are."""

    def __init__(
        self, prior: Prior, group: Group, y: Array, given: Given, of_weights: bool
    ) -> None:
        self._prior, self._group, self._y, self._given = prior, group, y, given
        self._of_weights = of_weights

    def __call__(self, x: Array, where: Mask) -> Array:
        """At places (B, c), as far as they are asked for; minus infinity elsewhere."""
        found = np.full(x.shape, -np.inf)
        members, entries = np.nonzero(where)
        points = self._y[members]
        points[np.arange(len(points)), self._group.places[entries]] = x[where]
        found[where] = self._prior(points)
        walkers = np.flatnonzero(np.isfinite(found).any(axis=1))
        if len(walkers):
            found[walkers] += self._of_rows(x[walkers], found[walkers], walkers)
        return np.where(np.isnan(found), -np.inf, found)

    def _of_rows(self, x: Array, prior: Array, walkers: NDArray[np.integer]) -> Array:
        """Log-likelihood (A, c) given labels, of those walkers."""
        places, components = self._group
        points, given = self._y[walkers], self._given.of(walkers)
        points[:, places] = np.where(np.isfinite(prior), x, points[:, places])
        state = self._prior.chart.state(points)
        if self._of_weights:
            with np.errstate(all="ignore"):
                logs = np.where(given.mass > 0, given.mass * np.log(state.weights), 0.0)
            return np.asarray(logs.sum(axis=(1, 2))[:, None])
        heights = given.heights(state)
        if components is None:
            return np.asarray(heights.sum(axis=1, keepdims=True))
        return heights[:, components]


def _stepped_out(line: _Line, level: Array, end: Array, step: Array, steps: Array) -> Array:
    """Ends of intervals moved until they are below the level, so many times at most."""
    end, steps = end.copy(), steps.copy()
    inside = steps > 0
    while inside.any():
        inside &= line(end, inside) > level
        end[inside] += step[inside]
        steps[inside] -= 1
        inside &= steps > 0
    return end


def _shrunk(
    line: _Line, level: Array, x: Array, low: Array, high: Array, rng: RandomState
) -> Array:
    """A place in each interval that is above the level; the interval shrinks until one is."""
    found, missing = x.copy(), np.ones(x.shape, dtype=bool)
    low, high = low.copy(), high.copy()
    least = EPS * (high - low)
    while missing.any():
        missing &= high - low > least  # where rounding leaves nothing between, the walker stays
        tried = low + (high - low) * rng.uniform(size=x.shape)
        above = missing & (line(tried, missing) >= level)
        found[above] = tried[above]
        missing &= ~above
        low = np.where(missing & (tried < x), tried, low)
        high = np.where(missing & (tried >= x), tried, high)
    return found
