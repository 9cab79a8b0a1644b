"""Starts of a mixture, made of one of fewer or of more components."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Resized", "cut", "without"]

Array = NDArray[np.floating]

# Of more components than this only so many have their turn: of those to cut the largest, of those
# to leave out the smallest.
MOST_TURNS = 25
# With more columns than this, the longest axis is one of them.
MANY_COLUMNS = 100


class Resized:
    """A sequence of starts, as `init_params` gives them, one a call.

    The first is the end that the fit has already, where that is given, so that
    it is compared with all others. Of fewer components each in turn is then
    cut in two: first across its longest axis, then its core from what is
    around it. Of more components each in turn is left out. Where several are
    to be added, the largest are cut as well, and where several are too many,
    the smallest are left out. Of very many components only some have their turn.

    Parameters
    ----------
    resp : ndarray of shape (n, K)
        Responsibilities of the other mixture.
    log_density : ndarray of shape (n,)
        That of the other mixture; what is around a core has the lower ones.
    n_components : int
        How many there are to be, not K.
    own : ndarray of shape (n, n_components), optional
        Responsibilities at the end that the fit has.
    begin : int, default=0
        Which start is the first that is called for.
    """

    def __init__(
        self,
        resp: Array,
        log_density: Array,
        n_components: int,
        own: Array | None = None,
        begin: int = 0,
    ) -> None:
        self.resp, self.log_density = resp, log_density
        self.n_components, self.own = n_components, own
        self._calls = begin
        K = resp.shape[1]
        self._turns = np.arange(K)  # whose turn it is
        if K > MOST_TURNS:
            upward = np.argsort(resp.sum(axis=0), kind="stable")
            self._turns = (upward[::-1] if n_components > K else upward)[:MOST_TURNS]

    @property
    def number(self) -> int:
        """How many starts there are."""
        turns, more = len(self._turns), self.n_components > self.resp.shape[1]
        return (self.own is not None) + (2 * turns if more else turns)

    def one_by_one(self) -> Iterator[Resized]:
        """The same sequence from each of its starts on."""
        for begin in range(self.number):
            yield Resized(self.resp, self.log_density, self.n_components, self.own, begin)

    def __call__(self, X: Any, n_components: int, random_state: RandomState) -> Array:
        """The responsibilities (n, n_components) of the next start."""
        call = self._calls
        self._calls += 1
        if X.shape[0] != len(self.resp):
            raise ValueError("starts are made of all rows, but only some are here")
        if self.own is not None:
            if call == 0:
                return self.own
            call -= 1
        turn, place = divmod(call, len(self._turns))
        k = int(self._turns[place])
        if self.n_components < self.resp.shape[1]:
            return self._fewer(k)
        return self._more(X, k, around=turn > 0)

    def _more(self, X: Any, k: int, around: bool) -> Array:
        table = self.resp
        while table.shape[1] < self.n_components:
            core = around or sparse.issparse(X) or not table[:, k].any()
            along = self.log_density if core else _longest(X, table[:, k])
            table = cut(table, along, k)
            k = int(table.sum(axis=0).argmax())
        return table

    def _fewer(self, k: int) -> Array:
        mass = self.resp.sum(axis=0)
        mass[k] = -1.0
        smallest = np.argsort(mass, kind="stable")  # k before all others
        return without(self.resp, smallest[: len(mass) - self.n_components])


def cut(resp: Array, along: Array, k: int) -> Array:
    """Responsibilities (n, K + 1): component k is left with the upper half of its rows."""
    own, upward = resp[:, k], np.argsort(along, kind="stable")
    share = np.cumsum(own[upward])
    lower = np.empty(len(own), dtype=bool)
    lower[upward] = share <= share[-1] / 2
    moved = np.where(lower, own, 0.0)
    table = np.hstack([resp, moved[:, None]])
    table[:, k] -= moved
    return table


def without(resp: Array, k: Any) -> Array:
    """Responsibilities (n, K - 1) without component k, or several: the others share its rows."""
    rest = np.delete(resp, k, axis=1)
    total = rest.sum(axis=1, keepdims=True)
    alone = np.full(rest.shape, 1 / rest.shape[1])  # rows that no other could have made
    return np.divide(rest, total, out=alone, where=total > 0)


def _longest(X: Array, own: Array) -> Array:
    """Places (n,) of rows along the axis in which a component is longest for the data's spread."""
    spread = X.std(axis=0)
    scaled = np.divide(X - X.mean(axis=0), spread, out=np.zeros(X.shape), where=spread > 0)
    scaled -= np.average(scaled, axis=0, weights=own)
    variance = own @ scaled**2
    if len(variance) > MANY_COLUMNS:
        return scaled[:, int(variance.argmax())]
    _, vectors = np.linalg.eigh((scaled.T * own) @ scaled)
    return scaled @ vectors[:, -1]
