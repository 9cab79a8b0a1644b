"""The four shapes of a covariance: full, tied, diagonal, spherical.

Each structure turns the same few steps of a Gaussian into its own arrays:
quadratic features of a row, their coefficients, second moments, covariances,
and the factor of a precision. `Tied` is `Full` with one matrix for all
components, `Spherical` is `Diagonal` with one variance for all columns.

Shapes: rows ``x`` (..., d, n); second moments and covariances
(B, K, d, d), (B, 1, d, d), (B, K, d) and (B, K).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from skmixture.numerics.buffers import side_by_side
from skmixture.transforms import Transform, lower_triangle, positive, positive_definite

__all__ = ["STRUCTURES", "Factor", "Structure"]

Array = NDArray[np.floating]
# From so many columns on, triangular and symmetric products, half the work of full ones, are
# quicker than these. scipy has both, and keeps the interpreter's lock in them: threads would wait.
TRIANGULAR, PANEL = 24, 32
EPS = float(np.finfo(float).eps)


@dataclass
class Factor:
    """Upper triangular U (or its diagonal) with U U' the precision, and log |U|."""

    matrix: Array  # the shape of the covariances
    log_det: Array  # (B, K) or (B, 1)
    sound: NDArray[np.bool_]  # (B, K) or (B, 1); elsewhere the factor is of the identity

    @cached_property
    def precision(self) -> Array:
        """The precisions, in the shape of the covariances."""
        if self.log_det.ndim + 2 == self.matrix.ndim:
            return self.matrix @ np.swapaxes(self.matrix, -1, -2)
        return self.matrix**2


class Structure:
    """What a covariance structure must say; see the module."""

    name: str
    transform: Transform
    pooled = False  # all components share one covariance
    triangular = False  # covariances are matrices

    def event_shape(self, d: int) -> tuple[int, ...]:
        raise NotImplementedError

    def flat_rows(self, d: int) -> int:
        """Rows, wherever they are, about which a law of this shape has no volume."""
        return 1

    # quadratic features of a row and what is done with their sums
    def n_quadratic(self, d: int) -> int:
        raise NotImplementedError

    def quadratic(self, x: Array, out: Array) -> None:
        raise NotImplementedError

    def pack(self, precision: Array) -> Array:
        raise NotImplementedError

    def unpack(self, sums: Array, d: int) -> Array:
        raise NotImplementedError

    def packed(self, second: Array) -> Array:
        raise NotImplementedError

    # the M-step
    def recentre(self, second: Array, first: Array, n: Array, delta: Array) -> Array:
        """Second moments about a point moved by `delta` (B, K, d)."""
        raise NotImplementedError

    def divide(self, scatter: Array, n: Array, d: int) -> Array:
        raise NotImplementedError

    def add_to_diagonal(self, covariance: Array, amount: Array) -> Array:
        """Give covariances `amount` (d,) more variance, in place."""
        raise NotImplementedError

    # the E-step
    def factor(self, covariance: Array, smallest: Array) -> Factor:
        """Factor of the precision; unsound where a pivot is below `smallest` (d,)."""
        raise NotImplementedError

    def given_factor(self, matrix: Array, d: int) -> Factor:
        """The factor from its matrix."""
        raise NotImplementedError

    def apply(self, precision: Array, means: Array) -> Array:
        """Precision times vectors (B, K, d)."""
        raise NotImplementedError

    def reach(self, precision: Array, extent: Array) -> Array:
        """``extent' |P| extent`` (B, K or 1) for a vector (B, K, d) of magnitudes."""
        raise NotImplementedError

    def rotate(self, centred: Array, factor: Array) -> Array:
        """Whitened rows (..., d, n) of rows about components' means; may overwrite."""
        raise NotImplementedError

    def second_moment(self, centred: Array, resp: Array) -> Array:
        """One component's sum of resp x x' (d, n), (n,), perhaps only a part; may overwrite."""
        raise NotImplementedError

    def complete(self, second: Array) -> Array:
        """Second moments (B, K, ...) from sums of `second_moment`."""
        return second

    # on the unconstrained scale
    def gradient(self, scatter: Array, n: Array, covariance: Array, d: int) -> Array:
        """Of the expected log-likelihood by the coordinates of the transform."""
        raise NotImplementedError

    def of_matrices(self, second: Array) -> Array:
        """Second moments in the shape of the covariances, from matrices (B, K, d, d)."""
        raise NotImplementedError

    def matrices(self, covariance: Array, d: int) -> Array:
        """Full matrices (..., d, d) of covariances without a shared axis."""
        raise NotImplementedError


