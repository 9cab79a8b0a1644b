"""Priors read for what a conjugate law needs of them, whoever wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.posterior.beliefs.densities import (
    Even,
    Flat,
    Frozen,
    Normal,
    OnSimplex,
)
from skmixture.inference.posterior.beliefs.scales import SCALES
from skmixture.inference.posterior.target import Target
from skmixture.priors import Beta, Dirichlet, Gamma, InverseGamma, InverseWishart

__all__ = [
    "as_beta",
    "as_dirichlet",
    "as_gamma",
    "as_inverse_gamma",
    "as_inverse_wishart",
    "as_normal",
    "believed",
]

Array = NDArray[np.floating]
Pair = tuple[Array, Array]


def believed(target: Target, name: str) -> Any:
    """The prior of a parameter, or of the weights, on its own scale; None where there is no such.

    One of `skmixture.priors`, a frozen law of scipy, or a density of this package.
    """
    if name in target.likelihood.priors:
        return target.likelihood.priors[name]
    belief = target.belief
    if name == "weights":
        return _within(belief.weights)
    if any(term.derived is not None for term in belief.terms):
        return None  # what is derived of several parameters ties them together
    for term in belief.terms:
        if term.name == name and term.scale is SCALES["natural"]:
            return _within(term.density)
    return None


def as_gamma(prior: Any) -> Pair | None:
    """Shape and rate."""
    if isinstance(prior, Gamma):
        return _numbers(prior.shape, prior.rate)
    if isinstance(prior, Flat):
        return _numbers(1.0, 0.0)
    law = _Scipy.of(prior)
    if law is None or not law.begins_at_0:
        return None
    scale = law.given["scale"]
    match law.name:
        case "gamma":
            return _numbers(law.given["a"], 1 / scale)
        case "expon":
            return _numbers(1.0, 1 / scale)
        case "chi2":
            return _numbers(law.given["df"] / 2, 0.5 / scale)
    return None


def as_inverse_gamma(prior: Any) -> Pair | None:
    """Shape and scale."""
    if isinstance(prior, InverseGamma):
        return _numbers(prior.shape, prior.scale)
    if isinstance(prior, InverseWishart):  # of one variance
        return _numbers(0.5 * prior.degrees(1), 0.5 * np.asarray(prior.scale, dtype=float))
    law = _Scipy.of(prior)
    if law is None or not law.begins_at_0 or law.name != "invgamma":
        return None
    return _numbers(law.given["a"], law.given["scale"])


def as_beta(prior: Any) -> Pair | None:
    """Both shapes."""
    if isinstance(prior, Beta):
        return _numbers(prior.alpha, prior.beta)
    if isinstance(prior, Flat) or (isinstance(prior, Even) and not prior.event_ndim):
        return _numbers(1.0, 1.0)
    law = _Scipy.of(prior)
    if law is None or not law.begins_at_0 or not np.all(law.given["scale"] == 1):
        return None
    match law.name:
        case "beta":
            return _numbers(law.given["a"], law.given["b"])
        case "uniform":
            return _numbers(1.0, 1.0)
    return None


def as_dirichlet(prior: Any) -> Array | None:
    """Concentrations."""
    if isinstance(prior, Dirichlet | OnSimplex):
        return np.asarray(prior.concentrations, dtype=float)
    if isinstance(prior, Flat) or (isinstance(prior, Even) and prior.event_ndim == 1):
        return np.ones(())
    return None


def as_inverse_wishart(prior: Any, d: int) -> tuple[float, Array] | None:
    """Degrees of freedom, and scale (d, d)."""
    if not isinstance(prior, InverseWishart):
        return None
    return prior.degrees(d), prior.matrix(d)


def as_normal(prior: Any, d: int) -> Pair | None:
    """Mean (..., d) and covariance (..., d, d) that does not depend on other parameters.

    An infinite covariance is of a flat prior.
    """
    if isinstance(prior, Flat):
        return np.zeros(d), np.full((d, d), np.inf)
    if isinstance(prior, Normal):
        shape = np.broadcast_shapes(np.shape(prior.mean), np.shape(prior.sd), (d,))
        shape = shape[1:] if len(shape) == 3 and shape[0] == 1 else shape  # of one batch
        mean, sd = (np.broadcast_to(v, (1, *shape))[0] for v in (prior.mean, prior.sd))
        return mean, np.square(sd)[..., None] * np.eye(d)
    cov = getattr(prior, "cov", None)
    if isinstance(cov, np.ndarray) and type(prior).__name__ == "multivariate_normal_frozen":
        return np.broadcast_to(prior.mean, (d,)), np.broadcast_to(cov, (d, d))
    return None


class _Scipy(NamedTuple):
    """A frozen law of scipy by its name and numbers."""

    name: str
    given: Mapping[str, Array]

    @classmethod
    def of(cls, law: Any) -> _Scipy | None:
        """None where it is no such law."""
        if not hasattr(law, "dist") or not hasattr(law, "kwds"):
            return None
        shapes = [name.strip() for name in (law.dist.shapes or "").split(",") if name.strip()]
        given = dict(zip([*shapes, "loc", "scale"], law.args, strict=False)) | law.kwds
        whole = {"loc": 0.0, "scale": 1.0, **given}
        return cls(law.dist.name, {name: np.asarray(v, dtype=float) for name, v in whole.items()})

    @property
    def begins_at_0(self) -> bool:
        return bool(np.all(self.given["loc"] == 0))


def _within(density: Any) -> Any:
    """What a density was made of."""
    if isinstance(density, Frozen):
        return density.law
    return getattr(density, "prior", density)


def _numbers(*values: Any) -> Any:
    return tuple(np.asarray(value, dtype=float) for value in values)
