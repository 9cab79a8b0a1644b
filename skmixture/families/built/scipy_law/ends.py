"""Ends of the support as maxima: there no derivative vanishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skmixture.families.built.scipy_law.maximum import Likelihood
from skmixture.law.family import Arrays

if TYPE_CHECKING:
    from skmixture.families.built.scipy_law.family import FromScipy

__all__ = ["to_the_ends"]

Array = NDArray[np.floating]


# What is left between an end and its row, by part: units are changed after the fit.
SLACK = 1e-12


def to_the_ends(law: FromScipy, z: Array, stats: Arrays, likelihood: Likelihood) -> Array:
    """Coordinates (B, K, d, q) with the ends at the outermost rows, where that is as likely.

    Loc is moved first, so that the support begins at the lowest row; then the
    scale, so that it ends at the highest one, or begins at the lowest.
    """
    present = stats["resp"][:, :, None] > 0  # (B, K, 1, n)
    x = stats["x"][:, None]
    least = np.where(present, x, np.inf).min(axis=-1)
    largest = np.where(present, x, -np.inf).max(axis=-1)
    names, highest = list(law.parameters), likelihood.value(z)
    for name, row in (("loc", least), ("scale", largest), ("scale", least)):
        if name not in names:
            continue
        place = names.index(name)
        *shapes, loc, scale = np.broadcast_arrays(*law.arguments(law.params_at(z)))
        first, last = law.of_scipy.support(*shapes)
        with np.errstate(all="ignore"):
            if name == "loc":
                moved = row - scale * first - SLACK * (np.abs(row) + scale)
            elif row is largest:
                moved = np.exp(np.log((row - loc) / last) + SLACK)
            else:
                moved = np.exp(np.log((row - loc) / first) - SLACK)
            moved = law.parameters[name].unconstrain(moved)
        moves = np.isfinite(moved) & ~likelihood.held[..., place]
        tried = z.copy()
        tried[..., place] = np.where(moves, moved, z[..., place])
        there = likelihood.value(tried)
        better = there >= highest
        z = np.where(better[..., None], tried, z)
        highest = np.where(better, there, highest)
    return z
