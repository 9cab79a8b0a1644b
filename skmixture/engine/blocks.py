"""The rows of one law in blocks: what a pass over the data goes through, and in what order.

A block is worked on in the cache. Runs of blocks are shared by threads; how
rows fall into blocks and runs depends on the problem alone, and what comes
of the runs is handed on in their order, so results do not depend on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise, starmap
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skmixture.law.family import Arrays, Family
from skmixture.table.rows import Rows
from skmixture.tools.threads import SERIAL, Workers

__all__ = ["Block", "Blocks"]

Result = TypeVar("Result")

# Encodings of all rows are kept from one pass to the next up to so many bytes.
KEPT = 2**24
# A run is of at most so many blocks, and a pass of so many runs where there are enough blocks.
MOST_BLOCKS, LEAST_RUNS = 16, 8
# Rows of the probe, or up to twice as many.
PROBE = 64
# Rows of a block that is not encoded.
PLAIN = 16_384
# A block of fewer numbers is done before threads have agreed who does it.
WORTH_THREADS = 300_000


class Block(NamedTuple):
    """A stretch of rows and what the law makes of them."""

    here: slice
    rows: Rows
    encoded: Arrays


@dataclass
class _Kept:
    """Runs of blocks of one size, and the blocks themselves where all of them fit."""

    size: int
    runs: list[list[slice]]
    all_fit: bool | None = None
    blocks: dict[int, Block] = field(default_factory=dict)


class Blocks:
    """The rows of one law in blocks.

    Parameters
    ----------
    law : Family
    rows : Rows
    workers : Workers, optional
        The threads that share the blocks.
    """

    def __init__(self, law: Family, rows: Rows, workers: Workers = SERIAL) -> None:
        self.law = law
        self.rows = rows
        self.workers = workers
        self._kept: _Kept | None = None
        self._sizes: dict[int, int] = {}  # rows of a block by number of laws

    @cached_property
    def probe(self) -> Block:
        """A few rows from everywhere."""
        here = slice(0, None, max(1, self.rows.n_rows // PROBE))
        rows = self.rows[here]
        return Block(here, rows, self.law.encode(rows.X, **rows.side))

    def of_batch(self, members: NDArray[np.integer]) -> Blocks:
        """The blocks of some members of the batch."""
        if not self.rows.has_batch_axis:
            return self
        return Blocks(self.law, self.rows.of_batch(members), self.workers)

    def map(self, function: Callable[[Iterator[Block]], Result], n_laws: int) -> Iterable[Result]:
        """What a function makes of each run of blocks, in the order of the rows.

        Parameters
        ----------
        function : callable
            Called with an iterator over the blocks of a run, perhaps in another thread.
        n_laws : int
            Components of the whole batch that are computed for each row.
        """
        kept = self._of_size(self._block_rows(n_laws))
        heavy = n_laws * self.rows.n_features * kept.size >= WORTH_THREADS
        workers = self.workers if heavy and len(kept.runs) > 1 else SERIAL
        return workers.map(lambda run: function(self._run(run, kept)), kept.runs)

    def map_rows(self, function: Callable[[Rows], Result]) -> Iterable[Result]:
        """What a function makes of blocks of rows as they are, in their order."""
        n = self.rows.n_rows
        size = n if not self.law.additive else PLAIN
        return (function(self.rows[slice(begin, begin + size)]) for begin in range(0, n, size))

    def _block_rows(self, n_laws: int) -> int:
        if not self.law.additive:
            return self.rows.n_rows
        if n_laws not in self._sizes:
            rows = self.law.block_rows(self.rows.n_features, n_laws)
            self._sizes[n_laws] = min(rows, self.rows.n_rows)
        return self._sizes[n_laws]

    def _of_size(self, size: int) -> _Kept:
        """Runs of blocks of about this size."""
        if self._kept is None or not size / 4 <= self._kept.size <= 4 * size:
            places = list(self._places(size))
            length = min(max(len(places) // LEAST_RUNS, 1), MOST_BLOCKS)
            runs = [places[begin : begin + length] for begin in range(0, len(places), length)]
            self._kept = _Kept(size, runs)
        return self._kept

    def _places(self, size: int) -> Iterator[slice]:
        """Stretches of about `size` rows, all nearly alike, which threads can share evenly."""
        n = self.rows.n_rows
        number = -(-n // size)
        if number > 1:
            even = LEAST_RUNS if 4 * number > 3 * LEAST_RUNS else 2
            number = max(round(n / size / even), 1) * even
        ends = [n * index // number for index in range(number + 1)]
        return starmap(slice, pairwise(ends))

    def _run(self, places: list[slice], kept: _Kept) -> Iterator[Block]:
        for here in places:
            yield self._block(here, kept)

    def _block(self, here: slice, kept: _Kept) -> Block:
        block = kept.blocks.get(here.start)
        if block is None:
            rows = self.rows[here]
            block = Block(here, rows, self.law.encode(rows.X, **rows.side))
            if kept.all_fit is None:
                kept.all_fit = self._all_fit(block)
            if kept.all_fit:
                kept.blocks[here.start] = block
        return block

    def _all_fit(self, block: Block) -> bool:
        """Whether all blocks like this one may stay in memory.

        Sparse rows are quick to encode, and what becomes of them is several times as large.
        """
        n_bytes = _n_bytes(block.encoded) * self.rows.n_rows / block.rows.n_rows
        return n_bytes <= KEPT and not sparse.issparse(block.rows.X)


def _n_bytes(encoded: Arrays) -> int:
    """Bytes in memory, those that several arrays look into counted once."""
    seen: dict[int, tuple[int, int]] = {}  # bytes there are, and bytes looked at
    for array in chain.from_iterable(map(_arrays, encoded.values())):
        owner = array.base if isinstance(array.base, np.ndarray) else array
        _, looked_at = seen.get(id(owner), (0, 0))
        seen[id(owner)] = owner.nbytes, looked_at + array.nbytes
    return sum(map(min, seen.values()))


def _arrays(value: Any) -> Iterator[NDArray]:
    if isinstance(value, list | tuple):
        yield from chain.from_iterable(map(_arrays, value))
    elif sparse.issparse(value):
        yield from (value.data, value.indices, value.indptr)
    elif isinstance(value, np.ndarray):
        yield value
