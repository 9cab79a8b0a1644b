"""M-steps without a closed form: Newton's method, guarded, for all components at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Expansion", "bisect", "climb", "climb_logs", "climb_together", "decreasing_root"]

Array = NDArray[np.floating]

MOST_STEPS = 100
# A step that changes a root by no more than this part leaves about its square.
CLOSE = 1e-8
# A climb has arrived where the next step promises no more than this part of the value.
PROMISE = 1e-15
# How steps are shortened: first by this, tenfold each time they fail, until the last.
DAMPING, HEAVIEST = 1e-3, 1e12
# Where there are no bounds, points go no farther than this.
FARTHEST = 1e300
# Halving an interval of floating-point numbers so often leaves one.
MOST_HALVINGS = 1100


def decreasing_root(
    function: Callable[[Array], tuple[Array, Array]], start: Array, low: ArrayLike, high: ArrayLike
) -> Array:
    """Where a decreasing function is 0, everywhere in an array at once.

    Newton's steps between bounds that close in; a step that leaves them
    halves the interval instead. Where the function has one sign throughout,
    the bound that it points to comes out.

    Parameters
    ----------
    function : callable
        Gives the value and the derivative at each place of an array.
    start : ndarray
        First guesses.
    low, high : array-like
        Bounds, broadcastable to `start`; finite.

    Returns
    -------
    ndarray
        Of the shape of `start`.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.solvers import decreasing_root
    >>> target = np.array([2.0, 9.0])
    >>> decreasing_root(lambda z: (target - z**2, -2 * z), np.ones(2), 0, 100).round(12)
    array([1.41421356, 3.        ])
    """
    low = np.array(np.broadcast_to(low, start.shape), dtype=float)
    high = np.array(np.broadcast_to(high, start.shape), dtype=float)
    z = np.clip(start, low, high)
    done = np.zeros(z.shape, dtype=bool)
    with np.errstate(all="ignore"):  # at the bounds functions may overflow; steps then halve
        for _ in range(MOST_STEPS):
            value, derivative = function(z)
            low, high = np.where(value > 0, z, low), np.where(value < 0, z, high)
            step = value / derivative
            following = z - step
            # a step that is lost in rounding stays on the bound that it comes from
            there = np.isfinite(derivative) & (np.abs(step) <= CLOSE * np.abs(z))
            inside = (following > low) & (following < high)
            following = np.where(inside, following, low + 0.5 * (high - low))
            following = np.where(there, np.clip(z - step, low, high), following)
            following = np.where(done | (value == 0), z, following)
            done |= there | (np.abs(following - z) <= CLOSE * np.abs(z))
            z = following
            if done.all():
                break
    return z


class Expansion(NamedTuple):
    """A function with its first and second derivatives, for a stack of points."""

    value: Array  # (...)
    gradient: Array  # (..., q)
    hessian: Array  # (..., q, q)


def climb(
    function: Callable[[Array], Expansion],
    start: Array,
    most_steps: int = MOST_STEPS,
    low: Array | float = -FARTHEST,
    high: Array | float = FARTHEST,
) -> Array:
    """Points at which functions are largest, or at least no lower than where they began.

    Newton's steps, turned uphill where the function is not concave and damped
    until it rises (Levenberg 1944, Quarterly of Applied Mathematics 2, 164-168).

    Parameters
    ----------
    function : callable
        Gives the `Expansion` of each function at its point.
    start : ndarray of shape (..., q)
        A point for each of a stack of functions.
    most_steps : int
        Steps uphill after which a climb is broken off.
    low, high : array-like, broadcastable to `start`
        Bounds that no point leaves.

    Returns
    -------
    ndarray of shape (..., q)
    """
    z, here = start, function(start)
    damping, done = np.zeros(here.value.shape), np.zeros(here.value.shape, dtype=bool)
    n_steps = np.zeros(here.value.shape, dtype=int)
    with np.errstate(all="ignore"):  # a step may go too far: what is not finite is refused
        for _ in range(MOST_STEPS):
            loose = _masked(here, ~_stuck(z, here.gradient, low, high))
            step = _uphill(loose, damping)
            promise = (loose.gradient * step).sum(axis=-1)
            done |= ~(promise > PROMISE * np.maximum(np.abs(here.value), 1.0))
            if done.all():
                break
            tried = np.where(done[..., None], z, np.clip(z + step, low, high))
            there = function(tried)
            rises = ~done & (there.value >= here.value)
            z = np.where(rises[..., None], tried, z)
            here = Expansion(
                np.where(rises, there.value, here.value),
                np.where(rises[..., None], there.gradient, here.gradient),
                np.where(rises[..., None, None], there.hessian, here.hessian),
            )
            damping = np.where(rises, damping / 10, np.maximum(10 * damping, DAMPING))
            n_steps += rises
            done |= (damping > HEAVIEST) | (n_steps >= most_steps)
    return z


def _stuck(z: Array, gradient: Array, low: Array | float, high: Array | float) -> NDArray[np.bool_]:
    """What is at a bound and would go beyond."""
    return ((z <= low) & (gradient < 0)) | ((z >= high) & (gradient > 0))


def _masked(at: Expansion, loose: NDArray[np.bool_]) -> Expansion:
    """The same where only some coordinates (..., q) may move."""
    both = loose[..., :, None] & loose[..., None, :]
    return Expansion(at.value, np.where(loose, at.gradient, 0.0), np.where(both, at.hessian, 0.0))


def climb_together(
    function: Callable[[Array], Expansion],
    start: Array,
    tied: Sequence[bool] | NDArray[np.bool_],
    most_steps: int = MOST_STEPS,
    low: Array | float = -FARTHEST,
    high: Array | float = FARTHEST,
) -> Array:
    """`climb` of functions of components, some coordinates being the same for all of these.

    Parameters
    ----------
    function : callable
        Gives the `Expansion` of each component's function at points (B, K, ..., q).
    start : ndarray of shape (B, K, ..., q)
        Points; of tied coordinates their mean is taken.
    tied : sequence of bool of length q
    most_steps, low, high
        As in `climb`; the bounds are the same for all components.

    Returns
    -------
    ndarray of shape (B, K, ..., q)
    """
    if not np.any(tied):
        return climb(function, start, most_steps, low, high)
    S = _selection(start.shape[1], tied)  # (K, q, Q)

    def spread(u: Array) -> Array:
        return np.einsum("kqu,b...u->bk...q", S, u)

    def together(u: Array) -> Expansion:
        own = function(spread(u))
        return Expansion(
            own.value.sum(axis=1),
            np.einsum("kqu,bk...q->b...u", S, own.gradient),
            np.einsum("kqu,bk...qr,krv->b...uv", S, own.hessian, S),
        )

    first, low, high = (
        np.einsum("kqu,bk...q->b...u", S, np.broadcast_to(z, start.shape)) / S.sum(axis=(0, 1))
        for z in (start, low, high)
    )
    return spread(climb(together, first, most_steps, low, high))


def _selection(n_components: int, tied: Sequence[bool] | NDArray[np.bool_]) -> Array:
    """Which common coordinate (K, q, Q) is each of the components'."""
    places = np.empty((n_components, len(tied)), dtype=int)
    n_common = 0
    for i, is_tied in enumerate(tied):
        own = 1 if is_tied else n_components
        places[:, i] = n_common + np.arange(own)
        n_common += own
    return np.eye(n_common)[places]


