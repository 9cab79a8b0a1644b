"""Rows in a plane, coloured by their responsibilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skmixture.display.sides import side_of
from skmixture.display.tables import as_table, table_of

__all__ = ["drawn_rows"]

Array = NDArray[np.floating]

# Points in a panel: of more rows so many are drawn, always the same.
MOST = 5_000


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
