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
        return [_learnt(table[:, j], j) for j in range(d)]
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


def _learnt(column: NDArray, j: int) -> NDArray:
    there = ~missing(column)
    if not there.any():
        raise ValueError(f"column {j} of X has no value at all: leave it out")
    return np.array(_distinct(column[there], j)[0].tolist())


def missing(column: NDArray) -> NDArray[np.bool_]:
    """Where there is no category: None, NaN and their like."""
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype.kind != "O":
        return np.zeros(len(column), dtype=bool)
    return np.array([_is_missing(value) for value in column], dtype=bool)


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value)
    except TypeError:  # what is missing in pandas does not know
        return True


def coded(table: NDArray, categories: Sequence[NDArray]) -> NDArray:
    """Codes (n, d), as floats, of a table of categories; NaN where there is none."""
    codes = np.full(table.shape, np.nan)
    for j, own in enumerate(categories):
        code = {category: float(c) for c, category in enumerate(own.tolist())}
        there = ~missing(table[:, j])
        values, inverse = _distinct(table[there, j], j)
        known = np.array([code.get(value, -1.0) for value in values.tolist()])
        codes[there, j] = known[inverse]
        if (codes[:, j] < 0).any():
            row = int(np.argmax(codes[:, j] < 0))
            value = table[row : row + 1, j].tolist()[0]
            named = ", ".join(map(repr, own.tolist()[:MOST_NAMED]))
            more = ", ..." if len(own) > MOST_NAMED else ""
            raise ValueError(
                f"X[{row}, {j}] = {value!r} is none of the categories of column {j}: "
                f"{named}{more}. Name all that may occur by categories=."
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
            "or strings; make them strings"
        ) from error
    return values, inverse.reshape(-1)
