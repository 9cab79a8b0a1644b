"""Independent ensembles of walkers, each moved by emcee with a generator of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import emcee
import numpy as np
from joblib import Parallel, delayed
from numpy.random import MT19937, RandomState, SeedSequence
from numpy.typing import NDArray

from skmixture.inference.posterior.moves import default_moves
from skmixture.inference.posterior.storage import Layout, Record, pack_states, unpack_states

__all__ = ["Ensembles"]

Array = NDArray[np.floating]

# Steps that workers take on their own before all are recorded.
TOGETHER = 20


class Ensembles:
    """E ensembles of W walkers, those of an ensemble side by side.

    A record has coordinates (1, E W, p), log_prob (1, E W) and accepted
    (1, E W): to emcee it is one ensemble of all walkers.

    Parameters
    ----------
    target : callable
        Log densities (B,) of coordinates (B, p).
    n_ensembles : int
    coordinates : ndarray of shape (E * W, p)
        Where they are.
    moves : None, emcee move, list of them, or list of pairs of move and weight
    seeds : sequence of SeedSequence, one for each ensemble
    """

    def __init__(
        self,
        target: Callable[[Array], Array],
        n_ensembles: int,
        coordinates: Array,
        moves: Any,
        seeds: Sequence[SeedSequence],
    ) -> None:
        moves = default_moves() if moves is None else moves
        parts = np.split(np.asarray(coordinates, dtype=float), n_ensembles)
        W, p = parts[0].shape
        self._samplers = [
            emcee.EnsembleSampler(W, p, target, moves=moves, vectorize=True) for _ in parts
        ]
        for sampler in self._samplers:
            sampler.log_prob_fn = target  # emcee's own prints whatever is raised, interrupts too
        self._places = [
            emcee.State(
                part,
                log_prob=target(part),
                random_state=RandomState(MT19937(seed)).get_state(),
            )
            for part, seed in zip(parts, seeds, strict=True)
        ]

    def layout(self) -> Layout:
        """What a step is made of."""
        W, p = self._places[0].coords.shape
        all_walkers = (1, W * len(self._places))
        of_number = np.dtype(float)
        return Layout(
            {
                "coordinates": ((*all_walkers, p), of_number),
                "log_prob": (all_walkers, of_number),
                "accepted": (all_walkers, np.dtype(bool)),
            }
        )

    def restore(self, record: Record) -> None:
        """Go on from a step that was recorded."""
        n = len(self._places)
        parts = zip(
            np.split(record.arrays["coordinates"][0], n),
            np.split(record.arrays["log_prob"][0], n),
            unpack_states(record.state),
            strict=True,
        )
        self._places = [
            emcee.State(y.copy(), log_prob=log_prob.copy(), random_state=state)
            for y, log_prob, state in parts
        ]

    def steps(self, number: int, n_jobs: int | None = None) -> Iterator[Record]:
        """Take so many steps, one after the other; ensembles side by side where there are workers.

        The same whatever the number of workers.
        """
        workers = Parallel(n_jobs=n_jobs, prefer="threads")
        together = 1 if workers.n_jobs in (None, 1) or len(self._samplers) == 1 else TOGETHER
        if together == 1:
            yield from map(self._joined, zip(*self._walks(number), strict=True))
            return
        for begin in range(0, number, together):
            n = min(together, number - begin)
            runs = workers(delayed(list)(walk) for walk in self._walks(n))
            yield from map(self._joined, zip(*runs, strict=True))

    # -- within ------------------------------------------------------------

    def _walks(self, number: int) -> list[Iterator[Any]]:
        return [self._walk(e, number) for e in range(len(self._samplers))]

    def _walk(self, e: int, number: int) -> Iterator[Any]:
        """Places of one ensemble, with those of its walkers that moved."""
        before = self._places[e].coords
        walk = self._samplers[e].sample(
            self._places[e], iterations=number, store=False, skip_initial_state_check=True
        )
        for place in walk:
            here = place.coords.copy()
            moved = (here != before).any(axis=1)  # a proposal is never where the walker is
            self._places[e] = place
            yield here, place.log_prob.copy(), moved, place.random_state
            before = here

    @staticmethod
    def _joined(parts: Sequence[Any]) -> Record:
        coordinates, log_prob, moved, states = zip(*parts, strict=True)
        arrays = {
            "coordinates": np.concatenate(coordinates)[None],
            "log_prob": np.concatenate(log_prob)[None],
            "accepted": np.concatenate(moved)[None],
        }
        return Record(arrays, pack_states(states))
