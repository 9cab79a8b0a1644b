"""A fitted mixture as a page of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Any

import numpy as np

from skmixture.estimator.scoring.component_table import (
    AT_EDGE,
    HELD,
    columns_of,
    component_table,
    strata_table,
)
from skmixture.law.family import Family
from skmixture.tools.text import Page, lined_up, wrapped

__all__ = ["Summary", "summary_of"]

MARK = re.compile(rf"\d([{AT_EDGE}{HELD}])(?= |$)")  # behind a number
# What a log-likelihood may lack, and still be right in three decimals.
SETTLED = 5e-4
# What stands for AIC and BIC where it may lack more.
BY_CALL = "computed by aic(X), bic(X), as the fit stopped before their decimals were settled"


@dataclass(frozen=True, repr=False, eq=False)
class Summary(Page):
    """What a fit came to; it prints as a table.

    Attributes
    ----------
    text : str
        What is printed.
    n_rows : float
        Weight of the rows of the fit; 0 where there was none.
    log_likelihood : float
        Of all rows, entering the last iteration; NaN where the fit does not know it.
    n_parameters : float
        NaN where they cannot be counted.
    aic, bic : float
        NaN where the fit does not know them to three decimals.
    converged : bool
    n_iter : int
    """

    text: str
    n_rows: float
    log_likelihood: float
    n_parameters: float
    aic: float
    bic: float
    converged: bool
    n_iter: int


def summary_of(model: Any, law: Family, full: bool = False) -> Summary:
    """What a fitted mixture keeps of its fit, and its parameters: all of them if `full`."""
    n = float(getattr(model, "n_samples_seen_", 0.0))
    p = float(model._n_free()) if law.numeric else np.nan
    log_likelihood = _log_likelihood(model, n)
    aic, bic = np.nan, np.nan
    if _settled(model, n):
        aic, bic = -2 * log_likelihood + 2 * p, -2 * log_likelihood + p * float(np.log(n))
    converged, n_iter = _end_of(model)
    told = Summary("", n, log_likelihood, p, aic, bic, converged, n_iter)
    parts = _parts(model, law)
    tables = [component_table(model, law, full)]
    if hasattr(model, "strata_"):
        tables.append(strata_table(model, full))
    page = [
        [_head(model, len(parts))],
        lined_up(parts, [True] * 3),
        lined_up(_facts(model, told), [True, True]),
        *tables,
        _meaning_of_marks(tables),
        _warned(model),
    ]
    return replace(told, text="\n\n".join("\n".join(lines) for lines in page if lines))


def _head(model: Any, n_parts: int) -> str:
    """The model and its law in a line; of parts there are lines of their own."""
    law = model._make_family()
    named = f"{type(law).__name__} of {n_parts} parts" if n_parts else _short(repr(law), 120)
    return f"{type(model).__name__} of {_counted(len(model.weights_), 'component')}: {named}"


def _parts(model: Any, law: Family) -> list[list[str]]:
    """Name, law and columns of each part, where there are several."""
    columns_by_part = law.listing(columns_of(model))
    if not columns_by_part:
        return []
    asked = dict(model._make_family().laws)  # as the user wrote them, with nothing learnt
    return [
        [name, _short(repr(asked[name])), _short(", ".join(own))]
        for name, own in columns_by_part.items()
    ]


def _meaning_of_marks(tables: Sequence[Sequence[str]]) -> list[str]:
    meanings = {AT_EDGE: "at an edge of its range", HELD: "held by fixed"}
    found = {mark for table in tables for line in table for mark in MARK.findall(line)}
    return [f"{mark} {meaning}" for mark, meaning in meanings.items() if mark in found]


def _warned(model: Any) -> list[str]:
    told = getattr(model, "warnings_", [])
    return ["the fit warned:", *wrapped(told)] if told else []


def _short(text: str, most: int = 60) -> str:
    """On one line, without addresses."""
    return shorten(re.sub(r" at 0x[0-9a-fA-F]+", "", text), most, placeholder=" ...")


# -- the fit --------------------------------------------------------------------------


def _end_of(model: Any) -> tuple[bool, int]:
    return bool(getattr(model, "converged_", False)), int(getattr(model, "n_iter_", 0))


def _log_likelihood(model: Any, n: float) -> float:
    """That of all rows; NaN where there are none, or a stream, which is not kept."""
    mean = float(getattr(model, "lower_bound_", -np.inf))
    if not n or not np.isfinite(mean) or n != getattr(model, "n_samples_start_", n):
        return np.nan
    return n * mean - float(getattr(model, "log_prior_", 0.0))


def _settled(model: Any, n: float) -> bool:
    """Whether what the last iteration may have added is below the digits shown."""
    tol = model.tol * (abs(model.lower_bound_) if model.tol_type == "relative" else 1.0)
    return bool(_end_of(model)[0] and n and n * tol <= SETTLED)


def _facts(model: Any, told: Summary) -> list[list[str]]:
    rows = "weight of rows" if getattr(model, "weighted_", False) else "rows"
    facts = {rows: f"{told.n_rows:.10g}" if told.n_rows else "none: the parameters were given"}
    if not np.isnan(told.log_likelihood):
        number = told.log_likelihood
        sure = _settled(model, told.n_rows)
        facts["log-likelihood"] = f"{number:.3f}" if sure else f"about {number:.1f}"
    if getattr(model, "log_prior_", 0.0):
        facts["log prior"] = f"{model.log_prior_:.3f}"
    if not np.isnan(told.n_parameters):
        facts["free parameters"] = f"{told.n_parameters:.0f}"
    if not np.isnan(told.aic):
        facts |= {"AIC": f"{told.aic:.3f}", "BIC": f"{told.bic:.3f}"}
    elif "log-likelihood" in facts and told.n_parameters == told.n_parameters:
        facts["AIC, BIC"] = BY_CALL
    if told.n_rows:
        reached = "yes" if told.converged else "no"
        facts["converged"] = f"{reached}, {_counted(told.n_iter, 'iteration')}"
    return [[name, value] for name, value in facts.items()]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
