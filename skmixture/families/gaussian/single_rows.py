"""scikit-learn's starts from single rows, which are not quite M-steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.state import State
from skmixture.families.gaussian.family import Gaussian
from skmixture.fit.problem import Problem

__all__ = ["as_scikit_learn_starts"]

Array = NDArray[np.floating]


def as_scikit_learn_starts(state: State, problem: Problem) -> State:
    """Change the M-step from single rows into scikit-learn's start.

    Its weights are divided by the number of rows, not of those that count,
    which moves the first log-likelihood and nothing else. Its variances keep
    a trace of the square of the mean. Its tied covariance spreads the
    products of all rows, about the user's origin, over the few that count.
    """
    n, K = len(problem.X), problem.n_components
    law = problem.em.family
    assert isinstance(law, Gaussian)
    params = dict(state.params)
    if law.structure.pooled:
        params["covariances"] = _tied_covariance(law, problem, params["means"][0])[None, None]
    elif not law.structure.triangular:
        params["covariances"] = params["covariances"] + _trace(law, params["means"])
    return State(state.weights * (K / n), params)


def _trace(law: Gaussian, means: Array) -> Array:
    """What ``E[x^2] - E[x]^2`` leaves where the mass is 1 and ten ulps."""
    frame = law.frame(means.shape[-1])
    square = (means + frame.origin / frame.unit) ** 2
    trace = frame.mass_floor / (1 + frame.mass_floor) * square
    return trace.mean(axis=-1) if law.structure.event_shape(2) == () else trace


def _tied_covariance(law: Gaussian, problem: Problem, means: Array) -> Array:
    """``(sum of x x' over all rows - sum of n_k m_k m_k') / sum of n_k``, in local coordinates."""
    X, frame = problem.X, law.frame(problem.X.shape[1])
    weight = np.ones(len(X)) if problem.weight is None else problem.weight
    x, total = frame.inward(X), weight.sum()
    mass = 1 + frame.mass_floor
    origin = frame.origin / frame.unit
    if np.finfo(float).eps * (origin**2).max() > 1e-6 * frame.variance.min():
        origin = np.zeros_like(origin)  # so far out, its squares would leave no digits
    # (x + o)(x + o)' summed over rows less the same over means, the squares of o taken together
    shift = (weight @ x) - mass * means.sum(axis=0)
    cross = np.outer(origin, shift)
    scatter = (x.T * weight) @ x - mass * means.T @ means + cross + cross.T
    scatter += (total - mass * len(means)) * np.outer(origin, origin)
    covariance = scatter / (mass * len(means))
    return law.structure.add_to_diagonal(covariance, law.floor(X.shape[1]))
