"""Tables on file that are read stretch by stretch and never held in memory."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Streamed", "mapped"]

# Tables on file of no more bytes than this are read once and held.
MOST_HELD = 2**28


def mapped(X: Any) -> NDArray | None:
    """The table itself where it lies on file, as a view of a `numpy.memmap`, and is large."""
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.nbytes <= MOST_HELD:
        return None
    return X if any(isinstance(base, np.memmap) for base in _bases(X)) else None


class Streamed:
    """A table of numbers (n, d) on file.

    Indexing reads rows into memory as floating-point numbers, checks them,
    and gives the pages of the file back to the system.

    Parameters
    ----------
    table : ndarray of shape (n, d)
        A `numpy.memmap` or a view of one.
    check : callable
        Called with every stretch (m, d) that is read; raises where it is unfit.
    """

    ndim = 2

    def __init__(self, table: NDArray, check: Callable[[NDArray], None]) -> None:
        self._table = table
        self._check = check
        self._map = _returnable(table)
        self.shape = table.shape
        single = table.dtype in (np.float32, np.float16)
        self.dtype = np.dtype(np.float32 if single else np.float64)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> NDArray:
        stretch = np.array(self._table[rows], dtype=self.dtype)
        self._give_back()
        self._check(stretch)
        return stretch

    def _give_back(self) -> None:
        """Pages that were read count as this process's memory until they are let go."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


def _bases(table: Any) -> Iterator[Any]:
    """An array and all that it is a view of."""
    while table is not None:
        yield table
        table = getattr(table, "base", None)


def _returnable(table: NDArray) -> mmap.mmap | None:
    """The memory map below a view; None where pages that were written to exist nowhere else."""
    for base in _bases(table):
        if isinstance(base, np.memmap) and base.mode == "c":
            return None
        if isinstance(base, mmap.mmap):
            return base
    return None
