"""The M-step by tables where means or sizes have priors: both at once, by their logarithms.

With a prior the likelihood of a size may have more than one peak: that of the
data and that of the prior. Newton's steps climb from where the parameters are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from skmixture.families.negative_binomial.grid import Tails
from skmixture.families.negative_binomial.moments import Moments
from skmixture.families.pull import Pull
from skmixture.law.constraints import Constraints
from skmixture.numerics.buffers import side_by_side
from skmixture.numerics.solvers import Expansion, climb_logs
from skmixture.numerics.special import log1pmx

__all__ = ["Penalised", "as_pairs", "climbed"]

Array = NDArray[np.floating]
NAMES = ("means", "sizes")


def as_pairs(params: Mapping[str, Array]) -> Array:
    """Means and sizes side by side, (..., 2)."""
    return np.stack(np.broadcast_arrays(*(params[name] for name in NAMES)), axis=-1)


def climbed(
    function: Penalised, start: Array, constraints: Constraints, low: Array, high: Array
) -> Array:
    """Means and sizes (B, K, d, 2) at which the function is no lower than at the start."""
    nothing = np.full(start.shape[1:-1], np.nan)
    held = as_pairs({name: constraints.hold(name, nothing) for name in NAMES})
    tied = [name in constraints.tied for name in NAMES]
    return climb_logs(function, start, held, tied, low, high)


class Penalised:
    """The expected log-likelihood and the priors, at means and sizes (B, K, d, 2).

    Parameters
    ----------
    tails : Tails
    n : ndarray of shape (B, K, 1)
        Mass of the components.
    pull : Pull
        Of the priors, (1, K, d, 2).
    """

    def __init__(self, tails: Tails, n: Array, pull: Pull) -> None:
        self._tails, self._x, self._pull = tails, tails.total(), pull
        self._n = np.broadcast_to(n, self._x.shape)

    def __call__(self, params: Array) -> Expansion:
        means, sizes = side_by_side(params[..., 0]), side_by_side(params[..., 1])
        x, n, a = self._x, self._n, 1 / sizes
        y = means * a
        p = y / (1 + y)
        bend, bend_slope = self._tails.bend_and_slope(a)
        value = self._tails.sum_of(lambda u, a: np.log1p(u * a), a)
        value += x * np.log(means) - (x + n * sizes) * np.log1p(y)
        moments = Moments.of_equal_rows(means, sizes, n, x, bend)
        by_means = -(x + n * sizes) * p / (1 + y)
        by_both = -n * sizes * p - by_means
        by_sizes = a * (bend + a * bend_slope) - x * p / (1 + y)
        by_sizes -= n * sizes * (log1pmx(y) + y * p**2)  # as in Poisson's limit, where all is small
        hessian = np.stack([by_means, by_both, by_both, by_sizes], axis=-1)
        at = Expansion(
            value,
            np.stack([moments.by_log_mean, moments.by_log_size], axis=-1),
            hessian.reshape(*params.shape, 2),
        )
        return self._pull.join(at, params)
