"""Choosing among mixtures: candidates, criteria, and the estimator that comes of it."""

from __future__ import annotations

import pickle
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
import sklearn
from data_at_hand import singer_transcript_counts
from scipy import stats
from sklearn import mixture
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RandomizedSearchCV,
    RepeatedKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmixture import (
    BinomialMixture,
    CategoricalMixture,
    ComponentsMixture,
    GammaMixture,
    GaussianMixture,
    GeometricMixture,
    HurdleMixture,
    LogNormalMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
    VonMisesFisherMixture,
    ZeroInflatedMixture,
)
from skmixture.datasets import load_old_faithful
from skmixture.families import Exponential, FromEstimator, Gamma, Gaussian, Poisson, Uniform
from skmixture.inference import bootstrap, bootstrap_lrt, sample_posterior, standard_errors
from skmixture.selection import MixtureSelection
from skmixture.selection.fits import fitted
from skmixture.selection.growing import Chain, grown
from skmixture.selection.held_out import mean_and_error
from skmixture.selection.ranking import by_tests
from skmixture.selection.resized import MOST_TURNS, Resized, cut, without

GEYSER = load_old_faithful().data
QUICK = {"n_init": 3, "random_state": 0}
POISSON = PoissonMixture(**QUICK)


def two_groups(n: int = 60) -> np.ndarray:
    return np.random.RandomState(0).poisson(np.repeat([2.0, 12.0], n))[:, None].astype(float)


def numbers_of(selection: MixtureSelection) -> list[tuple[float, ...]]:
    names = ("n_parameters", "log_likelihood", "bic", "icl", "held_out", "held_out_error", "delta")
    return [tuple(getattr(row, name) for name in names) for row in selection.results_]


def test_rex1_by_bic():
    """S3.4: BIC of 1, 2, 3 components, and two are chosen."""
    x = singer_transcript_counts()[:, [0]]
    selection = MixtureSelection(NegativeBinomialMixture(random_state=0), n_components=[1, 2, 3])
    selection.fit(x)
    found = [row.bic for row in selection.results_]
    np.testing.assert_allclose(found, [3288.619, 3208.860, 3215.620], atol=1e-3)
    assert selection.best_params_ == {"n_components": 2}
    assert selection.best_score_ == pytest.approx(-3208.860, abs=1e-3)
    assert selection.bic(x) == pytest.approx(3208.860, abs=1e-3)


@pytest.mark.parametrize("criterion", ["bic", "aic", "icl"])
def test_the_least_criterion_is_chosen(criterion):
    x = two_groups()
    selection = MixtureSelection(POISSON, n_components=[3, 1, 2], criterion=criterion).fit(x)
    by_hand = [getattr(PoissonMixture(K, **QUICK).fit(x), criterion)(x) for K in (1, 2, 3)]
    np.testing.assert_allclose([row.value_of(criterion) for row in selection.results_], by_hand)
    assert [row.n_components for row in selection.results_] == [1, 2, 3]
    assert selection.best_index_ == int(np.argmin(by_hand)) == 1
    assert selection.best_score_ == -by_hand[1] or np.isclose(selection.best_score_, -by_hand[1])
    delta = np.array([row.delta for row in selection.results_])
    np.testing.assert_allclose(delta, np.array(by_hand) - min(by_hand), atol=1e-9)
    weight = np.array([row.weight for row in selection.results_])
    if criterion == "icl":
        assert np.isnan(weight).all()
    else:
        np.testing.assert_allclose(weight, np.exp(-delta / 2) / np.exp(-delta / 2).sum())


def test_it_is_the_best_mixture():
    x = two_groups()
    selection = MixtureSelection(POISSON, n_components=[1, 2]).fit(x)
    best = selection.best_estimator_
    for name in ("predict", "predict_proba", "predict_log_proba", "score", "score_samples", "aic",
                 "bic", "icl", "relative_entropy", "cdf", "marginal_cdf", "sample_latent",
                 "impute"):  # fmt: skip
        np.testing.assert_array_equal(getattr(selection, name)(x), getattr(best, name)(x))
    np.testing.assert_array_equal(selection.sample(5)[0], best.sample(5)[0])
    np.testing.assert_array_equal(selection.marginal_quantile([0.5]), best.marginal_quantile([0.5]))
    assert selection.n_features_in_ == 1
    assert selection.results_[selection.best_index_].model is best
    copy = pickle.loads(pickle.dumps(selection))
    np.testing.assert_array_equal(copy.predict_proba(x), selection.predict_proba(x))
    assert str(copy.summary()) == str(selection.summary())
    assert not hasattr(clone(selection), "results_")


def test_not_before_the_fit():
    selection = MixtureSelection(POISSON)
    for call in (selection.summary, selection.to_frame, lambda: selection.predict([[1.0]])):
        with pytest.raises(NotFittedError):
            call()
    assert not hasattr(selection, "n_features_in_")


