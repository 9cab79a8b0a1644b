"""Probabilities, and vectors of length 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.transforms.transform import Array, Transform

__all__ = [
    "Simplex",
    "Sphere",
]

# How near to the pole of a stereographic projection there are coordinates.
POLE = 1e-8


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
        """Derivatives by the coordinates, from those by the vector.

        Parameters
        ----------
        z : array-like of shape (..., d - 1)
        by_value : array-like of shape (..., d)
            Derivatives by the vector at `z`.

        Returns
        -------
        ndarray of shape (..., d - 1)
        """
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
