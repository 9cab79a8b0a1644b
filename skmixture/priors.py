"""Priors on parameters: a fit then maximises the posterior density.

A prior that is conjugate to its law acts as rows that were seen before: its
numbers join the sums of the M-step. Others join the equations that the M-step
solves. The densities are those of the parameters as the estimator shows them,
with no Jacobian of any transform, and the maximum is that of log-likelihood
plus log density.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.special import deviance, saddle

__all__ = [
    "Beta",
    "Dirichlet",
    "FromScipy",
    "Gamma",
    "InverseGamma",
    "InverseWishart",
    "Normal",
    "Prior",
]

Array = NDArray[np.floating]
TINY = np.finfo(float).tiny


@dataclass(frozen=True, eq=False)
class Prior(ABC):
    """A density of one component's value of a parameter."""

    least: ClassVar[Mapping[str, float]]  # what each number of the prior may be at least

    @abstractmethod
    def log_density(self, value: Array) -> Array:
        """Log density of values, each number or each trailing event by itself."""

    def pseudo(self) -> tuple[Array, ...]:
        """What joins the sums of the M-step, in the order that the law expects."""
        raise NotImplementedError

    def per(self, unit: Array | float) -> Self:
        """The prior of a positive parameter as it is in other units."""
        raise NotImplementedError(f"{type(self).__name__} has no unit")

    def slope(self, value: Array) -> Array:
        """Derivative of the log density by the logarithm of a positive value."""
        raise NotImplementedError(f"{type(self).__name__} has no slope by logarithms")

    def of_column(self, j: int, n_features: int) -> Self:
        """The prior of one column, where numbers are given by column."""
        given = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        return replace(
            self, **{name: _of_column(value, j, n_features) for name, value in given.items()}
        )

    def check(self, where: str) -> None:
        """Raise a ValueError that names the number of the prior that is unfit."""
        for name in (field.name for field in fields(self)):
            given = getattr(self, name)
            try:
                value = np.asarray(given, dtype=float)
            except (TypeError, ValueError):
                raise ValueError(f"{where}.{name} must be numbers, got {given!r}") from None
            least = self.least.get(name, -np.inf)
            if not (np.isfinite(value) & (value >= least)).all():
                bound = "finite" if least == -np.inf else f"finite and at least {least:g}"
                raise ValueError(f"{where}.{name} must be {bound}, got {given!r}")

    def check_shape(self, where: str, shape: tuple[int, ...]) -> None:
        """Raise a ValueError unless the numbers broadcast to all components' values."""
        for name in (field.name for field in fields(self)):
            given = np.shape(getattr(self, name))
            ends = zip(given[::-1], shape[::-1], strict=False)
            if len(given) > len(shape) or any(own not in (1, size) for own, size in ends):
                raise ValueError(
                    f"{where}.{name} must be a number or broadcast to shape {shape}, that of the "
                    f"parameter, got shape {given}"
                )

    def _numbers(self, name: str) -> Array:
        return np.asarray(getattr(self, name), dtype=float)


