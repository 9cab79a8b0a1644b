"""Passes over rows in chunks: sums are made where the chunks are, and added here."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.chunked.rows import ChunkedRows
from skmixture.engine.passes import Once, Passes
from skmixture.engine.state import State, Sums
from skmixture.law.family import Family
from skmixture.table.rows import Rows
from skmixture.tools.threads import SERIAL, Workers

__all__ = ["ChunkedPasses"]


class ChunkedPasses(Passes):
    """What EM asks of all rows, of rows in chunks.

    Parameters
    ----------
    law : Family
    rows : ChunkedRows
    workers : Workers, optional
        Not used: a task has one thread.
    """

    def __init__(self, law: Family, rows: ChunkedRows, workers: Workers = SERIAL) -> None:
        self.law = law
        self._rows = rows
        self._once: Once | None = None

    def of_batch(self, members: NDArray[np.integer]) -> ChunkedPasses:
        return self  # no member has rows of its own

    def log_likelihood(self, state: State) -> NDArray[np.floating]:
        return self.expected(state).log_likelihood

    def given(self, resp: Any, params: Any) -> Sums:
        raise NotImplementedError("starts are made of rows that are held")

    def _sums(self, state: State) -> Sums:
        with_once = self._once is None
        gathered = self._rows.total(partial(_gather, self.law, state, with_once), _Gathered.plus)
        if with_once:
            self._once = gathered.once
        return gathered.sums


class _Gathered(NamedTuple):
    """The sums of one pass, with those that are taken once where it is the first."""

    sums: Sums
    once: Once | None

    def plus(self, other: _Gathered) -> _Gathered:
        once = None
        if self.once is not None and other.once is not None:
            once = self.once.plus(other.once)
        return _Gathered(self.sums + other.sums, once)


def _gather(law: Family, state: State, with_once: bool, rows: Rows) -> _Gathered:
    """Of one chunk."""
    passes = Passes(law, rows)
    # a start may run into the edge of what numbers hold; what is not finite is dropped
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return _Gathered(passes._sums(state), passes._gather_once() if with_once else None)
