"""GaussianMixture: scikit-learn's estimator, to the letter where it is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skmixture.engine.state import State
from skmixture.estimator.base import BaseMixture
from skmixture.families.gaussian.family import Gaussian
from skmixture.families.gaussian.precisions import (
    check_factors,
    check_precisions,
    covariances_from_precisions,
)
from skmixture.families.gaussian.single_rows import as_scikit_learn_starts
from skmixture.fit.problem import Problem
from skmixture.given.numbering import OrderBy
from skmixture.starts.by_name import SINGLE_ROWS

__all__ = ["GaussianMixture"]

Array = NDArray[np.floating]


class GaussianMixture(BaseMixture):
    """Gaussian mixture that replaces scikit-learn's without a change to the code.

    With the options that scikit-learn has, and unit weights, it starts,
    iterates and stops as scikit-learn's does, and much faster; defaults and
    attributes are the same. Keyword-only options after `verbose_interval`,
    and the arguments `sample_weight`, `start` and `callback` of `fit`, are this
    package's.

    Parameters
    ----------
    n_components : int, default=1
        Number of components.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        Each component its own matrix; one matrix for all; a variance for
        each column; one variance for all columns.
    tol : float, default=1e-3
        Threshold of the stop, on the change of the mean log-likelihood.
    reg_covar : float or "auto", default=1e-6
        Added to the diagonal of the covariances, in squared units of X. A
        warning says where it is not small against the data's own variance;
        "auto" is 1e-12 of that.
    max_iter : int, default=100
        0 stops at the start.
    n_init : int, default=1
        Number of starts, drawn in sequence from one generator.
    init_params : {"kmeans", "k-means++", "random", "random_from_data", "auto"} or callable, \
