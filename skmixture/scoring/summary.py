"""A fitted mixture as a page of text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.family import Family
from skmixture.numbering import by_component
from skmixture.text import alike, lined_up, on_the_point

__all__ = ["Summary", "summary_of"]

Array = NDArray[np.floating]
Row = tuple[str, str, list[str]]  # a parameter, what of it, and a cell for each component

# What is shown at most: components side by side, rows, rows of one parameter, columns of X whose
# matrices are whole, and strata.
MOST_COMPONENTS, MOST_ROWS, FEWEST_ROWS, WHOLE, MOST_STRATA = 8, 40, 6, 3, 20
# What a log-likelihood may lack, and still be right in three decimals.
SETTLED = 5e-4


@dataclass(frozen=True, repr=False, eq=False)
class Summary:
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

    def __repr__(self) -> str:
        return self.text


def summary_of(model: Any, law: Family) -> Summary:
    """What a fitted mixture keeps of its fit, and its parameters."""
    n = float(getattr(model, "n_samples_seen_", 0.0))
    p = float(model._n_free()) if law.numeric else np.nan
    log_likelihood = _log_likelihood(model, n)
    aic, bic = np.nan, np.nan
    if _settled(model, n):
        aic, bic = -2 * log_likelihood + 2 * p, -2 * log_likelihood + p * float(np.log(n))
    converged, n_iter = _end_of(model)
    told = Summary("", n, log_likelihood, p, aic, bic, converged, n_iter)
    number = _counted(len(model.weights_), "component")
    head = f"{type(model).__name__} of {number}: {_named(model._make_family())}"
    parts = [[head], lined_up(_facts(model, told), [True, True]), _table(model, law)]
    if hasattr(model, "strata_"):
        parts.append(_strata(model.strata_.tolist(), model.strata_weights_))
    text = "\n\n".join("\n".join(lines) for lines in parts)
    return replace(told, text=text)


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
    facts = {"rows": f"{told.n_rows:.10g}" if told.n_rows else "none: the parameters were given"}
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
        facts["AIC, BIC"] = "by aic(X), bic(X)"
    if told.n_rows:
        reached = "yes" if told.converged else "no"
        facts["converged"] = f"{reached}, {_counted(told.n_iter, 'iteration')}"
    return [[name, value] for name, value in facts.items()]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _named(law: Family) -> str:
    """The family with its settings, on one line and without addresses."""
    return shorten(re.sub(r" at 0x[0-9a-fA-F]+", "", repr(law)), 120, placeholder=" ...")


# -- the parameters -------------------------------------------------------------------


def _table(model: Any, law: Family) -> list[str]:
    """A row for each number, a column for each component."""
    K, values = len(model.weights_), model._params()
    columns = _columns_of(model)
    most = max(MOST_ROWS // max(len(values), 1), FEWEST_ROWS)
    tied = {*getattr(model, "tied", ()), *law.ties, *filter(law.shared, values)}
    rows: list[Row] = [("weights", "", alike(model.weights_))]
    for name, value in values.items():
        labels = law.entries(name, columns)
        whole = by_component(law, name, value, K)
        shown = name + (" (tied)" if name in tied and K > 1 else "")
        rows += _rows_of(shown, name, whole, labels, law.parameters[name].event_ndim == 2, most)
    return _by_component(rows, K)


def _columns_of(model: Any) -> list[str]:
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        return [str(name) for name in names]
    d = model._params_n_features()
    return [str(j) for j in range(d)] if d > 1 else [""]


def _rows_of(
    shown: str, name: str, values: NDArray, labels: Mapping[Any, str], matrix: bool, most: int
) -> list[Row]:
    """Rows of one parameter (K, ...): of a matrix the lower half, or the diagonal."""
    if matrix:
        labels = {place: label for place, label in labels.items() if place[0] >= place[1]}
        diagonal = [place for place in labels if place[0] == place[1]]
        places = list(labels) if len(diagonal) <= WHOLE else diagonal
    else:
        places = list(labels)
    places = places[:most] if len(places) > most + 1 else places
    rows = [("", labels[place], _cells(values[(slice(None), *place)])) for place in places]
    if len(places) < len(labels):
        rows.append(("", f"... {len(labels) - len(places)} more in {name}_", []))
    return [(shown, *rows[0][1:]), *rows[1:]]


def _cells(values: NDArray) -> list[str]:
    if values.dtype != object:
        return alike(values)
    return ["-" if value is np.nan else type(value).__name__ for value in values.tolist()]


def _by_component(rows: Sequence[Row], n_components: int) -> list[str]:
    """Lines with the components side by side."""
    K = min(n_components, MOST_COMPONENTS if n_components > MOST_COMPONENTS + 1 else n_components)
    columns = [[""] * len(rows) for _ in range(K)]
    for place, (_, _, cells) in enumerate(rows):
        for k, cell in enumerate(cells[:K]):
            columns[k][place] = cell
    aligned = zip(*map(on_the_point, columns), strict=True)
    lines = [[name, label, *cells] for (name, label, _), cells in zip(rows, aligned, strict=True)]
    text = lined_up([["", "", *map(str, range(K))], *lines], [True, True] + [False] * K)
    if n_components > K:
        text.append(f"... {n_components - K} more components in params_")
    return text


def _strata(labels: Sequence[Any], weights: Array) -> list[str]:
    """Mixing weights (G, K) of the strata, as many as there is room for."""
    most = MOST_STRATA if len(labels) > MOST_STRATA + 1 else len(labels)
    rows: list[Row] = [
        ("", str(label), alike(own)) for label, own in zip(labels[:most], weights, strict=False)
    ]
    if len(labels) > most:
        rows.append(("", f"... {len(labels) - most} more in strata_weights_", []))
    rows[0] = ("weights by stratum", *rows[0][1:])
    return _by_component(rows, weights.shape[1])
