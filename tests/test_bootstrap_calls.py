"""Calls of the bootstrap: what fails, what is refused, and rows that are made again."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skmixture import (
    DirichletMultinomialMixture,
    Mixture,
    MultinomialMixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.families import Gaussian, Poisson
from skmixture.inference import bootstrap, profile_interval, standard_errors
from skmixture.inference.replicates.alignment import Alignment
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.progress import bar
from skmixture.inference.replicates.refits import Refitting
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.simulated import Simulated
from skmixture.inference.replicates.spreading import spread

KINDS = ["parametric", "nonparametric", "weighted"]
SEEDS = Seeds((1, 2, 3, 4))
kinds = pytest.mark.parametrize("kind", KINDS)


def same(one, other):
    assert one.replicates.keys() == other.replicates.keys()
    for name, value in one.replicates.items():
        np.testing.assert_array_equal(value, other.replicates[name], err_msg=name)
    np.testing.assert_array_equal(one.log_likelihoods, other.log_likelihoods)
    np.testing.assert_array_equal(one.alignment_cost, other.alignment_cost)


@pytest.fixture(scope="module")
def two_rates():
    X = np.random.RandomState(0).poisson(np.repeat([2.0, 15.0], [40, 60]))[:, None]
    return PoissonMixture(2, order_by="rates", random_state=0).fit(X), X


# -- failures ---------------------------------------------------------------------------


class Brittle(Poisson):
    """A law that is none where rates are high."""

    limit = 4.45

    def failing(self, params):
        return super().failing(params) | (params["rates"] > self.limit).any(axis=-1)


class Glass(Brittle):
    """One that mostly is none."""

    limit = 4.15


class Loud(Poisson):
    """One that says what is amiss instead of failing in silence."""

    def maximise(self, *args):
        params = super().maximise(*args)
        if (params["rates"] > Brittle.limit).any():
            raise ValueError("rates are too high for this law")
        return params


def brittle(family):
    X = np.tile([2, 3, 4, 5, 6], 10)[:, None]
    return Mixture(family, random_state=0).fit(X), X


def test_s3_8_a_replicate_that_fails():
    """S3.8: counted and reported, the others kept."""
    model, X = brittle(Brittle())
    result = bootstrap(model, X, n_replicates=200, random_state=0)
    same_but = bootstrap(Mixture(Poisson()).fit(X), X, n_replicates=200, random_state=0)
    high = same_but.replicates["rates"][:, 0, 0] > Brittle.limit
    assert 0 < high.sum() == result.n_failed <= 10
    assert [failure.index for failure in result.failures] == np.flatnonzero(high).tolist()
    np.testing.assert_array_equal(result.index, np.flatnonzero(~high))
    np.testing.assert_allclose(
        result.replicates["rates"], same_but.replicates["rates"][~high], rtol=1e-12
    )
    assert "failed" in repr(result)
    failure = result.failures[0]
    assert "collapsed" in failure.reason
    again = Seeds(failure.entropy).of_rows(failure.index)
    assert again.uniform() == Seeds(result.entropy).of_rows(failure.index).uniform()


def test_many_failures_are_a_warning_and_all_an_error():
    model, X = brittle(Glass())
    with pytest.warns(UserWarning, match=r"of 50 replicates failed and are left out .*collapsed"):
        result = bootstrap(model, X, n_replicates=50, random_state=0)
    assert result.n_replicates + result.n_failed == 50
    model.family_.limit = 1e-3
    with pytest.raises(ValueError, match="all 10 replicates failed, the first: "):
        bootstrap(model, X, n_replicates=10, random_state=0)


def test_an_error_is_of_one_replicate():
    model, X = brittle(Loud())
    result = bootstrap(model, X, n_replicates=200, random_state=0)
    silent = bootstrap(brittle(Brittle())[0], X, n_replicates=200, random_state=0)
    np.testing.assert_array_equal(result.index, silent.index)
    assert {failure.reason for failure in result.failures} == {"rates are too high for this law"}
    assert len(result.failures) == silent.n_failed


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_an_interrupt_returns_what_is_done(two_rates, n_jobs):
    ground = Ground.of(*two_rates)
    refitting = Refitting(Simulated(ground), SEEDS, Alignment.to(ground.problem.em, ground.start))

    def tell(done):
        if done == 200:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted: 200 of 350 replicates are there"):
        refits = spread(refitting, 350, n_jobs, tell)
    np.testing.assert_array_equal(refits.index, np.arange(200))


# -- the bar ---


def test_plain_text_where_there_is_no_bar(capsys, monkeypatch):
    for name in ("tqdm", "tqdm.auto", "rich", "rich.progress"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with bar("bootstrap", 10, True) as tell:
        tell(5)
        tell(10)
    assert "5 of 10" in (shown := capsys.readouterr().err)
    assert shown.endswith("10 of 10\n")
    with bar("bootstrap", 10, False) as tell:
        assert tell is None


# -- bad input ------------------------------------------------------------------------------


def test_bad_input(two_rates):
    model, X = two_rates
    with pytest.raises(NotFittedError):
        bootstrap(PoissonMixture(2), X)
    for options, message in [
        ({"kind": "smooth"}, "kind must be one of"),
        ({"n_replicates": 0}, "n_replicates must be an int of at least 1, got 0"),
        ({"n_replicates": 2.5}, "n_replicates must be an int"),
        ({"n_starts": -1}, "n_starts must be an int of at least 0, got -1"),
        ({"labels": np.zeros(100)}, "labels are not supported"),
        ({"strata": np.zeros(100)}, "fitted without"),
        ({"random_state": np.random.default_rng()}, "random_state must be None, an int or a num"),
        ({"sample_weight": np.full(100, 1.5)}, "sample_weight must be whole numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            bootstrap(model, X, **options)
    with pytest.raises(ValueError, match="features"):
        bootstrap(model, np.hstack([X, X]))
    with pytest.raises(ValueError, match="1 rows that count, fewer than n_components=2"):
        bootstrap(model, X[:1])
    changed = PoissonMixture(2, random_state=0).fit(X).set_params(n_components=3)
    with pytest.raises(ValueError, match="n_components=2, which is now 3"):
        bootstrap(changed, X)
    with pytest.raises(TypeError, match="model must be a fitted mixture"):
        bootstrap("model", X)


# -- replicates made again ---------------------------------------------------------------------


@kinds
@pytest.mark.parametrize("law", ["plain", "exposed", "strata", "real"])
def test_a_replicate_made_again(kind, law):
    """Its rows go to `fit` as they are, and have the log-likelihood that was written down."""
    rng = np.random.RandomState(0)
    X, given = rng.poisson(np.repeat([2.0, 15.0], 30))[:, None], {}
    model = PoissonMixture(2, order_by="rates", random_state=0)
    if law == "exposed":
        given = {"exposure": rng.uniform(0.5, 2, size=60)}
    elif law == "strata":
        given = {"strata": np.tile(["a", "b"], 30)}
    elif law == "real":
        X, model = X + rng.normal(size=X.shape), Mixture(Gaussian(), 2, random_state=0)
    model.fit(X, **given)
    result = bootstrap(model, X, kind=kind, n_replicates=8, random_state=0, **given)
    for i in (0, 7):
        rows = result.rows(i)
        assert sum(rows.get("sample_weight", np.ones(len(rows["X"])))) == pytest.approx(60)
        again = Mixture(model.family_, 2, random_state=0, n_init=3).fit(**rows)
        total = 60 * again.score(**rows)
        assert total == pytest.approx(result.log_likelihoods[i], abs=1e-4)
    with pytest.raises(ValueError, match="index must be the number of a replicate"):
        result.rows(-1)
    with pytest.raises(ValueError, match="needs the data"):
        pickle.loads(pickle.dumps(result)).rows(0)


@pytest.mark.parametrize("law", [MultinomialMixture, DirichletMultinomialMixture])
def test_totals_of_the_rows_are_those_of_replicates(law):
    rng = np.random.RandomState(0)
    X = rng.multinomial(20, [0.2, 0.3, 0.5], size=60) + rng.poisson(1, size=(60, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of edges
        model = law(1).fit(X)
        result = bootstrap(model, X, n_replicates=5, random_state=0)
        by_hand = bootstrap(model, X, n_replicates=5, exposure=X.sum(axis=1), random_state=0)
    same(result, by_hand)


def test_what_is_missing_is_named_without_a_word_on_searches(two_rates):
    _, X = two_rates
    for name, column in (("exposure", np.ones(100)), ("strata", np.tile([0, 1], 50))):
        model = PoissonMixture(2, random_state=0).fit(X, **{name: column})
        for call in (
            lambda model=model: bootstrap(model, X),
            lambda model=model: standard_errors(model, X),
            lambda model=model: profile_interval(model, X, "rates", (0, 0)),
        ):
            with pytest.raises(ValueError, match=f"^{name} is missing: .*of these rows( as|$)"):
                call()


def test_fewer_rows_than_parameters(two_rates):
    X = np.array([[1], [2], [20], [25]])
    model = NegativeBinomialMixture(2, fixed={"sizes": [[5.0], [5.0]]}, random_state=0).fit(X)
    bootstrap(model, X, n_replicates=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = NegativeBinomialMixture(2, random_state=0).fit(X)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        bootstrap(model, X, n_replicates=2)
    assert "there are 4 rows for 5 free parameters" in str(told[0].message)
