"""Functions of counts that keep their digits.

The log probabilities of count laws are differences of numbers of size
``x log x``, and their derivatives differences of digamma functions: written
down as in the textbook they lose, for large counts or near a limit, every
digit there is. Here the large parts are cancelled on paper, after Loader
(2000), "Fast and accurate computation of binomial probabilities": what is
left is a distance between a count and its expectation, which is never
negative, and the remainder of Stirling's formula.

The functions broadcast, take and give float64, and pass over their arguments
a fixed number of times. Counts go up to 2**53, where floats cease to hold
every integer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

__all__ = [
    "curvature_rise",
    "deviance",
    "digamma_rise",
    "gamma_rise",
    "inverse_digamma",
    "log1pmx",
    "log_less_digamma",
    "log_nb",
    "log_nb_less_base",
    "nb_cdf",
    "saddle",
    "trigamma_excess",
]

Array = NDArray[np.floating]

# Below this, Stirling's series would need more terms; arguments are shifted up by as much.
STIRLING_FROM = 10.0
# B_2, B_4, ... of Bernoulli; the seven terms leave 3e-17 at STIRLING_FROM.
BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6]
STIRLING = [b / (2 * k * (2 * k - 1)) for k, b in enumerate(BERNOULLI, start=1)]
STIRLING_SLOPE = [b / (2 * k) for k, b in enumerate(BERNOULLI, start=1)]
# log1p(t) - t: by its series where the difference would cost a decimal digit.
SERIES_WITHIN = 0.2
ATANH = [1 / (2 * k + 3) for k in range(8)]
# lgamma(1 + x) / x near 0
SMALL = 2.0**-7
LOG_GAMMA = [-np.euler_gamma, *((-1) ** k * float(special.zeta(k)) / k for k in range(2, 9))]
# Quotients of a count by a rate stay finite down to here.
FLOOR = 1e-280
LARGEST = np.finfo(float).max
# A negative binomial is a Poisson or a gamma law and three corrections while mean / size is below
# this or above its inverse.
NEAR_LIMIT = 1e-4
# From here on its distribution function is an integral over a bell without long tails.
BELL_FROM = 64.0
BELL_WIDTH = 11.0  # standard deviations; 1e-17 is left outside even at BELL_FROM
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(32)
# psi'(a) - 1 / a: by its series where the difference would cost two digits.
TRIGAMMA_FROM = 50.0
# Newton's steps to the inverse of digamma with a pull.
INVERSE_STEPS = 5
# And most of them without a pull. A step by this part leaves rounding, with slopes of four digits.
MOST_INVERSE_STEPS, ARRIVED = 10, 1e-11


def log1pmx(t: ArrayLike) -> Array:
    """``log1p(t) - t`` to full relative accuracy for ``t > -1``."""
    t = np.asarray(t, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(np.log1p(t) - t)
    near = np.flatnonzero(np.abs(t) < SERIES_WITHIN)
    if near.size:
        np.put(value, near, _log1pmx_near(np.take(t, near)))
    return value[()]


def deviance(x: ArrayLike, rate: ArrayLike) -> Array:
    """``x log(x / rate) - x + rate`` to full relative accuracy, also where x is near the rate."""
    x, rate = np.asarray(x, dtype=float), np.asarray(rate, dtype=float)
    floored = np.maximum(rate, FLOOR)
    excess = floored - x
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        away = np.abs(excess) / np.minimum(x, floored)
        log_ratio = np.copysign(np.log1p(away), excess)
        value = np.where(x > 0, excess - x * log_ratio, rate)
    near = np.flatnonzero(away < SERIES_WITHIN)
    if near.size:
        count = np.take(np.broadcast_to(x, value.shape), near)
        np.put(value, near, -count * _log1pmx_near(np.take(excess, near) / count))
    if np.any(rate < FLOOR):
        value = value - special.xlogy(x, rate / floored)
    return value[()]


def saddle(x: ArrayLike) -> Array:
    """``log x! - (x log x - x)`` for real ``x >= 0``: what Stirling's formula adds to a count."""
    x = np.asarray(x, dtype=float)
    safe = np.maximum(x, 0.5)
    value = np.asarray(_binet(safe) + 0.5 * np.log(2 * np.pi * safe))
    value = np.asarray(np.where(x == 0, 0.0, value))
    low = np.flatnonzero((x < 0.5) & (x > 0))
    if low.size:
        near = np.take(x, low)
        small = np.minimum(near, SMALL)  # 1 + x would have lost digits of these
        log_factorial = np.where(
            near < SMALL, small * _polynomial(small, LOG_GAMMA), special.gammaln(near + 1)
        )
        np.put(value, low, log_factorial - special.xlogy(near, near) + near)
    return value[()]


