"""Strata: components shared by all rows, mixing weights of each stratum's own."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse, stats
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmixture import GaussianMixture, Mixture, NegativeBinomialMixture, PoissonMixture
from skmixture.families import Poisson, Uniform
from skmixture.given.strata import Strata

X = np.array([0, 1, 1, 2, 2, 3, 8, 7, 8, 9, 9, 10, 12, 2, 1, 2, 2, 8, 9, 11])[:, None]
G = np.repeat([0, 1, 2], [7, 7, 6])
START = {"rates_init": [[1], [9]], "weights_init": [0.5, 0.5]}


def poisson(**options):
    return PoissonMixture(2, **START, **options)


# -- every family ---------------------------------------------------------------


def stratified(case, n=60):
    """Rows of a case, a stratum for each, and a model with weights of the strata's own."""
    rows, _ = case.draw(n)
    strata = np.array(["north", "south", "west"])[np.arange(len(rows)) % 3]
    weights = np.random.RandomState(0).dirichlet(np.full(case.n_components, 2.0), size=3)
    model = Mixture.from_params(
        family=case.family,
        weights=weights,
        strata=["north", "south", "west"],
        handle_unknown="average",
        **case.params,
    )
    return rows, strata, weights[np.arange(len(rows)) % 3], model


def test_densities_by_stratum(case):
    """The log density of a row is that under the weights of its stratum."""
    rows, strata, weights, model = stratified(case)
    alone = [
        Mixture.from_params(family=case.family, weights=np.eye(case.n_components)[k], **case.params)
        for k in range(case.n_components)
    ]
    by_component = np.stack([one.score_samples(rows) for one in alone], axis=1)
    joint = by_component + np.log(weights)
    total = logsumexp(joint, axis=1)
    np.testing.assert_allclose(model.score_samples(rows, strata=strata), total, rtol=1e-10)
    resp = model.predict_proba(rows, strata=strata)
    np.testing.assert_allclose(resp, np.exp(joint - total[:, None]), atol=1e-9)
    np.testing.assert_allclose(resp.sum(axis=1), 1, atol=1e-12)
    assert model.score(rows, strata=strata) == pytest.approx(total.mean(), rel=1e-10)