@dataclass(frozen=True, eq=False)
class Dirichlet(Prior):
    """Of probabilities: density in proportion to ``prod p_k^(concentration_k - 1)``.

    As if each outcome had been seen ``concentration - 1`` times. At least 1,
    lest the maximum be at the edge.

    Parameters
    ----------
    concentrations : array-like, broadcastable to the probabilities
    """

    concentrations: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {"concentrations": 1.0}

    def log_density(self, value: Array) -> Array:
        a = np.broadcast_to(self._numbers("concentrations"), value.shape)
        total = a.sum(axis=-1, keepdims=True)
        parts = _gamma_density(a, total * value, value).sum(axis=-1)
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
    """

    alpha: ArrayLike = 1.0
    beta: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {"alpha": 1.0, "beta": 1.0}

    def log_density(self, value: Array) -> Array:
        a, b = self._numbers("alpha"), self._numbers("beta")
        total, rest = a + b, 1 - value
        parts = _gamma_density(a, total * value, value) + _gamma_density(b, total * rest, rest)
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
    """

    shape: ArrayLike = 1.0
    rate: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {"shape": 1.0, "rate": np.finfo(float).tiny}

    def log_density(self, value: Array) -> Array:
        a, b = self._numbers("shape"), self._numbers("rate")
        return _gamma_density(a, b * value, value)

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
    """

    shape: ArrayLike = 1.0
    scale: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {
        "shape": np.finfo(float).tiny,
        "scale": np.finfo(float).tiny,
    }

    def log_density(self, value: Array) -> Array:
        a, b = self._numbers("shape"), self._numbers("scale")
        return _gamma_density(a, b / value, value)

    def pseudo(self) -> tuple[Array, ...]:
        return self._numbers("scale"), self._numbers("shape") + 1

    def per(self, unit: Array | float) -> Self:
        return replace(self, scale=self._numbers("scale") / unit)

    def slope(self, value: Array) -> Array:
        return self._numbers("scale") / value - self._numbers("shape") - 1


@dataclass(frozen=True, eq=False)
class Normal(Prior):
    """Of a mean, given the covariance C: normal about `mean` with covariance ``C / strength``.

    As if `strength` rows had been seen at `mean`.

    Parameters
    ----------
    mean : array-like, broadcastable to the means
    strength : float
        Above 0.
    """

    mean: ArrayLike = 0.0
    strength: float = 0.01
    least: ClassVar[Mapping[str, float]] = {"strength": np.finfo(float).tiny}

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
    """

    dof: float | None = None
    scale: ArrayLike = 1.0
    least: ClassVar[Mapping[str, float]] = {"dof": 0.0}

    def degrees(self, d: int) -> float:
        """The degrees of freedom, of matrices (d, d)."""
        return d + 2.0 if self.dof is None else float(self.dof)

    def check(self, where: str) -> None:
        Prior.check(replace(self, dof=self.degrees(1)) if self.dof is None else self, where)

    def log_density(self, value: Array) -> Array:
        """Of matrices (..., d, d)."""
        d = value.shape[-1]
        root = np.linalg.cholesky(self.matrix(d))
        # the eigenvalues of S inv(C), halved, as if each were a gamma variable
        halves = 0.5 * np.linalg.eigvalsh(root.T @ np.linalg.solve(value, root))
        shapes = 0.5 * (self.degrees(d) - np.arange(d))
        parts = _gamma_density(shapes, halves, 1.0) + 0.5 * np.arange(d) * np.log(halves)
        log_det = np.linalg.slogdet(value)[1]
        return parts.sum(axis=-1) - 0.25 * d * (d - 1) * np.log(np.pi) - 0.5 * (d + 1) * log_det

    def matrix(self, d: int) -> Array:
        """The scale (d, d)."""
        scale = self._numbers("scale")
        return scale if scale.ndim == 2 else scale * np.eye(d)


@dataclass(frozen=True, eq=False)
class FromScipy(Prior):
    """Of a parameter of :class:`skmixture.families.FromScipy`: any density of `scipy.stats`.

    Parameters
    ----------
    distribution : frozen scipy.stats distribution
        Such as ``scipy.stats.gamma(2.0, scale=3.0)``; continuous, and positive
        wherever a start may lie.
    """

    distribution: Any = None
    least: ClassVar[Mapping[str, float]] = {}

    def log_density(self, value: Array) -> Array:
        return np.asarray(self.distribution.logpdf(value))

    def check(self, where: str) -> None:
        law = self.distribution
        if not all(hasattr(law, name) for name in ("logpdf", "args", "kwds")):
            raise ValueError(
                f"{where}.distribution must be a frozen continuous distribution of scipy.stats, "
                f"such as stats.gamma(2.0), got {law!r}"
            )

    def check_shape(self, where: str, shape: tuple[int, ...]) -> None:
        given = np.shape(self.log_density(np.ones(1)))
        if np.broadcast_shapes(given, shape) != shape:
            raise ValueError(f"{where}.distribution has shape {given}, the parameter {shape}")

    def of_column(self, j: int, n_features: int) -> Self:
        law = self.distribution
        args = [_of_column(np.asarray(value), j, n_features) for value in law.args]
        keywords = {
            name: _of_column(np.asarray(value), j, n_features) for name, value in law.kwds.items()
        }
        return replace(self, distribution=law.dist(*args, **keywords))


def _of_column(value: Array, j: int, n_features: int) -> Array:
    """A number, or that of one column where there is one for each."""
    return value[..., j : j + 1] if value.ndim and value.shape[-1] == n_features else value


def _gamma_density(shape: Array, x: Array, value: Array | float) -> Array:
    """``shape log x - x - log G(shape) - log(value)``, in which nothing cancels.

    After Loader (2000), "Fast and accurate computation of binomial
    probabilities": strong priors have large numbers, and small densities.
    """
    x, value = np.maximum(x, TINY), np.maximum(value, TINY)
    return np.log(shape) - saddle(shape) - deviance(shape, x) - np.log(value)
