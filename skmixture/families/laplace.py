"""Laplace: two exponentials back to back, columns independent."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.estimator.named import NamedMixture
from skmixture.law.constant import told_constant
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Array, Arrays, Family
from skmixture.priors import InverseGamma
from skmixture.table.rows import rows_last
from skmixture.transforms import Transform, positive, real

__all__ = ["Laplace", "LaplaceMixture"]

EPS, TINY = float(np.finfo(float).eps), float(np.finfo(float).tiny)
# A scale is no less than this part of its column's spread, or so many grains of its numbers.
NARROWEST, GRAINS = 1e-6, 16
# A weight that is half of all but for this part is half: the median then is between two rows.
EVEN = 1e-12
LOG_2 = float(np.log(2))


class Laplace(Family):
    """Laplace law, a location m and a scale s for each column.

    ``log f = -|x - m| / s - log(2 s)``, summed over the columns. The M-step is
    exact: a weighted median, and the weighted mean of the distances from it.
    Medians need all rows at once, so tables that are larger than memory, and
    streams, are not for this law.

    Scales stop at 1e-6 of the spread of their column, where a component has
    all its weight in one value.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1995), Continuous Univariate Distributions 2, ch.
    24.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Laplace
    >>> X = [[-3.0], [-2.0], [-2.5], [40.0], [41.0], [43.0], [60.0], [39.0]]
    >>> model = Mixture(Laplace(), 2, order_by="locations", random_state=0).fit(X)
    >>> model.locations_.ravel()
    array([-2.5, 41. ])
    """

    additive = False
    factorises = True
    takes_priors: ClassVar = {"scales": InverseGamma}
    min_rows = 2
    flat_rows = 1
    collapse = (
        "in some column all their weight is in one value, and scales_ has stopped at its bound. "
        "Use fewer components, other starts, or tied=('scales',)."
    )
    # set by `localise`, each (d,); powers of two, so that units round nothing
    _unit: Array | float = 1.0
    _least: Array | float = TINY  # scale, in units
    _is_constant: NDArray[np.bool_] = np.zeros(0, dtype=bool)

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"locations": real, "scales": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"locations": (n_features,), "scales": (n_features,)}

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        X = X.reshape(-1, X.shape[-1]).astype(float, copy=False)
        local, distance = copy.copy(self), np.abs(X - np.median(X, axis=0))
        spread = np.median(distance, axis=0)
        spread = np.where(spread > 0, spread, distance.mean(axis=0))
        grain = np.maximum(GRAINS * EPS * np.abs(X).max(axis=0), TINY)
        local._is_constant = spread == 0
        local._unit = 2.0 ** np.round(np.log2(np.where(spread > 0, spread, grain)))
        local._least = np.maximum(NARROWEST * spread, grain) / local._unit
        return local

    def to_local(self, params: Arrays) -> dict[str, Array]:
        return {name: value / self._unit for name, value in params.items()}

    def to_user(self, params: Arrays) -> dict[str, Array]:
        return {name: value * self._unit for name, value in params.items()}

    def unit_of(self, name: str) -> Array | float:
        return self._unit

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        at_bound: NDArray[np.bool_] = params["scales"] <= 1.001 * np.asarray(self._least)
        if self._is_constant.size:
            at_bound = at_bound & ~self._is_constant
        return np.asarray(at_bound.any(axis=-1))

    def on_constants(self, columns: Sequence[Any]) -> list[str]:
        return told_constant(self._is_constant, "scale", columns)

    # -- the two steps -----------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        x = rows_last(X) / np.broadcast_to(self._unit, X.shape[-1])[:, None]
        return {"x": x, "upward": np.argsort(x, axis=-1, kind="stable")}

    def log_base(self, X: NDArray, **side: Array) -> Array:
        log_units = np.log(np.broadcast_to(self._unit, X.shape[-1]))
        return np.array([-log_units.sum()])  # the same for every row

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        scales = prepared["scales"]
        log_prob = -_by_column(rows["x"], prepared["locations"], 1 / scales)
        log_prob -= (np.log(scales) + LOG_2).sum(axis=-1)[..., None]
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        """The rows themselves: medians have no sums."""
        return {"n": resp.sum(axis=-1), "resp": resp, **rows}

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        """Locations, then scales about them, pooled and held as they may be.

        A shared location weighs components by the inverse of their scales
        before the step; with the scales next this is a conditional
        maximisation, and the likelihood never falls.
        """
        resp, x = stats["resp"], stats["x"]
        upward: NDArray[Any] = stats["upward"]
        scales = None if params is None else params["scales"]
        locations, distances = [], []
        for j in range(x.shape[-2]):
            weight = resp
            if "locations" in constraints.tied and scales is not None:
                weight = resp / scales[..., j, None]
            weight = constraints.pool("locations", weight)
            locations.append(_medians(x[..., j, :], upward[..., j, :], weight))
        held = constraints.hold("locations", np.stack(locations, axis=-1))
        for j in range(x.shape[-2]):
            distance = np.abs(x[..., None, j, :] - held[..., j, None])
            distances.append(np.einsum("bkn,bkn->bk", resp, distance))
        seen, n_seen = self.pseudo("scales")  # by the prior
        total = constraints.pool("scales", np.stack(distances, axis=-1) + seen)
        n = constraints.pool("scales", stats["n"][..., None] + n_seen)
        scales = np.maximum(total / np.maximum(n, TINY), self._least)
        return {"locations": held, "scales": constraints.hold("scales", scales)}

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {**params, "scales": np.maximum(params["scales"], self._least)}

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return rng.laplace(params["locations"][labels], params["scales"][labels])

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        standard = (X - params["locations"][:, None]) / params["scales"][:, None]
        tail = 0.5 * np.exp(-np.abs(standard))
        return np.where(standard < 0, tail, 1 - tail)

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        with np.errstate(divide="ignore"):
            standard = np.where(q < 0.5, np.log(2 * q), -np.log(2 * (1 - q)))[:, None]
        quantile = params["locations"][:, None] + standard * params["scales"][:, None]
        return quantile, quantile

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        locations, scales = params["locations"], params["scales"]
        if len(locations) == 1:
            locations, scales = locations[0], scales[0]
        return stats.laplace(locations, scales)


def _by_column(x: Array, locations: Array, rates: Array) -> Array:
    """Distances (B, K, n) of rows (..., d, n) from locations, times rates, over the columns."""
    total = np.zeros((*locations.shape[:2], x.shape[-1]))
    for j in range(x.shape[-2]):  # a column at a time: (B, K, n) is the largest array
        total += np.abs(x[..., None, j, :] - locations[..., j, None]) * rates[..., j, None]
    return total


def _medians(x: Array, upward: NDArray[np.integer], weight: Array) -> Array:
    """Weighted medians (B, K) of one column (..., n) by weights (B, K, n).

    Where a row has just half of the weight below it and half with those
    above, every point down to the next row below is one: the middle is taken.
    """
    weight = np.take_along_axis(weight, np.atleast_2d(upward)[:, None], axis=-1)
    ordered = np.broadcast_to(np.take_along_axis(x, upward, axis=-1), weight[:, 0].shape)
    below = np.cumsum(weight, axis=-1)
    half = 0.5 * below[..., -1:]
    low = np.count_nonzero(below < (1 - EVEN) * half, axis=-1)
    high = np.count_nonzero(below <= (1 + EVEN) * half, axis=-1)
    high = np.minimum(high, x.shape[-1] - 1)
    low, high = (np.take_along_axis(ordered, place, axis=-1) for place in (low, high))
    return np.where(low == high, low, 0.5 * low + 0.5 * high)


class LaplaceMixture(NamedMixture, family=Laplace):
    """Mixture of Laplace laws, columns independent within a component.

    For sharp peaks with long tails. Locations are medians, which far rows do
    not pull.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    locations_init, scales_init : array-like of shape (n_components, n_features), optional
        Locations and scales at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "scales"
        (InverseGamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, handle_unknown
        As in :class:`skmixture.Mixture`. The likelihood has kinks, so that
        "lbfgs" stands for "anderson" here.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    locations_ : ndarray of shape (n_components, n_features)
        Medians of the columns, by component.
    scales_ : ndarray of shape (n_components, n_features)
        Mean distances from the locations; the variance is ``2 scales_**2``.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Laplace : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import LaplaceMixture
    >>> rng = np.random.RandomState(0)
    >>> X = np.r_[rng.laplace(0, 1, 300), rng.laplace(20, 3, 700)][:, None]
    >>> model = LaplaceMixture(2, order_by="locations", random_state=0).fit(X)
    >>> model.scales_.ravel().round()
    array([1., 3.])
    """
