"""All fits of a selection, spread over workers, and the rows of its table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from skmixture.selection.candidates import Candidate
from skmixture.selection.fits import Fit, fitted
from skmixture.selection.growing import grown
from skmixture.selection.held_out import Fold, Split, held_out
from skmixture.selection.result import CandidateResult

__all__ = ["OF_FOLDS", "searched", "with_value"]

Columns = Mapping[str, Any]
# How the sentence of a row begins that is about its folds.
OF_FOLDS = re.compile(r"In \d+ of \d+ folds the fit warned, first: ")


def searched(
    candidates: Sequence[Candidate],
    X: Any,
    columns: Columns,
    splits: Sequence[Split],
    n_jobs: int | None,
    warm_starts: bool,
) -> tuple[list[CandidateResult], list[list[Fold]]]:
    """A row for each candidate, and its folds.

    Every fit from its own starts is a task, and seeded, so that neither its
    place nor its worker matters; so then is every chain of them. Arrays are
    handed over as they are: as a memory map, X would be taken for a table on file.
    """
    workers = Parallel(n_jobs=n_jobs, max_nbytes=None)
    estimators = [candidate.estimator for candidate in candidates]
    tasks = [delayed(fitted)(estimator, X, columns) for estimator in estimators]
    tasks += [
        delayed(held_out)(estimator, X, columns, split)
        for estimator in estimators
        for split in splits
    ]
    done = list(workers(tasks))
    fits, scored = done[: len(candidates)], done[len(candidates) :]
    chains = [list(chain) for _, chain in groupby(range(len(fits)), lambda i: candidates[i].chain)]
    ends = workers(
        delayed(grown)(
            [estimators[i] for i in chain], [fits[i] for i in chain], X, columns, warm_starts
        )
        for chain in chains
    )
    fits = [fit for chain in ends for fit in chain]
    k = len(splits)
    folds = [scored[k * i : k * (i + 1)] for i in range(len(fits))]
    rows = [_row(*found) for found in zip(candidates, fits, folds, strict=True)]
    return rows, folds


def _row(candidate: Candidate, fit: Fit, folds: Sequence[Fold]) -> CandidateResult:
    row = CandidateResult(
        name=candidate.name,
        params=candidate.params,
        n_components=int(candidate.estimator.n_components),
        warnings=fit.warnings,
        collapsed=fit.collapsed,
        error=fit.error,
    )
    if fit.criteria is not None:
        numbers: dict[str, Any] = dict(fit.criteria)
        free = float(fit.model.n_parameters_)
        row = replace(row, model=fit.model, n_parameters=free, **numbers)
    return _with_folds(row, folds)


def _with_folds(row: CandidateResult, folds: Sequence[Fold]) -> CandidateResult:
    """A row that knows what went wrong in folds."""
    failed = [number for number, fold in enumerate(folds) if fold.error]
    if failed and not row.error:
        first = failed[0]
        row = replace(row, error=f"fold {first + 1} of {len(folds)}: {folds[first].error}")
    told = [fold.warning for fold in folds if fold.warning]
    if told and not row.error:
        sentence = f"In {len(told)} of {len(folds)} folds the fit warned, first: {told[0]}"
        row = replace(row, warnings=(*row.warnings, sentence))
    return row


def with_value(row: CandidateResult, criterion: str) -> CandidateResult:
    """A row, with an error where the criterion has no value for it."""
    if row.error or criterion in ("cv", "lrt") or not np.isnan(row.value_of(criterion)):
        return row
    return replace(
        row,
        error="its parameters cannot be counted, so no criterion weighs them: choose by "
        "criterion='cv'",
    )
