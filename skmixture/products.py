"""The two matrix products of EM: log densities from statistics of rows, and sums of these.

Statistics are (p, n), (B, p, n) where rows have a batch axis of their own, or
in tiles (..., t, p, r): t stretches of r rows, each contiguous, so that a
product works in the cache while elementwise operations and the interpreter
see t times as many rows at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = [
    "contract", "contract_tiles", "gather", "gather_tiles", "padded", "rows_of_block",
    "rows_of_tile", "tiles_of_block",
]  # fmt: skip

Array = NDArray[np.floating]

# Of more statistics than this, sums are gathered panel by panel: the result stays in the cache.
PANEL = 64
# Numbers of a tile, which should stay in the cache between its two products.
TILE = 90_000
# Numbers of a block, its densities included: what several tiles take together.
BLOCK = 800_000
MOST_TILES, MOST_ROWS = 8, 32_768


def contract(coefficients: Array, statistics: Array) -> Array:
    """``(B, K, p)`` times ``(p, n)`` or ``(B, p, n)``: (B, K, n).

    Where rows have no batch axis of their own, B and K fold into one matrix.
    Statistics may be sparse.
    """
    if statistics.ndim == 3:
        return coefficients @ statistics
    B, K, p = coefficients.shape
    if sparse.issparse(statistics):
        product = statistics.T @ np.ascontiguousarray(coefficients.reshape(B * K, p).T)
        return np.ascontiguousarray(product.T).reshape(B, K, -1)
    return (coefficients.reshape(B * K, p) @ statistics).reshape(B, K, -1)


def gather(resp: Array, statistics: Array) -> Array:
    """``(B, K, n)`` times the transpose of ``(p, n)`` or ``(B, p, n)``: (B, K, p)."""
    if statistics.ndim == 3:
        return resp @ np.swapaxes(statistics, -1, -2)
    B, K, n = resp.shape
    if sparse.issparse(statistics):
        product = statistics @ np.ascontiguousarray(resp.reshape(B * K, n).T)
        return np.ascontiguousarray(product.T).reshape(B, K, -1)
    return (resp.reshape(B * K, n) @ statistics.T).reshape(B, K, -1)


def contract_tiles(coefficients: Array, tiles: Array) -> Array:
    """``(B, K, p)`` times tiles (t, p, r) or (B, t, p, r): (B, K, n)."""
    B, K, p = coefficients.shape
    t, _, r = tiles.shape[-3:]
    if tiles.ndim == 4:
        product = np.empty((B, K, t, r), dtype=tiles.dtype)
        np.matmul(coefficients[:, None], tiles, out=product.transpose(0, 2, 1, 3))
    else:
        product = np.empty((B * K, t, r), dtype=tiles.dtype)
        np.matmul(coefficients.reshape(B * K, p), tiles, out=product.transpose(1, 0, 2))
    return product.reshape(B, K, t * r)


def gather_tiles(resp: Array, tiles: Array) -> Array:
    """``(B, K, n)`` times the transpose of tiles (t, p, r) or (B, t, p, r): (B, K, p)."""
    B, K, _ = resp.shape
    t, p, r = tiles.shape[-3:]
    by_tile: Array
    if tiles.ndim == 4:
        by_tile = resp.reshape(B, K, t, r).transpose(0, 2, 1, 3)
    else:
        by_tile = resp.reshape(B * K, t, r).transpose(1, 0, 2)
    if p % PANEL or p == PANEL:
        sums = (by_tile @ np.swapaxes(tiles, -1, -2)).sum(axis=-3)
    else:
        panels = tiles.reshape(*tiles.shape[:-2], p // PANEL, PANEL, r)
        sums = (by_tile[..., None, :, :] @ np.swapaxes(panels, -1, -2)).sum(axis=-4)
        sums = np.swapaxes(sums, -3, -2)
    return sums.reshape(B, K, p)


def padded(n_statistics: int) -> int:
    """The number of statistics of a tile, so that panels fill it where they are many."""
    if n_statistics <= 2 * PANEL:
        return n_statistics
    return -(-n_statistics // PANEL) * PANEL


def rows_of_block(n_statistics: int, n_laws: int) -> int:
    """Rows for which both matrix products are quickest.

    OpenBLAS has a kernel for products of up to a million terms that is twice
    as fast on these shapes; beyond the bounds, the interpreter or the cache
    decides.
    """
    return int(np.clip(0.95e6 / (n_statistics * n_laws), 1024, 8192))


def rows_of_tile(n_statistics: int) -> int:
    """Rows of a tile, which is as large as the cache likes."""
    return int(np.clip(TILE / n_statistics, 128, 8192)) // 8 * 8


def tiles_of_block(n_statistics: int, n_laws: int) -> int:
    """Tiles of a block: enough for the interpreter to be idle, few enough for memory."""
    rows = rows_of_tile(n_statistics)
    wanted = min(BLOCK / (n_statistics + 2 * n_laws), MOST_ROWS) / rows
    return int(np.clip(wanted, 1, MOST_TILES))
