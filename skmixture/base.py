"""The scikit-learn face: options checked, a fit run, its result published."""

from __future__ import annotations

import inspect
import warnings
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skmixture.batch import Batch
from skmixture.chunked import Chunked, ChunkedRows, is_dask
from skmixture.family import Family
from skmixture.fitting import Problem
from skmixture.incremental import Incremental, restored_on_error
from skmixture.iteration import Stopping
from skmixture.numbering import component_order, reordered
from skmixture.penalty import check_prior
from skmixture.progress import Printer
from skmixture.restarts import Outcome, best_of
from skmixture.state import State
from skmixture.streamed import Streamed
from skmixture.threads import Workers, single_threaded
from skmixture.validation import (
    check_constraints,
    check_params,
    check_responsibilities,
    check_sample_weight,
    check_side,
    check_weights,
)

__all__ = ["BaseMixture"]

Array = NDArray[np.floating]
# Data of fewer numbers than this are not worth several threads, in k-means either.
SMALL = 50_000


class BaseMixture(Incremental, DensityMixin, BaseEstimator):
    """What all mixture estimators share.

    A named estimator states its constructor, `_make_family` and
    `_params_init`; everything else is here.
    """

    _compare = True  # many starts on a sample of the rows before the best run on all

    # -- what a named estimator says ----------------------------------------

    @abstractmethod
    def _make_family(self) -> Family:
        """The family with the estimator's own settings."""

    @abstractmethod
    def _params_init(self) -> dict[str, ArrayLike | None]:
        """Starting values by parameter name, None where there are none."""

    # -- fitting -------------------------------------------------------------

    def fit(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        sample_weight: ArrayLike | None = None,
        start: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
    ) -> Self:
        """Fit the mixture by expectation-maximisation.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            How many rows each row stands for: 2 is a row twice, 0 none. With
            a Dask array this may be another, as may `exposure`.
        start : array-like of shape (n_samples,) or (n_samples, n_components), optional
            Labels or responsibilities of the first M-step, in place of
            `init_params`. Labels may be any values and are numbered in
            sorted order. Not with a Dask array.
        exposure : array-like of shape (n_samples,), optional
            Size factors, for laws of counts: the mean of row i is
            ``exposure[i]`` times the component's.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Where an option or the data are unfit, or every start fails; the
            message names the parameter.
        """
        self._fit(X, sample_weight, start, exposure)
        return self

    def fit_predict(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        sample_weight: ArrayLike | None = None,
        start: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
    ) -> NDArray[np.integer]:
        """Fit, then the component of each row; the same as ``fit(X).predict(X)``.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
        start : array-like of shape (n_samples,) or (n_samples, n_components), optional
        exposure : array-like of shape (n_samples,), optional

        Returns
        -------
        ndarray of int of shape (n_samples,), or dask array
        """
        self._fit(X, sample_weight, start, exposure)
        return self.predict(X, exposure=exposure)

    def _fit(
        self,
        X: ArrayLike,
        sample_weight: ArrayLike | None,
        start: ArrayLike | None,
        exposure: ArrayLike | None,
    ) -> None:
        with restored_on_error(self):
            self._fit_checked(X, sample_weight, start, exposure)

    def _fit_checked(
        self,
        X: Any,
        sample_weight: ArrayLike | None,
        start: ArrayLike | None,
        exposure: ArrayLike | None,
    ) -> None:
        self.family_ = self._checked_family()
        if is_dask(X):
            table: Any = self._chunked(X, reset=True)
        else:
            table = self._validated(X, reset=True, holes=True)
        family = self.family_.for_columns(getattr(self, "feature_names_in_", None))
        rows = self._rows_to_fit(table, family, sample_weight, start, exposure)
        n, d = rows.shape
        if n < self.n_components:
            raise ValueError(
                "Expected n_samples >= n_components but got "
                f"n_components = {self.n_components}, n_samples = {n}"
            )
        with single_threaded(openmp=n * d <= SMALL) as workers:
            problem = self._problem(family, rows, workers)
            doubts = [*problem.em.family.doubts(), *problem.doubts()]
            for sentence in doubts:
                warnings.warn(sentence, UserWarning, stacklevel=4)
            # a start may run into the edge of what numbers hold; what is not finite is dropped
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                outcome = self._best(problem, rows.resp)
        self._publish(problem, outcome, family)
        self.exposed_ = exposure is not None
        self._begin_count(rows.counted, rows.averages)
        if doubts:  # they have said why components collapse
            outcome.collapsed[:] = False
        law = problem.em.family
        for sentence in law.remarks(law.to_local(self._params()), problem.em.constraints):
            warnings.warn(sentence, UserWarning, stacklevel=4)
        for sentence in outcome.sentences(self.n_init, family, every_drop=not self._compare):
            warnings.warn(sentence, ConvergenceWarning, stacklevel=4)

    def _rows_to_fit(
        self,
        X: Any,
        family: Family,
        sample_weight: ArrayLike | None,
        start: ArrayLike | None,
        exposure: ArrayLike | None,
    ) -> Batch | ChunkedRows:
        """The rows of a checked table that count, with what belongs to each."""
        if isinstance(X, Chunked):
            if start is not None:
                raise ValueError(
                    "start cannot be given with a Dask array; give the first parameters instead, "
                    "by weights_init and its like, or take the default starts"
                )
            return ChunkedRows(X, family, sample_weight, exposure, type(self).__name__)
        n = X.shape[0]
        weight, side = check_sample_weight(sample_weight, n), check_side(family, exposure, n)
        resp = None
        if start is not None:
            resp = check_responsibilities(start, n, self.n_components, "start")
        rows = Batch.of(X, weight, side, resp)
        if not isinstance(X, Streamed):  # which checks what it reads
            family.check_rows(rows.X, rows.side)
        return rows

    def _problem(
        self,
        family: Family,
        rows: Batch | ChunkedRows,
        workers: Workers,
    ) -> Problem:
        K, d = self.n_components, rows.shape[1]
        given = {k: v for k, v in self._params_init().items() if v is not None}
        return Problem.build(
            family,
            rows,
            K,
            self.n_init,
            check_constraints(family, self.fixed, self.tied, K, d),
            None if self.weights_init is None else check_weights(self.weights_init, K),
            self._check_inits(family, given, K, d),
            workers,
            check_prior(family, self.prior, K),
        )

    def _check_inits(
        self, family: Family, given: Mapping[str, ArrayLike], K: int, d: int
    ) -> dict[str, Array]:
        return check_params(family, given, K, d)

    def _best(self, problem: Problem, resp: Array | None) -> Outcome:
        """Run from where the user says, or from starts that are drawn."""
        stopping = Stopping(self.max_iter, self.tol, self.tol_type)
        printer = Printer(self.verbose, self.verbose_interval) if self.verbose else None
        previous, sample = None, None
        whole = problem.start_from_inits()
        if resp is not None:
            states = problem.start(resp)
        elif self.warm_start and hasattr(self, "weights_"):
            states = self._warm_state(problem)
            previous = np.array([getattr(self, "lower_bound_", -np.inf)])
        elif whole is not None:
            states = whole
        else:
            rng = check_random_state(self.random_state)
            states = self._draw(problem, rng)
            sample = problem.sample(rng) if self._compare else None
        return best_of(
            problem.whole,
            states,
            stopping,
            sample=sample,
            previous=previous,
            printer=printer,
            acceleration=self.acceleration,
        )

    def _draw(self, problem: Problem, rng: RandomState) -> State:
        return problem.draw(self.init_params, rng)

    def _warm_state(self, problem: Problem) -> State:
        K, d = self.n_components, problem.X.shape[1]
        if len(self.weights_) != K:
            raise ValueError(
                f"warm_start=True goes on from a fit with n_components={len(self.weights_)}, "
                f"but n_components is now {K}; set warm_start=False to fit afresh"
            )
        family = problem.em.family
        published = {name: getattr(self, name + "_") for name in family.parameters}
        try:
            params = family.to_local(check_params(family, published, K, d))
        except ValueError as error:
            raise ValueError(
                f"warm_start=True cannot go on from the fitted parameters: {error}"
            ) from error
        weights = np.asarray(self.weights_, dtype=float)[None, None]
        return problem.held(State(weights, {name: value[None] for name, value in params.items()}))

    # -- publishing ----------------------------------------------------------

    def _publish(self, problem: Problem, outcome: Outcome, family: Family) -> None:
        law = problem.em.family
        params = {k: v[0] for k, v in law.to_user(outcome.state.params).items()}
        weights = outcome.state.weights[0, 0]
        if abs(weights.sum() - 1) > 1e-9:  # scikit-learn's starts from single rows, at max_iter=0
            weights = weights / weights.sum()
        order = component_order(self.order_by, weights, law.publish(params), law)
        if order is not None:
            weights, outcome.collapsed = weights[order], outcome.collapsed[order]
            params = reordered(law, params, order)
        constraints = problem.em.constraints
        self.family_ = family
        self.n_parameters_ = family.n_free(
            self.n_components, problem.X.shape[1], constraints
        ) + constraints.n_free_weights(self.n_components)
        self.converged_ = outcome.converged
        self.n_iter_ = outcome.n_iter
        self.lower_bound_ = outcome.lower_bound
        self.lower_bounds_ = outcome.lower_bounds
        self.dropped_starts_ = outcome.dropped
        penalty = problem.whole.penalty
        self.log_prior_ = 0.0 if penalty is None else float(penalty.log_density(outcome.state)[0])
        self._set_params_attributes(weights, params, problem.X.dtype)

    def _set_params_attributes(
        self, weights: Array, params: Mapping[str, Array], dtype: np.dtype
    ) -> None:
        law = self.family_
        self.weights_ = weights.astype(dtype, copy=False)
        for name, value in law.publish(params).items():
            setattr(self, name + "_", np.ascontiguousarray(value.astype(dtype, copy=False)))
        for name, value in law.derived(self._params()).items():
            setattr(self, name + "_", value)

    # -- fitted state --------------------------------------------------------

    @classmethod
    def from_params(
        cls, *, weights: ArrayLike, feature_names_in: ArrayLike | None = None, **values: Any
    ) -> Self:
        """A fitted estimator from known parameters: it scores and samples.

        Parameters
        ----------
        weights : array-like of shape (n_components,)
        feature_names_in : array-like of str of shape (n_features,), optional
            Names of the columns of X, in their order. Where the family asks for
            columns by name it is the order in which it does.
        **values
            Each parameter by its name (``means=...``), and options of the
            constructor.

        Returns
        -------
        estimator
        """
        names = inspect.signature(cls).parameters
        options = {name: values.pop(name) for name in names if name in values}
        weights = np.asarray(weights, dtype=float)
        model = cls(**{**options, "n_components": len(weights)})
        family = clone(model._make_family())
        family.check_settings()
        family.check_n_components(len(weights))
        asked = family.asked_columns() if feature_names_in is None else feature_names_in
        if asked is not None:
            model.feature_names_in_ = np.asarray(asked, dtype=object)
            family = family.for_columns(model.feature_names_in_)
        missing = set(family.parameters) - set(values)
        if missing:
            raise ValueError(f"from_params needs {sorted(missing)} as well")
        d = family.n_features_of(values)
        params = check_params(family, values, len(weights), d)
        model.family_ = family
        model.n_features_in_ = d
        constraints = check_constraints(family, model.fixed, model.tied, len(weights), d)
        model.n_parameters_ = family.n_free(len(weights), d, constraints)
        model.n_parameters_ += constraints.n_free_weights(len(weights))
        model.converged_, model.n_iter_, model.lower_bounds_ = True, 0, np.empty(0)
        model.lower_bound_, model.log_prior_, model.dropped_starts_ = -np.inf, 0.0, []
        model.exposed_, model.n_samples_seen_ = False, 0.0
        model._set_params_attributes(check_weights(weights, len(weights)), params, np.dtype(float))
        return model

    @property
    def params_(self) -> dict[str, Array]:
        """Fitted parameters by name, in their published shapes."""
        check_is_fitted(self)
        return self._law.publish(self._params())

    @property
    def _law(self) -> Family:
        return self.family_ if hasattr(self, "family_") else self._make_family()

    def _params(self) -> dict[str, Array]:
        law = self._law
        return law.read({name: np.asarray(getattr(self, name + "_")) for name in law.parameters})

    def _n_free(self) -> int:
        if hasattr(self, "n_parameters_"):
            return self.n_parameters_
        # fitted attributes that were set by hand
        K, law = len(self.weights_), self._law
        d = self._params_n_features()
        return law.n_free(K, d) + K - 1

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        family = self._make_family()
        tags.input_tags.positive_only = family.support.positive_only
        tags.input_tags.sparse = family.takes_sparse
        tags.input_tags.allow_nan = family.takes_holes
        if family.reads_labels:
            tags.input_tags.categorical = tags.input_tags.string = True
            tags.input_tags.positive_only = False
        return tags
