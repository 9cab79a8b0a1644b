"""What the values of a fitted mixture's parameters are of, for sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skmixture.estimator.scoring.component_table import columns_of

__all__ = ["called"]


def called(model: Any) -> Callable[[str, tuple[int, ...]], str | None]:
    """From a parameter and a place in the value of one component to what is there.

    As the summary has it, "swims=never"; None where columns have no names, or the place is
    no single number of the parameter.
    """
    if getattr(model, "feature_names_in_", None) is None:
        return lambda name, place: None
    law, columns = model.family_, columns_of(model)
    entries: dict[str, dict[tuple[int, ...], str]] = {}

    def of(name: str, place: tuple[int, ...]) -> str | None:
        if name not in entries:
            entries[name] = law.entries(name, columns)
        return entries[name].get(place)

    return of
