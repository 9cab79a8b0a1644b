"""Geometric: failures before the first success, independent between columns."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special

from skmixture.estimator.named import NamedMixture
from skmixture.families.counts import bounds_by_variance, count_features
from skmixture.families.trials import LARGEST_SHARE, clipped_shares
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge, never
from skmixture.law.exponential_family import ExponentialFamily
from skmixture.law.family import Array, Arrays
from skmixture.priors import Beta
from skmixture.supports import counts
from skmixture.table.rows import rows_last
from skmixture.transforms import Transform, unit

__all__ = ["Geometric", "GeometricMixture"]

TINY = np.finfo(float).tiny


AT_EDGE = (
    "ended at 1: all counts of the component are 0 there, and a row with another is none of its. "
    f"{COUNTED} prior={{'probs': Beta(2, 2)}} of skmixture.priors keeps probabilities inside."
)


class Geometric(ExponentialFamily):
    """Geometric law of counts, one probability of success for each column.

    A count is the number of failures before the first success, 0, 1, 2, ...:
    ``log f = log(p) + x log(1 - p)``, summed over the columns.
    `scipy.stats.geom` counts trials, one more. The M-step is 1 over 1 and the
    weighted average.

    References
    ----------
    Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 5.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Geometric
    >>> Mixture(Geometric()).fit([[0], [1], [5]]).probs_.round(3)
    array([[0.333]])
    """

    support = counts
    absorbing = True
    takes_sparse = True
    factorises = True
    takes_priors: ClassVar = {"probs": Beta}

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"probs": unit}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"probs": (n_features,)}

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return rows_last(X)

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        return np.log1p(-params["probs"]), -np.log(params["probs"]).sum(axis=-1)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        successes, failures = (constraints.pool("probs", sums) for sums in self._sums(stats))
        probs = clipped_shares(successes / np.maximum(successes + failures, TINY))
        return {"probs": constraints.hold("probs", probs)}

    def _sums(self, stats: Arrays) -> tuple[Array, Array]:
        """Successes and failures (B, K, d), with those that the prior stands for."""
        successes, failures = self.pseudo("probs")
        failures = stats["t"] + failures
        return np.broadcast_to(stats["n"][..., None] + successes, failures.shape), failures

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        probs = params["probs"]
        return {"n": mass, "t": mass[..., None] * (1 - probs) / probs}

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {"probs": clipped_shares(params["probs"])}

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        failures = (1 - params["probs"]) / params["probs"]
        at = never(n_rows * failures) | (params["probs"] == LARGEST_SHARE)
        return [Edge("probs", at, AT_EDGE)]

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        probs, (successes, failures) = params["probs"], self._sums(stats)
        return {"probs": successes * (1 - probs) - failures * probs}

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        waits = rng.exponential(size=(len(labels), params["probs"].shape[-1]))
        return np.floor(waits / -np.log1p(-params["probs"][labels])).astype(np.int64)

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params, **side).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        trials = np.maximum(np.floor(X) + 1, 0.0)
        return -np.expm1(special.xlog1py(trials, -params["probs"][:, None]))

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        probs = params["probs"][:, None]
        mean = (1 - probs) / probs
        return bounds_by_variance(q, mean, mean / probs)

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        probs = params["probs"]
        return stats.geom(probs[0] if len(probs) == 1 else probs, loc=-1)

    def features(self, X: NDArray) -> Array:
        return count_features(X)


class GeometricMixture(NamedMixture, family=Geometric):
    """Mixture of geometric laws of counts 0, 1, 2, ..., columns independent within a component.

    Counts are failures before the first success.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    probs_init : array-like of shape (n_components, n_features), optional
        Probabilities of success at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "probs" (Beta).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    probs_ : ndarray of shape (n_components, n_features)
        Probabilities of success.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, family_, \
n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Geometric : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import GeometricMixture
    >>> rng = np.random.RandomState(0)
    >>> failures = rng.geometric(np.repeat([0.5, 0.02], 400))[:, None] - 1
    >>> model = GeometricMixture(2, order_by="probs", random_state=0).fit(failures)
    >>> model.probs_.ravel().round(2)
    array([0.02, 0.48])
    """
