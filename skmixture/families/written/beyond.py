"""What is asked of a written law beyond a fit: draws, and its distribution function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.family import Array, Arrays

__all__ = ["below", "drawn"]

# So far beyond 0 and 1 a distribution function may be.
ROUNDING = 1e-9


def drawn(
    rvs: Callable[..., Any],
    params: Arrays,
    labels: NDArray[np.integer],
    rng: RandomState,
    width: int | None,
) -> NDArray:
    """Rows (n, d) by the user's function, one for each label (n,); params (K, ...).

    `width` is d where it is known, else the first component's draws say it.
    """
    by_label = {}
    for k in np.unique(labels):
        size = int((labels == k).sum())
        own = {name: value[k] for name, value in params.items()}
        rows = np.asarray(rvs(**own, size=size, random_state=rng))
        rows = rows[:, None] if rows.ndim == 1 else rows
        if rows.ndim != 2 or len(rows) != size:
            raise ValueError(
                f"rvs must return one row for each of size={size}, got an array of shape "
                f"{rows.shape}"
            )
        width = rows.shape[1] if width is None else width
        if rows.shape[1] != width or np.isnan(rows).any():
            raise ValueError(
                f"rvs must return numbers in {width} columns, got an array of shape {rows.shape}"
                f"{' with NaN' if np.isnan(rows).any() else ''} for component {k}"
            )
        by_label[k] = rows
    X = np.empty((len(labels), width or 0))
    for k, rows in by_label.items():
        X[labels == k] = rows
    return X


def below(cdf: Callable[..., Any], X: NDArray, params: Arrays) -> Array:
    """The user's distribution function (K, n) of rows; params (K, ...)."""
    values = []
    for k in range(len(next(iter(params.values())))):
        own = np.asarray(cdf(X, **{name: value[k] for name, value in params.items()}))
        if own.shape != (len(X),):
            raise ValueError(f"cdf must return an array of shape ({len(X)},), got {own.shape}")
        if not ((own >= -ROUNDING) & (own <= 1 + ROUNDING)).all():
            raise ValueError(
                f"cdf must return probabilities, from 0 to 1, got {own.min():g} to {own.max():g} "
                f"for component {k}"
            )
        values.append(np.clip(own, 0.0, 1.0))
    return np.stack(values)
