"""Densities and responsibilities of rows under a fitted mixture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_is_fitted, validate_data

from skmixture.blocks import Block, Blocks
from skmixture.chunked import Chunked, is_dask, lazily, responsibilities, total_of
from skmixture.e_step import EStep
from skmixture.family import Family
from skmixture.rows import Rows
from skmixture.state import State
from skmixture.streamed import Streamed, mapped
from skmixture.threads import single_threaded
from skmixture.validation import check_sample_weight, check_side

__all__ = ["Densities"]

Array = NDArray[np.floating]
Result = TypeVar("Result")
# Rows that are scored at once.
FEW = 100


class Densities(ABC):
    """What each row says of the components, and they of it.

    Everything is read from fitted attributes, afresh each time. Densities
    come from the family's stable formulas, so a row far from everything is
    scored as well as any other.
    """

    weights_: Array
    lower_bounds_: Array
    random_state: Any

    # -- supplied by the estimator ------------------------------------------

    @property
    @abstractmethod
    def _law(self) -> Family:
        """The family of the fit."""

    @abstractmethod
    def _params(self) -> dict[str, Array]:
        """Parameters (K, ...) from fitted attributes."""

    @abstractmethod
    def _n_free(self) -> int:
        """Number of free parameters."""

    def _scoring_params(self) -> dict[str, Array]:
        """The parameters that densities are computed from."""
        return self._params()

    # -- for every row --------------------------------------------------------

    def score_samples(self, X: ArrayLike, *, exposure: ArrayLike | None = None) -> Array:
        """Log density of each row under the mixture.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        exposure : array-like of shape (n_samples,), optional
            Size factors; needed where the model was fitted with them.

        Returns
        -------
        ndarray of shape (n_samples,), or dask array
        """
        if is_dask(X):
            return self._lazily("score_samples", X, exposure)
        rows = self._rows(X, exposure)
        log_density = np.empty(rows.n_rows)

        def fill(here: slice, log_joint: Array) -> None:
            log_density[here] = log_sum(log_joint)

        self._by_block(rows, fill)
        return self._as(rows.X, log_density)

    def score(
        self,
        X: ArrayLike,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        *,
        exposure: ArrayLike | None = None,
    ) -> float:
        """Mean log density of the rows, the log-likelihood per row.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            How many rows each row stands for.
        exposure : array-like of shape (n_samples,), optional

        Returns
        -------
        float
        """
        n, log_likelihood = self._n_and_log_likelihood(X, sample_weight, exposure)
        return log_likelihood / n

    def predict_log_proba(self, X: ArrayLike, *, exposure: ArrayLike | None = None) -> Array:
        """Log responsibilities, right also where the probabilities underflow.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        exposure : array-like of shape (n_samples,), optional

        Returns
        -------
        ndarray of shape (n_samples, n_components), or dask array
        """
        if is_dask(X):
            return self._lazily("predict_log_proba", X, exposure, per="component")
        rows = self._rows(X, exposure)
        log_resp = np.empty((rows.n_rows, len(self.weights_)))

        def fill(here: slice, log_joint: Array) -> None:
            self._put_weights_where_impossible(log_joint)
            log_joint -= log_sum(log_joint)
            log_resp[here] = log_joint.T

        self._by_block(rows, fill)
        return self._as(rows.X, log_resp)

    def predict_proba(self, X: ArrayLike, *, exposure: ArrayLike | None = None) -> Array:
        """Responsibilities: the probability of each component given the row.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        exposure : array-like of shape (n_samples,), optional

        Returns
        -------
        ndarray of shape (n_samples, n_components), or dask array
            Rows sum to 1.
        """
        if is_dask(X):
            return self._lazily("predict_proba", X, exposure, per="component")
        return np.exp(self.predict_log_proba(X, exposure=exposure))

    def predict(self, X: ArrayLike, *, exposure: ArrayLike | None = None) -> NDArray[np.integer]:
        """The component with the largest responsibility for each row.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        exposure : array-like of shape (n_samples,), optional

        Returns
        -------
        ndarray of int of shape (n_samples,), or dask array
        """
        if is_dask(X):
            return self._lazily("predict", X, exposure, dtype=np.intp)
        rows = self._rows(X, exposure)
        labels = np.empty(rows.n_rows, dtype=np.intp)

        def fill(here: slice, log_joint: Array) -> None:
            self._put_weights_where_impossible(log_joint)
            log_joint.argmax(axis=0, out=labels[here])

        self._by_block(rows, fill)
        return labels

    # -- within ---------------------------------------------------------------

    def _n_and_log_likelihood(
        self, X: ArrayLike, sample_weight: ArrayLike | None, exposure: ArrayLike | None
    ) -> tuple[float, float]:
        """Sums over the rows of their weights, and of weight times log density."""
        if is_dask(X):
            total = self._total("_n_and_log_likelihood", X, sample_weight, exposure)
            return float(total[0]), float(total[1])
        rows = self._rows(X, exposure)
        weight = check_sample_weight(sample_weight, rows.n_rows)

        def total(here: slice, log_joint: Array) -> float:
            log_density = log_sum(log_joint)
            if weight is None:
                return float(log_density.sum())
            counts = weight[here] > 0  # a row that does not may be an impossible one
            return float(weight[here][counts] @ log_density[counts])

        log_likelihood = float(sum(self._by_block(rows, total)))
        return float(rows.n_rows if weight is None else weight.sum()), log_likelihood

    def _validated(self, X: ArrayLike, *, reset: bool) -> Any:
        """A finite table of numbers with the right columns; `reset` where it sets them."""
        law = self._law
        if is_dask(X):
            raise ValueError(
                "a Dask array is taken by fit, fit_predict and the methods that score or describe "
                "rows; elsewhere pass X.compute()"
            )
        on_file = mapped(X)
        if on_file is not None:
            return self._streamed(on_file, reset)
        table: Any = validate_data(
            self,
            X,
            reset=reset,
            # counts are exact in double precision only
            dtype=[np.float64] if law.support.discrete else [np.float64, np.float32],
            accept_sparse="csr" if law.takes_sparse else False,
            ensure_min_samples=law.min_rows if reset else 1,
        )
        return canonical(table) if sparse.issparse(table) else table

    def _chunked(self, X: Any, reset: bool) -> Chunked:
        """A Dask array of the right shape, not computed; its chunks are checked when they are."""
        law = self._law
        if reset and not law.additive:
            raise ValueError(
                f"X must not be a Dask array: {type(law).__name__} needs all rows at once"
            )
        single = not law.support.discrete and X.dtype == np.float32
        table = Chunked(X, np.dtype(np.float32 if single else np.float64))
        least = law.min_rows if reset else 1
        validate_data(self, table.stand_in(), reset=reset, dtype=None, ensure_min_samples=least)
        return table

    def _columns(self, table: Chunked, exposure: Any) -> dict[str, Any]:
        """Side columns of a Dask array that is to be scored or described."""
        if not self._side(None if exposure is None else 1.0, 1):
            return {}

        def check(value: ArrayLike, n_rows: int) -> Array:
            return self._side(value, n_rows)["exposure"]

        return {"exposure": table.column(exposure, "exposure", check)}

    def _lazily(
        self, name: str, X: Any, exposure: Any, per: str = "row", dtype: Any = None
    ) -> Any:
        """What a method says of each row of a Dask array, as another."""
        check_is_fitted(self)
        table = self._chunked(X, reset=False)
        width = {"row": 0, "component": len(self.weights_), "column": table.shape[1]}[per]
        columns, dtype = self._columns(table, exposure), dtype or table.dtype
        return lazily(self, name, table, columns, width, dtype)

    def _total(
        self, name: str, X: Any, sample_weight: Any, exposure: Any, resp: Any = None
    ) -> Array:
        """What a method says of all rows of a Dask array, which adds up over them."""
        check_is_fitted(self)
        table = self._chunked(X, reset=False)
        columns = self._columns(table, exposure)
        if sample_weight is not None:
            weight = table.column(sample_weight, "sample_weight", check_sample_weight)
            columns["sample_weight"] = weight
        if resp is not None:
            columns["resp"] = responsibilities(table, resp, len(self.weights_))
        return total_of(self, name, table, columns)

    def _streamed(self, table: NDArray, reset: bool) -> Streamed:
        """A table on file, of which each stretch is checked as it is read."""
        law, name = self._law, type(self._law).__name__
        if table.dtype.kind not in "biuf":
            raise ValueError(f"X must be a table of numbers, got dtype {table.dtype}")

        def check(stretch: NDArray) -> None:
            assert_all_finite(stretch, input_name="X")
            law.support.check(stretch, name)

        validate_data(self, table, reset=reset, dtype=None, ensure_all_finite=False)
        return Streamed(table, check)

    def _rows(self, X: ArrayLike, exposure: ArrayLike | None = None) -> Rows:
        """Rows of the support, with their exposures where there are any."""
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        if not isinstance(X, Streamed):  # which checks what it reads
            self._law.support.check(X, type(self._law).__name__)
        return Rows(X, side=self._side(exposure, X.shape[0]))

    def _side(self, exposure: ArrayLike | None, n_rows: int) -> dict[str, Array]:
        """Side columns of rows that are to be scored, described or drawn."""
        if exposure is None and getattr(self, "exposed_", False):
            raise ValueError(
                "exposure is missing: the model was fitted with size factors, so pass those of "
                "these rows (exposure=1 for rows of unit size). In a grid search or "
                "cross-validation: enable metadata routing and set_score_request(exposure=True)"
            )
        return check_side(self._law, exposure, n_rows)

    def _by_block(self, rows: Rows, function: Callable[[slice, Array], Result]) -> list[Result]:
        """What a function makes of each block, in the order of the rows.

        It is given the place of the block and the logs of weight times
        density (K, n), and may be called in another thread.
        """
        law = self._law.stable()
        params = {name: value[None] for name, value in self._scoring_params().items()}
        state = State(np.asarray(self.weights_, dtype=float)[None, None], params)
        e_step = EStep(law, state, rows)

        def of_block(block: Block) -> Result:
            base = law.log_base(block.rows.X, **block.rows.side)
            return function(block.here, e_step.log_joint(block)[0] + base)

        if rows.n_rows <= FEW:  # threads and blocks would cost more than they save
            here = slice(0, rows.n_rows)
            return [of_block(Block(here, rows, law.encode(rows.X, **rows.side)))]
        with single_threaded() as workers:
            blocks = Blocks(law, rows, workers)
            runs = blocks.map(lambda run: [of_block(block) for block in run], e_step.n_laws)
            return [result for results in runs for result in results]

    def _put_weights_where_impossible(self, log_joint: Array) -> None:
        """A row that no component can have made says nothing: the weights remain."""
        impossible = np.isneginf(log_joint).all(axis=0)
        if impossible.any():
            with np.errstate(divide="ignore"):
                log_joint[:, impossible] = np.log(self.weights_)[:, None]

    @staticmethod
    def _as(X: NDArray, result: Array) -> Array:
        """Single precision in, single precision out."""
        return result.astype(X.dtype, copy=False)


def canonical(X: Any) -> Any:
    """The same rows as a sparse array in which no entry is stored twice."""
    X = sparse.csr_array(X)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


def log_sum(log_joint: Array) -> Array:
    """Log density (n,) of rows from joint log densities (K, n); scipy's takes longer."""
    top = log_joint.max(axis=0)
    top[np.isneginf(top)] = 0.0
    with np.errstate(divide="ignore", under="ignore"):
        return top + np.log(np.exp(log_joint - top).sum(axis=0))
