"""Words of displays: an option that belongs to another one, and what was taken for a model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from skmixture import BernoulliMixture, Mixture
from skmixture.display import (
    ContourDisplay,
    CornerDisplay,
    DensityDisplay,
    ECDFDisplay,
    IntervalDisplay,
    PairsDisplay,
    PredictiveECDFDisplay,
    ProfileDisplay,
    TraceDisplay,
)
from skmixture.families import Gaussian, Product
from skmixture.inference import bootstrap


@pytest.fixture(scope="module")
def fitted():
    X = np.random.RandomState(0).normal(size=(40, 2))
    return Mixture(Gaussian(), 1).fit(X), X


@pytest.mark.parametrize("kind", [DensityDisplay, ECDFDisplay])
def test_displays_of_one_column_say_which_word_chooses_it(kind, fitted):
    told = rf"columns= is no option of {kind.__name__}, which shows one column: pass column="
    with pytest.raises(TypeError, match=told):
        kind.from_estimator(*fitted, columns=[0])
    assert kind.from_estimator(*fitted, column=0)


@pytest.mark.parametrize("kind", [PairsDisplay, PredictiveECDFDisplay])
def test_displays_of_several_columns_say_which_word_chooses_them(kind, fitted):
    model, X = fitted
    more = [bootstrap(model, X, n_replicates=20, random_state=0)] * (kind is not PairsDisplay)
    told = rf"column= is no option of {kind.__name__}, which shows several columns: pass columns="
    with pytest.raises(TypeError, match=told):
        kind.from_estimator(model, X, *more, column=0)
    assert kind.from_estimator(model, X, *more, columns=[1, 0])


@pytest.mark.parametrize("word", ["column", "columns"])
def test_displays_of_all_columns_send_to_those_that_choose(word, fitted):
    with pytest.raises(TypeError, match=rf"{word}= is no .*PairsDisplay takes columns="):
        ContourDisplay.from_estimator(*fitted, **{word: [0, 1]})
    model = BernoulliMixture.from_params(weights=[1.0], probs=[[0.5, 0.5]])
    with pytest.raises(TypeError, match=rf"{word}= is no .*DensityDisplay takes column="):
        ProfileDisplay.from_estimator(model, **{word: [0]})


@pytest.mark.parametrize("X", [np.zeros((3, 2)), pd.DataFrame({"a": [1.0, 2.0], "b": 0.0})])
def test_a_table_in_the_place_of_the_model_is_told_by_its_shape(X, fitted):
    told = rf"got a {type(X).__name__} of shape \({len(X)}, 2\): the model comes first, then X"
    with pytest.raises(TypeError, match=told) as caught:
        PairsDisplay.from_estimator(X, fitted[0])
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("with_model", [False, True])
def test_intervals_are_no_result_to_draw(with_model, fitted):
    model, X = fitted
    ends = bootstrap(model, X, n_replicates=40, random_state=0).confidence_interval()
    with pytest.raises(TypeError, match="got a mapping of ends.*pass the result itself"):
        IntervalDisplay.from_result(ends, model=model if with_model else None)


@pytest.mark.parametrize("kind", [CornerDisplay, TraceDisplay])
def test_too_many_entries_are_told_by_where_they_begin_and_end(kind):
    shape = (40,) if kind is CornerDisplay else (1, 40, 2)
    rng = np.random.RandomState(0)
    draws = {"means": rng.normal(size=(*shape, 9, 7)), "sizes": rng.gamma(3, size=(*shape, 1))}
    with pytest.raises(ValueError, match=r"of 64 entries cannot be drawn: choose 1 to") as caught:
        kind.from_draws(draws)
    told = str(caught.value)
    assert "parameters=['means', 'sizes']" in told
    assert "'means[0, 0]' to 'means[8, 6]', 'sizes[0]'" in told
    assert len(told) < 200


def test_one_of_two_weights_is_drawn_unless_the_other_is_named():
    first = np.random.RandomState(0).uniform(size=40)
    draws = {"weights": np.column_stack([first, 1 - first])}
    labels = {
        asked: CornerDisplay.from_draws(draws, parameters=list(asked)).labels
        for asked in [("weights",), ("weights[0]", "weights[1]")]
    }
    assert labels["weights",] == ["weights[0]"]
    assert labels["weights[0]", "weights[1]"] == ["weights[0]", "weights[1]"]
    assert CornerDisplay.from_draws(draws, parameters="weights[1]").labels == ["weights[1]"]


def test_names_of_parts_stand_before_those_of_their_parameters(fitted):
    _, X = fitted
    model = Mixture(Product([("left", Gaussian(), [0]), ("right", Gaussian(), [1])]), 1).fit(X)
    result = bootstrap(model, X, n_replicates=40, random_state=0)
    titles = {ax.get_title() for ax in IntervalDisplay.from_result(result).ax_.ravel()}
    assert {"left: means of x0", "right: means of x1"} <= titles
    assert "left__means of x0" in IntervalDisplay.from_result(result).names
