"""Gibbs sampling: each conditional law, and what rounds of them leave as it is."""

from __future__ import annotations

import pickle
import warnings
from itertools import product

import numpy as np
import pytest
from numpy.random import RandomState, SeedSequence
from posteriors import CHANCE
from scipy import stats
from scipy.special import gammaln, logsumexp

from skmixture import GaussianMixture, Mixture, PoissonMixture
from skmixture.engine.state import State
from skmixture.families import (
    Bernoulli,
    Binomial,
    Categorical,
    Components,
    Exponential,
    Geometric,
    Multinomial,
    NegativeBinomial,
    Poisson,
    Product,
)
from skmixture.inference.posterior.diagnostics.effective import effective_sample_size
from skmixture.inference.posterior.gibbs.bounded import Prior
from skmixture.inference.posterior.gibbs.conjugate.gaussian import inverse_wishart
from skmixture.inference.posterior.gibbs.conjugate.move import straight
from skmixture.inference.posterior.gibbs.copies import copies_of
from skmixture.inference.posterior.gibbs.given import Given
from skmixture.inference.posterior.gibbs.labelled import Labelled
from skmixture.inference.posterior.gibbs.places import Places
from skmixture.inference.posterior.gibbs.slices import Slices
from skmixture.inference.posterior.gibbs.temperature import Temperature
from skmixture.inference.posterior.gibbs.walk import Gibbs
from skmixture.inference.posterior.gibbs.weights import log_gammas
from skmixture.inference.posterior.question import Question, asked
from skmixture.inference.posterior.result import Posterior
from skmixture.inference.posterior.sampling import sample_posterior
from skmixture.priors import Dirichlet, Gamma, InverseGamma, InverseWishart, Normal

COUNTS = RandomState(0).poisson(np.repeat([2.0, 9.0], [50, 40]))[:, None]
SPREAD = RandomState(5).negative_binomial(2, np.repeat([0.6, 0.2], 60))[:, None]
POINTS = RandomState(1).normal(np.repeat([[0.0], [3.0]], [30, 40], axis=0), [[1.0]])


def poisson(K=2, X=COUNTS, **options):
    return PoissonMixture(K, random_state=0, order_by="rates", **options).fit(X)


def gibbs(model, X, n_steps=500, **options):
    settings = dict(n_walkers=8, n_burn_in=50, random_state=0) | options
    return sample_posterior(model, X, method="gibbs", n_steps=n_steps, **settings)


def thinned(values, every=1):
    """Draws (T, W, ...) as nearly independent ones."""
    return values[::every].reshape(-1, *values.shape[2:])


def check_law(draws, law):
    assert stats.kstest(draws, law.cdf).pvalue > CHANCE


# -- one component: the posterior in closed form ---------------------------------

RATE = stats.gamma(2.0, scale=1.5)


def _sums(X):
    return len(X), float(X.sum())


def _conjugate_cases():
    rng = RandomState(3)
    n_trials = 12
    cases = {
        "Poisson": (Poisson(), rng.poisson(3.0, (25, 1)), "rates", RATE),
        "Poisson-own": (Poisson(), rng.poisson(3.0, (25, 1)), "rates", Gamma(2.0, 1 / 1.5)),
        "Poisson-expon": (Poisson(), rng.poisson(3.0, (25, 1)), "rates", stats.expon(scale=2.0)),
        "Exponential": (
            Exponential(),
            rng.exponential(700.0, (25, 1)),
            "scales",
            stats.invgamma(3.0, scale=2000.0),
        ),
        "Geometric": (Geometric(), rng.geometric(0.3, (25, 1)) - 1, "probs", stats.beta(2.0, 3.0)),
        "Bernoulli": (Bernoulli(), rng.binomial(1, 0.3, (25, 1)), "probs", stats.uniform()),
        "Binomial": (
            Binomial(n_trials),
            rng.binomial(n_trials, 0.3, (25, 1)),
            "probs",
            stats.beta(2.0, 3.0),
        ),
    }
    posteriors = {
        "Poisson": lambda n, s: stats.gamma(2.0 + s, scale=1 / (n + 1 / 1.5)),
        "Poisson-own": lambda n, s: stats.gamma(2.0 + s, scale=1 / (n + 1 / 1.5)),
        "Poisson-expon": lambda n, s: stats.gamma(1.0 + s, scale=1 / (n + 0.5)),
        "Exponential": lambda n, s: stats.invgamma(3.0 + n, scale=2000.0 + s),
        "Geometric": lambda n, s: stats.beta(2.0 + n, 3.0 + s),
        "Bernoulli": lambda n, s: stats.beta(1.0 + s, 1.0 + n - s),
        "Binomial": lambda n, s: stats.beta(2.0 + s, 3.0 + n * n_trials - s),
    }
    return [pytest.param(*cases[name], posteriors[name], id=name) for name in cases]


