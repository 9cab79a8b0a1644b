"""Memory of a cluster's workers, kept from block to block of a task."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

__all__ = ["memory_kept"]

# What glibc calls M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, and its own value of the second.
TRIM, MAP = -1, -3
MAPPED = 2**17
# Within a task: no array of a block is more than the second, nor are they together than the first.
KEPT_FREE, KEPT_MAPPED = 2**27, 2**25


@contextmanager
def memory_kept() -> Iterator[None]:
    """Keep freed memory within the context, where this process has been told to return it.

    Dask starts its workers so that they return all memory to the system at
    once (MALLOC_TRIM_THRESHOLD_). The arrays of each block of rows then are
    new pages, which the system fills with zeros: that takes longer than all
    computation. What is kept within the context can be returned after it.
    """
    before, mallopt = os.environ.get("MALLOC_TRIM_THRESHOLD_", ""), _mallopt()
    chosen = "MALLOC_MMAP_THRESHOLD_" in os.environ  # which is what Dask leaves alone
    if mallopt is None or not before.isdecimal() or chosen:
        yield
        return
    mallopt(TRIM, KEPT_FREE)
    mallopt(MAP, KEPT_MAPPED)
    try:
        yield
    finally:
        mallopt(MAP, MAPPED)
        mallopt(TRIM, int(before))


@cache
def _mallopt() -> Callable[[int, int], int] | None:
    """glibc's function, None where there is another library of C."""
    try:
        return ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return None