def test_a_step_from_responsibilities(case):
    """The M-step shares the components' parameters and takes each stratum's weights by itself."""
    rows, strata, _, _ = stratified(case)
    K = case.n_components
    resp = np.random.RandomState(1).dirichlet(np.ones(K), size=len(rows))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of components that rows drawn for others do not suit
        model = Mixture(case.family, K, max_iter=0).fit(rows, start=resp, strata=strata)
        plain = Mixture(case.family, K, max_iter=0).fit(rows, start=resp)
    for label, weights in zip(model.strata_, model.strata_weights_, strict=True):
        np.testing.assert_allclose(weights, resp[strata == label].mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(model.weights_, resp.mean(axis=0), rtol=1e-9)
    for name, value in plain.params_.items():
        np.testing.assert_allclose(model.params_[name], value, rtol=1e-6, atol=1e-9)
    assert model.n_parameters_ == plain.n_parameters_ + 2 * (K - 1)


# -- the numbers ------------------------------------------------------------------


def test_row_s04_weights_by_stratum():
    start = poisson(max_iter=1, acceleration=None)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        start.fit(X, strata=G)
    assert start.lower_bound_ * len(X) == pytest.approx(-50.1483306754, abs=1e-8)
    assert start.score(X, strata=G) * len(X) == pytest.approx(-44.8690919005, abs=1e-8)
    for acceleration in (None, "lbfgs", "anderson", "squarem"):
        model = poisson(acceleration=acceleration, tol=1e-14).fit(X, strata=G)
        assert model.score(X, strata=G) * len(X) == pytest.approx(-44.8298379859, abs=1e-8)
        np.testing.assert_allclose(model.rates_.ravel(), [1.5991860188, 8.9695197807], atol=1e-5)
        low = [0.8546988134, 0.1258060539, 0.4930545307]
        np.testing.assert_allclose(model.strata_weights_[:, 0], low, atol=1e-5)
        assert (np.diff(model.lower_bounds_) >= -1e-10).all()
        np.testing.assert_array_equal(model.strata_, [0, 1, 2])


def test_row_s05_one_stratum_is_none():
    one, none = poisson().fit(X, strata=np.zeros(len(X))), poisson().fit(X)
    assert one.score(X, strata=np.zeros(len(X))) * len(X) == pytest.approx(-48.7615496125, abs=1e-8)
    np.testing.assert_allclose(one.rates_.ravel(), [1.5897706649, 8.9588860603], atol=1e-6)
    np.testing.assert_allclose(one.rates_, none.rates_, atol=1e-8)


def test_row_s06_rows_keep_their_order():
    order = np.random.RandomState(0).permutation(len(X))
    model = poisson().fit(X, strata=G)
    shuffled = poisson().fit(X[order], strata=G[order])
    resp = model.predict_proba(X, strata=G)
    np.testing.assert_allclose(shuffled.predict_proba(X, strata=G), resp, atol=1e-9)
    moved = model.predict_proba(X[order], strata=G[order])
    np.testing.assert_allclose(moved, resp[order], atol=1e-12)


def test_row_s07_one_component():
    model = PoissonMixture(1).fit(X, strata=G)
    assert model.rates_.item() == X.mean()


def test_rows_s01_s02_responsibilities_far_out():
    rng = np.random.RandomState(0)
    rows, strata = rng.normal(size=(200, 2)), rng.randint(2, size=200)
    model = GaussianMixture(2, random_state=0).fit(rows, strata=strata)
    before = {name: np.copy(value) for name, value in model.params_.items()}
    far = np.array([[1e6, -1e6], [0.0, 0.0]])
    resp, logs = (
        method(far, strata=[0, 1]) for method in (model.predict_proba, model.predict_log_proba)
    )
    assert np.isfinite(resp).all()
    np.testing.assert_allclose(resp.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(logsumexp(logs, axis=1), 0, atol=1e-12)
    assert all((model.params_[name] == value).all() for name, value in before.items())


def test_row_s010_complete_and_incomplete():
    model = poisson().fit(X, strata=G)
    resp = model.predict_proba(X, strata=G)
    entropy = -(resp * np.log(resp)).sum()
    complete = model.complete_log_likelihood(X, resp, strata=G)
    total = model.score_samples(X, strata=G).sum()
    assert complete + entropy == pytest.approx(total, abs=1e-10)
    assert model.elbo(X, resp, strata=G) == pytest.approx(total, abs=1e-10)
    bic = model.bic(X, strata=G)
    assert bic == pytest.approx(-2 * total + 5 * np.log(len(X)), rel=1e-12)
    assert model.aic(X, strata=G) == pytest.approx(-2 * total + 10, rel=1e-12)
    assert model.icl(X, strata=G) == pytest.approx(bic + 2 * entropy, rel=1e-12)
    assert 0 < model.relative_entropy(X, strata=G) < 1


# -- labels of any kind -----------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        ["b", "a", "c"],
        [("b", 1), ("a", 2), ("a", 1)],
        [3.5, -1.0, 0.0],
        [True, "yes", 2],  # of no order: as they come
        [pd.Timestamp("2020-02-01"), pd.Timestamp("2019-01-01"), pd.Timestamp("2020-01-01")],
        [frozenset("b"), frozenset("c"), frozenset()],
    ],
    ids=["words", "pairs", "numbers", "mixed", "times", "sets"],
)
def test_any_labels(labels):
    model = poisson().fit(X, strata=[labels[code] for code in G])
    plain = poisson().fit(X, strata=G)
    assert set(model.strata_.tolist()) == set(labels)
    for code, label in enumerate(labels):
        (place,) = (i for i, value in enumerate(model.strata_.tolist()) if value == label)
        np.testing.assert_allclose(
            model.strata_weights_[place], plain.strata_weights_[code], atol=1e-9
        )
    one = [labels[1]] * 2
    np.testing.assert_allclose(
        model.predict_proba(X[:2], strata=one), plain.predict_proba(X[:2], strata=[1, 1]), atol=1e-9
    )


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pd.Categorical, tuple])
def test_any_container(kind):
    names = np.array(["z", "x", "y"])[G].tolist()
    model = poisson().fit(X, strata=kind(names))
    assert model.strata_.tolist() == ["x", "y", "z"]
    assert model.score(X, strata=kind(names)) == model.score(X, strata=names)


