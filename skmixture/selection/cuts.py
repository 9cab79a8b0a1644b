"""Starts of a mixture of more components, made of one of fewer: a component is cut in two."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Cuts", "cut"]

Array = NDArray[np.floating]

# With more columns than this, the longest axis is one of them.
MANY_COLUMNS = 100


class Cuts:
    """A sequence of starts, as `init_params` gives them, to be called `number` times.

    The first is the end of the larger mixture's own fit, where that is given,
    so that the fit compares it with all others. Then each component of the
    smaller mixture in turn is cut in two: first across its longest axis, then
    its core from what is around it. Where several components are to be added,
    the largest are cut as well.

    Parameters
    ----------
    resp : ndarray of shape (n, K)
        Responsibilities of the smaller mixture.
    log_density : ndarray of shape (n,)
        What is around the core has the lower ones.
    own : ndarray of shape (n, n_components), optional
        Responsibilities of the larger mixture.
    """

    def __init__(self, resp: Array, log_density: Array, own: Array | None = None) -> None:
        self.resp, self.log_density = resp, log_density
        self._first = [] if own is None else [own]
        self._calls = 0

    @property
    def number(self) -> int:
        """How many starts there are."""
        return len(self._first) + 2 * self.resp.shape[1]

    def __call__(self, X: Any, n_components: int, random_state: RandomState) -> Array:
        """The responsibilities (n, n_components) of the next start."""
        table, call = self.resp, self._calls
        self._calls += 1
        if X.shape[0] != len(table):
            raise ValueError("rows on file cannot be cut: only some are looked at for starts")
        if call < len(self._first):
            return self._first[call]
        around, k = divmod(call - len(self._first), table.shape[1])
        while table.shape[1] < n_components:
            core = around or sparse.issparse(X) or not table[:, k].any()
            along = self.log_density if core else _longest(X, table[:, k])
            table = cut(table, along, k)
            k = int(table.sum(axis=0).argmax())
        return table


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
