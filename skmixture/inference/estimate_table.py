"""Estimates in a table, with what is known of how far off they may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.estimator.scoring.naming import entry_names, index_names, name_of
from skmixture.inference.table import Table, like_error, percent

__all__ = ["EstimateTable", "Labels", "called", "ends_by_column", "estimate_table", "labels_of"]

Array = NDArray[np.floating]
# What tables call each number of a parameter, in the order of numpy.ndindex; None where a table
# of items has no such category.
Labels = dict[str, list[str | None]]


@dataclass(frozen=True, repr=False, eq=False)
class EstimateTable(Table):
    """A table of estimates, which is a mapping of its columns (r,) by name.

    Columns are "estimate", "standard_error", "bias" where replicates tell it, and both ends of
    intervals, as "2.5%" and "97.5%".

    Attributes
    ----------
    names : tuple of str of length r
        Of the rows: ``means[0, 1]``, or ``means[0, waiting]`` where columns of the data have
        names.
    places : tuple of str of length r
        The same by index alone.
    columns : dict of str to ndarray of shape (r,)
    level : float
        Of the intervals.
    origin : str
        What it all comes from, as the line below the table has it.
    n_replicates, n_failed : int
        0 where there are none.
    """

    level: float
    origin: str
    n_replicates: int = 0
    n_failed: int = 0

    def _cells(self, row: Mapping[str, float]) -> list[str]:
        """Numbers to the third digit of the standard error."""
        return [like_error(value, row["standard_error"]) for value in row.values()]

    def _foot(self) -> str:
        return self.origin


def estimate_table(
    columns: Mapping[str, Mapping[str, Array]],
    labels: Labels | None,
    names: Sequence[str],
    **about: Any,
) -> EstimateTable:
    """The table of some parameters, from arrays by column and parameter.

    Parameters
    ----------
    columns : mapping of str to mapping of str to ndarray
    labels : dict of str to list of str, or None
    names : sequence of str
        Of parameters.
    **about
        The other attributes.
    """
    found, first = [], next(iter(columns.values()))
    for name in names:
        for place, label in called(labels, name, first[name].shape).items():
            numbers = [float(own[name][place]) for own in columns.values()]
            found.append((label, name_of(name, place), numbers))
    table = np.array([numbers for _, _, numbers in found]).reshape(len(found), len(columns))
    return EstimateTable(
        names=tuple(label for label, _, _ in found),
        places=tuple(place for _, place, _ in found),
        columns=dict(zip(columns, table.T, strict=True)),
        **about,
    )


def ends_by_column(ends: Mapping[str, Array], level: float) -> dict[str, dict[str, Array]]:
    """Both ends of intervals (2, ...) by name, as two columns."""
    tail = (1 - level) / 2
    return {
        percent(round(at, 10)): {name: own[side] for name, own in ends.items()}
        for side, at in enumerate((tail, 1 - tail))
    }


def labels_of(model: Any, values: Mapping[str, Array]) -> Labels:
    """What tables call each number of what a model publishes."""
    found: Labels = {}
    for name, value in values.items():
        told = entry_names(model, name, np.shape(value))
        found[name] = [told.get(place) for place in np.ndindex(np.shape(value))]
    return found


def called(labels: Labels | None, name: str, shape: tuple[int, ...]) -> dict[tuple[int, ...], str]:
    """What tables call the numbers of a parameter by place: by the index where nothing is told."""
    if labels is None:
        return index_names(name, shape)
    pairs = zip(np.ndindex(shape), labels[name], strict=True)
    return {place: label for place, label in pairs if label is not None}
