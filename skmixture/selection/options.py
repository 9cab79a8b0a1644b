"""Checks of the options of a selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from skmixture.given.validation import require_choice, require_flag, require_integer
from skmixture.inference.replicates.sweep import check_enough
from skmixture.selection.candidates import Candidate
from skmixture.selection.fits import n_rows_of
from skmixture.selection.result import CRITERIA

__all__ = ["check_columns", "check_options", "check_tests", "exposure_of"]


def check_options(selection: Any, groups: object = None) -> None:
    """Raise a ValueError that names the first option that is unfit, or of no use."""
    require_choice(selection, "criterion", list(CRITERIA))
    require_flag(selection, "one_standard_error")
    require_flag(selection, "warm_starts")
    require_integer(selection, "n_replicates", 1)
    level = selection.level
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < float(level) < 1:
        raise ValueError(f"level must be between 0 and 1, got {level!r}")
    if selection.criterion == "lrt":
        check_enough(float(level), selection.n_replicates)
    if selection.criterion == "cv":
        return
    if selection.one_standard_error:
        raise ValueError(
            "one_standard_error=True is for criterion='cv', whose values have errors, got "
            f"criterion={selection.criterion!r}"
        )
    if groups is not None:
        raise ValueError(
            "groups are for the folds of criterion='cv', got some with "
            f"criterion={selection.criterion!r}: leave them out"
        )


def check_columns(columns: Mapping[str, Any], X: Any) -> None:
    """Raise a ValueError that names a column with another number of rows than X."""
    if not columns:
        return
    n_rows = n_rows_of(X)
    for name, column in columns.items():
        shape = column.shape if hasattr(column, "shape") else np.asarray(column).shape
        if shape and shape[0] != n_rows:  # a number stands for all rows
            raise ValueError(
                f"{name} must have a value for each of the {n_rows} rows of X, got shape {shape}"
            )


def exposure_of(estimators: Mapping[str, Any], exposure: Any, n_trials: Any) -> Any:
    """The exposures of rows, which laws with trials call `n_trials`."""
    if n_trials is None:
        return exposure
    if exposure is not None:
        raise ValueError("n_trials is another name of exposure: pass one of them only")
    for name, model in estimators.items():
        family = model._make_family()
        if family.side_name != "n_trials":
            raise TypeError(
                f"n_trials was given, but {name} ({type(family).__name__}) has no numbers of "
                f"trials{': pass exposure' if family.takes_exposure else ''}"
            )
    return n_trials


def check_tests(candidates: Sequence[Candidate], columns: Mapping[str, Any]) -> None:
    """Raise a ValueError where likelihood ratio tests cannot choose among the candidates."""
    if candidates[-1].chain > 0 or candidates[-1].name != candidates[0].name:
        raise ValueError(
            "criterion='lrt' tests a mixture against one that contains it, so it takes one "
            "estimator and no options but n_components; choose these by 'bic' or 'cv' first"
        )
    if len(candidates) < 2:
        raise ValueError(
            "criterion='lrt' tests numbers of components against each other, so n_components must "
            "have two or more"
        )
    if "labels" in columns:
        raise ValueError("criterion='lrt' cannot be with labels: data that are drawn have none")
