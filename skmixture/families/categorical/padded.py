"""Probabilities of items with different numbers of categories, in one table."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.transforms import Simplex

__all__ = ["PaddedSimplex"]

Array = NDArray[np.floating]


class PaddedSimplex(Simplex):
    """Tables (..., d, C) of probabilities by item, 0 beyond the categories of each.

    The coordinates are those of the simplex item by item, 0 in the places of
    categories that an item does not have.

    Parameters
    ----------
    sizes : ndarray of int of shape (d or 1,)
        Numbers of categories.
    """

    description = "positive with sum 1 in each item, and 0 beyond its categories"

    def __init__(self, sizes: NDArray[np.integer]) -> None:
        self.sizes = sizes

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Which cells (d or 1, C) of a table are categories."""
        return np.arange(self.sizes.max()) < self.sizes[:, None]

    def unconstrain(self, value: ArrayLike) -> Array:
        return super().unconstrain(np.where(self.present, value, np.asarray(value)[..., :1]))

    def constrain(self, z: ArrayLike) -> Array:
        return super().constrain(np.where(self.present[..., 1:], z, -np.inf))

    def log_jacobian(self, z: ArrayLike) -> Array:
        present = self.present[..., 1:]
        z = np.where(present, z, -np.inf)
        top = np.maximum(z.max(axis=-1, initial=0.0), 0.0)
        log_total = top + np.log(np.exp(-top) + np.exp(z - top[..., None]).sum(axis=-1))
        n_categories = self.present.sum(axis=-1)
        return np.where(present, z, 0.0).sum(axis=-1) - n_categories * log_total

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        empty = np.where(self.present, 0.0, value) == 0
        return super().holds(value) & empty.all(axis=-1)
