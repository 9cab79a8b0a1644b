"""Densities of a parameter's values, whoever wrote them, behind one face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from skmixture.inference.posterior.beliefs.words import about, shown
from skmixture.priors import Beta, Gamma, InverseGamma, Prior
from skmixture.transforms import Simplex, Sphere, Transform

__all__ = [
    "Callback",
    "Density",
    "Even",
    "Flat",
    "Frozen",
    "Normal",
    "OfPrior",
    "OnCoordinates",
    "OnSimplex",
    "summed",
]

Array = NDArray[np.floating]

LOG_ROOT = 0.5 * float(np.log(2 * np.pi))


class Density(Protocol):
    """A density of the values of one parameter."""

    @property
    def proper(self) -> bool:
        """Whether it integrates to a number."""

    def log_density(self, values: Array) -> Array:
        """Log densities of values (B, K, ...): by number, by event, or (B,) of all."""


@dataclass(frozen=True)
class Flat:
    """The same everywhere, which is no probability on an unbounded range."""

    proper: bool = False

    def log_density(self, values: Array) -> Array:
        return np.zeros(len(values))

    def __str__(self) -> str:
        return "flat"


@dataclass(frozen=True)
class Even:
    """Uniform on a bounded set, given the logarithm of its size by value."""

    log_size: Any
    event_ndim: int = 0
    proper: bool = True

    @classmethod
    def on(cls, transform: Transform, event_shape: tuple[int, ...]) -> Even:
        """On what a transform maps to, where that is bounded."""
        match transform:
            case Simplex():
                sizes = getattr(transform, "sizes", np.array(event_shape[-1]))
                return cls(-gammaln(sizes), 1)
            case Sphere():
                half = event_shape[-1] / 2
                return cls(float(np.log(2) + half * np.log(np.pi) - gammaln(half)), 1)
        ends = getattr(transform, "low", np.nan), getattr(transform, "high", np.nan)
        return cls(np.log(np.subtract(ends[1], ends[0])))

    def log_density(self, values: Array) -> Array:
        return -np.broadcast_to(self.log_size, values.shape[: values.ndim - self.event_ndim])

    def __str__(self) -> str:
        return "uniform"


@dataclass(frozen=True)
class OnCoordinates:
    """Normal on the coordinates of a transform: log-normal, where that is the logarithm."""

    transform: Transform
    mean: Array
    sd: float
    proper: bool = True

    def log_density(self, values: Array) -> Array:
        z = self.transform.unconstrain(values)
        here = -0.5 * np.square((z - self.mean) / self.sd) - np.log(self.sd) - LOG_ROOT
        if self.transform.event_ndim:
            here = here.sum(axis=-1)
        return np.asarray(here - self.transform.log_jacobian(z))

    def __str__(self) -> str:
        return about(self.transform, self.transform.constrain(np.asarray(self.mean)), self.sd)


@dataclass(frozen=True)
class OnSimplex:
    """Dirichlet, with concentrations of any size; `present` says what cells of a table are."""

    concentrations: Array
    present: NDArray[np.bool_] | None = None
    proper: bool = True
    _levels: dict[int, Array] = field(default_factory=dict, init=False, repr=False, compare=False)

    def log_density(self, values: Array) -> Array:
        level = self._level(values.shape[-1])
        if self._even:
            return np.broadcast_to(level, values.shape[:-1])
        present = np.asarray(True if self.present is None else self.present)
        a = np.where(present, self.concentrations, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            powers = np.where(present & (a != 1), (a - 1) * np.log(values), 0.0)
        return np.asarray(powers.sum(axis=-1) + level)

    @cached_property
    def _even(self) -> bool:
        return bool((self.concentrations == 1).all())

    def _level(self, n: int) -> Array:
        """Logs of what densities of n cells are divided by; worked out once, for walkers ask on."""
        if n not in self._levels:
            a = np.where(True if self.present is None else self.present, self.concentrations, 0.0)
            a = np.broadcast_to(a, (*a.shape[:-1], n))
            whole, by_cell = gammaln(a.sum(axis=-1)), np.where(a > 0, gammaln(a), 0.0)
            self._levels[n] = whole - by_cell.sum(axis=-1)
        return self._levels[n]

    def __str__(self) -> str:
        return f"Dirichlet({shown(self.concentrations)})"


@dataclass(frozen=True)
class Normal:
    """Normal by number: quicker than scipy's."""

    mean: Array
    sd: Array
    proper: bool = True

    def log_density(self, values: Array) -> Array:
        return np.asarray(
            -0.5 * np.square((values - self.mean) / self.sd) - np.log(self.sd) - LOG_ROOT
        )

    def __str__(self) -> str:
        return f"norm({shown(self.mean)}, {shown(self.sd)})"


@dataclass(frozen=True)
class Frozen:
    """A frozen distribution of scipy, of numbers or of the last `event_ndim` axes."""

    law: Any
    event_ndim: int = 0
    proper: bool = True

    def log_density(self, values: Array) -> Array:
        if self.event_ndim == 0:
            return np.asarray(self.law.logpdf(values))
        if self.event_ndim == 1:  # of which scipy leaves axes of length 1 out
            return np.reshape(self.law.logpdf(values), values.shape[:-1])
        flat = values.reshape(-1, *values.shape[-self.event_ndim :])
        found = [self.law.logpdf(value) for value in flat]
        return np.reshape(found, values.shape[: -self.event_ndim])

    def __str__(self) -> str:
        return shown(self.law)


@dataclass(frozen=True)
class OfPrior:
    """A prior of this package."""

    prior: Prior
    proper: bool = True

    def log_density(self, values: Array) -> Array:
        found = self.prior.log_density(values)
        match self.prior:
            case Gamma() | InverseGamma():
                return np.where(values > 0, found, -np.inf)
            case Beta():
                return np.where((values > 0) & (values < 1), found, -np.inf)
        return found

    def __str__(self) -> str:
        return shown(self.prior)


@dataclass(frozen=True)
class Callback:
    """A log density that the user writes, vectorised over the first axis."""

    function: Callable[[Array], Any]
    proper: bool = True

    def log_density(self, values: Array) -> Array:
        found = np.asarray(self.function(values), dtype=float)
        if found.ndim == 0 or len(found) != len(values):
            raise ValueError(
                f"a prior that is a function must return log densities for each of "
                f"{len(values)} draws along the first axis, got shape {found.shape}"
            )
        return found.reshape(len(values), -1).sum(axis=1)

    def __str__(self) -> str:
        return shown(self.function)


def summed(found: Array, shape: tuple[int, ...], free: NDArray[np.bool_]) -> Array:
    """Log densities added up (B,) over what is free.

    Parameters
    ----------
    found : ndarray
        By number, shape (B, K, ...); by event, with fewer axes; or of all, (B,).
    shape : tuple of int
        That of the values, (B, K, ...).
    free : ndarray of bool of shape (K or 1, ...)
        By number, or by event.

    Raises
    ------
    ValueError
        Where log densities are not of these values.
    """
    if found.ndim == 1:
        return found
    while free.ndim > found.ndim - 1:  # an event is free as a whole
        free = np.asarray(free.any(axis=-1))
    if found.shape != shape[: found.ndim]:
        raise ValueError(f"its log densities have shape {found.shape[1:]}")
    return np.asarray(np.where(free, found, 0.0).reshape(shape[0], -1).sum(axis=1))
