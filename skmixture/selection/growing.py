"""Fits of rising numbers of components, each made once more from a smaller one.

A mixture of more components contains those of fewer, so its maximum is no
lower, and is often near a smaller one's with one component more. So it is
fitted once more from the components of the best smaller mixture, each cut in
two, and the higher end is kept. The cuts are given by `init_params`, so the fit
judges ends as it always does, its own first end among them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone

from skmixture.chunked import is_dask
from skmixture.selection.cuts import Cuts
from skmixture.selection.fits import Fit, counted, fitted, for_scores
from skmixture.streamed import mapped

__all__ = ["grown"]

Columns = Mapping[str, Any]

# What rounding, and a stop short of the maximum, may leave between two log-likelihoods.
CLOSE = 1e-6


def grown(
    estimators: Sequence[Any],
    fits: Sequence[Fit],
    X: Any,
    columns: Columns,
    warm_starts: bool,
) -> list[Fit]:
    """The fits of one chain, in increasing number of components, none below a smaller one.

    With `warm_starts` every fit is made once more from the smaller ones, else
    those only that ended below one. What cannot be mended is warned of in the fit.
    A smaller one that is in doubt says nothing: with collapsed components it may be
    as high as one likes.
    """
    told: list[Fit] = []
    highest: Fit | None = None
    for estimator, fit in zip(estimators, fits, strict=True):
        if highest is not None and fit.model is not None and _nested(estimator, columns):
            if warm_starts or _below(fit, highest):
                fit = _higher(estimator, fit, highest, X, columns)
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


def _nested(estimator: Any, columns: Columns) -> bool:
    """Whether more components can do all that fewer can."""
    free = estimator.fixed is None and estimator.prior is None and estimator.weights_init is None
    return free and "labels" not in columns


def _higher(estimator: Any, fit: Fit, smaller: Fit, X: Any, columns: Columns) -> Fit:
    """The better of a fit and one from the smaller mixture, which must be without doubts of EM."""
    if is_dask(X) or mapped(X) is not None:  # whose responsibilities are not held
        return fit
    cuts = _cuts(fit, smaller.model, X, columns)
    own = {name: getattr(estimator, name) for name in ("init_params", "n_init")}
    other = clone(estimator).set_params(init_params=cuts, n_init=cuts.number)
    found = fitted(other, X, columns)
    if found.model is None or found.doubtful:
        return fit
    gain = found.log_likelihood - fit.log_likelihood
    least = 0.0 if _below(fit, smaller) else _noise(fit, X, columns)
    if not (fit.collapsed or gain > least):
        return fit
    found.model.set_params(**own)
    return found


def _cuts(fit: Fit, smaller: Any, X: Any, columns: Columns) -> Cuts:
    given = for_scores(columns)
    weight = given.pop("sample_weight", None)
    # starts are made without rows of no weight
    there = slice(None) if weight is None else np.asarray(weight) > 0
    with warnings.catch_warnings():  # of what the fits have warned of
        warnings.simplefilter("ignore")
        resp = smaller.predict_proba(X, **given)[there]
        log_density = smaller.score_samples(X, **given)[there]
        own = None if fit.doubtful else fit.model.predict_proba(X, **given)[there]
    return Cuts(resp, log_density, own)


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
