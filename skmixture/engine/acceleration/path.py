"""What a path to the optimum is, and the plainest one: EM itself."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.coordinates import Coordinates
from skmixture.engine.em import EM
from skmixture.engine.state import State, Step

__all__ = ["NOISE", "WINDOW", "Path", "Plain", "chosen", "remaining_gain"]

Array = NDArray[np.floating]

# Values that a stopping rule looks back on.
WINDOW = 6
# Part of a value that may be rounding.
NOISE = 4e-15


class Path(ABC):
    """Chooses where the next E-step is made, for every member of a batch.

    After an E-step at the point that it chose, `advance` is told what was
    found there, says by `accepted` whether the point is kept, and returns the
    next one. Values are means over the rows.

    Attributes
    ----------
    coordinates : Coordinates or None
        Those in which the gradient is wanted with every step; None wants none.
    extrapolated : ndarray of bool of shape (B,)
        Whether the point chosen last is none that EM was bound to climb to.
        It may then be refused without a fault of anyone's.
    accepted : ndarray of bool of shape (B,)
        Whether the point evaluated last was kept.
    recent : ndarray of shape (up to WINDOW, B)
        The values of the last evaluations, of the point kept then.
    opening : int
        Steps of plain EM before any extrapolation: they leave the worst of a start behind.
    """

    coordinates: Coordinates | None = None
    opening = 5

    def __init__(self, em: EM, start: State) -> None:
        B = len(start.weights)
        self.extrapolated = np.zeros(B, dtype=bool)
        self.accepted = np.zeros(B, dtype=bool)
        self.recent = np.empty((0, B))

    @property
    @abstractmethod
    def remaining(self) -> Array:
        """Estimated gain (B,) still to come, inf where unknown."""

    @abstractmethod
    def advance(self, point: State, step: Step, value: Array, proper: NDArray[np.bool_]) -> State:
        """Judge the point just evaluated and return the next one.

        Parameters
        ----------
        point : State
            Where the step was made from.
        step : Step
        value : ndarray of shape (B,)
            The objective at the point.
        proper : ndarray of bool of shape (B,)
            Whether value, point and the EM step from it are all sound.
        """

    @abstractmethod
    def settled(self, tol: float) -> NDArray[np.bool_]:
        """Members with less than `tol` still to gain, as far as can be told."""

    def keep(self, members: NDArray[np.bool_]) -> None:
        """Go on with some members of the batch only."""
        for name in ("extrapolated", "accepted"):
            setattr(self, name, getattr(self, name)[members])
        self.recent = self.recent[:, members]

    def _look_back(self, value: Array) -> None:
        self.recent = np.concatenate([self.recent[1 - WINDOW :], value[None]])

    def _stalled(self) -> NDArray[np.bool_]:
        """Members whose value has not risen for as long as is looked back."""
        if len(self.recent) < WINDOW:
            return np.zeros(self.recent.shape[1], dtype=bool)
        return np.asarray(self.recent[1:].max(axis=0) <= self.recent[0])


class Plain(Path):
    """EM itself: the next point is the step.

    Where a step that may descend did so, the careful one is taken instead.
    """

    def __init__(self, em: EM, start: State) -> None:
        super().__init__(em, start)
        self.value = np.full(len(start.weights), -np.inf)
        self._careful = start

    def advance(self, point: State, step: Step, value: Array, proper: NDArray[np.bool_]) -> State:
        climbs = proper & (value >= self.value - NOISE * np.maximum(np.abs(value), 1.0))
        self.accepted = climbs | ~self.extrapolated
        following = self._careful.replaced(self.accepted, step.state)
        if step.may_descend:
            self._careful = self._careful.replaced(self.accepted, step.careful)
            self.extrapolated = self.accepted
        self.value = chosen(self.accepted, value, self.value)
        self._look_back(self.value)
        return following

    @property
    def remaining(self) -> Array:
        if len(self.recent) < 3:
            return np.full(self.recent.shape[1], np.inf)
        return remaining_gain(self.recent[-3:])

    def keep(self, members: NDArray[np.bool_]) -> None:
        super().keep(members)
        self.value, self._careful = self.value[members], self._careful.of_batch(members)

    def settled(self, tol: float) -> NDArray[np.bool_]:
        if len(self.recent) < 2:
            return np.zeros(self.recent.shape[1], dtype=bool)
        change = self.recent[-1] - self.recent[-2]
        # EM can only climb: where it does not, what is left is rounding
        settled = self.accepted & (change <= 0) & (np.abs(change) < tol)
        if len(self.recent) >= 4:
            before = remaining_gain(self.recent[-4:-1])
            settled |= (self.remaining < tol) & (before < tol)
        return settled | self._stalled() if tol else settled


def chosen(members: NDArray[np.bool_], here: Array, elsewhere: Array) -> Array:
    """Values (B, ...) of some members from one array and of the rest from another.

    Mostly it is all or none, and batches are small: then nothing is copied.
    """
    number = np.count_nonzero(members)
    if number == len(members):
        return here
    if number == 0:
        return elsewhere
    return np.where(members.reshape(-1, *(1,) * (here.ndim - 1)), here, elsewhere)


def remaining_gain(last_three: Array) -> Array:
    """Gain still to come if the changes go on shrinking by their last ratio.

    Aitken's extrapolation of three values (3, B).
    """
    before, after = np.diff(last_three, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = after / before
        gain = np.abs(after) * ratio / (1 - ratio)
    return np.where((ratio > 0) & (ratio < 1), gain, np.inf)
