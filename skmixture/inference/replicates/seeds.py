"""Random numbers by the index of a replicate, so that none depends on where others are made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import PCG64, RandomState, SeedSequence

__all__ = ["Seeds"]


class Seeds(NamedTuple):
    """Seeds of replicates.

    Attributes
    ----------
    entropy : tuple of int
    """

    entropy: tuple[int, ...]

    @classmethod
    def drawn(cls, rng: RandomState) -> Seeds:
        """Seeds that follow from the state of a generator."""
        return cls(tuple(rng.randint(0, 2**32, size=4, dtype=np.uint64).tolist()))

    def of_rows(self, index: int) -> RandomState:
        """The generator that makes a replicate."""
        return self._generator(index)

    def of_starts(self, index: int) -> RandomState:
        """The generator of a replicate's fresh starts."""
        return self._generator(index, 1)

    def _generator(self, *key: int) -> RandomState:
        # one of few words of state: Mersenne's twister takes as long to seed as a refit
        return RandomState(PCG64(SeedSequence(self.entropy, spawn_key=key)))
