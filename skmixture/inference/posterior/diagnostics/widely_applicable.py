"""The widely applicable information criterion."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from skmixture.inference.posterior.diagnostics.criterion import (
    ExpectedLogDensity,
    expected_log_density,
)
from skmixture.inference.posterior.diagnostics.pointwise import LogLikelihood, blocks_of

__all__ = ["waic"]

# Vehtari, Gelman and Gabry (2017), section 2.3: a variance above this tells of trouble.
MOST_VARIANCE = 0.4


def waic(
    log_likelihood: LogLikelihood, *, sample_weight: ArrayLike | None = None
) -> ExpectedLogDensity:
    """Expected log density of new rows, by the variance of each row's log-likelihood.

    The scale is that of `psis_loo`, which is more robust: Watanabe's own
    criterion is ``-elpd / n``, and on the scale of deviances it is ``-2 elpd``.

    Parameters
    ----------
    log_likelihood : ndarray of shape (S, n), or iterable of ndarrays (S, b), or callable
        The log density of each of n rows under each of S draws. It may come
        in blocks of rows, by an iterator or by a function that returns one, so
        that all of it need not be held.
    sample_weight : array-like of shape (n,), optional
        A row of weight w is w rows.

    Returns
    -------
    ExpectedLogDensity

    Raises
    ------
    ValueError
        Where there are fewer than 2 draws, values are not finite, or shapes
        are unfit.

    Warns
    -----
    UserWarning
        Where the variance of a row's log-likelihood exceeds 0.4.

    References
    ----------
    Watanabe (2010), Journal of Machine Learning Research 11, 3571-3594.
    Vehtari, Gelman and Gabry (2017), Statistics and Computing 27, 1413-1432,
    equations 11 to 13.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.diagnostics.widely_applicable import waic
    >>> rng = np.random.RandomState(0)
    >>> x = rng.normal(size=50)
    >>> mean = rng.normal(x.mean(), 50**-0.5, size=(2000, 1))
    >>> waic(-0.5 * (x - mean) ** 2 - 0.5 * np.log(2 * np.pi))
    <WAIC: elpd -78.7, standard error 5.7, 1.2 effective parameters, from 2000 draws of 50 rows>
    """
    found = []
    for block in blocks_of(log_likelihood, fewest=2):
        S = block.shape[1]
        found.append((logsumexp(block, axis=1) - np.log(S), block.var(axis=1, ddof=1)))
    density, variance = (np.concatenate(parts) for parts in zip(*found, strict=True))
    result = expected_log_density("WAIC", density - variance, variance, sample_weight, S)
    amiss = (variance > MOST_VARIANCE) & (result.sample_weight > 0)
    if amiss.any():
        warnings.warn(
            f"the log-likelihood of {int(amiss.sum())} rows has a variance above {MOST_VARIANCE}, "
            "so WAIC is not to be relied on: leave rows out, by loo()",
            UserWarning,
            stacklevel=2,
        )
    return result
