"""Where the members of a batch have come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.em import EM
from skmixture.engine.iteration import Run
from skmixture.engine.outcome import Outcome
from skmixture.engine.state import State

__all__ = ["COLLAPSED", "Ends"]

Array = NDArray[np.floating]

COLLAPSED = "a component collapsed"
# Objectives that differ by no more than this part are of one optimum, reached twice.
ROUNDING = 1e-9


@dataclass
class Ends:
    """Where the members of a batch have come to, in the user's units.

    Attributes
    ----------
    state : State
    objective, log_likelihood : ndarray of shape (B,)
        The mean objective, which counts priors in; the sum, which does not.
    converged : ndarray of bool of shape (B,)
    reasons : list of str
        Why a member came to nothing; empty where it did not.
    """

    state: State
    objective: Array
    log_likelihood: Array
    converged: NDArray[np.bool_]
    reasons: list[str]

    @property
    def sound(self) -> NDArray[np.bool_]:
        """Members (B,) that came to something."""
        return np.array([not reason for reason in self.reasons], dtype=bool)

    @classmethod
    def of(cls, em: EM, run: Run, may_collapse: bool) -> Self:
        """Those of a run on the rows of `em`."""
        reasons = list(run.trouble)
        collapsed = np.atleast_1d(em.family.collapsed(run.state.params).any(axis=1))
        for member, value in enumerate(run.objective):
            if not reasons[member] and not np.isfinite(value):
                reasons[member] = f"log-likelihood {value}"
            elif not reasons[member] and collapsed[member] and not may_collapse:
                reasons[member] = COLLAPSED
        log_likelihood = _less_priors(em, run.state, run.objective * em.rows.total_weight)
        state = State(run.state.weights, em.family.to_user(run.state.params)).copy()
        return cls(state, run.objective, log_likelihood, run.converged, reasons)

    def put(self, member: int, em: EM, outcome: Outcome) -> None:
        """What a fit has come to in the place of a member's."""
        state = State(outcome.state.weights, em.family.to_user(outcome.state.params))
        total = em.rows.total_weight * outcome.lower_bound
        self.state.put(np.array([member]), state)
        self.objective[member] = outcome.lower_bound
        self.log_likelihood[member] = _less_priors(em, outcome.state, total)[0]
        self.converged[member] = outcome.converged
        self.reasons[member] = ""

    def take(self, members: NDArray[np.integer], others: Self) -> None:
        """Those of others in the places of some members, where they are sound and really higher."""
        before = self.objective[members]
        better = others.sound & (others.objective > before + ROUNDING * np.abs(before))
        members = members[better]
        self.state.put(members, others.state.of_batch(better))
        for name in ("objective", "log_likelihood", "converged"):
            getattr(self, name)[members] = getattr(others, name)[better]


def _less_priors(em: EM, state: State, objective: Array) -> Array:
    """Log-likelihoods (B,) from objectives, which count priors in."""
    return objective if em.penalty is None else objective - em.penalty.log_density(state)
