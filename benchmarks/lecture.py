"""EM for a Gaussian mixture the way lectures teach it, in three steps of vectorisation.

`em_loop` visits every row and component in Python, `em_vectorised` loops over
components only, `em_einsum` over nothing but iterations. They are written to
be read and to be measured against, so they share the iteration and nothing
else. Joint log densities and responsibilities are (n, K), rows first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.special import logsumexp

__all__ = ["Fit", "em_einsum", "em_loop", "em_vectorised", "lecture_data"]

Array = NDArray[np.float64]
EStep = Callable[[Array, Array, Array, Array], tuple[Array, float]]
MStep = Callable[[Array, Array], tuple[Array, Array, Array]]

LOG_2PI = float(np.log(2 * np.pi))


class Fit(NamedTuple):
    """Where EM stands after its iterations, and how it came there.

    Attributes
    ----------
    weights : ndarray of shape (K,)
    means : ndarray of shape (K, d)
    covariances : ndarray of shape (K, d, d)
    log_likelihoods : ndarray of shape (n_iter + 1,)
        Entry t is the log-likelihood, summed over rows, after t iterations;
        entry 0 that of the start.
    """

    weights: Array
    means: Array
    covariances: Array
    log_likelihoods: Array


def lecture_data() -> tuple[Array, Array, Array, Array]:
    """Draw the lecture's 1,000 rows in two columns, and its start.

    Returns
    -------
    X : ndarray of shape (1000, 2)
        600 rows of N([0, 4], diag(3, 0.5)), then 400 of N([-2, 0], diag(1, 2)).
    weights : ndarray of shape (2,)
    means : ndarray of shape (2, 2)
    covariances : ndarray of shape (2, 2, 2)
        Identities.
    """
    rng = RandomState(123)
    upper = rng.multivariate_normal([0, 4], np.diag([3, 0.5]), 600)
    lower = rng.multivariate_normal([-2, 0], np.diag([1, 2]), 400)
    weights = rng.random_sample(2)
    means = rng.random_sample((2, 2))
    return np.vstack([upper, lower]), weights / weights.sum(), means, np.stack([np.eye(2)] * 2)


def em_loop(X: Array, weights: Array, means: Array, covariances: Array, n_iter: int) -> Fit:
    """EM by Python loops over rows and components.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    weights : ndarray of shape (K,)
    means : ndarray of shape (K, d)
    covariances : ndarray of shape (K, d, d)
    n_iter : int

    Returns
    -------
    Fit
    """
    return _iterate(_e_step_loop, _m_step_loop, X, weights, means, covariances, n_iter)


def em_vectorised(X: Array, weights: Array, means: Array, covariances: Array, n_iter: int) -> Fit:
    """EM by array operations over all rows, one component after the other.

    Parameters and result are those of `em_loop`.
    """
    steps = _e_step_vectorised, _m_step_vectorised
    return _iterate(*steps, X, weights, means, covariances, n_iter)


def em_einsum(X: Array, weights: Array, means: Array, covariances: Array, n_iter: int) -> Fit:
    """EM by sums over indices, all rows and components at once.

    Parameters and result are those of `em_loop`.
    """
    return _iterate(_e_step_einsum, _m_step_einsum, X, weights, means, covariances, n_iter)


def _iterate(
    e_step: EStep,
    m_step: MStep,
    X: Array,
    weights: Array,
    means: Array,
    covariances: Array,
    n_iter: int,
) -> Fit:
    params = weights, means, covariances
    resp, log_likelihood = e_step(X, *params)
    log_likelihoods = [log_likelihood]
    for _ in range(n_iter):
        params = m_step(X, resp)
        resp, log_likelihood = e_step(X, *params)
        log_likelihoods.append(log_likelihood)
    return Fit(*params, np.array(log_likelihoods))


# -- loops over rows and components ----------------------------------------


def _e_step_loop(X: Array, weights: Array, means: Array, covariances: Array) -> tuple[Array, float]:
    precisions = [np.linalg.inv(covariance) for covariance in covariances]
    log_dets = [np.linalg.slogdet(covariance)[1] for covariance in covariances]
    resp = np.empty((len(X), len(weights)))
    log_likelihood = 0.0
    for i, x in enumerate(X):
        log_joint = np.empty(len(weights))
        for k, weight in enumerate(weights):
            centred = x - means[k]
            distance = centred @ precisions[k] @ centred
            log_joint[k] = np.log(weight) - 0.5 * (len(x) * LOG_2PI + log_dets[k] + distance)
        log_density = np.logaddexp.reduce(log_joint)
        resp[i] = np.exp(log_joint - log_density)
        log_likelihood += log_density
    return resp, float(log_likelihood)


def _m_step_loop(X: Array, resp: Array) -> tuple[Array, Array, Array]:
    (n, d), K = X.shape, resp.shape[1]
    mass, means, covariances = np.zeros(K), np.zeros((K, d)), np.zeros((K, d, d))
    for k in range(K):
        for x, r in zip(X, resp[:, k], strict=True):
            mass[k] += r
            means[k] += r * x
        means[k] /= mass[k]
        for x, r in zip(X, resp[:, k], strict=True):
            centred = x - means[k]
            covariances[k] += r * np.outer(centred, centred)
        covariances[k] /= mass[k]
    return mass / n, means, covariances


# -- loops over components -------------------------------------------------


def _e_step_vectorised(
    X: Array, weights: Array, means: Array, covariances: Array
) -> tuple[Array, float]:
    log_joint = np.empty((len(X), len(weights)))
    for k, (weight, mean, covariance) in enumerate(zip(weights, means, covariances, strict=True)):
        centred = X - mean
        distance = (centred @ np.linalg.inv(covariance) * centred).sum(axis=1)
        log_det = np.linalg.slogdet(covariance)[1]
        log_joint[:, k] = np.log(weight) - 0.5 * (X.shape[1] * LOG_2PI + log_det + distance)
    return _normalise(log_joint)


def _m_step_vectorised(X: Array, resp: Array) -> tuple[Array, Array, Array]:
    mass = resp.sum(axis=0)
    means = resp.T @ X / mass[:, None]
    covariances = np.empty((*means.shape, X.shape[1]))
    for k, mean in enumerate(means):
        centred = X - mean
        covariances[k] = (resp[:, k, None] * centred).T @ centred / mass[k]
    return mass / len(X), means, covariances


# -- sums over indices -----------------------------------------------------


def _e_step_einsum(
    X: Array, weights: Array, means: Array, covariances: Array
) -> tuple[Array, float]:
    centred = X[:, None] - means
    precisions = np.linalg.inv(covariances)
    # without `optimize` a product of three arrays is one unvectorised loop
    distance = np.einsum("nkd,kde,nke->nk", centred, precisions, centred, optimize=True)
    log_det = np.linalg.slogdet(covariances)[1]
    return _normalise(np.log(weights) - 0.5 * (X.shape[1] * LOG_2PI + log_det + distance))


def _m_step_einsum(X: Array, resp: Array) -> tuple[Array, Array, Array]:
    mass = np.einsum("nk->k", resp)
    means = np.einsum("nk,nd->kd", resp, X) / mass[:, None]
    centred = X[:, None] - means
    scatter = np.einsum("nk,nkd,nke->kde", resp, centred, centred, optimize=True)
    return mass / len(X), means, scatter / mass[:, None, None]


def _normalise(log_joint: Array) -> tuple[Array, float]:
    """Responsibilities of joint log densities, and the log-likelihood."""
    log_density = logsumexp(log_joint, axis=1)
    return np.exp(log_joint - log_density[:, None]), float(log_density.sum())
