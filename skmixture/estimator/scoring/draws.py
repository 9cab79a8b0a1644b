"""Distribution functions of a fitted mixture, and draws from it."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skmixture.chunked import is_dask
from skmixture.estimator.scoring.densities import Densities
from skmixture.estimator.scoring.frames import in_the_form_of
from skmixture.given.numbering import of_component
from skmixture.law.columns import filled_in
from skmixture.numerics.solvers import bisect
from skmixture.table.holes import has_holes
from skmixture.table.rows import dense

__all__ = ["Draws"]

Array = NDArray[np.floating]


class Draws(Densities):
    """Distribution functions, components, rows and latent labels."""

    def cdf(
        self, X: ArrayLike, *, exposure: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> Array:
        """Joint distribution function of the mixture at each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            On the support or off it. Where the model has one column, numbers
            (n_samples,) or a single one serve as well.
        exposure : array-like of shape (n_samples,), optional
            Size factors; needed where the model was fitted with them.
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        ndarray of shape (n_samples,), or float for a single number

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        NotImplementedError
            Where the law has none; the message says what there is in its place.
        """
        if is_dask(X) and X.ndim == 2:
            return self._lazily("cdf", X, exposure, strata, dtype=np.float64)
        points, side = self._points(X, exposure)
        self._require("cdf")
        weights = self._weights_of(strata, len(points))
        by_component = self._law.cdf(points, self._params(), **side)  # (K, n)
        below = np.einsum("nk,kn->n", np.broadcast_to(weights, by_component.T.shape), by_component)
        return below[0] if np.ndim(X) == 0 and not sparse.issparse(X) else below

    def marginal_cdf(
        self, X: ArrayLike, *, exposure: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> Array:
        """Distribution function of each column by itself.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        ndarray of shape (n_samples, n_features)

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        NotImplementedError
            Where the law has none; the message says what there is in its place.
        """
        if is_dask(X) and X.ndim == 2:
            return self._lazily("marginal_cdf", X, exposure, strata, "column", np.float64)
        X, side = self._points(X, exposure)
        self._require("marginal_cdf")
        return self._marginal_cdf(X, side, self._weights_of(strata, len(X)))

    def marginal_quantile(
        self, q: ArrayLike, *, exposure: float | None = None, strata: ArrayLike | None = None
    ) -> Array:
        """Quantiles of each column by itself.

        Parameters
        ----------
        q : float or array-like of shape (m,)
            Probabilities, 0 to 1.
        exposure : float or array-like of shape (m,), optional
            The size factors that the quantiles are for.
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        ndarray of shape (m, n_features), or (n_features,) for one number
            The least value at which `marginal_cdf` reaches q: a whole number
            for counts, elsewhere right to a few units in the last place.

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where q holds no probabilities, or exposures or strata are amiss.
        NotImplementedError
            Where the law has none; the message says what there is in its place.
        """
        self._require("marginal_cdf", "quantile_bounds")
        try:
            probabilities = np.atleast_1d(np.asarray(q, dtype=float))
        except (TypeError, ValueError) as error:
            raise ValueError(f"q must hold probabilities from 0 to 1, got {q!r}") from error
        if probabilities.ndim > 1 or not ((probabilities >= 0) & (probabilities <= 1)).all():
            raise ValueError(f"q must hold probabilities from 0 to 1, got {q!r}")
        side = self._side(exposure, len(probabilities))
        low, high = self._law.quantile_bounds(probabilities, self._params(), **side)
        weights = self._weights_of(strata, len(probabilities))
        present = (weights > 0).any(axis=0)
        # the mixture's quantile lies between the least and the largest of its components'
        low, high = low[present].min(axis=0), high[present].max(axis=0)

        def below(x: Array) -> NDArray[np.bool_]:
            return self._marginal_cdf(x, side, weights) < probabilities[:, None]

        quantiles = bisect(below, low, high, self._law.support.whole(low.shape[-1]))
        return quantiles if np.ndim(q) else quantiles[0]

    def _require(self, *methods: str) -> None:
        """Raise a NotImplementedError that says what the law, or a part of it, does not have."""
        check_is_fitted(self)
        for method in methods:
            if self._law.lacking(method):
                raise NotImplementedError(self._law.absent(method))

    def _points(self, X: ArrayLike, exposure: ArrayLike | None) -> tuple[NDArray, dict[str, Array]]:
        """Rows, dense and on the support or off it, and their side columns."""
        check_is_fitted(self)
        if not sparse.issparse(X) and np.ndim(X) < 2 and self._params_n_features() == 1:
            X = np.reshape(X, (-1, 1))
        X = dense(self._validated(X, reset=False))
        return X, self._side(exposure, len(X))

    def _params_n_features(self) -> int:
        law = self._law
        names = [name for name in law.parameters if hasattr(self, name + "_")]
        return law.n_features_of({name: getattr(self, name + "_") for name in names})

    def _marginal_cdf(self, X: Array, side: dict[str, Array], weights: Array) -> Array:
        """Of rows whose mixing weights are (n, K), or (1, K)."""
        by_component = self._law.marginal_cdf(X, self._params(), **side)  # (K, n, d)
        return (weights.T[..., None] * by_component).sum(axis=0)

    def component_distribution(self, k: int) -> Any:
        """Component `k` as a frozen `scipy.stats` distribution.

        Parameters
        ----------
        k : int

        Returns
        -------
        scipy.stats frozen distribution
            At unit exposure. Of several columns of counts it has one law for
            each: its values at a row are as many, and their product is the
            joint probability.

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        IndexError
            Where there is no such component.
        NotImplementedError
            Where the law has none; the message says what there is in its place.
        """
        self._require("component")
        if not -len(self.weights_) <= k < len(self.weights_):
            raise IndexError(f"component {k!r} of a mixture of {len(self.weights_)}")
        return self._law.component(of_component(self._law, self._params(), k, len(self.weights_)))

    def sample(
        self,
        n_samples: int = 1,
        random_state: int | RandomState | None = None,
        *,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> tuple[NDArray, NDArray[np.integer]]:
        """Draw rows from the mixture.

        Parameters
        ----------
        n_samples : int, default=1
        random_state : int, RandomState instance or None, default=None
            None takes the estimator's own.
        exposure : float or array-like of shape (n_samples,), optional
            Size factors of the rows; needed where the model was fitted with
            them.
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Ordered by component; with exposures or strata in their order.
        labels : ndarray of int of shape (n_samples,)

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the number is no positive int, or exposures or strata are amiss.
        """
        check_is_fitted(self)
        if not isinstance(n_samples, Integral):
            raise ValueError(f"n_samples must be a whole number from 1, got {n_samples!r}")
        if n_samples < 1:  # in scikit-learn's words
            raise ValueError(
                f"Invalid value for 'n_samples': {n_samples!r}. The sampling requires at "
                "least one sample."
            )
        side = self._side(exposure, n_samples)
        rng = self._rng(random_state)
        if self._has_strata:
            labels = drawn(self._weights_of(strata, n_samples), rng)
        else:
            weights = self._weights_of(strata, n_samples)[0]
            if self.weights_.dtype != float:  # numpy wants a sum of 1 in double precision
                weights = weights / weights.sum()
            labels = np.repeat(np.arange(len(weights)), rng.multinomial(n_samples, weights))
            if side:
                rng.shuffle(labels)
        X = self._law.sample(self._params(), labels, rng, **side)
        return self._law.decoded(X), labels

    def sample_latent(
        self,
        X: ArrayLike,
        random_state: int | RandomState | None = None,
        *,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> NDArray[np.integer]:
        """Draw the component of each row from its responsibilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        random_state : int, RandomState instance or None, default=None
            None takes the estimator's own.
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        ndarray of int of shape (n_samples,)

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        resp = self.predict_proba(X, exposure=exposure, strata=strata)
        return drawn(resp, self._rng(random_state))

    def impute(
        self, X: ArrayLike, *, exposure: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> Any:
        """Rows with each value that is missing replaced by its conditional expectation.

        Given what is there of the row, over the components by their
        responsibilities. Where a category is missing, the likeliest one is put in.
        What is expected of counts is seldom a count: round it before the rows are scored.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            NaN where a value is missing.
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        ndarray or DataFrame of shape (n_samples, n_features)
            A data frame of pandas where X is one, with columns of their own kinds.

        Raises
        ------
        ValueError
            Where values are missing and the law does not know what to do.
        """
        rows = self._rows(X, exposure, strata)
        table = np.array(dense(rows.X))
        missing = np.isnan(table)
        if has_holes(table):
            resp = self.predict_proba(X, exposure=exposure, strata=strata)
            table = filled_in(self._law, rows.X, self._params(), resp, rows.side)
        return in_the_form_of(X, self._law.decoded(table), missing)

    def _rng(self, random_state: int | RandomState | None) -> RandomState:
        return check_random_state(self.random_state if random_state is None else random_state)


def drawn(chances: Array, rng: RandomState) -> NDArray[np.integer]:
    """A component (n,) for each row of chances (n, K)."""
    below = np.cumsum(chances, axis=1)[:, :-1]
    return (rng.uniform(size=(len(below), 1)) >= below).sum(axis=1)
