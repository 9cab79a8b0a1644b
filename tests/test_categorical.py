"""Latent class analysis: categories of any kind, learnt, coded and described."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from skmixture import BernoulliMixture, CategoricalMixture, Mixture
from skmixture.families import Categorical, Gaussian, Product
from skmixture.families.categorical.padded import PaddedSimplex
from skmixture.transforms import simplex

PROFILES = np.array(
    [
        [[0.8, 0.2, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4], [0.7, 0.2, 0.1, 0.0]],
        [[0.1, 0.9, 0.0, 0.0], [0.7, 0.1, 0.1, 0.1], [0.1, 0.2, 0.7, 0.0]],
    ]
)
CATEGORIES = [["no", "yes"], [1, 2, 3, 4], ["high", "low", "mid"]]


def known():
    return CategoricalMixture.from_params(
        weights=[0.4, 0.6], probs=PROFILES, categories=CATEGORIES, random_state=0
    )


@pytest.fixture(scope="module")
def answers():
    """Rows (1500, 3) of objects, in any order."""
    return np.random.RandomState(1).permutation(known().sample(1500)[0])


def by_hand(X):
    """Log density of rows of `known`."""
    codes = [[own.index(x) for x in column] for own, column in zip(CATEGORIES, X.T, strict=True)]
    density = [
        weight * np.prod([PROFILES[k, j, code] for j, code in enumerate(codes)], axis=0)
        for k, weight in enumerate([0.4, 0.6])
    ]
    return np.log(np.sum(density, axis=0))


def test_columns_of_different_kinds(answers):
    assert answers.dtype == object
    assert_allclose(known().score_samples(answers), by_hand(answers), rtol=1e-12)
    model = CategoricalMixture(2, order_by="weights", random_state=0).fit(answers)
    assert [own.tolist() for own in model.categories_] == CATEGORIES
    assert_allclose(model.probs_, PROFILES, atol=0.12)
    assert model.probs_.shape == (2, 3, 4)
    assert (model.probs_[:, 0, 2:] == 0).all()
    assert_allclose(model.probs_.sum(axis=-1), 1, rtol=1e-12)
    assert model.n_parameters_ == 2 * (1 + 3 + 2) + 1
    gain = 2 * len(answers) * (model.score(answers) - known().score(answers))
    assert 0 < gain < 40


def test_published_parameters_come_back(answers):
    model = CategoricalMixture(2, random_state=0).fit(answers)
    again = CategoricalMixture(2, weights_init=model.weights_, probs_init=model.probs_, max_iter=0)
    assert_allclose(again.fit(answers).probs_, model.probs_, rtol=1e-12)
    held = CategoricalMixture(2, fixed=model.params_, random_state=0).fit(answers)
    assert_allclose(held.probs_, model.probs_, rtol=1e-12)
    assert held.n_parameters_ == 1
    some = np.full(model.probs_.shape, np.nan)
    some[0, 1] = model.probs_[0, 1]  # one item of one class
    held = CategoricalMixture(2, fixed={"probs": some}, random_state=0).fit(answers)
    assert held.n_parameters_ == model.n_parameters_ - 3
    assert_allclose(held.score(answers), model.score(answers), rtol=1e-9)
    tied = CategoricalMixture(2, tied=("probs",), random_state=0).fit(answers)
    assert tied.n_parameters_ == 6 + 1
    copy = CategoricalMixture.from_params(
        weights=model.weights_, categories=model.categories_, **model.params_
    )
    assert_allclose(copy.score_samples(answers), model.score_samples(answers), rtol=1e-12)
    assert copy.n_parameters_ == model.n_parameters_


def test_codes_stand_for_themselves():
    model = CategoricalMixture.from_params(weights=[0.4, 0.6], probs=PROFILES)
    assert [own.tolist() for own in model.categories_] == [[0, 1], [0, 1, 2, 3], [0, 1, 2]]
    X, _ = model.sample(400, random_state=1)
    assert X.dtype.kind == "i"
    generic = Mixture(Categorical([2, 4, 3]), 2, random_state=0).fit(X)
    named = CategoricalMixture(2, random_state=0).fit(X)
    assert_allclose(generic.score_samples(X), named.score_samples(X), rtol=1e-9)
    assert generic.n_parameters_ == named.n_parameters_


def test_two_kinds_of_respondents():
    """Role conflict (Stouffer and Toby 1951), as in Goodman 1974, Biometrika 61, 215-231."""
    X = np.array(list(product([1, 2], repeat=4)))
    n = np.array([42, 23, 6, 25, 6, 24, 7, 38, 1, 4, 1, 6, 2, 9, 2, 20])
    model = CategoricalMixture(2, order_by="weights", random_state=0).fit(X, sample_weight=n)
    ratio = 2 * (n * (np.log(n / 216) - model.score_samples(X))).sum()
    assert ratio == pytest.approx(2.72, abs=0.005)
    assert_allclose(model.weights_, [0.279, 0.721], atol=5e-4)
    published = [[0.993, 0.940, 0.927, 0.769], [0.714, 0.330, 0.354, 0.132]]
    assert_allclose(model.probs_[..., 0], published, atol=6e-4)


def test_two_categories_are_bernoulli():
    rng = np.random.RandomState(0)
    chance = np.where(np.arange(400)[:, None] < 150, [0.9, 0.8, 0.7, 0.9], [0.2, 0.3, 0.1, 0.3])
    X = rng.uniform(size=(400, 4)) < chance
    options = dict(order_by="weights", random_state=0)
    one, other = (cls(2, **options).fit(X) for cls in (CategoricalMixture, BernoulliMixture))
    assert one.categories_[0].tolist() == [False, True]
    assert_allclose(one.probs_[..., 1], other.probs_, atol=1e-5)
    assert_allclose(one.score(X), other.score(X), rtol=1e-10)


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({"categories": [["a"]]}, [["a"], ["b"]], r"X\[1, 0\] = 'b' is none of the categories"),
        ({"categories": [["a"]]}, [["a", "b"]], "categories must be 'auto' or a list"),
        ({"categories": "sorted"}, [["a"]], "categories must be 'auto' or a list"),
        ({"categories": [["a", "a"]]}, [["a"]], r"categories\[0\] must be a list"),
        ({}, [["a"], [1]], "column 0 of X mixes kinds"),
        ({}, [[None], [np.nan]], "column 0 of X has no value"),
    ],
)
def test_unfit_categories(options, X, message):
    with pytest.raises(ValueError, match=message):
        CategoricalMixture(1, **options).fit(np.array(X, dtype=object))


def test_unseen_categories_are_errors(answers):
    model = CategoricalMixture(2, random_state=0).fit(answers)
    strange = answers[:3].copy()
    strange[1, 2] = "very high"
    for method in ("predict", "score", "score_samples", "relative_entropy", "partial_fit"):
        with pytest.raises(ValueError, match=r"X\[1, 2\] = 'very high' is none of the categories"):
            getattr(model, method)(strange)
    with pytest.raises(ValueError, match=r"X\[1, 0\] = 2 is the code of no category"):
        Mixture(Categorical([2, 4])).fit([[0, 1], [2, 3]])
    with pytest.raises(ValueError, match="n_categories has 2 numbers"):
        Mixture(Categorical([2, 4])).fit([[0], [1]])
    with pytest.raises(ValueError, match="learns its categories in fit"):
        Mixture.from_params(family=Categorical(), weights=[1.0], probs=[[[0.5, 0.5]]])


@pytest.mark.filterwarnings("ignore:.*ended at")  # the one that does not occur
def test_named_categories_need_not_occur():
    model = CategoricalMixture(1, categories=[["c", "b", "a"]]).fit([["a"], ["b"], ["a"]])
    assert_allclose(model.probs_[0, 0], [0, 1 / 3, 2 / 3], atol=1e-12)
    assert np.isfinite(model.score_samples([["c"]])).all()


@pytest.mark.parametrize("levels", [["never", "some", "always", "often"], [3, 1, 2, 0]])
def test_an_ordered_column_gives_its_order(levels):
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    values = [levels[k] for k in rng.randint(3, size=60)]  # the last level does not occur
    ordered = pd.Series(pd.Categorical(values, levels, ordered=True))
    frame = pd.DataFrame({"a": ordered, "b": ordered.cat.as_unordered(), "c": rng.normal(size=60)})
    model = CategoricalMixture(1).fit(frame[["a", "b"]])
    assert [own.tolist() for own in model.categories_] == [levels[:3], sorted(levels[:3])]
    told = Mixture(Categorical(), 1).fit(frame[["b"]].astype(object))
    again = Mixture(Categorical(), 1).fit(frame[["a"]])
    assert_allclose(told.score_samples(frame[["b"]]), again.score_samples(frame[["a"]]))
    parts = [("size", Gaussian(), "c"), ("b", Categorical(), "b"), ("a", Categorical(), "a")]
    both = Mixture(Product(parts), 1).fit(frame)
    assert both.a__categories_[0].tolist() == levels[:3]
    assert both.b__categories_[0].tolist() == sorted(levels[:3])
    named = Mixture(Categorical(categories=levels[::-1]), 1)
    with pytest.warns(UserWarning, match="ended at 0"):
        named.fit(frame[["a"]])
    assert named.categories_[0].tolist() == levels[::-1]


def test_levels_of_an_ordered_column_that_are_missing():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": pd.Categorical(["b", None, "a", "b"], ["b", "a"], ordered=True)})
    model = Mixture(Categorical(), 1).fit(frame)
    assert model.categories_[0].tolist() == ["b", "a"]
    assert_allclose(model.probs_[0, 0], [2 / 3, 1 / 3], rtol=1e-6)


def test_a_failed_fit_changes_nothing(answers):
    model = CategoricalMixture(2, random_state=0).fit(answers)
    before = [own.tolist() for own in model.categories_]
    with pytest.raises(ValueError, match="n_samples"):
        model.fit([["x", 1, "y"]])
    assert [own.tolist() for own in model.categories_] == before
    assert_array_equal(model.predict(answers[:5]), clone(model).fit(answers).predict(answers[:5]))


def test_item_profiles(answers):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(answers, columns=["use", "grade", "price"])
    model = CategoricalMixture(2, order_by="weights", random_state=0).fit(frame)
    profiles = model.item_profiles()
    assert profiles.shape == (9, 2)
    assert profiles.loc[("price", "mid"), 0] == model.probs_[0, 2, 2]
    assert_allclose(profiles.groupby(level="item").sum(), 1)


def test_relative_entropy(answers):
    model = CategoricalMixture(2, random_state=0).fit(answers)
    resp = model.predict_proba(answers)
    entropy = -(resp * np.log(resp)).sum()
    expected = 1 - entropy / (len(answers) * np.log(2))
    assert model.relative_entropy(answers) == pytest.approx(expected)
    weight = np.arange(len(answers)) % 3
    by_weight = model.relative_entropy(answers, sample_weight=weight)
    by_rows = model.relative_entropy(np.repeat(answers, weight, axis=0))
    assert by_weight == pytest.approx(by_rows)
    assert CategoricalMixture(1).fit(answers).relative_entropy(answers) == 1


def test_rows_in_turn(answers):
    model = CategoricalMixture(2, order_by="weights", random_state=0)
    for begin in range(0, 1500, 300):
        model.partial_fit(answers[begin : begin + 300])
    assert_allclose(model.probs_, PROFILES, atol=0.15)


@pytest.mark.filterwarnings("ignore:.*ended at")  # rare categories
def test_many_categories():
    rng = np.random.RandomState(0)
    kind = rng.randint(2, size=6000)
    X = np.where(kind[:, None], rng.binomial(60, 0.4, (6000, 3)), rng.binomial(60, 0.6, (6000, 3)))
    found = CategoricalMixture(2, random_state=0, n_init=3).fit_predict(X)
    agreement = (found == kind).mean()
    assert max(agreement, 1 - agreement) > 0.97


@pytest.mark.filterwarnings("ignore:.*ended at")  # rare categories
def test_codes_on_file_and_in_chunks(tmp_path, monkeypatch):
    da = pytest.importorskip("dask.array")
    monkeypatch.setattr("skmixture.table.streamed.MOST_HELD", 0)
    X, _ = CategoricalMixture.from_params(weights=[0.4, 0.6], probs=PROFILES).sample(600, 0)
    model = Mixture(Categorical([2, 4, 3]), 2, random_state=0, n_init=3)
    score = clone(model).fit(X).score(X)
    assert_allclose(clone(model).fit(da.from_array(X, chunks=(200, 3))).score(X), score, rtol=1e-7)
    table = np.memmap(tmp_path / "X", dtype=float, mode="w+", shape=X.shape)
    table[:] = X
    assert_allclose(clone(model).fit(table).score(table), score, rtol=1e-7)
    table[7, 1] = 4
    with pytest.raises(ValueError, match="4 is the code of no category: column 1 has 4"):
        clone(model).fit(table)
    with pytest.raises(ValueError, match="must not be a Dask array"):
        CategoricalMixture(2).fit(da.from_array(X, chunks=(200, 3)))


def test_padded_coordinates():
    transform = PaddedSimplex(np.array([2, 3]))
    value = np.array([[0.3, 0.7, 0.0], [0.2, 0.5, 0.3]])
    z = transform.unconstrain(value)
    assert_allclose(z[0], [np.log(0.7 / 0.3), 0])
    assert_allclose(transform.constrain(z), value, rtol=1e-14)
    assert transform.holds(value).all()
    assert_array_equal(transform.holds([[0.3, 0.3, 0.4], [0.2, 0.5, 0.3]]), [False, True])
    expected = [simplex.log_jacobian(z[0, :1]), simplex.log_jacobian(z[1])]
    assert_allclose(transform.log_jacobian(z), expected)


@pytest.mark.parametrize("kind", [object, float])
@pytest.mark.filterwarnings("ignore:.*ended at")  # as 60 rows in two classes do
def test_answers_that_are_missing(kind):
    """They are in no cell: the shares are of the answers that are there."""
    rng = np.random.RandomState(0)
    answers = rng.randint(3, size=(60, 2)).astype(kind)
    if kind is object:
        answers = np.array([["no", "yes", "perhaps"][code] for code in answers.ravel()], object)
        answers = answers.reshape(60, 2)
    answers[::7, 0], answers[3, 1] = np.nan if kind is float else None, np.nan
    model = CategoricalMixture(1).fit(answers)
    assert len(model.categories_[0]) == 3
    there = [value for value in answers[:, 0] if value is not None and value == value]
    shares = [there.count(category) / len(there) for category in model.categories_[0].tolist()]
    np.testing.assert_allclose(model.probs_[0, 0], shares, rtol=1e-12)
    two = CategoricalMixture(2, random_state=0, n_init=3).fit(answers)
    assert np.isfinite(two.score_samples(answers)).all()
    nothing = np.array([[None, np.nan]], dtype=object)
    np.testing.assert_allclose(two.predict_proba(nothing)[0], two.weights_)
