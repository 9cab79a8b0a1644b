"""Beta-binomial: overdispersed numbers of successes, independent between columns."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skmixture.estimator.named import NamedMixture
from skmixture.families.trials import angular_features, check_within
from skmixture.families.urns.family import (
    Urn,
    beta_binomial_bounds,
    beta_binomial_cdf,
    draw_shares,
)
from skmixture.law.family import Array, Arrays
from skmixture.priors import Gamma
from skmixture.transforms import Transform, positive

__all__ = ["BetaBinomial", "BetaBinomialMixture"]


class BetaBinomial(Urn):
    """Beta-binomial law of counts, concentrations of success and failure for each column.

    ``log f = log C(n, x) + log B(x + a, n - x + b) - log B(a, b)`` with B the
    beta function, summed over the columns: a binomial law whose probability
    of success is itself drawn, from a beta law, for each row (Skellam 1948,
    Journal of the Royal Statistical Society B 10, 257-261). The mean is
    ``n a / (a + b)``; the variance is that of the binomial law times
    ``1 + (n - 1) / (a + b + 1)``.

    Parameters
    ----------
    n_trials : int or array-like of shape (n_features,), optional
        As in :class:`skmixture.families.Binomial`.

    References
    ----------
    Skellam (1948), JRSS B 10, 257-261.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import BetaBinomial
    >>> rng = np.random.RandomState(0)
    >>> x = rng.binomial(20, rng.beta(2.0, 6.0, size=2000))[:, None]
    >>> model = Mixture(BetaBinomial(20)).fit(x)
    >>> model.alphas_.round(1), model.betas_.round(1)
    (array([[2.1]]), array([[6.1]]))
    """

    factorises = True
    without_dispersion = "binomial"
    beside = ", with betas_"
    takes_priors: ClassVar = {"alphas": Gamma, "betas": Gamma}
    usual: ClassVar = {"alphas": 1.0, "betas": 1.0}

    def __init__(self, n_trials: ArrayLike | None = None) -> None:
        self.n_trials = n_trials

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"alphas": positive, "betas": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"alphas": (n_features,), "betas": (n_features,)}

    def check_rows(self, X: Any, side: Arrays) -> None:
        super().check_rows(X, side)
        self.check_columns(X.shape[-1])
        check_within(X, self.trials(side))

    def log_base(self, X: NDArray, **side: Array) -> float:
        check_within(X, self.trials(side))  # rows on file are not checked before
        return 0.0

    def draws(self, X: NDArray, side: Arrays) -> Array:
        trials = np.broadcast_to(self.trials(side), X.shape)
        return np.concatenate([X, trials - X, trials], axis=-1)

    def concentrations(self, params: Arrays) -> Array:
        return np.stack([params["alphas"], params["betas"]], axis=-2)

    def params_of(self, a: Array) -> dict[str, Array]:
        return {"alphas": a[..., 0, :], "betas": a[..., 1, :]}

    def _together(self, urns: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return urns

    def _told(self, meaning: str, name: str) -> str:
        own = "successes" if name == "alphas" else "failures"
        return super()._told(meaning, name).replace("no counts there", f"no {own} there")

    def _n_urns(self, n_features: int) -> int:
        return n_features

    def _colours_and_urns(self, n_columns: int) -> tuple[int, int]:
        return 2, n_columns // 3

    def _largest(self, largest: Array, n_urns: int) -> Array:
        return np.tile(largest[-n_urns:], 3)

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        shares = draw_shares(rng, self.concentrations(params)[labels])[:, 0]
        return rng.binomial(np.asarray(self.trials(side), dtype=np.int64), shares)

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params, **side).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return beta_binomial_cdf(X, self.trials(side), params["alphas"], params["betas"])

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        alphas, total = params["alphas"], params["alphas"] + params["betas"]
        return beta_binomial_bounds(q, self.trials(side), alphas[:, None], total[:, None])

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        trials = np.asarray(1 if self.n_trials is None else self.n_trials)
        alphas, betas = params["alphas"], params["betas"]
        if len(alphas) == 1:
            return stats.betabinom(trials.reshape(()), alphas[0], betas[0])
        return stats.betabinom(trials, alphas, betas)

    def features(self, X: NDArray) -> Array:
        return angular_features(X, self.n_trials)

    def derived(self, published: Arrays) -> dict[str, Array]:
        alphas, betas = published["alphas"], published["betas"]
        total = alphas + betas
        return {"probs": alphas / total, "dispersions": 1 / (total + 1)}


class BetaBinomialMixture(NamedMixture, family=BetaBinomial):
    """Mixture of beta-binomial laws, columns independent within a component.

    For numbers of successes that are more dispersed than the binomial law
    allows.

    Parameters
    ----------
    n_components : int, default=1
    n_trials : int or array-like of shape (n_features,), optional
        Trials of every row, the same in all columns or one number for each.
        None where each row has its own: pass them to `fit` and to all that
        scores rows as the keyword `n_trials`.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    alphas_init, betas_init : array-like of shape (n_components, n_features), optional
        Concentrations at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "alphas" (Gamma),
        "betas" (Gamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    alphas_, betas_ : ndarray of shape (n_components, n_features)
        Concentrations of success and of failure. Where counts are no more
        dispersed than binomial ones they grow until nothing is gained, to 1e10
        times the trials at most; the fit is that of the binomial law.
    probs_ : ndarray of shape (n_components, n_features)
        Mean probability of success, ``alphas_ / (alphas_ + betas_)``.
    dispersions_ : ndarray of shape (n_components, n_features)
        Correlation of two trials of a row, ``1 / (alphas_ + betas_ + 1)``.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.BetaBinomial : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import BetaBinomialMixture
    >>> rng = np.random.RandomState(0)
    >>> chance = np.r_[rng.beta(2, 18, size=600), rng.beta(15, 5, size=400)]
    >>> trials = rng.randint(10, 40, size=1000)
    >>> x = rng.binomial(trials, chance)[:, None]
    >>> model = BetaBinomialMixture(2, order_by="alphas", random_state=0).fit(x, n_trials=trials)
    >>> model.probs_.ravel().round(2)
    array([0.11, 0.75])
    """
