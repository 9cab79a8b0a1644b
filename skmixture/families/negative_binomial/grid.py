"""Counts as cells of a table, one row of cells a column of the data.

Where counts are moderate, a log pmf is worked out once for every count that a
column may hold, not once for every row, and what the M-step must know of the
rows is how much mass lies in each cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skmixture.numerics.products import contract, gather

__all__ = ["Grid", "Tails"]

Array = NDArray[np.floating]
# cells (..., n), an indicator (p, n) of cells, or a list of these
Places = Any

# A grid has no more cells than this, or than there are counts in the data.
MOST_CELLS = 20_000
# Nor a column of more: sums along it would lose digits.
MOST_COUNTS = 5_000
# Sums that are wanted at a smaller part of all places are worked out there alone.
FEW = 0.75


@dataclass(frozen=True)
class _Shelf:
    """Columns of similar range, whose cells form a rectangle."""

    columns: NDArray[np.integer]  # (c,)
    largest: int
    begin: int  # place of the first cell

    @cached_property
    def counts(self) -> Array:
        """The counts 0, 1, ... below the largest."""
        return np.arange(self.largest, dtype=float)

    @cached_property
    def shares(self) -> Array:
        """One over the count above each of these."""
        return 1 / (self.counts + 1)

    @property
    def end(self) -> int:
        return self.begin + len(self.columns) * (self.largest + 1)

    def of(self, cells: Array) -> Array:
        """The shelf's part (..., c, largest + 1) of cells (..., p)."""
        part = cells[..., self.begin : self.end]
        return part.reshape(*cells.shape[:-1], len(self.columns), self.largest + 1)


class Grid:
    """The cells of all columns, shelf by shelf.

    Parameters
    ----------
    largest : ndarray of int of shape (d,)
        The largest count of each column.
    """

    def __init__(self, largest: NDArray[np.integer]) -> None:
        self.largest = largest
        self.start = np.empty(len(largest), dtype=np.int64)  # cell of each column's count 0
        self._shelves: list[_Shelf] = []
        begin = 0
        powers = np.ceil(np.log2(largest + 1.0)).astype(int)
        for power in np.unique(powers):
            columns = np.flatnonzero(powers == power)
            shelf = _Shelf(columns, int(largest[columns].max()), begin)
            self.start[columns] = begin + np.arange(len(columns)) * (shelf.largest + 1)
            self._shelves.append(shelf)
            begin = shelf.end
        self.n_cells = begin

    @classmethod
    def of(cls, X: Any) -> Grid | None:
        """The grid of data (..., n, d), dense or sparse; None where it would be too large."""
        if sparse.issparse(X):
            largest = np.asarray(X.max(axis=0).todense()).reshape(-1)
        else:
            largest = X.reshape(-1, X.shape[-1]).max(axis=0)
        return cls.within(largest, X.nnz if sparse.issparse(X) else X.size)

    @classmethod
    def within(cls, largest: Array, n_counts: int) -> Grid | None:
        """The grid of so many counts up to the largest (d,); None where it would be too large."""
        if largest.max() > MOST_COUNTS or 2 * (largest + 1).sum() > max(MOST_CELLS, n_counts):
            return None
        return cls(largest.astype(np.int64))

    def places(self, X: Any) -> Places:
        """Where the rows lie.

        Cells (..., n) where there is one column, else an indicator (p, n) of
        cells, or one for each member where rows have a batch axis. Of sparse
        rows only counts above 0 are indicated.
        """
        if sparse.issparse(X):
            cells = self.start[X.indices] + X.data.astype(np.int64)
            indicator = (np.ones(len(cells)), cells, X.indptr)
            return sparse.csr_array(indicator, shape=(X.shape[0], self.n_cells)).T
        if X.shape[-1] == 1:
            return X[..., 0].astype(np.int64)
        if X.ndim == 3:
            return [self.places(own) for own in X]
        cells = X.astype(np.int64) + self.start
        n, d = X.shape
        indicator = (np.ones(n * d), cells.reshape(-1), np.arange(0, n * d + 1, d))
        return sparse.csr_array(indicator, shape=(n, self.n_cells)).T

    def tables(self, factor: Array, sizes: Array, zero: Array) -> Array:
        """A function (B, K, p) of the count, from its value at 0 and its steps.

        Its value at x is ``zero + sum_{u<x} log(factor (u + size) / (u + 1))``,
        for arguments (B, K, d).
        """
        tables = np.empty((*sizes.shape[:2], self.n_cells))
        for shelf, table in self._rectangles(tables):
            steps = shelf.counts + sizes[..., shelf.columns, None]
            steps *= factor[..., shelf.columns, None]
            steps *= shelf.shares
            np.log(steps, out=steps)
            table[..., 0] = 0.0
            np.cumsum(steps, axis=-1, out=table[..., 1:])
            table += zero[..., shelf.columns, None]
        return tables

    def by_cell(self, values: Array) -> Array:
        """A value (d,) of each column, in all of its cells (p,)."""
        cells = np.empty(self.n_cells)
        for shelf, part in self._rectangles(cells):
            part[...] = values[shelf.columns, None]
        return cells

    def look_up(self, tables: Array, places: Places) -> Array:
        """Values (B, K, n) of tables (B, K, p) at the rows, summed over the columns."""
        if isinstance(places, list):
            own = np.broadcast_to(tables, (len(places), *tables.shape[1:]))
            return np.concatenate(
                [contract(own[b : b + 1], place) for b, place in enumerate(places)]
            )
        if sparse.issparse(places):
            return contract(tables, places)
        if places.ndim == 1:
            return np.take(tables, places, axis=-1)  # an index would put the rows first in memory
        return np.take_along_axis(tables, places[:, None, :], axis=-1)

    def count_in(self, resp: Array, places: Places) -> Array:
        """Mass (B, K, p) in each cell."""
        if isinstance(places, list):
            return np.concatenate([gather(resp[b : b + 1], p) for b, p in enumerate(places)])
        if sparse.issparse(places):
            return gather(resp, places)
        mass = np.zeros((*resp.shape[:2], self.n_cells))
        if places.ndim == 1 and (np.diff(places) > 0).all():  # folded rows: a cell each
            mass[..., places] = resp
            return mass
        places = np.broadcast_to(places, (len(resp), places.shape[-1]))
        for b, k in np.ndindex(resp.shape[:2]):
            mass[b, k] = np.bincount(places[b], resp[b, k], minlength=self.n_cells)
        return mass

    def _rectangles(self, cells: Array) -> Iterator[tuple[_Shelf, Array]]:
        for shelf in self._shelves:
            yield shelf, shelf.of(cells)


