"""Sums over the rows that say how a negative binomial's likelihood changes.

With ``mu_i = s_i m`` the mean of a row, r the size and ``y_i = mu_i / r``, all
of it is in y and ``p = y / (1 + y)``. Both keep their digits when r grows
without bound and the law becomes Poisson's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skmixture.family import gather
from skmixture.special import log1pmx

__all__ = ["Moments", "Spread", "exposure_term", "sums_of_exposure", "sums_of_rows"]

Array = NDArray[np.floating]

# Numbers in an array that the rows of a few columns are worked out in: it stays in cache.
CACHED = 60_000


@dataclass(frozen=True)
class Moments:
    """Sums over the rows at given means and sizes, weighted by responsibilities, each (B, K, d).

    Attributes
    ----------
    sizes
        r, no sum.
    n, x : of 1, and of counts
    p, xp, yp, pp : of p, x p, y p and p p
    log : of ``y - log(1 + y)``
    bend : of ``sum_{u<x} u / (1 + u / r)``
    """

    sizes: Array
    n: Array
    x: Array
    p: Array
    xp: Array
    yp: Array
    pp: Array
    log: Array
    bend: Array

    @classmethod
    def of_equal_rows(cls, means: Array, sizes: Array, n: Array, x: Array, bend: Array) -> Moments:
        """Those of rows without exposure, which have one y for all."""
        y = means / sizes
        p = y / (1 + y)
        return cls(sizes, n, x, n * p, x * p, n * y * p, n * p * p, -n * log1pmx(y), bend)

    @property
    def by_log_mean(self) -> Array:
        """Slope of the expected log-likelihood in log m: ``sum (x - mu) / (1 + y)``."""
        return self.x - self.xp - self.sizes * self.p

    @property
    def by_log_size(self) -> Array:
        """Slope in log r: ``sum (mu - r log(1 + y) + (x - mu) p - bend / r)``."""
        return self.sizes * (self.log - self.yp) + self.xp - self.bend / self.sizes

    @property
    def information_of_size(self) -> Array:
        """Expected curvature in log r, exact in the Poisson limit and else too large."""
        return 0.5 * self.pp


@dataclass(frozen=True)
class Spread:
    """First and second moments of the rows at a start, each (B, K, d).

    Attributes
    ----------
    n, x, pairs : sums of 1, of counts, and of x (x - 1) / 2
    exposed, exposed_twice, exposed_counts : of s, s s and s x
    """

    n: Array
    x: Array
    pairs: Array
    exposed: Array
    exposed_twice: Array
    exposed_counts: Array

    def squares(self, means: Array) -> Array:
        """Sum of ``mu^2``."""
        return means**2 * self.exposed_twice

    def excess(self, means: Array) -> Array:
        """Sum of ``(x - mu)^2 - x``, whose expectation is that of ``mu^2 / r``."""
        return 2 * (self.pairs - means * self.exposed_counts) + self.squares(means)


def sums_of_exposure(x: Array, exposure: Array, resp: Array) -> dict[str, Array]:
    """The sums of `Spread` in which exposures are; x (d, n) or (B, d, n), exposure likewise."""
    weighted = resp * exposure[..., None, :]
    return {
        "exposed": weighted.sum(axis=-1),
        "exposed_twice": (weighted * exposure[..., None, :]).sum(axis=-1),
        "exposed_counts": gather(weighted, x),
    }


def exposure_term(x: Array, exposure: Array, means: Array, sizes: Array) -> Array:
    """``sum_j (x + r) log(1 + s m / r)`` (B, K, n) over the columns."""
    ratio = means / sizes
    total = np.zeros((*means.shape[:2], x.shape[-1]))
    for columns in some_columns(ratio.shape, x.shape[-1]):
        log = ratio[..., columns, None] * exposure[..., None, None, :]  # (B, K, c, n)
        np.log1p(log, out=log)
        total += np.einsum("...cn,...cn->...n", x[..., None, columns, :], log)
        total += (sizes[..., None, columns] @ log)[..., 0, :]
    return total


def sums_of_rows(x: Array, exposure: Array, ratio: Array, resp: Array) -> dict[str, Array]:
    """The sums of `Moments` that exposures make different from row to row.

    Parameters
    ----------
    x : ndarray of shape (d, n) or (B, d, n)
    exposure : ndarray of shape (n,) or (B, n)
    ratio : ndarray of shape (B, K, d)
        Mean over size, at unit exposure.
    resp : ndarray of shape (B, K, n)
    """
    names = ("p", "xp", "yp", "pp", "log")
    sums: dict[str, Array] = {name: np.empty(ratio.shape) for name in names}
    for columns in some_columns(ratio.shape, resp.shape[-1]):
        y = ratio[..., columns, None] * exposure[..., None, None, :]  # (B, K, c, n)
        log = y - np.log1p(y)
        p = y / (1 + y)
        values = (p, x[..., None, columns, :] * p, y * p, p * p, log)
        for name, value in zip(names, values, strict=True):
            sums[name][..., columns] = (value @ resp[..., None])[..., 0]
    return sums


def some_columns(shape: tuple[int, ...], n_rows: int) -> list[slice]:
    """Slices of the columns of (B, K, d), each with as many rows as the cache holds."""
    B, K, d = shape
    step = max(1, CACHED // (B * K * n_rows))
    return [slice(begin, begin + step) for begin in range(0, d, step)]
