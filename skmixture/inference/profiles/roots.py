"""Where a profile has fallen by enough: the ends of an interval."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2

__all__ = ["End", "Profile", "end_of"]

# An end is found to this part of its distance from the estimate.
CLOSE = 1e-9
# A step goes at most so many times the way so far.
LONGER = 4.0
# What stands for a fall without end.
DEEP = 1e6


class Profile(Protocol):
    """A likelihood along one coordinate, which is 0 at the estimate."""

    first_step: float
    bounds: tuple[float, float]  # of the parameter

    def far(self, side: int) -> float:
        """How far the coordinate goes: a profile that has not fallen there does not."""

    def fall(self, t: float) -> float:
        """How far twice the log-likelihood is below its maximum."""

    def value(self, t: float) -> float:
        """The parameter there."""


class End(NamedTuple):
    """One end of an interval, and whether the profile crossed, stayed open or met a bound."""

    value: float
    kind: str


def end_of(profile: Profile, side: int, level: float) -> End:
    """The end of an interval below (-1) or above (1) the estimate.

    The root of the fall is followed, which is nearly a straight line.
    """
    target = float(np.sqrt(chi2.ppf(level, 1)))

    def lacking(t: float) -> float:
        return min(float(np.sqrt(max(profile.fall(side * t), 0.0))), DEEP) - target

    far = profile.far(side)
    inner, outer = 0.0, min(target * profile.first_step, far)
    while lacking(outer) < 0:
        if outer >= far:
            bound = profile.bounds[side > 0]
            return End(bound, "bound" if np.isfinite(bound) else "open")
        reached = (lacking(outer) + target) / target  # part of the fall that is wanted
        inner, outer = outer, min(outer * float(np.clip(1.1 / max(reached, 0.1), 1.1, LONGER)), far)
    t = brentq(lacking, inner, outer, xtol=CLOSE * outer)
    return End(profile.value(side * t), "crossed")
