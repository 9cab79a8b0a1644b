"""What is made of standard errors, and what they do not tell."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from cases import CASES
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning, NotFittedError

import skmixture
from skmixture import (
    BernoulliMixture,
    CategoricalMixture,
    Mixture,
    MultinomialMixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.families import Poisson
from skmixture.inference import StandardErrors, standard_errors
from skmixture.inference.likelihood.differences import hessian, jacobian
from skmixture.plain.arrays import Inline
from skmixture.plain.writing import Writer
from skmixture.priors import Gamma

COUNTS = np.random.RandomState(0).poisson(3.0, size=(200, 1))
BY_NAME = {case.name: case for case in CASES}


# -- functions ----------------------------------------------------------------


def test_functions_of_the_parameters():
    model = PoissonMixture(1).fit(COUNTS)
    se, rate, n = standard_errors(model, COUNTS), COUNTS.mean(), len(COUNTS)
    found = se.of(lambda params: {"a": np.exp(-params["rates"]), "b": params["rates"] ** 3}["a"])
    np.testing.assert_allclose(found, np.exp(-rate) * np.sqrt(rate / n), rtol=1e-10)
    assert found.shape == (1, 1)
    assert se.of(lambda params: 7.0) == 0
    with pytest.raises(ValueError, match="not finite"), np.errstate(invalid="ignore"):
        se.of(lambda params: np.log(params["rates"] - 100))
    again = pickle.loads(pickle.dumps(se))
    assert again["rates"] == se["rates"]
    assert again.of(lambda params: params["rates"]) == pytest.approx(se["rates"])
    assert "observed" in repr(se)
    assert sorted(se) == ["rates", "weights"]
    with pytest.raises(KeyError, match="none of"):
        se["means"]


def test_differences_are_exact():
    point = np.array([0.3, -0.2])

    def function(z):
        return np.exp(z[:, 0] * 2) * np.sin(z[:, 1])

    a, b = np.exp(0.6), point[1]
    slopes = jacobian(function, point, np.full(2, 0.1), levels=4).value
    np.testing.assert_allclose(slopes, [2 * a * np.sin(b), a * np.cos(b)], rtol=1e-11)
    curves = hessian(function, point, np.full(2, 0.1)).value
    known = [[4 * a * np.sin(b), 2 * a * np.cos(b)], [2 * a * np.cos(b), -a * np.sin(b)]]
    np.testing.assert_allclose(curves, known, rtol=1e-7)


# -- what cannot be told ------------------------------------------------------


def test_equal_components_are_singular():
    model = PoissonMixture.from_params(weights=[0.4, 0.6], rates=[[COUNTS.mean()]] * 2)
    with pytest.warns(UserWarning, match=r"singular: .*logit weights\[0\]"):
        se = standard_errors(model, COUNTS, kind="opg")
    assert np.isnan(se["weights"]).all()
    assert not se.positive_definite
    assert se.condition > 1e8
    mean = se.of(lambda params: params["weights"] @ params["rates"])  # which the rows do tell
    assert mean == pytest.approx(COUNTS.mean() / np.sqrt(((COUNTS - COUNTS.mean()) ** 2).sum()))


def test_what_lies_at_an_edge_is_not_told():
    """A vanishing slope is no certainty."""
    X = np.random.RandomState(0).multinomial(10, [0.2, 0.8, 0.0], size=50)
    with pytest.warns(UserWarning, match="ended at 0"):
        model = MultinomialMixture(1).fit(X)
    with pytest.warns(UserWarning, match=r"do not tell log probs\[0, 2\] / probs\[0, 0\], and"):
        se = standard_errors(model, X)
    p = model.probs_[0, 0]
    known = np.sqrt(p * (1 - p) / X.sum())
    np.testing.assert_allclose(se["probs"], [[known, known, np.nan]], rtol=1e-6)
    empty = PoissonMixture.from_params(weights=[1.0, 0.0], rates=[[COUNTS.mean()], [5.0]])
    with pytest.warns(UserWarning, match=r"logit weights\[0\], log rates\[1, 0\]") as record:
        se = standard_errors(empty, COUNTS)
    assert all(warning.filename == __file__ for warning in record)
    assert np.isnan(se["weights"]).all()
    assert np.isfinite(se["rates"]).tolist() == [[True], [False]]
    one = BernoulliMixture.from_params(weights=[1.0], probs=[[1.0 - 1e-16]])
    with pytest.warns(UserWarning, match="do not tell"):
        assert np.isnan(standard_errors(one, np.ones((20, 1)))["probs"]).all()


@pytest.mark.parametrize("kind", ["observed", "sandwich", "opg"])
def test_next_to_an_edge_numpy_says_nothing(kind):
    """A step may lead to a probability of 1."""
    model = BernoulliMixture.from_params(weights=[1.0], probs=[[1 - 1e-16]])
    with pytest.warns(UserWarning, match="do not tell") as record:
        standard_errors(model, np.ones((20, 1)), kind=kind)
    assert not [warning for warning in record if warning.category is RuntimeWarning]


def test_categories_of_any_kind():
    rng = np.random.RandomState(0)
    X = np.stack([rng.choice(["a", "b", "c"], 100), rng.choice(["x", "y"], 100)], axis=1)
    se = standard_errors(CategoricalMixture(1).fit(X), X)
    places = [(0, 1), (0, 2), (1, 1)]
    assert se.names == [f"log probs[0, {j}, {c}] / probs[0, {j}, 0]" for j, c in places]
    for j, categories in enumerate((["a", "b", "c"], ["x", "y"])):
        p = (X[:, j, None] == categories).mean(axis=0)
        known = np.sqrt(p * (1 - p) / len(X))
        np.testing.assert_allclose(se["probs"][0, j, : len(p)], known, rtol=1e-6)
    assert se["probs"][0, 1, 2] == 0
    assert sorted(se) == ["probs", "weights"]


def test_values_that_are_missing():
    X = COUNTS.repeat(2, axis=1).astype(float)
    X[::7, 1] = np.nan
    found = standard_errors(PoissonMixture(1).fit(X), X)["rates"][0]
    known = np.sqrt(np.nanmean(X, axis=0) / np.isfinite(X).sum(axis=0))
    np.testing.assert_allclose(found, known, rtol=1e-7)


def test_a_saddle_is_indefinite():
    rng = np.random.RandomState(0)
    X = np.where(rng.uniform(size=300) < 0.4, 0.0, 1e4)[:, None] + rng.normal(size=(300, 1))
    fixed = {"covariances": np.full((2, 1, 1), X.var() / 4), "weights": [0.5, 0.5]}
    model = Mixture.from_params(
        weights=[0.5, 0.5], means=[[X.mean()]] * 2, covariances=fixed["covariances"], fixed=fixed
    )
    with pytest.warns(UserWarning, match=r"indefinite, .*by means\[0, 0\], means\[1, 0\]"):
        se = standard_errors(model, X)
    assert np.isnan(se["means"]).all()
    assert not se.positive_definite
    assert se.condition == np.inf


def test_no_maximum_and_no_convergence():
    model = PoissonMixture(1).fit(COUNTS)
    with pytest.warns(UserWarning, match="no maximum for these rows"):
        standard_errors(model, COUNTS[:100] + 1)
    with pytest.warns(ConvergenceWarning):
        short = PoissonMixture(2, max_iter=1, random_state=0).fit(COUNTS)
    with pytest.warns() as record:
        standard_errors(short, COUNTS)
    assert any(issubclass(warning.category, ConvergenceWarning) for warning in record)


def test_bad_input():
    with pytest.raises(TypeError, match="fitted mixture"):
        standard_errors("model", COUNTS)
    model = PoissonMixture(1)
    with pytest.raises(NotFittedError):
        standard_errors(model, COUNTS)
    model.fit(COUNTS)
    with pytest.raises(ValueError, match="features"):
        standard_errors(model, np.ones((5, 2)))
    with pytest.raises(ValueError, match="kind must be one of"):
        standard_errors(model, COUNTS, kind="expected")
    with pytest.raises(ValueError, match="sample_weight"):
        standard_errors(model, COUNTS, sample_weight=[1, 2])
    with pytest.raises(ValueError, match="fitted without"):
        standard_errors(model, COUNTS, strata=np.zeros(len(COUNTS)))
    with pytest.raises(ValueError, match="outside the support"):
        standard_errors(model, COUNTS - 10)
    sharp = Mixture.from_params(family=Poisson(), weights=[1.0], rates=[[3.0]])
    assert standard_errors(sharp, np.full((9, 1), 3.0))["rates"].item() == pytest.approx(3**-0.5)


@pytest.mark.parametrize("kind", ["observed", "sandwich"])
def test_weights_count_as_rows_beside_a_prior(kind):
    x = np.random.RandomState(0).poisson(np.repeat([2.0, 9.0], 40))[:, None].astype(float)
    model = PoissonMixture(2, order_by="rates", prior={"rates": Gamma(50.0, 10.0)}, random_state=0)
    weight = np.full(80, 4.0)
    weighted = standard_errors(
        model.fit(x, sample_weight=weight), x, sample_weight=weight, kind=kind
    )
    times = np.repeat(x, 4, axis=0)
    repeated = standard_errors(model.fit(times), times, kind=kind)
    for name in ("weights", "rates"):
        np.testing.assert_allclose(weighted[name], repeated[name], rtol=1e-5)


# -- intervals and tables -----------------------------------------------------------


@pytest.fixture(scope="module")
def of_counts():
    model = NegativeBinomialMixture(1).fit(
        np.random.RandomState(0).negative_binomial(3, 0.3, (80, 1))
    )
    X = np.random.RandomState(0).negative_binomial(3, 0.3, (80, 1))
    return model, standard_errors(model, X)


def test_intervals_are_so_many_errors_on_a_scale(of_counts):
    model, se = of_counts
    z = norm.ppf(0.95)
    low, high = se.confidence_interval(0.9, "identity")["sizes"]
    np.testing.assert_allclose(low, model.sizes_ - z * se["sizes"])
    np.testing.assert_allclose(high, model.sizes_ + z * se["sizes"])
    ends = se.confidence_interval(0.9, {"sizes": "log"})["sizes"]
    factor = np.exp(z * se["sizes"] / model.sizes_)
    np.testing.assert_allclose(ends, [model.sizes_ / factor, model.sizes_ * factor], rtol=1e-6)
    np.testing.assert_allclose(se.confidence_interval(0.9)["sizes"], ends, rtol=1e-6)
    of = dict(transform="log", function=lambda p: 1 / p["sizes"])
    turned = se.confidence_interval(0.9, **of)
    np.testing.assert_allclose(turned, 1 / ends[::-1], rtol=1e-6)
    by_pair = se.confidence_interval(0.9, {"sizes": (np.reciprocal, np.reciprocal)})["sizes"]
    assert (by_pair[0] < by_pair[1]).all()
    assert set(se.confidence_interval()) == set(se)


def test_intervals_that_are_unfit(of_counts):
    _, se = of_counts
    for options, message in [
        ({"level": 95}, "level must be a number between 0 and 1, got 95"),
        ({"transform": {"size": "log"}}, "transform has 'size', which is none of"),
        ({"transform": "logit"}, "'logit' has no value at .* of means: give each"),
        ({"function": "sizes"}, "function must be a callable"),
        ({"function": lambda p: p["weights"] - 1, "transform": "log"}, "has no slope at what"),
    ]:
        with pytest.raises(ValueError, match=message):
            se.confidence_interval(**options)


def test_a_table(of_counts):
    pytest.importorskip("pandas")
    model, se = of_counts
    frame = se.to_frame()
    assert list(frame.columns) == ["estimate", "standard_error"]
    assert frame.loc["sizes[0, 0]"].tolist() == [model.sizes_[0, 0], se["sizes"][0, 0]]
    assert len(frame) == sum(value.size for value in se.values())


def test_an_edge_points_at_the_profile():
    X = (np.random.RandomState(0).uniform(size=(60, 3)) < 0.5).astype(int)
    X[:, 1] = 0
    with pytest.warns(UserWarning, match="ended at 0 or 1"):
        model = BernoulliMixture(1).fit(X)
    with pytest.warns(UserWarning, match=r"At an edge: probs_\[0, 1\], of which profile_interval"):
        se = standard_errors(model, X)
    assert np.isnan(se.confidence_interval()["probs"][:, 0, 1]).all()


# -- saving -----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["json", "npz"])
@pytest.mark.parametrize("name", ["Gaussian-full", "NegativeBinomial", "Multinomial"])
def test_saved_and_loaded(name, ending, tmp_path):
    case = BY_NAME[name]
    X, _ = case.draw(200)
    truth = dict(weights_init=case.weights, params_init=case.params)
    se = standard_errors(Mixture(case.family, case.n_components, **truth).fit(X), X)
    se.save(tmp_path / f"errors.{ending}")
    loaded = skmixture.load(tmp_path / f"errors.{ending}")
    assert isinstance(loaded, StandardErrors)
    assert (list(loaded), loaded.names, loaded.kind) == (list(se), se.names, "observed")
    assert (loaded.condition, loaded.positive_definite) == (se.condition, se.positive_definite)
    for key in ("estimate", "covariance", "information", "errors"):
        np.testing.assert_array_equal(getattr(loaded, key), getattr(se, key))
    for transform in (None, "identity"):
        own = se.confidence_interval(0.9, transform)
        for key, ends in loaded.confidence_interval(0.9, transform).items():
            np.testing.assert_array_equal(loaded[key], se[key])
            np.testing.assert_array_equal(ends, own[key])
    assert repr(loaded.summary()) == repr(se.summary())


def test_what_rows_do_not_tell_is_saved_as_well():
    model = PoissonMixture.from_params(weights=[0.4, 0.6], rates=[[COUNTS.mean()]] * 2)
    with pytest.warns(UserWarning, match="singular"):
        se = standard_errors(model, COUNTS, kind="opg")
    loaded = StandardErrors.from_dict(json.loads(json.dumps(se.to_dict())))
    assert np.isnan(loaded["rates"]).all()
    assert np.isnan(loaded.confidence_interval()["rates"]).all()
    assert repr(loaded) == repr(se)


def test_a_loaded_result_has_no_likelihood(of_counts):
    _, se = of_counts
    loaded = StandardErrors.from_dict(se.to_dict())
    for call in (
        lambda: loaded.of(lambda p: p["sizes"]),
        lambda: loaded.confidence_interval(function=lambda p: p["sizes"]),
        lambda: loaded.confidence_interval(transform={"sizes": "log"}),
    ):
        with pytest.raises(ValueError, match="needs the likelihood, .* ask standard_errors again"):
            call()


def test_parts_that_do_not_fit_are_refused(of_counts):
    _, se = of_counts
    for name, value, message in [
        ("names", ["log means[0, 0]"], "estimate must have a value for each of 1 names"),
        ("covariance", np.eye(3), r"must have the shape \(2, 2\)"),
        ("kind", "expected", "kind must be one of"),
        ("by_name", {"sizes": np.ones((1, 1))}, "by_name and estimates must have the same"),
        ("labels", {"sizes": ["a"]}, "labels must name every number"),
        ("matrices", ["covariances"], "bounds and matrices must be of the names"),
    ]:
        document = se.to_dict()
        state = document["content"]["state"]
        state[name] = Writer(Inline()).plain(value, name)
        with pytest.raises(ValueError, match=message):
            StandardErrors.from_dict(document)
