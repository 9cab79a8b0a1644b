"""Rows of a table of fits as lines: one for each option, by the number of components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.display.searches import Drawn

__all__ = ["check_columns", "lines_of", "place_of", "table_of"]

Groups = list[NDArray[np.integer]]


def check_columns(drawn: Drawn) -> None:
    """Raise a ValueError unless the table has all columns that are drawn."""
    for name in (drawn.criterion, *filter(None, (drawn.by, drawn.error))):
        if name not in drawn.table:
            raise ValueError(f"{name!r} is no column of the results: {list(drawn.table)}")


def lines_of(drawn: Drawn, K: NDArray) -> tuple[list[str], list[str], Groups]:
    """Options, what else differs, and the rows of each line by the number of components."""
    pairs = zip(*(_words(drawn, name, len(K)) for name in (drawn.by, drawn.others)), strict=True)
    of_row = list(pairs)
    found = list(dict.fromkeys(of_row))
    groups = [np.flatnonzero([own == pair for own in of_row]) for pair in found]
    ordered: Groups = [group[np.argsort(K[group], kind="stable")] for group in groups]
    return [option for option, _ in found], [others for _, others in found], ordered


def _words(drawn: Drawn, name: str | None, n_rows: int) -> list[str]:
    return [""] * n_rows if name is None else [str(value) for value in drawn.table[name]]


def place_of(row: int, groups: Groups) -> tuple[int, int]:
    """Line and place of a row of the table."""
    line = next(i for i, group in enumerate(groups) if row in group)
    return line, int(np.flatnonzero(groups[line] == row)[0])


def table_of(
    n_components: ArrayLike,
    values: ArrayLike | Mapping[str, ArrayLike],
    criterion: str,
    errors: ArrayLike | None,
) -> tuple[dict[str, list[Any]], bool]:
    """A table from arrays (n,), and whether it has several lines, those of a mapping."""
    lines = values if isinstance(values, Mapping) else {"": values}
    table: dict[str, list[Any]] = {"n_components": [], "option": [], criterion: [], "error": []}
    for option, line in lines.items():
        if np.shape(line) != np.shape(n_components):
            raise ValueError(
                f"values must have the shape of n_components, {np.shape(n_components)}, "
                f"got {np.shape(line)}"
            )
        table["n_components"] += list(np.asarray(n_components))
        table["option"] += [option] * np.size(line)
        table[criterion] += list(np.asarray(line, dtype=float))
        table["error"] += [np.nan] * np.size(line) if errors is None else list(np.ravel(errors))
    return table, len(lines) > 1
