"""Any density of `scipy.stats`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from skmixture.priors.prior import Array, Prior, of_column

__all__ = [
    "FromScipy",
]


@dataclass(frozen=True, eq=False)
class FromScipy(Prior):
    """Of a parameter of :class:`skmixture.families.FromScipy`: any density of `scipy.stats`.

    Parameters
    ----------
    distribution : frozen scipy.stats distribution
        Such as ``scipy.stats.gamma(2.0, scale=3.0)``; continuous, and positive
        wherever a start may lie.

    Examples
    --------
    >>> from scipy import stats
    >>> from skmixture import FromScipyMixture
    >>> from skmixture.priors import FromScipy
    >>> prior = {"loc": FromScipy(stats.norm(0.0, 1.0))}
    >>> model = FromScipyMixture(stats.norm, fixed={"scale": 1.0}, prior=prior)
    >>> model.fit([[3.0], [3.0], [3.0]]).loc_.round(3)
    array([[2.25]])
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
        args = [of_column(np.asarray(value), j, n_features) for value in law.args]
        keywords = {
            name: of_column(np.asarray(value), j, n_features) for name, value in law.kwds.items()
        }
        return replace(self, distribution=law.dist(*args, **keywords))
