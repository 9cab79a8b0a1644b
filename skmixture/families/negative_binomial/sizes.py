"""The size of a negative binomial in the M-step: found exactly, approached, or raised with care.

All of it goes by the dispersion ``a = 1 / r``, in which the likelihood is
smooth down to 0, the Poisson law.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from skmixture.numerics.solvers import log_step
from skmixture.numerics.special import log1pmx, log_less_digamma

__all__ = ["exact_dispersions", "sizes_with_frailty", "stepped_dispersions"]

Array = NDArray[np.floating]
# Slope of the expected log-likelihood in -a, and the derivative of that, at dispersions a, and
# where they are asked for: at other places they may be anything
Slope = Callable[[Array, NDArray[np.bool_]], tuple[Array, Array]]

MOST_STEPS = 60
# Each halves the digits that the first guess of a gamma's shape lacks, or does better.
ROUNDS = 6
SMALLEST = 1e-100
# A last step that changes a dispersion by no more than this part leaves about its square.
CLOSE = 1e-6
# No step takes a dispersion farther than by this factor, but where the likelihood is straight.
FARTHEST = 8.0
# Where mean times dispersion is below this, the slope is straight enough to step on it to 0.
STRAIGHT = 0.05


def exact_dispersions(
    slope: Slope, at_zero: Array, start: Array, means: Array, least: Array | float, most: float
) -> Array:
    """The dispersions at which the slope vanishes, or the bound that it points to.

    Newton's method between two bounds that close in: the slope in -a is
    negative below the root and positive beyond it (for one component there
    is one root: Levin and Reeds 1977, Annals of Statistics 5, 79-87).
    `at_zero` is the slope at 0, where there is a root only if it is negative.
    """
    least = np.broadcast_to(least, start.shape)
    low, high = least.copy(), np.full(start.shape, most)
    done = at_least = at_zero >= 0
    a = np.where(at_least, least, np.clip(start, low, high))
    for number in range(1, MOST_STEPS + 1):
        if done.all():
            break
        value, derivative = slope(a, ~done)
        low = np.where(value < 0, a, low)
        high = np.where(value > 0, a, high)
        following = stepped_dispersions(a, value, derivative, means, least)
        inside = (following > low) & (following < high)
        following = np.where(inside, following, np.sqrt(low) * np.sqrt(high))
        following = np.where(done | (value == 0), a, following)
        done = done | (np.abs(following - a) <= CLOSE * a)
        a = following
        log_step("dispersions", number, done)
    return a


def stepped_dispersions(
    a: Array, value: Array, derivative: Array, means: Array, least: Array
) -> Array:
    """One guarded step of Newton's method on a slope with its derivative."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        step = value / derivative
        # where the slope falls again, beyond the root, its logarithm's step is the right one
        by_logs = value / (value / a + derivative)
        step = np.where(derivative > 0, step, np.where(by_logs > 0, by_logs, np.inf))
    step = np.where(value == 0, 0.0, step)
    straight = a * means < STRAIGHT
    highest = np.maximum(FARTHEST * a, np.where(straight, STRAIGHT / means, 0.0))
    lowest = np.where(straight, least, a / FARTHEST)
    return np.maximum(np.clip(a - step, lowest, highest), least)


def mean_slope(y: Array) -> tuple[Array, Array]:
    """``(y - log(1 + y)) / y^2`` and its derivative, from 1/2 and -1/3 at 0."""
    far = np.maximum(y, 1e-6)
    logs = log1pmx(far)
    value = np.where(y < 1e-6, 0.5 - y / 3, -logs / far**2)
    near = -1 / 3 + y * (1 / 2 - y * (3 / 5 - y * 2 / 3))
    return value, np.where(y < 1e-3, near, (far / (1 + far) + 2 * logs / far) / far**2)


def sizes_with_frailty(excess: Array, pull: Array | float = 0.0) -> Array:
    """Sizes r from ``log r - psi(r) = excess``, the M-step of the gamma-Poisson mixture.

    The law is Poisson with its mean multiplied by a gamma variable of mean 1
    and shape r; given that, both steps of EM are closed, and no step can
    lower the likelihood. `excess` is the mean of ``E u - 1 - E log u``. A gamma
    prior of r adds its rate to the excess, and ``pull / r`` to the left side.
    """
    gap = excess / (1 + 2 * pull)
    with np.errstate(divide="ignore", over="ignore"):
        # Minka (2002), "Estimating a gamma distribution", to one part in 60 without pull
        r = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    r = np.clip(r, SMALLEST, 1 / SMALLEST)
    # log r against log of the left side is nearly a line of slope -1
    for _ in range(2 * ROUNDS if np.any(pull) else ROUNDS):
        r = r * ((log_less_digamma(r) + pull / r) / excess) ** 0.95
    return r
