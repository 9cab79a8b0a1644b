"""What a replicate is: other weights of the same rows, or rows that the model draws.

Replicates are made some at a time, as one batch. Those of one table are rows
of weights over it. Those that are drawn share a table too where the values
that a law can take are few, as counts are; elsewhere each has a table of its own.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.batch import Batch
from skmixture.em import EM
from skmixture.fitting import Problem
from skmixture.holes import has_holes
from skmixture.inference.ground import Ground
from skmixture.inference.seeds import Seeds
from skmixture.rows import Rows
from skmixture.scoring.draws import drawn
from skmixture.state import State

__all__ = ["LeftOut", "Replicates", "Reweighted", "Simulated", "Source"]

Array = NDArray[np.floating]

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

    @abstractmethod
    def make(self, indices: Sequence[int], seeds: Seeds) -> Replicates:
        """The replicates of some numbers."""


@dataclass(frozen=True)
class Weighted(Source):
    """Replicates that are weights over the rows of the ground."""

    ground: Ground

    @abstractmethod
    def weights(self, index: int, seeds: Seeds) -> Array:
        """Those of a replicate (m,), in rows, over the distinct rows."""

    @cached_property
    def own(self) -> Array:
        """How many rows (m,) each distinct one stands for in the data."""
        rows = self.ground.problem.em.rows
        unit = self.ground.unit
        return np.full(rows.n_rows, unit) if rows.weight is None else unit * rows.weight[0]

    def make(self, indices: Sequence[int], seeds: Seeds) -> Replicates:
        ground, em = self.ground, self.ground.problem.em
        weight = np.stack([self.weights(index, seeds) for index in indices]) / ground.unit
        # laws remember what they were asked last: a batch has one of its own
        law = copy.deepcopy(em.family)
        em = EM(law, replace(em.rows, weight=weight), em.constraints, em.penalty)
        return Replicates(
            em, _repeated(ground.start, len(indices)), ground.unit, ground.rows.strata
        )


@dataclass(frozen=True)
class Reweighted(Weighted):
    """Weights by chance, each stratum keeping its number of rows.

    Attributes
    ----------
    smooth : bool
        False: how often each row is drawn, of as many draws with replacement
        as there are rows. True: exponential weights, the Bayesian bootstrap
        (Rubin 1981, Annals of Statistics 9, 130-134).
    """

    smooth: bool = False

    def weights(self, index: int, seeds: Seeds) -> Array:
        rng, codes, own = seeds.of_rows(index), self.ground.problem.em.rows.strata, self.own
        if codes is None:
            return self._within(own, rng)
        weights = np.empty(len(own))
        for code in range(self.ground.rows.n_strata):
            here = codes == code
            weights[here] = self._within(own[here], rng)
        return weights

    def _within(self, own: Array, rng: RandomState) -> Array:
        total = own.sum()
        if self.smooth:  # a row that stands for several: the sum of as many exponentials
            chances = rng.standard_gamma(own)
            return chances * (total / chances.sum())
        n = max(round(total), 1)
        return rng.multinomial(n, own / total) * (total / n)


@dataclass(frozen=True)
class LeftOut(Weighted):
    """The data without one row, or one group of rows: the jackknife.

    Attributes
    ----------
    groups : sequence of ndarray of int
        Places of distinct rows that are left out together, by number.
    """

    groups: Sequence[NDArray[np.integer]] = ()

    def weights(self, index: int, seeds: Seeds) -> Array:
        weights, group = self.own.copy(), self.groups[index]
        # of equal rows, one: the others make the same replicate
        weights[group] = np.maximum(weights[group] - 1, 0.0) if len(group) == 1 else 0.0
        return weights


@dataclass(frozen=True)
class Simulated(Source):
    """Rows that the model draws, as many as the data, with the exposures and strata of these."""

    ground: Ground

    @cached_property
    def batched(self) -> bool:  # type: ignore[override]
        return not self._with_holes

    def make(self, indices: Sequence[int], seeds: Seeds) -> Replicates:
        ground, columns, B = self.ground, self._columns, len(indices)
        tables = [self._draw(seeds.of_rows(index)) for index in indices]
        pooled = {name: np.tile(column, B) for name, column in columns.items()}
        strata = ground.rows.strata
        problem = ground.problem_of(Batch.of(np.concatenate(tables), None, pooled, None, strata))
        em = problem.em
        if B > 1 or problem.inverse is not None:
            rows = _in_common(problem, B)
            if rows is None:
                rows = Rows.of(np.stack(tables), None, columns, ground.rows.n_strata)
            em = EM(em.family, rows, em.constraints, em.penalty)
        return Replicates(em, _repeated(ground.start_of(problem), B), 1.0, strata)

    def _draw(self, rng: RandomState) -> Array:
        """One table (n, d), with nothing where the data have nothing."""
        model, law, n = self.ground.model, self.ground.law, self.n_rows
        codes = self._columns.get("strata")
        side = {name: c for name, c in self._columns.items() if name != "strata"}
        weights = self.ground.start.weights[0]
        if codes is None and not side and not self._with_holes:
            counts = rng.multinomial(n, weights[0] / weights[0].sum())
            labels: NDArray[np.integer] = np.repeat(np.arange(len(counts)), counts)
        else:
            labels = drawn(weights[np.zeros(n, dtype=np.intp) if codes is None else codes], rng)
        X = np.asarray(law.sample(model._params(), labels, rng, **side), dtype=float)
        return np.where(self._missing, np.nan, X) if self._with_holes else X

    @cached_property
    def n_rows(self) -> int:
        return len(self._copies) if self._copies is not None else self.ground.rows.shape[0]

    @cached_property
    def _copies(self) -> NDArray[np.integer] | None:
        """The row (n,) of the data whose columns each drawn row has; None where that is its own."""
        rows = self.ground.rows
        if rows.weight is None:
            return None
        times = rows.weight * self.ground.unit
        whole = np.round(times)
        if (np.abs(times - whole) > 1e-9 * times).any():
            raise ValueError(
                "sample_weight must be whole numbers of rows for kind='parametric', which draws as "
                "many; kind='weighted' takes any"
            )
        return np.repeat(np.arange(len(times)), whole.astype(np.intp))

    @cached_property
    def _columns(self) -> dict[str, NDArray]:
        """Exposures and strata of the rows to be drawn."""
        columns = self.ground.rows.columns
        if self._copies is None:
            return columns
        return {name: column[..., self._copies] for name, column in columns.items()}

    @cached_property
    def _with_holes(self) -> bool:
        return has_holes(self.ground.rows.X)

    @cached_property
    def _missing(self) -> NDArray[np.bool_]:
        missing = np.isnan(self.ground.rows.X)
        return missing if self._copies is None else missing[self._copies]


def _in_common(problem: Problem, B: int) -> Rows | None:
    """Weights (B, m) over the distinct rows of all replicates; None where these are many."""
    if problem.inverse is None:
        return None
    n, m = len(problem.inverse) // B, problem.em.rows.n_rows
    if B > 1 and m > 4 * n:
        return None
    places = problem.inverse.reshape(B, n) + m * np.arange(B)[:, None]
    weight = np.bincount(places.reshape(-1), minlength=B * m).reshape(B, m)
    return replace(problem.em.rows, weight=weight.astype(float))


def _repeated(start: State, B: int) -> State:
    return start.of_batch(np.zeros(B, dtype=np.intp))
