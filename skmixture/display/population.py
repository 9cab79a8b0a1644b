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

from skmixture.display.parts_of import part_with
from skmixture.display.tables import Column
from skmixture.families import Categorical

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
    data : Column
    exposure : array-like of shape (n_samples,) or float, optional
    strata : array-like of shape (n_samples,), optional
        Without them a model that has strata is taken with its average weights.
    """

    def __init__(
        self,
        model: Any,
        data: Column,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> None:
        self.model = copy(model) if strata is not None else _averaged(model)
        # the tables that are made here have no names, and need none
        vars(self.model).pop("feature_names_in_", None)
        # of a product the part alone: others may have no distribution functions
        self.model, self._place = part_with(self.model, data.place)
        law = self.model.family_
        if isinstance(law, Categorical) and (law.reads_labels or self.model.n_features_in_ > 1):
            raise NotImplementedError(
                f"column {data.label!r} has categories, and no density or distribution function "
                "to be drawn; ProfileDisplay shows their probabilities"
            )
        self.n_components, self._data = len(model.weights_), data
        if not law.takes_exposure:
            exposure = None
        self._settings = list(_settings(data, exposure, strata))

    @property
    def weights(self) -> Array:
        """Mixing weights (K,) over all settings."""
        parts = [share * self._weights(stratum) for share, _, stratum in self._settings]
        return np.sum(parts, axis=0)

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
        if self._data.like is not None and self.model.family_.reads_labels:
            points = np.repeat(self._data.like, len(x), axis=0)
        points[:, self._place] = x
        total = np.zeros((len(x), self.n_components))
        for k in range(self.n_components):
            alone = _alone(self.model, k)
            for share, exposure, stratum in self._settings:
                side = self._side(len(x), exposure, None)
                found = alone.marginal_cdf(points, **side)[:, self._place]
                total[:, k] += share * self._weights(stratum)[k] * found
        return total

    def shares(self, edges: Array) -> Array:
        """Probabilities (m, K) of bins between m + 1 edges; of the ends the last bin has both."""
        # a point with a probability of its own may be an edge, and begins a bin there
        ends = np.append(np.nextafter(edges[:-1], -np.inf), edges[-1])
        try:
            return np.diff(self.below(ends), axis=0)
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
        return np.stack(found)[:, :, self._place]

    def _side(self, n: int, exposure: float | None, stratum: Any) -> dict[str, Any]:
        side: dict[str, Any] = {}
        if exposure is not None:
            side["exposure"] = np.full(n, exposure)
        if stratum is not None:
            side["strata"] = np.full(n, stratum)
        return side

    def _weights(self, stratum: Any) -> Array:
        """Mixing weights (K,) of a stratum, or of all rows."""
        table = getattr(self.model, "strata_weights_", None)
        if stratum is None or table is None:
            return self.model.weights_
        found = np.flatnonzero(np.asarray(self.model.strata_) == stratum)
        if not len(found) and self.model.handle_unknown == "error":
            raise ValueError(f"stratum {stratum!r} was not in the fit: {list(self.model.strata_)}")
        return table[found[0]] if len(found) else self.model.weights_


def _averaged(model: Any) -> Any:
    """The same mixture without strata, its weights the average over them."""
    averaged = copy(model)
    for name in ("strata_", "strata_weights_"):
        vars(averaged).pop(name, None)
    return averaged


def _alone(model: Any, k: int) -> Any:
    """The mixture with all its weight on one component."""
    alone = _averaged(model)
    alone.weights_ = np.eye(len(model.weights_))[k]
    return alone


def _settings(
    data: Column, exposure: ArrayLike | None, strata: ArrayLike | None
) -> Iterator[tuple[float, float | None, Any]]:
    """Share, exposure and stratum of each group of rows that have one law."""
    weight, total = data.weight, data.weight.sum()
    sizes = None if exposure is None else _of_rows(exposure, data, "exposure").astype(float)
    groups: list[tuple[Any, Any]] = [(None, slice(None))]
    if strata is not None:
        of_row = _of_rows(strata, data, "strata")
        groups = [(stratum, of_row == stratum) for stratum in dict.fromkeys(of_row.tolist())]
    for stratum, mine in groups:
        if sizes is None:
            yield weight[mine].sum() / total, None, stratum
            continue
        for value, share in _representatives(sizes[mine], weight[mine]):
            yield share / total, value, stratum


def _of_rows(values: ArrayLike, data: Column, name: str) -> NDArray:
    """A side column of the rows that count; one value may stand for all."""
    given = np.asarray(values)
    if given.shape not in ((), (data.n_rows,)):
        raise ValueError(
            f"{name} must have a value for each of {data.n_rows} rows, got shape {given.shape}"
        )
    return np.broadcast_to(given, data.n_rows)[data.rows]


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
