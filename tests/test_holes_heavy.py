"""Student's t on tables with holes: likelihood, maximum, degrees of freedom, imputation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import logsumexp

from skmixture import GaussianMixture, StudentTMixture

TYPES = ["full", "tied", "diag", "spherical"]
MEANS = np.array([[0.0, 0.0, 1.0], [9.0, -7.0, 4.0]])
LOWER = np.array([[1.0, 0.0, 0.0], [0.8, 0.7, 0.0], [-0.5, 0.4, 1.5]])
CLIMB = {"reg_covar": 0.0, "tol": 1e-12, "max_iter": 5000, "random_state": 0}


def heavy_rows(n, dofs=3.0, share=0.25, seed=0):
    """Rows of two t laws, values of which are missing at random; some rows lose all."""
    rng = np.random.RandomState(seed)
    labels = rng.randint(2, size=n)
    latent = rng.chisquare(dofs, size=(n, 1)) / dofs
    X = MEANS[labels] + rng.standard_normal((n, 3)) @ LOWER.T / np.sqrt(latent)
    X[rng.uniform(size=X.shape) < share] = np.nan
    return X, labels


def matrices(covariance_type, scales):
    return {
        "full": lambda: scales,
        "tied": lambda: np.stack([scales] * 2),
        "diag": lambda: scales[:, :, None] * np.eye(3),
        "spherical": lambda: scales[:, None, None] * np.eye(3),
    }[covariance_type]()


def log_density_of_seen(X, covariance_type, weights, means, scales, dofs):
    """By scipy, row by row."""
    laws = list(zip(weights, means, matrices(covariance_type, scales), dofs, strict=True))
    found = []
    for row in X:
        seen = ~np.isnan(row)
        parts = [
            np.log(w) + stats.multivariate_t(m[seen], S[np.ix_(seen, seen)], v).logpdf(row[seen])
            for w, m, S, v in laws
            if seen.any()
        ]
        found.append(logsumexp(parts) if parts else 0.0)
    return np.array(found)


def moved(params, name, rng):
    """The parameters, one of them a little aside in all its values."""
    value = params[name]
    if name == "means":
        return params | {name: value + 0.01 * rng.standard_normal(value.shape)}
    factor = np.exp(0.02 * rng.standard_normal())
    if name == "dofs":
        factor = np.exp(0.02 * rng.standard_normal(value.shape))
    return params | {name: factor * value}


@pytest.mark.parametrize("acceleration", [None, "lbfgs", "squarem"])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_a_t_law_climbs_the_likelihood_of_what_is_there(covariance_type, acceleration):
    X, _ = heavy_rows(250)
    assert np.isnan(X).all(axis=1).any()
    model = StudentTMixture(
        2, covariance_type=covariance_type, acceleration=acceleration, **CLIMB
    ).fit(X)
    params = {"weights": model.weights_, **model.params_}
    expected = log_density_of_seen(X, covariance_type, **params)
    np.testing.assert_allclose(model.score_samples(X), expected, rtol=1e-10, atol=1e-10)
    assert model.lower_bound_ == pytest.approx(expected.mean(), abs=1e-9)
    if acceleration is None:
        assert np.diff(model.lower_bounds_).min() > -1e-12
    rng = np.random.RandomState(0)
    for name in ["means", "scales", "dofs"] * 4:  # and stands at its top
        aside = log_density_of_seen(X, covariance_type, **moved(params, name, rng))
        assert aside.mean() < expected.mean(), name


@pytest.mark.parametrize("options", [{"tied": ("dofs",)}, {"fixed": {"dofs": [4.0, np.nan]}}])
@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_degrees_of_freedom_that_are_shared_or_known(covariance_type, options):
    X, _ = heavy_rows(250)
    model = StudentTMixture(2, covariance_type=covariance_type, **options, **CLIMB).fit(X)
    assert np.diff(model.lower_bounds_).min() > -1e-12
    if "tied" in options:
        assert model.dofs_[0] == model.dofs_[1]
        free = np.ones(2)
    else:
        assert model.dofs_[0] == 4.0
        free = np.array([0.0, 1.0])
    params = {"weights": model.weights_, **model.params_}
    at = log_density_of_seen(X, covariance_type, **params).mean()
    for factor in (0.99, 1.01):
        aside = params | {"dofs": model.dofs_ * factor**free}
        assert log_density_of_seen(X, covariance_type, **aside).mean() < at


def test_the_truth_is_recovered():
    X, labels = heavy_rows(5000)
    model = StudentTMixture(2, order_by="means", random_state=0).fit(X)
    np.testing.assert_allclose(model.means_, MEANS, atol=0.15)
    np.testing.assert_allclose(model.scales_, np.stack([LOWER @ LOWER.T] * 2), atol=0.3)
    np.testing.assert_allclose(model.dofs_, 3.0, rtol=0.2)
    there = ~np.isnan(X).all(axis=1)
    assert (model.predict(X) == labels)[there].mean() > 0.95


@pytest.mark.filterwarnings("ignore:.*grew without bound")  # the rest is Gaussian
def test_rows_far_out_decide_nothing():
    X, _ = heavy_rows(400, dofs=50.0)
    options = {"tied": ("dofs",), "order_by": "means", "random_state": 0}
    clean = StudentTMixture(2, **options).fit(X)
    wild = X.copy()
    wild[:6] = [1e20, np.nan, np.nan]
    wild[6:12, 1] = -3e9
    model = StudentTMixture(2, **options).fit(wild)
    np.testing.assert_allclose(model.means_, clean.means_, atol=0.5)


@pytest.mark.parametrize("factor", [1e-8, 1e8])
def test_units_and_origins_do_not_matter(factor):
    X, _ = heavy_rows(200)
    options = {"order_by": "means", "tied": ("dofs",), "random_state": 0}
    plain = StudentTMixture(2, **options).fit(X)
    other = StudentTMixture(2, **options).fit(factor * (X + 100.0))
    np.testing.assert_allclose(other.means_ / factor - 100.0, plain.means_, rtol=1e-4, atol=1e-5)
    by_unit = (~np.isnan(X)).sum() / len(X) * np.log(factor)
    assert other.score(factor * (X + 100.0)) == pytest.approx(plain.score(X) - by_unit, rel=1e-8)


def test_many_degrees_of_freedom_are_the_gaussian():
    X, _ = heavy_rows(200, dofs=1e9)
    settings = {"means_init": MEANS, "weights_init": [0.5, 0.5], "tol": 1e-13}
    held = StudentTMixture(2, fixed={"dofs": [1e8, 1e8]}, scales_init=[np.eye(3)] * 2,
                           reg_covar=0.0, max_iter=3000, **settings).fit(X)  # fmt: skip
    plain = GaussianMixture(2, precisions_init=[np.eye(3)] * 2, reg_covar=0.0, max_iter=3000,
                            **settings).fit(X)  # fmt: skip
    np.testing.assert_allclose(held.means_, plain.means_, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(held.scales_, plain.covariances_, rtol=1e-4, atol=1e-5)
    assert held.score(X) == pytest.approx(plain.score(X), rel=1e-6)
    np.testing.assert_allclose(held.impute(X), plain.impute(X), rtol=1e-3, atol=1e-3)


def test_a_weight_of_two_is_a_row_twice():
    X, _ = heavy_rows(150)
    options = {"order_by": "means", "random_state": 0, "tol": 1e-10}
    twice = StudentTMixture(2, **options).fit(np.r_[X, X])
    weighted = StudentTMixture(2, **options).fit(X, sample_weight=np.full(150, 2.0))
    for name, value in twice.params_.items():
        np.testing.assert_allclose(weighted.params_[name], value, rtol=1e-4, err_msg=name)


def test_what_is_imputed_is_expected_given_the_rest():
    """By integrals over what is missing, of the density of whole rows."""
    S = LOWER @ LOWER.T
    model = StudentTMixture.from_params(
        weights=[0.4, 0.6], means=[[0.0, 0.0, 1.0], [1.0, 2.0, 0.0]], scales=[S, 2 * np.eye(3)],
        dofs=[2.0, 5.0],
    )  # fmt: skip
    for row in ([0.5, np.nan, 2.0], [np.nan, 3.0, -1.0]):
        lost = int(np.flatnonzero(np.isnan(row))[0])

        def density(y, row=row, lost=lost):
            return np.exp(model.score_samples([np.where(np.arange(3) == lost, y, row)])[0])

        total = integrate.quad(density, -np.inf, np.inf, limit=200)[0]
        first = integrate.quad(lambda y: y * density(y), -np.inf, np.inf, limit=200)[0]
        assert total == pytest.approx(np.exp(model.score_samples([row])[0]), rel=1e-7)
        assert model.impute([row])[0, lost] == pytest.approx(first / total, rel=1e-6)
    cauchy = StudentTMixture.from_params(
        weights=[1.0], means=[[3.0, 4.0]], scales=[np.eye(2)], dofs=[0.5]
    )
    np.testing.assert_array_equal(cauchy.impute([[np.nan, np.nan]]), [[3.0, 4.0]])


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(
    "X",
    [
        np.ones((20, 2)),
        np.column_stack([np.ones(30), np.arange(30.0)]),
        np.arange(30.0)[:, None] * [1.0, -2.0],
        np.repeat([[0.0, 0.0], [5.0, 1.0]], 15, axis=0),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_degenerate_tables_end_well(covariance_type, X):
    X = np.where(np.random.RandomState(0).uniform(size=X.shape) < 0.3, np.nan, X)
    options = {"covariance_type": covariance_type, "max_iter": 200, "random_state": 0}
    model = StudentTMixture(2, **options).fit(X)
    assert all(np.isfinite(value).all() for value in model.params_.values())
    assert np.isfinite(model.score(X))
