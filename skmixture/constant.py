"""Columns in which all rows are alike: they say nothing, and the user is told of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["told_constant"]


def told_constant(is_constant: NDArray[np.bool_], parameter: str) -> list[str]:
    """A sentence that names the columns (d,) which are, and what has no meaning there."""
    which = list(map(str, np.flatnonzero(is_constant)))
    if not which:
        return []
    *others, last = which
    columns = f"columns {', '.join(others)} and {last}" if others else f"column {last}"
    it = "them" if others else "it"
    return [f"X is constant in {columns}, where a {parameter} has no meaning; leave {it} out."]
