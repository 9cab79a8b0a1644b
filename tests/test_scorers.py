"""Criteria as scores of scikit-learn's searches."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import sklearn
from data_at_hand import singer_transcript_counts
from sklearn import mixture
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmixture import GaussianMixture, NegativeBinomialMixture, PoissonMixture
from skmixture.datasets import load_old_faithful
from skmixture.selection import (
    CriterionScorer,
    MixtureSelection,
    WholeData,
    aic_scorer,
    bic_scorer,
    icl_scorer,
)

GEYSER = load_old_faithful().data
GRID = {"n_components": [1, 2, 3]}
SCORERS = {"bic": bic_scorer, "aic": aic_scorer, "icl": icl_scorer}
each = pytest.mark.parametrize(("name", "scorer"), SCORERS.items(), ids=SCORERS)


def searched(model, X=GEYSER, **options):
    return GridSearchCV(model, GRID, cv=WholeData(), **options).fit(X)


def test_rex1():
    """S3.4: a grid search by BIC takes two of three components."""
    x = singer_transcript_counts()[:, [0]]
    search = searched(NegativeBinomialMixture(random_state=0), x, scoring=bic_scorer)
    found = -search.cv_results_["mean_test_score"]
    np.testing.assert_allclose(found, [3288.619, 3208.860, 3215.620], atol=1e-3)
    assert search.best_params_ == {"n_components": 2}


@each
def test_minus_the_criterion_of_the_rows_of_the_fit(name, scorer):
    model = GaussianMixture(2, random_state=0).fit(GEYSER)
    assert scorer(model, GEYSER) == -getattr(model, name)(GEYSER)
    assert scorer(model, GEYSER, np.zeros(len(GEYSER))) == -getattr(model, name)(GEYSER)
    search = searched(GaussianMixture(random_state=0), scoring=scorer)
    options = {"criterion": name, "warm_starts": False}  # which a search has not
    selection = MixtureSelection(GaussianMixture(random_state=0), GRID, **options).fit(GEYSER)
    assert search.best_params_ == selection.best_params_
    assert search.best_score_ == pytest.approx(selection.best_score_, rel=1e-12)
    np.testing.assert_array_equal(search.best_estimator_.means_, selection.best_estimator_.means_)


def test_several_at_once():
    search = searched(GaussianMixture(random_state=0), scoring=SCORERS, refit="icl")
    assert {f"mean_test_{name}" for name in SCORERS} <= set(search.cv_results_)


def test_rows_that_were_held_out_have_no_criterion():
    model = GaussianMixture(2, random_state=0)
    with pytest.warns(UserWarning, match=r"asked of 90 rows, but the model was fitted to 180"):
        cross_val_score(model, GEYSER[:270], scoring=bic_scorer, cv=3)
    weight = np.full(len(GEYSER), 2.0)
    fitted = model.fit(GEYSER, sample_weight=weight)
    with pytest.warns(UserWarning, match=r"asked of 272 rows, but the model was fitted to 544"):
        bic_scorer(fitted, GEYSER)
    assert bic_scorer(fitted, GEYSER, sample_weight=weight) == -fitted.bic(
        GEYSER, sample_weight=weight
    )


def test_known_parameters_may_be_scored_by_any_rows():
    known = PoissonMixture.from_params(weights=[0.5, 0.5], rates=[[1.0], [4.0]])
    assert bic_scorer(known, [[0], [2], [5]]) == -known.bic([[0], [2], [5]])


def test_pipelines_are_scored_by_their_last_step():
    pipeline = make_pipeline(StandardScaler(), GaussianMixture(random_state=0))
    grid = {"gaussianmixture__n_components": [1, 2, 3]}
    search = GridSearchCV(pipeline, grid, scoring=bic_scorer, cv=WholeData()).fit(GEYSER)
    scaled = StandardScaler().fit_transform(GEYSER)
    by_hand = [-GaussianMixture(K, random_state=0).fit(scaled).bic(scaled) for K in (1, 2, 3)]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], by_hand, rtol=1e-12)


def test_mixtures_of_scikit_learn():
    theirs = searched(mixture.GaussianMixture(random_state=0), scoring=bic_scorer)
    ours = searched(GaussianMixture(random_state=0), scoring=bic_scorer)
    assert theirs.best_params_ == ours.best_params_
    assert theirs.best_score_ == pytest.approx(ours.best_score_, rel=1e-6)


def test_routing():
    rng = np.random.RandomState(0)
    depth, weight = rng.gamma(4, 0.25, size=80), rng.randint(1, 3, size=80)
    x = rng.poisson(np.where(rng.uniform(size=80) < 0.5, 3.0, 30.0) * depth)[:, None]
    wanted = {"sample_weight": True, "exposure": True}
    with sklearn.config_context(enable_metadata_routing=True):
        model = PoissonMixture(n_init=3, random_state=0).set_fit_request(**wanted)
        scorer = clone(bic_scorer).set_score_request(**wanted)
        search = GridSearchCV(model, GRID, scoring=scorer, cv=WholeData())
        search.fit(x, sample_weight=weight, exposure=depth)
        assert not hasattr(bic_scorer, "_metadata_request")  # that of everyone else
    given = {"sample_weight": weight, "exposure": depth}
    by_hand = clone(model).set_params(n_components=2).fit(x, **given)
    assert search.best_params_ == {"n_components": 2}
    assert search.best_score_ == pytest.approx(-by_hand.bic(x, **given), rel=1e-12)


def test_unfit_criterion():
    with pytest.raises(ValueError, match=r"one of \['bic', 'aic', 'icl'\], got 'score'"):
        CriterionScorer("score")(GaussianMixture().fit(GEYSER), GEYSER)


def test_scorers_are_values():
    assert repr(bic_scorer) == "CriterionScorer(criterion='bic')"
    search = GridSearchCV(GaussianMixture(), {"n_components": [1]}, scoring=bic_scorer)
    assert "scoring=CriterionScorer(criterion='bic')" in repr(search)
    assert repr(icl_scorer) == "CriterionScorer(criterion='icl')"
    model = GaussianMixture(random_state=0).fit(GEYSER)
    copy = pickle.loads(pickle.dumps(aic_scorer))
    assert copy(model, GEYSER) == aic_scorer(model, GEYSER)
    assert repr(WholeData()) == "WholeData()"


@pytest.mark.parametrize("kind", [list, np.asarray], ids=["list", "array"])
def test_the_one_split(kind):
    ((train, test),) = WholeData().split(kind([[1.0], [2.0], [3.0]]))
    assert train.tolist() == test.tolist() == [0, 1, 2]
    assert WholeData().get_n_splits() == 1


def test_workers_do_not_warn_of_anything():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        searched(GaussianMixture(random_state=0), scoring=bic_scorer, n_jobs=2)
