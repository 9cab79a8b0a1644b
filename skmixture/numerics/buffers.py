"""Where numbers lie in memory, and how numpy goes through them: worth a factor of two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import prod

import numpy as np
from numpy.typing import NDArray

__all__ = ["LINE", "aligned", "side_by_side", "unbuffered"]

# Numbers of a line of the cache, which also is what the widest instructions take.
LINE = 8
# Numbers of numpy's buffer, and rows so few that it does no harm.
BUFFER, FEW = 8192, 256


def aligned(*shape: int) -> NDArray[np.floating]:
    """An array (..., n) to be filled, whose last axis begins where a line of the cache does.

    It has an odd number of lines, so that the first ones of all places before
    the last axis find room in the cache together.
    """
    *outer, n = shape
    width = (-(-n // LINE) | 1) * LINE
    size = prod(outer) * width
    numbers = np.empty(size + LINE - 1)
    begin = -numbers.__array_interface__["data"][0] // numbers.itemsize % LINE
    return numbers[begin : begin + size].reshape(*outer, width)[..., :n]


def side_by_side(numbers: NDArray) -> NDArray:
    """The same without gaps in memory, as logarithms and exponentials should be given them.

    Where a result happens to lie behind numbers that have gaps, numpy 1 takes
    the two for overlapping and works with other instructions: the last bit
    would depend on addresses.
    """
    return numbers if numbers.flags.c_contiguous else numbers.copy()


def unbuffered(n_rows: int) -> AbstractContextManager[None]:
    """Let numpy read operands that are broadcast over rows where they are.

    It would copy them, which takes longer than the operation, unless there
    are more rows than its buffer holds; of few rows, the copy takes no time.
    For operations between arrays of one type: others, and sums, need the
    buffer.
    """
    return _unbuffered() if FEW < n_rows < BUFFER else nullcontext()


@contextmanager
def _unbuffered() -> Iterator[None]:
    size = np.setbufsize(16)  # the smallest that it takes
    try:
        yield
    finally:
        np.setbufsize(size)
