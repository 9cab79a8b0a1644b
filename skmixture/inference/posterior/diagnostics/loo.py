"""Leave-one-out cross-validation from draws, by Pareto smoothed importance sampling."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

from skmixture.inference.posterior.diagnostics.criterion import (
    ExpectedLogDensity,
    expected_log_density,
)
from skmixture.inference.posterior.diagnostics.pareto import smoothed_log_weights, tail_length
from skmixture.inference.posterior.diagnostics.pointwise import LogLikelihood, blocks_of, runs

__all__ = ["psis_loo"]

Array = NDArray[np.floating]

# A tail of five weights, a fifth of the draws, is the least that is fitted.
FEWEST_DRAWS = 25
MOST_K = 0.7


def psis_loo(
    log_likelihood: LogLikelihood,
    *,
    sample_weight: ArrayLike | None = None,
    relative_efficiency: float = 1.0,
) -> ExpectedLogDensity:
    """Expected log density of new rows, each row being left out once.

    Draws of the posterior without a row are those with it, weighted by the
    reciprocal of its likelihood; the largest weights are smoothed.

    Parameters
    ----------
    log_likelihood : ndarray of shape (S, n), or iterable of ndarrays (S, b), or callable
        The log density of each of n rows under each of S draws. It may come
        in blocks of rows, by an iterator or by a function that returns one, so
        that all of it need not be held.
    sample_weight : array-like of shape (n,), optional
        A row of weight w is w rows, of which one is left out at a time.
    relative_efficiency : float, default=1.0
        Effective sample size of the draws over S, which says how many of the
        weights are smoothed.

    Returns
    -------
    ExpectedLogDensity

    Raises
    ------
    ValueError
        Where there are fewer than 25 draws, values are not finite, or shapes
        or options are unfit.

    Warns
    -----
    UserWarning
        Where the Pareto k of rows exceeds ``min(1 - 1 / log10(S), 0.7)``.

    References
    ----------
    Vehtari, Gelman and Gabry (2017), Statistics and Computing 27, 1413-1432.
    Vehtari, Simpson, Gelman, Yao and Gabry (2024), Journal of Machine Learning
    Research 25, 1-58. Variances are over n - 1, as the former has them.

    Examples
    --------
    The mean of normal rows, under a flat prior:

    >>> import numpy as np
    >>> from skmixture.inference.posterior.diagnostics.loo import psis_loo
    >>> rng = np.random.RandomState(0)
    >>> x = rng.normal(size=50)
    >>> mean = rng.normal(x.mean(), 50**-0.5, size=(2000, 1))
    >>> loo = psis_loo(-0.5 * (x - mean) ** 2 - 0.5 * np.log(2 * np.pi))
    >>> print(f"{loo.elpd:.1f}, {loo.standard_error:.1f}, {loo.n_effective_parameters:.1f}")
    -78.7, 5.7, 1.2
    """
    if isinstance(relative_efficiency, bool) or not 0 < relative_efficiency < np.inf:
        raise ValueError(
            f"relative_efficiency must be a positive number, got {relative_efficiency!r}"
        )
    found = []
    for block in blocks_of(log_likelihood, FEWEST_DRAWS):
        S = block.shape[1]
        tail = tail_length(S, relative_efficiency)
        found += [_left_out(block[rows], tail) for rows in runs(len(block), S)]
    elpd, parameters, k = (np.concatenate(parts) for parts in zip(*found, strict=True))
    good_k = min(1 - 1 / np.log10(S), MOST_K)
    result = expected_log_density("PSIS-LOO", elpd, parameters, sample_weight, S, k, good_k)
    _warn(k, good_k, result.sample_weight > 0)
    return result


def _left_out(block: Array, tail: int) -> tuple[Array, Array, Array]:
    """Log densities of rows left out, what they lose by it, and the shapes k: (b,) each."""
    log_weights, k = smoothed_log_weights(-block, tail)
    elpd = logsumexp(log_weights + block, axis=1) - logsumexp(log_weights, axis=1)
    with_it = logsumexp(block, axis=1) - np.log(block.shape[1])
    return elpd, with_it - elpd, k


def _warn(k: Array, good_k: float, counted: NDArray[np.bool_]) -> None:
    amiss = (k > good_k) & counted
    if amiss.any():
        worst = int(np.argmax(np.where(counted, k, -np.inf)))
        warnings.warn(
            f"the Pareto k of {int(amiss.sum())} of {int(counted.sum())} rows is above "
            f"{good_k:.2f} (row {worst} has {k[worst]:.2f}), so what is expected of these is not "
            "to be relied on: they move the posterior too far when they are left out; draw more, "
            "fit again without them, or choose a law with heavier tails",
            UserWarning,
            stacklevel=3,
        )
