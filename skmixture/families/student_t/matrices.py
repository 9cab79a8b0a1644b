"""Means and scale matrices of a t law: Gaussian moments, rows weighted by their latent scales."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.constrained import constrained_means
from skmixture.families.gaussian.family import Gaussian
from skmixture.law.constraints import Constraints
from skmixture.law.family import Arrays

__all__ = ["maximal_expansion", "maximal_means", "maximal_scales", "slopes"]

Array = NDArray[np.floating]
TINY = float(np.finfo(float).tiny)


def maximal_means(
    normal: Gaussian, stats: Arrays, params: Arrays | None, constraints: Constraints
) -> Array:
    """The means (B, K, d), given the scale matrices before the step; params are the Gaussian's."""
    d = stats["first"].shape[-1]
    reference = normal.kernel(d).reference(params, d)
    first, scaled = normal.conjugate.moved(stats["first"], stats["scaled"], reference)
    floor = max(normal.frame(d).mass_floor, TINY)
    means = first / np.maximum(scaled, floor)[..., None] + reference
    if not constraints.touches("means"):
        return means
    precision = normal.precision_matrices(params, first.shape)
    return constrained_means(means, scaled, precision, constraints)


def maximal_expansion(
    normal: Gaussian, stats: Arrays, dofs: Array, constraints: Constraints
) -> Array:
    """The mean (B, K) of the latent scales, less 1, by which scale matrices are divided.

    Components that share their matrix share it, and then it goes by the
    degrees of freedom before the step. It is 1 where a matrix is held, has a
    prior, or has something added to it.
    """
    n, rise = stats["n"], stats["scaled"] - stats["n"]
    if normal.reg_covar not in (0, "auto") or normal.conjugate.mass:
        return np.zeros_like(n)
    if normal.structure.pooled or "scales" in constraints.tied:
        n, rise = ((dofs * a).sum(axis=1, keepdims=True) for a in (n, rise))
    expansion = np.broadcast_to(rise / np.maximum(n, TINY), dofs.shape)
    if "scales" not in constraints.fixed:
        return expansion
    held = ~np.isnan(constraints.fixed["scales"])
    held = held.reshape(len(held), -1).any(axis=1)  # (K,), or (1,)
    return np.where(held, 0.0, expansion)


def maximal_scales(
    normal: Gaussian,
    stats: Arrays,
    params: Arrays | None,
    means: Array,
    expansion: Array,
    constraints: Constraints,
) -> Array:
    """The scale matrices about given means."""
    d = means.shape[-1]
    scatter = constraints.pool("scales", _scatter(normal, stats, params, means))
    mass = constraints.pool("scales", stats["n"] + normal.conjugate.mass)
    mass = np.maximum(mass, TINY)
    scales = normal.structure.divide(scatter, mass * (1 + expansion), d)
    return normal.structure.add_to_diagonal(scales, normal.floor(d))


def slopes(normal: Gaussian, stats: Arrays, params: Arrays) -> tuple[Array, Array]:
    """Gradients by the means, and by the scale matrices on their transformed scale."""
    means, d = params["means"], params["means"].shape[-1]
    reference = normal.kernel(d).reference(params, d)
    first, scaled = normal.conjugate.moved(stats["first"], stats["scaled"], reference)
    pull = first - scaled[..., None] * (means - reference)
    scatter = _scatter(normal, stats, params, means)
    return (
        normal.structure.apply(normal.factor(params).precision, pull),
        normal.by_covariances(
            scatter, stats["n"] + normal.conjugate.mass, params["covariances"], d
        ),
    )


def _scatter(normal: Gaussian, stats: Arrays, params: Arrays | None, means: Array) -> Array:
    """Weighted second moments about the means, with those of the priors."""
    kernel = normal.kernel(means.shape[-1])
    delta = means - kernel.reference(params, means.shape[-1])
    second, first = kernel.second(stats), stats["first"]
    scatter = normal.structure.recentre(second, first, stats["scaled"], delta)
    return normal.conjugate.widened(scatter, means)
