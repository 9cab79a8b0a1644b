"""Sums over the rows that say how a negative binomial's likelihood changes.

With ``mu_i = s_i m`` the mean of a row, r the size and ``y_i = mu_i / r``, all
of it is in y and ``p = y / (1 + y)``. Both keep their digits when r grows
without bound and the law becomes Poisson's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skmixture.families.negative_binomial.exposures import some_columns
from skmixture.numerics.special import log1pmx

__all__ = ["Moments", "Spread", "sums_at_nodes"]

Array = NDArray[np.floating]


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


def sums_at_nodes(nodes: Array, ratio: Array, mass: Array) -> dict[str, Array]:
    """The sums of `Moments` in which no counts are.

    Parameters
    ----------
    nodes : ndarray of shape (C,)
        Exposures.
    ratio : ndarray of shape (B, K, d)
        Mean over size, at unit exposure.
    mass : ndarray of shape (B, K, C)
        Of rows with these exposures.
    """
    sums: dict[str, Array] = {name: np.empty(ratio.shape) for name in ("p", "yp", "pp", "log")}
    exposed = mass * nodes
    for columns in some_columns(ratio.shape, len(nodes)):
        y = ratio[..., columns, None] * nodes  # (B, K, c, C)
        p = y / (1 + y)
        # what grows with y is summed as a bounded function of it, times the exposure
        share = -log1pmx(y) / np.maximum(y, np.finfo(float).tiny)
        sums["p"][..., columns] = (p @ mass[..., None])[..., 0]
        sums["pp"][..., columns] = ((p * p) @ mass[..., None])[..., 0]
        sums["yp"][..., columns] = (p @ exposed[..., None])[..., 0] * ratio[..., columns]
        sums["log"][..., columns] = (share @ exposed[..., None])[..., 0] * ratio[..., columns]
    return sums
