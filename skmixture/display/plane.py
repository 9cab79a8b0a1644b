"""A grid in the plane of two columns, and a mixture's density on it."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.display.binning import view
from skmixture.display.scales import Scale

__all__ = ["Plane", "check_plane", "checked_limits", "without_names"]

Array = NDArray[np.floating]

# Without data the grid reaches to these quantiles of each column.
TAIL = 1e-4
# but no farther than so many times the range of the middle 98% beyond it, where tails are heavy.
INNER, HEAVY = 0.01, 0.5
MARGIN = 0.12
# Rows of the mixture that tell levels and where their regions lie; what grids have about these.
DRAWS, ROOM = 20_000, 0.06
# Where an edge still cuts a region it moves by so much of the axis, and so often; points along it.
GROWTH, GROWTHS, ALONG = 0.1, 20, 200
# Densities that differ by no more are even, where so much of the mass and more has them.
EVEN, SOME = 1e-6, 0.005
# What axes have beyond the end of a support, so that contours close there.
BEYOND = 0.02
# Halvings of the stretch in which a support ends.
HALVINGS = 60


def check_plane(model: Any) -> None:
    """Raise a ValueError unless the model has a density in the plane."""
    support = model.family_.support
    if model.n_features_in_ != 2:
        raise ValueError(
            f"ContourDisplay is for two columns, but the model has {model.n_features_in_}; "
            "PairsDisplay shows more, as columns=[...] says, DensityDisplay one, and "
            "ProfileDisplay categories"
        )
    measures = support.measures(2)
    if any(measure.kind != "numbers" or measure.points for measure in measures):
        raise ValueError(
            f"ContourDisplay is for densities of numbers, not for {support.description}; "
            "PairsDisplay shows the rows"
        )


def checked_limits(limits: Any, scale: str) -> Any:
    """Limits that are two pairs of numbers in order, on the scale."""
    ordered = np.shape(limits) == (2, 2) and all(low < high for low, high in limits)
    if not ordered or (scale != "linear" and min(low for low, _ in limits) <= 0):
        raise ValueError(f"limits must be two pairs of numbers in order, got {limits!r}")
    return limits


def without_names(model: Any) -> Any:
    """The same mixture without names of columns and strata."""
    plain = copy(model)
    for name in ("feature_names_in_", "strata_", "strata_weights_"):
        vars(plain).pop(name, None)
    return plain


class Plane:
    """A mixture of two columns on a scale of the axes.

    Parameters
    ----------
    model : estimator
        Without names and strata.
    scale : Scale
        Densities are those of the columns on it, and so are regions of highest density.
    """

    def __init__(self, model: Any, scale: Scale) -> None:
        self.model, self.scale = model, scale
        self._draws = model.sample(DRAWS, random_state=0)[0].astype(float)
        self._at_draws = self.density(self._draws)

    def check(self, masses: Array) -> None:
        """Raise a ValueError where the scale has no place for the region of the largest mass."""
        held = float(self.scale.holds(self._draws).all(axis=1).mean())
        if held < masses[0]:
            raise ValueError(
                f"scale={self.scale.name!r} has no place for {1 - held:.0%} of the mixture, which "
                f"lies at 0 and below, so no contour holds {masses[0]:.0%}; take another scale, "
                "or less in masses"
            )

    def density(self, points: Array) -> Array:
        """Densities (m,) at points (m, 2) of the columns, on the scale; 0 off the support."""
        found = np.zeros(len(points))
        on = self._contains(points) & self.scale.holds(points).all(axis=1)
        if on.any():
            slopes = self.scale.log_slope(points[on]).sum(axis=1)
            with np.errstate(over="ignore"):
                found[on] = np.exp(self.model.score_samples(points[on]) + slopes)
        return np.where(np.isfinite(found), found, np.nan)

    def on(self, x: Array, y: Array) -> Array:
        """Densities (len(y), len(x)) on a grid."""
        points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        return self.density(points).reshape(len(y), len(x))

    def levels(self, masses: Array) -> Array:
        """Least density in the region of highest density that holds each part of the mass.

        A quantile of the density at rows of the mixture (Hyndman 1996, American Statistician
        50, 120), which needs no grid.
        """
        return np.nanquantile(self._at_draws, 1 - masses)

    def contours(self, masses: Array) -> tuple[Array, Array]:
        """What contours hold, falling, and their levels.

        A level at which the density is even over a part of the plane is no edge of any region
        but that of this whole part, which holds more.
        """
        held, levels = masses.copy(), self.levels(masses)
        for i, level in enumerate(levels):
            below = (1 - EVEN) * level
            part = float((self._at_draws >= below).mean())
            if part > masses[i] + SOME:
                held[i], levels[i] = part, below
        first = np.unique(held, return_index=True)[1][::-1]
        return held[first], levels[first]

    def limits(self, rows: Array | None, masses: Array) -> list[tuple[float, float]]:
        """From where to where axes go: they hold the rows, but for a few, and all the regions."""
        level = self.levels(masses)[0]
        within = self.scale.ahead(self._draws[self._at_draws >= level])
        spans = []
        for j, (low, high) in enumerate(self._seen(rows)):
            room = ROOM * np.ptp(within[:, j])
            low, high = min(low, within[:, j].min() - room), max(high, within[:, j].max() + room)
            spans.append(self._to_support(j, low, high))
        for _ in range(GROWTHS):  # few draws lie in the tips of regions
            cut = self._cut(spans, level)
            if not cut.any():
                break
            for j, (low, high) in enumerate(spans):
                more = GROWTH * (high - low) * cut[j]
                spans[j] = self._to_support(j, low - more[0], high + more[1])
        return [(float(self.scale.back(low)), float(self.scale.back(high))) for low, high in spans]

    def _cut(self, spans: list[tuple[float, float]], level: float) -> NDArray[np.bool_]:
        """Which edges (axis, end) of the axes cut the region that has this density and more."""
        cut = np.zeros((2, 2), dtype=bool)
        for j, end in np.ndindex(2, 2):
            edge = np.empty((ALONG, 2))
            low, high = spans[1 - j]
            edge[:, j], edge[:, 1 - j] = spans[j][end], np.linspace(low, high, ALONG)
            cut[j, end] = (np.nan_to_num(self.density(self.scale.back(edge))) >= level).any()
        return cut

    def _seen(self, rows: Array | None) -> list[tuple[float, float]]:
        """Ends of each axis, on the scale, for the rows or for the law alone."""
        if rows is not None:
            there = [column[np.isfinite(column)] for column in rows.T]
            if not all(map(len, there)):
                raise ValueError("X has a column in which every value is missing")
            seen = [view(self.scale.ahead(column), np.ones(len(column))) for column in there]
            return [(a - MARGIN * (b - a), b + MARGIN * (b - a)) for a, b in seen]
        try:
            ends = self.model.marginal_quantile([TAIL, INNER, 1 - INNER, 1 - TAIL]).T
        except NotImplementedError:
            ends = np.quantile(self._draws, [TAIL, INNER, 1 - INNER, 1 - TAIL], 0).T
        found = []
        for low, left, right, high in self.scale.ahead(ends.astype(float)):
            reach = HEAVY * (right - left)
            found.append((max(low, left - reach), min(high, right + reach)))
        return found

    def _to_support(self, j: int, low: float, high: float) -> tuple[float, float]:
        """No farther than a little beyond the ends of the support of column j."""
        inside = self._draws[0].copy()
        middle = float(self.scale.ahead(inside[j]))

        def holds(at: float) -> bool:
            point = inside.copy()
            point[j] = self.scale.back(at)
            return bool(self._contains(point[None])[0])

        ends = [end if holds(end) else _boundary(holds, middle, end) for end in (low, high)]
        beyond = BEYOND * (ends[1] - ends[0])
        return (
            ends[0] - beyond * (ends[0] > low),
            ends[1] + beyond * (ends[1] < high),
        )

    def _contains(self, points: Array) -> NDArray[np.bool_]:
        """Which points (m, 2) lie on the support."""
        return np.asarray(self.model.family_.support.contains(points).all(axis=1))


def _boundary(holds: Any, inside: float, outside: float) -> float:
    """Where a stretch leaves a set."""
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return inside
