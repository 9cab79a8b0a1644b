"""Exponential: waiting times, independent between columns."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.estimator.named import NamedMixture
from skmixture.families.positive import EMPTY, NARROW, TINY, PositiveLaw
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.exponential_family import ExponentialFamily
from skmixture.law.family import Array, Arrays
from skmixture.priors import InverseGamma
from skmixture.supports import nonnegative

__all__ = ["Exponential", "ExponentialMixture"]


class Exponential(PositiveLaw, ExponentialFamily):
    """Exponential law of waiting times, the gamma law of shape 1, a scale for each column.

    ``log f = -x / scale - log(scale)``, summed over the columns; the M-step
    is the weighted mean. Rows may hold 0. Where a component has nothing else,
    its scale stops far below the smallest number above 0.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 19.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Exponential
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.exponential(1.0, 600), rng.exponential(20.0, 400)]
    >>> model = Mixture(Exponential(), n_components=2, order_by="scales", random_state=0)
    >>> model.fit(x[:, None]).scales_.ravel().round(1)
    array([ 1. , 19.5])
    """

    support = nonnegative
    takes_priors: ClassVar = {"scales": InverseGamma}
    names = ("scales",)
    in_units = ("scales",)
    collapse = (
        "in some column all their rows are 0, where scales_ falls to 0 and the density grows "
        "without bound. Use fewer components, or leave the zeros out."
    )

    @property
    def _smallest(self) -> Array | float:
        """The least scale, in local units; its inverse has to be a number, a rate."""
        if self._columns is None:
            return NARROW
        return np.maximum(NARROW * self._columns.least, TINY) / self._unit

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        return np.asarray((params["scales"] < 2 * self._smallest).any(axis=-1))

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return self._in_units(X)

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return np.array([-np.log(np.broadcast_to(self._unit, X.shape[-1])).sum()])

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        return -1 / params["scales"], np.log(params["scales"]).sum(axis=-1)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        total, n = self._sums(stats)
        total = np.where(n > EMPTY, total, EMPTY)  # where there is no row, a unit
        mean = constraints.pool("scales", total) / constraints.pool("scales", np.maximum(n, EMPTY))
        return {"scales": constraints.hold("scales", np.maximum(mean, self._smallest))}

    def _sums(self, stats: Arrays) -> tuple[Array, Array]:
        """Sums of rows and their numbers (B, K, d or 1), with those that the prior stands for."""
        total, n = self.pseudo("scales")
        return stats["t"] + total, stats["n"][..., None] + n

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        total, n = self._sums(stats)
        return {"scales": total / params["scales"] - n}

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        return {"n": mass, "t": mass[..., None] * params["scales"]}

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {"scales": np.maximum(params["scales"], self._smallest)}

    def derived(self, published: Arrays) -> dict[str, Array]:
        return {"rates": 1 / published["scales"]}

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return rng.exponential(params["scales"][labels])

    def features(self, X: NDArray) -> Array:
        least = NARROW if self._columns is None else self._columns.least
        return np.log(np.maximum(X, least, dtype=float))

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return -np.expm1(-np.maximum(X, 0.0) / params["scales"][:, None])

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        with np.errstate(divide="ignore"):
            quantile = -np.log1p(-q)[:, None] * params["scales"][:, None]
        return quantile, quantile

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        scales = params["scales"]
        return stats.expon(scale=scales[0] if len(scales) == 1 else scales)


class ExponentialMixture(NamedMixture, family=Exponential):
    """Mixture of exponential laws, columns independent within a component.

    Of one column it is the hyperexponential law.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    scales_init : array-like of shape (n_components, n_features), optional
        Scales at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "scales"
        (InverseGamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    scales_ : ndarray of shape (n_components, n_features)
        Means, and standard deviations.
    rates_ : ndarray of shape (n_components, n_features)
        ``1 / scales_``.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, n_samples_seen_, n_samples_start_, family_, n_features_in_, \
feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Exponential : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import ExponentialMixture
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.exponential(1.0, 600), rng.exponential(20.0, 400)]
    >>> model = ExponentialMixture(2, order_by="scales", random_state=0).fit(x[:, None])
    >>> model.weights_.round(2)
    array([0.6, 0.4])
    """
