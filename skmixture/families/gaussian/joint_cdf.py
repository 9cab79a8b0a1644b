"""The joint distribution function of a Gaussian of several columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["joint_cdf"]

Array = NDArray[np.floating]


def joint_cdf(X: NDArray, means: Array, covariances: Array) -> Array:
    """Probability (K, n) of being below rows (n, d) in every column.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    means : ndarray of shape (K, d)
    covariances : ndarray of shape (K, d, d)
    """
    from scipy.stats import multivariate_normal

    by_component = []
    for mean, covariance in zip(means, covariances, strict=True):
        law = multivariate_normal(mean, covariance)
        if X.shape[1] > 2:
            # from three columns on scipy integrates by random points, to 1e-5, and newer
            # versions would take them from the global generator
            law.random_state = np.random.RandomState(0)
        by_component.append(np.atleast_1d(law.cdf(X)))
    return np.array(by_component)