class Full(Structure):
    name = "full"
    transform = positive_definite
    triangular = True

    def event_shape(self, d: int) -> tuple[int, ...]:
        return (d, d)

    def flat_rows(self, d: int) -> int:
        return d

    def n_quadratic(self, d: int) -> int:
        return d * (d + 1) // 2

    def quadratic(self, x: Array, out: Array) -> None:
        begin, d = 0, x.shape[-2]
        for i in range(d):  # x_i times x_i, x_{i+1}, ...: whole rows at once
            end = begin + d - i
            np.multiply(x[..., i : i + 1, :], x[..., i:, :], out=out[..., begin:end, :])
            begin = end

    def pack(self, precision: Array) -> Array:
        rows, columns = _upper(precision.shape[-1])
        return precision[..., rows, columns] * _factors(precision.shape[-1])

    def unpack(self, sums: Array, d: int) -> Array:
        rows, columns = _upper(d)
        second = np.empty((*sums.shape[:-1], d, d))
        second[..., rows, columns] = sums
        second[..., columns, rows] = sums
        return second

    def packed(self, second: Array) -> Array:
        """What `unpack` undoes."""
        rows, columns = _upper(second.shape[-1])
        return second[..., rows, columns]

    def recentre(self, second: Array, first: Array, n: Array, delta: Array) -> Array:
        # (n delta - first) delta' less first' of delta: symmetric to the last bit once summed
        cross = (0.5 * n[..., None] * delta - first)[..., :, None] * delta[..., None, :]
        return second + (cross + np.swapaxes(cross, -1, -2))

    def divide(self, scatter: Array, n: Array, d: int) -> Array:
        return scatter / n[..., None, None]

    def add_to_diagonal(self, covariance: Array, amount: Array) -> Array:
        d = covariance.shape[-1]
        covariance.reshape(*covariance.shape[:-2], d * d)[..., :: d + 1] += amount
        return covariance

    def factor(self, covariance: Array, smallest: Array) -> Factor:
        lower, sound = _cholesky(covariance)
        diagonal, variance = lower.diagonal(0, -2, -1), covariance.diagonal(0, -2, -1)
        # what is left of a variance, given the columns before, may be only rounding
        rounding = 8 * variance.shape[-1] * EPS * variance
        sound &= np.logical_and.reduce(diagonal**2 > np.maximum(smallest, rounding), axis=-1)
        if np.count_nonzero(sound) < sound.size:
            lower = np.where(sound[..., None, None], lower, np.eye(lower.shape[-1]))
            diagonal = np.diagonal(lower, axis1=-2, axis2=-1)
        upper = np.swapaxes(np.linalg.inv(lower), -1, -2) * _upper_triangle(lower.shape[-1])
        return Factor(upper, -np.log(side_by_side(diagonal)).sum(axis=-1), sound)

    def given_factor(self, matrix: Array, d: int) -> Factor:
        log_det = np.add.reduce(np.log(side_by_side(matrix.diagonal(0, -2, -1))), axis=-1)
        return Factor(matrix, log_det, np.ones(matrix.shape[:2], bool))

    def apply(self, precision: Array, means: Array) -> Array:
        return (precision @ means[..., None])[..., 0]

    def reach(self, precision: Array, extent: Array) -> Array:
        return np.add.reduce(self.apply(np.abs(precision), extent) * extent, axis=-1)

    def rotate(self, centred: Array, factor: Array) -> Array:
        if centred.ndim > 2 or len(centred) < TRIANGULAR:
            return np.swapaxes(factor, -1, -2) @ centred
        white = np.empty_like(centred)
        for begin in range(0, len(centred), PANEL):  # below the diagonal there is nothing
            end = min(begin + PANEL, len(centred))
            np.matmul(factor[:end, begin:end].T, centred[:end], out=white[begin:end])
        return white

    def second_moment(self, centred: Array, resp: Array) -> Array:
        if len(centred) < TRIANGULAR:
            return (centred * resp) @ centred.T
        centred *= np.sqrt(resp)
        return centred @ centred.T  # which numpy knows to be symmetric

    def complete(self, second: Array) -> Array:
        return np.triu(second) + np.swapaxes(np.triu(second, 1), -1, -2)

    def gradient(self, scatter: Array, n: Array, covariance: Array, d: int) -> Array:
        rows, columns = lower_triangle(d)
        lower = positive_definite.factor_of(covariance)
        diagonal = np.diagonal(lower, axis1=-2, axis2=-1)
        # Q = n log|L| - tr(L' S L) / 2; diagonal coordinates are logs
        packed = -(scatter @ lower)[..., rows, columns]
        on_diagonal = rows == columns
        packed[..., on_diagonal] = packed[..., on_diagonal] * diagonal + n[..., None]
        return packed

    def of_matrices(self, second: Array) -> Array:
        return second

    def matrices(self, covariance: Array, d: int) -> Array:
        return covariance


