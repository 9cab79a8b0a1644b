"""The inverse of an information matrix that may be singular, and what it cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Inverse"]

Array = NDArray[np.floating]

# Eigenvalues, with ones on the diagonal, below which a direction is flat.
FLAT = 1e-8
# A coordinate with less information than this for each row is flat.
LEAST_PER_ROW = 1e-10
# What depends on a flat direction by more than this part of itself is not told.
LEANING = 1e-5
# Entries of a flat direction, relative to the largest, that are named.
NAMED = 0.1


@dataclass(frozen=True)
class Inverse:
    """A symmetric matrix (p, p), inverted where it is positive.

    The matrix is scaled to ones on its diagonal first, so that units do not
    matter. Directions in which it is flat or negative are left out of the
    inverse, and whatever depends on them comes as NaN.

    Attributes
    ----------
    matrix : ndarray of shape (p, p)
    n_rows : float
        Rows that the information is of.
    lengths : ndarray of shape (p,), or float
        What is long for each coordinate.
    """

    matrix: Array
    n_rows: float
    lengths: Array | float = 1.0

    @cached_property
    def scale(self) -> Array:
        """What the coordinates (p,) are multiplied with: standard errors, if alone."""
        return np.asarray(1 / np.sqrt(np.maximum(np.abs(np.diagonal(self.matrix)), self._least)))

    @property
    def _least(self) -> Array | float:
        return LEAST_PER_ROW * self.n_rows / np.square(self.lengths)

    @cached_property
    def _spectrum(self) -> tuple[Array, Array]:
        scaled = self.matrix * self.scale * self.scale[:, None]
        if not np.isfinite(scaled).all():
            raise ValueError(
                "the log-likelihood is not finite about the fitted parameters, so it has no "
                "information: a parameter lies at an edge of its range"
            )
        flat = np.abs(np.diagonal(self.matrix)) < self._least
        scaled[flat] = scaled[:, flat] = 0.0
        values, vectors = np.linalg.eigh(scaled)
        return values, vectors

    @property
    def values(self) -> Array:
        """Eigenvalues (p,) of the scaled matrix, in increasing order."""
        return self._spectrum[0]

    @property
    def condition(self) -> float:
        """Largest by smallest eigenvalue of the scaled matrix; infinite if one is not positive."""
        if not len(self.values):
            return 1.0
        low, high = float(self.values[0]), float(self.values[-1])
        return high / low if low > 0 else np.inf

    @property
    def told(self) -> NDArray[np.bool_]:
        """Directions (p,) in which the matrix is positive."""
        return self.values > FLAT

    @cached_property
    def root(self) -> Array:
        """Square root (p, r) of the inverse, a column for each direction told."""
        values, vectors = self._spectrum
        root = vectors[:, self.told] / np.sqrt(values[self.told])
        return np.asarray(self.scale[:, None] * root)

    def covariance(self, jacobian: Array, middle: Array | None = None) -> Array:
        """Covariance (m, m) of values with derivatives (m, p), NaN where it cannot be told.

        With a `middle` M (p, p) it is that of a sandwich, inverse times M times inverse.
        """
        root = jacobian @ self.root  # (m, r)
        if middle is not None:
            inner = self.root.T @ middle @ self.root
            found = root @ inner @ root.T
        else:
            found = root @ root.T
        found = np.asarray(found)
        blank = self._leans(jacobian)
        found[blank] = found[:, blank] = np.nan
        return found

    def named(self, names: list[str], sign: int) -> list[str]:
        """Coordinates in the flat (0) or negative (-1) directions."""
        negative = self.values < -FLAT
        chosen = negative if sign < 0 else ~self.told & ~negative
        along = np.abs(self._spectrum[1][:, chosen])
        if not along.size:
            return []
        share = (along / along.max(axis=0)).max(axis=1)
        return [name for name, own in zip(names, share, strict=True) if own >= NAMED]

    def _leans(self, jacobian: Array) -> NDArray[np.bool_]:
        """Which values (m,) depend on directions that are not told."""
        scaled = jacobian * self.scale
        # relative to the largest, whose squares might vanish: next to an edge slopes are tiny
        largest = np.abs(scaled).max(axis=1, initial=0.0, keepdims=True)
        scaled = np.divide(scaled, largest, out=np.zeros_like(scaled), where=largest > 0)
        along = scaled @ self._spectrum[1][:, ~self.told]
        whole, part = (np.sqrt(np.square(a).sum(axis=1)) for a in (scaled, along))
        return np.asarray(part > LEANING * whole)