def test_numbers_and_words_are_not_mixed_up():
    values, codes = Strata.of([1, "1", 1, "1"], 4)
    assert len(values) == 2
    assert codes[0] == codes[2] != codes[1]


DAYS = np.array(["2020-03-01", "2019-01-01", "2020-01-01"], dtype="M8[D]")[G]
DATES = {
    "days": DAYS,
    "nanoseconds": DAYS.astype("M8[ns]"),
    "seconds": DAYS.astype("M8[s]"),
    "pandas": pd.Series(pd.to_datetime(DAYS)),
    "date": DAYS.tolist(),
    "datetime": DAYS.astype("M8[s]").tolist(),
    "scalars": list(DAYS),
}


@pytest.mark.parametrize("fitted", DATES)
def test_dates_of_any_kind_are_the_same(fitted):
    model = poisson().fit(X, strata=DATES[fitted])
    assert [str(label) for label in model.strata_] == [
        "2019-01-01 00:00:00", "2020-01-01 00:00:00", "2020-03-01 00:00:00"
    ]  # fmt: skip
    expected = model.score_samples(X, strata=DATES[fitted])
    for dates in DATES.values():
        np.testing.assert_array_equal(model.score_samples(X, strata=dates), expected)
    same_day = model.score_samples(X, strata=DAYS[0])
    np.testing.assert_array_equal(same_day[G == 0], expected[G == 0])


def test_durations_are_labels():
    model = poisson().fit(X, strata=G.astype("m8[D]"))
    hours = G.astype("m8[D]").astype("m8[h]")
    assert model.score(X, strata=hours) == model.score(X, strata=G.astype("m8[D]"))


def test_a_pair_is_one_label_where_strata_are_pairs():
    pairs = [("a", 0), ("a", 1), ("b", 0)]
    model = poisson().fit(X, strata=[pairs[code] for code in G])
    model.set_params(handle_unknown="average")
    one, each = (model.score_samples(X[:2], strata=s) for s in (("a", 1), [("a", 1)] * 2))
    np.testing.assert_array_equal(one, each)
    of_rows = model.score_samples(X[:2], strata=(("a", 1), ("a", 1)))
    np.testing.assert_array_equal(of_rows, each)
    model.set_params(handle_unknown="error")
    with pytest.raises(ValueError, match=r"strata\[0\] = \('b', 1\) was not among the strata"):
        model.score_samples(X[:2], strata=("b", 1))


def test_rows_of_weight_0_may_be_of_any_stratum():
    weight = (G != 1).astype(float)
    model = poisson().fit(X, strata=G, sample_weight=weight)
    some = {"strata": G[G != 1]}
    for name in ("score", "bic", "icl", "relative_entropy"):
        own = getattr(model, name)(X, strata=G, sample_weight=weight)
        assert own == pytest.approx(getattr(model, name)(X[G != 1], **some), rel=1e-12)
    resp = (X > 5).ravel()
    own = model.elbo(X, resp, strata=G, sample_weight=weight)
    assert own == pytest.approx(model.elbo(X[G != 1], resp[G != 1], **some), rel=1e-12)
    with pytest.raises(ValueError, match=r"strata\[7\] = 1 was not among .* of the constructor"):
        model.score(X, strata=G)


