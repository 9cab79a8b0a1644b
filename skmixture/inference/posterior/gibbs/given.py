"""What is given while parameters move: labels, and how much they count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.state import State
from skmixture.inference.posterior.gibbs.labelled import Labelled
from skmixture.law.family import Arrays

__all__ = ["Given"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Given:
    """Labels of B walkers, all sums over which are divided by the temperature.

    Attributes
    ----------
    rows : Labelled
    table : ndarray of shape (B, K, m)
        How many copies of each distinct row have each label.
    temperature : float
    """

    rows: Labelled
    table: Array
    temperature: float = 1.0

    def of(self, members: NDArray[np.integer]) -> Given:
        """Those of some walkers."""
        return self if len(members) == len(self.table) else self._part(members)

    def _part(self, members: NDArray[np.integer]) -> Given:
        return Given(self.rows, self.table[members], self.temperature)

    @cached_property
    def mass(self) -> Array:
        """Rows (B, G, K) with each label, by stratum."""
        return self.rows.mass(self.table) / self.temperature

    def sums(self, params: Arrays) -> dict[str, Array]:
        """Statistics of the rows of each component, gathered with `params`."""
        return self.rows.sums(self.table / self.temperature, params)

    def heights(self, state: State) -> Array:
        """Log-likelihood (B, K) of the rows of each component."""
        return self.rows.heights(state, self.table) / self.temperature
