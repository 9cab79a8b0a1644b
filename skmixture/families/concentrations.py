"""The M-step of Dirichlet's law, and so of the beta law, which is that of two parts.

The concentrations a of total T solve ``psi(a_j) - psi(T) = mean of log x_j``.
Given T each of them is an inverse digamma function, so that one equation is
left, ``sum of a_j(T) = T`` (its fixed point is iterated by Minka 2000,
"Estimating a Dirichlet distribution"; here it is solved by Newton's method).
The likelihood is concave, so there is one solution, also where some of the
concentrations are held. It remains so with gamma priors, which add
``power log a_j - rate a_j`` for each row.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.families.pull import NO_PULL, Pull
from skmixture.numerics.solvers import decreasing_root
from skmixture.numerics.special import inverse_digamma, log_less_digamma, trigamma_excess

__all__ = ["LARGEST", "SMALLEST", "Average", "maximum", "shared_maximum"]

Array = NDArray[np.floating]

# A total beyond which rounding is wider than the law, and a concentration that is all but 0.
LARGEST, SMALLEST = 1e22, 1e-10

# Ratios nearer to 1 than this are computed by what they differ from 1.
NEAR = 0.5


class Average(NamedTuple):
    """The average row, about proportions m with sum 1; each (..., p).

    Attributes
    ----------
    log_proportions
    log_ratio : mean of ``log(x / m)``
    excess : mean of ``x / m - 1``; 0 throughout serves as well, at some loss of digits
    """

    log_proportions: Array
    log_ratio: Array
    excess: Array

    @classmethod
    def of_logs(cls, logs: Array) -> Self:
        """From mean logarithms alone."""
        top = logs.max(axis=-1, keepdims=True)
        total = top + np.log(np.exp(logs - top).sum(axis=-1, keepdims=True))
        return cls(logs - total, np.broadcast_to(total, logs.shape), np.zeros_like(logs))

    @property
    def logs(self) -> Array:
        return self.log_proportions + self.log_ratio


def maximum(
    average: Average, held: Array, start: Array | None = None, pull: Pull = NO_PULL
) -> Array:
    """Concentrations (..., p) of largest likelihood.

    Parameters
    ----------
    average : Average
    held : ndarray of shape (..., p)
        Concentrations that are held, NaN where free.
    start : ndarray of shape (..., p), optional
        A guess of them.
    pull : Pull, optional
        Of gamma priors, for each row.
    """
    _, log_ratio, excess = average
    m = np.exp(average.log_proportions)
    held = np.broadcast_to(held, m.shape)
    free = np.isnan(held)
    least = np.where(free, 0.0, held).sum(axis=-1)
    # where the parts differ little from the proportions: of 1 less the sum of geometric means
    gap = -(m * (np.expm1(log_ratio) - excess)).sum(axis=-1)
    if start is None:
        start = m * ((m.shape[-1] - 1) / (2 * np.maximum(gap, 1 / LARGEST)))[..., None]
    guess = np.maximum(start, SMALLEST)

    def at(total: Array, less: Array) -> Array:
        nonlocal guess  # what was found for a total near by
        logs = average.logs + (np.log(total) - less)[..., None] - pull.rate
        guess = np.maximum(inverse_digamma(logs, pull.power, guess), SMALLEST)
        return np.where(free, guess, held)

    def surplus(total: Array) -> tuple[Array, Array]:
        less, whole = log_less_digamma(total), total[..., None]
        a = at(total, less)
        # of a_j / T over m_j (1 + excess_j), whose sum is 1
        log_rise = log_ratio + log_less_digamma(a) - less[..., None]
        log_rise = log_rise + pull.power / a - pull.rate
        near = free & (np.abs(log_rise) < NEAR)
        rise = np.expm1(np.where(near, log_rise, 0.0))
        value = np.where(near, m * (rise - excess), a / whole - m * (1 + excess)).sum(axis=-1)
        excesses = trigamma_excess(np.concatenate([a, whole], axis=-1))
        fall = excesses[..., :-1] + pull.power / a**2
        bend = whole * excesses[..., -1:] - a * fall
        slope = np.where(free, bend / (1 / a + fall), -a) / whole**2
        return value, slope.sum(axis=-1)

    low = np.maximum(least, SMALLEST)
    total = decreasing_root(surplus, np.clip(start.sum(axis=-1), low, LARGEST), low, LARGEST)
    return at(total, log_less_digamma(total))


def _fall(a: Array, pull: Pull) -> Array:
    """The fall of ``log a - psi(a) + power / a``."""
    return np.asarray(trigamma_excess(a) + pull.power / a**2)


def shared_maximum(
    average: Average, held: Array, n: Array, part: int, pull: Pull = NO_PULL
) -> Array:
    """The same for two parts (B, K, d, 2), one of which all components (axis 1) share.

    The shared value lies between those that the components would have each
    by itself.
    """
    both = maximum(average, held, pull=pull)
    power, rate = (np.broadcast_to(number, both.shape)[..., part] for number in pull)
    own = both[..., part]
    low, high = (
        np.broadcast_to(f(own, axis=1, keepdims=True), own.shape) for f in (np.min, np.max)
    )
    other = 1 - part
    other_is_free = np.broadcast_to(np.isnan(held[..., other]), own.shape)

    def with_shared(value: Array) -> Array:
        given = np.array(np.broadcast_to(held, (*own.shape, 2)))
        given[..., part] = value
        return maximum(average, given, both, pull)

    def slope(value: Array) -> tuple[Array, Array]:
        both = with_shared(value)
        total, a = both.sum(axis=-1), both[..., part]
        gain = average.logs[..., part] - np.log(a / total)
        gain = gain + log_less_digamma(a) - log_less_digamma(total) + power / a - rate
        of_both, of_total = 1 / both + _fall(both, pull), 1 / total + trigamma_excess(total)
        of_a, of_b = of_both[..., part], of_both[..., other]
        follows = np.where(other_is_free, of_b / (of_b - of_total), 1.0)
        sums = (n * gain, n * (of_total * follows - of_a))
        value, derivative = (np.broadcast_to(s.sum(axis=1, keepdims=True), own.shape) for s in sums)
        return value, derivative

    return with_shared(decreasing_root(slope, low, low, high))
