"""Rows of one call, and what belongs to each: those of weight 0 left out, weights near 1."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.streamed import Streamed

__all__ = ["Batch"]

Array = NDArray[np.floating]


class Batch(NamedTuple):
    """Rows of one call and what belongs to them.

    Attributes
    ----------
    X : ndarray, sparse array or Streamed of shape (n, d)
    weight : ndarray of shape (n,) or None
        Of which only the ratios matter.
    side : dict of str to ndarray of shape (n,)
    resp : ndarray of shape (n, K) or None
    counted : float
        Weight of all rows, as the user counts.
    """

    X: Any
    weight: Array | None
    side: dict[str, Array]
    resp: Array | None
    counted: float

    @classmethod
    def of(
        cls, X: Any, weight: Array | None, side: dict[str, Array], resp: Array | None = None
    ) -> Self:
        """Leave out what weighs nothing; take the rest near 1, by a power of two.

        Only ratios of weights matter, and a power of two rounds none of them.
        Rows on file stay where they are.
        """
        if weight is None:
            return cls(X, None, side, resp, float(X.shape[0]))
        unit = float(2.0 ** np.floor(np.log2(weight.max())))
        if not weight.all() and not isinstance(X, Streamed):
            present = weight > 0
            X, weight = X[present], weight[present]
            side = {name: column[present] for name, column in side.items()}
            resp = None if resp is None else resp[present]
        weight = weight / unit
        return cls(X, weight, side, resp, unit * float(weight.sum()))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows that count, and columns."""
        return self.X.shape

    @property
    def n_own(self) -> float:
        """Weight of all rows in the batch's own unit."""
        return float(self.X.shape[0] if self.weight is None else self.weight.sum())

    @property
    def averages(self) -> dict[str, float]:
        """Means of the side columns."""
        return {
            name: float(np.average(column, weights=self.weight))
            for name, column in self.side.items()
        }
