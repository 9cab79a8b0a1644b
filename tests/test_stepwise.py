"""`partial_fit`: streams learnt from a call at a time, and what each call must keep."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from waiting_times import Exponential

from skmixture import GaussianMixture, Mixture, NegativeBinomialMixture, PoissonMixture
from skmixture.engine.stepwise import Forgetting
from skmixture.families import Gaussian, NegativeBinomial, Poisson

WEIGHTS = np.array([0.2, 0.3, 0.5])
MEANS = np.array([[0.0, 0.0], [5.0, 1.0], [-1.0, 6.0]])
DEVIATIONS = np.array([[1.0, 0.6], [0.8, 1.2], [1.4, 1.0]])
RATES = np.array([[1.0, 20.0, 4.0], [9.0, 3.0, 0.4], [30.0, 30.0, 12.0]])
TYPES = ("full", "tied", "diag", "spherical")


def gaussian_rows(n, seed=0):
    rng = np.random.RandomState(seed)
    labels = rng.choice(3, n, p=WEIGHTS)
    return MEANS[labels] + rng.normal(size=(n, 2)) * DEVIATIONS[labels]


def poisson_rows(n, seed=0, exposure=1.0):
    rng = np.random.RandomState(seed)
    means = RATES[rng.choice(3, n, p=WEIGHTS)] * np.reshape(exposure, (-1, 1))
    return rng.poisson(means).astype(float)


def gaussian(covariance_type="full", **options):
    defaults = dict(tol=1e-10, max_iter=2000, n_init=5, order_by="means", random_state=0)
    options = defaults | options
    return GaussianMixture(3, covariance_type=covariance_type, **options)


def poisson(**options):
    return PoissonMixture(3, **(dict(order_by="rates", random_state=0) | options))


def known_gaussian(**options):
    """At the parameters that rows are drawn by."""
    covariances = DEVIATIONS[:, :, None] ** 2 * np.eye(2)
    return GaussianMixture.from_params(
        weights=WEIGHTS, means=MEANS, covariances=covariances, **options
    )


MODELS = {name: (gaussian(name), gaussian_rows) for name in TYPES}
MODELS["poisson"] = (poisson(), poisson_rows)
MODELS["any"] = (Mixture(Poisson(), 3, order_by="rates", random_state=0), poisson_rows)
each = pytest.mark.parametrize(("model", "draw"), MODELS.values(), ids=MODELS)


def labels_of(X):
    """A start for fits of all rows, which then need not look for one."""
    known = known_gaussian() if X.shape[1] == 2 else PoissonMixture.from_params(
        weights=WEIGHTS, rates=RATES
    )  # fmt: skip
    return known.predict(X)


def assert_params_close(one, other, rtol=1e-12, atol=0.0):
    assert_allclose(one.weights_, other.weights_, rtol, atol)
    for name in one.family_.parameters:
        assert_allclose(getattr(one, name + "_"), getattr(other, name + "_"), rtol, atol)


def passed(model, X, n_calls, **columns):
    """The model after the rows in so many calls."""
    for rows in np.array_split(np.arange(len(X)), n_calls):
        model.partial_fit(X[rows], **{name: column[rows] for name, column in columns.items()})
    return model


# -- the schedule ---------------------------------------------------------------


@pytest.mark.parametrize("exponent", [0.51, 0.6, 0.7, 0.9, 1.0])
def test_equal_batches_take_the_steps_of_the_literature(exponent):
    fading = Forgetting(exponent)
    for t in (2, 5, 50, 1000):
        step = fading.step_size(500.0 * (t - 1), 500.0, 500.0)
        assert step == pytest.approx(t**-exponent, rel=0.6 / t**0.51)


@pytest.mark.parametrize("half_life", [None, 300.0, 5000.0])
@pytest.mark.parametrize("exponent", [0.6, 1.0])
def test_rows_fade_alike_however_they_are_cut_into_calls(exponent, half_life):
    fading = Forgetting(exponent, half_life)
    whole = 1 - fading.step_size(800.0, 500.0, 3000.0)
    left, seen = 1.0, 800.0
    for more in (1.0, 999.0, 500.0, 1500.0):
        left *= 1 - fading.step_size(seen, 500.0, more)
        seen += more
    assert left == pytest.approx(whole, rel=1e-12)


def test_the_past_is_what_the_step_leaves():
    for fading in (Forgetting(0.7), Forgetting(1.0), Forgetting(0.7, 100.0)):
        step = fading.step_size(700.0, 500.0, 50.0)
        assert fading.past(700.0, 500.0, 50.0) == pytest.approx(50 * (1 - step) / step)
        assert fading.past(0.0, 50.0, 50.0) == 0
        assert fading.past(1.0, 1.0, 1e9) == pytest.approx(0 if fading.exponent < 1 else 1)
    assert Forgetting(1.0).past(1e12, 500.0, 3.0) == pytest.approx(1e12, rel=1e-12)


def test_half_life():
    fading = Forgetting(0.6, half_life=1000.0)
    assert fading.step_size(1e9, 500.0, 1000.0) == pytest.approx(0.5, rel=1e-12)
    # while little was seen the memory is shorter anyway
    assert fading.step_size(500.0, 500.0, 10.0) == Forgetting(0.6).step_size(500.0, 500.0, 10.0)


# -- where it leads ---------------------------------------------------------------


@each
def test_a_stream_approaches_the_batch_optimum(model, draw):
    X = draw(100_000)
    batch, stream = clone(model).fit(X, start=labels_of(X)), passed(clone(model), X, 200)
    best = batch.score(X)
    assert best - 1e-3 < stream.score(X) <= best + 1e-9
    # four standard errors of what is remembered: 500 times 200^0.7 rows
    error = 4 / np.sqrt(500 * 200**0.7)
    of_component = error / np.sqrt(batch.weights_)
    assert_allclose(stream.weights_, batch.weights_, atol=0.5 * error)
    if hasattr(batch, "rates_"):
        deviation = np.abs(stream.rates_ - batch.rates_) / np.sqrt(batch.rates_)
        assert (deviation < of_component[:, None]).all()
        return
    variance = np.abs(batch.covariances_).max()
    deviation = np.abs(stream.means_ - batch.means_) / np.sqrt(variance)
    assert (deviation < of_component[:, None]).all()
    deviation = np.abs(stream.covariances_ - batch.covariances_) / variance
    assert deviation.max() < np.sqrt(2) * of_component.max()


def test_more_rows_come_nearer():
    X = gaussian_rows(128_000, seed=1)
    best = gaussian().fit(X, start=labels_of(X)).score(X)
    gaps = [best - passed(gaussian(), X[: n * 500], n).score(X) for n in (1, 16, 256)]
    assert gaps[0] > 4 * gaps[1] > 16 * gaps[2] > 0


@pytest.mark.parametrize("seen", [0.0, 1000.0])
@pytest.mark.parametrize("covariance_type", TYPES)
def test_the_recursion_itself(covariance_type, seen):
    """Raw sums, added up as the definition has them; from nothing it is EM."""
    X = gaussian_rows(300)
    model = GaussianMixture(3, covariance_type=covariance_type, reg_covar=0.01, forgetting=1.0)
    with pytest.warns(UserWarning, match=r"not small|did not converge"):
        model.set_params(random_state=0, max_iter=2).fit(X[:100])
    model.n_samples_seen_ = seen
    weights, means, precisions = model.weights_, model.means_, model.precisions_
    matrices = {
        "full": lambda C: C,
        "tied": lambda C: np.stack([C] * 3),
        "diag": lambda C: C[:, :, None] * np.eye(2),
        "spherical": lambda C: C[:, None, None] * np.eye(2),
    }[covariance_type]
    resp = model.predict_proba(X)
    past = matrices(model.covariances_) - 0.01 * np.eye(2)
    n = seen * weights + resp.sum(axis=0)
    first = seen * weights[:, None] * means + resp.T @ X
    second = seen * weights[:, None, None] * (past + means[:, :, None] * means[:, None])
    second = second + np.einsum("nk,ni,nj->kij", resp, X, X)
    means = first / n[:, None]
    scatter = second - n[:, None, None] * means[:, :, None] * means[:, None]
    covariances = {
        "full": scatter / n[:, None, None],
        "tied": scatter.sum(axis=0) / n.sum(),
        "diag": np.diagonal(scatter, axis1=1, axis2=2) / n[:, None],
        "spherical": np.trace(scatter, axis1=1, axis2=2) / (2 * n),
    }[covariance_type]
    floor = {"diag": 0.01, "spherical": 0.01}.get(covariance_type, 0.01 * np.eye(2))
    score = model.score(X)
    model.partial_fit(X)
    assert_allclose(model.weights_, n / n.sum(), rtol=1e-12)
    assert_allclose(model.means_, means, rtol=1e-11, atol=1e-12)
    assert_allclose(model.covariances_, covariances + floor, rtol=1e-10, atol=1e-11)
    assert model.lower_bound_ == pytest.approx(score, rel=1e-13)
    assert not np.array_equal(model.precisions_, precisions)
    assert_allclose(
        matrices(model.precisions_) @ matrices(model.covariances_), [np.eye(2)] * 3, atol=1e-12
    )


@each
def test_one_call_from_given_parameters_is_an_iteration_of_em(model, draw):
    X = draw(5000)
    start = clone(model).fit(draw(200, seed=1))
    law = Mixture(start.family_, 3, acceleration=None, max_iter=1, tol=0)
    given = law.from_params(family=start.family_, weights=start.weights_, **start.params_)
    law.set_params(weights_init=start.weights_, params_init=start.params_)
    with pytest.warns(ConvergenceWarning):
        law.fit(X)
    for past in (0.0, 1e-8):  # where a past is, however small, empty components have no lean
        given.n_samples_seen_ = past
        stepped = pickle.loads(pickle.dumps(given)).partial_fit(X)
        assert_params_close(stepped, law, rtol=1e-12 if past == 0 else 1e-7, atol=1e-12)
        assert stepped.lower_bound_ == pytest.approx(law.lower_bound_, rel=1e-13)


STILL = {
    **{name: (gaussian(name, reg_covar=0.3), {}, gaussian_rows) for name in TYPES},
    "auto": (Mixture(Gaussian(), 3, random_state=0), {}, gaussian_rows),
    "tied means": (gaussian(tied=("means",), random_state=1), {}, gaussian_rows),
    "fixed": (
        gaussian(order_by=None, fixed={"means": MEANS, "weights": [0.2, np.nan, np.nan]}),
        {},
        gaussian_rows,
    ),
    "poisson": (poisson(), {}, poisson_rows),
    "exposed": (poisson(), {"exposure": np.linspace(0.2, 3, 600)}, poisson_rows),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:reg_covar=0.3 is not small")
@pytest.mark.parametrize(("model", "columns", "draw"), STILL.values(), ids=STILL)
def test_the_optimum_stays_where_it_is(model, columns, draw):
    """Parameters imply their statistics: what reg_covar adds does not grow."""
    X = draw(600, **columns)
    model = clone(model).fit(X, **columns)
    before = pickle.loads(pickle.dumps(model))
    for _ in range(30):
        model.partial_fit(X, **columns)
    assert_params_close(model, before, rtol=1e-4, atol=1e-4)
    assert model.score(X, **columns) == pytest.approx(before.score(X, **columns), abs=1e-8)


def test_a_fit_counts_by_its_rows():
    X, more = gaussian_rows(4000), gaussian_rows(100, seed=1)
    model = gaussian(forgetting=1.0).fit(X)
    expected = 4000 * model.weights_ + model.predict_proba(more).sum(axis=0)
    model.partial_fit(more)
    assert_allclose(model.weights_, expected / 4100, rtol=1e-12)
    assert model.n_samples_seen_ == 4100
    assert model.n_samples_start_ == 4000


def test_a_drift_is_followed_with_a_half_life():
    far, following = {}, {}
    for half_life in (None, 1000.0):
        model = gaussian(order_by=None, half_life=half_life)
        for call in range(150):
            drift = np.array([0.02 * call, -0.02 * call])
            model.partial_fit(gaussian_rows(200, seed=call) + drift)
        order = np.argsort(model.means_[:, 0])
        truth = (MEANS + drift)[np.argsort(MEANS[:, 0])]
        far[half_life] = np.abs(model.means_[order] - truth).max()
        following[half_life] = model.score(gaussian_rows(2000, seed=999) + drift)
    assert far[1000.0] < 0.3 < far[None]
    assert following[1000.0] > following[None] + 0.01


def test_splitting_calls_changes_little():
    X = gaussian_rows(20_000)
    start = gaussian().partial_fit(X[:500])
    few, many = (passed(pickle.loads(pickle.dumps(start)), X[500:], n) for n in (39, 390))
    assert few.n_samples_seen_ == many.n_samples_seen_ == 20_000
    error = np.sqrt(WEIGHTS[[1, 0, 2]] / 20_000)
    assert (np.abs(few.weights_ - many.weights_) < error).all()
    assert few.score(X) == pytest.approx(many.score(X), abs=2e-4)


def test_single_rows():
    X = gaussian_rows(1000, seed=2)
    model = gaussian().partial_fit(X[:200])
    before = model.score(X)
    model = passed(model, X[200:], 800)
    assert model.n_iter_ == len(model.lower_bounds_)
    assert model.n_samples_seen_ == 1000
    assert before < model.score(X)


# -- rows and weights ---------------------------------------------------------------


@each
def test_weight_two_is_a_row_twice_and_weight_zero_is_none(model, draw):
    start, X = clone(model).fit(draw(300)), draw(90, seed=1)
    weight = np.tile([2.0, 1.0, 0.0], 30)
    by_weight, by_rows = (pickle.loads(pickle.dumps(start)) for _ in range(2))
    by_weight.partial_fit(X, sample_weight=weight)
    by_rows.partial_fit(np.repeat(X, weight.astype(int), axis=0))
    assert_params_close(by_weight, by_rows, rtol=1e-11, atol=1e-12)
    assert by_weight.n_samples_seen_ == by_rows.n_samples_seen_ == 390
    assert by_weight.lower_bound_ == pytest.approx(by_rows.lower_bound_, rel=1e-12)


def test_scaling_the_weights_of_all_calls_changes_nothing():
    X = gaussian_rows(2000)
    plain, scaled = passed(gaussian(), X, 10), passed(
        gaussian(), X, 10, sample_weight=np.full(2000, 1e-30)
    )  # fmt: skip
    assert_params_close(plain, scaled, rtol=1e-9, atol=1e-9)


@each
def test_the_order_of_rows_within_a_call_is_immaterial(model, draw):
    start, X = clone(model).fit(draw(300)), draw(5000, seed=1)
    one, other = (pickle.loads(pickle.dumps(start)) for _ in range(2))
    one.partial_fit(X)
    other.partial_fit(X[::-1])
    assert_params_close(one, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_a_far_origin_costs_no_digits(covariance_type):
    # eighths, so that the shift rounds no row
    X = np.round(8 * gaussian_rows(10_000)) / 8
    near = passed(gaussian(covariance_type), X, 20)
    far = passed(gaussian(covariance_type), X + 1e8, 20)
    assert_allclose(far.weights_, near.weights_, rtol=1e-6)
    assert_allclose(far.means_ - 1e8, near.means_, atol=1e-6)
    assert_allclose(far.covariances_, near.covariances_, rtol=1e-6, atol=1e-6)


def test_a_small_unit_and_few_rows():
    """What reg_covar="auto" adds is told by the components too, not by a row alone."""
    X = gaussian_rows(600)
    options = dict(n_init=5, random_state=0)
    plain = Mixture(Gaussian(), 3, **options).fit(X[:500])
    small = Mixture(Gaussian(), 3, **options).fit(X[:500] / 1e9)
    for row in X[500:]:
        plain.partial_fit(row[None])
        small.partial_fit(row[None] / 1e9)
    assert_allclose(1e18 * small.covariances_, plain.covariances_, rtol=1e-6, atol=1e-9)


def test_components_far_apart_keep_their_digits():
    """A batch near one of them is still merged about the mean of each."""
    X = gaussian_rows(3000)
    near, rng = X[:1500], np.random.RandomState(0)
    far = 1e7 + 1e-2 * rng.normal(size=(1500, 2))
    model = GaussianMixture(2, reg_covar=1e-12, random_state=0).fit(np.vstack([near, far]))
    before = model.covariances_.copy()
    model.partial_fit(X[1500:])
    which = int(model.means_[:, 0].argmax())
    assert_allclose(model.covariances_[which], before[which], rtol=1e-9)
    assert_allclose(model.means_[which], far.mean(axis=0), rtol=1e-14)


def test_single_precision_rows_make_double_precision_steps():
    X = (gaussian_rows(20_000) + 500).astype(np.float32)
    assert gaussian().partial_fit(X[:500]).means_.dtype == np.float64
    model = passed(gaussian(), X, 40)
    exact = passed(gaussian(), X.astype(float), 40)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert getattr(model, name).dtype == np.float64
        assert_allclose(getattr(model, name), getattr(exact, name), rtol=1e-3, atol=1e-3)
    assert model.predict_proba(X[:5]).dtype == np.float32


def test_sparse_counts():
    X = poisson_rows(2000)
    dense, thin = poisson().fit(X[:200]), poisson().fit(X[:200])
    for rows in np.split(X[200:], 9):
        dense.partial_fit(rows)
        thin.partial_fit(sparse.csr_array(rows))
    assert_params_close(thin, dense, rtol=1e-11)
    assert poisson().partial_fit(sparse.csr_array(X[:200])).n_samples_seen_ == 200


def test_exposures():
    rng = np.random.RandomState(0)
    exposure = np.round(rng.gamma(4, 0.25, 40_000), 1) + 0.1
    X = poisson_rows(40_000, exposure=exposure)
    stream = passed(poisson(), X, 80, exposure=exposure)
    assert stream.exposed_
    batch = poisson().fit(X, exposure=exposure)
    best = batch.score(X, exposure=exposure)
    assert best - 1e-3 < stream.score(X, exposure=exposure) <= best + 1e-9
    assert_allclose(stream.rates_, batch.rates_, rtol=0.05)
    assert stream.mean_exposure_ == pytest.approx(1.1, abs=0.02)
    with pytest.raises(ValueError, match="exposure is missing"):
        stream.partial_fit(X)
    # rows of a fit without any count as of unit exposure
    model = stream.fit(X[:500])
    assert not hasattr(model, "mean_exposure_")
    model.partial_fit(X[500:1000], exposure=exposure[500:1000])
    assert 1 < model.mean_exposure_ < 1.1
    with pytest.raises(ValueError, match="exposure is missing"):
        model.partial_fit(X)
    # twice the exposure, half the rate: the same stream in another unit
    half = passed(poisson(), X[:4000], 8, exposure=2 * exposure[:4000])
    whole = passed(poisson(), X[:4000], 8, exposure=exposure[:4000])
    assert_allclose(2 * half.rates_, whole.rates_, rtol=1e-7)


def test_exposures_count_by_their_mean():
    """With one component nothing is hidden: the rate is counts by exposure, call after call."""
    exposure = np.repeat([0.5, 4.0, 1.0], 200)
    X = np.random.RandomState(0).poisson(3 * exposure)[:, None]
    model = PoissonMixture(1, forgetting=1.0)
    passed(model, X, 3, exposure=exposure)
    assert_allclose(model.rates_, X.sum() / exposure.sum(), rtol=1e-12)


# -- what must not break it ---------------------------------------------------------


@each
def test_a_component_without_rows_stays_as_it_is(model, draw):
    X = draw(3000)
    model = clone(model).set_params(half_life=50.0).fit(X)
    gone, kept = 2, [0, 1]
    before = pickle.loads(pickle.dumps(model))
    few = X[model.predict_proba(X)[:, gone] < 1e-12]
    for _ in range(100):  # the half-life, hundreds of times
        model.set_params(order_by=None).partial_fit(few[:500])
    assert 0 < model.weights_[gone] < 1e-12
    for name in model.family_.parameters:
        values = getattr(before, name + "_"), getattr(model, name + "_")
        if not model.family_.shared(name):
            assert_allclose(values[1][gone], values[0][gone], rtol=1e-6, atol=1e-6)
            assert not np.array_equal(values[1][kept], values[0][kept])


def test_a_component_of_no_weight_stays_where_it_is():
    params = dict(means=MEANS, covariances=DEVIATIONS**2)
    model = GaussianMixture.from_params(weights=[0.5, 0.5, 0.0], covariance_type="diag", **params)
    model.n_samples_seen_ = 1000.0
    model.partial_fit(gaussian_rows(100))
    assert model.weights_[2] < 1e-15
    assert_allclose(model.means_[2], MEANS[2], rtol=1e-12)
    assert_allclose(model.covariances_[2], DEVIATIONS[2] ** 2, rtol=1e-12)


def test_a_step_that_leads_nowhere_is_passed_over():
    model = known_gaussian(reg_covar=0.0)  # which count for no rows, as long as nobody says more
    before = dict(vars(model))
    with pytest.warns(ConvergenceWarning, match="over these rows .collapsed: component") as told:
        model.partial_fit(np.ones((10, 2)))
    assert told[0].filename == __file__
    assert vars(model) == before
    model.n_samples_seen_ = 1000.0
    model.partial_fit(np.ones((10, 2)))
    assert model.n_samples_seen_ == 1010
    assert (np.linalg.eigvalsh(model.covariances_) > 0.1).all()


def test_a_collapse_is_told_once():
    model = known_gaussian(reg_covar=1e-6, half_life=20.0)
    X = gaussian_rows(1000)
    X[model.predict(X) == 2] = MEANS[2]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(30):
            if not told:
                before = pickle.loads(pickle.dumps(model))
            model.partial_fit(X)
    assert [warning.category for warning in told] == [ConvergenceWarning]
    assert "have collapsed (2)" in str(told[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # who takes it for an error keeps the model before
        state = dict(vars(before))
        with pytest.raises(ConvergenceWarning, match="have collapsed"):
            before.partial_fit(X)
        assert vars(before) == state
    assert told[0].filename == __file__


def test_order_by_renumbers_no_state():
    X = gaussian_rows(6000, seed=3)
    by_means, by_weights, plain = (
        passed(gaussian(order_by=order), X, 12) for order in ("means", "weights", None)
    )
    assert (np.diff(by_weights.weights_) > 0).all()
    assert (np.diff(by_means.means_[:, 0]) > 0).all()
    for model in (by_weights, plain):
        order = np.argsort(model.means_[:, 0])
        assert_allclose(model.means_[order], by_means.means_, rtol=1e-9, atol=1e-9)
        assert_allclose(model.covariances_[order], by_means.covariances_, rtol=1e-9, atol=1e-9)


def test_fixed_and_tied_are_kept():
    X = gaussian_rows(4000)
    fixed = {"means": MEANS, "weights": [0.2, np.nan, np.nan]}
    model = passed(
        gaussian(fixed=fixed, order_by=None, weights_init=WEIGHTS, means_init=MEANS), X, 8
    )
    assert_array_equal(model.means_, MEANS)
    assert model.weights_[0] == 0.2
    assert model.weights_.sum() == pytest.approx(1)
    assert model.n_parameters_ == 1 + 9
    model = passed(gaussian(tied=("covariances",)), X, 8)
    assert_array_equal(model.covariances_[0], model.covariances_[1])
    expected = passed(gaussian("tied"), X, 8)
    assert_allclose(model.covariances_[0], expected.covariances_, rtol=1e-6, atol=1e-7)
    rates = passed(PoissonMixture(2, tied=("rates",), random_state=0), poisson_rows(400), 4).rates_
    assert_array_equal(rates[0], rates[1])


def test_pickling_between_calls_changes_nothing():
    X = gaussian_rows(3000)
    model, stored = gaussian(), gaussian()
    for rows in np.split(X, 10):
        model.partial_fit(rows)
        stored = pickle.loads(pickle.dumps(stored.partial_fit(rows)))
    assert_params_close(stored, model, rtol=0)


def test_fitted_attributes():
    X = gaussian_rows(1500)
    model = gaussian().partial_fit(X[:500])
    assert model.converged_
    first = model.n_iter_
    assert_params_close(model, gaussian().fit(X[:500]), rtol=0)
    assert model.partial_fit(X[500:1000]) is model
    before = model.score(X[1000:])
    model.partial_fit(X[1000:])
    assert not model.converged_
    assert model.n_iter_ == len(model.lower_bounds_) == first + 2
    assert model.lower_bounds_[-1] == model.lower_bound_ == pytest.approx(before, rel=1e-12)
    assert model.n_samples_seen_ == 1500
    assert model.n_samples_start_ == 500
    assert model.n_parameters_ == 17
    model.fit(X)
    assert model.n_samples_seen_ == model.n_samples_start_ == 1500
    assert_params_close(model, gaussian().fit(X), rtol=0)


def test_known_parameters_may_be_given_the_weight_of_rows():
    model = known_gaussian(forgetting=1.0)
    model.n_samples_seen_ = 900.0
    resp = model.predict_proba(gaussian_rows(100))
    model.partial_fit(gaussian_rows(100))
    assert_allclose(model.weights_, 0.9 * WEIGHTS + 0.1 * resp.mean(axis=0), rtol=1e-12)
    assert model.n_samples_start_ == 900


# -- errors ---------------------------------------------------------------------------


@pytest.mark.parametrize("model", [NegativeBinomialMixture(2), Mixture(NegativeBinomial(), 2)])
def test_a_family_that_cannot_go_on_says_so(model):
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError) as caught:
        model.partial_fit([[1.0], [2.0]])
    said = str(caught.value.__cause__)
    assert "NegativeBinomial cannot go on" in said
    assert "Use fit" in said
    assert "sample_weight" in said


BAD = {
    "columns": (dict(X=np.ones((5, 3))), "3 features"),
    "nan": (dict(X=[[np.nan, 1.0]]), "NaN"),
    "no rows": (dict(X=np.ones((0, 2))), "0 sample"),
    "no weight": (dict(X=np.ones((2, 2)), sample_weight=[0, 0]), "zero for every row"),
    "negative weight": (dict(X=np.ones((2, 2)), sample_weight=[1, -1]), "negative"),
    "too many weights": (dict(X=np.ones((2, 2)), sample_weight=[1, 1, 1]), "shape"),
    "heavy": (dict(X=np.ones((2, 2)), sample_weight=[1e308, 1e308]), "divide it by its mean"),
    "exposure": (dict(X=np.ones((2, 2)), exposure=[1, 1]), "no size factors"),
}


@pytest.mark.parametrize(("call", "message"), BAD.values(), ids=BAD)
def test_bad_input_leaves_the_model_as_it_was(call, message):
    model = gaussian().fit(gaussian_rows(200))
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        model.partial_fit(**call)
    assert vars(model) == before


def test_the_first_call_needs_a_row_for_each_component():
    model = gaussian()
    with pytest.raises(ValueError, match="n_samples >= n_components"):
        model.partial_fit(gaussian_rows(2))
    assert not hasattr(model, "weights_")
    with pytest.raises(ValueError, match="outside the support"):
        poisson().fit(poisson_rows(50)).partial_fit([[1.5, 0, 0]])


def test_settings_that_do_not_fit_the_model_at_hand():
    X = gaussian_rows(200)
    model = gaussian().fit(X)
    with pytest.raises(ValueError, match="n_components=3, but n_components is now 2"):
        model.set_params(n_components=2).partial_fit(X)
    with pytest.raises(ValueError, match=r"cannot go on from the fitted parameters.*shape"):
        model.set_params(n_components=3, covariance_type="diag").partial_fit(X)


@pytest.mark.parametrize(
    ("option", "value"),
    [("forgetting", 0.5), ("forgetting", 1.1), ("forgetting", "slow"), ("forgetting", True),
     ("half_life", 0.0), ("half_life", -3), ("half_life", np.nan), ("half_life", "long")],
)  # fmt: skip
def test_options_are_checked(option, value):
    for model in (GaussianMixture(), PoissonMixture(), Mixture()):
        model.set_params(**{option: value})
        for method in (model.fit, model.partial_fit):
            with pytest.raises(ValueError, match=f"'{option}' parameter"):
                method([[1.0], [2.0]])


def test_tables_on_file_come_a_stretch_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("skmixture.table.streamed.MOST_HELD", 1000)
    X = gaussian_rows(2000)
    table = np.memmap(tmp_path / "rows", dtype=float, mode="w+", shape=X.shape)
    table[:] = X
    model = gaussian().fit(X[:500])
    with pytest.raises(ValueError, match="a stretch at a time"):
        model.partial_fit(table)
    model.partial_fit(np.array(table[500:]))
    assert model.n_samples_seen_ == 2000


def test_dask_arrays_come_a_stretch_at_a_time():
    array = pytest.importorskip("dask.array")
    X = gaussian_rows(1000)
    model = gaussian().partial_fit(array.from_array(X[:500], chunks=100))
    assert model.n_samples_seen_ == 500
    with pytest.raises(ValueError, match="a stretch at a time"):
        model.partial_fit(array.from_array(X[500:], chunks=100))


def test_column_names_are_checked():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(gaussian_rows(300), columns=["a", "b"])
    model = gaussian().partial_fit(frame)
    model.partial_fit(frame)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names"):
        model.partial_fit(frame[["b", "a"]])


# -- other families ---------------------------------------------------------------------


class GoingOn(Exponential):
    """The same with what streams need."""

    def implied_stats(self, params, mass, **side):
        return {"n": mass, "t": mass[..., None] * params["scales"]}


def test_a_family_of_ones_own_needs_one_method_more():
    rng = np.random.RandomState(0)
    X = rng.exponential(np.where(rng.uniform(size=20_000) < 0.3, 1.0, 30.0))[:, None]
    stream = passed(Mixture(GoingOn(), 2, order_by="scales", random_state=0), X, 40)
    batch = Mixture(Exponential(), 2, order_by="scales", random_state=0).fit(X)
    assert batch.score(X) - 1e-3 < stream.score(X) <= batch.score(X) + 1e-9
    assert_allclose(stream.scales_, batch.scales_, rtol=0.1)
    assert not hasattr(batch, "partial_fit")


def test_parameters_imply_statistics_that_lead_back_to_them(case):
    """Where the contract has them at all."""
    if not case.family.goes_on:
        pytest.skip("statistics do not follow from the parameters")
    X, _ = case.draw(200)
    law = case.family.localise(X).stable()
    params = {name: v[None] for name, v in law.to_local(case.read()).items()}
    stats = law.implied_stats(params, 70 * case.weights[None])
    assert_array_equal(stats["n"], 70 * case.weights[None])
    for name, value in law.maximise(stats, params).items():
        assert_allclose(value, params[name], rtol=1e-13)
    shapes = law.expected_stats(
        law.encode(X[:9]), law.prepare(params), np.ones((1, case.n_components, 9))
    )
    assert {name: np.shape(v) for name, v in shapes.items()} == {
        name: np.shape(stats[name]) for name in shapes
    }
