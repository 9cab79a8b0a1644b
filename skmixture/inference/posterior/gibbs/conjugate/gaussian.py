"""Means and covariances of a Gaussian, each given the other (Gelman and others 2013, chapter 3)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture import priors
from skmixture.families import Gaussian
from skmixture.inference.posterior.gibbs.conjugate.believed import (
    as_inverse_gamma,
    as_inverse_wishart,
    as_normal,
)
from skmixture.inference.posterior.gibbs.conjugate.rules import Case, Draw, rule
from skmixture.law.family import Arrays

__all__ = ["inverse_wishart", "matrices_of", "means_of", "variances_of"]

Array = NDArray[np.floating]


class _Rows(NamedTuple):
    """Rows that stand for a mean's prior, given the covariance: so many, at one place."""

    strength: float
    mean: Array
    share: float

    @classmethod
    def of(cls, case: Case, d: int) -> _Rows | None:
        """Where means have a `priors.Normal`; of means that are tied, components share it."""
        prior = case.priors["means"]
        if not isinstance(prior, priors.Normal):
            return None
        share = 1 / case.n_components if "means" in case.constraints.tied else 1.0
        mean = case.law.frame(d).inward(np.broadcast_to(np.asarray(prior.mean, float), (d,)))
        return cls(float(prior.strength), mean, share)


@rule("means", Gaussian)
def means_of(case: Case) -> Draw | None:
    """Normal: precisions add up, and with them what they weigh.

    From n rows of sum s, precision P, and a prior of mean m and precision Q
    the law has precision ``n P + Q`` and mean ``(n P + Q)^-1 (P s + Q m)``.
    """
    law, d = _law(case), case.shape[-1]
    held = case.constraints.fixed.get("means")
    if held is not None and (np.isnan(held).any(axis=-1) != np.isnan(held).all(axis=-1)).any():
        return None  # some numbers of a mean are held, and the others follow another law
    rows = _Rows.of(case, d)
    found = None if rows is not None else as_normal(case.prior, d)
    if rows is None and (found is None or not case.suits(found[0], found[1][..., 0])):
        return None
    frame = law.frame(d)
    toward, more = np.zeros(d), np.zeros((d, d))
    if found is not None:
        mean, covariance = frame.inward(found[0]), found[1] / frame.unit**2
        flat = np.isinf(covariance).any()
        more = more if flat else np.linalg.inv(covariance)
        toward = (more @ mean[..., None])[..., 0]

    def draw(params: Arrays, stats: Arrays, rng: RandomState) -> Array:
        B, K, _ = params["means"].shape
        precision = law.precision_matrices(params, (B, K, d))
        n = stats["n"][..., None]
        first = stats["first"] + n * law.kernel(d).reference(params, d)
        if rows is not None:
            n, first = (
                n + rows.share * rows.strength,
                first + rows.share * rows.strength * rows.mean,
            )
        weighed = case.pooled((precision @ first[..., None])[..., 0]) + toward
        total = case.pooled(n[..., None] * precision) + more
        return case.spread(_normal(total, weighed, rng))

    return draw


@rule("covariances", Gaussian)
def covariances_of(case: Case) -> Draw | None:
    """Those of a structure."""
    return matrices_of(case) if _law(case).structure.triangular else variances_of(case)


def matrices_of(case: Case) -> Draw | None:
    """Inverse Wishart: rows add to degrees of freedom, and their scatter to the scale."""
    law, d = _law(case), case.shape[-1]
    numbers = as_inverse_wishart(case.prior, d)
    if numbers is None:
        return None
    dof, scale = numbers[0], numbers[1] / law.frame(d).unit ** 2

    def draw(params: Arrays, stats: Arrays, rng: RandomState) -> Array:
        n, scatter = _about_means(case, params, stats)
        if law.structure.pooled:
            n = n.sum(axis=1, keepdims=True)
        return case.spread(inverse_wishart(dof + case.pooled(n), scale + case.pooled(scatter), rng))

    return draw


def variances_of(case: Case) -> Draw | None:
    """Inverse gamma: half the numbers add to the shape, half their squares to the scale."""
    law = _law(case)
    numbers = as_inverse_gamma(case.prior)
    if numbers is None or not case.suits(*numbers):
        return None

    def draw(params: Arrays, stats: Arrays, rng: RandomState) -> Array:
        d = params["means"].shape[-1]
        a, b = numbers[0], numbers[1] / law.frame(d).unit ** 2
        n, scatter = _about_means(case, params, stats)
        n = n[..., None] if scatter.ndim == 3 else n * d
        scale = b + 0.5 * case.pooled(scatter)
        shape = np.broadcast_to(a + 0.5 * case.pooled(n), scale.shape)
        return case.spread(scale / rng.gamma(shape))

    return draw


def inverse_wishart(dof: Array, scale: Array, rng: RandomState) -> Array:
    """Matrices (..., d, d) of degrees of freedom (...) and scales (..., d, d).

    By Bartlett's decomposition: with scale L L' and A lower triangular, its
    diagonal roots of chi-squares of dof, dof - 1, ..., and normal below,
    ``(L inv(A)') (L inv(A)')'``.
    """
    d = scale.shape[-1]
    A = np.tril(rng.normal(size=scale.shape), -1)
    degrees = np.asarray(dof)[..., None] - np.arange(d)
    A[..., np.arange(d), np.arange(d)] = np.sqrt(rng.chisquare(degrees))
    root = np.linalg.cholesky(scale) @ np.swapaxes(np.linalg.inv(A), -1, -2)
    return np.asarray(root @ np.swapaxes(root, -1, -2))


def _about_means(case: Case, params: Arrays, stats: Arrays) -> tuple[Array, Array]:
    """Rows (B, K), and their scatter about the means in the shape of the covariances.

    Rows that stand for the prior of means are among them.
    """
    law, means = _law(case), params["means"]
    d = means.shape[-1]
    kernel, n = law.kernel(d), stats["n"]
    delta = means - kernel.reference(params, d)
    scatter = law.structure.recentre(kernel.second(stats), stats["first"], n, delta)
    rows = _Rows.of(case, d)
    if rows is None:
        return n, scatter
    away = means - rows.mean
    strength = np.full(n.shape, rows.share * rows.strength)
    nothing = np.zeros((1, *scatter.shape[1:]))
    added = law.structure.recentre(nothing, np.zeros_like(away), strength, away)
    return n + rows.share, scatter + added


def _normal(precision: Array, weighed: Array, rng: RandomState) -> Array:
    """Vectors (B, K, d) by precisions (B, K, d, d), and these times the means."""
    root = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, weighed[..., None])
    noise = rng.normal(size=weighed.shape)[..., None]
    return np.asarray((mean + np.linalg.solve(np.swapaxes(root, -1, -2), noise))[..., 0])


def _law(case: Case) -> Any:
    """The law, which is a Gaussian."""
    return case.law
