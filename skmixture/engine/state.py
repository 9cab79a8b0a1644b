"""What passes between the steps of EM, for a whole batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Penalty", "State", "Step", "Sums"]

Array = NDArray[np.floating]


class State(NamedTuple):
    """Mixing weights (B, G, K) and parameters, each (B, K, ...)."""

    weights: Array
    params: dict[str, Array]

    @classmethod
    def stack(cls, states: Sequence[State]) -> State:
        """Batches put one behind the other."""
        params = {
            name: np.concatenate([state.params[name] for state in states])
            for name in states[0].params
        }
        return cls(np.concatenate([state.weights for state in states]), params)

    @property
    def n_numbers(self) -> int:
        """Numbers that make up one member of the batch."""
        arrays = [self.weights, *self.params.values()]
        return sum(array.size // max(len(array), 1) for array in arrays)

    def copy(self) -> State:
        """The same, in arrays of its own."""
        return State(self.weights.copy(), {name: v.copy() for name, v in self.params.items()})

    def of_batch(self, members: NDArray) -> State:
        """Some members of the batch, by index or mask."""
        params = {name: value[members] for name, value in self.params.items()}
        return State(self.weights[members], params)

    def replaced(self, members: NDArray[np.bool_], by: State) -> State:
        """Those of another in the place of some members; `by` itself where that is all of them."""
        number = np.count_nonzero(members)
        if number == len(members):
            return by
        if number == 0:
            return self
        state = self.copy()
        state.put(members, by.of_batch(members))
        return state

    def put(self, members: NDArray, other: State) -> None:
        """Overwrite some members of the batch."""
        self.weights[members] = other.weights
        for name, value in other.params.items():
            self.params[name][members] = value


@dataclass
class Sums:
    """What one sweep over the rows adds up to."""

    log_likelihood: Array  # (B,)
    mass: Array  # (B, G, K), expected number of rows
    stats: dict[str, Array]

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.log_likelihood + other.log_likelihood,
            self.mass + other.mass,
            {name: value + other.stats[name] for name, value in self.stats.items()},
        )


@dataclass
class Step:
    """One EM iteration: the objective before the step, and where it leads.

    Attributes
    ----------
    log_likelihood : ndarray of shape (B,)
        Sum over rows, at the old state.
    objective : ndarray of shape (B,)
        The same plus the log density of priors.
    state : State
        Where the M-step leads.
    careful : State
        Where one leads that cannot descend; the same object where the
        M-step cannot.
    gradient : ndarray of shape (B, p) or None
        Of the objective at the old state.
    """

    log_likelihood: Array
    objective: Array
    state: State
    careful: State
    gradient: Array | None = None

    @property
    def may_descend(self) -> bool:
        """Whether the M-step is one that may lower the objective."""
        return self.careful is not self.state

    @classmethod
    def blank(cls, state: State, n_coordinates: int) -> Step:
        """A step for as many members as `state` has, to be filled by `put`."""
        B = len(state.weights)
        landed = state.copy()
        gradient = np.empty((B, n_coordinates)) if n_coordinates else None
        return cls(np.empty(B), np.empty(B), landed, landed, gradient)

    def put(self, members: NDArray, other: Step) -> None:
        """Overwrite some members of the batch."""
        self.log_likelihood[members] = other.log_likelihood
        self.objective[members] = other.objective
        if other.may_descend and not self.may_descend:
            self.careful = self.state.copy()
        self.state.put(members, other.state)
        if self.may_descend:
            self.careful.put(members, other.careful)
        if self.gradient is not None and other.gradient is not None:
            self.gradient[members] = other.gradient


@dataclass(frozen=True)
class Penalty:
    """What joins the log-likelihood, and the mass that it adds to each component's."""

    log_density: Callable[[State], Array]  # (B,)
    mass: Array  # broadcastable to (B, G, K)

    def join(self, sums: Sums) -> None:
        """Add the mass to that of the data."""
        sums.mass = sums.mass + self.mass
