"""Targets and draws that tests of posteriors share."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import CASES, Case
from numpy.typing import NDArray
from scipy import stats

from skmixture import Mixture
from skmixture.inference import sample_posterior
from skmixture.inference.posterior.question import Question, asked
from skmixture.inference.posterior.target import Target
from skmixture.transforms import (
    Above,
    Interval,
    Positive,
    PositiveDefinite,
    Simplex,
    Sphere,
)

# Least p value of draws that are compared at once. Hundreds are, and rounding, which is another on
# other machines, leads chains elsewhere: at 1 in 100 some would fail anywhere but here.
CHANCE = 1e-4


def case_of(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


def model_of(case: Case, n: int = 60, seed: int = 0) -> tuple[Any, NDArray]:
    """A model with the parameters of a case, and rows that it has drawn."""
    model = Mixture.from_params(
        weights=case.weights, family=case.family, random_state=0, **case.params
    )
    return model, model.sample(n, random_state=seed)[0]


def target_of(model: Any, X: Any, **options: Any) -> Target:
    """What `sample_posterior` would sample; no threads are left by it."""
    given = {name: options.pop(name, None) for name in ("sample_weight", "exposure", "strata")}
    with asked(model, X, Question(given=given, **options)) as target:
        return target


def points_of(target: Target, n: int = 5, spread: float = 0.3) -> NDArray:
    """The fit's coordinates and others about it, (n, p)."""
    chart = target.likelihood.chart
    y = chart.origin + spread * np.random.RandomState(1).normal(size=(n, chart.size))
    y[0] = chart.origin
    return y


def user_values(target: Target, y: NDArray) -> dict[str, NDArray]:
    """Weights (B, G, K) and parameters (B, K, ...) in the user's units."""
    chart = target.likelihood.chart
    state = chart.state(y)
    return {"weights": state.weights, **chart.law.to_user(state.params)}


def scipy_prior(transform: Any, value: NDArray) -> Any:
    """A prior on a parameter (K, ...) that scipy has the density of, or None on spheres."""
    match transform:
        case Positive():
            return stats.gamma(3.0, scale=float(np.median(value)) / 2)
        case Above():
            return stats.gamma(3.0, loc=transform.low, scale=2.0)
        case Interval():
            return stats.beta(2.0, 3.0, loc=transform.low, scale=transform.high - transform.low)
        case Simplex() if not hasattr(transform, "sizes"):
            return stats.dirichlet(np.arange(2.0, 2.0 + value.shape[-1]))
        case PositiveDefinite():
            d = value.shape[-1]
            return stats.invwishart(d + 5.0, np.eye(d) + np.median(value) * 0.1)
        case Simplex() | Sphere():
            return None
    if hasattr(transform, "from_below") and transform.from_below.any():
        both = transform.from_above.any()
        low, high = float(np.min(transform.low)), float(np.max(transform.high))
        return stats.beta(2.0, 3.0, low, high - low) if both else stats.gamma(3.0, low, 2.0)
    return stats.norm(float(np.mean(value)) + 0.5, 2.0 + float(np.std(value)))


def spread_draws(model: Any, X: Any, **options: Any) -> Any:
    """A posterior of 400 draws that hardly depend on each other."""
    options = {"n_walkers": 200, "n_ensembles": 1, "n_burn_in": 200, **options}
    return sample_posterior(model, X, n_steps=100, random_state=0, **options)


def apart(values: NDArray) -> NDArray:
    """Draws (T, W, ...) of steps 50 and 100, as (2 W, ...)."""
    kept = values[49::50]
    return kept.reshape(-1, *kept.shape[2:])


def check_follow(draws: NDArray, laws: Any) -> None:
    """Columns of draws (n, m) follow m laws, by the test of Kolmogorov and Smirnov."""
    draws = draws.reshape(len(draws), -1)
    assert draws.shape[1] == len(laws)
    found = [stats.kstest(draws[:, i], law.cdf).pvalue for i, law in enumerate(laws)]
    assert min(found) * len(found) > CHANCE, found
