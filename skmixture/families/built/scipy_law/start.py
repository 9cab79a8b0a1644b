"""First parameters of scipy's distributions: shapes from a grid, quartiles that agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skmixture.families.built.scipy_law.bounds import inside
from skmixture.families.built.scipy_law.domain import shape_grid
from skmixture.families.built.scipy_law.formula import shape_names
from skmixture.families.built.scipy_law.maximum import Likelihood
from skmixture.law.family import Arrays

if TYPE_CHECKING:
    from skmixture.families.built.scipy_law.family import FromScipy

__all__ = ["LEVELS", "first_params"]

Array = NDArray[np.floating]

# Of the quartiles, and of the values that stand for all rows.
LEVELS = np.array([0.25, 0.5, 0.75])
POINTS = (np.arange(128) + 0.5) / 128
# Steps of a climb on these values.
STEPS = 8
# A component without rows has this part of each.
TRACE = 1e-12
# How far, in scales, rows are from the ends of a first support.
MARGIN = 0.01
LARGEST_SHAPE = 200.0


def first_params(law: FromScipy, stats: Arrays) -> dict[str, Array]:
    """Of shapes on a grid, with quartiles as the rows', the likeliest: each (B, K, d).

    From there it goes uphill, all on a few quantiles in place of the rows.
    """
    x, resp = stats["x"], stats["resp"]
    found = quantiles(x, resp, np.r_[LEVELS, POINTS])
    own, points = found[..., :3], found[..., 3:]
    largest = x.max() + 2.0 if law.discrete else LARGEST_SHAPE
    ends = x.min(axis=-1)[:, None], x.max(axis=-1)[:, None]
    tried = [_matched(law, s, own, *ends) for s in shape_grid(law.domain.transforms, largest)]
    best = _likeliest(law, tried, points)
    few = Likelihood(law, points, np.ones((*resp.shape[:2], len(POINTS))))
    z = law.coordinates(best)
    return _likelier(law, law.likelihood(stats), few.climbed(z, STEPS), z)


def _likeliest(law: FromScipy, tried: list[dict[str, Array]], points: Array) -> dict[str, Array]:
    """Of several parameters (B, K, d), the likeliest of each column for points (B, K, d, m)."""
    G, (B, K, d, m) = len(tried), points.shape
    stack = {name: np.stack([own[name] for own in tried]) for name in tried[0]}  # (G, B, K, d)
    z = law.coordinates({name: value.reshape(-1, K, d) for name, value in stack.items()})
    value = Likelihood(law, np.tile(points, (G, 1, 1, 1)), np.ones((G * B, K, m))).value(z)
    best = value.reshape(G, B, K, d).argmax(axis=0)[None]
    return {name: np.take_along_axis(v, best, axis=0)[0] for name, v in stack.items()}


def _likelier(law: FromScipy, likelihood: Likelihood, z: Array, other: Array) -> dict[str, Array]:
    """Of two points the likelier one for all rows, by column and component."""
    better = likelihood.value(z) >= likelihood.value(other)
    return law.params_at(np.where(better[..., None], z, other))


def _matched(
    law: FromScipy, shapes: Mapping[str, float], own: Array, least: Array, largest: Array
) -> dict[str, Array]:
    """Parameters (B, K, d) of given shapes whose law is where the rows are."""
    params = {name: np.full(own.shape[:-1], value) for name, value in shapes.items()}
    free = [name for name in ("loc", "scale") if name in law.parameters]
    if not free:
        return params
    given = {**law.constants, **shapes}
    values = [given[name] for name in shape_names(law.of_scipy)]
    low, middle, high = law.standard_quartiles(tuple(values))
    first, last = law.of_scipy.support(*values)
    held = dict(zip(law.names, law.arguments({}), strict=True))
    if "scale" in free:
        spread = own[..., 2] - own[..., 0]
        scale = np.where(spread > 0, spread, 1e-3 * (largest - least) + TRACE) / (high - low)
        if "loc" not in free and middle > 0:
            above = own[..., 1] - held["loc"]
            scale = np.where(above > 0, above / middle, scale)
    else:
        scale = held["scale"]
    if "loc" in free:
        loc = own[..., 1] - scale * middle
        if np.isfinite(first):  # no row may lie off the support
            loc = np.minimum(loc, least - scale * (first + MARGIN))
    else:
        loc = held["loc"]
    if "scale" in free and np.isfinite(last) and last > 0:
        scale = np.maximum(scale, (1 + MARGIN) * (largest - loc) / last)
    fitted = {"loc": loc, "scale": scale}
    for name in free:
        value = np.broadcast_to(fitted[name], own.shape[:-1]).copy()
        params[name] = inside(value, law.parameters[name]) if law.bounds else value
    return params


def quantiles(x: Array, resp: Array, levels: Array) -> Array:
    """Quantiles (B, K, d, m) of columns x (1 or B, d, n) by weights (B, K, n)."""
    B, K, _ = resp.shape
    resp = resp + TRACE * (resp.sum(axis=(1, 2), keepdims=True) + TRACE)
    found = np.empty((B, K, x.shape[1], len(levels)))
    for b in range(B):
        own = x[b if len(x) > 1 else 0]
        for j, column in enumerate(own):
            order = np.argsort(column, kind="stable")
            below = np.cumsum(resp[b][:, order], axis=-1)  # (K, n)
            for k in range(K):
                place = np.searchsorted(below[k], levels * below[k, -1])
                found[b, k, j] = column[order][np.minimum(place, len(column) - 1)]
    return found
