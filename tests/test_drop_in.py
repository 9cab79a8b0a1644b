"""S5: GaussianMixture in the place of scikit-learn's, fit for fit."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as ScikitLearn

from skmixture import GaussianMixture

TYPES = ("full", "tied", "diag", "spherical")
INITS = ("kmeans", "k-means++", "random", "random_from_data")


def table(seed: int, dtype=float) -> np.ndarray:
    """Clusters of a random number, size, place and unit."""
    rng = np.random.RandomState(seed)
    n, d = rng.randint(30, 200), rng.randint(1, 5)
    groups = [
        rng.normal(size=(n, d)) * rng.uniform(0.2, 1.2, d) + rng.normal(size=d) * 3
        for _ in range(rng.randint(1, 5))
    ]
    X = np.vstack(groups) * rng.choice([1, 10]) + rng.choice([0, 10])
    return rng.permutation(X).astype(dtype)


def both(X, **options):
    """Our fit and theirs, their warnings aside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return GaussianMixture(**options).fit(X), ScikitLearn(**options).fit(X)


def assert_same(ours, theirs, rtol=1e-6):
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.converged_ == theirs.converged_
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=1e-9)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        expected = getattr(theirs, name)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(getattr(ours, name), expected, rtol, rtol * scale)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("init_params", INITS)
@pytest.mark.parametrize("seed", range(6))
def test_same_fit(covariance_type, init_params, seed):
    X = table(seed)
    options = dict(
        n_components=1 + seed % 4,
        covariance_type=covariance_type,
        init_params=init_params,
        random_state=seed,
        n_init=1 + 2 * (seed % 2),
        tol=(1e-3, 1e-5)[seed % 2],
    )
    ours, theirs = both(X, **options)
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-6, atol=1e-6)
    if options["n_init"] == 1:  # among equal restarts, rounding chooses theirs
        assert_same(ours, theirs)
        np.testing.assert_allclose(ours.sample(5)[0], theirs.sample(5)[0], rtol=1e-6)
        np.testing.assert_allclose(ours.bic(X), theirs.bic(X), rtol=1e-9)
        np.testing.assert_allclose(ours.aic(X), theirs.aic(X), rtol=1e-9)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_given_starts(covariance_type):
    X = table(3)
    d = X.shape[1]
    precisions = {
        "full": np.stack([np.eye(d), 0.5 * np.eye(d)]),
        "tied": np.eye(d),
        "diag": np.full((2, d), 0.7),
        "spherical": np.array([0.5, 2.0]),
    }[covariance_type]
    for left_out in ((), ("means_init",), ("precisions_init",), ("weights_init",)):
        inits = dict(weights_init=[0.3, 0.7], means_init=X[:2], precisions_init=precisions)
        for name in left_out:
            del inits[name]
        options = dict(n_components=2, covariance_type=covariance_type, random_state=0) | inits
        assert_same(*both(X, **options))


@pytest.mark.parametrize("init_params", INITS)
@pytest.mark.parametrize("covariance_type", TYPES)
def test_starts_are_theirs(covariance_type, init_params):
    options = dict(covariance_type=covariance_type, init_params=init_params, max_iter=0)
    ours, theirs = both(table(5), n_components=3, random_state=1, **options)
    np.testing.assert_allclose(ours.means_, theirs.means_, rtol=1e-9)
    np.testing.assert_allclose(ours.covariances_, theirs.covariances_, rtol=1e-6, atol=1e-12)
    # theirs sum to a fraction of 1 where the start is from single rows
    np.testing.assert_allclose(ours.weights_, theirs.weights_ / theirs.weights_.sum(), rtol=1e-9)


def test_restarts_draw_from_one_generator_in_sequence():
    X = table(8)
    ours, theirs = (
        cls(3, n_init=4, random_state=np.random.RandomState(0), init_params="random", tol=1e-6)
        for cls in (GaussianMixture, ScikitLearn)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours.fit(X)
        theirs.fit(X)
    assert ours.random_state.uniform() == theirs.random_state.uniform()
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, rel=1e-9)


def test_single_precision_is_kept():
    X = table(2, np.float32)
    ours, theirs = both(X, n_components=2, random_state=0)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert getattr(ours, name).dtype == np.float32  # theirs since scikit-learn 1.7
        scale = np.abs(getattr(theirs, name)).max()
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), 1e-2, 1e-3 * scale)
    assert ours.predict_proba(X).dtype == ours.score_samples(X).dtype == np.float32


def test_signature_and_defaults_are_theirs():
    ours = inspect.signature(GaussianMixture).parameters
    theirs = inspect.signature(ScikitLearn).parameters
    assert list(ours)[: len(theirs)] == list(theirs)
    for name, parameter in theirs.items():
        assert ours[name].default == parameter.default, name
        assert ours[name].kind == parameter.kind, name


def test_fitted_attributes_are_theirs():
    ours, theirs = both(table(1), n_components=2, random_state=0)
    public = {name for name in vars(theirs) if name.endswith("_") and not name.startswith("_")}
    assert public <= set(vars(ours))


