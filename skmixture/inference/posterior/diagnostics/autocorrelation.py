"""How long chains remember: autocovariances, and the integrated autocorrelation time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import irfft, next_fast_len, rfft

from skmixture.inference.posterior.diagnostics.entries import Entry, by_entry

__all__ = ["FEWEST_CORRELATED", "autocorrelation_time", "autocovariance", "time_of"]

Array = NDArray[np.floating]

# Fewer steps say nothing about correlation: half of them have no second pair of lags.
FEWEST_CORRELATED = 10
# Sokal's window ends where the lag reaches so many autocorrelation times.
WINDOW = 5


def autocorrelation_time(draws: ArrayLike) -> Any:
    """Integrated autocorrelation time, in steps.

    The autocorrelation functions of the walkers are averaged and summed up to
    the first lag that is 5 times the sum (Sokal's window), as emcee does. On
    chains of 20 to 70 times the estimate it is too short by some 20 to 30 per
    cent. A walker that never moves counts with a correlation of 1 at all lags.

    Parameters
    ----------
    draws : array-like of shape (E, T, W, ...)
        Of E ensembles, T steps and W walkers.

    Returns
    -------
    float or ndarray of shape (...)
        NaN where the draws never change, or chains have fewer than 10 steps.

    Raises
    ------
    ValueError
        Where draws are not finite, or not of that shape.

    References
    ----------
    Goodman and Weare (2010), Communications in Applied Mathematics and
    Computational Science 5, 65-80. Sokal (1997), Monte Carlo methods in
    statistical mechanics, section 3. Foreman-Mackey et al. (2013),
    Publications of the Astronomical Society of the Pacific 125, 306-312.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.diagnostics.autocorrelation import autocorrelation_time
    >>> draws = np.random.RandomState(0).normal(size=(2, 1000, 8))
    >>> print(f"{autocorrelation_time(draws):.1f}")
    1.0
    """
    return by_entry(time_of, draws)


def time_of(entry: Entry) -> float:
    """The autocorrelation time of one number that varies."""
    n_steps = entry.values.shape[1]
    if n_steps < FEWEST_CORRELATED:
        return np.nan
    chains = entry.values.swapaxes(1, 2).reshape(-1, n_steps)
    moves = chains.min(axis=1) < chains.max(axis=1)
    moving = chains[moves]
    correlation = np.full(n_steps, 1 - moves.mean())
    if len(moving):
        unit = moving - moving.mean(axis=1, keepdims=True)
        unit /= np.abs(unit).max(axis=1, keepdims=True)
        unit /= unit.std(axis=1, keepdims=True)
        correlation += moves.mean() * autocovariance(unit)
    times = 2 * np.cumsum(correlation) - 1
    inside = np.arange(n_steps) < WINDOW * times
    return float(times[-1] if inside.all() else times[np.argmin(inside)])


def autocovariance(chains: Array) -> Array:
    """Mean over chains (C, n) of their autocovariances (n,) about their own means, over n."""
    n_chains, n = chains.shape
    # zeros beyond the end keep the end of a chain from meeting its beginning
    size = next_fast_len(2 * n, real=True)
    waves = rfft(chains - chains.mean(axis=1, keepdims=True), size, axis=1)
    power = (waves.real**2 + waves.imag**2).sum(axis=0)
    return np.asarray(irfft(power, size)[:n]) / (n_chains * n)
