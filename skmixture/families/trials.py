"""Numbers of trials: of all rows, of each column, or of each row."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse, special

from skmixture.law.family import Array, Arrays, Family
from skmixture.numerics.special import saddle
from skmixture.supports import Support, counts

__all__ = [
    "LARGEST_SHARE",
    "Trials",
    "angular_features",
    "check_within",
    "clipped_shares",
    "log_choose",
    "over_counts",
]

# Probabilities of success stay this far inside (0, 1), so that the logs of both sides are finite.
SMALLEST_SHARE = 1e-300
LARGEST_SHARE = 1.0 - np.finfo(float).epsneg


class Trials(Family):
    """Laws of counts among a number of trials.

    The number is the setting `n_trials`, one for all or one for each column;
    where that is None it is a side column of the rows.
    """

    support: ClassVar[Support] = counts
    side_name = "n_trials"
    side_meaning = "numbers of trials"
    n_trials: ArrayLike | None
    _most_trials: float = 0.0  # in the data, set by `localise`

    def of_column(self, j: int) -> Self:
        if not np.ndim(self.n_trials):  # type: ignore[arg-type]
            return self
        law = copy.copy(self)
        trials = np.asarray(self.n_trials).reshape(-1)
        law.n_trials = trials[j if len(trials) > 1 else 0]
        return law

    def check_settings(self) -> None:
        if self.n_trials is None:
            return
        try:
            value = np.asarray(self.n_trials, dtype=float)
            proper = value.ndim <= 1 and value.size > 0 and bool(counts.contains(value).all())
        except (TypeError, ValueError):
            proper = False
        if not proper:
            raise ValueError(
                f"The 'n_trials' parameter of {type(self).__name__} must be a whole number from 0, "
                f"or one for each column. Got {self.n_trials!r} instead."
            )

    @property
    def takes_exposure(self) -> bool:  # type: ignore[override]
        return self.n_trials is None

    @property
    def no_exposure(self) -> str:
        return (
            f"n_trials was given for each row, but {type(self).__name__} has "
            f"n_trials={self.n_trials!r} for all rows: leave one of the two out"
        )

    def check_exposure(self, exposure: Array) -> None:
        amiss = ~counts.contains(exposure)
        if amiss.any():
            row = int(np.argmax(amiss))
            raise ValueError(
                f"n_trials must be a whole number from 0 to 2**53, got {exposure[row]!s} "
                f"for row {row}"
            )

    def possible(self, X: NDArray, side: Arrays) -> NDArray[np.bool_]:
        counted = super().possible(X, side)
        if self.n_trials is None and not side:
            return counted
        return counted & ~(self.trials(side) < X).any(axis=-1)

    def trials(self, side: Arrays) -> Array:
        """Numbers (), (d,) or (..., n, 1) of trials, to go with rows (..., n, d)."""
        if "exposure" in side:
            return side["exposure"][..., None]
        if self.n_trials is None:
            raise ValueError(
                f"n_trials is missing: give {type(self).__name__} the number of trials of all "
                "rows as a setting, or fit(X, n_trials=...) one for each row; in Mixture and the "
                "like its name there is exposure=..."
            )
        return np.asarray(self.n_trials, dtype=float)

    def trials_by_row(self, side: Arrays, n_features: int) -> Array:
        """The same, rows last: (d, 1) or (..., 1, n)."""
        trials = self.trials(side)
        if "exposure" in side:
            return np.swapaxes(trials, -1, -2)
        return np.broadcast_to(trials, (n_features,))[:, None]

    def check_columns(self, n_features: int) -> None:
        """Raise a ValueError where there are trials for another number of columns."""
        number = np.shape(self.n_trials) if self.n_trials is not None else ()
        if number not in ((), (1,), (n_features,)):
            raise ValueError(
                f"n_trials has {number[0]} numbers, but there are {n_features} columns: give one "
                "for all, or one for each column. Those of rows go to fit(X, n_trials=...), in "
                "Mixture and the like to fit(X, exposure=...)"
            )


def by_entry(trials: Array, X: Any) -> Array:
    """Trials of each stored entry of sparse rows."""
    if trials.ndim == 2:
        return np.repeat(trials[:, 0], np.diff(X.indptr))
    return np.broadcast_to(trials, (X.shape[1],))[X.indices]


def over_counts(function: Callable[[Array, Array], Array], X: Any, trials: Array) -> Any:
    """A function of counts and trials, 0 for a count of 0, of dense or sparse rows."""
    if not sparse.issparse(X):
        return function(X, trials)
    mapped = X.astype(float)
    mapped.data = function(mapped.data, by_entry(trials, X))
    return mapped


def check_within(X: Any, trials: Array) -> None:
    """Raise a ValueError that names the first count above its number of trials."""
    above = over_counts(np.greater, X, trials)
    places = np.argwhere(above) if not sparse.issparse(X) else np.argwhere(above.data)
    if not len(places):
        return
    if sparse.issparse(X):
        entry = places[0, 0]
        row = int(np.searchsorted(X.indptr, entry, side="right")) - 1
        here, value, most = (row, X.indices[entry]), X.data[entry], by_entry(trials, X)[entry]
    else:
        here = tuple(places[0])
        value, most = X[here], np.broadcast_to(trials, X.shape)[here]
    raise ValueError(
        f"X[{', '.join(map(str, here))}] = {value:g} is above its n_trials, {most:g}: "
        "a count of successes is at most the number of trials"
    )


def log_choose(x: Array, trials: Array) -> Array:
    """Log binomial coefficient, by terms that are never negative but for `saddle`."""
    return _log_shares(x, trials) + saddle(trials) - saddle(x) - saddle(trials - x)


def _log_shares(x: Array, trials: Array) -> Array:
    """``-x log(x / n) - (n - x) log(1 - x / n)``."""
    safe = np.maximum(trials, 1.0)
    share = x / safe
    # log1p(-share) loses nothing where the share is small, nor where it is 1 and has weight 0
    return np.asarray(special.entr(share) * safe - special.xlog1py(trials - x, -share))


def clipped_shares(shares: Array) -> Array:
    """Probabilities brought inside (0, 1)."""
    return np.clip(shares, SMALLEST_SHARE, LARGEST_SHARE)


def angular_features(X: Any, n_trials: ArrayLike | None) -> Any:
    """The angular transform of shares, whose standard deviation depends on the trials alone.

    Of counts whose trials are not at hand, twice their roots.
    """
    if n_trials is None:
        return over_counts(lambda x, _: 2 * np.sqrt(x), X, np.ones(()))
    return over_counts(_angles, X, np.maximum(np.asarray(n_trials, dtype=float), 1.0))


def _angles(x: Array, trials: Array) -> Array:
    return np.asarray(2 * np.sqrt(trials) * np.arcsin(np.sqrt(x / trials)))
