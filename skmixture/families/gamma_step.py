"""The M-step of gamma laws: shapes and scales, each free, held or shared."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.constraints import Constraints
from skmixture.solvers import decreasing_root
from skmixture.special import inverse_digamma, log_less_digamma, trigamma_excess

__all__ = ["SMALLEST_SHAPE", "Moments", "maximum"]

Array = NDArray[np.floating]

# A shape is no less than this, where half of all logarithms lie below -1e9.
SMALLEST_SHAPE = 1e-10


class Moments(NamedTuple):
    """Of the rows of each component and column, (B, K, d).

    Attributes
    ----------
    n : mass
    mean
    gap : logarithm of the mean, less the mean of the logarithms
    """

    n: Array
    mean: Array
    gap: Array

    @property
    def mean_log(self) -> Array:
        return np.log(self.mean) - self.gap

    def pooled(self) -> Self:
        """Those of all components together."""
        share = self.n / self.n.sum(axis=1, keepdims=True)
        mean = (share * self.mean).sum(axis=1, keepdims=True)
        gap = (share * (self.gap + np.log(mean / self.mean))).sum(axis=1, keepdims=True)
        whole = self.n.sum(axis=1, keepdims=True), mean, gap
        return type(self)(*(np.broadcast_to(value, self.n.shape) for value in whole))


def maximum(moments: Moments, constraints: Constraints, most: Array | float) -> tuple[Array, Array]:
    """Shapes and scales (B, K, d) of largest likelihood, shapes of at most `most` (d,).

    At the best scale, which is the mean over the shape, a shape a solves
    ``log a - psi(a) = gap``; at a given scale, ``psi(a) = mean_log - log(scale)``.
    The likelihood is concave in shape and inverse scale, so a shared value
    lies between those that the components would have each by itself.
    """
    n = moments.n
    given = np.broadcast_to(constraints.fixed.get("scales", np.nan), n.shape)
    shares_shapes, shares_scales = (name in constraints.tied for name in ("shapes", "scales"))
    if shares_shapes and shares_scales:
        moments = moments.pooled()
    own = _own_shapes(moments, given, most)
    shapes = own
    if shares_shapes and not shares_scales:
        shapes = _shared_shapes(moments, given, own)
    elif shares_scales and not shares_shapes:
        held = np.broadcast_to(constraints.fixed.get("shapes", np.nan), n.shape)
        shapes = np.where(np.isnan(given), _at_shared_scale(moments, held, own, most), own)
    shapes = constraints.hold("shapes", shapes)
    total = constraints.pool("scales", n * moments.mean)
    scales = total / constraints.pool("scales", n * shapes)
    return shapes, constraints.hold("scales", scales)


def _own_shapes(moments: Moments, given: Array, most: Array | float) -> Array:
    """The shape of each component by itself."""
    gap = np.maximum(moments.gap, log_less_digamma(most))
    # Minka (2002), "Estimating a gamma distribution", to one part in 60
    start = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)

    def excess(a: Array) -> tuple[Array, Array]:
        # of inverses, which are all but straight
        left = log_less_digamma(a)
        return 1 / gap - 1 / left, -trigamma_excess(a) / left**2

    shapes = decreasing_root(excess, start, SMALLEST_SHAPE, 2 * np.max(most))
    if not np.isnan(given).all():
        target = moments.mean_log - np.log(given)
        shapes = np.where(np.isnan(given), shapes, inverse_digamma(target))
    return np.clip(shapes, SMALLEST_SHAPE, most)


def _shared_shapes(moments: Moments, given: Array, own: Array) -> Array:
    """One shape for all components, scales being free or given."""
    n, free = moments.n, np.isnan(given)
    at_given = moments.mean_log - np.log(np.where(free, 1.0, given))
    low, high = _range(own)

    def slope(a: Array) -> tuple[Array, Array]:
        left, fall = log_less_digamma(a), trigamma_excess(a)
        value = np.where(free, left - moments.gap, left - np.log(a) + at_given)
        derivative = np.where(free, -fall, -fall - 1 / a)
        return _sum(n * value), _sum(n * derivative)

    return decreasing_root(slope, low, low, high)


def _at_shared_scale(moments: Moments, held: Array, own: Array, most: Array | float) -> Array:
    """The shapes at the one scale that is best for all components."""
    n, free = moments.n, np.isnan(held)
    shapes = np.where(free, own, held)
    low, high = _range(shapes / moments.mean)

    def at(rate: Array) -> Array:
        a = inverse_digamma(moments.mean_log + np.log(rate))
        return np.where(free, np.clip(a, SMALLEST_SHAPE, most), held)

    def slope(rate: Array) -> tuple[Array, Array]:
        a = at(rate)
        moved = np.where(free, 1 / (1 / a + trigamma_excess(a)), 0.0)  # the slope of a in log rate
        total = _sum(n * moments.mean)
        return _sum(n * a) / rate / total - 1, _sum(n * (moved - a)) / rate**2 / total

    return at(decreasing_root(slope, low, low, high))


def _sum(value: Array) -> Array:
    """Over all components, and for each of them."""
    return np.broadcast_to(value.sum(axis=1, keepdims=True), value.shape)


def _range(value: Array) -> tuple[Array, Array]:
    """The least and the largest of the components, for each of them."""
    low, high = value.min(axis=1, keepdims=True), value.max(axis=1, keepdims=True)
    return np.broadcast_to(low, value.shape), np.broadcast_to(high, value.shape)
