"""What the numbers of a mixture's parameters are of, for people to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skmixture.display.tables import labels_of
from skmixture.family import Family

__all__ = ["Called", "calling"]


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


def calling(model: Any) -> Callable[[str, tuple[int, ...]], Called | None]:
    """From a parameter and a place in its published value to what people call it.

    As in `summary`. None where nothing is known of it, or there is no model. An only
    component is not named.
    """
    if model is None:
        return lambda name, place: None
    law, K = model.family_, len(model.weights_)
    columns = _columns_of(model)
    told: dict[str, dict[tuple[int, ...], str]] = {}

    def named(name: str, of: str, k: int) -> Called:
        return Called(name, of, int(k) if K > 1 else None)

    def called(name: str, place: tuple[int, ...]) -> Called | None:
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


def _columns_of(model: Any) -> list[str]:
    """Names of columns; none where a single one has none."""
    named = hasattr(model, "feature_names_in_") or model.n_features_in_ > 1
    return labels_of(model) if named else [""]


def _entries(law: Family, name: str, columns: list[str]) -> dict[tuple[int, ...], str]:
    """What each number of one component's value is of; of what is derived, a number a column."""
    if name in law.parameters:
        return law.entries(name, columns)
    return {(j,): column for j, column in enumerate(columns)}