def test_fitted_values_are_those_of_the_mixture_that_was_chosen():
    selection = MixtureSelection(POISSON, n_components=[1])
    with pytest.raises(AttributeError, match="no attribute 'rates_' before it is fitted"):
        selection.rates_  # noqa: B018
    selection.fit(two_groups())
    with pytest.raises(AttributeError, match=r"has it, best_estimator_\.rates_$"):
        selection.rates_  # noqa: B018
    for name in ("means_", "nothing"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'$"):
            getattr(selection, name)


@pytest.mark.parametrize("search", [MixtureSelection, GridSearchCV, RandomizedSearchCV])
def test_what_asks_for_a_mixture_says_where_a_search_has_it(search):
    x, grid = two_groups(), {"n_components": [1]}
    options = {"n_iter": 1} if search is RandomizedSearchCV else {}
    fitted_one = search(POISSON, grid, **options).fit(x)
    for call in (bootstrap, standard_errors, sample_posterior):
        with pytest.raises(TypeError, match=rf"got a {search.__name__}: .* its best_estimator_$"):
            call(fitted_one, x)


def test_grids_as_in_a_grid_search():
    grid = [
        {"family__covariance_type": ["full", "diag"]},
        {"family__covariance_type": ["tied"], "n_components": [2]},
    ]
    model = Mixture(Gaussian(), **QUICK)
    selection = MixtureSelection(model, grid).fit(GEYSER)
    tried = [
        (row.params["family__covariance_type"], row.n_components) for row in selection.results_
    ]
    both = [(kind, K) for kind in ("full", "diag") for K in range(1, 6)]
    assert tried == [*both, ("tied", 2)]  # 1 to 5 where nothing is said
    own = selection.results_[1].model
    assert own.family_.covariance_type == "full"
    assert model.family.covariance_type == "full"


def test_estimators_by_name_with_grids_of_their_own():
    x = np.random.RandomState(0).gamma(3.0, size=(80, 1))
    laws = {
        "gamma": GammaMixture(**QUICK),
        "log-normal": LogNormalMixture(**QUICK),
        "mixed": ComponentsMixture([Exponential(), Gamma()], **QUICK),
    }
    grids = {"log-normal": {"covariance_type": ["full", "tied"]}}
    selection = MixtureSelection(laws, grids, n_components=[1, 2]).fit(x)
    tried = [(row.name, *row.params.values()) for row in selection.results_]
    assert tried == [
        ("gamma", 1), ("gamma", 2),
        ("log-normal", "full", 1), ("log-normal", "full", 2),
        ("log-normal", "tied", 1), ("log-normal", "tied", 2),
        ("mixed",),
    ]  # fmt: skip
    assert (selection.best_name_, selection.best_params_) == ("gamma", {"n_components": 1})
    with pytest.raises(ValueError, match="mapping of names of estimators to grids"):
        MixtureSelection(laws, {"covariance_type": ["full"]}).fit(x)


def test_equal_ones_are_told_apart_by_parameters():
    """One full covariance and one tied are the same law: the first, for they cost alike."""
    grid = {"family__covariance_type": ["full", "tied", "diag"]}
    x = GEYSER[:, [0]]
    selection = MixtureSelection(Mixture(Gaussian(), **QUICK), grid, n_components=1).fit(x)
    assert [row.rank for row in selection.results_] == [1, 2, 3]
    assert max(row.delta for row in selection.results_) < 1e-6


@pytest.mark.parametrize(
    ("laws", "x", "message"),
    [
        ({"a": PoissonMixture(), "b": GaussianMixture()}, [[1.0], [2.0]], "probabilities of count"),
        ({"a": GammaMixture(), "b": GeometricMixture()}, [[1.0], [2.0]], "densities of numbers"),
        ({"a": VonMisesFisherMixture(), "b": GaussianMixture()}, np.eye(2), "of directions"),
        ({"a": HurdleMixture(Gamma()), "b": GaussianMixture()}, [[0.0], [2.0]], "rows with 0 in"),
    ],
    ids=["counts", "numbers", "directions", "zeros"],
)  # fmt: skip
def test_likelihoods_without_a_common_scale(laws, x, message):
    with pytest.raises(ValueError, match=message):
        MixtureSelection(laws, n_components=1).fit(x)


def test_options_that_change_the_scale():
    grid = {"family": [Poisson(), Gaussian()]}
    with pytest.raises(ValueError, match=r"Mixture \(family=Poisson\(\)\) and Mixture \(family=G"):
        MixtureSelection(Mixture(), grid).fit(two_groups())


def test_laws_with_a_common_scale():
    x = two_groups(20)
    laws = {
        "Poisson": POISSON,
        "zeros": ZeroInflatedMixture(Poisson(), **QUICK),
        "trials": BinomialMixture(n_trials=40, **QUICK),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        selection = MixtureSelection(laws, n_components=[1, 2]).fit(x)
    assert all(not row.error for row in selection.results_)
    positive = np.random.RandomState(0).gamma(2.0, size=(40, 1))  # no row is at the point
    laws = {"gamma": GammaMixture(**QUICK), "hurdle": HurdleMixture(Gamma(), **QUICK)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        selection = MixtureSelection(laws, n_components=[1]).fit(positive)
    assert selection.best_name_ == "gamma"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (make_pipeline(StandardScaler(), GaussianMixture()), "the last step of a pipeline"),
        (3, "got 3$"),
        ({"a": 3}, "got 3 for 'a'$"),
        (Gaussian(), r"got Gaussian\(\): pass Mixture\(Gaussian\(\)\)$"),
        (Mixture, r"pass an instance, such as Mixture\(\)"),
        ([POISSON, POISSON], "name several, as {"),
        (mixture.GaussianMixture(), "pass skmixture.GaussianMixture$"),
    ],
    ids=["pipeline", "number", "named", "family", "class", "list", "scikit-learn"],
)
def test_only_mixtures(model, message):
    with pytest.raises(TypeError, match="must be a mixture of skmixture") as told:
        MixtureSelection(model).fit(GEYSER)
    assert re.search(message, str(told.value))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"criterion": "bim"}, "'criterion' parameter"),
        ({"level": 1.5}, "level must be between 0 and 1"),
        ({"n_replicates": 0}, "'n_replicates' parameter"),
        ({"one_standard_error": 1}, "'one_standard_error' parameter"),
        ({"warm_starts": 3}, "'warm_starts' parameter"),
        ({"n_components": [0, 1]}, "n_components must be ints of at least 1"),
        ({"n_components": []}, "at least one number"),
        ({"n_components": [1], "param_grid": {"n_components": [2]}}, "both an argument and in"),
        ({"param_grid": {"nothing": [2]}}, "nothing"),
        ({"param_grid": []}, "no candidates"),
        ({"criterion": "lrt", "param_grid": {"n_init": [1, 2]}}, "one estimator and no options"),
        ({"criterion": "lrt", "n_components": [2]}, "two or more"),
        ({"criterion": "lrt", "n_replicates": 18}, "level=0.05 needs n_replicates of 19 at least"),
        ({"one_standard_error": True}, "one_standard_error=True is for criterion='cv'"),
    ],
)
def test_unfit_options(options, message):
    with pytest.raises(ValueError, match=message):
        MixtureSelection(POISSON, **options).fit(two_groups(5))


