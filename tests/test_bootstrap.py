"""The bootstrap: replicates, how they are fitted, put in order and summed up."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from cases import CASES
from data_at_hand import singer_transcript_counts

from skmixture import (
    GaussianMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.inference import bootstrap
from skmixture.inference.replicates.alignment import Alignment
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.refits import Refitting
from skmixture.inference.replicates.reweighted import Reweighted
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.simulated import Simulated
from skmixture.priors import Dirichlet

KINDS = ["parametric", "nonparametric", "weighted"]
SOURCES = {
    "parametric": Simulated,
    "nonparametric": Reweighted,
    "weighted": lambda ground: Reweighted(ground, smooth=True),
}
SEEDS = Seeds((1, 2, 3, 4))
SOME = ["Gaussian-full", "NegativeBinomial", "Gamma-columns", "Categorical", "Components"]
some = pytest.mark.parametrize("of", [c for c in CASES if c.name in SOME], ids=lambda c: c.name)
kinds = pytest.mark.parametrize("kind", KINDS)


def model_of(case, n=200):
    """A model with the parameters of a case, and rows that it has drawn."""
    model = Mixture.from_params(
        weights=case.weights, family=case.family, random_state=0, **case.params
    )
    return model, model.sample(n, random_state=0)[0]


def same(one, other):
    assert one.replicates.keys() == other.replicates.keys()
    for name, value in one.replicates.items():
        np.testing.assert_array_equal(value, other.replicates[name], err_msg=name)
    np.testing.assert_array_equal(one.log_likelihoods, other.log_likelihoods)
    np.testing.assert_array_equal(one.alignment_cost, other.alignment_cost)


@pytest.fixture(scope="module")
def rex1():
    return singer_transcript_counts()[:, :1]


@pytest.fixture(scope="module")
def rex1_fit(rex1):
    return NegativeBinomialMixture(2, order_by="means", random_state=0).fit(rex1)


@pytest.fixture(scope="module")
def two_rates():
    X = np.random.RandomState(0).poisson(np.repeat([2.0, 15.0], [40, 60]))[:, None]
    return PoissonMixture(2, order_by="rates", random_state=0).fit(X), X


# -- replicates ----------------------------------------------------------------


@kinds
def test_one_of_a_batch_is_as_alone(case, kind):
    model, X = model_of(case)
    as_alone(SOURCES[kind](Ground.of(model, X)))


COUNTS = [c for c in CASES if c.family.support.discrete and c.family.takes_exposure]


@pytest.mark.parametrize("most", [0, 4], ids=["tables", "weights"])
@pytest.mark.parametrize("exposed", [False, True], ids=["plain", "exposed"])
@pytest.mark.parametrize("of", COUNTS, ids=lambda c: c.name)
def test_counts_in_tables_or_as_weights(of, exposed, most, monkeypatch):
    monkeypatch.setattr("skmixture.inference.replicates.simulated.MOST_IN_COMMON", most)
    model, X = model_of(of)
    columns = {}
    if exposed:
        columns["exposure"] = np.random.RandomState(0).gamma(4, 0.25, size=len(X))
        model.exposed_ = True
    source = Simulated(Ground.of(model, X, **columns))
    assert (source.make(range(3), SEEDS).em.rows.X.ndim == 3) == (most == 0)
    as_alone(source)


def as_alone(source):
    """Each of a batch takes the steps that it takes by itself."""
    ground, replicates = source.ground, source.make(range(3), SEEDS)
    together = replicates.em.step(replicates.start)
    reached = replicates.em.log_likelihood(together.state)
    for member in range(3):
        problem = ground.problem_of(replicates.alone(member))
        alone = problem.whole.step(ground.start_of(problem))
        assert alone.log_likelihood[0] == pytest.approx(together.log_likelihood[member], rel=1e-9)
        np.testing.assert_allclose(
            together.state.weights[member], alone.state.weights[0], rtol=1e-7, atol=1e-12
        )
        by_itself = problem.whole.log_likelihood(alone.state)[0]
        # some M-steps are searches, which may leave a small part of what there is to gain
        left = 1e-4 * abs(by_itself - alone.log_likelihood[0])
        assert by_itself == pytest.approx(reached[member], rel=1e-9, abs=left)


@pytest.mark.parametrize("smooth", [False, True], ids=["drawn", "exponential"])
def test_weights_keep_the_number_of_rows_of_each_stratum(smooth):
    rng = np.random.RandomState(0)
    X, strata = rng.normal(size=(90, 1)), np.repeat(["a", "b", "c"], [20, 30, 40])
    weight = rng.randint(0, 4, size=90).astype(float)
    model = GaussianMixture(1).fit(X, sample_weight=weight, strata=strata)
    source = Reweighted(Ground.of(model, X, weight, strata=strata), smooth)
    codes = source.ground.rows.columns["strata"]
    for index in range(5):
        drawn = source.weights(index, SEEDS)
        assert (drawn == np.round(drawn)).all() == (not smooth)
        for code, label in enumerate("abc"):
            total = weight[strata == label].sum()
            assert drawn[codes == code].sum() == pytest.approx(total, rel=1e-12)


def test_drawn_rows_have_the_exposures_of_the_data():
    rng = np.random.RandomState(0)
    exposure = np.repeat([1.0, 50.0], 100)
    X = rng.poisson(4 * exposure)[:, None]
    model = PoissonMixture(1).fit(X, exposure=exposure)
    result = bootstrap(model, X, n_replicates=400, exposure=exposure, random_state=0)
    expected = np.sqrt(model.rates_[0, 0] / exposure.sum())
    assert result.standard_error["rates"][0, 0] == pytest.approx(expected, rel=4 / np.sqrt(800))


@kinds
def test_a_weight_is_so_many_rows(kind):
    rng = np.random.RandomState(0)
    X, weight = rng.poisson(6, size=(60, 1)), rng.randint(0, 4, size=60)
    rows, times = np.unique(X[weight > 0]), np.repeat(X, weight, axis=0)
    assert len(rows) > 5
    model = PoissonMixture(1).fit(times)
    weighted = bootstrap(model, X, kind=kind, n_replicates=20, sample_weight=weight, random_state=0)
    repeated = bootstrap(model, times, kind=kind, n_replicates=20, random_state=0)
    np.testing.assert_allclose(weighted.log_likelihoods, repeated.log_likelihoods, rtol=1e-10)


@kinds
def test_what_is_missing_stays_missing(kind):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(80, 2)) + 5.0 * (np.arange(80)[:, None] % 2)
    X[:10, 0] = np.nan
    model = GaussianMixture(2, tol=1e-8, random_state=0).fit(X)
    result = bootstrap(model, X, kind=kind, n_replicates=30, random_state=0)
    assert result.n_failed == 0
    assert (result.standard_error["means"] < 0.5).all()


# -- the same bits -----------------------------------------------------------------


@some
@kinds
@pytest.mark.filterwarnings("ignore:the parameters are no maximum")  # they are the true ones
@pytest.mark.filterwarnings("ignore:.*grew without bound")
def test_the_same_bits_for_every_number_of_workers(of, kind):
    model, X = model_of(of, 100)
    one = bootstrap(model, X, kind=kind, n_replicates=110, random_state=3)
    same(one, bootstrap(model, X, kind=kind, n_replicates=110, random_state=3, n_jobs=2))


def test_the_same_bits_in_other_processes(two_rates):
    model, X = two_rates
    here = bootstrap(model, X, n_replicates=210, random_state=3)
    with joblib.parallel_config(backend="loky", n_jobs=2):
        same(here, bootstrap(model, X, n_replicates=210, random_state=3))


def test_the_seed_is_the_callers_or_the_models(two_rates):
    model, X = two_rates
    first = bootstrap(model, X, n_replicates=10)
    same(first, bootstrap(model, X, n_replicates=10))  # the model's own is 0
    same(first, bootstrap(model, X, n_replicates=10, random_state=0))
    other = bootstrap(model, X, n_replicates=10, random_state=1)
    assert (first.log_likelihoods != other.log_likelihoods).all()


def test_more_replicates_begin_with_the_same(two_rates):
    model, X = two_rates
    few = bootstrap(model, X, n_replicates=100, random_state=0)
    many = bootstrap(model, X, n_replicates=150, random_state=0)
    np.testing.assert_array_equal(few.log_likelihoods, many.log_likelihoods[:100])


def test_the_model_is_left_alone(two_rates):
    model, X = two_rates
    before = model.to_dict()
    bootstrap(model, X, n_replicates=20, n_starts=1)
    assert model.to_dict() == before


# -- the order of components -----------------------------------------------------


def test_components_go_where_their_rows_are(case):
    model, X = model_of(case)
    ground = Ground.of(model, X)
    alignment = Alignment.to(ground.problem.em, ground.start)
    K, law = case.n_components, ground.problem.em.family
    order = np.roll(np.arange(K), 1) if alignment.free else np.arange(K)
    params = law.to_user(ground.start.params)
    moved = alignment.reordered(ground.start.weights, params, order[None])
    orders, cost = alignment.orders(moved.params)
    np.testing.assert_array_equal(orders[0], np.argsort(order))
    assert cost == pytest.approx(0, abs=1e-6)
    back = alignment.reordered(moved.weights, moved.params, orders)
    for name, value in back.params.items():
        np.testing.assert_array_equal(value, params[name])


def test_held_values_hold_the_order():
    X = np.random.RandomState(0).normal(size=(60, 1)) + 6.0 * (np.arange(60)[:, None] % 2)
    model = GaussianMixture(2, fixed={"means": [[6.0], [np.nan]]}, tol=1e-9, random_state=0).fit(X)
    result = bootstrap(model, X, n_replicates=20, random_state=0)
    assert (result.replicates["means"][:, 0] == 6).all()


def test_s3_9_labels(rex1, rex1_fit):
    """S3.9: every replicate in the fit's order, whatever the start; none crossed."""
    result = bootstrap(rex1_fit, rex1, n_replicates=12, n_starts=4, random_state=0)
    assert (result.replicates["means"][:, 0] < 40).all()
    assert (result.replicates["means"][:, 1] > 100).all()
    assert (result.alignment_cost < 0.5).all()
    turned = NegativeBinomialMixture(2, order_by=lambda p: -p["means"][:, 0], random_state=0)
    other = bootstrap(turned.fit(rex1), rex1, n_replicates=12, random_state=0)
    assert (np.diff(other.replicates["means"][..., 0]) < 0).all()


