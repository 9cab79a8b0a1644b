"""Standard errors of fitted parameters, and of functions of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from copy import copy
from operator import itemgetter
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning

from skmixture.inference.curvature.delta_method import DeltaMethod
from skmixture.inference.curvature.information import information, scores
from skmixture.inference.curvature.inverse import Inverse
from skmixture.inference.curvature.result import StandardErrors
from skmixture.inference.curvature.wald import supports_of
from skmixture.inference.estimate_table import labels_of
from skmixture.inference.likelihood.function import Likelihood, likelihood_of
from skmixture.inference.models import no_maximum
from skmixture.inference.named_edges import Naming
from skmixture.law.edges import listed

__all__ = ["StandardErrors", "standard_errors"]

Array = NDArray[np.floating]

KINDS = ("observed", "sandwich", "opg")
# Second differences at two lengths that differ by more than this part are of a likelihood with
# kinks.
KINKED = 0.02
# Coordinates that a sentence spells out.
MOST_NAMED = 6
UNCONVERGED = "the fit had not converged: fit again with a larger max_iter"


def standard_errors(
    model: Any,
    X: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    exposure: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    kind: Literal["observed", "sandwich", "opg"] = "observed",
) -> StandardErrors:
    """Standard errors of a fitted mixture by the curvature of its log-likelihood.

    Parameters
    ----------
    model : estimator
        A fitted mixture of this package.
    X : array-like of shape (n_samples, n_features)
        The rows that it was fitted to.
    sample_weight : array-like of shape (n_samples,), optional
        How many rows each row stands for, as in the fit: 2 is a row twice.
    exposure : array-like of shape (n_samples,), optional
        As in the fit; numbers of trials where the law has trials.
    strata : array-like of shape (n_samples,), optional
        As in the fit.
    kind : {"observed", "sandwich", "opg"}, default="observed"
        ``"observed"`` inverts the observed information, minus the second
        derivatives A of the log-likelihood. ``"opg"`` inverts B, the sum of the
        outer products of the rows' scores, which takes first derivatives only.
        ``"sandwich"`` is ``inv(A) B inv(A)``, which also holds where the law is
        not quite that of the data (White 1982, Econometrica 50, 1-25).

    Returns
    -------
    StandardErrors
        ``result["means"]`` and its like are standard errors in the shapes of
        `means_` and its like.

    Raises
    ------
    TypeError
        Where the model is no mixture of this package.
    NotFittedError
    ValueError
        Where X does not suit the model, `kind` is unknown, a parameter lies
        just at the end of its range, or the log-likelihood has kinks and no
        second derivative.

    Warns
    -----
    ConvergenceWarning
        The fit had not converged.
    UserWarning
        The parameters are no maximum for these rows; or the information is
        singular or indefinite, as where a fit ended at an edge, and some
        standard errors are NaN.

    Notes
    -----
    With priors the information is that of log-likelihood plus log prior, and
    the standard errors are those of a Gaussian approximation of the posterior;
    the scores of the sandwich are of the log-likelihood alone. What
    `reg_covar` adds is no part of either. Labels that a fit was given do not
    enter.

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import standard_errors
    >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
    >>> model = PoissonMixture().fit(X)
    >>> se = standard_errors(model, X)
    >>> se.names
    ['log rates[0, 0]']
    >>> se["rates"].round(4)  # the root of rate by rows
    array([[0.433]])
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {list(KINDS)}, got {kind!r}")
    with likelihood_of(model, X, sample_weight, exposure, strata) as (likelihood, unit):
        if kind == "opg" and likelihood.penalty is not None:
            raise ValueError(
                "kind='opg' knows nothing of the model's priors; use 'observed' or 'sandwich'"
            )
        inverse, middle = _information(likelihood, kind)
        result = _result(model, DeltaMethod(likelihood.chart, inverse, middle, unit), kind)
        doubts = list(_untold(likelihood, inverse, kind, unit))
        if kind != "opg" and likelihood.has_gradient:
            doubts += no_maximum(_rise(likelihood, inverse, unit))
    for sentence in doubts:
        warnings.warn(sentence, UserWarning, stacklevel=2)
    if not getattr(model, "converged_", True):
        warnings.warn(UNCONVERGED, ConvergenceWarning, stacklevel=2)
    return result


