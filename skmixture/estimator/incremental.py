"""`partial_fit`: a fit that goes on as more rows come."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metaestimators import available_if

from skmixture.chunked import is_dask
from skmixture.engine.outcome import Outcome
from skmixture.engine.stepwise import Forgetting
from skmixture.estimator.published import Published
from skmixture.estimator.standing import Standing
from skmixture.fit.joining import Joining
from skmixture.fit.options import check_options
from skmixture.given.batch import Batch, Given
from skmixture.given.numbering import check_order_by, reordered
from skmixture.given.validation import check_constraints, check_params, check_sample_weight
from skmixture.law.family import Family
from skmixture.law.mixed import naming_columns
from skmixture.table.streamed import Streamed
from skmixture.tools.threads import single_threaded

__all__ = ["Incremental", "goes_on", "restored_on_error"]

Array = NDArray[np.floating]


@contextmanager
def restored_on_error(estimator: Any) -> Iterator[None]:
    """Leave an estimator as it was where a fit fails or is interrupted."""
    before = dict(estimator.__dict__)
    try:
        yield
    except BaseException:
        estimator.__dict__.clear()
        estimator.__dict__.update(before)
        raise


def goes_on(estimator: Incremental) -> bool:
    """Whether the family has what `partial_fit` needs; an error says what to do where not."""
    try:
        family = estimator._make_family()
    except ValueError:  # which the call itself will report
        return True
    if family.goes_on:
        return True
    raise AttributeError(
        f"{type(family).__name__} cannot go on from its parameters alone: they do not say what its "
        "M-step needs of the rows before. Use fit on all rows at once; counts can be accumulated "
        "as distinct rows, with their numbers as sample_weight."
    )


class Incremental(Published):
    """Fits that go on from their parameters and the number of rows that these stand for."""

    forgetting: float = 0.7
    half_life: float | None = None
    prior: Mapping[str, Any] | None = None

    @abstractmethod
    def _fit(self, X: ArrayLike, given: Given) -> None:
        """An ordinary fit."""

    @available_if(goes_on)
    def partial_fit(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
    ) -> Self:
        """Go on with more rows, which need not be kept: one step of stepwise EM.

        The first call is a fit of its rows, unless there is a fit to go on
        from. Each later one makes an E-step on its rows, moves the average
        statistics towards theirs as `forgetting` and `half_life` say, and
        makes an M-step. `lower_bound_` then is the mean log-likelihood of the
        rows before they were learnt from, `n_iter_` and `lower_bounds_` count
        the call as an iteration, and `converged_` is False: a stream has no
        end to reach. Parameters are in double precision, whatever the rows.

        Where the step would lead to no law, the rows are passed over with a
        `ConvergenceWarning`. `at_edges_` and `warnings_` are those of the
        parameters as they are, as after a fit; the call warns of what was not
        so before it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            In the first call at least as many rows as components, and better
            enough of them to tell the components apart.
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional
            How many rows each row stands for.
        exposure : array-like of shape (n_samples,), optional
            Size factors, for laws of counts.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Where the rows or an option are unfit, or the model has a prior or strata.

        Examples
        --------
        >>> import numpy as np
        >>> from skmixture import PoissonMixture
        >>> rng = np.random.RandomState(0)
        >>> model = PoissonMixture(2, order_by="rates", random_state=0)
        >>> for call in range(20):
        ...     counts = rng.poisson(np.repeat([2.0, 15.0], 250))[:, None]
        ...     model = model.partial_fit(counts)
        >>> model.rates_.ravel().round()
        array([ 2., 15.])
        """
        if self.prior:
            raise ValueError(
                "partial_fit takes no prior: what is known beforehand counts as rows seen, with "
                "from_params and n_samples_seen_; set prior=None"
            )
        if self._has_strata:
            raise ValueError(
                "partial_fit does not go on from a fit with strata; use fit, or a clone without"
            )
        if hasattr(self, "weights_"):
            with restored_on_error(self):
                self._go_on(X, sample_weight, exposure)
        else:
            self._fit(X, Given(sample_weight, exposure=exposure, y=y))
            self._take_double()
        return self

    def _checked_family(self) -> Family:
        """The family, once all options are found fit."""
        check_options(self)
        family = clone(self._make_family())
        family.check_settings()
        family.check_n_components(self.n_components)
        own = [name for name in family.parameters if not family.shared(name)]
        check_order_by(self.order_by, ["weights", *own])
        return family

    def _begin_count(self, counted: float, averages: Mapping[str, float]) -> None:
        """Count the rows of an ordinary fit, and note the averages of their side columns."""
        self.n_samples_seen_ = self.n_samples_start_ = counted
        self.__dict__.pop("mean_exposure_", None)
        if "exposure" in averages:
            self.mean_exposure_ = averages["exposure"]

    def _take_double(self) -> None:
        """Small steps would be lost on parameters in single precision."""
        if self.weights_.dtype == np.float32:
            weights = self.weights_.astype(float)
            params = {name: value.astype(float) for name, value in self._params().items()}
            self._set_params_attributes(weights / weights.sum(), params, np.dtype(float))

    def _go_on(
        self, X: ArrayLike, sample_weight: ArrayLike | None, exposure: ArrayLike | None
    ) -> None:
        family = self._checked_family().for_columns(getattr(self, "feature_names_in_", None))
        if family.reads_labels:  # categories are those of the first rows
            family = self._law
        batch = self._batch(family, X, sample_weight, exposure)
        seen = float(getattr(self, "n_samples_seen_", 0.0))
        first = float(getattr(self, "n_samples_start_", 0.0)) or seen or batch.counted
        if seen < 0 or not np.isfinite(seen + batch.counted):
            raise ValueError(f"{seen} rows seen and {batch.counted} more: scale sample_weight")
        fading = Forgetting(self.forgetting, self.half_life)
        joining = self._joining(family, batch, fading.past(seen, first, batch.counted))
        if joining.trouble:
            warnings.warn(
                f"partial_fit passed over these rows ({joining.trouble}); the parameters are those "
                "before them. Try more rows at once, fewer components, or regularisation.",
                ConvergenceWarning,
                stacklevel=3,
            )
            return
        self._publish_step(family, joining, seen or batch.counted, seen + batch.counted)
        step = fading.step_size(seen, first, batch.counted)
        for exposed in batch.averages.values():
            before = getattr(self, "mean_exposure_", 1.0)
            self.mean_exposure_ = before + step * (exposed - before)
            self.exposed_ = True
        self.n_samples_seen_, self.n_samples_start_ = seen + batch.counted, first
        self.weighted_ = getattr(self, "weighted_", False) or sample_weight is not None

    def _batch(
        self,
        family: Family,
        X: ArrayLike,
        sample_weight: ArrayLike | None,
        exposure: ArrayLike | None,
    ) -> Batch:
        table: Any = None if is_dask(X) else self._validated(X, reset=False)
        if table is None or isinstance(table, Streamed):
            raise ValueError("partial_fit takes rows in memory: pass X a stretch at a time")
        table = table.astype(float, copy=False)
        n = table.shape[0]
        weight, side = check_sample_weight(sample_weight, n), self._side(exposure, n)
        with naming_columns(getattr(self, "feature_names_in_", None)):
            family.check_rows(table, side)
        return Batch.of(table, weight, side)

    def _joining(self, family: Family, batch: Batch, past: float) -> Joining:
        K, d = self.n_components, batch.X.shape[1]
        if len(self.weights_) != K:
            raise ValueError(
                f"partial_fit goes on from a fit with n_components={len(self.weights_)}, but "
                f"n_components is now {K}; use fit, or a clone, to begin afresh"
            )
        try:
            published = {name: getattr(self, name + "_") for name in family.parameters}
            params = check_params(family, published, K, d)
        except (AttributeError, ValueError) as error:
            raise ValueError(
                f"partial_fit cannot go on from the fitted parameters: {error}"
            ) from error
        weights = np.asarray(self.weights_, dtype=float)
        constraints = check_constraints(family, self._held, self.tied, K, d)
        averages = {"exposure": getattr(self, "mean_exposure_", 1.0)} if batch.side else {}
        with single_threaded() as workers, np.errstate(all="ignore"):
            return Joining.of(family, batch, weights, params, past, averages, constraints, workers)

    def _publish_step(self, family: Family, joining: Joining, seen: float, now: float) -> None:
        """Set the fitted attributes, and warn of what is new after `now` rows, not `seen`."""
        law, constraints = joining.problem.em.family, joining.problem.em.constraints
        value, collapsed = joining.mean_log_likelihood, joining.collapsed(joining.state)
        history = np.append(getattr(self, "lower_bounds_", np.empty(0)), value)
        dropped = getattr(self, "dropped_starts_", [])
        outcome = Outcome(
            joining.state, value, history, len(history), False, "", collapsed, dropped
        )
        order = self._publish(joining.problem, outcome, family)
        before = {name: param[0] for name, param in joining.before.params.items()}
        had = joining.collapsed(joining.before)
        if order is not None:
            before, had = reordered(law, before, order), had[order]
        standing = Standing.of(law, law.to_local(self._params()), constraints, now)
        new = standing.beyond(Standing.of(law, before, constraints, seen))
        self.at_edges_ = standing.places
        columns = getattr(self, "feature_names_in_", range(joining.problem.X.shape[1]))
        self.warnings_ = [*standing.told(self), *outcome.told_collapse(law, columns)]
        newly = replace(outcome, collapsed=outcome.collapsed & ~had)
        for sentence in new.told(self):
            warnings.warn(sentence, UserWarning, stacklevel=4)
        for sentence in newly.told_collapse(law, columns):
            warnings.warn(sentence, ConvergenceWarning, stacklevel=4)
