"""What is believed of one parameter, by a density on some scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.posterior.beliefs.densities import Density, summed
from skmixture.inference.posterior.beliefs.derived import Derived
from skmixture.inference.posterior.beliefs.scales import SCALES, Scale
from skmixture.inference.posterior.beliefs.words import shown
from skmixture.law.family import Arrays
from skmixture.numerics.buffers import side_by_side

__all__ = ["Term"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Term:
    """The prior of one parameter, or of what is derived of one.

    Attributes
    ----------
    name : str
    density : Density
    scale : Scale
    free : ndarray of bool of shape (K or 1, ...)
        Which values it counts for.
    derived : Derived or None
        How the values follow from the parameters.
    """

    name: str
    density: Density
    scale: Scale
    free: NDArray[np.bool_]
    derived: Derived | None = None

    def __str__(self) -> str:
        if self.scale is SCALES["natural"]:
            return str(self.density)
        return f"{self.density} of {self.scale.name} {self.name}"

    def log_density(self, params: Arrays) -> Array:
        """Log density (B,) at parameters (B, K, ...) in the user's units."""
        slope: Array | float = 0.0
        if self.derived is None:
            values = params[self.name]
        else:
            values, slope = self.derived.of(params)
        values = side_by_side(values[:, : len(self.free)])  # one of those that are tied
        found = self.density.log_density(self.scale.there(values))
        stretch = self.scale.log_slope(values)
        total = summed(found, values.shape, self.free)
        if self.derived is not None:
            stretch = stretch + slope[:, : len(self.free)]  # type: ignore[index]
        elif self.scale is SCALES["natural"]:
            return total
        return total + summed(stretch, values.shape, self.free)

    def impossible(self, params: Arrays) -> str:
        """The prior and a value that it excludes; empty where there is none (a batch of one)."""
        with np.errstate(all="ignore"):
            if np.isfinite(self.log_density(params)[0]):
                return ""
            values = params[self.name] if self.derived is None else self.derived.of(params)[0]
            values = values[:, : len(self.free)]
            by_value = self.density.log_density(self.scale.there(values))
        amiss = np.argwhere(~np.isfinite(by_value))
        if by_value.ndim == 1 or not len(amiss):
            return f"{self} at {shown(values[0])}"
        place = tuple(amiss[0][1:].tolist())
        entry = f"{self.name}[{', '.join(map(str, place))}]"
        return f"{self} at {entry} = {shown(values[(0, *place)])}"
