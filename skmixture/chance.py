"""Whether a component of few rows is there for a reason.

A likelihood without bound is high wherever a component is narrow, and among
many rows some few are always close, or nearly in a line, or on the lattice
that rounding leaves. How narrow such a component is says nothing then. How far
it lies from all the others does: rows that these would hardly have made once
in so many are of another kind, however few they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from skmixture.e_step import log_joint
from skmixture.em import EM
from skmixture.rows import Rows
from skmixture.state import State

__all__ = ["by_chance"]

Array = NDArray[np.floating]

# A component of no more is two rows of one column.
PAIR = 2.5


def by_chance(em: EM, state: State) -> NDArray[np.bool_]:
    """Components (B, K) of so few rows that they may be close by chance, among rows of others.

    In one column two rows are few; in several, twice as many as any such law
    passes through, and two more. All others are spared the question, as are
    those of a likelihood that constraints or priors bound, or of rows that
    are not in memory. A background, which may have made all rows, is no
    component that speaks for them, where there are others.
    """
    law, mass = em.family, state.weights.mean(axis=1) * em.rows.total_weight[:, None]
    flat = np.broadcast_to(law.rows_in_flat(state.params), mass.shape)
    small = (flat > 0) & (mass < np.where(flat > 1, 2 * (flat + 1), PAIR))
    bounded = em.constraints.fixed or em.constraints.tied or law.has_priors
    held = isinstance(em.rows, Rows) and isinstance(em.rows.X, np.ndarray)
    if bounded or not held or mass.shape[1] == 1:
        return np.zeros_like(small)
    for member in np.flatnonzero(small.any(axis=1)).tolist():
        alone = np.array([member])
        rows = em.rows.of_batch(alone)
        joint = log_joint(law.stable(), state.of_batch(alone), rows)[0]
        speaks = ~law.backgrounds(len(joint))
        for k in np.flatnonzero(small[member]).tolist():
            others = np.flatnonzero(speaks & (np.arange(len(joint)) != k))
            rest = joint[others] if len(others) else np.delete(joint, k, axis=0)
            small[member, k] = not _apart(joint, k, rest, rows)
    return small


def _apart(joint: Array, k: int, others: Array, rows: Rows) -> bool:
    """Whether others (some of K, n) would have made the rows of a component less than once.

    By the log density that they give them, against that of rows in general:
    where it is lower by s, about exp(-s) of what they make lies there.
    """
    weight = np.ones(joint.shape[-1]) if rows.weight is None else rows.weight[0]
    with np.errstate(all="ignore"):
        own = weight * np.exp(joint[k] - logsumexp(joint, axis=0))
        rest = np.maximum(logsumexp(others, axis=0), -np.finfo(float).max)
        theirs = weight * np.exp(rest - logsumexp(joint, axis=0))
    if not (own.sum() > 0 and theirs.sum() > 0):
        return False
    surprise = np.average(rest, weights=theirs) - np.average(rest, weights=own)
    return bool(surprise > np.log(weight.sum()))
