"""Tables with holes: the likelihood of what is there, its maximum, and imputation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse, stats
from scipy.special import logsumexp
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmixture import (
    BetaBinomialMixture,
    BinomialMixture,
    GaussianMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.families import Gaussian
from skmixture.priors import Gamma
from skmixture.table.holes import column_moments, has_holes, patterns

TYPES = ["full", "tied", "diag", "spherical"]
MEANS = np.array([[0.0, 0.0, 1.0], [5.0, -3.0, 4.0]])
LOWER = np.array([[1.0, 0.0, 0.0], [0.8, 0.7, 0.0], [-0.5, 0.4, 1.5]])


def gaussian_rows(n, seed=0):
    rng = np.random.RandomState(seed)
    labels = rng.randint(2, size=n)
    return MEANS[labels] + rng.standard_normal((n, 3)) @ LOWER.T, labels


def with_holes(X, share, seed=1):
    """Values missing completely at random; some rows lose all."""
    X = X.astype(float)
    X[np.random.RandomState(seed).uniform(size=X.shape) < share] = np.nan
    return X


def log_density_of_seen(X, weights, means, matrices):
    """By scipy, of rows that have the same places together."""
    found = np.zeros(len(X))
    for seen in np.unique(~np.isnan(X), axis=0):
        if not seen.any():
            continue
        rows = (~np.isnan(X) == seen).all(axis=1)
        parts = [
            np.log(weight)
            + stats.multivariate_normal.logpdf(
                X[np.ix_(rows, seen)], mean[seen], matrix[np.ix_(seen, seen)]
            )
            for weight, mean, matrix in zip(weights, means, matrices, strict=True)
        ]
        found[rows] = logsumexp(parts, axis=0)
    return found


def matrices_of(model):
    C, d = model.covariances_, model.n_features_in_
    return {
        "full": lambda: C,
        "tied": lambda: np.stack([C] * 2),
        "diag": lambda: C[:, :, None] * np.eye(d),
        "spherical": lambda: C[:, None, None] * np.eye(d),
    }[model.covariance_type]()


def test_patterns_hold_every_row_once():
    missing = np.random.RandomState(0).uniform(size=(11, 400)) < 0.3
    found = patterns(missing)
    assert np.array_equal(np.sort(np.concatenate([p.rows for p in found])), np.arange(400))
    for seen, rows in found:
        assert not missing[np.ix_(seen, rows)].any()
        assert missing[np.ix_(np.setdiff1d(np.arange(11), seen), rows)].all()


def test_moments_of_what_is_there():
    X = with_holes(gaussian_rows(50)[0], 0.3)
    weight = np.random.RandomState(2).uniform(size=50)
    found = column_moments(X, weight)
    for j, x in enumerate(X.T):
        seen = ~np.isnan(x)
        mean = np.average(x[seen], weights=weight[seen])
        variance = np.average((x[seen] - mean) ** 2, weights=weight[seen])
        np.testing.assert_allclose([found.mean[j], found.variance[j]], [mean, variance])


@pytest.mark.parametrize("X", [np.ones((3, 2)), np.array([[np.inf, 1.0]]), np.ones((2, 2), int)])
def test_whole_tables_have_no_holes(X):
    assert not has_holes(X)
    assert has_holes(np.array([[np.inf, np.nan]]))


@pytest.mark.parametrize("acceleration", [None, "lbfgs"])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_a_gaussian_climbs_the_likelihood_of_what_is_there(covariance_type, acceleration):
    X = with_holes(gaussian_rows(300)[0], 0.25)
    assert np.isnan(X).all(axis=1).any()
    model = GaussianMixture(
        2, covariance_type=covariance_type, reg_covar=0.0, tol=1e-12, max_iter=5000,
        acceleration=acceleration, random_state=0,
    ).fit(X)  # fmt: skip
    matrices = matrices_of(model)
    expected = log_density_of_seen(X, model.weights_, model.means_, matrices)
    np.testing.assert_allclose(model.score_samples(X), expected, rtol=1e-10, atol=1e-10)
    assert model.lower_bound_ == pytest.approx(expected.mean(), abs=1e-9)
    if acceleration is None:
        assert np.diff(model.lower_bounds_).min() > -1e-12
    rng = np.random.RandomState(0)
    for _ in range(20):  # and stands at its top
        means = model.means_ + 0.01 * rng.standard_normal((2, 3))
        assert log_density_of_seen(X, model.weights_, means, matrices).mean() < expected.mean()
        shape = (1 if covariance_type == "tied" else 2, 1, 1)
        factors = np.exp(0.01 * rng.standard_normal(shape))
        moved = log_density_of_seen(X, model.weights_, model.means_, factors * matrices)
        assert moved.mean() < expected.mean()


@pytest.mark.parametrize("covariance_type", TYPES)
def test_whole_rows_are_an_ordinary_fit(covariance_type):
    """A row of which nothing is there changes nothing."""
    X, _ = gaussian_rows(200)
    options = {"covariance_type": covariance_type, "reg_covar": 0.0, "tol": 1e-13}
    options |= {"max_iter": 5000, "means_init": MEANS, "random_state": 0}
    plain = GaussianMixture(2, **options).fit(X)
    start = {"weights_init": plain.weights_, "precisions_init": plain.precisions_}
    extra = np.r_[X, np.full((1, 3), np.nan)]
    holed = GaussianMixture(2, **options, **start).fit(extra)
    np.testing.assert_allclose(holed.means_, plain.means_, rtol=1e-6)
    np.testing.assert_allclose(holed.covariances_, plain.covariances_, rtol=1e-6, atol=1e-9)
    assert holed.predict_proba(extra)[-1] == pytest.approx(holed.weights_)


def test_the_truth_is_recovered_and_weights_are_rows():
    X, labels = gaussian_rows(4000)
    holed = with_holes(X, 0.3)
    model = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(holed)
    np.testing.assert_allclose(model.means_, MEANS, atol=0.15)
    np.testing.assert_allclose(model.covariances_, np.stack([LOWER @ LOWER.T] * 2), atol=0.4)
    there = ~np.isnan(holed).all(axis=1)
    assert (model.predict(holed) == labels)[there].mean() > 0.93
    few = holed[:150]
    options = {"n_components": 2, "order_by": "means", "random_state": 0}
    twice = Mixture(Gaussian(), **options).fit(np.r_[few, few])
    weighted = Mixture(Gaussian(), **options).fit(few, sample_weight=np.full(150, 2.0))
    np.testing.assert_allclose(twice.means_, weighted.means_, rtol=1e-6)


@pytest.mark.parametrize("factor", [1e-8, 1e8])
def test_units_and_origins_do_not_matter(factor):
    X = with_holes(gaussian_rows(200)[0], 0.2)
    plain = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(X)
    moved = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(factor * (X + 100.0))
    np.testing.assert_allclose(moved.means_ / factor - 100.0, plain.means_, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        moved.score(factor * (X + 100.0)),
        plain.score(X) - (~np.isnan(X)).sum() / len(X) * np.log(factor),
        rtol=1e-8,
    )


def test_conditional_expectations():
    X = with_holes(gaussian_rows(200)[0], 0.3)
    model = Mixture(Gaussian(), 2, random_state=0).fit(X)
    whole = model.impute(X)
    assert not np.isnan(whole).any()
    seen = ~np.isnan(X)
    np.testing.assert_array_equal(whole[seen], X[seen])
    row = next(i for i in range(200) if seen[i].sum() == 2)
    there, lost = np.flatnonzero(seen[row]), np.flatnonzero(~seen[row])
    expected = 0.0
    for r, m, C in zip(model.predict_proba(X)[row], model.means_, model.covariances_, strict=True):
        slope = np.linalg.solve(C[np.ix_(there, there)], C[np.ix_(there, lost)])
        expected += r * (m[lost] + (X[row, there] - m[there]) @ slope)
    np.testing.assert_allclose(whole[row, lost], expected, rtol=1e-9)
    np.testing.assert_array_equal(model.impute(whole), whole)


@pytest.mark.parametrize("exposed", [False, True])
@pytest.mark.parametrize("estimator", [PoissonMixture, NegativeBinomialMixture])
def test_counts_with_holes(estimator, exposed):
    rng = np.random.RandomState(0)
    labels = rng.randint(2, size=400)
    exposure = rng.uniform(0.5, 2.0, size=400) if exposed else None
    rates = np.array([[2.0, 30.0], [12.0, 5.0]])[labels]
    means = rates if exposure is None else rates * exposure[:, None]
    counts = rng.poisson(means * rng.gamma(5.0, 0.2, size=means.shape)).astype(float)
    X = with_holes(counts, 0.25)
    order = "rates" if estimator is PoissonMixture else "means"
    model = estimator(2, order_by=order, n_init=5, random_state=0).fit(X, exposure=exposure)
    found = model.rates_ if estimator is PoissonMixture else model.means_
    np.testing.assert_allclose(found, [[2.0, 30.0], [12.0, 5.0]], rtol=0.2)
    expected = np.zeros((400, 2))
    for k in range(2):
        for j in range(2):
            seen = ~np.isnan(X[:, j])
            mean = found[k, j] * (1.0 if exposure is None else exposure[seen])
            if estimator is PoissonMixture:
                law = stats.poisson(mean)
            else:
                size = model.sizes_[k, j]
                law = stats.nbinom(size, size / (size + mean))
            expected[seen, k] += law.logpmf(X[seen, j])
    expected = logsumexp(expected + np.log(model.weights_), axis=1)
    np.testing.assert_allclose(
        model.score_samples(X, exposure=exposure), expected, rtol=1e-9, atol=1e-9
    )
    assert model.lower_bound_ == pytest.approx(expected.mean(), abs=1e-8)
    one = estimator(1).fit(X, exposure=exposure)
    for j in range(2):
        seen = ~np.isnan(X[:, j])
        own = None if exposure is None else exposure[seen]
        alone = estimator(1).fit(X[seen, j : j + 1], exposure=own)
        for name, value in alone.params_.items():
            np.testing.assert_allclose(one.params_[name][:, j], value[:, 0], rtol=1e-6)
    whole = model.impute(X, exposure=exposure)
    assert not np.isnan(whole).any()


def test_held_tied_and_prior_values_of_columns():
    rng = np.random.RandomState(0)
    X = with_holes(rng.poisson([[2.0, 8.0]] * 50 + [[9.0, 8.0]] * 50), 0.2)
    fixed = {"rates": [[2.0, np.nan], [np.nan, np.nan]]}
    assert PoissonMixture(2, fixed=fixed, random_state=0).fit(X).rates_[0, 0] == 2.0
    tied = PoissonMixture(2, tied=("rates",), random_state=0).fit(X)
    np.testing.assert_array_equal(tied.rates_[0], tied.rates_[1])
    prior = {"rates": Gamma([1e6, 1e6], [1e6, 5e5])}
    strong = PoissonMixture(2, prior=prior, random_state=0).fit(X)
    np.testing.assert_allclose(strong.rates_, [[1.0, 2.0]] * 2, rtol=1e-3)


def test_in_a_pipeline():
    X = with_holes(gaussian_rows(100)[0], 0.1)
    pipeline = make_pipeline(StandardScaler(), GaussianMixture(2, random_state=0)).fit(X)
    assert np.isfinite(pipeline.score(X))


def test_what_cannot_be():
    X = with_holes(gaussian_rows(50)[0], 0.2)
    empty = X.copy()
    empty[:, 1] = np.nan
    with pytest.raises(ValueError, match="column 1 of X has no value"):
        GaussianMixture(2).fit(empty)
    model = GaussianMixture(2, random_state=0).fit(X)
    for method in (model.cdf, model.marginal_cdf, model.partial_fit):
        with pytest.raises(ValueError, match="NaN"):
            method(X)
    with pytest.raises(ValueError, match="infinity"):
        model.predict(np.where(np.isnan(X), np.inf, X))
    with pytest.raises(ValueError, match="support of Poisson"):
        PoissonMixture(2).fit([[1.0, np.nan], [-1.0, 2.0]])
    with pytest.raises(ValueError, match="where rows are dense, but not here"):
        PoissonMixture(2).fit(sparse.csr_array([[1.0, np.nan], [1.0, 2.0]]))
    assert np.isfinite(model.score_samples(np.full((2, 3), np.nan))).all()


@pytest.mark.parametrize("estimator", [BinomialMixture, BetaBinomialMixture])
@pytest.mark.filterwarnings("ignore:.*grew without bound")  # three counts are not dispersed
def test_holes_beside_trials_by_row(estimator):
    """What stands in a hole is a count among any number of trials."""
    X = np.array([[9.0, 2.0], [9.0, np.nan], [np.nan, 1.0], [3.0, 1.0]])
    trials = np.array([10, 10, 2, 4])
    model = estimator(1).fit(X, n_trials=trials)
    assert np.isfinite(model.score_samples(X, n_trials=trials)).all()
    if estimator is BinomialMixture:
        np.testing.assert_allclose(model.probs_, [[21 / 24, 4 / 16]], rtol=1e-9)
        np.testing.assert_allclose(model.impute(X, n_trials=trials)[2, 0], 2 * 21 / 24)
