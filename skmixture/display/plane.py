"""A grid in the plane of two columns, and a mixture's density on it."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.display.binning import view

__all__ = ["check_plane", "density_on", "limits_of", "without_names"]

Array = NDArray[np.floating]

# Without data the grid reaches to these quantiles of each column.
TAIL = 1e-4
# but no farther than so many times the range of the middle 98% beyond it, where tails are heavy.
INNER, HEAVY = 0.01, 0.5
MARGIN = 0.12


def check_plane(model: Any) -> None:
    """Raise a ValueError unless the model has a density in the plane."""
    support = model.family_.support
    if model.n_features_in_ != 2:
        raise ValueError(
            f"ContourDisplay is for two columns, but the model has {model.n_features_in_}; "
            "PairsDisplay shows more, and DensityDisplay one"
        )
    measures = support.measures(2)
    if any(measure.kind != "numbers" or measure.points for measure in measures):
        raise ValueError(
            f"ContourDisplay is for densities of numbers, not for {support.description}; "
            "PairsDisplay shows the rows"
        )


def without_names(model: Any) -> Any:
    """The same mixture without names of columns and strata."""
    plain = copy(model)
    for name in ("feature_names_in_", "strata_", "strata_weights_"):
        vars(plain).pop(name, None)
    return plain


def limits_of(model: Any, rows: Array | None) -> list[tuple[float, float]]:
    """From where to where the grid goes, along each axis."""
    if rows is not None:
        there = [column[np.isfinite(column)] for column in rows.T]
        if not all(map(len, there)):
            raise ValueError("X has a column in which every value is missing")
        seen = [view(column, np.ones(len(column))) for column in there]
        return [(a - MARGIN * (b - a), b + MARGIN * (b - a)) for a, b in seen]
    try:
        ends = model.marginal_quantile([TAIL, INNER, 1 - INNER, 1 - TAIL]).T
    except NotImplementedError:
        ends = np.quantile(model.sample(10_000, random_state=0)[0], [0, INNER, 1 - INNER, 1], 0).T
    found = []
    for low, left, right, high in ends.astype(float):
        reach = HEAVY * (right - left)
        found.append((max(low, left - reach), min(high, right + reach)))
    return found


def density_on(model: Any, x: Array, y: Array) -> Array:
    """Densities (len(y), len(x)) on a grid; 0 off the support."""
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    on = model.family_.support.contains(points).all(axis=1)
    density = np.zeros(len(points))
    if on.any():
        density[on] = np.exp(model.score_samples(points[on]))
    density[~np.isfinite(density)] = np.nan
    return density.reshape(len(y), len(x))
