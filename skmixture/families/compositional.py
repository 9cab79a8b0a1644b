"""What the Dirichlet and the beta law share: rows of parts with sum 1, by concentrations."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import special

from skmixture.families.concentrations import LARGEST, SMALLEST, Average
from skmixture.families.positive import EMPTY, about, least_spread, log_distance
from skmixture.families.pull import Pull
from skmixture.law.constraints import Constraints
from skmixture.law.exponential_family import ExponentialFamily
from skmixture.law.family import Array, Arrays
from skmixture.numerics.special import log_less_digamma, saddle

__all__ = ["AboutProportions", "CompositionalLaw"]


class CompositionalLaw(ExponentialFamily):
    """A law of g groups of p parts with sum 1, each group by its concentrations.

    ``log f = sum_j (a_j - 1) log x_j + log G(T) - sum_j log G(a_j)`` with T the
    sum of the a_j and G the gamma function, summed over the groups.
    """

    _extent: float = 0.0  # largest absolute logarithm of a part, set by `localise`
    _narrowest: Array | float = 0.0  # deviation of `features` of a collapsed component, likewise

    # columns in which all rows are alike, likewise
    _is_constant: NDArray[np.bool_] = np.zeros(1, dtype=bool)

    @abstractmethod
    def concentrations(self, params: Arrays) -> Array:
        """Concentrations (B, K, g, p)."""

    @abstractmethod
    def by_name(self, concentrations: Array) -> dict[str, Array]:
        """What belongs to concentrations (B, K, g, p), by parameter."""

    @abstractmethod
    def parts(self, X: NDArray) -> Array:
        """Parts (..., g p, n) of rows."""

    @abstractmethod
    def log_parts(self, X: NDArray) -> Array:
        """Their logarithms."""

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        local, rows = copy.copy(self), X.reshape(-1, X.shape[-1])
        local._extent = float(-self.log_parts(rows).min())
        local._is_constant = rows.min(axis=0) == rows.max(axis=0)
        local._narrowest = least_spread(self.features(rows), float(np.finfo(X.dtype).eps))
        return local

    def rounding(self, params: Arrays) -> Array:
        total = self.concentrations(params).sum(axis=-1)
        largest = total * np.maximum(self._extent, np.log1p(total))
        return np.finfo(float).eps * largest.max(axis=(1, 2))

    def at_bound(self, params: Arrays) -> NDArray[np.bool_]:
        """Which groups of components (B, K, g) are as narrow as the M-step lets them be."""
        return np.asarray(self.concentrations(params).sum(axis=-1) > LARGEST / 2)

    # -- the two steps -----------------------------------------------------

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return self.log_parts(X)

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return -self.log_parts(X).sum(axis=-2)

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        a = self.concentrations(params)
        normaliser = special.gammaln(a).sum(axis=-1) - special.gammaln(a.sum(axis=-1))
        return a.reshape(*a.shape[:2], -1), normaliser.sum(axis=-1)

    def average(self, stats: Arrays, params: Arrays | None) -> tuple[Array, Average]:
        """Mass (B, K), not 0, and the average row of each group."""
        present = stats["n"][..., None, None] > EMPTY
        n = np.maximum(stats["n"], EMPTY)
        p = self.n_parts(stats)
        logs = self._grouped(stats["t"], p) / n[..., None, None]
        # an empty component has the uniform law
        return n, Average.of_logs(np.where(present, logs, special.psi(1.0) - special.psi(p)))

    def pull(self, n: Array, n_features: int, constraints: Constraints) -> Pull:
        """What the priors add for each of n (B, K) rows."""
        shape = (1, n.shape[1], n_features)
        return Pull.of(self, self.concentrations, shape, constraints).per(n[..., None, None])

    def restated(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        a = self.concentrations(params)
        log_proportions = np.log(a / a.sum(axis=-1, keepdims=True)).reshape(stats["t"].shape)
        distance = stats["n"][..., None] * log_proportions - stats["t"]
        return {"n": stats["n"], "excess": np.zeros_like(distance), "distance": distance}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        sums, a = self.restated(stats, params), self.concentrations(params)
        ratio = self._grouped(sums["excess"] - sums["distance"], a.shape[-1])
        total = log_less_digamma(a.sum(axis=-1, keepdims=True))
        n = sums["n"][..., None, None]
        by_name = self.by_name(a * (ratio + n * (log_less_digamma(a) - total)))
        return self.with_slopes(by_name, params)

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        a = self.concentrations(params)
        apart = log_less_digamma(a) - log_less_digamma(a.sum(axis=-1, keepdims=True))
        distance = mass[..., None] * apart.reshape(*a.shape[:2], -1)
        return {"n": mass, "excess": np.zeros_like(distance), "distance": distance}

    def confine(self, params: Arrays) -> dict[str, Array]:
        a = self.concentrations(params)
        a = a * np.minimum(1.0, LARGEST / a.sum(axis=-1, keepdims=True))
        return self.by_name(np.maximum(a, SMALLEST))

    @abstractmethod
    def n_parts(self, stats: Arrays) -> int:
        """p, from sums (B, K, g p)."""

    @staticmethod
    def _grouped(sums: Array, n_parts: int) -> Array:
        """Sums (B, K, g p) as (B, K, g, p)."""
        return sums.reshape(*sums.shape[:2], -1, n_parts)


class AboutProportions(CompositionalLaw):
    """The way of `stable()`: parts by their distance from those expected, where nothing cancels.

    Goes before the law in the bases. The density is that of Loader's (2000)
    "Fast and accurate computation of binomial probabilities", for real counts.
    """

    def stable(self) -> Self:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(next(iter(params.values()))))

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return {"x": self.parts(X)}

    def prepare(self, params: Arrays) -> dict[str, Array]:
        a = self.concentrations(params)
        total = a.sum(axis=-1, keepdims=True)
        flat = (*a.shape[:2], -1)
        constant = saddle(total) - np.log(total) + (np.log(a) - saddle(a)).sum(axis=-1)[..., None]
        return {
            "concentrations": a.reshape(flat),
            "proportions": (a / total).reshape(flat),
            "constant": constant.sum(axis=(-1, -2)),
        }

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array] | None:
        return {**prepared, "constant": prepared["constant"] + amount}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        x, a, proportions = rows["x"], prepared["concentrations"], prepared["proportions"]
        log_prob = np.repeat(prepared["constant"][..., None], x.shape[-1], axis=-1)
        for j in range(a.shape[-1]):  # a part at a time: (B, K, n) is the largest array
            distance = log_distance(*about(x[..., None, j, :], proportions[..., j, None]))
            log_prob -= a[..., j, None] * distance
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        x = rows["x"]
        proportions = prepared.get("proportions")
        if proportions is None:
            proportions = np.full((*resp.shape[:2], x.shape[-2]), self._even(x.shape[-2]))
        total, distance = np.empty((2, *proportions.shape))
        for j in range(proportions.shape[-1]):
            excess, ratio = about(x[..., None, j, :], proportions[..., j, None])
            total[..., j] = np.einsum("...n,...n->...", resp, excess)
            distance[..., j] = np.einsum("...n,...n->...", resp, log_distance(excess, ratio))
        return {"n": resp.sum(axis=-1), "excess": total, "distance": distance}

    def restated(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        return dict(stats)

    def average(self, stats: Arrays, params: Arrays | None) -> tuple[Array, Average]:
        present = stats["n"][..., None, None] > EMPTY
        n = np.maximum(stats["n"], EMPTY)
        p = self.n_parts(stats)
        excess, distance = (
            self._grouped(stats[name], p) / n[..., None, None] for name in ("excess", "distance")
        )
        if params is None:
            log_proportions = np.full(excess.shape, -np.log(p))
        else:
            a = self.concentrations(params)
            log_proportions = np.log(a / a.sum(axis=-1, keepdims=True))
        uniform = special.psi(1.0) - special.psi(p) - log_proportions
        log_ratio = np.where(present, excess - distance, uniform)
        return n, Average(log_proportions, log_ratio, np.where(present, excess, 0.0))

    @abstractmethod
    def _even(self, n_flat: int) -> float:
        """Proportion of each of equal parts, of which there are `n_flat` in all groups."""