def test_a_candidate_that_fails_is_a_row():
    laws = {"trials": BinomialMixture(n_trials=3, **QUICK), "Poisson": POISSON}
    with pytest.warns(FitFailedWarning, match="2 of 4 candidates failed"):
        selection = MixtureSelection(laws, n_components=[1, 2]).fit(two_groups())
    failed = selection.results_[:2]
    assert all("X[" in row.error and row.model is None for row in failed)
    assert [row.rank for row in failed] == [3, 4]
    assert selection.best_name_ == "Poisson"
    assert "failed: X[" in str(selection.summary())
    with pytest.raises(ValueError, match=r"every candidate of 2 failed: X\["):
        MixtureSelection(laws["trials"], n_components=[1, 2]).fit(two_groups())


def test_more_components_than_rows_fail():
    selection = MixtureSelection(GaussianMixture(random_state=0), n_components=[1, 5])
    with pytest.warns(FitFailedWarning, match="n_samples = 3"):
        selection.fit([[0.0], [1.0], [5.0]])
    assert selection.best_params_ == {"n_components": 1}


def test_parameters_that_cannot_be_counted():
    law = FromEstimator(GaussianMixture(reg_covar=1e-3))
    model = Mixture(law, n_init=1, random_state=0)
    x = GEYSER[::4]
    with pytest.raises(ValueError, match="cannot be counted"):
        MixtureSelection(model, n_components=[1]).fit(x)
    selection = MixtureSelection(model, n_components=[1], criterion="cv", cv=2).fit(x)
    assert np.isfinite(selection.best_score_)
    assert np.isnan(selection.results_[0].bic)


def test_doubts_of_the_best_are_told_once():
    even = np.array([0.0, 1, 2, 1, 0, 2, 1, 1])[:, None]
    selection = MixtureSelection(NegativeBinomialMixture(**QUICK), n_components=[1, 2])
    with pytest.warns(UserWarning, match="the best candidate, NegativeBinomialMixture with 1") as w:
        selection.fit(even)
    assert len(w) == 1
    assert "sizes_" in selection.results_[0].warnings[0]
    assert "\na: some sizes grew without bound" in selection.summary().text


def test_collapsed_components_come_last():
    rng = np.random.RandomState(0)
    x = np.round(np.append(rng.normal(size=200), np.zeros(12)), 1)[:, None]
    model = Mixture(Gaussian(), n_init=5, random_state=0)
    for criterion in ("bic", "cv"):
        selection = MixtureSelection(model, n_components=[1, 2], criterion=criterion).fit(x)
        one, two = selection.results_
        assert two.collapsed
        assert two.log_likelihood > one.log_likelihood + 50
        assert (one.rank, two.rank, one.delta) == (1, 2, 0.0)
        assert np.isnan(two.delta)
    with pytest.warns(UserWarning, match="components have collapsed"):
        MixtureSelection(model, n_components=[2]).fit(x)


# -- cross-validation -------------------------------------------------------


def test_held_out_likelihood_is_that_of_scikit_learn():
    """With folds of one size the mean over folds is that over rows."""
    folds = KFold(4, shuffle=True, random_state=1)
    model = Mixture(Gaussian(), **QUICK)
    selection = MixtureSelection(model, n_components=[1, 2], criterion="cv", cv=folds).fit(GEYSER)
    for row in selection.results_:
        one = clone(model).set_params(n_components=row.n_components)
        by_hand = cross_val_score(one, GEYSER, cv=folds).mean()
        assert row.held_out == pytest.approx(by_hand, rel=1e-10)
    assert selection.best_params_ == {"n_components": 2}
    assert selection.best_score_ == selection.results_[1].held_out
    assert selection.n_splits_ == 4
    assert np.isfinite(selection.results_[0].bic)


