"""Whether a density is one of a parameter's values: shapes alone do not tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.posterior.beliefs.densities import (
    Density,
    Frozen,
    Normal,
    OfPrior,
    OnSimplex,
)
from skmixture.priors import InverseGamma, InverseWishart
from skmixture.priors import Normal as GivenCovariance
from skmixture.transforms import PositiveDefinite, Simplex, Transform

__all__ = ["TOGETHER", "suited"]

# What a prior of all weights may be.
TOGETHER = "scipy.stats.dirichlet(...), a concentration, or a function of all of them"


def suited(
    where: str,
    density: Density,
    transform: Transform,
    event: tuple[int, ...],
    variances: bool = False,
) -> Density:
    """The density as one of values with a transform.

    Parameters
    ----------
    where : str
        How messages call it.
    density : Density
    transform : Transform
    event : tuple of int
        Shape of one component's value.
    variances : bool, default=False
        Whether single numbers are variances.

    Raises
    ------
    ValueError
        Where it is of numbers and the values are simplices, or the like.
    """
    match density:
        case OnSimplex():
            return _on_simplex(where, density, transform)
        case OfPrior():
            return _of_prior(where, density, transform, event, variances)
        case Frozen(event_ndim=1):
            _check(density.law.dim == event[-1:][0] if event else False, where, density, event)
        case Frozen(event_ndim=0) | Normal():
            single = event[len(event) - transform.event_ndim :]
            _check(all(size == 1 for size in single), where, density, event)
    return density


def _on_simplex(where: str, density: OnSimplex, transform: Transform) -> Density:
    if not isinstance(transform, Simplex):
        raise ValueError(
            f"{where} is {density}, which is of probabilities of sum 1; these are "
            f"{transform.description}"
        )
    present: NDArray[np.bool_] | None = getattr(transform, "present", None)
    return replace(density, present=present)


def _of_prior(
    where: str,
    density: OfPrior,
    transform: Transform,
    event: tuple[int, ...],
    variances: bool,
) -> Density:
    prior = density.prior
    if isinstance(prior, GivenCovariance):
        raise ValueError(
            f"{where}: skmixture.priors.Normal is of means whose law has a covariance; use "
            "scipy.stats.norm(mean, sd)"
        )
    if isinstance(prior, InverseWishart) and not transform.event_ndim:
        if not variances:
            raise ValueError(
                f"{where}: skmixture.priors.InverseWishart is of covariances and variances; use "
                "InverseGamma(shape, scale)"
            )
        # of one variance it is an inverse gamma law
        shape, scale = 0.5 * prior.degrees(1), 0.5 * np.asarray(prior.scale, dtype=float)
        return OfPrior(InverseGamma(shape, scale))
    matrices = isinstance(transform, PositiveDefinite)
    _check(isinstance(prior, InverseWishart) == matrices, where, density, event)
    if isinstance(prior, InverseWishart):
        d = event[-1]
        if prior.degrees(d) <= d - 1:
            raise ValueError(f"{where}.dof must be above {d - 1}, got {prior.dof!r}")
    return density


def _check(fits: bool, where: str, density: Density, event: tuple[int, ...]) -> None:
    if not fits:
        raise ValueError(
            f"{where} is {density}, which is not of values of shape {event}, as those of one "
            "component are"
        )
