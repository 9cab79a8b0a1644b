"""Two ways through the rows: a table of the counts of each column, or every row by formula.

`Tabled` works out a log pmf once for each count that a column holds, so
that a step over the rows is a look-up and a count. `ByRow` takes
any counts, and keeps every digit of any of them, at more work a row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.families.counts import over_columns
from skmixture.families.negative_binomial.exposures import (
    Nodes,
    count_terms,
    mass_of_counts,
    some_columns,
)
from skmixture.families.negative_binomial.grid import Grid, Tails
from skmixture.families.negative_binomial.moments import Moments, Spread, sums_at_nodes
from skmixture.law.family import Array, Arrays
from skmixture.numerics.products import gather
from skmixture.numerics.special import curvature_rise, digamma_rise, log_nb_less_base, saddle
from skmixture.table.rows import dense, rows_last

__all__ = ["ByRow", "Kernel", "Tabled"]

# Attributes that are worked out anew where they are lost.
MEMOS = {"_last", "_last_tails"}


class Kernel(ABC):
    """Both steps over the rows, and the meaning of the sums.

    Parameters
    ----------
    nodes : Nodes, optional
        Of the exposures; None where rows have none.
    """

    def __init__(self, nodes: Nodes | None = None) -> None:
        self.nodes = nodes
        self._last: tuple[Arrays, Arrays, Moments] | None = None  # a memo, no state

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | dict.fromkeys(self.__dict__.keys() & MEMOS)

    @abstractmethod
    def encode(self, X: NDArray, side: Arrays) -> dict[str, Any]:
        """What a block of rows (..., n, d) needs."""

    @abstractmethod
    def log_base(self, X: NDArray, side: Arrays) -> Array | float:
        """What no parameter enters."""

    @abstractmethod
    def prepare(self, params: Arrays) -> dict[str, Array]:
        """Constants of a sweep."""

    @abstractmethod
    def log_prob(self, rows: dict[str, Any], prepared: Arrays) -> Array:
        """Log pmf (B, K, n) less `log_base`."""

    @abstractmethod
    def counts_in(self, rows: dict[str, Any], prepared: Arrays, resp: Array) -> dict[str, Array]:
        """Sums of the counts, as they add up over the rows."""

    @abstractmethod
    def total(self, stats: Arrays) -> Array:
        """Sum (B, K, d) of x."""

    @abstractmethod
    def pairs(self, stats: Arrays) -> Array:
        """Sum of x (x - 1) / 2, from the statistics of a start."""

    @abstractmethod
    def bend(self, stats: Arrays, sizes: Array) -> Array:
        """Sum of ``sum_{u<x} u / (1 + u / r)``."""

    @abstractmethod
    def rise(self, stats: Arrays, sizes: Array) -> Array:
        """Sum of ``sum_{u<x} 1 / (r + u)``."""

    def expected_stats(
        self, rows: dict[str, Any], prepared: Arrays, resp: Array
    ) -> dict[str, Array]:
        """All sums of a block."""
        stats = {"n": resp.sum(axis=-1), **self.counts_in(rows, prepared, resp)}
        if self.nodes is None:
            return stats
        stats["mass"] = self.nodes.mass(resp, rows["shares"])
        x, exposure = rows["x"], rows["exposure"]
        if prepared:
            ratio = prepared["means"] / prepared["sizes"]
            return stats | {"xp": mass_of_counts(x, exposure, ratio, resp)}
        return stats | {"exposed_counts": gather(resp * exposure[..., None, :], x)}

    def spread(self, stats: Arrays) -> Spread:
        """First and second moments, from the statistics of a start."""
        x, pairs = self.total(stats), self.pairs(stats)
        n = np.broadcast_to(stats["n"][..., None], x.shape)
        if self.nodes is None:
            return Spread(n, x, pairs, n, n, x)
        exposed = (stats["mass"] @ self.nodes.values)[..., None]
        twice = (stats["mass"] @ self.nodes.values**2)[..., None]
        return Spread(n, x, pairs, exposed, twice, stats["exposed_counts"])

    def moments(self, stats: Arrays, params: Arrays) -> Moments:
        """What the M-step and the gradient ask for, at the parameters of the sweep."""
        # they ask three times in a row for the same
        if self._last is None or self._last[0] is not stats or self._last[1] is not params:
            self._last = stats, params, self._moments(stats, params)
        return self._last[2]

    def _moments(self, stats: Arrays, params: Arrays) -> Moments:
        means, sizes = params["means"], params["sizes"]
        x = self.total(stats)
        bend = self.bend(stats, sizes)
        n = np.broadcast_to(stats["n"][..., None], x.shape)
        if self.nodes is not None:
            sums = sums_at_nodes(self.nodes.values, means / sizes, stats["mass"])
            return Moments(sizes, n, x, xp=stats["xp"], bend=bend, **sums)
        return Moments.of_equal_rows(means, sizes, n, x, bend)


class Tabled(Kernel):
    """By tables of all counts of each column."""

    def __init__(self, grid: Grid, of_sparse: bool, nodes: Nodes | None) -> None:
        super().__init__(nodes)
        self.grid = grid
        self.of_sparse = of_sparse
        self._last_tails: tuple[Arrays, Tails] | None = None  # a memo, no state

    def encode(self, X: NDArray, side: Arrays) -> dict[str, Any]:
        rows: dict[str, Any] = {"places": self.grid.places(X), **side}
        if self.nodes is not None:
            rows |= {"x": rows_last(X), "shares": self.nodes.shares(side["exposure"])}
        return rows

    def log_base(self, X: NDArray, side: Arrays) -> Array | float:
        # the tables have what the count alone says
        return 0.0 if self.nodes is None else X.sum(axis=-1) * np.log(side["exposure"])

    def prepare(self, params: Arrays) -> dict[str, Array]:
        means, sizes = params["means"], params["sizes"]
        ratio = means / sizes
        if self.nodes is None:
            zero = -sizes * np.log1p(ratio)
            at_zero = np.zeros_like(zero) if self.of_sparse else zero
            tables = self.grid.tables(ratio / (1 + ratio), sizes, at_zero)
            return {**params, "tables": tables, "zero": zero.sum(axis=-1)}
        # the tables are of rising factorials; what a count of 0 has is another at every node
        tables = self.grid.tables(ratio, sizes, np.zeros_like(ratio))
        at_nodes = np.zeros((*ratio.shape[:2], len(self.nodes.values)))
        for columns in some_columns(ratio.shape, len(self.nodes.values)):
            logs = np.log1p(ratio[..., columns, None] * self.nodes.values)
            at_nodes -= (sizes[..., None, columns] @ logs)[..., 0, :]
        return {**params, "ratio": ratio, "tables": tables, "at_nodes": at_nodes}

    def log_prob(self, rows: dict[str, Any], prepared: Arrays) -> Array:
        log_prob = self.grid.look_up(prepared["tables"], rows["places"])
        if self.nodes is not None:
            log_prob += self.nodes.at_rows(prepared["at_nodes"], rows["shares"])
            log_prob -= count_terms(rows["x"], rows["exposure"], prepared["ratio"])
        elif self.of_sparse:
            log_prob += prepared["zero"][..., None]
        return log_prob

    def counts_in(self, rows: dict[str, Any], prepared: Arrays, resp: Array) -> dict[str, Array]:
        return {"cells": self.grid.count_in(resp, rows["places"])}

    def tails(self, stats: Arrays) -> Tails:
        """The mass beyond each count; what lies at 0 is in no tail."""
        # a step asks four times in a row for the same
        last = self._last_tails
        if last is None or last[0] is not stats:
            last = self._last_tails = stats, Tails(self.grid, stats["cells"])
        return last[1]

    def total(self, stats: Arrays) -> Array:
        return self.tails(stats).total()

    def pairs(self, stats: Arrays) -> Array:
        return self.tails(stats).pairs()

    def bend(self, stats: Arrays, sizes: Array) -> Array:
        return self.tails(stats).bend(1 / sizes)

    def rise(self, stats: Arrays, sizes: Array) -> Array:
        return self.tails(stats).rise(1 / sizes)


class ByRow(Kernel):
    """By formulas that keep all digits, row by row."""

    def encode(self, X: NDArray, side: Arrays) -> dict[str, Any]:
        rows: dict[str, Any] = {"x": rows_last(dense(X)), **side}
        if self.nodes is not None:
            rows["shares"] = self.nodes.shares(side["exposure"])
        return rows

    def log_base(self, X: NDArray, side: Arrays) -> Array | float:
        return -over_columns(saddle, X)

    def prepare(self, params: Arrays) -> dict[str, Array]:
        return dict(params)

    def log_prob(self, rows: dict[str, Any], prepared: Arrays) -> Array:
        means, sizes, x = prepared["means"], prepared["sizes"], rows["x"]
        exposure = rows["exposure"][..., None, :] if "exposure" in rows else 1.0
        log_prob = np.zeros((*means.shape[:2], x.shape[-1]))
        for j in range(means.shape[-1]):  # a column at a time: (B, K, n) is the largest array
            mean = means[..., j, None] * exposure
            log_prob += log_nb_less_base(x[..., None, j, :], mean, sizes[..., j, None])
        return log_prob

    def counts_in(self, rows: dict[str, Any], prepared: Arrays, resp: Array) -> dict[str, Array]:
        x = rows["x"]
        if not prepared:
            return {"x": gather(resp, x), "pairs": gather(resp, 0.5 * x * (x - 1))}
        sizes = prepared["sizes"]
        bend, rise = np.empty((2, *sizes.shape))
        for j in range(sizes.shape[-1]):
            column, size = x[..., None, j, :], sizes[..., j, None]
            bend[..., j] = np.einsum("...n,...n->...", resp, curvature_rise(column, size))
            rise[..., j] = np.einsum("...n,...n->...", resp, digamma_rise(column, size))
        return {"x": gather(resp, x), "bend": bend, "rise": rise}

    def total(self, stats: Arrays) -> Array:
        return stats["x"]

    def pairs(self, stats: Arrays) -> Array:
        return stats["pairs"]

    def bend(self, stats: Arrays, sizes: Array) -> Array:
        return stats["bend"]

    def rise(self, stats: Arrays, sizes: Array) -> Array:
        return stats["rise"]
