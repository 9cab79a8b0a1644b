"""The M-step of Weibull laws: steps on a likelihood that is known by its derivatives.

With ``l = log(x / s)`` about the scale s that rows are gathered with, and
``M(c) = sum of exp(c l)``, the expected log-likelihood of a shape c is
``n log c + c sum l`` less ``n log M(c)`` at the best scale, or less M(c) at the
given one. The last term has third derivatives of at most R times its second,
where R bounds the logarithms' range (generalised self-concordance: Bach 2010,
Electronic Journal of Statistics 4, 384-414), and is convex: it is known how
far a step may go, and that one may go twice as far up where the chord to 2 c
says so. A gamma prior of shapes adds ``power log c - rate c``, and so joins n
and ``sum l``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.law.constraints import Constraints
from skmixture.numerics.solvers import decreasing_root

__all__ = ["SMALLEST_SHAPE", "Tilted", "best_log_scales", "stepped"]

Array = NDArray[np.floating]

SMALLEST_SHAPE = 1e-10
TINY = float(np.finfo(float).tiny)
# Exponents are cut here.
LONGEST = 600.0


class Tilted(NamedTuple):
    """Sums over the rows about given scales and shapes, each (B, K, d).

    Attributes
    ----------
    n, log : of 1, and of l
    y, yl, yll : of ``exp(c l)``, and times l and its square
    yy : of ``exp(2 c l)``
    """

    n: Array
    log: Array
    y: Array
    yl: Array
    yll: Array
    yy: Array

    @property
    def tilt(self) -> Array:
        """Mean of l by the weights ``exp(c l)``, the slope of log M."""
        return self.yl / self.y

    @property
    def spread(self) -> Array:
        """Variance of l by these weights, the curvature of log M."""
        return np.maximum(self.yll / self.y - self.tilt**2, 0.0)

    def chord(self, shapes: Array) -> Array:
        """The slope of log M from the shapes c to 2 c, no less than its own in between."""
        return np.log(self.yy / self.y) / shapes

    def about(self, shapes: Array, moved: Array) -> Self:
        """The same about scales whose logarithms are higher by `moved`."""
        factor = np.exp(-shapes * moved)
        return type(self)(
            self.n,
            self.log - self.n * moved,
            factor * self.y,
            factor * (self.yl - moved * self.y),
            factor * (self.yll - 2 * moved * self.yl + moved**2 * self.y),
            factor**2 * self.yy,
        )

    def pooled(self) -> Self:
        """Those of all components together, for each of them."""
        return type(self)(*(np.broadcast_to(v.sum(axis=1, keepdims=True), v.shape) for v in self))


def stepped(
    sums: Tilted,
    shapes: Array,
    given: NDArray[np.bool_],
    constraints: Constraints,
    most: Array,
    reach: Array | None,
    prior: tuple[Array | float, ...] = (0.0, 0.0),
) -> tuple[Array, Callable[[Array], Array]]:
    """New shapes, of at most `most`, and how much log M grows up to these or others.

    Parameters
    ----------
    sums : Tilted
    shapes : ndarray of shape (B, K, d)
        Those of the sums.
    given : ndarray of bool broadcastable to (B, K, d)
        Where the scale is given, and not to be the best.
    constraints : Constraints
    most : ndarray of shape (d,)
    reach : ndarray of shape (B, K, d), optional
        R, for a step that cannot descend; without it the step is Newton's.
    prior : (ndarray, ndarray)
        Power and rate of that of shapes.
    """
    n, log = sums.n + prior[0], sums.log - prior[1]
    slope = log - np.where(given, sums.yl, sums.n * sums.tilt)
    curvature = np.where(given, sums.yll, sums.n * sums.spread)
    n, slope, curvature = (constraints.pool("shapes", s) for s in (n, slope, curvature))
    new = np.clip(_newton(shapes, n, slope, curvature), SMALLEST_SHAPE, most)
    if reach is None:
        return new, lambda c: _growth(sums, c - shapes, 0.0)
    if "shapes" in constraints.tied:
        reach = np.broadcast_to(reach.max(axis=1, keepdims=True), reach.shape)
    new = _guarded(shapes, n, slope, curvature, reach, new)
    double = np.minimum(2 * shapes, most)
    chord = np.where(given, (sums.yy - sums.y) / shapes, sums.n * sums.chord(shapes))
    rises = n / double + constraints.pool("shapes", log - chord) >= 0
    doubles = rises & (double > new)

    def growth(c: Array) -> Array:
        by_chord = sums.chord(shapes) * (c - shapes)
        return np.where(doubles, by_chord, _growth(sums, c - shapes, reach))

    return np.where(doubles, double, new), growth


def _growth(sums: Tilted, step: Array, reach: ArrayLike) -> Array:
    """The most that log M can grow."""
    return sums.tilt * step + sums.spread * _excess_growth(step, reach)


def _newton(shapes: Array, n: Array, slope: Array, curvature: Array) -> Array:
    """Shapes at which ``n / c + slope - curvature (c - shapes)`` vanishes."""
    b = slope + curvature * shapes
    root = np.sqrt(b**2 + 4 * curvature * n)
    return np.where(
        b > 0, (b + root) / np.maximum(2 * curvature, TINY), 2 * n / np.maximum(root - b, TINY)
    )


def _guarded(
    shapes: Array, n: Array, slope: Array, curvature: Array, reach: Array, towards: Array
) -> Array:
    """The same, the curvature growing as fast as it can: on the way `towards` Newton's shapes.

    With growth ``exp(reach |c - shapes|)`` of the curvature the step raises a
    lower bound of the likelihood.
    """
    gradient = n / shapes + slope
    # with w = (exp(reach |step|) - 1) / reach, and the sign of the step, it is nearly straight
    safe = np.maximum(reach, TINY)
    most = np.expm1(np.minimum(safe * np.abs(towards - shapes), LONGEST)) / safe
    with np.errstate(over="ignore"):
        end = np.sign(gradient) * np.minimum(most, np.abs(gradient) / np.maximum(curvature, TINY))

    def at(w: Array) -> Array:
        return shapes + np.sign(w) * np.log1p(safe * np.abs(w)) / safe

    def bound(w: Array) -> tuple[Array, Array]:
        c = at(w)
        return n / c + slope - curvature * w, -n / c**2 / (1 + safe * np.abs(w)) - curvature

    low, high = np.minimum(end, 0.0), np.maximum(end, 0.0)
    found = at(decreasing_root(bound, end, low, high))
    return np.clip(found, np.minimum(shapes, towards), np.maximum(shapes, towards))


def _excess_growth(step: Array, reach: ArrayLike) -> Array:
    """``(exp(u) - 1 - u) / reach^2`` for ``u = reach |step|``, half the step squared at reach 0."""
    u = np.minimum(reach * np.abs(step), LONGEST)
    near = 0.5 + u / 6 + u**2 / 24
    far = np.maximum(u, 1e-3)
    return step**2 * np.where(u < 1e-3, near, (np.expm1(far) - far) / far**2)


def best_log_scales(
    sums: Tilted,
    shapes: Array,
    constraints: Constraints,
    total: Array | float = 0.0,
    rows: Array | float = 0.0,
) -> Array:
    """How much higher the logarithms of the best scales at the shapes are than those of the sums.

    A prior of scales adds ``-rows moved - total exp(-moved)`` to the likelihood. The equation is
    solved by logarithms, in which it is straight where one term is by far the largest.
    """
    own = np.log(np.maximum(sums.y, TINY) / sums.n) / shapes
    with np.errstate(divide="ignore", invalid="ignore"):
        of_prior = np.where(np.equal(rows, 0), own, np.log(total) - np.log(rows))
    low, high = np.minimum(own, of_prior), np.maximum(own, of_prior)
    if "scales" in constraints.tied:
        low, high = low.min(axis=1, keepdims=True), high.max(axis=1, keepdims=True)
    low, high = (np.broadcast_to(bound, own.shape) for bound in (low, high))
    log_n = np.log(constraints.pool("scales", sums.n * shapes + rows))
    with np.errstate(divide="ignore"):
        log_y, log_total = np.log(shapes * np.maximum(sums.y, TINY)), np.log(total)

    def excess(moved: Array) -> tuple[Array, Array]:
        of_rows, of_prior = log_y - shapes * moved, log_total - moved
        terms = np.logaddexp(of_rows, of_prior)
        top = terms.max(axis=1, keepdims=True) if "scales" in constraints.tied else terms
        whole = top + np.log(constraints.pool("scales", np.exp(terms - top)))
        falls = shapes * np.exp(of_rows - whole) + np.exp(of_prior - whole)
        return whole - log_n, -constraints.pool("scales", falls)

    return decreasing_root(excess, low, low, high)
