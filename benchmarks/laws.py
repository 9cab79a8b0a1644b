"""Two laws that the package does not have, written as a user would: Bernoulli and Student-t."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special

from skmixture.families import ExponentialFamily, Family
from skmixture.law.constraints import FREE, Constraints
from skmixture.supports import Support
from skmixture.transforms import Transform, positive, positive_definite, real, unit

__all__ = ["Bernoulli", "StudentT"]

Array = NDArray[np.floating]
Arrays = Mapping[str, Array]

# Probabilities stay this far from 0 and 1, which are proper laws but have no logit.
EDGE = 1e-12
TINY = np.finfo(float).tiny
# Degrees of freedom at a start, and between which bounds they stay.
FIRST_DEGREES = 10.0
FEWEST_DEGREES, MOST_DEGREES = 0.1, 1000.0
ROUNDS = 20  # of Newton's method, which needs some five


class Binary(Support):
    """The numbers 0 and 1."""

    description = "0 and 1"
    discrete = True

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return (X == 0) | (X == 1)


class Bernoulli(ExponentialFamily):
    """Answers of 0 or 1 to several items, independent given the component."""

    support = Binary()

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"probabilities": unit}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"probabilities": (n_features,)}

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return np.swapaxes(X, -1, -2)

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        p = params["probabilities"]
        return special.logit(p), -np.log1p(-p).sum(axis=-1)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        n = np.maximum(constraints.pool("probabilities", stats["n"])[..., None], TINY)
        share = constraints.pool("probabilities", stats["t"]) / n
        return {"probabilities": constraints.hold("probabilities", share.clip(EDGE, 1 - EDGE))}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        return {"probabilities": stats["t"] - stats["n"][..., None] * params["probabilities"]}

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        p = params["probabilities"][labels]
        return (rng.uniform(size=p.shape) < p).astype(float)


class StudentT(Family):
    """Multivariate t law: a location, a scale matrix and degrees of freedom.

    Each row has a gamma variable u of mean 1 by which its precision is
    multiplied, hidden as the component is (Peel and McLachlan 2000,
    Statistics and Computing 10, 339-348). The E-step gives the expectations
    of u and log u; the M-step then is closed but for the degrees of freedom.
    """

    min_rows = 2

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"locations": real, "scales": positive_definite, "degrees": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"locations": (n_features,), "scales": (n_features, n_features), "degrees": ()}

    def prepare(self, params: Arrays) -> dict[str, Array]:
        # entries of the factor of each precision, with logarithms in its diagonal
        z = positive_definite.unconstrain(params["scales"])
        factor = positive_definite.factor(z)
        log_root = np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
        nu, d = params["degrees"], factor.shape[-1]
        constant = special.gammaln((nu + d) / 2) - special.gammaln(nu / 2)
        constant = constant - d / 2 * np.log(nu * np.pi) + log_root
        return {**params, "whitening": np.swapaxes(factor, -1, -2), "constant": constant}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        nu, d = prepared["degrees"][..., None], rows["x"].shape[-2]
        tail = (nu + d) / 2 * np.log1p(_distance(rows["x"], prepared) / nu)
        return prepared["constant"][..., None] - tail

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        """Sums with u; before there are parameters u is 1."""
        x, scaled, tails = rows["x"], resp, -resp
        if prepared:
            nu, d = prepared["degrees"][..., None], x.shape[-2]
            rate = (nu + _distance(x, prepared)) / 2
            u = (nu + d) / 2 / rate
            scaled = resp * u
            tails = resp * (special.digamma((nu + d) / 2) - np.log(rate) - u)
        pairs = x[..., :, None, :] * x[..., None, :, :]
        return {
            "n": resp.sum(axis=-1),
            "mass": scaled.sum(axis=-1),
            "first": np.einsum("bkn,...dn->bkd", scaled, x),
            "second": np.einsum("bkn,...den->bkde", scaled, pairs),
            "tails": tails.sum(axis=-1),  # of E log u - E u
        }

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        locations = constraints.hold("locations", stats["first"] / stats["mass"][..., None])
        n = constraints.pool("scales", stats["n"])[..., None, None]
        scales = constraints.pool("scales", _scatter(stats, locations)) / n
        degrees = np.full_like(stats["n"], FIRST_DEGREES)
        if params is not None:
            n = constraints.pool("degrees", stats["n"])
            excess = -1 - constraints.pool("degrees", stats["tails"]) / n
            degrees = 2 * _shape_of_gamma(excess, params["degrees"] / 2)
        return {
            "locations": locations,
            "scales": constraints.hold("scales", scales),
            "degrees": constraints.hold("degrees", degrees),
        }

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        """By location, log-Cholesky factor of the precision, and log degrees of freedom."""
        locations, half = params["locations"], params["degrees"] / 2
        factor = positive_definite.factor(positive_definite.unconstrain(params["scales"]))
        d = factor.shape[-1]
        pull = stats["first"] - stats["mass"][..., None] * locations
        by_factor = -_scatter(stats, locations) @ factor
        diagonal = np.arange(d)
        by_factor[..., diagonal, diagonal] *= factor[..., diagonal, diagonal]
        by_factor[..., diagonal, diagonal] += stats["n"][..., None]
        by_half = stats["n"] * (np.log(half) + 1 - special.digamma(half)) + stats["tails"]
        return {
            "locations": np.einsum("bkde,bkfe,bkf->bkd", factor, factor, pull),
            "scales": by_factor[(..., *np.tril_indices(d))],
            "degrees": half * by_half,
        }

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        root = np.linalg.cholesky(params["scales"])[labels]
        nu = params["degrees"][labels, None]
        normal = np.einsum("nde,ne->nd", root, rng.standard_normal((len(labels), root.shape[-1])))
        return params["locations"][labels] + normal / np.sqrt(rng.chisquare(nu) / nu)


def _distance(x: Array, prepared: Arrays) -> Array:
    """Squared distance (B, K, n) of each row from each location, in units of the scales."""
    whitening = prepared["whitening"]
    centre = whitening @ prepared["locations"][..., None]
    x = x[:, None] if x.ndim == 3 else x
    return ((whitening @ x - centre) ** 2).sum(axis=-2)


def _scatter(stats: Arrays, locations: Array) -> Array:
    """Sums of squares and products (B, K, d, d) about the locations."""
    cross = stats["first"][..., :, None] * locations[..., None, :]
    square = locations[..., :, None] * locations[..., None, :]
    about = stats["second"] - cross - np.swapaxes(cross, -1, -2)
    return about + stats["mass"][..., None, None] * square


def _shape_of_gamma(excess: Array, start: Array) -> Array:
    """The root a of ``log a - digamma(a) = excess``, by Newton's method in log a."""
    low, high = FEWEST_DEGREES / 2, MOST_DEGREES / 2
    a = start
    for _ in range(ROUNDS):
        # the logarithm of the left side is nearly linear in log a
        value = np.log(a) - special.digamma(a)
        slope = (1 - a * special.polygamma(1, a)) / value
        a = np.clip(a * np.exp(-np.log(value / np.maximum(excess, 1e-300)) / slope), low, high)
    return a