def test_standard_errors_of_means():
    values = np.random.RandomState(0).normal(size=30)
    mean, error = mean_and_error(values, np.ones(30), None)
    assert (mean, error) == pytest.approx((values.mean(), stats.sem(values)))
    weight = np.random.RandomState(1).randint(0, 3, size=30).astype(float)
    repeated = np.repeat(values, weight.astype(int))
    found = mean_and_error(values, weight, None)
    assert found == pytest.approx((repeated.mean(), stats.sem(repeated)))
    groups = np.repeat(np.arange(15), 2)  # of equal size: means of groups are a sample
    by_group = values.reshape(15, 2).mean(axis=1)
    found = mean_and_error(values, np.ones(30), groups)
    assert found == pytest.approx((by_group.mean(), stats.sem(by_group)))
    holed = np.append(values, np.nan)
    assert mean_and_error(holed, np.ones(31), None) == pytest.approx((mean, error))
    assert mean_and_error(np.array([0.0, -np.inf]), np.ones(2), None)[0] == -np.inf


def test_differences_are_of_the_same_rows():
    selection = MixtureSelection(POISSON, n_components=[1, 2, 3], criterion="cv").fit(two_groups())
    _, two, three = selection.results_
    assert two.rank == 1 or three.rank == 1
    best = min(selection.results_, key=lambda row: row.rank)
    for row in selection.results_:
        assert row.delta == pytest.approx(best.held_out - row.held_out)
        assert row.delta_error <= row.held_out_error + best.held_out_error
    # a third component that does nothing is known to do nothing, though densities vary
    assert max(two.delta_error, three.delta_error) < 0.2 * two.held_out_error


def test_one_standard_error():
    x = two_groups()
    options = {"n_components": [1, 2, 3, 4], "criterion": "cv", "random_state": 3}
    plain = MixtureSelection(POISSON, **options).fit(x)
    careful = MixtureSelection(POISSON, one_standard_error=True, **options).fit(x)
    near = [row for row in plain.results_ if row.delta <= row.delta_error or row.delta == 0]
    fewest = min(near, key=lambda row: row.n_parameters)
    assert careful.best_params_ == fewest.params == {"n_components": 2}
    assert sorted(row.rank for row in careful.results_) == [1, 2, 3, 4]


def test_groups_stay_together():
    x = two_groups(20)
    groups = np.tile(np.arange(10), 4)
    own = MixtureSelection(POISSON, n_components=[1, 2], criterion="cv", cv=5)
    own.fit(x, groups=groups)
    given = clone(own).set_params(cv=GroupKFold(5)).fit(x, groups=groups)
    assert numbers_of(own) == numbers_of(given)
    apart = clone(own).fit(x)
    assert own.results_[0].held_out != apart.results_[0].held_out


def test_rows_left_out_more_than_once():
    folds = RepeatedKFold(n_splits=2, n_repeats=3, random_state=0)
    options = {"n_components": [2], "criterion": "cv"}
    selection = MixtureSelection(POISSON, cv=folds, **options).fit(two_groups())
    assert selection.n_splits_ == 6
    by_hand = cross_val_score(PoissonMixture(2, **QUICK), two_groups(), cv=folds).mean()
    assert selection.best_score_ == pytest.approx(by_hand)


def test_a_fold_that_fails():
    strata = np.array(["a"] * 39 + ["b"])
    selection = MixtureSelection(POISSON, n_components=[1], criterion="cv")
    with pytest.raises(ValueError, match=r"fold \d of 5: strata\[\d\] = 'b' was not among"):
        selection.fit(two_groups(20), strata=strata)


# -- tests ------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*were missed")
def test_the_first_number_that_is_not_rejected():
    x = two_groups()
    options = {"n_components": [1, 2, 3, 4], "criterion": "lrt", "n_replicates": 19}
    selection = MixtureSelection(POISSON, random_state=5, **options).fit(x)
    one, two, three, _ = selection.results_
    assert (one.p_value, two.rank, selection.best_index_) == (0.05, 1, 1)
    assert two.p_value == selection.best_score_ > 0.05
    assert np.isnan(three.p_value)
    assert [row.rank for row in selection.results_] == [4, 1, 2, 3]
    by_hand = bootstrap_lrt(one.model, x, n_replicates=19, max_exceedances=10, random_state=5)
    assert by_hand.p_value == one.p_value
    strict = by_tests(selection.results_, {0: one.p_value}, level=0.01)
    assert strict[0].rank == 1
    with pytest.raises(ValueError, match=r"level=0.01 needs n_replicates of 99 at least"):
        clone(selection).set_params(level=0.01).fit(x)


def test_no_test_with_labels():
    with pytest.raises(ValueError, match="cannot be with labels"):
        MixtureSelection(POISSON, criterion="lrt").fit(two_groups(5), labels=np.full(10, -1))


# -- what belongs to the rows -----------------------------------------------