@pytest.mark.parametrize(("family", "X", "name", "prior", "posterior"), _conjugate_cases())
def test_conjugate(family, X, name, prior, posterior):
    """Of one component draws are independent ones of the posterior."""
    drawn = gibbs(Mixture(family).fit(X), X, 100, priors={name: prior}, n_burn_in=1)
    check_law(thinned(drawn.draws[name])[:, 0, 0], posterior(*_sums(X)))
    assert drawn.accepted.all()


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_tempered(temperature):
    """The log-likelihood is divided by the temperature."""
    model = poisson(1)
    drawn = gibbs(model, COUNTS, 100, priors={"rates": RATE}, temperature=lambda _: temperature)
    n, total = _sums(COUNTS)
    law = stats.gamma(2.0 + total / temperature, scale=1 / (n / temperature + 1 / 1.5))
    check_law(thinned(drawn.draws["rates"])[:, 0, 0], law)


def test_tempered_weights():
    """And so for weights."""
    resp = np.repeat([[1.0, 0.0], [0.0, 1.0]], [30, 60], axis=0)
    drawn = gibbs(poisson(), COUNTS, 60, responsibilities=resp, temperature=lambda _: 4.0)
    check_law(thinned(drawn.raw["weights"])[:, 0], stats.beta(1 + 30 / 4, 1 + 60 / 4))


@pytest.mark.parametrize("ragged", [False, True])
def test_categories(ragged):
    """Dirichlet of the counts of each category, those that an item has."""
    rng = RandomState(2)
    X = np.column_stack([rng.choice(3, 40), rng.choice(2 if ragged else 3, 40)])
    model = Mixture(Categorical([3, 2] if ragged else 3)).fit(X)
    probs = thinned(gibbs(model, X, 100).draws["probs"])[:, 0]
    for j, size in enumerate([3, 2] if ragged else [3, 3]):
        counted = np.bincount(X[:, j], minlength=size)
        for c in range(size):
            check_law(probs[:, j, c], stats.beta(1 + counted[c], size - 1 + 40 - counted[c]))


def test_multinomial(rng):
    X = rng.multinomial(9, [0.2, 0.3, 0.5], size=20)
    model = Mixture(Multinomial()).fit(X)
    probs = thinned(gibbs(model, X, 100, priors={"probs": Dirichlet([2, 1, 3])}).draws["probs"])
    a = X.sum(axis=0) + np.array([2, 1, 3])
    for c in range(3):
        check_law(probs[:, 0, c], stats.beta(a[c], a.sum() - a[c]))


def test_exposures(rng):
    exposure = rng.uniform(0.5, 2.0, len(COUNTS))
    model = PoissonMixture().fit(COUNTS, exposure=exposure)
    drawn = gibbs(model, COUNTS, 100, priors={"rates": RATE}, exposure=exposure)
    law = stats.gamma(2.0 + COUNTS.sum(), scale=1 / (exposure.sum() + 1 / 1.5))
    check_law(thinned(drawn.draws["rates"])[:, 0, 0], law)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_gaussian(kind, rng):
    """Under a normal prior given the covariance, and its own: means are Student's t."""
    X = rng.normal([100.0, -3.0], [2.0, 0.5], size=(15, 2))
    n, kappa, m0 = 15, 0.7, np.array([98.0, -2.0])
    matrix = kind in ("full", "tied")
    prior = {
        "means": Normal(m0, kappa),
        "covariances": InverseWishart(5.0, np.diag([3.0, 1.0]) if matrix else 2.0),
    }
    model = GaussianMixture(1, covariance_type=kind, reg_covar=0, prior=prior).fit(X)
    drawn = gibbs(model, X, 400, n_walkers=16)
    means = thinned(drawn.draws["means"], 4)[:, 0]
    centre = (X.sum(axis=0) + kappa * m0) / (n + kappa)
    away = X.mean(axis=0) - m0
    squares = ((X - X.mean(axis=0)) ** 2).sum(axis=0) + n * kappa / (n + kappa) * away**2
    if matrix:
        dof = np.full(2, 5.0 + n - 1)
        scale = (np.diag([3.0, 1.0]).diagonal() + squares) / dof
    elif kind == "diag":
        dof, scale = np.full(2, 5.0 + n), (2.0 + squares) / (5.0 + n)
    else:
        dof, scale = np.full(2, 5.0 + 2 * n), np.full(2, (2.0 + squares.sum()) / (5.0 + 2 * n))
    for j in range(2):
        law = stats.t(dof[j], loc=centre[j], scale=np.sqrt(scale[j] / (n + kappa)))
        check_law(means[:, j], law)


TWO = RandomState(4).normal(np.repeat([[0.0, 9.0], [3.0, 8.0]], 12, axis=0), 1.0)
HALVES = np.repeat(np.eye(2), 12, axis=0)
MATRICES = {"covariances": InverseWishart(5.0, [[2.0, 0.5], [0.5, 1.0]])}
NUMBERS = {"covariances": InverseWishart(5.0, 2.0)}
OWN = {"means": Normal([1.0, 8.0], 3.0)}


