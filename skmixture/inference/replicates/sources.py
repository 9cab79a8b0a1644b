"""What a replicate is, and how some of them are made as one batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.em import EM
from skmixture.engine.state import State
from skmixture.given.batch import Batch
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.seeds import Seeds

__all__ = ["Replicates", "Source", "repeated"]

# Replicates of one batch: so many share what a step costs whatever its size.
MOST_TOGETHER = 100
# Numbers in a table of the batch, of which there are several at a time.
MOST_NUMBERS = 4_000_000
# Numbers in all states of the batch: an accelerated run remembers a hundred times as many.
MOST_STATE_NUMBERS = 20_000


@dataclass(frozen=True)
class Replicates:
    """Some replicates as one batch.

    Attributes
    ----------
    em : EM
        The EM map, its rows with a batch axis.
    start : State
        The fitted values in its units, once for each.
    unit : float
        How many rows a weight of 1 stands for.
    strata : ndarray of shape (G,) or None
    """

    em: EM
    start: State
    unit: float
    strata: NDArray | None

    @property
    def n(self) -> int:
        return len(self.start.weights)

    def alone(self, member: int) -> Batch:
        """The rows of one replicate, as of a fit of its own; weights in the same unit."""
        rows = self.em.rows.of_batch(np.array([member]))
        if rows.weight is None:
            X = rows.X[0] if rows.X.ndim == 3 else rows.X
            return Batch.of(X, None, rows.columns, None, self.strata)
        there = np.flatnonzero(rows.weight[0])
        weight = rows.weight[0, there]
        rows = rows.taken(there, weight)
        return Batch(rows.X, weight, rows.columns, None, self.unit * weight.sum(), self.strata)


class Source(ABC):
    """Makes replicates by their number."""

    ground: Ground
    batched: bool = True  # whether several may be one batch

    @property
    def together(self) -> int:
        """How many are one batch: the problem says, so that results depend on nothing else."""
        if not self.batched:
            return 1
        n, d = self.ground.rows.shape
        start = self.ground.start
        most = MOST_NUMBERS // (n * (d + start.weights.shape[-1]))
        return int(np.clip(min(most, MOST_STATE_NUMBERS // start.n_numbers), 1, MOST_TOGETHER))

    def remade(self, index: int, seeds: Seeds) -> dict[str, Any]:
        """The rows of a replicate, as `fit` takes them."""
        replicate = self.make([index], seeds)
        rows = replicate.alone(0)
        named: dict[str, Any] = {"X": rows.X, **rows.side}
        if rows.weight is not None:
            named["sample_weight"] = rows.weight * replicate.unit
        if rows.strata is not None:
            named["strata"] = rows.strata[rows.columns["strata"]]
        return named

    @abstractmethod
    def make(self, indices: Sequence[int], seeds: Seeds) -> Replicates:
        """The replicates of some numbers."""


def repeated(start: State, B: int) -> State:
    """A batch of one, so many times."""
    return start.of_batch(np.zeros(B, dtype=np.intp))
