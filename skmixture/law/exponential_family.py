"""Exponential families: both steps are one matrix product each, whatever the law."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from skmixture.law.family import Array, Arrays, Family
from skmixture.numerics.products import contract, gather

__all__ = ["ExponentialFamily"]

# Of central differences: rounding and curvature then cost about the same.
STEP = 1e-5


class ExponentialFamily(Family):
    """A law whose log density is ``eta^T t(x) - A + log h(x)``.

    Both steps are then one matrix product each, whatever the law. A family
    gives `statistics`, `natural`, `maximise` and perhaps `log_base`.

    Examples
    --------
    >>> from skmixture.families import ExponentialFamily, Gamma, Poisson
    >>> isinstance(Poisson(), ExponentialFamily), isinstance(Gamma(), ExponentialFamily)
    (True, True)
    """

    @abstractmethod
    def statistics(self, X: NDArray, **side: Array) -> Array:
        """Sufficient statistics t (..., p, n) of rows (..., n, d)."""

    @abstractmethod
    def natural(self, params: Arrays) -> tuple[Array, Array]:
        """Natural parameters eta (B, K, p) and log normaliser A (B, K)."""

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return {"t": self.statistics(X, **side)}

    def prepare(self, params: Arrays) -> dict[str, Array]:
        eta, log_normaliser = self.natural(params)
        return {**params, "eta": eta, "log_normaliser": log_normaliser}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        log_prob = contract(prepared["eta"], rows["t"])
        log_prob -= prepared["log_normaliser"][..., None]
        return log_prob

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array] | None:
        if type(self).log_prob is not ExponentialFamily.log_prob:
            return None  # which may not read the log normaliser, or not as it is
        return {**prepared, "log_normaliser": prepared["log_normaliser"] - amount}

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        return {"n": resp.sum(axis=-1), "t": gather(resp, rows["t"])}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        """By central differences of ``eta . t - n A``, which need no rows.

        Their relative error is about 1e-10. A family whose gradient is closed
        states it.
        """
        by_parameter = {}
        for name, transform in self.parameters.items():
            z = transform.unconstrain(params[name])  # (B, K, ...)
            slope = np.empty_like(z)
            for place in np.ndindex(z.shape[2:]):
                here = (slice(None), slice(None), *place)
                ends = []
                for side in (STEP, -STEP):
                    moved = z.copy()
                    moved[here] += side
                    ends.append(self._expected(stats, {**params, name: transform.constrain(moved)}))
                slope[here] = (ends[0] - ends[1]) / (2 * STEP)
            by_parameter[name] = slope
        return by_parameter

    def _expected(self, stats: Arrays, params: Arrays) -> Array:
        """Expected log-likelihood (B, K) by component, without `log_base`."""
        eta, log_normaliser = self.natural(params)
        return np.asarray((eta * stats["t"]).sum(axis=-1) - stats["n"] * log_normaliser)
