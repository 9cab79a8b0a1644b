"""Free coordinates in the words of a user, as "log sizes[0, 0]"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from skmixture.engine.coordinates import Coordinates, Part
from skmixture.law.family import Family
from skmixture.transforms import (
    Above,
    Below,
    Interval,
    Positive,
    PositiveDefinite,
    Real,
    Simplex,
    Sphere,
    lower_triangle,
)

__all__ = ["coordinate_names"]

Place = tuple[int, ...]


def coordinate_names(coordinates: Coordinates, family: Family, n_strata: int) -> list[str]:
    """Names of all of the engine's coordinates; `n_strata` is 0 where there are none.

    Those of weights are said of log ratios to the last free one, which is
    among them.
    """
    names = list(_of_weights(coordinates, n_strata))
    for part in coordinates.parts:
        spell = _spelling(part, family.shared(part.name))
        names += [spell(tuple(place)) for place in np.argwhere(part.free)]
    return names


def _of_weights(coordinates: Coordinates, n_strata: int) -> Iterator[str]:
    free = np.flatnonzero(coordinates.free_weights)
    if not len(free):
        return
    whole = len(free) == len(coordinates.free_weights) == 2
    entries = [f"strata_weights[{g}, {{}}]" for g in range(n_strata)] or ["weights[{}]"]
    for entry in entries:
        last = entry.format(free[-1])
        for own in map(entry.format, free):
            yield f"logit {own}" if whole else f"log {own} / {last}"


def _spelling(part: Part, shared: bool) -> Callable[[Place], str]:
    """How a coordinate of a parameter is called, by its place (K, ...)."""
    transform: Any = part.transform

    def entry(place: Place) -> str:
        first = [] if shared else [":" if part.tied else place[0]]
        index = ", ".join(map(str, [*first, *place[1:]]))
        return f"{part.name}[{index}]" if index else part.name

    def spell(place: Place) -> str:
        *outer, last = place
        whole = tuple(outer)  # the place of a value of which this is one coordinate
        match transform:
            case Real():
                return entry(place)
            case Positive():
                return f"log {entry(place)}"
            case Above():
                return f"log({entry(place)} - low)"
            case Below():
                return f"-log(high - {entry(place)})"
            case Interval():
                proper = np.all(transform.low == 0) and np.all(transform.high == 1)
                return f"logit {'' if proper else 'within bounds of '}{entry(place)}"
            case Simplex():
                return f"log {entry((*whole, last + 1))} / {entry((*whole, 0))}"
            case Sphere():
                return f"projection {last} of {entry(whole)}"
            case PositiveDefinite():
                d = int(np.sqrt(8 * part.shape[-1] + 1) - 1) // 2
                i, j = (int(axis[last]) for axis in lower_triangle(d))
                return f"{'log ' if i == j else ''}L[{i}, {j}] of {entry(whole)}"
        if transform.event_ndim:
            return f"coordinate {last} of {entry(whole)}"
        return f"coordinate of {entry(place)}"

    return spell
