"""A law of counts with another probability of 0, with the methods of a scipy distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

__all__ = ["ZerosDistribution"]

Array = NDArray[np.floating]


class ZerosDistribution:
    """``P(0)`` is given, and ``P(x) = factor g(x)`` for all other counts.

    Parameters
    ----------
    law : scipy.stats frozen distribution
        The law g, of one column or of several.
    log_zero, log_factor : array-like
        Logs of both, a number or one for each column.
    """

    def __init__(self, law: Any, log_zero: ArrayLike, log_factor: ArrayLike) -> None:
        self.law = law
        self.log_zero = np.asarray(log_zero)
        self.log_factor = np.asarray(log_factor)

    def logpmf(self, x: ArrayLike) -> Array:
        """Log probability of counts."""
        return np.where(np.asarray(x) == 0, self.log_zero, self.log_factor + self.law.logpmf(x))

    def pmf(self, x: ArrayLike) -> Array:
        """Probability of counts."""
        return np.exp(self.logpmf(x))

    def cdf(self, x: ArrayLike) -> Array:
        """Probability of counts up to `x`."""
        above = self.law.cdf(x) - self.law.pmf(0)
        return np.where(np.asarray(x) < 0, 0.0, np.exp(self.log_zero) + self.factor * above)

    def ppf(self, q: ArrayLike) -> Array:
        """The least count that `cdf` gives at least this probability."""
        by_law = self.law.pmf(0) + (np.asarray(q) - np.exp(self.log_zero)) / self.factor
        return np.where(by_law <= self.law.pmf(0), 0.0, self.law.ppf(np.clip(by_law, 0.0, 1.0)))

    def mean(self) -> Array:
        """Expected count."""
        return self.factor * self.law.mean()

    def var(self) -> Array:
        """Variance of a count."""
        return self.factor * (self.law.var() + self.law.mean() ** 2) - self.mean() ** 2

    def std(self) -> Array:
        """Standard deviation of a count."""
        return np.sqrt(self.var())

    def rvs(self, size: Any = None, random_state: Any = None) -> Array:
        """Draws; `size` as numpy has it."""
        rng = random_state if isinstance(random_state, RandomState) else RandomState(random_state)
        return self.ppf(rng.uniform(size=size))

    @property
    def factor(self) -> Array:
        """By what the law's probabilities of all other counts are multiplied."""
        return np.exp(self.log_factor)
