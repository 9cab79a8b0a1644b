"""Expectation-maximisation as sums over blocks of rows.

One leading batch axis B carries restarts, replicates or walkers through the
same sweep. The engine knows arrays and the family contract, nothing of
estimators: weights are (B, G, K) with G strata (1 where there are none),
parameters a dict of (B, K, ...).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from skmixture.constraints import FREE, Constraints
from skmixture.coordinates import Coordinates
from skmixture.family import Arrays, Family
from skmixture.rows import Rows
from skmixture.state import Prior, State, Step, Sums

__all__ = ["EM", "log_joints", "normalise"]

Array = NDArray[np.floating]

# An M-step that is approached is there when no parameter changes by more than this part.
SETTLED = 1e-10
MOST_SWEEPS = 100
# A log density may be off by this much before the stable formulas take over.
ROUNDING_TOLERATED = 1e-10


def normalise(log_joint: Array) -> Array:
    """Turn joint log densities (B, K, n) into responsibilities, in place.

    Returns the log density (B, n) of each row under the mixture.
    """
    top = log_joint.max(axis=1)
    with np.errstate(all="ignore"):
        log_joint -= top[:, None]
        np.exp(log_joint, out=log_joint)
        total = log_joint.sum(axis=1)
        log_joint *= np.reciprocal(total)[:, None]
        np.log(total, out=total)
        total += top
    return total


def log_joints(
    family: Family, rows: Rows, state: State
) -> Iterator[tuple[slice, Rows, dict[str, Array], dict[str, Array], Array]]:
    """Log of weight times density (B, K, n), less `log_base`, block by block.

    With each block come its place, what the family prepared for the sweep and
    its encoding of the rows.
    """
    prepared = family.prepare(state.params)
    with np.errstate(divide="ignore"):
        log_weights = np.log(state.weights)
    for here, block in rows.blocks(_block_rows(family, rows, state.weights)):
        encoded = family.encode(block.X, **block.side)
        log_joint = family.log_prob(encoded, prepared)
        if block.strata is None:
            log_joint += log_weights[:, 0, :, None]
        else:
            log_joint += np.swapaxes(log_weights[:, block.strata, :], 1, 2)
        if block.offset is not None:
            log_joint = log_joint + block.offset
        yield here, block, prepared, encoded, log_joint


class EM:
    """The EM map of one family on one set of rows.

    Parameters
    ----------
    family : Family
        Already localised to the data.
    rows : Rows
    constraints : Constraints
    prior : Prior, optional
    """

    def __init__(
        self,
        family: Family,
        rows: Rows,
        constraints: Constraints = FREE,
        prior: Prior | None = None,
    ) -> None:
        self.family = family
        self.rows = rows
        self.constraints = constraints
        self.prior = prior
        self._stable = family.stable()
        self._base: dict[bool, Array] = {}  # sum of log_base (1 or B,), by law

    def of_batch(self, members: NDArray) -> EM:
        """The map on some members of the batch."""
        rest = EM(self.family, self.rows.of_batch(members), self.constraints, self.prior)
        rest._base = {
            stable: base[members] if len(base) > 1 else base for stable, base in self._base.items()
        }
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
        if lost.any():  # the sums themselves were cancelled: gather them again
            members = np.flatnonzero(lost)
            again = self.of_batch(members)._step(True, state.of_batch(members), coordinates)
            step.put(members, again)
        return step

    def log_likelihood(self, state: State) -> Array:
        """Sum over the rows (B,), by the stable formulas."""
        return self._sweep(True, state).log_likelihood

    def gradient(self, state: State) -> dict[str, Array]:
        """Gradient of the log-likelihood on the unconstrained scale.

        "weights" (B, G, K - 1) is by additive log ratios to the first
        component, every other entry as the family gives it.
        """
        sums = self._sweep(False, state)
        total = sums.mass.sum(axis=-1, keepdims=True)
        by_weights = (sums.mass - total * state.weights)[..., 1:]
        return {"weights": by_weights, **self.family.gradient(sums.stats, state.params)}

    def start(self, resp: Array, exact: bool = False) -> State:
        """The M-step from responsibilities (B, K, n) that are given.

        A family whose M-step only comes nearer to the maximum takes it again
        and again where it must be `exact`.
        """
        law = self.family
        sums = self._joined(self._sweep_given(law, resp, None))
        state = self._maximise(law, sums, None)
        if self._loses_digits(state).any():
            # sums about the first means keep the digits that those about 0 lose
            law = self._stable
            sums = self._joined(self._sweep_given(law, resp, state.params))
            state = self._maximise(law, sums, state.params)
        return self._settled(law, resp, state) if exact else state

    def _settled(self, law: Family, resp: Array, state: State) -> State:
        for sweep in range(MOST_SWEEPS):
            sums = self._joined(self._sweep_given(law, resp, state.params))
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
        if self.prior is not None:
            self.prior.join(sums)
        return sums

    def _loses_digits(self, state: State) -> NDArray[np.bool_]:
        return ~(self.family.rounding(state.params) <= ROUNDING_TOLERATED)

    def _by_law(
        self, state: State, careful: NDArray[np.bool_], coordinates: Coordinates | None
    ) -> Step:
        if careful.all() or not careful.any():
            return self._step(bool(careful.any()), state, coordinates)
        quick, slow = np.flatnonzero(~careful), np.flatnonzero(careful)
        step = Step.blank(state, 0 if coordinates is None else coordinates.size)
        for stable, members in ((False, quick), (True, slow)):
            part = self.of_batch(members)._step(stable, state.of_batch(members), coordinates)
            step.put(members, part)
        return step

    def _step(self, stable: bool, state: State, coordinates: Coordinates | None = None) -> Step:
        sums = self._sweep(stable, state)
        objective = sums.log_likelihood
        if self.prior is not None:
            objective = objective + self.prior.log_density(state)
            self.prior.join(sums)
        law, gradient = self._stable if stable else self.family, None
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
        # ten ulps of a row keep an empty component's log weight finite
        per_row = self.rows.total_weight / self.rows.n_rows
        floor = 10 * np.finfo(sums.mass.dtype).eps * per_row
        weights = self.constraints.weights(sums.mass + floor[:, None, None])
        params = law.maximise(sums.stats, params, self.constraints)
        self.constraints.check_kept(params, type(law).__name__)
        return State(weights, params)

    def _sweep(self, stable: bool, state: State) -> Sums:
        law = self._stable if stable else self.family
        total: Sums | None = None
        for _, block, prepared, encoded, resp in log_joints(law, self.rows, state):
            log_density = normalise(resp)
            part = _summed(law, block, prepared, encoded, resp, log_density)
            total = part if total is None else total + part
        assert total is not None
        if stable not in self._base:
            self._base[stable] = self._sum_of_base(law)
        total.log_likelihood = total.log_likelihood + self._base[stable]
        return total

    def _sweep_given(self, law: Family, resp: Array, params: dict[str, Array] | None) -> Sums:
        prepared = {} if params is None else law.prepare(params)
        total: Sums | None = None
        size = _block_rows(law, self.rows, resp[..., None, :, 0])
        for here, block in self.rows.blocks(size):
            encoded = law.encode(block.X, **block.side)
            log_density = np.zeros((len(resp), block.n_rows))
            part = _summed(law, block, prepared, encoded, resp[..., here].copy(), log_density)
            total = part if total is None else total + part
        assert total is not None
        return total

    def _sum_of_base(self, law: Family) -> Array:
        total = np.zeros(1)
        for _, block in self.rows.blocks(16384):
            base = np.atleast_2d(law.log_base(block.X, **block.side))  # (1 or B, n or 1)
            if block.weight is not None:
                base = base * block.weight
            elif base.shape[-1] == 1:
                base = base * block.n_rows
            total = total + base.sum(axis=-1)
        return total


def _summed(
    law: Family, block: Rows, prepared: Arrays, encoded: Arrays, resp: Array, log_density: Array
) -> Sums:
    """The sums of one block; `resp` is overwritten by its product with the weights."""
    if block.weight is not None:
        resp *= block.weight[:, None, :]
        log_density = log_density * block.weight
    stats = law.expected_stats(encoded, prepared, resp)
    if block.strata is None:
        mass = stats["n"][:, None, :]
    else:
        member = block.strata[:, None] == np.arange(block.n_strata)
        mass = np.swapaxes(resp @ member.astype(resp.dtype), 1, 2)
    return Sums(log_density.sum(axis=-1), mass, stats)


def _block_rows(law: Family, rows: Rows, weights: Array) -> int:
    if not law.additive:
        return rows.n_rows
    return law.block_rows(rows.n_features, weights.shape[0] * weights.shape[-1])