@pytest.mark.parametrize(
    ("strata", "match"),
    [
        (G[:5], "one label for each of 20 rows"),
        (np.c_[G, G], r"one label for each of 20 rows, got shape \(20, 2\)"),
        ([None, *G[1:]], r"strata\[0\] is missing \(None\)"),
        (np.where(G == 1, np.nan, G), r"strata\[7\] is missing"),
        ([*G[:-1], pd.NA], r"strata\[19\] is missing"),
        (np.ma.masked_equal(G, 1), r"strata\[7\] is missing \(masked\)"),
        ([("a", np.nan), *[("a", 1)] * 19], r"strata\[0\] is missing \(\('a', nan\)\)"),
        (np.r_[DAYS[:19], np.datetime64("NaT")], r"strata\[19\] is missing"),
        (pd.to_datetime(DAYS) + pd.Timedelta(1, "ns"), "finer than microseconds, .*round them"),
        (DAYS.astype("M8[ns]") + np.timedelta64(1, "ns"), "finer than microseconds"),
        ([[1], *G[1:]], r"strata\[0\] = \[1\] cannot be a label"),
    ],
)
def test_bad_labels(strata, match):
    with pytest.raises(ValueError, match=match):
        poisson().fit(X, strata=strata)


def test_rows_of_weight_0_make_no_stratum():
    weight = (G != 1).astype(float)
    model = poisson().fit(X, strata=G, sample_weight=weight)
    np.testing.assert_array_equal(model.strata_, [0, 2])
    alone = poisson().fit(X[G != 1], strata=G[G != 1])
    np.testing.assert_allclose(model.strata_weights_, alone.strata_weights_, atol=1e-9)


def test_frames_have_the_weights_of_strata():
    model = poisson().fit(X, strata=np.array(["a", "b", "c"])[G])
    frame = model.to_frame()
    assert frame.columns.tolist()[:4] == ["weight", "weight[a]", "weight[b]", "weight[c]"]
    np.testing.assert_array_equal(frame.iloc[:, 1:4].to_numpy().T, model.strata_weights_)


def test_weight_2_is_a_row_twice():
    weight = 1.0 + np.arange(len(X)) % 2
    copies = np.repeat(np.arange(len(X)), weight.astype(int))
    model = poisson().fit(X, strata=G, sample_weight=weight)
    twice = poisson().fit(X[copies], strata=G[copies])
    np.testing.assert_allclose(model.strata_weights_, twice.strata_weights_, atol=1e-8)
    np.testing.assert_allclose(model.weights_, twice.weights_, atol=1e-8)
    assert model.bic(X, strata=G, sample_weight=weight) == pytest.approx(
        twice.bic(X[copies], strata=G[copies]), rel=1e-12
    )


# -- rows that are missing something, or unseen ----------------------------------------


CALLS = {
    "score": lambda model, **strata: model.score(X, **strata),
    "score_samples": lambda model, **strata: model.score_samples(X, **strata),
    "predict": lambda model, **strata: model.predict(X, **strata),
    "predict_proba": lambda model, **strata: model.predict_proba(X, **strata),
    "predict_log_proba": lambda model, **strata: model.predict_log_proba(X, **strata),
    "bic": lambda model, **strata: model.bic(X, **strata),
    "icl": lambda model, **strata: model.icl(X, **strata),
    "elbo": lambda model, **strata: model.elbo(X, (X > 5).ravel(), **strata),
    "sample": lambda model, **strata: model.sample(20, random_state=0, **strata)[0],
    "sample_latent": lambda model, **strata: model.sample_latent(X, random_state=0, **strata),
    "cdf": lambda model, **strata: model.cdf(X, **strata),
    "marginal_cdf": lambda model, **strata: model.marginal_cdf(X, **strata),
    "marginal_quantile": lambda model, **strata: model.marginal_quantile(
        np.full(20, 0.5), **strata
    ),
    "impute": lambda model, **strata: model.impute(X, **strata),
}
calls = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@calls
def test_strata_cannot_be_left_out(call):
    with pytest.raises(ValueError, match=r"strata is missing.*set_score_request\(strata=True\)"):
        call(poisson().fit(X, strata=G))


