"""Candidates of a search as a table: their numbers of components, and what else sets them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

__all__ = ["by_column", "count_of", "with_options"]

# What is known of the candidates of a selection.
OF_CANDIDATES = (
    "n_components", "log_likelihood", "aic", "bic", "icl", "held_out", "held_out_error", "p_value",
)  # fmt: skip
# Searches of scikit-learn have a column for each parameter.
PARAM, NESTED = "param_", "__n_components"
OPTION, OTHERS = "option", "other options"


def by_column(results: Iterable[Any]) -> dict[str, list[Any]]:
    """Records of a selection as columns, with what sets them apart beside their size."""
    rows = list(results)
    several = len({one.name for one in rows}) > 1

    def option(one: Any) -> str:
        told = _told((k, v) for k, v in one.params.items() if k != "n_components")
        return ", ".join([*([one.name] if several else []), *told])

    columns = {name: [getattr(one, name) for one in rows] for name in OF_CANDIDATES}
    return {OPTION: [option(one) for one in rows], **columns}


def count_of(table: Mapping[str, Any]) -> str:
    """The column of numbers of components."""
    nested = [name for name in table if name.startswith(PARAM) and name.endswith(NESTED)]
    found = [name for name in ("n_components", "param_n_components") if name in table] or nested
    if not found:
        raise ValueError(
            "results must have a column 'n_components' (or 'param_n_components', as a search over "
            f"it has), got {list(table)}: search over n_components, or by MixtureSelection, which "
            "counts the components of every candidate"
        )
    if len(found) > 1 and found == nested:
        raise ValueError(
            f"results have several numbers of components, {found}: rename the column that is "
            "drawn to 'n_components'"
        )
    return found[0]


def with_options(
    table: Mapping[str, Any], count: str, by: str | None = None
) -> tuple[Mapping[str, Any], str | None]:
    """The table with a column of options, and its name; as it is where nothing else differs.

    Where lines are `by` one of them, the column is of all others.
    """
    step = count.removesuffix("n_components")  # as "param_gmm__"
    columns = {
        name: _spelled(table[name])
        for name in table
        if name.startswith(PARAM) and name not in (count, by)
    }
    differing = {name: own for name, own in columns.items() if len(set(own)) > 1}
    if not differing:
        return table, None
    rows = [
        ", ".join(
            f"{_short(name.removeprefix(step).removeprefix(PARAM))}={value}"
            for name, value in zip(differing, values, strict=True)
            if value
        )
        for values in zip(*differing.values(), strict=True)
    ]
    called = OPTION if by is None else OTHERS
    return {**table, called: rows}, called


def _told(options: Iterable[tuple[str, Any]]) -> list[str]:
    """As "covariance_type='diag'", of each option."""
    return [f"{_short(name)}={value!r}" for name, value in options]


def _short(name: str) -> str:
    return name.removeprefix("family__")


def _spelled(column: Any) -> list[str]:
    """Values of a parameter in words, "" of candidates that do not have it."""
    masked = np.ma.isMaskedArray(column)
    absent = np.ma.getmaskarray(column) if masked else np.zeros(len(column), dtype=bool)
    values = list(np.ma.getdata(column) if masked else column)
    return ["" if out else _in_words(value) for value, out in zip(values, absent, strict=True)]


def _in_words(value: Any) -> str:
    """On one line; data frames have NaN of what is absent."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float) and plain != plain:
        return ""
    return " ".join(repr(plain).split())
