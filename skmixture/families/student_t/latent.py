"""What the distance of a row says of its latent scale."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Latent", "Seen"]

Array = NDArray[np.floating]


class Latent(NamedTuple):
    """The expected latent scales w, and what of them enters the degrees of freedom.

    Each (B, K, n), written so that nothing of order 1 cancels where w is near 1.
    """

    scale: Array  # w
    less: Array  # 1 - w
    gap: Array  # w - 1 - log w

    @classmethod
    def of(cls, distance: Array, dofs: Array, n_seen: Array | int) -> Self:
        """From squared distances of `n_seen` values; dofs (B, K, 1). Overwrites `distance`."""
        distance -= n_seen
        distance /= dofs + n_seen  # 1 / w - 1
        scale = 1 / (1 + distance)
        less = distance * scale
        return cls(scale, less, np.log1p(distance) - less)


class Seen(NamedTuple):
    """Rows by how many of their values are there.

    Attributes
    ----------
    numbers : ndarray of shape (o,)
    mass : ndarray of shape (B, K, o)
        Of the rows with so many values.
    squares : ndarray of shape (B, K, o)
        Sums of ``(w - 1)^2`` over them.
    """

    numbers: NDArray[np.integer]
    mass: Array
    squares: Array

    def shapes(self, dofs: Array) -> Array:
        """Shapes (B, K, o) of the gamma laws of u, given the rows."""
        return 0.5 * (dofs[..., None] + self.numbers)
