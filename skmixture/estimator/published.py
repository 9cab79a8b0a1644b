"""What a fit leaves behind: the fitted attributes, and the same from known parameters."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skmixture.engine.outcome import Outcome
from skmixture.estimator.scoring import FittedMixture
from skmixture.fit.problem import Problem
from skmixture.given.numbering import OrderBy, component_order, reordered
from skmixture.given.strata import Strata
from skmixture.given.validation import check_constraints, check_params, check_weights
from skmixture.law.family import Family

__all__ = ["Published"]

Array = NDArray[np.floating]


class Published(FittedMixture):
    """Fitted attributes, set from the outcome of a fit and read back."""

    n_components: int
    fixed: Mapping[str, ArrayLike] | None
    tied: Iterable[str]
    order_by: OrderBy

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "weights_")

    @abstractmethod
    def _make_family(self) -> Family:
        """The family with the estimator's own settings."""

    @property
    def _held(self) -> Mapping[str, ArrayLike] | None:
        """Values of parameters that the user holds."""
        return self.fixed

    def _publish(
        self, problem: Problem, outcome: Outcome, family: Family
    ) -> NDArray[np.integer] | None:
        """Set the fitted attributes; returns how components are numbered anew, None if not."""
        law = problem.em.family
        params = {k: v[0] for k, v in law.to_user(outcome.state.params).items()}
        by_stratum = outcome.state.weights[0]  # (G, K)
        # 1 but for scikit-learn's starts from single rows, at max_iter=0
        total = by_stratum.sum(axis=1, keepdims=True)
        by_stratum = np.where(np.abs(total - 1) > 1e-9, by_stratum / total, by_stratum)
        weights = by_stratum[0] if len(by_stratum) == 1 else problem.shares @ by_stratum
        order = component_order(self.order_by, weights, law.publish(params), law)
        if order is not None:
            weights, by_stratum = weights[order], by_stratum[:, order]
            outcome.collapsed = outcome.collapsed[order]
            params = reordered(law, params, order)
        constraints = problem.em.constraints
        self.family_ = family
        n_free = family.n_free(self.n_components, problem.X.shape[1], constraints)
        n_free += len(by_stratum) * constraints.n_free_weights(self.n_components)
        self.n_parameters_: float = n_free if family.numeric else np.nan
        self.converged_ = outcome.converged
        self.n_iter_ = outcome.n_iter
        self.lower_bound_ = outcome.lower_bound
        self.lower_bounds_ = outcome.lower_bounds
        self.dropped_starts_ = outcome.dropped
        penalty = problem.whole.penalty
        self.log_prior_ = 0.0 if penalty is None else float(penalty.log_density(outcome.state)[0])
        self._set_params_attributes(weights, params, problem.X.dtype)
        self._set_strata(problem.strata, by_stratum.astype(problem.X.dtype, copy=False))
        return order

    def _set_strata(self, strata: NDArray | None, weights: Array) -> None:
        """The strata of a fit and their mixing weights (G, K); no such attributes without."""
        for name in ("strata_", "strata_weights_"):
            self.__dict__.pop(name, None)
        if strata is not None:
            self.strata_, self.strata_weights_ = strata, np.ascontiguousarray(weights)

    def _set_params_attributes(
        self, weights: Array, params: Mapping[str, Array], dtype: np.dtype
    ) -> None:
        law = self.family_
        self.weights_ = weights.astype(dtype, copy=False)
        for name, value in law.publish(params).items():
            kind = value.dtype if value.dtype == object else dtype
            setattr(self, name + "_", np.ascontiguousarray(value.astype(kind, copy=False)))
        for name, value in law.derived(self._params()).items():
            setattr(self, name + "_", value)

    @classmethod
    def from_params(cls, *, weights: ArrayLike, **values: Any) -> Self:
        """A fitted estimator from known parameters: it scores and samples.

        Parameters
        ----------
        weights : array-like of shape (n_components,) or (n_strata, n_components)
            Those of strata where their labels are given as ``strata=...``;
            `weights_` then is their plain average.
        **values
            Each parameter by its name (``means=...``), and options of the
            constructor. ``feature_names_in=...`` names the columns of X; where
            the family asks for columns by name they are in its order without.

        Returns
        -------
        estimator

        Raises
        ------
        ValueError
            Where a parameter is missing, unknown or no parameter of a law.
        """
        names = inspect.signature(cls).parameters
        options = {name: values.pop(name) for name in names if name in values}
        by_stratum, strata = _weights_by_stratum(weights, values.pop("strata", None))
        K, feature_names = by_stratum.shape[1], values.pop("feature_names_in", None)
        if "n_components" in names:
            options["n_components"] = K
        model: Any = cls(**options)
        family = clone(model._make_family())
        family.check_settings()
        family.check_n_components(K)
        asked = family.asked_columns() if feature_names is None else feature_names
        if asked is not None:
            model.feature_names_in_ = np.asarray(asked, dtype=object)
            family = family.for_columns(model.feature_names_in_)
        missing = set(family.parameters) - set(values)
        if missing:
            raise ValueError(f"from_params needs {sorted(missing)} as well")
        d = family.n_features_of(values)
        family = family.for_width(d)
        params = check_params(family, values, K, d)
        model.family_ = family
        model.n_features_in_ = d
        constraints = check_constraints(family, model._held, model.tied, K, d)
        model.n_parameters_ = family.n_free(K, d, constraints)
        model.n_parameters_ += len(by_stratum) * constraints.n_free_weights(K)
        model.converged_, model.n_iter_, model.lower_bounds_ = True, 0, np.empty(0)
        model.lower_bound_, model.log_prior_, model.dropped_starts_ = -np.inf, 0.0, []
        model.exposed_, model.weighted_, model.n_samples_seen_ = False, False, 0.0
        model.warnings_, model.at_edges_ = [], {}
        average = by_stratum[0] if len(by_stratum) == 1 else by_stratum.mean(axis=0)
        model._set_params_attributes(average, params, np.dtype(float))
        model._set_strata(strata, by_stratum)
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

    def _n_free(self) -> float:
        if not self._law.numeric:
            raise ValueError(
                f"the parameters of {type(self._law).__name__} cannot be counted, so there is no "
                "criterion that weighs them; compare models by score on rows that were held out"
            )
        if hasattr(self, "n_parameters_"):
            return self.n_parameters_
        # fitted attributes that were set by hand
        K, law = len(self.weights_), self._law
        d = self._params_n_features()
        return law.n_free(K, d) + K - 1


def _weights_by_stratum(
    weights: ArrayLike, strata: ArrayLike | None
) -> tuple[Array, NDArray | None]:
    """Mixing weights (G, K), and the labels of the strata where there are any."""
    given = np.asarray(weights, dtype=float)
    if strata is None:
        return check_weights(given, len(np.atleast_1d(given)))[None], None
    if given.ndim != 2:
        raise ValueError(
            "weights must have a row for each of the strata, shape (n_strata, n_components), "
            f"got shape {given.shape}"
        )
    values, codes = Strata.of(strata, len(given))
    if len(values) < len(given):
        raise ValueError(f"strata must be different labels, got {strata!r}")
    rows = np.stack([check_weights(row, given.shape[1]) for row in given])
    return rows[np.argsort(codes)], values
