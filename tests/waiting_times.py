"""Laws that a user would write, for tests of what the engine makes of them."""

from __future__ import annotations

import numpy as np

from skmixture.families import ExponentialFamily
from skmixture.law.constraints import FREE
from skmixture.supports import nonnegative
from skmixture.transforms import positive

__all__ = ["Exponential"]


class Exponential(ExponentialFamily):
    """Waiting times by their mean, as the docs write it.

    It states no gradient, and its scale may run to 0, where it is no law.
    """

    support = nonnegative

    @property
    def parameters(self):
        return {"scales": positive}

    def event_shapes(self, n_features):
        return {"scales": (n_features,)}

    def statistics(self, X, **side):
        return np.swapaxes(X, -1, -2)

    def natural(self, params):
        return -1 / params["scales"], np.log(params["scales"]).sum(axis=-1)

    def maximise(self, stats, params, constraints=FREE):
        return {"scales": stats["t"] / stats["n"][..., None]}

    def sample(self, params, labels, rng, **side):
        return rng.exponential(params["scales"][labels])
