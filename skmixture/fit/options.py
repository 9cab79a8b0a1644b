"""Checks of the options that all mixture estimators share."""

from __future__ import annotations

from typing import Any

from skmixture.engine.acceleration import ACCELERATIONS
from skmixture.given.validation import (
    require_choice,
    require_flag,
    require_integer,
    require_number,
    require_within,
)
from skmixture.starts.by_name import STARTS

__all__ = ["check_options"]

TOL_TYPES = ("absolute", "relative", "remaining")


def check_options(estimator: Any) -> None:
    """Raise a ValueError that names the first unfit option of an estimator."""
    require_integer(estimator, "n_components", 1)
    require_number(estimator, "tol", 0.0)
    require_choice(estimator, "tol_type", TOL_TYPES)
    require_integer(estimator, "max_iter", 0)
    require_integer(estimator, "n_init", 1)
    if not callable(estimator.init_params):
        require_choice(estimator, "init_params", [*STARTS, "auto"])
    if estimator.acceleration not in list(ACCELERATIONS):
        raise ValueError(
            f"acceleration must be one of {list(ACCELERATIONS)}, got {estimator.acceleration!r}"
        )
    require_flag(estimator, "warm_start")
    if not isinstance(estimator.verbose, bool):
        require_integer(estimator, "verbose", 0)
    require_integer(estimator, "verbose_interval", 1)
    require_choice(estimator, "handle_unknown", ("error", "average"))
    require_within(estimator, "forgetting", 0.5, 1.0)
    if estimator.half_life is not None:
        require_within(estimator, "half_life", 0.0, float("inf"))
    if estimator.order_by is not None and estimator._held:
        raise ValueError(
            "order_by would renumber the components that fixed refers to; set one of them to None"
        )
