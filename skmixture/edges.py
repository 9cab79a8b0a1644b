"""Fitted parameters at an edge of their range, and the sentences that tell of them.

A law may be likeliest where a parameter has run to a bound: a probability of
0, degrees of freedom that grew for ever. A family says by `Family.at_edges`
where its parameters did. That needs no small number chosen for convenience: a
bound of the M-step is known, and a probability is 0 where all rows together
would show a millionth of one event. No estimate that rests on a row is so small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.constraints import Constraints
from skmixture.parts import SEPARATOR

__all__ = ["COUNTED", "Edge", "never", "no_chance", "sentences"]

Array = NDArray[np.floating]

# What the data are expected to show of an event that has no chance.
LEAST_EVENTS = 1e-6
# Probabilities this near to 1 are 1 but for rounding.
ROUNDING = 4 * float(np.finfo(float).eps)
# Entries that a sentence spells out.
MOST_NAMED = 4
# What all edges have in common.
COUNTED = "bic() counts them as free parameters, rather too many."


class Edge(NamedTuple):
    """Where a parameter lies at an edge.

    Attributes
    ----------
    name : str
        Of the parameter.
    at : ndarray of bool of shape (K, ...)
        Which of its values do; with fewer axes than the parameter, where the
        values of an event do so together.
    meaning : str
        How the sentence goes on that began with their names.
    size : int or None
        The number of values for each component, where `at` has more.
    """

    name: str
    at: NDArray[np.bool_]
    meaning: str
    size: int | None = None


def never(expected: Array) -> NDArray[np.bool_]:
    """Whether an event is expected so often, in all rows together, that it has no chance."""
    return np.asarray(expected < LEAST_EVENTS)


def no_chance(probs: Array, n_events: Array | float) -> NDArray[np.bool_]:
    """Whether probabilities are 0, or their complements rounding, for so many tries in all."""
    return never(probs * np.maximum(n_events, 1.0)) | (probs < ROUNDING)


def sentences(
    edges: Iterable[Edge], constraints: Constraints, places: Callable[[str], NDArray[np.integer]]
) -> Iterator[str]:
    """One sentence for each parameter and edge; what the user holds is not counted.

    `places` gives the components that have a parameter.
    """
    for edge in edges:
        at, free = _free(edge, constraints)
        if not at.any():
            continue
        tied = edge.name in constraints.tied
        number = free[:1].sum() if tied else free.sum()
        if edge.size is not None and edge.name not in constraints.fixed:
            number = edge.size * (1 if tied else len(at))
        found = np.argwhere(at[:1] if tied else at)
        owners = (
            None
            if tied or np.array_equal(places(edge.name), np.arange(len(at)))
            else (places(edge.name))
        )
        named = [_entry(edge.name, place, tied, owners) for place in found[:MOST_NAMED]]
        if len(found) > MOST_NAMED:
            named.append(f"{len(found) - MOST_NAMED} more")
        own = edge.name.split(SEPARATOR)[-1]
        yield f"{_listed(named)} ({len(found)} of {number} {own}) {edge.meaning}"


def _free(edge: Edge, constraints: Constraints) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which values lie at the edge, and which might, those left out that the user holds."""
    held = constraints.fixed.get(edge.name)
    if held is None:
        return edge.at, np.ones(edge.at.shape, dtype=bool)
    free = np.isnan(held)
    while free.ndim > edge.at.ndim:  # values of an event, held or not together
        free = free.any(axis=-1)
    return edge.at & free, np.broadcast_to(free, edge.at.shape)


def _entry(
    name: str, place: NDArray[np.integer], tied: bool, owners: NDArray[np.integer] | None
) -> str:
    """A value as the user finds it, with its component where the index does not say that."""
    index = [":" if tied else str(place[0]), *(str(number) for number in place[1:])]
    owner = "" if owners is None else f" of component {owners[place[0]]}"
    return f"{name}_[{', '.join(index)}]{owner}"


def _listed(named: list[str]) -> str:
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
