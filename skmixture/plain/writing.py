"""Values made plain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

import numpy as np
from numpy.random import Generator, RandomState

from skmixture.plain.arrays import DTYPES, Store, is_label, labels, spelt
from skmixture.plain.distributions import name_of_distribution
from skmixture.plain.limits import check_depth, check_int
from skmixture.plain.registry import described
from skmixture.plain.words import named, shown

__all__ = ["Writer"]


class Writer:
    """Makes values plain; arrays of numbers go to a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def plain(self, value: Any, where: str, depth: int = 0) -> Any:
        """The plain value; `where` is what errors call it."""
        check_depth(depth, where)
        for write in (self._simple, self._nested, self._array, self._object):
            written = write(value, where, depth + 1)
            if written is not NotImplemented:
                return written
        raise ValueError(
            f"{where} is {named(value)}, which the plain format does not hold: {_advice(value)}"
        )

    def _simple(self, value: Any, where: str, depth: int) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str or kind is np.str_:
            return str(value)
        if kind is int:
            check_int(value, where)
            return value
        if kind is datetime:
            return {"type": "datetime", "value": value.isoformat()}
        if kind is float:
            return value if isfinite(value) else {"type": "float", "value": str(value)}
        if isinstance(value, np.generic) and value.dtype.name in DTYPES:
            return {"type": "scalar", "dtype": value.dtype.name, "value": spelt(value.item())}
        return NotImplemented

    def _nested(self, value: Any, where: str, depth: int) -> Any:
        kind = type(value)
        if kind is list or kind is tuple:
            items = [self.plain(item, f"{where}[{i}]", depth) for i, item in enumerate(value)]
            return items if kind is list else {"type": "tuple", "items": items}
        if kind is dict:
            for key in value:
                if type(key) is not str:
                    raise ValueError(f"{where} has the key {shown(key)}: keys must be str")
            by_key = {k: self.plain(v, f"{where}[{k!r}]", depth) for k, v in value.items()}
            return {"type": "dict", "items": by_key}
        if kind is slice:
            ends = {name: getattr(value, name) for name in ("start", "stop", "step")}
            return {"type": "slice", **{k: self.plain(v, where, depth) for k, v in ends.items()}}
        return NotImplemented

    def _array(self, value: Any, where: str, depth: int) -> Any:
        if type(value) is not np.ndarray:
            return NotImplemented
        if value.dtype.name in DTYPES:
            native = value.dtype.newbyteorder("=")
            return self.store.put(np.ascontiguousarray(value, dtype=native).reshape(value.shape))
        if value.dtype.kind not in "UO":
            raise ValueError(
                f"{where} is an array of {value.dtype}: make it one of str, object or "
                f"{', '.join(DTYPES)}"
            )
        flat = value.ravel().tolist()
        for i, label in enumerate(flat):
            if not is_label(label):
                raise ValueError(
                    f"{where} has {named(label)} at place {i}: arrays of objects may hold str, "
                    "int, float, bool, datetime, None, and tuples of these; or use joblib"
                )
        kind = "str" if value.dtype.kind == "U" else "object"
        labels(flat, kind, where)  # which checks the room that they need
        data = [self.plain(label, where, depth) for label in flat]
        return {"type": "array", "dtype": kind, "shape": list(value.shape), "data": data}

    def _object(self, value: Any, where: str, depth: int) -> Any:
        distribution = name_of_distribution(value)
        if distribution is not None:
            return {"type": "distribution", "name": distribution}
        known = described(value)
        if known is None:
            return NotImplemented
        kind, name, state = known
        parts = {key: self.plain(part, f"{name}.{key}", depth) for key, part in state.items()}
        return {"type": kind, "class": name, "state": parts}


def _advice(value: Any) -> str:
    if isinstance(value, RandomState | Generator):
        return "give an int, or None"
    if isinstance(value, set | frozenset):
        return "make it a list or a tuple"
    if isinstance(value, Mapping):
        return "make it a dict"
    if hasattr(value, "rvs"):
        return "only distributions of scipy.stats itself are known by their names"
    if hasattr(value, "get_params") or hasattr(value, "__dataclass_fields__"):
        return "tell it the class by skmixture.plain.register, before saving and before loading"
    if callable(value):
        return (
            "give a name in its place where one is known, and set it again after loading. A law "
            "that is made of functions can be kept by joblib where these can be imported, or as "
            "params_, of which from_params makes the model anew"
        )
    return "make it a number, a str, a list or a NumPy array; or use joblib"
