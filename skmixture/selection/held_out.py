"""Cross-validation by rows: the log density of each row by fits that have not seen it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, KFold, check_cv
from sklearn.utils import indexable

from skmixture.given.validation import check_sample_weight
from skmixture.selection.fits import described, for_scores, n_rows_of

__all__ = ["Fold", "Split", "by_rows", "held_out", "mean_and_error", "splits_of"]

Array = NDArray[np.floating]
Split = tuple[NDArray[np.integer], NDArray[np.integer]]


class Fold(NamedTuple):
    """Log densities of the rows that one fit has not seen, or why there are none."""

    log_density: Array
    warning: str = ""
    error: str = ""


def splits_of(cv: Any, X: Any, y: Any, groups: Any, seed: int) -> list[Split]:
    """Rows to fit and rows to score, of all folds.

    A number of folds means rows in random order, or whole groups.
    """
    if cv is None or isinstance(cv, int | np.integer):
        n_folds = 5 if cv is None else int(cv)
        if groups is None:
            cv = KFold(n_folds, shuffle=True, random_state=seed)
        else:
            cv = GroupKFold(n_folds)
    X, y, groups = indexable(X, y, groups)
    return list(check_cv(cv).split(X, y, groups))


def held_out(estimator: Any, X: Any, columns: Mapping[str, Any], split: Split) -> Fold:
    """Fit to the first rows of a split, and score the others."""
    train, test = split
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            seen = {name: _taken(value, train) for name, value in columns.items()}
            model = clone(estimator).fit(_taken(X, train), **seen)
            others = {k: _taken(v, test) for k, v in for_scores(columns).items()}
            others.pop("sample_weight", None)
            log_density = model.score_samples(_taken(X, test), **others)
        except Exception as error:
            return Fold(np.full(len(test), np.nan), error=described(error))
    return Fold(log_density, " ".join(str(told[0].message).split()) if told else "")


def by_rows(
    splits: Sequence[Split],
    folds: Sequence[Sequence[Fold]],
    X: Any,
    sample_weight: Any,
    groups: Any,
) -> tuple[Array, Array, NDArray[np.integer] | None]:
    """Log densities (candidates, n) of rows left out, weights (n,), numbers of groups (n,).

    A row that was left out more than once has its average, one that never was has NaN.
    """
    n_rows = n_rows_of(X)
    weight = check_sample_weight(sample_weight, n_rows)
    codes = None if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    table = np.array([_by_row(splits, own, n_rows) for own in folds])
    return table, np.ones(n_rows) if weight is None else weight, codes


def _by_row(splits: Sequence[Split], folds: Sequence[Fold], n_rows: int) -> Array:
    total, times = np.zeros(n_rows), np.zeros(n_rows)
    for (_, test), fold in zip(splits, folds, strict=True):
        np.add.at(total, test, fold.log_density)
        np.add.at(times, test, 1)
    return np.divide(total, times, out=np.full(n_rows, np.nan), where=times > 0)


def mean_and_error(
    values: Array, weight: Array, groups: NDArray[np.integer] | None
) -> tuple[float, float]:
    """The mean over rows, by weight, and its standard error.

    Rows are independent, each as many as its weight; with groups, groups are,
    and rows of one may go together. NaN are left out. The error is that of the
    sum of log predictive densities in Vehtari, Gelman and Gabry (2017,
    Statistics and Computing 27, 1413-1432), divided by the number of rows.
    """
    there = ~np.isnan(values) & (weight > 0)
    values, weight = values[there], weight[there]
    total = weight.sum()
    mean = float(weight @ values / total) if len(values) else np.nan
    if not np.isfinite(mean):
        return mean, np.nan
    gaps = values - mean
    if groups is None:
        squares, number = float(weight @ gaps**2), float(total)
    else:
        by_group = np.bincount(groups[there], weight * gaps)
        squares, number = float((by_group**2).sum()), float(len(np.unique(groups[there])))
    if number <= 1:
        return mean, np.nan
    return mean, float(np.sqrt(squares * number / (number - 1)) / total)


def _taken(value: Any, index: NDArray[np.integer]) -> Any:
    """Some rows of a table or column of any kind; a single value stands for all."""
    if hasattr(value, "iloc"):
        return value.iloc[index]
    if isinstance(value, list | tuple):
        return [value[i] for i in index]
    if hasattr(value, "tocsr"):
        return value.tocsr()[index]
    value = value if hasattr(value, "shape") else np.asarray(value)
    return value[index] if value.ndim else value
