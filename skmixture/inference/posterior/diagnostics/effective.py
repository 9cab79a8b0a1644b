"""How many independent draws the draws are worth, and the error that remains."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtr

from skmixture.inference.posterior.diagnostics.autocorrelation import (
    FEWEST_CORRELATED,
    autocovariance,
)
from skmixture.inference.posterior.diagnostics.entries import Entry, by_entry, halved

__all__ = ["effective_sample_size", "monte_carlo_error", "size_of"]

Array = NDArray[np.floating]

KINDS = ("bulk", "tail", "mean")
TAILS = (0.05, 0.95)


def effective_sample_size(draws: ArrayLike, kind: str = "bulk") -> Any:
    """Number of independent draws that would be worth as much.

    Each walker's chain is cut in two, and the halves are chains. Geyer's
    initial monotone sequence ends the sum of their autocorrelations, which
    count what sets chains apart, so walkers and ensembles that do not mix are
    worth little.

    Parameters
    ----------
    draws : array-like of shape (E, T, W, ...)
        Of E ensembles, T steps and W walkers.
    kind : {"bulk", "tail", "mean"}, default="bulk"
        Of the ranks, which says how well the middle is known; of the quantiles
        at 5 and 95 per cent, the lesser of both; or of the mean.

    Returns
    -------
    float or ndarray of shape (...)
        NaN where the draws never change, or chains have fewer than 10 steps.

    Raises
    ------
    ValueError
        Where draws are not finite, or not of that shape, or there is no such kind.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Bayesian Analysis
    16, 667-718, sections 3.2, 4.2 and 4.3. Geyer (1992), Statistical Science 7, 473-483.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.diagnostics.effective import effective_sample_size
    >>> draws = np.random.RandomState(0).normal(size=(2, 500, 10)).cumsum(axis=1)
    >>> bool(effective_sample_size(draws) < 100)
    True
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"kind must be one of {list(KINDS)}, got {kind!r}")
    return by_entry(lambda entry: size_of(entry, kind), draws)


def size_of(entry: Entry, kind: str) -> float:
    """The effective sample size of one number that varies."""
    if kind == "bulk":
        return _size(entry.scores)
    if kind == "mean":
        return _size(entry.halves)
    # where all draws lie on one side of a quantile, it tells nothing
    low, high = (_quantile_size(entry, level) for level in TAILS)
    return float(np.fmin(low, high))


def monte_carlo_error(draws: ArrayLike, quantile: float | None = None) -> Any:
    """Standard error of the mean of draws, or of a quantile, by the simulation.

    That of the mean is the standard deviation over the root of the effective
    sample size. That of a quantile is half the distance of the draws at whose
    ranks a beta distribution of that effective size has its mass of one
    standard deviation to either side.

    Parameters
    ----------
    draws : array-like of shape (E, T, W, ...)
        Of E ensembles, T steps and W walkers.
    quantile : float, optional
        The level, between 0 and 1.

    Returns
    -------
    float or ndarray of shape (...)
        NaN where the draws never change, or chains have fewer than 10 steps,
        or no draw is above the quantile.

    Raises
    ------
    ValueError
        Where draws are not finite, or not of that shape, or the level is none.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Bayesian Analysis
    16, 667-718, sections 4.3 and 4.4.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.diagnostics.effective import monte_carlo_error
    >>> draws = np.random.RandomState(0).normal(size=(2, 500, 10))
    >>> bool(0.009 < monte_carlo_error(draws) < 0.011)
    True
    """
    if quantile is None:
        return by_entry(lambda entry: entry.sd / np.sqrt(size_of(entry, "mean")), draws)
    if isinstance(quantile, bool) or not 0 < quantile < 1:
        raise ValueError(f"quantile must be a number between 0 and 1, got {quantile!r}")
    level = float(quantile)
    return by_entry(lambda entry: _quantile_error(entry, level), draws)


def _quantile_size(entry: Entry, level: float) -> float:
    """The effective sample size of the part below a quantile."""
    below = entry.raw <= np.quantile(entry.raw, level)
    return np.nan if below.all() else _size(halved(below.astype(float)))


def _quantile_error(entry: Entry, level: float) -> float:
    size = _quantile_size(entry, level)
    if np.isnan(size):
        return np.nan
    n = entry.raw.size
    low, high = betaincinv(size * level + 1, size * (1 - level) + 1, ndtr([-1.0, 1.0])) * n - 1
    ordered = np.sort(entry.raw, axis=None)
    return float(ordered[min(int(np.ceil(high)), n - 1)] - ordered[max(int(low), 0)]) / 2


def _size(halves: Array) -> float:
    """The effective sample size of the mean of half chains (E, C, n)."""
    n = halves.shape[-1]
    if 2 * n < FEWEST_CORRELATED:
        return np.nan
    chains = halves.reshape(-1, n)
    covariance = autocovariance(chains)
    within = covariance[0] * n / (n - 1)
    total = covariance[0] + chains.mean(axis=1).var(ddof=1)
    if not total > 0:  # an odd chain that changed in its middle only
        return np.nan
    correlation = 1 - (within - covariance) / total
    correlation[0] = 1.0
    time = max(_monotone_sum(correlation), 1 / np.log10(chains.size))
    return float(chains.size / time)


def _monotone_sum(correlation: Array) -> float:
    """The autocorrelation time by sums of pairs, which of a Markov chain are positive and fall.

    One correlation beyond the pairs is added, as Stan does: where it is
    positive, or where the chain and not the sign has ended the sum.
    """
    n = len(correlation)
    pairs = correlation[: n - n % 2].reshape(-1, 2).sum(axis=1)
    last = (n - 1) // 2 - 1
    ended = pairs[:last] <= 0
    end = int(np.argmax(ended)) if ended.any() else last
    falling = np.minimum.accumulate(pairs[:end])
    beyond = correlation[2 * end]
    if pairs[end] < 0:
        beyond = max(beyond, 0.0)
    return float(-1 + 2 * falling.sum() + beyond)
