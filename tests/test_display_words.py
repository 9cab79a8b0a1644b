"""Words of displays: an option that belongs to another one, and what was taken for a model."""

from __future__ import annotations

import numpy as np
import pytest

from skmixture import BernoulliMixture, Mixture
from skmixture.display import (
    ContourDisplay,
    DensityDisplay,
    ECDFDisplay,
    PairsDisplay,
    PredictiveECDFDisplay,
    ProfileDisplay,
)
from skmixture.families import Gaussian
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
