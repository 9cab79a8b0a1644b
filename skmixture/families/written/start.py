"""First parameters: those of the user, or the likeliest of several drawn in the rows' units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.written.bounded import Bounded
from skmixture.families.written.parameter import Parameter
from skmixture.law.family import Array
from skmixture.transforms import PositiveDefinite, Sphere, Transform

if TYPE_CHECKING:
    from skmixture.families.written.calls import Calls
    from skmixture.families.written.local import Local

__all__ = ["Moments", "candidates", "first_coordinates", "heights", "highest"]

TINY = float(np.finfo(float).tiny)
# Places that are tried for each component of a start.
CANDIDATES = 16
# Of draws between two bounds, on the unconstrained scale.
WIDTH = 1.5


def first_coordinates(
    local: Local, calls: Calls, parameters: Mapping[str, Parameter], x: NDArray, resp: Array
) -> Array:
    """Coordinates (B, K, q) for responsibilities (B, K, n), before any step.

    The law of all rows is a candidate too, unless the user says where to start.
    """
    B, K, n = resp.shape
    shapes = local.layout.shapes
    by_member = []
    for X, own in zip(x, [resp.reshape(-1, n)] if len(x) == 1 else resp, strict=True):
        drawn = candidates(parameters, shapes, X, own, CANDIDATES, RandomState(0))
        by_member.append(local.of(drawn))
    z = np.concatenate(by_member, axis=1)  # (C, B K, q)
    if all(p.start is None for p in parameters.values()):
        z = np.concatenate([np.broadcast_to(local.base, (1, *z.shape[1:])), z])
    if len(z) == 1:
        return z.reshape(B, K, -1)
    tables, units = local.tables(calls, x, K), np.arange(B * K)
    found = np.stack([heights(tables(units, own), resp.reshape(-1, n)) for own in z])
    best = highest(found)
    return z[best, units].reshape(B, K, -1)


class Moments(NamedTuple):
    """Weighted means and standard deviations of the columns, each (M, d)."""

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, X: NDArray, resp: Array) -> Moments:
        """Of rows (n, d) by weights (M, n)."""
        mass = np.maximum(resp.sum(axis=-1, keepdims=True), TINY)
        share = resp / mass
        mean = share @ X
        # squares neither overflow nor vanish
        unit = np.abs(X).max(axis=0, initial=0.0)
        unit = np.where(unit > 0, unit, 1.0)
        square = [w @ ((X - m) / unit) ** 2 for w, m in zip(share, mean, strict=True)]
        return cls(mean, unit * np.sqrt(np.stack(square)))

    def fitted(self, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Both for a value of this shape, (M, *shape): by column where its last axis has them."""
        own = []
        for moment in self:
            by_column = shape and shape[-1] == moment.shape[1]
            value = moment if by_column else moment.mean(axis=1, keepdims=True)
            ndim = len(shape) - 1 if by_column else len(shape)
            width = value.shape[1:] if by_column else ()
            value = value.reshape(len(value), *(1,) * ndim, *width)
            own.append(np.broadcast_to(value, (len(moment), *shape)))
        return own[0], own[1]


def candidates(
    parameters: Mapping[str, Parameter],
    shapes: Mapping[str, tuple[int, ...]],
    X: NDArray,
    resp: Array,
    number: int,
    rng: RandomState,
) -> dict[str, Array]:
    """Parameters (C, M, *shape) for M components to begin with, the plainest first.

    What the user gave a start for is always there. Where all is given there
    is one candidate only.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    resp : ndarray of shape (M, n)
    number : int
        C.
    """
    number = 1 if all(p.start is not None for p in parameters.values()) else number
    moments, found = Moments.of(X, resp), {}
    for name, parameter in parameters.items():
        shape = shapes[name]
        if parameter.start is not None:
            own = [_given(parameter, name, shape, X, weight) for weight in resp]
            found[name] = np.repeat(np.stack(own)[None], number, axis=0)
        else:
            # the same draws for all components: each is as it would be alone
            noise = rng.normal(size=(number, 1, *shape))
            noise[0] = 0.0
            found[name] = _drawn(parameter.constraint, shape, moments, noise, rng)
    return found