@calls
def test_strata_cannot_be_given_to_a_fit_without(call):
    with pytest.raises(ValueError, match="the model was fitted without"):
        call(poisson().fit(X), strata=G)


@calls
def test_unseen_strata(call):
    model = poisson().fit(X, strata=G)
    unseen = np.where(np.arange(20) == 3, 7, G)
    with pytest.raises(ValueError, match=r"strata\[3\] = 7 was not among the strata.*\[0, 1, 2\]"):
        call(model, strata=unseen)
    average = model.set_params(handle_unknown="average")
    everyone = PoissonMixture.from_params(weights=model.weights_, rates=model.rates_)
    found, expected = call(average, strata=np.full(20, 7)), call(everyone)
    if call in (CALLS["bic"], CALLS["icl"]):  # which count the weights of all strata
        expected += (model.n_parameters_ - everyone.n_parameters_) * np.log(20)
    if call is CALLS["sample"]:  # other numbers of the same law
        found, expected = np.sort(found, axis=0)[[5, 15]] > 5, [[False], [True]]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_a_row_that_nothing_can_have_made_has_the_weights_of_its_stratum():
    model = Mixture.from_params(
        family=Uniform(),
        weights=[[0.9, 0.1], [0.2, 0.8]],
        strata=["a", "b"],
        lows=[[0.0], [1.0]],
        highs=[[1.0], [2.0]],
    )
    resp = model.predict_proba([[5.0], [0.5], [5.0]], strata=["b", "b", "a"])
    np.testing.assert_allclose(resp, [[0.2, 0.8], [1.0, 0.0], [0.9, 0.1]])


def test_handle_unknown_is_checked():
    with pytest.raises(ValueError, match="handle_unknown"):
        poisson(handle_unknown="ignore").fit(X, strata=G)


def test_a_fit_without_strata_forgets_those_before():
    model = poisson().fit(X, strata=G).fit(X)
    assert not hasattr(model, "strata_")
    assert model.score(X) == poisson().fit(X).score(X)


def test_an_error_leaves_the_fit_before():
    model = poisson().fit(X, strata=G)
    with pytest.raises(ValueError, match="strata"):
        model.fit(X, strata=G[:3])
    np.testing.assert_array_equal(model.strata_, [0, 1, 2])


# -- draws -----------------------------------------------------------------------


def test_samples_have_their_stratum_s_weights():
    model = PoissonMixture.from_params(
        weights=[[0.9, 0.1], [0.2, 0.8]], strata=["b", "a"], rates=[[1.0], [50.0]]
    )
    np.testing.assert_allclose(model.weights_, [0.55, 0.45])
    strata = np.repeat(["a", "b"], 4000)
    rows, labels = model.sample(8000, random_state=0, strata=strata)
    for stratum, weight in (("a", 0.2), ("b", 0.9)):
        share = (labels[strata == stratum] == 0).mean()
        assert share == pytest.approx(weight, abs=4 * np.sqrt(weight * (1 - weight) / 4000))
    assert rows[labels == 0].mean() == pytest.approx(1, abs=0.1)
    again, _ = model.sample(8000, random_state=0, strata=strata)
    np.testing.assert_array_equal(rows, again)
    low, _ = model.sample(500, random_state=0, strata="b")  # one for all rows
    assert (low < 20).mean() > 0.8


