"""Tables of estimates, replicates and draws: what stands in them, and what rows are called."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest

from skmixture import CategoricalMixture, Mixture, MultinomialMixture, PoissonMixture
from skmixture.estimator.scoring.naming import calling, entry_names, index_names
from skmixture.families import Gaussian, NegativeBinomial, Product
from skmixture.inference import (
    BootstrapResult,
    Failure,
    bootstrap,
    sample_posterior,
    standard_errors,
)
from skmixture.inference.table import like_error

# -- names of rows ------------------------------------------------------------------------


def values_of(model):
    """What is published of a model as numbers, by name."""
    law = model.family_
    names = ["weights", *law.parameters, *law.derived(model._params())]
    values = {name: getattr(model, f"{name}_") for name in names}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def test_every_number_has_a_name_of_its_own(case):
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    plain = {
        name: entry_names(model, name, value.shape) for name, value in values_of(model).items()
    }
    model.feature_names_in_ = np.array([f"column {j}" for j in range(case.n_features)], object)
    told = calling(model)
    for name, value in values_of(model).items():
        by_index, by_name = plain[name], entry_names(model, name, value.shape)
        assert by_index.items() <= index_names(name, value.shape).items()
        assert list(by_name) == list(by_index)
        assert len(set(by_name.values())) == len(by_name)
        for place in set(np.ndindex(value.shape)) - {*by_name}:
            assert value[place] == 0  # of no category
        for place, label in by_name.items():
            assert label.startswith(name)
            of = told(name, place)
            if of is not None and "column" in of.of:
                assert of.of in label


def test_names_that_tell_nothing_apart_are_not_used():
    model = PoissonMixture.from_params(weights=[0.5, 0.5], rates=[[1.0, 2.0], [3.0, 4.0]])
    model.feature_names_in_ = np.array(["a", "a"], dtype=object)
    assert entry_names(model, "rates", (2, 2)) == index_names("rates", (2, 2))
    model.feature_names_in_ = np.array(["a", "b"], dtype=object)
    assert list(entry_names(model, "rates", (2, 2)).values())[:2] == ["rates[0, a]", "rates[0, b]"]
    assert entry_names(None, "rates", (1,)) == {(0,): "rates[0]"}


def test_what_is_derived_in_a_part_has_the_columns_of_the_part():
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    table = pd.DataFrame({"x": rng.normal(size=60), "n": rng.negative_binomial(2, 0.3, 60)})
    law = Product([("real", Gaussian(), ["x"]), ("count", NegativeBinomial(), ["n"])])
    model = Mixture(law, 1).fit(table)
    shape = model.count__burst_sizes_.shape
    assert entry_names(model, "count__burst_sizes", shape) == {(0, 0): "count__burst_sizes[0, n]"}
    assert calling(model)("count__burst_sizes", (0, 0)).of == "n"


# -- tables of estimates --------------------------------------------------------------------


@pytest.fixture(scope="module")
def visits():
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    rates = np.repeat([[2.0, 5.0], [15.0, 9.0]], [40, 60], axis=0)
    table = pd.DataFrame(rng.poisson(rates), columns=["winter", "summer"])
    return PoissonMixture(2, order_by="rates", random_state=0).fit(table), table


@pytest.fixture(scope="module")
def replicates(visits):
    return bootstrap(*visits, n_replicates=60, random_state=0)


ROWS = ["weights[0]", "weights[1]"]
ROWS += [f"rates[{k}, {column}]" for k in (0, 1) for column in ("winter", "summer")]


def test_a_bootstrap_in_a_table(replicates):
    table = replicates.summary(0.9, "basic", {"rates": "log"})
    assert list(table) == ["estimate", "standard_error", "bias", "5%", "95%"]
    assert list(table.names) == ROWS
    ends = replicates.confidence_interval(0.9, "basic", {"rates": "log"})
    row = table.row("rates[1, summer]")
    assert row == table.row("rates[1, 1]")
    assert list(row.values()) == [
        replicates.estimates["rates"][1, 1],
        replicates.standard_error["rates"][1, 1],
        replicates.bias["rates"][1, 1],
        *ends["rates"][:, 1, 1],
    ]
    assert (table.level, table.n_replicates, table.n_failed) == (0.9, 60, 0)
    assert repr(table).endswith("60 parametric replicates, 0 failed; 90% basic intervals")
    assert list(replicates.summary(names=["rates"]).names) == ROWS[2:]
    frame = table.to_frame()
    assert frame.loc["weights[1]", "estimate"] == replicates.estimates["weights"][1]
    assert list(replicates.to_frame(details=False).columns) == ROWS
    with pytest.raises(KeyError, match="none of the rows"):
        table.row("rates[2, 0]")
    with pytest.raises(KeyError, match="none of the columns"):
        table["2.5%"]


def test_failures_are_counted(replicates):
    some = replace(replicates, failures=(Failure(60, replicates.entropy, "a component collapsed"),))
    table = some.summary()
    assert (table.n_replicates, table.n_failed) == (60, 1)
    assert "60 parametric replicates, 1 failed" in repr(table)


def test_what_a_table_cannot_be_made_of(replicates, visits):
    with pytest.raises(ValueError, match=r"names must be a list of some of \['weights', 'rates'\]"):
        replicates.summary(names=["means"])
    with pytest.raises(ValueError, match="needs 200 replicates at least"):
        replicates.summary(0.99)
    with pytest.raises(ValueError, match="names must be a list of some of"):
        standard_errors(*visits).summary(names="rates")


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_names_are_saved(replicates, tmp_path, ending):
    path = tmp_path / f"replicates.{ending}"
    replicates.save(path)
    loaded = BootstrapResult.load(path)
    assert repr(loaded.summary()) == repr(replicates.summary())
    assert list(loaded.to_frame().columns) == list(replicates.to_frame().columns)


def test_what_was_saved_without_names_has_those_of_places(replicates):
    document = json.loads(json.dumps(replicates.to_dict()))
    del document["content"]["state"]["labels"]
    loaded = BootstrapResult.from_dict(document)
    assert loaded.summary().names[-1] == "rates[1, 1]"
    document["content"]["state"]["labels"] = {"type": "dict", "items": {"weights": ["a"]}}
    with pytest.raises(ValueError, match="labels must name every number"):
        BootstrapResult.from_dict(document)


def test_standard_errors_in_a_table(visits):
    model, X = visits
    errors = standard_errors(model, X)
    table = errors.summary(0.8)
    assert list(table) == ["estimate", "standard_error", "10%", "90%"]
    assert list(table.names) == list(errors.to_frame().index) == ROWS
    ends = errors.confidence_interval(0.8)["rates"]
    assert list(table.row("rates[0, winter]").values()) == [
        model.rates_[0, 0],
        errors["rates"][0, 0],
        *ends[:, 0, 0],
    ]
    assert repr(table).endswith("by the observed information; 80% Wald intervals")
    sandwich = standard_errors(model, X, kind="sandwich").summary(transform="identity")
    assert "by the sandwich; 95% Wald" in repr(sandwich)
    middle = (sandwich["2.5%"] + sandwich["97.5%"]) / 2
    np.testing.assert_allclose(middle, sandwich["estimate"])


def test_a_dash_stands_for_what_rows_do_not_tell(rng):
    X = rng.multinomial(10, [0.2, 0.8, 0.0], size=50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        table = standard_errors(MultinomialMixture(1).fit(X), X).summary(names=["probs"])
    last = repr(table).splitlines()[-2].split()
    assert last[:2] == ["probs[0,", "2]"]
    assert last[-3:] == ["-"] * 3


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [(-0.001, 1.0, "0.00"), (-0.1, 1.0, "-0.10"), (1.0, np.nan, "1"), (np.inf, 1.0, "inf")],
)
def test_numbers_to_the_third_digit_of_their_error(value, error, text):
    assert like_error(value, error) == text


def test_categories_have_their_names_and_no_others(rng):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"a": rng.choice(list("xyz"), 90), "b": rng.choice(list("uv"), 90)})
    model = CategoricalMixture(1).fit(table)
    names = [f"probs[0, {of}]" for of in ("a=x", "a=y", "a=z", "b=u", "b=v")]
    result = bootstrap(model, table, n_replicates=40, random_state=0)
    assert list(result.summary(names=["probs"]).names) == names
    assert [name for name in result.to_frame() if name.startswith("probs")] == names
    assert list(standard_errors(model, table).summary(names=["probs"]).names) == names


def test_strata_have_their_names(rng):
    X, strata = rng.poisson(np.repeat([2.0, 12.0], 40))[:, None], np.tile(["north", "south"], 40)
    model = PoissonMixture(2, order_by="rates", random_state=0).fit(X, strata=strata)
    table = standard_errors(model, X, strata=strata).summary(names=["strata_weights", "rates"])
    assert list(table.names)[:2] == ["strata_weights[north, 0]", "strata_weights[north, 1]"]
    assert list(table.places)[:2] == ["strata_weights[0, 0]", "strata_weights[0, 1]"]
    assert list(table.names)[4:] == ["rates[0, 0]", "rates[1, 0]"]  # columns without names


# -- tables of draws ------------------------------------------------------------------------


def test_a_posterior_names_its_rows(visits):
    _, X = visits
    held = PoissonMixture(2, fixed={"weights": [0.4, 0.6]}, random_state=0).fit(X)
    posterior = sample_posterior(held, X, n_steps=20, n_burn_in=10, random_state=0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        table = posterior.summary()
    assert list(table.names) == ROWS
    assert table.row("rates[1, summer]") == table.row("rates[1, 1]")
    assert not any("never change" in str(warning.message) for warning in told)
    assert [name for name in posterior.to_frame() if name != "log_prob"] == ROWS
