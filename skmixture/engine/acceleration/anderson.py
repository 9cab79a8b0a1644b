"""Anderson's extrapolation of the EM map, which needs no gradient.

Anderson (1965, Journal of the ACM 12, 547-560): the next point is where the
EM step would vanish if it were linear in the last few points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.acceleration.guarded import Guarded
from skmixture.engine.em import EM
from skmixture.engine.state import State

__all__ = ["Anderson"]

Array = NDArray[np.floating]

# Differences that are remembered.
MEMORY = 5
# Singular values below this part of the largest say nothing.
CUTOFF = 1e-10


class Anderson(Guarded):
    """Least squares over the last EM steps, refused points among them."""

    def __init__(self, em: EM, start: State) -> None:
        super().__init__(em, start)
        B, p = self.z.shape
        self._dz, self._df = np.zeros((2, B, min(MEMORY, max(p, 1)), p))  # oldest first

    def remember(self, changes: Array, use: NDArray[np.bool_]) -> None:
        # a refused point is seen from the kept one: its difference is as good
        s, v, _ = changes
        for memory, new in ((self._dz, s), (self._df, -v)):
            memory[use] = np.concatenate([memory[use, 1:], new[use, None]], axis=1)

    def direction(self) -> Array:
        size = np.linalg.norm(self._df, axis=2, keepdims=True)
        unit = np.divide(self._df, size, out=np.zeros_like(self._df), where=size > 0)
        inverse = np.linalg.pinv(np.swapaxes(unit, 1, 2), rcond=CUTOFF)  # (B, m, p)
        shares = np.einsum("bmp,bp->bm", inverse, self.f)
        shares = np.divide(shares, size[..., 0], out=np.zeros_like(shares), where=size[..., 0] > 0)
        return np.asarray(self.f - np.einsum("bm,bmp->bp", shares, self._dz + self._df))

    def forget(self, members: NDArray[np.bool_]) -> None:
        self._dz[members] = self._df[members] = 0.0

    def keep(self, members: NDArray[np.bool_]) -> None:
        super().keep(members)
        self._dz, self._df = self._dz[members], self._df[members]
