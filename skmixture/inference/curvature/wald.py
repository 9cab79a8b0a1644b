"""Wald intervals, on the scale that a number has: on it no end leaves where it may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy import special

from skmixture import transforms
from skmixture.inference.asked import Function, Scale, mapped
from skmixture.inference.curvature.delta_method import DeltaMethod
from skmixture.law.family import Arrays, Family

__all__ = ["Support", "ends_on_scale", "supports_of", "wald_ends"]

Array = NDArray[np.floating]

# Settings of the parameters at which it is seen where a derived quantity lies, and how far they
# are apart in logarithms: six decades to both sides.
TRIALS, FAR = 50, 6 * float(np.log(10))


class Support(NamedTuple):
    """Where the numbers of a parameter may lie.

    Attributes
    ----------
    low, high : float or ndarray
        Bounds, each number's or those of all; infinite where there is none.
    matrices : bool
        Whether the numbers are of covariance matrices (..., d, d).
    """

    low: ArrayLike = -np.inf
    high: ArrayLike = np.inf
    matrices: bool = False


REAL, POSITIVE = Support(), Support(0.0)


def supports_of(
    law: Family, params: Arrays, values: Mapping[str, Array], left: float = 1.0
) -> dict[str, Support]:
    """Where weights, parameters and what is derived of them lie, by name.

    Parameters
    ----------
    law : Family
    params : mapping of str to ndarray of shape (K, ...)
        In the user's units.
    values : mapping of str to ndarray
        What is asked about, as it is published.
    left : float
        What weights that are held leave to the others.
    """
    found = {}
    for name, value in values.items():
        if name in ("weights", "strata_weights"):
            found[name] = Support(0.0, left)
        elif name in law.parameters:
            found[name] = _of_transform(law.parameters[name], np.shape(value))
        else:
            found[name] = _of_derived(law, params, name)
    return found


def wald_ends(value: ArrayLike, error: ArrayLike, support: Support, level: float) -> Array:
    """Ends (2, ...) of intervals: so many standard errors to each side.

    On the logarithm of the distance from a bound, or its logit between two, by the delta method.
    A covariance has the scale of its own unit, and no end beyond the root of the product of the
    upper ends of the two variances, as correlations lie between -1 and 1.
    """
    reach = float(special.ndtri(0.5 + level / 2))
    x, low, high = np.broadcast_arrays(
        *(np.asarray(v, dtype=float) for v in (value, support.low, support.high))
    )
    sides = reach * np.asarray(error, dtype=float) * np.array([-1.0, 1.0]).reshape(2, *[1] * x.ndim)
    below, above = np.isfinite(low), np.isfinite(high)
    with np.errstate(all="ignore"):
        from_low, from_high, width = x - low, high - x, high - low
        place = from_low / width
        logit = special.logit(place) + sides / (width * place * (1 - place))
        ends = np.select(
            [below & above, below, above],
            [
                low + width * special.expit(logit),
                low + from_low * np.exp(sides / from_low),
                high - from_high * np.exp(-sides / from_high),
            ],
            x + sides,
        )
    # at a bound, or as near as rounding, there is no such scale
    at_bound = (x <= low) | (x >= high) | (below & above & ((place == 0) | (place == 1)))
    ends = np.where(at_bound, np.clip(x + sides, low, high), ends)
    ends = np.where(np.asarray(error) == 0, x, ends)
    return _within_variances(ends) if support.matrices else ends


def ends_on_scale(
    delta: DeltaMethod,
    function: Function,
    scale: Scale,
    level: float,
    what: str,
    known: Array | None = None,
) -> Array:
    """Ends (2, ...) for what a function makes of the parameters, on a scale that is asked for.

    Its standard errors may be `known`; what has none is held.
    """
    chart, reach = delta.chart, float(special.ndtri(0.5 + level / 2))
    (estimate,) = mapped(function, [chart.published(chart.origin)])
    ends = np.stack([estimate, estimate])
    free = np.ones(estimate.shape, dtype=bool) if known is None else known != 0
    centre = scale.of(estimate[free], what)
    error = _error_on(delta, scale, lambda p: np.asarray(function(p))[free], what)
    with np.errstate(all="ignore"):
        found = scale.back(np.stack([centre - reach * error, centre + reach * error]))
    ends[:, free] = np.sort(found, axis=0)
    return ends


def _error_on(delta: DeltaMethod, scale: Scale, function: Function, what: str) -> Array:
    """Standard errors on a scale of what a function makes of the parameters."""
    try:
        with np.errstate(all="ignore"):
            return delta.of(lambda p: scale.there(np.asarray(function(p), dtype=float)))
    except ValueError as error:
        raise ValueError(
            f"{scale.name} has no slope at {what}, which is too near to where it has no value: "
            "choose another scale"
        ) from error


def _within_variances(ends: Array) -> Array:
    """Ends (2, ..., d, d) with no correlation beyond 1, were the variances at their upper ends."""
    root = np.sqrt(np.diagonal(ends[1], axis1=-2, axis2=-1))
    most = root[..., :, None] * root[..., None, :]
    off = ~np.eye(ends.shape[-1], dtype=bool) & ~np.isnan(most)
    return np.where(off, np.clip(ends, -most, most), ends)


def _of_transform(transform: Any, shape: tuple[int, ...]) -> Support:
    if isinstance(transform, transforms.PositiveDefinite):
        diagonal = np.eye(shape[-1], dtype=bool)
        return Support(np.where(diagonal, 0.0, -np.inf), matrices=True)
    if isinstance(transform, transforms.Simplex):
        return Support(0.0, 1.0)
    if isinstance(transform, transforms.Sphere):
        return Support(-1.0, 1.0)
    if isinstance(transform, transforms.Positive):
        return POSITIVE
    return Support(getattr(transform, "low", -np.inf), getattr(transform, "high", np.inf))


def _of_derived(law: Family, params: Arrays, name: str) -> Support:
    """Whether something derived is always positive, or between 0 and 1, wherever parameters are."""
    rng, seen = RandomState(0), []
    alone = [key for key, transform in law.parameters.items() if not transform.event_ndim]
    for _ in range(TRIALS):
        with np.errstate(all="ignore"):
            trial = {key: _anywhere(law.parameters[key], params[key], rng) for key in alone}
            found = law.derived({**params, **trial})
        seen.append(np.asarray(found[name], dtype=float).ravel())
    told = np.concatenate(seen)
    told = told[np.isfinite(told)]
    if not len(told) or told.min() < 0:
        return REAL
    return Support(0.0, 1.0) if told.max() <= 1 else POSITIVE


def _anywhere(transform: Any, value: Array, rng: RandomState) -> Array:
    shape = np.shape(transform.unconstrain(value))
    return np.asarray(transform.constrain(rng.uniform(-FAR, FAR, shape)))