class Tied(Full):
    name = "tied"
    pooled = True

    def of_matrices(self, second: Array) -> Array:
        return second.sum(axis=1, keepdims=True)

    def recentre(self, second: Array, first: Array, n: Array, delta: Array) -> Array:
        # second (B, 1, d, d) is already the sum over components
        cross = (np.swapaxes(first, -1, -2) @ delta)[:, None]
        weighted = (np.swapaxes(n[..., None] * delta, -1, -2) @ delta)[:, None]
        return second - (cross + np.swapaxes(cross, -1, -2)) + weighted

    def divide(self, scatter: Array, n: Array, d: int) -> Array:
        return scatter / n.sum(axis=1)[:, None, None, None]


class Diagonal(Structure):
    name = "diag"
    transform = positive

    def event_shape(self, d: int) -> tuple[int, ...]:
        return (d,)

    def n_quadratic(self, d: int) -> int:
        return d

    def quadratic(self, x: Array, out: Array) -> None:
        np.multiply(x, x, out=out)

    def pack(self, precision: Array) -> Array:
        return -0.5 * precision

    def unpack(self, sums: Array, d: int) -> Array:
        return sums

    def recentre(self, second: Array, first: Array, n: Array, delta: Array) -> Array:
        return second - 2 * first * delta + n[..., None] * delta**2

    def divide(self, scatter: Array, n: Array, d: int) -> Array:
        return scatter / n[..., None]

    def add_to_diagonal(self, covariance: Array, amount: Array) -> Array:
        covariance += amount
        return covariance

    def factor(self, covariance: Array, smallest: Array) -> Factor:
        sound: NDArray[np.bool_] = np.asarray((covariance > smallest).all(axis=-1))
        safe = np.where(sound[..., None], covariance, 1.0)
        return Factor(1 / np.sqrt(safe), -0.5 * np.log(safe).sum(axis=-1), sound)

    def given_factor(self, matrix: Array, d: int) -> Factor:
        return Factor(matrix, np.log(matrix).sum(axis=-1), np.ones(matrix.shape[:2], bool))

    def apply(self, precision: Array, means: Array) -> Array:
        return precision * means

    def reach(self, precision: Array, extent: Array) -> Array:
        return (precision * extent**2).sum(axis=-1)

    def rotate(self, centred: Array, factor: Array) -> Array:
        return centred * factor[..., None]

    def second_moment(self, centred: Array, resp: Array) -> Array:
        return centred**2 @ resp

    def gradient(self, scatter: Array, n: Array, covariance: Array, d: int) -> Array:
        return 0.5 * (scatter / covariance - n[..., None])

    def of_matrices(self, second: Array) -> Array:
        return np.diagonal(second, axis1=-2, axis2=-1)

    def matrices(self, covariance: Array, d: int) -> Array:
        return covariance[..., None] * np.eye(d)


