"""Columns beside the rows, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["exposure_of", "side_of"]


def exposure_of(model: Any, exposure: Any, n_trials: Any) -> Any:
    """The exposures of rows, which laws with trials call `n_trials`.

    Raises
    ------
    ValueError
        Where both are given.
    TypeError
        Where the law has no trials.
    """
    if n_trials is None:
        return exposure
    if exposure is not None:
        raise ValueError("n_trials is another name of exposure: pass one of them only")
    law = model.family_
    if not law.takes_exposure or law.side_name != "n_trials":
        raise TypeError(
            f"n_trials was given, but {type(law).__name__} has no numbers of trials"
            + (": pass exposure" if law.takes_exposure else "")
        )
    return n_trials


def side_of(exposure: Any, strata: Any, rows: NDArray[np.integer] | None = None) -> dict[str, Any]:
    """Side columns by name, of some rows, without those that are not given."""
    given = {"exposure": exposure, "strata": strata}
    side = {name: np.asarray(value) for name, value in given.items() if value is not None}
    if rows is None:
        return side
    return {name: value[rows] if value.ndim else value for name, value in side.items()}
