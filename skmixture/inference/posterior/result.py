"""What was drawn, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.posterior.diagnostics.summary import Summary, summarise
from skmixture.inference.posterior.draws import Draws, Naming, orders_of
from skmixture.inference.posterior.gibbs.relabelling import relabelled
from skmixture.inference.posterior.plan import Plan
from skmixture.inference.posterior.storage import Chain
from skmixture.inference.posterior.target import Target

__all__ = ["Posterior"]

Array = NDArray[np.floating]


class Posterior:
    """Draws from a posterior."""

    def __init__(self, target: Target, chain: Chain, plan: Plan) -> None:
        self._target, self._chain, self._plan = target, chain, plan
        self.coordinates: Array = chain.arrays("coordinates")[:, 0]
        self.log_prob: Array = chain.arrays("log_prob")[:, 0]
        self.accepted: NDArray[np.bool_] = chain.arrays("accepted")[:, 0]
        self.names = target.likelihood.chart.names
        self.n_ensembles = plan.n_ensembles

    @property
    def n_steps(self) -> int:
        """Steps that are there."""
        return len(self.coordinates)

    @property
    def n_walkers(self) -> int:
        """Walkers of all ensembles."""
        return self.coordinates.shape[1]

    @cached_property
    def _orders(self) -> NDArray[np.integer] | None:
        T, W, p = self.coordinates.shape
        likelihood = self._target.likelihood
        if self._target.ordering is not None:
            return None
        orders = orders_of(likelihood.chart, likelihood.em, self.coordinates.reshape(T * W, p))
        return None if orders is None else orders.reshape(T, W, -1)

    @cached_property
    def draws(self) -> Mapping[str, Array]:
        """Weights and parameters (T, W, K, ...), components in the places of the fit's."""
        return Draws(Naming(self._target.likelihood.chart), self.coordinates, self._orders)

    @cached_property
    def raw(self) -> Mapping[str, Array]:
        """The same as they were drawn, whose components may have changed places."""
        return Draws(Naming(self._target.likelihood.chart), self.coordinates)

    # -- what method="gibbs" draws besides --------------------------------------

    @property
    def labels(self) -> NDArray[np.integer]:
        """Components (T, W, N) of the rows, in the places of the fit's, as `draws` has them.

        They are read whenever they are asked for. A row of weight 3 has three labels, one behind
        the other.
        """
        labels, orders = self.raw_labels, self._orders
        return labels if orders is None else relabelled(labels, orders)

    @property
    def raw_labels(self) -> NDArray[np.integer]:
        """The same as they were drawn, to go with `raw`."""
        return self._drawn("labels")

    @property
    def complete_log_likelihood(self) -> Array:
        """Log-likelihood (T, W) of rows and labels."""
        return self._drawn("complete_log_likelihood")

    @property
    def log_likelihood(self) -> Array:
        """Log-likelihood (T, W) of rows, labels summed out."""
        return self._drawn("log_likelihood")

    @property
    def swaps(self) -> NDArray[np.integer]:
        """How many labels (T, W) are other ones than a round before, as they were drawn."""
        return self._drawn("swaps")

    def _drawn(self, name: str) -> NDArray:
        if name not in self._chain.layout.arrays:
            raise AttributeError(f"{name} is drawn by method='gibbs' alone")
        return self._chain.arrays(name)

    def get_chain(self, discard: int = 0, thin: int = 1, flat: bool = False) -> Array:
        """Coordinates."""
        return _part(self.coordinates, discard, thin, flat)

    def get_log_prob(self, discard: int = 0, thin: int = 1, flat: bool = False) -> Array:
        """Log densities of the coordinates."""
        return _part(self.log_prob, discard, thin, flat)

    def summary(self) -> Summary:
        """Table."""
        naming = Naming(self._target.likelihood.chart)
        names = [name for name in naming.names if name not in naming.derived]
        E = self.n_ensembles
        by_ensemble = {name: split(self.draws[name], E) for name in names}
        return summarise(by_ensemble, acceptance=split(self.accepted, E).mean(axis=(1, 2)))


def split(values: NDArray, n_ensembles: int) -> NDArray:
    """(T, E * W, ...) as (E, T, W, ...)."""
    T, W = values.shape[:2]
    return np.moveaxis(values.reshape(T, n_ensembles, W // n_ensembles, *values.shape[2:]), 1, 0)


def _part(values: Array, discard: int, thin: int, flat: bool) -> Array:
    values = values[discard + thin - 1 :: thin]
    return values.reshape(-1, *values.shape[2:]) if flat else values