def test_from_params_wants_a_row_for_each_stratum():
    with pytest.raises(ValueError, match="a row for each of the strata"):
        PoissonMixture.from_params(weights=[0.5, 0.5], strata=["a"], rates=[[1.0], [2.0]])
    with pytest.raises(ValueError, match="different labels"):
        PoissonMixture.from_params(
            weights=[[0.5, 0.5]] * 2, strata=["a", "a"], rates=[[1.0], [2.0]]
        )


# -- with the options -------------------------------------------------------------


def test_components_are_renumbered_everywhere():
    model = PoissonMixture(2, order_by="rates", random_state=0).fit(X, strata=G)
    assert model.rates_[0, 0] < model.rates_[1, 0]
    np.testing.assert_allclose(
        model.strata_weights_[:, 0], [0.8546988, 0.1258061, 0.4930545], atol=1e-5
    )
    share = np.bincount(G) / len(G)
    np.testing.assert_allclose(model.weights_, share @ model.strata_weights_, rtol=1e-12)


def test_weights_fixed_and_with_a_prior():
    held = poisson(fixed={"weights": [0.3, 0.7]}).fit(X, strata=G)
    np.testing.assert_allclose(held.strata_weights_, np.tile([0.3, 0.7], (3, 1)))
    assert held.n_parameters_ == 2
    strong = poisson(prior={"weights": 1e6}).fit(X, strata=G)
    np.testing.assert_allclose(strong.strata_weights_, 0.5, atol=1e-4)
    one = poisson(prior={"weights": 3.0}).fit(X, strata=G)
    resp = one.predict_proba(X, strata=G)
    for code in range(3):
        mass = resp[G == code].sum(axis=0) + 2.0
        np.testing.assert_allclose(one.strata_weights_[code], mass / mass.sum(), atol=1e-6)


def test_a_warm_start_takes_the_strata_that_it_knows():
    model = poisson(warm_start=True).fit(X, strata=G)
    before, iterations = model.strata_weights_.copy(), model.n_iter_
    model.fit(X, strata=G)
    assert model.n_iter_ <= iterations
    np.testing.assert_allclose(model.strata_weights_, before, atol=1e-6)
    model.fit(X, strata=np.where(G == 2, 5, G))
    np.testing.assert_array_equal(model.strata_, [0, 1, 5])
    np.testing.assert_allclose(model.strata_weights_, before, atol=1e-5)
    model.fit(X)
    assert model.score(X) * len(X) == pytest.approx(-48.7615496125, abs=1e-7)


def test_partial_fit_says_that_it_has_no_strata():
    with pytest.raises(ValueError, match="partial_fit does not go on from a fit with strata"):
        poisson().fit(X, strata=G).partial_fit(X)


def test_sparse_rows_and_exposures():
    table = np.hstack([X, X[::-1]])
    dense = PoissonMixture(2, random_state=0).fit(table, strata=G)
    loose = PoissonMixture(2, random_state=0).fit(sparse.csr_array(table), strata=G)
    assert loose.score(table, strata=G) == pytest.approx(dense.score(table, strata=G), abs=1e-9)
    size = np.linspace(0.5, 2, len(X))
    model = NegativeBinomialMixture(2, fixed={"sizes": [[4.0], [4.0]]}, random_state=0)
    model.fit(X, strata=G, exposure=size)
    mean = size * model.means_  # (K, n)
    joint = stats.nbinom.logpmf(X.T, 4.0, 4.0 / (4.0 + mean)).T + np.log(model.strata_weights_[G])
    np.testing.assert_allclose(
        model.score_samples(X, strata=G, exposure=size), logsumexp(joint, axis=1), rtol=1e-10
    )


