"""Responsibilities of a block of rows, labels drawn from them, and sums by label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["mixed", "picked", "shares", "summed"]

Array = NDArray[np.floating]
Labels = NDArray[np.integer]


def shares(log_joint: Array) -> Array:
    """Responsibilities (B, K, n); overwrites."""
    log_joint -= log_joint.max(axis=1, keepdims=True)
    np.exp(log_joint, out=log_joint)
    log_joint /= log_joint.sum(axis=1, keepdims=True)
    return log_joint


def picked(chances: Array, places: NDArray[np.integer], uniforms: Array) -> Labels:
    """A component (B, N) of each row at `places` (N,), by chances (B, K, n) of these."""
    below = np.cumsum(chances, axis=1)
    labels = np.zeros(uniforms.shape, dtype=np.intp)
    for k in range(chances.shape[1] - 1):
        labels += uniforms >= below[:, k, places]
    return labels


def summed(log_densities: Array, table: Array) -> Array:
    """Sums (B, K) over the rows that are there: 0 times minus infinity is 0."""
    there = np.where(table > 0, log_densities, 0.0)
    return np.einsum("bkn,bkn->bk", there, table)


def mixed(log_joint: Array, known: Array | None) -> Array:
    """Log densities (B, n) with labels summed out, but for those that are known."""
    top = log_joint.max(axis=1)
    mixed = top + np.log(np.exp(log_joint - top[:, None]).sum(axis=1))
    if known is None:
        return mixed
    at_known = np.where(known > 0, known * log_joint, 0.0).sum(axis=1)
    return np.where(np.isnan(known[..., 0, :]), mixed, at_known)
