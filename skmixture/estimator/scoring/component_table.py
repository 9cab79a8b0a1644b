"""The parameters of a fitted mixture as text, the components side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.given.numbering import by_component
from skmixture.given.validation import check_constraints
from skmixture.law.edges import never
from skmixture.law.family import Family
from skmixture.tools.text import alike, lined_up, on_the_point

__all__ = ["AT_EDGE", "HELD", "columns_of", "component_table", "strata_table"]

Array = NDArray[np.floating]
Marks = NDArray[np.bool_]
Row = tuple[str, str, list[str]]  # a parameter, what of it, and a cell for each component

# What is shown at most: components side by side, rows, rows of one parameter, columns of X whose
# matrices are whole, and strata.
MOST_COMPONENTS, MOST_ROWS, FEWEST_ROWS, WHOLE, MOST_STRATA = 8, 40, 6, 3, 20
# What stands behind a value at an edge of its range, and behind one that is held among others.
AT_EDGE, HELD = "*", "="
# Where there is what was cut.
WHOLE_TABLE = "summary(full=True) has them"


def component_table(model: Any, law: Family, full: bool) -> list[str]:
    """Lines with a row for each number and a column for each component; all of them if `full`."""
    K, values, held = len(model.weights_), model._params(), _held(model, law)
    columns, edges = columns_of(model), getattr(model, "at_edges_", {})
    tied = {*getattr(model, "tied", ()), *law.ties, *filter(law.shared, values)}
    most = max(MOST_ROWS // max(len(values), 1), FEWEST_ROWS)
    weights = _Marked(model.weights_, _gone(model, model.weights_), held.get("weights"))
    rows: list[Row] = [("weights" + weights.said(False), "", weights.cells(()))]
    for name, value in values.items():
        marked = _Marked(
            by_component(law, name, value, K),
            _by_component(law, name, edges.get(name), K),
            _by_component(law, name, held.get(name), K),
        )
        matrix = law.parameters[name].event_ndim == 2
        places = _places(law.entries(name, columns), matrix, most, full)
        heading = name + marked.said(name in tied and K > 1)
        rows += _rows_of(heading, name, marked, places, law.entries(name, columns), matrix)
    return _laid_out(rows, K, full)


def strata_table(model: Any, full: bool) -> list[str]:
    """Mixing weights (G, K) of the strata, as many as there is room for."""
    labels, weights = model.strata_.tolist(), model.strata_weights_
    most = len(labels) if full or len(labels) <= MOST_STRATA + 1 else MOST_STRATA
    rows: list[Row] = [
        ("", str(label), _Marked(own, _gone(model, own), None).cells(()))
        for label, own in zip(labels[:most], weights, strict=False)
    ]
    if len(labels) > most:
        rows.append(("", f"... {len(labels) - most} more in strata_weights_", []))
    rows[0] = ("weights by stratum", *rows[0][1:])
    return _laid_out(rows, weights.shape[1], full)


def columns_of(model: Any) -> list[str]:
    """What the columns of X are called: by their places where they have no names."""
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        return [str(name) for name in names]
    d = model._params_n_features()
    return [str(j) for j in range(d)] if d > 1 else [""]


# -- values and what is said of them --------------------------------------------------


class _Marked(NamedTuple):
    """Values (K, ...) of a parameter, which are at an edge, and which the user holds."""

    values: NDArray
    at_edge: Marks | None
    held: Marks | None

    def said(self, tied: bool) -> str:
        """What is said of all of them, behind the name."""
        told = ["tied"] if tied else []
        told += ["fixed"] if self.held is not None and self.held.all() else []
        return f" ({', '.join(told)})" if told else ""

    def cells(self, place: tuple[int, ...]) -> list[str]:
        """One for each component, with its mark."""
        index: Any = (slice(None), *place)
        cells = _told(self.values[index])
        some = self.held if self.held is not None and not self.held.all() else None
        for mark, where in ((AT_EDGE, self.at_edge), (HELD, some)):
            if where is not None:
                cells = [c + mark * at for c, at in zip(cells, where[index].tolist(), strict=True)]
        return cells


def _told(values: NDArray) -> list[str]:
    if values.dtype != object:
        return alike(values)
    return ["-" if value is np.nan else type(value).__name__ for value in values.tolist()]


def _held(model: Any, law: Family) -> dict[str, Marks]:
    """Which values of parameters (K, ...) the user holds; none where `fixed` is of another fit."""
    try:
        constraints = check_constraints(
            law, model._held, (), len(model.weights_), model._params_n_features()
        )
    except ValueError:
        return {}
    return {name: ~np.isnan(value) for name, value in constraints.fixed.items()}


def _by_component(law: Family, name: str, marks: Marks | None, n_components: int) -> Marks | None:
    if marks is None:
        return None
    return np.asarray(by_component(law, name, marks.astype(float), n_components) == 1)


def _gone(model: Any, weights: Array) -> Marks | None:
    """Which mixing weights are 0: all rows together would show no event of the component."""
    n_rows = float(getattr(model, "n_samples_seen_", 0.0))
    return never(n_rows * np.asarray(weights, dtype=float)) if n_rows else None


# -- rows -------------------------------------------------------------------------------


def _places(
    labels: Mapping[tuple[int, ...], str], matrix: bool, most: int, full: bool
) -> list[tuple[int, ...]]:
    """Those of one parameter that are shown: of a matrix the lower half, or the diagonal."""
    places = _lower(labels) if matrix else list(labels)
    if full:
        return places
    diagonal = [place for place in places if place[0] == place[1]] if matrix else []
    if len(diagonal) > WHOLE:
        places = diagonal
    return places[:most] if len(places) > most + 1 else places


def _lower(labels: Mapping[tuple[int, ...], str]) -> list[tuple[int, ...]]:
    return [place for place in labels if place[0] >= place[1]]


def _rows_of(
    heading: str,
    name: str,
    marked: _Marked,
    places: Sequence[tuple[int, ...]],
    labels: Mapping[tuple[int, ...], str],
    matrix: bool,
) -> list[Row]:
    rows: list[Row] = [("", labels[place], marked.cells(place)) for place in places]
    n_left = len(_lower(labels) if matrix else labels) - len(places)
    if n_left:
        rows.append(("", f"... {n_left} more in {name}_", []))
    return [(heading, *rows[0][1:]), *rows[1:]]


def _laid_out(rows: Sequence[Row], n_components: int, full: bool) -> list[str]:
    """Lines with the components side by side, and in blocks below each other if `full`."""
    whole = full or n_components <= MOST_COMPONENTS + 1
    width = n_components if n_components <= MOST_COMPONENTS + 1 else MOST_COMPONENTS
    last = n_components if whole else width
    text: list[str] = []
    for begin in range(0, last, width):
        text += ["", *_block(rows, begin, min(begin + width, last))]
    if not whole:
        text.append(f"... {n_components - width} more components: {WHOLE_TABLE}")
    elif any(label.startswith("... ") and not cells for _, label, cells in rows):
        text.append(WHOLE_TABLE)
    return text[1:]


def _block(rows: Sequence[Row], begin: int, end: int) -> list[str]:
    columns = [[""] * len(rows) for _ in range(begin, end)]
    for place, (_, _, cells) in enumerate(rows):
        for column, cell in zip(columns, cells[begin:end], strict=False):
            column[place] = cell
    aligned = zip(*map(on_the_point, columns), strict=True)
    labelled = any(label for _, label, _ in rows)
    names = [[name, label] if labelled else [name] for name, label, _ in rows]
    lines = [[*own, *cells] for own, cells in zip(names, aligned, strict=True)]
    heads = [*[""] * len(names[0]), *map(str, range(begin, end))]
    return lined_up([heads, *lines], [True] * len(names[0]) + [False] * (end - begin))
