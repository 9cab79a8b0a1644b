"""Weights of rows as whole numbers of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.given.validation import check_sample_weight

__all__ = ["copies_of"]


def copies_of(sample_weight: ArrayLike | None, n_rows: int) -> NDArray[np.integer]:
    """How many rows each row is, (n,), by its weight.

    Raises
    ------
    ValueError
        Where a weight is no whole number: a label is of a whole row.
    """
    weight = check_sample_weight(sample_weight, n_rows)
    if weight is None:
        return np.ones(n_rows, dtype=np.intp)
    whole = weight == np.floor(weight)
    if not whole.all():
        row = int(np.argmin(whole))
        raise ValueError(
            f"sample_weight[{row}] = {weight[row]!s} is no whole number of rows, and "
            "method='gibbs' gives every row a label: use whole numbers, or method='ensemble'"
        )
    return weight.astype(np.intp)