def _result(model: Any, delta: DeltaMethod, kind: str) -> StandardErrors:
    """Standard errors of everything published, from an inverse in the chart's coordinates."""
    chart, inverse = delta.chart, delta.inverse
    errors, fit = delta.of_natural(), chart.published(chart.origin)
    derived = [
        name
        for name, value in fit.items()
        if name not in errors and isinstance(value, np.ndarray) and value.dtype.kind == "f"
    ]
    errors |= {name: delta.of(itemgetter(name)) for name in derived}
    estimates = {name: np.asarray(getattr(model, f"{name}_"), dtype=float) for name in errors}
    by_user = chart.slopes * chart.slopes[:, None]
    supports = supports_of(chart.family, model._params(), estimates, chart.left)
    result = StandardErrors(
        names=chart.names,
        estimate=chart.estimate,
        covariance=delta.covariance(np.eye(chart.size)) * by_user,
        information=inverse.matrix * delta.unit / by_user,
        positive_definite=bool(inverse.told.all()),
        condition=inverse.condition,
        kind=kind,
        by_name=errors,
        estimates=estimates,
        bounds={name: (own.low, own.high) for name, own in supports.items()},
        matrices=[name for name, own in supports.items() if own.matrices],
        labels=labels_of(model, estimates),
    )
    result.model, result._delta = copy(model), delta
    return result


def _information(likelihood: Likelihood, kind: str) -> tuple[Inverse, Array | None]:
    """What is to be inverted, and the middle of a sandwich."""
    middle = None
    if kind != "observed":
        by_row, weight = scores(likelihood)
        middle = by_row.T @ (weight[:, None] * by_row)
    if kind == "opg":
        assert middle is not None
        return Inverse(middle, likelihood.n_rows, likelihood.chart.lengths), None
    found, change = information(likelihood)
    inverse = Inverse(found, likelihood.n_rows, likelihood.chart.lengths)
    moved = change * inverse.scale * inverse.scale[:, None]
    if moved.size and not moved.max() < KINKED:
        _refuse_kinks(likelihood, moved)
    return inverse, middle


def _refuse_kinks(likelihood: Likelihood, moved: Array) -> None:
    names, place = likelihood.chart.names, np.unravel_index(np.argmax(moved), moved.shape)
    where = " and ".join(dict.fromkeys(names[axis] for axis in place))
    raise ValueError(
        f"the log-likelihood has no second derivative by {where}: differences at two lengths "
        "disagree, as they do at a kink. Use kind='opg', which takes first derivatives only, or "
        "hold the parameter by fixed"
    )


def _rise(likelihood: Likelihood, inverse: Inverse, unit: float) -> float:
    """How far the log-likelihood rises from the parameters, were it a parabola."""
    slope = likelihood.gradient(likelihood.chart.origin[None])[0]
    return unit * float(np.square(inverse.root.T @ slope).sum()) / 2


def _untold(likelihood: Likelihood, inverse: Inverse, kind: str, unit: float) -> Iterator[str]:
    """Sentences that name coordinates in directions which the information does not tell."""
    negative, flat = (inverse.named(likelihood.chart.names, sign) for sign in (-1, 0))
    if negative:
        yield (
            f"the information is indefinite, so this is no maximum by {_listed(negative)}; what "
            "depends on them is NaN. Fit again with more starts, or a smaller tol"
        )
    if flat:
        kinked = kind != "opg" and not likelihood.has_gradient
        hint = "; a law with kinks needs kind='opg'" if kinked else ""
        yield (
            f"the information is singular: the rows do not tell {_listed(flat)}, and what depends "
            f"on them is NaN. {_remedy(likelihood, unit)}{hint}"
        )


def _remedy(likelihood: Likelihood, unit: float) -> str:
    """What to do where rows do not tell a parameter: one at an edge still has a profile."""
    chart = likelihood.chart
    params = {name: value[0] for name, value in chart.state(chart.origin[None]).params.items()}
    naming = Naming(chart.law, likelihood.em.constraints, chart.n_components)
    named = [name for of in naming.of_fit(params, unit * likelihood.n_rows).values() for name in of]
    if named:
        return f"At an edge: {listed(named)}, of which profile_interval tells more"
    return "Use fewer components, or hold them by fixed"


def _listed(names: list[str]) -> str:
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return ", ".join([*names[:MOST_NAMED], *more])
