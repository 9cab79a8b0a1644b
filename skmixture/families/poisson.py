"""Poisson: counts, independent between columns."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy import special

from skmixture.base import BaseMixture
from skmixture.constraints import FREE, Constraints
from skmixture.family import Array, Arrays, ExponentialFamily
from skmixture.numbering import OrderBy
from skmixture.supports import counts
from skmixture.transforms import Transform, positive

__all__ = ["Poisson", "PoissonMixture"]

# An empty component's rate stays this far above 0, so that its log is finite.
SMALLEST_RATE = np.finfo(float).tiny


class Poisson(ExponentialFamily):
    """Poisson law of counts, one rate for each column.

    ``log f = x log(rate) - rate - log x!``, summed over the columns; the
    M-step is the weighted average of the counts.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Poisson
    >>> model = Mixture(Poisson(), n_components=2, order_by="rates", random_state=0)
    >>> model.fit([[0], [1], [20], [22]]).rates_.ravel().round(2)
    array([ 0.5, 21. ])
    """

    support = counts
    _largest: float = 0.0  # count in the data, set by `localise`

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"rates": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"rates": (n_features,)}

    def localise(self, X: NDArray, weight: Array | None = None) -> Self:
        local = copy.copy(self)
        local._largest = float(X.max())
        return local

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return np.swapaxes(X, -1, -2)

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return -special.gammaln(X + 1.0).sum(axis=-1)

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        return np.log(params["rates"]), params["rates"].sum(axis=-1)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        n = constraints.pool("rates", stats["n"])[..., None]
        total = constraints.pool("rates", stats["t"])
        rates = np.maximum(total / np.maximum(n, SMALLEST_RATE), SMALLEST_RATE)
        return {"rates": constraints.hold("rates", rates)}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        return {"rates": stats["t"] - stats["n"][..., None] * params["rates"]}

    def stable(self) -> StablePoisson:
        return StablePoisson()

    def rounding(self, params: Arrays) -> Array:
        largest_log = np.abs(np.log(params["rates"])).max(axis=(1, 2))
        return np.finfo(float).eps * self._largest * np.maximum(largest_log, 1.0)

    def sample(self, params: Arrays, labels: NDArray[np.integer], rng: RandomState) -> NDArray:
        return rng.poisson(params["rates"][labels])

    def cdf(self, X: NDArray, params: Arrays) -> Array:
        return self.marginal_cdf(X, params).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays) -> Array:
        below, rates = np.floor(X), params["rates"][:, None]
        return np.where(below < 0, 0.0, special.pdtr(np.maximum(below, 0), rates))

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        rates = params["rates"]
        return stats.poisson(rates[0] if len(rates) == 1 else rates)

    def features(self, X: NDArray) -> Array:
        """Twice the root of a count has a standard deviation near 1 (Anscombe 1948)."""
        return 2 * np.sqrt(X + 0.375)


class StablePoisson(Poisson):
    """Poisson by deviances: large terms cancel before they are rounded.

    ``log f = -saddle(x) - deviance(x, rate)`` after Loader (2000), "Fast and
    accurate computation of binomial probabilities".
    """

    def stable(self) -> StablePoisson:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(params["rates"]))

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return -saddle(X).sum(axis=-1)

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        x, rates = rows["t"], prepared["rates"]
        columns = range(rates.shape[-1])
        total = np.zeros((*rates.shape[:2], x.shape[-1]))
        for j in columns:  # a column at a time: (B, K, n) is the largest array
            total -= deviance(x[..., None, j, :], rates[..., j, None])
        return total


class PoissonMixture(BaseMixture):
    """Mixture of Poisson laws, columns independent within a component.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    rates_init : array-like of shape (n_components, n_features), optional
        Rates at the start.
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, order_by, random_state, \
warm_start, verbose, verbose_interval
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    rates_ : ndarray of shape (n_components, n_features)
        Expected counts.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, \
dropped_starts_, family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.datasets import load_death_notices
    >>> deaths = load_death_notices()
    >>> model = PoissonMixture(2, order_by="rates", random_state=0)
    >>> model = model.fit(deaths.data, sample_weight=deaths.sample_weight)
    >>> model.rates_.ravel().round(2)
    array([1.26, 2.66])
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        weights_init: ArrayLike | None = None,
        rates_init: ArrayLike | None = None,
        fixed: Mapping[str, ArrayLike] | None = None,
        tied: Iterable[str] = (),
        tol: float = 1e-12,
        tol_type: str = "remaining",
        max_iter: int = 10_000,
        n_init: int = 30,
        init_params: str | Callable[..., Any] = "auto",
        acceleration: str | None = "lbfgs",
        order_by: OrderBy = None,
        random_state: int | RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
    ) -> None:
        self.n_components = n_components
        self.weights_init = weights_init
        self.rates_init = rates_init
        self.fixed = fixed
        self.tied = tied
        self.tol = tol
        self.tol_type = tol_type
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.acceleration = acceleration
        self.order_by = order_by
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval

    def _make_family(self) -> Poisson:
        return Poisson()

    def _params_init(self) -> dict[str, ArrayLike | None]:
        return {"rates": self.rates_init}


def deviance(x: Array, rate: Array) -> Array:
    """``x log(x / rate) - x + rate`` to full accuracy also where x is near the rate."""
    excess = rate - x
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = excess / x
        far = np.log(rate) - np.log(x)  # log1p would see -1 where the rate is tiny
        log_ratio = np.where(ratio < -0.5, far, np.log1p(ratio))
        return np.where(x > 0, excess - x * log_ratio, rate)


def saddle(x: Array) -> Array:
    """``log x! - (x log x - x)``: Stirling's series where the terms would cancel."""
    x = np.asarray(x, dtype=float)
    far = np.maximum(x, 16.0)
    inverse = 1 / far**2
    series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / far
    near = special.gammaln(x + 1) - special.xlogy(x, x) + x
    return np.where(x < 16, near, 0.5 * np.log(2 * np.pi * far) + series)
