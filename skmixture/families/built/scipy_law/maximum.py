"""Weighted maximum likelihood of scipy's distributions: sums over rows, and a climb."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skmixture.families.built.scipy_law.differences import Differences
from skmixture.solvers import Expansion, climb

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
    """

    def __init__(
        self,
        law: FromScipy,
        x: Array,
        resp: Array,
        held: NDArray[np.bool_] | None = None,
        tied: Sequence[bool] = (),
    ) -> None:
        self._law, self._x, self._resp = law, x, resp
        self.held = np.zeros(1, dtype=bool) if held is None else held
        self._tied = tied

    def value(self, z: Array) -> Array:
        """Log-likelihoods (B, K, d); rows of no weight do not count."""
        total = np.zeros(z.shape[:-1])
        for j, differences, resp in self._stretches(z):
            total[:, :, j] += differences.value(resp)
        return _bounded(total)

    def expansion(self, z: Array) -> Expansion:
        """The same with derivatives; a coordinate at its bound does not go beyond."""
        sums = np.zeros(z.shape[:-1]), np.zeros(z.shape), np.zeros((*z.shape, z.shape[-1]))
        for j, differences, resp in self._stretches(z):
            for total, part in zip(sums, differences.expansion(resp), strict=True):
                total[:, :, j] += part
        value, gradient, hessian = sums
        low, high = self._law.limits
        stuck = (z >= high - CLOSE) & (gradient > 0) | (z <= low + CLOSE) & (gradient < 0)
        return _without(stuck, Expansion(_bounded(value), gradient, hessian))

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
        if any(self._tied):
            return self._climbed_together(z, most_steps, here)
        return climb(
            lambda z: _without(self.held, self.expansion(z)),
            z,
            most_steps,
            here=None if here is None else _without(self.held, here),
            value=self.value,
        )

    def _climbed_together(self, z: Array, most_steps: int, here: Expansion | None) -> Array:
        S = _selection(z.shape[1], self._tied)  # (K, q, Q)

        def spread(u: Array) -> Array:
            return np.einsum("kqu,bdu->bkdq", S, u)

        def together(each: Expansion) -> Expansion:
            own = _without(self.held, each)
            return Expansion(
                own.value.sum(axis=1),
                np.einsum("kqu,bkdq->bdu", S, own.gradient),
                np.einsum("kqu,bkdqr,krv->bduv", S, own.hessian, S),
            )

        u = climb(
            lambda u: together(self.expansion(spread(u))),
            np.einsum("kqu,bkdq->bdu", S, z) / S.sum(axis=(0, 1)),
            most_steps,
            here=None if here is None else together(here),
            value=lambda u: self.value(spread(u)).sum(axis=1),
        )
        return spread(u)


def _bounded(value: Array) -> Array:
    """A density without bound is no maximum."""
    return np.where(value < np.inf, value, -np.inf)


def _without(held: NDArray[np.bool_], each: Expansion) -> Expansion:
    """Expansions in the coordinates (..., q) that are not held."""
    free = ~(held[..., :, None] | held[..., None, :])
    return Expansion(
        each.value, np.where(held, 0.0, each.gradient), np.where(free, each.hessian, 0.0)
    )


def _selection(n_components: int, tied: Sequence[bool]) -> Array:
    """Which common coordinate (K, q, Q) is each of the components'."""
    places = np.empty((n_components, len(tied)), dtype=int)
    n_common = 0
    for i, is_tied in enumerate(tied):
        own = 1 if is_tied else n_components
        places[:, i] = n_common + np.arange(own)
        n_common += own
    return np.eye(n_common)[places]
