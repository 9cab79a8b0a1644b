"""Candidates by what a criterion says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from skmixture.selection.held_out import mean_and_error
from skmixture.selection.result import CandidateResult

__all__ = ["by_criterion", "by_held_out", "by_tests"]

Array = NDArray[np.floating]
Rows = Sequence[CandidateResult]

# Values no farther apart, relative to their size, are equal: the fewer parameters go first.
EQUAL = 1e-9
# Criteria of which exp(-delta / 2) means something.
WEIGHED = ("bic", "aic")


def by_criterion(rows: Rows, criterion: str) -> list[CandidateResult]:
    """Rows with differences, weights and ranks; the least value is best."""
    values = np.array([np.nan if row.error else row.value_of(criterion) for row in rows])
    order, delta = _order(rows, values), _above_least(rows, values)
    weight = np.full(len(rows), np.nan)
    if criterion in WEIGHED:
        share = np.where(np.isnan(delta), 0.0, np.exp(-np.nan_to_num(delta) / 2))
        weight = np.where(np.isnan(delta), np.nan, share / share.sum())
    told = [
        replace(row, delta=float(d), weight=float(w))
        for row, d, w in zip(rows, delta, weight, strict=True)
    ]
    return _with_ranks(told, order)


def by_held_out(
    rows: Rows,
    log_densities: Array,
    weight: Array,
    groups: NDArray[np.integer] | None,
    one_standard_error: bool,
) -> list[CandidateResult]:
    """Rows by the mean log density (candidates, n) of what was held out, with errors.

    With `one_standard_error` the fewest parameters are chosen whose distance
    from the best is within its own standard error: the distance is that of
    the same rows, which two candidates find likely or not together.
    """
    found = [mean_and_error(of_one, weight, groups) for of_one in log_densities]
    values = np.array(
        [np.nan if row.error else -mean for row, (mean, _) in zip(rows, found, strict=True)]
    )
    order, delta = _order(rows, values), _above_least(rows, values)
    best, told = order[0], []
    for row, own, (mean, error), d in zip(rows, log_densities, found, delta, strict=True):
        with np.errstate(invalid="ignore"):  # infinities, whose difference is none
            gap = mean_and_error(log_densities[best] - own, weight, groups)[1]
        if row.error:
            told.append(row)
            continue
        told.append(
            replace(
                row, held_out=mean, held_out_error=error, delta=float(d), delta_error=float(gap)
            )
        )
    if one_standard_error:
        near = [i for i in order if i == best or told[i].delta <= told[i].delta_error]
        chosen = min(near, key=lambda i: (told[i].n_parameters, told[i].delta))
        order = [chosen, *(i for i in order if i != chosen)]
    return _with_ranks(told, order)


def by_tests(rows: Rows, p_values: dict[int, float], level: float) -> list[CandidateResult]:
    """Rows by tests of one against the next: the first that is not rejected is chosen.

    `p_values` are by the place of the smaller mixture. After the chosen come
    larger ones, then those that were rejected.
    """
    there = [i for i, row in enumerate(rows) if not row.error]
    kept = [i for i in there if not p_values.get(i, np.nan) <= level]
    chosen = kept[0]
    rejected = [i for i in there if i < chosen]
    order = [*kept, *reversed(rejected)]
    told = [replace(row, p_value=p_values.get(i, np.nan)) for i, row in enumerate(rows)]
    return _with_ranks(told, order)


def _sound(rows: Rows, values: Array) -> Array:
    """Values, NaN for rows with collapsed components where there are others."""
    collapsed = np.array([row.collapsed for row in rows])
    return values if np.isnan(values[~collapsed]).all() else np.where(collapsed, np.nan, values)


def _above_least(rows: Rows, values: Array) -> Array:
    """How much larger than the least each value is; NaN where there is none that counts."""
    values = _sound(rows, values)
    finite = values[np.isfinite(values)]
    least = finite.min() if len(finite) else np.nan
    return np.where(np.isnan(values), np.nan, values - least)


def _order(rows: Rows, values: Array) -> list[int]:
    """Places of the rows that have a value, the best first, collapsed ones last."""
    sound = ~np.isnan(_sound(rows, values))
    there = np.flatnonzero(sound).tolist()
    last = np.flatnonzero(~np.isnan(values) & ~sound).tolist()
    there.sort(key=lambda i: (values[i], rows[i].n_parameters))
    last.sort(key=lambda i: values[i])
    if not np.isfinite(values[there[0]]):
        return [*there, *last]
    scale = max(1.0, abs(values[there[0]]))
    equal = [i for i in there if values[i] - values[there[0]] <= EQUAL * scale]
    first = min(equal, key=lambda i: (rows[i].n_parameters, i))
    return [first, *(i for i in there if i != first), *last]


def _with_ranks(rows: Rows, order: Sequence[int]) -> list[CandidateResult]:
    """Rows with ranks from 1; those that have no value come last, in their order."""
    ranks = {place: 1 + rank for rank, place in enumerate(order)}
    last = len(ranks)
    told = []
    for place, row in enumerate(rows):
        if place not in ranks:
            last += 1
        told.append(replace(row, rank=ranks.get(place, last)))
    return told
