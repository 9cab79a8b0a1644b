"""The table of a selection: for people to read, and as a data frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skmixture.selection.notes import notes_on
from skmixture.selection.remarks import told_gaps
from skmixture.selection.result import CRITERIA, CandidateResult
from skmixture.tools.text import Page, hung, lined_up

if TYPE_CHECKING:
    import pandas

__all__ = ["SelectionSummary", "frame_of", "summary_of"]

# Digits of p-values; by how much those that are equal may differ.
DIGITS, EQUAL = 3, 1e-9

Rows = Sequence[CandidateResult]
Cell = Callable[[CandidateResult], str]


@dataclass(frozen=True, repr=False, eq=False)
class SelectionSummary(Page):
    """What a selection came to; it prints as a table.

    Attributes
    ----------
    text : str
        What is printed.
    criterion : str
        As `MixtureSelection` takes it.
    best : CandidateResult
        The one that was chosen.
    """

    text: str
    criterion: str
    best: CandidateResult


def frame_of(rows: Rows) -> pandas.DataFrame:
    """A row for each candidate, the best first; the index is the candidate's number."""
    import pandas as pd

    options = _options(rows)
    numbers = ("n_parameters", "log_likelihood", "aic", "bic", "icl", "held_out",
               "held_out_error", "p_value", "delta", "delta_error", "weight")  # fmt: skip
    columns: dict[str, list[Any]] = {
        "rank": [row.rank for row in rows],
        "model": [row.name for row in rows],
        "n_components": [row.n_components for row in rows],
    }
    for name in options:
        columns[name] = [row.params.get(name) for row in rows]
    for name in numbers:
        values = [getattr(row, name) for row in rows]
        if not np.isnan(values).all():
            columns[name] = values
    columns["warnings"] = ["\n".join(row.warnings) for row in rows]
    columns["error"] = [row.error for row in rows]
    return pd.DataFrame(columns).rename_axis("candidate").sort_values("rank")


def summary_of(rows: Rows, criterion: str, head: str, n_replicates: int) -> SelectionSummary:
    """The table in text, the best first, with notes on what is in doubt."""
    by_rank = sorted(rows, key=lambda row: row.rank)
    marks, notes = notes_on(by_rank, criterion)
    cells = _cells(rows, criterion)
    lines = [[*(name for name, _, _ in cells), "notes" if notes else ""]]
    for row, mark in zip(by_rank, marks, strict=True):
        lines.append([*(cell(row) for _, cell, _ in cells), mark])
    left = [left for _, _, left in cells] + [True]
    told = ["", *notes] if notes else []
    tests = _on_tests(rows, n_replicates) if criterion == "lrt" else []
    page = [head, "", *lined_up(lines, left), *told, *tests, *_at_the_end(by_rank)]
    return SelectionSummary("\n".join(page), criterion, by_rank[0])


def _cells(rows: Rows, criterion: str) -> list[tuple[str, Cell, bool]]:
    """Head, content, and whether it stands on the left, of each column."""
    cells: list[tuple[str, Cell, bool]] = []
    if len({row.name for row in rows}) > 1:
        cells.append(("model", lambda row: row.name, True))
    cells.append(("K", lambda row: str(row.n_components), False))
    for name in _options(rows):
        cells.append((name.removeprefix("family__"), _option(name), True))
    cells.append(("parameters", lambda row: _number(row.n_parameters, 0), False))
    cells.append(("log-likelihood", lambda row: _number(row.log_likelihood, 3), False))
    if criterion == "cv":
        cells.append(("held out", _with_error("held_out", "held_out_error"), False))
        cells.append(("delta", _with_error("delta", "delta_error"), False))
    elif criterion == "lrt":
        cells.append(("p", lambda row: _number(row.p_value, DIGITS), False))
        cells.append(("BIC", lambda row: _number(row.bic, 3), False))
    else:
        cells.append((CRITERIA[criterion], lambda row: _number(row.value_of(criterion), 3), False))
        cells.append(("delta", lambda row: _number(row.delta, 3), False))
        if not all(np.isnan(row.weight) for row in rows):
            cells.append(("weight", lambda row: _number(row.weight, 3), False))
    return cells


def _options(rows: Rows) -> list[str]:
    """Names of options other than the number of components."""
    names = dict.fromkeys(name for row in rows for name in row.params)
    return [name for name in names if name != "n_components"]


def _option(name: str) -> Cell:
    def cell(row: CandidateResult) -> str:
        if name not in row.params:
            return ""
        value = row.params[name]
        return value if isinstance(value, str) else " ".join(repr(value).split())

    return cell


def _with_error(name: str, error: str) -> Cell:
    def cell(row: CandidateResult) -> str:
        value, spread = getattr(row, name), getattr(row, error)
        told = _number(value, 4)
        return told if not spread > 0 else f"{told} ± {_number(spread, 4)}"

    return cell


def _number(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def _on_tests(rows: Rows, n_replicates: int) -> list[str]:
    """What p-values cannot say: no less than their replicates, and nothing of gaps."""
    least, told = 1 / (1 + n_replicates), []
    if any(row.p_value <= least * (1 + EQUAL) for row in rows):
        told.append(
            f"p = {least:.{DIGITS}f} is the least that {n_replicates} replicates can show; more of "
            "them, n_replicates=, may show less."
        )
    gaps = told_gaps(rows)
    told += [f"{gaps[0].upper()}{gaps[1:]}."] if gaps else []
    return [line for sentence in told for line in ["", *hung("", sentence)]]


def _at_the_end(by_rank: Rows) -> list[str]:
    """A line where the best has the most components of those tried, so that more may do better."""
    best = by_rank[0]
    numbers = [row.n_components for row in by_rank if row.name == best.name]
    if min(numbers) == best.n_components or max(numbers) > best.n_components:
        return []
    return ["", f"The best has the most components that were tried, {best.n_components}: try more."]