def test_columns_reach_the_fits():
    rng = np.random.RandomState(0)
    depth, strata = rng.gamma(4, 0.25, size=80), rng.randint(2, size=80)
    x = rng.poisson(np.where(rng.uniform(size=80) < 0.5, 3.0, 30.0) * depth)[:, None]
    weight = rng.randint(1, 3, size=80)
    given = {"sample_weight": weight, "exposure": depth, "strata": strata}
    selection = MixtureSelection(POISSON, n_components=[1, 2]).fit(x, **given)
    by_hand = PoissonMixture(2, **QUICK).fit(x, **given)
    assert selection.results_[1].bic == pytest.approx(by_hand.bic(x, **given), rel=1e-12)
    n, score = weight.sum(), by_hand.score(x, **given)
    assert selection.results_[1].log_likelihood == pytest.approx(n * score, rel=1e-12)
    of_rows = {"exposure": depth, "strata": strata}
    np.testing.assert_array_equal(
        selection.predict_proba(x, **of_rows), by_hand.predict_proba(x, **of_rows)
    )
    held = MixtureSelection(POISSON, n_components=[1, 2], criterion="cv").fit(x, **given)
    assert held.best_params_ == {"n_components": 2}
    known = np.full(80, -1)
    known[:2] = [1, 0] if x[0] > x[1] else [0, 1]
    labelled = MixtureSelection(POISSON, n_components=[2]).fit(x, labels=known, exposure=depth)
    again = PoissonMixture(2, **QUICK).fit(x, labels=known, exposure=depth)
    np.testing.assert_array_equal(labelled.best_estimator_.rates_, again.rates_)


@pytest.mark.parametrize("name", ["sample_weight", "exposure", "strata", "labels", "groups"])
def test_columns_have_a_value_for_each_row(name):
    criterion = "cv" if name == "groups" else "bic"
    selection = MixtureSelection(POISSON, n_components=[1, 2], criterion=criterion)
    with pytest.raises(ValueError, match=rf"^{name} must have a value for each of the 20 rows"):
        selection.fit(two_groups(10), **{name: np.ones(2)})


def test_groups_are_for_folds():
    with pytest.raises(ValueError, match=r"groups are for the folds of criterion='cv'"):
        MixtureSelection(POISSON).fit(two_groups(10), groups=np.arange(20))


def test_trials_of_rows():
    rng = np.random.RandomState(0)
    trials = rng.randint(20, 40, size=80)
    x = rng.binomial(trials, np.where(rng.uniform(size=80) < 0.5, 0.1, 0.7))[:, None]
    selection = MixtureSelection(BinomialMixture(**QUICK), n_components=[1, 2, 3])
    assert selection.fit(x, exposure=trials).best_params_ == {"n_components": 2}
    numbers = numbers_of(selection)
    assert numbers_of(selection.fit(x, n_trials=trials)) == numbers
    with pytest.raises(ValueError, match="n_trials is another name of exposure"):
        selection.fit(x, n_trials=trials, exposure=trials)
    with pytest.raises(TypeError, match=r"PoissonMixture \(Poisson\) has no .* pass exposure"):
        MixtureSelection(POISSON).fit(x, n_trials=trials)
    with pytest.raises(TypeError, match=r"\(Geometric\) has no numbers of trials$"):
        MixtureSelection(GeometricMixture()).fit(x, n_trials=trials)
    with pytest.raises(ValueError, match=r"as exposure= where there is no n_trials="):
        selection.best_estimator_.score(x)


def test_data_frames_and_categories():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(GEYSER, columns=["eruption", "wait"])
    model = Mixture(Gaussian(), **QUICK)
    selection = MixtureSelection(model, n_components=[1, 2], criterion="cv", cv=2).fit(frame)
    assert selection.feature_names_in_.tolist() == ["eruption", "wait"]
    table = selection.to_frame()
    assert table.index.tolist() == [1, 0]
    assert table["rank"].tolist() == [1, 2]
    assert table.loc[1, "held_out"] == selection.best_score_
    answers = pd.DataFrame({"a": ["yes", "no"] * 30, "b": ["red", "blue", "red"] * 20})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        MixtureSelection(CategoricalMixture(**QUICK), n_components=[1, 2]).fit(answers)


# -- seeds and workers ------------------------------------------------------


@pytest.mark.parametrize("criterion", ["bic", "cv"])
def test_workers_do_not_matter(criterion):
    options = {"n_components": [1, 2, 3], "criterion": criterion, "random_state": 4}
    x = GEYSER
    grid = {"family__covariance_type": ["full", "diag"]}
    one, two = (
        MixtureSelection(Mixture(Gaussian(), n_init=2), grid, n_jobs=n_jobs, **options).fit(x)
        for n_jobs in (1, 2)
    )
    assert repr(numbers_of(one)) == repr(numbers_of(two))
    np.testing.assert_array_equal(one.predict_proba(x), two.predict_proba(x))


class Seeing(GaussianMixture):
    """A mixture that remembers in what form its rows came."""

    def fit(self, X, y=None, **columns):
        super().fit(X, y, **columns)
        self.seen_ = type(X).__name__
        return self


def test_large_tables_are_no_tables_on_file_to_workers():
    """A memory map, which joblib makes of them, would be read in stretches."""
    x = np.random.RandomState(0).normal(size=(70_000, 2)) * [[1.0, 3.0]]
    model = Seeing(max_iter=3, tol=1.0, random_state=0)
    selection = MixtureSelection(model, n_components=[1, 2], n_jobs=2).fit(x)
    assert [row.model.seen_ for row in selection.results_] == ["ndarray", "ndarray"]


def test_seeds():
    x = two_groups(20)
    before = np.random.get_state()[1].copy()
    own = MixtureSelection(POISSON, n_components=[1, 2], criterion="cv").fit(x)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    again = clone(own).fit(x)
    assert repr(numbers_of(own)) == repr(numbers_of(again))
    assert own.best_estimator_.random_state == 0
    other = clone(own).set_params(random_state=np.random.RandomState(7)).fit(x)
    assert other.best_estimator_.random_state != 0
    assert other.results_[0].held_out != own.results_[0].held_out  # other folds


# -- warm starts ------------------------------------------------------------


