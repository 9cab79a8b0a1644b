"""What the engine must take from its first day, each with families made for the purpose."""

from __future__ import annotations

import logging
from typing import ClassVar

import numpy as np
import pytest
from scipy import special, stats
from waiting_times import Exponential

from skmixture import Mixture, PoissonMixture
from skmixture.engine.em import EM
from skmixture.engine.iteration import Stopping, iterate
from skmixture.engine.state import State
from skmixture.families import Family, Poisson
from skmixture.families.gaussian import Gaussian
from skmixture.fit.penalty import penalty_of
from skmixture.law.constraints import FREE
from skmixture.priors import Dirichlet, Gamma
from skmixture.table.rows import Rows, fold
from skmixture.transforms import positive, real

X = np.array([0, 1, 1, 2, 2, 3, 8, 7, 8, 9, 9, 10, 12, 2, 1, 2, 2, 8, 9, 11.0])[:, None]
STRATA = np.repeat([0, 1, 2], [7, 7, 6])


def poisson_state(rates=(1.0, 9.0), n_strata=1) -> State:
    weights = np.full((1, n_strata, 2), 0.5)
    return State(weights, {"rates": np.array(rates).reshape(1, 2, 1)})


def poisson_em(**columns) -> EM:
    return EM(Poisson().localise(X), Rows(X, **columns))


class ExposedPoisson(Poisson):
    """Poisson whose rows carry a size factor, as a side column."""

    def encode(self, X, exposure):
        return {"t": X.T, "exposure": exposure}

    def log_base(self, X, exposure):
        return (X[:, 0] * np.log(exposure)) - special.gammaln(X[:, 0] + 1)

    def log_prob(self, rows, prepared):
        log_prob = prepared["eta"] @ rows["t"]
        return log_prob - prepared["rates"] * rows["exposure"]

    def expected_stats(self, rows, prepared, resp):
        exposed = (resp * rows["exposure"]).sum(axis=-1)
        return {"n": resp.sum(axis=-1), "exposed": exposed, "t": resp @ rows["t"].T}

    def maximise(self, stats, params, constraints=FREE):
        return {"rates": stats["t"] / stats["exposed"][..., None]}

    def stable(self):
        return self


class Laplace(Family):
    """Absolute deviations: the M-step is a weighted median, which needs all rows."""

    additive = False

    @property
    def parameters(self):
        return {"centres": real, "scales": positive}

    def event_shapes(self, n_features):
        return {"centres": (), "scales": ()}

    def log_prob(self, rows, prepared):
        centres, scales = prepared["centres"][..., None], prepared["scales"][..., None]
        return -np.abs(rows["x"][0] - centres) / scales - np.log(2 * scales)

    def expected_stats(self, rows, prepared, resp):
        return {"n": resp.sum(axis=-1), "resp": resp, "x": rows["x"][0]}

    def maximise(self, stats, params, constraints=FREE):
        x, resp = stats["x"], stats["resp"]
        order = np.argsort(x)
        share = np.cumsum(resp[..., order], axis=-1)
        middle = (share < 0.5 * share[..., -1:]).sum(axis=-1)
        centres = x[order][middle]
        scales = (resp * np.abs(x - centres[..., None])).sum(axis=-1) / stats["n"]
        return {"centres": centres, "scales": scales}

    def sample(self, params, labels, rng):
        return rng.laplace(params["centres"][labels], params["scales"][labels])[:, None]


