"""What all accelerated paths share: a step is tried, and refused where it does not climb."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.acceleration.path import NOISE, Path, chosen, remaining_gain
from skmixture.engine.coordinates import Coordinates
from skmixture.engine.em import EM
from skmixture.engine.state import State, Step

__all__ = ["Guarded"]

Array = NDArray[np.floating]

# Where EM still moves by more than QUIET in some coordinate it is choosing its optimum, and is left
# to it for up to LONG_OPENING steps.
LONG_OPENING = 20
QUIET = 0.2
# The longest step in any coordinate: logarithms, or location in units of the data.
LONGEST = 2.0
# Part of the gain that the gradient promises and a step must keep.
ARMIJO = 1e-4
# A refused step is tried again this much shorter, and no more often than RETRIES.
SHORTER = 0.25
RETRIES = 2


class Guarded(Path):
    """Extrapolation from EM steps, guarded by the objective.

    A path is at a kept point `z` (B, p) in free coordinates, where the EM
    step is `f`, the gradient `g` (with families that have one) and the
    objective `value`. Subclasses remember what they like of the points and
    say a `direction`; the rest is here. In coordinates in which EM itself makes
    a long step the path follows EM; where no direction is to be had, it does
    so in all of them and begins anew.
    """

    coordinates: Coordinates
    z: Array
    f: Array
    g: Array
    d: Array
    value: Array

    def __init__(self, em: EM, start: State) -> None:
        super().__init__(em, start)
        self.coordinates = Coordinates(em.family, em.constraints, start)
        self._wants_gradient = em.family.climbs_its_gradient
        self._confine, self._hold = em.family.confine, em.constraints.hold
        self._total = np.broadcast_to(em.rows.total_weight, (len(start.weights),))
        B, p = len(start.weights), self.coordinates.size
        self.z = self._tried = self.coordinates.of(start)
        self.f, self.g, self.d = np.zeros((3, B, p))
        self.value = np.full(B, -np.inf)
        self._promised = np.zeros(B)  # first-order gain of the step that is tried
        self._length = np.ones(B)  # part of the direction that is tried
        self._refusals, self._n_kept, self._calm = np.zeros((3, B), dtype=int)
        # from the kept point: the EM step, and one that cannot descend
        self._landed = self._careful = start.copy()
        self._remaining = np.full(B, np.inf)
        self._follows = np.ones(B, dtype=bool)  # whether the point chosen last is an EM step

    # -- what a subclass says ----------------------------------------------

    @abstractmethod
    def remember(self, changes: Array, use: NDArray[np.bool_]) -> None:
        """Learn from another point.

        `changes` (3, B, p) are the step to it, the fall of EM's step and that
        of the gradient. Called before the kept point moves; `use` (B,) are
        the members to learn, refused ones among them.
        """

    @abstractmethod
    def direction(self) -> Array:
        """The step (B, p) from the kept point that is hoped to reach the optimum."""

    @abstractmethod
    def forget(self, members: NDArray[np.bool_]) -> None:
        """Begin anew for some members."""

    # -- the path ------------------------------------------------------------

    def advance(self, point: State, step: Step, value: Array, proper: NDArray[np.bool_]) -> State:
        landed = self._landed.replaced(proper, step.state)  # what is no law has no coordinates
        f: Array = self.coordinates.of(landed) - self._tried
        nothing: Array = np.zeros(f.shape)
        f, g = chosen(proper, f, nothing), nothing
        if step.gradient is not None:
            g = chosen(proper, step.gradient / self._total[:, None], nothing)
        noise = NOISE * np.maximum(np.abs(value), 1.0)
        climbs = value >= self.value + ARMIJO * self._promised - noise
        self.accepted = proper & (climbs | ~self.extrapolated)
        moved = proper & (self._n_kept > 0)
        changes = np.stack([self._tried - self.z, self.f - f, self.g - g])
        # what EM still moves far is no part of what is learned
        self.remember(np.where(np.abs(self.f) <= LONGEST, changes, 0.0), moved)
        self._move(landed, step, f, g, value)
        return self._choose(step.may_descend)

    @property
    def remaining(self) -> Array:
        return self._remaining

    def settled(self, tol: float) -> NDArray[np.bool_]:
        """Twice in a row less than a tenth of `tol` to gain, or no gain for long."""
        calm = self.accepted & (self.remaining < tol / 10)
        self._calm = np.where(calm, self._calm + 1, np.where(self.accepted, 0, self._calm))
        return (self._calm > 1) | (self._stalled() if tol else False)

    def keep(self, members: NDArray[np.bool_]) -> None:
        super().keep(members)
        names = "z _tried f g d value _promised _length _refusals _n_kept _calm _total _follows"
        for name in [*names.split(), "_remaining"]:
            setattr(self, name, getattr(self, name)[members])
        self._landed = self._landed.of_batch(members)
        self._careful = self._careful.of_batch(members)

    # -- within --------------------------------------------------------------

    def _move(self, landed: State, step: Step, f: Array, g: Array, value: Array) -> None:
        """Keep the point that was tried where it is accepted."""
        here = self.accepted
        self.z = chosen(here, self._tried, self.z)
        self.f, self.g = chosen(here, f, self.f), chosen(here, g, self.g)
        self.value = chosen(here, value, self.value)
        self._landed = self._landed.replaced(here, landed)
        if step.may_descend:
            self._careful = self._careful.replaced(here, step.careful)
        self._n_kept = self._n_kept + here
        self._refusals = np.where(self.accepted, 0, self._refusals + 1)
        self._look_back(self.value)

    def _choose(self, may_descend: bool) -> State:
        """The next point: along the direction, or where EM goes; with care where that failed."""
        direction = self.direction()
        slope = (self.g * direction).sum(axis=1)
        sound = (slope >= 0) & (slope < np.inf)  # as where the direction is finite
        direction = chosen(sound, direction, np.zeros(direction.shape))
        slope = chosen(sound, slope, np.zeros(len(slope)))
        self._estimate_remaining(slope)
        careful = ~self.accepted & self._follows
        lost = ~sound | careful | (self._refusals > RETRIES)
        self.forget(lost)
        opening = np.where(_largest(self.f) > QUIET, LONG_OPENING, self.opening)
        follow = lost | (self._n_kept <= opening) | ~direction.any(axis=1)
        direction = np.where(np.abs(self.f) > LONGEST, self.f, self._shortened(direction))
        # a refused step is tried shorter, along the direction that it had
        again = ~self.accepted & ~follow
        self.d = chosen(again, self.d, direction)
        self._length = np.where(again, SHORTER * self._length, 1.0)
        reach = self._length[:, None] * self.d
        self._promised = np.where(follow, 0.0, (self.g * reach).sum(axis=1))
        self.extrapolated = ~follow | (may_descend & ~careful)
        self._follows = follow
        self._tried = self.z + chosen(follow, self.f, reach)
        return self._at_tried(follow, careful)

    def _shortened(self, direction: Array) -> Array:
        """The direction with no coordinate longer than LONGEST.

        Each is cut by itself, lest one that runs to the edge of its range
        slow all others down; all together where that would not climb.
        """
        if (largest := _largest(direction)).max(initial=0.0) <= LONGEST:
            return direction
        cut = np.clip(direction, -LONGEST, LONGEST)
        with np.errstate(divide="ignore"):
            scaled = direction * np.minimum(1.0, LONGEST / largest)[:, None]
        climbs = (self.g * cut).sum(axis=1) >= (self.g * scaled).sum(axis=1)
        return np.where(climbs[:, None], cut, scaled)

    def _at_tried(self, follow: NDArray[np.bool_], careful: NDArray[np.bool_]) -> State:
        everyone = np.count_nonzero(follow) == len(follow)
        state = self._landed if everyone else self._confined().replaced(follow, self._landed)
        if np.count_nonzero(careful):
            state = state.replaced(careful, self._careful)
            self._tried[careful] = self.coordinates.of(self._careful.of_batch(careful))
        return state

    def _confined(self) -> State:
        """The state that is tried, within the bounds that EM's own steps keep."""
        tried = self.coordinates.state(self._tried)
        confined = self._confine(tried.params).items()
        state = State(tried.weights, {name: self._hold(name, value) for name, value in confined})
        outside = np.zeros(len(tried.weights), dtype=bool)
        for name, value in state.params.items():
            if value is not tried.params[name]:
                outside |= (value != tried.params[name]).reshape(len(outside), -1).any(axis=1)
        if outside.any():
            self._tried[outside] = self.coordinates.of(state.of_batch(outside))
        return state

    def _estimate_remaining(self, slope: Array) -> None:
        """Half of what the gradient promises along the direction, or along EM's step.

        For a quadratic objective that is the gain itself. Without a gradient
        the last three values are extrapolated.
        """
        if self._wants_gradient:
            self._remaining = 0.5 * np.maximum(slope, (self.g * self.f).sum(axis=1))
        elif len(self.recent) > 2:
            last = self.recent[-1] - self.recent[-2]
            self._remaining = np.maximum(remaining_gain(self.recent[-3:]), last)


def _largest(step: Array) -> Array:
    return np.abs(step).max(axis=1, initial=0.0)
