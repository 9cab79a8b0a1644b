"""Callbacks of a fit, scikit-learn's own among them, what `verbose` prints, and the log."""

from __future__ import annotations

import logging
import pickle
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as ScikitLearn
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skmixture.fit.running
from skmixture import (
    BinomialMixture,
    GammaMixture,
    GaussianMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.datasets import load_old_faithful
from skmixture.families import FromScipy, Gaussian

GEYSER = load_old_faithful().data
LARGE = np.random.RandomState(0).normal(size=(6_000, 2)) + 3 * (np.arange(6_000) % 3)[:, None]
LABELS = (GEYSER[:, 0] > 3).astype(int)
QUICK = dict(n_init=12, random_state=0, tol=1e-8)


def watched(model, X, stop=lambda iteration: None, **options):
    """What a callback was shown of a fit."""
    shown = []

    def callback(iteration):
        shown.append(iteration)
        return stop(iteration)

    model.fit(X, callback=callback, **options)
    return shown


def assert_published(iteration, model):
    """The model is what the iteration showed."""
    np.testing.assert_array_equal(iteration.weights, model.weights_)
    assert iteration.params.keys() == model.params_.keys()
    for name, value in model.params_.items():
        np.testing.assert_array_equal(iteration.params[name], value)
    assert iteration.converged == model.converged_
    assert iteration.lower_bound == model.lower_bound_
    assert iteration.n_iter == model.n_iter_


@pytest.mark.parametrize(
    "model",
    [
        GaussianMixture(2, random_state=0),
        GaussianMixture(3, random_state=0, covariance_type="tied", acceleration="squarem"),
        GaussianMixture(2, random_state=0, max_iter=3, order_by="means"),
        Mixture(Gaussian("diag"), 3, n_init=1, random_state=1),
        PoissonMixture(2, n_init=1, random_state=0, acceleration=None),
    ],
)
def test_each_iteration_of_one_start(model):
    """S0.9: called `n_iter_` times, with what `lower_bounds_` has."""
    X = np.round(GEYSER) if isinstance(model, PoissonMixture) else GEYSER
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        shown = watched(model, X)
    for numbers in ([one.number for one in shown], [one.n_iter for one in shown]):
        assert numbers == list(range(1, model.n_iter_ + 1))
    assert [iteration.lower_bound for iteration in shown] == model.lower_bounds_.tolist()
    assert np.diff(model.lower_bounds_).min() > -1e-10
    changes = [iteration.change for iteration in shown]
    np.testing.assert_array_equal(changes, [np.inf, *np.diff(model.lower_bounds_)])
    assert {(one.start, one.n_running, one.on_sample) for one in shown} == {(0, 1, False)}
    assert all(one.every == {0: one.lower_bound} for one in shown)
    assert not any(iteration.converged for iteration in shown[:-1])
    assert_published(shown[-1], model)


@pytest.mark.parametrize("when", [1, 2, 3])
@pytest.mark.parametrize("model", [GaussianMixture(2), Mixture(n_components=2, n_init=1)])
def test_true_stops_with_what_was_shown(model, when):
    shown = watched(
        model.set_params(random_state=0), GEYSER, lambda iteration: iteration.number == when
    )
    assert len(shown) == when == model.n_iter_ == len(model.lower_bounds_)
    assert not model.converged_
    assert_published(shown[-1], model)
    limited = clone(model).set_params(max_iter=when)
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        limited.fit(GEYSER)
    np.testing.assert_array_equal(limited.means_, model.means_)


@pytest.mark.parametrize("answer", [None, 1, "stop", False, np.False_, np.ones(2)])
def test_only_true_stops(answer):
    shown = watched(GaussianMixture(2, random_state=0), GEYSER, lambda iteration: answer)
    assert len(shown) > 1
    assert shown[-1].converged


def test_the_truth_of_numpy_is_true():
    assert len(watched(GaussianMixture(2), GEYSER, lambda iteration: np.bool_(True))) == 1


@pytest.mark.parametrize("X", [GEYSER, LARGE], ids=["all rows", "a sample"])
@pytest.mark.parametrize("verbose", [False, True])
def test_several_starts_show_the_best_so_far(X, verbose, capsys):
    plain = Mixture(n_components=3, **QUICK, verbose=verbose).fit(X)
    model = clone(plain)
    shown = watched(model, X)
    np.testing.assert_array_equal(model.means_, plain.means_)
    np.testing.assert_array_equal(model.lower_bounds_, plain.lower_bounds_)
    assert any(iteration.on_sample for iteration in shown) == (X is LARGE)
    for on_sample in {iteration.on_sample for iteration in shown}:
        stage = [one for one in shown if one.on_sample == on_sample]
        bounds = [iteration.lower_bound for iteration in stage]
        assert min(np.diff(bounds)) > -1e-10
        changes = [iteration.change for iteration in stage]
        np.testing.assert_array_equal(changes, [np.inf, *np.diff(bounds)])
    assert [iteration.number for iteration in shown] == list(range(1, len(shown) + 1))
    first = [one for one in shown if one.start < QUICK["n_init"]]
    assert max(one.n_running for one in first) >= (1 if verbose else QUICK["n_init"])
    assert verbose == (max(one.n_running for one in shown) == 1)
    assert set(range(QUICK["n_init"])) <= set(shown[0].every) | set(shown[1].every) or verbose
    for one in shown:
        assert len(one.every) <= one.n_running
        assert one.every.get(one.start, one.lower_bound) == one.lower_bound
    best = next(one for one in shown if one.lower_bound == model.lower_bound_)
    assert not best.on_sample
    np.testing.assert_allclose(best.params["means"], model.means_, rtol=1e-3)


@pytest.mark.parametrize("small_batches", [False, True])
@pytest.mark.parametrize("calls", [1, 3, 20, 60])
def test_stop_among_several_starts(calls, small_batches, monkeypatch):
    if small_batches:
        monkeypatch.setattr(skmixture.fit.running, "MOST_NUMBERS", 60)
    model = Mixture(n_components=3, **QUICK, order_by="means")
    shown = watched(model, GEYSER, lambda iteration: iteration.number == calls)
    assert len(shown) == calls
    assert_published(shown[-1], model)
    assert len(model.lower_bounds_) == model.n_iter_


def test_stop_on_a_sample():
    """Iterations there do not count."""
    model = Mixture(n_components=3, **QUICK)
    shown = watched(model, LARGE, lambda iteration: iteration.number == 4)
    assert shown[-1].on_sample
    assert shown[-1].n_iter == 0
    assert (model.n_iter_, model.lower_bound_, model.converged_) == (0, -np.inf, False)
    assert model.lower_bounds_.shape == (0,)
    np.testing.assert_array_equal(shown[-1].params["means"], model.means_)
    assert model.score(LARGE) == pytest.approx(shown[-1].lower_bound, abs=0.05)


def test_batches_show_the_best_of_all_of_them(monkeypatch):
    monkeypatch.setattr(skmixture.fit.running, "MOST_NUMBERS", 60)
    bounds = [it.lower_bound for it in watched(Mixture(n_components=3, **QUICK), GEYSER)]
    assert min(np.diff(bounds)) > -1e-10


def test_parameters_are_as_they_are_published():
    """In the user's units and shapes, by the estimator's own numbering."""
    X = 1e-3 * GEYSER + 1e3
    model = GaussianMixture(2, covariance_type="spherical", order_by="means", random_state=0)
    model.set_params(tol=1e-12, reg_covar="auto", max_iter=500)
    last = watched(model, X)[-1]
    assert_published(last, model)
    assert last.params["covariances"].shape == (2,)
    assert last.model.precisions_.shape == (2,)
    assert last.model.means_[0, 0] < last.model.means_[1, 0]


def test_the_model_scores_rows_that_were_held_out():
    train, held_out = GEYSER[::2], GEYSER[1::2]
    scores = []
    watched(
        GaussianMixture(2, random_state=0),
        train,
        lambda it: scores.append(it.model.score(held_out)),
    )
    assert len(scores) > 2
    assert scores[-1] == GaussianMixture(2, random_state=0).fit(train).score(held_out)
    exposure = np.linspace(1, 2, len(GEYSER))
    shown = watched(PoissonMixture(2, n_init=1), np.round(GEYSER), exposure=exposure)
    with pytest.raises(ValueError, match="exposure"):
        shown[0].model.score(np.round(GEYSER))
    assert np.isfinite(shown[0].model.score(np.round(GEYSER), exposure=exposure))


def test_what_is_shown_cannot_be_changed():
    shown = watched(
        GaussianMixture(2, random_state=0), GEYSER, lambda it: it.params["means"].fill(0)
    )
    plain = GaussianMixture(2, random_state=0).fit(GEYSER)
    assert shown[-1].lower_bound == plain.lower_bound_
    with pytest.raises(AttributeError):
        shown[0].lower_bound = 0.0
    assert "lower_bound=" in repr(shown[0])
    assert pickle.loads(pickle.dumps(shown[-1].model)).n_iter_ == plain.n_iter_


def test_arrays_that_were_shown_are_the_callbacks_own():
    def spoil(iteration):
        iteration.model.rates_[:] = -1.0
        return iteration.number == 3

    X = np.round(GEYSER)
    model = PoissonMixture(2, n_init=1, random_state=0).fit(X, callback=spoil)
    assert (model.rates_ > 0).all()


def test_the_same_for_fit_predict_starts_and_other_columns():
    shown = []
    model = Mixture(n_components=2)
    model.fit_predict(GEYSER, start=LABELS, callback=shown.append)
    assert len(shown) == model.n_iter_
    shown.clear()
    model = BinomialMixture(2, n_init=1, random_state=0)
    model.fit([[0], [1], [9], [8]], n_trials=10, callback=shown.append)
    assert len(shown) == model.n_iter_
    shown.clear()
    model = GaussianMixture(2, warm_start=True, random_state=0).fit(GEYSER)
    model.fit(GEYSER, callback=shown.append)
    assert len(shown) == model.n_iter_
    shown.clear()
    GaussianMixture(2, max_iter=0).fit(GEYSER, callback=shown.append)
    assert not shown


def test_strata_and_known_labels():
    strata = np.arange(len(GEYSER)) % 2
    model = GaussianMixture(2, random_state=0)
    shown = watched(model, GEYSER, lambda iteration: iteration.number == 2, strata=strata)
    np.testing.assert_array_equal(shown[-1].model.strata_weights_, model.strata_weights_)
    known = np.where(np.arange(len(GEYSER)) < 20, LABELS, -1)
    for start in (None, 1 - LABELS):  # which ends the wrong way round, and goes on
        shown = watched(model, GEYSER, labels=known, start=start)
        assert [it.lower_bound for it in shown] == model.lower_bounds_.tolist()
        assert_published(shown[-1], model)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("X", [GEYSER, LARGE])
def test_an_error_leaves_the_model_as_it_was(error, X):
    def fail(iteration):
        if iteration.number == 3:
            raise error("enough")

    model = Mixture(n_components=3, **QUICK)
    with pytest.raises(error, match="enough"):
        model.fit(X, callback=fail)
    assert not [name for name in vars(model) if name.endswith("_")]
    model.fit(X)
    before = dict(vars(model))
    with pytest.raises(error, match="enough"):
        model.fit(X[::2], callback=fail)
    assert vars(model) == before


def test_a_callback_is_no_part_of_the_computation():
    """Its own divisions by zero are its own affair."""

    def divides(iteration):
        return bool(np.float64(1) / np.float64(iteration.n_running - 1))

    with pytest.warns(RuntimeWarning, match="divide by zero"):
        GaussianMixture(2, random_state=0).fit(GEYSER, callback=divides)


def test_a_collapse_on_the_way_is_no_call():
    """An iteration that does not count is not shown."""
    X = np.r_[np.zeros(5), np.random.RandomState(0).normal(size=40) + 5][:, None]
    model, shown = GaussianMixture(2, reg_covar=0, tol=0, max_iter=200), []
    with pytest.warns((ConvergenceWarning, UserWarning)):
        model.fit(X, start=(X[:, 0] > 4.5).astype(int), callback=shown.append)
    assert len(shown) == model.n_iter_


def test_what_is_no_function():
    with pytest.raises(ValueError, match="callback must be a function"):
        GaussianMixture(2).fit(GEYSER, callback=3)


def test_warnings_point_to_the_call():
    with pytest.warns(ConvergenceWarning) as caught:
        GaussianMixture(2, max_iter=1).fit(GEYSER)
    assert {warning.filename for warning in caught} == {__file__}


def test_through_a_search_and_a_pipeline():
    shown = []
    search = GridSearchCV(GaussianMixture(random_state=0), {"n_components": [1, 2]}, cv=2)
    search.fit(GEYSER, callback=shown.append)
    last = shown[-search.best_estimator_.n_iter_ :]
    assert [it.lower_bound for it in last] == search.best_estimator_.lower_bounds_.tolist()
    shown.clear()
    pipe = make_pipeline(StandardScaler(), GaussianMixture(2, random_state=0))
    pipe.fit(GEYSER, gaussianmixture__callback=shown.append)
    assert len(shown) == pipe[-1].n_iter_
    assert pickle.loads(pickle.dumps(pipe))[-1].converged_


# -- scikit-learn's own -----------------------------------------------------------


@pytest.fixture
def sklearn_callback():
    return pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")


class Recording:
    """Notes what it is told."""

    def __init__(self, stop_at=None, fail_at=None):
        self.stop_at, self.fail_at = stop_at, fail_at
        self.told, self.contexts, self.scores = [], [], []

    def _note(self, what, context):
        self.told.append((what, context.task_name, context.task_id))
        self.contexts.append(context)
        if what == self.fail_at:
            raise RuntimeError("enough")

    def setup(self, estimator, context):
        self._note("setup", context)

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator=None):
        self._note("begin", context)

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.scores.append(fitted_estimator.score(X, y, **metadata))
        self._note("end", context)
        return context.task_name == "iteration" and context.task_id == self.stop_at

    def teardown(self, estimator, context):
        self._note("teardown", context)


