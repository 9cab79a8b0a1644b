"""Checks of the options of a selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from skmixture.selection.candidates import Candidate
from skmixture.selection.result import CRITERIA
from skmixture.validation import require_choice, require_flag, require_integer

__all__ = ["check_options", "check_tests"]


def check_options(selection: Any) -> None:
    """Raise a ValueError that names the first unfit option."""
    require_choice(selection, "criterion", list(CRITERIA))
    require_flag(selection, "one_standard_error")
    require_integer(selection, "n_replicates", 1)
    level = selection.level
    if isinstance(level, bool) or not isinstance(level, Real) or not 0 < float(level) < 1:
        raise ValueError(f"level must be between 0 and 1, got {level!r}")


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
