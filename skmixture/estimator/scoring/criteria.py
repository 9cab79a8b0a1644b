"""Likelihoods of all rows together, and the criteria that weigh them against parameters."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from skmixture.chunked import is_dask
from skmixture.estimator.scoring.densities import Densities
from skmixture.estimator.scoring.logs import subtract_log_sum
from skmixture.given.validation import check_responsibilities, check_sample_weight

__all__ = ["Criteria"]

Array = NDArray[np.floating]


class Criteria(Densities):
    """Complete and incomplete log-likelihoods, AIC, BIC, ICL and relative entropy."""

    def complete_log_likelihood(
        self,
        X: ArrayLike,
        resp: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> float:
        """Expected log-likelihood of rows and labels together, summed over the rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        resp : array-like of shape (n_samples, n_components) or (n_samples,)
            Responsibilities, or labels.
        sample_weight : array-like of shape (n_samples,), optional
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        float
            ``sum_i w_i sum_k resp_ik log(weight_k f_k(x_i))``.

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        if is_dask(X):
            name = "complete_log_likelihood"
            return float(self._total(name, X, sample_weight, exposure, strata, resp))
        rows = self._rows(X, exposure, strata, sample_weight)
        resp = check_responsibilities(resp, rows.n_rows, len(self.weights_))
        weight = check_sample_weight(sample_weight, rows.n_rows)

        def expected(here: slice, log_joint: Array) -> float:
            share = resp[here].T
            by_row = np.where(share > 0, share * np.where(share > 0, log_joint, 0.0), 0.0).sum(0)
            return float((by_row if weight is None else weight[here] * by_row).sum())

        return sum(self._by_block(rows, expected))

    def elbo(
        self,
        X: ArrayLike,
        resp: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> float:
        """Lower bound on the log-likelihood at given responsibilities, summed over the rows.

        The complete log-likelihood plus the entropy of `resp`; equal to the
        log-likelihood where `resp` are the model's own.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        resp : array-like of shape (n_samples, n_components) or (n_samples,)
            Responsibilities, or labels.
        sample_weight : array-like of shape (n_samples,), optional
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        float

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        if is_dask(X):
            return float(self._total("elbo", X, sample_weight, exposure, strata, resp))
        columns = {"sample_weight": sample_weight, "exposure": exposure, "strata": strata}
        complete = self.complete_log_likelihood(X, resp, **columns)
        resp = check_responsibilities(resp, np.shape(X)[0], len(self.weights_))
        entropy = -xlogy(resp, resp).sum(axis=1)
        weight = check_sample_weight(sample_weight, len(resp))
        return complete + float((entropy if weight is None else weight * entropy).sum())

    def aic(
        self,
        X: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> float:
        """Akaike's criterion, ``-2 log-likelihood + 2 p``; lower is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        float

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        _, log_likelihood = self._n_and_log_likelihood(X, sample_weight, exposure, strata)
        return -2 * log_likelihood + 2 * self._n_free()

    def bic(
        self,
        X: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> float:
        """Bayesian information criterion, ``-2 log-likelihood + p log n``; lower is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional
            n is then their sum.
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        float

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        n, log_likelihood = self._n_and_log_likelihood(X, sample_weight, exposure, strata)
        return -2 * log_likelihood + self._n_free() * float(np.log(n))

    def icl(
        self,
        X: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> float:
        """Integrated completed likelihood; lower is better, overlap costs.

        BIC plus twice the entropy of the responsibilities (Biernacki, Celeux
        and Govaert 2000, IEEE Transactions on Pattern Analysis and Machine
        Intelligence 22, 719-725).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        float

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        entropy = self._entropy(X, sample_weight, exposure, strata)
        return (
            self.bic(X, sample_weight=sample_weight, exposure=exposure, strata=strata) + 2 * entropy
        )

    def relative_entropy(
        self,
        X: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> float:
        """How clearly the rows belong to components: 1 where they do, 0 where all is open.

        ``1 - sum_i entropy(resp_i) / (n log K)`` (Ramaswamy, DeSarbo,
        Reibstein and Robinson 1993, Marketing Science 12, 103-124); 1 for a
        single component.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        float

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        n, _ = self._n_and_log_likelihood(X, sample_weight, exposure, strata)
        K = len(self.weights_)
        if K == 1:
            return 1.0
        return 1 - self._entropy(X, sample_weight, exposure, strata) / (n * float(np.log(K)))

    def _entropy(
        self,
        X: ArrayLike,
        sample_weight: ArrayLike | None,
        exposure: ArrayLike | None,
        strata: ArrayLike | None,
    ) -> float:
        """Entropy of the responsibilities, summed over the rows."""
        if is_dask(X):
            return float(self._total("_entropy", X, sample_weight, exposure, strata))
        rows = self._rows(X, exposure, strata, sample_weight)
        weight = check_sample_weight(sample_weight, rows.n_rows)

        def summed(here: slice, log_joint: Array) -> float:
            self._put_weights_where_impossible(log_joint, rows, here)
            subtract_log_sum(log_joint)
            resp = np.exp(log_joint)
            entropy = -xlogy(resp, resp).sum(axis=0)
            return float((entropy if weight is None else weight[here] * entropy).sum())

        return float(sum(self._by_block(rows, summed)))
