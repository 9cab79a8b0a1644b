"""Expectation-maximisation as sums over blocks of rows.

One leading batch axis B carries restarts, replicates or walkers through the
same sweep. The engine knows arrays and the family contract, nothing of
estimators: weights are (B, G, K) with G strata (1 where there are none),
parameters a dict of (B, K, ...).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.coordinates import Coordinates
from skmixture.engine.passes import Passes
from skmixture.engine.state import Penalty, State, Step, Sums
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Family
from skmixture.table.partition import Partition
from skmixture.table.rows import Rows
from skmixture.tools.threads import SERIAL, Workers

__all__ = ["EM"]

Array = NDArray[np.floating]

# An M-step that is approached is there when no parameter changes by more than this part.
SETTLED = 1e-10
MOST_SWEEPS = 100
# A log density may be off by this much before the stable formulas take over.
ROUNDING_TOLERATED = 1e-10
EMPTY = 10 * float(np.finfo(float).eps)


class EM:
    """The EM map of one family on one set of rows.

    Parameters
    ----------
    family : Family
        Already localised to the data.
    rows : Rows
    constraints : Constraints
    penalty : Penalty, optional
    workers : Workers, optional
        Threads that share the rows.
    passes : callable, default=Passes
        Makes passes over the rows by a law: rows elsewhere have others.
    """

    def __init__(
        self,
        family: Family,
        rows: Rows,
        constraints: Constraints = FREE,
        penalty: Penalty | None = None,
        workers: Workers = SERIAL,
        passes: Callable[[Family, Rows, Workers], Passes] = Passes,
    ) -> None:
        self.family = family
        self.rows = rows
        self.constraints = constraints
        self.penalty = penalty
        self.workers = workers
        self._fast = passes(family, rows, workers)
        self._stable = passes(family.stable(), rows, workers)
        # the last state that was asked about, and whether it loses digits
        self._judged: tuple[State | None, NDArray[np.bool_]] = None, np.empty(0, dtype=bool)

    @cached_property
    def _mass_floor(self) -> Array:
        """Ten ulps of a row (1 or B,), which keep an empty component's log weight finite."""
        return EMPTY * self.rows.total_weight / self.rows.n_rows

    def of_batch(self, members: NDArray) -> EM:
        """The map on some members of the batch."""
        if not self.rows.has_batch_axis:
            return self
        rest = EM(
            self.family, self.rows.of_batch(members), self.constraints, self.penalty, self.workers
        )
        rest._fast, rest._stable = self._fast.of_batch(members), self._stable.of_batch(members)
        return rest

    def step(self, state: State, coordinates: Coordinates | None = None) -> Step:
        """E-step and M-step; each member by the fast formulas where they are exact.

        With `coordinates` comes the gradient of the objective in them.
        """
        B, most = len(state.weights), self.family.most_members(state.weights.shape[-1])
        if most < B:
            step = Step.blank(state, 0 if coordinates is None else coordinates.size)
            for begin in range(0, B, most):
                part = np.arange(begin, min(begin + most, B))
                step.put(part, self.of_batch(part).step(state.of_batch(part), coordinates))
            return step
        careful = self._loses_digits(state)
        step = self._by_law(state, careful, coordinates)
        lost = ~careful & self._loses_digits(step.state)
        if np.count_nonzero(lost):  # the sums themselves were cancelled: gather them again
            members = np.flatnonzero(lost)
            again = self.of_batch(members)._step(True, state.of_batch(members), coordinates)
            step.put(members, again)
        return step

    def log_likelihood(self, state: State) -> Array:
        """Sum over the rows (B,), by the stable formulas."""
        return self._stable.log_likelihood(state)

    def height(self, state: State) -> Array:
        """The same, each member by the fast formulas where they are exact."""
        careful = self._loses_digits(state)
        if not np.count_nonzero(careful):
            return self._fast.log_likelihood(state)
        value = np.empty(len(careful))
        for passes, chosen in ((self._fast, ~careful), (self._stable, careful)):
            members = np.flatnonzero(chosen)
            if len(members):
                part = passes.of_batch(members)
                value[members] = part.log_likelihood(state.of_batch(members))
        return value

    def gradient(self, state: State) -> dict[str, Array]:
        """Gradient of the log-likelihood on the unconstrained scale.

        "weights" (B, G, K - 1) is by additive log ratios to the first
        component, every other entry as the family gives it.
        """
        sums = self._fast.expected(state)
        total = sums.mass.sum(axis=-1, keepdims=True)
        by_weights = (sums.mass - total * state.weights)[..., 1:]
        return {"weights": by_weights, **self.family.gradient(sums.stats, state.params)}

    def start(self, resp: Array | Partition, exact: bool = False) -> State:
        """The M-step from responsibilities (B, K, n) that are given.

        A family whose M-step only comes nearer to the maximum takes it again
        and again where it must be `exact`.
        """
        passes = self._fast
        state = self._maximise(passes.law, self._joined(passes.given(resp, None)), None)
        if self._loses_digits(state).any():
            # sums about the first means keep the digits that those about 0 lose
            passes = self._stable
            sums = self._joined(passes.given(resp, state.params))
            state = self._maximise(passes.law, sums, state.params)
        return self._settled(passes, resp, state) if exact else state

    def _settled(self, passes: Passes, resp: Array | Partition, state: State) -> State:
        law = passes.law
        for sweep in range(MOST_SWEEPS):
            sums = self._joined(passes.given(resp, state.params))
            careful = law.careful(sums.stats, state.params, self.constraints)
            if careful is None:
                break
            following = self._maximise(law, sums, state.params)
            if sweep > MOST_SWEEPS // 2:  # steps that went to and fro
                following = State(following.weights, careful)
            change = max(
                np.abs(value / state.params[name] - 1).max()
                for name, value in following.params.items()
            )
            state = following
            if change < SETTLED:
                break
        return state

    # -- within ------------------------------------------------------------

    def _joined(self, sums: Sums) -> Sums:
        if self.penalty is not None:
            self.penalty.join(sums)
        return sums

    def _loses_digits(self, state: State) -> NDArray[np.bool_]:
        if self._judged[0] is not state:  # the next step is mostly from where the last one led
            loses = ~(self.family.rounding(state.params) <= ROUNDING_TOLERATED)
            self._judged = state, loses
        return self._judged[1]

    def _by_law(
        self, state: State, careful: NDArray[np.bool_], coordinates: Coordinates | None
    ) -> Step:
        number = np.count_nonzero(careful)
        if number == 0:
            return self._step(False, state, coordinates)
        if number == len(careful):
            return self._step(True, state, coordinates)
        quick, slow = np.flatnonzero(~careful), np.flatnonzero(careful)
        step = Step.blank(state, 0 if coordinates is None else coordinates.size)
        for stable, members in ((False, quick), (True, slow)):
            part = self.of_batch(members)._step(stable, state.of_batch(members), coordinates)
            step.put(members, part)
        return step

    def _step(self, stable: bool, state: State, coordinates: Coordinates | None = None) -> Step:
        passes = self._stable if stable else self._fast
        sums = passes.expected(state)
        objective = sums.log_likelihood
        if self.penalty is not None:
            objective = objective + self.penalty.log_density(state)
            self.penalty.join(sums)
        law, gradient = passes.law, None
        if coordinates is not None and law.climbs_its_gradient:
            by_parameter = law.gradient(sums.stats, state.params)
            gradient = coordinates.gradient(state.weights, sums.mass, by_parameter)
        landed = self._maximise(law, sums, state.params)
        careful, params = landed, law.careful(sums.stats, state.params, self.constraints)
        if params is not None:
            self.constraints.check_kept(params, type(law).__name__)
            careful = State(landed.weights, params)
        return Step(sums.log_likelihood, objective, landed, careful, gradient)

    def _maximise(self, law: Family, sums: Sums, params: dict[str, Array] | None) -> State:
        weights = self.constraints.weights(sums.mass + self._mass_floor[:, None, None])
        params = law.maximise(sums.stats, params, self.constraints)
        self.constraints.check_kept(params, type(law).__name__)
        return State(weights, params)
