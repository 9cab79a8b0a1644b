"""Columns in which all rows are alike: they say nothing, and the user is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.law.mixed import name_of

__all__ = ["columns_called", "told_constant"]


def told_constant(
    is_constant: NDArray[np.bool_], parameter: str, columns: Sequence[Any]
) -> list[str]:
    """A sentence that names the columns (d,) which are, and what has no meaning there.

    `columns` are names, or places in X.
    """
    which = [columns[j] for j in np.flatnonzero(is_constant).tolist()]
    if not which:
        return []
    named, it = columns_called(which), "them" if len(which) > 1 else "it"
    return [f"X is constant in {named}, where a {parameter} has no meaning; leave {it} out."]


def columns_called(columns: Sequence[Any]) -> str:
    """As "columns 'a', 'b' and 'c'", of names or places in X."""
    *others, last = [name_of(0, [column]) for column in columns]
    return f"columns {', '.join(others)} and {last}" if others else f"column {last}"
