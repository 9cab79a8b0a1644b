"""Distribution functions of a fitted mixture, and draws from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skmixture.scoring.densities import Densities

__all__ = ["Draws"]

Array = NDArray[np.floating]


class Draws(Densities):
    """Distribution functions, components, rows and latent labels."""

    def cdf(self, X: ArrayLike) -> Array:
        """Joint distribution function of the mixture at each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)  # on the support or off it
        return np.asarray(self.weights_ @ self._law.cdf(X, self._params()))

    def marginal_cdf(self, X: ArrayLike) -> Array:
        """Distribution function of each column by itself.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        by_component = self._law.marginal_cdf(X, self._params())
        return np.tensordot(self.weights_, by_component, axes=1)

    def component_distribution(self, k: int) -> Any:
        """Component `k` as a frozen `scipy.stats` distribution.

        Parameters
        ----------
        k : int

        Returns
        -------
        scipy.stats frozen distribution
        """
        check_is_fitted(self)
        if not -len(self.weights_) <= k < len(self.weights_):
            raise IndexError(f"component {k!r} of a mixture of {len(self.weights_)}")
        shared = self._law.shared
        params = self._params().items()
        return self._law.component(
            {name: value[0 if shared(name) else k] for name, value in params}
        )

    def sample(
        self, n_samples: int = 1, random_state: int | RandomState | None = None
    ) -> tuple[NDArray, NDArray[np.integer]]:
        """Draw rows from the mixture.

        Parameters
        ----------
        n_samples : int, default=1
        random_state : int, RandomState instance or None, default=None
            None takes the estimator's own.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Ordered by component.
        labels : ndarray of int of shape (n_samples,)
        """
        check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(
                f"Invalid value for 'n_samples': {n_samples!r}. The sampling requires at "
                "least one sample."
            )
        rng = self._rng(random_state)
        weights = np.asarray(self.weights_)
        if weights.dtype != float:  # numpy wants a sum of 1 in double precision
            weights = weights.astype(float) / weights.sum(dtype=float)
        labels = np.repeat(np.arange(len(weights)), rng.multinomial(n_samples, weights))
        return self._law.sample(self._params(), labels, rng), labels

    def sample_latent(
        self, X: ArrayLike, random_state: int | RandomState | None = None
    ) -> NDArray[np.integer]:
        """Draw the component of each row from its responsibilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        random_state : int, RandomState instance or None, default=None
            None takes the estimator's own.

        Returns
        -------
        ndarray of int of shape (n_samples,)
        """
        below = np.cumsum(self.predict_proba(X), axis=1)[:, :-1]
        draw = self._rng(random_state).uniform(size=(len(below), 1))
        return (draw >= below).sum(axis=1)

    def _rng(self, random_state: int | RandomState | None) -> RandomState:
        return check_random_state(self.random_state if random_state is None else random_state)
