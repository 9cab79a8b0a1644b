"""Weighted log-likelihoods of components, with their derivatives by the coordinates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from skmixture.law.family import Array
from skmixture.numerics.solvers import Expansion, slope

__all__ = ["STEP", "Likelihood"]

# Of central differences, in units in which a row's log density changes by about 1.
STEP = 1e-5
# Where a step changes log densities by more than this, as in a narrow component, it is shortened.
COARSE = 1e-3
# A second derivative is taken to be no less than this part of the sum of squared slopes.
FLATTEST = 1e-3
# Numbers of one table of differences, about.
MOST_NUMBERS = 2_000_000

# log densities (m, n) of the components by their places (m,), at coordinates (m, q)
Tables = Callable[[NDArray[np.integer], Array], Array]


class Likelihood:
    """Log-likelihoods of M components, each with row weights and coordinates of its own.

    What was computed last is kept: components that have not moved cost
    nothing the next time. A component at which some row of positive weight
    has no log density is at minus infinity.

    Second derivatives are differences along each coordinate; between
    coordinates they follow the correlations of the slopes by row (as those
    of Berndt, Hall, Hall and Hausman 1974, Annals of Economic and Social
    Measurement 3, 653-665). That takes two tables of log densities a
    coordinate. With slopes that the user gives, they are differences of these.

    Parameters
    ----------
    tables : callable
    resp : ndarray of shape (M, n)
    steps : ndarray of shape (q,)
        Steps of the differences.
    slopes : callable, optional
        Derivatives (m, n, q) by the user's function, as `tables` has log densities.
    """

    def __init__(
        self, tables: Tables, resp: Array, steps: Array, slopes: Tables | None = None
    ) -> None:
        self.resp = resp
        self._tables, self._slopes, self._steps = tables, slopes, steps
        M, q = len(resp), len(steps)
        self._seen = np.full((M, q), np.nan)  # where tables and values were taken
        self._middle, self._values = np.empty(resp.shape), np.full(M, -np.inf)
        self._known = np.full((M, q), np.nan)  # where derivatives were
        self._gradient, self._hessian = np.zeros((M, q)), np.zeros((M, q, q))

    def value(self, z: Array) -> Array:
        """Log-likelihoods (...) at coordinates (..., q), of as many components as there are."""
        flat = z.reshape(self._seen.shape)
        moved = np.flatnonzero((flat != self._seen).any(axis=1))
        if len(moved):
            table = self._tables(moved, flat[moved])
            self._values[moved] = self._summed(moved, table)
            self._seen[moved], self._middle[moved] = flat[moved], table
        return self._values.reshape(z.shape[:-1]).copy()

    def expansion(self, z: Array) -> Expansion:
        """The same with derivatives."""
        value, flat = self.value(z), z.reshape(self._seen.shape)
        moved = np.flatnonzero((flat != self._known).any(axis=1))
        if len(moved):
            of = self._by_slopes if self._slopes is not None else self._by_differences
            self._gradient[moved], self._hessian[moved] = of(moved, flat[moved])
            self._known[moved] = flat[moved]
        shape = z.shape
        return Expansion(
            value,
            self._gradient.reshape(shape).copy(),
            self._hessian.reshape(*shape, shape[-1]).copy(),
        )

    def part(self, units: NDArray[np.integer]) -> Likelihood:
        """The same for some of the components, with what is known of them."""
        tables, slopes = self._tables, self._slopes
        rest = Likelihood(
            lambda some, z: tables(units[some], z),
            self.resp[units],
            self._steps,
            None if slopes is None else lambda some, z: slopes(units[some], z),
        )
        for name in ("_seen", "_middle", "_values", "_known", "_gradient", "_hessian"):
            setattr(rest, name, getattr(self, name)[units])
        return rest

    # -- within ------------------------------------------------------------------

    def _summed(self, units: NDArray[np.integer], table: Array) -> Array:
        resp = self.resp[units]
        total = np.einsum("mn,...mn->...m", resp, table)
        if not np.isfinite(total).all():  # rows of weight 0 may be impossible
            total = (resp * np.where(resp > 0, table, 0.0)).sum(axis=-1)
            # but whatever the weights, NaN is no maximum, nor is infinity
            total = np.where((table < np.inf).all(axis=-1), total, -np.inf)
        return total

    def _by_differences(self, units: NDArray[np.integer], z: Array) -> tuple[Array, Array]:
        middle = self._middle[units]
        steps = np.broadcast_to(self._steps, z.shape)
        slopes, bends = self._differences(units, z, middle, steps)
        resp = self.resp[units]
        mass = np.maximum(resp.sum(axis=-1), np.finfo(float).tiny)[:, None]
        size = np.sqrt(np.einsum("mn,mqn->mq", resp, slopes**2) / mass)
        if (size * steps > COARSE).any():
            with np.errstate(divide="ignore"):
                steps = np.where(size * steps > COARSE, STEP / size, steps)
            slopes, bends = self._differences(units, z, middle, steps)
        gradient = np.einsum("mn,mqn->mq", resp, slopes)
        products = (resp[:, None] * slopes) @ np.swapaxes(slopes, -1, -2)
        return gradient, _curvature(bends, products)

    def _differences(
        self, units: NDArray[np.integer], z: Array, middle: Array, steps: Array
    ) -> tuple[Array, Array]:
        """Slopes by row (m, q, n), and second derivatives (m, q) of the sums."""
        m, q = z.shape
        slopes, bends = np.empty((m, q, middle.shape[-1])), np.empty((m, q))
        together = max(1, MOST_NUMBERS // (2 * middle.size))  # coordinates in one call
        for begin in range(0, q, together):
            some = np.arange(begin, min(begin + together, q))
            aside = np.zeros((len(some), m, q))
            aside[np.arange(len(some)), :, some] = steps[:, some].T
            ends = np.stack([z - aside, z + aside]).reshape(-1, q)
            both = self._tables(np.tile(units, 2 * len(some)), ends)
            first, last = both.reshape(2, len(some), m, -1)
            length = steps[:, some].T
            slopes[:, some] = np.swapaxes(slope(first, middle, last, length[..., None]), 0, 1)
            with np.errstate(invalid="ignore"):
                bend = self._summed(units, (first - middle) + (last - middle)) / length**2
            bends[:, some] = bend.T
        return slopes, bends

    def _by_slopes(self, units: NDArray[np.integer], z: Array) -> tuple[Array, Array]:
        assert self._slopes is not None
        resp, q = self.resp[units], z.shape[1]
        slopes = _finite(self._slopes(units, z))  # (m, n, q)
        gradient = np.einsum("mn,mnq->mq", resp, slopes)
        hessian = np.empty((*z.shape, q))
        for i in range(q):
            moved = z.copy()
            moved[:, i] += self._steps[i]
            there = np.einsum("mn,mnq->mq", resp, _finite(self._slopes(units, moved)))
            hessian[:, i] = (there - gradient) / self._steps[i]
        return gradient, 0.5 * (hessian + np.swapaxes(hessian, -1, -2))


def _curvature(bends: Array, products: Array) -> Array:
    """Second derivatives (m, q, q): along coordinates as given, between them by correlation."""
    squares = np.diagonal(products, axis1=-2, axis2=-1)
    bends = np.where(np.isfinite(bends), bends, -squares)
    bends = np.where(np.abs(bends) < FLATTEST * squares, -FLATTEST * squares, bends)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.sqrt(np.abs(bends) / squares)
        hessian = -products * scale[..., :, None] * scale[..., None, :]
    hessian = np.where(np.isfinite(hessian), hessian, 0.0)
    diagonal = np.arange(bends.shape[-1])
    hessian[..., diagonal, diagonal] = bends
    return hessian


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, 0.0)
