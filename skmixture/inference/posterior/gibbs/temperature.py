"""Temperatures of rounds, checked whenever one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real

import numpy as np

__all__ = ["Temperature"]

# Rounds whose temperatures tell one schedule from another.
LOOKED_AT = (0, 1, 2, 10, 100, 1_000, 10_000, 100_000)


class Temperature:
    """A positive number for every round; 1 where there is no schedule.

    Parameters
    ----------
    schedule : callable or None
        Of the number of the round, 0 for the first.

    Raises
    ------
    ValueError
        Where it is no function.
    """

    def __init__(self, schedule: Callable[[int], float] | None) -> None:
        if schedule is not None and not callable(schedule):
            raise ValueError(
                "temperature must be None or a function of the round that returns a positive "
                f"number, such as lambda i: max(1.0, 10 * 0.99**i), got {schedule!r}"
            )
        self._schedule = schedule
        self.at(0)

    def at(self, round_: int) -> float:
        """That of a round.

        Raises
        ------
        ValueError
            Where it is no positive number.
        """
        if self._schedule is None:
            return 1.0
        value = self._schedule(round_)
        proper = isinstance(value, Real | np.ndarray) and np.ndim(value) == 0
        if not proper or not 0 < float(value) < np.inf:
            raise ValueError(
                f"temperature must return a positive number, got {value!r} for round {round_}"
            )
        return float(value)

    def __str__(self) -> str:
        if self._schedule is None:
            return "1"
        told = [self._told(round_) for round_ in LOOKED_AT]
        return told[0] if len(set(told)) == 1 else ", ".join(told)

    def _told(self, round_: int) -> str:
        try:
            return f"{self.at(round_):.9g}"
        except Exception:  # a schedule need not go on beyond the rounds of the run
            return "none"