class Spherical(Diagonal):
    name = "spherical"

    def event_shape(self, d: int) -> tuple[int, ...]:
        return ()

    def n_quadratic(self, d: int) -> int:
        return 1

    def quadratic(self, x: Array, out: Array) -> None:
        np.einsum("...dn,...dn->...n", x, x, out=out[..., 0, :])

    def pack(self, precision: Array) -> Array:
        return -0.5 * precision[..., None]

    def unpack(self, sums: Array, d: int) -> Array:
        return sums[..., 0]

    def recentre(self, second: Array, first: Array, n: Array, delta: Array) -> Array:
        return second - 2 * (first * delta).sum(axis=-1) + n * (delta**2).sum(axis=-1)

    def divide(self, scatter: Array, n: Array, d: int) -> Array:
        return scatter / (n * d)

    def add_to_diagonal(self, covariance: Array, amount: Array) -> Array:
        covariance += amount.mean()
        return covariance

    def factor(self, covariance: Array, smallest: Array) -> Factor:
        sound: NDArray[np.bool_] = np.asarray(covariance > smallest.max())
        safe = np.where(sound, covariance, 1.0)
        return Factor(1 / np.sqrt(safe), -0.5 * len(smallest) * np.log(safe), sound)

    def given_factor(self, matrix: Array, d: int) -> Factor:
        return Factor(matrix, d * np.log(matrix), np.ones(matrix.shape[:2], bool))

    def apply(self, precision: Array, means: Array) -> Array:
        return precision[..., None] * means

    def reach(self, precision: Array, extent: Array) -> Array:
        return precision * (extent**2).sum(axis=-1)

    def rotate(self, centred: Array, factor: Array) -> Array:
        return centred * factor[..., None, None]

    def second_moment(self, centred: Array, resp: Array) -> Array:
        return np.einsum("dn,dn->n", centred, centred) @ resp

    def gradient(self, scatter: Array, n: Array, covariance: Array, d: int) -> Array:
        return 0.5 * (scatter / covariance - n * d)

    def of_matrices(self, second: Array) -> Array:
        return np.trace(second, axis1=-2, axis2=-1)

    def matrices(self, covariance: Array, d: int) -> Array:
        return covariance[..., None, None] * np.eye(d)


@cache
def _upper(d: int) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Rows and columns of the upper triangle, in the order of the quadratic features."""
    return np.triu_indices(d)


@cache
def _factors(d: int) -> Array:
    """What each product counts in ``-x' P x / 2``."""
    rows, columns = _upper(d)
    return np.where(rows == columns, -0.5, -1.0)


@cache
def _upper_triangle(d: int) -> Array:
    return np.triu(np.ones((d, d)))


def _cholesky(matrices: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Cholesky factors of a stack, and which matrices have one."""
    sound = np.ones(matrices.shape[:-2], dtype=bool)
    try:
        return np.linalg.cholesky(matrices), sound
    except np.linalg.LinAlgError:  # one bad matrix fails the stack: find which
        factors = np.zeros_like(matrices)
        for place in np.ndindex(sound.shape):
            try:
                factors[place] = np.linalg.cholesky(matrices[place])
            except np.linalg.LinAlgError:
                sound[place] = False
        return factors, sound


STRUCTURES: dict[str, Structure] = {
    structure.name: structure for structure in (Full(), Tied(), Diagonal(), Spherical())
}
