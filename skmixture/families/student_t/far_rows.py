"""Rows far out, which heavy tails have: they must not decide the units, nor the starts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.frame import Frame

__all__ = ["robust_frame", "squashed"]

Array = NDArray[np.floating]

# Rows that the quartiles are taken from.
SOME = 2_500
# Rows beyond so many times the range between the quartiles have no say about the frame.
FENCE = 1e6
# From so many ranges on, distance counts by its logarithm.
KNEE = 10.0


def robust_frame(X: NDArray, weight: Array | None) -> Frame:
    """The frame of the rows (n, d) inside the fences; its extent is that of all rows."""
    low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
    quartiles = _quartiles(X)
    reach = FENCE * (quartiles[2] - quartiles[0])
    reach[reach == 0] = np.inf  # more than half of the rows are equal
    fences = quartiles[1] - reach, quartiles[1] + reach
    if (low >= fences[0]).all() and (high <= fences[1]).all():
        return Frame.of(X, weight)
    frame = Frame.of(np.clip(X, *fences), weight)
    extent = np.maximum(frame.inward(high), -frame.inward(low))
    if not extent.max() < 1e150:
        raise ValueError("squares of X leave the range of floating-point numbers: rescale it")
    return replace(frame, extent=extent)


def squashed(X: NDArray) -> Array:
    """Columns in which far rows are near enough not to be clusters of their own."""
    quartiles = _quartiles(X)
    width = KNEE * (quartiles[2] - quartiles[0])
    width = np.where(width > 0, width, np.maximum(np.abs(X - quartiles[1]).mean(axis=0), 1e-300))
    return np.arcsinh((X - quartiles[1]) / width)


def _quartiles(X: NDArray) -> Array:
    some = X[:: max(1, len(X) // SOME)]
    return np.quantile(some.astype(float), [0.25, 0.5, 0.75], axis=0)
