"""Beta-binomial and Dirichlet-multinomial laws beyond the contract."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats

from skmixture import (
    BetaBinomialMixture,
    BinomialMixture,
    DirichletMultinomialMixture,
    Mixture,
    MultinomialMixture,
)
from skmixture.engine.blocks import Block
from skmixture.engine.e_step import EStep
from skmixture.engine.passes import Passes
from skmixture.engine.state import State
from skmixture.families import BetaBinomial, DirichletMultinomial
from skmixture.families.urns.kernels import ByRow, Tabled
from skmixture.law.constraints import Constraints
from skmixture.table.rows import Rows


def successes(n=300, d=1, trials=40, seed=0):
    rng = np.random.RandomState(seed)
    a = np.where(np.arange(n) % 2, 2.0, 9.0)[:, None]
    return rng.binomial(trials, rng.beta(a, 4.0, size=(n, d))).astype(float)


def communities(n=200, d=40, total=80, seed=0):
    rng = np.random.RandomState(seed)
    a = rng.gamma(0.5, size=d) + 0.01
    return np.array([rng.multinomial(total, p) for p in rng.dirichlet(a, size=n)]).astype(float)


def ascent(family, X, resp, params=None, constraints=None):
    """The M-step (K, ...) from responsibilities (K, n), and the function that it is to raise."""
    law = family.localise(X)
    passes = Passes(law, Rows(X))
    stats_ = passes.given(resp[None], None).stats
    found = law.maximise(stats_, params, constraints or Constraints())

    def q(candidate):
        state = State(np.ones((1, 1, len(resp))), {k: v[None] for k, v in candidate.items()})
        block = Block(slice(0), Rows(X), law.stable().encode(X))
        return float((resp * EStep(law.stable(), state, Rows(X)).log_joint(block)[0]).sum())

    return {k: v[0] for k, v in found.items()}, q


def best(q, start, tied=()):
    """The largest value of a function of positive parameters, by scipy."""
    names, K = list(start), len(next(iter(start.values())))

    def unpack(z):
        params, begin = {}, 0
        for name in names:
            shape = (1 if name in tied else K, *start[name].shape[1:])
            size = int(np.prod(shape))
            params[name] = np.exp(z[begin : begin + size]).reshape(shape)
            params[name] = np.broadcast_to(params[name], start[name].shape)
            begin += size
        return params

    z = np.concatenate([np.log(v[:1] if k in tied else v).ravel() for k, v in start.items()])
    found = optimize.minimize(lambda z: -q(unpack(z)), z, method="BFGS", options={"gtol": 1e-5})
    return -found.fun, unpack(found.x)


@pytest.mark.parametrize("tied", [(), ("alphas",), ("betas",), ("alphas", "betas")], ids=str)
def test_m_step_is_the_maximum(tied):
    X = successes(120, 2)
    resp = np.random.RandomState(1).dirichlet([0.5, 0.5], size=120).T
    found, q = ascent(BetaBinomial(40), X, resp, constraints=Constraints({}, frozenset(tied)))
    value, params = best(q, {k: np.ones_like(v) for k, v in found.items()}, tied)
    assert q(found) >= value - 1e-7
    for name, expected in params.items():
        assert_allclose(found[name], expected, rtol=1e-3)


def test_m_step_with_held_concentrations():
    X = successes(120, 1)
    resp = np.ones((1, 120))
    held = Constraints({"alphas": np.array([[1.5]])})
    found, q = ascent(BetaBinomial(40), X, resp, constraints=held)
    assert found["alphas"] == 1.5
    line = optimize.minimize_scalar(
        lambda z: -q({"alphas": found["alphas"], "betas": np.exp([[z]])}), (0.0, 3.0), tol=1e-10
    )
    assert_allclose(found["betas"], np.exp(line.x), rtol=1e-5)


@pytest.mark.parametrize("d", [3, 12])
def test_m_step_of_few_and_of_many_colours(d):
    X = communities(150, d)
    found, q = ascent(DirichletMultinomial(), X, np.ones((1, 150)))
    seen = {"concentrations": np.maximum(found["concentrations"], 1e-3)}
    value, _ = best(q, seen)
    assert q(found) >= value - 1e-6
    tied = Constraints({}, frozenset(["concentrations"]))
    resp = np.random.RandomState(1).dirichlet([0.5, 0.5], size=150).T
    both, _ = ascent(DirichletMultinomial(), X, resp, constraints=tied)
    assert_allclose(both["concentrations"], np.repeat(found["concentrations"], 2, 0), rtol=1e-6)


@pytest.mark.filterwarnings("ignore:.*ended at")  # the kinds that are unseen
def test_many_kinds():
    X = communities(300, 300, total=200)
    model = DirichletMultinomialMixture(1).fit(X)
    assert isinstance(DirichletMultinomial().localise(X)._kernel, Tabled)
    unseen = X.sum(axis=0) == 0
    assert (model.concentrations_[0, unseen] < 1e-50).all()
    truth = stats.dirichlet_multinomial(model.concentrations_[0, ~unseen], 200)
    assert_allclose(model.score_samples(X[:5]), truth.logpmf(X[:5, ~unseen].astype(int)), rtol=1e-9)


def test_two_colours_are_beta_binomial():
    x = successes(400)
    options = dict(order_by="weights", random_state=0)
    one = BetaBinomialMixture(2, n_trials=40, **options).fit(x)
    both = DirichletMultinomialMixture(2, **options).fit(np.hstack([x, 40 - x]))
    assert_allclose(both.score(np.hstack([x, 40 - x])), one.score(x), rtol=1e-9)
    assert_allclose(both.concentrations_[:, 0], one.alphas_[:, 0], rtol=1e-3)


def test_large_counts_go_row_by_row():
    rng = np.random.RandomState(0)
    trials = rng.randint(10**6, 10**7, size=400)
    chance = np.r_[rng.beta(3, 30, size=200), rng.beta(40, 12, size=200)]
    X = rng.binomial(trials, chance)[:, None].astype(float)
    law = BetaBinomial().localise(X, exposure=trials.astype(float))
    assert isinstance(law._kernel, ByRow)
    model = BetaBinomialMixture(2, order_by="alphas", random_state=0, n_init=4)
    model.fit(X, n_trials=trials)
    assert_allclose(model.alphas_.ravel(), [3, 40], rtol=0.25)
    assert_allclose(model.betas_.ravel(), [30, 12], rtol=0.25)
    label = np.repeat([0, 1], 200)
    for k in (0, 1):  # the trials are so many that the shares are beta
        a, b, _, _ = stats.beta.fit(chance[label == k], floc=0, fscale=1)
        assert_allclose([model.alphas_[k, 0], model.betas_[k, 0]], [a, b], rtol=0.01)


def test_labelled_rows_of_large_counts():
    """max_iter=0 is the maximum there too."""
    rng = np.random.RandomState(0)
    X = np.array([rng.multinomial(10**6, p) for p in rng.dirichlet([2, 3, 4], size=300)])
    half = DirichletMultinomialMixture(1, max_iter=0).fit(X, start=np.ones((300, 1)))
    full = DirichletMultinomialMixture(1).fit(X)
    assert_allclose(half.concentrations_, full.concentrations_, rtol=1e-3)


@pytest.mark.filterwarnings("ignore:.*grew without bound")  # as is said of it
def test_no_dispersion_is_the_binomial_law():
    rng = np.random.RandomState(0)
    x = np.repeat([19, 20, 21], 30)[:, None]  # less dispersed than tosses of a coin
    model = BetaBinomialMixture(1, n_trials=40).fit(x)
    coin = BinomialMixture(1, n_trials=40).fit(x)
    assert_allclose(model.probs_, coin.probs_, rtol=1e-6)
    assert_allclose(model.score_samples(x), coin.score_samples(x), rtol=1e-6)
    X = np.tile([5, 3, 2], (20, 1)) + rng.multinomial(1, [1 / 3] * 3, size=20)
    urn, dice = DirichletMultinomialMixture(1).fit(X), MultinomialMixture(1).fit(X)
    assert_allclose(urn.score(X), dice.score(X), rtol=1e-6)
    assert_allclose(urn.probs_, dice.probs_, rtol=1e-5)


@pytest.mark.parametrize(
    ("model", "X"),
    [
        (BetaBinomialMixture(1, n_trials=5), np.full((6, 2), 5)),
        (BetaBinomialMixture(2, n_trials=5), np.repeat([[0.0], [5.0]], 10, axis=0)),
        (BetaBinomialMixture(1, n_trials=5), np.repeat([[0.0], [5.0]], 10, axis=0)),
        (BetaBinomialMixture(1, n_trials=1), np.repeat([[0.0], [1.0]], 10, axis=0)),
        (BetaBinomialMixture(1, n_trials=0), np.zeros((4, 1))),
        (DirichletMultinomialMixture(1), np.tile([4, 0, 0], (6, 1))),
        (DirichletMultinomialMixture(1), 7.0 * np.eye(3)[np.arange(30) % 3]),
        (DirichletMultinomialMixture(1), 7.0 * np.eye(9)[np.arange(30) % 8]),
        (DirichletMultinomialMixture(1), np.zeros((6, 3))),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
@pytest.mark.filterwarnings("ignore:.*(ended at|grew without bound)")  # test_edges.py has the words
def test_edges(model, X):
    model.fit(X)
    assert np.isfinite(model.score_samples(X)).all()
    for name, value in model.params_.items():
        assert model.family_.parameters[name].holds(value).all()


def exact(x, a, total):
    with mpmath.workdps(60):
        x, a = [mpmath.mpf(int(v)) for v in x], [mpmath.mpf(float(v)) for v in a]
        n, total = sum(x), sum(a)
        log = mpmath.loggamma(n + 1) + mpmath.loggamma(total) - mpmath.loggamma(total + n)
        for own, size in zip(x, a, strict=True):
            log += mpmath.loggamma(own + size) - mpmath.loggamma(size) - mpmath.loggamma(own + 1)
        return float(log)


@pytest.mark.parametrize("a", [[1e-8, 2e-8], [1e-100, 3.0], [0.3, 7.0], [1e6, 3e6], [4e15, 1e16]])
def test_far_tails(a):
    n = 10_000_000
    x = np.array([0, 1, 17, 2_500_000, 2_857_143, 2_860_000, n - 1, n], dtype=float)
    model = BetaBinomialMixture.from_params(
        weights=[1.0], alphas=[a[:1]], betas=[a[1:]], n_trials=n
    )
    expected = [exact([own, n - own], a, None) for own in x]
    assert_allclose(model.score_samples(x[:, None]), expected, rtol=1e-10, atol=1e-10)
    both = DirichletMultinomialMixture.from_params(weights=[1.0], concentrations=[a])
    assert_allclose(both.score_samples(np.stack([x, n - x], 1)), expected, rtol=1e-10, atol=1e-10)


def test_distribution_functions_equal_scipy():
    model = BetaBinomialMixture.from_params(
        weights=[1.0], alphas=[[0.4, 5.0]], betas=[[2.0, 1e-3]], n_trials=[30, 12]
    )
    X = np.array([[0, 0], [3, 11], [29.5, 12], [30, 13], [-1, 5]])
    expected = stats.betabinom.cdf(X, [30, 12], [0.4, 5.0], [2.0, 1e-3])
    assert_allclose(model.marginal_cdf(X), expected, rtol=1e-10)


def test_trials_by_row():
    rng = np.random.RandomState(0)
    trials = rng.randint(0, 60, size=500)
    chance = np.where(np.arange(500) < 200, rng.beta(20, 5, 500), rng.beta(2, 30, 500))
    X = rng.binomial(trials, chance)[:, None]
    model = BetaBinomialMixture(2, order_by="alphas", random_state=0).fit(X, n_trials=trials)
    assert_allclose(model.probs_.ravel(), [2 / 32, 0.8], atol=0.04)
    terms = model.weights_ * stats.betabinom.pmf(
        X, trials[:, None], model.alphas_.T, model.betas_.T
    )
    assert_allclose(model.score_samples(X, n_trials=trials), np.log(terms.sum(1)), 1e-9, 1e-12)
    with pytest.raises(ValueError, match="n_trials is missing"):
        model.score(X)
    with pytest.raises(ValueError, match="is above its n_trials"):
        BetaBinomialMixture(2).fit(X + 60, n_trials=trials)
    generic = Mixture(BetaBinomial(), 2, order_by="alphas", random_state=0)
    assert_allclose(generic.fit(X, exposure=trials).alphas_, model.alphas_, rtol=1e-6)


def test_tiny_concentrations_can_be_drawn():
    model = DirichletMultinomialMixture.from_params(
        weights=[1.0], concentrations=[[1e-100, 1e-3, 2e-3]], n_trials=10, random_state=0
    )
    X, _ = model.sample(2000)
    assert (X.sum(axis=1) == 10).all()
    assert_allclose(X.mean(axis=0) / 10, [0, 1 / 3, 2 / 3], atol=0.05)
    assert np.isfinite(model.score_samples(X)).all()
