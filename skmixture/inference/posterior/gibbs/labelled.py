"""Rows that have a label each, though equal ones are computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.blocks import Block, Blocks
from skmixture.engine.e_step import EStep, given_sums
from skmixture.engine.em import ROUNDING_TOLERATED
from skmixture.engine.state import State
from skmixture.inference.likelihood.function import Likelihood
from skmixture.inference.posterior.gibbs.drawn import Drawn, joined
from skmixture.inference.posterior.gibbs.shares import mixed, picked, shares, summed
from skmixture.law.family import Arrays, Family

__all__ = ["Labelled"]

Array = NDArray[np.floating]
Labels = NDArray[np.integer]
Result = TypeVar("Result")


class Labelled:
    """N rows with labels, of which m are distinct.

    A row of weight 3 is three rows, one behind the other, each with its own
    label. Labels that are known stay; where responsibilities are given for a
    row, its labels are drawn from these, and they enter all sums themselves.

    Parameters
    ----------
    likelihood : Likelihood
    copies : ndarray of int of shape (n,)
        How many rows each row of the data is.
    without_rows : bool
        Whether the rows are left out: labels then come from the weights alone.
    """

    def __init__(
        self, likelihood: Likelihood, copies: NDArray[np.integer], without_rows: bool = False
    ) -> None:
        self.without_rows = without_rows
        self.n_components = likelihood.chart.n_components
        self.rows = replace(likelihood.passes.blocks.rows, weight=None)
        self.source: NDArray[np.integer] = np.repeat(np.arange(len(copies)), copies)
        present = copies > 0
        n_present, m = np.count_nonzero(present), self.rows.n_rows
        places = np.arange(n_present) if likelihood.inverse is None else likelihood.inverse
        if likelihood.inverse is None and m != n_present:  # rows on file stay, whatever they weigh
            places, present = np.arange(m), np.ones(m, dtype=bool)
        self._place = np.repeat(places, copies[present])  # (N,)
        self._order = np.argsort(self._place, kind="stable")
        self._ends = np.searchsorted(self._place[self._order], np.arange(m + 1))
        self.n_copies = np.diff(self._ends).astype(float)  # (m,)
        family, workers = likelihood.em.family, likelihood.em.workers
        self._quick, self._exact = (
            Blocks(law, self.rows, workers) for law in (family, likelihood.law)
        )
        self._of_sums = Blocks(likelihood.law.of_given(), self.rows, workers)
        self._bases: dict[int, Array] = {}

    @property
    def n_labels(self) -> int:
        """Number N of labels."""
        return len(self._place)

    @cached_property
    def dtype(self) -> np.dtype:
        """The smallest type of labels."""
        return np.min_scalar_type(self.n_components - 1)

    def drawn(self, state: State, uniforms: Array, temperature: float) -> Drawn:
        """Labels given parameters, by uniforms (B, N).

        The chance of a label is in proportion to weight times density, to the power of
        1 / temperature.
        """
        return joined(
            [
                self._drawn(state.of_batch(part), uniforms[part], temperature)
                for part in self._parts(len(uniforms))
            ]
        )

    def table(self, labels: Labels) -> Array:
        """How many copies of each distinct row have each label, (B, K, m)."""
        n_laws = len(labels) * self.n_components
        parts = _over(self._exact, lambda block: self._counted(block, labels), n_laws)
        return np.concatenate(parts, axis=-1)

    def expected(self, state: State) -> Array:
        """The same as it is expected at a state, (B, K, m)."""
        blocks = self._blocks_for(state.params)
        e_step = EStep(blocks.law, state, self.rows)
        parts = _over(blocks, lambda block: shares(self._log_joint(e_step, block)), e_step.n_laws)
        return np.concatenate(parts, axis=-1) * self.n_copies

    def mass(self, table: Array) -> Array:
        """How many rows have each label, by stratum: (B, G, K)."""
        if self.rows.strata is None:
            return table.sum(axis=-1)[:, None]
        member = self.rows.strata[:, None] == np.arange(self.rows.n_strata)
        return np.swapaxes(table @ member.astype(float), 1, 2)

    def heights(self, state: State, table: Array) -> Array:
        """Log-likelihood (B, K) of the rows of each component, given labels."""
        try:
            parts = [
                self._heights(state.of_batch(part), table[part]) for part in self._parts(len(table))
            ]
        except np.linalg.LinAlgError:  # one matrix without inverse ends the call for all
            if len(table) == 1:
                return np.full(table.shape[:2], -np.inf)
            ones = np.arange(len(table))[:, None]
            parts = [self.heights(state.of_batch(one), table[one]) for one in ones]
        return np.concatenate(parts)

    def sums(self, table: Array, params: Arrays) -> dict[str, Array]:
        """Statistics by the law's exact formulas, given labels."""
        return given_sums(self._of_sums.law, self._of_sums, table, dict(params)).stats

    # -- within ------------------------------------------------------------

    def _parts(self, B: int) -> list[NDArray[np.integer]]:
        """Members of a batch that fit into memory together."""
        most = self._exact.law.most_members(self.n_components)
        return np.array_split(np.arange(B), max(-(-B // most), 1))

    def _blocks_for(self, params: Arrays) -> Blocks:
        """Under the quick formulas where they are exact for all, and leave nothing out."""
        law = self._quick.law
        if type(law).common_sums is not Family.common_sums:
            return self._exact
        with np.errstate(all="ignore"):
            exact = (law.rounding(params) <= ROUNDING_TOLERATED).all()
        return self._quick if exact else self._exact

    def _base(self, blocks: Blocks) -> Array:
        """What no parameter enters, of each distinct row (m,)."""
        if id(blocks) not in self._bases:
            law = blocks.law
            parts = blocks.map_rows(
                lambda rows: np.broadcast_to(
                    np.atleast_2d(law.log_base(rows.X, **rows.side))[0], rows.n_rows
                )
            )
            self._bases[id(blocks)] = np.concatenate(list(parts))
        return self._bases[id(blocks)]

    def _log_joint(self, e_step: EStep, block: Block) -> Array:
        """Log of weight times density (B, K, n) in a block."""
        if not self.without_rows:
            return e_step.log_joint(block)
        log_weights, strata = e_step.log_weights, block.rows.strata
        if strata is None:
            shape = (*log_weights[:, 0].shape, block.rows.n_rows)
            return np.broadcast_to(log_weights[:, 0, :, None], shape).copy()
        return np.swapaxes(log_weights[:, strata, :], 1, 2)

    def _drawn(self, state: State, uniforms: Array, temperature: float) -> Drawn:
        blocks = self._blocks_for(state.params)
        with np.errstate(all="ignore"):
            e_step = EStep(blocks.law, state, self.rows)
        B, K, m = len(uniforms), self.n_components, self.rows.n_rows
        labels, table = np.empty((B, self.n_labels), dtype=self.dtype), np.empty((B, K, m))

        def of_block(block: Block) -> tuple[Array, Array]:
            log_joint, known = self._log_joint(e_step, block), block.rows.known
            chances = shares(log_joint / temperature)
            if known is not None:
                chances = np.where(np.isnan(known), chances, known)
            members = self._members(block.here)
            labels[:, members] = picked(
                chances, self._place[members] - block.here.start, uniforms[:, members]
            )
            table[..., block.here] = self._counted(block, labels)
            n_copies = self.n_copies[block.here]
            return summed(log_joint, table[..., block.here]), mixed(log_joint, known) @ n_copies

        sums = _over(blocks, of_block, e_step.n_laws)
        if self.without_rows:
            return Drawn(labels, np.zeros_like(table), np.zeros(B), np.zeros(B))
        base = float(self._base(blocks) @ self.n_copies)
        complete = np.sum([own.sum(axis=1) for own, _ in sums], axis=0) + base
        return Drawn(labels, table, complete, np.sum([own for _, own in sums], axis=0) + base)

    def _heights(self, state: State, table: Array) -> Array:
        if self.without_rows:
            return np.zeros(table.shape[:2])
        blocks = self._blocks_for(state.params)
        with np.errstate(all="ignore"):
            prepared = blocks.law.prepare(state.params)

        def of_block(block: Block) -> Array:
            log_prob = blocks.law.log_prob(block.encoded, prepared)
            return summed(log_prob, table[..., block.here])

        total = np.sum(_over(blocks, of_block, table.shape[0] * table.shape[1]), axis=0)
        if np.isnan(total).any():
            blocks.law.check_values()
        return np.asarray(total + table @ self._base(blocks))

    def _members(self, here: slice) -> NDArray[np.integer]:
        """Which of the N rows are copies of the distinct ones in a block."""
        return self._order[self._ends[here.start] : self._ends[here.stop]]

    def _counted(self, block: Block, labels: Labels) -> Array:
        """The table (B, K, n) of a block."""
        here, known = block.here, block.rows.known
        B, K, n = len(labels), self.n_components, here.stop - here.start
        if self.without_rows:
            return np.zeros((B, K, n))
        members = self._members(here)
        cells = np.arange(B)[:, None] * K + labels[:, members]
        cells = cells * n + (self._place[members] - here.start)
        table = np.bincount(cells.ravel(), minlength=B * K * n).reshape(B, K, n).astype(float)
        if known is not None:
            table = np.where(np.isnan(known), table, known * self.n_copies[here])
        return table


def _over(blocks: Blocks, of_block: Callable[[Block], Result], n_laws: int) -> list[Result]:
    """What a function makes of each block, in their order."""

    def of_run(run: Iterator[Block]) -> list[Result]:
        with np.errstate(all="ignore"):  # in the thread of the run
            return [of_block(block) for block in run]

    return [part for parts in blocks.map(of_run, n_laws) for part in parts]
