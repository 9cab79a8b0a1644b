"""Passes over the data under one law: the sums of EM, and those that are taken once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.blocks import Blocks
from skmixture.engine.e_step import EStep, given_sums
from skmixture.engine.state import State, Sums
from skmixture.law.family import Family
from skmixture.table.partition import Partition
from skmixture.table.rows import Rows
from skmixture.tools.threads import SERIAL, Workers

__all__ = ["Once", "Passes"]

Array = NDArray[np.floating]


class Once(NamedTuple):
    """Sums into which no parameter enters."""

    log_base: Array  # (1 or B,)
    common: dict[str, Array]  # each (1 or B, ...)

    def plus(self, other: Once) -> Once:
        common = {name: self.common.get(name, 0.0) + v for name, v in other.common.items()}
        return Once(self.log_base + other.log_base, common)

    def of_batch(self, members: NDArray[np.integer]) -> Once:
        common = {name: _pick(value, members) for name, value in self.common.items()}
        return Once(_pick(self.log_base, members), common)


class Passes:
    """What EM asks of all rows.

    Parameters
    ----------
    law : Family
        Already localised to the data.
    rows : Rows
    workers : Workers, optional
        Threads that share the rows.
    """

    def __init__(self, law: Family, rows: Rows, workers: Workers = SERIAL) -> None:
        self.law = law
        self.blocks = Blocks(law, rows, workers)
        self._once: Once | None = None

    def of_batch(self, members: NDArray[np.integer]) -> Passes:
        """The same for some members of the batch."""
        blocks = self.blocks.of_batch(members)
        if blocks is self.blocks:
            return self
        rest = Passes(self.law, blocks.rows, blocks.workers)
        rest.blocks = blocks
        rest._once = None if self._once is None else self._once.of_batch(members)
        return rest

    def expected(self, state: State) -> Sums:
        """The sums of an E-step."""
        sums = self._sums(state)
        if self._once is None:
            self._once = self._gather_once()
        beyond = self.law.join_common(self._once.common, sums.stats, state.params)
        sums.log_likelihood = sums.log_likelihood + self._once.log_base + beyond
        return sums

    def log_likelihood(self, state: State) -> Array:
        """That of all rows (B,), without the sums beside it where the law can do without."""
        if self._once is None:
            self._once = self._gather_once()
        if self._once.common:
            return self.expected(state).log_likelihood
        e_step = EStep(self.law, state, self.blocks.rows)
        return np.asarray(e_step.log_likelihood(self.blocks) + self._once.log_base)

    def given(self, resp: Array | Partition, params: dict[str, Array] | None) -> Sums:
        """Sums by responsibilities (B, K, n) that are given, about `params` where there are any."""
        law, blocks = self.law.of_given(), self.blocks
        if law is not self.law:
            blocks = Blocks(law, blocks.rows, blocks.workers)
        return given_sums(law, blocks, resp, params)

    def _sums(self, state: State) -> Sums:
        return EStep(self.law, state, self.blocks.rows).sums(self.blocks)

    def _gather_once(self) -> Once:
        total = Once(np.zeros(1), {})
        for part in self.blocks.map_rows(lambda rows: _once_of(self.law, rows)):
            total = total.plus(part)
        return total


def _once_of(law: Family, rows: Rows) -> Once:
    base = np.atleast_2d(law.log_base(rows.X, **rows.side))  # (1 or B, n or 1)
    if rows.weight is not None:
        base = base * rows.weight
    elif base.shape[-1] == 1:
        base = base * rows.n_rows
    weight = np.ones((1, rows.n_rows)) if rows.weight is None else rows.weight
    return Once(base.sum(axis=-1), law.common_sums(rows.X, weight))


def _pick(value: Array, members: NDArray[np.integer]) -> Array:
    return value[members] if len(value) > 1 else value
