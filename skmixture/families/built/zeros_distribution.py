"""A law with a probability of its own for 0, with the methods of a scipy distribution."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

__all__ = ["CountsWithZeros", "NumbersWithZeros", "ZerosDistribution"]

Array = NDArray[np.floating]


class ZerosDistribution:
    """``P(0)`` is given, and all other values have the law's density times a factor.

    Parameters
    ----------
    law : scipy.stats frozen distribution
        The law g, of one column or of several.
    log_zero, log_factor : array-like
        Logs of both, a number or one for each column.
    """

    at_zero: Any = 0.0  # probability of 0 by the law

    def __init__(self, law: Any, log_zero: ArrayLike, log_factor: ArrayLike) -> None:
        self.law = law
        self.log_zero = np.asarray(log_zero)
        self.log_factor = np.asarray(log_factor)

    @property
    def zero(self) -> Array:
        """The probability of 0."""
        return np.exp(self.log_zero)

    @property
    def factor(self) -> Array:
        """By what the law's densities of all other values are multiplied."""
        return np.exp(self.log_factor)

    def cdf(self, x: ArrayLike) -> Array:
        """Probability of values up to `x`."""
        reached = np.asarray(x) >= 0
        by_law = self.law.cdf(x) - np.where(reached, self.at_zero, 0.0)
        return self.factor * by_law + np.where(reached, self.zero, 0.0)

    def ppf(self, q: ArrayLike) -> Array:
        """The least value that `cdf` gives at least this probability."""
        up_to_zero = self.law.cdf(0.0)
        below = self.factor * (up_to_zero - self.at_zero)
        low = np.asarray(q) / self.factor
        high = up_to_zero + (np.asarray(q) - below - self.zero) / self.factor
        by_law = self.law.ppf(np.clip(np.where(q <= below, low, high), 0.0, 1.0))
        return np.where((q > below) & (high <= up_to_zero), 0.0, by_law)

    def mean(self) -> Array:
        """Expected value."""
        return self.factor * self.law.mean()

    def var(self) -> Array:
        """Variance."""
        return self.factor * (self.law.var() + self.law.mean() ** 2) - self.mean() ** 2

    def std(self) -> Array:
        """Standard deviation."""
        return np.sqrt(self.var())

    def rvs(self, size: Any = None, random_state: Any = None) -> Array:
        """Draws; `size` as numpy has it."""
        rng = random_state if isinstance(random_state, RandomState) else RandomState(random_state)
        return self.ppf(rng.uniform(size=size))


class OfColumns:
    """Frozen distributions, one for each column: values by column, last."""

    def __init__(self, laws: Sequence[Any]) -> None:
        self.laws = laws

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return partial(self._each, name)

    def _each(self, name: str, *values: ArrayLike) -> Array:
        d = len(self.laws)
        given = [np.broadcast_to(v, np.broadcast_shapes(np.shape(v), (d,))) for v in values]
        each = [getattr(law, name)(*(v[..., j] for v in given)) for j, law in enumerate(self.laws)]
        return np.stack(each, axis=-1)


class CountsWithZeros(ZerosDistribution):
    """The same of counts."""

    @property
    def at_zero(self) -> Array:
        return self.law.pmf(0)

    def logpmf(self, x: ArrayLike) -> Array:
        """Log probability of counts."""
        return np.where(np.asarray(x) == 0, self.log_zero, self.log_factor + self.law.logpmf(x))

    def pmf(self, x: ArrayLike) -> Array:
        """Probability of counts."""
        return np.exp(self.logpmf(x))


class NumbersWithZeros(ZerosDistribution):
    """The same of numbers: 0 has a probability, and all others a density."""

    @classmethod
    def of_columns(cls, laws: Sequence[Any], log_zero: Array, log_factor: Array) -> Self:
        """Of a law for each column, of which there may be one."""
        if len(laws) == 1:
            return cls(laws[0], log_zero[0], log_factor[0])
        return cls(OfColumns(laws), log_zero, log_factor)

    def logpdf(self, x: ArrayLike) -> Array:
        """Log density of numbers, and at 0 its log probability."""
        x = np.asarray(x)
        elsewhere = np.where(x == 0, 0.5, x)  # where the law may have no density at 0
        return np.where(x == 0, self.log_zero, self.log_factor + self.law.logpdf(elsewhere))

    def pdf(self, x: ArrayLike) -> Array:
        """Density of numbers, and at 0 its probability."""
        return np.exp(self.logpdf(x))
