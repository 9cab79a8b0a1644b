"""Stepwise EM for streams: rows are learnt from once, and what was seen fades as more come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.em import EM
from skmixture.engine.state import State, Sums
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Family
from skmixture.table.rows import Rows
from skmixture.tools.threads import SERIAL, Workers

__all__ = ["Forgetting", "Stepwise"]

Array = NDArray[np.floating]

# A component of no weight is held where it is by this part of the rows seen.
TRACE = 1e-100


@dataclass(frozen=True)
class Forgetting:
    """How fast rows that were seen fade.

    In stepwise EM (Cappé and Moulines 2009, Journal of the Royal Statistical
    Society B 71, 593-613; Liang and Klein 2009, NAACL-HLT, 611-619) the
    average statistics s move by a step size g towards those of the rows at
    hand, ``s + g (s_new - s)``, with ``g = t^-exponent`` at the t-th of equal
    batches. Here t is continuous: rows seen up to number N keep the part

        exp(-(integral from N to N + m of dx / memory(x))),
        memory(x) = first (x / first)^exponent

    of their share when m more come, and `step_size` is 1 less that. For
    equal batches this is the sequence above, but for terms of order 1 / t;
    how rows are cut into calls does not enter. An exponent of 1 makes
    ``g = m / (N + m)``: all rows count alike. A half-life h bounds the memory
    by ``h / log 2``.

    Parameters
    ----------
    exponent : float
        Above 0.5 and at most 1, where the sum of the steps diverges and that
        of their squares does not: what it takes to converge.
    half_life : float, optional
        Rows after which what was seen before counts half at the most.

    Examples
    --------
    >>> from skmixture.engine.stepwise import Forgetting
    >>> round(Forgetting(1.0).step_size(seen=900, first=300, more=100), 12)
    0.1
    >>> round(Forgetting(0.7).step_size(seen=900, first=300, more=100), 3)
    0.138
    """

    exponent: float
    half_life: float | None = None

    def step_size(self, seen: float, first: float, more: float) -> float:
        """The share of `more` rows after `seen` ones, of which `first` made the first fit."""
        return float(-np.expm1(-self._elapsed(seen, first, more)))

    def past(self, seen: float, first: float, more: float) -> float:
        """How many rows those seen before count for beside `more` at hand."""
        with np.errstate(over="ignore"):
            return float(more / np.expm1(self._elapsed(seen, first, more)))

    def _elapsed(self, seen: float, first: float, more: float) -> float:
        """The integral of 1 / memory, infinite where nothing was seen."""
        if seen == 0:
            return np.inf
        if self.half_life is None:
            return self._growing(seen, first, more)
        longest = self.half_life / np.log(2)
        # from here on the memory is as long as it may be
        full = first * (longest / first) ** (1 / self.exponent)
        before = min(max(full - seen, 0.0), more)
        return self._growing(seen, first, before) + (more - before) / longest

    def _growing(self, seen: float, first: float, more: float) -> float:
        log_growth = np.log1p(more / seen)
        if self.exponent == 1:
            return float(log_growth)
        power = 1 - self.exponent
        return float((seen / first) ** power * np.expm1(power * log_growth) / power)


class Stepwise(EM):
    """The EM map on rows that join others, which their parameters stand for.

    In an exponential family the average statistics of rows are a function of
    the parameters that maximise their likelihood. So rows seen before need
    not be kept, nor their sums: the statistics that the parameters imply,
    times the rows they count for, join those of the rows at hand before the
    M-step. Both are taken about the parameters, so nothing cancels. With no
    past the map is EM's.

    Parameters
    ----------
    family : Family
        Localised to these rows, and to where the components are.
    rows : Rows
    state : State
        Weights and parameters after the rows before; steps go from here only.
    past : float
        How many rows those before count for.
    constraints : Constraints
    workers : Workers, optional
    side : mapping of str to float, optional
        Averages of the side columns in the rows before.
    """

    def __init__(
        self,
        family: Family,
        rows: Rows,
        state: State,
        past: float,
        constraints: Constraints = FREE,
        workers: Workers = SERIAL,
        side: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(family, rows, constraints, workers=workers)
        self._exact = family.stable()
        self._past_mass = past * state.weights
        mass = past * np.maximum(state.weights[:, 0], TRACE)
        self._past = self._exact.implied_stats(state.params, mass, **(side or {}))

    def _maximise(self, law: Family, sums: Sums, params: dict[str, Array] | None) -> State:
        assert params is not None
        stats: dict[str, Array] = law.restated(sums.stats, params)
        for name, value in stats.items():
            stats[name] = value + self._past[name]
        mass = sums.mass + self._past_mass
        return super()._maximise(self._exact, Sums(sums.log_likelihood, mass, stats), params)
