"""The two matrix products of EM: log densities from statistics of rows, and sums of these.

Statistics are (p, n), or (B, p, n) where rows have a batch axis of their own.
Blocks of rows are long, so that elementwise operations and the interpreter
see many rows at once; products go through them in tiles, which are for the
cache and for those kernels of OpenBLAS that are quickest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skmixture.numerics.buffers import LINE, aligned

__all__ = ["contract", "gather", "rows_of_block"]

Array = NDArray[np.floating]

# Rows of a tile, at least and at most: beyond, sums leave the innermost cache.
LEAST, TILE = 72, 520
# OpenBLAS has kernels that are twice as fast for products of up to so many terms and results.
TERMS, RESULTS = 950_000, 1_000
# Numbers of a block, its densities included, and its rows at most.
BLOCK, MOST_ROWS = 800_000, 32_768


def contract(coefficients: Array, statistics: Array) -> Array:
    """``(B, K, p)`` times ``(p, n)`` or ``(B, p, n)``: (B, K, n).

    Where rows have no batch axis of their own, B and K fold into one matrix.
    Statistics may be sparse.
    """
    B, K, p = coefficients.shape
    if sparse.issparse(statistics):
        product = statistics.T @ np.ascontiguousarray(coefficients.reshape(B * K, p).T)
        return np.ascontiguousarray(product.T).reshape(B, K, -1)
    matrix = coefficients if statistics.ndim == 3 else coefficients.reshape(B * K, p)
    n, n_laws = statistics.shape[-1], matrix.shape[-2]
    tile = _rows_of_tile(p, n_laws)
    if n < 2 * tile:
        return (matrix @ statistics).reshape(B, K, n)
    product = aligned(*matrix.shape[:-1], n)
    whole = n // tile * tile
    np.matmul(
        matrix[..., None, :, :],
        _tiles(statistics[..., :whole], tile),
        out=_tiles(product[..., :whole], tile),
    )
    if whole < n:
        np.matmul(matrix, statistics[..., whole:], out=product[..., whole:])
    return product.reshape(B, K, n)


def gather(resp: Array, statistics: Array) -> Array:
    """``(B, K, n)`` times the transpose of ``(p, n)`` or ``(B, p, n)``: (B, K, p)."""
    B, K, n = resp.shape
    if sparse.issparse(statistics):
        product = statistics @ np.ascontiguousarray(resp.reshape(B * K, n).T)
        return np.ascontiguousarray(product.T).reshape(B, K, -1)
    matrix = resp if statistics.ndim == 3 else resp.reshape(B * K, n)
    p, n_laws = statistics.shape[-2], matrix.shape[-2]
    tile = _rows_of_tile(p, n_laws)
    if n < 2 * tile:
        return (matrix @ np.swapaxes(statistics, -1, -2)).reshape(B, K, p)
    whole = n // tile * tile
    sums = _gather_tiles(_tiles(matrix[..., :whole], tile), _tiles(statistics[..., :whole], tile))
    if whole < n:
        sums += matrix[..., whole:] @ np.swapaxes(statistics[..., whole:], -1, -2)
    return sums.reshape(B, K, p)


def _gather_tiles(resp: Array, tiles: Array) -> Array:
    """``(..., t, K, r)`` times the transpose of ``(..., t, p, r)``, summed over t."""
    p, panel = tiles.shape[-2], RESULTS // resp.shape[-2] // LINE * LINE
    if p * resp.shape[-2] <= RESULTS or panel == 0:
        return (resp @ np.swapaxes(tiles, -1, -2)).sum(axis=-3)
    whole = p // panel * panel
    panels = tiles[..., :whole, :].reshape(*tiles.shape[:-2], -1, panel, tiles.shape[-1])
    by_panel = (resp[..., None, :, :] @ np.swapaxes(panels, -1, -2)).sum(axis=-4)
    sums = np.empty((*by_panel.shape[:-3], by_panel.shape[-2], p))
    sums[..., :whole] = np.swapaxes(by_panel, -3, -2).reshape(*sums.shape[:-1], whole)
    sums[..., whole:] = (resp @ np.swapaxes(tiles[..., whole:, :], -1, -2)).sum(axis=-3)
    return sums


def _tiles(matrix: Array, rows: int) -> Array:
    """``(..., m, t * rows)`` as a view of shape (..., t, m, rows)."""
    return np.swapaxes(matrix.reshape(*matrix.shape[:-1], -1, rows), -2, -3)


def _rows_of_tile(n_statistics: int, n_laws: int) -> int:
    return max(min(TERMS // (n_statistics * n_laws), TILE), LEAST) // LINE * LINE


def rows_of_block(n_statistics: int, n_laws: int) -> int:
    """Rows enough for the interpreter to be idle, few enough for the cache."""
    return max(min(BLOCK // (n_statistics + 2 * n_laws), MOST_ROWS), 2 * LEAST)
