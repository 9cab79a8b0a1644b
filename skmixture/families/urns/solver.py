"""M-steps of Pólya's urns: concentrations of which the expected log-likelihood is largest.

By urn that is ``sum_c f_c(a_c) - h(A)``, A being the sum of the a_c, with f_c
and h concave. Few colours climb it by Newton's steps, in logs and together
with all that ties bind to them. Of many colours each is, at a given slope of
h, the root of a decreasing function; the slope is that at the sum of the
roots, which leaves one equation in A. Gamma priors add a concave term to each
f_c, and join its slopes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.families.negative_binomial.grid import Tails
from skmixture.families.pull import Pull
from skmixture.numerics.solvers import Expansion, climb_logs, decreasing_root

__all__ = [
    "LEAST_TOTAL",
    "SMALLEST",
    "Sums",
    "Urns",
    "minorised",
    "pulled_bends",
    "pulled_slopes",
    "stepped",
]

Array = NDArray[np.floating]

# A colour that a component never shows keeps this concentration, so that its log is finite.
SMALLEST = 1e-100
LEAST_TOTAL = 1e-8
# Up to so many colours are climbed with together.
FEW_COLOURS = 6
# A step by slopes and curvatures alone multiplies no concentration by more than e to this.
LONGEST = 2.0
TINY = np.finfo(float).tiny


class Sums(NamedTuple):
    """A sum over the tails, of colours and of urns, each (B, K, c, g)."""

    colours: Array
    urns: Array


def pulled_slopes(slopes: Sums, a: Array, pull: Pull) -> Sums:
    """Slopes at `a` with those of the priors; what does not rise counts to the urns."""
    return Sums(slopes.colours + pull.power / a, slopes.urns + pull.rate)


def pulled_bends(bends: Sums, a: Array, pull: Pull) -> Sums:
    """The same of curvatures, less their sign."""
    return Sums(bends.colours + pull.power / a**2, bends.urns)


@dataclass(frozen=True)
class Urns:
    """The expected log-likelihood of urns, by the tails of their counts.

    Attributes
    ----------
    tails : Tails
        Of the columns of draws, c g + g.
    pool, hold : callable
        Add up tied entries, and put in held ones, of arrays (B, K, c, g).
    tied : ndarray of bool of shape (c,)
        Colours whose concentrations all components share; all or none of more
        than a few.
    most : ndarray of shape (g,)
        Largest sums of concentrations.
    pull : Pull
        Of the priors, (1, K, c, g).
    """

    tails: Tails
    pool: Callable[[Array], Array]
    hold: Callable[[Array], Array]
    tied: NDArray[np.bool_]
    most: Array
    pull: Pull

    def maximise(self, start: Array) -> Array:
        """Concentrations (B, K, c, g) from first ones, at which the likelihood is no lower."""
        if len(self.tied) <= FEW_COLOURS:
            return self._climbed(start)
        found = self._by_total(start)
        higher = self._value(found) >= self._value(start)
        return np.where(higher[:, None, None, None], found, start)

    def _sums(self, function: Callable[[Array, Array], Array], a: Array, total: Array) -> Sums:
        flat = np.concatenate([a.reshape(*a.shape[:2], -1), total], axis=-1)
        sums, n_urns = self.tails.sum_of(function, flat), a.shape[-1]
        urns = np.broadcast_to(sums[..., None, -n_urns:], a.shape)
        return Sums(sums[..., :-n_urns].reshape(a.shape), urns)

    def _slopes(self, a: Array, total: Array) -> Sums:
        return pulled_slopes(self._sums(lambda u, size: 1 / (size + u), a, total), a, self.pull)

    def _bends(self, a: Array, total: Array) -> Sums:
        """Curvatures, less their sign."""
        return pulled_bends(self._sums(lambda u, size: (size + u) ** -2, a, total), a, self.pull)

    def _value(self, a: Array) -> Array:
        """The expected log-likelihood (B,), but for a constant."""
        return self._values(a).sum(axis=(1, 2))

    def _values(self, a: Array) -> Array:
        """The same (B, K, g) of each component and urn."""
        logs = self._sums(lambda u, size: np.log(size + u), a, a.sum(axis=-2))
        return logs.colours.sum(axis=-2) - logs.urns[..., 0, :] + self.pull.value(a).sum(axis=-2)

    # -- few colours -----------------------------------------------------------

    def _climbed(self, start: Array) -> Array:
        def expansion(a: Array) -> Expansion:
            by_urn, a = a, np.moveaxis(a, 3, 2)  # (B, K, g, c) and (B, K, c, g)
            slopes, bends = self._slopes(a, a.sum(axis=-2)), self._bends(a, a.sum(axis=-2))
            gradient = a * (slopes.colours - slopes.urns)
            diagonal = np.moveaxis(gradient - a**2 * bends.colours, 2, 3)
            hessian = diagonal[..., None] * np.eye(a.shape[-2])
            hessian += bends.urns[..., 0, :, None, None] * by_urn[..., None] * by_urn[..., None, :]
            return Expansion(self._values(a), np.moveaxis(gradient, 2, 3), hessian)

        by_urn = np.moveaxis(start, 2, 3)
        held = np.moveaxis(self.hold(np.full(start.shape, np.nan)), 2, 3)
        found = climb_logs(expansion, by_urn, held, self.tied, SMALLEST, self.most[:, None])
        return np.moveaxis(found, 3, 2)

    # -- many colours ----------------------------------------------------------

    def _roots(self, urn_slope: Array, start: Array) -> tuple[Array, Array]:
        """Where the slopes of f are those given, and how fast that place moves with them."""
        nothing = np.ones((*start.shape[:2], start.shape[-1]))  # of the urns no sum is asked
        seen = self.pool(self._slopes(start, nothing).colours) > 0

        def excess(log_a: Array) -> tuple[Array, Array]:
            a = np.exp(log_a)
            slope = np.maximum(self.pool(self._slopes(a, nothing).colours), TINY)
            bend = self.pool(self._bends(a, nothing).colours)
            value = np.log(slope / np.maximum(urn_slope, TINY))
            return np.where(seen, value, 0.0), -a * bend / slope

        high = np.log(self.most) + 2.0
        a = np.exp(decreasing_root(excess, np.log(start), np.log(SMALLEST), high))
        a = np.where(seen, a, SMALLEST)
        bend = np.maximum(self.pool(self._bends(a, nothing).colours), TINY)
        free = seen & np.isnan(self.hold(np.full(start.shape, np.nan)))
        return self.hold(a), np.where(free, -1 / bend, 0.0)

    def _by_total(self, start: Array) -> Array:
        here = start

        def excess(log_total: Array) -> tuple[Array, Array]:
            nonlocal here
            total = np.exp(log_total)
            urn_slope = self.pool(self._slopes(here, total).urns)
            urn_bend = self.pool(self._bends(here, total).urns)
            here, moved = self._roots(urn_slope, here)
            found = here.sum(axis=-2)
            slope = -(moved * urn_bend).sum(axis=-2) * total / found - 1
            return np.log(found) - log_total, np.minimum(slope, -1e-12)

        log_total = np.log(np.clip(start.sum(axis=-2), LEAST_TOTAL, self.most))
        total = np.exp(decreasing_root(excess, log_total, np.log(LEAST_TOTAL), np.log(self.most)))
        a, _ = self._roots(self.pool(self._slopes(here, total).urns), here)
        return self.hold(a * np.minimum(self.most / a.sum(axis=-2), 1.0)[..., None, :])


def minorised(a: Array, slopes: Sums) -> Array:
    """Concentrations that cannot lower the likelihood, by slopes at `a` (Minka 2000).

    From "Estimating a Dirichlet distribution": f is minorised by a multiple
    of the logarithm, h majorised by its tangent.
    """
    return np.asarray(a * slopes.colours / np.maximum(slopes.urns, TINY))


def stepped(a: Array, slopes: Sums, bends: Sums, free: NDArray[np.bool_]) -> Array:
    """Concentrations (B, K, c, g) by a step of Newton's in logs, or by `minorised`.

    The matrix of second derivatives is diagonal but for a product, so that it
    need not be made.
    """
    gradient = a * (slopes.colours - slopes.urns)
    depth = a**2 * bends.colours - gradient  # the diagonal, less its sign
    inverse = np.where(free & (depth > 0), 1 / np.where(depth > 0, depth, 1.0), 0.0)
    room = 1 - bends.urns * (a**2 * inverse).sum(axis=-2, keepdims=True)
    along = (a * inverse * gradient).sum(axis=-2, keepdims=True)
    step = inverse * (gradient + a * bends.urns * along / np.where(room > 0, room, 1.0))
    concave = (~free | (depth > 0)).all(axis=-2, keepdims=True) & (room > 0)
    by_newton = a * np.exp(np.clip(step, -LONGEST, LONGEST))
    return np.where(concave, by_newton, minorised(a, slopes))
