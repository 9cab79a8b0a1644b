"""Dirichlet-multinomial: overdispersed rows of counts of several kinds."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skmixture.estimator.named import NamedMixture
from skmixture.families.totals import Totals, draw_parts, root_features, row_totals
from skmixture.families.urns.family import (
    Urn,
    beta_binomial_bounds,
    beta_binomial_cdf,
    draw_shares,
)
from skmixture.law.family import Array, Arrays
from skmixture.priors import Gamma
from skmixture.transforms import Transform, positive

__all__ = ["DirichletMultinomial", "DirichletMultinomialMixture"]


class DirichletMultinomial(Totals, Urn):
    """Dirichlet-multinomial law of rows of counts, a concentration for each column.

    ``log f = log N! - sum_j log x_j! + log G(A) - log G(A + N)
    + sum_j (log G(a_j + x_j) - log G(a_j))`` with G the gamma function, N the
    sum of the row and A that of the concentrations: a multinomial law whose
    probabilities are themselves drawn, from a Dirichlet law, for each row
    (Mosimann 1962, Biometrika 49, 65-82). Nothing is said of N itself.

    Parameters
    ----------
    n_trials : int, optional
        As in :class:`skmixture.families.Multinomial`.

    References
    ----------
    Mosimann (1962), Biometrika 49, 65-82.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import DirichletMultinomial
    >>> rng = np.random.RandomState(0)
    >>> X = np.array([rng.multinomial(40, p) for p in rng.dirichlet([1, 2, 5], size=1000)])
    >>> Mixture(DirichletMultinomial()).fit(X).concentrations_.round(1)
    array([[1. , 2.1, 5.1]])
    """

    without_dispersion = "multinomial"
    takes_priors: ClassVar = {"concentrations": Gamma}
    usual: ClassVar = {"concentrations": 1.0}

    def __init__(self, n_trials: ArrayLike | None = None) -> None:
        self.n_trials = n_trials

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"concentrations": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"concentrations": (n_features,)}

    def draws(self, X: NDArray, side: Arrays) -> Array:
        return np.concatenate([X, row_totals(X)[..., None]], axis=-1)

    def concentrations(self, params: Arrays) -> Array:
        return params["concentrations"][..., None]

    def params_of(self, a: Array) -> dict[str, Array]:
        return {"concentrations": a[..., 0]}

    def _together(self, urns: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return urns[..., 0]

    def _n_urns(self, n_features: int) -> int:
        return 1

    def _colours_and_urns(self, n_columns: int) -> tuple[int, int]:
        return n_columns - 1, 1

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        shares = draw_shares(rng, self.concentrations(params)[labels])[..., 0]
        return draw_parts(rng, self.trials(side), shares)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        own, others = self._against_others(params)
        return beta_binomial_cdf(X, self.trials(side), own, others)

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        own, others = self._against_others(params)
        return beta_binomial_bounds(q, self.trials(side), own[:, None], (own + others)[:, None])

    @staticmethod
    def _against_others(params: Arrays) -> tuple[Array, Array]:
        """Concentrations of each column and of all others together."""
        own = params["concentrations"]
        apart = np.where(np.eye(own.shape[-1], dtype=bool), 0.0, own[..., None, :])
        return own, apart.sum(axis=-1)

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        return stats.dirichlet_multinomial(params["concentrations"], self.one_total())

    def features(self, X: NDArray) -> Array:
        return root_features(X)

    def derived(self, published: Arrays) -> dict[str, Array]:
        a = published["concentrations"]
        return {"probs": a / a.sum(axis=-1, keepdims=True)}


class DirichletMultinomialMixture(NamedMixture, family=DirichletMultinomial):
    """Mixture of Dirichlet-multinomial laws of rows of counts.

    For shares that vary from row to row more than the multinomial law allows,
    as those of species in samples of a community (Holmes, Harris and Quince
    2012, PLoS ONE 7, e30126).

    Parameters
    ----------
    n_components : int, default=1
    n_trials : int, optional
        The sum of every row, as in :class:`skmixture.MultinomialMixture`.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    concentrations_init : array-like of shape (n_components, n_features), optional
        Concentrations at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "concentrations"
        (Gamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    concentrations_ : ndarray of shape (n_components, n_features)
        Where counts are no more dispersed than multinomial ones they grow until
        nothing is gained, to a sum of 1e10 times the largest total at most.
    probs_ : ndarray of shape (n_components, n_features)
        Mean shares; rows sum to 1.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.DirichletMultinomial : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import DirichletMultinomialMixture
    >>> rng = np.random.RandomState(0)
    >>> shares = np.r_[rng.dirichlet([6, 2, 2], size=200), rng.dirichlet([1, 2, 9], size=300)]
    >>> X = np.array([rng.multinomial(60, own) for own in shares])
    >>> model = DirichletMultinomialMixture(2, order_by="weights", random_state=0).fit(X)
    >>> model.probs_.round(1)
    array([[0.6, 0.2, 0.2],
           [0.1, 0.2, 0.7]])
    """
