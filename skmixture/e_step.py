"""The E-step: responsibilities and the sums they make, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skmixture.blocks import Block, Blocks
from skmixture.family import Arrays, Family
from skmixture.partition import Partition
from skmixture.rows import Rows
from skmixture.state import State, Sums

__all__ = ["EStep", "given_sums", "normalise"]

Array = NDArray[np.floating]

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
        if rows.offset is not None:
            log_joint = log_joint + rows.offset
        return log_joint

    def sums(self, blocks: Blocks) -> Sums:
        """The sums over all rows."""
        level, raised = self._raised(blocks.probe) if self._may_be_quick() else (np.zeros(1), None)
        total: Sums | None = None
        for part in blocks.map(lambda run: self._sums_of_run(run, level, raised), self.n_laws):
            total = part if total is None else total + part
        assert total is not None
        return total

    def _sums_of_run(self, run: Iterator[Block], level: Array, raised: Arrays | None) -> Sums:
        total: Sums | None = None
        with np.errstate(all="ignore"):
            for block in run:
                log_density = None
                if raised is not None:
                    resp = self.law.log_prob(block.encoded, raised)
                    log_density = _normalise_in_range(resp, block.rows.weight)
                    if log_density is None:
                        raised = None
                    else:
                        log_density += level
                if log_density is None:
                    resp = self.log_joint(block)
                    log_density = normalise(resp, block.rows.weight)
                part = _summed(self.law, block, self.prepared, resp, log_density)
                total = part if total is None else total + part
                del block, resp  # so that the next ones take their places, which are in the cache
        assert total is not None
        return total

    def _may_be_quick(self) -> bool:
        rows = self.rows
        return rows.n_rows >= MANY_ROWS and rows.strata is None and rows.offset is None

    def _raised(self, probe: Block) -> tuple[Array, Arrays | None]:
        """A level (B, 1) of log densities, and the constants of densities relative to it."""
        level = self.log_joint(probe).max(axis=1).mean(axis=-1, keepdims=True)
        level = np.where(np.isfinite(level), level, 0.0)
        return level, self.law.raised(self.prepared, self.log_weights[:, 0] - level)


def normalise(log_joint: Array, weight: Array | None = None) -> Array:
    """Turn joint log densities (B, K, n) into responsibilities, in place.

    Row weights (1 or B, n) are multiplied in. Returns the log density (B, n)
    of each row under the mixture.
    """
    top = log_joint.max(axis=1)
    log_joint -= top[:, None]
    np.exp(log_joint, out=log_joint)
    total = log_joint.sum(axis=1)
    log_joint *= _share(total, weight)[:, None]
    np.log(total, out=total)
    total += top
    return total


def _normalise_in_range(log_joint: Array, weight: Array | None) -> Array | None:
    """The same without a shift of each row by its largest; None where that would lose digits."""
    np.exp(log_joint, out=log_joint)
    total = log_joint.sum(axis=1)
    if not RANGE < total.min() <= total.max() < 1 / RANGE:
        return None
    log_joint *= _share(total, weight)[:, None]
    return np.log(total, out=total)


def _share(total: Array, weight: Array | None) -> Array:
    return np.reciprocal(total) if weight is None else weight / total


def given_sums(law: Family, blocks: Blocks, resp: Array | Partition, params: Arrays | None) -> Sums:
    """Sums by responsibilities (B, K, n) that are given, about `params` where there are any."""
    prepared = {} if params is None else law.prepare(params)

    def of_run(run: Iterator[Block]) -> Sums:
        total: Sums | None = None
        for block in run:
            own = resp[..., block.here]
            weight = block.rows.weight
            own = np.ascontiguousarray(own if weight is None else own * weight[:, None])
            nothing = np.zeros((len(own), own.shape[-1]))
            part = _summed(law, block, prepared, own, nothing)
            total = part if total is None else total + part
        assert total is not None
        return total

    n_laws = resp.shape[0] * resp.shape[1]
    parts = iter(blocks.map(of_run, n_laws))
    total = next(parts)
    for part in parts:
        total = total + part
    return total


def _summed(law: Family, block: Block, prepared: Arrays, resp: Array, log_density: Array) -> Sums:
    """The sums of one block; `resp` has the weights in it."""
    rows = block.rows
    if rows.weight is not None:
        log_density = log_density * rows.weight
    stats = law.expected_stats(block.encoded, prepared, resp)
    if rows.strata is None:
        mass = stats["n"][:, None, :]
    else:
        member = rows.strata[:, None] == np.arange(rows.n_strata)
        mass = np.swapaxes(resp @ member.astype(resp.dtype), 1, 2)
    return Sums(log_density.sum(axis=-1), mass, stats)
