"""Multinomial: rows of counts of several kinds."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy import special

from skmixture.estimator.named import NamedMixture
from skmixture.families.binomial import binomial_bounds, binomial_cdf
from skmixture.families.counts import over_columns
from skmixture.families.totals import (
    Totals,
    draw_parts,
    log_arrangements,
    root_features,
    row_totals,
    shares,
)
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge, no_chance
from skmixture.law.exponential_family import ExponentialFamily
from skmixture.law.family import Array, Arrays
from skmixture.numerics.special import deviance, saddle
from skmixture.priors import Dirichlet
from skmixture.table.rows import dense, rows_last
from skmixture.transforms import Transform, simplex

__all__ = ["Multinomial", "MultinomialMixture"]


AT_EDGE = (
    "ended at 0: the component has no counts there, and a row with one is none of its. "
    f"{COUNTED} prior={{'probs': Dirichlet(2)}} of skmixture.priors keeps probabilities inside."
)


class Multinomial(Totals, ExponentialFamily):
    """Multinomial law of rows of counts, a probability for each column.

    ``log f = log N! - sum_j log x_j! + sum_j x_j log p_j``, where N is the sum
    of the row; the M-step is the share of each column in the sums. Nothing is
    said of N itself: the law is that of the counts given their sum.

    Parameters
    ----------
    n_trials : int, optional
        The sum of every row, which is then checked. Only what draws rows, or
        gives distributions of them, needs it.

    References
    ----------
    Lazarsfeld and Henry (1968), Latent Structure Analysis.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Multinomial
    >>> model = Mixture(Multinomial(), 2, order_by="weights", random_state=0)
    >>> model.fit([[9, 1, 1], [1, 4, 5], [2, 5, 3]]).probs_.round(2)
    array([[0.82, 0.09, 0.09],
           [0.15, 0.45, 0.4 ]])
    """

    takes_sparse = True
    takes_priors: ClassVar = {"probs": Dirichlet}

    def __init__(self, n_trials: ArrayLike | None = None) -> None:
        self.n_trials = n_trials

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"probs": simplex}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"probs": (n_features,)}

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        local = copy.copy(self)
        local._most_trials = float(row_totals(X).max())
        return local

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return rows_last(X)

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return log_arrangements(X)

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        log_probs = np.log(params["probs"])
        return log_probs, np.zeros(log_probs.shape[:2])

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        probs = shares(constraints.pool("probs", self._sums(stats)))
        return {"probs": constraints.hold("probs", probs)}

    def _sums(self, stats: Arrays) -> Array:
        """Counts (B, K, d), with those that the prior stands for."""
        (counted,) = self.pseudo("probs")
        return stats["t"] + counted

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        return {"n": mass, "t": mass[..., None] * params["probs"]}

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {"probs": shares(params["probs"])}

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        return [Edge("probs", no_chance(params["probs"], n_rows * self._most_trials), AT_EDGE)]

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        counted = self._sums(stats)
        expected = counted.sum(axis=-1, keepdims=True) * params["probs"]
        return {"probs": (counted - expected)[..., 1:]}

    def stable(self) -> Multinomial:
        stable = StableMultinomial(self.n_trials)
        stable.__dict__.update(self.__dict__)
        return stable

    def rounding(self, params: Arrays) -> Array:
        """By the sum where the law has its mass; farther out densities are as large."""
        entropy = special.entr(params["probs"]).sum(axis=-1).max(axis=-1)
        return np.finfo(float).eps * self._most_trials * np.asarray(entropy)

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return draw_parts(rng, self.trials(side), params["probs"][labels])

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return binomial_cdf(X, self.trials(side), params["probs"][:, None])

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        return binomial_bounds(q, self.trials(side), params["probs"][:, None])

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        return stats.multinomial(self.one_total(), params["probs"])

    def features(self, X: NDArray) -> Array:
        return root_features(X)


class StableMultinomial(Multinomial):
    """Multinomial by deviances: large terms cancel before they are rounded.

    ``log f = saddle(N) - sum_j (saddle(x_j) + deviance(x_j, N p_j))``.
    """

    def stable(self) -> StableMultinomial:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(params["probs"]))

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return rows_last(dense(X))

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return np.asarray(saddle(row_totals(X)) - over_columns(saddle, X))

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        x, probs = rows["t"], prepared["probs"]
        totals = x.sum(axis=-2)[..., None, :]  # (1, n), or (B, 1, n)
        log_prob = np.zeros((*probs.shape[:2], x.shape[-1]))
        for j in range(probs.shape[-1]):  # a column at a time: (B, K, n) is the largest array
            log_prob -= deviance(x[..., None, j, :], totals * probs[..., j, None])
        return log_prob


class MultinomialMixture(NamedMixture, family=Multinomial):
    """Mixture of multinomial laws of rows of counts.

    Parameters
    ----------
    n_components : int, default=1
    n_trials : int, optional
        The sum of every row, which is then checked. Only `sample`,
        `marginal_cdf` and `marginal_quantile` need it, or the keyword
        `n_trials` with one for each row; `component_distribution` is that of
        one trial without it.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    probs_init : array-like of shape (n_components, n_features), optional
        Probabilities at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "probs"
        (Dirichlet).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`. `fixed` holds all probabilities of a
        component or none.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    probs_ : ndarray of shape (n_components, n_features)
        Probability of each column; rows sum to 1.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, mean_exposure_, \
family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Multinomial : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import MultinomialMixture
    >>> rng = np.random.RandomState(0)
    >>> long, short = [0.6, 0.3, 0.1], [0.2, 0.2, 0.6]
    >>> X = np.r_[rng.multinomial(50, long, size=60), rng.multinomial(30, short, size=40)]
    >>> model = MultinomialMixture(2, order_by="weights", random_state=0).fit(X)
    >>> model.weights_.round(2)
    array([0.4, 0.6])
    >>> model.sample(2, n_trials=[5, 1000])[0].sum(axis=1)
    array([   5, 1000])
    """
