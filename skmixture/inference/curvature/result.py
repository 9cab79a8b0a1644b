"""What the curvature of the likelihood tells: standard errors, and intervals by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.inference.asked import (
    Function,
    asked_by_name,
    check_level,
    check_names,
    scale_of,
)
from skmixture.inference.curvature.delta_method import DeltaMethod
from skmixture.inference.curvature.wald import Support, ends_on_scale, wald_ends
from skmixture.inference.estimate_table import (
    EstimateTable,
    Labels,
    called,
    ends_by_column,
    estimate_table,
)
from skmixture.inference.table import percent

if TYPE_CHECKING:
    import pandas

__all__ = ["StandardErrors"]

Array = NDArray[np.floating]

# What errors call the numbers that a function returns.
OF_FUNCTION = "what function returns"
# What the kinds rest on.
ORIGINS = {
    "observed": "by the observed information",
    "sandwich": "by the sandwich",
    "opg": "by the outer products of scores",
}


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
    labels : dict of str to list of str or None
        What tables call the numbers of each parameter, in the order of
        `numpy.ndindex`; None where a column has no such category.
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
    labels: Labels
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
            return ends_on_scale(self._delta, function, scale_of(asked), level, OF_FUNCTION)
        return {
            name: wald_ends(self.estimates[name], error, self._supports[name], level)
            if asked is None
            else ends_on_scale(
                self._delta, itemgetter(name), scale_of(asked), level, name, known=error
            )
            for (name, error), asked in zip(
                self.items(), asked_by_name(transform, self, False).values(), strict=True
            )
        }

    def summary(
        self, level: float = 0.95, transform: Any = None, names: Sequence[str] | None = None
    ) -> EstimateTable:
        """Estimates, their standard errors and intervals, as a table to read.

        Parameters
        ----------
        level, transform
            As `confidence_interval` takes them.
        names : sequence of str, optional
            Of parameters; by default all, and what is derived of them.

        Returns
        -------
        EstimateTable
            It prints as the table, is a mapping of its columns by name, and
            has `row` and `to_frame`.

        Raises
        ------
        ValueError
            Where an option is unfit.

        Examples
        --------
        >>> from skmixture import PoissonMixture
        >>> from skmixture.inference import standard_errors
        >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
        >>> standard_errors(PoissonMixture().fit(X), X).summary()
                     estimate  standard error   2.5%  97.5%
        weights[0]          1               0      1      1
        rates[0, 0]     1.500           0.433  0.852  2.641
        by the observed information; 95% Wald intervals
        """
        wanted = check_names(names, self)
        ends = self.confidence_interval(level, transform)
        columns: dict[str, Mapping[str, Array]] = {
            "estimate": self.estimates,
            "standard_error": self,
            **ends_by_column(ends, level),
        }
        origin = f"{ORIGINS[self.kind]}; {percent(level)} Wald intervals"
        return estimate_table(columns, self.labels, wanted, level=float(level), origin=origin)

    def to_frame(self) -> pandas.DataFrame:
        """A row for each value, with its estimate and its standard error; needs pandas.

        Rows are named by the parameter and the place, ``means[0, 1]``, or
        ``means[0, waiting]`` where columns of the data have names.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas

        labels, table = [], []
        for name, errors in self.items():
            for place, label in called(self.labels, name, errors.shape).items():
                labels.append(label)
                table.append((self.estimates[name][place], errors[place]))
        return pandas.DataFrame(table, index=labels, columns=["estimate", "standard_error"])
