"""Chunks worked through in few tasks; what comes of them is added in one order.

A task costs the scheduler more than a small chunk costs the worker, so that
chunks that lie together share one. How sums are nested depends on the chunks
alone: they come out the same, to the last bit, on any scheduler, with any
number of workers, and where workers are lost on the way.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from skmixture.chunked.memory import memory_kept
from skmixture.tools.threads import single_threaded

__all__ = ["Chunks", "cluster", "held", "large_graphs", "placed"]

# Sums that reach the client in a pass, where chunks that are neighbours lie together.
MOST_PARTS = 64
# Tasks for each thread of a worker: with more than one, none waits long for the last.
TASKS = 2
# Chunks that are not held anywhere are made for a task, which then holds no more bytes than this.
MOST_BYTES = 2**28

Places = tuple[int, ...]


class Chunks:
    """Arrays whose rows are chunked alike.

    Parameters
    ----------
    arrays : sequence of dask arrays
        The first decides where the work is done; none has chunks along other
        axes than the first.
    """

    def __init__(self, arrays: Sequence[Any]) -> None:
        sizes = arrays[0].chunks[0]
        self._arrays = arrays  # a cluster forgets what nobody holds
        firsts = np.cumsum((0, *sizes))
        blocks = [array.to_delayed().ravel() for array in arrays]
        kept = [place for place, size in enumerate(sizes) if size]
        self._members = [(int(firsts[place]), [b[place] for b in blocks]) for place in kept]
        self._sizes = np.array([sizes[place] for place in kept], dtype=float)
        self._parts = runs(range(len(kept)), self._sizes, MOST_PARTS)
        self._futures = held(arrays[0])
        self._homes: list[str | None] = [None] * len(kept)
        self._threads: dict[str, int] | None = None
        self._groups: list[Places] = []

    def total(self, function: Callable[..., Any], plus: Callable[[Any, Any], Any] = add) -> Any:
        """The sum of what a function makes of each chunk that has rows.

        Parameters
        ----------
        function : callable
            Called, somewhere, with the number of the first row and the
            chunk's part of each array. None has no part in the sum.
        plus : callable
            Adds two of its results, there or here.
        """
        import dask

        plus = partial(_plus, plus)
        units = [self._units(group) for group in self._grouped()]
        task = dask.delayed(_of_units, pure=False)
        tasks = [
            task(function, plus, [[self._members[place] for place in unit] for unit in group])
            for group in units
        ]
        sums: dict[Places, Any] = {}
        with large_graphs():
            results = dask.compute(*tasks)
        for group, totals in zip(units, results, strict=True):
            sums.update(zip(group, totals, strict=True))
        parts = (
            sums[part] if part in sums else reduce(plus, (sums[place,] for place in part))
            for part in self._parts
        )
        return reduce(plus, parts)

    def _units(self, group: Places) -> list[Places]:
        """What a task adds up itself: the parts that it has all of, and single chunks."""
        own = set(group)
        whole = [part for part in self._parts if own.issuperset(part)]
        rest = own.difference(*whole)
        return sorted([*whole, *((place,) for place in rest)])

    def _grouped(self) -> list[Places]:
        """The chunks of each task."""
        everything, client = range(len(self._sizes)), cluster()
        if client is None:
            by_size = int(self._arrays[0].nbytes // MOST_BYTES) + 1
            return runs(everything, self._sizes, max(TASKS * _n_cores(), by_size))
        if not self._futures:
            # made somewhere for the task, which goes there: together they would have to travel
            return [(place,) for place in everything]
        threads = client.nthreads()
        if threads != self._threads or None in self._homes:  # workers have come or gone
            self._threads, self._homes = threads, self._located(client)
            self._groups = []
            for home in sorted(set(self._homes), key=str):
                places = [place for place in everything if self._homes[place] == home]
                n_threads = sum(threads.values()) if home is None else threads.get(home, 1)
                self._groups += runs(places, self._sizes, TASKS * n_threads)
        return self._groups

    def _located(self, client: Any) -> list[str | None]:
        """The worker that holds each chunk, None where it is not there, or not yet."""
        holders = {str(key): where for key, where in client.who_has(self._futures).items()}
        keys = [str(blocks[0].key) for _, blocks in self._members]
        return [min(holders.get(key) or [None], key=str) for key in keys]


def _of_units(
    function: Callable[..., Any],
    plus: Callable[[Any, Any], Any],
    units: list[list[tuple[int, list[Any]]]],
) -> list[Any]:
    """The sum over the chunks of each unit: what a task does."""
    # other threads of the process have tasks of their own
    with single_threaded(), memory_kept():
        return [
            reduce(plus, (placed(first, function, first, *chunks) for first, chunks in unit))
            for unit in units
        ]


def _plus(plus: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return plus(one, other)


def placed(first: int, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a function, whose errors count rows from the first of a chunk."""
    try:
        return function(*arguments, **named)
    except ValueError as error:
        if first == 0:
            raise
        raise ValueError(f"{error} (in the chunk that begins with row {first})") from error


def runs(places: Iterable[int], sizes: np.ndarray, most: int) -> list[Places]:
    """Places in their order as at most so many runs of about as many rows."""
    places = np.array([*places])
    ends = np.cumsum(sizes[places])
    numbers = ((ends - 0.5 * sizes[places]) * most / ends[-1]).astype(int)
    return [tuple(places[numbers == number].tolist()) for number in np.unique(numbers)]


def cluster() -> Any | None:
    """The client of the cluster that computes at present; None where this process does."""
    from dask.base import get_scheduler

    client = getattr(get_scheduler(), "__self__", None)
    return client if hasattr(client, "who_has") else None


def held(array: Any) -> list[Any]:
    """The futures of the chunks, where a cluster is asked to hold all of them."""
    if cluster() is None:
        return []
    from dask.core import flatten
    from distributed import futures_of

    futures = futures_of(array)
    missing = set(map(str, flatten(array.__dask_keys__()))) - {str(own.key) for own in futures}
    return [] if missing else futures


@contextmanager
def large_graphs() -> Iterator[None]:
    """Without the warning of what is sent to a cluster, which is as little as can be."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        yield


def _n_cores() -> int:
    import dask
    from dask.system import CPU_COUNT

    return int(dask.config.get("num_workers", None) or CPU_COUNT)
