"""Components of a fit that do the work of one.

Where two components are alike, the gradient is that of one component and EM
keeps them alike for ever: a saddle on most data sets, which no replicate that
begins there would leave.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.e_step import log_joint
from skmixture.engine.em import EM
from skmixture.engine.state import State
from skmixture.inference.models import RISE

__all__ = ["coinciding"]

Array = NDArray[np.floating]


def coinciding(em: EM, state: State, unit: float) -> list[tuple[int, int]]:
    """Pairs of components of which one could do the work of both.

    The log-likelihood would not fall by more than a fit leaves if it took the
    other's weight. The state is a batch of one, and a weight of 1 is so many rows.
    """
    law, rows = em.family.stable(), em.rows
    joint = log_joint(law, state, rows)[0]  # (K, n)
    top = joint.max(axis=0)
    with np.errstate(all="ignore"):
        shares = np.exp(joint - top)
        total = shares.sum(axis=0)
        shares /= total
        weight = np.ones(rows.n_rows) if rows.weight is None else rows.weight[0]
        codes = np.zeros(rows.n_rows, dtype=np.intp) if rows.strata is None else rows.strata
        by_row = np.log(state.weights[0][codes]).T  # (K, n)
        densities = joint - by_row - top - np.log(total)  # over that of the mixture
        pairs = []
        for j in range(len(shares)):
            # what the density gains (K, n) if each other component took the weight of j
            gain = np.log1p(np.exp(by_row[j] + densities) - shares[j])
            loss = -unit * (gain @ weight)
            pairs += [(j, k) for k in np.flatnonzero(loss < RISE).tolist() if k != j]
    return sorted({(min(pair), max(pair)) for pair in pairs})
