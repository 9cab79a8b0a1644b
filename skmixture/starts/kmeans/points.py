"""Rows that k-means goes through, and how far they are from centres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["STRETCH", "Array", "Places", "Points", "factors", "offsets", "squares"]

Array = NDArray[np.floating]
Places = NDArray[np.integer]

KEPT, KEPT_SINGLE = 2**26, 2**25  # bytes of centred rows that stay, in double and single precision
KEPT_NORMS = 2**21  # squared lengths of rows that stay in double precision
STRETCH = 2048  # rows that are summed up together


class Points:
    """Rows less their mean, in double precision and, block by block, in single.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    n_clusters : int or None
        A block is of so many rows that distances from all clusters stay in the cache; None for
        a single block.
    weight : ndarray of shape (n,) or None
    """

    def __init__(self, X: Array, n_clusters: int | None, weight: Array | None) -> None:
        (n, d), self.X = X.shape, X
        self.weight = None if weight is None else np.asarray(weight, dtype=float)
        self.rounding = 2 * (d + 8) * float(np.finfo(np.float32).eps)  # of offsets, by length
        # a tile is for the innermost cache, where odd multiples of a line do not collide
        tile = min(16 * (max(1000 // (d + 1), 20) | 1), -(-n // 16) * 16)
        tiles = -(-n // tile)
        if n_clusters is not None:
            tiles = max(min(2**18 // n_clusters, 2**19 // d, 2**15) // tile, 1)
        size = tiles * tile
        self.blocks = [slice(begin, min(begin + size, n)) for begin in range(0, n, size)]
        mean = X.mean(axis=0) if d == 1 else np.einsum("ij->j", X) / n  # the same, but faster
        self._mean: Array | None = np.tile(mean, 1 + 2000 // d)
        if X.nbytes <= KEPT:
            self.X, self._mean = self.rows(slice(n)), None
        self._kept = min(KEPT_SINGLE // (4 * (d + 1) * size), len(self.blocks))
        shape = (self._kept + 1, tiles, d + 1, tile)  # the last is for one of the others
        self._tiles = np.empty(shape, dtype=np.float32)
        self.norms = np.empty(n, dtype=float if n <= KEPT_NORMS else np.float32)
        self.longest = np.empty(len(self.blocks))  # of each block, in double precision
        total = 0.0
        for index, here in enumerate(self.blocks):
            rows = self.rows(here)
            exact = squares(rows)
            self.norms[here], self.longest[index] = exact, exact.max()
            total += exact.sum()
            if index < self._kept:
                self._write(rows, index)
        self.variance = total / (n * d)

    def rows(self, here: slice | Places) -> Array:
        """Some rows (m, d), not to be written to."""
        rows = self.X[here] if isinstance(here, slice) else self.X.take(here, axis=0)
        if self._mean is None:
            return rows
        flat, width = rows.reshape(-1), len(self._mean)  # numpy is slow over short rows
        out, end = np.empty_like(flat), flat.size // width * width
        np.subtract(flat[:end].reshape(-1, width), self._mean, out=out[:end].reshape(-1, width))
        np.subtract(flat[end:], self._mean[: flat.size - end], out=out[end:])
        return out.reshape(rows.shape)

    def exact_norms(self, here: slice, rows: Array) -> Array:
        """Squared lengths (m,) of a block from its rows."""
        return self.norms[here] if self.norms.dtype == float else squares(rows)

    def offsets(self, index: int, factors: Array) -> Array:
        """`offsets` (K, m) of a block from the `factors` of centres."""
        here = self.blocks[index]
        if index >= self._kept:
            index = self._write(self.rows(here), self._kept)
        m, tile = here.stop - here.start, self._tiles.shape[-1]
        tiles = self._tiles[index, : -(-m // tile)]
        out = np.empty((len(factors), len(tiles), tile), dtype=np.float32)
        np.matmul(factors, tiles, out=out.swapaxes(0, 1))
        return out.reshape(len(factors), -1)[:, :m]

    def _write(self, rows: Array, index: int) -> int:
        """Put rows into tiles (t, d + 1, m) of columns, with a last row of ones."""
        tiles, (m, d), tile = self._tiles[index], rows.shape, self._tiles.shape[-1]
        whole, rest = divmod(m, tile)
        tiles[: whole + (rest > 0)] = 1
        tiles[:whole, :d] = rows[: m - rest].reshape(whole, tile, d).transpose(0, 2, 1)
        tiles[whole : whole + 1, :d, :rest] = rows[m - rest :].T
        return index


def squares(rows: Array) -> Array:
    """Squared length of each row."""
    return np.einsum("...j,...j->...", rows, rows)


def factors(centres: Array) -> Array:
    """Coefficients (..., K, d + 1) of columns and of ones in `offsets`."""
    found = np.empty((*centres.shape[:-1], centres.shape[-1] + 1), dtype=np.float32)
    found[..., :-1], found[..., -1] = -2 * centres, squares(centres)
    return found


def offsets(rows: Array, centres: Array) -> Array:
    """Squared distances (K, m) of rows (m, d) from centres (K, d) less the norms of the rows."""
    (m, d), K = rows.shape, len(centres)
    # of 256 rows at once, as scikit-learn takes them: other products may round otherwise
    filled = rows[np.arange(-(-m // 256) * 256) % m].reshape(-1, 256, d)
    product = filled @ (-2 * centres).T
    return product.reshape(-1, K)[:m].T + squares(centres)[:, None]
