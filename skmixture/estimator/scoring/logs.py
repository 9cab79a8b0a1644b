"""Sums of numbers that are known by their logarithms, over the components."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["log_sum", "subtract_log_sum"]

Array = NDArray[np.floating]


def log_sum(log_joint: Array) -> Array:
    """Log density (n,) of rows from joint log densities (K, n); scipy's takes longer."""
    top = _largest(log_joint)
    with np.errstate(divide="ignore", under="ignore"):
        return np.asarray(top + np.log(np.exp(log_joint - top).sum(axis=0)))


def subtract_log_sum(log_joint: Array) -> None:
    """Turn joint log densities (K, n) into log responsibilities, in place.

    First the largest is taken off: beside -1e17 of a row that is far from
    everything, the logarithm of a sum of a few terms would be lost.
    """
    log_joint -= _largest(log_joint)
    with np.errstate(divide="ignore", under="ignore"):
        log_joint -= np.log(np.exp(log_joint).sum(axis=0))


def _largest(log_joint: Array) -> Array:
    """The largest (n,) of each row, 0 where all are -inf."""
    top: Array = log_joint.max(axis=0)
    top[np.isneginf(top)] = 0.0
    return top
