"""Whether so few rows lie so close together by chance.

A likelihood without bound is high wherever a component is narrow, and among
many rows some few are always close. How close is a matter of counting. Where
m rows make a law of which each gains g in log density over the rest of the
mixture, that law has about exp(-g) of the room in which the rest spreads them.
Any s rows lie in a law of no room at all (one in a point, d in a plane), and
the other m - s must have fallen into it: of all choices of m rows out of n,

    C(n, m) exp(-(m - s) g)

are expected to do so. Unless that is below 1 there is nothing in the component.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from skmixture.e_step import log_joint
from skmixture.em import EM
from skmixture.rows import Rows
from skmixture.state import State

__all__ = ["by_chance"]

Array = NDArray[np.floating]


def by_chance(em: EM, state: State) -> NDArray[np.bool_]:
    """Components (B, K) of so few rows that these may be close by chance.

    Components of twice the rows that any such law passes through, and two
    more, are spared the question, as are those of a likelihood that
    constraints or priors bound, or of rows that are not in memory.
    """
    law, mass = em.family, state.weights.mean(axis=1) * em.rows.total_weight[:, None]
    flat = np.broadcast_to(law.rows_in_flat(state.params), mass.shape)
    small = (mass < 2 * (flat + 1)) & (flat > 0)
    bounded = em.constraints.fixed or em.constraints.tied or law.has_priors
    if bounded or not isinstance(em.rows.X, np.ndarray):
        small = np.zeros_like(small)
    for member in np.flatnonzero(small.any(axis=1)).tolist():
        alone = np.array([member])
        rows = em.rows.of_batch(alone)
        joint = log_joint(law.stable(), state.of_batch(alone), rows)[0]
        for k in np.flatnonzero(small[member]).tolist():
            small[member, k] = _expected(joint, k, rows, int(flat[member, k])) >= 0
    return small


def _expected(joint: Array, k: int, rows: Rows, flat: int) -> float:
    """Log of the number of choices of rows that are as close as those of a component."""
    weight = np.ones(joint.shape[-1]) if rows.weight is None else rows.weight[0]
    with np.errstate(all="ignore"):
        rest = logsumexp(np.delete(joint, k, axis=0), axis=0)
        resp = weight * np.exp(joint[k] - np.logaddexp(joint[k], rest))
        m, n = resp.sum(), weight.sum()
        gain = joint[k] - np.log(m / n) - (rest - np.log1p(-m / n))
    if not m > flat:
        return np.inf
    gain = np.where(resp > 0, gain, 0.0) @ resp / m
    choices = gammaln(n + 1) - gammaln(m + 1) - gammaln(n - m + 1)
    return float(choices - (m - flat) * gain)