class Propagated(Recording):
    """One that goes on to estimators within."""

    max_propagation_depth = None

    def on_fit_task_end(self, estimator, context):
        self._note("end", context)


def test_tasks_of_one_start(sklearn_callback):
    callback = Recording()
    weight = np.linspace(1, 2, len(GEYSER))
    model = GaussianMixture(2, random_state=0).set_callbacks(callback)
    model.fit(GEYSER, sample_weight=weight)
    iterations = [
        (what, "iteration", number) for number in range(model.n_iter_) for what in ("begin", "end")
    ]
    fit = [("setup", "fit", 0), ("begin", "fit", 0), *iterations]
    assert callback.told == [*fit, ("end", "fit", 0), ("teardown", "fit", 0)]
    assert callback.contexts[0].max_subtasks == model.max_iter
    assert callback.scores[-1] == model.score(GEYSER, sample_weight=weight)
    np.testing.assert_allclose(callback.scores[:-2], model.lower_bounds_[1:], rtol=1e-12)
    assert not [name for name in vars(model) if "callback" in name and name != "_skl_callbacks"]


def test_tasks_of_several_starts(sklearn_callback):
    for X in (GEYSER, LARGE):
        callback, calls = Recording(), []
        model = Mixture(n_components=3, **QUICK).set_callbacks(callback)
        model.fit(X, callback=calls.append)
        n_tasks = sum(told[:2] == ("end", "iteration") for told in callback.told)
        assert n_tasks == len(calls) > model.n_iter_
        assert callback.contexts[0].max_subtasks is None
        assert clone(model).fit(X).lower_bound_ == model.lower_bound_