class Tails:
    """Mass beyond each count, ``S_u = sum_{x>u} mass_x``, and sums over it.

    What the likelihood of a size needs are sums over counts of rising
    factorials and their slopes; ``sum_x mass_x sum_{u<x} g(u) = sum_u S_u g(u)``.
    """

    def __init__(self, grid: Grid, mass: Array) -> None:
        self._shape = (*mass.shape[:2], len(grid.largest))
        self._total: Array | None = None
        self._bent: tuple[Array, Array, Array] | None = None
        self._parts = []
        for shelf, cells in grid._rectangles(mass):
            beyond = np.cumsum(cells[..., :0:-1], axis=-1)  # (B, K, c, largest), of falling u
            u = np.arange(shelf.largest - 1, -1, -1, dtype=float)
            self._parts.append((shelf.columns, u, beyond))

    def total(self) -> Array:
        """Sum (B, K, d) of mass times x."""
        if self._total is None:
            self._total = np.empty(self._shape)
            for columns, _, beyond in self._parts:
                self._total[..., columns] = beyond.sum(axis=-1)
        return self._total

    def pairs(self) -> Array:
        """Sum (B, K, d) of mass times x (x - 1) / 2."""
        pairs = np.empty(self._shape)
        for columns, u, beyond in self._parts:
            pairs[..., columns] = beyond @ u
        return pairs

    def rise(self, dispersions: Array) -> Array:
        """Sum of mass times ``sum_{u<x} 1 / (size + u)``."""
        return dispersions * self.sum_of(lambda u, a: 1 / (1 + u * a), dispersions)

    def bend(self, dispersions: Array) -> Array:
        """Sum of mass times ``sum_{u<x} u / (1 + u a)`` for a dispersion a."""
        return self.bend_and_slope(dispersions)[0]

    def bend_and_slope(
        self, dispersions: Array, wanted: NDArray[np.bool_] | None = None
    ) -> tuple[Array, Array]:
        """`bend`, and its derivative in the dispersion.

        Where some of them (B, K, d) are wanted, the others may be left at 0.
        """
        # where the gradient is taken the search for a root begins
        if self._bent is not None and np.array_equal(self._bent[0], dispersions):
            return self._bent[1:]
        if wanted is not None and wanted.mean() < FEW:
            return self._some_bends_and_slopes(dispersions, wanted)
        value, slope = np.empty((2, *self._shape))
        for columns, u, beyond in self._parts:
            own = _bend_and_slope(u, beyond, dispersions[..., columns])
            value[..., columns], slope[..., columns] = own
        self._bent = dispersions, value, slope
        return value, slope

    def _some_bends_and_slopes(
        self, dispersions: Array, wanted: NDArray[np.bool_]
    ) -> tuple[Array, Array]:
        value, slope = np.zeros((2, *self._shape))
        for columns, u, beyond in self._parts:
            *member, column = np.nonzero(wanted[..., columns])
            place = (*member, columns[column])
            own = _bend_and_slope(u, beyond[(*member, column)], dispersions[place])
            value[place], slope[place] = own
        return value, slope

    def sum_of(self, function: Callable[[Array, Array], Array], argument: Array) -> Array:
        """Sum (B, K, d) over u of ``S_u function(u, argument)``, arguments being (B, K, d)."""
        total = np.empty(self._shape)
        for columns, u, beyond in self._parts:
            values = function(u, argument[..., columns, None])
            total[..., columns] = np.einsum("...u,...u->...", beyond, values)
        return total


def _bend_and_slope(u: Array, beyond: Array, dispersions: Array) -> tuple[Array, Array]:
    """Sums over counts u of the mass (..., u) beyond them, for dispersions (...)."""
    share = u * dispersions[..., None]
    share += 1.0
    np.divide(u, share, out=share)
    weighted = beyond * share
    return np.einsum("...u->...", weighted), -np.einsum("...u,...u->...", weighted, share)
