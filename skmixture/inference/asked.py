"""What is asked of results: a level, a scale, a function of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.utils import check_random_state

__all__ = [
    "AS_IT_IS",
    "Function",
    "Scale",
    "asked_by_name",
    "check_level",
    "check_names",
    "generator_of",
    "mapped",
    "scale_of",
    "scales_by_name",
]

Array = NDArray[np.floating]
Function = Callable[[dict[str, Array]], Any]

# A way back that is off by more than this part leads elsewhere.
BACK = 1e-6


class Scale(NamedTuple):
    """A scale on which an interval is made, and the way back."""

    there: Callable[[Any], Any]
    back: Callable[[Any], Any]
    name: str

    def of(self, values: Array, what: str) -> Array:
        """The values on the scale.

        Raises
        ------
        ValueError
            Where there is none, or the way back leads elsewhere; `what` they are is named.
        """
        with np.errstate(all="ignore"):  # at an edge the end may be infinite
            found = np.asarray(self.there(values), dtype=float)
            if found.shape != np.shape(values):
                raise ValueError(f"{self.name} must return as many values as it is given")
            amiss = np.isnan(found)
            if amiss.any():
                raise ValueError(
                    f"{self.name} has no value at {np.asarray(values)[amiss][0]:.6g}, of {what}: "
                    "give each parameter a scale of its own, as transform={'weights': 'logit'}, or "
                    "choose another"
                )
            back = np.asarray(self.back(found), dtype=float)
        finite = np.isfinite(found) & np.isfinite(values)
        if not np.allclose(back[finite], values[finite], rtol=BACK, atol=0):
            raise ValueError(
                f"{self.name} does not come back: the second function must undo the first, and "
                f"does not for {what}"
            )
        return found


def _same(value: Any) -> Any:
    return value


AS_IT_IS = Scale(_same, _same, "transform='identity'")
SCALES: dict[str, Scale] = {
    "identity": AS_IT_IS,
    "log": Scale(np.log, np.exp, "transform='log'"),
    "logit": Scale(logit, expit, "transform='logit'"),
    "atanh": Scale(np.arctanh, np.tanh, "transform='atanh'"),
}


def scale_of(transform: Any) -> Scale:
    """The scale by its name, or by a pair of functions."""
    if transform is None:
        return AS_IT_IS
    if isinstance(transform, str):
        if transform not in SCALES:
            raise ValueError(
                f"transform must be None, one of {list(SCALES)}, or a pair of functions (there, "
                f"back), got {transform!r}"
            )
        return SCALES[transform]
    pair = tuple(transform) if isinstance(transform, list | tuple) else ()
    if len(pair) != 2 or not all(map(callable, pair)):
        raise ValueError(f"transform must be a name or a pair (there, back), got {transform!r}")
    return Scale(*pair, "transform")


def scales_by_name(transform: Any, names: Iterable[str], of_function: bool) -> dict[str, Scale]:
    """The scale of each name, by one for all or by a mapping."""
    asked = asked_by_name(transform, names, of_function)
    return {name: scale_of(own) for name, own in asked.items()}


def asked_by_name(transform: Any, names: Iterable[str], of_function: bool) -> dict[str, Any]:
    """What is asked for each name, by one for all or by a mapping; None where it says nothing."""
    names = list(names)
    if not isinstance(transform, Mapping):
        return dict.fromkeys(names, transform)
    if of_function:
        raise ValueError(
            "transform must be one scale beside function, that of what it returns, got a mapping"
        )
    unknown = [name for name in transform if name not in names]
    if unknown:
        raise ValueError(f"transform has {unknown[0]!r}, which is none of {names}")
    return {name: transform.get(name) for name in names}


def check_level(level: float) -> None:
    """Raise a ValueError unless it is a number between 0 and 1."""
    number = isinstance(level, int | float | np.integer | np.floating)
    if isinstance(level, bool) or not number or not 0 < level < 1:
        raise ValueError(f"level must be a number between 0 and 1, got {level!r}")


def generator_of(model: Any, random_state: Any) -> RandomState:
    """The generator that is asked for, or the model's own."""
    asked = model.random_state if random_state is None else random_state
    try:
        return check_random_state(asked)
    except ValueError as error:
        raise ValueError(
            f"random_state must be None, an int or a numpy.random.RandomState, got {asked!r}"
        ) from error


def check_names(names: Any, known: Iterable[str]) -> list[str]:
    """Some of the known names, all where None is asked; raise a ValueError otherwise."""
    known = list(known)
    if names is None:
        return known
    if isinstance(names, str) or not names or any(name not in known for name in names):
        raise ValueError(f"names must be a list of some of {known}, got {names!r}")
    return list(names)


def mapped(function: Any, fits: Iterable[dict[str, Array]]) -> Array:
    """A function of each fit's parameters (R, ...), which must be numbers, as many for each."""
    if not callable(function):
        raise ValueError(
            "function must be a callable that takes a dict of the parameters, got "
            f"{function!r}; for one parameter, lambda p: p['means']"
        )
    values: list[Array] = []
    for place, fit in enumerate(fits):
        returned = function(fit)
        try:
            value = np.asarray(returned, dtype=float)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "function must return a number or an array of them, got a "
                f"{type(returned).__name__}"
            ) from error
        if values and value.shape != values[0].shape:
            raise ValueError(
                "function must return as many numbers for every fit, got the shapes "
                f"{values[0].shape} and {value.shape}"
            )
        if np.isnan(value).any():
            raise ValueError(
                f"function is NaN for fit {place} of those that it was given; it must have a value "
                "for all"
            )
        values.append(value)
    return np.stack(values)
