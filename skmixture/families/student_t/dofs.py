"""Degrees of freedom: their bounds, and two steps for them.

EM's own is sure to climb, and slow: the latent scales, if they were known,
would tell far more of their law than the rows do. Newton's goes by the
likelihood of the rows themselves, as in ECME (Liu and Rubin 1995), and is
mostly a better one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from skmixture.families.negative_binomial.sizes import log_less_digamma, sizes_with_frailty
from skmixture.families.pull import Pull
from skmixture.families.student_t.latent import Seen
from skmixture.law.constraints import Constraints
from skmixture.law.family import Arrays
from skmixture.numerics.solvers import decreasing_root
from skmixture.numerics.special import log1pmx

__all__ = [
    "LEAST", "MOST", "START", "TINY", "clipped", "maximal_dofs", "slope_of_dofs", "stepped_dofs",
]  # fmt: skip

Array = NDArray[np.floating]

# Below the least, one row of ten can make the likelihood infinite (Fernandez and Steel 1999,
# Biometrika 86, 153-167); beyond the most, log densities differ from a Gaussian's by 1e-8.
LEAST, MOST = 0.1, 1e8
# Of the first M-step, which knows no distances: tails that far rows fit into.
START = 4.0
# A step multiplies them by no more than this, nor divides; but from here on the likelihood is so
# straight in their inverse that a step may lead all the way to 0.
FARTHEST, STRAIGHT = 8.0, 50.0
TINY = float(np.finfo(float).tiny)
# Components of less mass count as having this.
LEAST_MASS = 1e-100


def clipped(dofs: Array) -> Array:
    """Degrees of freedom within their bounds."""
    return np.clip(dofs, LEAST, MOST)


def maximal_dofs(
    stats: Arrays,
    seen: Seen,
    dofs: Array,
    expansion: Array,
    constraints: Constraints,
    pull: Pull,
) -> Array:
    """The degrees of freedom (B, K) that maximise the expected log-likelihood.

    With u the latent scale and ``1 + expansion`` its maximal mean, the
    equation is ``log r - psi(r) = mean of E v - 1 - E log v`` for
    ``r = dofs / 2`` and ``v = u / (1 + expansion)``. Written so that nothing
    of order 1 cancels: for many degrees of freedom all of it is small. The
    `pull` of a gamma prior adds ``power / (n r)`` to the left and twice its
    rate by n to the right.
    """
    n = stats["n"]
    rise = _per_row(stats["scaled"] - n, n)
    gap = _per_row(stats["gap"], n) + log1pmx(expansion)
    gap = gap - (rise - expansion) * expansion / (1 + expansion)
    of_latent = seen.mass * log_less_digamma(seen.shapes(dofs))
    gap = n * gap + of_latent.sum(axis=-1) + 2 * pull.rate
    power = np.broadcast_to(pull.power, n.shape)
    gap, n, power = (constraints.pool("dofs", sums) for sums in (gap, n, power))
    gap = np.maximum(_per_row(gap, n), 1 / MOST)
    return clipped(2 * _sizes(gap, _per_row(power, n)))


def stepped_dofs(
    stats: Arrays, seen: Seen, dofs: Array, constraints: Constraints, pull: Pull
) -> Array:
    """One guarded step (B, K) of Newton's method in the inverse of the degrees of freedom."""
    slope = slope_of_dofs(stats, seen, dofs) + pull.power - pull.rate * dofs
    slope = constraints.pool("dofs", slope)
    shapes = seen.shapes(dofs)
    bend = seen.mass * (_bend(0.5 * dofs)[..., None] - _bend(shapes)) + 0.5 * seen.squares / shapes
    bend = constraints.pool("dofs", 0.5 * dofs**2 * bend.sum(axis=-1) - pull.power)
    # by the inverse the second derivative is a positive multiple of this
    bend = bend + 2 * slope
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(bend < 0, 1 + slope / bend, np.where(slope > 0, 0.0, np.inf))
        factor = np.where(slope == 0, 1.0, factor)
        least = np.where(dofs > STRAIGHT, 0.0, 1 / FARTHEST)
        return clipped(dofs / np.clip(factor, least, FARTHEST))


def slope_of_dofs(stats: Arrays, seen: Seen, dofs: Array) -> Array:
    """Derivative (B, K) of the log-likelihood by the logarithm of the degrees of freedom."""
    curvature = log_less_digamma(0.5 * dofs)[..., None] - log_less_digamma(seen.shapes(dofs))
    return 0.5 * dofs * ((seen.mass * curvature).sum(axis=-1) - stats["gap"])


def _bend(r: Array) -> Array:
    """Half the derivative of ``log r - psi(r)``."""
    return np.asarray(0.5 * (1 / r - special.polygamma(1, r)))


def _sizes(gap: Array, pull: Array) -> Array:
    """Where ``log r - psi(r) + pull / r`` is the gap: logarithms make it all but straight."""

    def excess(log_r: Array) -> tuple[Array, Array]:
        r = np.exp(log_r)
        value = log_less_digamma(r) + pull / r
        return np.log(value / gap), (1 - r * special.polygamma(1, r) - pull / r) / value

    low, high = np.log(0.5 * LEAST), np.log(0.5 * MOST)
    return np.exp(decreasing_root(excess, np.log(sizes_with_frailty(gap, pull)), low, high))


def _per_row(sums: Array, n: Array) -> Array:
    return np.asarray(sums / np.maximum(n, LEAST_MASS))
