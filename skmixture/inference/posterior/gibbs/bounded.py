"""What moves have in common: the prior, and proposals that it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.inference.likelihood.chart import Chart
from skmixture.inference.posterior.gibbs.given import Given
from skmixture.inference.posterior.target import Target

__all__ = ["Move", "Prior", "kept"]

Array = NDArray[np.floating]


class Move(Protocol):
    """A step of some coordinates that leaves their law, given all else, as it is."""

    def __call__(self, y: Array, given: Given, rng: RandomState) -> Array:
        """Where walkers at coordinates (B, p) go."""


class Prior:
    """Log prior density and log Jacobian (B,) at coordinates (B, p).

    Minus infinity where parameters are no law, or components out of order.
    """

    def __init__(self, target: Target) -> None:
        self.chart: Chart = target.likelihood.chart
        self._target: Callable[[Array], Array] = replace(target, prior_only=True)

    def __call__(self, y: Array) -> Array:
        return self._target(y)


def kept(prior: Prior, y: Array, proposed: Array) -> Array:
    """Proposals, but the places that walkers are at where one is impossible.

    A draw from the conditional law without a restriction, refused where the
    restriction does not hold, leaves the restricted law as it is (Metropolis
    and Hastings' rule).
    """
    possible = np.isfinite(prior(proposed))
    return np.where(possible[:, None], proposed, y)
