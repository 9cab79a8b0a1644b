"""Rows that join a fit: one call of `partial_fit`, checked and in local coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.constraints import Constraints
from skmixture.family import Arrays, Family
from skmixture.fitting import Problem
from skmixture.rows import Rows
from skmixture.state import State
from skmixture.stepwise import Stepwise
from skmixture.threads import SERIAL, Workers

__all__ = ["Batch", "Joining"]

Array = NDArray[np.floating]


class Batch(NamedTuple):
    """Rows of one call, none of weight 0, and what belongs to them.

    Attributes
    ----------
    X : ndarray or sparse array of shape (n, d)
    weight : ndarray of shape (n,) or None
        Of which only the ratios matter.
    side : dict of str to ndarray of shape (n,)
    total : float
        Weight of all rows, as the user counts.
    """

    X: NDArray
    weight: Array | None
    side: dict[str, Array]
    total: float

    @classmethod
    def of(cls, X: NDArray, weight: Array | None, side: dict[str, Array]) -> Self:
        """Leave out what weighs nothing; take the rest near 1, by a power of two."""
        if weight is None:
            return cls(X, None, side, float(X.shape[0]))
        present, unit = weight > 0, float(2.0 ** np.floor(np.log2(weight.max())))
        side = {name: column[present] for name, column in side.items()}
        weight = weight[present] / unit
        return cls(X[present], weight, side, unit * float(weight.sum()))

    @property
    def n_own(self) -> float:
        """Weight of all rows in the batch's own unit."""
        return float(self.X.shape[0] if self.weight is None else self.weight.sum())

    @property
    def averages(self) -> dict[str, float]:
        """Means of the side columns."""
        return {
            name: float(np.average(column, weights=self.weight))
            for name, column in self.side.items()
        }


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
        past *= batch.n_own / batch.total
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

    @property
    def newly_collapsed(self) -> NDArray[np.bool_]:
        """Components (K,) that were none before."""
        law = self.problem.em.family
        return law.collapsed(self.state.params)[0] & ~law.collapsed(self.before.params)[0]
