"""What the curvature of the likelihood tells: standard errors, and intervals by them."""

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
    asked_by_name,
    check_level,
    entries,
    mapped,
    scale_of,
)
from skmixture.inference.curvature.delta_method import DeltaMethod
from skmixture.inference.curvature.wald import Support, wald_ends

if TYPE_CHECKING:
    import pandas

__all__ = ["StandardErrors"]

Array = NDArray[np.floating]

# What errors call the numbers that a function returns.
OF_FUNCTION = "what function returns"


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
    estimates : dict of str to ndarray
        The fit's own values, by the names of their standard errors.
    model : mixture
        The fit, as it then was.

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
    estimates: dict[str, Array]
    model: Any
    _errors: Mapping[str, Array]
    _supports: Mapping[str, Support]
    _delta: DeltaMethod

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
        return self._delta.of(function)

    def confidence_interval(
        self, level: float = 0.95, transform: Any = None, function: Function | None = None
    ) -> Any:
        """Wald intervals: so many standard errors to both sides, on a scale that suits.

        Parameters
        ----------
        level : float, default=0.95
        transform : str, pair of callables, or mapping, optional
            The scale on which the estimate is taken for normal: "identity",
            "log", "logit", "atanh", or functions there and back; a mapping has
            one by name. By default each number has its own, on which no end
            leaves the range of what it is: the logarithm of what is positive,
            the logit between two bounds, as of weights and probabilities. On
            "identity" both ends are equally far from the estimate.
        function : callable, optional
            Of a dict of the parameters, as `of` takes it. Nothing is known of
            its range, so "identity" is its default; "atanh" suits a correlation.

        Returns
        -------
        dict of str to ndarray of shape (2, ...)
            The lower ends and the upper ones; NaN where there is no standard
            error. With a function it is an array (2, ...) of its own.

        Raises
        ------
        ValueError
            Where an option is unfit.

        Notes
        -----
        An end of a covariance is a correlation of no more than 1 with the
        upper ends of its variances.

        Examples
        --------
        >>> from skmixture import PoissonMixture
        >>> from skmixture.inference import standard_errors
        >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
        >>> se = standard_errors(PoissonMixture().fit(X), X)
        >>> se.confidence_interval()["rates"].round(3)[:, 0, 0]  # on the logarithm
        array([0.852, 2.641])
        >>> se.confidence_interval(transform="identity")["rates"].round(3)[:, 0, 0]
        array([0.651, 2.349])
        """
        check_level(level)
        level = float(level)
        if function is not None:
            (asked,) = asked_by_name(transform, [OF_FUNCTION], True).values()
            return self._interval(function, scale_of(asked), level, OF_FUNCTION)
        return {
            name: wald_ends(self.estimates[name], error, self._supports[name], level)
            if asked is None
            else self._interval(itemgetter(name), scale_of(asked), level, name)
            for (name, error), asked in zip(
                self.items(), asked_by_name(transform, self, False).values(), strict=True
            )
        }

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

    def _interval(self, function: Function, scale: Scale, level: float, what: str) -> Array:
        """Ends (2, ...) for what a function makes of the parameters."""
        chart, reach = self._delta.chart, float(ndtri((1 + level) / 2))
        (estimate,) = mapped(function, [chart.published(chart.origin)])
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
