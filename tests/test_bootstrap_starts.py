"""Where replicates begin, and what is said of a model that is no place to begin at."""

from __future__ import annotations

import numpy as np
import pytest
from cases import CASES

from skmixture import (
    BernoulliMixture,
    GaussianMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.inference import bootstrap
from skmixture.inference.replicates import fresh
from skmixture.inference.replicates.coinciding import coinciding
from skmixture.inference.replicates.ground import Ground

KINDS = ["parametric", "nonparametric", "weighted"]
SOME = ["Gaussian-full", "NegativeBinomial", "Gamma-columns", "Categorical", "Components"]
kinds = pytest.mark.parametrize("kind", KINDS)


# -- fresh starts ------------------------------------------------------------------


def test_fresh_starts_are_never_worse():
    X = np.random.RandomState(5).normal(size=(60, 1))
    model = GaussianMixture(2, random_state=0, tol=1e-8, max_iter=1000).fit(X)
    plain = bootstrap(model, X, kind="weighted", n_replicates=12, random_state=0)
    tried = bootstrap(model, X, kind="weighted", n_replicates=12, n_starts=5, random_state=0)
    both = np.intersect1d(plain.index, tried.index)
    gain = tried.log_likelihoods[np.isin(tried.index, both)]
    gain = gain - plain.log_likelihoods[np.isin(plain.index, both)]
    assert (gain > -1e-7).all()
    assert (gain > 1e-3).any()


@kinds
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_fresh_starts_do_not_depend_on_workers_or_groups(kind, n_jobs):
    X = np.random.RandomState(1).poisson(np.repeat([2.0, 6.0], 30))[:, None]
    model = PoissonMixture(2, random_state=0, tol=1e-9).fit(X)
    options = dict(kind=kind, n_starts=3, random_state=0, n_jobs=n_jobs)
    few = bootstrap(model, X, n_replicates=100, **options)
    many = bootstrap(model, X, n_replicates=130, **options)
    np.testing.assert_array_equal(few.log_likelihoods, many.log_likelihoods[:100])


@pytest.mark.filterwarnings("ignore:the parameters are no maximum")  # they are the true ones
@pytest.mark.filterwarnings("ignore:.*(without bound|replicates failed)")
@pytest.mark.parametrize("of", [c for c in CASES if c.name in SOME], ids=lambda c: c.name)
def test_fresh_starts_of_laws_of_all_kinds(of):
    """As high as without them, or higher, in batches and one by one."""
    model = Mixture.from_params(weights=of.weights, family=of.family, random_state=0, **of.params)
    X = model.sample(60, random_state=0)[0]
    options = dict(kind="nonparametric", n_replicates=2, random_state=0)
    plain = bootstrap(model, X, n_starts=0, **options)
    tried = bootstrap(model, X, n_starts=2, **options)
    assert set(plain.index) <= set(tried.index)
    gain = tried.log_likelihoods[np.isin(tried.index, plain.index)] - plain.log_likelihoods
    assert (gain > -1e-6 * np.abs(plain.log_likelihoods)).all()


def test_many_rows_compare_starts_on_few(monkeypatch):
    X = np.random.RandomState(1).poisson(np.repeat([2.0, 9.0], 30))[:, None]
    model = PoissonMixture(2, random_state=0).fit(X)
    together = bootstrap(model, X, n_replicates=5, n_starts=6, random_state=0)
    monkeypatch.setattr(fresh, "MOST_START_ROWS", 50)
    alone = bootstrap(model, X, n_replicates=5, n_starts=6, random_state=0)
    np.testing.assert_allclose(together.log_likelihoods, alone.log_likelihoods, rtol=1e-7)


# -- components that coincide -----------------------------------------------------


@pytest.fixture(scope="module")
def saddle():
    """Two components that are one."""
    X = np.random.RandomState(20).poisson(3.0, (200, 1))
    return PoissonMixture(2, random_state=0).fit(X), X


@kinds
def test_replicates_leave_a_saddle(saddle, kind):
    model, X = saddle
    assert abs(np.diff(model.rates_, axis=0)) < 1e-3
    options = dict(kind=kind, n_replicates=60, random_state=0)
    with pytest.warns(UserWarning, match="components 0 and 1 of the model coincide.* 20 fresh"):
        left = bootstrap(model, X, **options)
    with pytest.warns(UserWarning, match="coincide.*do not reach from there with n_starts=0"):
        stayed = bootstrap(model, X, n_starts=0, **options)
    apart = np.abs(np.diff(left.replicates["rates"][..., 0], axis=1)) > 0.1
    assert apart.mean() > 0.2
    gain = left.log_likelihoods - stayed.log_likelihoods
    assert (gain > -1e-6).all()
    assert (gain > 0.01).mean() > 0.2


@pytest.mark.parametrize(
    ("weights", "rates", "pairs"),
    [
        ([0.2, 0.3, 0.5], [3.0, 9.0, 3.0], [(0, 2)]),
        ([0.2, 0.3, 0.5], [3.0, 3.0, 3.0], [(0, 1), (0, 2), (1, 2)]),
        ([0.2, 0.3, 0.5], [3.0, 9.0, 20.0], []),
        ([1.0, 0.0], [3.0, 9.0], [(0, 1)]),
        ([1.0], [3.0], []),
    ],
)
def test_components_that_do_the_work_of_one(weights, rates, pairs):
    model = PoissonMixture.from_params(weights=weights, rates=np.array(rates)[:, None])
    X = model.sample(300, random_state=0)[0]
    ground = Ground.of(model, X)
    assert coinciding(ground.problem.em, ground.start, ground.unit) == pairs


def test_no_two_components_of_the_cases_coincide(case):
    model = Mixture.from_params(weights=case.weights, family=case.family, **case.params)
    X = model.sample(200, random_state=0)[0]
    ground = Ground.of(model, X)
    assert coinciding(ground.problem.em, ground.start, ground.unit) == []


# -- a model of other rows ------------------------------------------------------------


def test_rows_that_are_not_those_of_the_fit():
    X = np.random.RandomState(1).poisson(np.repeat([2.0, 9.0], 50))[:, None]
    model = PoissonMixture(2, random_state=0).fit(X)
    changed = [
        dict(X=3 * X),
        dict(X=X, sample_weight=np.repeat([1, 3], 50)),
    ]
    for given in changed:
        with pytest.warns(UserWarning, match="no maximum for these rows: the log-likelihood could"):
            bootstrap(model, n_replicates=3, **given)
    with pytest.raises(ValueError, match="was fitted without size factors"):
        bootstrap(model, X, n_replicates=3, exposure=np.full(100, 2.0))
    hasty = GaussianMixture(2, random_state=0, max_iter=1)
    Y = np.random.RandomState(0).normal(size=(100, 1)) + np.repeat([[0.0], [2.0]], 50, axis=0)
    with pytest.warns(UserWarning, match="did not converge"):
        hasty.fit(Y)
    with pytest.warns(UserWarning, match="no maximum"):
        bootstrap(hasty, Y, n_replicates=3)


# -- edges -------------------------------------------------------------------------------


def test_replicates_that_grew_without_bound_are_told():
    X = np.random.RandomState(0).poisson(np.random.RandomState(1).gamma(20, 0.5, size=(80, 1)))
    model = NegativeBinomialMixture(1).fit(X)
    assert model.sizes_[0, 0] < 1e3
    with pytest.warns(UserWarning, match=r"grew without bound.*1 / p\['sizes'\]") as told:
        result = bootstrap(model, X, n_replicates=200, random_state=0)
    away = (result.replicates["sizes"] > 1e9).sum()
    assert 0 < away < 200
    assert f"of 200 replicates, sizes_[0, 0] in {away} grew" in str(told[0].message)
    assert np.isfinite(result.confidence_interval(function=lambda p: 1 / p["sizes"])).all()


@kinds
def test_an_edge_of_the_model_is_told(kind):
    X = (np.random.RandomState(0).uniform(size=(60, 3)) < 0.5).astype(int)
    X[:, 1] = 0
    with pytest.warns(UserWarning, match="ended at 0 or 1"):
        model = BernoulliMixture(1).fit(X)
    with pytest.warns(UserWarning, match=r"model itself: probs_\[0, 1\].*use profile_interval"):
        result = bootstrap(model, X, kind=kind, n_replicates=50)
    assert (result.confidence_interval(0.9)["probs"][:, 0, 1] < 1e-100).all()


def test_held_and_tied_values_at_an_edge():
    X = np.random.RandomState(0).poisson(5.0, (100, 2))
    model = NegativeBinomialMixture(1, fixed={"sizes": [[1e10, 1e10]]}).fit(X)
    bootstrap(model, X, n_replicates=20)  # nothing to tell of what the user holds


def test_a_replicate_at_zero_is_a_number_like_others():
    X = (np.random.RandomState(0).uniform(size=(60, 2)) < 0.03).astype(int)
    model = BernoulliMixture(1).fit(X)
    assert (model.probs_ > 0).all()
    result = bootstrap(model, X, n_replicates=200, random_state=0)
    assert (result.replicates["probs"] < 1e-100).any()
