"""Strata: groups of rows, each with mixing weights of its own, by labels of any kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Strata"]

ADVICE = "give such rows a label of their own"


class Strata(NamedTuple):
    """The groups of some rows.

    Attributes
    ----------
    values : ndarray of shape (G,)
        Their labels, in increasing order where they have one, else as they come.
    codes : ndarray of int of shape (n,)
        The place of each row's label among them; -1 where it is none of them.
    """

    values: NDArray
    codes: NDArray[np.integer]

    @classmethod
    def of(cls, strata: ArrayLike, n_rows: int, counts: NDArray[np.bool_] | None = None) -> Self:
        """The groups of all rows, or of those that count: the others have the code 0.

        Raises
        ------
        ValueError
            Where labels are missing, cannot be hashed, or are not one for each row.
        """
        labels, places = _labels(strata, n_rows)
        used = np.unique(places if counts is None else places[counts])
        values = _sorted([labels[place] for place in used])
        return cls(_as_array(values), np.maximum(_codes(labels, values)[places], 0))

    @classmethod
    def among(cls, strata: ArrayLike, n_rows: int, values: NDArray) -> Self:
        """The places of rows' labels among values that are known.

        Where these are tuples, a tuple of no tuples is one label for all rows.
        """
        labels, places = _labels(_each(strata, n_rows, values), n_rows)
        return cls(values, _codes(labels, values.tolist())[places])

    @staticmethod
    def label(strata: ArrayLike, row: int, n_rows: int, values: NDArray) -> Any:
        """The label of one row, as `among` reads it."""
        labels, places = _labels(_each(strata, n_rows, values), n_rows)
        return labels[places[row]]


def _each(strata: Any, n_rows: int, values: NDArray) -> Any:
    """Labels of rows, also where a tuple is one of those that are known."""
    if not isinstance(strata, tuple) or any(isinstance(label, tuple) for label in strata):
        return strata
    of_pairs = any(isinstance(value, tuple) for value in values.tolist())
    return [strata] * n_rows if of_pairs else strata


def _codes(labels: list[Any], values: Iterable[Any]) -> NDArray[np.integer]:
    place = {value: code for code, value in enumerate(values)}
    return np.array([place.get(label, -1) for label in labels], dtype=np.intp)


def _labels(strata: ArrayLike, n_rows: int) -> tuple[list[Any], NDArray[np.integer]]:
    """The different labels, and the place of each row's among them."""
    if np.ma.is_masked(strata):
        row = int(np.argmax(np.ma.getmaskarray(np.ma.asarray(strata))))
        raise ValueError(f"strata[{row}] is missing (masked): {ADVICE}")
    table: Any = strata if isinstance(strata, list | tuple) else np.asarray(strata)
    if isinstance(table, np.ndarray) and table.ndim == 0:  # one for all rows
        table = [strata] * n_rows
    if (isinstance(table, np.ndarray) and table.ndim != 1) or len(table) != n_rows:
        shape = getattr(table, "shape", (len(table),))
        raise ValueError(f"strata must be one label for each of {n_rows} rows, got shape {shape}")
    if isinstance(table, np.ndarray) and table.dtype.kind in "biufSUMm":
        different, places = np.unique(table, return_inverse=True)
        timed = table.dtype.kind in "Mm"
        labels = [_dated(label) for label in different] if timed else different.tolist()
        _check_there(labels, places)
        return labels, places
    rows = table.tolist() if isinstance(table, np.ndarray) else list(table)
    place_of: dict[Any, int] = {}
    places = np.empty(n_rows, dtype=np.intp)
    for row, label in enumerate(rows):
        try:
            places[row] = place_of.setdefault(_dated(label), len(place_of))
        except TypeError:
            raise ValueError(f"strata[{row}] = {label!r} cannot be a label: no hash") from None
    labels = list(place_of)
    _check_there(labels, places)
    return labels, places


def _dated(label: Any) -> Any:
    """A date or time of numpy, pandas or Python, of any resolution, as a `datetime`.

    A duration of numpy becomes a `timedelta`. Within tuples as well; any other
    label is itself.
    """
    if type(label) is tuple:
        return tuple(map(_dated, label))
    if isinstance(label, np.datetime64 | np.timedelta64):
        kind = "M8[us]" if isinstance(label, np.datetime64) else "m8[us]"
        whole = label.astype(kind)
        if whole != label and not np.isnat(label):
            raise ValueError(f"strata by times finer than microseconds, got {label!r}: round them")
        return whole.item()  # None where it is missing
    if not isinstance(label, date) or not _equals_itself(label):
        return label
    if getattr(label, "nanosecond", 0):
        raise ValueError(f"strata by times finer than microseconds, got {label!r}: round them")
    if hasattr(label, "to_pydatetime"):
        return label.to_pydatetime()
    return label if isinstance(label, datetime) else datetime(label.year, label.month, label.day)


def _check_there(labels: list[Any], places: NDArray[np.integer]) -> None:
    for place, label in enumerate(labels):
        if _missing(label):
            row = int(np.argmax(places == place))
            raise ValueError(f"strata[{row}] is missing ({label!r}): {ADVICE}")


def _missing(label: Any) -> bool:
    """Whether a label, or part of a pair, is not there."""
    if isinstance(label, tuple):
        return any(map(_missing, label))
    return label is None or not _equals_itself(label)


def _equals_itself(label: Any) -> bool:
    try:
        return bool(label == label)  # which NaN does not
    except TypeError:  # nor can a missing value of pandas tell
        return False


def _sorted(labels: list[Any]) -> list[Any]:
    try:
        return sorted(labels)
    except TypeError:
        return labels


def _as_array(values: list[Any]) -> NDArray:
    """Labels of one plain type as an array of it, others as objects."""
    kinds = {type(value) for value in values}
    if len(kinds) == 1 and kinds <= {int, float, str, bool}:
        return np.array(values)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