def log_nb(x: ArrayLike, mean: ArrayLike, size: ArrayLike) -> Array:
    """Log probability of a count under a negative binomial law.

    The law has the given mean and the variance ``mean + mean**2 / size``; it
    tends to the Poisson law as the size grows.

    Parameters
    ----------
    x : array-like
        Counts from 0 to 2**53.
    mean : array-like
        Not negative; a mean of 0 has all mass at 0.
    size : array-like
        Positive, also called dispersion or number of failures; up to 1e25.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.numerics.special import log_nb
    >>> np.exp(log_nb([0, 1, 2], mean=2.0, size=1.0)).round(4)
    array([0.3333, 0.2222, 0.1481])
    """
    return log_nb_less_base(x, mean, size) - saddle(x)


def log_nb_less_base(x: ArrayLike, mean: ArrayLike, size: ArrayLike) -> Array:
    """`log_nb` without its term ``-saddle(x)``, which no parameter enters."""
    x, mean, size = (np.asarray(a, dtype=float) for a in (x, mean, size))
    binet = _binet(x + size) - _binet(size)  # of lgamma(x + size) - lgamma(size)
    return (binet - 0.5 * np.log1p(x / size) - _nb_distance(x, mean, size))[()]


def gamma_rise(x: ArrayLike, r: ArrayLike) -> Array:
    """``lgamma(x + r) - lgamma(r) - x log r``, which vanishes as r grows."""
    x, r = np.asarray(x, dtype=float), np.asarray(r, dtype=float)
    t = x / r
    return (r * log1pmx(t) + (x - 0.5) * np.log1p(t) + (_binet(x + r) - _binet(r)))[()]


def digamma_rise(x: ArrayLike, r: ArrayLike) -> Array:
    """``psi(x + r) - psi(r)``, the sum of ``1 / (r + j)`` over the integers j below x."""
    x, r = np.asarray(x, dtype=float), np.asarray(r, dtype=float)
    y, t = x + r, x / r
    return np.log1p(t) + t / (2 * y) + (_psi_remainder(y) - _psi_remainder(r))


def log_less_digamma(a: ArrayLike) -> Array:
    """``log a - psi(a)``, which falls from ``1 / a`` near 0 to ``1 / (2 a)``."""
    above: Array = np.maximum(np.asarray(a, dtype=float), 1e-300)
    return np.asarray(0.5 / above - _psi_remainder(above))[()]


def trigamma_excess(a: ArrayLike) -> Array:
    """``psi'(a) - 1 / a``, the fall of `log_less_digamma`."""
    above: Array = np.maximum(np.asarray(a, dtype=float), 1e-150)
    w = 1 / np.maximum(above, TRIGAMMA_FROM)
    far = w * w * (1 / 2 + w * (1 / 6 - w * w * (1 / 30 - w * w / 42)))
    near = np.minimum(above, TRIGAMMA_FROM)
    return np.where(above < TRIGAMMA_FROM, special.zeta(2.0, near) - 1 / near, far)[()]