def test_tasks_of_a_start_that_is_renumbered(sklearn_callback):
    callback, known = Recording(), np.where(np.arange(len(GEYSER)) < 3, LABELS, -1)
    model = GaussianMixture(2, max_iter=20).set_callbacks(callback)
    model.fit(GEYSER, labels=known, start=1 - LABELS)
    assert callback.contexts[0].max_subtasks is None
    assert callback.told.count(("end", "iteration", model.n_iter_ - 1)) == 1


def test_tasks_stop(sklearn_callback):
    model = GaussianMixture(2, random_state=0).set_callbacks(Recording(stop_at=1)).fit(GEYSER)
    assert (model.n_iter_, model.converged_) == (2, False)
    shown = watched(model, GEYSER)  # both are told of the last one
    assert len(shown) == 2


@pytest.mark.parametrize("fail_at", ["setup", "begin", "end", "teardown"])
def test_tasks_that_fail(fail_at, sklearn_callback):
    callback = Recording(fail_at=fail_at)
    model = GaussianMixture(2, random_state=0).set_callbacks(callback)
    before = dict(vars(model))
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(GEYSER)
    assert vars(model) == before
    assert callback.told[-1][0] == "teardown"


def test_tasks_end_where_a_fit_fails(sklearn_callback):
    callback = Recording()
    model = GaussianMixture(2).set_callbacks(callback)
    with pytest.raises(ValueError, match="infinity"):
        model.fit(np.full((5, 1), np.inf))
    assert [what for what, *_ in callback.told] == ["setup", "begin", "teardown"]
    assert model.set_callbacks().fit(GEYSER).converged_


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_tasks_within_a_search(n_jobs, sklearn_callback):
    monitor = sklearn_callback.ScoringMonitor(scoring=likelihood)
    model = GaussianMixture(random_state=0).set_callbacks(monitor)
    search = GridSearchCV(model, {"n_components": [1, 2]}, cv=2, n_jobs=n_jobs)
    search.fit(GEYSER, np.zeros(len(GEYSER)))
    log = monitor.get_logs(select="most_recent").data
    names = {entry["estimator_name"] for entry in log}
    assert names == {"GaussianMixture"}
    last = max(log, key=lambda entry: entry["likelihood"])
    assert last["likelihood"] >= search.best_estimator_.lower_bound_


