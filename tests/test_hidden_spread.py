"""A law that a user writes, with strata: subtypes of a disease that spreads over four sites."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logit

PATH = Path(__file__).parents[1] / "docs" / "gallery" / "hidden_spread.py"
SPEC = importlib.util.spec_from_file_location("hidden_spread", PATH)
spread = importlib.util.module_from_spec(SPEC)
sys.modules["hidden_spread"] = spread
SPEC.loader.exec_module(spread)


@pytest.fixture(scope="module")
def patients():
    return spread.draw_patients(3000)


@pytest.fixture(scope="module")
def model(patients):
    X, place, _ = patients
    return spread.fitted(X, place)


def log_likelihood(z, X, place):
    """Of all patients, written anew: probabilities and shares by their logits (12,)."""
    p = 1 / (1 + np.exp(-np.asarray(z)))
    direct, onward, share = p[:8].reshape(1, 2, 4), np.full((1, 2), p[8]), p[9:]
    log_chances = spread.log_chances(X, direct, onward)[0]  # (2, n)
    weights = np.stack([share, 1 - share])[:, np.searchsorted(spread.PLACES, place)]
    return np.log((weights * np.exp(log_chances)).sum(axis=0)).sum()


def coordinates(direct, onward, shares):
    return logit(np.concatenate([np.ravel(direct), [onward], shares]))


def second_derivatives(function, z, h=1e-3):
    p, steps = len(z), h * np.eye(len(z))
    found = np.empty((p, p))
    for i in range(p):
        for j in range(p):
            signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            values = [a * b * function(z + a * steps[i] + b * steps[j]) for a, b in signs]
            found[i, j] = sum(values) / (4 * h**2)
    return found


def test_patterns_have_all_the_probability():
    X = np.column_stack([spread.PATTERNS, np.zeros(16)])
    for stage in (0, 1):
        X[:, 4] = stage
        direct = spread.TRUTH["direct"][None]
        chances = np.exp(spread.log_chances(X, direct, np.full((1, 2), 0.35)))
        np.testing.assert_allclose(chances.sum(axis=-1), 1, rtol=1e-12)


def test_the_truth_is_found(patients, model):
    """Within its standard errors: three of them for each number, and chi-squared for all."""
    X, place, _ = patients
    found = coordinates(model.direct_, model.onward_[0], model.strata_weights_[:, 0])
    truth = coordinates(
        spread.TRUTH["direct"], spread.TRUTH["onward"], spread.TRUTH["weights"][:, 0]
    )
    information = -second_derivatives(lambda z: log_likelihood(z, X, place), found)
    covariance = np.linalg.inv(information)
    errors = np.sqrt(np.diag(covariance))
    assert (np.abs(found - truth) < 3 * errors).all()
    distance = (found - truth) @ information @ (found - truth)
    assert distance < 26.2  # .99 of chi-squared with 12 degrees of freedom
    assert (errors < 0.7).all()


def test_the_fit_is_a_maximum(patients, model):
    X, place, _ = patients
    found = coordinates(model.direct_, model.onward_[0], model.strata_weights_[:, 0])
    at_end = log_likelihood(found, X, place)
    assert model.score(X, strata=place) * len(X) == pytest.approx(at_end, abs=1e-6)
    for i in range(len(found)):
        step = 1e-4 * np.eye(len(found))[i]
        slope = (
            log_likelihood(found + step, X, place) - log_likelihood(found - step, X, place)
        ) / 2e-4
        assert abs(slope) < 0.02
    assert model.onward_[0] == model.onward_[1]
    assert model.n_parameters_ == 12
