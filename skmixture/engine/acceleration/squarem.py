"""SQUAREM: two EM steps, then their extrapolation, squared.

Varadhan and Roland (2008, Scandinavian Journal of Statistics 35, 335-353),
their third step length.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.acceleration.guarded import Guarded
from skmixture.engine.em import EM
from skmixture.engine.state import State

__all__ = ["Squarem"]

Array = NDArray[np.floating]


class Squarem(Guarded):
    """After two steps of EM an extrapolation, then EM again."""

    def __init__(self, em: EM, start: State) -> None:
        super().__init__(em, start)
        self._before = np.zeros_like(self.z)  # EM step from the point before
        self._n_em = np.zeros(len(self.z), dtype=int)  # EM steps since an extrapolation

    def remember(self, changes: Array, use: NDArray[np.bool_]) -> None:
        kept = use & self.accepted
        self._before = np.where(kept[:, None], self.f, self._before)
        self._n_em = np.where(kept & ~self.extrapolated, self._n_em + 1, 0)

    def direction(self) -> Array:
        r, v = self._before, self.f - self._before
        with np.errstate(divide="ignore", invalid="ignore"):
            length = np.sqrt((r * r).sum(axis=1) / (v * v).sum(axis=1))
        length = np.where(np.isfinite(length), np.maximum(length, 1.0), 1.0)[:, None]
        # from the point before: 2 a r + a^2 v; the kept point lies r beyond it
        step = (2 * length - 1) * r + length**2 * v
        return np.where((self._n_em > 0)[:, None], step, 0.0)

    def forget(self, members: NDArray[np.bool_]) -> None:
        self._n_em[members] = 0

    def keep(self, members: NDArray[np.bool_]) -> None:
        super().keep(members)
        self._before, self._n_em = self._before[members], self._n_em[members]
