"""The classes that a document may name: a closed list, by kind.

Those of the package are what its packages export; they are looked up when
they are asked for, and so the floors above need not be imported here. Users
add their own by `register`. A name that is in neither list is refused:
nothing is ever imported because a document says so.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from sklearn.base import BaseEstimator

from skmixture.law.face import Face
from skmixture.plain import estimators
from skmixture.plain.words import shown
from skmixture.priors import Prior

__all__ = ["KINDS", "described", "made", "register"]

Class = TypeVar("Class", bound=type)
State = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """Classes that are taken apart, and put together, in the same way."""

    covers: Callable[[type], bool]
    homes: tuple[str, ...]  # packages whose exports are known
    state_of: Callable[[Any], dict[str, Any]]
    made_of: Callable[[type, dict[str, Any]], Any]


def _options_of(law: Any) -> dict[str, Any]:
    law.check_settings()
    return law.get_params(deep=False)


def _law_of(cls: type, options: dict[str, Any]) -> Any:
    law = _constructed(cls, options)
    law.check_settings()
    return law


def _fields_of(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record) if field.init}


def _prior_of(cls: type, values: dict[str, Any]) -> Any:
    prior = _constructed(cls, values)
    prior.check(cls.__name__)
    return prior


def _constructed(cls: type, options: dict[str, Any]) -> Any:
    estimators.check_names(cls, options)
    return cls(**options)


KINDS = {
    "family": Kind(
        lambda cls: issubclass(cls, Face), ("skmixture.families",), _options_of, _law_of
    ),
    "prior": Kind(lambda cls: issubclass(cls, Prior), ("skmixture.priors",), _fields_of, _prior_of),
    "estimator": Kind(
        lambda cls: issubclass(cls, BaseEstimator),
        ("skmixture",),
        estimators.state_of,
        estimators.made_of,
    ),
    # results, of whatever has them; a package that exports some is named as their home
    "record": Kind(is_dataclass, ("skmixture.inference",), _fields_of, _constructed),
}
REGISTERED: dict[tuple[str, str], type] = {}


def register(cls: Class, name: str | None = None) -> Class:
    """Let models with objects of a class of one's own be saved and loaded.

    To be called before either, as a decorator of the class for instance. An
    object is then written as the options of its constructor: a family or an
    estimator by its `get_params`, a dataclass by its fields. They must be
    plain themselves, and are handed to the constructor when a file is loaded,
    which has to refuse those that are unfit. An estimator names the fitted
    attributes that it alone has in `_own_fitted`.

    Parameters
    ----------
    cls : type
        A family, a mixture estimator or a dataclass.
    name : str, optional
        What documents call it; by default the name of the class.

    Returns
    -------
    type
        The class itself.

    Raises
    ------
    ValueError
        Where the class is none of these, or the name is no word or another's.

    Examples
    --------
    >>> from skmixture.families import Poisson
    >>> from skmixture.plain import register
    >>> @register
    ... class Visits(Poisson):
    ...     "A law with a name of its own."
    """
    kind = _kind_of(cls) if isinstance(cls, type) else None
    if kind is None:
        raise ValueError(f"register takes a family, an estimator or a dataclass, got {cls!r}")
    name = cls.__name__ if name is None else name
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"the name of a registered class must be a word, got {name!r}")
    other = _known(kind, name)
    # the same class defined anew, as in a notebook, takes the place of the old one
    if other is not None and _origin(other) != _origin(cls):
        raise ValueError(
            f"the name {name!r} is that of the {kind} {other.__module__}.{other.__qualname__}: "
            "register the class under another, by name="
        )
    REGISTERED[kind, name] = cls
    return cls


def _origin(cls: type) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


def _kind_of(cls: type) -> str | None:
    return next((name for name, kind in KINDS.items() if kind.covers(cls)), None)


def _known(kind: str, name: str) -> type | None:
    """The class of this name, None where there is none."""
    if (kind, name) in REGISTERED:
        return REGISTERED[kind, name]
    for home in map(import_module, KINDS[kind].homes):
        if name in home.__all__:
            cls = getattr(home, name)
            if isinstance(cls, type) and _kind_of(cls) == kind and not inspect.isabstract(cls):
                return cls
    return None


def described(value: Any) -> tuple[str, str, dict[str, Any]] | None:
    """Kind, name and state of an object; None where its class is not known."""
    cls = type(value)
    kind = _kind_of(cls)
    if kind is None:
        return None
    names = [name for (k, name), known in REGISTERED.items() if k == kind and known is cls]
    if not names and _known(kind, cls.__name__) is cls:
        names = [cls.__name__]
    return (kind, names[0], KINDS[kind].state_of(value)) if names else None


def made(kind: str, name: Any, where: str) -> Callable[[dict[str, Any]], Any]:
    """The function that puts an object of a class together from its state."""
    cls = _known(kind, name) if type(name) is str else None
    if cls is None:
        raise ValueError(
            f"{where}: no {kind} {shown(name)} is known. One of your own must be told by "
            "skmixture.plain.register before it is loaded; one of a newer version needs that."
        )
    return partial(_put_together, KINDS[kind].made_of, cls)


def _put_together(
    made_of: Callable[[type, dict[str, Any]], Any], cls: type, state: dict[str, Any]
) -> Any:
    try:
        return made_of(cls, state)
    except ValueError:
        raise
    except Exception as error:  # what unfit options do in a class, nobody knows beforehand
        raise ValueError(
            f"no {cls.__name__} can be made of what is written for it: "
            f"{type(error).__name__}: {error}"
        ) from error
