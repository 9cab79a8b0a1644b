"""The scikit-learn face: options checked, a fit run, its result published."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skmixture.callbacks import Callback, Watch, watch_of, watcher_of
from skmixture.chunked import Chunked, ChunkedRows, is_dask
from skmixture.engine.iteration import Stopping
from skmixture.engine.outcome import Outcome
from skmixture.engine.state import State
from skmixture.estimator.incremental import Incremental, restored_on_error
from skmixture.estimator.standing import Standing
from skmixture.fit.hooks import CallbackSupport, tasks_of, unhooked, with_callbacks
from skmixture.fit.penalty import check_prior
from skmixture.fit.problem import Problem
from skmixture.fit.progress import Printer
from skmixture.fit.restarts import best_of
from skmixture.given.batch import Batch, Given
from skmixture.given.known import check_labels, told_of_labels
from skmixture.given.strata import Strata
from skmixture.given.validation import (
    check_constraints,
    check_params,
    check_responsibilities,
    check_sample_weight,
    check_side,
    check_weights,
)
from skmixture.law.family import Family
from skmixture.law.mixed import naming_columns
from skmixture.plain import Plain
from skmixture.table.streamed import Streamed
from skmixture.tools.documented import Documented
from skmixture.tools.threads import Workers, single_threaded

__all__ = ["BaseMixture"]

Array = NDArray[np.floating]
# Data of fewer numbers than this are not worth several threads, in k-means either.
SMALL = 50_000


class BaseMixture(Plain, CallbackSupport, Incremental, Documented, DensityMixin, BaseEstimator):
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
        strata: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        callback: Callback | None = None,
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
        strata : array-like of shape (n_samples,), optional
            The stratum of each row, by a label of any kind that has a hash.
            Components are shared by all strata, and each has mixing weights of
            its own. Not with a Dask array.
        labels : array-like of shape (n_samples,) or (n_samples, n_components), optional
            Components of rows that are known, 0 to ``n_components - 1``, and
            -1 where they are not; or responsibilities, NaN for a row of which
            nothing is known. They are held through the fit, and the
            log-likelihood is that of rows and known labels together (of known
            responsibilities, its lower bound at these). Not with a Dask array.
        callback : callable, optional
            Called with a :class:`~skmixture.callbacks.Iteration` after every
            iteration. If it returns True, the fit ends there with the best
            that there is, and without a warning.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Where an option or the data are unfit, or every start fails; the
            message names the parameter.
        """
        self._fit(X, Given(sample_weight, start, exposure, strata, labels, callback, y))
        return self

    def fit_predict(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        sample_weight: ArrayLike | None = None,
        start: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        callback: Callback | None = None,
    ) -> NDArray[np.integer]:
        """Fit, then the component of each row; the same as ``fit(X).predict(X)``.

        Parameters
        ----------
        X : array-like or dask array of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
        start : array-like of shape (n_samples,) or (n_samples, n_components), optional
        exposure : array-like of shape (n_samples,), optional
        strata : array-like of shape (n_samples,), optional
        labels : array-like of shape (n_samples,) or (n_samples, n_components), optional
        callback : callable, optional

        Returns
        -------
        ndarray of int of shape (n_samples,), or dask array

        Raises
        ------
        ValueError
            As by `fit`.
        """
        self._fit(X, Given(sample_weight, start, exposure, strata, labels, callback, y))
        return self.predict(X, exposure=exposure, strata=strata)

    def _fit(self, X: ArrayLike, given: Given) -> None:
        with restored_on_error(self):
            self._fit_checked(X, given)

    @with_callbacks
    def _fit_checked(self, X: Any, given: Given) -> None:
        family, calling = self._checked_family(), watcher_of(given.callback)
        self.family_ = family
        tasks = tasks_of(self, X, given, family)
        if is_dask(X):
            table: Any = self._chunked(X, reset=True)
        else:
            table = self._validated(X, reset=True, holes=True)
        family = self.family_.for_columns(getattr(self, "feature_names_in_", None))
        rows = self._rows_to_fit(table, family, given)
        n, d = rows.shape
        if n < self.n_components:
            raise ValueError(
                "Expected n_samples >= n_components but got "
                f"n_components = {self.n_components}, n_samples = {n}"
            )
        family = family.for_width(d)
        self.exposed_ = given.exposure is not None
        self._begin_count(rows.counted, rows.averages)
        with single_threaded(openmp=n * d <= SMALL) as workers:
            problem = self._problem(family, rows, workers)
            doubts = [*problem.em.family.doubts(), *problem.doubts()]
            columns = getattr(self, "feature_names_in_", range(d))
            early = [*problem.em.family.on_constants(columns), *doubts]
            for sentence in early:
                warnings.warn(sentence, UserWarning, stacklevel=5)
            watch = watch_of([*calling, *tasks], unhooked(self), problem, family)
            # a start may run into the edge of what numbers hold; what is not finite is dropped
            numbers = np.errstate(divide="ignore", over="ignore", invalid="ignore")
            with numbers, told_of_labels(problem.em, self.n_components):
                outcome = self._best(problem, rows.resp, watch)
        self._publish(problem, outcome, family)
        for task in tasks:
            task.close()
        if doubts:  # they have said why components collapse
            outcome.collapsed[:] = False
        remarks = self._remarks(problem, max(rows.counted, n))
        law = problem.em.family
        late = outcome.sentences(self.n_init, law, columns, every_drop=not self._compare)
        self.weighted_ = given.sample_weight is not None
        self.warnings_ = [*early, *remarks, *late]
        for sentence in remarks:
            warnings.warn(sentence, UserWarning, stacklevel=5)
        for sentence in late:
            warnings.warn(sentence, ConvergenceWarning, stacklevel=5)

    def _remarks(self, problem: Problem, n_rows: float) -> list[str]:
        """Sentences of warning on the fitted parameters, after a note of those at an edge."""
        law = problem.em.family
        params = law.to_local(self._params())
        standing = Standing.of(law, params, problem.em.constraints, n_rows)
        self.at_edges_ = standing.places
        return standing.told(self)

    def _rows_to_fit(self, X: Any, family: Family, given: Given) -> Batch | ChunkedRows:
        """The rows of a checked table that count, with what belongs to each."""
        if isinstance(X, Chunked):
            _check_for_chunks(given)
            owner = type(self).__name__
            weight, prior = given.sample_weight, bool(self.prior)
            return ChunkedRows(X, family, weight, given.exposure, owner, absolute=prior)
        n, K = X.shape[0], self.n_components
        weight = check_sample_weight(given.sample_weight, n)
        columns: dict[str, NDArray] = dict(check_side(family, given.exposure, n))
        resp, strata = None, None
        if given.start is not None:
            resp = check_responsibilities(given.start, n, K, "start")
        if given.strata is not None:
            strata, columns["strata"] = Strata.of(
                given.strata, n, None if weight is None else weight > 0
            )
        if given.labels is not None:
            columns["known"] = self._known(given.labels, n)
        rows = Batch.of(X, weight, columns, resp, strata, absolute=bool(self.prior))
        if not isinstance(X, Streamed):  # which checks what it reads
            with naming_columns(getattr(self, "feature_names_in_", None)):
                family.check_rows(rows.X, rows.side)
        return rows

    def _known(self, labels: ArrayLike, n_rows: int) -> Array:
        if self.order_by is not None:
            raise ValueError(
                "order_by would renumber the components that labels refer to; set it to None"
            )
        return check_labels(labels, n_rows, self.n_components)

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
            check_constraints(family, self._held, self.tied, K, d),
            None if self.weights_init is None else check_weights(self.weights_init, K),
            self._check_inits(family, given, K, d),
            workers,
            check_prior(family, self.prior, K, d),
        )

    def _check_inits(
        self, family: Family, given: Mapping[str, ArrayLike], K: int, d: int
    ) -> dict[str, Array]:
        return check_params(family, given, K, d)

    def _best(self, problem: Problem, resp: Array | None, watch: Watch | None) -> Outcome:
        """Run from where the user says, or from starts that are drawn."""
        stopping = Stopping(self.max_iter, self.tol, self.tol_type)
        printer = Printer(self.verbose, self.verbose_interval) if self.verbose else None
        previous, sample, rearrange = None, None, None
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
            if self._compare:
                sample = problem.sample(rng)
                rearrange = partial(problem.rearranged, rng=rng)
        return best_of(
            problem.whole,
            states,
            stopping,
            sample=sample,
            rearrange=rearrange,
            previous=previous,
            printer=printer,
            acceleration=self.acceleration,
            watch=watch,
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
        # checked by the law in the user's units
        family = self.family_.for_columns(getattr(self, "feature_names_in_", None))
        published = {name: getattr(self, name + "_") for name in family.parameters}
        try:
            params = problem.em.family.to_local(check_params(family, published, K, d))
        except ValueError as error:
            raise ValueError(
                f"warm_start=True cannot go on from the fitted parameters: {error}"
            ) from error
        weights = self._weights_of_strata(problem.strata)[None]
        return problem.held(State(weights, {name: value[None] for name, value in params.items()}))

    def _weights_of_strata(self, strata: NDArray | None) -> Array:
        """Mixing weights (G, K) to go on from: a stratum that is new begins with the average."""
        table = self._weights_table()
        if strata is None or not self._has_strata:
            return np.tile(table[-1], (1 if strata is None else len(strata), 1))
        return table[Strata.among(strata, len(strata), self.strata_).codes]

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


def _check_for_chunks(given: Given) -> None:
    """Raise a ValueError where something is given that cannot be with a Dask array."""
    if given.start is not None:
        raise ValueError(
            "start cannot be given with a Dask array; give the first parameters instead, "
            "by weights_init and its like, or take the default starts"
        )
    for name in ("strata", "labels"):
        if getattr(given, name) is not None:
            raise ValueError(
                f"{name} cannot be given with a Dask array: pass X.compute(), or a numpy.memmap"
            )
