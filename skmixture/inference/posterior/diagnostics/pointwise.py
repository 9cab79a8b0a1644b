"""Pointwise log-likelihoods, some rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LogLikelihood", "blocks_of", "runs"]

Array = NDArray[np.floating]
LogLikelihood = NDArray | Iterable[NDArray] | Callable[[], Iterable[NDArray]]

# Numbers that a step of the work may hold at once.
ROOM = 2**20


def blocks_of(log_likelihood: Any, fewest: int) -> Iterator[Array]:
    """Blocks of rows as arrays (b, S), rows first, each checked.

    Parameters
    ----------
    log_likelihood : ndarray of shape (S, n), or iterable of ndarrays (S, b), or callable
        Of S draws and n rows; a callable returns such an iterable.
    fewest : int
        Draws that must be there.
    """
    if callable(log_likelihood) and not hasattr(log_likelihood, "__array__"):
        log_likelihood = log_likelihood()
    if hasattr(log_likelihood, "__array__"):
        log_likelihood = _cut(np.asarray(log_likelihood))
    elif not isinstance(log_likelihood, Iterable):
        raise ValueError(
            "log_likelihood must be an array (draws, rows), or blocks of rows, or a function that "
            f"returns these, got {type(log_likelihood).__name__}"
        )
    n_draws, n_rows = None, 0
    for block in log_likelihood:
        checked = _checked(block, n_rows, n_draws, fewest)
        n_draws, n_rows = checked.shape[1], n_rows + len(checked)
        if len(checked):
            yield checked
    if n_rows == 0:
        raise ValueError("log_likelihood has no rows")


def runs(n_rows: int, each: int) -> Iterator[slice]:
    """Slices of rows, of which each takes so many numbers, that have room at once."""
    step = max(1, ROOM // max(each, 1))
    return (slice(start, start + step) for start in range(0, n_rows, step))


def _cut(whole: NDArray) -> Iterable[NDArray]:
    if whole.ndim != 2:
        return [whole]
    return (whole[:, rows] for rows in runs(whole.shape[1], len(whole)))


def _checked(block: Any, before: int, n_draws: int | None, fewest: int) -> Array:
    values = np.asarray(block, dtype=float)
    if values.ndim != 2:
        raise ValueError(
            f"log_likelihood, and each block of it, must have the shape (draws, rows), got "
            f"{values.shape}"
        )
    if n_draws is not None and len(values) != n_draws:
        raise ValueError(
            f"blocks of log_likelihood must have the same draws, got {n_draws} and {len(values)}"
        )
    if len(values) < fewest:
        raise ValueError(f"log_likelihood must have {fewest} draws at least, got {len(values)}")
    amiss = ~np.isfinite(values)
    if amiss.any():
        draw, row = (int(i) for i in np.argwhere(amiss)[0])
        raise ValueError(
            f"log_likelihood must be finite, got {values[draw, row]} for row {before + row} under "
            f"draw {draw}: a draw under which a row is impossible is none of the posterior"
        )
    return np.ascontiguousarray(values.T)
