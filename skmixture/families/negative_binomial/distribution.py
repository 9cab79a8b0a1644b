"""The negative binomial as a scipy distribution that keeps its digits near Poisson's law."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from skmixture.numerics.special import log_nb, nb_cdf

__all__ = ["distribution"]


@cache
def distribution() -> Any:
    """An instance of `scipy.stats.rv_discrete` with the parameters m, the mean, and r, the size.

    `scipy.stats.nbinom` is the same law by size and probability, but takes
    differences of log gamma functions, which for large sizes leave no digits.
    """
    from scipy import stats  # slow to import, and needed here alone

    class NegativeBinomial(stats.rv_discrete):
        def _argcheck(self, m: Any, r: Any) -> Any:
            return (m > 0) & (r > 0)

        def _logpmf(self, x: Any, m: Any, r: Any) -> Any:
            return log_nb(x, m, r)

        def _pmf(self, x: Any, m: Any, r: Any) -> Any:
            return np.exp(log_nb(x, m, r))

        def _cdf(self, x: Any, m: Any, r: Any) -> Any:
            return nb_cdf(x, m, r)

        def _stats(self, m: Any, r: Any) -> tuple[Any, ...]:
            variance = m + m**2 / r
            return m, variance, (1 + 2 * m / r) / np.sqrt(variance), 6 / r + 1 / variance

        def _rvs(self, m: Any, r: Any, size: Any = None, random_state: Any = None) -> Any:
            return random_state.poisson(random_state.gamma(r, size=size) / r * m)

    return NegativeBinomial(name="negative_binomial", shapes="m, r")
