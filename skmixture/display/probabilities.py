"""Probabilities among parameters: they lie on one scale, on which panels can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture import transforms
from skmixture.law.parts import SEPARATOR

__all__ = ["NARROW", "are_probabilities", "shared_axes"]

Array = NDArray[np.floating]

WEIGHTS = ("weights", "strata_weights")
# Intervals that are narrower than this part of a panel are hidden by the dots of estimates.
NARROW = 0.06
# What axes have beyond the least and the greatest, as a part of their length.
MARGIN = 0.04
# Where as much of the whole range is needed, it is shown.
MUCH = 0.5


def are_probabilities(model: Any, name: str) -> bool:
    """Whether the numbers of a parameter lie between 0 and 1."""
    if name in WEIGHTS:
        return True
    transform = None if model is None else model.family_.parameters.get(name)
    if isinstance(transform, transforms.Simplex):
        return True
    return (getattr(transform, "low", None), getattr(transform, "high", None)) == (0, 1)


def shared_axes(
    model: Any, names: Sequence[str], panels: Sequence[str], low: Array, high: Array
) -> dict[str, tuple[float, float]]:
    """One axis for all panels of probabilities of a kind, as the `probs` of all parts.

    `panels` says in which panel each interval (n,) lies. No axis is shared where there is nothing
    to compare, or where most intervals could not be seen on it, as of events that are all rare.
    """
    found: dict[str, tuple[float, float]] = {}
    kinds = np.array([name.rpartition(SEPARATOR)[-1] for name in names])
    for kind in dict.fromkeys(kinds.tolist()):
        own = np.array([are_probabilities(model, name) for name in names]) & (kinds == kind)
        several = len(set(np.array(panels)[own])) > 1 or kind in WEIGHTS
        if not several or not own.any() or not np.isfinite([low[own], high[own]]).all():
            continue
        first, last = float(low[own].min()), float(high[own].max())
        if last - first > MUCH:
            first, last = 0.0, 1.0
        if np.median(high[own] - low[own]) >= NARROW * (last - first) > 0:
            room = MARGIN * (last - first)
            found |= dict.fromkeys(np.array(names)[own].tolist(), (first - room, last + room))
    return found
