"""Confidence intervals from replicates: percentile, basic, and BCa.

Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 13 and
14; Davison and Hinkley (1997), Bootstrap Methods and their Application, section 5.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from skmixture.inference.asked import Scale, check_level

__all__ = ["METHODS", "acceleration_of", "check_replicates", "interval"]

Array = NDArray[np.floating]

METHODS = ("percentile", "basic", "bca")


def check_replicates(level: float, n_replicates: int) -> None:
    """Raise a ValueError unless so many replicates have something to say at the level."""
    check_level(level)
    needed = int(np.ceil(2 / (1 - level) - 1e-9))
    if n_replicates < needed:
        raise ValueError(
            f"level={level} needs {needed} replicates at least, so that one lies beyond each end, "
            f"but there are {n_replicates}; ask for more, or a lower level"
        )


def interval(
    replicates: Array,
    estimate: Array,
    level: float,
    method: str,
    scale: Scale,
    acceleration: Array | None = None,
    what: str = "the replicates",
) -> Array:
    """Ends (2, ...) of intervals, the lower first, for numbers with replicates (R, ...).

    Parameters
    ----------
    replicates : ndarray of shape (R, ...)
    estimate : ndarray of shape (...)
    level : float
    method : {"percentile", "basic", "bca"}
    scale : Scale
    acceleration : ndarray of shape (...), optional
        For "bca": see `acceleration_of`.
    what : str
        What the numbers are called in errors.
    """
    tail = (1 - level) / 2
    values, centre = scale.of(replicates, what), scale.of(estimate, what)
    if method == "bca":
        assert acceleration is not None
        ends = _bca(values, centre, tail, acceleration)
    else:
        ends = np.quantile(values, [tail, 1 - tail], axis=0)
        if method == "basic":
            ends = 2 * centre - ends[::-1]
    return np.sort(scale.back(ends), axis=0)  # a scale may turn the order round


def _bca(values: Array, centre: Array, tail: float, acceleration: Array) -> Array:
    """Quantiles at levels corrected for bias and for an error that changes with the value."""
    below = ((values < centre).mean(axis=0) + (values <= centre).mean(axis=0)) / 2
    most = 1 - 0.5 / len(values)
    bias = ndtri(np.clip(below, 1 - most, most))
    shifted = bias + ndtri(np.array([tail, 1 - tail])).reshape(2, *[1] * centre.ndim)
    levels = ndtr(bias + shifted / (1 - acceleration * shifted))
    flat, ends = values.reshape(len(values), -1), np.empty((2, centre.size))
    for place, own in enumerate(levels.reshape(2, -1).T):
        ends[:, place] = np.quantile(flat[:, place], own)
    return ends.reshape(2, *centre.shape)


def acceleration_of(left_out: Array, weight: Array) -> Array:
    """How fast the standard error changes with the value, from a jackknife.

    Parameters
    ----------
    left_out : ndarray of shape (J, ...)
        What is found without each row, or group.
    weight : ndarray of shape (J,)
        How many rows are like it.
    """
    weight = weight.reshape(-1, *[1] * (left_out.ndim - 1))
    mean = (weight * left_out).sum(axis=0) / weight.sum()
    pull = mean - left_out
    cubes, squares = (weight * pull**3).sum(axis=0), (weight * pull**2).sum(axis=0)
    return np.divide(
        cubes, 6 * squares**1.5, out=np.zeros(np.shape(squares)), where=np.asarray(squares) > 0
    )
