"""Tables of mixed kinds: what a column is called, and numbers among other things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Names", "Orders", "missing", "name_of", "naming_columns", "numbers", "orders_of"]

Array = NDArray[np.floating]
# Names of columns, where X has them.
Names = Sequence[str] | NDArray | None
# Categories (d,) of columns in their order, None where that is not known, or of no column.
Orders = NDArray[np.object_] | None

# How a message begins that is about one value.
PLACE = re.compile(r"X\[(\d+), (\d+)\]")


def name_of(j: int, names: Names) -> str:
    """What messages call a column: its name, or its place."""
    name = j if names is None else names[j]
    return repr(str(name)) if isinstance(name, str) else str(name)


def orders_of(X: Any) -> Orders:
    """The categories of those columns of a data frame that are ordered categorical ones."""
    dtypes = list(X.dtypes) if hasattr(X, "iloc") and hasattr(X, "dtypes") else []
    orders = np.full(len(dtypes), None, dtype=object)
    for j, dtype in enumerate(dtypes):
        if getattr(dtype, "ordered", None):
            orders[j] = dtype.categories.tolist()
    return orders if dtypes else None


@contextmanager
def naming_columns(names: Names) -> Iterator[None]:
    """Errors about a value at a place have the name of its column there, where X has names."""
    try:
        yield
    except ValueError as error:
        found = None if names is None else PLACE.match(str(error))
        if names is None or found is None:
            raise
        named = f"X[{found[1]}, {name_of(int(found[2]), names)}]"
        raise ValueError(named + str(error)[found.end() :]) from None


def numbers(table: NDArray, names: Names = None) -> Array:
    """A table (n, d) as numbers, NaN where a value is missing.

    Raises
    ------
    ValueError
        That names a value which is no number, or not a finite one.
    """
    values = np.full(table.shape, np.nan)
    for j, column in enumerate(table.T):
        there = ~missing(column)
        try:
            values[there, j] = column[there].astype(float)
        except (TypeError, ValueError):
            row = int(next(i for i in np.flatnonzero(there) if not _is_number(column[i])))
            word = column[row]
            shown = word.item() if isinstance(word, np.generic) else word
            raise ValueError(
                f"X[{row}, {name_of(j, names)}] = {shown!r} is no number: give the column "
                "to a part of a Product whose law is Categorical, or all to a "
                "CategoricalMixture, code it, or leave it out"
            ) from None
        if np.isinf(values[:, j]).any():
            row = int(np.argmax(np.isinf(values[:, j])))
            raise ValueError(f"X[{row}, {name_of(j, names)}] is infinite")
    return values


def missing(column: NDArray) -> NDArray[np.bool_]:
    """Where there is no value: None, NaN and their like."""
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


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