def _direct_cases():
    for kind, tied in product(["full", "tied", "diag", "spherical"], [(), ("means",)]):
        prior = MATRICES if kind in ("full", "tied") else {"covariances": InverseWishart(5.0, 2.0)}
        for name, more in (
            ("means", {}),
            ("means", OWN),
            ("covariances", OWN),
            ("covariances", {}),
        ):
            model = GaussianMixture(
                2, covariance_type=kind, tied=tied, prior=prior | more, reg_covar=0, random_state=0
            )
            given = "own" if more else "apart"
            key = f"{kind}-{'-'.join(tied) or 'free'}-{name}-{given}"
            yield pytest.param(model, TWO, name, {}, id=key)
    tied = GaussianMixture(2, tied=("covariances",), prior=MATRICES | OWN, random_state=0)
    yield pytest.param(tied, TWO, "covariances", {}, id="covariances-held-in-common")
    plane = stats.multivariate_normal([0.0, 9.0], [[2.0, 1.0], [1.0, 3.0]])
    free = GaussianMixture(2, prior=MATRICES, random_state=0)
    yield pytest.param(free, TWO, "means", {"means": plane}, id="means-of-the-plane")
    yield pytest.param(free, TWO, "means", {"means": "flat"}, id="means-flat")
    gamma = stats.invgamma([2.0, 4.0], scale=[1.0, 3.0])
    diag = GaussianMixture(2, covariance_type="diag", random_state=0)
    yield pytest.param(diag, TWO, "covariances", {"covariances": gamma}, id="variances-of-scipy")
    counts = np.round(np.exp(0.4 * TWO[:, :1]))
    own = PoissonMixture(2, prior={"rates": Gamma(2.0, 0.5)}, tied=("rates",), random_state=0)
    yield pytest.param(own, counts, "rates", {}, id="rates-tied")
    waits = Mixture(Exponential(), 2, prior={"scales": InverseGamma(3.0, 100.0)}, random_state=0)
    yield pytest.param(waits, 50.0 * np.exp(TWO[:, :1]), "scales", {}, id="scales")
    shares = Mixture(Multinomial(), 2, random_state=0)
    trials = np.c_[counts, 5 - counts % 4, 1 + counts % 3]
    yield pytest.param(shares, trials, "probs", {}, id="shares")


@pytest.mark.parametrize(("model", "X", "name", "priors"), _direct_cases())
def test_direct_draws(model, X, name, priors, rng):
    """Slices, which know nothing but the target, leave the law of direct draws as it is."""
    with asked(model.fit(X), X, Question(priors, responsibilities=HALVES)) as target:
        chart, prior = target.likelihood.chart, Prior(target)
        rows, places = Labelled(target.likelihood, copies_of(None, len(X))), Places(chart)
        y = np.repeat(chart.origin[None], 600, axis=0)
        y += 0.3 * rng.normal(size=y.shape)  # given others of all kinds
        given = Given(rows, rows.table(np.zeros((600, len(X)), dtype=int)), 1.7)
        direct = straight(target, prior, name, places.of(name))
        assert direct is not None
        drawn = direct(y, given, rng)
        moved = drawn
        for group in places.groups(name):
            moved = Slices(prior, group, np.full(len(group.places), 0.5))(moved, given, rng)
    for j in places.of(name):
        assert stats.ks_2samp(drawn[:, j], moved[:, j]).pvalue > CHANCE
        assert abs(np.mean(moved[:, j] - drawn[:, j])) < 4 * stats.sem(moved[:, j] - drawn[:, j])


MODES = [stats.norm(-3, 0.5), stats.norm(3, 0.5)]  # of the logarithm of a rate


def log_modes(rates):
    """A fifth of it low, the others high."""
    x = np.log(rates)
    logs = np.log([0.2, 0.8]) + np.stack([mode.logpdf(x) for mode in MODES], axis=-1)
    return (logsumexp(logs, axis=-1) - x).reshape(len(rates), -1).sum(axis=1)


@pytest.mark.parametrize("name", ["gamma", "modes"])
def test_slices(name, rng):
    """Slice sampling leaves a law as it is, also one of two modes."""
    W = 8000
    high = rng.uniform(size=(2, W)) < 0.8
    begin, prior, law = {
        "gamma": (np.log(RATE.rvs((2, W), random_state=rng)), RATE, RATE.cdf),
        "modes": (
            rng.normal(np.where(high, 3, -3), 0.5),
            log_modes,
            lambda rate: sum(
                part * mode.cdf(np.log(rate)) for part, mode in zip([0.2, 0.8], MODES, strict=True)
            ),
        ),
    }[name]
    with asked(poisson(), COUNTS, Question({"rates": prior}, prior_only=True)) as target:
        rows = Labelled(target.likelihood, copies_of(None, len(COUNTS)), without_rows=True)
        y = np.concatenate([np.zeros((1, W)), begin]).T
        given = Given(rows, np.zeros((W, 2, rows.rows.n_rows)))
        moves = [
            Slices(Prior(target), group, np.zeros(len(group.places)))
            for group in Places(target.likelihood.chart).groups("rates", apart=name == "modes")
        ]
        for move in 3 * moves:
            y = move(y, given, rng)
    for k in range(2):
        assert stats.kstest(np.exp(y[:, 1 + k]), law).pvalue > CHANCE
        assert (y[:, 1 + k] != begin[k]).all()
    if name == "modes":
        assert (np.sign(y[:, 1:].T) != np.sign(begin)).mean() > 0.1


