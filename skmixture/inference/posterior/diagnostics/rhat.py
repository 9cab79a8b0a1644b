"""Whether chains, and whole ensembles, have come to the same distribution: R-hat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.inference.posterior.diagnostics.entries import FEWEST_STEPS, Entry, by_entry

__all__ = ["nested_of", "nested_rhat", "split_of", "split_rhat"]

Array = NDArray[np.floating]


def split_rhat(draws: ArrayLike) -> Any:
    """R-hat of half chains by their ranks, each walker being a chain.

    The larger of that of the ranks and that of the ranks of distances from
    the median, so it sees chains apart in place or in spread. Walkers of short
    chains are apart by their autocorrelation alone: at best it is about
    ``sqrt(1 + 2 tau / T)``, so 1.01 says less of them than of long chains.

    Parameters
    ----------
    draws : array-like of shape (E, T, W, ...)
        Of E ensembles, T steps and W walkers.

    Returns
    -------
    float or ndarray of shape (...)
        NaN where the draws never change, or chains have fewer than 4 steps;
        infinite where walkers differ and none ever moves.

    Raises
    ------
    ValueError
        Where draws are not finite, or not of that shape.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Bayesian Analysis
    16, 667-718, sections 3.1 and 4.1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.diagnostics.rhat import split_rhat
    >>> draws = np.random.RandomState(0).normal(size=(2, 1000, 8))
    >>> bool(split_rhat(draws) < 1.01)
    True
    """
    return by_entry(split_of, draws)


def nested_rhat(draws: ArrayLike) -> Any:
    """Nested R-hat by ranks: whether ensembles differ by more than their draws do.

    Ensembles are superchains, and their walkers' half chains the subchains.
    The variance of the ensembles' means is set against the variance within an
    ensemble, over walkers and steps; walkers may be as correlated as they are.
    It is 1 at least, and the larger of that of the ranks and that of the ranks
    of distances from the median.

    Parameters
    ----------
    draws : array-like of shape (E, T, W, ...)
        Of E ensembles, T steps and W walkers. Ensembles must be independent.

    Returns
    -------
    float or ndarray of shape (...)
        NaN where the draws never change, chains have fewer than 4 steps, or
        there is one ensemble only.

    Raises
    ------
    ValueError
        Where draws are not finite, or not of that shape.

    References
    ----------
    Margossian, Hoffman, Sountsov, Riou-Durand, Vehtari and Gelman (2024),
    Bayesian Analysis, doi:10.1214/24-BA1453, equations for B and W in section 3.
    Ranks and halves as Vehtari et al. (2021) take them.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.diagnostics.rhat import nested_rhat
    >>> draws = np.random.RandomState(0).normal(size=(2, 1000, 8))
    >>> bool(nested_rhat(draws) < 1.001)
    True
    >>> draws[1] += 3
    >>> bool(nested_rhat(draws) > 1.5)
    True
    """
    return by_entry(nested_of, draws)


def split_of(entry: Entry) -> float:
    """Split R-hat of one number that varies."""
    if entry.raw.shape[1] < FEWEST_STEPS:
        return np.nan
    return float(np.fmax(_rhat(entry.scores), _rhat(entry.folded_scores)))


def nested_of(entry: Entry) -> float:
    """Nested R-hat of one number that varies."""
    if entry.raw.shape[1] < FEWEST_STEPS or len(entry.raw) < 2:
        return np.nan
    return float(np.fmax(_nested(entry.scores), _nested(entry.folded_scores)))


def _rhat(chains: Array) -> float:
    """R-hat of chains (E, C, n)."""
    n = chains.shape[-1]
    between = chains.mean(axis=-1).var(ddof=1)
    within = _variances(chains).mean()
    return _root(between, within, (n - 1) / n)


def _nested(chains: Array) -> float:
    """Nested R-hat of superchains (E, C, n)."""
    means = chains.mean(axis=-1)
    within = means.var(axis=1, ddof=1) + _variances(chains).mean(axis=1)
    return _root(means.mean(axis=1).var(ddof=1), within.mean(), 1.0)


def _variances(chains: Array) -> Array:
    """Variances (E, C) of chains, exactly 0 where one never moves."""
    return np.asarray((chains - chains[..., :1]).var(axis=-1, ddof=1))


def _root(between: float, within: float, base: float) -> float:
    if within > 0:
        return float(np.sqrt(base + between / within))
    return np.inf if between > 0 else np.nan
