"""Priors in words: laws by their names, arrays on one line and no longer than they need be."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.families.written.bounded import Bounded
from skmixture.priors import Prior
from skmixture.transforms import Above, Below, Interval, Positive, Transform

__all__ = ["about", "shown"]

# Digits, and how many numbers of an array are written before its middle is left out.
DIGITS, MOST = 6, 12
# Numbers that differ by so much of their size are written once.
ALIKE = 1e-9


def shown(value: Any) -> str:
    """A number, an array, a law of scipy or a prior of this package, in words."""
    if isinstance(value, Prior):
        own = ((f.name, getattr(value, f.name)) for f in fields(value))
        told = (f"{name}={shown(number)}" for name, number in own if number is not None)
        return f"{type(value).__name__}({', '.join(told)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))})"
    if hasattr(value, "kwds") and hasattr(value, "dist"):
        given = [shown(number) for number in value.args]
        given += [f"{name}={shown(number)}" for name, number in value.kwds.items()]
        return f"{value.dist.name}({', '.join(given)})"
    if hasattr(value, "_dist"):  # of several numbers
        return type(value).__name__.removesuffix("_frozen")
    if callable(value):
        name = getattr(value, "__name__", type(value).__name__)
        return "a function" if name == "<lambda>" else f"the function {name}"
    array = np.asarray(value)
    return _numbers(array) if array.dtype.kind in "biuf" else repr(value)


def _numbers(array: NDArray) -> str:
    while array.ndim and len(array) and np.allclose(array[:1], array, ALIKE, 0, equal_nan=True):
        array = array[0]  # as of all components
    if not array.ndim:
        return f"{array:.{DIGITS}g}"
    text = np.array2string(
        array,
        threshold=MOST,
        edgeitems=2,
        separator=", ",
        max_line_width=10**6,
        formatter={"all": lambda number: f"{number:.{DIGITS}g}"},
    )
    return " ".join(text.split())


def about(transform: Transform, median: NDArray, sd: float) -> str:
    """A normal law of the free coordinate of numbers, by what that coordinate is."""
    match transform:
        case Positive():
            return f"log-normal with median {shown(median)} and sd {sd:g} of the logarithm"
        case Bounded() if (transform.low == 0).all() and not transform.from_above.any():
            return f"log-normal with median {shown(median)} and sd {sd:g} of the logarithm"
        case Above() | Below() | Bounded():
            log = "the logarithm of what lies between it and its bound"
            return f"{transform.description}, with median {shown(median)} and sd {sd:g} of {log}"
        case Interval():
            return f"normal on the logit, with median {shown(median)} and sd {sd:g} of the logit"
    return f"normal with median {shown(median)} and sd {sd:g} of coordinates without bounds"
