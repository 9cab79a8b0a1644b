"""The M-step of Weibull laws: steps on a likelihood that is known by its derivatives.

With ``l = log(x / s)`` about the scale s that rows are gathered with, and
``M(c) = sum of exp(c l)``, the expected log-likelihood of a shape c is
``n log c + c sum l`` less ``n log M(c)`` at the best scale, or less M(c) at the
given one. The last term has third derivatives of at most R times its second,
where R bounds the logarithms' range (generalised self-concordance: Bach 2010,
Electronic Journal of Statistics 4, 384-414). So it is known how far a step
may go.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.solvers import decreasing_root

__all__ = ["Tilted", "excess_growth", "guarded_shapes", "newton_shapes", "shared_log_scales"]

Array = NDArray[np.floating]

TINY = float(np.finfo(float).tiny)


class Tilted(NamedTuple):
    """Sums over the rows about given scales and shapes, each (B, K, d).

    Attributes
    ----------
    n, log : of 1, and of l
    y, yl, yll : of ``exp(c l)``, and times l and its square
    """

    n: Array
    log: Array
    y: Array
    yl: Array
    yll: Array

    @property
    def tilt(self) -> Array:
        """Mean of l by the weights ``exp(c l)``, the slope of log M."""
        return self.yl / self.y

    @property
    def spread(self) -> Array:
        """Variance of l by these weights, the curvature of log M."""
        return np.maximum(self.yll / self.y - self.tilt**2, 0.0)

    def about(self, shapes: Array, moved: Array) -> Self:
        """The same about scales whose logarithms are higher by `moved`."""
        factor = np.exp(-shapes * moved)
        return type(self)(
            self.n,
            self.log - self.n * moved,
            factor * self.y,
            factor * (self.yl - moved * self.y),
            factor * (self.yll - 2 * moved * self.yl + moved**2 * self.y),
        )

    def pooled(self) -> Self:
        """Those of all components together, for each of them."""
        return type(self)(*(np.broadcast_to(v.sum(axis=1, keepdims=True), v.shape) for v in self))


def newton_shapes(shapes: Array, n: Array, slope: Array, curvature: Array) -> Array:
    """Shapes at which ``n / c + slope - curvature (c - shapes)`` vanishes."""
    b = slope + curvature * shapes
    root = np.sqrt(b**2 + 4 * curvature * n)
    return np.where(
        b > 0, (b + root) / np.maximum(2 * curvature, TINY), 2 * n / np.maximum(root - b, TINY)
    )


def guarded_shapes(
    shapes: Array, n: Array, slope: Array, curvature: Array, reach: Array, towards: Array
) -> Array:
    """The same, the curvature growing as fast as it can: on the way `towards` Newton's shapes.

    With growth ``exp(reach |c - shapes|)`` of the curvature the step raises a
    lower bound of the likelihood.
    """

    def bound(c: Array) -> tuple[Array, Array]:
        step = c - shapes
        grown = np.expm1(reach * np.abs(step))
        pull = np.where(grown > 0, np.sign(step) * grown / reach, step)
        return n / c + slope - curvature * pull, -n / c**2 - curvature * (1 + grown)

    low, high = np.minimum(shapes, towards), np.maximum(shapes, towards)
    return decreasing_root(bound, shapes, low, high)


def excess_growth(step: Array, reach: ArrayLike) -> Array:
    """``(exp(u) - 1 - u) / reach^2`` for ``u = reach |step|``, half the step squared at reach 0."""
    u = np.minimum(reach * np.abs(step), 700.0)
    near = 0.5 + u / 6 + u**2 / 24
    far = np.maximum(u, 1e-3)
    return step**2 * np.where(u < 1e-3, near, (np.expm1(far) - far) / far**2)


def shared_log_scales(sums: Tilted, shapes: Array) -> Array:
    """How much higher the logarithm of one scale for all components is than that of the sums."""
    own = np.log(np.maximum(sums.y, TINY) / sums.n) / shapes
    low, high = (
        np.broadcast_to(f(own, axis=1, keepdims=True), own.shape) for f in (np.min, np.max)
    )
    total = (sums.n * shapes).sum(axis=1, keepdims=True)

    def slope(moved: Array) -> tuple[Array, Array]:
        y = shapes * sums.y * np.exp(-shapes * moved)
        value = y.sum(axis=1, keepdims=True) / total - 1
        derivative = -(shapes * y).sum(axis=1, keepdims=True) / total
        return np.broadcast_to(value, own.shape), np.broadcast_to(derivative, own.shape)

    return decreasing_root(slope, low, low, high)
