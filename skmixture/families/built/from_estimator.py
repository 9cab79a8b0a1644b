"""FromEstimator: components that are fitted estimators of densities."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import has_fit_parameter

from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Array, Arrays, Family
from skmixture.table.rows import rows_last
from skmixture.transforms import Transform

__all__ = ["FromEstimator"]


class Fitted(Transform):
    """Fitted estimators, None where a fit failed. They have no coordinates."""

    description = "fitted estimators"

    def unconstrain(self, value: ArrayLike) -> Array:
        return np.zeros((*np.shape(value), 0))

    def constrain(self, z: ArrayLike) -> Array:
        raise NotImplementedError("no coordinates make an estimator")

    def log_jacobian(self, z: ArrayLike) -> Array:
        return np.zeros(np.shape(z)[:-1])

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value)
        scores = [hasattr(estimator, "score_samples") for estimator in value.flat]
        return np.array(scores, dtype=bool).reshape(value.shape)


class FromEstimator(Family):
    """Components that are estimators of densities, as `sklearn.neighbors.KernelDensity` is one.

    The M-step fits a copy of the estimator for each component, to the rows
    with their responsibilities as `sample_weight`. Fitted copies are what the
    law has for parameters: ``model.estimators_``.

    Parameters
    ----------
    estimator : estimator
        With `score_samples`, and `sample_weight` in `fit`: a kernel density, a
        mixture of this package. With ``warm_start=True`` its fits go on from
        those before. One that draws random numbers needs a `random_state`
        for fits to be repeatable.
    n_jobs : int, default=None
        Threads that share the fits, through joblib.

    Notes
    -----
    The likelihood climbs only where the estimator maximises it; a kernel
    density does not, and EM then ends where it moves no more, which need not
    be a maximum. Parameters are not numbers: no acceleration, nothing fixed or
    tied, no count of parameters and so no BIC. All rows are needed at once,
    and an iteration fits and scores one estimator for each component and start:
    take few starts.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KernelDensity
    >>> from skmixture import Mixture
    >>> from skmixture.families import FromEstimator
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.uniform(0, 2, 100), rng.gamma(9, 1, 150)][:, None]
    >>> law = FromEstimator(KernelDensity(bandwidth=0.8))
    >>> model = Mixture(law, 2, order_by="weights", n_init=1, random_state=0).fit(x)
    >>> model.weights_.round(1)
    array([0.4, 0.6])
    >>> model.estimators_[0].bandwidth
    0.8
    """

    additive = False
    numeric = False
    _trouble: str = ""  # of the last fit that failed

    def __init__(self, estimator: Any, *, n_jobs: int | None = None) -> None:
        self.estimator = estimator
        self.n_jobs = n_jobs

    @property
    def monotone(self) -> bool:
        return False

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"estimators": Fitted()}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"estimators": ()}

    def n_features_of(self, published: Mapping[str, Any]) -> int:
        return int(published["estimators"][0].n_features_in_)

    def check_settings(self) -> None:
        name = type(self.estimator).__name__
        if not hasattr(self.estimator, "get_params") or not hasattr(self.estimator, "fit"):
            raise ValueError(
                "estimator of FromEstimator must be an estimator, such as KernelDensity(), got "
                f"{self.estimator!r}"
            )
        if not hasattr(self.estimator, "score_samples"):
            raise ValueError(f"{name} is no estimator of a density: it has no score_samples")
        if not has_fit_parameter(self.estimator, "sample_weight"):
            raise ValueError(
                f"{name} takes no sample_weight in fit, so it cannot be fitted to rows that belong "
                "to a component in part"
            )

    @property
    def failure(self) -> str:  # type: ignore[override]
        return f"{Family.failure} The estimator's last fit failed: {self._trouble}"

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        return copy.copy(self)  # which remembers its own trouble

    # -- the two steps -------------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return {"x": rows_last(X)}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        fitted: Any = prepared["estimators"]
        x = np.swapaxes(rows["x"], -1, -2)
        x = x if x.ndim == 3 else x[None]
        scores = self._of_each(lambda b, k: fitted[b, k].score_samples(x[b % len(x)]), fitted.shape)
        return np.array(scores, dtype=float).reshape(*fitted.shape, -1)

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        x = np.swapaxes(rows["x"], -1, -2)
        return {"n": resp.sum(axis=-1), "resp": resp, "x": x if x.ndim == 3 else x[None]}

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        if constraints.touches("estimators"):
            raise ValueError("estimators of FromEstimator can be neither fixed nor tied")
        resp, x = stats["resp"], stats["x"]
        goes_on = params is not None and getattr(self.estimator, "warm_start", False)
        before = params["estimators"] if params is not None and goes_on else None

        def fit(b: int, k: int) -> Any:
            estimator = clone(self.estimator) if before is None else copy.deepcopy(before[b, k])
            return _fitted(estimator, x[b % len(x)], resp[b, k])

        fitted = np.empty(resp.shape[:2], dtype=object)
        found = self._of_each(fit, fitted.shape)
        for place, (estimator, trouble) in zip(np.ndindex(fitted.shape), found, strict=True):
            fitted[place], self._trouble = estimator, trouble or self._trouble
        return {"estimators": fitted}

    def _of_each(self, function: Any, shape: tuple[int, ...]) -> list[Any]:
        """What a function makes of each member and component, in order."""
        places = np.ndindex(shape)
        if self.n_jobs is None:
            return [function(*place) for place in places]
        return Parallel(self.n_jobs, prefer="threads")(delayed(function)(*p) for p in places)

    # -- beyond fitting --------------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        fitted = params["estimators"]
        rows = np.empty((len(labels), fitted[0].n_features_in_))
        for k in np.unique(labels):
            here = labels == k
            rows[here] = _drawn(fitted[k], int(here.sum()), rng)
        return rows


def _fitted(estimator: Any, X: NDArray, weight: Array) -> tuple[Any, str]:
    """The estimator after a fit, or None and why there is none."""
    present = weight > 0  # some estimators refuse weights of 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # M-steps need not be complete
            return estimator.fit(X[present], sample_weight=weight[present]), ""
    except (ValueError, np.linalg.LinAlgError) as error:
        return None, f"{type(error).__name__}: {error}"


def _drawn(estimator: Any, number: int, rng: RandomState) -> NDArray:
    if not hasattr(estimator, "sample"):
        raise NotImplementedError(f"{type(estimator).__name__} has no sample method to draw rows")
    seeded = "random_state" in inspect.signature(estimator.sample).parameters
    drawn = estimator.sample(number, **({"random_state": rng} if seeded else {}))
    return np.asarray(drawn[0] if isinstance(drawn, tuple) else drawn)
