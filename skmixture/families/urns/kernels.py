"""Densities and sums of Pólya's urns: from tables over counts, or row by row.

A row holds the number of balls drawn of each colour, (c, g) of c colours in g
urns, and the number of all drawn, (g,). With concentrations a of the colours
and their sum A the probability is

    prod_c NB(x_c; N a_c / A, a_c) / NB(N; N, A)

by urn, NB(x; m, r) being the negative binomial law of mean m and size r: NB
counts of sizes a_c, with one ratio of mean to size, sum to one of size A. No
term of it is large where the whole is not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import zeta

from skmixture.families.negative_binomial.grid import Grid, Tails
from skmixture.law.family import Array, Arrays
from skmixture.numerics.products import gather
from skmixture.numerics.special import digamma_rise, log_nb
from skmixture.table.rows import rows_last

__all__ = ["ByRow", "Moments", "Tabled", "join"]


def join(concentrations: Array) -> Array:
    """Concentrations (..., c, g) and, after them, their sums by urn: (..., c g + g)."""
    flat = concentrations.reshape(*concentrations.shape[:-2], -1)
    return np.concatenate([flat, concentrations.sum(axis=-2)], axis=-1)


class Moments(NamedTuple):
    """Sums over the rows of counts x and of ``x (x - 1)``, each (B, K, c g + g)."""

    sums: Array
    pairs: Array


class ByRow:
    """Row by row: for counts of any size."""

    def encode(self, draws: Array) -> dict[str, Any]:
        return {"draws": rows_last(draws)}

    def prepare(self, sizes: Array, n_urns: int) -> dict[str, Any]:
        return {"sizes": sizes, "n_urns": n_urns}

    def log_prob(self, rows: Arrays, prepared: Any) -> Array:
        draws, sizes, g = rows["draws"], prepared["sizes"], prepared["n_urns"]
        log_prob = np.zeros((*sizes.shape[:2], draws.shape[-1]))
        n_colours = sizes.shape[-1] // g - 1
        for urn in range(g):
            drawn = draws[..., None, n_colours * g + urn, :]
            total = sizes[..., n_colours * g + urn, None]
            log_prob -= log_nb(drawn, drawn, total)
            for place in range(urn, n_colours * g, g):
                size = sizes[..., place, None]
                log_prob += log_nb(draws[..., None, place, :], drawn * (size / total), size)
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Any, resp: Array) -> dict[str, Array]:
        draws, stats = rows["draws"], {"n": resp.sum(axis=-1)}
        if not prepared:  # a start, which is by moments
            return stats | {
                "sums": gather(resp, draws),
                "pairs": gather(resp, draws * (draws - 1)),
            }
        rises, bends = [], []
        for j, size in enumerate(np.moveaxis(prepared["sizes"], -1, 0)[..., None]):
            x = draws[..., None, j, :]
            rises.append((resp * digamma_rise(x, size)).sum(axis=-1))
            bends.append((resp * (zeta(2, size) - zeta(2, size + x))).sum(axis=-1))
        return stats | {"rises": np.stack(rises, axis=-1), "bends": np.stack(bends, axis=-1)}

    def moments(self, stats: Arrays) -> Moments:
        return Moments(stats["sums"], stats["pairs"])

    def rises(self, stats: Arrays, sizes: Array) -> Array:
        """Slopes (B, K, c g + g) of ``log(G(a + x) / G(a))``, summed over the rows."""
        return stats["rises"]


class Tabled:
    """From tables over the counts of each column, where they are moderate.

    Parameters
    ----------
    grid : Grid
        Of the c g + g columns of draws.
    n_urns : int
    """

    def __init__(self, grid: Grid, n_urns: int) -> None:
        self.grid = grid
        sign = np.ones(len(grid.largest))
        sign[-n_urns:] = -1.0
        self._sign = grid.by_cell(sign)  # (p,)

    def encode(self, draws: Array) -> dict[str, Any]:
        return {"places": self.grid.places(draws)}

    def prepare(self, sizes: Array, n_urns: int) -> dict[str, Any]:
        drawn = np.maximum(self.grid.largest[-n_urns:], 1)
        ratio = np.tile(drawn / sizes[..., -n_urns:], sizes.shape[-1] // n_urns)
        tables = self.grid.tables(ratio / (1 + ratio), sizes, -sizes * np.log1p(ratio))
        return {"tables": tables * self._sign}

    def log_prob(self, rows: Arrays, prepared: Any) -> Array:
        return self.grid.look_up(prepared["tables"], rows["places"])

    def expected_stats(self, rows: Arrays, prepared: Any, resp: Array) -> dict[str, Array]:
        return {"n": resp.sum(axis=-1), "mass": self.grid.count_in(resp, rows["places"])}

    def tails(self, stats: Arrays) -> Tails:
        return Tails(self.grid, stats["mass"])

    def moments(self, stats: Arrays) -> Moments:
        tails = self.tails(stats)
        return Moments(tails.total(), 2 * tails.pairs())

    def rises(self, stats: Arrays, sizes: Array) -> Array:
        return self.tails(stats).sum_of(lambda u, a: 1 / (a + u), sizes)

    def rounding(self, sizes: Array, n_urns: int) -> Array:
        """Bound (B,): sums along a table err by an ulp of what is summed, in a random walk."""
        drawn = np.maximum(self.grid.largest[-n_urns:], 1)
        total = sizes[..., -n_urns:]
        summed = drawn + total * np.log1p(drawn / total)
        steps = np.sqrt(self.grid.largest.sum() + 1.0)
        return np.asarray(2 * np.finfo(float).eps * steps * summed.max(axis=(1, 2)))


def largest_of(draws: NDArray) -> Array:
    """The largest draw (q,) of each column, in all rows and members of a batch."""
    return draws.reshape(-1, draws.shape[-1]).max(axis=0)
