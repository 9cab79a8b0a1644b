"""Maps between constrained parameters and unconstrained coordinates.

Optimisers, samplers and standard errors work on all of real space; parameters
live on half lines, simplexes and cones. A transform takes a parameter to real
coordinates (`unconstrain`), brings it back (`constrain`) and knows the log
absolute determinant of the way back (`log_jacobian`), which a density needs
when it is carried along.

Every transform acts on the trailing axes that make one value (none for a
number, one for a point of the simplex, two for a matrix) and leaves all
leading axes alone, so a whole batch goes through at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

__all__ = [
    "Above",
    "Interval",
    "Positive",
    "PositiveDefinite",
    "Real",
    "Simplex",
    "Sphere",
    "Transform",
    "above",
    "interval",
    "lower_triangle",
    "positive",
    "positive_definite",
    "real",
    "simplex",
    "sphere",
    "unit",
]

Array = NDArray[np.floating]

# How near to the pole of a stereographic projection there are coordinates.
POLE = 1e-8


class Transform(ABC):
    """A constraint on a parameter together with the map that removes it."""

    event_ndim: int = 0  # trailing axes that make up one value
    description: str = "real"

    @abstractmethod
    def unconstrain(self, value: ArrayLike) -> Array:
        """Coordinates in real space of a constrained value."""

    @abstractmethod
    def constrain(self, z: ArrayLike) -> Array:
        """The constrained value at real coordinates `z`."""

    @abstractmethod
    def log_jacobian(self, z: ArrayLike) -> Array:
        """Log absolute determinant of the derivative of `constrain` at `z`."""

    @abstractmethod
    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        """Whether each value satisfies the constraint; NaN never does."""

    def n_free(self, event_shape: tuple[int, ...]) -> int:
        """Number of real coordinates of one value of the given shape."""
        return int(np.prod(event_shape, dtype=int))


class Real(Transform):
    """The real line: nothing to do."""

    def unconstrain(self, value: ArrayLike) -> Array:
        return np.asarray(value, dtype=float)

    def constrain(self, z: ArrayLike) -> Array:
        return np.asarray(z, dtype=float)

    def log_jacobian(self, z: ArrayLike) -> Array:
        return np.zeros(np.shape(z))

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        return np.isfinite(value)


class Positive(Transform):
    """Positive numbers through the logarithm."""

    description = "positive"

    def unconstrain(self, value: ArrayLike) -> Array:
        return np.log(value)

    def constrain(self, z: ArrayLike) -> Array:
        return np.exp(z)

    def log_jacobian(self, z: ArrayLike) -> Array:
        return np.asarray(z, dtype=float)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        return np.isfinite(value) & (value > 0)


class Above(Transform):
    """Numbers above a limit, through the logarithm of what they are above it."""

    def __init__(self, low: float) -> None:
        self.low = float(low)
        self.description = f"above {low}"

    def unconstrain(self, value: ArrayLike) -> Array:
        return np.log(np.asarray(value, dtype=float) - self.low)

    def constrain(self, z: ArrayLike) -> Array:
        return self.low + np.exp(z)

    def log_jacobian(self, z: ArrayLike) -> Array:
        return np.asarray(z, dtype=float)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        return np.isfinite(value) & (value > self.low)


class Interval(Transform):
    """An open interval through the logit of the position inside it."""

    def __init__(self, low: float, high: float) -> None:
        if not low < high:
            raise ValueError(f"an interval needs low < high, got low={low!r}, high={high!r}")
        self.low, self.high = float(low), float(high)
        self.description = f"between {low} and {high}"

    def unconstrain(self, value: ArrayLike) -> Array:
        return logit((np.asarray(value, dtype=float) - self.low) / (self.high - self.low))

    def constrain(self, z: ArrayLike) -> Array:
        return self.low + (self.high - self.low) * expit(z)

    def log_jacobian(self, z: ArrayLike) -> Array:
        # log of expit(z) * expit(-z), which does not underflow in the tails
        z = np.asarray(z, dtype=float)
        return np.log(self.high - self.low) - np.logaddexp(0, z) - np.logaddexp(0, -z)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        return (value > self.low) & (value < self.high)


class Simplex(Transform):
    """Probabilities that sum to one, by additive log ratios to the first.

    ``z_j = log(p_j / p_0)`` for j = 1..K-1 (Aitchison 1982, Journal of the
    Royal Statistical Society B 44, 139-177), so K probabilities have K - 1
    coordinates.

    Examples
    --------
    >>> from skmixture.transforms import simplex
    >>> simplex.constrain([4.0, 3.5]).round(4)
    array([0.0113, 0.6154, 0.3733])
    """

    event_ndim = 1
    description = "positive with sum 1"

    def unconstrain(self, value: ArrayLike) -> Array:
        log_value = np.log(value)
        return log_value[..., 1:] - log_value[..., :1]

    def constrain(self, z: ArrayLike) -> Array:
        z = np.asarray(z, dtype=float)
        odds = np.concatenate([np.zeros((*z.shape[:-1], 1)), z], axis=-1)
        odds = np.exp(odds - odds.max(axis=-1, keepdims=True))
        return odds / odds.sum(axis=-1, keepdims=True)

    def log_jacobian(self, z: ArrayLike) -> Array:
        # the determinant of d(p_1..p_{K-1})/dz is the product of all p
        z = np.asarray(z, dtype=float)
        top = np.maximum(z.max(axis=-1, initial=0.0), 0.0)
        log_total = top + np.log(np.exp(-top) + np.exp(z - top[..., None]).sum(axis=-1))
        return z.sum(axis=-1) - (z.shape[-1] + 1) * log_total

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        total = value.sum(axis=-1)
        return (value >= 0).all(axis=-1) & (np.abs(total - 1) <= 1e-8)

    def n_free(self, event_shape: tuple[int, ...]) -> int:
        return event_shape[-1] - 1


class Sphere(Transform):
    """Vectors of length 1 by stereographic projection, d - 1 coordinates for d columns.

    The sphere is seen from the pole where the last column is -1, and the
    opposite pole has the coordinates 0. The map keeps angles, so its Jacobian,
    which is that of the surface, is a multiple of an isometry. The pole itself
    has no coordinates and is given those of a point 1e-8 from it.

    Examples
    --------
    >>> from skmixture.transforms import sphere
    >>> sphere.constrain([0.5])
    array([0.8, 0.6])
    """

    event_ndim = 1
    description = "vectors of length 1"

    def unconstrain(self, value: ArrayLike) -> Array:
        value = np.asarray(value, dtype=float)
        across, along = value[..., :-1], value[..., -1:]
        square = np.einsum("...d,...d->...", across, across)[..., None]
        at_pole = (along < 0) & (square < POLE**2)
        first = np.arange(across.shape[-1]) == 0
        across = np.where(at_pole, POLE * first, across)
        square = np.where(at_pole, POLE**2, square)
        with np.errstate(divide="ignore", invalid="ignore"):
            # of the two forms of across / (1 + along) the one that does not cancel
            return np.where(along < 0, across * ((1 - along) / square), across / (1 + along))

    def constrain(self, z: ArrayLike) -> Array:
        z = np.asarray(z, dtype=float)
        stretch = self._stretch(z)[..., None]
        return np.concatenate([stretch * z, stretch - 1], axis=-1)

    def log_jacobian(self, z: ArrayLike) -> Array:
        z = np.asarray(z, dtype=float)
        return z.shape[-1] * np.log(self._stretch(z))

    def gradient(self, z: ArrayLike, by_value: ArrayLike) -> Array:
        """Derivatives by the coordinates, from those by the vector."""
        z, by_value = np.asarray(z, dtype=float), np.asarray(by_value, dtype=float)
        stretch = self._stretch(z)[..., None]
        across, along = by_value[..., :-1], by_value[..., -1:]
        turned = np.einsum("...d,...d->...", z, across)[..., None] + along
        return stretch * (across - stretch * turned * z)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        # as exact as single precision
        length = np.sqrt(np.square(np.asarray(value, dtype=float)).sum(axis=-1))
        return np.abs(length - 1) <= 1e-6

    def n_free(self, event_shape: tuple[int, ...]) -> int:
        return event_shape[-1] - 1

    @staticmethod
    def _stretch(z: Array) -> Array:
        """How much longer a small step is on the sphere."""
        return np.asarray(2 / (1 + np.einsum("...d,...d->...", z, z)))


class PositiveDefinite(Transform):
    """Covariance matrices by the log-Cholesky factor of their inverse.

    ``inv(C) = L L'`` with L lower triangular; the coordinates are the entries
    of L row by row, its diagonal in logs (Pinheiro and Bates 1996, Statistics
    and Computing 6, 289-296). The likelihood of a Gaussian is closest to a
    quadratic in these.
    """

    event_ndim = 2
    description = "symmetric and positive definite"

    def unconstrain(self, value: ArrayLike) -> Array:
        value = np.asarray(value, dtype=float)
        factor = self.factor_of(value)
        diagonal = np.arange(value.shape[-1])
        factor[..., diagonal, diagonal] = np.log(factor[..., diagonal, diagonal])
        return factor[(..., *lower_triangle(value.shape[-1]))]

    @staticmethod
    def factor_of(value: Array) -> Array:
        """The lower triangular L of the inverse of a matrix."""
        # C = M M' with M upper triangular, by Cholesky from the last row up; then L' = inv(M).
        # Transposed, so that the half that is read is the lower one, as everywhere
        upper = _cholesky(np.swapaxes(value, -1, -2)[..., ::-1, ::-1])[..., ::-1, ::-1]
        return np.swapaxes(np.linalg.inv(upper), -1, -2)

    def constrain(self, z: ArrayLike) -> Array:
        inverse = np.linalg.inv(self.factor(z))
        return np.swapaxes(inverse, -1, -2) @ inverse

    def factor(self, z: ArrayLike) -> Array:
        """The lower triangular L of the precision matrix at `z`."""
        z = np.asarray(z, dtype=float)
        d = self._dimension(z)
        factor = np.zeros((*z.shape[:-1], d, d))
        factor[(..., *lower_triangle(d))] = z
        diagonal = np.arange(d)
        factor[..., diagonal, diagonal] = np.exp(factor[..., diagonal, diagonal])
        return factor

    def log_jacobian(self, z: ArrayLike) -> Array:
        z = np.asarray(z, dtype=float)
        d = self._dimension(z)
        rows, columns = lower_triangle(d)
        log_diagonal = z[..., rows == columns]
        # C = inv(P): -(d + 1) log|P|; P = LL': d log 2 + sum (d - i) log L_ii;
        # and one more log L_ii since the diagonal is in logs (i from 0)
        power = (d - np.arange(d)) + 1 - 2 * (d + 1)
        return d * np.log(2) + (log_diagonal * power).sum(axis=-1)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        finite = np.isfinite(value).all(axis=(-1, -2))
        safe = np.where(finite[..., None, None], value, np.eye(value.shape[-1]))
        scale = np.abs(safe).max(axis=(-1, -2))[..., None, None]
        symmetric = (np.abs(safe - np.swapaxes(safe, -1, -2)) <= 1e-8 * scale).all(axis=(-1, -2))
        return finite & symmetric & (np.linalg.eigvalsh(safe) > 0).all(axis=-1)

    def n_free(self, event_shape: tuple[int, ...]) -> int:
        d = event_shape[-1]
        return d * (d + 1) // 2

    @staticmethod
    def _dimension(z: Array) -> int:
        return int(np.sqrt(8 * z.shape[-1] + 1) - 1) // 2


@cache
def lower_triangle(d: int) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Rows and columns of the lower triangle, in the order of its coordinates."""
    return np.tril_indices(d)


def _cholesky(value: Array) -> Array:
    """Cholesky factors; a matrix that only rounding keeps from having one is lifted by it."""
    try:
        return np.linalg.cholesky(value)
    except np.linalg.LinAlgError:
        d = value.shape[-1]
        variance = np.diagonal(value, axis1=-2, axis2=-1)[..., None, :]
        return np.linalg.cholesky(value + 16 * d * np.finfo(float).eps * variance * np.eye(d))


def above(low: float) -> Above:
    """The transform of the numbers above `low`."""
    return Above(low)


def interval(low: float, high: float) -> Interval:
    """The transform of the open interval from `low` to `high`."""
    return Interval(low, high)


real = Real()
positive = Positive()
unit = Interval(0.0, 1.0)
simplex = Simplex()
sphere = Sphere()
positive_definite = PositiveDefinite()
