"""Rows far out, which heavy tails have: they must decide neither the units nor the starts."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.frame import Frame, spread_between
from skmixture.table.holes import column_moments, has_holes, seen_values

__all__ = ["Middle", "robust_frame"]

Array = NDArray[np.floating]

# Rows that the quartiles are taken from.
SOME = 2_500
# Rows beyond so many times the range between the quartiles have no say about the frame.
FENCE = 1e6
# From so many ranges on, distance counts by its logarithm.
KNEE = 10.0


def robust_frame(X: NDArray, weight: Array | None) -> Frame:
    """The frame of the rows (n, d) inside the fences; its extent is that of all rows."""
    quartiles = _quartiles(X)
    if not has_holes(X):
        return _inside(_fences(quartiles), X, weight)
    frame = _inside(_fences(quartiles), np.where(np.isnan(X), quartiles[1], X), weight)
    # of the columns as far as they are there: what is filled in does not vary
    seen = column_moments(np.clip(X, *_fences(quartiles)), weight)
    variance = seen.variance / frame.unit**2
    low, _, high = quartiles / frame.unit
    return replace(frame, variance=variance, spread=spread_between(low, high, variance))


def _fences(quartiles: Array) -> tuple[Array, Array]:
    reach = FENCE * (quartiles[2] - quartiles[0])
    reach[reach == 0] = np.inf  # more than half of the rows are equal
    return quartiles[1] - reach, quartiles[1] + reach


def _inside(fences: tuple[Array, Array], X: NDArray, weight: Array | None) -> Frame:
    low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
    if (low >= fences[0]).all() and (high <= fences[1]).all():
        return Frame.of(X, weight)
    frame = Frame.of(np.clip(X, *fences), weight)
    extent = np.maximum(frame.inward(high), -frame.inward(low))
    if not extent.max() < 1e150:
        raise ValueError("squares of X leave the range of floating-point numbers: rescale it")
    return replace(frame, extent=extent)


class Middle(NamedTuple):
    """Where the middle of the rows is, and how far from it rows count as far, each (d,)."""

    centre: Array
    reach: Array

    @classmethod
    def of(cls, X: NDArray) -> Self:
        """Of rows (n, d)."""
        quartiles = _quartiles(X)
        reach = KNEE * (quartiles[2] - quartiles[0])
        distance = np.nanmean(np.abs(X - quartiles[1]), axis=0)
        wide = np.maximum(distance, np.finfo(float).tiny)
        return cls(quartiles[1], np.where(reach > 0, reach, wide))

    def squashed(self, X: NDArray) -> Array:
        """Columns in which far rows are near enough not to be clusters of their own."""
        return np.arcsinh((X - self.centre) / self.reach)

    def first_scales(self, x: Array, frame: Frame) -> Array:
        """Latent scales (..., n) for the first M-step, of rows (..., d, n) in the frame."""
        away = x - frame.inward(self.centre)[:, None]
        away /= (self.reach / frame.unit)[:, None]
        missing = np.isnan(away)
        away[missing] = 0.0
        n_seen = x.shape[-2] - missing.sum(axis=-2)
        return 1 / (1 + np.einsum("...dn,...dn->...n", away, away) / np.maximum(n_seen, 1))


def _quartiles(X: NDArray) -> Array:
    """Quartiles (3, d) of the columns as far as they are there."""
    if has_holes(X):
        return np.column_stack([_quartiles(column[:, None]) for column in seen_values(X)])
    some = X[:: max(1, len(X) // SOME)]
    return np.quantile(some.astype(float), [0.25, 0.5, 0.75], axis=0)
