"""Conjugate laws of rates, probabilities and scales (Gelman and others 2013, chapter 2)."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families import (
    Bernoulli,
    Binomial,
    Categorical,
    Exponential,
    Geometric,
    Multinomial,
    Poisson,
)
from skmixture.families.counts import exposed_mass
from skmixture.inference.posterior.gibbs.conjugate.believed import (
    as_beta,
    as_dirichlet,
    as_gamma,
    as_inverse_gamma,
)
from skmixture.inference.posterior.gibbs.conjugate.rules import Case, Draw, rule
from skmixture.law.family import Arrays
from skmixture.transforms import Simplex

__all__ = ["beta_probabilities", "dirichlet_probabilities", "gamma_rates", "inverse_gamma_scales"]

Array = NDArray[np.floating]


@rule("rates", Poisson)
def gamma_rates(case: Case) -> Draw | None:
    """Gamma of shape a + sum of counts and rate b + sum of exposures."""
    numbers = as_gamma(case.prior)
    if numbers is None or not case.suits(*numbers):
        return None
    a, b = numbers

    def draw(params: Arrays, stats: Arrays, rng: RandomState) -> Array:
        shape = a + case.pooled(stats["t"])
        rate = b + case.pooled(exposed_mass(stats)[..., None])
        return case.spread(rng.gamma(shape) / rate)

    return draw


@rule("scales", Exponential)
def inverse_gamma_scales(case: Case) -> Draw | None:
    """Inverse gamma of shape a + number of rows and scale b + sum of rows."""
    numbers = as_inverse_gamma(case.prior)
    if numbers is None or not case.suits(*numbers):
        return None
    a, b = numbers[0], numbers[1] / case.law.unit_of("scales")

    def draw(params: Arrays, stats: Arrays, rng: RandomState) -> Array:
        scale = b + case.pooled(stats["t"])
        shape = np.broadcast_to(a + case.pooled(stats["n"][..., None]), scale.shape)
        return case.spread(scale / rng.gamma(shape))

    return draw


@rule("probs", Binomial, Bernoulli, Geometric)
def beta_probabilities(case: Case) -> Draw | None:
    """Beta of both shapes, each with what was counted for it."""
    numbers = as_beta(case.prior)
    if numbers is None or not case.suits(*numbers):
        return None
    a, b = numbers

    def draw(params: Arrays, stats: Arrays, rng: RandomState) -> Array:
        successes, failures = _counted(case, stats)
        for_it = rng.gamma(a + case.pooled(successes))
        return case.spread(for_it / (for_it + rng.gamma(b + case.pooled(failures))))

    return draw


def _counted(case: Case, stats: Arrays) -> tuple[Array, Array]:
    """Successes and failures (B, K, d)."""
    counted = stats["t"]
    if isinstance(case.law, Geometric):
        return np.broadcast_to(stats["n"][..., None], counted.shape), counted
    trials = getattr(case.law, "n_trials", None)
    unit = np.asarray(1.0 if trials is None else trials, dtype=float)
    # trials less successes, of which rounding may leave less than nothing
    return counted, np.maximum(exposed_mass(stats)[..., None] * unit - counted, 0.0)


@rule("probs", Multinomial, Categorical)
def dirichlet_probabilities(case: Case) -> Draw | None:
    """Dirichlet of concentrations with the number of each outcome added."""
    concentrations = as_dirichlet(case.prior)
    if concentrations is None or not case.suits(concentrations):
        return None
    transform = case.law.parameters["probs"]
    assert isinstance(transform, Simplex)
    present = getattr(transform, "present", np.ones((), dtype=bool))
    a = np.where(present, concentrations, 0.0)  # of what is no category there is none

    def draw(params: Arrays, stats: Arrays, rng: RandomState) -> Array:
        counted = case.pooled(stats["t"].reshape(stats["t"].shape[0], *case.shape))
        parts = rng.gamma(a + counted)
        return case.spread(parts / parts.sum(axis=-1, keepdims=True))

    return draw
