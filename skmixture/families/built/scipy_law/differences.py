"""Derivatives of a log density by its coordinates, at some rows of one column."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.numerics.solvers import Expansion

if TYPE_CHECKING:
    from skmixture.families.built.scipy_law.family import FromScipy

__all__ = ["Differences"]

Array = NDArray[np.floating]

# Of differences, on the unconstrained scale.
STEP = 1e-5
# The direction in which the standardised row moves; the others are the places of shapes.
ROW = -1


class Coordinate(NamedTuple):
    """A coordinate moves along its direction by ``factor * t ** power``."""

    place: int
    factor: Array | float  # (B, K)
    power: int


class Differences:
    """The log density of standardised rows ``t = (x - loc) / scale``, and steps aside.

    Loc and scale only move t, so that differences along t serve both. Where a
    row leaves the support beside a point, products of scores take the place
    of second derivatives (Berndt, Hall, Hall and Hausman 1974, Annals of
    Economic and Social Measurement 3, 653-665).

    Parameters
    ----------
    law : FromScipy
    x : ndarray of shape (1 or B, 1 or K, n)
        Rows of one column.
    z : ndarray of shape (B, K, q)
        Coordinates.
    j : int
        The column.
    """

    def __init__(self, law: FromScipy, x: Array, z: Array, j: int) -> None:
        self._law, self._z, self._j = law, z, j
        self._names = list(law.parameters)
        self._shapes, loc, self._scale = law.standards(z, j)
        self._t = (x - loc) / self._scale
        self._middle = law.formula(self._t, self._shapes)

    def value(self, resp: Array) -> Array:
        """Weighted log-likelihood (B, K)."""
        return _sum(resp, self._middle) - resp.sum(axis=-1) * np.log(self._scale[..., 0])

    def expansion(self, resp: Array) -> Expansion:
        """The same with derivatives by all coordinates."""
        along = self._coordinates()
        slopes, bends = self._slopes_and_bends(list(along))
        gradient = np.zeros(self._z.shape)
        hessian = np.zeros((*self._z.shape, self._z.shape[-1]))
        for direction, slope in slopes.items():
            sums = self._moments(resp, slope)
            for place, factor, power in along[direction]:
                gradient[..., place] += factor * sums[power]
            if direction == ROW:
                self._add_bend_of_row(hessian, sums)
        for (direction, other), bend in bends.items():
            sums = self._moments(resp, bend)
            for place, factor, power in along[direction]:
                for place_2, factor_2, power_2 in along[other]:
                    own = factor * factor_2 * sums[power + power_2]
                    hessian[..., place, place_2] += own
                    if direction != other:
                        hessian[..., place_2, place] += own
        if "scale" in self._names:
            gradient[..., self._names.index("scale")] -= resp.sum(axis=-1)
        beside = np.isfinite(hessian).all(axis=(-1, -2), keepdims=True)
        if not beside.all():
            hessian = np.where(beside, hessian, -self._products(resp, slopes, along))
        each = Expansion(self.value(resp), gradient, hessian)
        return self._law.in_coordinates(each, self._z, self._j)

    # -- directions and the coordinates that move along them ---------------------

    def _coordinates(self) -> dict[int, list[Coordinate]]:
        along: dict[int, list[Coordinate]] = {}
        for place, name in enumerate(self._names):
            if name == "loc":
                along.setdefault(ROW, []).append(Coordinate(place, -1 / self._scale[..., 0], 0))
            elif name == "scale":
                along.setdefault(ROW, []).append(Coordinate(place, -1.0, 1))
            else:
                along[place] = [Coordinate(place, 1.0, 0)]
        return along

    def _add_bend_of_row(self, hessian: Array, sums: list[Array]) -> None:
        """Second derivatives of t itself, by loc and scale."""
        if "scale" in self._names:
            scale = self._names.index("scale")
            hessian[..., scale, scale] += sums[1]
            if "loc" in self._names:
                loc = self._names.index("loc")
                own = sums[0] / self._scale[..., 0]
                hessian[..., scale, loc] += own
                hessian[..., loc, scale] += own

    def _moments(self, resp: Array, array: Array) -> list[Array]:
        """Weighted sums (B, K) of an array times powers 0, 1, 2 of t."""
        weighted = _weighted(resp, array)
        if "scale" not in self._names:
            return [weighted.sum(axis=-1)]
        first = weighted * self._t
        return [weighted.sum(axis=-1), first.sum(axis=-1), _sum(first, self._t)]

    def _products(
        self, resp: Array, slopes: dict[int, Array], along: dict[int, list[Coordinate]]
    ) -> Array:
        """Weighted sums (B, K, q, q) of products of scores."""
        scores = np.zeros((*self._z.shape, self._t.shape[-1]))
        for direction, slope in slopes.items():
            for place, factor, power in along[direction]:
                scores[:, :, place] = np.asarray(factor)[..., None] * self._t**power * slope
        if "scale" in self._names:
            scores[:, :, self._names.index("scale")] -= 1.0
        scores[np.broadcast_to(resp[:, :, None] == 0, scores.shape)] = 0.0
        return (resp[:, :, None] * scores) @ np.swapaxes(scores, -1, -2)

    # -- steps aside --------------------------------------------------------------

    def _slopes_and_bends(
        self, directions: list[int]
    ) -> tuple[dict[int, Array], dict[tuple[int, int], Array]]:
        """First and second derivatives (B, K, n) along directions."""
        step = {direction: self._step(direction) for direction in directions}
        last = {direction: self._aside(step, direction) for direction in directions}
        middle = self._middle
        slopes: dict[int, Array] = {}
        bends: dict[tuple[int, int], Array] = {}
        with np.errstate(all="ignore"):
            for i, one in enumerate(directions):
                first = self._aside({one: -step[one]}, one)
                slopes[one] = _slope(first, middle, last[one], step[one])
                bends[one, one] = (first + last[one] - 2 * middle) / step[one] ** 2
                for other in directions[:i]:
                    both = self._aside(step, one, other)
                    bend = both - last[one] - last[other] + middle
                    bends[one, other] = bend / (step[one] * step[other])
        return slopes, bends

    def _step(self, direction: int) -> Array | float:
        if direction != ROW:
            return STEP
        if "scale" not in self._names:
            return STEP
        if "loc" in self._names:
            return STEP * np.maximum(np.abs(self._t), 1.0)
        return STEP * np.where(self._t == 0, 1.0, np.abs(self._t))

    def _aside(self, step: dict[int, Array | float], *directions: int) -> Array:
        """The log density a step on in some directions."""
        t, z = self._t, self._z.copy()
        for direction in directions:
            if direction == ROW:
                t = t + step[ROW]
            else:
                z[..., direction] += step[direction]
        return self._law.formula(t, self._law.standards(z, self._j).shapes)


def _weighted(resp: Array, array: Array) -> Array:
    """Products, 0 where the weight is."""
    with np.errstate(invalid="ignore"):
        weighted = resp * array
    return weighted if np.isfinite(weighted).all() else np.where(resp > 0, weighted, 0.0)


def _sum(resp: Array, array: Array) -> Array:
    """Weighted sums (B, K) over the rows."""
    total = np.einsum("bkn,bkn->bk", resp, array)
    return total if np.isfinite(total).all() else _weighted(resp, array).sum(axis=-1)


def _slope(first: Array, middle: Array, last: Array, step: Array | float) -> Array:
    """Central differences; those of one side where the other is off the support."""
    slope = (last - first) / (2 * step)
    if np.isfinite(slope).all():
        return slope
    for one_sided in ((last - middle) / step, (middle - first) / step):
        slope = np.where(np.isfinite(slope), slope, one_sided)
    return np.where(np.isfinite(slope), slope, 0.0)
