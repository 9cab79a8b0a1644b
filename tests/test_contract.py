"""The contract of a family, property by property over the registry."""

from __future__ import annotations

import pickle
import warnings
from itertools import product

import numpy as np
import pytest
from cases import Case
from scipy import integrate, stats
from scipy.special import logsumexp
from sklearn.base import clone

from skmixture import Mixture
from skmixture.engine.blocks import Block
from skmixture.engine.coordinates import Coordinates
from skmixture.engine.e_step import EStep
from skmixture.engine.em import EM
from skmixture.engine.iteration import Stopping, iterate
from skmixture.engine.passes import Passes
from skmixture.engine.state import State
from skmixture.families import Categorical, FromScipy
from skmixture.fit.penalty import penalty_of
from skmixture.law.columns import fitting_law
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Family
from skmixture.priors import Dirichlet
from skmixture.priors import FromScipy as PriorFromScipy
from skmixture.supports import OfRows
from skmixture.table.rows import Rows
from skmixture.transforms import simplex

# Few rows in several components often end at an edge, which test_edges.py is about.
few_rows = pytest.mark.filterwarnings("ignore:.*(ended at|grew without bound)")


def state_of(case: Case, batch: int = 1) -> State:
    """The case's own weights and parameters, `batch` times."""
    params = {k: np.repeat(v[None], batch, axis=0) for k, v in case.read().items()}
    return State(np.tile(case.weights, (batch, 1, 1)), params)


def local_em(case: Case, X, weight=None, constraints=FREE) -> EM:
    law = fitting_law(case.family, X).localise(X, weight)
    held = {k: v for k, v in constraints.fixed.items() if k != "weights"}
    fixed = {**constraints.fixed, **law.to_local(held)}
    rows = Rows(X, None if weight is None else np.atleast_2d(weight))
    return EM(law, rows, Constraints(fixed, constraints.tied))


def local_state(em: EM, state: State) -> State:
    return State(state.weights, em.family.to_local(state.params))


def perturbed(em: EM, X, n_components, seeds) -> State:
    """Starts from random responsibilities, one a seed."""
    starts = []
    for seed in seeds:
        resp = np.random.RandomState(seed).dirichlet(np.full(n_components, 0.3), size=len(X))
        starts.append(em.start(resp.T[None]))
    return State.stack(starts)


def assert_close(a, b, rtol=1e-10, atol=0.0):
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def needs(case: Case, method: str) -> None:
    """Skip a test of what the family leaves out."""
    if getattr(type(case.family), method) is getattr(Family, method):
        pytest.skip(f"the law has no {method}")


def needs_blocks(case: Case) -> None:
    if not case.family.additive:
        pytest.skip("all rows are one block")


def log_density(law, X, state):
    """Log densities (K, n) of rows, weights not counted."""
    log_joint = EStep(law, state, Rows(X)).log_joint(Block(slice(0), Rows(X), law.encode(X)))
    return log_joint[0] + law.log_base(X)


def test_density_equals_scipy(case):
    X, _ = case.draw(200)
    expected = np.array([case.log_density(case.reference(k), X) for k in range(case.n_components)])
    for law in (case.family.localise(X), case.family.localise(X).stable()):
        state = State(np.ones((1, 1, case.n_components)), law.to_local(state_of(case).params))
        assert_close(log_density(law.of_given(), X, state), expected, rtol=1e-10, atol=1e-12)


def test_stable_density_equals_scipy_in_the_far_tails(case):
    if isinstance(case.family.support, OfRows):
        pytest.skip("the support is bounded")
    X, _ = case.draw(20)
    X = case.far(X)
    law = case.family.stable()
    state = State(np.ones((1, 1, case.n_components)), state_of(case).params)
    found = log_density(law, X, state)
    expected = np.array([case.log_density(case.reference(k), X) for k in range(case.n_components)])
    assert np.isfinite(found).all()
    assert_close(found, expected)


