"""The M-step of gamma laws: shapes and scales, each free, held or shared.

A shape's prior adds ``power log a - rate a`` to the likelihood, a scale's
``-rows log s - total / s``: the sum is still concave in shape and inverse scale.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.law.constraints import Constraints
from skmixture.numerics.solvers import decreasing_root
from skmixture.numerics.special import inverse_digamma, log_less_digamma, trigamma_excess

__all__ = ["SMALLEST_SHAPE", "Moments", "maximum"]

Array = NDArray[np.floating]

# A shape is no less than this, where half of all logarithms lie below -1e9.
SMALLEST_SHAPE = 1e-10


class Moments(NamedTuple):
    """Of the rows of each component and column, (B, K, d), and numbers of the priors.

    Attributes
    ----------
    n : mass
    mean
    gap : logarithm of the mean, less the mean of the logarithms
    power, rate : of the prior of shapes
    total, rows : of the prior of scales
    """

    n: Array
    mean: Array
    gap: Array
    power: Array
    rate: Array
    total: Array
    rows: Array

    @property
    def mean_log(self) -> Array:
        return np.log(self.mean) - self.gap

    @property
    def pull(self) -> Array:
        """Power of the prior of shapes, for each row."""
        return self.power / self.n

    def left(self, a: Array) -> Array:
        """What falls with the shape of the slope by it, for each row, at the best scale."""
        return log_less_digamma(a) + self.pull / a + np.log1p(self.rows / (self.n * a))

    def fall(self, a: Array) -> Array:
        """Derivative of `left`, less its sign."""
        of_scales = self.rows / (self.n * a + self.rows)
        return trigamma_excess(a) + (self.pull / a + of_scales) / a

    @property
    def right(self) -> Array:
        """What does not."""
        return self.gap + self.rate / self.n + np.log1p(self.total / (self.n * self.mean))

    def pooled(self) -> Self:
        """Those of all components together."""
        share = self.n / self.n.sum(axis=1, keepdims=True)
        mean = (share * self.mean).sum(axis=1, keepdims=True)
        gap = (share * (self.gap + np.log(mean / self.mean))).sum(axis=1, keepdims=True)
        priors = self.power, self.rate, self.total, self.rows
        whole = _sum(self.n), mean, gap, *(_sum(value) for value in priors)
        return type(self)(*(np.broadcast_to(value, self.n.shape) for value in whole))


def maximum(moments: Moments, constraints: Constraints, most: Array | float) -> tuple[Array, Array]:
    """Shapes and scales (B, K, d) of largest likelihood, shapes of at most `most` (d,).

    Without priors a shape a solves ``log a - psi(a) = gap`` at the best scale,
    which is the mean over the shape, and ``psi(a) = mean_log - log(scale)`` at
    a given one. The likelihood is concave in shape and inverse scale, so a
    shared value lies between those that the components would have each by itself.
    """
    given = np.broadcast_to(constraints.fixed.get("scales", np.nan), moments.n.shape)
    shares_shapes, shares_scales = (name in constraints.tied for name in ("shapes", "scales"))
    if shares_shapes and shares_scales:
        moments = moments.pooled()
    n = moments.n
    own = _own_shapes(moments, given, most)
    shapes = own
    if shares_shapes and not shares_scales:
        shapes = _shared_shapes(moments, given, own)
    elif shares_scales and not shares_shapes:
        held = np.broadcast_to(constraints.fixed.get("shapes", np.nan), n.shape)
        shapes = np.where(np.isnan(given), _at_shared_scale(moments, held, own, most), own)
    shapes = constraints.hold("shapes", shapes)
    total = constraints.pool("scales", n * moments.mean + moments.total)
    scales = total / constraints.pool("scales", n * shapes + moments.rows)
    return shapes, constraints.hold("scales", scales)


def _own_shapes(moments: Moments, given: Array, most: Array | float) -> Array:
    """The shape of each component by itself."""
    right = np.maximum(moments.right, moments.left(np.asarray(most)))
    # without priors that of Minka (2002), "Estimating a gamma distribution", to one part in 60
    gap = right / (1 + 2 * moments.pull)
    start = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)

    def excess(log_a: Array) -> tuple[Array, Array]:
        a = np.exp(log_a)
        left = moments.left(a)
        return np.log(left / right), -a * moments.fall(a) / left

    low, high = np.log(SMALLEST_SHAPE), np.log(2 * np.max(most))
    shapes = np.exp(decreasing_root(excess, np.log(start), low, high))
    if not np.isnan(given).all():
        target = moments.mean_log - np.log(given) - moments.rate / moments.n
        shapes = np.where(np.isnan(given), shapes, inverse_digamma(target, moments.pull))
    return np.clip(shapes, SMALLEST_SHAPE, most)


def _shared_shapes(moments: Moments, given: Array, own: Array) -> Array:
    """One shape for all components, scales being free or given."""
    n, free = moments.n, np.isnan(given)
    at_given = moments.mean_log - np.log(np.where(free, 1.0, given))
    low, high = _range(own)

    def slope(a: Array) -> tuple[Array, Array]:
        by_log = log_less_digamma(a) - np.log(a) + at_given
        by_prior = moments.pull / a - moments.rate / n
        value = np.where(free, moments.left(a) - moments.right, by_log + by_prior)
        by_given = trigamma_excess(a) + (1 + moments.pull / a) / a
        derivative = np.where(free, -moments.fall(a), -by_given)
        return _sum(n * value), _sum(n * derivative)

    return decreasing_root(slope, low, low, high)


def _at_shared_scale(moments: Moments, held: Array, own: Array, most: Array | float) -> Array:
    """The shapes at the one scale that is best for all components."""
    n, free = moments.n, np.isnan(held)
    shapes = np.where(free, own, held)
    total = _sum(n * moments.mean + moments.total)
    low, high = _range((n * shapes + moments.rows) / (n * moments.mean + moments.total))

    def at(rate: Array) -> Array:
        target = moments.mean_log + np.log(rate) - moments.rate / n
        a = inverse_digamma(target, moments.pull)
        return np.where(free, np.clip(a, SMALLEST_SHAPE, most), held)

    def slope(rate: Array) -> tuple[Array, Array]:
        a = at(rate)
        bend = trigamma_excess(a) + (1 + moments.pull / a) / a
        moved = np.where(free, 1 / bend, 0.0)  # the slope of a in log rate
        seen = n * a + moments.rows
        return _sum(seen) / rate / total - 1, _sum(n * moved - seen) / rate**2 / total

    return at(decreasing_root(slope, low, low, high))


def _sum(value: Array) -> Array:
    """Over all components, and for each of them."""
    return np.broadcast_to(value.sum(axis=1, keepdims=True), value.shape)


def _range(value: Array) -> tuple[Array, Array]:
    """The least and the largest of the components, for each of them."""
    low, high = value.min(axis=1, keepdims=True), value.max(axis=1, keepdims=True)
    return np.broadcast_to(low, value.shape), np.broadcast_to(high, value.shape)
