"""The delta method: from the covariance of free coordinates to standard errors of anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from skmixture.inference.asked import (
    AS_IT_IS,
    Function,
    Scale,
    check_level,
    entries,
    mapped,
    scales_by_name,
)
from skmixture.inference.curvature.inverse import Inverse
from skmixture.inference.likelihood.chart import Chart
from skmixture.inference.likelihood.differences import jacobian

if TYPE_CHECKING:
    import pandas

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

    def confidence_interval(
        self, level: float = 0.95, transform: Any = None, function: Function | None = None
    ) -> Any:
        """Wald intervals: so many standard errors to both sides, on a scale of your choice.

        Parameters
        ----------
        level : float, default=0.95
        transform : {None, "log", "logit"}, pair of callables, or mapping, optional
            The scale on which the estimate is taken for normal; a mapping has
            one by name. On ``"log"`` for what is positive, and ``"logit"`` for
            what lies between 0 and 1, intervals stay in the range.
        function : callable, optional
            Of a dict of the parameters, as `of` takes it.

        Returns
        -------
        dict of str to ndarray of shape (2, ...)
            The lower ends and the upper ones; NaN where there is no standard
            error. With a function it is an array (2, ...) of its own.

        Raises
        ------
        ValueError
            Where an option is unfit.

        Examples
        --------
        >>> from skmixture import PoissonMixture
        >>> from skmixture.inference import standard_errors
        >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
        >>> se = standard_errors(PoissonMixture().fit(X), X)
        >>> se.confidence_interval(transform={"rates": "log"})["rates"].round(3)[:, 0, 0]
        array([0.852, 2.641])
        """
        check_level(level)
        at, reach = self.estimates, float(ndtri((1 + level) / 2))
        if function is not None:
            scales = scales_by_name(transform, ["what function returns"], True)
            (scale,) = scales.values()
            return self._interval(function, scale, reach, "what function returns")
        scales = scales_by_name(transform, at, False)
        return {name: self._interval(itemgetter(name), scales[name], reach, name) for name in at}

    @property
    def estimates(self) -> dict[str, Array]:
        """The fit's own values, by the names of their standard errors."""
        fit = self._chart.published(self._chart.origin)
        return {name: np.asarray(fit[name], dtype=float) for name in self}

    def to_frame(self) -> pandas.DataFrame:
        """A row for each value, with its estimate and its standard error; needs pandas.

        Rows are named by the parameter and its place: ``means[0, 1]``.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas

        at, labels, table = self.estimates, [], []
        for name, errors in self.items():
            for place, label in entries(name, errors.shape):
                labels.append(label)
                table.append((at[name][place], errors[place]))
        return pandas.DataFrame(table, index=labels, columns=["estimate", "standard_error"])

    def _interval(self, function: Function, scale: Scale, reach: float, what: str) -> Array:
        """Ends (2, ...) for what a function makes of the parameters."""
        (estimate,) = mapped(function, [self._chart.published(self._chart.origin)])
        ends, known = np.stack([estimate, estimate]), self._errors.get(what)
        free = np.ones(estimate.shape, dtype=bool) if known is None else known != 0  # or held
        centre = scale.of(estimate[free], what)
        if scale is AS_IT_IS and known is not None:
            error = known[free]
        else:
            error = self._error_on(scale, lambda p: np.asarray(function(p))[free], what)
        with np.errstate(all="ignore"):
            found = scale.back(np.stack([centre - reach * error, centre + reach * error]))
        ends[:, free] = np.sort(found, axis=0)
        return ends

    def _error_on(self, scale: Scale, function: Function, what: str) -> Array:
        """Standard errors on a scale of what a function makes of the parameters."""
        try:
            with np.errstate(all="ignore"):
                return self.of(lambda p: scale.there(np.asarray(function(p), dtype=float)))
        except ValueError as error:
            raise ValueError(
                f"{scale.name} has no slope at {what}, which is too near to where it has no value: "
                "choose another scale"
            ) from error


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
    steps = np.minimum(DELTA * inverse.scale, LONGEST * chart.lengths)
    found = jacobian(function, chart.origin, steps, LEVELS).value
    if not np.isfinite(found).all():
        raise ValueError(
            "the function of the parameters is not finite about the fit, so it has no slope there"
        )
    return found