def test_inverse_wishart(rng):
    scale = np.array([[2.0, 0.6], [0.6, 1.0]])
    drawn = inverse_wishart(np.full(4000, 5.5), np.broadcast_to(scale, (4000, 2, 2)), rng)
    check_law(drawn[:, 0, 0], stats.invgamma((5.5 - 1) / 2, scale=1.0))
    check_law(
        np.linalg.inv(drawn)[:, 1, 1], stats.gamma(5.5 / 2, scale=2 * np.linalg.inv(scale)[1, 1])
    )


def test_small_gammas(rng):
    """Logarithms of variables far below the smallest number."""
    logs = log_gammas(np.full(4000, 1e-4), rng)
    assert np.isfinite(logs).all()
    assert logs.min() < -1000
    check_law(np.exp(1e-4 * logs), stats.uniform())


# -- several components: all labels enumerated -------------------------------------

FEW = np.array([[0], [1], [4], [5]])


def _of_group(n, total, a, b, t):
    """Log of the integral of a tempered Poisson likelihood by a gamma prior."""
    return a * np.log(b) - gammaln(a) + gammaln(a + total / t) - (a + total / t) * np.log(b + n / t)


def _chances(X, K, t, strata=None):
    """The chance of every vector of labels, parameters integrated out."""
    strata = np.zeros(len(X), dtype=int) if strata is None else strata
    table = np.array(list(product(range(K), repeat=len(X))))
    logs = np.zeros(len(table))
    for place, z in enumerate(table):
        for g in np.unique(strata):
            a = 1 + np.bincount(z[strata == g], minlength=K) / t
            logs[place] += gammaln(a).sum() - gammaln(a.sum())
        for k in range(K):
            own = X[z == k, 0]
            logs[place] += _of_group(len(own), own.sum(), 2.0, 1 / 1.5, t)
    return table, np.exp(logs - logsumexp(logs))


def _check_labels(drawn, chances, every):
    """Vectors of labels (T, W, N) come as often as they should."""
    N, K = drawn.shape[2], drawn.max() + 1
    codes = thinned(drawn, every).astype(int) @ K ** np.arange(N)[::-1]
    counted = np.bincount(codes, minlength=len(chances))
    expected = len(codes) * chances
    assert stats.chisquare(counted, expected).pvalue > CHANCE


def log_gamma_prior(rates):
    return RATE.logpdf(rates).reshape(len(rates), -1).sum(axis=1)


ON_LOGARITHMS = ("log", stats.loggamma(2.0, loc=np.log(1.5)))  # the same law
PRIORS = [
    pytest.param(RATE, id="conjugate"),
    pytest.param(ON_LOGARITHMS, id="slices-together"),
    pytest.param(log_gamma_prior, id="slices-apart"),
]


@pytest.mark.parametrize(
    ("prior", "temperature"),
    [(RATE, 1.0), (RATE, 3.0), (ON_LOGARITHMS, 1.0), (log_gamma_prior, 3.0)],
    ids=["conjugate", "conjugate-hot", "slices-together", "slices-apart-hot"],
)
def test_labels_enumerated(prior, temperature):
    """By draws from conditional laws and by slices, tempered and not."""
    drawn = gibbs(
        poisson(X=FEW), FEW, 200, n_walkers=200, priors={"rates": prior},
        temperature=lambda _: temperature,
    )  # fmt: skip
    _check_labels(drawn.raw_labels, _chances(FEW, 2, temperature)[1], 5)


def test_weights_of_rows():
    """A row of weight 2 is two rows, each with its label."""
    weight = np.array([2, 0, 1, 1])
    model = poisson(X=FEW)
    drawn = gibbs(model, FEW, 200, n_walkers=200, priors={"rates": RATE}, sample_weight=weight)
    assert drawn.labels.shape == (200, 200, 4)
    _check_labels(drawn.raw_labels, _chances(np.repeat(FEW, weight, axis=0), 2, 1.0)[1], 5)


def test_strata():
    """Each stratum has weights of its own."""
    strata = np.array([0, 1, 1, 0])
    model = PoissonMixture(2, random_state=0, prior={"rates": Gamma(2, 1)})
    model.fit(FEW, strata=strata)
    drawn = gibbs(model, FEW, 200, n_walkers=200, priors={"rates": RATE}, strata=strata)
    _check_labels(drawn.raw_labels, _chances(FEW, 2, 1.0, strata)[1], 5)


def test_known_labels():
    """What is known stays, and what is not follows its chances given it."""
    drawn = gibbs(
        poisson(X=FEW), FEW, 200, n_walkers=200, priors={"rates": RATE}, labels=[0, -1, 1, -1]
    )
    table, chances = _chances(FEW, 2, 1.0)
    there = (table[:, 0] == 0) & (table[:, 2] == 1)
    labels = drawn.raw_labels
    assert (labels[..., 0] == 0).all()
    assert (labels[..., 2] == 1).all()
    codes = thinned(labels, 5)[:, [1, 3]].astype(int) @ [2, 1]
    expected = chances[there] / chances[there].sum() * len(codes)
    assert stats.chisquare(np.bincount(codes, minlength=4), expected).pvalue > CHANCE


