"""Input that is out of the ordinary: what is masked, has no unit, or is at the ends of floats."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from cases import CASES
from scipy import stats

from skmixture import (
    CategoricalMixture,
    ExponentialMixture,
    GaussianMixture,
    InverseGaussianMixture,
    Mixture,
    PoissonMixture,
)


def groups(seed: int = 0) -> np.ndarray:
    """Rows (60, 2) in two groups, whole numbers."""
    rates = np.repeat([[2, 9], [12, 3]], 30, axis=0)
    return np.random.RandomState(seed).poisson(rates).astype(float)


# -- masked arrays -----------------------------------------------------------


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize("Estimator", [GaussianMixture, PoissonMixture])
def test_what_is_masked_is_missing(Estimator, kind):
    X = groups()
    X[[3, 40], [1, 0]] = 77  # what nobody is to see
    masked = np.ma.masked_array(X.astype(kind), X == 77)
    holes = np.where(X == 77, np.nan, X).astype(np.float32 if kind == np.float32 else float)
    ours, expected = (Estimator(2, random_state=0).fit(table) for table in (masked, holes))
    for name, value in expected.params_.items():
        np.testing.assert_array_equal(ours.params_[name], value)
    np.testing.assert_array_equal(ours.score_samples(masked), expected.score_samples(holes))
    assert type(ours.predict_proba(masked)) is np.ndarray
    assert masked.data[3, 1] == 77  # the user's table is as it was


def test_masked_labels_of_categories_are_missing():
    X = np.array([["red", "a"], ["blue", "b"]] * 20, dtype=object)
    masked = np.ma.masked_array(X.copy(), np.zeros(X.shape, dtype=bool))
    masked[0, 0] = np.ma.masked
    X[0, 0] = None
    ours, expected = (CategoricalMixture(1).fit(table) for table in (masked, X))
    np.testing.assert_array_equal(ours.score_samples(masked), expected.score_samples(X))


def test_what_stands_beside_the_rows_may_not_be_masked():
    X, n = groups(), 60
    hidden = np.ma.masked_array(np.ones(n), np.arange(n) == 5)
    for name, message in [
        ("sample_weight", "sample_weight contains NaN"),
        ("exposure", "exposure contains NaN"),
        ("start", "row 5 has nan"),
    ]:
        with pytest.raises(ValueError, match=message):
            PoissonMixture(2, random_state=0).fit(X, **{name: hidden})


# -- numbers that are none, or too large -------------------------------------------


@pytest.mark.parametrize(("unit", "what"), [("datetime64[s]", "dates"), ("m8[s]", "durations")])
def test_dates_are_no_weights(unit, what):
    times = np.arange(1, 61).astype(unit)
    for column in (times, pd.Series(times)):
        with pytest.raises(ValueError, match=f"sample_weight must be an array of numbers.*{what}"):
            GaussianMixture(2).fit(groups(), sample_weight=column)


def test_weights_whose_sum_is_no_float():
    X, fitted = groups(), PoissonMixture(2, random_state=0).fit(groups())
    weight = np.full(60, 1e308)
    for method in (fitted.fit, fitted.score, fitted.bic):
        with pytest.raises(ValueError, match="sum of sample_weight"):
            method(X, sample_weight=weight)


def test_first_parameters_have_names():
    for unfit in ([1.0], "means", 3):
        with pytest.raises(ValueError, match="params_init must map parameter names to values"):
            Mixture(n_components=2, params_init=unfit).fit(groups())


# -- the ends of floats ------------------------------------------------------------


def test_responsibilities_of_a_row_that_is_far_from_all():
    """The logarithm of the sum of two equal terms, beside -1e20."""
    model = GaussianMixture.from_params(
        weights=[0.25, 0.75], means=[[-1.0, 0.0], [1.0, 0.0]], covariances=[np.eye(2)] * 2
    )
    near, far = [[0.0, 0.0]], [[0.0, 1e10]]
    np.testing.assert_allclose(model.predict_proba(near), [[0.25, 0.75]])
    assert model.predict_proba(far).sum() == pytest.approx(1)
    assert np.exp(model.predict_log_proba(far)).sum() == pytest.approx(1)


def test_the_smallest_of_all_numbers_has_a_rate():
    x = np.r_[np.random.RandomState(0).gamma(2, 3, 30), 5e-324][:, None]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "components have collapsed")
        model = ExponentialMixture(2, max_iter=5).fit(x, start=np.repeat([1, 0], [30, 1]))
    assert np.isfinite(model.rates_).all()
    assert model.scales_[0, 0] < 1e-300 < 1.0 < model.scales_[1, 0]
    assert model.predict(x)[-1] == 0


@pytest.mark.filterwarnings("ignore:.*(ended at|collapsed|dropped|not converge|stopped)")
@pytest.mark.parametrize("known", [c for c in CASES if "Gamma" in c.name], ids=lambda c: c.name)
def test_the_largest_of_all_numbers_leaves_no_gap(known):
    x, _ = known.draw(40)
    x[3, 0] = 1e308
    model = Mixture(known.family, 2, n_init=3, random_state=0, max_iter=100).fit(x)
    assert np.isfinite(model.scales_).all()
    assert np.isfinite(model.score_samples(x)).all()
    np.testing.assert_allclose(model.predict_proba(x).sum(axis=1), 1)


@pytest.mark.parametrize("mean", [1e3, 1e8, 1e12, 1e200])
def test_inverse_gaussian_draws_of_a_mean_that_is_many_shapes(mean):
    """They come to those of Lévy's law, of which half lie below 2.198 shapes."""
    model = InverseGaussianMixture.from_params(weights=[1.0], means=[[mean]], shapes=[[1.0]])
    model.random_state = 0
    x = model.sample(4000)[0].ravel()
    below = (x < stats.levy.ppf(0.5)).mean()
    assert below == pytest.approx(model.cdf([[stats.levy.ppf(0.5)]])[0], abs=5 * 0.5 / 4000**0.5)
    assert (x > 1e-3).all()  # where a probability of 1e-219 lies
