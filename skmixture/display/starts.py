"""Paths of all starts of a fit, as a callback has seen them, and what of them is to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BEST", "OTHERS", "SET_ASIDE", "Starts", "view_of"]

Array = NDArray[np.floating]
Paths = dict[tuple[bool, int], tuple[list[int], list[float]]]

# What a line is of: the start that was kept; others, on a sample of the rows or on all of them;
# of these those that end above the one that was kept.
BEST, SET_ASIDE = "best start", "set aside, though higher"
OTHERS = {True: "starts on a sample of the rows", False: "other starts"}
# Ends this many times as far below the highest as three quarters of them need not be seen;
# this share of the whole rise is seen at the least.
FAR, RISE = 2.0, 0.1


@dataclass(frozen=True)
class Starts:
    """Lines of all starts, that of the best last.

    Attributes
    ----------
    iterations : list of ndarray of int
    values : list of ndarray
    labels : list of str
    rounds : list of int
        Iterations at which starts begin, or go on after a pause, but for the first.
    """

    iterations: list[NDArray]
    values: list[Array]
    labels: list[str]
    rounds: list[int]

    @classmethod
    def of(cls, seen: Sequence[Any]) -> Starts:
        """Those of the iterations that a callback has gathered."""
        paths = _by_start(seen)
        kept = seen[-1].on_sample, seen[-1].start
        order = sorted(paths, key=lambda which: which == kept)  # drawn last, above all others
        iterations = [np.array(paths[which][0]) for which in order]
        values = [np.array(paths[which][1]) for which in order]
        labels = [
            BEST
            if which == kept
            else SET_ASIDE
            if which[0] == kept[0] and _ends_above(own, values[-1])
            else OTHERS[which[0]]
            for which, own in zip(order, values, strict=True)
        ]
        return cls(iterations, values, labels, _rounds(iterations))


def view_of(values: Sequence[Array]) -> tuple[float, float]:
    """From where to where heights are shown, so that the ends of the lines are told apart.

    All ends are seen but those far below the others; the last line's always is.
    """
    top = max(own.max() for own in values)
    lowest = min(own.min() for own in values)
    below = top - np.array([own[-1] for own in values])
    near = below[below <= FAR * np.quantile(below, 0.75)]
    height = max(near.max(initial=0.0), below[-1], RISE * (top - lowest))
    return float(max(lowest, top - 1.1 * height)), float(top)


def _by_start(seen: Sequence[Any]) -> Paths:
    """Numbers of iterations and values, of each start on a sample and on all rows."""
    paths: Paths = {}
    for one in seen:
        for start, value in one.every.items():
            numbers, values = paths.setdefault((one.on_sample, start), ([], []))
            numbers.append(one.number)
            values.append(value)
    return paths


def _ends_above(values: Array, best: Array) -> bool:
    """Whether a path ends above the best one by more than their last steps."""
    steps = sum(float(np.ptp(path[-2:])) for path in (values, best))
    return bool(values[-1] - best[-1] > steps + 1e-9 * abs(best[-1]))


def _rounds(iterations: Sequence[NDArray]) -> list[int]:
    begun = {int(own[0]) for own in iterations}
    again = {int(n) for own in iterations for n in own[1:][np.diff(own) > 1]}
    return sorted((begun | again) - {min(begun)})
