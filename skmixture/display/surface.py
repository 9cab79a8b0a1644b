"""A density in the plane as a surface above it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["draw_surface"]

Array = NDArray[np.floating]

# Lines of the grid along each axis that are drawn.
LINES = 80


def draw_surface(ax: Any, x: Array, y: Array, density: Array) -> Any:
    """The surface of a density (len(y), len(x)) on axes of three dimensions."""
    if not hasattr(ax, "plot_surface"):
        raise ValueError("a surface needs axes with projection='3d'")
    surface = ax.plot_surface(
        *np.meshgrid(x, y), np.nan_to_num(density), cmap="viridis", rcount=LINES, ccount=LINES
    )
    ax.set_zlabel("density", labelpad=12)
    ax.tick_params(labelsize="small")
    ax.tick_params(axis="z", pad=6)
    ax.locator_params(nbins=5)
    ax.set_box_aspect(None, zoom=0.82)
    return surface
