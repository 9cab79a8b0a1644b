"""Replicates fitted: from the fit's own optimum, together; again, alone, where that fails."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from skmixture.batch import Batch
from skmixture.em import EM
from skmixture.inference.replicates.alignment import Alignment
from skmixture.inference.replicates.failures import Failure
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.sources import Replicates, Source
from skmixture.iteration import Run, Stopping, iterate
from skmixture.outcome import Outcome
from skmixture.restarts import best_of
from skmixture.state import State
from skmixture.threads import SERIAL, single_threaded

__all__ = ["Refits", "Refitting", "fresh"]

Array = NDArray[np.floating]

# What is left to gain then is far below what chance makes of a replicate.
STOPPING = Stopping(10_000, 1e-10, "remaining")
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
    failures : list of Failure
        Of replicates that are not among these.
    """

    index: NDArray[np.integer]
    state: State
    log_likelihood: Array
    cost: Array
    converged: NDArray[np.bool_]
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
            [failure for part in parts for failure in part.failures],
        )

    @classmethod
    def none(cls, ground: Ground, failures: list[Failure]) -> Self:
        """Failures, and nothing else."""
        nothing = np.empty(0)
        start = ground.start.of_batch(np.empty(0, dtype=np.intp))
        state = State(start.weights, ground.problem.em.family.to_user(start.params))
        places = np.empty(0, dtype=np.intp)
        return cls(places, state, nothing, nothing, np.empty(0, dtype=bool), failures)

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
        ends = _Ends.of(replicates, run, self._collapsed_in_fit)
        for member in range(replicates.n):
            if self.n_starts or ends.reasons[member]:
                n_starts = max(self.n_starts, AGAIN if ends.reasons[member] else 0)
                self._again(member, indices[member], n_starts, replicates, ends)
        return self._aligned(np.asarray(indices), ends, replicates)

    @property
    def _collapsed_in_fit(self) -> bool:
        """Whether the fit itself has components that are no better."""
        ground = self.source.ground
        return bool(ground.problem.em.family.collapsed(ground.start.params).any())

    def _again(
        self, member: int, index: int, n_starts: int, replicates: Replicates, ends: _Ends
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

    def _aligned(self, index: NDArray, ends: _Ends, replicates: Replicates) -> Refits:
        fine = np.array([not reason for reason in ends.reasons])
        failures = [
            Failure(int(index[member]), self.seeds.entropy, ends.reasons[member])
            for member in np.flatnonzero(~fine).tolist()
        ]
        state = ends.state.of_batch(fine)
        cost: Array = np.zeros(0)
        if fine.any():
            orders, cost = self.alignment.orders(state.params)
            state = self.alignment.reordered(state.weights, state.params, orders)
        total = ends.log_likelihood[fine] * replicates.unit
        return Refits(index[fine], state, total, cost, ends.converged[fine], failures)


@dataclass
class _Ends:
    """Where the members of a batch have come to, in the user's units."""

    state: State
    objective: Array
    log_likelihood: Array
    converged: NDArray[np.bool_]
    reasons: list[str]

    @classmethod
    def of(cls, replicates: Replicates, run: Run, may_collapse: bool) -> Self:
        em, total = replicates.em, replicates.em.rows.total_weight
        reasons = list(run.trouble)
        collapsed = np.atleast_1d(em.family.collapsed(run.state.params).any(axis=1))
        for member in range(replicates.n):
            if not reasons[member] and not np.isfinite(run.objective[member]):
                reasons[member] = f"log-likelihood {run.objective[member]}"
            elif not reasons[member] and collapsed[member] and not may_collapse:
                reasons[member] = "a component collapsed"
        log_likelihood = _less_priors(em, run.state, run.objective * total)
        state = State(run.state.weights, em.family.to_user(run.state.params)).copy()
        return cls(state, run.objective, log_likelihood, run.converged, reasons)

    def put(self, member: int, em: EM, outcome: Outcome) -> None:
        """The end of another run in the place of a member's."""
        state = State(outcome.state.weights, em.family.to_user(outcome.state.params))
        total = em.rows.total_weight * outcome.lower_bound
        self.state.put(np.array([member]), state)
        self.objective[member] = outcome.lower_bound
        self.log_likelihood[member] = _less_priors(em, outcome.state, total)[0]
        self.converged[member] = outcome.converged
        self.reasons[member] = ""


def fresh(
    ground: Ground, rows: Batch, n_starts: int, rng: np.random.RandomState, acceleration: str
) -> tuple[EM, Outcome]:
    """The best of a number of starts on some rows, as `Mixture` makes them by default.

    Raises
    ------
    ValueError
        Where every start fails.
    """
    model = copy.copy(ground.model)
    model.n_init = n_starts
    problem = model._problem(ground.law, rows, SERIAL)
    problem.weights_init, problem.params_init = None, {}
    states, sample = problem.draw("auto", rng), problem.sample(rng)
    outcome = best_of(
        problem.whole,
        states,
        STOPPING,
        sample=sample,
        rearrange=partial(problem.rearranged, rng=rng),
        acceleration=acceleration,
    )
    return problem.whole, outcome


def _reason_of(outcome: Outcome, may_collapse: bool) -> str:
    if outcome.collapsed.any() and not may_collapse:
        return "a component collapsed"
    return outcome.trouble


def _less_priors(em: EM, state: State, objective: Array) -> Array:
    """Log-likelihoods (B,) from objectives, which count priors in."""
    return objective if em.penalty is None else objective - em.penalty.log_density(state)
