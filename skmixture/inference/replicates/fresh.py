"""Fresh starts of replicates: of many as one batch, or of one with all that a fit does.

A batch makes no search of it, for the optimum next to the fit is known
already. Its starts are, in turn, that optimum with a component moved elsewhere
and cheap partitions. Each goes as far as it takes to tell which of a
replicate's is the best, and that one goes to the end.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse

from skmixture.engine.e_step import log_joint
from skmixture.engine.em import EM
from skmixture.engine.iteration import HOPE, Run, Stopping, iterate
from skmixture.engine.outcome import Outcome, poor
from skmixture.engine.state import State
from skmixture.fit.problem import MOST_START_ROWS
from skmixture.fit.restarts import best_of
from skmixture.given.batch import Batch
from skmixture.inference.replicates.ends import Ends
from skmixture.inference.replicates.ground import STOPPING, Ground
from skmixture.inference.replicates.sources import Replicates
from skmixture.law.family import Family
from skmixture.starts.own import Views, condensed, off_edges, own_start
from skmixture.starts.rearranged import Ends as Moved
from skmixture.starts.rearranged import rearranged
from skmixture.table.holes import filled, has_holes
from skmixture.tools.threads import SERIAL

__all__ = ["FreshStarts", "fresh", "run_together"]

Array = NDArray[np.floating]

# As far as it takes to tell the best of some starts.
SHORT = Stopping(500, 1e-6, "remaining")
# The first of the package's own starts from which on none takes k-means.
FIRST_CHEAP = 3


def run_together(ground: Ground) -> bool:
    """Whether fresh starts do: where rows are many they are better compared on few of them."""
    return ground.rows.shape[0] <= min(MOST_START_ROWS, ground.law.start_rows)


@dataclass(frozen=True)
class FreshStarts:
    """Fresh starts of all replicates of a batch.

    Attributes
    ----------
    replicates : Replicates
    near : State
        The optimum of each next to the fit, in the units of the batch.
    rngs : sequence of RandomState
        A generator for each replicate.
    n_starts : int
        Of each replicate.
    together : int
        Starts that run together.
    acceleration : str
    may_collapse : bool
        Whether a collapsed component is nothing amiss.
    """

    replicates: Replicates
    near: State
    rngs: Sequence[RandomState]
    n_starts: int
    together: int
    acceleration: str
    may_collapse: bool

    def improve(self, ends: Ends) -> None:
        """Put the ends of these starts in the place of those that are lower; failures stay."""
        run = self._short()
        table = run.objective.reshape(-1, self.n_starts)
        best = table.argmax(axis=1) + self.n_starts * np.arange(len(table))
        # what remains may be unknown, and counts for nothing where the run came to nothing
        top = run.objective[best] + HOPE * np.minimum(run.remaining[best], 1.0)
        going = np.flatnonzero(ends.sound & (top > ends.objective))
        if len(going):
            em, states = self.replicates.em.of_batch(going), run.state.of_batch(best[going])
            last = iterate(em, states, STOPPING, acceleration=self.acceleration, near=True)
            self._set_aside(em, last)
            ends.take(going, Ends.of(em, last, self.may_collapse))

    def _short(self) -> Run:
        """All starts as far as it takes to compare them; objectives of -inf where one is poor."""
        em, runs = self.replicates.em, []
        members = np.repeat(np.arange(self.replicates.n), self.n_starts)
        for begin in range(0, len(members), self.together):
            own = members[begin : begin + self.together]
            part = em.of_batch(own)
            run = iterate(part, self._starts(begin, own), SHORT, acceleration=self.acceleration)
            self._set_aside(part, run)
            runs.append(run)
        return Run.joined(runs)

    def _set_aside(self, em: EM, run: Run) -> None:
        """Give those that came to nothing, or owe their height to chance, the lowest objective."""
        amiss = ~run.sound
        if not self.may_collapse:
            amiss |= poor(em, run.state)
        run.objective = np.where(amiss, -np.inf, run.objective)

    def _starts(self, begin: int, members: NDArray[np.integer]) -> State:
        """Starts of some members; `begin` is the place of the first of them among all."""
        em, K = self.replicates.em, self.near.weights.shape[-1]
        tables = np.full((len(members), K, em.rows.n_rows), 1 / K)
        for member in np.unique(members).tolist():
            dealer = _Dealer.of(em, self.near, member, self.rngs[member])
            for place in np.flatnonzero(members == member).tolist():
                tables[place][:, dealer.there] = dealer((begin + place) % self.n_starts)
        return em.of_batch(members).start(tables)


@dataclass(frozen=True)
class _Dealer:
    """Deals the rows (m,) that a replicate has to components."""

    law: Family
    there: NDArray[np.integer]
    views: Views
    end: Moved
    rng: RandomState

    @classmethod
    def of(cls, em: EM, near: State, member: int, rng: RandomState) -> Self:
        """For one member of a batch."""
        one = np.array([member])
        rows = em.rows.of_batch(one)
        if isinstance(rows.X, np.ndarray) and rows.X.ndim == 3:
            rows = replace(rows, X=rows.X[0])
        weight = np.ones(rows.n_rows) if rows.weight is None else rows.weight[0]
        there = np.flatnonzero(weight)
        rows, weight = rows.taken(there, weight[there]), weight[there]
        X, law = rows.X, em.family
        features = law.features(filled(X, weight) if has_holes(X) else X)
        if sparse.issparse(features):
            features = condensed(features, weight, rng)
        views, stable = Views.of(features, weight, rng), law.stable()
        joint = log_joint(stable, near.of_batch(one), rows)[0]
        end = Moved(joint + stable.log_base(rows.X, **rows.side), views)
        return cls(law, there, views, end, rng)

    def __call__(self, number: int) -> Array:
        """Responsibilities (K, m) of a start."""
        K, (half, odd) = len(self.end.log_joint), divmod(number, 2)
        if K > 1 and not odd:
            return self._off_edges(rearranged(self.end, half, self.rng))

        def draw(n_groups: int) -> Array:
            return own_start(FIRST_CHEAP + half, self.views, n_groups, self.rng)

        return self._off_edges(np.asarray(self.law.dealt(draw, K, self.rng)).T)

    def _off_edges(self, table: Array) -> Array:
        return off_edges(table, self.views.weight, self.law)


def fresh(
    ground: Ground, rows: Batch, n_starts: int, rng: RandomState, acceleration: str
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
