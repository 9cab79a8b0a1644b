"""Ellipses of components that have them: Gaussian laws and Student's t, of any covariance type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from skmixture.display.scales import Scale

__all__ = ["Ellipse", "beyond", "ellipse", "ellipses_of", "outline", "reaching", "within"]

Array = NDArray[np.floating]
Span = tuple[float, float]

# Points along an ellipse.
POINTS = 721
# Axes grow by so much of their length to hold an ellipse, and go a little beyond it.
GROWTH, ROOM = 0.4, 0.02


class Ellipse(NamedTuple):
    """The points x with ``(x - centre)' shape^-1 (x - centre) = radius^2``, for each radius."""

    centre: Array  # (2,)
    shape: Array  # (2, 2)
    radii: Array

    def ends(self, axis: int, span: Span, scale: Scale) -> Array:
        """From where to where (r, 2) each goes along one axis; not below what the scale holds."""
        half = self.radii * np.sqrt(self.shape[axis, axis])
        ends = self.centre[axis] + np.column_stack([-half, half])
        return np.where(scale.holds(ends), ends, span[0])


def ellipses_of(model: Any, columns: Sequence[int], masses: Array) -> list[Ellipse | None]:
    """Ellipses of each component in two of the columns; None of one that has none.

    An ellipse holds its part of the component's own mass in the plane of these columns.
    Empty where no component has any.
    """
    if model.n_features_in_ < 2:
        return []
    found = [_ellipse_of(model, k, columns, masses) for k in range(len(model.weights_))]
    return found if any(one is not None for one in found) else []


def _ellipse_of(model: Any, k: int, columns: Sequence[int], masses: Array) -> Ellipse | None:
    try:
        law = model.component_distribution(k)
    except NotImplementedError:
        return None
    if hasattr(law, "df") and np.ndim(getattr(law, "shape", 0.0)) == 2:
        # x'Sx / 2 has the F law with 2 and df degrees of freedom
        centre, shape = law.loc, law.shape
        radii = np.sqrt(2 * stats.f.ppf(masses, 2, law.df))
    elif np.ndim(getattr(law, "cov", 0.0)) == 2:
        centre, shape = law.mean, law.cov
        radii = np.sqrt(special.chdtri(2, 1 - masses))
    else:
        return None
    centre, shape = np.asarray(centre)[columns], np.asarray(shape)[np.ix_(columns, columns)]
    return Ellipse(centre, shape, radii)


def reaching(
    span: Span, ellipses: Sequence[Ellipse | None], axis: int, scale: Scale
) -> tuple[float, float]:
    """An axis that goes on to the ends of ellipses, but for those that lie far beyond it.

    Heavy tails have such: an axis that held them would leave no room to the rows.
    """
    low, high = scale.ahead(np.array(span, dtype=float)).tolist()
    first, last, most, room = low, high, GROWTH * (high - low), ROOM * (high - low)
    ends = [one.ends(axis, span, scale) for one in ellipses if one is not None]
    for left, right in scale.ahead(np.concatenate([np.empty((0, 2)), *ends])):
        if left >= low - most and right <= high + most:
            first = min(first, left - room if left < low else low)
            last = max(last, right + room if right > high else high)
    return float(scale.back(first)), float(scale.back(last))


def within(
    ellipses: Sequence[Ellipse | None], spans: Sequence[Span], scales: Sequence[Scale]
) -> list[Ellipse | None]:
    """Ellipses without the radii that leave the axes."""
    kept: list[Ellipse | None] = []
    for one in ellipses:
        if one is None:
            kept.append(None)
            continue
        lies = np.ones(len(one.radii), dtype=bool)
        for axis, (span, scale) in enumerate(zip(spans, scales, strict=True)):
            left, right = one.ends(axis, span, scale).T
            lies &= (left >= span[0]) & (right <= span[1])
        kept.append(one._replace(radii=one.radii[lies]))
    return kept


def beyond(panels: Iterable[Sequence[Ellipse | None]]) -> list[int]:
    """Components whose ellipse would leave the axes of some panel."""
    return sorted(
        {k for own in panels for k, one in enumerate(own) if one is not None and not len(one.radii)}
    )


def ellipse(centre: Any, shape: Array, radius: float, straight: bool = True, **style: Any) -> Any:
    """One ellipse as a patch.

    On axes that are not straight it is a line through many of its points, those above 0.
    """
    from matplotlib.patches import Ellipse as Patch
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if not straight:
        points = outline(centre, shape, radius)
        return PathPatch(Path(np.where(points > 0, points, np.nan)), fill=False, **style)
    (width, height), directions = _axes_of(shape, radius)
    angle = np.degrees(np.arctan2(directions[1, 0], directions[0, 0]))
    return Patch(centre, width, height, angle=angle, fill=False, **style)


def outline(centre: Any, shape: Array, radius: float) -> Array:
    """Points (m, 2) of an ellipse, from one to the next."""
    turn = np.linspace(0, 2 * np.pi, POINTS)
    (width, height), directions = _axes_of(shape, radius)
    half = np.column_stack([width * np.cos(turn), height * np.sin(turn)]) / 2
    return np.asarray(centre + half @ directions.T)


def _axes_of(shape: Array, radius: float) -> tuple[Array, Array]:
    """Lengths (2,) of the axes and their directions (2, 2), in columns."""
    variances, directions = np.linalg.eigh(shape)
    return 2 * radius * np.sqrt(np.maximum(variances, 0)), directions
