"""What is asked of a written law beyond a fit: draws, and its distribution function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.written.calls import spelt
from skmixture.law.family import Array, Arrays

__all__ = ["below", "drawn", "width_of"]

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
        rows = _rows(np.asarray(rvs(**own, size=size, random_state=rng)), size, width)
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


def width_of(rvs: Callable[..., Any], own: Mapping[str, Any]) -> int:
    """How many columns the user's function draws, by the parameters of one component."""
    try:  # two rows, for of one some functions leave the axis out
        rows = rvs(**own, size=2, random_state=RandomState(0))
    except Exception as error:
        raise ValueError(
            f"rvs raised {type(error).__name__} ({error}) at {spelt(own)}, when two rows were "
            "drawn to count their columns: mend it, or give n_features= of FromLogPDF"
        ) from error
    return int(_rows(np.asarray(rows), 2, None).shape[1])


def _rows(drawn: NDArray, size: int, width: int | None) -> NDArray:
    """Draws as rows (size, d), of which the user's function may leave an axis of length 1 out."""
    if drawn.ndim == 1:
        alone = size == 1 and len(drawn) == width
        drawn = drawn[None] if alone else drawn[:, None]
    if drawn.ndim != 2 or len(drawn) != size:
        raise ValueError(
            f"rvs must return one row for each of size={size}, got an array of shape {drawn.shape}"
        )
    return drawn


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
