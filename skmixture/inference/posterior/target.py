"""What is sampled: the log posterior density of the free coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.state import State
from skmixture.inference.likelihood.function import Likelihood
from skmixture.inference.posterior.beliefs.belief import Belief
from skmixture.inference.posterior.ordering import Ordering

__all__ = ["Parts", "Target"]

Array = NDArray[np.floating]


class Parts(NamedTuple):
    """Log-likelihood, log prior density and log Jacobian, each (B,)."""

    log_likelihood: Array
    log_prior: Array
    log_jacobian: Array

    @property
    def log_prob(self) -> Array:
        """Log density (B,) of the coordinates, but for the evidence."""
        return self.log_likelihood + self.log_prior + self.log_jacobian


@dataclass(frozen=True)
class Target:
    """Log-likelihood with the labels summed out, plus log prior, plus log Jacobian.

    Attributes
    ----------
    likelihood : Likelihood
    belief : Belief
    unit : float
        How many rows a weight of 1 stands for.
    entropy : float
        That of responsibilities which are given; 0 where none are.
    ordering : Ordering or None
        An order of the components that draws keep to.
    prior_only : bool
        Whether the rows are left out.
    """

    likelihood: Likelihood
    belief: Belief
    unit: float = 1.0
    entropy: float = 0.0
    ordering: Ordering | None = None
    prior_only: bool = False

    def __call__(self, y: Array) -> Array:
        """Log densities (B,) at coordinates (B, p)."""
        return self.parts(y).log_prob

    def parts(self, y: Array) -> Parts:
        """The same in parts; minus infinity where the parameters are no law."""
        if not len(y):
            return Parts(*np.zeros((3, 0)))
        with np.errstate(all="ignore"):
            here = np.asarray(np.isfinite(y).all(axis=1))
            if not here.all():
                return _scattered(here, self.parts(y[here]))
            state = self._state(y)
            here = self._proper(state)
            if not here.all():
                return _scattered(here, self.parts(y[here]))
            log_jacobian = self.likelihood.chart.log_jacobian(y)
            log_prior = self.belief.log_density(state)
            here = np.isfinite(log_prior + log_jacobian)
            if here.all():
                return Parts(self._of_rows(state), log_prior, log_jacobian)
            log_likelihood = np.full(len(y), -np.inf)
            log_likelihood[here] = self._of_rows(state.of_batch(here))
            log_jacobian = np.where(np.isfinite(log_jacobian), log_jacobian, 0.0)
            return Parts(log_likelihood, np.where(here, log_prior, -np.inf), log_jacobian)

    # -- within ------------------------------------------------------------

    def _state(self, y: Array) -> State:
        """States in local units; members that are no law by themselves come as NaN."""
        try:
            return self.likelihood.chart.state(y)
        except np.linalg.LinAlgError:  # one matrix without inverse ends the call for all
            if len(y) == 1:
                origin = self.likelihood.chart.state(self.likelihood.chart.origin[None])
                blank = {name: np.full_like(v, np.nan) for name, v in origin.params.items()}
                return State(origin.weights, blank)
            return State.stack([self._state(own[None]) for own in y])

    def _proper(self, state: State) -> NDArray[np.bool_]:
        arrays = [state.weights, *state.params.values()]
        proper = np.ones(len(state.weights), dtype=bool)
        if not all(np.isfinite(np.add.reduce(value, axis=None)) for value in arrays):
            finite = [np.isfinite(value.reshape(len(value), -1)).all(axis=1) for value in arrays]
            proper = np.asarray(np.logical_and.reduce(finite))
        if proper.all():
            failing = self.likelihood.em.family.failing(state.params)
            proper = np.asarray(~failing.any(axis=1))
        if proper.all() and self.ordering is not None:
            proper = self.ordering.kept(state)
        return proper

    def _of_rows(self, state: State) -> Array:
        if self.prior_only or not len(state.weights):
            return np.zeros(len(state.weights))
        try:
            found = self.likelihood.height(state)
        except np.linalg.LinAlgError:
            if len(state.weights) == 1:
                return np.full(1, -np.inf)
            ones = [state.of_batch(np.array([b])) for b in range(len(state.weights))]
            return np.concatenate([self._of_rows(one) for one in ones])
        if np.isnan(found).any():
            self.likelihood.em.family.check_values()
        return np.where(np.isnan(found), -np.inf, self.unit * found + self.entropy)


def _scattered(here: NDArray[np.bool_], parts: Parts) -> Parts:
    """Parts of some members in their places; the others are impossible."""
    log_likelihood, log_prior = np.full((2, len(here)), -np.inf)
    log_jacobian = np.zeros(len(here))
    log_likelihood[here], log_prior[here], log_jacobian[here] = parts
    return Parts(log_likelihood, log_prior, log_jacobian)
