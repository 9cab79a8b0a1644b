"""What a step of a chain is made of: named arrays, and the state of the generators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

__all__ = ["Layout", "Record"]

MOST_BYTES = 2**30  # what every system reads and writes at a time


@dataclass(frozen=True)
class Record:
    """One step of a chain.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The arrays of the layout, every one of them.
    state : bytes
        The state of all generators after this step, so that a chain which goes on
        from here is the unbroken one to the last bit; see `pack_states`.
    """

    arrays: Mapping[str, np.ndarray]
    state: bytes


@dataclass(frozen=True)
class Layout:
    """Names of a step's arrays, with their shapes and types.

    Parameters
    ----------
    arrays : mapping of str to (shape, dtype)
        Booleans, integers and floats of at most eight bytes; no empty arrays.

    Raises
    ------
    ValueError
        If a name is no identifier, a shape is empty, a type is none of these, or a step
        is longer than 2**30 bytes.

    Examples
    --------
    >>> from skmixture.inference.posterior.storage import Layout
    >>> layout = Layout({"coordinates": ((2, 32, 5), float), "log_prob": ((2, 32), float)})
    >>> layout.nbytes
    3072
    >>> layout.spans["log_prob"]
    (2560, 512)
    """

    arrays: Mapping[str, tuple[tuple[int, ...], np.dtype]]

    def __post_init__(self) -> None:
        plain = {name: _declared(name, *of) for name, of in self.arrays.items()}
        if not plain:
            raise ValueError("layout: a step has at least one array, got none")
        object.__setattr__(self, "arrays", plain)
        if self.nbytes > MOST_BYTES:
            raise ValueError(
                f"layout: a step of {self.nbytes} bytes is too long, at most {MOST_BYTES} are "
                "recorded; take a smaller type or fewer walkers"
            )

    @cached_property
    def spans(self) -> dict[str, tuple[int, int]]:
        """Where each array's bytes begin among those of a step, and how many they are."""
        spans, begin = {}, 0
        for name, (shape, dtype) in self.arrays.items():
            spans[name] = begin, prod(shape) * dtype.itemsize
            begin += spans[name][1]
        return spans

    @cached_property
    def nbytes(self) -> int:
        """Bytes of all arrays of a step."""
        return sum(length for _, length in self.spans.values())

    def empty(self, name: str, n_steps: int) -> np.ndarray:
        """Room for so many steps of an array: (n_steps, ...)."""
        shape, dtype = self.arrays[name]
        return np.empty((n_steps, *shape), dtype)

    def check(self, record: Record) -> None:
        """Raise a ValueError unless the record is of this layout."""
        if record.arrays.keys() != self.arrays.keys():
            raise ValueError(
                f"record: a step of this chain has the arrays {sorted(self.arrays)}, "
                f"got {sorted(record.arrays)}"
            )
        if not isinstance(record.state, bytes):
            raise ValueError(f"record: the state is bytes, got {type(record.state).__name__}")
        for name, (shape, dtype) in self.arrays.items():
            array = record.arrays[name]
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(
                    f"record: {name!r} of this chain is {dtype} of shape {shape}, "
                    f"got {array.dtype} of shape {array.shape}"
                )

    def to_plain(self) -> list[list[Any]]:
        """Words and numbers only, in order: what is stored."""
        return [[name, list(shape), dtype.str] for name, (shape, dtype) in self.arrays.items()]

    @classmethod
    def from_plain(cls, plain: Sequence[Sequence[Any]]) -> Layout:
        """The layout that `to_plain` wrote."""
        return cls({name: (tuple(shape), np.dtype(dtype)) for name, shape, dtype in plain})


def _declared(
    name: str, shape: Sequence[int], dtype: DTypeLike
) -> tuple[tuple[int, ...], np.dtype]:
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"layout: {name!r} is no name; take letters, digits and underscores")
    sizes, dtype = tuple(int(size) for size in shape), np.dtype(dtype)
    if any(size < 1 for size in sizes):
        raise ValueError(f"layout: {name!r} of shape {sizes} is empty; leave it out")
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise ValueError(
            f"layout: {name!r} of type {dtype} cannot be recorded; "
            "take booleans, integers or floats of at most eight bytes"
        )
    return sizes, dtype
