"""Numbers as text, in columns that a reader can compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skmixture.text import lined_up

__all__ = ["MOST_ROWS", "aligned", "like_error", "rounded"]

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
    return f"{value:.{max(decimals, 0)}f}" if decimals <= MOST_DECIMALS else f"{value:.5g}"


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
