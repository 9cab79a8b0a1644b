"""What the curvature of the likelihood tells: standard errors, and intervals by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.inference.asked import Function, asked_by_name, check_level, scale_of
from skmixture.inference.curvature.delta_method import DeltaMethod
from skmixture.inference.curvature.tables import ORIGINS, Tables
from skmixture.inference.curvature.wald import Support, ends_on_scale, wald_ends
from skmixture.inference.estimate_table import Labels
from skmixture.plain import Plain

__all__ = ["StandardErrors"]

Array = NDArray[np.floating]

# What errors call the numbers that a function returns.
OF_FUNCTION = "what function returns"


@dataclass(repr=False, eq=False)
class StandardErrors(Tables, Plain):
    """Standard errors by name, and the covariance that they come from.

    A mapping: "weights" and each parameter, and what is derived of them, such
    as the burst sizes of a negative binomial; with strata "strata_weights" as
    well. Held values have 0, tied ones the same in all components, and what
    the rows do not tell is NaN. Saved and loaded as models are, but for the
    likelihood: of a result that was loaded there are no intervals on scales
    that are asked for, nor standard errors of functions.

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
    by_name : dict of str to ndarray
        What the mapping holds.
    estimates : dict of str to ndarray
        The fit's own values, by the same names.
    bounds : dict of str to tuple
        Where each lies, from the lower to the upper bound.
    matrices : list of str
        Which are covariance matrices.
    labels : dict of str to list of str or None
        What tables call the numbers of each parameter, in the order of
        `numpy.ndindex`; None where a column has no such category.
    model : mixture or None
        The fit, as it then was. It is not saved: None of a result that was loaded.

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
    by_name: dict[str, Array]
    estimates: dict[str, Array]
    bounds: dict[str, tuple[Any, Any]]
    matrices: list[str]
    labels: Labels
    model: Any = field(default=None, init=False)
    _delta: DeltaMethod | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Raise a ValueError where the parts do not fit together."""
        p = len(self.names)
        if self.estimate.shape != (p,):
            raise ValueError(f"estimate must have a value for each of {p} names")
        if not self.covariance.shape == self.information.shape == (p, p):
            raise ValueError(f"covariance and information must have the shape ({p}, {p})")
        if self.kind not in ORIGINS:
            raise ValueError(f"kind must be one of {list(ORIGINS)}, got {self.kind!r}")
        shapes = {name: value.shape for name, value in self.by_name.items()}
        if {name: value.shape for name, value in self.estimates.items()} != shapes:
            raise ValueError("by_name and estimates must have the same names and shapes")
        sizes = {name: value.size for name, value in self.by_name.items()}
        if {name: len(own) for name, own in self.labels.items()} != sizes:
            raise ValueError("labels must name every number of the estimates")
        if list(self.bounds) != list(shapes) or not {*self.matrices} <= {*shapes}:
            raise ValueError("bounds and matrices must be of the names of by_name")

    def __getitem__(self, name: str) -> Array:
        if name not in self.by_name:
            raise KeyError(f"{name!r} is none of {list(self.by_name)}")
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

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
        return self._of_likelihood("of").of(function)

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
            delta = self._of_likelihood("function")
            return ends_on_scale(delta, function, scale_of(asked), level, OF_FUNCTION)
        asked_of = asked_by_name(transform, self, False)
        return {name: self._ends(name, asked, level) for name, asked in asked_of.items()}

    def _ends(self, name: str, asked: Any, level: float) -> Array:
        """Ends (2, ...) of the intervals of one parameter, on a scale if one is asked for."""
        error = self.by_name[name]
        if asked is None:
            support = Support(*self.bounds[name], name in self.matrices)
            return wald_ends(self.estimates[name], error, support, level)
        if asked == "identity":
            return wald_ends(self.estimates[name], error, Support(), level)
        delta = self._of_likelihood(f"transform={asked!r}")
        return ends_on_scale(delta, itemgetter(name), scale_of(asked), level, name, known=error)

    def _of_likelihood(self, what: str) -> DeltaMethod:
        if self._delta is None:
            raise ValueError(
                f"{what} needs the likelihood, which a loaded result does not have: ask "
                "standard_errors again"
            )
        return self._delta
