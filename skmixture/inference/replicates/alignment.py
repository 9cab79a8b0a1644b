"""Which component of a replicate is which of the fit: by what both make of the data.

Sorting by a parameter fails where components cross in it. Here each component
of a replicate goes where it explains best the rows that the fit holds for a
component's own.
"""

from __future__ import annotations

import copy
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from skmixture.engine.e_step import log_joint
from skmixture.engine.em import EM
from skmixture.engine.state import State
from skmixture.given.known import LEAST, alike
from skmixture.law.family import Arrays, Family
from skmixture.table.rows import Rows

__all__ = ["Alignment"]

Array = NDArray[np.floating]

# Components are told apart on no more rows than this.
MOST_ROWS = 5_000


class Alignment(NamedTuple):
    """The components of a fit, as replicates are compared with them.

    Attributes
    ----------
    law : Family
        Local to the data.
    rows : Rows
    shares : ndarray of shape (K, n)
        The part of each row in each component, by responsibilities and weights; rows sum to 1.
    densities : ndarray of shape (K, n)
        Log densities of the fit.
    weights : ndarray of shape (K,)
    free : bool
        Whether components may change places.
    """

    law: Family
    rows: Rows
    shares: Array
    densities: Array
    weights: Array
    free: bool

    @classmethod
    def to(cls, em: EM, start: State, most_rows: int = MOST_ROWS) -> Self:
        """To a state (a batch of one) in the units of the problem, on no more rows than so many."""
        rows = em.rows
        if rows.n_rows > most_rows:
            places = np.linspace(0, rows.n_rows - 1, most_rows).astype(np.intp)
            rows = rows.taken(places, None if rows.weight is None else rows.weight[0, places])
        law = copy.deepcopy(em.family)
        if type(law).common_sums is not Family.common_sums:
            law = law.stable()  # which leaves nothing out that all components have in common
        joint = _above_least(log_joint(law, start, rows)[0])
        shares = np.exp(joint - joint.max(axis=0))
        shares /= shares.sum(axis=0)
        if rows.weight is not None:
            shares = shares * rows.weight
        mass = np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        densities = _log_densities(law, start.params, rows, len(shares))[0]
        free = len(shares) > 1 and not em.constraints.fixed and alike(law, start)
        weights = mass[:, 0] / mass.sum()
        return cls(law, rows, shares / mass, densities, weights, free)

    def orders(self, params: Arrays) -> tuple[NDArray[np.integer], Array]:
        """The order of components, and what is left between them and the fit's.

        Parameters
        ----------
        params : mapping of str to ndarray of shape (B, K, ...)
            In the user's units.

        Returns
        -------
        orders : ndarray of int of shape (B, K)
            Place k is the component that is the fit's k.
        cost : ndarray of shape (B,)
            Mean over the rows of the fit's log density less the replicate's,
            each of the component that is the row's: an estimate of the
            Kullback-Leibler divergence between components of one number.
        """
        law, K = copy.copy(self.law), len(self.shares)
        densities = _log_densities(law, law.to_local(params), self.rows, K)
        # (B, K, K): what replaces each component of the fit by each of the replicate's
        loss = (self.shares * self.densities).sum(axis=1)[:, None] - self.shares @ np.swapaxes(
            densities, 1, 2
        )
        loss *= self.weights[:, None]
        orders = np.tile(np.arange(K), (len(loss), 1))
        if self.free:
            clear = (loss.argmin(axis=2) == np.arange(K)).all(axis=1)
            for b in np.flatnonzero(~clear).tolist():
                orders[b] = linear_sum_assignment(loss[b])[1]
        return orders, np.take_along_axis(loss, orders[:, :, None], axis=2).sum(axis=(1, 2))

    def reordered(self, weights: Array, params: Arrays, orders: NDArray) -> State:
        """Weights (B, G, K) and parameters with components in their places."""
        members = np.arange(len(orders))[:, None]
        moved = {
            name: value if not self.free or self.law.shared(name) else value[members, orders]
            for name, value in params.items()
        }
        return State(np.take_along_axis(weights, orders[:, None], axis=2), moved)


def _log_densities(law: Family, params: Arrays, rows: Rows, K: int) -> Array:
    """Log densities (B, K, n) of the components, less what no parameter enters."""
    B = len(next(iter(params.values())))
    even = State(np.ones((B, rows.n_strata, K)), dict(params))
    return _above_least(log_joint(law, even, rows))


def _above_least(log_densities: Array) -> Array:
    """Log densities of which differences can be taken."""
    return np.where(log_densities > LEAST, log_densities, LEAST)
