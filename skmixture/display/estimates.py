"""Estimates with the ends of their intervals, and which of them are worth a panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from skmixture.display.entries import name_of
from skmixture.display.naming import Called

__all__ = ["ends_of", "least_width", "panel_of", "told_by_default"]

Array = NDArray[np.floating]
Place = tuple[str, tuple[int, ...]]

# Probabilities at an edge are as small as this, and what they vary by is nothing.
EDGE = 1e-100


def ends_of(
    result: Any, model: Any, level: float, method: str, transform: Any
) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
    """Estimates by name, and lower and upper ends (2, ...)."""
    if not isinstance(result, Mapping) and hasattr(result, "confidence_interval"):
        return result.estimates, result.confidence_interval(level, method, transform)
    if not isinstance(result, Mapping):
        raise TypeError(
            f"result must be a BootstrapResult or StandardErrors, got {type(result).__name__}; "
            "CornerDisplay shows draws of a posterior"
        )
    if model is None:
        raise ValueError("model must be given beside standard errors, for its estimates")
    half = special.ndtri(0.5 + level / 2)
    estimates = {name: np.asarray(getattr(model, name + "_"), dtype=float) for name in result}
    return estimates, {
        name: np.stack([value - half * result[name], value + half * result[name]])
        for name, value in estimates.items()
    }


def told_by_default(
    chosen: Sequence[Place],
    estimates: Mapping[str, Array],
    ends: Mapping[str, Array],
    told: Callable[[str, tuple[int, ...]], Called | None],
) -> list[Place]:
    """Without panels in which nothing varies, and without one half of symmetric matrices."""
    panels = {place: panel_of(name_of(*place), told(*place)) for place in chosen}
    shared = {name for name, at in chosen if (own := told(name, at)) and own.component is None}
    halved = {name for name, value in estimates.items() if _symmetric(value, name in shared)}
    varying = {panels[name, at] for name, at in chosen if _varies(*(e[at] for e in ends[name]))}
    return [
        (name, at)
        for name, at in chosen
        if panels[name, at] in varying and (name not in halved or at[-2] <= at[-1])
    ]


def panel_of(label: str, called: Called | None) -> str:
    """What all entries of a panel are, or their label without its first index, as "means[:, 1]"."""
    if called is not None:
        return called.quantity
    name, _, index = label.partition("[")
    return f"{name}[:{''.join(index.partition(',')[1:])}" if index else name


def least_width(low: Any, high: Any) -> Any:
    """What intervals that are none are wide, by rounding or at an edge."""
    return np.maximum(1e-12 * np.maximum(abs(low), abs(high)), EDGE)


def _varies(low: float, high: float) -> bool:
    return bool(high - low > least_width(low, high))


def _symmetric(value: ArrayLike, shared: bool) -> bool:
    """Whether a parameter has matrices (K, d, d), or (d, d), each half of which tells the other."""
    matrices = np.asarray(value)
    if matrices.ndim < 3 - shared or matrices.shape[-1] != matrices.shape[-2]:
        return False
    return bool(np.allclose(matrices, np.swapaxes(matrices, -1, -2), rtol=1e-9, atol=0))
