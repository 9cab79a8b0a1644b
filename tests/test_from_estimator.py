"""Components that are estimators of densities."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.mixture import GaussianMixture as Peer
from sklearn.neighbors import KernelDensity

from skmixture import GaussianMixture, Mixture
from skmixture.families import Components, FromEstimator, Gaussian, Product

RNG = np.random.RandomState(0)
X = np.r_[RNG.normal(0.0, 1.0, 80), RNG.normal(6.0, 2.0, 120)][:, None]
del RNG  # tests draw from their own
LABELS = np.repeat([0, 1], [80, 120])
NORMAL = FromEstimator(GaussianMixture(reg_covar=0.0, n_init=1, random_state=0))
KERNEL = FromEstimator(KernelDensity(bandwidth=0.5))


def test_normal_estimators_are_the_normal_law(rng):
    weight = rng.uniform(0.5, 2.0, len(X))
    options = {"max_iter": 40, "tol": 1e-9, "tol_type": "absolute", "acceleration": None}
    one, other = (
        Mixture(law, 2, **options).fit(X, start=LABELS, sample_weight=weight)
        for law in (Gaussian(reg_covar=0.0), NORMAL)
    )
    assert other.n_iter_ == one.n_iter_
    np.testing.assert_allclose(other.lower_bounds_, one.lower_bounds_, rtol=1e-10)
    np.testing.assert_allclose(other.weights_, one.weights_, rtol=1e-6)
    np.testing.assert_allclose(other.predict_proba(X), one.predict_proba(X), atol=1e-6)
    means = [estimator.means_[0, 0] for estimator in other.estimators_]
    np.testing.assert_allclose(means, one.means_[:, 0], rtol=1e-6)


def test_kernel_densities_share_their_sum():
    """Of one bandwidth, they make the kernel density of all rows, whoever has which."""
    model = Mixture(KERNEL, 2, n_init=2, random_state=0).fit(X)
    whole = KernelDensity(bandwidth=0.5).fit(X)
    np.testing.assert_allclose(model.score_samples(X), whole.score_samples(X), rtol=1e-10)
    np.testing.assert_allclose(model.lower_bounds_, whole.score_samples(X).mean(), rtol=1e-12)


def test_columns_that_are_independent_tell_components_apart(rng):
    n = 150
    first = np.arange(n) < 60
    table = np.column_stack(
        [
            np.where(first, rng.gamma(2.0, 1.0, n), rng.normal(4.0, 0.5, n)),
            np.where(first, rng.normal(0.0, 1.0, n), rng.gamma(9.0, 0.3, n)),
            np.where(first, rng.uniform(0.0, 1.0, n), rng.normal(2.0, 0.7, n)),
        ]
    )
    law = Product([(name, KERNEL, j) for j, name in enumerate("abc")])
    model = Mixture(law, 2, n_init=1, tol=1e-4, order_by="weights", random_state=0).fit(table)
    assert model.converged_
    assert (model.predict(table) == ~first).mean() > 0.95
    assert np.isnan(model.n_parameters_)
    assert model.a__estimators_.shape == (2,)
    with pytest.raises(ValueError, match="cannot be counted"):
        model.bic(table)


def test_beside_a_law():
    law = Components([("bulk", Gaussian(reg_covar=0.0)), ("rest", KERNEL)])
    model = Mixture(law, 2, n_init=2, random_state=0).fit(X)
    assert np.isfinite(model.score(X))
    assert model.rest__estimators_[0].bandwidth == 0.5
    assert model.to_frame()["rest__estimators"][1] is model.rest__estimators_[0]


def test_criteria_refuse_and_scores_do_not():
    model = Mixture(KERNEL, 2, n_init=1, random_state=0).fit(X)
    for criterion in (model.aic, model.bic, model.icl):
        with pytest.raises(ValueError, match="parameters of FromEstimator cannot be counted"):
            criterion(X)
    assert np.isnan(model.n_parameters_)
    assert np.isfinite(model.score(X))


def test_draws_pickles_clones_and_options():
    model = Mixture(KERNEL, 2, n_init=1, random_state=0).fit(X)
    rows, labels = model.sample(400, random_state=0)
    assert rows.shape == (400, 1)
    means = [rows[labels == k].mean() for k in range(2)]
    expected = [model.predict_proba(X)[:, k] @ X[:, 0] for k in range(2)]
    expected /= model.predict_proba(X).sum(axis=0)
    np.testing.assert_allclose(means, expected, atol=0.4)
    again = pickle.loads(pickle.dumps(model))
    assert (again.score_samples(X) == model.score_samples(X)).all()
    clone(model).set_params(family__estimator__bandwidth=2.0).fit(X)
    nested = Mixture(NORMAL, 2, n_init=1, random_state=0).fit(X, start=LABELS)
    assert nested.sample(10, random_state=0)[0].shape == (10, 1)
    np.testing.assert_allclose(
        Mixture(clone(KERNEL).set_params(n_jobs=2), 2, n_init=1, random_state=0)
        .fit(X)
        .predict_proba(X),
        model.predict_proba(X),
    )


def test_fits_may_go_on_from_those_before():
    inner = GaussianMixture(2, n_init=1, max_iter=3, warm_start=True, random_state=0)
    model = Mixture(FromEstimator(inner), 2, tol=1e-6, tol_type="absolute", max_iter=200)
    model.fit(X, start=LABELS)
    assert np.diff(model.lower_bounds_).min() > -1e-6
    assert not hasattr(inner, "weights_")


class Refusing(KernelDensity):
    def fit(self, X, y=None, sample_weight=None):
        raise ValueError("not today")


class Still(BaseEstimator):
    def fit(self, X, y=None, sample_weight=None):
        self.n_features_in_ = X.shape[1]
        return self

    def score_samples(self, X):
        return np.zeros(len(X))


@pytest.mark.parametrize(
    ("law", "options", "message"),
    [
        (FromEstimator(3), {}, r"must be an estimator, such as KernelDensity\(\), got 3"),
        (FromEstimator(Gaussian()), {}, "must be an estimator"),
        (FromEstimator(Peer()), {}, "GaussianMixture takes no sample_weight in fit"),
        (FromEstimator(Refusing()), {}, "fit failed: ValueError: not today"),
        (KERNEL, {"tied": ("estimators",)}, "neither fixed nor tied"),
        (KERNEL, {"params_init": {"estimators": [1, 2]}}, "must be fitted estimators"),
        (KERNEL, {"warm_start": True}, "warm_start=True cannot go on"),
    ],
)
def test_what_cannot_be_is_named(law, options, message):
    model = Mixture(law, 2, n_init=2, random_state=0, **options)
    if options.get("warm_start"):
        model.fit(X)
    with pytest.raises(ValueError, match=message):
        model.fit(X)


def test_an_estimator_that_cannot_draw():
    model = Mixture(FromEstimator(Still()), 1, n_init=1).fit(X)
    with pytest.raises(NotImplementedError, match="Still has no sample method"):
        model.sample(3)