def likelihood(estimator, X, y):
    return {"likelihood": estimator.score(X)}


def test_tasks_are_propagated(sklearn_callback):
    for outer in (
        GridSearchCV(GaussianMixture(random_state=0), {"n_components": [1, 2]}, cv=2),
        make_pipeline(StandardScaler(), Mixture(n_components=2, n_init=3, random_state=0)),
    ):
        callback = Propagated()
        outer.set_callbacks(callback).fit(GEYSER)
        told = [what for what, *_ in callback.told]
        assert told.count("setup") == told.count("teardown") == 1
        assert told.count("begin") == told.count("end")
        assert ("end", "iteration", 0) in callback.told
        names = {context.estimator_name for context in callback.contexts}
        assert len(names) > 1


def test_progress_bars(sklearn_callback, capsys):
    try:
        bar = sklearn_callback.ProgressBar()
    except ImportError as error:
        assert "rich" in str(error)  # noqa: PT017
        pytest.skip("scikit-learn draws its progress bars with rich")
    GaussianMixture(2, random_state=0).set_callbacks(bar).fit(GEYSER)
    assert re.search(r"GaussianMixture - fit.*100%", capsys.readouterr().out)
    Mixture(n_components=2, **QUICK).set_callbacks(bar).fit(GEYSER)
    assert re.search(r"Mixture - fit.*100%", capsys.readouterr().out)
    grid = {"n_components": [1, 2]}
    GridSearchCV(GaussianMixture(random_state=0), grid, cv=2).set_callbacks(bar).fit(GEYSER)
    text = capsys.readouterr().out
    assert text.count("GaussianMixture") >= 4
    make_pipeline(StandardScaler(), GaussianMixture(2)).set_callbacks(bar).fit(GEYSER)
    assert "GaussianMixture" in capsys.readouterr().out