@pytest.mark.parametrize("hard", [True, False])
def test_responsibilities(hard, rng):
    """S0.20: responsibilities that are given make the posterior of rates a gamma law, exactly."""
    resp = np.repeat([[1.0, 0.0], [0.0, 1.0]], [50, 40], axis=0)
    if not hard:
        resp = rng.dirichlet([1.0, 1.0], size=90)
    model = PoissonMixture(2, random_state=0).fit(COUNTS)
    drawn = gibbs(model, COUNTS, 100, priors={"rates": RATE}, responsibilities=resp)
    rates, weights = thinned(drawn.raw["rates"]), thinned(drawn.raw["weights"])
    for k in range(2):
        law = stats.gamma(2.0 + resp[:, k] @ COUNTS[:, 0], scale=1 / (resp[:, k].sum() + 1 / 1.5))
        check_law(rates[:, k, 0], law)
    check_law(weights[:, 0], stats.beta(1 + resp[:, 0].sum(), 1 + resp[:, 1].sum()))
    shares = (thinned(drawn.raw_labels) == 1).mean(axis=0)
    np.testing.assert_allclose(shares, resp[:, 1], atol=0 if hard else 4 * np.sqrt(0.25 / 800))


# -- getting it right --------------------------------------------------------------


LOG_NORMAL = stats.lognorm(0.8)
PLACES, VARIANCES = stats.norm(0, 2), stats.invgamma(2.0, scale=0.75)
JOINT = {
    "Poisson": (poisson(), {"rates": RATE}, {"rates": RATE}),
    "Poisson-slices": (poisson(), {"rates": RATE}, {"rates": log_gamma_prior}),
    "NegativeBinomial": (
        Mixture(NegativeBinomial(), 2, random_state=0).fit(SPREAD),
        {"means": RATE, "sizes": LOG_NORMAL},
        {"means": RATE, "sizes": LOG_NORMAL},
    ),
    "Gaussian": (
        GaussianMixture(2, random_state=0, reg_covar=0).fit(POINTS),
        {"means": PLACES, "covariances": VARIANCES},
        {"means": PLACES, "covariances": stats.invwishart(4, 1.5)},
    ),
}


@pytest.mark.parametrize("name", list(JOINT))
def test_joint(name):
    """Parameters from the prior, rows from these, and rounds given the rows: still the prior's.

    After Geweke (2004), "Getting it right", Journal of the American
    Statistical Association 99, 799-804, by independent replicates.
    """
    model, laws, priors = JOINT[name]
    rng, ends, begins = RandomState(7), [], []
    for seed in range(100):
        params = {key: law.rvs(size=(2, 1), random_state=rng) for key, law in laws.items()}
        if "covariances" in params:
            params["covariances"] = params["covariances"][..., None]
        weights = rng.dirichlet([1.0, 1.0])
        labels = np.sort(rng.choice(2, 12, p=weights))
        X = model._law.sample(params, labels, rng).astype(float)
        with asked(model, X, Question(priors)) as target:
            chart = target.likelihood.chart
            local = chart.law.to_local({key: value[None] for key, value in params.items()})
            y = chart.of(State(weights[None, None], local))
            rows = Labelled(target.likelihood, copies_of(None, 12))
            *_, last = Gibbs(target, rows, y, SeedSequence(seed)).steps(3)
            state = chart.state(last.arrays["coordinates"][0])
            found = chart.law.to_user(state.params)
        ends.append([state.weights[0, 0, 0], *(found[key].ravel()[0] for key in laws)])
        begins.append([weights[0], *(params[key].ravel()[0] for key in laws)])
    for end, begin, law in zip(
        np.transpose(ends), np.transpose(begins), [stats.uniform(), *laws.values()], strict=True
    ):
        check_law(end, law)
        assert (end != begin).all()


AGREEING = {
    "Poisson": (poisson(), COUNTS, {}),
    "NegativeBinomial": (
        Mixture(NegativeBinomial(), 2, random_state=0).fit(SPREAD),
        SPREAD,
        {"means": stats.gamma(2.0, scale=3.0), "sizes": stats.lognorm(0.8)},
    ),
    "Gaussian": (GaussianMixture(2, random_state=0).fit(POINTS), POINTS, {}),
}


@pytest.mark.filterwarnings("ignore:sizes_")
@pytest.mark.parametrize("name", list(AGREEING))
def test_agrees_with_ensembles(name):
    """S0.17: at temperature 1 its marginals are those of emcee's walkers."""
    model, X, priors = AGREEING[name]
    by_gibbs = gibbs(model, X, 100, priors=priors, n_walkers=30)
    by_emcee = sample_posterior(
        model, X, n_steps=300, n_walkers=64, n_burn_in=150, priors=priors, random_state=0
    )
    names = ["weights", *model._law.parameters]
    for key in names:
        one, other = np.log(np.abs(by_gibbs.draws[key])), np.log(np.abs(by_emcee.draws[key]))
        for place in np.ndindex(one.shape[2:]):
            here = (slice(None), slice(None), *place)
            errors = [_error(values[here]) for values in (one, other)]
            assert abs(one[here].mean() - other[here].mean()) < 3 * np.hypot(*errors), key