# -- what comes out -------------------------------------------------------------------


def test_standard_errors_of_a_normal_law():
    n, R = 100, 2000
    X = np.random.RandomState(0).normal(3, 2, size=(n, 1))
    model = GaussianMixture(1, reg_covar=0).fit(X)
    variance = model.covariances_[0, 0, 0]
    result = bootstrap(model, X, n_replicates=R, random_state=0)
    chance = 4 / np.sqrt(2 * R)
    error = result.standard_error
    assert error["means"][0, 0] == pytest.approx(np.sqrt(variance / n), rel=chance)
    of_variance = variance * np.sqrt(2 * (n - 1)) / n
    assert error["covariances"][0, 0, 0] == pytest.approx(of_variance, rel=1.5 * chance)
    noise = 4 * of_variance / np.sqrt(R)
    assert result.bias["covariances"][0, 0, 0] == pytest.approx(-variance / n, abs=noise)
    correlation = result.correlation(lambda p: [p["means"][0, 0], p["covariances"][0, 0, 0]])
    assert abs(correlation[0, 1]) < 4 / np.sqrt(R)


@kinds
def test_log_likelihoods_are_those_of_the_rows(two_rates, kind):
    model, X = two_rates
    ground = Ground.of(model, X)
    source = SOURCES[kind](ground)
    refits = Refitting(source, SEEDS, Alignment.to(ground.problem.em, ground.start))(range(4))
    for index in range(4):
        rows = source.make([index], SEEDS).alone(0)
        params = {name: value[index] for name, value in refits.state.params.items()}
        fitted = PoissonMixture.from_params(weights=refits.state.weights[index, 0], **params)
        total = rows.weight.sum()
        expected = fitted.score(rows.X, sample_weight=rows.weight) * total
        assert refits.log_likelihood[index] == pytest.approx(expected, rel=1e-10)


def test_a_prior_is_part_of_the_fit_and_not_of_the_likelihood(two_rates):
    _, X = two_rates
    model = PoissonMixture(2, prior={"weights": Dirichlet(200.0)}, random_state=0).fit(X)
    result = bootstrap(model, X, n_replicates=30, random_state=0)
    assert (np.abs(result.replicates["weights"] - 0.5) < 0.1).all()
    assert result.log_likelihoods.mean() == pytest.approx(model.score(X) * len(X), rel=0.1)
