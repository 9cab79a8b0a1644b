"""A Gaussian beyond its fit: draws, distribution functions, one component."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special

from skmixture.families.gaussian.joint_cdf import joint_cdf, normal_law
from skmixture.families.gaussian.structures import Structure
from skmixture.law.family import Array, Arrays, Family

__all__ = ["Described"]


class Described(Family):
    """What follows from means and covariances alone."""

    @property
    def structure(self) -> Structure:
        """The formulas of the covariance type."""
        raise NotImplementedError

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        """Drawn component by component, as scikit-learn draws."""
        params = self._unshared(params)
        means, d = params["means"], params["means"].shape[-1]
        counts = np.bincount(labels, minlength=len(means))
        X = []
        for mean, covariance, count in zip(means, params["covariances"], counts, strict=True):
            if self.structure.triangular:
                X.append(rng.multivariate_normal(mean, covariance, int(count)))
            else:
                X.append(mean + rng.standard_normal(size=(count, d)) * np.sqrt(covariance))
        return np.vstack(X)

    def _unshared(self, params: Arrays) -> dict[str, Array]:
        covariances = params["covariances"]
        if self.structure.pooled:
            covariances = np.broadcast_to(
                covariances, (len(params["means"]), *covariances.shape[1:])
            )
        return {"means": params["means"], "covariances": covariances}

    def matrices(self, params: Arrays) -> Array:
        """Covariance matrices (K, d, d)."""
        d = params["means"].shape[-1]
        return self.structure.matrices(self._unshared(params)["covariances"], d)

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        if X.shape[1] == 1:
            return self.marginal_cdf(X, params)[..., 0]
        return joint_cdf(X, params["means"], self.matrices(params))

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        deviation = self.deviations(params)
        return special.ndtr((X - params["means"][:, None]) / deviation[:, None])

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        standard = special.ndtri(q)[:, None]
        quantile = params["means"][:, None] + standard * self.deviations(params)[:, None]
        return quantile, quantile

    def deviations(self, params: Arrays) -> Array:
        """Standard deviations (K, d) of the columns."""
        return np.sqrt(np.diagonal(self.matrices(params), axis1=-2, axis2=-1))

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        mean = params["means"]
        matrix = self.structure.matrices(params["covariances"], len(mean))
        if len(mean) == 1:
            return stats.norm(mean[0], np.sqrt(matrix[0, 0]))
        return normal_law(mean, matrix)
