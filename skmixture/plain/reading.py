"""Values made of plain ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from math import isfinite
from typing import Any

from numpy.typing import NDArray

from skmixture.plain.arrays import (
    DTYPES,
    LABELS,
    NON_FINITE,
    Store,
    check_shape,
    fields,
    is_label,
    labels,
    numbers,
)
from skmixture.plain.distributions import distribution_called
from skmixture.plain.limits import MOST_VALUES, check_depth, check_int
from skmixture.plain.registry import KINDS, made
from skmixture.plain.words import named, shown

__all__ = ["Reader"]


class Reader:
    """Makes values of plain ones; arrays of numbers come from a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.left = MOST_VALUES
        self.readers: dict[str, Callable[[dict[str, Any], str, int], Any]] = {
            "float": self._float,
            "datetime": self._datetime,
            "scalar": self._scalar,
            "tuple": self._tuple,
            "dict": self._dict,
            "slice": self._slice,
            "array": self._array,
            "distribution": self._distribution,
            **dict.fromkeys(KINDS, self._object),
        }

    def value(self, plain: Any, where: str, depth: int = 0) -> Any:
        """The value; `where` is what errors call it."""
        self._count(1)
        check_depth(depth, where)
        kind = type(plain)
        if plain is None or kind is bool or kind is str:
            return plain
        if kind is int:
            check_int(plain, where)
            return plain
        if kind is float:
            if not isfinite(plain):
                raise ValueError(f'{where}: write {plain} as {{"type": "float", "value": ...}}')
            return plain
        if kind is list:
            return [self.value(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(plain)]
        if kind is not dict:
            raise ValueError(f"{where} is {named(plain)}, which is no plain value")
        tag = plain.get("type")
        if type(tag) is not str or tag not in self.readers:
            raise ValueError(
                f"{where}: the type {shown(tag)} is not known; this version reads "
                f"{sorted(self.readers)}"
            )
        return self.readers[tag](plain, where, depth + 1)

    def _count(self, number: int) -> None:
        self.left -= number
        if self.left < 0:
            raise ValueError(
                f"there are more than {MOST_VALUES} values: save large arrays in a file .npz"
            )

    def _float(self, plain: dict[str, Any], where: str, depth: int) -> float:
        (value,) = fields(plain, where, "value")
        if type(value) is not str or value not in NON_FINITE:
            raise ValueError(f"{where}: a float is one of {list(NON_FINITE)}, got {shown(value)}")
        return NON_FINITE[value]

    def _datetime(self, plain: dict[str, Any], where: str, depth: int) -> datetime:
        (value,) = fields(plain, where, "value")
        try:
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValueError(f"{where}: {shown(value)} is no date and time") from None

    def _scalar(self, plain: dict[str, Any], where: str, depth: int) -> Any:
        name, value = fields(plain, where, "dtype", "value")
        if type(name) is not str or name not in DTYPES:
            raise ValueError(f"{where}: dtype {shown(name)} is none of {list(DTYPES)}")
        return numbers([value], DTYPES[name], where)[0]

    def _tuple(self, plain: dict[str, Any], where: str, depth: int) -> tuple[Any, ...]:
        (items,) = fields(plain, where, "items")
        if type(items) is not list:
            raise ValueError(f"{where}: the items of a tuple are a list, got {shown(items)}")
        return tuple(self.value(item, f"{where}[{i}]", depth) for i, item in enumerate(items))

    def _dict(self, plain: dict[str, Any], where: str, depth: int) -> dict[str, Any]:
        (items,) = fields(plain, where, "items")
        return {
            key: self.value(item, f"{where}[{shown(key)}]", depth)
            for key, item in _by_name(items, where)
        }

    def _slice(self, plain: dict[str, Any], where: str, depth: int) -> slice:
        ends = fields(plain, where, "start", "stop", "step")
        if not all(end is None or type(end) is int for end in ends):
            raise ValueError(f"{where}: the ends of a slice are whole numbers or null")
        return slice(*(self.value(end, where, depth) for end in ends))

    def _array(self, plain: dict[str, Any], where: str, depth: int) -> NDArray:
        if plain.get("dtype") not in ("str", "object"):
            array = self.store.take(plain, where)
            self._count(array.size if "data" in plain else 0)
            return array
        dtype, shape, data = fields(plain, where, "dtype", "shape", "data")
        check_shape(shape, data, where)
        kinds = (str,) if dtype == "str" else (*LABELS, dict)
        if not all(isinstance(label, kinds) for label in data):
            raise ValueError(f"{where}: an array of {dtype} holds what it cannot")
        values = [self.value(label, where, depth) for label in data]
        if not all(map(is_label, values)):
            raise ValueError(f"{where}: an array of {dtype} holds what it cannot")
        return labels(values, dtype, where).reshape(shape)

    def _distribution(self, plain: dict[str, Any], where: str, depth: int) -> Any:
        (name,) = fields(plain, where, "name")
        return distribution_called(name, where)

    def _object(self, plain: dict[str, Any], where: str, depth: int) -> Any:
        kind = plain["type"]
        name, state = fields(plain, where, "class", "state")
        put_together = made(kind, name, where)
        return put_together(
            {
                key: self.value(item, f"{name}.{key[:60]}", depth)
                for key, item in _by_name(state, where)
            }
        )


def _by_name(items: Any, where: str) -> Iterable[tuple[str, Any]]:
    if type(items) is not dict or not all(type(key) is str for key in items):
        raise ValueError(f"{where}: values by name are expected, got {shown(items)}")
    return items.items()
