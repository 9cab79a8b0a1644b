"""Starts that are made of an end: one component is taken away, and put where it may do more good.

EM moves components, but hardly ever carries one from where two share the work
of one to where one does the work of two; nor does it find the few rows that
want a component of their own. Such moves are drawn here at random, and EM
tells which were good (the idea of split and merge: Ueda, Nakano, Ghahramani
and Hinton 2000, Neural Computation 12, 2109-2128).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.special import logsumexp

from skmixture.starts.own import Views

__all__ = ["Ends", "rearranged"]

Array = NDArray[np.floating]


class Ends:
    """The end of a run, as moves see it: by distinct rows, however often each is there.

    Parameters
    ----------
    log_joint : ndarray of shape (K, n)
        Log of weight times density.
    views : Views
    """

    def __init__(self, log_joint: Array, views: Views) -> None:
        self.log_joint, self.weight = log_joint, views.weight
        self.scaled, self.sphered = views.scaled, views.sphered

    @cached_property
    def dispensable(self) -> NDArray[np.integer]:
        """Components (K,) by what the likelihood would lose with them, the least first."""
        left = [self.without(k)[1] @ self.weight for k in range(len(self.log_joint))]
        return np.argsort(left, kind="stable")[::-1]

    def without(self, k: int) -> tuple[Array, Array]:
        """Responsibilities (K, n) and log density (n,) of the mixture without a component."""
        rest = self.log_joint.copy()
        rest[k] = -np.inf
        with np.errstate(all="ignore"):
            log_density = logsumexp(rest, axis=0)
            resp = np.exp(rest - log_density)
        lost = ~np.isfinite(resp).all(axis=0)  # rows that no other component could have made
        resp[:, lost] = 1 / (len(resp) - 1)
        resp[k] = 0.0
        return resp, log_density


def rearranged(end: Ends, number: int, rng: RandomState) -> Array:
    """Responsibilities (K, n) of the start of a number, from 0.

    A component is taken away, most often one that will be missed least, and
    put elsewhere. One kind in turn leaves all where they are, and lets go of
    what they are sure of.
    """
    kind, K = number % (len(MOVES) + 1), len(end.log_joint)
    if kind == len(MOVES):
        return loosened(end, rng)
    k = int(end.dispensable[int(K * rng.uniform() ** 2)])
    resp, log_density = end.without(k)
    share = MOVES[kind](end, resp, log_density, rng)
    resp *= 1 - share
    resp[k] = share
    return resp


def loosened(end: Ends, rng: RandomState) -> Array:
    """Responsibilities by densities to a power below 1, out of the dents of a likelihood."""
    log_joint = rng.uniform(0.1, 0.8) * end.log_joint
    with np.errstate(all="ignore"):
        resp = np.exp(log_joint - logsumexp(log_joint, axis=0))
    resp[:, ~np.isfinite(resp).all(axis=0)] = 1 / len(resp)
    return resp


def unlikely_rows(end: Ends, resp: Array, log_density: Array, rng: RandomState) -> Array:
    """The rows that the others explain worst, up to a gap in how badly they do."""
    upward = np.argsort(log_density, kind="stable")
    share = np.cumsum(end.weight[upward])
    values = log_density[upward][: 1 + np.searchsorted(share, 0.4 * share[-1])]
    with np.errstate(invalid="ignore"):  # rows that none could have made are no gap apart
        gaps = np.clip(np.nan_to_num(np.diff(values), posinf=1.0), 0.0, 1.0)
    if not gaps.sum() > 0:
        return _first(log_density, end.weight, _few(rng))
    last = rng.choice(len(gaps), p=gaps / gaps.sum())
    return (log_density <= values[last]).astype(float)


def neighbours(end: Ends, resp: Array, log_density: Array, rng: RandomState) -> Array:
    """The rows nearest to one of them."""
    row = rng.choice(len(end.weight), p=end.weight / end.weight.sum())
    distance = ((end.sphered - end.sphered[row]) ** 2).sum(axis=1)
    return _first(distance, end.weight, _few(rng))


def side_of_one(end: Ends, resp: Array, log_density: Array, rng: RandomState) -> Array:
    """A part of another component, beyond a cut in a random direction."""
    own = _one(resp, end.weight, rng)
    along = end.sphered @ rng.normal(size=end.sphered.shape[1])
    return own * _first(along, own * end.weight, rng.uniform(0.05, 0.6))


def end_of_column(end: Ends, resp: Array, log_density: Array, rng: RandomState) -> Array:
    """A part of another component, from one end of one column on."""
    own = _one(resp, end.weight, rng)
    column = end.scaled[:, rng.randint(end.scaled.shape[1])] * rng.choice([-1.0, 1.0])
    return own * _first(column, own * end.weight, rng.uniform(0.05, 0.6))


def core_of_one(end: Ends, resp: Array, log_density: Array, rng: RandomState) -> Array:
    """The core of another component, or what is around it."""
    own = _one(resp, end.weight, rng)
    weight = own * end.weight
    centre = np.average(end.sphered, axis=0, weights=weight)
    distance = ((end.sphered - centre) ** 2).sum(axis=1) * rng.choice([-1.0, 1.0])
    return own * _first(distance, weight, rng.uniform(0.1, 0.6))


MOVES: tuple[Callable[[Ends, Array, Array, RandomState], Array], ...] = (
    unlikely_rows,
    end_of_column,
    neighbours,
    side_of_one,
    core_of_one,
)


def _one(resp: Array, weight: Array, rng: RandomState) -> Array:
    """Responsibilities (n,) of a component, drawn by their sum."""
    mass = resp @ weight
    return resp[rng.choice(len(mass), p=mass / mass.sum())]


def _few(rng: RandomState) -> float:
    """A part of the rows, small as often as large."""
    return float(np.exp(rng.uniform(np.log(0.003), np.log(0.4))))


def _first(values: Array, weight: Array, part: float) -> Array:
    """1 for the rows (n,) of the smallest values that make up a part of the weight, else 0.

    Equal values go together.
    """
    upward = np.argsort(values, kind="stable")
    share = np.cumsum(weight[upward])
    last = min(int(np.searchsorted(share, part * share[-1])), len(values) - 1)
    return (values <= values[upward[last]]).astype(float)
