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

from skmixture.engine.blocks import Block, Blocks
from skmixture.engine.e_step import EStep
from skmixture.engine.em import EM
from skmixture.engine.state import State
from skmixture.table.rows import Rows

__all__ = ["by_chance"]

Array = NDArray[np.floating]

# A component of no more is two rows of one column.
PAIR = 2.5
# Log densities no lower than its negative have sums.
FAR = 1e300


def by_chance(em: EM, state: State) -> NDArray[np.bool_]:
    """Components (B, K) of so few rows that they may be close by chance, among rows of others.

    In one column two rows are few; in several, twice as many as any such law
    passes through, and two more. All others are spared the question, as are
    those of a likelihood that constraints or priors bound, or of rows that
    are elsewhere. A background, which may have made all rows, is no
    component that speaks for them, where there are others.
    """
    law, mass = em.family, state.weights.mean(axis=1) * em.rows.total_weight[:, None]
    flat = np.broadcast_to(law.rows_in_flat(state.params), mass.shape)
    small = (flat > 0) & (mass < np.where(flat > 1, 2 * (flat + 1), PAIR))
    bounded = em.constraints.fixed or em.constraints.tied or law.has_priors
    if bounded or not isinstance(em.rows, Rows) or mass.shape[1] == 1:
        return np.zeros_like(small)
    for member in np.flatnonzero(small.any(axis=1)).tolist():
        alone, places = np.array([member]), np.flatnonzero(small[member])
        apart = _apart(em, state.of_batch(alone), em.rows.of_batch(alone), places)
        small[member, places] = ~apart
    return small


def _apart(em: EM, state: State, rows: Rows, places: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Whether all others would have made the rows of components (m,) less than once.

    By the log density that they give them (less `log_base`: by the measure
    that suits the law), against that of rows in general: where it is lower by
    s, about exp(-s) of what they make lies there.
    """
    law = em.family.stable()
    e_step, blocks = EStep(law, state, rows), Blocks(law, rows, em.workers)
    speaks = ~law.backgrounds(state.weights.shape[-1])

    def of_block(block: Block) -> Array:
        weight = 1.0 if block.rows.weight is None else block.rows.weight[0]
        with np.errstate(all="ignore"):
            joint = e_step.log_joint(block)[0]
            return np.array([_sums(joint, int(k), speaks, weight) for k in places])

    runs = blocks.map(lambda run: [of_block(block) for block in run], e_step.n_laws)
    sums = np.sum([part for run in runs for part in run], axis=0)  # (m, 4)
    own, of_own, theirs, of_theirs = sums.T
    with np.errstate(all="ignore"):
        surprise = of_theirs / theirs - of_own / own
    return (own > 0) & (theirs > 0) & (surprise > np.log(rows.total_weight))


def _sums(joint: Array, k: int, speaks: NDArray[np.bool_], weight: Array | float) -> Array:
    """Rows of a component and of all others, each with the sum of what others make of them."""
    others = np.flatnonzero(speaks & (np.arange(len(joint)) != k))
    rest = joint[others] if len(others) else np.delete(joint, k, axis=0)
    made = np.maximum(logsumexp(rest, axis=0), -FAR)
    total = logsumexp(joint, axis=0)
    own, theirs = weight * np.exp(joint[k] - total), weight * np.exp(made - total)
    return np.array([own.sum(), own @ made, theirs.sum(), theirs @ made])
