"""Tables with a row for each number, in columns that a reader can compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skmixture.tools.text import lined_up

if TYPE_CHECKING:
    import pandas

__all__ = ["MOST_ROWS", "Table", "aligned", "like_error", "percent", "rounded"]

Array = NDArray[np.floating]

# A longer table is shown by its ends.
MOST_ROWS = 60
MOST_DECIMALS = 8


def like_error(value: float, error: float) -> str:
    """A number to the place of the third digit of its error."""
    if not np.isfinite(value):
        return rounded(value, 0)
    if not np.isfinite(error) or error <= 0 or abs(value) >= 1e9:
        return f"{value:.5g}"
    decimals = 2 - int(np.floor(np.log10(error)))
    if decimals > MOST_DECIMALS:
        return f"{value:.5g}"
    text = f"{value:.{max(decimals, 0)}f}"
    return text if float(text) else text.removeprefix("-")


def rounded(value: float, decimals: int) -> str:
    """A number to some decimals, a dash where there is none."""
    return "-" if np.isnan(value) else f"{value:.{decimals}f}"


def aligned(names: Sequence[str], head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose names stand left and whose numbers stand right."""
    names, rows = list(names), list(rows)
    if len(rows) > MOST_ROWS:
        end = MOST_ROWS // 2
        names = [*names[:end], "...", *names[-end:]]
        rows = [*rows[:end], [""] * len(head), *rows[-end:]]
    lines = [["", *head], *([name, *cells] for name, cells in zip(names, rows, strict=True))]
    return "\n".join(lined_up(lines, [True] + [False] * len(head)))


def percent(level: float) -> str:
    """A level as the head of its column: 97.5%."""
    return f"{100 * level:.10g}%"


@dataclass(frozen=True, repr=False, eq=False)
class Table(Mapping[str, Array]):
    """A mapping of columns (r,) by name, which prints as a table.

    Attributes
    ----------
    names : tuple of str of length r
        Of the rows: ``means[0, 1]``, or ``means[0, waiting]`` where columns of the data have
        names.
    places : tuple of str of length r
        The same by index alone.
    columns : dict of str to ndarray of shape (r,)
    """

    names: tuple[str, ...]
    places: tuple[str, ...]
    columns: dict[str, Array]

    def __getitem__(self, column: str) -> Array:
        if column not in self.columns:
            raise KeyError(f"{column!r} is none of the columns {list(self.columns)}")
        return self.columns[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def row(self, name: str) -> dict[str, float]:
        """What the table says of one number, by its name or its place."""
        for labels in (self.names, self.places):
            if name in labels:
                return self._row(labels.index(name))
        raise KeyError(f"{name!r} is none of the rows {list(self.names)}")

    def to_frame(self) -> pandas.DataFrame:
        """The table as a DataFrame, rows by name; needs pandas."""
        import pandas

        return pandas.DataFrame(self.columns, index=pandas.Index(self.names, name="parameter"))

    def __repr__(self) -> str:
        head = [column.replace("_", " ") for column in self.columns]
        rows = [self._cells(self._row(place)) for place in range(len(self.names))]
        return f"{aligned(self.names, head, rows)}\n{self._foot()}"

    def _row(self, place: int) -> dict[str, float]:
        return {column: float(values[place]) for column, values in self.columns.items()}

    def _cells(self, row: Mapping[str, float]) -> list[str]:
        """A row as text."""
        raise NotImplementedError

    def _foot(self) -> str:
        """A line below."""
        raise NotImplementedError