def _error(values):
    """The Monte Carlo standard error of a mean, chains (T, W)."""
    return values.std() / np.sqrt(effective_sample_size(values[None]))


# -- what comes out ----------------------------------------------------------------


def test_shapes_and_types():
    """S0.17: five outputs of one length."""
    drawn = gibbs(poisson(3), COUNTS, 30)
    assert drawn.coordinates.shape[:2] == (30, 8)
    assert drawn.labels.shape == (30, 8, 90)
    assert drawn.labels.dtype == np.uint8
    for values in (drawn.complete_log_likelihood, drawn.log_likelihood, drawn.swaps):
        assert values.shape == (30, 8)
    swaps = (np.diff(drawn.raw_labels, axis=0) != 0).sum(axis=2)
    np.testing.assert_array_equal(swaps, drawn.swaps[1:])


def test_saved(tmp_path):
    """Labels are saved with the draws, in the plain format and by pickle."""
    drawn = gibbs(poisson(), COUNTS, 5)
    drawn.save(tmp_path / "posterior.json")
    for again in (Posterior.load(tmp_path / "posterior.json"), pickle.loads(pickle.dumps(drawn))):
        for name in ("labels", "complete_log_likelihood", "log_likelihood", "swaps"):
            np.testing.assert_array_equal(getattr(again, name), getattr(drawn, name))


def test_labels_follow_draws():
    """Labels, parameters and the likelihood of both agree, in their places and as drawn."""
    model = poisson(
        3, X=FEW, prior={"rates": Gamma(2, 1)}
    )  # whose components change places all the time
    drawn = gibbs(model, FEW, 60)
    assert (drawn.labels != drawn.raw_labels).any()
    for labels, draws in ((drawn.labels, drawn.draws), (drawn.raw_labels, drawn.raw)):
        rates = np.take_along_axis(draws["rates"][..., 0], labels.astype(int), axis=2)
        weights = np.take_along_axis(draws["weights"], labels.astype(int), axis=2)
        log_joint = np.log(weights) + stats.poisson.logpmf(FEW[:, 0], rates)
        np.testing.assert_allclose(log_joint.sum(axis=2), drawn.complete_log_likelihood)


def test_labels_are_responsibilities():
    """Labels come as often as responsibilities say, averaged over the draws."""
    drawn = gibbs(poisson(3), COUNTS, 60, n_walkers=50)
    resp = 0.0
    for rates, weights in zip(
        thinned(drawn.raw["rates"]), thinned(drawn.raw["weights"]), strict=True
    ):
        joint = weights * stats.poisson.pmf(COUNTS, rates[:, 0])
        resp = resp + joint / joint.sum(axis=1, keepdims=True)
    labels = thinned(drawn.raw_labels)
    n = len(labels)
    for k in range(3):
        # given the parameters labels are independent
        error = 4.5 * np.sqrt(np.maximum(resp[:, k] / n, 1 / n) / n)
        assert (np.abs((labels == k).mean(axis=0) - resp[:, k] / n) < error).all()


def test_density_is_the_target():
    drawn = gibbs(poisson(3), COUNTS, 20)
    with asked(poisson(3), COUNTS, Question()) as target:
        parts = target.parts(thinned(drawn.coordinates))
    np.testing.assert_allclose(thinned(drawn.log_prob), parts.log_prob)
    np.testing.assert_allclose(thinned(drawn.log_likelihood), parts.log_likelihood)


