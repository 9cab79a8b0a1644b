"""Tables with holes: NaN is a value that is missing at random.

Laws that factorise over columns leave out what is missing, column by column;
a law that does not says by `with_holes` what it makes of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = [
    "Pattern", "column_moments", "filled", "first_hole", "has_holes", "patterns", "seen_values",
    "unmasked",
]  # fmt: skip

Array = NDArray[np.floating]


class Pattern(NamedTuple):
    """Rows of a block of which the same columns are there."""

    seen: NDArray[np.integer]  # columns, perhaps none
    rows: NDArray[np.integer]


class Moments(NamedTuple):
    """Mean and variance (d,) of the values that are there."""

    mean: Array
    variance: Array


def has_holes(X: Any) -> bool:
    """Whether a table has values that are missing."""
    if not isinstance(X, np.ndarray) or X.dtype.kind != "f" or X.size == 0:
        return False
    return bool(np.isnan(np.maximum.reduce(X, axis=None)))  # a pass without a mask


def unmasked(values: Any) -> Any:
    """An array in which what was masked is missing; anything else as it is."""
    if not np.ma.isMaskedArray(values):
        return values
    data, masked = np.ma.getdata(values), np.ma.getmaskarray(values)
    if not masked.any():
        return data
    if data.dtype.kind in "biu":
        data = data.astype(float)
    whole = data.copy() if data.dtype.kind in "fc" else data.astype(object)
    whole[masked] = np.nan
    return whole


def first_hole(X: Any) -> tuple[int, int] | None:
    """Row and column of a value that is missing in a table, dense or sparse."""
    if sparse.issparse(X):
        stored = sparse.coo_array(X)
        missing = np.flatnonzero(np.isnan(stored.data))
        if not len(missing):
            return None
        return int(stored.row[missing[0]]), int(stored.col[missing[0]])
    if not has_holes(X):
        return None
    row, column = np.argwhere(np.isnan(X))[0]
    return int(row), int(column)


def patterns(missing: NDArray[np.bool_]) -> list[Pattern]:
    """The patterns of a block (d, n), in an order that the data fix."""
    packed = np.packbits(missing, axis=0)  # (ceil(d / 8), n)
    order = np.lexsort(packed)
    changes = (np.diff(packed[:, order], axis=1) != 0).any(axis=0)
    groups = np.split(order, np.flatnonzero(changes) + 1)
    return [Pattern(np.flatnonzero(~missing[:, rows[0]]), rows) for rows in groups]


def column_moments(X: NDArray, weight: Array | None) -> Moments:
    """Of each column as far as it is there.

    Raises
    ------
    ValueError
        Where a column has no value at all.
    """
    seen = ~np.isnan(X)
    share = seen if weight is None else seen * weight[:, None]
    total = share.sum(axis=0, dtype=float)
    _check_columns(total)
    mean = np.where(seen, X, 0.0)
    mean = (mean * share).sum(axis=0) / total
    away = np.where(seen, X - mean, 0.0)
    return Moments(mean, (away**2 * share).sum(axis=0) / total)


def seen_values(X: NDArray) -> list[Array]:
    """The values of each column that are there.

    Raises
    ------
    ValueError
        Where a column has no value at all.
    """
    seen = ~np.isnan(X)
    _check_columns(seen.sum(axis=0))
    return [x[there] for x, there in zip(X.T, seen.T, strict=True)]


def _check_columns(total: Array) -> None:
    if not total.all():
        column = int(np.argmin(total))
        raise ValueError(f"column {column} of X has no value at all: leave it out")


def filled(X: NDArray, weight: Array | None) -> Array:
    """A copy with the mean of its column in the place of each value that is missing."""
    return np.where(np.isnan(X), column_moments(X, weight).mean, X)