def test_density_integrates_to_one(case):
    if case.n_features > 2 and case.points is None:
        pytest.skip("a grid in three dimensions says nothing new")
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    if case.points is not None:
        assert_close(np.exp(model.score_samples(case.points)).sum(), 1, rtol=1e-12)
    elif case.family.support.discrete:
        assert_close(np.exp(model.score_samples(np.arange(200.0)[:, None])).sum(), 1, rtol=1e-12)
    elif case.n_features == 1:
        density = lambda x: np.exp(model.score_samples([[x]])[0])  # noqa: E731
        assert_close(integrate.quad(density, *case.span, limit=200)[0], 1, rtol=1e-8)
    elif case.fills_plane:  # S2.9
        axis = np.linspace(-12, 16, 281)
        grid = np.array(list(product(axis, axis)))
        assert_close(np.exp(model.score_samples(grid)).sum() * 0.1**2, 1, rtol=1e-3)


def test_statistics_add_over_rows(case):
    needs_blocks(case)
    X, _ = case.draw(101)
    whole = local_em(case, X)
    state = local_state(whole, state_of(case))
    for stable in (False, True):
        law = whole.family.stable() if stable else whole.family
        total, *parts = [Passes(law, Rows(part)).expected(state) for part in (X, X[:37], X[37:])]
        both = parts[0] + parts[1]
        assert_close(total.log_likelihood, both.log_likelihood, rtol=1e-12)
        for name in total.stats:
            assert_close(total.stats[name], both.stats[name], rtol=1e-11, atol=1e-10)


def test_blocks_do_not_matter(case, monkeypatch):
    needs_blocks(case)
    X, _ = case.draw(500)
    em = local_em(case, X)
    state = local_state(em, state_of(case))
    one = em.step(state)
    monkeypatch.setattr(type(em.family), "block_rows", lambda self, d, laws: 17)
    cut = local_em(case, X)
    many = cut.step(state)
    lengths = [place.stop - place.start for run in cut._fast.blocks._kept.runs for place in run]
    assert len(lengths) > 8
    assert max(lengths) < 1.5 * 17
    assert_close(one.log_likelihood, many.log_likelihood, rtol=1e-13)
    tolerance = 1e-12 * case.condition
    for name in one.state.params:
        assert_close(one.state.params[name], many.state.params[name], tolerance, tolerance)


def test_fast_and_stable_formulas_agree(case):
    needs(case, "stable")
    X, _ = case.draw(300)
    em = local_em(case, X)
    state = local_state(em, state_of(case))
    coordinates = Coordinates(em.family, em.constraints, state)
    fast, stable = (em._step(careful, state, coordinates) for careful in (False, True))
    assert_close(fast.log_likelihood, stable.log_likelihood, rtol=1e-12)
    assert_close(fast.gradient, stable.gradient, rtol=1e-9, atol=1e-9 * len(X))
    if fast.may_descend == stable.may_descend:  # else one M-step is exact, and one comes nearer
        for name in fast.state.params:
            assert_close(fast.state.params[name], stable.state.params[name], 1e-9, 1e-11)


@few_rows
def test_weight_two_is_a_row_twice_and_weight_zero_is_none(case):
    X, _ = case.draw(60)
    weight = np.tile([2.0, 1.0, 0.0], 20)
    repeated = np.repeat(X, weight.astype(int), axis=0)
    settings = dict(n_components=case.few, random_state=0, n_init=3, order_by="weights")
    by_weight = Mixture(case.family, **settings).fit(X, sample_weight=weight)
    by_rows = Mixture(case.family, **settings).fit(repeated)
    assert_close(by_weight.score(X, sample_weight=weight), by_rows.score(repeated), rtol=1e-9)
    assert_close(np.sort(by_weight.weights_), np.sort(by_rows.weights_), rtol=1e-5)
    assert by_weight.bic(X, sample_weight=weight) == pytest.approx(by_rows.bic(repeated))
    assert by_weight.icl(X, sample_weight=weight) == pytest.approx(by_rows.icl(repeated), rel=1e-6)


@few_rows
def test_scaling_all_weights_changes_nothing(case):
    X, _ = case.draw(80)
    rng = np.random.RandomState(0)
    weight, start = rng.uniform(0.5, 2, size=80), rng.dirichlet(np.ones(case.few), size=80)
    one, other = (
        Mixture(case.family, case.few).fit(X, sample_weight=scale * weight, start=start)
        for scale in (1.0, 1e-9)
    )
    assert_close(one.weights_, other.weights_, rtol=1e-6)


