"""Ellipses of components that have them: Gaussian laws and Student's t, of any covariance type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

__all__ = ["ellipse", "ellipses_of"]

Array = NDArray[np.floating]

# Points of an ellipse that axes bend.
POINTS = 721


def ellipses_of(
    model: Any, columns: Sequence[int], masses: Array
) -> list[tuple[Array, Array, Array]]:
    """Centre (2,), shape (2, 2) and radii, by component, in two of its columns.

    An ellipse holds its part of the component's own mass in the plane of these
    columns. Empty where the law has none.
    """
    if type(model.family_).__name__ not in ("Gaussian", "StudentT") or model.n_features_in_ < 2:
        return []
    found = []
    for k in range(len(model.weights_)):
        law = model.component_distribution(k)
        if hasattr(law, "df"):
            # x'Sx / 2 has the F law with 2 and df degrees of freedom
            centre, shape = law.loc, law.shape
            radii = np.sqrt(2 * stats.f.ppf(masses, 2, law.df))
        else:
            centre, shape = law.mean, law.cov
            radii = np.sqrt(special.chdtri(2, 1 - masses))
        found.append((centre[columns], shape[np.ix_(columns, columns)], radii))
    return found


def ellipse(centre: Any, shape: Array, radius: float, straight: bool = True, **style: Any) -> Any:
    """The points x with (x - centre)' shape^-1 (x - centre) = radius^2, as a patch.

    On axes that are not straight it is a line through many of its points, those above 0.
    """
    from matplotlib.patches import Ellipse, PathPatch
    from matplotlib.path import Path

    variances, directions = np.linalg.eigh(shape)
    width, height = 2 * radius * np.sqrt(np.maximum(variances, 0))
    if not straight:
        turn = np.linspace(0, 2 * np.pi, POINTS)
        points = centre + (np.column_stack([width * np.cos(turn), height * np.sin(turn)]) / 2) @ (
            directions.T
        )
        return PathPatch(Path(np.where(points > 0, points, np.nan)), fill=False, **style)
    angle = np.degrees(np.arctan2(directions[1, 0], directions[0, 0]))
    return Ellipse(centre, width, height, angle=angle, fill=False, **style)
