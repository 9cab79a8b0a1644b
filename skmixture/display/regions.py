"""Regions of highest density of points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

__all__ = ["Region", "check_masses", "region_of"]

Array = NDArray[np.floating]

# Cells of the grid along one axis, and of one bandwidth.
FEWEST, MOST, PER_BANDWIDTH = 40, 400, 3.0
# How far the grid goes beyond the points, in bandwidths.
BEYOND = 4.0


@dataclass(frozen=True)
class Region:
    """A smooth density of points in the plane, on a grid along their principal axes.

    Attributes
    ----------
    x, y, density : ndarray of shape (a, b)
    levels : ndarray of shape (len(masses),)
        Least density in the region that holds each part of the points, ascending.
    """

    x: Array
    y: Array
    density: Array
    levels: Array


def check_masses(masses: ArrayLike) -> Array:
    """Parts of the mass, each between 0 and 1, in falling order: that of rising levels."""
    found = np.unique(np.atleast_1d(np.asarray(masses, dtype=float)))[::-1]
    if not len(found) or not ((found > 0) & (found < 1)).all():
        raise ValueError(f"masses must be numbers between 0 and 1, got {masses!r}")
    return found


def region_of(points: Array, masses: Array) -> Region:
    """Regions that hold parts of points (n, 2), as Hyndman 1996 (American Statistician 50, 120).

    The density is a kernel estimate by Scott's rule. It is made in coordinates
    in which the points are uncorrelated, so that a narrow ridge stays one; a region's
    level is a quantile of the density at the points, so it holds just this part of them.
    """
    mean = points.mean(axis=0)
    # units apart before all: those of two parameters may differ by any factor
    unit = points.std(axis=0)
    variances, axes = np.linalg.eigh(np.corrcoef(points, rowvar=False))
    spread = np.sqrt(np.maximum(variances, 1e-12))
    z = ((points - mean) / unit) @ axes / spread
    bandwidth = len(points) ** (-1 / 6)
    edges, places, widths = [], [], []
    for column in z.T:
        low, high = column.min() - BEYOND * bandwidth, column.max() + BEYOND * bandwidth
        cells = int(np.clip((high - low) * PER_BANDWIDTH / bandwidth, FEWEST, MOST))
        edges.append(np.linspace(low, high, cells + 1))
        widths.append((high - low) / cells)
        places.append((column - low) / widths[-1] - 0.5)
    counts = np.histogram2d(z[:, 0], z[:, 1], bins=edges)[0]
    density = ndimage.gaussian_filter(counts, [bandwidth / width for width in widths])
    at_points = ndimage.map_coordinates(density, places, order=1, mode="nearest")
    middles = [(edge[1:] + edge[:-1]) / 2 for edge in edges]
    grid = np.stack(np.meshgrid(*middles, indexing="ij"), axis=-1)  # (a, b, 2)
    x, y = np.moveaxis(((grid * spread) @ axes.T) * unit + mean, -1, 0)
    return Region(x, y, density, np.quantile(at_points, 1 - masses))