def test_every_family(case):
    """Densities are those of the target, whichever law draws what."""
    X, labels = case.draw(200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Mixture(case.family, case.n_components, max_iter=0).fit(X, start=labels)
    with asked(model, X, Question()) as target:
        rows = Labelled(target.likelihood, copies_of(None, len(X)))
        y = np.repeat(target.likelihood.chart.origin[None], 2, axis=0)
        assert np.isfinite(target(y)).all()
        check_components_alone(target, rows, y)
        *_, last = Gibbs(target, rows, y, SeedSequence(0)).steps(2)
        found = last.arrays
        np.testing.assert_allclose(found["log_prob"][0], target(found["coordinates"][0]), rtol=1e-9)
        check_complete(target, rows, found)
        assert (found["complete_log_likelihood"] <= found["log_likelihood"] + 1e-9).all()
        assert found["accepted"].all()


def check_complete(target, rows, found):
    """The likelihood of rows and labels is that of components, and of weights."""
    state = target.likelihood.chart.state(found["coordinates"][0])
    table = rows.table(found["labels"])
    mass = rows.mass(table)[:, 0]
    np.testing.assert_array_equal(mass.sum(axis=1), rows.n_labels)
    total = rows.heights(state, table) + mass * np.log(state.weights[:, 0])
    np.testing.assert_allclose(total.sum(axis=1), found["complete_log_likelihood"], rtol=1e-9)


def check_components_alone(target, rows, y):
    """A coordinate of a component is felt by no other."""
    chart = target.likelihood.chart
    places, table = Places(chart), rows.expected(chart.state(y))
    before = rows.heights(chart.state(y), table)
    for name in chart.family.parameters:
        for group in places.groups(name):
            if group.components is None:
                continue
            for place, component in zip(*group, strict=True):
                moved = y.copy()
                moved[:, place] += 0.01
                after = rows.heights(chart.state(moved), table)
                others = np.arange(chart.n_components) != component
                np.testing.assert_allclose(after[:, others], before[:, others], rtol=1e-12)


def rounds(target, chunks, **options):
    """Records of walkers that are made anew for each chunk."""
    found = []
    for number in chunks:
        rows = Labelled(target.likelihood, copies_of(None, len(COUNTS)))
        y = np.repeat(target.likelihood.chart.origin[None], 4, axis=0)
        walk = Gibbs(target, rows, y, SeedSequence(3), **options)
        if found:
            walk.restore(found[-1])
        found += list(walk.steps(number))
    return found


@pytest.mark.parametrize("priors", [{}, {"rates": RATE}], ids=["slices", "conjugate"])
def test_resumed(priors):
    """20 rounds and 20 more are 40, to the last bit, at whatever temperature."""
    options = dict(temperature=Temperature(lambda i: 1 + 5 * 0.99**i), n_parameter_steps=2)
    with asked(poisson(3), COUNTS, Question(priors)) as target:
        whole, parts = (rounds(target, chunks, **options) for chunks in ([40], [20, 20]))
    for one, other in zip(whole, parts, strict=True):
        assert one.state == other.state
        for name in one.arrays:
            np.testing.assert_array_equal(one.arrays[name], other.arrays[name])


def test_resumed_from_file(tmp_path):
    pytest.importorskip("h5py")
    place = tmp_path / "chain.h5"
    whole = gibbs(poisson(), COUNTS, 40)
    gibbs(poisson(), COUNTS, 15, backend=place)
    resumed = gibbs(poisson(), COUNTS, 25, backend=place, resume=True)
    for name in ("coordinates", "labels", "complete_log_likelihood", "log_likelihood", "swaps"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(resumed, name))
    with pytest.raises(ValueError, match="temperature was '1' and is"):
        gibbs(poisson(), COUNTS, 5, backend=place, resume=True, temperature=lambda _: 2.0)


# -- other questions ---------------------------------------------------------------


def test_order():
    """Every draw keeps to it, and the law is the one that walkers of emcee keep to."""
    options = dict(order="rates", priors={"rates": RATE})
    by_gibbs = gibbs(poisson(X=FEW), FEW, 200, n_walkers=100, **options)
    assert (np.diff(by_gibbs.draws["rates"][..., 0], axis=-1) > 0).all()
    free = gibbs(poisson(X=FEW), FEW, 200, n_walkers=100, priors={"rates": RATE})
    sorted_rates = np.sort(free.raw["rates"][..., 0], axis=-1)
    for k in range(2):
        here, there = by_gibbs.draws["rates"][..., k, 0], sorted_rates[..., k]
        error = np.hypot(_error(here), _error(there))
        assert abs(here.mean() - there.mean()) < 3.5 * error


@pytest.mark.parametrize("prior", PRIORS)
def test_prior_only(prior):
    drawn = gibbs(poisson(), COUNTS, 40, n_walkers=100, priors={"rates": prior}, prior_only=True)
    check_law(thinned(drawn.raw["rates"], 8)[:, 0, 0], RATE)
    check_law(thinned(drawn.raw["weights"], 8)[:, 0], stats.uniform())
    assert (drawn.log_likelihood == 0).all()
    assert abs(drawn.raw_labels.mean() - 0.5) < 0.02


def test_weights_held():
    """Those that are free share what the others leave, by a beta law."""
    model = PoissonMixture(3, random_state=0, fixed={"weights": [0.2, np.nan, np.nan]}).fit(COUNTS)
    resp = np.repeat(np.eye(3), 30, axis=0)
    weights = thinned(gibbs(model, COUNTS, 100, responsibilities=resp).raw["weights"])
    np.testing.assert_allclose(weights[:, 0], 0.2)
    check_law(weights[:, 1] / 0.8, stats.beta(31, 31))


def test_weights_by_slices():
    """A prior of weights that is no Dirichlet law but says what one does."""
    resp = np.repeat(np.eye(3), 30, axis=0)
    prior = {"weights": lambda weights: np.log(weights).sum(axis=-1)}
    drawn = gibbs(poisson(3), COUNTS, 40, n_walkers=100, priors=prior, responsibilities=resp)
    check_law(thinned(drawn.raw["weights"], 8)[:, 1], stats.beta(32, 64))


@pytest.mark.parametrize("prior", PRIORS[:2])
def test_tied(prior):
    """One rate for all, whatever the labels."""
    model = PoissonMixture(2, random_state=0, tied=["rates"]).fit(COUNTS)
    drawn = gibbs(model, COUNTS, 40, n_walkers=50, priors={"rates": prior})
    rates = drawn.raw["rates"][..., 0]
    np.testing.assert_array_equal(rates[..., 0], rates[..., 1])
    check_law(thinned(rates, 4)[:, 0], stats.gamma(2 + COUNTS.sum(), scale=1 / (90 + 1 / 1.5)))


@pytest.mark.parametrize("prior", PRIORS[:2])
def test_held(prior):
    """A rate that is held stays where it is."""
    model = PoissonMixture(2, random_state=0, fixed={"rates": [[2.0], [np.nan]]}).fit(COUNTS)
    drawn = gibbs(model, COUNTS, 20, priors={"rates": prior})
    assert (drawn.raw["rates"][..., 0, 0] == 2.0).all()
    assert drawn.raw["rates"][..., 1, 0].std() > 0


def test_variances_given_means():
    """Inverse gamma about the means of the round, by a prior that knows nothing of them."""
    model = GaussianMixture(1, covariance_type="diag", reg_covar=0).fit(POINTS)
    prior = {"covariances": InverseGamma(3.0, 2.0)}
    drawn = gibbs(model, POINTS, 100, priors=prior)
    squares = np.square(POINTS[:, 0] - drawn.raw["means"][..., 0]).sum(axis=-1)
    law = stats.invgamma(3.0 + 35, scale=2.0 + squares / 2)
    check_law(thinned(law.cdf(drawn.raw["covariances"][..., 0, 0])), stats.uniform())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 2.0}, "temperature must be None or a function of the round"),
        ({"temperature": lambda _: 0.0}, "temperature must return a positive number, got 0.0"),
        ({"temperature": lambda _: np.nan}, "temperature must return a positive number"),
        ({"temperature": lambda _: "hot"}, "temperature must return a positive number"),
        ({"temperature": lambda i: 1.0 - i / 20}, "got 0.0 for round 20"),
        ({"n_parameter_steps": 0}, "n_parameter_steps must be an int of at least 1, got 0"),
        ({"n_parameter_steps": 1.5}, "n_parameter_steps must be an int"),
        ({"sample_weight": np.full(90, 0.5)}, r"sample_weight\[0\] = 0.5 is no whole number"),
        ({"moves": object()}, "moves are for method='ensemble'"),
        ({"method": "ensemble", "temperature": lambda _: 1.0}, "are for method='gibbs'"),
        ({"method": "ensemble", "n_parameter_steps": 2}, "are for method='gibbs'"),
        ({"method": "Gibbs"}, "method must be one of"),
    ],
)
def test_bad_input(options, message):
    settings = dict(method="gibbs", n_steps=5, n_burn_in=30) | options
    with pytest.raises(ValueError, match=message):
        sample_posterior(poisson(), COUNTS, **settings)