class TabulatedPoisson(Poisson):
    """A table of log densities for every column, looked up and counted into.

    Rows that were not in the data are scored by formula: `stable` is Poisson's.
    """

    def encode(self, X, **side):
        return {"codes": X.T.astype(int)}

    def prepare(self, params):
        values = np.arange(int(self._largest) + 1)
        return {"tables": stats.poisson.logpmf(values, params["rates"][..., None])}

    def log_base(self, X, **side):
        return 0.0

    def log_prob(self, rows, prepared):
        columns = enumerate(rows["codes"])
        return sum(prepared["tables"][:, :, j, codes] for j, codes in columns)

    def expected_stats(self, rows, prepared, resp):
        size = int(self._largest) + 1
        B, K, _ = resp.shape
        histograms = np.empty((B, K, len(rows["codes"]), size))
        for b, k, j in np.ndindex(histograms.shape[:3]):
            histograms[b, k, j] = np.bincount(rows["codes"][j], resp[b, k], minlength=size)
        return {"n": resp.sum(axis=-1), "histograms": histograms}

    def maximise(self, stats, params, constraints=FREE):
        values = np.arange(stats["histograms"].shape[-1])
        return {"rates": stats["histograms"] @ values / stats["n"][..., None]}


class Descending(Poisson):
    """A family whose M-step, after some good ones, is wrong on purpose."""

    def __init__(self, good_steps=1):
        self.good_steps = good_steps
        self._calls = 0

    def maximise(self, stats, params, constraints=FREE):
        rates = super().maximise(stats, params, constraints)["rates"]
        if params is None:
            return {"rates": rates}
        self._calls += 1
        return {"rates": rates if self._calls < self.good_steps else rates * 3}


def test_strata_have_weights_of_their_own():
    """Weights (B, G, K): the log-likelihoods of a grouped mixture with shared components."""
    em = poisson_em(strata=STRATA, n_strata=3)
    run = iterate(em, poisson_state(n_strata=3), Stopping(5000, 1e-15))
    total = np.array(run.histories[0]) * len(X)
    assert total[0] == pytest.approx(-50.1483306754, abs=1e-8)
    assert total[1] == pytest.approx(-44.8690919005, abs=1e-8)
    assert em.log_likelihood(run.state)[0] == pytest.approx(-44.8298379859, abs=1e-8)
    np.testing.assert_allclose(
        run.state.params["rates"].ravel(), [1.5991860188, 8.9695197807], atol=1e-6
    )
    low = run.state.weights[0, :, 0]
    np.testing.assert_allclose(low, [0.8546988134, 0.1258060539, 0.4930545307], atol=1e-6)


def test_one_stratum_is_none():
    alone = poisson_em().step(poisson_state())
    named = poisson_em(strata=np.zeros(len(X), dtype=int)).step(poisson_state())
    np.testing.assert_allclose(alone.state.weights, named.state.weights, rtol=1e-13)


def test_offsets_hold_labels():
    """A log weight for each row and component: -inf where a label forbids it."""
    labels = (X[:, 0] > 5).astype(int)
    known = (labels == np.arange(2)[:, None]).astype(float)
    step = poisson_em(known=known).step(poisson_state())
    means = [X[labels == k].mean() for k in (0, 1)]
    np.testing.assert_allclose(step.state.params["rates"].ravel(), means, rtol=1e-13)


def test_side_columns_reach_the_family():
    exposure = np.linspace(0.5, 3, len(X))
    em = EM(ExposedPoisson(), Rows(X, side={"exposure": exposure}))
    run = iterate(em, poisson_state(), Stopping(2000, 1e-14))
    rates = run.state.params["rates"][0, :, 0]
    density = stats.poisson.pmf(X, exposure[:, None] * rates) @ run.state.weights[0, 0]
    assert em.log_likelihood(run.state)[0] == pytest.approx(np.log(density).sum(), rel=1e-12)
    rescaled = EM(ExposedPoisson(), Rows(X, side={"exposure": 4 * exposure}))
    other = iterate(rescaled, poisson_state((0.25, 2.25)), Stopping(2000, 1e-14))
    np.testing.assert_allclose(other.state.params["rates"][0, :, 0], rates / 4, rtol=1e-6)