def _drawn(
    transform: Transform, shape: tuple[int, ...], moments: Moments, noise: Array, rng: RandomState
) -> Array:
    """Values (C, M, *shape) from standard normal numbers (C, 1, *shape)."""
    mean, deviation = moments.fitted(shape)
    if isinstance(transform, Bounded):
        return transform.constrain(_bounded(transform, mean, deviation, noise, rng))
    if transform.event_ndim == 0:
        if transform.description != "real":
            return transform.constrain(np.broadcast_to(noise, (len(noise), *mean.shape)))
        in_units = rng.uniform(size=len(noise)) < 0.5  # else numbers near 0, as of a slope
        in_units[0] = True
        in_units = in_units.reshape(-1, *(1,) * (noise.ndim - 1))
        return np.where(in_units, mean + deviation * noise, noise)
    if isinstance(transform, PositiveDefinite) and shape[-1] == moments.mean.shape[1]:
        middle: Any = np.maximum(deviation[..., None, :] ** 2, TINY) * np.eye(shape[-1])
    elif isinstance(transform, Sphere) and shape[-1] == moments.mean.shape[1]:
        length = np.linalg.norm(mean, axis=-1, keepdims=True)
        middle = np.where(
            length > 0, mean / np.where(length > 0, length, 1.0), 1 / shape[-1] ** 0.5
        )
    else:
        event = np.zeros((*shape[: -transform.event_ndim], transform.n_free(shape)))
        middle = np.broadcast_to(transform.constrain(event), mean.shape)
    z = transform.unconstrain(middle if middle.ndim == mean.ndim else middle[:, 0])
    spread = rng.normal(size=(len(noise), 1, *z.shape[1:]))
    spread[0] = 0.0
    return transform.constrain(z + spread)


def _bounded(
    transform: Bounded, mean: Array, deviation: Array, noise: Array, rng: RandomState
) -> Array:
    """Coordinates about the middle of two bounds, or at a distance from one as data have."""
    shape = (len(noise), *mean.shape)
    low, high = (np.broadcast_to(bound, mean.shape) for bound in (transform.low, transform.high))
    with np.errstate(invalid="ignore"):
        bound = np.where(np.isfinite(low), low, np.where(np.isfinite(high), high, 0.0))
    deviation = np.maximum(deviation, 1e-3 * np.abs(mean) + TINY)
    distances = np.stack(
        [deviation, np.abs(mean - bound) + TINY, np.ones_like(mean), 1 / deviation]
    )
    kind = rng.randint(len(distances), size=len(noise))
    kind[:2] = range(len(kind[:2]))  # as wide as the rows are, then as far as they are
    distance = np.broadcast_to(distances[kind], shape)
    log_distance = np.log(np.clip(distance, TINY, 1 / TINY)) + noise
    both = transform.from_below & transform.from_above
    one_sided = np.where(transform.from_below, log_distance, -log_distance)
    free = mean + deviation * noise
    bounded = transform.from_below | transform.from_above
    return np.where(both, WIDTH * noise, np.where(bounded, one_sided, free))


def heights(table: Array, resp: Array) -> Array:
    """Weight of possible rows, and their log-likelihood (..., 2, M), by log densities (..., M, n).

    A start is the better the fewer rows are impossible, and only then the
    likelier.
    """
    possible = np.isfinite(table) & (table < np.inf).all(axis=-1, keepdims=True)
    weight = np.where(possible, resp, 0.0)
    value = (weight * np.where(possible, table, 0.0)).sum(axis=-1)
    return np.stack([weight.sum(axis=-1), value], axis=-2)


def highest(found: Array) -> NDArray[np.integer]:
    """Which (M,) of C candidates is the best, by `heights` (C, 2, M); the first of equals."""
    possible, value = found[:, 0], found[:, 1]
    most = possible >= possible.max(axis=0) * (1 - 1e-12)
    return np.where(most, value, -np.inf).argmax(axis=0)


def _given(
    parameter: Parameter, name: str, shape: tuple[int, ...], X: NDArray, resp: Array
) -> Array:
    """The user's start (*shape) for one component, with its responsibilities (n,).

    The random numbers of a callable follow from the responsibilities, so that
    each start has others and each fit the same.
    """
    if not callable(parameter.start):
        return np.broadcast_to(np.asarray(parameter.start, dtype=float), shape)
    rng = RandomState(crc32(np.ascontiguousarray(resp).tobytes()))
    try:
        value = np.asarray(parameter.start(X, resp, rng), dtype=float)
    except Exception as error:
        raise ValueError(f"the start of {name!r} raised {type(error).__name__}: {error}") from error
    if value.shape not in ((), shape):
        raise ValueError(f"the start of {name!r} must have the shape {shape}, got {value.shape}")
    if not np.all(parameter.constraint.holds(value)):
        raise ValueError(
            f"the start of {name!r} must be {parameter.constraint.description}, got {value}"
        )
    return np.broadcast_to(value, shape)