def test_ensembles_have_no_labels():
    drawn = sample_posterior(poisson(), COUNTS, n_steps=2, n_burn_in=1, random_state=0)
    with pytest.raises(AttributeError, match="method='gibbs'"):
        drawn.labels  # noqa: B018


def test_parts_of_a_law_are_drawn_by_their_own_rules():
    """The posterior of one component in closed form, part by part."""
    rng = RandomState(11)
    X = np.column_stack([rng.poisson(4.0, size=30), rng.poisson(9.0, size=30)])
    law = Product([("a", Poisson(), [0]), ("b", Poisson(), [1])])
    model = Mixture(law, 1).fit(X)
    priors = {"a__rates": stats.gamma(2.0, scale=1.5), "b__rates": Gamma(3.0, 0.5)}
    with asked(model, X, Question(priors=priors)) as target:
        places = Places(target.likelihood.chart)
        for name in priors:
            assert straight(target, Prior(target), name, places.of(name)) is not None
    draws = gibbs(model, X, priors=priors, n_steps=100, n_burn_in=5).raw
    totals = X.sum(axis=0)
    exact = {"a__rates": (2 + totals[0], 30 + 1 / 1.5), "b__rates": (3 + totals[1], 30.5)}
    for name, (shape, rate) in exact.items():
        check_law(thinned(draws[name])[:, 0, 0], stats.gamma(shape, scale=1 / rate))


def test_components_of_several_kinds_are_drawn_by_their_own_rules():
    """With labels that are known each has the posterior of its own rows."""
    rng = RandomState(12)
    X = np.concatenate([rng.poisson(3.0, size=25), rng.negative_binomial(2, 0.1, size=25)])[:, None]
    law = Components([("low", Poisson(), 1), ("high", Poisson(), 1)])
    model = Mixture(law, 2, random_state=0).fit(X)
    labels = np.repeat([0, 1], 25)
    priors = {"low__rates": Gamma(2.0, 0.5), "high__rates": Gamma(2.0, 0.5)}
    draws = gibbs(model, X, priors=priors, labels=labels, n_steps=100, n_burn_in=5).raw
    for k, name in enumerate(priors):
        law = stats.gamma(2 + X[labels == k].sum(), scale=1 / 25.5)
        check_law(thinned(draws[name])[:, 0, 0], law)
