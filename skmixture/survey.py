"""A first look at data that are not held: their range, and some rows to make starts of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.streamed import Streamed

__all__ = ["Survey"]

Array = NDArray[np.floating]

# Starts are made of so many rows, or of as many as make a table of so many numbers.
MOST_ROWS, MOST_NUMBERS = 100_000, 4_000_000
# Numbers that are read at a time.
STRETCH = 1_000_000


class Survey(NamedTuple):
    """What one pass has found.

    Attributes
    ----------
    X : ndarray of shape (m, d)
        Some of the rows, one from each of m equal stretches of the data.
    places : ndarray of int of shape (m,)
    low, high : ndarray of shape (d,)
        Range of each column, in all rows.
    """

    X: NDArray
    places: NDArray[np.integer]
    low: Array
    high: Array

    @classmethod
    def of(cls, X: Streamed) -> Self:
        """Of a table on file, read once in its order."""
        n, d = X.shape
        places, step = sample_places(n, d), max(1, STRETCH // d)
        low, high, some = np.full(d, np.inf), np.full(d, -np.inf), []
        for begin in range(0, n, step):
            stretch = X[slice(begin, begin + step)]
            np.minimum(low, stretch.min(axis=0), out=low)
            np.maximum(high, stretch.max(axis=0), out=high)
            first, last = np.searchsorted(places, [begin, begin + step])
            some.append(stretch[places[first:last] - begin])
        return cls(np.concatenate(some), places, low, high)

    def to_localise(
        self, weight: Array | None, side: Mapping[str, Array]
    ) -> tuple[NDArray, Array | None, dict[str, Array]]:
        """Rows, weights and side columns that a family can take for the whole data.

        They are the sample and two rows more, the lowest and the highest in
        every column.
        """
        X = np.vstack([self.X, self.low, self.high]).astype(self.X.dtype)
        if weight is not None:
            weight = np.append(weight[self.places], np.full(2, weight.mean()))
        ends = {name: [column.min(), column.max()] for name, column in side.items()}
        side = {name: np.append(column[self.places], ends[name]) for name, column in side.items()}
        return X, weight, side


def sample_places(n: int, d: int) -> NDArray[np.integer]:
    """One row from each of equal stretches of n rows, the same whenever it is asked for."""
    m = int(min(n, MOST_ROWS, max(1, MOST_NUMBERS // d)))
    edges = np.linspace(0, n, m + 1).astype(np.int64)
    return edges[:-1] + (RandomState(0).uniform(size=m) * np.diff(edges)).astype(np.int64)
