"""Rows in a plane, coloured by their responsibilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skmixture.display.sides import side_of
from skmixture.display.tables import as_table, table_of

__all__ = ["Heaps", "drawn_rows", "heaps_of"]

Array = NDArray[np.floating]

# Points in a panel: of more rows so many are drawn, always the same.
MOST = 5_000
# Where rows lie on so few values and so often on each other, a dot stands for several; its width.
VALUES, OFTEN, WIDEST = 25, 4, 15.0


def drawn_rows(
    model: Any,
    X: Any,
    columns: Sequence[int],
    exposure: ArrayLike | None,
    strata: ArrayLike | None,
) -> tuple[Array, Array]:
    """Columns of rows (n, len(columns)) and responsibilities (n, K); of some rows, where many."""
    X = as_table(model, X)
    n = X.shape[0]
    rows = np.arange(n)
    if n > MOST:
        rows = np.sort(RandomState(0).choice(n, MOST, replace=False))
        X = X.iloc[rows] if hasattr(X, "iloc") else X[rows]
    resp = model.predict_proba(X, **side_of(exposure, strata, rows))
    return table_of(model, X, columns), resp


@dataclass(frozen=True)
class Heaps:
    """Rows that lie on each other.

    Attributes
    ----------
    places : ndarray of shape (m, 2)
    rows : ndarray of int of shape (m,)
        How many lie at each place.
    resp : ndarray of shape (m, n_components)
        Their average responsibilities.
    sizes : ndarray of shape (m,)
        Areas of dots, in the ratio of `rows`.
    """

    places: Array
    rows: NDArray[np.integer]
    resp: Array
    sizes: Array


def heaps_of(points: Array, resp: Array) -> Heaps | None:
    """Places of points (n, 2) of whole numbers, with their rows; None where few share a place."""
    there = np.isfinite(points).all(axis=1)
    places, which, rows = np.unique(points[there], axis=0, return_inverse=True, return_counts=True)
    most = max((len(np.unique(values)) for values in places.T), default=0)
    if not 0 < most <= VALUES or len(places) * OFTEN > there.sum():
        return None
    total = np.zeros((len(places), resp.shape[1]))
    np.add.at(total, which.ravel(), resp[there])
    width = min(WIDEST, 100 / (most + 1))
    return Heaps(places, rows, total / rows[:, None], width**2 * rows / rows.max())
