"""What a search or a table of fits has to be drawn: a column, its sense, its best row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sklearn.utils.validation import check_is_fitted

from skmixture.display.candidates import by_column, count_of, with_options
from skmixture.selection import CriterionScorer
from skmixture.selection.result import ATTRIBUTES

__all__ = ["Drawn", "drawn_of", "more_is_better"]

LABELS = {"held_out": "held-out log-likelihood per row", "p_value": "p against the next K"}
SCORE = re.compile(r"(?:mean|split\d+)_(?:test|train)_(.+)")
LESS = re.compile(r"rank_|std_|.*_time$|.*_error$")
MORE = re.compile(r"held_out|p_value|.*(score|likelihood)")


@dataclass(frozen=True)
class Drawn:
    """A table, and which of its columns are drawn.

    Attributes
    ----------
    table : mapping of str to sequence
    count : str
        The column of numbers of components.
    criterion : str
        A column.
    label : str
        What a reader calls it.
    by, error : str or None
        Columns of options and of standard errors.
    greater_is_better : bool
    turned : bool
        Whether the column has minus the criterion.
    best : int or None
        The row that was chosen; None where that is the best value's.
    level : float or None
        Up to which p-value a test rejects.
    others : str or None
        The column of what differs beside `by`.
    """

    table: Any
    count: str
    criterion: str
    label: str
    by: str | None
    error: str | None
    greater_is_better: bool
    turned: bool = False
    best: int | None = None
    level: float | None = None
    others: str | None = None


def more_is_better(criterion: str) -> bool:
    """Whether greater values of a column are better, by its name."""
    if SCORE.fullmatch(criterion):
        return True
    return not LESS.match(criterion) and bool(MORE.match(criterion))


def drawn_of(
    results: Any,
    criterion: str | None,
    by: str | None,
    error: str | None,
    greater_is_better: bool | None,
) -> Drawn:
    """What is drawn of a selection, a grid search, or a table."""
    if hasattr(results, "fit"):
        check_is_fitted(results)
    rows = getattr(results, "results_", None)
    if isinstance(rows, list):
        return _of_selection(results, rows, criterion, by, error, greater_is_better)
    table = getattr(results, "cv_results_", results) if rows is None else rows
    if not isinstance(table, Mapping) and not hasattr(table, "columns"):
        raise TypeError(
            "results must be a fitted MixtureSelection, a fitted search of scikit-learn, or a "
            f"table with columns, got {_told(results)}"
        )
    table = {str(name): table[name] for name in table}
    count = count_of(table)
    others = None
    if by is None:
        table, by = with_options(table, count)
    else:
        table, others = with_options(table, count, by)
    if hasattr(results, "scorer_"):
        drawn = _of_search(results, table, count, criterion, by, error, greater_is_better)
        return replace(drawn, others=others)
    if criterion is None:
        criterion = next((name for name in ("bic", "mean_test_score") if name in table), "bic")
    more = more_is_better(criterion) if greater_is_better is None else greater_is_better
    return Drawn(table, count, criterion, _label(criterion), by, error, more, others=others)


def _told(results: Any) -> str:
    """What was given instead, and what shows it where there is something."""
    if isinstance(results, list) and results and hasattr(results[0], "p_value"):
        return "a list of tests: draw their p-values by SelectionDisplay.from_arrays"
    return repr(results)


def _of_selection(
    selection: Any,
    rows: list[Any],
    criterion: str | None,
    by: str | None,
    error: str | None,
    greater_is_better: bool | None,
) -> Drawn:
    """By its own criterion where none is asked for; the row it chose, which may not be the best."""
    own = selection.criterion_
    criterion = own if criterion is None else criterion
    column = ATTRIBUTES.get(criterion, criterion)
    table = by_column(rows)
    if by is None and len(set(table["option"])) > 1:
        by = "option"
    if error is None and column == "held_out":
        error = "held_out_error"
    more = more_is_better(column) if greater_is_better is None else greater_is_better
    chosen = column == ATTRIBUTES.get(own, own) and greater_is_better is None
    best = selection.best_index_ if chosen else None
    level = selection.level if column == "p_value" else None
    label = _label(column)
    return Drawn(table, "n_components", column, label, by, error, more, best=best, level=level)


def _of_search(
    search: Any,
    table: Mapping[str, Any],
    count: str,
    criterion: str | None,
    by: str | None,
    error: str | None,
    greater_is_better: bool | None,
) -> Drawn:
    """By the score it chose by where none is asked for; criteria with their own sign."""
    several = isinstance(search.scorer_, Mapping)
    own = f"mean_test_{search.refit}" if several else "mean_test_score"
    if several and not isinstance(search.refit, str) and criterion is None:
        scores = [f"mean_test_{name}" for name in search.scorer_]
        raise ValueError(f"the search has several scores: criterion must be one of {scores}")
    column = own if criterion is None else criterion
    scorer = None
    if (score := SCORE.fullmatch(column)) is not None:
        scorer = search.scorer_.get(score[1]) if several else search.scorer_
    turned = isinstance(scorer, CriterionScorer) and greater_is_better is None
    label = scorer.criterion.upper() if turned else _label(column)  # type: ignore[union-attr]
    more = more_is_better(column) if greater_is_better is None else greater_is_better
    chosen = column == own and greater_is_better is None
    best = getattr(search, "best_index_", None) if chosen else None
    return Drawn(table, count, column, label, by, error, more and not turned, turned, best)


def _label(column: str) -> str:
    return LABELS.get(column, column.upper() if len(column) <= 4 else column)
