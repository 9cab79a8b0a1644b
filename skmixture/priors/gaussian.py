"""Densities of means and covariances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from skmixture.priors.conjugate import gamma_density
from skmixture.priors.prior import Array, Prior

__all__ = [
    "InverseWishart",
    "Normal",
]


@dataclass(frozen=True, eq=False)
class Normal(Prior):
    """Of a mean, given the covariance C: normal about `mean` with covariance ``C / strength``.

    As if `strength` rows had been seen at `mean`.

    Parameters
    ----------
    mean : array-like, broadcastable to the means
    strength : float
        Above 0.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Gaussian
    >>> from skmixture.priors import Normal
    >>> model = Mixture(Gaussian(), prior={"means": Normal(0.0, strength=2)})
    >>> model.fit([[4.0], [6.0]]).means_
    array([[2.5]])
    """

    mean: ArrayLike = 0.0
    strength: float = 0.01
    least: ClassVar[Mapping[str, float]] = {"strength": np.finfo(float).tiny}

    def check(self, where: str) -> None:
        if np.ndim(self.strength):
            raise ValueError(
                f"{where}.strength must be one number, how many rows the prior is worth, got "
                f"{self.strength!r}"
            )
        super().check(where)

    def log_density(self, value: Array) -> Array:
        raise TypeError("the density of a mean needs the covariance: the law works it out")


@dataclass(frozen=True, eq=False)
class InverseWishart(Prior):
    """Of a covariance: density in proportion to ``|C|^-((dof + d + 1) / 2) exp(-tr(S / C) / 2)``.

    S is `scale`. Of one variance, as "diag" has for each column and
    "spherical" for all of them, it is the same with d = 1. For S = (dof + d +
    1) C_0 the density is largest at C_0.

    Parameters
    ----------
    dof : float, optional
        Above d - 1; by default d + 2, the least whole number with an expectation.
    scale : array-like of shape (d, d), or broadcastable to the variances
        A number is that times the identity.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Gaussian
    >>> from skmixture.priors import InverseWishart
    >>> model = Mixture(Gaussian(), prior={"covariances": InverseWishart(dof=4, scale=6.0)})
    >>> model.fit([[4.0], [6.0]]).covariances_
    array([[[1.]]])
    """

    dof: float | None = None
    scale: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {"dof": 0.0}

    def degrees(self, d: int) -> float:
        """The degrees of freedom, of matrices (d, d).

        Parameters
        ----------
        d : int

        Returns
        -------
        float
        """
        return d + 2.0 if self.dof is None else float(self.dof)

    def check(self, where: str) -> None:
        Prior.check(replace(self, dof=self.degrees(1)) if self.dof is None else self, where)

    def log_density(self, value: Array) -> Array:
        """Log density of matrices.

        Parameters
        ----------
        value : ndarray of shape (..., d, d)

        Returns
        -------
        ndarray of shape (...,)
        """
        d = value.shape[-1]
        root = np.linalg.cholesky(self.matrix(d))
        # the eigenvalues of S inv(C), halved, as if each were a gamma variable
        halves = 0.5 * np.linalg.eigvalsh(root.T @ np.linalg.solve(value, root))
        shapes = 0.5 * (self.degrees(d) - np.arange(d))
        parts = gamma_density(shapes, halves, 1.0) + 0.5 * np.arange(d) * np.log(halves)
        log_det = np.linalg.slogdet(value)[1]
        return parts.sum(axis=-1) - 0.25 * d * (d - 1) * np.log(np.pi) - 0.5 * (d + 1) * log_det

    def matrix(self, d: int) -> Array:
        """The scale (d, d).

        Parameters
        ----------
        d : int

        Returns
        -------
        ndarray of shape (d, d)
        """
        scale = self._numbers("scale")
        return scale if scale.ndim == 2 else scale * np.eye(d)
