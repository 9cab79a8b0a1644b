"""Weighted maximum likelihood of scipy's distributions, by differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from skmixture.solvers import Expansion, climb_together, slope

__all__ = ["Likelihood"]

Array = NDArray[np.floating]

# Of central differences, on the unconstrained scale; loc by this part of the scale.
STEP = 1e-5


class Likelihood:
    """Weighted log-likelihoods of one law for each member, component and column.

    Coordinates z are (B, K, d, q), unconstrained. Derivatives are differences.
    Where a row leaves the support beside a point, sums of products of scores
    take the place of second derivatives (Berndt, Hall, Hall and Hausman 1974,
    Annals of Economic and Social Measurement 3, 653-665).

    Parameters
    ----------
    log_density : callable (z, j) -> (B, K, n)
        Log density of column j at the rows, for z (B, K, q).
    resp : ndarray of shape (B, K, n)
    steps : ndarray of shape (B, K, d, q)
        Steps of the differences.
    held : ndarray of bool of shape (K, d, q)
    tied : sequence of bool of length q
    log_prior : callable z -> (B, K, d, q), optional
        Log densities of the priors of each coordinate.
    """

    def __init__(
        self,
        log_density: Callable[[Array, int], Array],
        resp: Array,
        steps: Array,
        held: NDArray[np.bool_],
        tied: Sequence[bool],
        log_prior: Callable[[Array], Array] | None = None,
    ) -> None:
        self._log_density = log_density
        self._resp = resp
        self._steps = steps
        self.held = held
        self._tied = tied
        self._log_prior = log_prior

    def value(self, z: Array) -> Array:
        """Weighted log-likelihoods (B, K, d); rows of no weight do not count."""
        columns = range(z.shape[2])
        by_column = [self._summed(self._log_density(z[:, :, j], j)) for j in columns]
        value = np.stack(by_column, axis=-1)
        return value if self._log_prior is None else value + self._log_prior(z).sum(axis=-1)

    def expansion(self, z: Array) -> Expansion:
        """The same with derivatives by the coordinates of each component."""
        value = np.empty(z.shape[:-1])
        gradient, hessian = np.empty(z.shape), np.empty((*z.shape, z.shape[-1]))
        for j in range(z.shape[2]):
            middle = self._log_density(z[:, :, j], j)
            value[:, :, j] = self._summed(middle)
            gradient[:, :, j], hessian[:, :, j] = self._derivatives(z[:, :, j], j, middle)
        at = Expansion(value, gradient, hessian)
        return at if self._log_prior is None else self._with_prior(self._log_prior, at, z)

    def _with_prior(
        self, log_prior: Callable[[Array], Array], at: Expansion, z: Array
    ) -> Expansion:
        """Each coordinate has a prior by itself: all derivatives by the same three points."""
        h = self._steps
        below, here, above = (log_prior(z + side * h) for side in (-1, 0, 1))
        slope, bend = (above - below) / (2 * h), (above - 2 * here + below) / h**2
        slope, bend = (np.where(self.held, 0.0, values) for values in (slope, bend))
        return Expansion(
            at.value + here.sum(axis=-1),
            at.gradient + slope,
            at.hessian + bend[..., None] * np.eye(z.shape[-1]),
        )

    def climbed(self, z: Array, most_steps: int) -> Array:
        """Coordinates that are no lower, some steps on."""
        return climb_together(self.expansion, z, self._tied, most_steps)

    def _summed(self, log_density: Array) -> Array:
        present = self._resp > 0
        total = (self._resp * np.where(present, log_density, 0.0)).sum(axis=-1)
        return np.where(total < np.inf, total, -np.inf)  # a density without bound is no maximum

    def _at_bound(
        self, slope: Array, above: Array, below: Array, middle: Array
    ) -> NDArray[np.bool_]:
        """Where (B, K) a coordinate that is bounded would go beyond."""
        total = (self._resp * np.where(self._resp > 0, slope, 0.0)).sum(axis=-1)
        ends_above, ends_below = ((end == middle).all(axis=-1) for end in (above, below))
        return (ends_above & (total >= 0)) | (ends_below & (total <= 0))

    def _derivatives(self, z: Array, j: int, middle: Array) -> tuple[Array, Array]:
        """Gradient (B, K, q) and second derivatives (B, K, q, q) of one column."""
        q, h = z.shape[-1], self._steps[:, :, j]
        here, scores = self._summed(middle), np.zeros((*z.shape, middle.shape[-1]))
        ends, stuck = np.zeros((2, *z.shape)), np.ones(z.shape, dtype=bool)
        for i in range(q):
            if self.held[:, j, i].all():
                continue
            first, last = (self._moved(z, j, {i: side}) for side in (-1, 1))
            slopes = slope(first, middle, last, h[..., i, None])
            total = self._summed(slopes)
            # a coordinate at its bound does not go beyond
            at_end = (first == middle).all(axis=-1) & (total <= 0)
            at_end |= (last == middle).all(axis=-1) & (total >= 0)
            stuck[..., i] = at_end | self.held[:, j, i]
            scores[:, :, i] = np.where(stuck[..., i, None] | (self._resp == 0), 0.0, slopes)
            ends[:, ..., i] = self._summed(first), self._summed(last)
        weighted = scores * self._resp[:, :, None]
        hessian = np.empty((*z.shape, q))
        with np.errstate(invalid="ignore"):
            bend = ends.sum(axis=0) - 2 * here[..., None]  # (B, K, q), twice the second order
            for i in range(q):
                hessian[..., i, i] = bend[..., i] / h[..., i] ** 2
                for k in range(i):
                    both = sum(
                        self._summed(self._moved(z, j, {i: side, k: side})) for side in (-1, 1)
                    )
                    mixed = both - 2 * here - bend[..., i] - bend[..., k]
                    hessian[..., i, k] = mixed / (2 * h[..., i] * h[..., k])
                    hessian[..., k, i] = hessian[..., i, k]
        beside = np.isfinite(hessian).all(axis=(-1, -2), keepdims=True)
        hessian = np.where(beside, hessian, -weighted @ np.swapaxes(scores, -1, -2))
        free = ~(stuck[..., :, None] | stuck[..., None, :])
        return weighted.sum(axis=-1), np.where(free, hessian, 0.0)

    def _moved(self, z: Array, j: int, sides: dict[int, int]) -> Array:
        """Log density at a step aside in some coordinates."""
        moved = z.copy()
        for i, side in sides.items():
            moved[..., i] += side * self._steps[:, :, j, i]
        return self._log_density(moved, j)