def test_families_that_are_not_additive_see_all_rows():
    rng = np.random.RandomState(0)
    x = np.r_[rng.laplace(-4, 1, 3000), rng.laplace(5, 2, 6000)][:, None]
    model = Mixture(Laplace(), 2, order_by="centres", random_state=0).fit(x)
    np.testing.assert_allclose(model.centres_, [-4, 5], atol=0.2)
    np.testing.assert_allclose(model.scales_, [1, 2], atol=0.1)
    assert np.diff(model.lower_bounds_).min() > -1e-10


def test_tables_by_column_with_gather_and_bincount():
    counts = np.random.RandomState(0).poisson([[2.0, 7.0, 1.0]], size=(400, 3)).astype(float)
    start = np.stack([counts[:, 0] > 2, counts[:, 0] <= 2]).astype(float)[None]
    ends = []
    for family in (Poisson(), TabulatedPoisson()):
        em = EM(family.localise(counts), Rows(counts))
        ends.append(iterate(em, em.start(start), Stopping(60, 0.0)))
    plain, tabulated = ends
    np.testing.assert_allclose(
        tabulated.state.params["rates"], plain.state.params["rates"], rtol=1e-9
    )
    np.testing.assert_allclose(tabulated.objective, plain.objective, rtol=1e-12)


def test_priors_are_rows_seen_before():
    """Gamma(shape, rate) on rates, Dirichlet on weights: the mode, and an objective that climbs."""
    priors = {"rates": Gamma(3.0, 0.5), "weights": Dirichlet(4.0)}
    law = Poisson().localise(X).with_priors({"rates": priors["rates"]}, (), 2)
    penalty = penalty_of(law, priors)

    def log_density(state):
        return penalty.log_density(state)

    em = EM(law, Rows(X), penalty=penalty)
    run = iterate(em, poisson_state(), Stopping(3000, 1e-15))
    assert np.diff(run.histories[0]).min() > -1e-12
    penalised = (em.log_likelihood(run.state) + log_density(run.state)) / len(X)
    assert run.objective[0] == pytest.approx(penalised[0], abs=1e-10)
    for scale in (0.999, 1.001):
        moved = State(run.state.weights, {"rates": run.state.params["rates"] * scale})
        assert em.log_likelihood(moved)[0] + log_density(moved)[0] < penalised[0] * len(X)


@pytest.mark.parametrize("good_steps", [1, 2, 5])
def test_a_member_that_descends_is_stopped_and_put_back(good_steps):
    """To the state before the step that fell, whenever that is."""
    em = EM(Descending(good_steps), Rows(X))
    run = iterate(em, poisson_state(), Stopping(50, 1e-12))
    assert run.trouble[0].startswith("descended")
    assert not run.converged[0]
    assert run.n_iter[0] == good_steps
    proper = EM(Poisson().localise(X), Rows(X))
    assert proper.log_likelihood(run.state)[0] / len(X) == pytest.approx(
        run.objective[0], abs=1e-12
    )
    with pytest.warns(UserWarning, match="EM stopped at iteration"):
        Mixture(Descending(good_steps), 2, n_init=1, random_state=0).fit(X)


def test_values_of_the_user_are_in_the_units_of_the_user():
    rng = np.random.RandomState(0)
    x = np.r_[rng.normal(0, 1, 200), rng.normal(6, 1, 200)][:, None] + 1e8
    held = Mixture(
        Gaussian(reg_covar=0.005),
        2,
        fixed={"means": [[1e8], [np.nan]], "covariances": [[[2.0]], [[np.nan]]]},
        params_init={"means": [[1e8], [1e8 + 5]], "covariances": [[[2.0]], [[1.0]]]},
        weights_init=[0.5, 0.5],
    ).fit(x)
    assert held.means_[0, 0] == 1e8
    assert held.covariances_[0, 0, 0] == 2.0
    assert held.means_[1, 0] - 1e8 == pytest.approx(6, abs=0.3)
    plain = Mixture(Gaussian(reg_covar=0), 1).fit(x)
    more = Mixture(Gaussian(reg_covar=0.005), 1).fit(x)
    assert more.covariances_[0, 0, 0] - plain.covariances_[0, 0, 0] == pytest.approx(
        0.005, rel=1e-6
    )


