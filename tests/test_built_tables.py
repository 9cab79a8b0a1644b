"""Tables of mixed kinds as products: strings among numbers, and columns by name."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmixture import CategoricalMixture, Mixture
from skmixture.families import Bernoulli, Categorical, Components, Gaussian, Poisson, Product


def table(n=500, seed=0):
    """Rows of two kinds: a length, a colour, a count, whether it smokes, a grade."""
    rng = np.random.RandomState(seed)
    kind = rng.uniform(size=n) < 0.4
    other = np.where(rng.uniform(size=n) < 0.5, "blue", "green")
    return pd.DataFrame(
        {
            "size": rng.normal(np.where(kind, 0.0, 4.0), 1.0),
            "colour": np.where(rng.uniform(size=n) < np.where(kind, 0.9, 0.2), "red", other),
            "visits": rng.poisson(np.where(kind, 2.0, 9.0)),
            "smoker": rng.uniform(size=n) < np.where(kind, 0.2, 0.7),
            "grade": pd.Categorical(
                np.where(rng.uniform(size=n) < np.where(kind, 0.2, 0.7), "A", "B")
            ),
        }
    )


LAW = Product(
    [
        ("size", Gaussian(), "size"),
        ("traits", Categorical(), ["colour", "grade"]),
        ("visits", Poisson(), "visits"),
        ("smoker", Bernoulli(), "smoker"),
    ]
)
CODED = Product(
    [
        ("size", Gaussian(), 0),
        ("traits", Categorical([3, 2]), [1, 4]),
        ("visits", Poisson(), 2),
        ("smoker", Bernoulli(), 3),
    ]
)
OPTIONS = {"random_state": 0, "order_by": "size__means", "n_init": 6}


def codes(frame):
    """The same table in codes of sorted categories."""
    frame = frame.copy()
    for name in ("colour", "grade"):
        frame[name] = np.unique(frame[name].astype(str), return_inverse=True)[1]
    return frame.to_numpy(dtype=float)


def test_categories_are_learnt_as_if_they_were_codes():
    X = table()
    model, coded = Mixture(LAW, 2, **OPTIONS).fit(X), Mixture(CODED, 2, **OPTIONS).fit(codes(X))
    assert [own.tolist() for own in model.traits__categories_] == [
        ["blue", "green", "red"], ["A", "B"],
    ]  # fmt: skip
    for name, value in coded.params_.items():
        np.testing.assert_array_equal(model.params_[name], value)
    np.testing.assert_array_equal(model.score_samples(X), coded.score_samples(codes(X)))
    assert model.n_parameters_ == coded.n_parameters_
    drawn, _ = model.sample(200, random_state=1)
    assert set(drawn[:, 1]) == {"blue", "green", "red"}
    drawn = pd.DataFrame(drawn, columns=X.columns)
    expected, _ = coded.sample(200, random_state=1)
    np.testing.assert_array_equal(drawn["size"], expected[:, 0])
    np.testing.assert_allclose(model.score_samples(drawn), coded.score_samples(expected))
    for copy in (pickle.loads(pickle.dumps(model)), Mixture.from_dict(model.to_dict())):
        np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
        assert copy.traits__categories_[0].tolist() == ["blue", "green", "red"]


def test_tables_of_objects_by_position():
    X = table()
    by_place = Product([(name, law, own) for (name, law), (_, _, own) in zip(
        LAW.laws, CODED.parts, strict=True)])  # fmt: skip
    named = Mixture(LAW, 2, **OPTIONS).fit(X)
    rows = X.to_numpy(dtype=object)
    for given in (rows, rows.tolist()):
        model = Mixture(by_place, 2, **OPTIONS).fit(given)
        np.testing.assert_array_equal(model.score_samples(given), named.score_samples(X))
    with pytest.raises(ValueError, match="'size' is asked for by name, but X has no column names"):
        Mixture(LAW, 2).fit(rows)


@pytest.mark.filterwarnings("ignore:.*ended at")  # no row has the grade "C"
def test_alone_a_law_of_categories_learns_them_too():
    X = table()[["colour", "grade"]]
    one = Mixture(Categorical(), 2, random_state=0).fit(X)
    other = CategoricalMixture(2, random_state=0).fit(X)
    np.testing.assert_array_equal(one.probs_, other.probs_)
    assert [own.tolist() for own in one.categories_] == [own.tolist() for own in other.categories_]
    for flat in (["A", "B", "C"], [["A", "B", "C"]]):
        model = Mixture(Categorical(categories=flat)).fit(X[["grade"]])
        assert model.categories_[0].tolist() == ["A", "B", "C"]
        assert model.probs_.shape == (1, 1, 3)
    with pytest.raises(ValueError, match="leave one of the two out"):
        Mixture(Categorical(2, categories=["a", "b"])).fit([["a"]])


def changed(row, column, value):
    X = table(20)
    X = X.astype({column: object})
    X.loc[row, column] = value
    return X


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (changed(7, "colour", "mauve"), r"X\[7, 'colour'\] = 'mauve' is none of the categories of "
         "column 'colour': 'blue', 'green', 'red'. Name all .* as missing, NaN or None"),
        (changed(3, "visits", "many"), r"X\[3, 'visits'\] = 'many' is no number: give the column"),
        (changed(3, "visits", np.inf), r"X\[3, 'visits'\] is infinite"),
        (changed(3, "visits", 2.5), r"X\[3, 'visits'\] = 2.5 lies outside the support of part 'v"),
    ],
)  # fmt: skip
def test_a_value_that_is_unfit_is_named(X, message):
    model = Mixture(LAW, 2, **OPTIONS).fit(table())
    for method in (model.predict, model.score, model.score_samples, model.partial_fit):
        with pytest.raises(ValueError, match=message):
            method(X)


WORDS = pd.DataFrame({"a": [1.0, 2.0, 3.0, 9.0], "s": list("xyxy")})


@pytest.mark.parametrize(
    ("law", "message"),
    [
        (Gaussian(), r"^X\[0, 's'\] = 'x' is no number: give the column to a part of a Product"),
        (Product([("a", Gaussian(), ["a", "s"])]), r"^X\[0, 's'\] = 'x' is no number"),
        (Product([("a", Gaussian(), "a")]), "^column 's' of X belongs to no part"),
        (Product([("a", Categorical(), "a")]), "^column 's' of X belongs to no part"),
    ],
)
def test_a_column_of_words_is_named(law, message):
    with pytest.raises(ValueError, match=message):
        Mixture(law, 2).fit(WORDS)
    with pytest.raises(ValueError, match=r"^X\[0, 1\] = 'x' is no number"):
        Mixture(Gaussian(), 2).fit(WORDS.to_numpy())


@pytest.mark.filterwarnings("ignore:.*ended at")  # no row has the grade "C"
def test_categories_that_are_named_need_not_occur():
    X = table()
    law = clone(LAW).set_params(traits__categories=[["red", "green", "blue"], ["A", "B", "C"]])
    model, plain = (Mixture(own, 2, **OPTIONS).fit(X) for own in (law, LAW))
    assert model.score(X) == pytest.approx(plain.score(X), rel=1e-9)
    reversed_probs = model.traits__probs_[:, 0, ::-1]
    np.testing.assert_allclose(reversed_probs, plain.traits__probs_[:, 0], rtol=1e-5)
    assert (model.traits__probs_[:, 1, 2] < 1e-100).all()


def test_a_stream_keeps_the_categories_of_its_first_rows():
    X = table(600)
    model = Mixture(LAW, 2, forgetting=1.0, **OPTIONS).partial_fit(X[:300]).partial_fit(X[300:])
    whole = Mixture(LAW, 2, **OPTIONS).fit(X)
    np.testing.assert_allclose(model.traits__probs_, whole.traits__probs_, atol=0.1)
    refitted = model.fit(X.assign(colour="red"))
    assert refitted.traits__categories_[0].tolist() == ["red"]


def test_known_parameters_and_columns_by_name():
    X = table()
    model = Mixture(LAW, 2, **OPTIONS).fit(X)
    copy = Mixture.from_params(
        family=model.family_, weights=model.weights_, feature_names_in=X.columns, **model.params_
    )
    np.testing.assert_array_equal(copy.score_samples(X), model.score_samples(X))
    law = Product([("a", Gaussian(), ["x", "y"]), ("b", Poisson(), "n")])
    params = {"a__means": [[0, 1]], "a__covariances": [np.eye(2)], "b__rates": [[3.0]]}
    row = {"x": [0.5], "y": [1.0], "n": [3]}
    by_law = Mixture.from_params(family=law, weights=[1.0], **params)
    assert by_law.feature_names_in_.tolist() == ["x", "y", "n"]
    order = ["n", "y", "x"]
    by_user = Mixture.from_params(family=law, weights=[1.0], feature_names_in=order, **params)
    frame = pd.DataFrame(row)
    np.testing.assert_array_equal(by_law.score_samples(frame), by_user.score_samples(frame[order]))
    with pytest.raises(ValueError, match="feature names"):
        by_law.predict(frame[order])
    inner = Product([("one", law, ["n", "x", "y"]), ("two", Poisson(), "m")])
    params = {f"one__{name}": value for name, value in params.items()} | {"two__rates": [[1.0]]}
    nested = Mixture.from_params(family=inner, weights=[1.0], **params)
    assert nested.feature_names_in_.tolist() == ["n", "x", "y", "m"]
    expected = by_law.score_samples(frame) - 1
    np.testing.assert_allclose(nested.score_samples(frame[["n", "x", "y"]].assign(m=1)), expected)
    mixed = Product([("a", Gaussian(), ["x", "y"]), ("b", Poisson(), 2)])
    with pytest.raises(ValueError, match="by name and by position: give all names"):
        Mixture.from_params(family=mixed, weights=[1.0], a__means=0, a__covariances=0, b__rates=0)


@pytest.mark.filterwarnings("ignore:.*ended at")  # colours that one class lacks
def test_laws_of_components_read_the_same_categories():
    X = table()[["colour", "grade"]]
    alike = Components([("a", Categorical()), ("b", Categorical())])
    model = Mixture(alike, 2, random_state=0).fit(X)
    assert model.score(X) == pytest.approx(
        Mixture(Categorical(), 2, random_state=0).fit(X).score(X), abs=0.01
    )
    named = Categorical(categories=[["red", "green", "blue"], ["A", "B"]])
    law = Components([("a", Categorical()), ("b", named)])
    with pytest.raises(ValueError, match="'a' and 'b' in Components take the values of X for diff"):
        Mixture(law, 2).fit(X)


def test_in_a_pipeline():
    lower = FunctionTransformer(lambda X: X.assign(colour=X["colour"].str[0]))
    model = make_pipeline(lower, Mixture(LAW, 2, **OPTIONS)).fit(table())
    assert model[-1].traits__categories_[0].tolist() == ["b", "g", "r"]
    assert model.predict(table(5)).shape == (5,)
