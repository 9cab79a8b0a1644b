"""The M-step for a concentration: where the mean cosine is that of the rows, but for a prior."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.families.pull import NO_PULL, Pull
from skmixture.families.von_mises_fisher.bessel import bessel
from skmixture.numerics.solvers import decreasing_root

__all__ = ["LEAST", "maximal_concentrations"]

Array = NDArray[np.floating]

# Below this a law is uniform but for rounding.
LEAST = 1e-8
# Beyond so many times the number of columns, log odds are a straight line but for 1e-6; and the
# two terms of their slope are nearly equal.
STRAIGHT = 1e6
TINY = float(np.finfo(float).tiny)


def maximal_concentrations(shortfall: Array, d: int, most: float, pull: Pull = NO_PULL) -> Array:
    """Concentrations k at which the mean of ``1 - cosine`` is the shortfall, in `d` columns.

    With the `pull` of a gamma prior, for each row, it is the shortfall plus
    ``rate - power / k``.

    The guess of Banerjee, Dhillon, Ghosh and Sra (2005, Journal of Machine
    Learning Research 6, 1345-1382) begins; Newton's method ends, on the log
    odds of the mean cosine, which are nearly straight in the log of the
    concentration from one end to the other.
    """
    # rows that are opposite to a shared direction, on average, have a cosine below 0
    opposite = pull.rate + np.maximum(shortfall - 1, 0.0)
    cosine, shortfall = np.maximum(1 - shortfall, TINY), np.maximum(shortfall, TINY)

    def excess(log_k: Array) -> tuple[Array, Array]:
        k = np.exp(log_k)
        at, lift = bessel(0.5 * d - 1, k), pull.power / k
        mean, short = k * at.quotient, at.shortfall / k
        slope = (at.shortfall * (1 + mean) - (d - 1) * mean) / (at.quotient * at.shortfall)
        slope = np.where(k < STRAIGHT * d, np.clip(slope, 0.5, 2.0), 1.0)
        rise = mean * short * slope  # of the mean cosine, by the logarithm
        # what is added to one side of either equation, that of cosines and that of shortfalls, is
        # positive and falls
        value = np.log((cosine + lift) / (mean + opposite))
        value += np.log((short + lift) / (shortfall + pull.rate))
        fall = lift / (cosine + lift) + rise / (mean + opposite) + (rise + lift) / (short + lift)
        return value, -fall

    guess = cosine * (d - cosine**2) / (shortfall * (1 + cosine))
    start = np.log(np.clip(guess, LEAST, most))
    return np.exp(decreasing_root(excess, start, np.log(LEAST), np.log(most)))
