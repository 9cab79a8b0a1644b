"""Moments of rows that are no longer there, from the parameters that they led to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.kernels import Kernel
from skmixture.families.gaussian.structures import Structure
from skmixture.law.family import Array, Arrays

__all__ = ["implied_moments", "moments_about_means", "outlined"]


def implied_moments(
    structure: Structure, params: Arrays, mass: Array, floor: Array
) -> dict[str, Array]:
    """Moments about the means of `mass` (B, K) rows by component.

    Without the `floor` (d,) that the M-step adds to the variances, so that
    it does not grow from step to step. What is left may be negative; with the
    floor added again, it is not.
    """
    covariances = structure.add_to_diagonal(params["covariances"].copy(), -floor)
    with np.errstate(divide="ignore"):
        part = structure.divide(np.ones_like(covariances), mass, params["means"].shape[-1])
    return {"n": mass, "first": np.zeros_like(params["means"]), "second": covariances / part}


def moments_about_means(kernel: Kernel, stats: Arrays, params: Arrays) -> dict[str, Array]:
    """Moments about the means of `params`, by which they were gathered.

    To combine moments about a point near the means is to merge means and
    covariances: no square of a distance enters that is to cancel again.
    """
    n, first, means = stats["n"], stats["first"], params["means"]
    delta = means - kernel.reference(params, means.shape[-1])
    return {
        "n": n,
        "first": first - n[..., None] * delta,
        "second": kernel.structure.recentre(kernel.second(stats), first, n, delta),
    }


def outlined(
    X: NDArray, weight: Array | None, means: Array, deviations: Array, mass: Array
) -> tuple[NDArray, Array]:
    """Rows and their weights, with two more rows for each component of `mass` (K,).

    They lie one standard deviation (K, d) to either side of the mean, and
    have the mean and the variances of the component.
    """
    weight = np.ones(len(X)) if weight is None else weight
    rows = np.concatenate([X, means - deviations, means + deviations])
    return rows, np.concatenate([weight, np.tile(mass / 2, 2)])
