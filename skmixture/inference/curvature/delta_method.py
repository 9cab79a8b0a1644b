"""The delta method: from the covariance of free coordinates to standard errors of anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.inference.curvature.inverse import Inverse
from skmixture.inference.likelihood.chart import Chart
from skmixture.inference.likelihood.differences import jacobian

__all__ = ["DeltaMethod"]

Array = NDArray[np.floating]

# Steps in standard errors, but no longer than this in logarithms, and how often they are halved.
DELTA, LONGEST, LEVELS = 0.2, 0.1, 4


class DeltaMethod(NamedTuple):
    """Covariances of what depends on the free coordinates of a fit.

    Attributes
    ----------
    chart : Chart
    inverse : Inverse
        Of the information in the coordinates of the chart.
    middle : ndarray of shape (p, p) or None
        That of a sandwich.
    unit : float
        How many of the user's rows each row stands for.
    """

    chart: Chart
    inverse: Inverse
    middle: Array | None
    unit: float

    def of(self, function: Callable[[dict[str, Array]], ArrayLike]) -> Array:
        """Standard errors of a function of what is published, in the shape that it returns."""
        chart = self.chart
        shape = np.shape(function(chart.published(chart.origin)))

        def values(y: Array) -> Array:
            rows = [np.asarray(function(chart.published(point)), dtype=float) for point in y]
            return np.stack([row.reshape(-1) for row in rows])

        found = self.covariance(self.slopes(values))
        return np.sqrt(np.diagonal(found)).reshape(shape)

    def of_natural(self) -> dict[str, Array]:
        """Standard errors of weights and parameters by name, in published shapes."""
        chart = self.chart
        named = chart.natural(chart.origin[None])[1]
        slopes = self.slopes(lambda y: chart.natural(y)[0])
        errors = chart.units * np.sqrt(np.diagonal(self.covariance(slopes)))
        if not self.inverse.told.all():  # next to an edge a slope may have vanished
            errors[chart.free & (slopes == 0).all(axis=1)] = np.nan
        ends = np.cumsum([int(np.prod(shape)) for _, shape in named])[:-1]
        parts = zip(named, np.split(errors, ends), strict=True)
        return {name: part.reshape(shape) for (name, shape), part in parts}

    def covariance(self, slopes: Array) -> Array:
        """Covariance (m, m) of values with derivatives (m, p)."""
        return self.inverse.covariance(slopes, self.middle) / self.unit

    def slopes(self, function: Callable[[Array], Array]) -> Array:
        """Derivatives (m, p) of a function of the chart's coordinates."""
        chart = self.chart
        steps = np.minimum(DELTA * self.inverse.scale, LONGEST * chart.lengths)
        found = jacobian(function, chart.origin, steps, LEVELS).value
        if not np.isfinite(found).all():
            raise ValueError(
                "the function of the parameters is not finite about the fit, so it has no slope "
                "there"
            )
        return found