def nine_groups(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of nine groups far apart, and which is of which."""
    groups = np.repeat(np.arange(9), 30)
    centres = 10.0 * np.stack([groups // 3, groups % 3], axis=1)
    return centres + np.random.RandomState(seed).normal(size=centres.shape), groups


def counts_and_depth() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.RandomState(3)
    depth, weight = rng.gamma(4, 0.25, size=90), rng.randint(0, 3, size=90)
    x = rng.poisson(np.repeat([2.0, 10.0, 50.0], 30) * depth)[:, None]
    return x, {"exposure": depth, "sample_weight": weight, "strata": rng.randint(2, size=90)}


def thirds() -> np.ndarray:
    """Answers of three kinds to four questions, in two classes."""
    rng = np.random.RandomState(4)
    chances = np.where(np.arange(60) < 30, 0.2, 0.7)[:, None, None]
    return np.sum(rng.uniform(size=(60, 4, 1)) < chances * [0.5, 1.0], axis=2).astype(float)


WARM = {
    "one start": (GaussianMixture(init_params="random_from_data"), nine_groups(0)[0], {}),
    "moves": (Mixture(Gaussian("diag"), n_init=2), GEYSER, {}),
    "columns": (PoissonMixture(n_init=2), *counts_and_depth()),
    "answers": (CategoricalMixture(n_init=2), thirds(), {}),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", WARM)
def test_warm_starts_are_never_lower_and_rise_along_k(name):
    model, x, columns = WARM[name]
    options = {"n_components": [1, 2, 3, 5], "random_state": 0}
    cold, warm = (
        MixtureSelection(model, warm_starts=flag, **options).fit(x, **columns).results_
        for flag in (False, True)
    )
    assert not any(row.error for row in warm)
    highest = -np.inf
    for one, other in zip(cold, warm, strict=True):
        assert other.log_likelihood >= one.log_likelihood or one.collapsed
        if not (other.collapsed or other.warnings):
            assert other.log_likelihood >= highest - 1e-6 * abs(highest)
            highest = other.log_likelihood
        model_of = (other.model.get_params(), one.model.get_params())
        assert repr(model_of[0]) == repr(model_of[1])  # the starts are the user's


@pytest.mark.parametrize("seed", range(3))
def test_warm_starts_reach_what_own_starts_miss(seed):
    """Rows drawn as centres hardly ever are of nine groups; a cut finds one group more."""
    x, groups = nine_groups(seed)
    model = GaussianMixture(init_params="random_from_data", random_state=seed)
    planted = len(x) * GaussianMixture(9).fit(x, start=groups).score(x)
    options = {"n_components": range(1, 10)}
    cold = MixtureSelection(model, warm_starts=False, **options).fit(x)
    warm = MixtureSelection(model, **options).fit(x)
    assert cold.results_[8].log_likelihood < planted - 20
    assert warm.results_[8].log_likelihood == pytest.approx(planted, abs=0.3)
    assert warm.best_params_ == {"n_components": 9}


def test_a_smaller_mixture_is_made_of_a_larger_one():
    """Eight components that never leave the middle of nine groups, beside nine that found them."""
    x, groups = nine_groups(0)

    def planted(X, n_components, random_state):
        return np.full((len(X), 8), 1 / 8) if n_components == 8 else groups

    chain = [GaussianMixture(K, init_params=planted, random_state=0) for K in (8, 9)]
    fits = [fitted(model, x, {}) for model in chain]
    down = Chain(chain, fits, x, {})
    down.descend()
    joined = GaussianMixture(8).fit(x, start=np.minimum(groups, 7)).score(x)
    assert fits[0].log_likelihood < len(x) * joined - 100
    assert down.fits[0].log_likelihood > len(x) * joined - 20
    assert down.fits[1] is fits[1]
    assert down.fits[0].model.init_params is planted


def test_warm_starts_leave_alone_what_is_well():
    """A fit that is made again in vain is the fit of the user, to the last bit."""
    selection = MixtureSelection(GaussianMixture(random_state=0), n_components=[1, 2]).fit(GEYSER)
    alone = GaussianMixture(2, random_state=0).fit(GEYSER)
    np.testing.assert_array_equal(selection.best_estimator_.means_, alone.means_)


NOT_NESTED = {
    "prior": {"prior": {"weights": 2.0}},
    "fixed": {"fixed": {"rates": np.array([[3.0], [np.nan]])}},
    "weights_init": {"weights_init": [0.9, 0.1]},
}


@pytest.mark.parametrize("name", [*NOT_NESTED, "labels", "lrt", "dask", "file", "many"])
def test_no_warm_starts_where_they_do_not_hold(name, monkeypatch, tmp_path):
    def never(*args):
        raise AssertionError("a start was made of another mixture")

    monkeypatch.setattr("skmixture.selection.growing.Resized", never)
    x, columns, options = two_groups(), {}, {}
    model = PoissonMixture(n_init=1, random_state=0)
    if name == "labels":
        columns["labels"] = np.where(np.arange(len(x)) < 2, 0, -1)
    elif name == "lrt":
        options = {"criterion": "lrt", "n_replicates": 1, "level": 0.5}
    elif name == "dask":
        x = pytest.importorskip("dask.array").from_array(x, chunks=(50, 1))
    elif name == "file":
        monkeypatch.setattr("skmixture.table.streamed.MOST_HELD", 0)
        x = np.memmap(tmp_path / "x", dtype=float, mode="w+", shape=x.shape)
        x[:] = two_groups()
    elif name == "many":
        monkeypatch.setattr("skmixture.selection.growing.MOST_COMPONENTS", 1)
    if name in NOT_NESTED:
        chain = [model.set_params(n_components=1), clone(model).set_params(n_components=2)]
        chain[1].set_params(**NOT_NESTED[name])
        fits = [fitted(one, x, {}) for one in chain]
        assert grown(chain, fits, x, {}, True) == fits
    else:
        selection = MixtureSelection(model, n_components=[1, 2], **options).fit(x, **columns)
        assert all(not row.error for row in selection.results_)


def test_a_sound_end_is_kept_rather_than_a_collapsed_one():
    x = two_groups()
    chain = [PoissonMixture(K, **QUICK) for K in (1, 2)]
    fits = [fitted(one, x, {}) for one in chain]
    collapsed = replace(fits[1], doubtful=True, collapsed=True, criteria={"log_likelihood": 0.0})
    kept = grown(chain, [fits[0], collapsed], x, {}, True)[1]
    assert not kept.collapsed
    assert kept.log_likelihood == pytest.approx(fits[1].log_likelihood)
    with_one = replace(collapsed, collapsed=False)  # higher, whatever else there is to doubt
    assert grown(chain, [fits[0], with_one], x, {}, True)[1] is with_one


def stuck(X, n_components, random_state):
    """Starts that find nothing: from three components on all are alike, and stay so."""
    if n_components > 2:
        return np.full((len(X), n_components), 1 / n_components)
    return (X[:, 0] > 5).astype(int) if n_components == 2 else np.zeros(len(X), dtype=int)


@pytest.mark.parametrize("warm_starts", [False, True])
def test_a_larger_mixture_that_missed_its_optimum_is_made_of_the_smaller(warm_starts):
    rng = np.random.RandomState(0)
    x = np.concatenate([rng.normal(centre, size=50) for centre in (-10, 0, 10)])[:, None]
    model = GaussianMixture(init_params=stuck, random_state=0)
    alone = GaussianMixture(3, init_params=stuck).fit(x)
    two = GaussianMixture(2, init_params=stuck).fit(x)
    assert alone.score(x) < two.score(x)
    options = {"n_components": [1, 2, 3, 4], "warm_starts": warm_starts}
    selection = MixtureSelection(model, **options).fit(x)
    assert selection.best_params_ == {"n_components": 3}
    np.testing.assert_allclose(
        np.sort(selection.best_estimator_.means_[:, 0]), [-10, 0, 10], atol=1
    )
    assert selection.best_estimator_.init_params is stuck
    assert selection.best_estimator_.n_init == 1
    likelihoods = [row.log_likelihood for row in selection.results_]
    assert (np.diff(likelihoods) >= 0).all()


def test_what_cannot_be_mended_is_told(monkeypatch):
    x = two_groups()
    estimators = [PoissonMixture(K, **QUICK) for K in (1, 2)]
    fits = [fitted(estimator, x, {}) for estimator in estimators]
    low = fitted(PoissonMixture(2, fixed={"rates": [[50.0], [60.0]]}), x, {})
    monkeypatch.setattr("skmixture.selection.growing.fitted", lambda *args: low)
    mended = grown(estimators, [fits[0], low], x, {}, False)
    assert "below that of 1 component: the optimum was missed" in mended[1].warnings[-1]
    assert grown(estimators, fits, x, {}, False) == fits
    in_doubt = replace(fits[0], doubtful=True)  # a collapsed component may be as high as it likes
    assert grown(estimators, [in_doubt, low], x, {}, False)[1] is low
    assert grown(estimators, [fits[0], low], x, {"labels": None}, False)[1] is low  # not nested


def test_starts_of_a_mixture_of_fewer_components():
    resp = np.random.RandomState(0).dirichlet([1.0, 1.0], size=21)
    x = np.random.RandomState(1).normal(size=(21, 3)) * [1.0, 20.0, 0.0]
    starts = Resized(resp, np.arange(21.0), 4)
    assert starts.number == 4
    for table in (starts(x, 4, None) for _ in range(4)):
        assert table.shape == (21, 4)
        np.testing.assert_allclose(table.sum(axis=1), 1.0)
        assert (table >= 0).all()
        assert (table.sum(axis=0) > 0).all()
    halves = cut(resp, np.arange(21.0), 1)
    np.testing.assert_array_equal(halves[:, 0], resp[:, 0])
    np.testing.assert_array_equal(halves[:, 1] + halves[:, 2], resp[:, 1])
    assert halves[0, 2] == resp[0, 1]
    assert halves[-1, 1] == resp[-1, 1]
    with pytest.raises(ValueError, match="starts are made of all rows"):
        starts(x[:5], 4, None)


def test_starts_of_a_mixture_of_more_components():
    resp = np.random.RandomState(0).dirichlet(np.ones(4), size=21)
    resp[0] = [0.0, 1.0, 0.0, 0.0]
    starts = Resized(resp, np.arange(21.0), 2)
    assert starts.number == 4
    for table in (starts(resp, 2, None) for _ in range(4)):
        assert table.shape == (21, 2)
        np.testing.assert_allclose(table.sum(axis=1), 1.0)
    rest = without(resp, 1)
    np.testing.assert_allclose(rest[0], 1 / 3)
    np.testing.assert_allclose(rest[1:] * (1 - resp[1:, [1]]), resp[1:, [0, 2, 3]])


def test_the_end_that_a_fit_has_comes_first():
    resp = np.random.RandomState(0).dirichlet([1.0, 1.0], size=21)
    x, own = np.random.RandomState(1).normal(size=(21, 3)), np.full((21, 3), 1 / 3)
    starts, others = Resized(resp, x[:, 0], 3, own), Resized(resp, x[:, 0], 3)
    assert starts.number == 5
    singly = [one(x, 3, None) for one in starts.one_by_one()]
    assert singly[0] is own
    for table in singly[1:]:
        np.testing.assert_array_equal(table, others(x, 3, None))


# -- tables -----------------------------------------------------------------


def test_summary():
    x = two_groups()
    selection = MixtureSelection(POISSON, n_components=[1, 2]).fit(x)
    told = selection.summary()
    assert str(told) == repr(told) == told.text  # printed, and in a notebook
    assert (told.criterion, told.best) == ("bic", selection.results_[1])
    head, empty, names, first, second, *end = told.text.splitlines()
    assert head == "2 candidates by BIC"
    assert empty == ""
    assert names.split() == ["K", "parameters", "log-likelihood", "BIC", "delta", "weight"]
    assert first.split()[:2] == ["2", "3"]
    assert second.split()[:2] == ["1", "1"]
    assert float(first.split()[3]) == pytest.approx(selection.bic(x), abs=1e-3)
    assert end == ["", "The best has the most components that were tried, 2: try more."]
    assert repr(selection) == (
        "MixtureSelection(estimator=PoissonMixture(n_init=3, random_state=0),\n"
        "                 n_components=[1, 2])"
    )
    assert str(selection.results_[0]) == "PoissonMixture with 1 component"


# -- scikit-learn -----------------------------------------------------------


@pytest.mark.filterwarnings("ignore::UserWarning")  # checks fit what is hardly fittable
@parametrize_with_checks(
    [
        MixtureSelection(Mixture(Gaussian("diag"), n_init=1), n_components=[1, 2], random_state=0),
        MixtureSelection(
            {"a": GaussianMixture(), "b": Mixture(Gaussian("tied"), n_init=1)},
            n_components=[1],
            criterion="cv",
            cv=2,
            random_state=0,
        ),
    ]
)
def test_checks(estimator, check):
    check(estimator)


def test_in_a_pipeline_with_routing():
    weight = np.random.RandomState(0).randint(1, 3, size=len(GEYSER))
    with sklearn.config_context(enable_metadata_routing=True):
        selection = MixtureSelection(GaussianMixture(random_state=0), n_components=[1, 2])
        selection.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), selection)
        pipeline.fit(GEYSER, sample_weight=weight)
        scaled = pipeline[0].transform(GEYSER)
        alone = GaussianMixture(2, random_state=0).fit(scaled, sample_weight=weight)
        assert pipeline[-1].results_[1].bic == alone.bic(scaled, sample_weight=weight)
        score = pipeline.score(GEYSER, sample_weight=weight)
        assert score == pytest.approx(alone.score(scaled, sample_weight=weight))
        scores = cross_val_score(selection, GEYSER, cv=2, params={"sample_weight": weight})
    assert np.isfinite(scores).all()


def test_params():
    selection = MixtureSelection(POISSON)
    selection.set_params(estimator__n_init=2, criterion="aic")
    assert selection.get_params()["estimator__n_init"] == 2
    selection.set_params(estimator__n_init=3)
    copy = clone(selection)
    assert copy.estimator is not POISSON
    assert copy.get_params()["estimator__n_init"] == 3


def test_numbers_that_are_not_tried_are_told_of():
    x = np.r_[np.zeros(10), np.full(10, 8.0)][:, None] + np.arange(20)[:, None] % 3
    laws = {"one": PoissonMixture(1, **QUICK), "three": PoissonMixture(3, **QUICK)}
    with pytest.warns(UserWarning, match="n_components=3 of .* 1 to 5: give n_comp") as told:
        MixtureSelection(laws, random_state=0).fit(x)
    assert told[0].filename == __file__
    parts = ComponentsMixture([("cluster", Gaussian(), 2), ("noise", Uniform())], **QUICK)
    with pytest.raises(ValueError, match="n_components=.* of its parts; give param_grid="):
        MixtureSelection(parts, n_components=[1, 2]).fit(x)


def test_very_many_components_have_few_turns(rng):
    resp = rng.dirichlet(np.ones(60), size=200)
    upward = np.argsort(resp.sum(axis=0))
    X, log_density = rng.normal(size=(200, 2)), np.zeros(200)
    fewer = Resized(resp, log_density, 3)
    assert fewer.number == MOST_TURNS
    first = fewer(X, 3, None)
    assert first.shape == (200, 3)
    np.testing.assert_allclose(first.sum(axis=1), 1)
    kept = resp[:, np.sort(upward[-3:])]  # the smallest have gone first
    np.testing.assert_allclose(first, kept / kept.sum(axis=1, keepdims=True))
    more = Resized(resp, log_density, 62)
    assert more.number == 2 * MOST_TURNS
    table = more(X, 62, None)
    assert table.shape == (200, 62)
    np.testing.assert_allclose(table.sum(axis=1), 1)
    largest = upward[-1]
    np.testing.assert_allclose(table[:, largest].sum(), resp[:, largest].sum() / 2, rtol=0.2)
