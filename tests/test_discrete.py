"""Laws of trials, of choices and of waiting for success, beyond the contract."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse, stats
from scipy.special import xlogy
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import skmixture
from skmixture import (
    BernoulliMixture,
    BinomialMixture,
    GeometricMixture,
    Mixture,
    MultinomialMixture,
)
from skmixture.families import Binomial, Geometric, Multinomial
from skmixture.families.trials import log_choose
from skmixture.priors import Dirichlet

HEADS = np.array([[5], [9], [8], [4], [7]])
FAIR = {"fixed": {"weights": [0.5, 0.5]}, "probs_init": [[0.6], [0.5]]}


def test_labelled_coins():
    """S2.1: five coins of two known kinds, ten tosses each."""
    x, labels = np.array([[7], [9], [2], [6], [0]]), np.array([0, 0, 1, 0, 1])
    model = BinomialMixture(2, n_trials=10, max_iter=0).fit(x, start=labels)
    assert_allclose(model.probs_.ravel(), [22 / 30, 0.1], rtol=1e-14)
    complete = -model.complete_log_likelihood(x, labels)
    assert complete == pytest.approx(11.0203260892, abs=1e-10)
    weights = np.log(model.weights_)[labels].sum()
    assert complete + weights == pytest.approx(7.6552677541, abs=1e-10)


def test_coins_with_equal_weights():
    """S2.2: one step by hand, and the end."""
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        one = BinomialMixture(2, n_trials=10, max_iter=1, acceleration=None, **FAIR).fit(HEADS)
    assert_allclose(one.probs_.ravel(), [0.7130122354, 0.5813393083], atol=1e-10)
    model = BinomialMixture(2, n_trials=10, **FAIR).fit(HEADS)
    assert_allclose(model.probs_.ravel(), [0.7967890669, 0.5195831201], atol=1e-8)
    assert model.score_samples(HEADS).sum() == pytest.approx(-9.7969242922, abs=1e-9)


def test_coins_with_free_weights():
    """S2.3: the weights are estimated too."""
    start = {"weights_init": [0.5, 0.5], "probs_init": FAIR["probs_init"]}
    model = BinomialMixture(2, n_trials=10, **start).fit(HEADS)
    assert_allclose(model.probs_.ravel(), [0.7933676496, 0.5139165912], atol=1e-7)
    assert model.weights_[0] == pytest.approx(0.5227513169, abs=1e-7)
    assert model.score_samples(HEADS).sum() == pytest.approx(-9.7954189562, abs=1e-9)


def test_bounds_of_coins():
    """S2.4: expected complete log-likelihood, without and with the entropy."""
    model = BinomialMixture(2, n_trials=10, **FAIR).fit(HEADS)
    resp = model.predict_proba(HEADS)
    constant = log_choose(HEADS, 10.0).sum() + len(HEADS) * np.log(0.5)
    complete = model.complete_log_likelihood(HEADS, resp) - constant
    assert complete == pytest.approx(-29.8686757354, abs=1e-6)
    assert model.elbo(HEADS, resp) - constant == pytest.approx(-28.1044643332, abs=1e-8)
    assert model.elbo(HEADS, resp) == pytest.approx(model.score_samples(HEADS).sum(), abs=1e-10)


def test_heads_and_tails():
    """S2.5: two columns that share out the tosses are one column of heads."""
    both = np.hstack([HEADS, 10 - HEADS])
    start = {"weights_init": [0.5, 0.5]}
    model = MultinomialMixture(2, probs_init=[[0.6, 0.4], [0.5, 0.5]], **start).fit(both)
    assert_allclose(model.probs_[:, 0], [0.7933676496, 0.5139165912], atol=1e-7)
    assert model.weights_[0] == pytest.approx(0.5227513169, abs=1e-7)
    assert model.score_samples(both).sum() == pytest.approx(-9.7954189562, abs=1e-9)


def test_many_tosses_do_not_underflow():
    """S2.5: 100,000 tosses a row."""
    heads = np.random.RandomState(0).binomial(100_000, np.repeat([0.3, 0.7, 0.70001], 20))
    both = np.stack([heads, 100_000 - heads], axis=1)
    model = MultinomialMixture(2, order_by="probs", random_state=0).fit(both)
    assert_allclose(model.probs_[:, 0], [0.3, 0.7], atol=1e-3)
    coins = BinomialMixture(2, n_trials=100_000, order_by="probs", random_state=0)
    coins.fit(heads[:, None])
    assert_allclose(coins.probs_[:, 0], model.probs_[:, 0], rtol=1e-9)
    assert_allclose(coins.score(heads[:, None]), model.score(both), rtol=1e-12)


def test_restarts():
    """S2.6: more starts are never worse."""
    rng = np.random.RandomState(0)
    x = np.r_[rng.binomial(100, 0.8, 50), rng.binomial(100, 0.35, 50)][:, None]
    one, ten = (
        BinomialMixture(2, n_trials=100, n_init=n, order_by="probs", random_state=0).fit(x)
        for n in (1, 10)
    )
    totals = [model.score_samples(x).sum() for model in (one, ten)]
    assert totals[1] >= totals[0] - 1e-9
    assert totals[1] == pytest.approx(-346.674506, abs=1e-6)
    assert_allclose(ten.probs_.ravel(), [0.3548, 0.7964], atol=5e-5)


# -- numbers of trials by row ------------------------------------------------


def rows_of_trials(n=400, seed=0, most=60):
    rng = np.random.RandomState(seed)
    trials = rng.randint(1, most, size=n)
    probs = np.where(np.arange(n) % 3 == 0, 0.2, 0.7)
    return rng.binomial(trials, probs)[:, None], trials


def test_trials_by_row_are_those_of_the_mixture_by_hand():
    X, trials = rows_of_trials()
    model = BinomialMixture(2, order_by="probs", random_state=0).fit(X, n_trials=trials)
    assert_allclose(model.probs_.ravel(), [0.2, 0.7], atol=0.03)
    terms = model.weights_ * stats.binom.pmf(X, trials[:, None], model.probs_.T)
    assert_allclose(model.score_samples(X, n_trials=trials), np.log(terms.sum(axis=1)), rtol=1e-9)
    resp = model.predict_proba(X, n_trials=trials)
    assert_allclose(resp, terms / terms.sum(axis=1, keepdims=True), rtol=1e-8, atol=1e-12)
    assert_allclose(model.probs_[:, 0], resp.T @ X[:, 0] / (resp.T @ trials), rtol=1e-6)
    assert_allclose(model.cdf(X, n_trials=trials)[:5], [
        model.weights_ @ stats.binom.cdf(x, t, model.probs_[:, 0])
        for x, t in zip(X[:5, 0], trials[:5], strict=True)
    ], rtol=1e-10)  # fmt: skip
    quantiles = model.marginal_quantile([0.5, 1.0], n_trials=[30, 50])
    assert quantiles[1] == 50
    drawn, _ = model.sample(3, n_trials=[1, 10, 1000], random_state=0)
    assert (drawn[:, 0] <= [1, 10, 1000]).all()
    assert model.aic(X, n_trials=trials) < model.bic(X, n_trials=trials)
    assert model.icl(X, n_trials=trials) > model.bic(X, n_trials=trials)
    assert (model.fit_predict(X, n_trials=trials) == resp.argmax(axis=1)).all()
    assert model.elbo(X, resp, n_trials=trials) == pytest.approx(
        model.score(X, n_trials=trials) * len(X)
    )


def test_the_same_number_in_all_rows_is_the_setting():
    X, _ = rows_of_trials()
    options = dict(order_by="probs", random_state=0)
    by_setting = BinomialMixture(2, n_trials=70, **options).fit(X)
    by_row = BinomialMixture(2, **options).fit(X, n_trials=70)
    generic = Mixture(Binomial(), 2, **options).fit(X, exposure=np.full(len(X), 70))
    assert_allclose(by_row.probs_, by_setting.probs_, rtol=1e-6)
    assert_allclose(generic.probs_, by_row.probs_, rtol=1e-12)
    assert_allclose(by_row.score(X, n_trials=70), by_setting.score(X), rtol=1e-12)


def test_fits_by_row_score_by_row():
    X, trials = rows_of_trials(60)
    model = BinomialMixture(2, random_state=0).fit(X, n_trials=trials)
    for method in ("predict", "predict_proba", "score", "score_samples", "cdf", "bic", "icl"):
        with pytest.raises(ValueError, match="n_trials is missing"):
            getattr(model, method)(X)
    with pytest.raises(ValueError, match="n_trials is missing"):
        model.sample(3)


@pytest.mark.parametrize(
    ("options", "X", "given", "message"),
    [
        ({}, [[1], [2]], {}, r"n_trials is missing.* fit\(X, n_trials=\.\.\.\).* exposure="),
        ({"n_trials": 3}, [[1], [4]], {}, r"X\[1, 0\] = 4 is above its n_trials, 3"),
        ({"n_trials": [3, 1]}, [[1, 1], [3, 2]], {}, r"X\[1, 1\] = 2 is above its n_trials, 1"),
        ({}, [[1], [4]], {"n_trials": [1, 3]}, r"X\[1, 0\] = 4 is above its n_trials, 3"),
        ({"n_trials": 5}, [[1], [2]], {"n_trials": [5, 5]}, "leave one of the two out"),
        ({}, [[1], [2]], {"n_trials": [5, 2.5]}, "whole number .* got 2.5 for row 1"),
        ({}, [[1], [2]], {"n_trials": [5]}, "'n_trials' should have the shape"),
        ({"n_trials": -1}, [[1], [2]], {}, "'n_trials' parameter of Binomial must be a whole"),
        ({"n_trials": "ten"}, [[1], [2]], {}, "'n_trials' parameter of Binomial must be a whole"),
        (
            {"n_trials": [4, 4]},
            [[1], [2]],
            {},
            r"n_trials has 2 numbers, but there are 1 columns.* fit\(X, n_trials=",
        ),
        ({"n_trials": 5}, [[1], [-2]], {}, r"X\[1, 0\] = -2.0 lies outside the support"),
        ({"n_trials": 5}, [[1], [2.5]], {}, "lies outside the support of Binomial"),
    ],
)
def test_unfit_trials(options, X, given, message):
    with pytest.raises(ValueError, match=message):
        BinomialMixture(1, **options).fit(X, **given)
    if given.get("n_trials") is not None and "above" in message:
        with pytest.raises(ValueError, match=message):
            BinomialMixture(1).fit(sparse.csr_array(np.array(X)), **given)


def test_rows_without_trials_say_nothing():
    X, trials = rows_of_trials(80)
    X[::5], trials[::5] = 0, 0
    some = trials > 0
    one = BinomialMixture(1).fit(X, n_trials=trials)
    other = BinomialMixture(1).fit(X[some], n_trials=trials[some])
    assert_allclose(one.probs_, other.probs_, rtol=1e-12)
    assert_allclose(one.score_samples(X, n_trials=trials)[~some], 0.0, atol=1e-14)


def test_trials_pass_through_a_search():
    import sklearn
    from sklearn.model_selection import GridSearchCV

    X, trials = rows_of_trials(200)
    with sklearn.config_context(enable_metadata_routing=True):
        model = BinomialMixture(random_state=0, n_init=2)
        model = model.set_fit_request(n_trials=True).set_score_request(n_trials=True)
        search = GridSearchCV(model, {"n_components": [1, 2]}, cv=2).fit(X, n_trials=trials)
    assert search.best_params_ == {"n_components": 2}


def test_trials_by_row_in_chunks_and_in_turn():
    da = pytest.importorskip("dask.array")
    X, trials = rows_of_trials(600)
    options = dict(order_by="probs", random_state=0)
    whole = BinomialMixture(2, **options).fit(X, n_trials=trials)
    table = da.from_array(X.astype(float), chunks=(200, 1))
    chunked = BinomialMixture(2, **options).fit(table, n_trials=da.from_array(trials, chunks=200))
    assert_allclose(chunked.probs_, whole.probs_, rtol=1e-5)
    scores = chunked.score_samples(table, n_trials=trials).compute()
    assert_allclose(scores, chunked.score_samples(X, n_trials=trials), rtol=1e-12)
    with pytest.raises(ValueError, match="is above its n_trials"):
        BinomialMixture(2).fit(table, n_trials=5)
    stream = BinomialMixture(2, **options)
    for begin in range(0, 600, 200):
        here = slice(begin, begin + 200)
        stream.partial_fit(X[here], n_trials=trials[here])
    assert_allclose(stream.probs_.ravel(), [0.2, 0.7], atol=0.05)
    assert stream.mean_exposure_ == pytest.approx(trials.mean(), rel=0.1)


@pytest.mark.parametrize("name", ["BetaBinomialMixture", "DirichletMultinomialMixture"])
@pytest.mark.filterwarnings("ignore:.*grew without bound")  # one component is binomial
def test_urns_in_chunks(name):
    da = pytest.importorskip("dask.array")
    X, trials = rows_of_trials(600)
    given = {"n_trials": trials}
    if name == "DirichletMultinomialMixture":
        X, given = np.hstack([X, trials[:, None] - X]), {}
    model = getattr(skmixture, name)(2, n_init=2, order_by="weights", random_state=0)
    whole = clone(model).fit(X, **given)
    table = da.from_array(X.astype(float), chunks=(200, -1))
    chunked = clone(model).fit(table, **given)
    assert_allclose(chunked.score(X, **given), whole.score(X, **given), rtol=1e-7)
    assert_allclose(chunked.score(table, **given), chunked.score(X, **given), rtol=1e-12)


def test_trials_by_row_of_a_table_on_file(tmp_path, monkeypatch):
    monkeypatch.setattr("skmixture.table.streamed.MOST_HELD", 0)
    X, trials = rows_of_trials(500)
    table = np.memmap(tmp_path / "X", dtype=float, mode="w+", shape=X.shape)
    table[:] = X
    options = dict(order_by="probs", random_state=0)
    model = BinomialMixture(2, **options).fit(table, n_trials=trials)
    held = BinomialMixture(2, **options).fit(X, n_trials=trials)
    assert_allclose(model.probs_, held.probs_, rtol=1e-5)
    assert_allclose(model.score(table, n_trials=trials), held.score(X, n_trials=trials), rtol=1e-9)
    trials[X.argmax()] = 1
    with pytest.raises(ValueError, match="is above its n_trials, 1"):
        BinomialMixture(2, **options).fit(table, n_trials=trials)
    with pytest.raises(ValueError, match="is above its n_trials, 1"):
        model.score(table, n_trials=trials)


def test_the_keyword_is_in_the_help():
    assert "n_trials : int or array-like" in BinomialMixture.fit.__doc__
    assert "exposure" not in BinomialMixture.score.__doc__


# -- numbers -----------------------------------------------------------------


def exact_binomial(x, n, p):
    with mpmath.workdps(60):
        x, n, p = mpmath.mpf(int(x)), mpmath.mpf(int(n)), mpmath.mpf(float(p))
        return float(mpmath.log(mpmath.binomial(n, x) * p**x * (1 - p) ** (n - x)))


@pytest.mark.parametrize("p", [1e-300, 1e-9, 0.3, 1 - 1e-9])
def test_binomial_far_tails(p):
    n = 10_000_000
    sd = np.sqrt(n * p * (1 - p))
    x = np.unique(np.clip(np.floor(n * p + sd * np.array([-60, -3, 0, 3, 60])), 0, n))
    x = np.unique(np.r_[x, 0, 1, 17, n - 1, n])
    model = BinomialMixture.from_params(weights=[1.0], probs=[[p]], n_trials=n)
    expected = [exact_binomial(own, n, p) for own in x]
    assert_allclose(model.score_samples(x[:, None]), expected, rtol=1e-10, atol=1e-290)


def test_multinomial_far_tails():
    probs = np.array([1e-300, 1e-8, 0.3, 0.7 - 1e-8])
    rows = np.array([[0, 0, 10**6, 0], [3, 2, 5, 10**6], [0, 1, 3 * 10**6, 7 * 10**6]], dtype=float)
    model = MultinomialMixture.from_params(weights=[1.0], probs=[probs])
    with mpmath.workdps(60):
        expected = [
            float(
                mpmath.loggamma(row.sum() + 1)
                - sum(mpmath.loggamma(x + 1) for x in row)
                + sum(x * mpmath.log(mpmath.mpf(p)) for x, p in zip(row, probs, strict=True))
            )
            for row in rows
        ]
    assert_allclose(model.score_samples(rows), expected, rtol=1e-10)


def test_distribution_functions_in_the_tails():
    x = np.array([0, 1, 5, 300, 10**6, 10**7])[:, None]
    for p in (1e-300, 1e-9, 0.1, 0.9, 1 - 1e-12):
        model = BinomialMixture.from_params(weights=[1.0], probs=[[p]], n_trials=10**7)
        expected = stats.binom.cdf(x[:, 0], 10**7, p)
        assert_allclose(model.cdf(x), expected, rtol=1e-10, atol=1e-300)
        model = GeometricMixture.from_params(weights=[1.0], probs=[[p]])
        expected = -np.expm1((x[:, 0] + 1.0) * np.log1p(-p))
        assert_allclose(model.cdf(x), expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (BinomialMixture(2, n_trials=5), np.full((6, 2), 5)),
        (BinomialMixture(2, n_trials=5), np.zeros((6, 2))),
        (BernoulliMixture(2), np.ones((6, 3), dtype=bool)),
        (GeometricMixture(2), np.zeros((6, 1))),
        (GeometricMixture(2), np.full((6, 1), 10**7)),
        (MultinomialMixture(2), np.tile([4, 0, 0], (6, 1))),
        (MultinomialMixture(2), np.zeros((6, 3))),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
@pytest.mark.filterwarnings("ignore:.*ended at")  # all rows are alike
def test_one_distinct_row(model, X):
    with pytest.warns(UserWarning, match="distinct rows"):
        model.fit(X)
    assert np.isfinite(model.score_samples(X)).all()
    for name, value in model.params_.items():
        assert model.family_.parameters[name].holds(value).all()


@pytest.mark.parametrize(
    "model",
    [
        BernoulliMixture(2, order_by="probs", random_state=0),
        BinomialMixture(2, n_trials=[1, 2, 1, 1, 3, 1, 1, 1], order_by="probs", random_state=0),
        GeometricMixture(2, order_by="probs", random_state=0),
        # without a prior the optimum is at an edge, of which the two stop short by different ways
        MultinomialMixture(2, prior={"probs": Dirichlet(2.0)}, order_by="probs", random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore:.*ended at")  # some answers are never given
def test_sparse_rows(model):
    rng = np.random.RandomState(0)
    chance = np.where(np.arange(200)[:, None] < 80, 0.6, [0.1, 0.1, 0.2, 0.1, 0.6, 0.5, 0.2, 0.4])
    X = (rng.uniform(size=(200, 8)) < chance).astype(float)
    dense = model.fit(X)
    probs, scores = dense.probs_.copy(), dense.score_samples(X)
    model.fit(sparse.csr_array(X))
    assert_allclose(model.probs_, probs, rtol=1e-5, atol=1e-6)
    assert_allclose(model.score_samples(sparse.csr_array(X)), scores, rtol=1e-5, atol=1e-12)


@pytest.mark.filterwarnings("ignore:.*ended at")  # as 60 rows in two classes do
def test_booleans_are_0_and_1():
    X = np.random.RandomState(0).uniform(size=(60, 4)) < 0.4
    one, other = (BernoulliMixture(2, random_state=0).fit(own) for own in (X, X.astype(float)))
    assert_allclose(one.probs_, other.probs_)
    with pytest.raises(ValueError, match="0 and 1"):
        BernoulliMixture().fit([[0.0], [2.0]])


def test_geometric_counts_failures():
    model = GeometricMixture(1).fit([[0], [1], [5]])
    assert model.probs_[0, 0] == pytest.approx(1 / (1 + 2.0))
    trials = stats.geom(model.probs_[0, 0])
    assert_allclose(model.score_samples([[0], [3]]), trials.logpmf([1, 4]), rtol=1e-12)
    assert isinstance(model.family_, Geometric)


@pytest.mark.filterwarnings("ignore:.*ended at")  # a column of zeros
def test_totals_are_checked_where_they_are_said():
    X = [[1, 2, 0], [2, 2, 0]]
    with pytest.raises(ValueError, match="row 1 of X has the sum 4, but its n_trials is 3"):
        MultinomialMixture(1, n_trials=3).fit(X)
    with pytest.raises(ValueError, match="row 0 of X has the sum 3, but its n_trials is 4"):
        MultinomialMixture(1).fit(X, n_trials=4)
    with pytest.raises(ValueError, match="must be one number"):
        MultinomialMixture(1, n_trials=[3, 4, 5]).fit(X)
    model = MultinomialMixture(1).fit(X)
    with pytest.raises(ValueError, match="n_trials is missing"):
        model.sample()
    rows, _ = model.sample(4, n_trials=[5, 0, 9, 1])
    assert (rows.sum(axis=1) == [5, 0, 9, 1]).all()
    assert isinstance(model.family_, Multinomial)


@pytest.mark.filterwarnings("ignore:.*ended at")  # these are at the edge
def test_entropy_of_certain_shares():
    """Kinds that a component never shows keep finite logs."""
    X = np.array([[5, 0, 0], [0, 4, 3], [0, 2, 2], [7, 0, 0]])
    model = MultinomialMixture(2, order_by="probs", random_state=0).fit(X)
    assert (model.probs_ > 0).all()
    assert xlogy(model.probs_, model.probs_).min() > -1
    assert (model.predict(X) == [1, 0, 0, 1]).all()
