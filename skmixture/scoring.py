"""What a fitted mixture can say of rows: densities, responsibilities, criteria, samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp, xlogy
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skmixture.em import State, log_joints
from skmixture.family import Family
from skmixture.rows import Rows
from skmixture.validation import check_responsibilities, check_sample_weight

if TYPE_CHECKING:
    import pandas

__all__ = ["FittedMixture"]

Array = NDArray[np.floating]


class FittedMixture:
    """Methods that need nothing but fitted attributes, which they read afresh each time.

    Densities come from the family's stable formulas, so a row far from
    everything is scored as well as any other.
    """

    weights_: Array
    lower_bounds_: Array
    random_state: Any

    @property
    def _law(self) -> Family:
        raise NotImplementedError

    # -- densities and responsibilities -----------------------------------

    def score_samples(self, X: ArrayLike) -> Array:
        """Log density of each row under the mixture.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        X = self._rows(X)
        log_density = np.empty(len(X))
        for here, log_joint in self._log_joints(X):
            log_density[here] = logsumexp(log_joint, axis=0)
        return self._as(X, log_density)

    def score(
        self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Mean log density of the rows, the log-likelihood per row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            How many rows each row stands for.

        Returns
        -------
        float
        """
        log_density = self.score_samples(X)
        weight = check_sample_weight(sample_weight, len(log_density))
        return float(np.average(log_density, weights=weight))

    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Log responsibilities, right also where the probabilities underflow.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        X = self._rows(X)
        log_resp = np.empty((len(X), len(self.weights_)))
        with np.errstate(divide="ignore"):
            log_weights = np.log(self.weights_)
        for here, log_joint in self._log_joints(X):
            # a row that no component allows says nothing: the weights remain
            impossible = np.isneginf(log_joint).all(axis=0)
            log_joint[:, impossible] = log_weights[:, None]
            log_resp[here] = (log_joint - logsumexp(log_joint, axis=0)).T
        return self._as(X, log_resp)

    def predict_proba(self, X: ArrayLike) -> Array:
        """Responsibilities: the probability of each component given the row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Rows sum to 1.
        """
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: ArrayLike) -> NDArray[np.integer]:
        """The component with the largest responsibility for each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int of shape (n_samples,)
        """
        return self.predict_log_proba(X).argmax(axis=1)

    # -- likelihoods and criteria ------------------------------------------

    def complete_log_likelihood(
        self, X: ArrayLike, resp: ArrayLike, *, sample_weight: ArrayLike | None = None
    ) -> float:
        """Expected log-likelihood of rows and labels together, summed over the rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        resp : array-like of shape (n_samples, n_components) or (n_samples,)
            Responsibilities, or labels.
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        float
            ``sum_i w_i sum_k resp_ik log(weight_k f_k(x_i))``.
        """
        X = self._rows(X)
        resp = check_responsibilities(resp, len(X), len(self.weights_))
        weight = check_sample_weight(sample_weight, len(X))
        total = 0.0
        for here, log_joint in self._log_joints(X):
            share = resp[here].T
            by_row = np.where(share > 0, share * np.where(share > 0, log_joint, 0.0), 0.0).sum(0)
            total += float((by_row if weight is None else weight[here] * by_row).sum())
        return total

    def elbo(
        self, X: ArrayLike, resp: ArrayLike, *, sample_weight: ArrayLike | None = None
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

        Returns
        -------
        float
        """
        complete = self.complete_log_likelihood(X, resp, sample_weight=sample_weight)
        resp = check_responsibilities(resp, len(np.asarray(X)), len(self.weights_))
        entropy = -xlogy(resp, resp).sum(axis=1)
        weight = check_sample_weight(sample_weight, len(resp))
        return complete + float((entropy if weight is None else weight * entropy).sum())

    def aic(self, X: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
        """Akaike's criterion, ``-2 log-likelihood + 2 p``; lower is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        float
        """
        _, log_likelihood = self._n_and_log_likelihood(X, sample_weight)
        return -2 * log_likelihood + 2 * self._n_free()

    def bic(self, X: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
        """Bayesian information criterion, ``-2 log-likelihood + p log n``; lower is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional
            n is then their sum.

        Returns
        -------
        float
        """
        n, log_likelihood = self._n_and_log_likelihood(X, sample_weight)
        return -2 * log_likelihood + self._n_free() * float(np.log(n))

    def icl(self, X: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
        """Integrated completed likelihood; lower is better, overlap costs.

        BIC plus twice the entropy of the responsibilities (Biernacki, Celeux
        and Govaert 2000, IEEE Transactions on Pattern Analysis and Machine
        Intelligence 22, 719-725).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        float
        """
        resp = self.predict_proba(X)
        entropy = -xlogy(resp, resp).sum(axis=1)
        weight = check_sample_weight(sample_weight, len(resp))
        total = float((entropy if weight is None else weight * entropy).sum())
        return self.bic(X, sample_weight=sample_weight) + 2 * total

    def _n_and_log_likelihood(
        self, X: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[float, float]:
        log_density = np.asarray(self.score_samples(X), dtype=float)
        weight = check_sample_weight(sample_weight, len(log_density))
        if weight is None:
            return len(log_density), float(log_density.sum())
        return float(weight.sum()), float(weight @ log_density)

    # -- distribution functions and samples --------------------------------

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

    # -- tables -------------------------------------------------------------

    def to_frame(self) -> pandas.DataFrame:
        """Weights and parameters, a row for each component (needs pandas)."""
        import pandas as pd

        check_is_fitted(self)
        columns: dict[str, Array] = {"weight": self.weights_}
        for name, value in self._params().items():
            value = np.broadcast_to(value, (len(self.weights_), *value.shape[1:]))
            for place in np.ndindex(value.shape[1:]):
                index = ",".join(map(str, place))
                columns[f"{name}[{index}]" if index else name] = value[(slice(None), *place)]
        return pd.DataFrame(columns).rename_axis("component")

    def history_frame(self) -> pandas.DataFrame:
        """Mean log-likelihood and its change, a row for each iteration (needs pandas)."""
        import pandas as pd

        check_is_fitted(self)
        history = pd.DataFrame({"lower_bound": np.asarray(self.lower_bounds_)})
        history["change"] = history["lower_bound"].diff()
        history.index = pd.RangeIndex(1, len(history) + 1, name="iteration")
        return history

    # -- within -------------------------------------------------------------

    def _rng(self, random_state: int | RandomState | None) -> RandomState:
        return check_random_state(self.random_state if random_state is None else random_state)

    def _validated(self, X: ArrayLike, *, reset: bool) -> NDArray:
        """A finite table of numbers with the right columns; `reset` where it sets them."""
        least = self._law.min_rows if reset else 1
        types = [np.float64, np.float32]
        return validate_data(self, X, reset=reset, dtype=types, ensure_min_samples=least)

    def _rows(self, X: ArrayLike) -> NDArray:
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        self._law.support.check(X, type(self._law).__name__)
        return X

    def _log_joints(self, X: NDArray) -> Iterator[tuple[slice, Array]]:
        """Log of weight times density (K, n), block by block."""
        law = self._law.stable()
        params = {name: value[None] for name, value in self._scoring_params().items()}
        state = State(np.asarray(self.weights_, dtype=float)[None, None], params)
        for here, block, _, _, log_joint in log_joints(law, Rows(X), state):
            yield here, log_joint[0] + law.log_base(block.X)

    @staticmethod
    def _as(X: NDArray, result: Array) -> Array:
        """Single precision in, single precision out."""
        return result.astype(X.dtype, copy=False)

    # supplied by the estimator
    def _params(self) -> dict[str, Array]:
        raise NotImplementedError

    def _scoring_params(self) -> dict[str, Array]:
        return self._params()

    def _n_free(self) -> int:
        raise NotImplementedError
