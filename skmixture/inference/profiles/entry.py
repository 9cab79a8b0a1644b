"""Which number a profile is asked of: an entry of a parameter, or of what is derived of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.estimator.scoring.naming import entry_names, index_names, name_of
from skmixture.law.edges import listed

__all__ = ["Entry", "Place", "entry_of", "place_of"]

Array = NDArray[np.floating]
Place = tuple[int, ...]

# By so much of a free coordinate a parameter is moved, to see what depends on it.
MOVE = 0.5


class Entry(NamedTuple):
    """A number of what is published, and the entry of a parameter that is held for it.

    Attributes
    ----------
    name : str
    place : tuple of int
    source : str
        The parameter: another one where the number is derived of it.
    at : tuple of int
        The place in its published value.
    """

    name: str
    place: Place
    source: str
    at: Place

    @property
    def is_derived(self) -> bool:
        return self.name != self.source

    def of(self, model: Any, values: Array) -> Array:
        """The number where the entry that is held has these values (m,)."""
        if not self.is_derived:
            return values
        law, params = model._law, model._params()
        at = (0, *self.at) if law.shared(self.source) else self.at
        found = []
        for value in values:
            moved = np.array(params[self.source], dtype=float)
            moved[at] = value
            with np.errstate(all="ignore"):  # at an end that is infinite, or 0
                found.append(law.derived({**params, self.source: moved})[self.name][self.place])
        return np.array(found, dtype=float)


def entry_of(model: Any, name: Any, index: Any) -> Entry:
    """The entry by a name and an index, or by a name as tables have it: "means[0, waiting]".

    Raises
    ------
    ValueError
        Where there is none, or what is derived of several numbers has none to hold.
    """
    name, index = _by_name(model, name, index)
    derived = _derived(model)
    if name not in derived:
        return Entry(name, index, name, index)
    place = place_of(name, derived[name], index)
    return Entry(name, place, *_source(model, name, place))


def place_of(name: str, value: Array, index: Any) -> Place:
    """The place of one entry of a published value; raise a ValueError where it is none."""
    place = tuple(index) if isinstance(index, tuple | list | np.ndarray) else (index,)
    try:
        inside = np.ndim(value[place]) == 0
    except (IndexError, TypeError):
        inside = False
    if not inside or not all(isinstance(i, int | np.integer) for i in place):
        raise ValueError(
            f"index must be one entry of {name}_, which has the shape {value.shape}, got {index!r}"
        )
    return tuple(int(i) % m for i, m in zip(place, value.shape, strict=True))


def _by_name(model: Any, name: Any, index: Any) -> tuple[Any, Any]:
    """Name and index, where the name has its index behind it."""
    if not isinstance(name, str) or "[" not in name:
        return name, index
    if not (isinstance(index, tuple) and index == ()):
        raise ValueError(f"name={name!r} has an index already, so index must be left out")
    parameter = name.partition("[")[0]
    value = {**_parameters(model), **_derived(model)}.get(parameter)
    if value is None:
        return parameter, index
    for names in (index_names(parameter, value.shape), entry_names(model, parameter, value.shape)):
        for place, label in names.items():
            if name == label:
                return parameter, place
    known = list(entry_names(model, parameter, value.shape).values())
    raise ValueError(f"name={name!r} is no entry of {parameter}_: those are {listed(known)}")


def _parameters(model: Any) -> dict[str, Array]:
    names = ["weights", *model._law.parameters]
    names += ["strata_weights"] if model._has_strata else []
    return {name: np.asarray(getattr(model, f"{name}_")) for name in names}


def _derived(model: Any) -> dict[str, Array]:
    """Numbers that are derived of parameters, by name."""
    found = model._law.derived(model._params()).items()
    arrays = {name: value for name, value in found if isinstance(value, np.ndarray)}
    return {name: value for name, value in arrays.items() if value.dtype.kind == "f"}


def _source(model: Any, name: str, place: Place) -> tuple[str, Place]:
    """The one entry of a parameter that something derived depends on."""
    found = list(_depends_on(model, name, place))
    law, label = model._law, name_of(name, place)
    if len(found) != 1 or law.parameters[found[0][0]].event_ndim:
        several = listed([name_of(*own) for own in found])
        raise ValueError(
            f"{label} depends on {several}, so that there is no one number to hold: use "
            "standard_errors, or intervals from replicates"
        )
    parameter, at = found[0]
    return parameter, at[1:] if law.shared(parameter) else at


def _depends_on(model: Any, name: str, place: Place) -> Iterator[tuple[str, Place]]:
    """Entries of parameters (of whole values, where these are no single numbers) that move it."""
    law, params = model._law, model._params()
    for key, transform in law.parameters.items():
        z = np.asarray(transform.unconstrain(params[key]), dtype=float)
        seen: list[Place] = []
        for at in np.ndindex(z.shape):
            moved = z.copy()
            moved[at] += MOVE
            own = at[: z.ndim - 1] if transform.event_ndim else at
            with np.errstate(all="ignore"):
                changed = law.derived({**params, key: transform.constrain(moved)})[name][place]
                before = law.derived({**params, key: transform.constrain(z)})[name][place]
            if changed != before and own not in seen:
                seen.append(own)
                yield key, own
