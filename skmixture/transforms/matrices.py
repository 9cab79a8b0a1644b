"""Covariance matrices."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.transforms.transform import Array, Transform

__all__ = [
    "PositiveDefinite",
    "lower_triangle",
]


class PositiveDefinite(Transform):
    """Covariance matrices by the log-Cholesky factor of their inverse.

    ``inv(C) = L L'`` with L lower triangular; the coordinates are the entries
    of L row by row, its diagonal in logs (Pinheiro and Bates 1996, Statistics
    and Computing 6, 289-296). The likelihood of a Gaussian is closest to a
    quadratic in these.

    Examples
    --------
    >>> from skmixture.transforms import positive_definite
    >>> z = positive_definite.unconstrain([[2.0, 0.5], [0.5, 1.0]])  # three coordinates
    >>> positive_definite.constrain(z).round(12)
    array([[2. , 0.5],
           [0.5, 1. ]])
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
        """The lower triangular L of the inverse of a matrix.

        Parameters
        ----------
        value : ndarray of shape (..., d, d)

        Returns
        -------
        ndarray of shape (..., d, d)
        """
        # C = M M' with M upper triangular, by Cholesky from the last row up; then L' = inv(M).
        # Transposed, so that the half that is read is the lower one, as everywhere
        upper = _cholesky(np.swapaxes(value, -1, -2)[..., ::-1, ::-1])[..., ::-1, ::-1]
        return np.swapaxes(np.linalg.inv(upper), -1, -2)

    def constrain(self, z: ArrayLike) -> Array:
        inverse = np.linalg.inv(self.factor(z))
        return np.swapaxes(inverse, -1, -2) @ inverse

    def factor(self, z: ArrayLike) -> Array:
        """The lower triangular L of the precision matrix at `z`.

        Parameters
        ----------
        z : array-like of shape (..., d (d + 1) / 2)

        Returns
        -------
        ndarray of shape (..., d, d)
        """
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
    """Rows and columns of the lower triangle, in the order of its coordinates.

    Parameters
    ----------
    d : int

    Returns
    -------
    tuple of ndarray of shape (d (d + 1) / 2,)

    Examples
    --------
    >>> from skmixture.transforms import lower_triangle
    >>> [index.tolist() for index in lower_triangle(2)]
    [[0, 1, 1], [0, 0, 1]]
    """
    return np.tril_indices(d)


def _cholesky(value: Array) -> Array:
    """Cholesky factors; a matrix that only rounding keeps from having one is lifted by it."""
    try:
        return np.linalg.cholesky(value)
    except np.linalg.LinAlgError:
        d = value.shape[-1]
        variance = np.diagonal(value, axis1=-2, axis2=-1)[..., None, :]
        return np.linalg.cholesky(value + 16 * d * np.finfo(float).eps * variance * np.eye(d))