def climb_logs(
    function: Callable[[Array], Expansion],
    start: Array,
    held: Array,
    tied: Sequence[bool] | NDArray[np.bool_],
    low: Array | float,
    high: Array | float,
) -> Array:
    """`climb_together` for positive numbers between bounds, by their logarithms.

    Parameters
    ----------
    function : callable
        Gives, at numbers (B, K, ..., q), the `Expansion` by their logarithms.
    start : ndarray of shape (B, K, ..., q)
    held : ndarray, broadcastable to `start`
        Numbers that are held, NaN where free.
    tied : sequence of bool of length q
    low, high : array-like, broadcastable to `start`
    """
    free, low, high = np.isnan(held), np.log(low), np.log(high)

    def numbers(z: Array) -> Array:
        return np.where(free, np.exp(np.clip(z, low, high)), held)

    def at(z: Array) -> Expansion:
        return _masked(function(numbers(z)), np.broadcast_to(free, z.shape))

    first = np.clip(np.log(start), low, high)
    return numbers(climb_together(at, first, tied, low=low, high=high))


def _uphill(here: Expansion, damping: Array) -> Array:
    """Newton's step (..., q) by the absolute curvature, the more damped the shorter."""
    finite = np.isfinite(here.hessian).all(axis=(-1, -2), keepdims=True)
    curvature = np.where(finite, here.hessian, 0.0)
    # coordinates of any scale: the diagonal is brought to 1
    scale = np.sqrt(np.abs(np.diagonal(curvature, axis1=-2, axis2=-1)))
    scale = np.where(scale > 0, scale, 1.0)
    roots, axes = np.linalg.eigh(curvature / (scale[..., :, None] * scale[..., None, :]))
    size = np.maximum(np.abs(roots), 1e-12) + damping[..., None]
    along = (np.swapaxes(axes, -1, -2) @ (here.gradient / scale)[..., None])[..., 0] / size
    return (axes @ along[..., None])[..., 0] / scale


def bisect(
    below: Callable[[Array], NDArray[np.bool_]], low: Array, high: Array, whole: NDArray[np.bool_]
) -> Array:
    """The least value, entry by entry, at which `below` is false; low <= it <= high.

    Columns that are `whole` (d,) have whole numbers only.
    """
    low, high = low.astype(float), high.astype(float)
    done = ~below(low) | (low == high)  # infinite ends among them
    answer = np.where(~below(low), low, high)
    for _ in range(MOST_HALVINGS):
        middle = 0.5 * (low + high)
        middle = np.where(whole, np.floor(middle), middle)
        done |= (middle <= low) | (middle >= high) | ~np.isfinite(middle)
        if done.all():
            break
        short = below(np.where(done, answer, middle))
        low = np.where(~done & short, middle, low)
        high = np.where(~done & ~short, middle, high)
        answer = np.where(done, answer, high)
    return answer
