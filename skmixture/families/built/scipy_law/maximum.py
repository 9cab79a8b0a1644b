"""Weighted maximum likelihood of scipy's distributions, by scores taken numerically."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from skmixture.solvers import Expansion, climb

__all__ = ["Likelihood"]

Array = NDArray[np.floating]

# Of central differences, on the unconstrained scale; loc by this part of the scale.
STEP = 1e-5


class Likelihood:
    """Weighted log-likelihoods of one law for each member, component and column.

    Coordinates z are (B, K, d, q), unconstrained. Steps of Newton's method
    take the sum of the products of scores in the place of the second
    derivatives (Berndt, Hall, Hall and Hausman 1974, Annals of Economic and
    Social Measurement 3, 653-665): it is never indefinite, and near the
    maximum, and the law, the same.

    Parameters
    ----------
    log_density : callable (z, j) -> (B, K, n)
        Log density of column j at the rows, for z (B, K, q).
    resp : ndarray of shape (B, K, n)
    steps : ndarray of shape (B, K, d, q)
        Steps of the differences.
    held : ndarray of bool of shape (K, d, q)
    tied : sequence of bool of length q
    """

    def __init__(
        self,
        log_density: Callable[[Array, int], Array],
        resp: Array,
        steps: Array,
        held: NDArray[np.bool_],
        tied: Sequence[bool],
    ) -> None:
        self._log_density = log_density
        self._resp = resp
        self._steps = steps
        self.held = held
        self._selection = _selection(held.shape[0], tied)

    def value(self, z: Array) -> Array:
        """Weighted log-likelihoods (B, K, d); rows of no weight do not count."""
        columns = range(z.shape[2])
        by_column = [self._summed(self._log_density(z[:, :, j], j)) for j in columns]
        return np.stack(by_column, axis=-1)

    def expansion(self, z: Array) -> Expansion:
        """The same with derivatives by the coordinates of each component."""
        value = np.empty(z.shape[:-1])
        gradient, hessian = np.empty(z.shape), np.empty((*z.shape, z.shape[-1]))
        for j in range(z.shape[2]):
            log_density = self._log_density(z[:, :, j], j)
            value[:, :, j] = self._summed(log_density)
            scores = self._scores(z, j, log_density)  # (B, K, q, n)
            weighted = scores * self._resp[:, :, None]
            gradient[:, :, j] = weighted.sum(axis=-1)
            hessian[:, :, j] = -weighted @ np.swapaxes(scores, -1, -2)
        return Expansion(value, gradient, hessian)

    def climbed(self, z: Array, most_steps: int) -> Array:
        """Coordinates that are no lower, some steps on."""
        if self._selection is None:
            return climb(self.expansion, z, most_steps)
        S = self._selection  # (K, q, Q)
        free = S.sum(axis=(0, 1))

        def spread(u: Array) -> Array:
            return np.einsum("kqu,bdu->bkdq", S, u)

        def together(u: Array) -> Expansion:
            own = self.expansion(spread(u))
            return Expansion(
                own.value.sum(axis=1),
                np.einsum("kqu,bkdq->bdu", S, own.gradient),
                np.einsum("kqu,bkdqr,krv->bduv", S, own.hessian, S),
            )

        return spread(climb(together, np.einsum("kqu,bkdq->bdu", S, z) / free, most_steps))

    def _summed(self, log_density: Array) -> Array:
        present = self._resp > 0
        total = (self._resp * np.where(present, log_density, 0.0)).sum(axis=-1)
        return np.where(total < np.inf, total, -np.inf)  # a density without bound is no maximum

    def _scores(self, z: Array, j: int, middle: Array) -> Array:
        q = z.shape[-1]
        scores = np.zeros((*z.shape[:2], q, middle.shape[-1]))
        for i in range(q):
            if self.held[:, j, i].all():
                continue
            step = self._steps[:, :, j, i]
            above, below = z[:, :, j].copy(), z[:, :, j].copy()
            above[..., i] += step
            below[..., i] -= step
            slope = _slope(
                self._log_density(above, j), self._log_density(below, j), middle, step[..., None]
            )
            slope[:, self.held[:, j, i]] = 0.0
            scores[:, :, i] = np.where(self._resp > 0, slope, 0.0)
        return scores


def _slope(above: Array, below: Array, middle: Array, step: Array) -> Array:
    """Central differences; one-sided ones where the other side is off the support."""
    with np.errstate(all="ignore"):
        slope = (above - below) / (2 * step)
        if np.isfinite(slope).all():
            return slope
        for one_sided in ((above - middle) / step, (middle - below) / step):
            slope = np.where(np.isfinite(slope), slope, one_sided)
    return np.where(np.isfinite(slope), slope, 0.0)


def _selection(n_components: int, tied: Sequence[bool]) -> Array | None:
    """Which common coordinate (K, q, Q) is each of the components'; None where none is tied."""
    if not any(tied):
        return None
    places = np.empty((n_components, len(tied)), dtype=int)
    n_common = 0
    for i, is_tied in enumerate(tied):
        own = 1 if is_tied else n_components
        places[:, i] = n_common + np.arange(own)
        n_common += own
    return np.eye(n_common)[places]
