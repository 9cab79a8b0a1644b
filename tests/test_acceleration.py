"""Accelerated paths: where they end, what they promise on the way, and when they stop."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from cases import CASES
from test_contract import local_em, perturbed
from waiting_times import Exponential

from skmixture import GaussianMixture, Mixture, PoissonMixture
from skmixture.datasets import load_death_notices, load_old_faithful
from skmixture.engine.acceleration import ACCELERATIONS, path_of
from skmixture.engine.acceleration.lbfgs import LBFGS, LONGER
from skmixture.engine.coordinates import Coordinates
from skmixture.engine.em import EM
from skmixture.engine.iteration import Stopping, iterate
from skmixture.engine.state import State
from skmixture.families import Gaussian, Poisson
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Family
from skmixture.table.rows import Rows

NAMES = [name for name in ACCELERATIONS if name]
accelerated = pytest.mark.parametrize("acceleration", NAMES)
TIGHT = Stopping(20_000, 1e-13, "remaining")


def problem(case, n=150, n_components=None, seeds=range(3), constraints=FREE):
    X, _ = case.draw(n)
    em = local_em(case, X, constraints=constraints)
    return em, perturbed(em, X, n_components or case.few, seeds)


def loose_starts(case, n=150, seeds=range(3)):
    """Starts that know the truth by half, so that one optimum is near to all."""
    X, labels = case.draw(n)
    em, K = local_em(case, X), case.n_components
    starts = []
    for seed in seeds:
        noise = np.random.RandomState(seed).dirichlet(np.full(K, 0.5), size=n)
        resp = 0.5 * np.eye(K)[labels] + 0.5 * noise
        starts.append(em.start(resp.T[None]))
    return em, State.stack(starts)


def has_gradient(case):
    return type(case.family).gradient is not Family.gradient


@accelerated
def test_ends_no_lower_than_em_and_from_there_no_steps_are_lost(case, acceleration):
    em, starts = loose_starts(case)
    plain = iterate(em, starts, TIGHT)
    run = iterate(em, starts, TIGHT, acceleration=acceleration)
    assert run.sound.all()
    if has_gradient(case):  # else the likelihood has kinks, and each of them may hold a step
        assert (run.objective > plain.objective - 1e-8).all()
    for history in run.histories:
        assert np.diff(history).min(initial=0) > -1e-10
    again = iterate(em, run.state, TIGHT, acceleration=acceleration, near=True)
    assert again.sound.all()
    assert (again.objective > run.objective - 1e-8).all()
    X, _ = case.draw(150, seed=1)  # as a replicate begins, at the optimum of other rows
    other = local_em(case, X)
    params = other.family.to_local(em.family.to_user(run.state.params))
    start = State(run.state.weights, params)
    near = iterate(other, start, TIGHT, acceleration=acceleration, near=True)
    for history in near.histories:
        assert np.diff(history).min(initial=0) > -1e-10


@accelerated
def test_a_batch_equals_one_at_a_time(case, acceleration):
    em, starts = problem(case, seeds=range(4))
    batch = iterate(em, starts, TIGHT, acceleration=acceleration)
    for member in (0, 2):
        alone = iterate(em, starts.of_batch(np.array([member])), TIGHT, acceleration=acceleration)
        # rounding of a folded product may move a step, not the end
        assert alone.objective[0] == pytest.approx(batch.objective[member], abs=1e-10)


def test_coordinates_there_and_back(case):
    held_weights = np.array([0.2, np.nan, np.nan])
    name, value = next(iter(case.read().items()))
    held = np.full(value.shape, np.nan)
    held[0] = value[0]
    for constraints in (
        FREE,
        Constraints({"weights": held_weights}),
        Constraints({name: held}),
        Constraints({}, frozenset([name])),
    ):
        em, starts = problem(case, n_components=3, constraints=constraints)
        step = em.step(starts)  # which keeps the constraints
        coordinates = Coordinates(em.family, em.constraints, step.state)
        z = coordinates.of(step.state)
        assert z.shape == (3, coordinates.size)
        again = coordinates.state(z)
        np.testing.assert_allclose(again.weights, step.state.weights, rtol=1e-10)
        for key, parameter in step.state.params.items():
            scale = np.abs(parameter).max()
            np.testing.assert_allclose(again.params[key], parameter, rtol=1e-8, atol=1e-9 * scale)


def test_gradient_in_free_coordinates(case):
    if not has_gradient(case):
        pytest.skip("the law has no gradient")
    name = list(case.read())[-1]
    for constraints in (
        Constraints({"weights": np.array([0.2, np.nan, np.nan])}),
        Constraints({}, frozenset([name])),
    ):
        if case.family.shared(name) and constraints.tied:
            continue
        em, starts = problem(case, n=60, n_components=3, seeds=[0], constraints=constraints)
        state = em.step(starts).state
        coordinates = Coordinates(em.family, em.constraints, state)
        gradient, z = em.step(state, coordinates).gradient[0], coordinates.of(state)
        for place in range(coordinates.size):
            ends = []
            for step in (1e-5, -1e-5):
                moved = z.copy()
                moved[0, place] += step
                ends.append(em.log_likelihood(coordinates.state(moved))[0])
            numeric = (ends[0] - ends[1]) / 2e-5
            assert gradient[place] == pytest.approx(numeric, rel=1e-5, abs=1e-4)


def test_what_is_held_stays_held(case):
    name, held = case.held()
    constraints = Constraints({name: held, "weights": np.array([0.3, 0.7, np.nan])[[0, 2, 2]]})
    em, starts = problem(case, n_components=3, constraints=constraints)
    run = iterate(em, starts, TIGHT, acceleration="lbfgs")
    np.testing.assert_allclose(run.state.weights[:, 0, 0], 0.3)
    fitted, expected = run.state.params[name], em.constraints.fixed[name]
    held_there = ~np.isnan(expected)
    np.testing.assert_allclose(
        fitted[:, held_there], np.broadcast_to(expected[held_there], fitted[:, held_there].shape)
    )
    assert run.sound.any()
    assert run.converged[run.sound].all()


def death_notices():
    deaths = load_death_notices()
    weight = deaths.sample_weight[None]
    em = EM(Poisson().localise(deaths.data), Rows(deaths.data, weight))
    start = State(np.full((1, 1, 2), 0.5), {"rates": np.array([[[1.0], [3.0]]])})
    return em, start


def test_far_fewer_steps_than_em():
    """L-BFGS a twentieth, the others a fifth, of what EM takes on the death notices."""
    em, start = death_notices()
    steps = {name: iterate(em, start, TIGHT, acceleration=name).n_iter[0] for name in ACCELERATIONS}
    assert steps["lbfgs"] < steps[None] / 20
    assert max(steps["anderson"], steps["squarem"]) < steps[None] / 5


@pytest.mark.parametrize("tol", [1e-4, 1e-6, 1e-9])
def test_stops_within_tol_of_the_optimum(tol):
    em, start = death_notices()
    best = iterate(em, start, TIGHT, acceleration="lbfgs").objective[0]
    for name in ("lbfgs", "anderson"):
        run = iterate(em, start, Stopping(5000, tol, "remaining"), acceleration=name)
        assert run.converged[0]
        assert best - run.objective[0] < 1.6 * tol
    old_rule = iterate(em, start, Stopping(5000, tol, "absolute"))
    assert best - old_rule.objective[0] > tol  # a small change is not a small distance


def test_plain_em_is_plain_em():
    """Without acceleration the iterates are EM's, to the last bit."""
    em, start = death_notices()
    run = iterate(em, start, Stopping(7, 0.0))
    state = start
    for value in run.histories[0]:
        step = em.step(state)
        assert value == step.objective[0] / em.rows.total_weight[0]
        state = step.state
    np.testing.assert_array_equal(run.state.params["rates"], state.params["rates"])


