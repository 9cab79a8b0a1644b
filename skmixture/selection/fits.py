"""A fit of which everything is noted: the model, or why there is none, and its warnings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skmixture.engine.outcome import COLLAPSED

__all__ = ["Fit", "counted", "described", "fitted", "for_scores", "n_rows_of"]

Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Fit:
    """What became of one candidate.

    Attributes
    ----------
    model : BaseMixture or None
    warnings : tuple of str
    doubtful : bool
        Whether one of them was a ConvergenceWarning.
    collapsed : bool
        Whether one of them told of collapsed components.
    error : str
        Why there is no model; empty where there is one.
    criteria : dict of str to float
        The log-likelihood, and what is made of it, of the rows of the fit.
    """

    model: Any
    warnings: tuple[str, ...] = ()
    doubtful: bool = False
    collapsed: bool = False
    error: str = ""
    criteria: Mapping[str, float] | None = None

    @property
    def sound(self) -> bool:
        """Whether there is a model, and nothing to doubt about it."""
        return self.model is not None and not self.doubtful

    @property
    def log_likelihood(self) -> float:
        """That of all rows; NaN where there is no model."""
        return np.nan if self.criteria is None else self.criteria["log_likelihood"]


def fitted(estimator: Any, X: Any, columns: Columns) -> Fit:
    """A candidate fitted to all rows.

    An error is noted, as `GridSearchCV` does: others may still be chosen.
    """
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            model = clone(estimator).fit(X, **columns)
            criteria = _criteria(model, X, for_scores(columns))
        except Exception as error:
            return Fit(None, *_noted(told), error=described(error))
    return Fit(model, *_noted(told), criteria=criteria)


def n_rows_of(X: Any) -> int:
    """Rows of a table of any kind."""
    return int(X.shape[0]) if hasattr(X, "shape") else len(np.asarray(X, dtype=object))


def counted(X: Any, columns: Columns) -> float:
    """Rows as the user counts them: by their weights, where they have any."""
    weight = columns.get("sample_weight")
    return float(n_rows_of(X) if weight is None else np.sum(np.asarray(weight, dtype=float)))


def for_scores(columns: Columns) -> dict[str, Any]:
    """What scores take of the columns of a fit."""
    return {name: value for name, value in columns.items() if name != "labels"}


def described(error: Exception) -> str:
    """An error in one line; of a kind that is not to be expected, with the kind."""
    text = " ".join(str(error).split())
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}"


def _criteria(model: Any, X: Any, columns: Columns) -> dict[str, float]:
    found = {"log_likelihood": counted(X, columns) * float(model.score(X, **columns))}
    # laws of someone else's estimator have parameters that cannot be counted
    countable = not np.isnan(model.n_parameters_)
    for name in ("aic", "bic", "icl"):
        found[name] = float(getattr(model, name)(X, **columns)) if countable else np.nan
    return found


def _noted(told: list[warnings.WarningMessage]) -> tuple[tuple[str, ...], bool, bool]:
    sentences = dict.fromkeys(" ".join(str(warning.message).split()) for warning in told)
    doubtful = any(issubclass(warning.category, ConvergenceWarning) for warning in told)
    return tuple(sentences), doubtful, any(text.startswith(COLLAPSED) for text in sentences)
