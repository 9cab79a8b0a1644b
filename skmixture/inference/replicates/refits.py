"""Replicates fitted: from the fit's own optimum, together; again, alone, where that fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.iteration import iterate
from skmixture.engine.outcome import Outcome
from skmixture.engine.state import State
from skmixture.inference.replicates.alignment import Alignment
from skmixture.inference.replicates.at_edges import run_away
from skmixture.inference.replicates.ends import COLLAPSED, Ends
from skmixture.inference.replicates.failures import Failure
from skmixture.inference.replicates.fresh import FreshStarts, fresh, run_together
from skmixture.inference.replicates.ground import STOPPING, Ground
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.sources import Replicates, Source
from skmixture.tools.threads import single_threaded

__all__ = ["Refits", "Refitting"]

Array = NDArray[np.floating]

# Starts of a replicate that failed from the optimum of the fit.
AGAIN = 10


@dataclass
class Refits:
    """What became of some replicates.

    Attributes
    ----------
    index : ndarray of int of shape (R,)
    state : State
        In the user's units, components as the fit's.
    log_likelihood, cost : ndarray of shape (R,)
        Sum over the replicate's own rows; see `Alignment.orders`.
    converged : ndarray of bool of shape (R,)
    away : dict of str to ndarray of bool of shape (R, K, ...)
        Which values grew for ever.
    failures : list of Failure
        Of replicates that are not among these.
    """

    index: NDArray[np.integer]
    state: State
    log_likelihood: Array
    cost: Array
    converged: NDArray[np.bool_]
    away: dict[str, NDArray]
    failures: list[Failure]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All of them in the order of their numbers."""
        parts = sorted(parts, key=lambda part: part.first)
        return cls(
            np.concatenate([part.index for part in parts]),
            State.stack([part.state for part in parts]),
            np.concatenate([part.log_likelihood for part in parts]),
            np.concatenate([part.cost for part in parts]),
            np.concatenate([part.converged for part in parts]),
            _joined([part.away for part in parts], [len(part.index) for part in parts]),
            [failure for part in parts for failure in part.failures],
        )

    @classmethod
    def none(cls, ground: Ground, failures: list[Failure]) -> Self:
        """Failures, and nothing else."""
        nothing = np.empty(0)
        start = ground.start.of_batch(np.empty(0, dtype=np.intp))
        state = State(start.weights, ground.problem.em.family.to_user(start.params))
        places = np.empty(0, dtype=np.intp)
        return cls(places, state, nothing, nothing, np.empty(0, dtype=bool), {}, failures)

    def among(self, numbers: range) -> Self:
        """Those that have some of the numbers."""
        fine = np.array([int(number) in numbers for number in self.index], dtype=bool)
        if fine.all() and all(failure.index in numbers for failure in self.failures):
            return self
        return replace(
            self,
            index=self.index[fine],
            state=self.state.of_batch(fine),
            log_likelihood=self.log_likelihood[fine],
            cost=self.cost[fine],
            converged=self.converged[fine],
            away={name: mask[fine] for name, mask in self.away.items()},
            failures=[failure for failure in self.failures if failure.index in numbers],
        )

    @property
    def first(self) -> int:
        """The lowest number, of those that failed as well."""
        numbers = [*self.index[:1].tolist(), *(failure.index for failure in self.failures[:1])]
        return min(numbers)


