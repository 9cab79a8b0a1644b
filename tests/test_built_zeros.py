"""Zero-inflated laws and hurdles, beyond the contract."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from skmixture import Mixture, PoissonMixture
from skmixture.families import Gaussian, Hurdle, NegativeBinomial, Poisson, ZeroInflated

BOTH = pytest.mark.parametrize("kind", [ZeroInflated, Hurdle])


def log_pmf(kind, x, zero, law):
    if kind is ZeroInflated:
        return np.where(
            x == 0, np.log(zero + (1 - zero) * law.pmf(0)), law.logpmf(x) + np.log1p(-zero)
        )
    return np.where(x == 0, np.log(zero), np.log1p(-zero) + law.logpmf(x) - np.log1p(-law.pmf(0)))


@BOTH
def test_one_component_is_the_maximum_that_an_optimiser_finds(kind):
    rng = np.random.RandomState(0)
    x, weight = rng.poisson(2.5, 150) * (rng.uniform(size=150) > 0.3), rng.uniform(0, 3, 150)

    def loss(z):
        return -weight @ log_pmf(kind, x, 1 / (1 + np.exp(-z[0])), stats.poisson(np.exp(z[1])))

    found = optimize.minimize(loss, [0.0, 1.0], tol=1e-12)
    model = Mixture(kind(Poisson())).fit(x[:, None], sample_weight=weight)
    assert model.score(x[:, None], sample_weight=weight) * weight.sum() >= -found.fun - 1e-9
    np.testing.assert_allclose(model.rates_.ravel(), np.exp(found.x[1]), rtol=1e-5)


def test_a_hurdle_has_closed_shares_of_zeros():
    x = np.random.RandomState(1).poisson([[1.5, 0.2]], size=(100, 2))
    model = Mixture(Hurdle(Poisson())).fit(x)
    np.testing.assert_allclose(model.zero_probs_[0], (x == 0).mean(axis=0), rtol=1e-9)
    rate = model.rates_[0]
    means = [column[column > 0].mean() for column in x.T]
    np.testing.assert_allclose(rate / -np.expm1(-rate), means, rtol=1e-6)


def test_no_more_zeros_than_the_law_explains_is_the_law_itself():
    x = 1 + np.random.RandomState(0).poisson(2.0, 80)[:, None]
    inflated = Mixture(ZeroInflated(Poisson())).fit(x)
    assert inflated.score(x) == pytest.approx(PoissonMixture().fit(x).score(x), rel=1e-12)
    assert 0 < inflated.zero_probs_[0, 0] < 1e-9


@BOTH
@pytest.mark.parametrize("x", [np.zeros(9), np.ones(9), np.r_[np.zeros(5), np.full(5, 1e7)]])
def test_edges_end_in_proper_parameters(kind, x):
    model = Mixture(kind(Poisson())).fit(x[:, None])
    share = (x == 0).mean()
    assert all(np.isfinite(value).all() for value in model.params_.values())
    by_value = model.score_samples(np.unique(x)[:, None])
    if len(by_value) == 2:
        assert by_value[0] == pytest.approx(np.log(share))
    elif kind is Hurdle or share == 1:
        assert by_value[0] == pytest.approx(0.0, abs=1e-9)
    else:  # ones without zeros: Poisson's own maximum
        assert by_value[0] == pytest.approx(-1.0)


@BOTH
def test_far_tails(kind):
    law = kind(NegativeBinomial())
    params = {"zero_probs": [[1e-300]], "means": [[50.0]], "sizes": [[3.0]]}
    model = Mixture.from_params(family=law, weights=[1.0], **params)
    plain = Mixture.from_params(
        family=NegativeBinomial(), weights=[1.0], means=[[50.0]], sizes=[[3.0]]
    )
    x = np.array([[1.0], [1e7]])
    lost = np.log1p(-np.exp(plain.score_samples([[0.0]]))) if kind is Hurdle else 0.0
    np.testing.assert_allclose(model.score_samples(x), plain.score_samples(x) - lost, rtol=1e-13)
    expected = np.log(1e-300) if kind is Hurdle else plain.score_samples([[0.0]])[0]
    assert model.score_samples([[0.0]])[0] == pytest.approx(expected, rel=1e-12)


@BOTH
@pytest.mark.parametrize("law", [Poisson(), NegativeBinomial()], ids=["poisson", "nb"])
def test_exposures_change_the_zeros_of_the_law_alone(kind, law):
    rng = np.random.RandomState(0)
    exposure = rng.uniform(0.2, 3, size=4000)
    own = {"rates": [[2.0]]} if isinstance(law, Poisson) else {"means": [[2.0]], "sizes": [[3.0]]}
    truth = Mixture.from_params(family=kind(law), weights=[1.0], zero_probs=[[0.3]], **own)
    x, _ = truth.sample(4000, random_state=0, exposure=exposure)
    model = Mixture(kind(law)).fit(x, exposure=exposure)
    assert model.score(x, exposure=exposure) >= truth.score(x, exposure=exposure)
    assert model.zero_probs_[0, 0] == pytest.approx(0.3, abs=0.06)
    for name, value in own.items():
        assert model.params_[name][0, 0] == pytest.approx(value[0][0], rel=0.25)
    row = np.array([[4.0], [0.0]])
    assert truth.cdf(row, exposure=[1.0, 2.0])[1] == pytest.approx(
        np.exp(truth.score_samples(row, exposure=[1.0, 2.0]))[1]
    )


@BOTH
@pytest.mark.parametrize("law", [Gaussian(), "Poisson", ZeroInflated(Poisson())], ids=str)
def test_other_families_are_refused(kind, law):
    with pytest.raises(ValueError, match=f"family of {kind.__name__} must be"):
        Mixture(kind(law), 1).fit([[0.0], [1.0]])


@BOTH
def test_component_has_the_methods_of_a_distribution(kind):
    own = {"zero_probs": [[0.3, 0.1]], "rates": [[2.0, 0.5]]}
    model = Mixture.from_params(family=kind(Poisson()), weights=[1.0], **own)
    law, x = model.component_distribution(0), np.arange(60.0)[:, None]
    pmf = law.pmf(x)
    np.testing.assert_allclose(pmf.sum(axis=0), 1)
    np.testing.assert_allclose(law.cdf(x), np.cumsum(pmf, axis=0), rtol=1e-12)
    np.testing.assert_allclose(law.mean(), (x * pmf).sum(axis=0))
    np.testing.assert_allclose(law.std() ** 2, (x**2 * pmf).sum(axis=0) - law.mean() ** 2)
    drawn = law.rvs(size=(20_000, 2), random_state=0)
    np.testing.assert_allclose((drawn == 0).mean(axis=0), pmf[0], atol=0.02)
    np.testing.assert_allclose(drawn.mean(axis=0), law.mean(), rtol=0.05)