def test_rows_on_file(tmp_path, monkeypatch):
    monkeypatch.setattr("skmixture.table.streamed.MOST_HELD", 1000)
    rng = np.random.RandomState(0)
    strata = rng.randint(3, size=3000)
    high = rng.uniform(size=3000) < np.array([0.2, 0.5, 0.9])[strata]
    rows = rng.normal(size=(3000, 2)) + high[:, None] * [3.0, 6.0]
    path = tmp_path / "rows.npy"
    np.save(path, rows)
    options = {
        "weights_init": [0.5, 0.5],
        "means_init": [[0, 0], [5, 10]],
        "tol": 1e-8,
        "max_iter": 2000,
    }
    options["precisions_init"] = [np.eye(2)] * 2
    held = GaussianMixture(2, **options).fit(rows, strata=strata)
    on_file = GaussianMixture(2, **options).fit(np.load(path, mmap_mode="r"), strata=strata)
    assert on_file.n_iter_ == held.n_iter_
    np.testing.assert_allclose(on_file.strata_weights_, held.strata_weights_, atol=1e-9)
    resp = on_file.predict_proba(np.load(path, mmap_mode="r"), strata=strata)
    np.testing.assert_allclose(resp, held.predict_proba(rows, strata=strata), atol=1e-9)


def test_dask_arrays_say_no():
    array = pytest.importorskip("dask.array")
    with pytest.raises(ValueError, match="strata cannot be given with a Dask array"):
        poisson().fit(array.from_array(X), strata=G)
    with pytest.raises(ValueError, match="must not be a Dask array where there are strata"):
        poisson().fit(X, strata=G).predict(array.from_array(X), strata=G)


# -- in scikit-learn's tools --------------------------------------------------------


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_grid_search_with_routing(routing):
    model = poisson().set_fit_request(strata=True).set_score_request(strata=True)
    grid = {"acceleration": [None, "lbfgs"]}
    search = GridSearchCV(model, grid, cv=KFold(4, shuffle=True, random_state=0))
    search.fit(X, strata=G)
    by_hand = []
    for train, test in KFold(4, shuffle=True, random_state=0).split(X):
        fold = clone(model).fit(X[train], strata=G[train])
        by_hand.append(fold.score(X[test], strata=G[test]))
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], np.mean(by_hand), atol=1e-7)
    assert search.best_estimator_.strata_weights_.shape == (3, 2)


def test_pipeline_with_routing(routing):
    rows = np.hstack([X, X[::-1]]).astype(float)
    model = GaussianMixture(2, random_state=0)
    model.set_fit_request(strata=True).set_score_request(strata=True)
    pipe = make_pipeline(StandardScaler(), model.set_predict_request(strata=True))
    pipe.fit(rows, strata=G)
    scaled = StandardScaler().fit_transform(rows)
    alone = GaussianMixture(2, random_state=0).fit(scaled, strata=G)
    assert pipe.score(rows, strata=G) == pytest.approx(alone.score(scaled, strata=G))
    np.testing.assert_array_equal(pipe.predict(rows, strata=G), alone.predict(scaled, strata=G))
    if tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 7):  # where scorers route to it
        cv = KFold(2, shuffle=True, random_state=0)
        scores = cross_validate(pipe, rows, params={"strata": G}, cv=cv)["test_score"]
        assert np.isfinite(scores).all()


def test_without_routing_no_answer_is_wrong():
    """fit gets the strata of its rows, score none: that is an error, which the search reports."""
    search = GridSearchCV(poisson(), {"max_iter": [50]}, cv=2, error_score="raise")
    with pytest.raises(ValueError, match="strata is missing"):
        search.fit(X, strata=G)
    pipe = make_pipeline(StandardScaler(), GaussianMixture(2, random_state=0))
    pipe.fit(X.astype(float), gaussianmixture__strata=G)
    with pytest.raises(ValueError, match="strata is missing"):
        pipe.score(X.astype(float))


def test_the_family_is_free():
    """A mixture of any family takes strata, as the named ones do."""
    options = {"params_init": {"rates": [[1], [9]]}, "weights_init": [0.5, 0.5]}
    model = Mixture(Poisson(), 2, **options).fit(X, strata=G)
    assert model.score(X, strata=G) * len(X) == pytest.approx(-44.8298379859, abs=1e-8)