def test_without_scikit_learns_callbacks():
    """Its versions before 1.9 have none; everything else is there."""
    code = """
import sys, sklearn.cluster
present = sys.modules.get("sklearn.callback")
sys.modules["sklearn.callback"] = None
import skmixture.estimator.base
del sys.modules["sklearn.callback"]
if present:
    sys.modules["sklearn.callback"] = present
from skmixture import GaussianMixture
from skmixture.datasets import load_old_faithful
import warnings
shown = []
model = GaussianMixture(2, random_state=0).fit(load_old_faithful().data, callback=shown.append)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    GaussianMixture(2, max_iter=1).fit(load_old_faithful().data)
print(hasattr(model, "set_callbacks"), len(shown) == model.n_iter_, caught[0].filename)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "False True <string>", result.stderr


# -- printing and logging ----------------------------------------------------------


def printed(model, X, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X)
    return re.sub(r"time lapse \d+\.\d{5}s", "time lapse", capsys.readouterr().out)


@pytest.mark.parametrize("verbose", [False, True, 0, 1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_init": 3, "init_params": "random"},
        {"verbose_interval": 3, "tol": 1e-9},
        {"verbose_interval": 1, "max_iter": 2, "n_init": 3},
        {"max_iter": 0, "n_init": 2},
    ],
)
def test_verbose_prints_what_scikit_learn_prints(verbose, options, capsys):
    options = dict(n_components=3, random_state=0, verbose=verbose) | options
    ours = printed(GaussianMixture(**options), GEYSER, capsys)
    assert ours == printed(ScikitLearn(**options), GEYSER, capsys)
    assert bool(ours) == bool(verbose)


def test_verbose_of_a_warm_start(capsys):
    options = dict(random_state=0, warm_start=True, max_iter=2, verbose=2, verbose_interval=1)
    texts = []
    for model in (GaussianMixture(3, **options), ScikitLearn(3, **options)):
        texts.append([printed(model, GEYSER, capsys) for _ in range(3)])
    assert texts[0] == texts[1]


def test_starts_that_go_on_keep_their_numbers(capsys):
    Mixture(n_components=3, **QUICK, verbose=1).fit(GEYSER)
    begun = re.findall(r"Initialization (\d+)", capsys.readouterr().out)
    first, then = begun[: QUICK["n_init"]], begun[QUICK["n_init"] :]
    assert first == [str(number) for number in range(QUICK["n_init"])]
    assert then
    assert sorted(set(then), key=int) != [str(number) for number in range(len(then))]


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (GammaMixture(1, n_init=1), stats.gamma(3).rvs((100, 1), random_state=0)),
        (NegativeBinomialMixture(1, n_init=1), stats.nbinom(3, 0.2).rvs((100, 1), random_state=0)),
        (
            Mixture(FromScipy(stats.gumbel_r), 1, n_init=1, max_iter=5),
            stats.gumbel_r(3).rvs((100, 1), random_state=0),
        ),
    ],
)
def test_steps_of_numerical_m_steps_are_logged(model, X, caplog):
    """S0.21: at DEBUG, beside the iterations."""
    with caplog.at_level(logging.DEBUG, logger="skmixture"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X)
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.DEBUG]
    assert sum("iteration" in line for line in lines) == model.n_iter_
    steps = [line for line in lines if line.startswith("M-step")]
    assert steps
    assert all(re.search(r"step \d+: \d+ of \d+ go on", line) for line in steps)
