"""Fits of a chain made once more, from starts that are made of smaller and larger ones.

A mixture of more components contains those of fewer, so its maximum is no
lower, and is often near a smaller one's with one component more. Nor is that of
fewer far from a larger one's with one component less. So fits go up the chain,
each made once more from the components of the best smaller one, and down
again, from those of the larger one; the higher end is kept. Starts are given
by `init_params`, so the fit judges ends as it always does, its own first end
among them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone

from skmixture.chunked import is_dask
from skmixture.selection.fits import Fit, counted, fitted, for_scores
from skmixture.selection.resized import Resized
from skmixture.table.streamed import mapped

__all__ = ["grown"]

Columns = Mapping[str, Any]

# What rounding, and a stop short of the maximum, may leave between two log-likelihoods.
CLOSE = 1e-6
# A mixture of more components than this takes too long to be fitted more than once.
MOST_COMPONENTS = 100


def grown(
    estimators: Sequence[Any],
    fits: Sequence[Fit],
    X: Any,
    columns: Columns,
    warm_starts: bool,
) -> list[Fit]:
    """The fits of one chain, in increasing number of components, none below a smaller one.

    With `warm_starts` every fit is made once more from smaller and larger
    ones, else those only that ended below a smaller one. What cannot be mended is
    warned of in the fit.
    """
    chain = Chain(estimators, fits, X, columns)
    chain.rise(warm_starts)
    if warm_starts:
        chain.descend()
        chain.rise(warm_starts)
    return chain.told()


class Chain:
    """Mixtures that differ in nothing but the number of components, and what became of them.

    A fit that is in doubt says nothing of others: with collapsed components it
    may be as high as one likes.
    """

    def __init__(
        self, estimators: Sequence[Any], fits: Sequence[Fit], X: Any, columns: Columns
    ) -> None:
        self.estimators, self.fits = estimators, list(fits)
        self._X, self._columns = X, columns
        self._used: list[list[Fit]] = [[] for _ in fits]  # what starts were made of, by place

    def rise(self, every: bool) -> None:
        """From the smallest on, each from the highest smaller one; or those that are below it."""
        for place, highest in self._with_highest():
            if every or _below(self.fits[place], highest):
                self._make(place, highest)

    def descend(self) -> None:
        """From the largest on, each from the next larger one."""
        larger: Fit | None = None
        for place in reversed(range(len(self.fits))):
            if larger is not None and self.estimators[place].n_components > 1:
                self._make(place, larger)
            if self.fits[place].sound:
                larger = self.fits[place]

    def told(self) -> list[Fit]:
        """All fits; those that are still below a smaller one say so."""
        fits = list(self.fits)
        for place, highest in self._with_highest():
            fit = fits[place]
            if _below(fit, highest) and _nested(self.estimators[place], self._columns):
                fits[place] = replace(fit, warnings=(*fit.warnings, _sentence(fit, highest)))
        return fits

    def _with_highest(self) -> Iterator[tuple[int, Fit]]:
        """Places, each with the highest fit of fewer components, as fits then are."""
        highest: Fit | None = None
        for place in range(len(self.fits)):
            if highest is not None:
                yield place, highest
            fit = self.fits[place]
            if fit.sound and (highest is None or not _below(fit, highest)):
                highest = fit

    def _make(self, place: int, other: Fit) -> None:
        """Make a fit once more of another, and keep the better; not twice of the same."""
        estimator, fit, columns = self.estimators[place], self.fits[place], self._columns
        if any(other is used for used in self._used[place]):
            return
        if fit.model is None or not _nested(estimator, columns) or not _held(self._X):
            return
        if max(other.model.n_components, estimator.n_components) > MOST_COMPONENTS:
            return
        self._used[place].append(other)
        ends = [end for end in _ends(estimator, fit, other.model, self._X, columns) if end.sound]
        best = max(ends, key=lambda end: end.log_likelihood, default=fit)
        gain = best.log_likelihood - fit.log_likelihood
        smaller = other.model.n_components < estimator.n_components
        least = 0.0 if smaller and _below(fit, other) else _noise(fit, self._X, columns)
        if best is not fit and (fit.collapsed or gain > least):
            best.model.set_params(init_params=estimator.init_params, n_init=estimator.n_init)
            self.fits[place] = best


def _below(fit: Fit, smaller: Fit) -> bool:
    """Whether a fit ended below that of fewer components."""
    close = CLOSE * max(1.0, abs(smaller.log_likelihood))
    return bool(fit.log_likelihood < smaller.log_likelihood - close)


def _nested(estimator: Any, columns: Columns) -> bool:
    """Whether more components can do all that fewer can."""
    free = estimator.fixed is None and estimator.prior is None and estimator.weights_init is None
    return free and "labels" not in columns


def _held(X: Any) -> bool:
    """Whether responsibilities of all rows can be held."""
    return not is_dask(X) and mapped(X) is None


def _ends(estimator: Any, fit: Fit, other: Any, X: Any, columns: Columns) -> list[Fit]:
    """What comes of the starts: the best, or all where the best is in doubt and others may not be.

    Most estimators set what is in doubt aside themselves.
    """
    starts, made = _starts(estimator, fit, other, X, columns), clone(estimator)
    best = fitted(made.set_params(init_params=starts, n_init=starts.number), X, columns)
    if best.sound or estimator._compare:
        return [best]
    return [
        fitted(made.set_params(init_params=one, n_init=1), X, columns)
        for one in starts.one_by_one()
    ]


def _starts(estimator: Any, fit: Fit, other: Any, X: Any, columns: Columns) -> Resized:
    given = for_scores(columns)
    weight = given.pop("sample_weight", None)
    # starts are made without rows of no weight
    there = slice(None) if weight is None else np.asarray(weight) > 0
    with warnings.catch_warnings():  # which the fits have told of
        warnings.simplefilter("ignore")
        resp = other.predict_proba(X, **given)[there]
        log_density, own = other.score_samples(X, **given)[there], None
        if estimator._compare and not fit.doubtful:
            own = fit.model.predict_proba(X, **given)[there]
    return Resized(resp, log_density, estimator.n_components, own)


def _noise(fit: Fit, X: Any, columns: Columns) -> float:
    """How far apart a fit may stop on two ways to the same maximum."""
    scale = abs(fit.log_likelihood)
    close = CLOSE * max(1.0, scale)
    per_row = fit.model.tol_type != "relative"
    return max(close, fit.model.tol * (counted(X, columns) if per_row else scale))


def _sentence(fit: Fit, smaller: Fit) -> str:
    lost = smaller.log_likelihood - fit.log_likelihood
    fewer = smaller.model.n_components
    return (
        f"The log-likelihood ended {lost:.3g} below that of {fewer} "
        f"component{'s' if fewer > 1 else ''}: the optimum was missed. Raise n_init."
    )
