"""A first look at data that are not held: their range, and some rows to make starts of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.table.rows import of_family
from skmixture.table.streamed import Streamed

__all__ = ["Survey", "few_values", "sample_places"]

Array = NDArray[np.floating]

# Starts are made of so many rows, or of as many as make a table of so many numbers.
MOST_ROWS, MOST_NUMBERS = 100_000, 4_000_000
# Of more values of a side column, some stand for all.
MOST_VALUES = 1_000
# Numbers that are read at a time.
STRETCH = 1_000_000


class Survey(NamedTuple):
    """What one pass has found.

    Attributes
    ----------
    X : ndarray of shape (m, d)
        Some of the rows, one from each of m equal stretches of the data.
    weight : ndarray of shape (m,) or None
    columns : dict of str to ndarray of shape (..., m)
        What belongs to these rows.
    low, high : ndarray of shape (d,)
        Range of each column, in all rows.
    mean_weight : float
        Of all rows.
    values : dict of str to ndarray
        Of each column for the family: all its values where they are few, else some and
        the ends.
    """

    X: NDArray
    weight: Array | None
    columns: dict[str, NDArray]
    low: Array
    high: Array
    mean_weight: float
    values: dict[str, Array]

    @classmethod
    def of(cls, X: Streamed, weight: Array | None, columns: Mapping[str, NDArray]) -> Self:
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
        return cls(
            np.concatenate(some),
            None if weight is None else weight[places],
            {name: column[..., places] for name, column in columns.items()},
            low,
            high,
            1.0 if weight is None else float(weight.mean()),
            {name: few_values(column) for name, column in of_family(columns).items()},
        )

    @property
    def side(self) -> dict[str, NDArray]:
        """The columns that are for the family."""
        return of_family(self.columns)

    def to_localise(self) -> tuple[NDArray, Array | None, dict[str, Array]]:
        """Rows, weights and side columns that a family can take for the whole data.

        They are the sample and, where it does not reach so far, rows more: the
        lowest and the highest in every column, with the values of side columns.
        """
        X, low, high = self.X, self.X.min(axis=0), self.X.max(axis=0)
        missing = {name: np.setdiff1d(v, self.side[name]) for name, v in self.values.items()}
        more = max([0, *map(len, missing.values())])
        if more == 0 and (low == self.low).all() and (high == self.high).all():
            return X, self.weight, self.side
        more = max(2, more)
        rows = np.vstack([self.low, self.high, X[np.arange(more - 2) % len(X)]])
        weight = self.weight
        if weight is not None:
            weight = np.append(weight, np.full(more, self.mean_weight))
        side = {
            name: np.append(column, np.resize(np.append(missing[name], column[:1]), more))
            for name, column in self.side.items()
        }
        return np.vstack([X, rows.astype(X.dtype)]), weight, side


def few_values(column: Array) -> Array:
    """The values of a column in increasing order; of many, some that stand for all."""
    values = np.unique(column)
    if len(values) <= MOST_VALUES:
        return values
    return values[np.linspace(0, len(values) - 1, MOST_VALUES).astype(int)]


def sample_places(n: int, d: int) -> NDArray[np.integer]:
    """One row from each of equal stretches of n rows, the same whenever it is asked for."""
    m = int(min(n, MOST_ROWS, max(1, MOST_NUMBERS // d)))
    edges = np.linspace(0, n, m + 1).astype(np.int64)
    return edges[:-1] + (RandomState(0).uniform(size=m) * np.diff(edges)).astype(np.int64)
