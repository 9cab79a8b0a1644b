"""Densities of probabilities and positive numbers, as if rows had been seen before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from skmixture.numerics.special import deviance, saddle
from skmixture.priors.prior import Array, Prior

__all__ = [
    "Beta",
    "Dirichlet",
    "Gamma",
    "InverseGamma",
    "gamma_density",
]

TINY = np.finfo(float).tiny


@dataclass(frozen=True, eq=False)
class Dirichlet(Prior):
    """Of probabilities: density in proportion to ``prod p_k^(concentration_k - 1)``.

    As if each outcome had been seen ``concentration - 1`` times. At least 1,
    lest the maximum be at the edge.

    Parameters
    ----------
    concentrations : array-like, broadcastable to the probabilities

    Examples
    --------
    >>> from skmixture import MultinomialMixture
    >>> from skmixture.priors import Dirichlet
    >>> model = MultinomialMixture(prior={"probs": Dirichlet(2.0)})  # each outcome once more
    >>> model.fit([[3, 0, 2]]).probs_
    array([[0.5  , 0.125, 0.375]])
    """

    concentrations: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {"concentrations": 1.0}

    def log_density(self, value: Array) -> Array:
        a = np.broadcast_to(self._numbers("concentrations"), value.shape)
        total = a.sum(axis=-1, keepdims=True)
        parts = gamma_density(a, total * value, value).sum(axis=-1)
        return parts + (saddle(total) - np.log(total))[..., 0]

    def pseudo(self) -> tuple[Array, ...]:
        return (self._numbers("concentrations") - 1,)


@dataclass(frozen=True, eq=False)
class Beta(Prior):
    """Of a probability: density in proportion to ``p^(alpha - 1) (1 - p)^(beta - 1)``.

    As if ``alpha - 1`` successes and ``beta - 1`` failures had been seen.

    Parameters
    ----------
    alpha, beta : array-like, broadcastable to the parameter

    Examples
    --------
    >>> from skmixture import BernoulliMixture
    >>> from skmixture.priors import Beta
    >>> BernoulliMixture(prior={"probs": Beta(2, 2)}).fit([[1], [1], [1]]).probs_
    array([[0.8]])
    """

    alpha: ArrayLike = 1.0
    beta: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {"alpha": 1.0, "beta": 1.0}

    def log_density(self, value: Array) -> Array:
        a, b = self._numbers("alpha"), self._numbers("beta")
        total, rest = a + b, 1 - value
        parts = gamma_density(a, total * value, value) + gamma_density(b, total * rest, rest)
        return parts + saddle(total) - np.log(total)

    def pseudo(self) -> tuple[Array, ...]:
        return self._numbers("alpha") - 1, self._numbers("beta") - 1


@dataclass(frozen=True, eq=False)
class Gamma(Prior):
    """Of a positive parameter: density in proportion to ``x^(shape - 1) exp(-rate x)``.

    Of a Poisson law's rate it is as if a sum of ``shape - 1`` had come from
    ``rate`` rows. Its mode is ``(shape - 1) / rate``.

    Parameters
    ----------
    shape, rate : array-like, broadcastable to the parameter

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.priors import Gamma
    >>> PoissonMixture(prior={"rates": Gamma(2, 1)}).fit([[0], [0], [0]]).rates_
    array([[0.25]])
    """

    shape: ArrayLike = 1.0
    rate: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {"shape": 1.0, "rate": np.finfo(float).tiny}

    def log_density(self, value: Array) -> Array:
        a, b = self._numbers("shape"), self._numbers("rate")
        return gamma_density(a, b * value, value)

    def pseudo(self) -> tuple[Array, ...]:
        return self._numbers("shape") - 1, self._numbers("rate")

    def per(self, unit: Array | float) -> Self:
        return replace(self, rate=self._numbers("rate") * unit)

    def slope(self, value: Array) -> Array:
        return self._numbers("shape") - 1 - self._numbers("rate") * value


@dataclass(frozen=True, eq=False)
class InverseGamma(Prior):
    """Of a scale: density in proportion to ``x^-(shape + 1) exp(-scale / x)``.

    Of an exponential law it is as if a sum of ``scale`` had come from
    ``shape + 1`` rows. Its mode is ``scale / (shape + 1)``.

    Parameters
    ----------
    shape, scale : array-like, broadcastable to the parameter

    Examples
    --------
    >>> from skmixture import ExponentialMixture
    >>> from skmixture.priors import InverseGamma
    >>> ExponentialMixture(prior={"scales": InverseGamma(1, 6)}).fit([[1.0], [3.0]]).scales_
    array([[2.5]])
    """

    shape: ArrayLike = 1.0
    scale: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {
        "shape": np.finfo(float).tiny,
        "scale": np.finfo(float).tiny,
    }

    def log_density(self, value: Array) -> Array:
        a, b = self._numbers("shape"), self._numbers("scale")
        return gamma_density(a, b / value, value)

    def pseudo(self) -> tuple[Array, ...]:
        return self._numbers("scale"), self._numbers("shape") + 1

    def per(self, unit: Array | float) -> Self:
        return replace(self, scale=self._numbers("scale") / unit)

    def slope(self, value: Array) -> Array:
        return self._numbers("scale") / value - self._numbers("shape") - 1


def gamma_density(shape: Array, x: Array, value: Array | float) -> Array:
    """``shape log x - x - log G(shape) - log(value)``, in which nothing cancels.

    After Loader (2000), "Fast and accurate computation of binomial
    probabilities": strong priors have large numbers, and small densities.
    """
    x, value = np.maximum(x, TINY), np.maximum(value, TINY)
    return np.log(shape) - saddle(shape) - deviance(shape, x) - np.log(value)