@dataclass(frozen=True)
class Refitting:
    """How replicates are fitted: all that a worker needs to know.

    Attributes
    ----------
    source : Source
    seeds : Seeds
    alignment : Alignment
    acceleration : str
    n_starts : int
        Fresh starts of every replicate.
    """

    source: Source
    seeds: Seeds
    alignment: Alignment
    acceleration: str = "lbfgs"
    n_starts: int = 0

    def __call__(self, indices: Sequence[int]) -> Refits:
        """Make and fit the replicates of some numbers."""
        # a replicate may run into the edge of what numbers hold; what is not finite fails
        with single_threaded(), np.errstate(all="ignore"):
            try:
                return self._fitted(indices)
            except ValueError as error:  # of one of them: which?
                if len(indices) > 1:
                    return Refits.joined([self([index]) for index in indices])
                failure = Failure(indices[0], self.seeds.entropy, str(error))
                return Refits.none(self.source.ground, [failure])

    def _fitted(self, indices: Sequence[int]) -> Refits:
        replicates = self.source.make(indices, self.seeds)
        run = iterate(
            replicates.em, replicates.start, STOPPING, acceleration=self.acceleration, near=True
        )
        ends = Ends.of(replicates.em, run, self._collapsed_in_fit)
        together = run_together(self.source.ground)
        if self.n_starts and together:
            try:
                self._starts_of(replicates, run.state, indices).improve(ends)
            except ValueError:  # of one of them: which? That one has its own optimum still
                if len(indices) > 1:
                    raise
        for member in range(replicates.n):
            if ends.reasons[member]:
                n_starts = max(self.n_starts, AGAIN)
                self._again(member, indices[member], n_starts, replicates, ends)
            elif self.n_starts and not together:
                self._again(member, indices[member], self.n_starts, replicates, ends)
        return self._aligned(np.asarray(indices), ends, replicates)

    def _starts_of(
        self, replicates: Replicates, near: State, indices: Sequence[int]
    ) -> FreshStarts:
        return FreshStarts(
            replicates,
            near,
            [self.seeds.of_starts(index) for index in indices],
            self.n_starts,
            max(self.source.together, self.n_starts),
            self.acceleration,
            self._collapsed_in_fit,
        )

    @property
    def _collapsed_in_fit(self) -> bool:
        """Whether the fit itself has components that are no better."""
        ground = self.source.ground
        return bool(ground.problem.em.family.collapsed(ground.start.params).any())

    def _again(
        self, member: int, index: int, n_starts: int, replicates: Replicates, ends: Ends
    ) -> None:
        """Fit one from fresh starts, and keep the better."""
        rows, rng = replicates.alone(member), self.seeds.of_starts(index)
        try:
            em, outcome = fresh(self.source.ground, rows, n_starts, rng, self.acceleration)
        except ValueError as error:
            ends.reasons[member] = ends.reasons[member] and str(error)
            return
        reason = _reason_of(outcome, self._collapsed_in_fit)
        if reason:
            ends.reasons[member] = ends.reasons[member] and reason
        elif ends.reasons[member] or outcome.lower_bound > ends.objective[member]:
            ends.put(member, em, outcome)

    def _aligned(self, index: NDArray, ends: Ends, replicates: Replicates) -> Refits:
        fine = np.array([not reason for reason in ends.reasons])
        failures = [
            Failure(int(index[member]), self.seeds.entropy, ends.reasons[member])
            for member in np.flatnonzero(~fine).tolist()
        ]
        state = ends.state.of_batch(fine)
        cost: Array = np.zeros(0)
        away: dict[str, NDArray] = {}
        if fine.any():
            law, n_rows = replicates.em.family, self.source.ground.rows.counted
            away = run_away(law, law.to_local(state.params), n_rows)
            orders, cost = self.alignment.orders(state.params)
            away = self.alignment.reordered(state.weights, away, orders).params
            state = self.alignment.reordered(state.weights, state.params, orders)
        total = ends.log_likelihood[fine] * replicates.unit
        return Refits(index[fine], state, total, cost, ends.converged[fine], away, failures)


def _joined(parts: Sequence[Mapping[str, NDArray]], lengths: Sequence[int]) -> dict[str, NDArray]:
    """Masks (R, ...) by name, of which parts that have none are False."""
    shapes = {name: mask.shape[1:] for part in parts for name, mask in part.items()}
    return {
        name: np.concatenate(
            [
                part.get(name, np.zeros((length, *shape), dtype=bool))
                for part, length in zip(parts, lengths, strict=True)
            ]
        )
        for name, shape in shapes.items()
    }


def _reason_of(outcome: Outcome, may_collapse: bool) -> str:
    if outcome.collapsed.any() and not may_collapse:
        return COLLAPSED
    return outcome.trouble