def test_exponential_families_have_a_gradient_for_nothing():
    stats = {"n": np.array([[3.0, 5.0]]), "t": np.array([[[4.0, 1.0], [2.0, 9.0]]])}
    params = {"scales": np.array([[[0.5, 2.0], [30.0, 1.0]]])}
    gradient = Exponential().gradient(stats, params)["scales"]
    closed = stats["t"] / params["scales"] - stats["n"][..., None]
    np.testing.assert_allclose(gradient, closed, rtol=1e-8, atol=1e-8)


def test_a_law_without_a_gradient_goes_by_anderson():
    em, start = death_notices()
    assert type(path_of("lbfgs", em, start)).__name__ == "LBFGS"
    X = load_old_faithful().data
    inflated = Gaussian(reg_covar=0.1).localise(X)  # EM does not climb its likelihood
    inflated_start = perturbed(EM(inflated, Rows(X)), X, 2, [0])
    assert type(path_of("lbfgs", EM(inflated, Rows(X)), inflated_start)).__name__ == "Anderson"


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("reg_covar", [1e-6, 1e-3])
def test_reg_covar_has_the_same_fixed_point(covariance_type, reg_covar):
    X = load_old_faithful().data
    start = (X[:, 0] > 3).astype(int)
    options = {"covariance_type": covariance_type, "reg_covar": reg_covar, "max_iter": 5000}
    models = [
        GaussianMixture(2, acceleration=name, tol=1e-13, tol_type="remaining", **options).fit(
            X, start=start
        )
        for name in (None, "lbfgs")
    ]
    np.testing.assert_allclose(models[0].means_, models[1].means_, rtol=1e-6)
    np.testing.assert_allclose(models[0].covariances_, models[1].covariances_, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_the_gradient_vanishes_where_em_stands_still(covariance_type):
    """Also where reg_covar adds to every covariance."""
    X = load_old_faithful().data
    law = Gaussian(covariance_type, 1e-4).localise(X)
    em = EM(law, Rows(X))
    assert law.climbs_its_gradient
    state = perturbed(em, X, 2, [0])
    for _ in range(3000):
        state = em.step(state).state
    for name, value in em.gradient(state).items():
        assert np.abs(value).max() < 1e-7 * len(X), name


def test_overlapping_components_with_the_defaults_of_scikit_learn():
    rng = np.random.RandomState(0)
    centres = np.array([[0.0, 0.0], [1.5, 0.0], [0.0, 1.5]])
    X = centres[rng.choice(3, size=3000, p=[0.2, 0.3, 0.5])] + rng.standard_normal((3000, 2))
    options = {"tol": 1e-9, "tol_type": "remaining", "max_iter": 1000, "random_state": 0}
    model = GaussianMixture(3, acceleration="lbfgs", **options).fit(X)
    assert model.converged_
    unregularised = GaussianMixture(3, acceleration="lbfgs", reg_covar=0, **options).fit(X)
    assert model.n_iter_ < 2 * unregularised.n_iter_ < 400


class Treacherous(Poisson):
    """Poisson whose log-likelihood cannot be had beyond a rate of 11."""

    def failing(self, params):
        return (params["rates"] > 11).any(axis=-1)

    def stable(self):
        return self

    def rounding(self, params):
        return np.zeros(len(params["rates"]))


@accelerated
def test_a_point_that_is_no_law_is_refused(acceleration):
    """A trial may leave the laws; the path goes back, and the fit is none the worse."""
    rng = np.random.RandomState(0)
    X = rng.poisson(np.where(rng.uniform(size=300) < 0.4, 4.0, 9.5))[:, None].astype(float)
    em = EM(Treacherous().localise(X), Rows(X))
    start = State(np.full((1, 1, 2), 0.5), {"rates": np.array([[[2.0], [10.9]]])})
    plain = iterate(em, start, TIGHT)
    run = iterate(em, start, TIGHT, acceleration=acceleration)
    assert run.sound.all()
    assert run.objective[0] == pytest.approx(plain.objective[0], abs=1e-10)


@accelerated
def test_every_parameter_held(acceleration):
    """Nothing to move: the first step says so."""
    deaths = load_death_notices()
    fixed = {"weights": [0.4, 0.6], "rates": [[1.0], [3.0]]}
    model = PoissonMixture(2, fixed=fixed, acceleration=acceleration, random_state=0)
    model.fit(deaths.data, sample_weight=deaths.sample_weight)
    assert model.converged_
    assert model.n_iter_ <= 4
    np.testing.assert_array_equal(model.rates_, fixed["rates"])


@accelerated
def test_collapsing_components_end_as_they_do_under_em(acceleration):
    """Three equal rows draw a component down to the floor; no step jumps below it."""
    rng = np.random.RandomState(0)
    X = np.vstack([rng.normal(size=(40, 2)), np.full((3, 2), 5.0)])
    labels = (X[:, 0] == 5).astype(int)
    ends = []
    for name in (None, acceleration):
        model = Mixture(Gaussian(), 2, acceleration=name)
        with pytest.warns(UserWarning, match="collapsed"):
            model.fit(X, start=labels)
        ends.append(model.score(X))
    assert ends[1] == pytest.approx(ends[0], abs=1e-6)


def test_every_evaluation_is_an_iteration(caplog):
    """`n_iter_` counts E-steps, the history has as many entries, and refusals are logged."""
    deaths = load_death_notices()
    start = {"weights_init": [0.5, 0.5], "rates_init": [[1.0], [3.0]]}
    with caplog.at_level("DEBUG", logger="skmixture"):
        model = PoissonMixture(2, **start).fit(deaths.data, sample_weight=deaths.sample_weight)
    lines = [record for record in caplog.records if "iteration" in record.message]
    assert len(lines) == model.n_iter_ == len(model.lower_bounds_)
    assert (np.diff(model.lower_bounds_) > -1e-12).all()


@pytest.mark.parametrize("acceleration", [None, "lbfgs"])
def test_the_history_of_a_start_is_whole(acceleration):
    """What a start did before starts were compared belongs to it."""
    deaths = load_death_notices()
    model = PoissonMixture(2, acceleration=acceleration, random_state=0)
    model.fit(deaths.data, sample_weight=deaths.sample_weight)
    assert model.n_iter_ == len(model.lower_bounds_) > 12
    assert (np.diff(model.lower_bounds_) > -1e-12).all()
    few = PoissonMixture(2, acceleration=acceleration, max_iter=7, random_state=0, tol=0)
    with pytest.warns(UserWarning, match="did not converge"):
        few.fit(deaths.data, sample_weight=deaths.sample_weight)
    assert few.n_iter_ <= 7


def test_one_weight_left_free_is_none(case):
    """What the others leave is all that it can be: no coordinate, and no NaN."""
    weights = np.array([0.2, 0.3, np.nan])
    em, starts = problem(case, n_components=3, constraints=Constraints({"weights": weights}))
    coordinates = Coordinates(em.family, em.constraints, starts)
    state = coordinates.state(coordinates.of(em.step(starts).state))
    np.testing.assert_allclose(state.weights[:, 0], [[0.2, 0.3, 0.5]] * 3)
    run = iterate(em, starts, TIGHT, acceleration="lbfgs")
    assert run.converged.all()
    whole, _ = problem(
        case, n_components=3, constraints=Constraints({"weights": np.array([0.2, 0.3, 0.5])})
    )
    same = iterate(whole, starts, TIGHT, acceleration="lbfgs")
    np.testing.assert_allclose(run.objective, same.objective, rtol=1e-11)


def test_options():
    X = np.arange(10.0)[:, None]
    with pytest.raises(ValueError, match="acceleration"):
        PoissonMixture(2, acceleration="fast").fit(X)
    assert GaussianMixture().acceleration is None
    assert Mixture().acceleration == PoissonMixture().acceleration == "lbfgs"


def test_large_batches_are_split(case, monkeypatch):
    em, starts = problem(case, seeds=range(5))
    whole = em.step(starts)
    monkeypatch.setattr(type(em.family), "most_members", lambda self, n_components: 2)
    parts = em.step(starts)
    np.testing.assert_allclose(parts.log_likelihood, whole.log_likelihood, rtol=1e-13)
    for name, value in whole.state.params.items():
        np.testing.assert_allclose(parts.state.params[name], value, rtol=1e-9, atol=1e-12)


def test_the_registry_has_laws_of_both_kinds():
    """Some M-steps cannot descend, some may: both ways are tested above."""
    kinds = SimpleNamespace(exact=0, careful=0)
    for case in CASES:
        em, starts = problem(case, seeds=[0])
        for law in (em.family, em.family.stable()):
            step = EM(law, em.rows).step(starts)
            kinds.careful += step.may_descend
            kinds.exact += not step.may_descend
    assert kinds.exact
    assert kinds.careful


def test_the_direction_is_that_of_the_two_loops():
    """Nocedal's recursion, a pair at a time; members that remember fewer pairs than others."""
    case = next(case for case in CASES if case.name == "Gaussian-full")
    em, starts = problem(case, seeds=range(2))
    path = LBFGS(em, starts)
    rng = np.random.RandomState(0)
    B, p = path.z.shape
    factor = rng.standard_normal((p, p)) / np.sqrt(p)
    hessian = factor @ factor.T + 0.5 * np.eye(p)  # so that all curvatures are positive
    inverse = np.diag(rng.uniform(0.5, 2.0, size=p))  # what EM's step is of the gradient
    pairs = [[] for _ in range(B)]
    for turn in range(6):
        s = rng.standard_normal((B, p))
        y, use = s @ hessian, np.array([True, turn % 2 == 0])
        path.accepted = np.ones(B, dtype=bool)
        path.remember(np.stack([s, y @ inverse, y]), use)
        for member in np.flatnonzero(use):
            pairs[member].append((s[member], y[member]))
    path.g = rng.standard_normal((B, p))
    path.f = path.g @ inverse
    found = path.direction()
    for member in range(B):
        q, alphas = path.g[member].copy(), []
        for s, y in reversed(pairs[member]):
            alphas.append((s @ q) / (s @ y))
            q -= alphas[-1] * y
        s, y = pairs[member][-1]
        longer = np.clip((s @ y) / (y @ inverse @ y), 1.0, LONGER)
        step = longer * (inverse @ q)
        for (s, y), alpha in zip(pairs[member], reversed(alphas), strict=True):
            step += (alpha - (y @ step) / (s @ y)) * s
        np.testing.assert_allclose(found[member], step, rtol=1e-9)
