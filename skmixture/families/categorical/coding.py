"""Categories of any kind as codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.law.mixed import Names, Orders, missing, name_of

__all__ = ["check_categories", "coded", "decoded", "learnt"]

# Categories that a message spells out.
MOST_NAMED = 8


def learnt(
    table: NDArray, categories: Any, names: Names = None, orders: Orders = None
) -> list[NDArray]:
    """The categories of each column: those that the user names, or all that occur, in order."""
    d = table.shape[1]
    if isinstance(categories, str) and categories == "auto":
        known = [None] * d if orders is None else orders
        return [_learnt(table[:, j], j, names, known[j]) for j in range(d)]
    if isinstance(categories, str) or not np.iterable(categories):
        raise ValueError(_unfit(categories, f"{d} columns"))
    if all(np.ndim(category) == 0 for category in categories):
        categories = [categories] * d  # the same in all columns
    if len(categories) != d:
        raise ValueError(_unfit(categories, f"{d} columns"))
    return [_named(own, j) for j, own in enumerate(categories)]


def check_categories(categories: Any) -> None:
    """Raise a ValueError where `categories` is unfit, whatever the columns."""
    if isinstance(categories, str) and categories == "auto":
        return
    if isinstance(categories, str) or not np.iterable(categories) or not len(list(categories)):
        raise ValueError(_unfit(categories, "the columns"))
    if any(np.ndim(category) for category in categories):
        for j, own in enumerate(categories):
            _named(own, j)


def _unfit(categories: Any, columns: str) -> str:
    return (
        f"categories must be 'auto' or a list of the categories of each of {columns}, "
        f"got {categories!r}"
    )


def _named(given: Any, j: int) -> NDArray:
    own = np.asarray(given)
    if own.ndim != 1 or not len(own) or len(set(own.tolist())) < len(own):
        raise ValueError(f"categories[{j}] must be a list of categories, each once, got {given!r}")
    return own


def _learnt(column: NDArray, j: int, names: Names, order: Sequence[Any] | None) -> NDArray:
    there = ~missing(column)
    if not there.any():
        raise ValueError(f"column {name_of(j, names)} of X has no value at all: leave it out")
    if order is not None:
        seen = set(column[there].tolist())
        return np.array([category for category in order if category in seen])
    return np.array(_distinct(column[there], j, names)[0].tolist())


def coded(table: NDArray, categories: Sequence[NDArray], names: Names = None) -> NDArray:
    """Codes (n, d), as floats, of a table of categories; NaN where there is none."""
    codes = np.full(table.shape, np.nan)
    for j, own in enumerate(categories):
        code = {category: float(c) for c, category in enumerate(own.tolist())}
        there = ~missing(table[:, j])
        values, inverse = _distinct(table[there, j], j, names)
        by_value = np.array([code.get(value, -1.0) for value in values.tolist()])
        codes[there, j] = by_value[inverse]
        if (codes[:, j] < 0).any():
            row = int(np.argmax(codes[:, j] < 0))
            value = table[row : row + 1, j].tolist()[0]
            known = ", ".join(map(repr, own.tolist()[:MOST_NAMED]))
            more = ", ..." if len(own) > MOST_NAMED else ""
            column = name_of(j, names)
            raise ValueError(
                f"X[{row}, {column}] = {value!r} is none of the categories of column {column}: "
                f"{known}{more}. Name all that may occur by categories=, or pass what was not "
                "seen as missing, NaN or None."
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


def _distinct(column: NDArray, j: int, names: Names) -> tuple[NDArray, NDArray[np.integer]]:
    """Sorted distinct values, and the place of each entry among them."""
    try:
        values, inverse = np.unique(column, return_inverse=True)
    except TypeError as error:
        raise ValueError(
            f"column {name_of(j, names)} of X mixes kinds of categories that have no order, such "
            "as numbers, or strings; make them strings"
        ) from error
    return values, inverse.reshape(-1)
