"""Tables as users have them: their kinds of columns, and the form in which they came."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["in_the_form_of", "refuse_dates"]


def in_the_form_of(X: Any, values: NDArray, missing: NDArray[np.bool_]) -> Any:
    """Values (n, d) as a data frame, if X is one: `X` with those that are missing."""
    if not hasattr(X, "iloc"):
        return values
    whole = X.copy()
    for j in np.flatnonzero(missing.any(axis=0)).tolist():
        whole.isetitem(j, _filled(X.iloc[:, j], values[:, j], missing[:, j]))
    return whole


def _filled(column: Any, values: NDArray, missing: NDArray[np.bool_]) -> Any:
    """A column with values in its holes, of its own kind where that has such values."""
    entries = column.to_numpy(dtype=object, copy=True)
    entries[missing] = values[missing]
    made = column.astype(object)
    made[:] = entries
    # an expectation among whole numbers is none; a column that was all holes may be of strings
    for kind in (column.dtype, float):
        try:
            own = made.astype(kind)
        except (TypeError, ValueError):
            continue
        return made if own.isna().any() else own  # categories may lack what the fit has seen
    return made


def refuse_dates(X: Any) -> None:
    """Raise a ValueError where a column holds dates or durations, which have no unit as numbers."""
    if hasattr(X, "dtypes") and hasattr(X, "columns"):
        kinds = zip(X.columns, (getattr(dtype, "kind", "O") for dtype in X.dtypes), strict=True)
    else:
        kinds = zip(["X"], [getattr(getattr(X, "dtype", None), "kind", "O")], strict=True)
    for name, kind in kinds:
        if kind in "mM":
            what, instead = (
                ("durations", f"X[{name!r}].dt.total_seconds()")
                if kind == "m"
                else ("dates", f"(X[{name!r}] - X[{name!r}].min()).dt.total_seconds()")
            )
            raise ValueError(
                f"column {name!r} of X holds {what}, which are no numbers before they have a "
                f"unit: pass {instead}, or the like"
            )
