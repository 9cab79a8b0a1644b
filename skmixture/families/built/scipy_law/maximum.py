"""Weighted maximum likelihood of scipy's distributions: sums over rows, and a climb."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skmixture.families.built.scipy_law.differences import Differences
from skmixture.numerics.solvers import Expansion, climb_together

if TYPE_CHECKING:
    from skmixture.families.built.scipy_law.family import FromScipy

__all__ = ["Likelihood"]

Array = NDArray[np.floating]

# Densities that are computed at a time: arrays of so many stay in the cache.
STRETCH = 32_768
LEAST_ROWS = 256
# A coordinate is at its bound where it is no farther from it than this.
CLOSE = 1e-9


class Likelihood:
    """Weighted log-likelihoods of one law for each member, component and column.

    Coordinates z are (B, K, d, q), unconstrained.

    Parameters
    ----------
    law : FromScipy
    x : ndarray of shape (1 or B, 1 or K, d, n)
    resp : ndarray of shape (B, K, n)
    held : ndarray of bool of shape (K, d, q), optional
        Coordinates that do not move in a climb.
    tied : sequence of bool of length q, optional
        Which all components share.
    log_prior : callable z -> (B, K, d, q), optional
        Log densities of the priors of each coordinate.
    """

    def __init__(
        self,
        law: FromScipy,
        x: Array,
        resp: Array,
        held: NDArray[np.bool_] | None = None,
        tied: Sequence[bool] = (),
        log_prior: Callable[[Array], Array] | None = None,
    ) -> None:
        self._law, self._x, self._resp = law, x, resp
        self.held = np.zeros(1, dtype=bool) if held is None else held
        self._tied, self._log_prior = tied, log_prior

    def value(self, z: Array) -> Array:
        """Log-likelihoods (B, K, d); rows of no weight do not count."""
        total = np.zeros(z.shape[:-1])
        for j, differences, resp in self._stretches(z):
            total[:, :, j] += differences.value(resp)
        if self._log_prior is not None:
            total += self._log_prior(z).sum(axis=-1)
        return _bounded(total)

    def expansion(self, z: Array) -> Expansion:
        """The same with derivatives; a coordinate at its bound does not go beyond."""
        sums = np.zeros(z.shape[:-1]), np.zeros(z.shape), np.zeros((*z.shape, z.shape[-1]))
        for j, differences, resp in self._stretches(z):
            for total, part in zip(sums, differences.expansion(resp), strict=True):
                total[:, :, j] += part
        value, gradient, hessian = sums
        if self._log_prior is not None:
            self._add_prior(self._log_prior, z, value, gradient, hessian)
        low, high = self._law.limits
        stuck = (z >= high - CLOSE) & (gradient > 0) | (z <= low + CLOSE) & (gradient < 0)
        return _without(stuck, Expansion(_bounded(value), gradient, hessian))

    def _add_prior(
        self,
        log_prior: Callable[[Array], Array],
        z: Array,
        value: Array,
        gradient: Array,
        hessian: Array,
    ) -> None:
        """Each coordinate has a prior by itself: all derivatives by the same three points."""
        step = self._law.steps(z)
        below, here, above = (log_prior(z + side * step) for side in (-1, 0, 1))
        value += here.sum(axis=-1)
        gradient += (above - below) / (2 * step)
        hessian += ((above - 2 * here + below) / step**2)[..., None] * np.eye(z.shape[-1])

    def _stretches(self, z: Array) -> Iterator[tuple[int, Differences, Array]]:
        """Some rows of a column at a time, with their responsibilities."""
        B, K, n = self._resp.shape
        step = max(LEAST_ROWS, STRETCH // (B * K))
        for j in range(z.shape[2]):
            for begin in range(0, n, step):
                rows = slice(begin, begin + step)
                differences = Differences(self._law, self._x[:, :, j, rows], z[:, :, j], j)
                yield j, differences, self._resp[..., rows]

    def climbed(self, z: Array, most_steps: int, here: Expansion | None = None) -> Array:
        """Coordinates that are no lower, some steps on; `here` is the expansion at z, if known."""
        return climb_together(
            lambda z: _without(self.held, self.expansion(z)),
            z,
            self._tied,
            most_steps,
            here=None if here is None else _without(self.held, here),
            value=self.value,
        )


def _bounded(value: Array) -> Array:
    """A density without bound is no maximum."""
    return np.where(value < np.inf, value, -np.inf)


def _without(held: NDArray[np.bool_], each: Expansion) -> Expansion:
    """Expansions in the coordinates (..., q) that are not held."""
    free = ~(held[..., :, None] | held[..., None, :])
    return Expansion(
        each.value, np.where(held, 0.0, each.gradient), np.where(free, each.hessian, 0.0)
    )