def test_attributes_set_by_hand_score_and_sample():
    """A model assembled from parts, as code that stores parameters does."""
    fitted = GaussianMixture(2, random_state=0).fit(table(4))
    for names in (
        ("weights_", "means_", "covariances_", "precisions_cholesky_"),
        ("weights_", "means_", "precisions_cholesky_"),
    ):
        model = GaussianMixture(2, random_state=0)
        for name in names:
            setattr(model, name, getattr(fitted, name))
        np.testing.assert_array_equal(model.score_samples(table(4)), fitted.score_samples(table(4)))
        assert model.bic(table(4)) == fitted.bic(table(4))
        if "covariances_" in names:
            np.testing.assert_array_equal(model.sample(4)[0], fitted.sample(4)[0])
    order = [1, 0]
    swapped = GaussianMixture(2, random_state=0).fit(table(4))
    for name in ("weights_", "means_", "precisions_cholesky_"):
        setattr(swapped, name, getattr(swapped, name)[order])
    np.testing.assert_array_equal(
        swapped.predict_proba(table(4)), fitted.predict_proba(table(4))[:, order]
    )


def test_one_collapsed_start_does_not_abort_the_others():
    rng = np.random.RandomState(0)
    X = np.r_[np.zeros(4), rng.normal(0, 1, 40), rng.normal(12, 1, 40)][:, None]
    options = dict(n_components=2, reg_covar=0.0, n_init=6, init_params="random_from_data")
    with pytest.raises(ValueError, match="ill-defined empirical covariance"):
        ScikitLearn(random_state=0, **options).fit(X)
    options["init_params"] = lambda X, k, rng: (np.arange(len(X)) < rng.choice([4, 44])).astype(int)
    with pytest.warns(ConvergenceWarning, match="starts failed"):
        model = GaussianMixture(random_state=0, **options).fit(X)
    assert 0 < len(model.dropped_starts_) < 6
    np.testing.assert_allclose(np.sort(model.means_.ravel()), [0, 12], atol=0.5)


def test_words_of_errors_are_theirs():
    X = table(1)
    for options in (
        dict(n_components=len(X) + 1),
        dict(weights_init=[0.5, 0.6]),
        dict(weights_init=[0.5]),
        dict(means_init=np.zeros((3, X.shape[1]))),
        dict(precisions_init=np.zeros((2, X.shape[1], X.shape[1]))),
        dict(covariance_type="diag", precisions_init=-np.ones((2, X.shape[1]))),
        dict(n_components=0),
        dict(tol=-1.0),
        dict(max_iter=-1),
    ):
        options = dict(n_components=2) | options
        messages = []
        for cls in (GaussianMixture, ScikitLearn):
            with pytest.raises(ValueError) as caught:  # noqa: PT011
                cls(**options).fit(X)
            messages.append(str(caught.value))
        assert messages[0].rstrip(".").split(". Got")[0] in messages[1]


@pytest.mark.parametrize("init_params", ["k-means++", "random_from_data"])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_single_rows_with_given_means(covariance_type, init_params):
    """The start covariance is that of the rows drawn, not of the means given."""
    X = table(3)
    options = dict(covariance_type=covariance_type, init_params=init_params, max_iter=0)
    ours, theirs = both(X, n_components=2, means_init=X[:2] + 1, random_state=0, **options)
    np.testing.assert_allclose(ours.covariances_, theirs.covariances_, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("init_params", INITS)
@pytest.mark.parametrize("covariance_type", TYPES)
def test_offset_moves_the_means_and_nothing_else(covariance_type, init_params):
    X = np.random.RandomState(0).normal(size=(200, 2)) + np.repeat([[0, 0], [6, 6]], 100, axis=0)
    options = dict(covariance_type=covariance_type, init_params=init_params, tol=1e-8)
    far = GaussianMixture(2, random_state=0, max_iter=2000, **options).fit(X + 1e8)
    near = GaussianMixture(2, random_state=0, max_iter=2000, **options).fit(X)
    assert far.lower_bound_ == pytest.approx(near.lower_bound_, abs=1e-5)


def test_warm_start_on_other_data_goes_on():
    rng = np.random.RandomState(0)
    X = np.vstack([rng.normal(size=(100, 2)), rng.normal(size=(100, 2)) * 0.5 + 4])
    model = GaussianMixture(2, warm_start=True, reg_covar=0, random_state=0).fit(0.1 * X)
    assert model.fit(X).n_iter_ > 1
    assert model.converged_


def test_private_names_in_wide_use():
    X = table(4)
    ours, theirs = both(X, n_components=2, random_state=0)
    for name in ("_estimate_log_prob", "_estimate_weighted_log_prob"):
        np.testing.assert_allclose(getattr(ours, name)(X), getattr(theirs, name)(X), rtol=1e-6)
    for mine, other in zip(
        ours._estimate_log_prob_resp(X), theirs._estimate_log_prob_resp(X), strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=1e-6, atol=1e-6)
