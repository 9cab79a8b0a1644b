"""Poisson: counts, independent between columns."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special

from skmixture.estimator.named import NamedMixture
from skmixture.families.counts import (
    ExposedCounts,
    bounds_by_variance,
    count_features,
    draw_poisson,
    exposed_by,
    exposed_mass,
    mean_exposure,
    over_columns,
)
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge, never
from skmixture.law.family import Array, Arrays
from skmixture.numerics.special import deviance, saddle
from skmixture.priors import Gamma
from skmixture.table.rows import dense
from skmixture.transforms import Transform, positive

__all__ = ["Poisson", "PoissonMixture"]

# An empty component's rate stays this far above 0, so that its log is finite.
SMALLEST_RATE = np.finfo(float).tiny


AT_EDGE = (
    "ended at 0: the component has no counts there, and a row with one is none of its. "
    f"{COUNTED} prior={{'rates': Gamma(2, 1)}} of skmixture.priors, in the unit of the data, "
    "keeps rates above."
)


class Poisson(ExposedCounts):
    """Poisson law of counts, one rate for each column.

    ``log f = x log(rate) - rate - log x!``, summed over the columns; the
    M-step is the weighted average of the counts.

    References
    ----------
    Hasselblad (1969), JASA 64, 1459-1471.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Poisson
    >>> model = Mixture(Poisson(), n_components=2, order_by="rates", random_state=0)
    >>> model.fit([[0], [1], [20], [22]]).rates_.ravel().round(2)
    array([ 0.5, 21. ])
    """

    factorises = True
    takes_priors: ClassVar = {"rates": Gamma}
    _largest: float = 0.0  # count in the data, set by `localise`
    _mean_exposure: float = 1.0  # likewise

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"rates": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"rates": (n_features,)}

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        local = copy.copy(self)
        local._largest = float(X.max())
        local._mean_exposure = mean_exposure(side)
        return local

    def log_base(self, X: NDArray, **side: Array) -> Array:
        base = -over_columns(lambda x: special.gammaln(x + 1.0), X)
        if "exposure" in side:
            base = base + X.sum(axis=-1) * np.log(side["exposure"])
        return base

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        return np.log(params["rates"]), params["rates"].sum(axis=-1)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        total, exposed = self._pooled(stats, constraints)
        rates = np.maximum(total / np.maximum(exposed, SMALLEST_RATE), SMALLEST_RATE)
        return {"rates": constraints.hold("rates", rates)}

    def _pooled(self, stats: Arrays, constraints: Constraints = FREE) -> tuple[Array, Array]:
        """Sums of counts and of exposures (B, K, d), with those that the prior stands for."""
        counted, exposed = self.pseudo("rates")
        total, n_rows = stats["t"] + counted, exposed_mass(stats)[..., None] + exposed
        return constraints.pool("rates", total), constraints.pool("rates", n_rows)

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        exposed = mass * side.get("exposure", 1.0)
        return {"n": mass, "t": exposed[..., None] * params["rates"], "exposed": exposed}

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {"rates": np.maximum(params["rates"], SMALLEST_RATE)}

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        return [Edge("rates", never(n_rows * self._mean_exposure * params["rates"]), AT_EDGE)]

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        total, exposed = self._pooled(stats)
        return {"rates": total - exposed * params["rates"]}

    def stable(self) -> StablePoisson:
        law = StablePoisson()
        law.__dict__.update(self.__dict__)
        return law

    def rounding(self, params: Arrays) -> Array:
        largest_log = np.abs(np.log(params["rates"])).max(axis=(1, 2))
        return np.finfo(float).eps * self._largest * np.maximum(largest_log, 1.0)

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return draw_poisson(rng, exposed_by(params["rates"][labels], side))

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params, **side).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        below, rates = np.floor(X), exposed_by(params["rates"][:, None], side)
        return np.where(below < 0, 0.0, special.pdtr(np.maximum(below, 0), rates))

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        rates = exposed_by(params["rates"][:, None], side)
        return bounds_by_variance(q, rates, rates)

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        rates = params["rates"]
        return stats.poisson(rates[0] if len(rates) == 1 else rates)

    def features(self, X: NDArray) -> Array:
        return count_features(X)


class StablePoisson(Poisson):
    """Poisson by deviances: large terms cancel before they are rounded.

    ``log f = -saddle(x) - deviance(x, rate)`` after Loader (2000), "Fast and
    accurate computation of binomial probabilities".
    """

    def stable(self) -> StablePoisson:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(params["rates"]))

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return super().statistics(dense(X))

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return -over_columns(saddle, X)

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        x, rates = rows["t"], prepared["rates"]
        exposure = rows["exposure"][..., None, :] if "exposure" in rows else 1.0
        columns = range(rates.shape[-1])
        total = np.zeros((*rates.shape[:2], x.shape[-1]))
        for j in columns:  # a column at a time: (B, K, n) is the largest array
            total -= deviance(x[..., None, j, :], rates[..., j, None] * exposure)
        return total


class PoissonMixture(NamedMixture, family=Poisson):
    """Mixture of Poisson laws, columns independent within a component.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    rates_init : array-like of shape (n_components, n_features), optional
        Rates at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "rates" (Gamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    rates_ : ndarray of shape (n_components, n_features)
        Expected counts, at unit exposure.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, mean_exposure_, \
family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Poisson : The law, with its formula and source.

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
