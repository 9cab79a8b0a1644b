"""How many walkers there are, and how far they go."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Self

__all__ = ["Plan"]

# Steps before any is kept: the walkers begin spread as the information says.
BURN_IN = 300
# An ensemble has twice as many walkers as coordinates at least, and no fewer than moves need;
# by default so many, which share what a step costs whatever their number.
FEWEST_WALKERS, SOME_WALKERS = 8, 64
# By default a chain goes on until it is worth so many independent draws, but not beyond.
EFFECTIVE, MOST_STEPS = 1000, 20_000


@dataclass(frozen=True)
class Plan:
    """Numbers of a run, checked.

    Attributes
    ----------
    n_ensembles : int
    n_walkers : int
        Of all ensembles.
    n_steps : int or None
        None goes on until the draws are worth `effective` independent ones.
    n_burn_in : int
    effective : float
    """

    n_ensembles: int
    n_walkers: int
    n_steps: int | None
    n_burn_in: int
    effective: float = EFFECTIVE

    @classmethod
    def of(
        cls,
        size: int,
        n_walkers: int | None,
        n_ensembles: int | None,
        n_steps: int | None,
        n_burn_in: int | None,
        effective: float = EFFECTIVE,
        least: int | None = None,
    ) -> Self:
        """A plan for `size` coordinates, of which an ensemble needs `least` walkers.

        Raises
        ------
        ValueError
            Where a number is unfit, or walkers are too few.
        """
        for name, value, low in (
            ("n_walkers", n_walkers, 1),
            ("n_ensembles", n_ensembles, 1),
            ("n_steps", n_steps, 1),
            ("n_burn_in", n_burn_in, 0),
        ):
            if value is not None and not (_is_integer(value) and value >= low):
                raise ValueError(f"{name} must be an int of at least {low}, got {value!r}")
        if not isinstance(effective, Real) or isinstance(effective, bool) or not effective > 0:
            raise ValueError(f"target_ess must be a positive number, got {effective!r}")
        least = max(2 * size, FEWEST_WALKERS) if least is None else least
        if n_ensembles is None:
            halves = n_walkers is None or (n_walkers % 2 == 0 and n_walkers // 2 >= least)
            n_ensembles = 2 if halves else 1
        if n_walkers is None:
            n_walkers = n_ensembles * max(SOME_WALKERS, least)
        if n_walkers % n_ensembles:
            raise ValueError(
                f"n_walkers={n_walkers} must be a multiple of n_ensembles={n_ensembles}: it counts "
                "all walkers"
            )
        if n_walkers // n_ensembles < least:
            raise ValueError(
                f"n_walkers={n_walkers} is too few: for {size} coordinates {least} are needed in "
                f"each of {n_ensembles} ensembles, {least * n_ensembles} in all"
            )
        burn_in = BURN_IN if n_burn_in is None else int(n_burn_in)
        steps = None if n_steps is None else int(n_steps)
        return cls(int(n_ensembles), int(n_walkers), steps, burn_in, float(effective))


def _is_integer(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
