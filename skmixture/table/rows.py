"""Rows of data as the engine reads them: in blocks, with what belongs to each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Folded", "Rows", "dense", "fold", "of_family", "rows_last"]

Array = NDArray[np.floating]

# Columns beside the rows of which families know nothing.
ENGINE = ("strata", "known")


@dataclass(frozen=True)
class Rows:
    """Data and all that is known row by row.

    Attributes
    ----------
    X : ndarray of shape (n, d) or (B, n, d), or sparse array or Streamed of shape (n, d)
        The data; with a batch axis, each member of the batch has its own.
    weight : ndarray of shape (1 or B, n), optional
        How many rows each row stands for. None is one each.
    strata : ndarray of int of shape (n,), optional
        Group of each row, 0 to `n_strata` - 1; each has mixing weights of its own.
    n_strata : int
    known : ndarray of shape (K, n) or (B, K, n), optional
        Responsibilities that are held; NaN for the rows whose are not known.
    side : mapping of str to ndarray of shape (..., n)
        Columns that go to the family's `encode` with the rows.
    """

    X: Any
    weight: Array | None = None
    strata: NDArray[np.integer] | None = None
    n_strata: int = 1
    known: Array | None = None
    side: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def of(
        cls, X: Any, weight: Array | None, columns: Mapping[str, NDArray], n_strata: int = 1
    ) -> Self:
        """Rows with weights (n,), and columns (..., n) by name.

        Those named "strata" and "known" are for the engine, the others for the family.
        """
        strata = columns.get("strata")
        return cls(
            X,
            None if weight is None else weight[None],
            None if strata is None else strata.astype(np.intp, copy=False),
            n_strata,
            columns.get("known"),
            of_family(columns),
        )

    @property
    def columns(self) -> dict[str, NDArray]:
        """All columns by name, as `of` takes them."""
        engine = {"strata": self.strata, "known": self.known}
        return {**self.side, **{name: c for name, c in engine.items() if c is not None}}

    @property
    def n_rows(self) -> int:
        return self.X.shape[-2]

    @property
    def n_features(self) -> int:
        return self.X.shape[-1]

    @property
    def total_weight(self) -> Array:
        """Number (1 or B,) of rows stood for."""
        if self.weight is None:
            return np.array([float(self.n_rows)])
        return self.weight.sum(axis=-1)

    @property
    def has_batch_axis(self) -> bool:
        """Whether something belongs to some members of the batch and not to others."""
        columns = [(self.X, 3), (self.weight, 2), (self.known, 3)]
        columns += [(column, 2) for column in self.side.values()]
        return any(c is not None and c.ndim == ndim and len(c) > 1 for c, ndim in columns)

    def __getitem__(self, here: slice) -> Self:
        return type(self)(  # for every block of a sweep, and `replace` takes thrice the time
            self.X[..., here, :] if isinstance(self.X, np.ndarray) else self.X[here],
            None if self.weight is None else self.weight[..., here],
            None if self.strata is None else self.strata[here],
            self.n_strata,
            None if self.known is None else self.known[..., here],
            {name: column[..., here] for name, column in self.side.items()},
        )

    def taken(self, places: NDArray[np.integer], weight: Array | None) -> Self:
        """Some of the rows, with weights (m,) of their own."""
        return replace(
            self,
            X=self.X[places],
            weight=None if weight is None else weight[None],
            strata=None if self.strata is None else self.strata[places],
            known=None if self.known is None else self.known[..., places],
            side={name: column[..., places] for name, column in self.side.items()},
        )

    def of_batch(self, members: NDArray[np.integer]) -> Self:
        """The rows of some members of the batch: they leave, others stay."""
        return replace(
            self,
            X=_pick(self.X, members, 3),
            weight=None if self.weight is None else _pick(self.weight, members, 2),
            known=None if self.known is None else _pick(self.known, members, 3),
            side={name: _pick(column, members, 2) for name, column in self.side.items()},
        )


def of_family(columns: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """The columns that go to the family's `encode`."""
    return {name: column for name, column in columns.items() if name not in ENGINE}


def _pick(array: NDArray, members: NDArray[np.integer], own_ndim: int) -> NDArray:
    """The members' parts of an array that has a batch axis of its own."""
    return array[members] if array.ndim == own_ndim and len(array) > 1 else array


def rows_last(X: Any) -> Any:
    """A block of rows (..., n, d) as (..., d, n), sparse where it is sparse."""
    return X.T if sparse.issparse(X) else np.swapaxes(X, -1, -2)


def dense(X: Any) -> NDArray:
    """Rows as an ordinary array."""
    return X.toarray() if sparse.issparse(X) else X


class Folded(NamedTuple):
    """Equal rows taken together.

    Attributes
    ----------
    places : ndarray of int of shape (m,)
        Where each distinct row occurs.
    weight : ndarray of shape (m,)
        Total weight of each distinct row.
    inverse : ndarray of int of shape (n,)
        Place of each row among the distinct ones.
    """

    places: NDArray[np.integer]
    weight: Array
    inverse: NDArray[np.integer]


def fold(X: NDArray, weight: Array | None, columns: Mapping[str, NDArray] | None = None) -> Folded:
    """Equal rows of discrete data as one row with their weight.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    weight : ndarray of shape (n,) or None
    columns : mapping of str to ndarray of shape (n,) or (m, n), optional
        In which rows must be equal as well.
    """
    for column in chain.from_iterable(map(np.atleast_2d, (columns or {}).values())):
        # by rank, so that any number is as good as a count
        X = np.column_stack([X, np.unique(column, return_inverse=True)[1]])
    places: NDArray[np.integer]
    inverse: NDArray[np.integer]
    keys = _keys(X)
    if keys is None:
        _, places, inverse = np.unique(X, axis=0, return_index=True, return_inverse=True)
    elif keys.max() < 4 * len(X):  # few enough to count: one pass
        seen = np.bincount(keys) > 0
        inverse = (np.cumsum(seen) - 1)[keys]
        places = _occurrences(inverse)
    else:
        _, places, inverse = np.unique(keys, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)  # numpy 2.0 returned a column where rows were compared
    total = np.bincount(inverse, weights=weight, minlength=len(places)).astype(float)
    return Folded(places, total, inverse)


def _keys(X: NDArray) -> NDArray[np.integer] | None:
    """A whole number for each row, in the order of the rows; None where none is wide enough."""
    low = X.min(axis=0)
    spans = X.max(axis=0) - low + 1
    if not np.log2(spans).sum() < 53 or (X != np.floor(X)).any():
        return None
    keys = np.zeros(len(X), dtype=np.int64)
    for column, span in zip((X - low).T, spans, strict=True):
        keys = keys * int(span) + column.astype(np.int64)
    return keys


def _occurrences(inverse: NDArray[np.integer]) -> NDArray[np.integer]:
    """A place of each distinct row: any serves."""
    places = np.empty(inverse.max() + 1, dtype=np.intp)
    places[inverse] = np.arange(len(inverse))
    return places
