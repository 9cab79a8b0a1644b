"""Means of a Gaussian M-step under restrictions: some held, or shared by all components."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.law.constraints import Constraints

__all__ = ["constrained_means"]

Array = NDArray[np.floating]


def constrained_means(free: Array, n: Array, precision: Array, constraints: Constraints) -> Array:
    """Means (B, K, d) that maximise the expected log-likelihood at given precisions.

    With the covariances maximised next, given these means, this is a
    conditional maximisation (Meng and Rubin 1993, Biometrika 80, 267-278):
    the likelihood never falls.

    Parameters
    ----------
    free : ndarray of shape (B, K, d)
        The weighted averages, which are the answer where nothing is held.
    n : ndarray of shape (B, K)
        Mass of each component.
    precision : ndarray of shape (B, K, d, d)
        Of the covariances before the step.
    constraints : Constraints
    """
    _, K, d = free.shape
    held = np.broadcast_to(constraints.fixed.get("means", np.full((K, d), np.nan)), (K, d))
    if "means" not in constraints.tied:  # each mass cancels out of its own equations
        return _solve_each(precision, (precision @ free[..., None])[..., 0], held)
    share = n / n.sum(axis=1, keepdims=True)
    normal = share[..., None, None] * precision  # (B, K, d, d)
    target = (normal @ free[..., None])[..., 0]  # (B, K, d)
    total = normal.sum(axis=1, keepdims=True), target.sum(axis=1, keepdims=True)
    return np.repeat(_solve_each(*total, held[:1]), K, axis=1)


def _solve_each(normal: Array, target: Array, held: Array) -> Array:
    """Solve ``normal m = target`` (B, K, ...) for the entries of m that `held` leaves NaN."""
    means = np.broadcast_to(held, target.shape).copy()
    for k, row in enumerate(held):
        free = np.isnan(row)
        if not free.any():
            continue
        right = target[:, k, free] - normal[:, k][:, free][:, :, ~free] @ row[~free]
        left = normal[:, k][:, free][:, :, free]
        means[:, k, free] = np.linalg.solve(left, right[..., None])[..., 0]
    return means