def inverse_digamma(
    value: ArrayLike, pull: ArrayLike = 0.0, guess: ArrayLike | None = None
) -> Array:
    """The positive a with ``psi(a) - pull / a = value``, by Newton's method.

    From a positive `guess` where there is one that leads there soon, else from
    that of Minka (2000), "Estimating a Dirichlet distribution". A `pull`,
    which is not negative, is that of a gamma prior towards its mode.
    """
    target: Array = np.minimum(np.asarray(value, dtype=float), 690.0)  # where a is 1e299
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        if guess is not None:
            # from where slopes are finite
            first = np.broadcast_to(
                np.maximum(np.asarray(guess, dtype=float), 1e-150), target.shape
            )
            a, done = _steps_to_digamma(target, first)
        if guess is None or not done.all():
            minka = np.where(target < -2.22, -1 / (target + np.euler_gamma), np.exp(target) + 0.5)
            own, _ = _steps_to_digamma(target, minka)
            a = own if guess is None else np.where(done, a, own)
    return _inverse_with_pull(target, np.asarray(pull, dtype=float), a) if np.any(pull) else a[()]


def _steps_to_digamma(target: Array, a: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Newton's steps from a to the inverse of digamma, and where they have come there."""
    done = np.zeros(target.shape, dtype=bool)
    for _ in range(MOST_INVERSE_STEPS):
        following = np.maximum(a - (special.psi(a) - target) / _about_trigamma(a), 0.1 * a)
        done = np.abs(following - a) <= ARRIVED * a
        a = following
        if done.all():
            break
    return a, done


def _about_trigamma(a: Array) -> Array:
    """``psi'(a)`` to four digits and more, as a step of Newton's needs it, at little expense."""
    first, second, w = 1 / a, 1 / (a + 1), 1 / (a + 2)
    square = w * w
    return first * first + second * second + w + square * (0.5 + w * (1 / 6 - square / 30))


def _inverse_with_pull(target: Array, pull: Array, without: Array) -> Array:
    """`inverse_digamma` from the solution without pull.

    By ``log a``, in which the left side is concave, and from below: Newton's
    steps do not overshoot. As ``psi(a) < log a``, one start from below solves
    ``log a - pull / a = value``.
    """
    with np.errstate(divide="ignore"):
        omega = special.wrightomega(np.log(pull) - target)
    a = np.maximum(without, pull / np.maximum(omega, FLOOR))
    for _ in range(INVERSE_STEPS):
        excess = np.log(a) - log_less_digamma(a) - pull / a - target
        a = a * np.exp(-excess / (1 + a * trigamma_excess(a) + pull / a))
    return a[()]


def curvature_rise(x: ArrayLike, r: ArrayLike) -> Array:
    """``r (x - r digamma_rise(x, r))``, the sum of ``j / (1 + j / r)`` over the integers j below x.

    It tends to ``x (x - 1) / 2`` as r grows.
    """
    x, r = np.asarray(x, dtype=float), np.asarray(r, dtype=float)
    # from j = 1 on it is r (n - r digamma_rise(n, q)): nothing cancels there for small r either
    n, q = np.maximum(x - 1, 0.0), r + 1
    y, t = n + q, n / q
    first = np.log1p(t) - q * log1pmx(t)  # n - r log1p(n / q)
    return r * (first - t * r / (2 * y) - r * (_psi_remainder(y) - _psi_remainder(q)))


def nb_cdf(x: ArrayLike, mean: ArrayLike, size: ArrayLike) -> Array:
    """Distribution function of the negative binomial law of `log_nb`.

    No argument can be held more exactly than floats do, and none of the ways
    below loses more than that: the error is a small multiple of
    ``1e-16 (1 + sqrt(mean size / (mean + size)))``. Two add to it: the limits,
    taken where ``mean / size`` is below 1e-4 or, for counts of 10,000 on, above
    1e4, leave up to 2e-13; the incomplete beta function, taken elsewhere for a
    count or a size below 64, leaves what scipy leaves there: seldom more than
    1e-12, but 2e-10 in the oldest version that is supported.
    """
    below, mean, size = np.broadcast_arrays(
        *(np.asarray(a, dtype=float) for a in (np.floor(x), mean, size))
    )
    k = np.where(np.isposinf(below), 0.0, np.maximum(below, 0.0))
    poisson = mean < NEAR_LIMIT * size
    gamma = (size < NEAR_LIMIT * mean) & (NEAR_LIMIT * (k + 1) > 1)
    bell = ~(poisson | gamma) & (k + 1 >= BELL_FROM) & (size >= BELL_FROM)
    value = np.empty(k.shape)
    for where, function in (
        (poisson, _cdf_near_poisson),
        (gamma, _cdf_near_gamma),
        (bell, _cdf_of_bell),
        (~(poisson | gamma | bell), _cdf_by_beta),
    ):
        if where.any():
            value[where] = function(k[where], mean[where], size[where])
    value = np.where(below < 0, 0.0, np.where(np.isposinf(below), 1.0, value))
    return np.clip(value, 0.0, 1.0)[()]


def _cdf_near_poisson(k: Array, mean: Array, size: Array) -> Array:
    probability = np.exp(-saddle(k) - deviance(k, mean))
    return special.pdtr(k, mean) - probability * _spread(k, mean, size)


def _cdf_near_gamma(k: Array, mean: Array, size: Array) -> Array:
    # I_p(size, k + 1) = 1 - I_q(k + 1, size): what is left over by the law with size k + 1 at the
    # "count" size - 1, where the Poisson distribution function is a gamma integral
    rate = (k + 1) * (size / mean)
    probability = size / rate * np.exp(-saddle(size) - deviance(size, rate))
    return special.gammainc(size, rate) + probability * _spread(size - 1, rate, k + 1)


def _spread(k: Array, rate: Array, size: Array) -> Array:
    """How much less a Poisson distribution function is at k when its rate has a gamma law.

    In units of the probability of k. The moments of the rate up to the fourth
    multiply derivatives of the distribution function, which are polynomials.
    """
    excess = k - rate
    second, third = excess * excess - k, excess * (excess * excess - 3 * k) + 2 * k
    return rate / size * (excess / 2 + second / (3 * size) + third / (8 * size))


def _cdf_of_bell(k: Array, mean: Array, size: Array) -> Array:
    # the derivative of the distribution function by log(mean), from the mean outwards
    side = np.where(mean > k + 1, 1.0, -1.0)
    half = BELL_WIDTH / 2 * np.sqrt(1 / size + 1 / (k + 1))
    peak = np.exp(_binet(k + size) - _binet(size) - 0.5 * np.log1p(k / size) - saddle(k))
    total = np.zeros_like(k)
    for node, weight in zip(NODES, NODE_WEIGHTS, strict=True):
        rate = mean * np.exp(side * half * (1 + node))
        total += weight * rate / (size + rate) * np.exp(-_nb_distance(k, rate, size))
    total *= half * (size + k) * peak
    return np.where(side > 0, total, 1 - total)


def _cdf_by_beta(k: Array, mean: Array, size: Array) -> Array:
    # of the two probabilities of a trial the smaller has all its digits
    failure, success = mean / (mean + size), size / (mean + size)
    return np.where(
        failure < success,
        1 - special.betainc(k + 1, size, failure),
        special.betainc(size, k + 1, success),
    )


def _nb_distance(x: Array, mean: Array, size: Array) -> Array:
    """``x log(x (r + m) / (m (r + x))) + r log((r + m) / (r + x))``, which is never negative.

    The two terms are those of a count x and a count r among x + r trials, each
    of the form ``-c log(1 + t)`` where the two ``c t`` add up to 0. Where both
    t are small, ``log(1 + t) - t`` stands for the logarithm.
    """
    excess = np.broadcast_to(x - mean, np.broadcast_shapes(x.shape, mean.shape, size.shape))
    low, high = np.minimum(x, mean), np.maximum(x, mean)
    with np.errstate(over="ignore"):
        distance = np.abs(excess)
        # quotients of the larger by the smaller: nothing is lost where t is near -1
        of_count = size / (size + high) * (distance / np.maximum(low, FLOOR))
        of_size = distance / (size + low)
    of_count = np.minimum(of_count, LARGEST)  # a count of 0 multiplies its logarithm
    logs_count = np.asarray(np.copysign(np.log1p(of_count), -excess))
    logs_size = np.asarray(np.copysign(np.log1p(of_size), excess))
    near = np.flatnonzero((of_count < SERIES_WITHIN) & (of_size < SERIES_WITHIN))
    if near.size:
        above = np.take(excess, near) > 0
        t, u = np.take(of_count, near), np.take(of_size, near)
        np.put(logs_count, near, _log1pmx_near(np.where(above, -t / (1 + t), t)))
        np.put(logs_size, near, _log1pmx_near(np.where(above, u, -u / (1 + u))))
    value = -x * logs_count - size * logs_size
    if np.any(mean < FLOOR):
        value = value - special.xlogy(x, mean / np.maximum(mean, FLOOR))
    return value


def _log1pmx_near(t: Array) -> Array:
    # log1p(t) = 2 atanh(u) and 2 u - t = -t u
    u = t / (2 + t)
    square = u * u
    return u * (2 * square * _polynomial(square, ATANH) - t)


def _stirling(y: Array) -> Array:
    inverse = 1 / y
    return inverse * _polynomial(inverse * inverse, STIRLING)


def _binet(y: Array) -> Array:
    """``lgamma(y) - (y - 1/2) log y + y - log(2 pi) / 2``, which vanishes for large y."""
    value = _stirling(np.maximum(y, STIRLING_FROM))
    if not np.any(y < STIRLING_FROM):
        return value
    low = np.minimum(y, STIRLING_FROM)
    z = low + STIRLING_FROM
    # lgamma(y) = lgamma(y + 10) - log(y (y + 1) ... (y + 9)), the factors in pairs
    q = low * (low + 9)
    product = q * (q + 8) * (q + 14) * (q + 18) * (q + 20)
    shifted = (low - 0.5) * np.log1p(STIRLING_FROM / low) + np.log(z**10 / product)
    return np.where(y < STIRLING_FROM, shifted - STIRLING_FROM + _stirling(z), value)


def _psi_remainder(y: Array) -> Array:
    """``psi(y) - log y + 1 / (2 y)``."""
    low, z = _shifted(y)
    square = (1 / z) ** 2
    value = -square * _polynomial(square, STIRLING_SLOPE)
    if low is None:
        return value
    near = np.minimum(y, STIRLING_FROM)
    q = near * (near + 9)
    pairs = 1 / q + 1 / (q + 8) + 1 / (q + 14) + 1 / (q + 18) + 1 / (q + 20)
    total = np.log1p(STIRLING_FROM / near) - (2 * near + 9) * pairs
    total = total + 0.5 / near - 0.5 / (near + STIRLING_FROM)
    return np.where(low, value + total, value)


def _shifted(y: Array) -> tuple[NDArray[np.bool_] | None, Array]:
    """Where y is too low for Stirling's series, and y or ``y + 10`` there; None for nowhere."""
    low = y < STIRLING_FROM
    if not np.any(low):
        return None, y
    return low, np.where(low, y + STIRLING_FROM, y)


def _polynomial(w: Array, coefficients: list[float]) -> Array:
    *rest, last = coefficients
    total = np.full_like(w, last)
    for coefficient in reversed(rest):
        total *= w
        total += coefficient
    return total
