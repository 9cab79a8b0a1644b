"""Size factors: what they make different from row to row, worked out at few of their values.

Apart from the counts, a row enters its likelihood by its exposure s alone,
through functions of ``y = s m / r`` that are smooth in log s. So they are
worked out at some nodes and interpolated, to the last few digits, at the rows:
a table of 20 million counts with as many exposures as rows costs what some
forty rows and the counts above 0 do. Where exposures take few values, or
spread over too many decades, the nodes are these values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skmixture.numerics.products import contract, gather

__all__ = ["Nodes", "count_terms", "mass_of_counts"]

Array = NDArray[np.floating]

# Numbers in an array that the rows of a few columns are worked out in: it stays in cache, and is
# small enough for the allocator to keep.
CACHED = 15_000
# Exposures that spread farther are not interpolated: the smallest would lose digits.
WIDEST = 1e4
# Interpolation leaves this part of a function's largest value.
CLOSE = 1e-16


class Nodes:
    """Values of the exposure at which its functions are worked out.

    Attributes
    ----------
    values : ndarray of shape (C,)
        In increasing order.
    """

    def __init__(self, values: Array, interpolates: bool) -> None:
        self.values = values
        self._interpolates = interpolates
        if interpolates:
            self._places = np.log(values)
            signs = (-1.0) ** np.arange(len(values))
            angles = (2 * np.arange(len(values)) + 1) * np.pi / (2 * len(values))
            self._barycentric = signs * np.sin(angles)

    @classmethod
    def of(cls, exposure: Array) -> Nodes:
        """Nodes for exposures (n,) or (B, n)."""
        distinct = np.unique(exposure)
        width = float(np.log(distinct[-1] / distinct[0]))
        # functions of log s are smooth within pi of the real line, where y reaches -1
        slope = 2 * np.pi / max(width, 1e-300)
        needed = int(np.ceil(-np.log(CLOSE) / np.arcsinh(slope))) + 4
        if len(distinct) <= needed or distinct[-1] > WIDEST * distinct[0]:
            return cls(distinct, interpolates=False)
        angles = (2 * np.arange(needed) + 1) * np.pi / (2 * needed)
        middle = 0.5 * np.log(distinct[0] * distinct[-1])
        return cls(np.exp(middle - 0.5 * width * np.cos(angles)), interpolates=True)

    def shares(self, exposure: Array) -> Any:
        """Weights (C, n) that carry values at the nodes to rows with exposures (n,).

        By the barycentric formula at Chebyshev's points (Berrut and Trefethen
        2004, SIAM Review 46, 501-517).
        """
        if exposure.ndim == 2:  # each member of a batch has rows of its own
            shares = [self.shares(own) for own in exposure]
            return np.stack([s.toarray() if sparse.issparse(s) else s for s in shares])
        n = len(exposure)
        if not self._interpolates:
            place = np.minimum(np.searchsorted(self.values, exposure), len(self.values) - 1)
            if (self.values[place] != exposure).any():
                raise ValueError(
                    "exposure takes many values over more than four decades, and rows that are "
                    "not held in memory can have so only some of them: round them, to a thousand "
                    "different values at the most, or leave out extreme ones"
                )
            ones = (np.ones(n), place, np.arange(n + 1))
            return sparse.csc_array(ones, shape=(len(self.values), n))
        distance = np.log(exposure) - self._places[:, None]
        exact = distance == 0
        distance[exact] = 1.0
        shares = self._barycentric[:, None] / distance
        shares /= shares.sum(axis=0)
        on_node = exact.any(axis=0)
        shares[:, on_node] = exact[:, on_node]
        return shares

    def at_rows(self, values: Array, shares: Any) -> Array:
        """Values (B, K, n) at the rows of a function known (B, K, C) at the nodes."""
        return contract(values, shares)

    def mass(self, resp: Array, shares: Any) -> Array:
        """Mass (B, K, C) at the nodes that stands for that of the rows (B, K, n)."""
        return gather(resp, shares)


def count_terms(x: Any, exposure: Array, ratio: Array) -> Array:
    """``sum_j x_j log(1 + y_j)`` (B, K, n) of rows x (d, n), dense or sparse.

    ``ratio`` (B, K, d) is mean over size at unit exposure.
    """
    B, K, _ = ratio.shape
    total = np.zeros((B, K, x.shape[-1]))
    if sparse.issparse(x):
        filled = np.flatnonzero(np.diff(x.indptr))
        for b in range(B):
            terms = x.data * np.log1p(ratio[b][:, x.indices] * _by_entry(x, exposure))
            if len(filled):
                total[b][:, filled] = np.add.reduceat(terms, x.indptr[filled], axis=-1)
        return total
    for columns in some_columns(ratio.shape, x.shape[-1]):
        y = ratio[..., columns, None] * exposure[..., None, None, :]  # (B, K, c, n)
        np.log1p(y, out=y)
        total += np.einsum("...cn,...cn->...n", x[..., None, columns, :], y)
    return total


def mass_of_counts(x: Any, exposure: Array, ratio: Array, resp: Array) -> Array:
    """``sum_i resp_i x_ij p_ij`` (B, K, d) with ``p = y / (1 + y)``; arguments as above."""
    sums = np.empty(ratio.shape)
    if sparse.issparse(x):
        member = np.repeat(np.arange(x.shape[1]), np.diff(x.indptr))
        for b, k in np.ndindex(ratio.shape[:2]):
            y = ratio[b, k, x.indices] * _by_entry(x, exposure)
            terms = resp[b, k, member] * x.data * (y / (1 + y))
            sums[b, k] = np.bincount(x.indices, terms, minlength=ratio.shape[-1])
        return sums
    for columns in some_columns(ratio.shape, x.shape[-1]):
        p = ratio[..., columns, None] * exposure[..., None, None, :]
        p /= 1 + p
        p *= x[..., None, columns, :]
        sums[..., columns] = (p @ resp[..., None])[..., 0]
    return sums


def some_columns(shape: tuple[int, ...], n_rows: int) -> list[slice]:
    """Slices of the columns of (B, K, d), each with as many rows as the cache holds."""
    B, K, d = shape
    step = max(1, CACHED // (B * K * n_rows))
    return [slice(begin, begin + step) for begin in range(0, d, step)]


def _by_entry(x: Any, exposure: Array) -> Array:
    """The exposure of the row of each stored entry of x (d, n)."""
    return np.repeat(exposure, np.diff(x.indptr))
