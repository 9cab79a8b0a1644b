"""What every prior does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Array",
    "Prior",
    "of_column",
]

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Prior(ABC):
    """A density of one component's value of a parameter.

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.priors import Gamma, Prior
    >>> issubclass(Gamma, Prior)
    True
    >>> PoissonMixture(prior={"rates": Gamma(2, 1)}).fit([[3], [4]]).rates_
    array([[2.66666667]])
    """

    least: ClassVar[Mapping[str, float]]  # what each number of the prior may be at least

    @abstractmethod
    def log_density(self, value: Array) -> Array:
        """Log density of values, each number or each trailing event by itself.

        Parameters
        ----------
        value : ndarray of shape (..., event)

        Returns
        -------
        ndarray of shape (...,)
            Constants included.
        """

    def pseudo(self) -> tuple[Array, ...]:
        """What joins the sums of the M-step, in the order that the law expects.

        Returns
        -------
        tuple of ndarray

        Raises
        ------
        NotImplementedError
            Where the prior is not conjugate to any law.
        """
        raise NotImplementedError

    def per(self, unit: Array | float) -> Self:
        """The prior of a positive parameter as it is in other units.

        Parameters
        ----------
        unit : float or ndarray

        Returns
        -------
        Prior

        Raises
        ------
        NotImplementedError
            Where its parameter has no unit.
        """
        raise NotImplementedError(f"{type(self).__name__} has no unit")

    def slope(self, value: Array) -> Array:
        """Derivative of the log density by the logarithm of a positive value.

        Parameters
        ----------
        value : ndarray

        Returns
        -------
        ndarray of the same shape

        Raises
        ------
        NotImplementedError
            Where its parameter is not a positive number.
        """
        raise NotImplementedError(f"{type(self).__name__} has no slope by logarithms")

    def of_column(self, j: int, n_features: int) -> Self:
        """The prior of one column, where numbers are given by column.

        Parameters
        ----------
        j : int
        n_features : int

        Returns
        -------
        Prior
        """
        given = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        return replace(
            self, **{name: of_column(value, j, n_features) for name, value in given.items()}
        )

    def check(self, where: str) -> None:
        """Raise a ValueError that names the number of the prior that is unfit.

        Parameters
        ----------
        where : str
            How the message names the prior.

        Raises
        ------
        ValueError
        """
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
        """Raise a ValueError unless the numbers broadcast to all components' values.

        Parameters
        ----------
        where : str
            How the message names the prior.
        shape : tuple of int
            That of the parameter.

        Raises
        ------
        ValueError
        """
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


def of_column(value: Array, j: int, n_features: int) -> Array:
    """A number, or that of one column where there is one for each."""
    return value[..., j : j + 1] if value.ndim and value.shape[-1] == n_features else value
