"""Importance weights whose largest are smoothed by a generalised Pareto distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.posterior.diagnostics.pointwise import runs

__all__ = ["fit_pareto", "smoothed_log_weights", "tail_length"]

Array = NDArray[np.floating]

# Zhang and Stephens centre their prior at a third of the lower quartile.
QUARTILES = 3
# The shape is drawn to 1/2 as if by so many draws (Vehtari et al. 2024, appendix G).
PRIOR_DRAWS = 10
# Log weights that differ by no more than this, or by so much of their size, differ by rounding.
SAME, ROUNDING = 1e-9, 64 * float(np.finfo(float).eps)


def tail_length(n_draws: int, relative_efficiency: float = 1.0) -> int:
    """How many of the weights are smoothed (Vehtari et al. 2024, section 6)."""
    most = 3 * np.sqrt(n_draws / relative_efficiency)
    return int(np.ceil(min(n_draws / 5, most)))


def smoothed_log_weights(log_weights: Array, tail: int) -> tuple[Array, Array]:
    """Pareto smoothed log weights, of which the largest raw one is 0, and the shapes k.

    The largest weights of each row are replaced by quantiles of the
    distribution that is fitted to what they exceed the next one by, and
    truncated at the largest raw weight (Vehtari et al. 2024, algorithm 1).

    Parameters
    ----------
    log_weights : ndarray of shape (b, S)
    tail : int
        How many weights of each row are smoothed, less than S.

    Returns
    -------
    smoothed : ndarray of shape (b, S)
    k : ndarray of shape (b,)
        Infinite, and nothing smoothed, where a quarter of the tail does not
        exceed the next weight; 0 where all weights of a row are the same, but
        for rounding.
    """
    smoothed = log_weights - log_weights.max(axis=1, keepdims=True)
    S = smoothed.shape[1]
    order = np.argpartition(smoothed, S - tail - 1, axis=1)[:, S - tail - 1 :]  # (b, tail + 1)
    cutoff = np.take_along_axis(smoothed, order[:, :1], axis=1)
    largest = np.take_along_axis(smoothed, order[:, 1:], axis=1)
    rank = np.argsort(largest, axis=1, kind="stable")
    order = np.take_along_axis(order[:, 1:], rank, axis=1)
    largest = np.take_along_axis(largest, rank, axis=1)
    excess = -np.exp(largest) * np.expm1(cutoff - largest)
    k, scale = fit_pareto(excess)
    fitted = np.isfinite(k)
    shape = k[fitted, None]
    # exponential quantiles -log(1 - p), carried to the Pareto ones
    unit = -np.log1p(-(np.arange(tail) + 0.5) / tail)
    flat = shape == 0
    quantiles = np.where(flat, unit, np.expm1(shape * unit) / np.where(flat, 1.0, shape))
    weights = scale[fitted, None] * quantiles + np.exp(cutoff[fitted])
    largest[fitted] = np.minimum(np.log(weights), 0.0)
    np.put_along_axis(smoothed, order, largest, axis=1)
    least, most = log_weights.min(axis=1), log_weights.max(axis=1)
    k[most - least <= np.maximum(SAME, ROUNDING * np.abs(most))] = 0.0
    return smoothed, k


def fit_pareto(excess: Array) -> tuple[Array, Array]:
    """Generalised Pareto distributions by an empirical Bayes estimate.

    The profile likelihood of the ratio of shape and scale is averaged over a
    grid under a prior that the data set, and the shape then drawn a little to
    1/2. Shapes are positive for heavy tails.

    Parameters
    ----------
    excess : ndarray of shape (b, M)
        Nonnegative, each row in increasing order.

    Returns
    -------
    k, scale : ndarrays of shape (b,)
        Infinite and NaN where a quarter of a row is zero.

    References
    ----------
    Zhang and Stephens (2009), Technometrics 51, 316-325. Vehtari, Simpson,
    Gelman, Yao and Gabry (2024), Journal of Machine Learning Research 25,
    1-58, appendix G.
    """
    b, M = excess.shape
    k, scale = np.full(b, np.inf), np.full(b, np.nan)
    known = np.flatnonzero(excess[:, _quartile(M)] > 0)
    grid = 30 + int(np.sqrt(M))
    for part in runs(len(known), grid * M):
        rows = known[part]
        top = excess[rows, -1]
        k[rows], unit_scale = _fit(excess[rows] / top[:, None], grid)
        scale[rows] = top * unit_scale
    return k, scale


def _quartile(M: int) -> int:
    return max(int(M / 4 + 0.5) - 1, 0)


def _fit(x: Array, grid: int) -> tuple[Array, Array]:
    """Shapes and scales of rows (b, M) whose largest value is 1."""
    M = x.shape[1]
    steps = 1 - np.sqrt(grid / (np.arange(grid) + 0.5))
    theta = 1 + steps / (QUARTILES * x[:, _quartile(M), None])  # (b, grid), below 1
    shapes = np.log1p(-theta[:, :, None] * x[:, None, :]).mean(axis=2)
    profile = M * (np.log(_rate(theta, shapes, x)) - shapes - 1)
    weight = np.exp(profile - profile.max(axis=1, keepdims=True))
    theta = (weight * theta).sum(axis=1) / weight.sum(axis=1)
    k = np.log1p(-theta[:, None] * x).mean(axis=1)
    scale = 1 / _rate(theta[:, None], k[:, None], x)[:, 0]
    return (M * k + PRIOR_DRAWS / 2) / (M + PRIOR_DRAWS), scale


def _rate(theta: Array, shapes: Array, x: Array) -> Array:
    """The reciprocal of the scale, ``-theta / k``, that of the exponential where both are 0."""
    flat = shapes == 0
    return np.where(flat, 1 / x.mean(axis=1, keepdims=True), -theta / np.where(flat, 1.0, shapes))
