"""Single numbers among draws of parameters, by name and on a scale of the user's choice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.estimator.scoring.naming import Called, calling, name_of

__all__ = [
    "Entry", "check_number", "draws_of", "entries_of", "estimates_of", "numbers_of",
    "without_mirrors",
]  # fmt: skip

Array = NDArray[np.floating]
Transform = str | Callable[[Array], Array] | None
Calling = Callable[[str, tuple[int, ...]], Called | None]

SCALES: dict[str, tuple[Callable[[Array], Array], str, Callable[[Array], NDArray[np.bool_]]]] = {
    "log": (np.log, "numbers above 0", lambda x: x > 0),
    "log10": (np.log10, "numbers above 0", lambda x: x > 0),
    "sqrt": (np.sqrt, "numbers from 0", lambda x: x >= 0),
    "logit": (
        lambda x: np.log(x) - np.log1p(-x),
        "numbers between 0 and 1",
        lambda x: (x > 0) & (x < 1),
    ),
}


@dataclass(frozen=True)
class Entry:
    """One number of each draw.

    Attributes
    ----------
    label : str
        As "log sizes[0, 0]".
    name : str
        As "log sizes of x0, component 0" where a model tells; else the label.
    values : ndarray of the leading shape of the draws
    estimate : float or None
        On the same scale.
    """

    label: str
    name: str
    values: Array
    estimate: float | None


def draws_of(
    draws: Any, n_leading: int = 1, asked: Iterable[str] = ()
) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
    """Draws by name, with so many leading axes, and estimates by name where there are any.

    Of a bootstrap they are its replicates and estimates; of a posterior draws of weights and
    parameters (and what is `asked` of those that follow from them), and the fit; of another object
    with `draws` those; a mapping is taken as it is.
    """
    if hasattr(draws, "replicates"):
        return draws.replicates, draws.estimates
    found = getattr(draws, "draws", draws)
    if not isinstance(found, Mapping) or not found:
        raise TypeError(
            "draws must be a BootstrapResult, a Posterior, or a mapping of names to arrays of "
            f"draws, got {draws!r}"
        )
    if not hasattr(draws, "n_ensembles"):
        return {name: np.asarray(value, dtype=float) for name, value in found.items()}, {}
    wanted = {"weights", "strata_weights", *draws.model.params_}
    wanted |= {name.partition("[")[0] for name in asked if isinstance(name, str)}
    names = [name for name in found if name in wanted]
    values = {name: _led(np.asarray(found[name]), draws.n_ensembles, n_leading) for name in names}
    return values, {name: getattr(draws.model, f"{name}_") for name in names}


def _led(values: Array, n_ensembles: int, n_leading: int) -> Array:
    """Steps of walkers (T, W, ...) as draws (T W, ...), or by ensemble, (E, T, W / E, ...)."""
    T, W, *shape = values.shape
    if n_leading == 1:
        return values.reshape(T * W, *shape)
    return np.moveaxis(values.reshape(T, n_ensembles, W // n_ensembles, *shape), 1, 0)


def numbers_of(
    names: Iterable[str], shapes: Mapping[str, tuple[int, ...]], called: Calling
) -> list[tuple[str, tuple]]:
    """Parameter and place of each number that there is; a table of items may have empty places."""
    return [
        (parameter, place)
        for name in names
        for parameter, place in _places_of(name, shapes)
        if called(parameter, place) is not None or not _named(parameter, shapes, called)
    ]


def _named(parameter: str, shapes: Mapping[str, tuple[int, ...]], called: Calling) -> bool:
    """Whether any number of a parameter is called something."""
    places = np.ndindex(shapes[parameter])
    return any(called(parameter, place) is not None for place in places)


def _places_of(name: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, tuple]]:
    """Parameter and place of each number that a name stands for: "means", or "means[0, 1]"."""
    found = re.fullmatch(r"(.+?)\[([\d,\s]*)\]", name) if isinstance(name, str) else None
    parameter = found[1] if found else name
    if parameter not in shapes:
        raise ValueError(f"{name!r} is none of {list(shapes)}, nor an entry of one")
    shape = shapes[parameter]
    if not found:
        yield from ((parameter, place) for place in np.ndindex(shape))
        return
    place = tuple(int(part) for part in found[2].split(",") if part.strip())
    if len(place) != len(shape) or any(i >= size for i, size in zip(place, shape, strict=True)):
        raise ValueError(f"{name!r} is no entry of {parameter}, whose shape is {shape}")
    yield parameter, place


def entries_of(
    draws: Any,
    n_leading: int,
    parameters: str | Iterable[str] | None,
    transform: Transform | Mapping[str, Transform],
    estimates: Mapping[str, Any] | None = None,
) -> list[Entry]:
    """The numbers asked for, each with its draws (`n_leading` axes).

    Without names, all that vary and that no earlier one tells by a straight line.
    """
    names = [parameters] if isinstance(parameters, str) else parameters
    names = None if names is None else list(names)
    values, own = draws_of(draws, n_leading, names or ())
    estimates = own if estimates is None else estimates
    chainless = n_leading > 1 and hasattr(draws, "replicates")
    for name, value in values.items():
        if value.ndim < n_leading or chainless:
            raise ValueError(
                f"{name} must have {n_leading} leading axes of draws, got shape {value.shape}"
                + ("; a bootstrap has no chains: see CornerDisplay, IntervalDisplay" * chainless)
            )
    _check_alike(values, n_leading)
    shapes = {name: value.shape[n_leading:] for name, value in values.items()}
    called = calling(getattr(draws, "model", None))
    found = []
    for parameter, place in numbers_of(values if names is None else names, shapes, called):
        label = name_of(parameter, place)
        scale = _scale_of(transform, parameter, label)
        estimate = estimates.get(parameter)
        if estimate is not None:
            estimate = np.asarray(estimate, dtype=float)[place]
        entry = _entry(values[parameter][(..., *place)], estimate, label, scale)
        told = called(parameter, place)
        prefix = entry.label.removesuffix(label)
        found.append(entry if told is None else replace(entry, name=f"{prefix}{told}"))
    return found if names is not None else _distinct(found)


def _check_alike(values: Mapping[str, Array], n_leading: int) -> None:
    """Raise a ValueError unless there are as many draws of each."""
    leading = {name: value.shape[:n_leading] for name, value in values.items()}
    if len(set(leading.values())) > 1:
        raise ValueError(f"there must be as many draws of every parameter, got {leading}")


def without_mirrors(found: list[Entry], parameters: str | Iterable[str] | None) -> list[Entry]:
    """Entries without those that an earlier one tells by a straight line, unless they were named.

    As the second of two weights, where "weights" were asked for, and not "weights[1]".
    """
    names = [parameters] if isinstance(parameters, str) else list(parameters or ())
    named = {name.replace(" ", "") for name in names if "[" in name}
    distinct = {entry.label for entry in _distinct(found)}
    return [
        entry
        for entry in found
        if entry.label in distinct
        or entry.label.rpartition(" ")[-1] in named
        or np.ptp(entry.values) == 0
    ]


def check_number(found: Sequence[Entry], most: int, what: str) -> None:
    """Raise a ValueError with the names to choose from, unless there are 1 to `most` entries."""
    if 1 <= len(found) <= most:
        return
    numbers: dict[str, list[str]] = {}
    for entry in found:
        numbers.setdefault(entry.label.partition("[")[0], []).append(entry.label)
    told = [f"{own[0]!r} to {own[-1]!r}" if own[1:] else repr(own[0]) for own in numbers.values()]
    raise ValueError(
        f"{what} of {len(found)} entries cannot be drawn: choose 1 to {most} of them by "
        f"parameters={list(numbers)}, or of {', '.join(told)}"
        if found
        else f"{what} of no entries cannot be drawn: parameters= must name some that there are"
    )


def estimates_of(found: Iterable[Entry]) -> Array:
    """The estimate of each, NaN where there is none."""
    return np.array([np.nan if entry.estimate is None else entry.estimate for entry in found])


def _scale_of(
    transform: Transform | Mapping[str, Transform], parameter: str, label: str
) -> Transform:
    """The scale of one number: by its own name before that of its parameter."""
    if isinstance(transform, Mapping):
        transform = transform.get(label, transform.get(parameter))
    if isinstance(transform, str) and transform not in SCALES:
        raise ValueError(f"transform must be one of {list(SCALES)}, or callable, got {transform!r}")
    return transform


def _entry(values: Array, estimate: Any, label: str, scale: Transform) -> Entry:
    if isinstance(scale, str):
        function, needed, holds = SCALES[scale]
        both = np.append(values.ravel(), values.ravel()[:1] if estimate is None else estimate)
        if not holds(both).all():
            outside = both[~holds(both)][0]
            raise ValueError(f"transform={scale!r} needs {needed}, but {label} has {outside!s}")
        label = f"{scale} {label}"
    else:
        function = scale or (lambda x: x)
        label = f"{getattr(scale, '__name__', 'function')} {label}" if scale else label
    changed = np.asarray(function(values), dtype=float)
    if changed.shape != values.shape or not np.isfinite(changed).all():
        raise ValueError(f"{label} must have finite draws, one number each")
    return Entry(label, label, changed, None if estimate is None else float(function(estimate)))


def _distinct(found: list[Entry]) -> list[Entry]:
    """Those that vary, and are no straight line of an earlier one, as the second of two weights."""
    kept: list[Entry] = []
    standard: list[Array] = []
    for entry in found:
        centred = entry.values.ravel() - entry.values.mean()
        norm = np.linalg.norm(centred)
        if norm <= 1e-12 * np.linalg.norm(entry.values):
            continue
        unit = centred / norm
        if any(abs(unit @ other) > 1 - 1e-9 for other in standard):
            continue
        kept.append(entry)
        standard.append(unit)
    return kept
