"""The normal law of several columns as scipy has it, and its distribution function."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["joint_cdf", "normal_law"]

Array = NDArray[np.floating]


def joint_cdf(X: NDArray, means: Array, covariances: Array) -> Array:
    """Probability (K, n) of being below rows (n, d) in every column.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    means : ndarray of shape (K, d)
    covariances : ndarray of shape (K, d, d)
    """
    by_component = []
    for mean, covariance in zip(means, covariances, strict=True):
        law = normal_law(mean, covariance)
        if X.shape[1] > 2:
            # from three columns on scipy integrates by random points, to 1e-5, and newer
            # versions would take them from the global generator
            law.random_state = np.random.RandomState(0)
        by_component.append(np.atleast_1d(law.cdf(X)))
    return np.array(by_component)


def normal_law(mean: Array, covariance: Array) -> Any:
    """The normal law of scipy, whose columns may be of any units.

    By itself scipy takes a covariance for singular where columns differ by a
    factor of 1e5.
    """
    from scipy.stats import Covariance, multivariate_normal

    return multivariate_normal(mean, Covariance.from_cholesky(np.linalg.cholesky(covariance)))
