"""Moves of an ensemble, a whole half at a time.

Proposals for one half of the walkers are made of those in the other. emcee's
own moves loop over the walkers, which for quick densities takes longer than
the densities.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from emcee.moves import Move
from numpy.random import RandomState
from numpy.typing import NDArray

__all__ = ["Difference", "Snooker", "check_moves", "default_moves", "told"]

Array = NDArray[np.floating]

# Steps in units that are best for a normal distribution, by the two references.
OF_DIFFERENCE, OF_SNOOKER = 2.38 / np.sqrt(2), 1.7
# The share of steps as long as the difference itself, which lead from mode to mode.
JUMPS = 0.1
# Relative noise, without which walkers might stay on a lattice.
NOISE = 1e-5


def default_moves() -> list[tuple[Move, float]]:
    """Moves with their weights; on mixtures worth several times as much as stretches."""
    return [(Difference(), 0.8), (Snooker(), 0.2)]


class _HalfByHalf(Move):
    """Walkers in two random halves, each moved in view of the other."""

    def propose(self, model: Any, state: Any) -> tuple[Any, NDArray[np.bool_]]:
        """What emcee asks of a move: the state after it, and which walkers moved."""
        rng, n = model.random, len(state.coords)
        order = rng.permutation(n)
        halves = order[: (n + 1) // 2], order[(n + 1) // 2 :]
        accepted = np.zeros(n, dtype=bool)
        for own, others in (halves, halves[::-1]):
            here = state.coords[own]
            there, log_factor = self.proposed(here, state.coords[others], rng)
            log_prob = np.asarray(model.log_prob_fn(there))
            gain = log_factor + log_prob - state.log_prob[own]
            moves = np.log(rng.uniform(size=len(own))) < gain
            chosen = own[moves]
            state.coords[chosen], state.log_prob[chosen] = there[moves], log_prob[moves]
            accepted[chosen] = True
        return state, accepted

    @abstractmethod
    def proposed(self, here: Array, others: Array, rng: RandomState) -> tuple[Array, Array]:
        """Proposals (m, p) for walkers (m, p), and logs (m,) of their Hastings factors."""


class Difference(_HalfByHalf):
    """A step along the difference of two other walkers.

    ter Braak (2006), Statistics and Computing 16, 239-249.
    """

    def proposed(self, here: Array, others: Array, rng: RandomState) -> tuple[Array, Array]:
        m, p = here.shape
        first, second = _distinct(len(others), m, 2, rng)
        length = np.where(rng.uniform(size=(m, 1)) < JUMPS, 1.0, OF_DIFFERENCE / np.sqrt(p))
        length = length * (1 + NOISE * rng.normal(size=(m, 1)))
        return here + length * (others[first] - others[second]), np.zeros(m)


class Snooker(_HalfByHalf):
    """A step along the line to another walker, as long as two more lie apart along it.

    ter Braak and Vrugt (2008), Statistics and Computing 18, 435-446.
    """

    def proposed(self, here: Array, others: Array, rng: RandomState) -> tuple[Array, Array]:
        m, p = here.shape
        anchor, first, second = _distinct(len(others), m, 3, rng)
        line = here - others[anchor]
        distance = np.sqrt(np.square(line).sum(axis=1))
        apart = ((others[first] - others[second]) * line).sum(axis=1) / distance
        there = here + (OF_SNOOKER * apart / distance)[:, None] * line
        after = np.sqrt(np.square(there - others[anchor]).sum(axis=1))
        with np.errstate(divide="ignore"):
            return there, (p - 1) * np.log(after / distance)


def _distinct(n: int, m: int, k: int, rng: RandomState) -> NDArray[np.integer]:
    """For each of m walkers k different ones of n others, (k, m)."""
    chosen = np.empty((k, m), dtype=np.intp)
    for i in range(k):
        chosen[i] = rng.randint(n - i, size=m)
        earlier = np.sort(chosen[:i], axis=0) if i > 1 else chosen[:i]
        for before in earlier:  # places among those that are left
            chosen[i] += chosen[i] >= before
    return chosen


def check_moves(moves: Any) -> None:
    """Raise a ValueError unless these are moves as emcee takes them."""
    if moves is None:
        return
    each = moves if isinstance(moves, list | tuple) else [moves]
    bare = [own[0] if isinstance(own, tuple) and len(own) == 2 else own for own in each]
    if not bare or not all(hasattr(move, "propose") for move in bare):
        raise ValueError(
            "moves must be a move of emcee, such as emcee.moves.StretchMove(), a list of moves or "
            f"of (move, weight), got {moves!r}"
        )


def told(moves: Any) -> str:
    """Moves in words."""
    if moves is None:
        return "default"
    pairs = moves if isinstance(moves, list | tuple) else [moves]
    return ", ".join(
        f"{type(pair[0]).__name__} {pair[1]}" if isinstance(pair, tuple) else type(pair).__name__
        for pair in pairs
    )
