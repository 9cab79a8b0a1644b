"""MAP estimates by property, over the registry: every prior that a law takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cases import Case
from scipy import stats

from skmixture import Mixture
from skmixture.engine.coordinates import Coordinates
from skmixture.engine.em import EM
from skmixture.engine.iteration import Stopping, iterate
from skmixture.engine.state import State
from skmixture.families import (
    BetaBinomial,
    DirichletMultinomial,
    Gaussian,
    NegativeBinomial,
    Poisson,
    Product,
    StudentT,
    ZeroInflated,
)
from skmixture.families import FromScipy as ScipyLaw
from skmixture.fit.penalty import penalty_of
from skmixture.law.columns import ColumnsWithHoles
from skmixture.law.constraints import Constraints
from skmixture.priors import (
    Beta,
    Dirichlet,
    FromScipy,
    Gamma,
    InverseGamma,
    InverseWishart,
    Normal,
)
from skmixture.table.rows import Rows

STRONG = 1e9


def prior_about(kind: type, value: np.ndarray, strength: float) -> Any:
    """A prior with its mode at a value of one component."""
    if kind is Gamma:
        return Gamma(1 + strength, strength / value)
    if kind is InverseGamma:
        return InverseGamma(strength, (strength + 1) * value)
    if kind is Beta:
        return Beta(1 + strength * value, 1 + strength * (1 - value))
    if kind is Dirichlet:
        return Dirichlet(1 + strength * value)
    if kind is Normal:
        return Normal(value, strength)
    if kind is FromScipy:
        return FromScipy(stats.norm(value, 1 / np.sqrt(strength)))
    matrix = np.ndim(value) == 2
    dof = strength + (len(value) if matrix else 1)
    return InverseWishart(dof, (dof + (len(value) if matrix else 1) + 1) * value)


def middle(case: Case, name: str) -> np.ndarray:
    """A value of one component, between those of the case."""
    return case.read()[name].mean(axis=0)


def priors_of(case: Case, strength: float = 4.0) -> dict[str, Any]:
    return {
        name: prior_about(kind, middle(case, name), strength)
        for name, kind in case.family.takes_priors.items()
    }


def needs_priors(case: Case) -> None:
    if not case.family.takes_priors:
        pytest.skip("the law takes no prior")


def published(case: Case) -> dict[str, np.ndarray]:
    return {name: np.asarray(value, float) for name, value in case.params.items()}


def ties(case: Case) -> list[tuple[str, ...]]:
    names = [name for name in case.family.parameters if not case.family.shared(name)]
    return [(), *((name,) for name in names), tuple(names)] if len(names) > 1 else [(), (names[0],)]


def tied_params(params: dict[str, np.ndarray], tied: Any) -> dict[str, np.ndarray]:
    return {
        name: np.repeat(value[:1], len(value), axis=0) if name in tied else value
        for name, value in params.items()
    }


def fitted(case: Case, X, prior, tied=(), **options) -> Mixture:
    params = published(case)
    if "params_init" not in options:
        options["params_init"] = tied_params(params, tied)
    model = Mixture(
        case.family, case.n_components, prior=prior, tied=tied, weights_init=case.weights,
        n_init=1, **options,
    )  # fmt: skip
    return model.fit(X)


def penalised_em(family, X, prior, tied=(), fixed=None, n_components=3, weight=None, **side) -> EM:
    """The EM map of a fit with these priors."""
    law = family.localise(X, weight, **side)
    of_params = {name: own for name, own in prior.items() if name != "weights"}
    law = law.with_priors(of_params, frozenset(tied), n_components)
    constraints = Constraints(law.to_local(fixed or {}), frozenset(tied))
    rows = Rows(X, None if weight is None else weight[None], side=side)
    return EM(law, rows, constraints, penalty_of(law, prior))


def state_of(em: EM, family, weights, params) -> State:
    arrays = {name: np.asarray(value, dtype=float) for name, value in params.items()}
    local = em.family.to_local(family.read(arrays))
    return State(np.asarray(weights)[None, None], {name: v[None] for name, v in local.items()})


def assert_is_a_mode(em: EM, state: State, n: float, smooth: bool) -> None:
    """No small move of any free coordinate raises log-likelihood and log density together."""
    coordinates = Coordinates(em.family, em.constraints, state)
    z, p = coordinates.of(state), coordinates.size
    steps = np.array([1e-2, 1e-3, 5e-4, -1e-2, -1e-3, -5e-4])
    moved = z + (steps[:, None, None] * np.eye(p)).reshape(-1, p)
    here = em.step(coordinates.state(z)).objective[0] / n
    ends = em.step(coordinates.state(moved)).objective.reshape(2, 3, p) / n
    assert ends.max() <= here + 2e-9
    slopes = (ends[0] - ends[1]) / (2 * steps[:3, None])
    if smooth:  # without the term of third order
        assert np.abs(4 * slopes[2] - slopes[1]).max() / 3 < 1e-5


def scipy_density(case: Case, name: str, prior: Any, model: Mixture) -> float:
    """Sum over components of the log density of one parameter, by scipy."""
    values = case.family.read({k: np.asarray(v, float) for k, v in model.params_.items()})
    value = values[name][:1] if name in model.tied else values[name]
    if isinstance(prior, FromScipy):
        return float(prior.distribution.logpdf(value).sum())
    if isinstance(prior, Gamma):
        return float(stats.gamma(prior.shape, scale=1 / np.asarray(prior.rate)).logpdf(value).sum())
    if isinstance(prior, InverseGamma):
        return float(stats.invgamma(prior.shape, scale=prior.scale).logpdf(value).sum())
    if isinstance(prior, Beta):
        return float(stats.beta(prior.alpha, prior.beta).logpdf(value).sum())
    if isinstance(prior, Dirichlet):
        a = np.broadcast_to(prior.concentrations, value.shape[1:]).reshape(-1, value.shape[-1])
        rows = value.reshape(len(value), -1, value.shape[-1])
        return sum(stats.dirichlet(a[j]).logpdf(row[j]) for row in rows for j in range(len(a)))
    if isinstance(prior, InverseWishart):
        if value.ndim == 3:
            return float(sum(stats.invwishart(prior.dof, prior.scale).logpdf(C) for C in value))
        law = stats.invgamma(prior.dof / 2, scale=np.asarray(prior.scale) / 2)
        return float(law.logpdf(value).sum())
    part, _, _ = name.rpartition("means")
    matrices = values[part + ("scales" if part + "scales" in values else "covariances")]
    d, total = value.shape[1], 0.0
    for k, mean in enumerate(values[name]):
        C = matrices[min(k, len(matrices) - 1)]
        C = C if np.ndim(C) == 2 else C * np.eye(d)
        total += stats.multivariate_normal(prior.mean, C / prior.strength).logpdf(mean)
    return total / (len(values[name]) if name in model.tied else 1)


@pytest.mark.parametrize("ties_all", [False, True])
def test_the_density_is_that_of_scipy(case, ties_all):
    needs_priors(case)
    X, _ = case.draw(60)
    prior, tied = priors_of(case), ties(case)[-1] if ties_all else ()
    model = fitted(case, X, prior, tied, tol=0.1)
    expected = sum(scipy_density(case, name, own, model) for name, own in prior.items())
    assert model.log_prior_ == pytest.approx(expected, rel=1e-9)


def test_a_fit_is_a_mode(case):
    needs_priors(case)
    X, _ = case.draw(80)
    prior = {**priors_of(case), "weights": Dirichlet(2.0)}
    smooth = case.family.climbs_its_gradient
    for tied in ties(case):
        model = fitted(case, X, prior, tied)
        em = penalised_em(case.family, X, prior, tied, n_components=case.n_components)
        state = state_of(em, case.family, model.weights_, model.params_)
        assert_is_a_mode(em, state, len(X), smooth)


def test_a_fit_with_values_held_is_a_mode(case):
    needs_priors(case)
    X, _ = case.draw(80)
    prior = priors_of(case)
    for name, value in case.read().items():
        if case.family.shared(name):
            continue
        held = {name: np.full(value.shape, np.nan)}
        held[name][0] = value[0]
        model = fitted(case, X, prior, fixed=held)
        np.testing.assert_allclose(model.params_[name][0], value[0], rtol=1e-12)
        em = penalised_em(case.family, X, prior, fixed=held, n_components=case.n_components)
        state = state_of(em, case.family, model.weights_, model.params_)
        assert_is_a_mode(em, state, len(X), case.family.climbs_its_gradient)


@pytest.mark.parametrize("strength", [0.5, 1e4])
def test_em_never_descends(case, strength):
    needs_priors(case)
    X, _ = case.draw(50)
    prior = {**priors_of(case, strength), "weights": Dirichlet(2.0)}
    for tied in ties(case):
        em = penalised_em(case.family, X, prior, tied, n_components=case.n_components)
        params = tied_params(published(case), tied)
        state = state_of(em, case.family, case.weights, params)
        history = iterate(em, state, Stopping(25, 0.0)).histories[0]
        assert np.diff(history).min() > -1e-10 * max(1.0, np.abs(history).max())


def test_a_strong_prior_pulls_to_its_mode(case):
    needs_priors(case)
    X, _ = case.draw(50)
    for name, kind in case.family.takes_priors.items():
        mode = middle(case, name)
        model = fitted(case, X, {**priors_of(case), name: prior_about(kind, mode, STRONG)})
        value = case.family.read({k: np.asarray(v) for k, v in model.params_.items()})[name]
        scale = max(np.abs(mode).max(), 1e-2)
        np.testing.assert_allclose(value, np.broadcast_to(mode, value.shape), atol=1e-3 * scale)


def test_a_prior_in_other_units_makes_the_same_fit(case):
    needs_priors(case)
    if not case.moves:
        pytest.skip("the law has no units")
    X, _ = case.draw(60)
    prior = priors_of(case)
    plain = fitted(case, X, prior)
    params = published(case)
    for scale, shift in case.moves:
        if abs(shift) > 1e3:  # which costs digits
            shift = 1e3
        ends = [
            case.moved_back({name: np.full(np.shape(v), end) for name, v in params.items()},
                            scale, shift)
            for end in (0.0, 1.0)
        ]  # fmt: skip
        factor = {name: 1 / np.min(ends[1][name] - ends[0][name]) for name in params}
        move = {name: -np.min(ends[0][name]) * factor[name] for name in params}
        moved = {name: in_units(own, factor[name], move[name]) for name, own in prior.items()}
        start = {name: factor[name] * value + move[name] for name, value in params.items()}
        model = fitted(case, scale * X + shift, moved, params_init=start)
        back = case.moved_back(model.params_, scale, shift)
        for name, value in plain.params_.items():
            np.testing.assert_allclose(back[name], value, rtol=1e-5, atol=1e-5)


def in_units(prior: Any, factor: float, move: float) -> Any:
    """The prior of ``factor`` times a parameter, moved."""
    if isinstance(prior, Gamma):
        return replace(prior, rate=np.asarray(prior.rate) / factor)
    if isinstance(prior, InverseGamma | InverseWishart):
        return replace(prior, scale=np.asarray(prior.scale) * factor)
    return replace(prior, mean=factor * np.asarray(prior.mean) + move)


def test_a_weight_of_two_is_a_row_twice(case):
    needs_priors(case)
    X, _ = case.draw(40)
    times = np.random.RandomState(0).randint(1, 4, len(X))
    params = []
    for rows, weight in ((X, times.astype(float)), (np.repeat(X, times, axis=0), None)):
        em = penalised_em(
            case.family, rows, priors_of(case), n_components=case.n_components, weight=weight
        )
        state = state_of(em, case.family, case.weights, case.params)
        params.append(em.family.to_user(em.step(state).state.params))
    for name, value in params[0].items():
        rtol = 1e-3 if isinstance(case.family, ScipyLaw) else 1e-6  # a step by differences
        np.testing.assert_allclose(value, params[1][name], rtol=rtol, atol=1e-10)


@pytest.mark.parametrize("acceleration", [None, "squarem", "anderson"])
def test_every_path_ends_where_em_stands_still(case, acceleration):
    needs_priors(case)
    X, _ = case.draw(60)
    prior = {**priors_of(case), "weights": Dirichlet(2.0)}
    model = fitted(case, X, prior, acceleration=acceleration)
    em = penalised_em(case.family, X, prior, n_components=case.n_components)
    state = state_of(em, case.family, model.weights_, model.params_)
    landed = em.step(state).state
    np.testing.assert_allclose(landed.weights, state.weights, rtol=1e-3, atol=1e-6)
    for name, value in state.params.items():
        scale = np.abs(value).max()
        np.testing.assert_allclose(landed.params[name], value, rtol=1e-3, atol=1e-4 * scale)


def test_columns_take_their_parts_of_the_prior(case):
    needs_priors(case)
    if not case.family.factorises:
        pytest.skip("the columns are not independent")
    X, _ = case.draw(40)
    prior = priors_of(case)
    params = published(case)
    steps = []
    for family in (case.family, ColumnsWithHoles(case.family)):
        em = penalised_em(family, X, prior, n_components=case.n_components)
        step = em.step(state_of(em, case.family, case.weights, params))
        steps.append((step.objective, em.family.to_user(step.state.params)))
    np.testing.assert_allclose(steps[0][0], steps[1][0], rtol=1e-9)
    for name in params:
        # one by differences has their digits
        np.testing.assert_allclose(steps[0][1][name], steps[1][1][name], rtol=1e-5)


def rows_of_counts(family, params, n=60, seed=0, **side):
    labels = np.repeat(np.arange(2), n // 2)
    return family.sample(params, labels, np.random.RandomState(seed), **side).astype(float)


EXPOSURE = np.random.RandomState(1).gamma(4, 0.25, size=60)
MANY = np.random.RandomState(2).gamma(2, 2, size=(2, 9))
NB = {"means": np.array([[3.0, 40.0], [25.0, 9.0]]), "sizes": np.array([[2.0, 5.0], [6.0, 3.0]])}
BB = {"alphas": np.array([[3.0], [9.0]]), "betas": np.array([[9.0], [2.0]])}
LARGE = {"means": 2e4 * NB["means"], "sizes": NB["sizes"]}
# Ways through an M-step that no case of the registry takes.
WAYS = {
    "NB with exposures": (NegativeBinomial(), NB, {"exposure": EXPOSURE}),
    "NB row by row": (NegativeBinomial(), LARGE, {}),
    "NB row by row, with exposures": (NegativeBinomial(), LARGE, {"exposure": EXPOSURE}),
    "Poisson with exposures": (Poisson(), {"rates": NB["means"]}, {"exposure": EXPOSURE}),
    "urns row by row": (BetaBinomial(10**6), BB, {}),
    "urns of many colours": (DirichletMultinomial(40), {"concentrations": MANY}, {}),
    "urns of many colours, row by row": (
        DirichletMultinomial(10**6), {"concentrations": MANY}, {}
    ),
    "families within families": (
        Product(
            [
                ("heavy", StudentT("diag"), [0, 2]),
                ("counts", ZeroInflated(NegativeBinomial()), [1]),
            ]
        ),
        {
            "heavy__means": np.array([[0.0, 1.0], [6.0, 9.0]]),
            "heavy__scales": np.array([[1.0, 2.0], [0.5, 1.0]]),
            "heavy__dofs": np.array([3.0, 8.0]),
            "counts__zero_probs": np.array([[0.2], [0.4]]),
            "counts__means": np.array([[3.0], [30.0]]),
            "counts__sizes": np.array([[2.0], [5.0]]),
        },
        {"exposure": EXPOSURE},
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("strength", [0.5, 50.0])
def test_ways_through_an_m_step(way, strength):
    family, params, side = WAYS[way]
    X = rows_of_counts(family, params, **side)
    prior = {
        name: prior_about(kind, 1.3 * params[name].mean(axis=0), strength)
        if kind is not Beta
        else prior_about(kind, params[name].mean(axis=0), strength)
        for name, kind in family.takes_priors.items()
    }
    names = tuple(params)
    for tied in ((), names[:1], names[1:2], names):
        em = penalised_em(family, X, prior, tied, n_components=2, **side)
        state = state_of(em, family, [0.5, 0.5], tied_params(params, tied))
        history = iterate(em, state, Stopping(25, 0.0)).histories[0]
        assert np.diff(history).min() > -1e-10 * max(1.0, np.abs(history).max())
        model = Mixture(
            family, 2, prior=prior, tied=tied, n_init=1, weights_init=[0.5, 0.5],
            params_init=tied_params(params, tied),
        ).fit(X, **side)  # fmt: skip
        state = state_of(em, family, model.weights_, model.params_)
        assert_is_a_mode(em, state, len(X), smooth=True)


def test_numbers_of_a_prior_go_by_column_or_by_component():
    rng = np.random.RandomState(0)
    X = rng.poisson(np.repeat([[2.0, 30.0], [20.0, 5.0]], 30, axis=0)).astype(float)
    by_component = np.array([[1.0, 20.0], [15.0, 8.0]])
    start = {"rates": by_component}
    prior = {"rates": Gamma(1 + 1e9, 1e9 / by_component)}
    model = Mixture(Poisson(), 2, prior=prior, params_init=start, n_init=1).fit(X)
    np.testing.assert_allclose(model.rates_, by_component, rtol=1e-6)
    holed = np.where(rng.uniform(size=X.shape) < 0.2, np.nan, X)
    model = Mixture(Poisson(), 2, prior={"rates": Gamma(1 + 1e9, [1e9, 1e8])}, n_init=1).fit(holed)
    np.testing.assert_allclose(model.rates_, [[1.0, 10.0]] * 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("family", "prior", "match"),
    [
        (Poisson(), {"rates": Gamma([2.0, 3.0, 4.0], 1.0)}, r"prior\['rates'\].shape.*\(2, 2\)"),
        (StudentT(), {"scales": InverseWishart(0.5, 1.0)}, r"prior\['scales'\].dof"),
        (StudentT(), {"means": Normal([1.0, 2.0, 3.0])}, r"prior\['means'\].mean"),
        (StudentT(), {"dofs": InverseGamma(1.0, 1.0)}, "skmixture.priors.Gamma"),
        (StudentT(), {"covariances": InverseWishart(4.0, 1.0)}, "takes priors on.*'scales'"),
        (
            Product([("a", Gaussian(), [0]), ("b", Gaussian(), [1])]),
            {"means": Normal()},
            "takes priors on.*'a__means'",
        ),
    ],
)
def test_unfit_priors(family, prior, match):
    X = np.random.RandomState(0).poisson(5.0, (30, 2)).astype(float)
    with pytest.raises(ValueError, match=match):
        Mixture(family, 2, prior=prior).fit(X)
