"""The E-step: responsibilities and the sums they make, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from operator import add
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from skmixture.engine.blocks import Block, Blocks
from skmixture.engine.state import State, Sums
from skmixture.law.family import Arrays, Family
from skmixture.numerics.buffers import unbuffered
from skmixture.table.partition import Partition
from skmixture.table.rows import Rows

__all__ = ["EStep", "given_sums", "log_joint", "log_sum"]

Array = NDArray[np.floating]
Total = TypeVar("Total", Sums, Array)

# From so many rows on, and as long as the densities of all rows lie in this range about a common
# level, exponentials are taken as they are. A responsibility then is right to the last digit
# down to 1e-200, and 0 somewhere below.
MANY_ROWS = 4096
RANGE = 1e-100


class EStep:
    """The E-step of one state.

    Parameters
    ----------
    law : Family
    state : State
    rows : Rows
    """

    def __init__(self, law: Family, state: State, rows: Rows) -> None:
        self.law = law
        self.rows = rows
        self.params = state.params
        self.prepared = law.prepare(state.params)
        with np.errstate(divide="ignore"):
            self.log_weights = np.log(state.weights)

    @property
    def n_laws(self) -> int:
        """Components of the whole batch."""
        B, _, K = self.log_weights.shape
        return B * K

    def log_joint(self, block: Block) -> Array:
        """Log of weight times density (B, K, n), less `log_base`."""
        rows = block.rows
        log_joint = self.law.log_prob(block.encoded, self.prepared)
        if rows.strata is None:
            log_joint += self.log_weights[:, 0, :, None]
        else:
            log_joint += np.swapaxes(self.log_weights[:, rows.strata, :], 1, 2)
        return log_joint

    def sums(self, blocks: Blocks) -> Sums:
        """The sums over all rows."""
        return self._over(
            blocks,
            lambda block, resp, log_density: _summed(
                self.law, block, self.prepared, resp, log_density
            ),
        )

    def log_likelihood(self, blocks: Blocks) -> Array:
        """Sum over all rows (B,), less what `log_prob` leaves out."""
        if self._may_be_quick() or self.rows.known is not None:
            return self._over(blocks, lambda block, _, log_density: _in_all(block, log_density))

        def of_run(run: Iterator[Block]) -> Array:
            parts = (
                _in_all(block, _log_density(*_exponentiated(self.log_joint(block))))
                for block in run
            )
            return reduce(add, parts)

        with np.errstate(all="ignore"):
            return reduce(add, blocks.map(of_run, self.n_laws))

    def _over(self, blocks: Blocks, of_block: Callable[[Block, Array, Array], Total]) -> Total:
        """What a function makes of block, responsibilities and log densities, added up."""
        quick = self._raised(blocks) if self._may_be_quick() else None
        runs = blocks.map(lambda run: self._over_run(run, quick, of_block), self.n_laws)
        return reduce(add, runs)

    def _over_run(
        self,
        run: Iterator[Block],
        quick: _Raised | None,
        of_block: Callable[[Block, Array, Array], Total],
    ) -> Total:
        def normalised(block: Block) -> Total:
            nonlocal quick
            weight, log_density = block.rows.weight, None
            if quick is not None:
                resp = self.law.log_prob(block.encoded, quick.prepared)
                log_density = _normalise_in_range(resp, weight)
                if log_density is None:  # nor will it do for the blocks that follow
                    quick = None
                else:
                    log_density += quick.level
            if log_density is None:
                resp = self.log_joint(block)
                log_density = _normalise(resp, weight, block.rows.known)
            return of_block(block, resp, log_density)

        with np.errstate(all="ignore"):
            # no block is held while the next is made, which takes its place in the cache
            return reduce(add, map(normalised, run))

    def _may_be_quick(self) -> bool:
        rows = self.rows
        return rows.n_rows >= MANY_ROWS and rows.strata is None and rows.known is None

    def _raised(self, blocks: Blocks) -> _Raised | None:
        log_weights = self.log_weights[:, 0]
        if self.law.raised(self.prepared, log_weights) is None:
            return None
        level = self.log_joint(blocks.probe).max(axis=1).mean(axis=-1, keepdims=True)
        level = np.where(np.isfinite(level), level, 0.0)
        prepared = self.law.raised(self.prepared, log_weights - level)
        return None if prepared is None else _Raised(level, prepared)


def log_joint(law: Family, state: State, rows: Rows) -> Array:
    """Log of weight times density (B, K, n) of all rows at once, less `log_base`."""
    block = Block(slice(0, rows.n_rows), rows, law.encode(rows.X, **rows.side))
    with np.errstate(all="ignore"):
        return EStep(law, state, rows).log_joint(block)


def log_sum(log_joint: Array) -> Array:
    """Log densities (B, n) of rows from joint ones (B, K, n)."""
    top = log_joint.max(axis=1)
    top = np.where(np.isfinite(top), top, 0.0)
    return np.asarray(top + np.log(np.exp(log_joint - top[:, None]).sum(axis=1)))


class _Raised(NamedTuple):
    """A level (B, 1) of log densities, and the constants of densities relative to it."""

    level: Array
    prepared: Arrays


def _normalise(log_joint: Array, weight: Array | None = None, known: Array | None = None) -> Array:
    """Turn joint log densities (B, K, n) into responsibilities, in place.

    Row weights (1 or B, n) are multiplied in. Returns the log density (B, n)
    of each row under the mixture; where responsibilities are `known`, its
    lower bound at these.
    """
    if known is not None:
        return _normalise_unknown(log_joint, weight, known)
    top, total = _exponentiated(log_joint)
    _scale(log_joint, total, weight)
    return _log_density(top, total)


def _exponentiated(log_joint: Array) -> tuple[Array, Array]:
    """Make joint densities of joint log densities (B, K, n), over the largest of each row.

    Returns the logarithm of that (B, n), and the sums of what is left.
    """
    top = np.maximum.reduce(log_joint, axis=1)  # as `max`, which is twice as long on the way
    with unbuffered(top.shape[-1]):
        log_joint -= top[:, None]
    np.exp(log_joint, out=log_joint)
    return top, np.add.reduce(log_joint, axis=1)


def _log_density(top: Array, total: Array) -> Array:
    """Log densities (B, n) of rows, in the place of the sums."""
    np.log(total, out=total)
    total += top
    return total


def _normalise_unknown(log_joint: Array, weight: Array | None, known: Array) -> Array:
    """The same with responsibilities (K, n) or (B, K, n) that are held; NaN is for unknown ones."""
    held = ~np.isnan(known[..., 0, :])
    share = np.where(held[..., None, :], known, 0.0)
    expected = np.where(share > 0, share * log_joint, 0.0) - xlogy(share, share)
    at_known = np.add.reduce(expected, axis=1)
    log_density = np.where(held, at_known, _normalise(log_joint, weight))
    if weight is not None:
        share = share * weight[:, None]
    np.copyto(log_joint, share, where=held[..., None, :])
    return log_density


def _normalise_in_range(log_joint: Array, weight: Array | None) -> Array | None:
    """The same without a shift of each row by its largest; None where that would lose digits."""
    np.exp(log_joint, out=log_joint)
    total = np.add.reduce(log_joint, axis=1)
    if not RANGE < total.min() <= total.max() < 1 / RANGE:
        return None
    _scale(log_joint, total, weight)
    return np.log(total, out=total)


def _scale(joint: Array, total: Array, weight: Array | None) -> None:
    """Divide joint densities (B, K, n) by those of the mixture; row weights are multiplied in."""
    share = np.reciprocal(total) if weight is None else weight / total
    with unbuffered(share.shape[-1]):
        joint *= share[:, None]


def given_sums(law: Family, blocks: Blocks, resp: Array | Partition, params: Arrays | None) -> Sums:
    """Sums by responsibilities (B, K, n) that are given, about `params` where there are any."""
    prepared = {} if params is None else law.prepare(params)

    def of_block(block: Block) -> Sums:
        own, weight = resp[..., block.here], block.rows.weight
        own = np.ascontiguousarray(own if weight is None else own * weight[:, None])
        nothing = np.zeros((len(own), own.shape[-1]))
        return _summed(law, block, prepared, own, nothing)

    n_laws = resp.shape[0] * resp.shape[1]
    return reduce(add, blocks.map(lambda run: reduce(add, map(of_block, run)), n_laws))


def _summed(law: Family, block: Block, prepared: Arrays, resp: Array, log_density: Array) -> Sums:
    """The sums of one block; `resp` has the weights in it."""
    rows = block.rows
    stats = law.expected_stats(block.encoded, prepared, resp)
    if rows.strata is None:
        mass = stats["n"][:, None, :]
    else:
        member = rows.strata[:, None] == np.arange(rows.n_strata)
        mass = np.swapaxes(resp @ member.astype(resp.dtype), 1, 2)
    return Sums(_in_all(block, log_density), mass, stats)


def _in_all(block: Block, log_density: Array) -> Array:
    """Log densities (B, n) of the rows of a block, summed by their weights."""
    weight = block.rows.weight
    return np.add.reduce(log_density if weight is None else log_density * weight, axis=-1)