default="kmeans"
        "auto" takes starts of several kinds, in coordinates that units do not
        decide. A callable ``(X, n_components, random_state)`` returns
        responsibilities or labels.
    weights_init : array-like of shape (n_components,), optional
    means_init : array-like of shape (n_components, n_features), optional
    precisions_init : array-like, optional
        Inverse covariances at the start; the shape is that of `precisions_`.
    random_state : int, RandomState instance or None, default=None
        Of the starts, and of `sample`.
    warm_start : bool, default=False
        Go on from the last fit.
    verbose : int, default=0
        1 prints starts and iterations, 2 also times and changes.
    verbose_interval : int, default=10
        Iterations between two lines.
    tol_type : {"absolute", "relative", "remaining"}, default="absolute"
        What must fall below `tol`: see :class:`skmixture.Mixture`.
    fixed : mapping of str to array-like, optional
        Values of "weights", "means" and "covariances" that are held, NaN
        where free.
    tied : tuple of str, default=()
        Parameters that all components share.
    prior : mapping of str to prior, optional
        Priors on parameters, from :mod:`skmixture.priors`; the fit then
        maximises the posterior density. "weights" takes a number too, the
        concentration of a Dirichlet prior.
    order_by : str or callable, optional
        How components are numbered after the fit.
    acceleration : {None, "lbfgs", "squarem", "anderson"}, default=None
        None is EM itself; for the others see :class:`skmixture.Mixture`.
    forgetting : float, default=0.7
    half_life : float, optional
        How `partial_fit` remembers: see :class:`skmixture.Mixture`.
    handle_unknown : {"error", "average"}, default="error"
        What a row gets whose stratum was not in the fit: an error, or the
        average mixing weights.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
    covariances_ : ndarray
        (n_components, n_features, n_features) if "full", (n_features,
        n_features) if "tied", (n_components, n_features) if "diag",
        (n_components,) if "spherical".
    precisions_ : ndarray
        Their inverses, in the same shape.
    precisions_cholesky_ : ndarray
        Upper triangular U with ``precision = U U'``, or square roots.
    converged_ : bool
    n_iter_ : int
    lower_bound_ : float
        Mean log-likelihood entering the last iteration.
    log_prior_ : float
        Log density of the priors at the fitted parameters. `lower_bound_` and
        `lower_bounds_` hold it beside the log-likelihood, divided by the
        weight of all rows.
    lower_bounds_ : ndarray of shape (n_iter_,)
    n_parameters_ : int
    dropped_starts_ : list of str
        Why starts came to nothing, one entry each.
    warnings_ : list of str
        What the fit warned of, a sentence each.
    at_edges_, weighted_
        As in :class:`skmixture.Mixture`.
    n_samples_seen_, n_samples_start_ : float
        Weight of all rows that the parameters stand for, and of those that
        the fit began with.
    strata_ : ndarray of shape (n_strata,)
        Labels of the strata, where the fit had any.
    strata_weights_ : ndarray of shape (n_strata, n_components)
        Their mixing weights; `weights_` is the average over the rows.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X has column names.

    See Also
    --------
    skmixture.families.Gaussian : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import GaussianMixture
    >>> X = np.array([[1, 2], [2, 4], [0, 1], [10, 2], [12, 4], [11, 0]])
    >>> model = GaussianMixture(2, order_by="means", random_state=0).fit(X)
    >>> model.means_.round(2)
    array([[ 1.  ,  2.33],
           [11.  ,  2.  ]])
    >>> model.predict([[0, 0], [12, 3]])
    array([0, 1])
    """

    _compare = False
    _own_fitted = ("precisions_", "precisions_cholesky_")

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float | str = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str | Callable[..., Any] = "kmeans",
        weights_init: ArrayLike | None = None,
        means_init: ArrayLike | None = None,
        precisions_init: ArrayLike | None = None,
        random_state: int | RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        tol_type: str = "absolute",
        fixed: Mapping[str, ArrayLike] | None = None,
        tied: Iterable[str] = (),
        prior: Mapping[str, Any] | None = None,
        order_by: OrderBy = None,
        acceleration: str | None = None,
        forgetting: float = 0.7,
        half_life: float | None = None,
        handle_unknown: str = "error",
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.tol_type = tol_type
        self.fixed = fixed
        self.tied = tied
        self.prior = prior
        self.order_by = order_by
        self.acceleration = acceleration
        self.forgetting = forgetting
        self.half_life = half_life
        self.handle_unknown = handle_unknown

    def _make_family(self) -> Gaussian:
        return Gaussian(self.covariance_type, self.reg_covar)

    def _params_init(self) -> dict[str, ArrayLike | None]:
        return {"means": self.means_init, "precisions": self.precisions_init}

    def _check_inits(
        self, family: Any, given: Mapping[str, ArrayLike], K: int, d: int
    ) -> dict[str, Array]:
        given = dict(given)
        precisions = given.pop("precisions", None)
        params = super()._check_inits(family, given, K, d)
        if precisions is not None:
            checked = check_precisions(family, precisions, K, d)
            params["covariances"] = covariances_from_precisions(family.structure, checked)
        return params

    def _draw(self, problem: Problem, rng: RandomState) -> State:
        if self.init_params not in SINGLE_ROWS:
            return super()._draw(problem, rng)
        starts = [
            as_scikit_learn_starts(problem.m_step(resp), problem)
            for resp in problem.responsibilities(self.init_params, rng)
        ]
        return problem.with_inits(State.stack(starts))

    def _set_params_attributes(
        self, weights: Array, params: Mapping[str, Array], dtype: np.dtype
    ) -> None:
        super()._set_params_attributes(weights, params, dtype)
        structure = self.family_.structure
        factor = structure.factor(params["covariances"][None], np.zeros(self.means_.shape[1]))
        published = self.family_.publish(
            {"means": params["means"], "covariances": factor.matrix[0]}
        )
        self.precisions_cholesky_ = published["covariances"].astype(dtype, copy=False)
        published = self.family_.publish(
            {"means": params["means"], "covariances": factor.precision[0]}
        )
        self.precisions_ = published["covariances"].astype(dtype, copy=False)

    def _check_own_fitted(self) -> None:
        for name in self._own_fitted:
            value, like = getattr(self, name), self.covariances_
            proper = isinstance(value, np.ndarray) and value.dtype == like.dtype
            if not proper or value.shape != like.shape or np.isnan(value).any():
                raise ValueError(f"{name} must be numbers in the shape of covariances_")
        check_factors(self.family_.structure, self.precisions_cholesky_)

    def _scoring_params(self) -> dict[str, Array]:
        """Means and the factors of the precisions, which scikit-learn scores with too."""
        factors = {"means": self.means_, "covariances": self.precisions_cholesky_}
        read = self._law.read({name: np.asarray(v, float) for name, v in factors.items()})
        return {"means": read["means"], "precisions_cholesky": read["covariances"]}

    # Not public in scikit-learn either, but called by much code:

    def _n_parameters(self) -> int:
        return int(self._n_free())

    def _estimate_weighted_log_prob(self, X: ArrayLike) -> Array:
        blocks = self._by_block(self._rows(X), lambda _, log_joint: log_joint)
        return np.concatenate(blocks, axis=1).T

    def _estimate_log_prob(self, X: ArrayLike) -> Array:
        return self._estimate_weighted_log_prob(X) - np.log(self.weights_)

    def _estimate_log_prob_resp(self, X: ArrayLike) -> tuple[Array, Array]:
        return self.score_samples(X), self.predict_log_proba(X)