def test_a_batch_equals_one_at_a_time(case):
    X, _ = case.draw(150)
    em = local_em(case, X)
    starts = perturbed(em, X, case.few, seeds=range(4))
    stopping = Stopping(200, 1e-6)
    batch = iterate(em, starts, stopping)
    for member in range(4):
        alone = iterate(em, starts.of_batch(np.array([member])), stopping)
        assert alone.n_iter[0] == batch.n_iter[member]
        assert_close(alone.histories[0], batch.histories[member], rtol=1e-10)
        for name in starts.params:
            assert_close(alone.state.params[name][0], batch.state.params[name][member], 1e-7, 1e-9)


def test_each_member_may_have_weights_and_data_of_its_own(case):
    X, _ = case.draw(90)
    law = case.family.localise(X)
    rng = np.random.RandomState(1)
    own_weight = rng.randint(1, 4, size=(3, 90)).astype(float)
    own_data = np.stack([X, X[::-1], X[rng.permutation(90)]])
    state = State(np.tile(case.weights, (3, 1, 1)), law.to_local(state_of(case, batch=3).params))
    for stable in (False, True):
        together = EM(law, Rows(own_data, own_weight))._step(stable, state)
        for member in range(3):
            here = np.array([member])
            rows = Rows(own_data[member], own_weight[member][None])
            alone = EM(law, rows)._step(stable, state.of_batch(here))
            assert_close(together.log_likelihood[member], alone.log_likelihood[0], 1e-11)
            for name in law.parameters:
                assert_close(
                    together.state.params[name][member], alone.state.params[name][0], 1e-9, 1e-11
                )


def test_em_never_descends(case):
    X, _ = case.draw(120)
    em = local_em(case, X)
    run = iterate(em, perturbed(em, X, 3, seeds=range(6)), Stopping(300, 0.0))
    for history in run.histories:
        assert np.diff(history).min() > -1e-10
    assert not any(reason.startswith("descended") for reason in run.trouble)


def unconstrained(law, state: State) -> dict[str, np.ndarray]:
    z = {"weights": simplex.unconstrain(state.weights)}
    return z | {k: t.unconstrain(state.params[k]) for k, t in law.parameters.items()}


def constrained(law, z) -> State:
    params = {k: t.constrain(z[k]) for k, t in law.parameters.items()}
    return State(simplex.constrain(z["weights"]), params)


