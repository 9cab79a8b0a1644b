"""Densities and responsibilities of rows under a fitted mixture."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.utils.validation import check_is_fitted, validate_data

from skmixture.chunked import is_dask
from skmixture.engine.blocks import Block, Blocks
from skmixture.engine.e_step import EStep
from skmixture.engine.state import State
from skmixture.estimator.scoring.elsewhere import Elsewhere
from skmixture.estimator.scoring.frames import refuse_dates
from skmixture.estimator.scoring.logs import log_sum, subtract_log_sum
from skmixture.given.validation import check_sample_weight
from skmixture.law.columns import scoring_law
from skmixture.law.family import Family
from skmixture.law.mixed import naming_columns, orders_of
from skmixture.table.holes import unmasked
from skmixture.table.rows import Rows
from skmixture.table.streamed import Streamed, mapped
from skmixture.tools.threads import single_threaded

__all__ = ["Densities"]

Array = NDArray[np.floating]
Result = TypeVar("Result")
# Rows that are scored at once.
FEW = 100


class Densities(Elsewhere):
    """What each row says of the components, and they of it.

    Everything is read from fitted attributes, afresh each time. Densities
    come from the family's stable formulas, so a row far from everything is
    scored as well as any other.
    """

    lower_bounds_: Array
    random_state: Any
    family_: Family

    # -- supplied by the estimator ------------------------------------------

    @abstractmethod
    def _params(self) -> dict[str, Array]:
        """Parameters (K, ...) from fitted attributes."""

    @abstractmethod
    def _n_free(self) -> float:
        """Number of free parameters."""

    def _scoring_params(self) -> dict[str, Array]:
        """The parameters that densities are computed from."""
        return self._params()

    # -- for every row --------------------------------------------------------

    def score_samples(
        self, X: ArrayLike, *, exposure: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> Array:
        """Log density of each row under the mixture.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        exposure : array-like of shape (n_samples,), optional
            Size factors; needed where the model was fitted with them.
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        ndarray of shape (n_samples,), or dask array

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        if is_dask(X):
            return self._lazily("score_samples", X, exposure, strata)
        rows = self._rows(X, exposure, strata)
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
        strata: ArrayLike | None = None,
    ) -> float:
        """Mean log density of the rows, the log-likelihood per row.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            How many rows each row stands for.
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
        return log_likelihood / n

    def predict_log_proba(
        self, X: ArrayLike, *, exposure: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> Array:
        """Log responsibilities, right also where the probabilities underflow.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        ndarray of shape (n_samples, n_components), or dask array

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        if is_dask(X):
            return self._lazily("predict_log_proba", X, exposure, strata, per="component")
        rows = self._rows(X, exposure, strata)
        log_resp = np.empty((rows.n_rows, len(self.weights_)))

        def fill(here: slice, log_joint: Array) -> None:
            self._put_weights_where_impossible(log_joint, rows, here)
            subtract_log_sum(log_joint)
            log_resp[here] = log_joint.T

        self._by_block(rows, fill)
        return self._as(rows.X, log_resp)

    def predict_proba(
        self, X: ArrayLike, *, exposure: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> Array:
        """Responsibilities: the probability of each component given the row.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        ndarray of shape (n_samples, n_components), or dask array
            Rows sum to 1.

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        if is_dask(X):
            return self._lazily("predict_proba", X, exposure, strata, per="component")
        return np.exp(self.predict_log_proba(X, exposure=exposure, strata=strata))

    def predict(
        self, X: ArrayLike, *, exposure: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> NDArray[np.integer]:
        """The component with the largest responsibility for each row.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        ndarray of int of shape (n_samples,), or dask array

        Raises
        ------
        NotFittedError
            Where the model is not fitted.
        ValueError
            Where the rows, or what comes with them, do not suit the model.
        """
        if is_dask(X):
            return self._lazily("predict", X, exposure, strata, dtype=np.intp)
        rows = self._rows(X, exposure, strata)
        labels = np.empty(rows.n_rows, dtype=np.intp)

        def fill(here: slice, log_joint: Array) -> None:
            self._put_weights_where_impossible(log_joint, rows, here)
            log_joint.argmax(axis=0, out=labels[here])

        self._by_block(rows, fill)
        return labels

    # -- within ---------------------------------------------------------------

    def _n_and_log_likelihood(
        self,
        X: ArrayLike,
        sample_weight: ArrayLike | None,
        exposure: ArrayLike | None,
        strata: ArrayLike | None,
    ) -> tuple[float, float]:
        """Sums over the rows of their weights, and of weight times log density."""
        if is_dask(X):
            total = self._total("_n_and_log_likelihood", X, sample_weight, exposure, strata)
            return float(total[0]), float(total[1])
        rows = self._rows(X, exposure, strata, sample_weight)
        weight = check_sample_weight(sample_weight, rows.n_rows)

        def summed(here: slice, log_joint: Array) -> float:
            log_density = log_sum(log_joint)
            if weight is None:
                return float(log_density.sum())
            counts = weight[here] > 0  # a row that does not may be an impossible one
            return float(weight[here][counts] @ log_density[counts])

        log_likelihood = float(sum(self._by_block(rows, summed)))
        return float(rows.n_rows if weight is None else weight.sum()), log_likelihood

    def _validated(self, X: ArrayLike, *, reset: bool, holes: bool = False) -> Any:
        """A finite table of numbers with the right columns; `reset` where it sets them.

        With `holes`, values may be missing where the law knows what to do.
        """
        law = self._law
        holes = holes and law.takes_some_holes and not sparse.issparse(X)
        if is_dask(X):
            raise ValueError(
                "a Dask array is taken by fit, fit_predict and the methods that score or describe "
                "rows; elsewhere pass X.compute()"
            )
        X = unmasked(X)
        if law.reads_labels:
            return self._coded(X, reset, holes)
        on_file = mapped(X)
        if on_file is not None:
            return self._streamed(on_file, reset)
        refuse_dates(X)
        options: dict[str, Any] = {
            "reset": reset,
            # counts are exact in double precision only
            "dtype": [np.float64] if law.support.needs_double else [np.float64, np.float32],
            "accept_sparse": "csr" if law.takes_sparse else False,
            "ensure_all_finite": "allow-nan" if holes else True,
            "ensure_min_samples": law.min_rows if reset else 1,
        }
        try:
            table: Any = validate_data(self, X, **options)
        except ValueError as error:
            if str(error).startswith("could not convert string"):
                self._name_word(X, reset)
            if not str(error).startswith("Input X contains NaN"):
                raise
            table = None
        if table is None:
            self._refuse_holes(
                validate_data(self, X, **{**options, "ensure_all_finite": "allow-nan"})
            )
        return canonical(table) if sparse.issparse(table) else table

    def _coded(self, X: Any, reset: bool, holes: bool) -> Array:
        """Numbers in the place of values of any kind; `reset` where categories are learnt."""
        law, table = self._law, self._table(X, reset)
        names = getattr(self, "feature_names_in_", None)
        if reset:
            law = self.family_ = law.for_columns(names).learnt(table, names, orders_of(X))
        codes = law.coded(table, names)
        if np.isnan(codes).any() and not (holes and law.takes_some_holes):
            self._refuse_holes(codes)
        return codes

    def _table(self, X: Any, reset: bool) -> NDArray:
        """Rows of values of any kind; None and NaN are those that are missing."""
        if isinstance(X, list | tuple):  # of which numpy would make strings where one is
            X = np.array(X, dtype=object)
        least = self._law.min_rows if reset else 1
        options = {"dtype": None, "ensure_all_finite": "allow-nan", "ensure_min_samples": least}
        return np.asarray(validate_data(self, X, reset=reset, **options))

    def _name_word(self, X: Any, reset: bool) -> None:
        """Raise a ValueError that names a value of a table which is no number."""
        table = self._table(X, reset)
        names = getattr(self, "feature_names_in_", None)
        self._law.for_columns(names).coded(table, names)

    def _refuse_holes(self, table: Any) -> NoReturn:
        """Raise a ValueError that names a value which is missing, or the way to do without."""
        law = self._law.for_columns(getattr(self, "feature_names_in_", None))
        law.check_holes(table)
        raise ValueError(
            f"Input X contains NaN: {type(law).__name__} may miss values in fit and in scores, "
            "where rows are dense, but not here"
        )

    def _rows(
        self,
        X: ArrayLike,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Rows:
        """Rows of the support, with their exposures and strata where there are any.

        Those of weight 0 may be of a stratum that was not in the fit.
        """
        check_is_fitted(self)
        table = self._validated(X, reset=False, holes=True)
        side = self._side(exposure, table.shape[0])
        if not isinstance(table, Streamed):  # which checks what it reads
            with naming_columns(getattr(self, "feature_names_in_", None)):
                self._law.check_rows(table, side)
        weight = check_sample_weight(sample_weight, table.shape[0])
        codes = self._codes(strata, table.shape[0], None if weight is None else weight > 0)
        return Rows(table, strata=codes, n_strata=len(self._weights_table()), side=side)

    def _by_block(self, rows: Rows, function: Callable[[slice, Array], Result]) -> list[Result]:
        """What a function makes of each block, in the order of the rows.

        It is given the place of the block and the logs of weight times
        density (K, n), and may be called in another thread.
        """
        law = scoring_law(self._law, rows.X).stable()
        params = {name: value[None] for name, value in self._scoring_params().items()}
        state = State(self._weights_table()[None], params)
        e_step = EStep(law, state, rows)

        def of_block(block: Block) -> Result:
            base = law.log_base(block.rows.X, **block.rows.side)
            with np.errstate(over="ignore"):  # far from a narrow component the density is 0
                log_joint = e_step.log_joint(block)[0]
            return function(block.here, log_joint + base)

        if rows.n_rows <= FEW:  # threads and blocks would cost more than they save
            here = slice(0, rows.n_rows)
            return [of_block(Block(here, rows, law.encode(rows.X, **rows.side)))]
        with single_threaded() as workers:
            blocks = Blocks(law, rows, workers)
            runs = blocks.map(lambda run: [of_block(block) for block in run], e_step.n_laws)
            return [result for results in runs for result in results]

    def _put_weights_where_impossible(self, log_joint: Array, rows: Rows, here: slice) -> None:
        """A row that no component can have made says nothing: the weights remain."""
        if np.minimum.reduce(log_joint, axis=None) > -np.inf:  # all could have made all
            return
        impossible = np.maximum.reduce(log_joint, axis=0) == -np.inf
        if np.count_nonzero(impossible):
            table = self._weights_table()
            weights = table[0] if rows.strata is None else table[rows.strata[here][impossible]]
            with np.errstate(divide="ignore"):
                log_joint[:, impossible] = np.log(np.atleast_2d(weights)).T

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
