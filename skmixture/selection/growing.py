"""Fits that a smaller mixture shows to be poor, made again from the smaller one.

A mixture of more components contains those of fewer, so its maximum is no
lower. Where its fit ended lower, it has missed its maximum; it is then fitted
once more from the components of the smaller mixture, each cut in two, and the
better end is kept. The cuts are given by `init_params`, so the fit judges ends
as it always does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import clone

from skmixture.chunked import is_dask
from skmixture.selection.fits import Fit, fitted, for_scores

__all__ = ["repaired"]

Array = NDArray[np.floating]

# What rounding, and a stop short of the maximum, may leave between two log-likelihoods.
CLOSE = 1e-6
# With more columns than this, the longest axis is one of them.
MANY_COLUMNS = 100


def repaired(
    estimators: Sequence[Any], fits: Sequence[Fit], X: Any, columns: Mapping[str, Any]
) -> list[Fit]:
    """The fits of one chain, in increasing number of components, none below a smaller one.

    What cannot be mended is warned of in the fit. A smaller one that is in
    doubt says nothing: with collapsed components it may be as high as one likes.
    """
    told: list[Fit] = []
    highest: Fit | None = None
    for estimator, fit in zip(estimators, fits, strict=True):
        if highest is not None and _below(fit, highest) and _nested(estimator, columns):
            fit = _mended(estimator, fit, highest.model, X, columns)
            if _below(fit, highest):
                fit = replace(fit, warnings=(*fit.warnings, _sentence(fit, highest)))
        told.append(fit)
        sound = fit.model is not None and not fit.doubtful
        if sound and (highest is None or not _below(fit, highest)):
            highest = fit
    return told


def _below(fit: Fit, smaller: Fit) -> bool:
    """Whether a fit ended below that of fewer components."""
    close = CLOSE * max(1.0, abs(smaller.log_likelihood))
    return bool(fit.log_likelihood < smaller.log_likelihood - close)


def _nested(estimator: Any, columns: Mapping[str, Any]) -> bool:
    """Whether more components can do all that fewer can."""
    free = estimator.fixed is None and estimator.prior is None and estimator.weights_init is None
    return free and "labels" not in columns


def _mended(estimator: Any, fit: Fit, smaller: Any, X: Any, columns: Mapping[str, Any]) -> Fit:
    """The better of a fit and one from the smaller mixture, which must be without doubts of EM."""
    if is_dask(X):
        return fit
    given = for_scores(columns)
    weight = given.pop("sample_weight", None)
    resp, log_density = smaller.predict_proba(X, **given), smaller.score_samples(X, **given)
    if weight is not None:  # starts are made without rows of no weight
        there = np.asarray(weight) > 0
        resp, log_density = resp[there], log_density[there]
    cuts = Cuts(resp, log_density)
    own = {name: getattr(estimator, name) for name in ("init_params", "n_init")}
    other = clone(estimator).set_params(init_params=cuts, n_init=2 * resp.shape[1])
    grown = fitted(other, X, columns)
    if grown.doubtful or not grown.log_likelihood > fit.log_likelihood:
        return fit
    grown.model.set_params(**own)
    return grown


class Cuts:
    """Starts in which a component of a smaller mixture is cut in two, each component in turn.

    First across its longest axis, then its core from what is around it. Where
    several components are to be added, the largest are cut as well.

    Parameters
    ----------
    resp : ndarray of shape (n, K)
        Responsibilities of the smaller mixture.
    log_density : ndarray of shape (n,)
    """

    def __init__(self, resp: Array, log_density: Array) -> None:
        self.resp, self.log_density = resp, log_density
        self._calls = 0

    def __call__(self, X: Any, n_components: int, random_state: RandomState) -> Array:
        """The responsibilities (n, n_components) of the next start, as `init_params` gives them."""
        table, call = self.resp, self._calls
        self._calls += 1
        if X.shape[0] != len(table):
            raise ValueError("rows on file cannot be cut: only some are looked at for starts")
        k = call % table.shape[1]
        across = call < table.shape[1] and not sparse.issparse(X)
        while table.shape[1] < n_components:
            along = _longest(X, table[:, k]) if across else self.log_density
            table = cut(table, along, k)
            k = int(table.sum(axis=0).argmax())
        return table


def cut(resp: Array, along: Array, k: int) -> Array:
    """Responsibilities (n, K + 1): component k is left with the upper half of its rows."""
    own, upward = resp[:, k], np.argsort(along, kind="stable")
    share = np.cumsum(own[upward])
    lower = np.empty(len(own), dtype=bool)
    lower[upward] = share <= share[-1] / 2
    moved = np.where(lower, own, 0.0)
    table = np.hstack([resp, moved[:, None]])
    table[:, k] -= moved
    return table


def _longest(X: Array, own: Array) -> Array:
    """Places (n,) of rows along the axis in which a component is longest for the data's spread."""
    spread = X.std(axis=0)
    scaled = np.divide(X - X.mean(axis=0), spread, out=np.zeros(X.shape), where=spread > 0)
    scaled -= np.average(scaled, axis=0, weights=own)
    variance = own @ scaled**2
    if len(variance) > MANY_COLUMNS:
        return scaled[:, int(variance.argmax())]
    _, vectors = np.linalg.eigh((scaled.T * own) @ scaled)
    return scaled @ vectors[:, -1]


def _sentence(fit: Fit, smaller: Fit) -> str:
    lost = smaller.log_likelihood - fit.log_likelihood
    fewer = smaller.model.n_components
    return (
        f"The log-likelihood ended {lost:.3g} below that of {fewer} "
        f"component{'s' if fewer > 1 else ''}: the optimum was missed. Raise n_init."
    )
