"""M-steps without a closed form: Newton's method, guarded, for all components at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Expansion",
    "Ties",
    "bisect",
    "climb",
    "climb_logs",
    "climb_together",
    "decreasing_root",
    "log_step",
    "slope",
    "uphill",
]

Array = NDArray[np.floating]

logger = logging.getLogger("skmixture")

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


def log_step(what: str, number: int, done: NDArray[np.bool_]) -> None:
    """Report a step of an M-step's own search, which some of its places have finished."""
    if logger.isEnabledFor(logging.DEBUG):
        going = done.size - int(np.count_nonzero(done))
        logger.debug("M-step, %s, step %d: %d of %d go on", what, number, going, done.size)


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
    >>> from skmixture.numerics.solvers import decreasing_root
    >>> target = np.array([2.0, 9.0])
    >>> decreasing_root(lambda z: (target - z**2, -2 * z), np.ones(2), 0, 100).round(12)
    array([1.41421356, 3.        ])
    """
    low = np.array(np.broadcast_to(low, start.shape), dtype=float)
    high = np.array(np.broadcast_to(high, start.shape), dtype=float)
    z = np.clip(start, low, high)
    done = np.zeros(z.shape, dtype=bool)
    with np.errstate(all="ignore"):  # at the bounds functions may overflow; steps then halve
        for number in range(1, MOST_STEPS + 1):
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
            log_step("root", number, done)
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
    *,
    here: Expansion | None = None,
    value: Callable[[Array], Array] | None = None,
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
    here : Expansion, optional
        That of the start, where it is known.
    value : callable, optional
        Gives the value alone, where it takes less time: points are tried by it.
    low, high : array-like, broadcastable to `start`
        Bounds that no point leaves.

    Returns
    -------
    ndarray of shape (..., q)
    """
    z, here = start, function(start) if here is None else here
    damping, done = np.zeros(here.value.shape), np.zeros(here.value.shape, dtype=bool)
    n_steps = np.zeros(here.value.shape, dtype=int)
    with np.errstate(all="ignore"):  # a step may go too far: what is not finite is refused
        for number in range(1, MOST_STEPS + 1):
            loose = _masked(here, ~_stuck(z, here.gradient, low, high))
            step = uphill(loose, damping)
            promise = (loose.gradient * step).sum(axis=-1)
            done |= ~(promise > PROMISE * np.maximum(np.abs(here.value), 1.0))
            if done.all():
                break
            tried = np.where(done[..., None], z, np.clip(z + step, low, high))
            there = function(tried) if value is None else here
            level = there.value if value is None else value(tried)
            rises = ~done & (level >= here.value)
            z = np.where(rises[..., None], tried, z)
            damping = np.where(rises, damping / 10, np.maximum(10 * damping, DAMPING))
            n_steps += rises
            done |= (damping > HEAVIEST) | (n_steps >= most_steps)
            if (rises & ~done).any():
                here = _replaced(here, rises, there if value is None else function(z))
            log_step("climb", number, done)
    return z


def _stuck(z: Array, gradient: Array, low: Array | float, high: Array | float) -> NDArray[np.bool_]:
    """What is at a bound and would go beyond."""
    return ((z <= low) & (gradient < 0)) | ((z >= high) & (gradient > 0))


def _masked(at: Expansion, loose: NDArray[np.bool_]) -> Expansion:
    """The same where only some coordinates (..., q) may move."""
    both = loose[..., :, None] & loose[..., None, :]
    return Expansion(at.value, np.where(loose, at.gradient, 0.0), np.where(both, at.hessian, 0.0))


def _replaced(here: Expansion, places: NDArray[np.bool_], there: Expansion) -> Expansion:
    """Expansions with others in some places of the stack."""
    return Expansion(
        np.where(places, there.value, here.value),
        np.where(places[..., None], there.gradient, here.gradient),
        np.where(places[..., None, None], there.hessian, here.hessian),
    )


class Ties:
    """Coordinates (B, K, ..., q) of which components share some.

    Parameters
    ----------
    n_components : int
    tied : sequence of bool of length q
    """

    def __init__(self, n_components: int, tied: Sequence[bool] | NDArray[np.bool_]) -> None:
        places = np.empty((n_components, len(tied)), dtype=int)
        n_common = 0
        for i, is_tied in enumerate(tied):
            own = 1 if is_tied else n_components
            places[:, i] = n_common + np.arange(own)
            n_common += own
        self._choice = np.eye(n_common)[places]  # (K, q, Q), which common one is each

    def common(self, z: Array) -> Array:
        """Those that are there (B, ..., Q), each once: means of the components'."""
        return np.einsum("kqu,bk...q->b...u", self._choice, z) / self._choice.sum(axis=(0, 1))

    def spread(self, u: Array) -> Array:
        """The coordinates of each component."""
        return np.einsum("kqu,b...u->bk...q", self._choice, u)

    def expansion(self, own: Expansion) -> Expansion:
        """The sum of the components' functions, by the common coordinates."""
        S = self._choice
        return Expansion(
            own.value.sum(axis=1),
            np.einsum("kqu,bk...q->b...u", S, own.gradient),
            np.einsum("kqu,bk...qr,krv->b...uv", S, own.hessian, S),
        )


def climb_together(
    function: Callable[[Array], Expansion],
    start: Array,
    tied: Sequence[bool] | NDArray[np.bool_],
    most_steps: int = MOST_STEPS,
    *,
    here: Expansion | None = None,
    value: Callable[[Array], Array] | None = None,
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
    here : Expansion, optional
        That of the start, where it is known and tied coordinates are equal.
    value : callable, optional
        Gives the values (B, K, ...) alone, where it takes less time.

    Returns
    -------
    ndarray of shape (B, K, ..., q)
    """
    if not np.any(tied):
        return climb(function, start, most_steps, here=here, value=value, low=low, high=high)
    ties = Ties(start.shape[1], tied)
    low, high = (ties.common(np.broadcast_to(bound, start.shape)) for bound in (low, high))
    u = climb(
        lambda u: ties.expansion(function(ties.spread(u))),
        ties.common(start),
        most_steps,
        here=None if here is None else ties.expansion(here),
        value=None if value is None else lambda u: value(ties.spread(u)).sum(axis=1),
        low=low,
        high=high,
    )
    return ties.spread(u)


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


def uphill(here: Expansion, damping: Array | float = 0.0) -> Array:
    """Newton's step (..., q) by the absolute curvature, the more damped the shorter."""
    finite = np.isfinite(here.hessian).all(axis=(-1, -2), keepdims=True)
    curvature = np.where(finite, here.hessian, 0.0)
    # coordinates of any scale: the diagonal is brought to 1
    scale = np.sqrt(np.abs(np.diagonal(curvature, axis1=-2, axis2=-1)))
    scale = np.where(scale > 0, scale, 1.0)
    roots, axes = np.linalg.eigh(curvature / (scale[..., :, None] * scale[..., None, :]))
    size = np.maximum(np.abs(roots), 1e-12) + np.asarray(damping)[..., None]
    along = (np.swapaxes(axes, -1, -2) @ (here.gradient / scale)[..., None])[..., 0] / size
    return (axes @ along[..., None])[..., 0] / scale


def slope(first: Array, middle: Array, last: Array, step: Array) -> Array:
    """Central differences; those of one side where the other is not finite, else 0."""
    with np.errstate(all="ignore"):
        found = (last - first) / (2 * step)
        if np.isfinite(found).all():
            return found
        for one_sided in ((last - middle) / step, (middle - first) / step):
            found = np.where(np.isfinite(found), found, one_sided)
    return np.where(np.isfinite(found), found, 0.0)


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
