"""Laws of positive and of bounded numbers: what the contract does not ask of every family."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from cases import CASES
from numpy.testing import assert_allclose
from scipy import optimize, special, stats
from sklearn.exceptions import ConvergenceWarning
from test_contract import local_em

from skmixture import (
    BetaMixture,
    DirichletMixture,
    ExponentialMixture,
    GammaMixture,
    GaussianMixture,
    InverseGaussianMixture,
    LogNormalMixture,
    Mixture,
    WeibullMixture,
)
from skmixture.engine.coordinates import Coordinates
from skmixture.families import (
    Beta,
    Dirichlet,
    Exponential,
    Gamma,
    Hurdle,
    InverseGaussian,
    LogNormal,
    Weibull,
)
from skmixture.families.concentrations import Average, maximum
from skmixture.law.constraints import Constraints

POSITIVE = [
    ExponentialMixture,
    GammaMixture,
    InverseGaussianMixture,
    LogNormalMixture,
    WeibullMixture,
]
OURS = (Exponential, Gamma, InverseGaussian, Weibull, Beta, Dirichlet)
LAWS = [case for case in CASES if isinstance(case.family, OURS)]
each_law = pytest.mark.parametrize("ours", LAWS, ids=lambda ours: ours.name)
each_positive = pytest.mark.parametrize("estimator", POSITIVE)


def waits(n=300, seed=0):
    rng = np.random.RandomState(seed)
    return np.r_[rng.gamma(4.0, 1.0, n), rng.gamma(40.0, 1.0, n)][:, None]


# -- one law is another ------------------------------------------------------------------


def test_log_normal_is_gaussian_on_logs():
    """S1.10."""
    X = np.exp(np.random.RandomState(1).normal([0.0, 2.0], [0.5, 1.0], size=(200, 2)))
    X = np.r_[X, np.exp(np.random.RandomState(2).normal([3.0, 0.0], 0.4, size=(100, 2)))]
    options = dict(tol=1e-12, tol_type="remaining", max_iter=10_000, n_init=5, random_state=0)
    options |= dict(init_params="auto", acceleration="lbfgs", reg_covar="auto")
    for kind in ("full", "diag"):
        model = LogNormalMixture(2, covariance_type=kind, **options).fit(X)
        on_logs = GaussianMixture(2, covariance_type=kind, **options).fit(np.log(X))
        expected = on_logs.score_samples(np.log(X)).sum() - np.log(X).sum()
        assert_allclose(model.score_samples(X).sum(), expected, rtol=1e-8)
        assert_allclose(np.sort(model.means_, axis=0), np.sort(on_logs.means_, axis=0), rtol=1e-6)


def test_log_normal_goes_on_as_the_gaussian_does():
    X = np.exp(np.random.RandomState(0).normal(size=(600, 2)) + np.repeat([[0], [5]], 300, axis=0))
    X = X[np.random.RandomState(1).permutation(600)]
    streams = LogNormalMixture(2, random_state=0), Mixture(n_components=2, random_state=0)
    for begin in range(0, 600, 200):
        for stream, rows in zip(streams, (X, np.log(X)), strict=True):
            stream.partial_fit(rows[begin : begin + 200])
    # which comes first is up to rounding
    assert_allclose(*(np.sort(stream.means_, axis=0) for stream in streams), rtol=1e-10)


def test_an_exponential_is_a_gamma_and_a_weibull_of_shape_1():
    X = np.random.RandomState(0).exponential([[1.0, 9.0]] * 200 + [[20.0, 2.0]] * 100)
    one = ExponentialMixture(2, random_state=0).fit(X)
    for estimator in (GammaMixture, WeibullMixture):
        held = estimator(2, fixed={"shapes": np.ones((2, 2))}, random_state=0).fit(X)
        assert_allclose(held.score_samples(X), one.score_samples(X), rtol=1e-7)
        assert held.n_parameters_ == one.n_parameters_


def test_beta_is_dirichlet_of_two_parts():
    rng = np.random.RandomState(0)
    x = np.r_[rng.beta(2, 9, 200), rng.beta(30, 10, 100)][:, None]
    one = BetaMixture(2, order_by="alphas", random_state=0).fit(x)
    other = DirichletMixture(2, random_state=0).fit(np.hstack([x, 1 - x]))
    assert_allclose(one.score(x), other.score(np.hstack([x, 1 - x])), rtol=1e-10)
    parts = np.sort(other.concentrations_[:, 0])
    assert_allclose(one.alphas_[:, 0], parts, rtol=1e-6)


def test_one_component_is_scipys_fit():
    rng = np.random.RandomState(0)
    values = rng.gamma(2.0, 3.0, 500)
    x = values[:, None]
    shape, _, scale = stats.gamma.fit(values, floc=0)
    model = GammaMixture().fit(x)
    assert_allclose([model.shapes_[0, 0], model.scales_[0, 0]], [shape, scale], rtol=1e-6)
    shape, _, scale = stats.weibull_min.fit(values, floc=0)
    model = WeibullMixture().fit(x)
    assert_allclose([model.shapes_[0, 0], model.scales_[0, 0]], [shape, scale], rtol=1e-4)
    ratio, _, scale = stats.invgauss.fit(values, floc=0)
    model = InverseGaussianMixture().fit(x)
    assert_allclose([model.means_[0, 0], model.shapes_[0, 0]], [ratio * scale, scale], rtol=1e-6)
    share = x / (1 + x)
    a, b, _, _ = stats.beta.fit(share[:, 0], floc=0, fscale=1)
    model = BetaMixture().fit(share)
    assert_allclose([model.alphas_[0, 0], model.betas_[0, 0]], [a, b], rtol=1e-6)


# -- the M-step --------------------------------------------------------------------------


def restrictions(params):
    """Every set of parameters tied, and entries here and there held."""
    names = list(params)
    for tied in ((), *((name,) for name in names), tuple(names)):
        yield Constraints({}, frozenset(tied))
        for name in names:
            held = np.full(params[name].shape[1:], np.nan)
            held[..., 0] = 1.3 * params[name][0, :1, 0] if name in tied else params[name][0, :, 0]
            if name not in tied:
                held[0] = np.nan
            yield Constraints({name: held}, frozenset(tied))


@each_law
def test_m_steps_are_exact_under_every_restriction(ours):
    X, labels = ours.draw(150)
    free = local_em(ours, X).start(np.eye(3)[labels].T[None])
    rng = np.random.RandomState(0)
    resp = (0.7 * np.eye(3)[labels] + 0.3 * rng.dirichlet(np.ones(3), size=150)).T[None]
    for constraints in restrictions(free.params):
        em = local_em(ours, X)
        em.constraints = constraints
        state = em.start(resp, exact=True)
        if "means" in constraints.tied:  # a round of conditional steps
            for _ in range(200):
                sums = em._fast.given(resp, state.params)
                state = em._maximise(em.family, sums, state.params)
        stats_ = em._fast.given(resp, state.params).stats
        gradient = Coordinates(em.family, constraints, state).gradient(
            state.weights, resp.sum(axis=-1)[:, None], em.family.gradient(stats_, state.params)
        )
        assert np.abs(gradient).max() < 1e-6 * len(X), (constraints, gradient)


@pytest.mark.parametrize("shape", [1e-3, 0.1, 1.0, 30.0, 1e6, 1e8])
def test_gamma_shapes_of_all_sizes(shape):
    """The equation is solved to the digits that the sums leave it."""
    x = stats.gamma.ppf(np.linspace(0.01, 0.99, 99), shape)
    x = np.maximum(x, 1e-300)[:, None]
    model = GammaMixture().fit(x)
    mpmath.mp.dps = 40
    values = [mpmath.mpf(float(v)) for v in x[:, 0]]
    gap = mpmath.log(mpmath.fsum(values) / 99) - mpmath.fsum(map(mpmath.log, values)) / 99
    a = mpmath.findroot(lambda a: mpmath.log(a) - mpmath.digamma(a) - gap, model.shapes_[0, 0])
    assert_allclose(model.shapes_[0, 0], float(a), rtol=1e-9)


def test_dirichlet_concentrations_of_all_sizes():
    rng = np.random.RandomState(0)
    for parts in (2, 3, 7):
        for scale in (1e-2, 1.0, 1e2):
            a = rng.gamma(1.0, size=(200, parts)) * scale + 1e-3
            logs = special.psi(a) - special.psi(a.sum(axis=1, keepdims=True))
            found = maximum(Average.of_logs(logs), np.full(parts, np.nan))
            assert_allclose(found, a, rtol=1e-8)
            held = np.where(rng.uniform(size=a.shape) < 0.3, a, np.nan)
            assert_allclose(maximum(Average.of_logs(logs), held), a, rtol=1e-8)


def test_the_m_step_of_dirichlet_climbs_higher_than_any_optimiser():
    X = np.random.RandomState(0).dirichlet([0.5, 2.0, 7.0], 60)
    model = DirichletMixture().fit(X)

    def loss(z):
        return -stats.dirichlet(np.exp(z)).logpdf(X.T).sum()

    best = optimize.minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-9})
    assert -model.score(X) * 60 <= best.fun + 1e-9
    assert_allclose(model.concentrations_[0], np.exp(best.x), rtol=1e-4)


@pytest.mark.parametrize("tied", [(), ("shapes",), ("scales",), ("shapes", "scales")])
@pytest.mark.parametrize("seed", range(5))
def test_guarded_weibull_steps_never_descend(tied, seed):
    case = next(case for case in LAWS if case.name == "Weibull-columns")
    X, _ = case.draw(80, seed)
    em = local_em(case, X, constraints=Constraints({}, frozenset(tied)))
    rng = np.random.RandomState(seed)
    state = em.start(rng.dirichlet(np.full(3, 0.3), size=80).T[None])
    for _ in range(5):  # from where nobody would be
        factor = np.exp(rng.normal(0, 1.5, size=(1, 3, 2)))
        state.params["shapes"] = state.params["shapes"] * (factor[:, :1] if tied else factor)
        step = em.step(state)
        assert em.log_likelihood(step.careful)[0] >= em.log_likelihood(state)[0] - 1e-9
        state = step.careful


# -- densities far out -------------------------------------------------------------------

mpf = mpmath.mpf


def log_gamma_density(x, a, s):
    return (a - 1) * mpmath.log(x) - x / s - a * mpmath.log(s) - mpmath.loggamma(a)


def log_weibull_density(x, c, s):
    return mpmath.log(c / s) + (c - 1) * mpmath.log(x / s) - (x / s) ** c


def log_inverse_gaussian_density(x, m, r):
    return (mpmath.log(r / (2 * mpmath.pi * x**3)) - r * (x - m) ** 2 / (m**2 * x)) / 2


def log_exponential_density(x, s):
    return -x / s - mpmath.log(s)


def log_beta_density(x, a, b):
    constant = mpmath.loggamma(a + b) - mpmath.loggamma(a) - mpmath.loggamma(b)
    return (a - 1) * mpmath.log(x) + (b - 1) * mpmath.log(1 - x) + constant


def wide(mean, deviation):
    """60 standard deviations to both sides, as far as there are positive numbers."""
    x = mean + deviation * np.array([-60, -20, -3, -1, 0, 0.5, 2, 15, 60])
    return [*x[x > 0], 1e-300, 1e-10]


POINTS = {
    "gamma": (Gamma(), log_gamma_density, (2.0, 3.0), [*wide(6.0, 4.2), 1e300]),
    "small gamma": (Gamma(), log_gamma_density, (1e-3, 3.0), [1e-300, 1e-9, 1.0, 1e300]),
    "gamma of large mean": (Gamma(), log_gamma_density, (1e-3, 1e250), [1e-300, 1e-9, 1e250]),
    "gamma 1e8": (Gamma(), log_gamma_density, (1e8, 1e-3), wide(1e5, 10.0)),
    "gamma 1e14": (Gamma(), log_gamma_density, (1e14, 1.0), wide(1e14, 1e7)),
    "exponential": (Exponential(), log_exponential_density, (3.0,), [0.0, 1e-300, 180.0, 1e300]),
    "weibull": (Weibull(), log_weibull_density, (0.7, 2.0), [1e-300, 1e-9, 2.0, 150.0, 1e300]),
    "weibull 1e6": (Weibull(), log_weibull_density, (1e6, 2.0), [1.9999, 2.0, 2.000001, 2.00001]),
    "inverse Gaussian": (
        InverseGaussian(),
        log_inverse_gaussian_density,
        (6.0, 20.0),
        [*wide(6.0, 3.3), 1e300],
    ),
    "inverse Gaussian 1e9": (
        InverseGaussian(),
        log_inverse_gaussian_density,
        (3.0, 1e9),
        wide(3.0, 1.6e-4),
    ),
    "beta": (Beta(), log_beta_density, (2.0, 9.0), [1e-300, 1e-9, 0.2, 0.9, 1 - 1e-12]),
    "beta 1e8": (Beta(), log_beta_density, (3e8, 7e8), wide(0.3, 1.4e-5)),
    "beta at 0": (Beta(), log_beta_density, (2.0, 1e12), [1e-300, 1e-13, 2e-12, 5e-11]),
}


@pytest.mark.parametrize(("law", "density", "params", "points"), POINTS.values(), ids=POINTS)
def test_densities_against_mpmath(law, density, params, points):
    mpmath.mp.dps = 60
    values = {name: [[v]] for name, v in zip(law.parameters, params, strict=True)}
    model = Mixture.from_params(family=law, weights=[1.0], **values)
    expected = [float(density(mpf(x), *map(mpf, params))) for x in points]
    found = model.score_samples(np.array(points)[:, None])
    assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


def test_dirichlet_density_of_large_concentrations():
    mpmath.mp.dps = 60
    a = [3e8, 5e8, 2e7]
    X = np.random.RandomState(0).dirichlet(a, 5)
    X = np.r_[X, [[0.2, 0.7, 0.1], [1e-300, 0.5, 0.5]]]
    model = DirichletMixture.from_params(weights=[1.0], concentrations=[a])
    expected = []
    for row in X:
        parts = [mpf(float(x)) / mpmath.fsum(map(mpf, map(float, row))) for x in row]
        terms = [
            (mpf(c) - 1) * mpmath.log(x) - mpmath.loggamma(c) for c, x in zip(a, parts, strict=True)
        ]
        expected.append(float(mpmath.fsum(terms) + mpmath.loggamma(mpmath.fsum(a))))
    assert_allclose(model.score_samples(X), expected, rtol=1e-10)


@each_positive
def test_zeros_are_shown_the_way_to_a_hurdle(estimator):
    if estimator is not ExponentialMixture:
        with pytest.raises(ValueError, match=r"= 0.0 lies outside .* Hurdle\(Gamma\(\)\)"):
            estimator(1).fit([[0.0], [1.0]])
    law = LogNormal("diag") if estimator is LogNormalMixture else estimator()._make_family()
    model = Mixture(Hurdle(law), 1).fit([[0.0], [1.0], [2.0], [0.0]])
    assert model.zero_probs_[0, 0] == pytest.approx(0.5)


@pytest.mark.filterwarnings("ignore:.*came to collapsed components")  # and were set aside
def test_a_component_on_a_row_at_the_edge_of_the_simplex_has_collapsed():
    rng = np.random.RandomState(0)
    X = np.r_[rng.dirichlet([1, 1, 1], 40), [[1e-30, 0.5, 0.5]]]
    model = DirichletMixture(2, random_state=0).fit(X)  # no warning: other starts are sound
    assert model.concentrations_.max() < 1e10
    x = np.r_[rng.beta(1, 1, (40, 1)), [[1e-30]]]
    model = BetaMixture(2, random_state=0).fit(x)
    assert model.betas_.max() < 1e10
    law, there = Beta().localise(x), np.array([[[0.06], [1.0]]])
    with_bound = {"alphas": there, "betas": np.array([[[1e22], [2.0]]])}
    assert law.collapsed(with_bound).tolist() == [[True, False]]


@each_positive
@pytest.mark.filterwarnings("ignore:.*starts failed")
def test_data_of_all_decades(estimator):
    X = np.r_[waits(50), [[1e-300]], [[1e300]]]
    model = estimator(2, random_state=0, n_init=4).fit(X)
    assert np.isfinite(model.score(X))


@each_positive
def test_rows_and_means_may_be_any_distance_apart(estimator):
    X = 10.0 ** np.random.RandomState(0).uniform(-200, 200, size=(80, 1))
    model = estimator(2, random_state=0).fit(X)
    assert np.isfinite(model.score_samples(X)).all()
    assert_allclose(model.predict_proba(X).sum(axis=1), 1.0)


@each_positive
@pytest.mark.parametrize("scale", [1e-290, 1e-8, 1e8, 1e290])
def test_the_unit_of_the_data_does_not_matter(estimator, scale):
    X = waits()
    one, other = (estimator(2, order_by="weights", random_state=0).fit(s * X) for s in (1.0, scale))
    assert_allclose(other.score(scale * X) + np.log(scale), one.score(X), rtol=1e-7, atol=1e-7)


# -- the edges ---------------------------------------------------------------------------

CONSTANT = {
    "gamma": (GammaMixture, np.full((40, 1), 3.0)),
    "inverse Gaussian": (InverseGaussianMixture, np.full((40, 2), 3.0)),
    "Weibull": (WeibullMixture, np.full((40, 1), 3.0)),
    "beta": (BetaMixture, np.full((40, 1), 0.3)),
    "Dirichlet": (DirichletMixture, np.tile([0.2, 0.3, 0.5], (40, 1))),
    "no waits": (ExponentialMixture, np.zeros((40, 1))),
    "two values": (GammaMixture, np.repeat([[1.0], [5.0]], 20, axis=0)),
    "two shares": (BetaMixture, np.repeat([[0.2], [0.7]], 20, axis=0)),
    "two life times": (WeibullMixture, np.repeat([[1.0], [5.0]], 20, axis=0)),
}


@pytest.mark.parametrize(("estimator", "X"), CONSTANT.values(), ids=CONSTANT)
def test_rows_that_are_all_equal_end_in_a_warning(estimator, X):
    one_value = estimator is not DirichletMixture and X.any() and (X == X[0]).all()
    told = "^X is constant in column" if one_value else "collapsed"
    with pytest.warns(UserWarning if one_value else ConvergenceWarning, match=told):
        model = estimator(2, random_state=0, n_init=5).fit(X)
    assert all(np.isfinite(value).all() for value in model.params_.values())
    assert np.isfinite(model.score(X))


@pytest.mark.parametrize(
    "estimator", [GammaMixture, WeibullMixture, InverseGaussianMixture, LogNormalMixture]
)
def test_a_start_that_collapses_is_kept_only_where_no_other_is_left(estimator):
    X = np.r_[waits(100, 1), [[4.0]] * 3]
    model = estimator(3, random_state=0).fit(X)
    assert np.isfinite(model.score(X))
    assert (
        not model.family_.localise(X)
        .collapsed(
            {k: v[None] for k, v in model.family_.localise(X).to_local(model.params_).items()}
        )
        .any()
    )


@pytest.mark.parametrize("family", [law() for law in (*OURS, LogNormal)], ids=repr)
def test_components_without_rows_stay_finite(family):
    X = waits(20) / 60
    if isinstance(family, Dirichlet):
        X = np.hstack([X, 1 - X])
    resp = np.zeros((40, 3))
    resp[:, 0] = 1
    for tied in ((), *((name,) for name in family.parameters), tuple(family.parameters)):
        model = Mixture(family, 3, max_iter=2, tied=tied, tol=0)
        with pytest.warns(ConvergenceWarning):
            model.fit(X, start=resp)
        assert all(np.isfinite(value).all() for value in model.params_.values())
        assert np.isfinite(model.score(X))


@each_positive
def test_numbers_outside_the_support(estimator):
    with pytest.raises(ValueError, match=r"X\[1, 0\] = -1.0 lies outside the support"):
        estimator().fit([[1.0], [-1.0], [2.0]])
    if estimator is not ExponentialMixture:
        with pytest.raises(ValueError, match=r"X\[2, 0\] = 0.0 lies outside .* numbers above 0"):
            estimator().fit([[1.0], [1.0], [0.0]])


@pytest.mark.parametrize(
    ("estimator", "X", "message"),
    [
        (BetaMixture, [[0.5], [1.0]], "neither of them"),
        (BetaMixture, [[0.5], [0.0]], "leave them out"),
        (DirichletMixture, [[0.5, 0.5], [0.5, 0.6]], "sum is 1.1.* Divide each row"),
        (DirichletMixture, [[0.5, 0.5], [1.0, 0.0]], "above 0"),
        (DirichletMixture, [[1.0], [1.0]], "two parts or more"),
    ],
)
def test_shares_and_compositions_outside(estimator, X, message):
    with pytest.raises(ValueError, match=message):
        estimator().fit(X)


def test_exponential_waits_may_be_0():
    X = np.r_[np.zeros(30), np.random.RandomState(0).exponential(5.0, 100)][:, None]
    model = ExponentialMixture(1).fit(X)
    assert_allclose(model.scales_, X.mean(), rtol=1e-12)
    assert_allclose(model.rates_, 1 / X.mean(), rtol=1e-12)


def test_draws_stay_inside():
    small = [[1e-3]]
    for model in (
        GammaMixture.from_params(weights=[1.0], shapes=small, scales=[[1.0]]),
        WeibullMixture.from_params(weights=[1.0], shapes=small, scales=[[1.0]]),
        BetaMixture.from_params(weights=[1.0], alphas=small, betas=small),
        DirichletMixture.from_params(weights=[1.0], concentrations=[[1e-3, 1e-3, 5e-3]]),
    ):
        X, _ = model.sample(500, random_state=0)
        assert np.isfinite(model.score(X))  # which checks the support


@pytest.mark.parametrize("estimator", [GammaMixture, WeibullMixture, BetaMixture, DirichletMixture])
def test_single_precision_is_enough(estimator):
    X = waits()
    if estimator is BetaMixture:
        X = X / 100
    elif estimator is DirichletMixture:
        X = np.hstack([X, 20 + X[::-1], 30 + 0 * X])
        X = X / X.sum(axis=1, keepdims=True)
    double, single = (estimator(2, random_state=0).fit(rows) for rows in (X, X.astype(np.float32)))
    assert single.weights_.dtype == np.float32
    for name, value in double.params_.items():
        assert_allclose(np.sort(single.params_[name], axis=0), np.sort(value, axis=0), rtol=1e-3)


def test_several_columns_of_logarithms_as_one_law():
    model = LogNormalMixture.from_params(
        weights=[1.0], means=[[0.0, 1.0]], covariances=[[[1.0, 0.5], [0.5, 2.0]]]
    )
    law, X = model.component_distribution(0), np.array([[1.0, 2.0], [0.3, 9.0]])
    assert_allclose(np.log(law.pdf(X)), model.score_samples(X), rtol=1e-12)
    assert_allclose(law.cdf(X), model.cdf(X), rtol=1e-8)
    assert law.rvs(3, random_state=0).shape == (3, 2)
    assert model.cdf([[-1.0, 2.0], [0.0, 0.0]]).tolist() == [0.0, 0.0]
