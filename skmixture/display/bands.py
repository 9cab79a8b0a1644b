"""Bands about an empirical distribution function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = ["BANDS", "check_share", "clopper_pearson", "dkw"]

Array = NDArray[np.floating]


def clopper_pearson(share: Array, n: float, level: float) -> tuple[Array, Array]:
    """Exact binomial intervals of a probability, point by point.

    Clopper and Pearson 1934, Biometrika 26, 404-413: the ends are quantiles of
    beta laws.
    """
    alpha, count = 1 - level, share * n
    with np.errstate(invalid="ignore"):
        low = special.betaincinv(count, n - count + 1, alpha / 2)
        high = special.betaincinv(count + 1, n - count, 1 - alpha / 2)
    return np.where(count <= 0, 0.0, low), np.where(n - count <= 1e-9 * n, 1.0, high)


def dkw(share: Array, n: float, level: float) -> tuple[Array, Array]:
    """The band of Dvoretzky, Kiefer and Wolfowitz, which holds everywhere at once.

    With Massart's constant (1990, Annals of Probability 18, 1269-1283).
    """
    half = np.sqrt(np.log(2 / (1 - level)) / (2 * n))
    return np.maximum(share - half, 0.0), np.minimum(share + half, 1.0)


BANDS = {"pointwise": clopper_pearson, "dkw": dkw}


def check_share(value: float, name: str) -> float:
    """Raise a ValueError unless a number lies between 0 and 1."""
    if not isinstance(value, float | np.floating) or not 0 < value < 1:
        raise ValueError(f"{name} must be a number between 0 and 1, got {value!r}")
    return float(value)
