"""Weights given labels: a Dirichlet law for each stratum."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.inference.posterior.gibbs.bounded import Prior, kept
from skmixture.inference.posterior.gibbs.given import Given

__all__ = ["DirichletWeights", "log_gammas"]

Array = NDArray[np.floating]


class DirichletWeights:
    """Weights drawn given labels, where their prior is Dirichlet.

    With concentrations a and n_k rows of component k, the weights of a
    stratum are Dirichlet with ``a_k + n_k``. Weights that are held stay; the
    free ones share what they leave by the same law.

    Parameters
    ----------
    prior : Prior
    places : ndarray of int
        The coordinates of weights.
    concentrations : ndarray, broadcastable to (G, K) of the free weights
    """

    def __init__(self, prior: Prior, places: NDArray[np.integer], concentrations: Array) -> None:
        self._prior, self._places, self._concentrations = prior, places, concentrations
        self._free = prior.chart.coordinates.free_weights

    def __call__(self, y: Array, given: Given, rng: RandomState) -> Array:
        logs = log_gammas(given.mass[..., self._free] + self._concentrations, rng)
        proposed = y.copy()
        # coordinates are log ratios to the last free weight
        proposed[:, self._places] = (logs[..., :-1] - logs[..., -1:]).reshape(len(y), -1)
        return kept(self._prior, y, proposed)


def log_gammas(shapes: Array, rng: RandomState) -> Array:
    """Logarithms of gamma variables, which are there when those themselves are too small.

    ``G(a) = G(a + 1) U^(1/a)`` in law.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(
            np.log(rng.gamma(shapes + 1)) + np.log1p(-rng.uniform(size=shapes.shape)) / shapes
        )
