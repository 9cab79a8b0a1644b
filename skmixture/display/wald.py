"""Intervals from standard errors, on scales on which no end leaves what a parameter may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy import special

from skmixture import transforms

__all__ = ["ends_from_errors", "support_of", "wald_ends"]

Array = NDArray[np.floating]
Bounds = tuple[ArrayLike, ArrayLike]

REAL, POSITIVE, SHARE = (-np.inf, np.inf), (0.0, np.inf), (0.0, 1.0)
# Settings of the parameters at which it is seen where a derived quantity lies.
TRIALS, DECADES = 50, 6.0


def ends_from_errors(
    model: Any, errors: Mapping[str, Array], level: float
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Estimates by name, and ends (2, ...) of their intervals."""
    estimates = {name: np.asarray(getattr(model, name + "_"), dtype=float) for name in errors}
    return estimates, {
        name: wald_ends(value, errors[name], support_of(model, name), level)
        for name, value in estimates.items()
    }


def wald_ends(value: ArrayLike, error: ArrayLike, bounds: Bounds, level: float) -> Array:
    """Ends (2, ...) of intervals: so many standard errors to each side.

    On the logarithm of the distance from a bound, or its logit between two, by the delta
    method. NaN where that leads beyond all numbers.
    """
    reach = special.ndtri(0.5 + level / 2)
    x, low, high = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (value, *bounds)))
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
    # at a bound there is no such scale
    at_bound = (x <= low) | (x >= high)
    ends = np.where(at_bound, np.clip(x + sides, low, high), ends)
    ends = np.where(np.asarray(error) == 0, x, ends)
    return np.where(np.isfinite(ends).all(axis=0), ends, np.nan)


def support_of(model: Any, name: str) -> Bounds:
    """Between which bounds the numbers of a parameter lie, each or all alike."""
    if name in ("weights", "strata_weights"):
        return SHARE
    law = model.family_
    if name in law.parameters:
        return _bounds_of(law.parameters[name], np.shape(getattr(model, f"{name}_")))
    return _bounds_seen(model, name)


def _bounds_of(transform: Any, shape: tuple[int, ...]) -> Bounds:
    if isinstance(transform, transforms.PositiveDefinite):
        return np.where(np.eye(shape[-1], dtype=bool), 0.0, -np.inf), np.inf
    if isinstance(transform, transforms.Simplex):
        return SHARE
    if isinstance(transform, transforms.Sphere):
        return -1.0, 1.0
    if isinstance(transform, transforms.Positive):
        return POSITIVE
    return getattr(transform, "low", -np.inf), getattr(transform, "high", np.inf)


def _bounds_seen(model: Any, name: str) -> Bounds:
    """Whether something derived of the parameters is always positive, or between 0 and 1."""
    law, rng = model.family_, RandomState(0)
    own = {key: np.asarray(getattr(model, f"{key}_")) for key in law.parameters}
    positive = [key for key in own if isinstance(law.parameters[key], transforms.Positive)]
    seen = []
    for _ in range(TRIALS):
        trial = {key: 10 ** rng.uniform(-DECADES, DECADES, own[key].shape) for key in positive}
        with np.errstate(all="ignore"):
            found = law.derived({**own, **trial})
        seen.append(np.asarray(found[name], dtype=float).ravel())
    least, most = np.nanmin(seen), np.nanmax(seen)
    if not least >= 0:
        return REAL
    return SHARE if most <= 1 else POSITIVE
