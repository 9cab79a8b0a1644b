"""Responsibilities that are labels: a component for each row, and no table of all of them."""

from __future__ import annotations

from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

__all__ = ["Partition"]

Array = NDArray[np.floating]


class Partition:
    """Responsibilities (1, K, n) of labels, worked out where they are asked for.

    Parameters
    ----------
    labels : ndarray of int of shape (n,)
        From 0 to `n_components` - 1.
    n_components : int
    """

    def __init__(self, labels: NDArray[np.integer], n_components: int) -> None:
        self.labels = labels
        self.shape = (1, n_components, len(labels))

    def __getitem__(self, place: tuple[EllipsisType, slice]) -> Array:
        """Responsibilities (1, K, m) of a stretch of rows, as an array is indexed by ``..., s``."""
        components = np.arange(self.shape[1])[:, None]
        return (self.labels[place[-1]] == components).astype(float)[None]

    def table(self) -> Array:
        """All of them, rows first (n, K)."""
        return self[..., slice(None)][0].T
