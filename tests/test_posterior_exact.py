"""Posteriors that are known exactly, or by others: draws agree with them."""

from __future__ import annotations

import numpy as np
import pytest
from posteriors import apart, check_follow, spread_draws, target_of, user_values
from scipy import stats

from skmixture import (
    BernoulliMixture,
    GaussianMixture,
    MultinomialMixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.priors import InverseWishart, Normal

# Levels at which quantiles are compared.
LEVELS = np.array([0.025, 0.25, 0.5, 0.75, 0.975])


def check_quantiles(draws, law, effective):
    """Empirical shares below exact quantiles are right within 4 standard errors."""
    below = (draws.ravel()[:, None] <= law.ppf(LEVELS)).mean(axis=0)
    error = np.sqrt(LEVELS * (1 - LEVELS) / effective)
    assert (np.abs(below - LEVELS) < 4 * error).all(), (below - LEVELS) / error


def check_exact(posterior, name, laws):
    """Entries of a parameter follow laws, by quantiles of all draws and by the distance of some."""
    draws = posterior.raw[name]
    table = posterior.table()
    rows = [i for i, row in enumerate(table.names) if row.partition("[")[0] == name]
    flat = draws.reshape(*draws.shape[:2], -1)
    for i, law in enumerate(laws):
        check_quantiles(flat[..., i], law, table["ess"][rows[i]])
    check_follow(apart(flat), laws)


def test_gamma_of_a_poisson_rate(rng):
    x = rng.poisson([3.0, 20.0], size=(25, 2)).astype(float)
    model = PoissonMixture(1, random_state=0).fit(x)
    priors = {"rates": stats.gamma(2.0, scale=5.0)}
    posterior = spread_draws(model, x, priors=priors)
    exact = [stats.gamma(2.0 + total, scale=1 / (25 + 1 / 5.0)) for total in x.sum(axis=0)]
    check_exact(posterior, "rates", exact)


def test_gamma_of_a_poisson_rate_with_exposures_and_weights(rng):
    exposure, weight = rng.uniform(0.2, 4.0, size=30), rng.randint(1, 4, size=30)
    x = rng.poisson(3.0 * exposure)[:, None].astype(float)
    model = PoissonMixture(1, random_state=0).fit(x, exposure=exposure, sample_weight=weight)
    priors = {"rates": stats.gamma(2.0, scale=5.0)}
    posterior = spread_draws(model, x, priors=priors, exposure=exposure, sample_weight=weight)
    exact = stats.gamma(2.0 + weight @ x[:, 0], scale=1 / (weight @ exposure + 1 / 5.0))
    check_exact(posterior, "rates", [exact])


def normal_inverse_gamma(x, mean, strength, dof, scale):
    """Laws of the mean and of the variance (Murphy 2007, section 6)."""
    n, own = len(x), x.mean()
    after, dof_after = strength + n, dof + n
    centre = (strength * mean + n * own) / after
    scatter = scale + n * x.var() + strength * n / after * (own - mean) ** 2
    of_mean = stats.t(dof_after, centre, np.sqrt(scatter / dof_after / after))
    return of_mean, stats.invgamma(dof_after / 2, scale=scatter / 2)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical"])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_mean_and_variance_of_a_normal_law(rng, covariance_type, offset):
    x = offset + rng.normal(2.0, 3.0, size=20)
    model = GaussianMixture(1, covariance_type=covariance_type, reg_covar=0.0, random_state=0)
    priors = {"means": Normal(offset + 1.0, 2.0), "covariances": InverseWishart(5.0, 12.0)}
    posterior = spread_draws(model.fit(x[:, None]), x[:, None], priors=priors)
    of_mean, of_variance = normal_inverse_gamma(x - offset, 1.0, 2.0, 5.0, 12.0)
    of_mean = stats.t(*of_mean.args[:1], of_mean.args[1] + offset, of_mean.args[2])
    check_exact(posterior, "means", [of_mean])
    check_exact(posterior, "covariances", [of_variance])


def test_mean_and_variance_by_functions(rng):
    """The improper prior 1 / variance as a function, about which nothing is asked."""
    x = rng.normal(2.0, 3.0, size=20)
    model = GaussianMixture(1, reg_covar=0.0, random_state=0).fit(x[:, None])
    priors = {"means": "flat", "covariances": lambda value: -np.log(value)}
    posterior = spread_draws(model, x[:, None], priors=priors)
    of_mean = stats.t(19, x.mean(), x.std(ddof=1) / np.sqrt(20))
    check_exact(posterior, "means", [of_mean])
    check_exact(posterior, "covariances", [stats.invgamma(9.5, scale=10 * x.var())])


def test_a_flat_mean_of_known_variance(rng):
    x = rng.normal(2.0, 3.0, size=(20, 2))
    model = GaussianMixture(1, covariance_type="diag", reg_covar=0.0, random_state=0).fit(x)
    posterior = spread_draws(
        model, x, priors={"means": "flat"}, fixed={"covariances": [[9.0, 9.0]]}
    )
    exact = [stats.norm(own, 3.0 / np.sqrt(20)) for own in x.mean(axis=0)]
    check_exact(posterior, "means", exact)


def test_dirichlet_of_multinomial_probabilities(rng):
    X = rng.multinomial(5, [0.2, 0.5, 0.3], size=8).astype(float)
    model = MultinomialMixture(1, random_state=0).fit(X)
    a = np.array([2.0, 1.0, 0.7])
    posterior = spread_draws(model, X, priors={"probs": stats.dirichlet(a)})
    after = a + X.sum(axis=0)
    check_exact(posterior, "probs", [stats.beta(own, after.sum() - own) for own in after])


def test_beta_of_bernoulli_probabilities(rng):
    X = (rng.uniform(size=(12, 3)) < [0.1, 0.5, 0.8]).astype(float)
    model = BernoulliMixture(1, random_state=0).fit(X)
    posterior = spread_draws(model, X, priors={"probs": stats.beta(1.5, 2.0)})
    ones = X.sum(axis=0)
    check_exact(posterior, "probs", [stats.beta(1.5 + own, 14.0 - own) for own in ones])


def test_beta_of_weights_with_known_labels(rng):
    """And gamma of the rates; no row weighs in with a component that it is not of."""
    labels = np.repeat([0, 1], [9, 21])
    x = rng.poisson(np.array([4.0, 6.0])[labels])[:, None].astype(float)
    model = PoissonMixture(2, random_state=0).fit(x, labels=labels)
    priors = {"rates": stats.gamma(2.0, scale=5.0), "weights": [2.0, 3.0]}
    posterior = spread_draws(model, x, priors=priors, labels=labels)
    check_gammas(posterior, x[:, 0], labels)
    check_exact(posterior, "weights", [stats.beta(11.0, 24.0), stats.beta(24.0, 11.0)])


def check_gammas(posterior, x, labels):
    exact = [
        stats.gamma(2.0 + x[labels == k].sum(), scale=1 / ((labels == k).sum() + 1 / 5.0))
        for k in (0, 1)
    ]
    check_exact(posterior, "rates", exact)


def test_hard_responsibilities_give_the_exact_gammas(rng):
    """S0.20."""
    labels = np.repeat([0, 1], [9, 21])
    x = rng.poisson(np.array([4.0, 6.0])[labels])[:, None].astype(float)
    model = PoissonMixture(2, random_state=0).fit(x, labels=labels)
    priors = {"rates": stats.gamma(2.0, scale=5.0)}
    posterior = spread_draws(model, x, priors=priors, responsibilities=np.eye(2)[labels])
    check_gammas(posterior, x[:, 0], labels)


def test_soft_responsibilities_weigh_rows(rng):
    """The likelihood of rows and labels, to the power of what is expected of the labels."""
    x = rng.poisson(5.0, size=30)[:, None].astype(float)
    model = PoissonMixture(2, random_state=0).fit(x)
    R = rng.dirichlet([1.0, 1.0], size=30)
    priors = {"rates": stats.gamma(2.0, scale=5.0), "weights": [2.0, 3.0]}
    posterior = spread_draws(model, x, priors=priors, responsibilities=R)
    shapes, counts = 2.0 + R.T @ x[:, 0], R.sum(axis=0)
    exact = [stats.gamma(a, scale=1 / (n + 1 / 5.0)) for a, n in zip(shapes, counts, strict=True)]
    check_exact(posterior, "rates", exact)
    a = [counts[0] + 2.0, counts[1] + 3.0]
    check_exact(posterior, "weights", [stats.beta(*a), stats.beta(*a[::-1])])
    target = target_of(model, x, priors=priors, responsibilities=R)
    y = posterior.coordinates[-1]
    values = user_values(target, y)
    joint = stats.poisson(values["rates"][:, None, :, 0]).logpmf(x) + np.log(values["weights"])
    np.testing.assert_allclose(
        target.parts(y).log_likelihood, np.sum(R * joint, axis=(1, 2)), rtol=1e-10
    )


def test_partly_known_labels(rng):
    """Of two rates and an even weight, by sums over a grid."""
    x = np.array([0.0, 1.0, 2.0, 7.0, 9.0, 3.0])[:, None]
    labels = np.array([0, -1, -1, 1, -1, -1])
    model = PoissonMixture(2, random_state=0, fixed={"weights": [0.4, 0.6]}).fit(x, labels=labels)
    posterior = spread_draws(model, x, priors={"rates": stats.gamma(2.0, scale=2.0)}, labels=labels)
    grid = np.linspace(0.01, 25.0, 1200)
    pmf = stats.poisson(grid).pmf(x)
    log_joint = np.zeros((len(grid), len(grid)))
    for own, label in zip(pmf, labels, strict=True):
        parts = 0.4 * own[:, None] * (label != 1) + 0.6 * own * (label != 0)
        log_joint += np.log(parts)
    prior = stats.gamma(2.0, scale=2.0).logpdf(grid)
    density = np.exp(
        log_joint + prior[:, None] + prior - (log_joint + prior[:, None] + prior).max()
    )
    density /= density.sum()
    means = posterior.table()
    for k, marginal in enumerate([density.sum(axis=1), density.sum(axis=0)]):
        row = means.names.index(f"rates[{k}, 0]")
        exact = marginal @ grid
        assert abs(means["mean"][row] - exact) < 4 * means["mcse"][row] + 1e-3


# -- fits at an edge, where no posterior is --------------------------------------


def at_edge(model, X):
    """A fit that says it is at an edge."""
    with pytest.warns(UserWarning, match="ended at|variance|size"):
        return model.fit(X)


def test_probabilities_that_are_0_and_1_in_the_fit(rng):
    """Where the prior has density 0, in several columns."""
    X = (rng.uniform(size=(12, 4)) < [0.0, 0.5, 1.0, 1.0]).astype(float)
    model = at_edge(BernoulliMixture(1, random_state=0), X)
    posterior = spread_draws(model, X, priors={"probs": stats.beta(1.5, 2.0)})
    ones = X.sum(axis=0)
    check_exact(posterior, "probs", [stats.beta(1.5 + own, 14 - own) for own in ones])


def test_rates_that_are_0_in_the_fit(rng):
    x = np.zeros((12, 1))
    model = at_edge(PoissonMixture(1, random_state=0), x)
    with pytest.raises(ValueError, match=r"rates has no default prior.*priors\['rates'\]"):
        spread_draws(model, x)
    posterior = spread_draws(model, x, priors={"rates": stats.gamma(0.5, scale=4.0)})
    check_exact(posterior, "rates", [stats.gamma(0.5, scale=1 / (12 + 0.25))])


def test_sizes_without_bound_in_the_fit(rng):
    """Of rows that vary less than Poisson's; by sums over a grid."""
    x = rng.binomial(10, 0.5, size=40)[:, None].astype(float)
    model = at_edge(NegativeBinomialMixture(1, random_state=0, fixed={"means": [[5.0]]}), x)
    assert model.sizes_[0, 0] > 1e6
    posterior = spread_draws(model, x)
    log_sizes = np.linspace(-5.0, 25.0, 3001)
    sizes = np.exp(log_sizes)[:, None]
    heights = stats.nbinom(sizes, sizes / (sizes + 5.0)).logpmf(x[:, 0]).sum(axis=1)
    heights += stats.norm(0.0, 2.5).logpdf(log_sizes)
    density = np.exp(heights - heights.max())
    cdf = np.cumsum(density) / density.sum()
    exact = rv_on_grid(log_sizes, cdf)
    draws = np.log(posterior.raw["sizes"])
    check_follow(apart(draws), [exact])


def rv_on_grid(points, cdf):
    class OnGrid:
        @staticmethod
        def cdf(x):
            return np.interp(x, points, cdf)

    return OnGrid


def test_categories_that_a_component_has_no_row_of(rng):
    X = rng.multinomial(5, [0.6, 0.4, 0.0], size=10).astype(float)
    posterior = spread_draws(at_edge(MultinomialMixture(1, random_state=0), X), X)
    after = 1 + X.sum(axis=0)
    check_exact(posterior, "probs", [stats.beta(own, after.sum() - own) for own in after])


def test_a_constant_column_has_no_default_prior(rng):
    X = np.stack([np.ones(30), rng.normal(size=30)], axis=1)
    model = at_edge(GaussianMixture(1, random_state=0), X)
    with pytest.raises(ValueError, match="covariances has no default prior"):
        spread_draws(model, X)
