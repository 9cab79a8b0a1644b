"""Fitted parameters at an edge of their range, and the sentences that tell of them.

A law may be likeliest where a parameter has run to a bound: a probability of
0, degrees of freedom that grew for ever. A family says by `Family.at_edges`
where its parameters did. That needs no small number chosen for convenience: a
bound of the M-step is known, and a probability is 0 where all rows together
would show a millionth of one event. No estimate that rests on a row is so small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.law.constraints import Constraints
from skmixture.law.parts import SEPARATOR

__all__ = [
    "COUNTED", "Edge", "entry_name", "free_of", "in_general", "listed", "never", "no_chance",
    "places_of", "sentences",
]  # fmt: skip

Array = NDArray[np.floating]

# What the data are expected to show of an event that has no chance.
LEAST_EVENTS = 1e-6
# Probabilities this near to 1 are 1 but for rounding.
ROUNDING = 4 * float(np.finfo(float).eps)
# Entries that a sentence spells out.
MOST_NAMED = 4
# How a sentence begins: with names, and how many of how many values they are.
BEGIN = re.compile(r"^.+? \(\d+ of \d+ (\w+)\) ")
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
    there : ndarray of bool, broadcastable to `at`
        Which entries are values, where not all are.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.law.edges import Edge
    >>> Edge("probs", np.array([[True], [False]]), "ended at 0.").name
    'probs'
    """

    name: str
    at: NDArray[np.bool_]
    meaning: str
    there: NDArray[np.bool_] | bool = True


def never(expected: Array) -> NDArray[np.bool_]:
    """Whether an event is expected so often, in all rows together, that it has no chance.

    Parameters
    ----------
    expected : ndarray
        Expected numbers of the event, in all rows together.

    Returns
    -------
    ndarray of bool of the same shape

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.law.edges import never
    >>> never(np.array([1e-9, 0.5]))
    array([ True, False])
    """
    return np.asarray(expected < LEAST_EVENTS)


def no_chance(probs: Array, n_events: Array | float) -> NDArray[np.bool_]:
    """Whether probabilities are 0, or their complements rounding, for so many tries in all.

    Parameters
    ----------
    probs : ndarray
    n_events : float or ndarray, broadcastable to `probs`
        How often the event was tried.

    Returns
    -------
    ndarray of bool of the shape of `probs`

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.law.edges import no_chance
    >>> no_chance(np.array([1e-12, 1e-3]), 100)
    array([ True, False])
    """
    return never(probs * np.maximum(n_events, 1.0)) | (probs < ROUNDING)


def sentences(
    edges: Iterable[Edge],
    constraints: Constraints,
    places: Callable[[str], NDArray[np.integer]],
    called: Callable[[str, tuple[int, ...]], str | None] | None = None,
) -> Iterator[str]:
    """One sentence for each parameter and edge; what the user holds is not counted.

    Parameters
    ----------
    edges : iterable of Edge
    constraints : Constraints
    places : callable
        Gives the components that have a parameter, by its name.
    called : callable, optional
        Gives what a value of one component is of, by the parameter's name and the place:
        columns and categories. None where that is not known, and values have their index.

    Yields
    ------
    str

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.law.constraints import FREE
    >>> from skmixture.law.edges import Edge, sentences
    >>> edge = Edge("probs", np.array([[True], [False]]), "ended at 0.")
    >>> list(sentences([edge], FREE, lambda name: np.arange(2)))
    ['probs_[0, 0] (1 of 2 probs) ended at 0.']
    """
    for edge in edges:
        free = free_of(edge, constraints)
        at, tied = edge.at & free, edge.name in constraints.tied
        if tied:
            at, free = at[:1], free[:1]
        found = np.argwhere(at)
        if not len(found):
            continue
        own = places(edge.name)
        named = called and _in_words(edge.name, found, tied, own, called)
        named = named or [entry_name(edge.name, place, tied, own) for place in found]
        of_all = f"{len(found)} of {free.sum()} {edge.name.split(SEPARATOR)[-1]}"
        yield f"{listed(named)} ({of_all}) {edge.meaning}"


def _in_words(
    name: str,
    found: NDArray[np.integer],
    tied: bool,
    own: NDArray[np.integer],
    called: Callable[[str, tuple[int, ...]], str | None],
) -> list[str] | None:
    """Values by columns and categories, "probs of swims=never in component 2", where all can be.

    The first has the name of the parameter, which is that of the others too.
    """
    told = [called(name, tuple(place[1:].tolist())) for place in found]
    words: list[str] = []
    for of, place in zip(told, found, strict=True):
        if of is None:
            return None
        component = "" if tied else f"component {own[place[0]]}"
        words.append(" in ".join(filter(None, [of, component])))
    return [f"{name} of {words[0]}" if words[0] else name, *words[1:]]


def in_general(sentence: str) -> str:
    """A sentence of `sentences` about some values, whichever; any other as it is.

    Parameters
    ----------
    sentence : str

    Returns
    -------
    str

    Examples
    --------
    >>> from skmixture.law.edges import in_general
    >>> in_general("probs_[0, 0] (1 of 2 probs) ended at 0.")
    'some probs ended at 0.'
    """
    return BEGIN.sub(r"some \1 ", sentence)


def places_of(
    edges: Iterable[Edge], constraints: Constraints, params: Mapping[str, Array]
) -> dict[str, NDArray[np.bool_]]:
    """Which values of parameters (K, ...) lie at an edge; those of whom none does are left out.

    Parameters
    ----------
    edges : iterable of Edge
    constraints : Constraints
        What the user holds is not counted.
    params : mapping of str to ndarray of shape (K, ...)

    Returns
    -------
    dict of str to ndarray of bool of shape (K, ...)

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.law.constraints import FREE
    >>> from skmixture.law.edges import Edge, places_of
    >>> edge = Edge("probs", np.array([[True], [False]]), "ended at 0.")
    >>> places_of([edge], FREE, {"probs": np.zeros((2, 1)), "sizes": np.ones((2, 1))})
    {'probs': array([[ True],
           [False]])}
    """
    found: dict[str, NDArray[np.bool_]] = {}
    for edge in edges:
        at, shape = edge.at & free_of(edge, constraints), params[edge.name].shape
        if at.any():  # values of an event are there together
            whole = np.broadcast_to(at.reshape(*at.shape, *[1] * (len(shape) - at.ndim)), shape)
            found[edge.name] = whole | found.get(edge.name, False)
    return found


def free_of(edge: Edge, constraints: Constraints) -> NDArray[np.bool_]:
    """Which values might lie at the edge: those that the user does not hold."""
    free = np.broadcast_to(edge.there, edge.at.shape)
    held = constraints.fixed.get(edge.name)
    if held is None:
        return free
    unheld = np.isnan(held)
    while unheld.ndim > edge.at.ndim:  # values of an event go together
        unheld = unheld.any(axis=-1)
    return np.asarray(free & unheld)


def entry_name(name: str, place: NDArray[np.integer], tied: bool, own: NDArray[np.integer]) -> str:
    """A value as the user finds it, with its component where the index does not say that."""
    first = ":" if tied else str(place[0])
    index = ", ".join([first, *map(str, place[1:])])
    owner = own[place[0]]
    said = tied or owner == place[0]
    return f"{name}_[{index}]" if said else f"{name}_[{index}] of component {owner}"


def listed(named: Sequence[str]) -> str:
    """Names as a sentence has them, the first few spelt out."""
    if len(named) > MOST_NAMED:
        named = [*named[:MOST_NAMED], f"{len(named) - MOST_NAMED} more"]
    *others, last = named
    return f"{', '.join(others)} and {last}" if others else last
