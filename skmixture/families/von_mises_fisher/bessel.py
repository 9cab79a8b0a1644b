"""Modified Bessel functions of the first kind as the von Mises-Fisher law needs them.

Concentrations run from 0 far beyond 1e10 and orders to hundreds, where
neither the functions nor their scaled forms stay within the range of floats.
Debye's uniform expansion (Abramowitz and Stegun 1964, 9.7.7 and 9.7.9) holds
for all arguments at once where the order is large. Smaller orders follow by
the recurrence ``I_{j-1} = (2 j / x) I_j + I_{j+1}``, which is stable downwards.
Powers of x and exponentials are taken out on paper: nothing under- or
overflows, and nothing of their size cancels.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

__all__ = ["Bessel", "bessel"]

Array = NDArray[np.floating]

# From this order on so many terms of Debye's expansion leave less than rounding.
LARGE, TERMS = 40.0, 9
LOG_2PI = float(np.log(2 * np.pi))


class Bessel(NamedTuple):
    """``I_v(x)`` of one order v at x > 0, and its quotient ``A = I_{v+1} / I_v``.

    Attributes
    ----------
    log_scaled : ndarray
        ``log(x^-v exp(-x) I_v(x))``.
    quotient : ndarray
        ``A / x``, which tends to ``1 / (2 v + 2)`` as x does to 0.
    shortfall : ndarray
        ``x (1 - A)``, which tends to ``v + 1/2`` as x grows.
    """

    log_scaled: Array
    quotient: Array
    shortfall: Array


def bessel(order: float, x: Array) -> Bessel:
    """The functions of an order from 0 at arguments above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.families.von_mises_fisher.bessel import bessel
    >>> at = np.array([1e-3, 1.0, 1e3])
    >>> at * bessel(0.5, at).quotient  # coth x - 1 / x
    array([3.33333311e-04, 3.13035285e-01, 9.99000000e-01])
    """
    steps = int(max(np.ceil(LARGE - order), 0))
    log_scaled, quotient, shortfall = _debye(order + steps, x)
    for j in np.arange(order + steps, order, -1):
        shortfall = x * (2 * j - shortfall) / (2 * j + x - shortfall)
        quotient = 1 / (2 * j + x * x * quotient)
        log_scaled = log_scaled - np.log(quotient)
    return Bessel(log_scaled, quotient, shortfall)


def _debye(order: float, x: Array) -> Bessel:
    """By the uniform expansion, for large orders.

    With ``h = sqrt(v^2 + x^2)`` and ``p = v / h``, I_v is
    ``exp(h) (x / (v + h))^v / sqrt(2 pi h)`` times a sum U of polynomials in
    p by powers of 1 / v, and its derivative over itself is
    ``h / x - x W / (h^2 U)`` with another sum W.
    """
    h = np.hypot(order, x)
    p = order / h
    U, W = np.zeros_like(p), np.zeros_like(p)
    for k, (u, w) in enumerate(_polynomials()):
        U += u(p) / order**k
        W += w(p) / order**k
    bend = W / U / h / h
    log_scaled = order * (order / (h + x)) - order * np.log(order + h)
    log_scaled += np.log(U) - 0.5 * (LOG_2PI + np.log(h))
    shortfall = order * ((x + x * (x / (h + order))) / (h + x)) + x * x * bend
    return Bessel(log_scaled, 1 / (h + order) - bend, shortfall)


@cache
def _polynomials() -> list[tuple[Polynomial, Polynomial]]:
    """The u_k of Debye's expansion, and ``u_k / 2 + p u_k'``, of which W is made."""
    p, u, pairs = Polynomial([0.0, 1.0]), Polynomial([1.0]), []
    for _ in range(TERMS):
        slope = u.deriv()
        pairs.append((u, 0.5 * u + p * slope))
        u = 0.5 * p**2 * (1 - p**2) * slope + ((1 - 5 * p**2) * u / 8).integ()
    return pairs
