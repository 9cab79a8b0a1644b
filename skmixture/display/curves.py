"""Points at which densities are drawn, and the densities there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.display.population import Population

__all__ = ["curves_of"]

Array = NDArray[np.floating]

# Points of a curve, and quantiles of each component among them, which a narrow one needs.
GRID, OWN = 600, np.r_[0.0, np.linspace(0.001, 0.999, 41), 1.0]
# Curves go on beyond the bars by this part of their range.
MARGIN = 0.05
# What is no farther from a point of the grid, as a part of the range, is that point.
CLOSE = 1e-9


def _widened(edges: Array, log_x: bool) -> tuple[float, float]:
    """From where to where curves are drawn: a little beyond the bars."""
    if log_x:
        low, high = _widened(np.log10(edges), False)
        return 10**low, 10**high
    margin = MARGIN * (edges[-1] - edges[0])
    return float(edges[0] - margin), float(edges[-1] + margin)


def curves_of(population: Population, edges: Array, log_x: bool) -> tuple[Array, Array]:
    """Points (m,) and densities (m, K) there, of the logarithm where the axis is one."""
    low, high = _widened(edges, log_x)
    grid = np.geomspace(low, high, GRID) if log_x else np.linspace(low, high, GRID)
    own = population.quantiles(OWN)
    ends = own[:, [0, -1]] if own.size else own
    if own.size:  # a density may begin and end in a jump
        own = np.column_stack(
            [own, np.nextafter(own[:, 0], -np.inf), np.nextafter(own[:, -1], np.inf)]
        )
    x = np.unique(np.concatenate([grid, own[(own > low) & (own < high)]]))
    if population.model.n_features_in_ == 1:
        density = population.density(x)
        # where a density has no bound, as that of a gamma law may have at 0
        finite = np.isfinite(density).all(axis=1)
        x, density = x[finite], density[finite]
    else:  # of one column among several a law tells its distribution function
        # a cell ends where a support does
        apart = abs(ends.reshape(-1, 1) - grid).min(axis=1, initial=np.inf) > CLOSE * (high - low)
        ends = ends[apart.reshape(ends.shape) & (ends > low) & (ends < high)]
        grid = np.union1d(grid, ends)
        below, width = population.below(grid), np.diff(grid)
        x, density = grid[:-1] + width / 2, np.diff(below, axis=0) / width[:, None]
    return x, density * x[:, None] * np.log(10) if log_x else density
