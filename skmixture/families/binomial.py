"""Binomial: numbers of successes among numbers of trials, independent between columns."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy import special

from skmixture.estimator.named import NamedMixture
from skmixture.families.counts import ExposedCounts, bounds_by_variance, exposed_mass
from skmixture.families.trials import (
    Trials,
    angular_features,
    check_within,
    clipped_shares,
    log_choose,
    over_counts,
)
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge, no_chance
from skmixture.law.family import Array, Arrays
from skmixture.numerics.special import deviance, saddle
from skmixture.priors import Beta
from skmixture.table.rows import dense, rows_last
from skmixture.transforms import Transform, unit

__all__ = ["Binomial", "BinomialMixture"]

TINY = np.finfo(float).tiny


AT_EDGE = (
    "ended at 0 or 1: the rows of the component agree there, and a row that differs is none of "
    f"its. {COUNTED} prior={{'probs': Beta(2, 2)}} of skmixture.priors keeps probabilities inside."
)


class Binomial(Trials, ExposedCounts):
    """Binomial law of counts, one probability of success for each column.

    ``log f = log C(n, x) + x log(p) + (n - x) log(1 - p)``, summed over the
    columns; the M-step is the number of successes over that of trials.

    Parameters
    ----------
    n_trials : int or array-like of shape (n_features,), optional
        Trials of every row, the same in all columns or one number for each.
        None where each row has its own, which then is a side column: the
        keyword `n_trials` of :class:`skmixture.BinomialMixture`, `exposure`
        of :class:`skmixture.Mixture`.

    References
    ----------
    Blischke (1964), JASA 59, 510-528.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Binomial
    >>> model = Mixture(Binomial(10), n_components=2, order_by="probs", random_state=0)
    >>> model.fit([[1], [2], [8], [9]]).probs_.ravel().round(2)
    array([0.15, 0.85])
    """

    factorises = True
    takes_priors: ClassVar = {"probs": Beta}

    def __init__(self, n_trials: ArrayLike | None = None) -> None:
        self.n_trials = n_trials

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"probs": unit}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"probs": (n_features,)}

    def check_rows(self, X: Any, side: Arrays) -> None:
        super().check_rows(X, side)
        self.check_columns(X.shape[-1])
        check_within(X, self.trials(side))

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        local = copy.copy(self)
        local._most_trials = float(np.max(self.trials(side)))
        return local

    def log_base(self, X: NDArray, **side: Array) -> Array:
        trials = self.trials(side)
        check_within(X, trials)  # rows on file are not checked before
        return np.asarray(over_counts(log_choose, X, trials).sum(axis=-1))

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        probs = params["probs"]
        return special.logit(probs), -(self._unit_trials * np.log1p(-probs)).sum(axis=-1)

    @property
    def _unit_trials(self) -> Array:
        """Numbers () or (d,) of trials at unit exposure."""
        return np.asarray(1.0 if self.n_trials is None else self.n_trials, dtype=float)

    def _exposed(self, stats: Arrays) -> Array:
        """Expected number (B, K, 1 or d) of trials."""
        return exposed_mass(stats)[..., None] * self._unit_trials

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        successes, trials = (constraints.pool("probs", sums) for sums in self._sums(stats))
        shares = clipped_shares(successes / np.maximum(trials, TINY))
        return {"probs": constraints.hold("probs", shares)}

    def _sums(self, stats: Arrays) -> tuple[Array, Array]:
        """Successes and trials (B, K, d), with those that the prior stands for."""
        successes, failures = self.pseudo("probs")
        trials = self._exposed(stats) + successes + failures
        return stats["t"] + successes, np.broadcast_to(trials, stats["t"].shape)

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        exposed = mass * side.get("exposure", 1.0)
        successes = exposed[..., None] * self._unit_trials * params["probs"]
        return {"n": mass, "t": successes, "exposed": exposed}

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {"probs": clipped_shares(params["probs"])}

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        probs, n_events = params["probs"], n_rows * self._most_trials
        at = no_chance(probs, n_events) | no_chance(1 - probs, n_events)
        return [Edge("probs", at, AT_EDGE)]

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        successes, trials = self._sums(stats)
        return {"probs": successes - trials * params["probs"]}

    def stable(self) -> Binomial:
        stable = StableBinomial(self.n_trials)
        stable.__dict__.update(self.__dict__)
        return stable

    def rounding(self, params: Arrays) -> Array:
        """The two terms cancel; this is what they come to where the law has its mass."""
        probs = params["probs"]
        summed = probs * np.abs(special.logit(probs)) - np.log1p(-probs)
        return np.finfo(float).eps * self._most_trials * summed.sum(axis=-1).max(axis=-1)

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        trials = np.asarray(self.trials(side), dtype=np.int64)
        return rng.binomial(trials, params["probs"][labels])

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params, **side).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return binomial_cdf(X, self.trials(side), params["probs"][:, None])

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        return binomial_bounds(q, self.trials(side), params["probs"][:, None])

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        trials, probs = self._unit_trials, params["probs"]
        if len(probs) == 1:
            return stats.binom(trials.reshape(()), probs[0])
        return stats.binom(trials, probs)

    def features(self, X: NDArray) -> Array:
        return angular_features(X, self.n_trials)


class StableBinomial(Binomial):
    """Binomial by deviances: large terms cancel before they are rounded.

    ``log f = saddle(n) - saddle(x) - saddle(n - x) - deviance(x, n p)
    - deviance(n - x, n (1 - p))`` after Loader (2000), "Fast and accurate
    computation of binomial probabilities".
    """

    def stable(self) -> StableBinomial:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(params["probs"]))

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return rows_last(dense(X))

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return {**super().encode(X, **side), "trials": self.trials_by_row(side, X.shape[-1])}

    def log_base(self, X: NDArray, **side: Array) -> Array:
        trials = self.trials(side)
        check_within(X, trials)
        return np.asarray(over_counts(_log_saddles, X, trials).sum(axis=-1))

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        x, trials, probs = rows["t"], rows["trials"], prepared["probs"]
        total = np.zeros((*probs.shape[:2], x.shape[-1]))
        for j in range(probs.shape[-1]):  # a column at a time: (B, K, n) is the largest array
            own = x[..., None, j, :]
            n = trials[..., None, j if trials.shape[-2] > 1 else 0, :]
            p = probs[..., j, None]
            total -= deviance(own, n * p)
            total -= deviance(n - own, n * (1 - p))
        return total


def binomial_cdf(X: Array, trials: Array, probs: Array) -> Array:
    """Distribution function of the binomial law, by the incomplete beta function."""
    if not hasattr(special, "betaincc"):  # which SciPy has from 1.12 on
        from scipy import stats

        return stats.binom.cdf(X, trials, probs)
    below, trials = np.broadcast_arrays(np.floor(X), trials)
    inside = (below >= 0) & (below < trials)
    x, n = np.where(inside, below, 0.0), np.where(inside, trials, 1.0)
    return np.where(inside, special.betaincc(x + 1, n - x, probs), (below >= trials) * 1.0)


def binomial_bounds(q: Array, trials: Array, probs: Array) -> tuple[Array, Array]:
    """Counts between which quantiles of the binomial law lie."""
    mean = trials * probs
    bounds = bounds_by_variance(q, mean, mean * (1 - probs))
    low, high = (np.fmin(bound, trials) for bound in bounds)
    return low, high


def _log_saddles(x: Array, trials: Array) -> Array:
    return np.asarray(saddle(trials) - saddle(x) - saddle(trials - x))


class BinomialMixture(NamedMixture, family=Binomial):
    """Mixture of binomial laws, columns independent within a component.

    Parameters
    ----------
    n_components : int, default=1
    n_trials : int or array-like of shape (n_features,), optional
        Trials of every row, the same in all columns or one number for each.
        None where each row has its own: pass them to `fit` and to all that
        scores rows as the keyword `n_trials`.
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
    exposed_ : bool
        Whether the fit was given numbers of trials by row, so that scores
        need them too.
    mean_exposure_ : float
        Mean number of trials of the rows seen, where each has its own.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, n_samples_seen_, n_samples_start_, family_, n_features_in_, \
feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Binomial : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import BinomialMixture
    >>> heads = np.array([[5], [9], [8], [4], [7]])
    >>> model = BinomialMixture(2, n_trials=10, order_by="probs", random_state=0).fit(heads)
    >>> model.probs_.ravel().round(3)
    array([0.514, 0.793])

    Rows with numbers of trials of their own:

    >>> tosses = np.array([10, 12, 10, 8, 20])
    >>> model = BinomialMixture(2, order_by="probs", random_state=0)
    >>> model.fit(heads, n_trials=tosses).probs_.ravel().round(3)
    array([0.423, 0.714])
    >>> model.predict(heads, n_trials=tosses)
    array([0, 1, 1, 0, 0])
    """
