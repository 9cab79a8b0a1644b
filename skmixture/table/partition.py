"""Responsibilities that are labels: a component for each row, and no table of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

__all__ = ["Partition"]

Array = NDArray[np.floating]


class Partition:
    """Responsibilities (B, K, n) of labels, worked out where they are asked for.

    Parameters
    ----------
    labels : ndarray of int of shape (B, n)
        From 0 to `n_components` - 1.
    n_components : int
    """

    def __init__(self, labels: NDArray[np.integer], n_components: int) -> None:
        self.labels = labels
        self.shape = (len(labels), n_components, labels.shape[-1])

    def __getitem__(self, place: tuple[EllipsisType, slice]) -> Array:
        """Responsibilities (B, K, m) of a stretch of rows, as an array is indexed by ``..., s``."""
        components = np.arange(self.shape[1])[:, None]
        return (self.labels[:, None, place[-1]] == components).astype(float)

    def tables(self) -> Iterator[Array]:
        """All of them, rows first (n, K), for one member of the batch after the other."""
        for labels in self.labels:
            yield (labels[:, None] == np.arange(self.shape[1])).astype(float)
