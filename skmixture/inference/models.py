"""What a model must be before its uncertainty is asked for."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from skmixture.estimator.base import BaseMixture
from skmixture.families.totals import Totals, row_totals
from skmixture.given.validation import no_mixture

__all__ = ["RISE", "check_beside", "check_model", "no_maximum"]

# The log-likelihood may rise by so much from a fit that is called a maximum.
RISE = 1e-3


def check_model(model: Any) -> None:
    """Raise an error unless this is a fitted mixture whose parameters are numbers."""
    if not isinstance(model, BaseMixture):
        raise no_mixture(model)
    check_is_fitted(model)
    if not model._law.numeric:
        raise ValueError(
            f"the parameters of {type(model._law).__name__} are no numbers, so there is no "
            "telling how well they are known"
        )


def check_beside(model: Any, X: Any, exposure: Any, strata: object) -> Any:
    """The exposures of rows, which are the sums of rows where the law is of counts given these.

    Raises
    ------
    ValueError
        Where the model was fitted with something that is missing here, or without what is here.
    """
    law = model._law
    had_rows = getattr(model, "n_samples_seen_", 1.0) > 0
    unexposed = had_rows and not getattr(model, "exposed_", True)
    unexposed &= not isinstance(law, Totals)  # whose fit has counted them itself
    if exposure is not None and law.takes_exposure and unexposed:
        raise ValueError(
            f"exposure was given, but the model was fitted without {law.side_meaning}, which makes "
            "its parameters others: fit it with those of these rows, or leave them out"
        )
    if exposure is None and isinstance(law, Totals) and law.n_trials is None:
        exposure = row_totals(model._validated(X, reset=False)).ravel()
    if exposure is None and getattr(model, "exposed_", False):
        raise ValueError(
            f"exposure is missing: the model was fitted with {law.side_meaning}, so pass those of "
            "these rows as exposure"
        )
    if strata is None and model._has_strata:
        raise ValueError(
            "strata is missing: the model was fitted with strata, so pass those of these rows"
        )
    return exposure


def no_maximum(rise: float) -> list[str]:
    """A sentence where the log-likelihood of the rows could rise by so much from the fit."""
    if not rise > RISE:
        return []
    return [
        "the parameters are no maximum for these rows: the log-likelihood could rise by about "
        f"{rise:.3g}. Fit to the same rows, weights, strata and exposures, with a smaller tol"
    ]
