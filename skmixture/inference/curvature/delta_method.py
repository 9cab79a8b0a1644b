"""The delta method: from the covariance of free coordinates to standard errors of anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.inference.curvature.inverse import Inverse
from skmixture.inference.likelihood.chart import Chart
from skmixture.inference.likelihood.differences import jacobian

__all__ = ["StandardErrors", "by_delta_method"]

Array = NDArray[np.floating]

# Steps in standard errors, but no longer than this in logarithms, and how often they are halved.
DELTA, LONGEST, LEVELS = 0.2, 0.1, 4


@dataclass(frozen=True, repr=False, eq=False)
class StandardErrors(Mapping[str, Array]):
    """Standard errors by name, and the covariance that they come from.

    A mapping: "weights" and each parameter, and what is derived of them, such
    as the burst sizes of a negative binomial; with strata "strata_weights" as
    well. Held values have 0, tied ones the same in all components, and what
    the rows do not tell is NaN.

    Attributes
    ----------
    names : list of str
        What each of the p free coordinates is.
    estimate : ndarray of shape (p,)
        The fit in these coordinates.
    covariance : ndarray of shape (p, p)
        Of the estimate; NaN where it cannot be told.
    information : ndarray of shape (p, p)
        What was inverted.
    positive_definite : bool
        Whether the information is, so that everything is told.
    condition : float
        Ratio of the largest to the smallest eigenvalue of the information
        scaled to ones on its diagonal; infinite where it is not positive.
    kind : str

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import standard_errors
    >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
    >>> found = standard_errors(PoissonMixture().fit(X), X)
    >>> found["rates"].round(3)
    array([[0.433]])
    """

    names: list[str]
    estimate: Array
    covariance: Array
    information: Array
    positive_definite: bool
    condition: float
    kind: str
    _errors: Mapping[str, Array]
    _chart: Chart
    _inverse: Inverse
    _middle: Array | None
    _unit: float

    def __getitem__(self, name: str) -> Array:
        if name not in self._errors:
            raise KeyError(f"{name!r} is none of {list(self._errors)}")
        return self._errors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._errors)

    def __len__(self) -> int:
        return len(self._errors)

    def __repr__(self) -> str:
        told = "" if self.positive_definite else ", not positive definite"
        return f"<StandardErrors ({self.kind}{told}) of {', '.join(self)}>"

    @property
    def errors(self) -> Array:
        """Standard errors (p,) of the free coordinates."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance)))

    def of(self, function: Callable[[dict[str, Array]], ArrayLike]) -> Array:
        """Standard errors of a function of the parameters, by the delta method.

        Parameters
        ----------
        function : callable
            Takes a dict of arrays, as `keys` names them, in published shapes
            and the user's units, and returns a number or an array. It is
            differentiated by extrapolated differences, so it must be smooth.

        Returns
        -------
        ndarray of the shape of what the function returns
            NaN where it depends on what the rows do not tell.

        Examples
        --------
        >>> from skmixture import PoissonMixture
        >>> from skmixture.inference import standard_errors
        >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
        >>> se = standard_errors(PoissonMixture().fit(X), X)
        >>> float(se.of(lambda params: params["rates"][0, 0] ** 2).round(4))
        1.299
        """
        chart = self._chart
        shape = np.shape(function(chart.published(chart.origin)))

        def values(y: Array) -> Array:
            rows = [np.asarray(function(chart.published(point)), dtype=float) for point in y]
            return np.stack([row.reshape(-1) for row in rows])

        slopes = _slopes(chart, self._inverse, values)
        found = _covariance(self._inverse, slopes, self._middle, self._unit)
        return np.sqrt(np.diagonal(found)).reshape(shape)


def by_delta_method(
    chart: Chart, inverse: Inverse, middle: Array | None, kind: str, unit: float
) -> StandardErrors:
    """Standard errors of everything published, from an inverse in the chart's coordinates.

    `middle` (p, p) is that of a sandwich; each row stands for `unit` of the user's.
    """
    named = chart.natural(chart.origin[None])[1]
    slopes = _slopes(chart, inverse, lambda y: chart.natural(y)[0])
    variance = np.diagonal(_covariance(inverse, slopes, middle, unit))
    errors = chart.units * np.sqrt(variance)
    if not inverse.told.all():  # next to an edge a slope may have vanished
        errors[chart.free & (slopes == 0).all(axis=1)] = np.nan
    ends = np.cumsum([int(np.prod(shape)) for _, shape in named])[:-1]
    parts = zip(named, np.split(errors, ends), strict=True)
    by_name = {name: part.reshape(shape) for (name, shape), part in parts}
    own = _covariance(inverse, np.eye(chart.size), middle, unit)
    result = StandardErrors(
        chart.names,
        chart.estimate,
        own * chart.slopes * chart.slopes[:, None],
        inverse.matrix * unit / (chart.slopes * chart.slopes[:, None]),
        bool(inverse.told.all()),
        inverse.condition,
        kind,
        by_name,
        chart,
        inverse,
        middle,
        unit,
    )
    derived = [
        name
        for name, value in chart.published(chart.origin).items()
        if name not in by_name and isinstance(value, np.ndarray) and value.dtype.kind == "f"
    ]
    by_name.update({name: result.of(itemgetter(name)) for name in derived})
    return result


def _covariance(inverse: Inverse, slopes: Array, middle: Array | None, unit: float) -> Array:
    """That of values with derivatives (m, p), for rows that each stand for `unit` of the user's."""
    return inverse.covariance(slopes, middle) / unit


def _slopes(chart: Chart, inverse: Inverse, function: Callable[[Array], Array]) -> Array:
    """Derivatives (m, p) of a function of the chart's coordinates."""
    steps = np.minimum(DELTA * inverse.scale, LONGEST)
    found = jacobian(function, chart.origin, steps, LEVELS).value
    if not np.isfinite(found).all():
        raise ValueError(
            "the function of the parameters is not finite about the fit, so it has no slope there"
        )
    return found
