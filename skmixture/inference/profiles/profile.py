"""Intervals by the profile likelihood of one parameter."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning

from skmixture.estimator.scoring.naming import name_of
from skmixture.inference.asked import check_level
from skmixture.inference.models import RISE, check_model, no_maximum
from skmixture.inference.profiles.entry import Entry, entry_of
from skmixture.inference.profiles.held_refits import HeldRefits
from skmixture.inference.profiles.roots import End, end_of

__all__ = ["ProfileInterval", "profile_interval"]

Array = NDArray[np.floating]


def profile_interval(
    model: Any,
    X: ArrayLike,
    name: str,
    index: int | tuple[int, ...] = (),
    *,
    level: float = 0.95,
    sample_weight: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> ProfileInterval:
    """Interval of one parameter by its profile likelihood.

    The value is held at points along the way, everything else is refitted
    from the nearest points before, and the ends are where twice the fall of the
    log-likelihood is the quantile of a chi-squared law with one degree of
    freedom (Venzon and Moolgavkar 1988, Applied Statistics 37, 87-94).

    Parameters
    ----------
    model : estimator
        A fitted mixture of this package.
    X : array-like of shape (n_samples, n_features)
        The rows that it was fitted to.
    name : str
        A parameter, as "means", "weights", or what is derived of a single
        number, as "dispersions" of a negative binomial. Or an entry, as tables
        call it: "weights[0]", "means[0, waiting]".
    index : int or tuple of int
        The entry, as in ``model.means_[index]``, where the name does not have
        it. Where components are tied, that of any of them.
    level : float, default=0.95
        Between 0 and 1.
    sample_weight, exposure, strata : array-like of shape (n_samples,), optional
        As in the fit.

    Returns
    -------
    ProfileInterval

    Raises
    ------
    TypeError
        Where the model is no mixture of this package.
    NotFittedError
    ValueError
        Where X does not suit the model, there is no such parameter or entry,
        it is held already, it is part of a value that can only be held as a
        whole, as an entry of a covariance matrix, or is derived of several numbers.

    Warns
    -----
    ConvergenceWarning
        Some refit did not converge.
    UserWarning
        The parameters are no maximum for these rows, or a refit found a
        likelihood above the one next to them.

    Notes
    -----
    With priors it is log-likelihood plus log prior that is followed. Labels
    that a fit was given do not enter.

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import profile_interval
    >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
    >>> interval = profile_interval(PoissonMixture().fit(X), X, "rates[0, 0]")
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.803, 2.516)
    """
    check_level(level)
    check_model(model)
    entry = entry_of(model, name, index)
    refits = HeldRefits(
        model,
        X,
        entry.source,
        entry.at,
        sample_weight=sample_weight,
        exposure=exposure,
        strata=strata,
    )
    ends = [end_of(refits, side, float(level)) for side in (-1, 1)]
    _warn(refits)
    return _interval(entry, model, refits, ends, float(level))


def _interval(
    entry: Entry, model: Any, refits: HeldRefits, ends: list[End], level: float
) -> ProfileInterval:
    """The interval of what was asked, by that of the entry that was held."""
    held = np.array(sorted(refits.points))
    values = entry.of(model, held)
    low, high = entry.of(model, np.array([end.value for end in ends])).tolist()
    (estimate,) = entry.of(model, np.array([refits.estimate])).tolist()
    kinds, heights = [end.kind for end in ends], np.array([refits.points[own] for own in held])
    if entry.is_derived:
        edges = ["bound" if np.isfinite(end) else "open" for end in (low, high)]
        pairs = zip(kinds, edges, strict=True)
        kinds = [kind if kind == "crossed" else edge for kind, edge in pairs]
    if low > high:  # what falls where the entry rises
        low, high, kinds, values, heights = high, low, kinds[::-1], values[::-1], heights[::-1]
    if not (np.diff(values) >= 0).all():
        raise ValueError(
            f"{entry.name} neither rises nor falls with {entry.source}, so that a profile of one "
            "is none of the other: use standard_errors, or intervals from replicates"
        )
    place = entry.place if entry.is_derived else refits.place
    return ProfileInterval(
        name_of(entry.name, place), level, estimate, low, high, kinds[0], kinds[1], values, heights
    )


@dataclass(frozen=True, eq=False)
class ProfileInterval:
    """Ends of an interval, and the profile that they were found on.

    Attributes
    ----------
    name : str
        Of the parameter, with its index.
    level : float
    estimate : float
        Where the profile is highest.
    low, high : float
    low_kind, high_kind : {"crossed", "open", "bound"}
        How each end came about: the profile fell by enough; or it never does,
        and the end is infinite, or the bound of the parameter's range.
    values : ndarray of shape (m,)
        Where the parameter was held, in increasing order.
    log_likelihoods : ndarray of shape (m,)
        What the others reach there, summed over the rows.

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import profile_interval
    >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
    >>> found = profile_interval(PoissonMixture().fit(X), X, "rates", (0, 0))
    >>> round(found.low, 2), round(found.high, 2), found.low_kind
    (0.8, 2.52, 'crossed')
    """

    name: str
    level: float
    estimate: float
    low: float
    high: float
    low_kind: str
    high_kind: str
    values: Array
    log_likelihoods: Array

    def __iter__(self) -> Any:
        return iter((self.low, self.high))

    def __repr__(self) -> str:
        return (
            f"<ProfileInterval of {self.name}: {self.estimate:.6g} in [{self.low:.6g}, "
            f"{self.high:.6g}] at {self.level:g}>"
        )


def _warn(refits: HeldRefits) -> None:
    if refits.unconverged:
        warnings.warn(
            f"{refits.unconverged} of {len(refits.points)} refits did not converge, so the "
            "interval may be too narrow",
            ConvergenceWarning,
            stacklevel=3,
        )
    for sentence in no_maximum(refits.rise):
        warnings.warn(sentence, UserWarning, stacklevel=3)
    rise = max(refits.points.values()) - refits.top
    if rise > RISE:
        warnings.warn(
            f"a refit found a log-likelihood higher by {rise:.3g} than the fit, so the interval is "
            "not about the maximum: fit again with more starts",
            UserWarning,
            stacklevel=3,
        )