def test_weights_can_be_held():
    model = PoissonMixture(3, fixed={"weights": [0.5, np.nan, np.nan]}, random_state=0).fit(X)
    assert model.weights_[0] == 0.5
    assert model.weights_.sum() == pytest.approx(1, abs=1e-15)
    assert model.n_parameters_ == 3 + 1
    model = PoissonMixture(2, fixed={"weights": [0.25, 0.75]}, random_state=0).fit(X)
    assert model.weights_.tolist() == [0.25, 0.75]
    assert model.n_parameters_ == 2


def test_finished_members_leave_and_the_others_go_on():
    em = poisson_em()
    starts = State.stack([poisson_state((1.6, 9.0)), poisson_state((4.9, 5.0))])
    run = iterate(em, starts, Stopping(5000, 1e-8))
    assert run.converged.all()
    assert run.n_iter[0] < run.n_iter[1]
    assert [len(history) for history in run.histories] == run.n_iter.tolist()


def test_each_iteration_is_logged(caplog):
    """S0.21: each iteration at DEBUG."""
    with caplog.at_level(logging.DEBUG, logger="skmixture"):
        model = PoissonMixture(2, n_init=1, random_state=0).fit(X)
    lines = [record for record in caplog.records if "iteration" in record.getMessage()]
    assert len(lines) == model.n_iter_
    assert all(record.levelno == logging.DEBUG for record in lines)


class Untouched(Poisson):
    """Counts how often EM asked for statistics."""

    calls: ClassVar[list[int]] = []

    def expected_stats(self, rows, prepared, resp):
        self.calls.append(resp.shape[-1])
        return super().expected_stats(rows, prepared, resp)

    def stable(self):
        return self


def test_equal_rows_are_folded_into_weights():
    Untouched.calls.clear()
    many = np.repeat(X, 500, axis=0)
    Mixture(Untouched(), 2, n_init=1, random_state=0).fit(many)
    assert set(Untouched.calls) == {len(np.unique(X))}


@pytest.mark.parametrize("kind", ["few counts", "wide counts", "too wide", "real numbers"])
def test_folding_keeps_every_row(kind):
    rng = np.random.RandomState(0)
    table = {
        "few counts": rng.randint(0, 4, size=(200, 3)),
        "wide counts": rng.randint(0, 3, size=(200, 2)) * 10_000,
        "too wide": rng.randint(0, 2, size=(200, 9)) * 10_000_000,
        "real numbers": rng.choice([0.5, -1.25, 3.0], size=(200, 2)),
    }[kind].astype(float)
    weight = rng.uniform(size=200)
    places, total, inverse = fold(table, weight)
    distinct = table[places]
    np.testing.assert_array_equal(distinct[inverse], table)
    np.testing.assert_array_equal(distinct, np.unique(table, axis=0))
    np.testing.assert_allclose(total.sum(), weight.sum())
    np.testing.assert_allclose(total[0], weight[(table == distinct[0]).all(axis=1)].sum())


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_parameters_never_leave_their_constraints():
    """Zeros in the data draw a scale to 0: no fit may end there, or in NaN."""
    waits = np.r_[np.zeros(50), np.random.RandomState(0).exponential(5, 300)][:, None]
    model = Mixture(Exponential(), 2, random_state=0).fit(waits)
    assert (model.scales_ > 0).all()
    assert np.isfinite(model.score(waits))


@pytest.mark.parametrize(
    "options", [{"fixed": {"scales": [[1.0], [np.nan]]}}, {"tied": ["scales"]}]
)
def test_a_family_that_forgets_constraints_is_found_out(options):
    waits = np.random.RandomState(0).exponential(5, 300)[:, None]
    with pytest.raises(NotImplementedError, match="'scales'"):
        Mixture(Exponential(), 2, random_state=0, **options).fit(waits)


