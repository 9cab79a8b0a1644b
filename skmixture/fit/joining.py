"""Rows that join a fit: one call of `partial_fit`, checked and in local coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.state import State
from skmixture.engine.stepwise import Stepwise
from skmixture.fit.problem import Problem
from skmixture.given.batch import Batch
from skmixture.law.constraints import Constraints
from skmixture.law.family import Arrays, Family
from skmixture.table.rows import Rows
from skmixture.tools.threads import SERIAL, Workers

__all__ = ["Joining"]

Array = NDArray[np.floating]


class Joining(NamedTuple):
    """Where a batch leads from the fit before.

    Attributes
    ----------
    problem : Problem
    state : State
    before : State
    mean_log_likelihood : float
        Of the batch, before it was learnt from.
    """

    problem: Problem
    before: State
    state: State
    mean_log_likelihood: float

    @classmethod
    def of(
        cls,
        family: Family,
        batch: Batch,
        weights: Array,
        params: Arrays,
        past: float,
        averages: Mapping[str, float],
        constraints: Constraints,
        workers: Workers = SERIAL,
    ) -> Self:
        """One step from `weights` (K,) and `params` (K, ...) in the user's units.

        These stand for `past` rows, in the user's count, with `averages` of
        their side columns.
        """
        past *= batch.n_own / batch.counted
        law = family.localise_beside(params, past * weights, batch.X, batch.weight, **batch.side)
        held = {name: value for name, value in constraints.fixed.items() if name != "weights"}
        constraints = Constraints({**constraints.fixed, **law.to_local(held)}, constraints.tied)
        local = {name: value[None] for name, value in law.to_local(params).items()}
        before = State(weights[None, None], local)
        weight = None if batch.weight is None else batch.weight[None]
        rows = Rows(batch.X, weight, side=batch.side)
        em = Stepwise(law, rows, before, past, constraints, workers, averages)
        step = em.step(before)
        problem = Problem(batch.X, batch.weight, em, em, None, len(weights), 1, None, {})
        return cls(problem, before, step.state, float(step.log_likelihood[0]) / batch.n_own)

    @property
    def trouble(self) -> str:
        """Why the step cannot be taken, empty where it can."""
        if not np.isfinite(self.mean_log_likelihood):
            return f"log-likelihood {self.mean_log_likelihood}"
        failing = np.flatnonzero(self.problem.em.family.failing(self.state.params)[0])
        return f"collapsed: component {', '.join(map(str, failing))}" if len(failing) else ""

    def collapsed(self, state: State) -> NDArray[np.bool_]:
        """Which components (K,) of a state have collapsed."""
        return self.problem.em.family.collapsed(state.params)[0].copy()
