"""MAP estimates: densities of priors, modes, and what an estimator says of both."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from scipy import optimize, stats

from skmixture import GaussianMixture, Mixture, NegativeBinomialMixture, PoissonMixture
from skmixture.engine.state import State
from skmixture.families import Gaussian
from skmixture.fit.penalty import penalty_of
from skmixture.priors import Beta, Dirichlet, Gamma, InverseGamma, InverseWishart, Normal

TYPES = ["full", "tied", "diag", "spherical"]
RNG = np.random.RandomState(0)
X = RNG.standard_normal((100, 2)) * [1.0, 3.0] + np.repeat(
    [[0.0, 0.0], [5.0, 4.0]], [60, 40], axis=0
)


def scale_of(covariance_type):
    return {
        "full": [[2.0, 0.3], [0.3, 1.0]],
        "tied": [[2.0, 0.3], [0.3, 1.0]],
        "diag": [2.0, 1.0],
        "spherical": 1.5,
    }[covariance_type]


def test_densities_are_those_of_scipy():
    x = np.array([0.1, 0.5, 0.9])
    p = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
    C = np.array([[2.0, 0.4], [0.4, 1.0]])
    for ours, theirs in (
        (Gamma(2.5, 3.0).log_density(x), stats.gamma(2.5, scale=1 / 3.0).logpdf(x)),
        (InverseGamma(2.5, 3.0).log_density(x), stats.invgamma(2.5, scale=3.0).logpdf(x)),
        (Beta(2.0, 5.0).log_density(x), stats.beta(2.0, 5.0).logpdf(x)),
        (
            Dirichlet([1.0, 2.0, 4.5]).log_density(p),
            [stats.dirichlet([1.0, 2.0, 4.5]).logpdf(row) for row in p],
        ),
        (
            InverseWishart(4.5, scale_of("full")).log_density(C),
            stats.invwishart(4.5, scale_of("full")).logpdf(C),
        ),
        (InverseWishart(4.5, 2.0).log_density(C), stats.invwishart(4.5, 2 * np.eye(2)).logpdf(C)),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("strength", [1e3, 1e12])
def test_densities_of_strong_priors_keep_their_digits(strength):
    """A strong prior has large numbers and a small density."""
    value, rate = 0.4 + strength**-0.5, 2.5 * strength
    with mp.workdps(60):
        a, b, x = mp.mpf(strength), mp.mpf(rate), mp.mpf(value)
        gamma = a * mp.log(b) - mp.loggamma(a) + (a - 1) * mp.log(x) - b * x
        inverse = a * mp.log(a) - mp.loggamma(a) - (a + 1) * mp.log(x) - a / x
        beta = mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
        beta += (a - 1) * mp.log(x) + (b - 1) * mp.log(1 - x)
    at = np.array(value)
    for found, expected in (
        (Gamma(strength, rate).log_density(at), gamma),
        (InverseGamma(strength, strength).log_density(at), inverse),
        (Beta(strength, rate).log_density(at), beta),
        (Dirichlet([strength, rate]).log_density(np.array([value, 1 - value])), beta),
    ):
        # arguments are rounded, and the density is as steep as the root of the strength
        tolerance = 1e-14 * strength**0.5 + 1e-13 * abs(float(expected))
        assert float(found) == pytest.approx(float(expected), abs=tolerance)


@pytest.mark.parametrize("tied", [(), ("covariances",), ("means",)])
@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("acceleration", [None, "lbfgs"])
def test_a_gaussian_fit_is_the_mode(covariance_type, tied, acceleration):
    """No change of any parameter raises log-likelihood and log density together."""
    prior = {
        "weights": [3.0, 2.0],
        "means": Normal([1.0, -2.0], 4.0),
        "covariances": InverseWishart(5.0, scale_of(covariance_type)),
    }
    options = {"covariance_type": covariance_type, "reg_covar": 0.0, "tied": tied}
    model = GaussianMixture(
        2, prior=prior, tol=1e-13, max_iter=20_000, acceleration=acceleration, random_state=0,
        **options,
    ).fit(X)  # fmt: skip
    law = model.family_
    priors = {name: prior[name] for name in ("means", "covariances")}
    law = law.localise(X).with_priors(priors, [name for name in tied if not law.shared(name)], 2)
    penalty = penalty_of(law, {**priors, "weights": Dirichlet(prior["weights"])})
    best = model.score(X) * len(X) + model.log_prior_
    assert model.lower_bound_ == pytest.approx(best / len(X), abs=1e-10)

    def objective(weights, params):
        moved = GaussianMixture.from_params(weights=weights, **params, **options)
        local = law.to_local(law.read(params))
        state = State(weights[None, None], {name: value[None] for name, value in local.items()})
        return moved.score(X) * len(X) + penalty.log_density(state)[0]

    params = model.params_
    assert objective(model.weights_, params) == pytest.approx(best, abs=1e-8)
    rng = np.random.RandomState(1)
    for scale in (1e-3, 1e-2):
        for _ in range(20):
            weights = model.weights_ * np.exp(scale * rng.standard_normal(2))
            moved = {
                "means": params["means"]
                + scale * rng.standard_normal((1, 2) if "means" in tied else (2, 2)),
                "covariances": params["covariances"]
                * np.exp(
                    scale
                    * rng.standard_normal(
                        1 if covariance_type == "tied" or "covariances" in tied else
                        (2,) + (1,) * (params["covariances"].ndim - 1)
                    )
                ),
            }  # fmt: skip
            assert objective(weights / weights.sum(), moved) < best


@pytest.mark.parametrize("tied", [(), ("rates",)])
def test_a_poisson_fit_is_the_mode(tied):
    counts = np.random.RandomState(0).poisson([[2.0]] * 30 + [[9.0]] * 20)
    prior = {"rates": Gamma(40.0, 10.0), "weights": 5.0}
    model = PoissonMixture(2, prior=prior, tied=tied, order_by="rates", random_state=0).fit(counts)

    def less(z):
        rates = np.exp(z[1:3]) if not tied else np.exp(z[1]) * np.ones(2)
        weight = 1 / (1 + np.exp(-z[0]))
        density = weight * stats.poisson(rates[0]).pmf(counts)
        density = density + (1 - weight) * stats.poisson(rates[1]).pmf(counts)
        on_rates = stats.gamma(40.0, scale=0.1).logpdf(rates).sum() / (2 if tied else 1)
        return -np.log(density).sum() - on_rates - stats.beta(5, 5).logpdf(weight)

    found = optimize.minimize(less, [0.0, 1.0, 2.0], method="Nelder-Mead", tol=1e-12)
    best = model.score(counts) * len(counts) + model.log_prior_
    assert best >= -found.fun - 1e-8
    assert best == pytest.approx(-found.fun, abs=1e-6)


@pytest.mark.parametrize("factor", [1e-8, 1e8])
def test_priors_are_in_the_users_units(factor):
    prior = {"means": Normal([1.0, -2.0], 4.0), "covariances": InverseWishart(5.0, 2.0)}
    scaled = {
        "means": Normal(factor * np.array([1.0, -2.0]), 4.0),
        "covariances": InverseWishart(5.0, 2.0 * factor**2),
    }
    options = {"n_components": 2, "random_state": 0}
    plain = Mixture(Gaussian(), prior=prior, **options).fit(X)
    moved = Mixture(Gaussian(), prior=scaled, **options).fit(factor * X)
    np.testing.assert_allclose(moved.means_ / factor, plain.means_, rtol=1e-6)
    np.testing.assert_allclose(moved.covariances_ / factor**2, plain.covariances_, rtol=1e-6)


def test_a_prior_keeps_components_from_collapsing():
    """More components than distinct rows, and still proper covariances."""
    few = np.repeat([[0.0, 0.0], [1.0, 2.0], [5.0, 1.0]], 4, axis=0)
    prior = {"covariances": InverseWishart(4.0, 1.0), "weights": 2.0}
    model = GaussianMixture(3, prior=prior, reg_covar=0.0, random_state=0, tol=1e-10).fit(few)
    assert np.linalg.eigvalsh(model.covariances_).min() > 0.05


@pytest.mark.filterwarnings("ignore:.*no more dispersed")
def test_weights_of_other_laws_take_a_prior():
    counts = np.random.RandomState(0).negative_binomial(2, 0.2, size=(80, 1))
    plain = NegativeBinomialMixture(2, random_state=0, n_init=3).fit(counts)
    even = NegativeBinomialMixture(2, prior={"weights": 1e6}, random_state=0, n_init=3).fit(counts)
    assert plain.log_prior_ == 0.0
    np.testing.assert_allclose(even.weights_, 0.5, atol=1e-3)


@pytest.mark.parametrize(
    ("prior", "match"),
    [
        ({"rates": 3.0}, "skmixture.priors.Gamma"),
        ({"shapes": Gamma()}, "takes priors on"),
        ({"rates": Gamma(0.5, 1.0)}, r"prior\['rates'\].shape"),
        ({"rates": Gamma(2.0, np.nan)}, r"prior\['rates'\].rate"),
        ({"rates": Gamma("a", 1.0)}, r"prior\['rates'\].shape must be numbers"),
        ({"weights": 0.3}, "at least 1"),
        ({"weights": [1.0, 2.0, 3.0]}, "2 of them"),
        ([1.0], "must map"),
    ],
)
def test_unfit_priors_of_rates(prior, match):
    with pytest.raises(ValueError, match=match):
        PoissonMixture(2, prior=prior).fit([[1], [2], [3]])


@pytest.mark.parametrize(
    ("prior", "match"),
    [
        ({"covariances": InverseWishart(1.0, 1.0)}, "dof"),
        ({"covariances": InverseWishart(3.0, [1.0, 2.0])}, "shape"),
        ({"covariances": InverseWishart(3.0, [[1.0, 2.0], [2.0, 1.0]])}, "positive"),
        ({"covariances": InverseWishart(3.0, -1.0)}, "positive"),
        ({"means": Normal([1.0, 2.0, 3.0], 1.0)}, "shape"),
        ({"means": Normal(0.0, 0.0)}, "strength"),
    ],
)
def test_unfit_priors_of_gaussians(prior, match):
    with pytest.raises(ValueError, match=match):
        GaussianMixture(2, prior=prior).fit(X)


@pytest.mark.parametrize(
    ("kind", "dof"), [("full", 4.0), ("tied", 4.0), ("diag", 3.0), ("spherical", 3.0)]
)
def test_an_inverse_wishart_has_degrees_of_freedom_that_suit_the_columns(kind, dof):
    options = dict(covariance_type=kind, random_state=0, order_by="weights")
    told, by_default = (
        GaussianMixture(2, prior={"covariances": own}, **options).fit(X)
        for own in (InverseWishart(dof, 2.0), InverseWishart(scale=2.0))
    )
    np.testing.assert_array_equal(by_default.covariances_, told.covariances_)
    assert by_default.log_prior_ == told.log_prior_


def test_streams_take_no_prior():
    with pytest.raises(ValueError, match="partial_fit takes no prior"):
        PoissonMixture(2, prior={"weights": 2.0}).partial_fit([[1], [2], [3]])


@pytest.mark.parametrize("times", [4.0, 3.0])
def test_weights_count_as_rows_against_a_prior(times):
    """Not their ratios alone: four times as many rows outweigh a prior four times as far."""
    x = np.random.RandomState(0).poisson(np.repeat([2.0, 9.0], 30))[:, None]
    fits = []
    for X, weight in ((x, np.full(60, times)), (np.repeat(x, int(times), axis=0), None)):
        model = PoissonMixture(2, order_by="rates", n_init=3, random_state=0)
        model.set_params(prior={"rates": Gamma(50.0, 10.0), "weights": 30.0})
        fits.append(model.fit(X, sample_weight=weight))
    for name in ("rates_", "weights_", "lower_bound_", "log_prior_"):
        np.testing.assert_allclose(*(getattr(fit, name) for fit in fits), rtol=1e-7)


def test_weights_count_as_rows_elsewhere_too():
    array = pytest.importorskip("dask.array")
    x = np.random.RandomState(0).poisson(np.repeat([2.0, 9.0], 30))[:, None]
    model = PoissonMixture(2, order_by="rates", n_init=3, random_state=0)
    model.set_params(prior={"rates": Gamma(50.0, 10.0)})
    weight = np.full(60, 4.0)
    here = model.fit(x, sample_weight=weight).rates_.copy()
    model.fit(array.from_array(x, chunks=(20, 1)), sample_weight=weight)
    np.testing.assert_allclose(model.rates_, here, rtol=1e-8)


def test_a_strength_is_one_number():
    model = Mixture(Gaussian(), 2, prior={"means": Normal([0.0, 0.0], [1.0, 2.0])})
    with pytest.raises(ValueError, match=r"prior\['means'\].strength must be one number"):
        model.fit(X)
