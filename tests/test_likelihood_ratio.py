"""Likelihood ratios of numbers of components, against those of data that the smaller drew."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skmixture import BinomialMixture, GaussianMixture, Mixture, MultinomialMixture, PoissonMixture
from skmixture.datasets import load_old_faithful
from skmixture.families import Gaussian, Poisson
from skmixture.inference import bootstrap_lrt, lrt_sweep

pytestmark = pytest.mark.filterwarnings("ignore:.* ended at ")
R = np.random.RandomState(0)
X = R.poisson(np.repeat([2.0, 12.0], 50))[:, None].astype(float)
QUICK = {"n_init": 4, "random_state": 0}


@pytest.fixture(scope="module")
def one():
    return PoissonMixture(1, **QUICK).fit(X)


def test_a_second_component_that_is_there(one):
    test = bootstrap_lrt(one, X, n_replicates=19, random_state=0)
    assert test.p_value == 1 / 20
    two = PoissonMixture(2, **QUICK).fit(X)
    ratio = 2 * len(X) * (two.score(X) - one.score(X))
    assert test.statistic == pytest.approx(ratio, rel=1e-9)
    assert (test.n_components, test.n_alternative) == (1, 2)
    assert (test.n_exceedances, test.n_failed, test.n_below) == (0, 0, 0)
    assert test.null is one
    assert test.alternative.score(X) == pytest.approx(two.score(X), rel=1e-9)
    assert repr(test).startswith("LikelihoodRatioTest(1 against 2 components: ratio ")


def test_p_is_uniform_where_nothing_is_to_be_found():
    """Of many small data sets of one component, no more ps are below a level than it says."""
    levels = []
    for seed in range(40):
        x = np.random.RandomState(seed).poisson(4.0, size=(30, 1)).astype(float)
        model = PoissonMixture(1, n_init=1, random_state=0).fit(x)
        levels.append(bootstrap_lrt(model, x, n_replicates=9, random_state=seed).p_value)
    # P(p <= .3) is .3 or somewhat less, for ratios of 0 are common and tie
    assert np.mean(np.array(levels) <= 0.3) < 0.3 + 3 * np.sqrt(0.21 / 40)
    assert np.mean(np.array(levels) <= 0.3) > 0.05


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_seeds_decide_and_workers_do_not(one, n_jobs):
    options = {"n_replicates": 12, "random_state": 3}
    first = bootstrap_lrt(one, X, **options)
    again = bootstrap_lrt(one, X, n_jobs=n_jobs, **options)
    np.testing.assert_array_equal(first.replicates, again.replicates)
    fewer = bootstrap_lrt(one, X, n_replicates=5, random_state=3)
    np.testing.assert_array_equal(first.replicates[:5], fewer.replicates)
    other = bootstrap_lrt(one, X, n_replicates=12, random_state=4)
    assert (first.replicates != other.replicates).any()


def test_it_stops_where_p_will_not_be_small():
    x = np.random.RandomState(9).poisson(4.0, size=(60, 1)).astype(float)
    model = PoissonMixture(1, **QUICK).fit(x)
    whole = bootstrap_lrt(model, x, n_replicates=40, random_state=0)
    assert whole.n_exceedances > 3
    stopped = bootstrap_lrt(model, x, n_replicates=40, max_exceedances=3, random_state=0)
    assert stopped.n_exceedances == 3
    n = len(stopped.replicates)
    np.testing.assert_array_equal(stopped.replicates, whole.replicates[:n])
    assert stopped.replicates[-1] >= stopped.statistic - 1e-6
    assert stopped.p_value == 4 / (1 + n)


def test_old_faithful():
    """Three components are more than two, at the best optimum; the published ratio of 1 and 2."""
    eruptions = load_old_faithful().data
    ratios = {1: 319.07, 2: 31.65}
    for K, ratio in ratios.items():
        model = Mixture(Gaussian(), K, n_init=20, random_state=0).fit(eruptions)
        test = bootstrap_lrt(model, eruptions, n_replicates=5, random_state=1)
        assert test.statistic == pytest.approx(ratio, abs=0.005)
        assert test.p_value <= 2 / 6
        assert (test.replicates < test.statistic).sum() >= 4


def test_trials_weights_and_strata_go_along():
    trials = np.random.RandomState(0).randint(3, 9, size=40)
    x = np.random.RandomState(1).binomial(trials, 0.4)[:, None]
    model = BinomialMixture(1, **QUICK).fit(x, n_trials=trials)
    assert bootstrap_lrt(model, x, exposure=trials, n_replicates=4).statistic >= 0
    weight = np.random.RandomState(2).randint(1, 4, size=100).astype(float)
    strata = np.repeat(["a", "b"], 50)
    given = {"sample_weight": weight, "strata": strata}
    mixed = PoissonMixture(1, **QUICK).fit(X, **given)
    test = bootstrap_lrt(mixed, X, n_replicates=4, **given)
    two = PoissonMixture(2, **QUICK).fit(X, **given)
    ratio = 2 * weight.sum() * (two.score(X, **given) - mixed.score(X, **given))
    assert test.statistic == pytest.approx(ratio, rel=1e-8)


def test_an_optimum_that_is_missed_is_told_of():
    rng = np.random.RandomState(0)
    x = np.r_[rng.normal(0, 1, 60), rng.normal(6, 1, 60)][:, None]
    good = GaussianMixture(2, random_state=0, tol=1e-8, max_iter=500).fit(x)
    worse = good.set_params(init_params=lambda X, K, rng: np.full((len(X), K), 1 / K))
    with pytest.warns(UserWarning, match="3 components ended below 2"):
        test = bootstrap_lrt(worse, x, n_replicates=2, random_state=0)
    assert test.n_below >= 1
    assert test.statistic == 0
    assert test.p_value == 1


def test_a_sweep_chooses(one):
    tests = lrt_sweep(PoissonMixture(**QUICK), X, n_replicates=19, random_state=0)
    assert [test.n_components for test in tests] == [1, 2]
    assert tests[0].p_value <= 0.05 < tests[1].p_value
    assert tests[-1].null.n_components == 2
    short = lrt_sweep(PoissonMixture(**QUICK), X, max_components=1, n_replicates=19)
    assert len(short) == 1


def test_what_is_unfit(one):
    with pytest.raises(NotFittedError):
        bootstrap_lrt(PoissonMixture(1), X)
    with pytest.raises(ValueError, match="features"):
        bootstrap_lrt(one, np.c_[X, X])
    for name, value in (("n_replicates", 0), ("n_alternative", 1), ("max_exceedances", 1.5)):
        with pytest.raises(ValueError, match=f"{name} must be an int of at least"):
            bootstrap_lrt(one, X, **{name: value})
    with pytest.raises(ValueError, match="level must be a number between 0 and 1"):
        lrt_sweep(one, X, level=1.0)
    with pytest.raises(TypeError, match="mixture"):
        bootstrap_lrt(Poisson(), X)


def test_data_sets_that_fail_are_left_out(one, monkeypatch):
    fit = PoissonMixture.fit

    def fails(self, X, *args, **given):
        if X.sum() % 3 == 0 and X is not TABLE:
            raise ValueError("no")
        return fit(self, X, *args, **given)

    TABLE = X
    monkeypatch.setattr(PoissonMixture, "fit", fails)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        test = bootstrap_lrt(one, X, n_replicates=20, random_state=0)
    assert 0 < test.n_failed < 20
    assert len(test.replicates) == 20 - test.n_failed
    assert any("could not be fitted and are left out" in str(one.message) for one in told)


def test_rows_that_are_not_those_of_the_fit():
    X = np.random.RandomState(1).poisson(np.repeat([2.0, 9.0], 50))[:, None]
    model = PoissonMixture(1, random_state=0).fit(X)
    with pytest.warns(UserWarning, match="no maximum for these rows"):
        bootstrap_lrt(model, 3 * X, n_replicates=1)


def test_a_sweep_that_could_reject_nothing():
    X = np.random.RandomState(0).poisson(np.repeat([2.0, 20.0], 20))[:, None]
    model = PoissonMixture(random_state=0)
    with pytest.raises(ValueError, match="level=0.05 needs n_replicates of 19 at least"):
        lrt_sweep(model, X, n_replicates=18)
    with pytest.raises(ValueError, match="max_components must be an int of at least 1, got 0"):
        lrt_sweep(model, X, n_replicates=19, max_components=0)
    with pytest.raises(ValueError, match="level must be a number between 0 and 1, got 5"):
        lrt_sweep(model, X, level=5)


def test_starting_values_are_of_the_smaller_mixture():
    X = np.random.RandomState(0).poisson(np.repeat([2.0, 20.0], 20))[:, None]
    model = PoissonMixture(2, weights_init=[0.5, 0.5], rates_init=[[2.0], [20.0]]).fit(X)
    test = bootstrap_lrt(model, X, n_replicates=2, random_state=0)
    assert (test.n_alternative, test.n_failed) == (3, 0)
    assert test.alternative.weights_init is None
    assert len({test, test}) == 1
    held = PoissonMixture(2, fixed={"rates": [[2.0], [np.nan]]}, random_state=0).fit(X)
    with pytest.raises(ValueError, match="fixed holds rates of 2 components, and says nothing of"):
        bootstrap_lrt(held, X)


def test_warnings_of_the_larger_fit_say_so():
    X = np.vstack([np.zeros((30, 1)), np.random.RandomState(0).poisson(9, (30, 1))]).astype(int)
    model = PoissonMixture(1).fit(X)
    with pytest.warns(UserWarning, match="mixture of 2 components fitted to the data: rates_"):
        bootstrap_lrt(model, X, n_replicates=1, random_state=0)


def test_totals_of_the_rows_are_those_of_data_sets():
    rows = np.random.RandomState(0).multinomial(20, [0.2, 0.3, 0.5], size=40)
    for given in ({}, {"n_trials": rows.sum(axis=1)}):
        model = MultinomialMixture(1).fit(rows, **given)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of edges
            assert bootstrap_lrt(model, rows, n_replicates=2, random_state=0).n_failed == 0
