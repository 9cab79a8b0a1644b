"""Log densities as users write them, with their gradients, draws and distribution functions."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

LOG_ROOT = 0.5 * np.log(2 * np.pi)


def poisson(X, rate):
    return stats.poisson.logpmf(X[:, 0], rate)


def poisson_all(X, rate):
    x, rate = X[:, 0], rate[..., None]
    return special.xlogy(x, rate) - rate - special.gammaln(x + 1)


def poisson_core(X, rate):
    """Without what does not depend on the rate."""
    rate = rate[..., None]
    return special.xlogy(X[:, 0], rate) - rate


def poisson_base(X):
    return -special.gammaln(X[:, 0] + 1)


def draw_poisson(rate, size, random_state):
    return random_state.poisson(rate, size)


def poisson_below(X, rate):
    return stats.poisson.cdf(X[:, 0], rate)


def gaussian(X, mean, sd):
    return stats.norm.logpdf(X[:, 0], mean, sd)


def gaussian_slopes(X, mean, sd):
    z = (X[:, 0] - mean) / sd
    return {"mean": z / sd, "sd": (z * z - 1) / sd}


def draw_gaussian(mean, sd, size, random_state):
    return random_state.normal(mean, sd, size)


def gaussian_below(X, mean, sd):
    return stats.norm.cdf(X[:, 0], mean, sd)


def gaussian_all(X, mean, sd):
    """All components, in one column."""
    z = (X[:, 0] - mean[..., None]) / sd[..., None]
    return -0.5 * z * z - np.log(sd)[..., None] - LOG_ROOT


def columns(X, means, sds):
    """Independent columns, all components."""
    z = (X - means[..., None, :]) / sds[..., None, :]
    log_sd = np.log(sds).sum(axis=-1)[..., None]
    return -0.5 * (z * z).sum(axis=-1) - log_sd - X.shape[1] * LOG_ROOT


def columns_slopes(X, means, sds):
    z, sds = (X - means[..., None, :]) / sds[..., None, :], sds[..., None, :]
    return {"means": z / sds, "sds": (z * z - 1) / sds}


def draw_columns(means, sds, size, random_state):
    return random_state.normal(means, sds, (size, len(means)))


def matrix(X, mean, covariance):
    """A Gaussian law of whole rows, all components."""
    factor = np.linalg.cholesky(covariance)
    z = np.linalg.solve(factor, np.swapaxes(X - mean[..., None, :], -1, -2))
    log_root = np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)[..., None]
    return -0.5 * (z * z).sum(axis=-2) - log_root - X.shape[1] * LOG_ROOT


def draw_matrix(mean, covariance, size, random_state):
    return random_state.multivariate_normal(mean, covariance, size)


def gamma(X, shape, scale):
    x = X[:, 0]
    constant = special.gammaln(shape) + shape * np.log(scale)
    return special.xlogy(shape - 1, x) - x / scale - constant


def draw_gamma(shape, scale, size, random_state):
    return random_state.gamma(shape, scale, size)


def gamma_below(X, shape, scale):
    return stats.gamma.cdf(X[:, 0], shape, scale=scale)


def negative_binomial(X, mean, r):
    x = X[:, 0]
    ways = special.gammaln(x + r) - special.gammaln(r) - special.gammaln(x + 1)
    return ways + x * np.log(mean / (r + mean)) - r * np.log1p(mean / r)


def draw_negative_binomial(mean, r, size, random_state):
    return random_state.negative_binomial(r, r / (r + mean), size)


def negative_binomial_below(X, mean, r):
    return stats.nbinom.cdf(X[:, 0], r, r / (r + mean))


def categories(X, shares):
    """One of several codes, by shares that sum to 1."""
    with np.errstate(divide="ignore"):
        return np.log(shares)[X[:, 0].astype(int)]


def draw_categories(shares, size, random_state):
    return random_state.choice(len(shares), size, p=shares)