def assert_gradient_of_the_log_likelihood(em, state):
    gradient = em.gradient(state)
    z = unconstrained(em.family, state)
    for name, value in z.items():
        assert gradient[name].shape == value.shape
        for place in np.ndindex(value.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = {k: v.copy() for k, v in z.items()}
                moved[name][place] += step
                ends.append(em.log_likelihood(constrained(em.family, moved))[0])
            numeric = (ends[0] - ends[1]) / 2e-5
            assert gradient[name][place] == pytest.approx(numeric, rel=1e-5, abs=1e-4)


def test_gradient_is_that_of_the_log_likelihood(case):
    needs(case, "gradient")
    em = local_em(case, case.draw(70)[0])
    assert_gradient_of_the_log_likelihood(em, local_state(em, state_of(case)))


def test_the_fit_is_stationary(case):
    needs(case, "gradient")
    X, _ = case.draw(300)
    em = local_em(case, X)
    run = iterate(em, local_state(em, state_of(case)), Stopping(20_000, 1e-14))
    assert run.sound.all()
    for name, value in em.gradient(run.state).items():
        assert np.abs(value).max() / len(X) < 1e-5, name


def test_sampling_then_fitting_recovers(case):
    X, labels = case.draw(6000, seed=3)
    model = Mixture(case.family, case.n_components, random_state=0).fit(X, start=labels)
    truth = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    error = np.sqrt(case.weights * (1 - case.weights) / len(X))
    assert (np.abs(model.weights_ - case.weights) < 5 * error + 0.02).all()
    for name, value in case.params.items():
        assert_close(model.params_[name], value, rtol=0.15, atol=0.15)
    gain = 2 * len(X) * (model.score(X) - truth.score(X))  # a likelihood ratio: chi squared
    assert 0 < gain < model.n_parameters_ + 6 * np.sqrt(2 * model.n_parameters_)


def test_shift_and_scale_equivariance(case):
    if not case.moves:
        pytest.skip("the data have no units")
    X, labels = case.draw(200)
    settings = {"tol": 1e-6, "tol_type": "absolute"}
    one = Mixture(case.family, 3, **settings).fit(X, start=labels)
    for scale, shift in case.moves:
        other = Mixture(case.family, 3, **settings).fit(X * scale + shift, start=labels)
        grain = 1e-15 * abs(shift) / scale  # what the shift rounds away from the data
        assert other.n_iter_ == one.n_iter_ or grain
        for name, value in case.moved_back(other.params_, scale, shift).items():
            assert_close(value, one.params_[name], 1e-6, 1e-6 + 10 * grain)
        expected = one.score_samples(X) - case.n_features * np.log(scale)
        assert_close(other.score_samples(X * scale + shift), expected, 1e-6, 1e-6 + 100 * grain)


@few_rows
def test_held_and_tied_parameters(case):
    X, labels = case.draw(200)
    for name, transform in case.family.parameters.items():
        value = np.array(case.params[name], dtype=float)
        if case.family.shared(name):
            continue
        held = value.copy()
        held[1:] = np.nan
        for options in ({"fixed": {name: held}}, {"tied": (name,)}):
            model = Mixture(case.family, 3, **options).fit(X, start=labels)
            fitted = model.params_[name]
            if "fixed" in options:
                assert_close(fitted[0], value[0], rtol=1e-12)
                lost = transform.unconstrain(value[0]).size
            else:
                assert_close(fitted, np.repeat(fitted[:1], len(fitted), axis=0), rtol=1e-12)
                lost = (len(fitted) - 1) * transform.unconstrain(value[0]).size
            free = Mixture(case.family, 3).fit(X, start=labels)
            assert model.n_parameters_ == free.n_parameters_ - lost
            assert np.diff(model.lower_bounds_).min() > -1e-10


def test_constrained_fits_are_stationary_in_what_is_free(case):
    needs(case, "gradient")
    X, _ = case.draw(200)
    name, held = case.held(away=0.1)
    event = tuple(range(-case.family.parameters[name].event_ndim, 0))
    for constraints in (Constraints({name: held}), Constraints({}, frozenset([name]))):
        em = local_em(case, X, constraints=constraints)
        resp = np.random.RandomState(0).dirichlet(np.full(3, 0.3), size=len(X))
        run = iterate(em, em.start(resp.T[None]), Stopping(20_000, 1e-14))
        assert np.diff(run.histories[0]).min() > -1e-10
        for key, gradient in em.gradient(run.state).items():
            if key == name and constraints.tied:
                gradient = gradient.sum(axis=1)
            elif key == name:
                gradient = gradient[:, np.isnan(held).all(axis=event)]
            assert np.abs(gradient).max(initial=0.0) / len(X) < 1e-5, key


def test_number_of_free_parameters(case):
    free = sum(
        transform.unconstrain(value).size
        for transform, value in zip(
            case.family.parameters.values(), case.read().values(), strict=True
        )
    )
    assert case.family.n_free(case.n_components, case.n_features) == free


def test_cdf_agrees_with_samples_and_marginals(case):
    needs(case, "marginal_cdf")
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    X, _ = model.sample(4000, random_state=0)
    points = X[:5].astype(float)
    columns = np.array([(X <= point).mean(axis=0) for point in points])
    assert_close(model.marginal_cdf(points), columns, atol=0.04)
    needs(case, "cdf")
    below = np.array([(X <= point).all(axis=1).mean() for point in points])
    assert_close(model.cdf(points), below, atol=0.04)
    far = np.full((1, case.n_features), case.beyond)
    assert_close(model.marginal_cdf(far), 1)
    assert_close(model.marginal_cdf(-far), 0, atol=1e-300)
    assert_close(model.cdf(far), 1)
    assert_close(model.cdf(-far), 0, atol=1e-300)


def test_quantiles_undo_the_distribution_function(case):
    needs(case, "quantile_bounds")
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    q = np.array([1e-6, 0.01, 0.3, 0.5, 0.77, 0.999])
    quantiles = model.marginal_quantile(q)
    assert quantiles.shape == (6, case.n_features)
    at = model.marginal_cdf(quantiles)
    whole = case.family.support.whole(case.n_features)
    assert (at >= q[:, None])[:, whole].all()
    assert (model.marginal_cdf(quantiles - 1) < q[:, None])[:, whole].all()
    assert_close(at[:, ~whole], np.repeat(q[:, None], (~whole).sum(), axis=1), rtol=1e-9)
    assert_close(model.marginal_quantile(0.3), quantiles[2], rtol=1e-12)
    ends = model.marginal_quantile([0.0, 1.0])
    assert (ends[1] == case.top).all()
    with pytest.raises(ValueError, match="q must hold probabilities"):
        model.marginal_quantile([0.5, 1.5])


def test_component_distribution_is_the_reference(case):
    needs(case, "component")
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    X, _ = case.draw(10)
    for k in range(case.n_components):
        law = model.component_distribution(k)
        assert_close(case.log_density(law, X), case.log_density(case.reference(k), X))


def test_mixture_density_is_the_weighted_sum(case):
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    X, _ = case.draw(50)
    terms = [np.log(w) + case.log_density(case.reference(k), X) for k, w in enumerate(case.weights)]
    assert_close(model.score_samples(X), logsumexp(terms, axis=0))
    assert_close(model.predict_log_proba(X).T, terms - logsumexp(terms, axis=0), 1e-8, 1e-12)


def test_families_clone_pickle_and_print(case):
    copy = pickle.loads(pickle.dumps(clone(case.family)))
    assert repr(copy) == repr(case.family)
    published = case.family.publish(case.read())
    for name, value in case.params.items():
        assert_close(published[name], value)


def test_user_units_survive_the_frame(case):
    X, _ = case.draw(30)
    law = case.family.localise(X)
    there_and_back = law.to_user(law.to_local(case.read()))
    for name, value in case.read().items():
        assert_close(there_and_back[name], value, 1e-13, 1e-13)


def log_joint(model, X):
    """Logs (n, K) of weight times density."""
    return model.predict_log_proba(X) + model.score_samples(X)[:, None]


def holed(case, n, share=0.25):
    if not case.family.takes_holes:
        pytest.skip("values may not be missing")
    X, labels = case.draw(n)
    X[np.random.RandomState(3).uniform(size=X.shape) < share] = np.nan
    return X, labels


def test_values_that_are_missing_count_for_nothing(case):
    """The likelihood of a row is that of what is there, and a fit climbs it."""
    X, labels = holed(case, 150)
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    there = ~np.isnan(X)
    if case.family.factorises:
        by_column = np.zeros((len(X), case.n_components))
        for j, seen in enumerate(there.T):
            own = {name: value[:, j : j + 1] for name, value in model.params_.items()}
            law = case.family.of_column(j)
            alone = Mixture.from_params(family=law, weights=case.weights, **own)
            by_column[seen] += log_joint(alone, X[seen, j : j + 1]) - np.log(case.weights)
        expected = logsumexp(by_column + np.log(case.weights), axis=1)
        assert_close(model.score_samples(X), expected, rtol=1e-9, atol=1e-9)
    settings = {"tol": 0.0, "acceleration": None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has not converged, and may lie at a bound
        fit, longer = (
            Mixture(case.family, case.n_components, **{**settings, "max_iter": steps}).fit(
                X, start=labels
            )
            for steps in (15, 16)
        )
    if case.family.monotone:
        assert np.diff(longer.lower_bounds_).min() > -1e-9
    # a fit ends on the careful step, where there is one, and goes on from the other
    careful = type(case.family).careful is not Family.careful
    assert fit.score(X) == pytest.approx(longer.lower_bound_, abs=1e-6 if careful else 1e-9)
    nothing = np.full((1, case.n_features), np.nan)
    assert_close(model.score_samples(nothing), 0, atol=1e-12)
    assert_close(model.predict_proba(nothing)[0], case.weights)


def test_gradient_is_that_of_the_likelihood_of_what_is_there(case):
    X, _ = holed(case, 70)
    needs(case, "gradient")
    em = local_em(case, X)
    assert_gradient_of_the_log_likelihood(em, local_state(em, state_of(case)))


def test_the_fit_to_what_is_there_is_stationary(case):
    X, _ = holed(case, 200)
    needs(case, "gradient")
    em = local_em(case, X)
    run = iterate(em, local_state(em, state_of(case)), Stopping(20_000, 1e-13))
    assert run.sound.all()
    assert np.diff(run.histories[0]).min() > -1e-10
    for name, value in em.gradient(run.state).items():
        assert np.abs(value).max() / len(X) < 1e-5, name


def same_step(case, one: EM, other: EM) -> None:
    """Whether a step of both leads from the case's parameters to the same ones."""
    step, same = (em.step(local_state(em, state_of(case))) for em in (one, other))
    assert_close(step.log_likelihood, same.log_likelihood, rtol=1e-9)
    assert_close(step.state.weights, same.state.weights, rtol=1e-9)
    params = one.family.to_user(step.state.params), other.family.to_user(same.state.params)
    rtol = 1e-4 if isinstance(case.family, FromScipy) else 1e-6  # whose steps are by differences
    for name in case.family.parameters:
        assert_close(params[0][name], params[1][name], rtol=rtol, atol=1e-8)


def test_a_weight_is_so_many_rows_with_missing_values(case):
    X, _ = holed(case, 90)
    weight = np.random.RandomState(0).randint(1, 4, size=90)
    same_step(
        case, local_em(case, np.repeat(X, weight, axis=0)), local_em(case, X, weight.astype(float))
    )


def test_whole_rows_by_the_law_for_holes_are_as_ever(case):
    """A row of no weight, of which nothing is there, makes the law one for holes."""
    _ = holed(case, 1)
    X, _ = case.draw(80)
    extra = np.r_[X, np.full((1, case.n_features), np.nan)]
    same_step(case, local_em(case, X), local_em(case, extra, np.r_[np.ones(80), 1e-14]))


def test_what_is_missing_is_integrated_out(case):
    """The density of a row with a hole, and what is imputed, by sums over what may be there."""
    X, _ = holed(case, 3, share=0.0)
    if isinstance(case.family, Categorical):
        pytest.skip("categories have no expectation")
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    for i, row in enumerate(X):
        j = i % case.n_features
        hole = np.where(np.arange(case.n_features) == j, np.nan, row)
        if case.family.support.whole(case.n_features)[j]:
            y = np.arange(model.marginal_quantile(1 - 1e-12)[j] + 1)
            log_drawn = np.zeros(len(y))
        else:  # as often as the column by itself has them
            y = model.marginal_quantile((np.arange(4000) + 0.5) / 4000)[:, j]
            alone = np.full((len(y), case.n_features), np.nan)
            alone[:, j] = y
            log_drawn = model.score_samples(alone) + np.log(len(y))
        filled = np.where(np.isnan(hole), y[:, None], hole)
        part = np.exp(model.score_samples(filled) - log_drawn - model.score_samples([hole]))
        assert part.sum() == pytest.approx(1.0, abs=2e-3)
        expected = (y * part).sum() / part.sum()
        spread = np.sqrt((part * (y - expected) ** 2).sum())
        assert model.impute([hole])[0, j] == pytest.approx(expected, abs=0.03 * spread)


def some_prior(kind):
    if kind is PriorFromScipy:
        return PriorFromScipy(stats.norm(5.0, 2.0))
    return Dirichlet(3.0) if kind is Dirichlet else kind(5.0, 2.0)


def test_priors_have_their_gradient_and_their_mode(case):
    """EM with priors climbs the penalised objective, whose gradient is that of the M-step."""
    if not case.family.takes_priors:
        pytest.skip("the law takes no prior")
    X, _ = case.draw(60)
    priors = {name: some_prior(kind) for name, kind in case.family.takes_priors.items()}
    law = case.family.localise(X).with_priors(priors, (), case.n_components)
    em = EM(law, Rows(X), penalty=penalty_of(law, {**priors, "weights": Dirichlet(2.0)}))
    state = local_state(em, state_of(case))
    coordinates = Coordinates(em.family, em.constraints, state)
    z = coordinates.of(state)
    step = em.step(state, coordinates)
    if step.gradient is not None:
        slope = np.empty_like(z)
        for i in range(z.shape[1]):
            ends = []
            for side in (1e-6, -1e-6):
                moved = z.copy()
                moved[:, i] += side
                ends.append(em.step(coordinates.state(moved)).objective)
            slope[:, i] = (ends[0] - ends[1]) / 2e-6
        assert_close(step.gradient, slope, rtol=1e-5, atol=1e-4 * np.abs(slope).max())
    run = iterate(em, state, Stopping(200, 0.0))
    assert np.diff(run.histories[0]).min() > -1e-10
