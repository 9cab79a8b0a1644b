"""Arrays as plain values, and where a document keeps those of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf, isfinite, nan, prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from skmixture.plain.limits import LONGEST, MOST_AXES, MOST_CHARACTERS, check_int
from skmixture.plain.words import shown

__all__ = [
    "DTYPES", "LABELS", "NON_FINITE", "Entries", "Inline", "Store", "check_shape", "fields",
    "is_label", "labels", "numbers", "size_of", "spelt",
]  # fmt: skip

# Kinds of numbers that are written.
DTYPES = {
    name: np.dtype(name)
    for name in (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64",
    )
}  # fmt: skip
# What their data are, by the kind of the dtype.
NUMBERS: dict[str, set[type]] = {"b": {bool}, "i": {int}, "u": {int}, "f": {float, int, str}}
# Numbers that JSON has no word for, and the words in their place.
NON_FINITE = {"nan": nan, "inf": inf, "-inf": -inf}
# What an array of objects may hold, and tuples of these.
LABELS = (type(None), bool, int, float, str, np.str_, np.generic, datetime)


def is_label(value: Any) -> bool:
    """Whether an array of objects may hold a value."""
    if type(value) is tuple:
        return all(map(is_label, value))
    return isinstance(value, LABELS)


class Store(Protocol):
    """Where a document keeps its arrays of numbers."""

    def put(self, array: NDArray) -> dict[str, Any]:
        """What stands for the array in the document."""

    def take(self, plain: Mapping[str, Any], where: str) -> NDArray:
        """The array that something in the document stands for."""


class Inline:
    """Arrays in the document itself, as lists."""

    def put(self, array: NDArray) -> dict[str, Any]:
        data = [spelt(number) for number in array.ravel().tolist()]
        return {
            "type": "array",
            "dtype": array.dtype.name,
            "shape": list(array.shape),
            "data": data,
        }

    def take(self, plain: Mapping[str, Any], where: str) -> NDArray:
        name, shape, data = fields(plain, where, "dtype", "shape", "data")
        if not isinstance(name, str) or name not in DTYPES:
            raise ValueError(f"{where}: dtype {shown(name)} is none of {list(DTYPES)}")
        check_shape(shape, data, where)
        return numbers(data, DTYPES[name], where).reshape(shape)


class Entries:
    """Arrays beside the document, by name."""

    def __init__(self, arrays: dict[str, NDArray] | None = None) -> None:
        self.arrays = {} if arrays is None else arrays

    def put(self, array: NDArray) -> dict[str, Any]:
        name = f"array_{len(self.arrays)}"
        self.arrays[name] = array.astype(array.dtype.newbyteorder("<"), copy=False)
        return {"type": "array", "entry": name}

    def take(self, plain: Mapping[str, Any], where: str) -> NDArray:
        (name,) = fields(plain, where, "entry")
        if not isinstance(name, str) or name not in self.arrays:
            raise ValueError(
                f"{where}: the archive has no array {shown(name)} that is not taken yet"
            )
        return self.arrays.pop(name)


def fields(plain: Mapping[str, Any], where: str, *names: str) -> tuple[Any, ...]:
    """The values of these keys, which with "type" must be all that there are."""
    expected, found = {"type", *names}, set(plain)
    if found != expected:
        amiss = sorted(map(shown, found ^ expected))
        raise ValueError(
            f"{where}: {plain['type']!r} has the keys {sorted(names)}; missing, or not known: "
            f"{', '.join(amiss[:8])}"
        )
    return tuple(plain[name] for name in names)


def check_shape(shape: Any, data: Any, where: str) -> None:
    """Raise unless `data` is a list of as many values as the shape says."""
    if type(data) is not list:
        raise ValueError(f"{where}: the data of an array are a list, not a {type(data).__name__}")
    if size_of(shape, where) != len(data):
        raise ValueError(f"{where}: an array of shape {shape} has not {len(data)} values")


def size_of(shape: Any, where: str) -> int:
    """The number of values of an array, whose shape must be one."""
    proper = type(shape) is list and len(shape) <= MOST_AXES
    if not proper or any(type(n) is not int or not 0 <= n < LONGEST for n in shape):
        raise ValueError(
            f"{where}: a shape is a list of at most {MOST_AXES} whole numbers from 0, each below "
            f"{LONGEST}"
        )
    # an array without values has room for none
    if prod(shape) == 0 and prod(n for n in shape if n) >= LONGEST:
        raise ValueError(f"{where}: no array has the shape {shape}")
    return prod(shape)


def spelt(number: Any) -> Any:
    """A number as JSON has it: those that it has no word for as strings."""
    return str(number) if type(number) is float and not isfinite(number) else number


def numbers(data: Sequence[Any], dtype: np.dtype, where: str) -> NDArray:
    """An array (n,) of numbers that are all of one kind, and in its range."""
    kinds: set[type] = set(map(type, data))
    allowed = NUMBERS[dtype.kind]
    if not kinds <= allowed:
        amiss = ", ".join(sorted(kind.__name__ for kind in kinds - allowed))
        raise ValueError(f"{where}: an array of {dtype.name} holds no {amiss}")
    if dtype.kind in "iu" and len(data):
        ends = np.iinfo(dtype)
        if min(data) < ends.min or max(data) > ends.max:
            raise ValueError(f"{where}: numbers beyond the range of {dtype.name}")
    if dtype.kind != "f":
        return np.array(data, dtype=dtype)
    return _floats(data, dtype, where)


def _floats(data: Sequence[Any], dtype: np.dtype, where: str) -> NDArray:
    for x in data:
        if type(x) is int:
            check_int(x, where)
        if type(x) is str and x not in NON_FINITE:
            raise ValueError(f"{where}: {shown(x)} is no number, nor one of {list(NON_FINITE)}")
    double = np.array([NON_FINITE[x] if type(x) is str else x for x in data], dtype=float)
    with np.errstate(all="ignore"):
        array = double.astype(dtype)
    if np.count_nonzero(~np.isfinite(array)) != sum(type(x) is str for x in data):
        raise ValueError(
            f"{where}: a number is beyond the range of {dtype.name}; those that are not finite "
            f"are written as {list(NON_FINITE)}"
        )
    return array


def labels(values: Sequence[Any], kind: str, where: str) -> NDArray:
    """An array (n,) of strings ("str"), or of any values ("object")."""
    if kind == "str":
        longest = max(map(len, values), default=0)
        if longest * len(values) > MOST_CHARACTERS:
            raise ValueError(
                f"{where}: {len(values)} strings with room for {longest} characters each are too "
                'many for an array of dtype "str": make it one of dtype "object"'
            )
        return np.array(values, dtype=str)
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # one by one: a tuple is no row
        array[place] = value
    return array
