"""Categories of any kind as codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["coded", "decoded", "learnt"]

# Categories that a message spells out.
MOST_NAMED = 8


def learnt(table: NDArray, categories: Any) -> list[NDArray]:
    """The categories of each column: those that the user names, or all that occur, sorted."""
    d = table.shape[1]
    if isinstance(categories, str) and categories == "auto":
        return [_distinct(table[:, j], j)[0] for j in range(d)]
    if isinstance(categories, str) or len(categories) != d:
        raise ValueError(
            f"categories must be 'auto' or a list of the categories of each of {d} columns, "
            f"got {categories!r}"
        )
    named = [np.asarray(own) for own in categories]
    for j, own in enumerate(named):
        if own.ndim != 1 or not len(own) or len(set(own.tolist())) < len(own):
            raise ValueError(
                f"categories[{j}] must be a list of categories, each once, got {categories[j]!r}"
            )
    return named


def coded(table: NDArray, categories: Sequence[NDArray]) -> NDArray:
    """Codes (n, d), as floats, of a table of categories."""
    codes = np.empty(table.shape)
    for j, own in enumerate(categories):
        code = {category: float(c) for c, category in enumerate(own.tolist())}
        values, inverse = _distinct(table[:, j], j)
        codes[:, j] = np.array([code.get(value, -1.0) for value in values.tolist()])[inverse]
        if (codes[:, j] < 0).any():
            row = int(np.argmax(codes[:, j] < 0))
            value = table[row : row + 1, j].tolist()[0]
            known = ", ".join(map(repr, own.tolist()[:MOST_NAMED]))
            more = ", ..." if len(own) > MOST_NAMED else ""
            raise ValueError(
                f"X[{row}, {j}] = {value!r} is none of the categories of column {j}: "
                f"{known}{more}. Name all that may occur by categories=."
            )
    return codes


def decoded(codes: NDArray, categories: Sequence[NDArray]) -> NDArray:
    """The table (n, d) of categories that codes stand for."""
    columns = [own[codes[:, j].astype(np.int64)] for j, own in enumerate(categories)]
    if len({column.dtype.kind for column in columns}) == 1:
        return np.stack(columns, axis=1)
    table = np.empty(codes.shape, dtype=object)
    for j, column in enumerate(columns):
        table[:, j] = column.tolist()
    return table


def _distinct(column: NDArray, j: int) -> tuple[NDArray, NDArray[np.integer]]:
    """Sorted distinct values, and the place of each entry among them."""
    try:
        values, inverse = np.unique(column, return_inverse=True)
    except TypeError as error:
        raise ValueError(
            f"column {j} of X mixes kinds of categories that have no order, such as numbers, "
            "strings and None; make them strings, and missing answers a category of their own"
        ) from error
    return values, inverse.reshape(-1)
