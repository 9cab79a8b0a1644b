"""The conjugate priors of a Gaussian: a normal mean given the covariance, an inverse Wishart.

With a prior mean ``m_0`` of strength ``kappa`` and an inverse Wishart of
``dof`` and scale S, the M-step from n rows with mean x and scatter W about it
is (Fraley and Raftery 2007, Journal of Classification 24, 155-181)

    mean = (n x + kappa m_0) / (n + kappa)
    C = (S + W + n kappa / (n + kappa) (x - m_0)(x - m_0)') / (n + dof + d + 2),

d + 1 in place of d + 2 where there is no prior mean. The variances of "diag"
and "spherical" are as with d = 1, the latter from n d numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from skmixture.families.gaussian.frame import Frame
from skmixture.families.gaussian.structures import Structure
from skmixture.law.family import Array, Arrays
from skmixture.priors import InverseGamma, InverseWishart, Normal, Prior

__all__ = ["Conjugate", "Flat", "check_priors", "log_prior"]


class Flat:
    """No prior at all."""

    mass = 0.0

    def moved(self, first: Array, n: Array, reference: Array) -> tuple[Array, Array]:
        return first, n

    def widened(self, scatter: Array, means: Array) -> Array:
        return scatter


@dataclass(frozen=True)
class Conjugate(Flat):
    """Both priors in the coordinates of a fit, as far as they are given.

    Attributes
    ----------
    structure : Structure
    mean : ndarray of shape (d,)
    strength : float
        Rows that the prior mean stands for; 0 is none.
    scatter : ndarray
        Of the prior covariance, in the shape of one component's.
    mass : float
        What joins the rows that a component's covariance is divided by.
    """

    structure: Structure
    mean: Array
    strength: float
    scatter: Array
    mass: float

    @classmethod
    def of(
        cls,
        structure: Structure,
        frame: Frame,
        priors: Mapping[str, tuple[Prior, float]],
        n_components: int,
    ) -> Self:
        d = len(frame.origin)
        mean: Array = np.zeros(d)
        scatter: Array = np.zeros(structure.event_shape(d))
        strength = mass = 0.0
        if "means" in priors:
            prior, share = priors["means"]
            assert isinstance(prior, Normal)
            mean = frame.inward(np.broadcast_to(np.asarray(prior.mean, float), (d,)))
            strength, mass = share * float(prior.strength), share
        if "covariances" in priors:
            prior, share = priors["covariances"]
            assert isinstance(prior, InverseWishart)
            scatter = share * _of_shape(structure, prior, d) / frame.unit**2
            mass += share * _mass(structure, prior, d, n_components)
        return cls(structure, mean, strength, scatter, mass)

    def moved(self, first: Array, n: Array, reference: Array) -> tuple[Array, Array]:
        """Sums and numbers of rows for the means, about the reference."""
        toward = self.strength * (self.mean - reference)
        return first + toward, n + self.strength

    def widened(self, scatter: Array, means: Array) -> Array:
        """Scatter about the means, with that of the priors."""
        if self.strength:
            away = means - self.mean
            n = np.full(away.shape[:2], self.strength)
            nothing = np.zeros((1, *scatter.shape[1:]))
            scatter = scatter + self.structure.recentre(nothing, np.zeros_like(away), n, away)
        return scatter + self.scatter


def check_priors(
    structure: Structure,
    priors: Mapping[str, tuple[Prior, float]],
    n_features: int,
    matrix_name: str = "covariances",
) -> None:
    """Raise a ValueError where the numbers of a prior do not suit the data or the structure."""
    shown = {"means": "means", "covariances": matrix_name}
    for name, field in (("means", "mean"), ("covariances", "scale")):
        if name not in priors:
            continue
        shape = np.shape(getattr(priors[name][0], field))
        wanted = (n_features,) if name == "means" else structure.event_shape(n_features)
        if shape not in ((), wanted):
            raise ValueError(
                f"prior[{shown[name]!r}].{field} must be a number or have shape {wanted}, "
                f"got shape {shape}"
            )
    if "covariances" not in priors:
        return
    prior, _ = priors["covariances"]
    assert isinstance(prior, InverseWishart)
    if structure.triangular and prior.degrees(n_features) <= n_features - 1:
        raise ValueError(
            f"prior[{matrix_name!r}].dof must be above n_features - 1 = {n_features - 1}, "
            f"got {prior.dof!r}"
        )
    scale = np.asarray(prior.scale, float)
    if not (np.linalg.eigvalsh(scale) > 0).all() if scale.ndim == 2 else not (scale > 0).all():
        raise ValueError(
            f"prior[{matrix_name!r}].scale must be positive (definite), got {prior.scale!r}"
        )


def log_prior(
    structure: Structure, priors: Mapping[str, tuple[Prior, float]], params: Arrays
) -> Array:
    """Log density (B,) of both at parameters (B, K, ...) in the user's units."""
    total = np.zeros(len(params["means"]))
    for name, of_one in (("means", _of_means), ("covariances", _of_covariances)):
        if name in priors:
            prior, share = priors[name]
            density = of_one(structure, prior, params)
            total += share * density.reshape(len(total), -1).sum(axis=1)
    return total


def _of_means(structure: Structure, prior: Prior, params: Arrays) -> Array:
    """Log density (B, K) of the means, given the covariances."""
    assert isinstance(prior, Normal)
    means, strength = params["means"], float(prior.strength)
    d = means.shape[-1]
    away = means - np.asarray(prior.mean, float)
    matrices = np.broadcast_to(structure.matrices(params["covariances"], d), (*means.shape, d))
    distance = (away * np.linalg.solve(matrices, away[..., None])[..., 0]).sum(axis=-1)
    log_det = np.linalg.slogdet(matrices)[1]
    return 0.5 * (d * np.log(strength / (2 * np.pi)) - log_det - strength * distance)


def _of_covariances(structure: Structure, prior: Prior, params: Arrays) -> Array:
    """Log density of each covariance, or of each variance."""
    assert isinstance(prior, InverseWishart)
    covariances = params["covariances"]
    if structure.triangular:
        return prior.log_density(covariances)
    return InverseGamma(0.5 * prior.degrees(1), 0.5 * np.asarray(prior.scale, float)).log_density(
        covariances
    )


def _of_shape(structure: Structure, prior: InverseWishart, d: int) -> Array:
    """The scale in the shape of one component's covariance."""
    if structure.triangular:
        return prior.matrix(d)
    return np.broadcast_to(np.asarray(prior.scale, float), structure.event_shape(d))


def _mass(structure: Structure, prior: InverseWishart, d: int, n_components: int) -> float:
    dof = prior.degrees(d if structure.triangular else 1)
    if structure.pooled:  # one covariance, to which all components' rows are added up
        return (dof + d + 1) / n_components
    if structure.triangular:
        return dof + d + 1
    return (dof + 2) / (1 if structure.event_shape(d) else d)
