"""Columns of a user's table, with their names and the weights of the rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from skmixture.estimator.scoring.naming import column_labels
from skmixture.given.validation import no_mixture
from skmixture.table.holes import unmasked

__all__ = ["Column", "check_fitted", "column_of", "labels_of", "place_of", "table_of", "weight_of"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Column:
    """The values of one column that are there.

    Attributes
    ----------
    values : ndarray of shape (n,)
        Finite, in the order of the rows.
    weight : ndarray of shape (n,)
        How many rows each stands for, above 0.
    rows : ndarray of int of shape (n,)
        Their places in the table.
    n_rows : int
        Rows of the table.
    place : int
        The column's place in the table.
    label : str
    whole : bool
        Whether the law has whole numbers there.
    like : ndarray of shape (1, d) or None
        A whole row of the table, where the law reads values of other kinds than numbers.
    """

    values: Array
    weight: Array
    rows: NDArray[np.integer]
    n_rows: int
    place: int
    label: str
    whole: bool
    like: NDArray | None = None


def check_fitted(model: Any) -> None:
    """Raise an error unless this is a fitted mixture."""
    mixture = hasattr(model, "predict_log_proba") and hasattr(model, "sample_latent")
    if not mixture or hasattr(model, "best_estimator_"):  # a search passes calls on
        raise no_mixture(model)
    check_is_fitted(model)


def labels_of(model: Any, X: Any = None) -> list[str]:
    """Names of the columns: those of the fit, those of X, or their numbers."""
    names = getattr(X, "columns", None)
    if names is None or hasattr(model, "feature_names_in_"):
        return column_labels(model)
    return [str(name) for name in names]


def place_of(labels: list[str], column: int | str | None) -> int:
    """The place of a column that is given by name or number."""
    d = len(labels)
    if column is None:
        if d > 1:
            raise ValueError(f"column must be given: one of {labels}, or its number")
        return 0
    if isinstance(column, str):
        if column not in labels:
            raise ValueError(f"column must be one of {labels}, or its number, got {column!r}")
        return labels.index(column)
    if isinstance(column, bool) or not isinstance(column, int | np.integer) or not 0 <= column < d:
        raise ValueError(f"column must be a name or a number from 0 to {d - 1}, got {column!r}")
    return int(column)


def weight_of(sample_weight: ArrayLike | None, n: int) -> Array:
    """Weights (n,) of rows, 1 where none are given."""
    if sample_weight is None:
        return np.ones(n)
    weight = np.asarray(unmasked(sample_weight), dtype=float)
    if weight.shape != (n,):
        raise ValueError(f"sample_weight must hold {n} finite numbers, got shape {weight.shape}")
    unfit = ~(np.isfinite(weight) & (weight >= 0))
    if unfit.any():
        raise ValueError(
            f"sample_weight must hold {n} finite numbers from 0, got {weight[unfit][0]!s}"
        )
    if not weight.any():
        raise ValueError("sample_weight must not be 0 for every row")
    return weight


def numbers_of(X: Any, j: int, labels: list[str]) -> Array:
    """Column j (n,) of a table of any kind, as numbers."""
    try:
        return _as_numbers(X, j)
    except (TypeError, ValueError) as error:
        able = [label for other, label in enumerate(labels) if _holds_numbers(X, other)]
        advice = f"choose columns={able}, or column= one of them, and " if able else ""
        raise ValueError(
            f"column {labels[j]!r} of X must hold numbers to be drawn; {advice}see categories by "
            "ProfileDisplay"
        ) from error


def _as_numbers(X: Any, j: int) -> Array:
    if sparse.issparse(X):
        return X.tocsc()[:, [j]].toarray().ravel().astype(float)
    part = X.iloc[:, j] if hasattr(X, "iloc") else np.asarray(X)[:, j]
    return np.asarray(part, dtype=float)


def _holds_numbers(X: Any, j: int) -> bool:
    try:
        _as_numbers(X, j)
    except (TypeError, ValueError):
        return False
    return True


def as_table(model: Any, X: Any) -> Any:
    """X with two axes, and as many columns as the model has."""
    if not sparse.issparse(X) and not hasattr(X, "iloc"):
        X = np.asarray(unmasked(X))
        if X.ndim == 1 and model.n_features_in_ == 1:
            X = X[:, None]
    if len(X.shape) != 2 or X.shape[1] != model.n_features_in_ or X.shape[0] == 0:
        raise ValueError(
            f"X must have rows and {model.n_features_in_} columns, as the model has, "
            f"got shape {tuple(X.shape)}"
        )
    return X


def table_of(model: Any, X: Any, columns: Iterable[int]) -> Array:
    """Some columns (n, len(columns)), as numbers."""
    X, labels = as_table(model, X), labels_of(model, X)
    return np.column_stack([numbers_of(X, j, labels) for j in columns])


def column_of(
    model: Any, X: Any, column: int | str | None, sample_weight: ArrayLike | None
) -> Column:
    """One column of X, without rows that have no value or no weight."""
    check_fitted(model)
    X, labels = as_table(model, X), labels_of(model, X)
    j = place_of(labels, column)
    values, weight = numbers_of(X, j, labels), weight_of(sample_weight, X.shape[0])
    if np.isinf(values).any():
        raise ValueError(f"column {labels[j]!r} of X must be finite")
    rows = np.flatnonzero(np.isfinite(values) & (weight > 0))
    if not len(rows):
        raise ValueError(f"column {labels[j]!r} of X has no value in any row that has a weight")
    whole = bool(model.family_.support.whole(model.n_features_in_)[j])
    like = _whole_row(X) if model.family_.reads_labels else None
    return Column(values[rows], weight[rows], rows, X.shape[0], j, labels[j], whole, like)


def _whole_row(X: Any) -> NDArray:
    """The first row (1, d) in which nothing is missing."""
    table = np.asarray(X, dtype=object)
    whole = [all(value is not None and value == value for value in row) for row in table]
    return table[[int(np.argmax(whole))]]
