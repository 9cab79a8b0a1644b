"""Blocks of columns: how users name them, and the support of rows made of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.law.mixed import Names, name_of
from skmixture.supports import Measure, Support

__all__ = ["ByColumns", "Columns", "by_position", "check_partition", "listed", "places", "view"]

# A position, a name, or several of one kind; a slice is of positions.
Columns = Any


def listed(columns: Columns) -> list[Any]:
    """The columns that are asked for, one by one."""
    if isinstance(columns, str | slice):
        return [columns]
    return list(np.atleast_1d(np.asarray(columns, dtype=object)))


def by_position(columns: Columns, names: NDArray | None) -> Columns:
    """Columns with positions in the place of names; `names` are those of X, if it has any."""
    if isinstance(columns, str):
        return _position(columns, names)
    if isinstance(columns, slice):
        return columns
    return [
        _position(column, names) if isinstance(column, str) else column
        for column in listed(columns)
    ]


def _position(name: str, names: NDArray | None) -> int:
    if names is None:
        raise ValueError(
            f"column {name!r} is asked for by name, but X has no column names: pass a data frame, "
            "or give positions"
        )
    found = np.flatnonzero(np.asarray(names) == name)
    if len(found) != 1:
        raise ValueError(f"column {name!r} is asked for, but X has the columns {list(names)}")
    return int(found[0])


def places(columns: Columns, n_features: int) -> NDArray[np.integer]:
    """Positions (c,) from 0, in the order asked for."""
    columns = by_position(columns, None)
    if isinstance(columns, slice):
        try:
            return np.arange(n_features)[columns]
        except TypeError:
            raise ValueError(f"a slice of columns must be of positions, got {columns!r}") from None
    given = np.atleast_1d(np.asarray(columns))
    if len(given) == 0:
        return np.empty(0, dtype=int)
    if given.dtype.kind not in "iu" or given.ndim != 1:
        raise ValueError(
            f"columns must be positions, a slice of positions or names, got {columns!r}"
        )
    outside = (given < -n_features) | (given >= n_features)
    if outside.any():
        raise ValueError(f"column {given[outside][0]} is asked for, but X has {n_features} columns")
    return given % n_features


def check_partition(
    parts: Sequence[tuple[str, Columns]], n_features: int, names: Names = None
) -> None:
    """Raise unless each column belongs to just one part; `names` are for the message."""
    owners: dict[int, str] = {}
    for name, columns in parts:
        own = places(columns, n_features)
        if not len(own):
            raise ValueError(f"part {name!r} has no columns: {columns!r} of {n_features} is none")
        for place in own.tolist():
            if place in owners:
                raise ValueError(
                    f"column {name_of(place, names)} belongs to {owners[place]!r} and to {name!r}"
                )
            owners[place] = name
    left = sorted(set(range(n_features)) - set(owners))
    if left:
        raise ValueError(
            f"column {name_of(left[0], names)} of X belongs to no part: give it a law, or leave "
            "it out of X"
        )


def view(own: NDArray[np.integer]) -> slice | NDArray[np.integer]:
    """The same columns as a slice where they are neighbours, which copies nothing."""
    if (np.diff(own) == 1).all():
        return slice(int(own[0]), int(own[-1]) + 1)
    return own


@dataclass(frozen=True)
class ByColumns(Support):
    """Rows of which each part lies in a set of its own.

    Attributes
    ----------
    parts : tuple of (str, Support, columns)
        What the part is called in errors, its set, and where it is.
    """

    parts: tuple[tuple[str, Support, Columns], ...]

    @property
    def description(self) -> str:  # type: ignore[override]
        return "; ".join(f"{name}: {support.description}" for name, support, _ in self.parts)

    @property
    def discrete(self) -> bool:  # type: ignore[override]
        return all(support.discrete for _, support, _ in self.parts)

    @property
    def positive_only(self) -> bool:  # type: ignore[override]
        return any(support.positive_only for _, support, _ in self.parts)

    @property
    def needs_double(self) -> bool:
        return any(support.needs_double for _, support, _ in self.parts)

    def whole(self, n_features: int) -> NDArray[np.bool_]:
        whole = np.zeros(n_features, dtype=bool)
        for _, support, columns in self.parts:
            own = places(columns, n_features)
            whole[own] = support.whole(len(own))
        return whole

    def measures(self, n_features: int) -> tuple[Measure, ...]:
        by_column = [Measure("")] * n_features
        for _, support, columns in self.parts:
            own = places(columns, n_features)
            for j, measure in zip(own.tolist(), support.measures(len(own)), strict=True):
                by_column[j] = measure
        return tuple(by_column)

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        inside = np.empty(X.shape, dtype=bool)
        for _, support, columns in self.parts:
            own = places(columns, X.shape[-1])
            inside[..., own] = support.contains(X[..., own])
        return inside

    def check(self, X: Any, family: str, columns: NDArray[np.integer] | None = None) -> None:
        n_features = X.shape[-1]
        check_partition([(name, own) for name, _, own in self.parts], n_features)
        for name, support, asked in self.parts:
            own = places(asked, n_features)
            where = own if columns is None else columns[own]
            support.check(X[:, view(own)], f"part {name!r} of {family}", where)