def test_what_is_fixed_goes_before_where_to_start():
    options = dict(weights_init=[0.5, 0.5], rates_init=[[1.0], [9.0]])
    fixed = {"rates": [[4.0], [np.nan]], "weights": [0.2, 0.8]}
    for max_iter in (0, 500):
        model = PoissonMixture(2, fixed=fixed, max_iter=max_iter, **options).fit(X)
        assert model.rates_[0, 0] == 4.0
        assert model.weights_.tolist() == [0.2, 0.8]
    counted = PoissonMixture.from_params(weights=[0.2, 0.8], rates=[[4.0], [9.0]], fixed=fixed)
    assert counted.n_parameters_ == 1


def test_a_tie_that_the_family_has_already_changes_nothing():
    table = np.random.RandomState(0).normal(size=(80, 2))
    start = (table[:, 0] > 0).astype(int)
    plain, tied = (Mixture(Gaussian("tied"), 2, tied=tie) for tie in ((), ("covariances",)))
    plain.fit(table, start=start)
    tied.fit(table, start=start)
    np.testing.assert_array_equal(plain.covariances_, tied.covariances_)


def test_free_weights_share_what_is_left_by_their_mass():
    options = dict(fixed={"weights": [0.2, np.nan, np.nan]}, rates_init=[[0.5], [2.0], [9.0]])
    model = PoissonMixture(3, weights_init=[0.2, 0.4, 0.4], **options).fit(X)
    best = model.score(X)
    for step in (-1e-3, 1e-3):
        weights = model.weights_ + np.array([0.0, step, -step])
        other = PoissonMixture.from_params(weights=weights, rates=model.rates_)
        assert other.score(X) < best


def test_cancelled_sums_are_gathered_again():
    """A step from wide components onto narrow ones: no digit may be lost on the way."""
    rng = np.random.RandomState(0)
    table = np.r_[rng.normal(0, 1e-3, 200), 1e3 + rng.normal(0, 1e-3, 200)][:, None]
    labels = (table[:, 0] > 500).astype(int)
    em = EM(Gaussian(reg_covar=0).localise(table), Rows(table))
    wide = {"means": np.array([[[1.0], [999.0]]]), "covariances": np.full((1, 2, 1, 1), 100.0)}
    state = State(np.full((1, 1, 2), 0.5), em.family.to_local(wide))
    assert not em._loses_digits(state).any()
    covariances = em.family.to_user(em.step(state).state.params)["covariances"].ravel()
    expected = [table[labels == k].var() for k in (0, 1)]
    np.testing.assert_allclose(covariances, expected, rtol=1e-8)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_an_empty_component_under_any_scale_of_weights(scale):
    """Ten ulps of a row, whatever a row weighs, keep its log weight finite."""
    resp = np.stack([np.ones(len(X)), np.zeros(len(X))])[None]
    weight = np.full((1, len(X)), scale)
    em = EM(Poisson().localise(X), Rows(X, weight))
    assert em.start(resp).weights[0, 0, 1] == pytest.approx(10 * np.finfo(float).eps / len(X))


def test_counts_are_exact_in_single_precision_too():
    large = np.array([[1], [2**24 + 4], [2**24 + 6]], dtype=np.float32)
    assert PoissonMixture(1).fit(large).rates_[0, 0] == pytest.approx(
        large.mean(dtype=float), 1e-15
    )


def test_what_is_added_to_one_variance_is_the_mean_over_columns():
    spherical = Gaussian("spherical").structure
    added = spherical.add_to_diagonal(np.ones((1, 2)), np.array([1.0, 3.0]))
    np.testing.assert_array_equal(added, np.full((1, 2), 3.0))
