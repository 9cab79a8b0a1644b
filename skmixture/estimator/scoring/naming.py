"""What the numbers of a mixture's parameters are of, for people to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skmixture.law.family import Family
from skmixture.law.parts import SEPARATOR

__all__ = ["Called", "calling", "column_labels", "entry_names", "index_names", "name_of"]

Place = tuple[int, ...]


@dataclass(frozen=True)
class Called:
    """How people call one number of a parameter.

    Attributes
    ----------
    parameter : str
        As "means".
    of : str
        As "waiting", or "waiting, eruption"; empty where there is nothing to tell apart.
    component : int or None
        None where all components share it.
    """

    parameter: str
    of: str = ""
    component: int | None = None

    @property
    def quantity(self) -> str:
        """The name without the component."""
        if self.of.replace(", ", "").isdigit():  # of axes whose meaning the user knows
            return f"{self.parameter}[{self.of}]"
        return f"{self.parameter} of {self.of}" if self.of else self.parameter

    def __str__(self) -> str:
        return self.quantity + ("" if self.component is None else f", component {self.component}")


def calling(model: Any) -> Callable[[str, Place], Called | None]:
    """From a parameter and a place in its published value to what people call it.

    As in `summary`. None where nothing is known of it, or there is no model. An only
    component is not named.
    """
    if model is None:
        return lambda name, place: None
    law, K = model.family_, len(model.weights_)
    columns = _columns_of(model)
    told: dict[str, dict[Place, str]] = {}

    def named(name: str, of: str, k: int) -> Called:
        return Called(name, of, int(k) if K > 1 else None)

    def called(name: str, place: Place) -> Called | None:
        if name == "weights":
            return named(name, "", place[0])
        if name == "strata_weights":
            stratum = model.strata_[place[0]]
            return named("weights", f"stratum {stratum}", place[1])
        if name not in told:
            told[name] = _entries(law, name, columns)
        entries = told[name]
        if place in entries:
            return Called(name, entries[place])
        if not place or place[1:] not in entries:
            return None
        if name in law.parameters and law.shared(name):
            return Called(name, entries[place[1:]])
        own = law.places(name, K) if name in law.parameters else range(K)
        return named(name, entries[place[1:]], own[place[0]])

    return called


def column_labels(model: Any) -> list[str]:
    """Names of the columns of a fit, or their numbers."""
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        return [str(name) for name in names]
    d = model.n_features_in_
    return ["x"] if d == 1 else [f"x{j}" for j in range(d)]


def name_of(name: str, place: Sequence[int | str]) -> str:
    """A single number's name, as "means[0, 1]"."""
    return f"{name}[{', '.join(map(str, place))}]" if place else name


def index_names(name: str, shape: tuple[int, ...]) -> dict[Place, str]:
    """What each number of a parameter is called by its place alone: "means[0, 1]"."""
    return {place: name_of(name, place) for place in np.ndindex(shape)}


def entry_names(model: Any, name: str, shape: tuple[int, ...]) -> dict[Place, str]:
    """What each number of a published value is called in a table, by its place in the value.

    The place as the model knows it: "means[0, waiting]", "probs[1, eye=blue]",
    "strata_weights[north, 0]". By its index alone where columns have no names, or the names do
    not tell all numbers apart. Places in a table of items that no category has are left out.
    """
    plain = index_names(name, shape)
    if model is None or name == "weights":
        return plain
    if name == "strata_weights":
        strata = [str(label) for label in model.strata_]
        told = {place: name_of(name, (strata[place[0]], *place[1:])) for place in plain}
        return told if len(set(strata)) == len(strata) else plain
    law, columns = model.family_, column_labels(model)
    n_first = 0 if name in law.parameters and law.shared(name) else 1
    of = _entries(law, name, columns)
    there = [place for place in plain if place[n_first:] in of] or list(plain)
    named = hasattr(model, "feature_names_in_") or law.reads_labels
    told = {
        place: name_of(name, (*place[:n_first], *filter(None, [of.get(place[n_first:])])))
        for place in there
    }
    if named and len(set(told.values())) == len(there):
        return told
    return {place: plain[place] for place in there}


def _columns_of(model: Any) -> list[str]:
    """Names of columns; none where a single one has none."""
    named = hasattr(model, "feature_names_in_") or model.n_features_in_ > 1
    return column_labels(model) if named else [""]


def _entries(law: Family, name: str, columns: list[str]) -> dict[Place, str]:
    """What each number of one component's value is of; of what is derived, a number a column."""
    if name in law.parameters:
        return law.entries(name, columns)
    part = name.partition(SEPARATOR)[0]
    own = law.listing(columns).get(part) or columns
    return {(j,): column for j, column in enumerate(own)}
