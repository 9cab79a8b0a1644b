"""Rows of one call, and what belongs to each: those of weight 0 left out, weights near 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.table.rows import of_family
from skmixture.table.streamed import Streamed

__all__ = ["Batch", "Given"]

Array = NDArray[np.floating]


class Given(NamedTuple):
    """What the user gives beside the rows of a fit, not checked yet: see `BaseMixture.fit`."""

    sample_weight: ArrayLike | None = None
    start: ArrayLike | None = None
    exposure: ArrayLike | None = None
    strata: ArrayLike | None = None
    labels: ArrayLike | None = None
    callback: Callable[[Any], object] | None = None
    y: object = None


class Batch(NamedTuple):
    """Rows of one call and what belongs to them.

    Attributes
    ----------
    X : ndarray, sparse array or Streamed of shape (n, d)
    weight : ndarray of shape (n,) or None
        Of which only the ratios matter, where there are no priors.
    columns : dict of str to ndarray of shape (..., n)
        What else belongs to rows: exposures, strata, known responsibilities.
    resp : ndarray of shape (n, K) or None
    counted : float
        Weight of all rows, as the user counts.
    strata : ndarray of shape (G,) or None
        Labels of the strata, of which the columns hold the codes.
    """

    X: Any
    weight: Array | None
    columns: dict[str, NDArray]
    resp: Array | None
    counted: float
    strata: NDArray | None = None

    @classmethod
    def of(
        cls,
        X: Any,
        weight: Array | None,
        columns: dict[str, NDArray],
        resp: Array | None = None,
        strata: NDArray | None = None,
        absolute: bool = False,
    ) -> Self:
        """Leave out what weighs nothing; take the rest near 1, by a power of two.

        Only ratios of weights matter, and a power of two rounds none of them;
        unless they are `absolute`, as beside priors, which have a weight too.
        Rows on file stay where they are.
        """
        if weight is None:
            return cls(X, None, columns, resp, float(X.shape[0]), strata)
        unit = 1.0 if absolute else float(2.0 ** np.floor(np.log2(weight.max())))
        if not weight.all() and not isinstance(X, Streamed):
            present = weight > 0
            X, weight = X[present], weight[present]
            columns = {name: column[..., present] for name, column in columns.items()}
            resp = None if resp is None else resp[present]
        weight = weight / unit
        return cls(X, weight, columns, resp, unit * float(weight.sum()), strata)

    @property
    def side(self) -> dict[str, NDArray]:
        """The columns that are for the family."""
        return of_family(self.columns)

    @property
    def n_strata(self) -> int:
        """Sets of mixing weights."""
        return 1 if self.strata is None else len(self.strata)

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
