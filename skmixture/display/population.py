"""A mixture over all settings that its rows have: their strata and their exposures.

Rows with side columns do not share one law. What a table of them shows is the
average of their laws, so that is what is drawn over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Population"]

Array = NDArray[np.floating]

# Exposures that stand for all that there are: mid-quantiles of equal shares.
REPRESENTATIVES = 50
# Counts whose probabilities are added up where the law has no distribution function.
MOST_COUNTS = 1_000_000


class Population:
    """Densities and distribution functions of one column, by component.

    Parameters
    ----------
    model : estimator
    rows : ndarray of int of shape (n,)
        The rows of the table that count.
    weight : ndarray of shape (n,)
    exposure : array-like of shape (n_samples,) or float, optional
    strata : array-like of shape (n_samples,), optional
    place : int
        The column.
    """

    def __init__(
        self,
        model: Any,
        rows: NDArray[np.integer],
        weight: Array,
        exposure: ArrayLike | None,
        strata: ArrayLike | None,
        place: int = 0,
    ) -> None:
        self.model = copy(model)
        # the tables that are made here have no names, and need none
        vars(self.model).pop("feature_names_in_", None)
        self.place, self.n_components = place, len(model.weights_)
        self._settings = list(_settings(rows, weight, exposure, strata))

    @property
    def weights(self) -> Array:
        """Mixing weights (K,) over all settings."""
        return sum(share * self._weights(stratum) for share, _, stratum in self._settings)

    def density(self, x: Array) -> Array:
        """Densities (m, K) of the only column, mixing weights multiplied in; 0 off the support."""
        total = np.zeros((len(x), self.n_components))
        on = np.flatnonzero(self.model.family_.support.contains(x))
        points = x[on, None]
        for share, exposure, stratum in self._settings if len(on) else ():
            side = self._side(len(on), exposure, stratum)
            log_density = self.model.score_samples(points, **side)[:, None]
            with np.errstate(invalid="ignore", over="ignore"):
                found = np.exp(log_density + self.model.predict_log_proba(points, **side))
            total[on] += share * np.where(np.isneginf(log_density), 0, found)
        return total

    def below(self, x: Array) -> Array:
        """Distribution functions (m, K) of the column, mixing weights multiplied in."""
        points = np.zeros((len(x), self.model.n_features_in_))
        points[:, self.place] = x
        total = np.zeros((len(x), self.n_components))
        for k in range(self.n_components):
            alone = _alone(self.model, k)
            for share, exposure, stratum in self._settings:
                side = self._side(len(x), exposure, None)
                found = alone.marginal_cdf(points, **side)[:, self.place]
                total[:, k] += share * self._weights(stratum)[k] * found
        return total

    def shares(self, edges: Array) -> Array:
        """Probabilities (m, K) of bins between m + 1 edges, the last one closed on neither side."""
        try:
            return np.diff(self.below(edges), axis=0)
        except NotImplementedError:
            if self.model.n_features_in_ > 1 or edges[-1] - edges[0] > MOST_COUNTS:
                raise
        counts = np.arange(np.ceil(edges[0]), np.floor(edges[-1]) + 1)
        bins = np.searchsorted(edges, counts) - 1
        found = np.zeros((len(edges) - 1, self.n_components))
        np.add.at(found, bins, self.density(counts))
        return found

    def quantiles(self, q: Array) -> Array:
        """Quantiles (K, m) of the column in each component; none where the law has none."""
        exposure = self._settings[0][1]
        side = self._side(len(q), exposure, None)
        try:
            found = [
                _alone(self.model, k).marginal_quantile(q, **side) for k in range(self.n_components)
            ]
        except NotImplementedError:
            return np.empty((self.n_components, 0))
        return np.stack(found)[:, :, self.place]

    def _side(self, n: int, exposure: float | None, stratum: Any) -> dict[str, Any]:
        side: dict[str, Any] = {}
        if exposure is not None:
            side[self.model.family_.side_name if _own_name(self.model) else "exposure"] = np.full(
                n, exposure
            )
        if stratum is not None:
            side["strata"] = np.full(n, stratum)
        return side

    def _weights(self, stratum: Any) -> Array:
        """Mixing weights (K,) of a stratum, or of all rows."""
        table = getattr(self.model, "strata_weights_", None)
        if stratum is None or table is None:
            return self.model.weights_
        found = np.flatnonzero(np.asarray(self.model.strata_) == stratum)
        return table[found[0]] if len(found) else self.model.weights_


def _own_name(model: Any) -> bool:
    """Whether the estimator calls exposures by its family's word, as n_trials."""
    from inspect import signature

    return model.family_.side_name in signature(model.score_samples).parameters


def _alone(model: Any, k: int) -> Any:
    """The mixture with all its weight on one component."""
    alone = copy(model)
    for name in ("strata_", "strata_weights_"):
        vars(alone).pop(name, None)
    alone.weights_ = np.eye(len(model.weights_))[k]
    return alone


def _settings(
    rows: NDArray[np.integer],
    weight: Array,
    exposure: ArrayLike | None,
    strata: ArrayLike | None,
) -> Iterator[tuple[float, float | None, Any]]:
    """Share, exposure and stratum of each group of rows that have one law."""
    total = weight.sum()
    sizes = None
    if exposure is not None:
        sizes = np.asarray(exposure, dtype=float)
        sizes = np.full(len(rows), sizes) if sizes.ndim == 0 else sizes[rows]
    if strata is None:
        groups: list[tuple[Any, Any]] = [(None, slice(None))]
    else:
        of_row = np.asarray(strata)[rows]
        groups = [(stratum, of_row == stratum) for stratum in np.unique(of_row)]
    for stratum, mine in groups:
        if sizes is None:
            yield weight[mine].sum() / total, None, stratum
            continue
        for value, share in _representatives(sizes[mine], weight[mine]):
            yield share / total, value, stratum


def _representatives(values: Array, weight: Array) -> Iterator[tuple[float, float]]:
    """A few values that stand for all, each with the weight of its part."""
    distinct, codes = np.unique(values, return_inverse=True)
    mass = np.bincount(codes.ravel(), weight)
    if len(distinct) <= REPRESENTATIVES:
        yield from zip(distinct, mass, strict=True)
        return
    below = np.cumsum(mass)
    for q in (np.arange(REPRESENTATIVES) + 0.5) / REPRESENTATIVES:
        # one that is there: numbers of trials between two would be none
        yield float(distinct[np.searchsorted(below, q * below[-1])]), below[-1] / REPRESENTATIVES
