"""L-BFGS on the observed log-likelihood, with the EM step as its preconditioner.

The EM step is about the inverse information of the complete data times the
gradient (Jamshidian and Jennrich 1997, Journal of the Royal Statistical
Society B 59, 569-587). So it serves as the first guess of the inverse
Hessian times the gradient, and differences of EM steps as that guess times
differences of gradients, and an iteration costs one E-step. The two loops of
Nocedal (1980, Mathematics of Computation 35, 773-782) solve a triangular system
each; here they are solved as such, for the whole batch at once.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.acceleration.guarded import Guarded
from skmixture.engine.acceleration.path import chosen
from skmixture.engine.em import EM
from skmixture.engine.state import State

__all__ = ["LBFGS"]

Array = NDArray[np.floating]

# Pairs that are remembered; more than there are coordinates stall it.
MEMORY = 30
# How much longer than EM's the step of the first guess may be.
LONGER = 100.0


class LBFGS(Guarded):
    """Quasi-Newton steps from the last few points, for a whole batch at once."""

    def __init__(self, em: EM, start: State) -> None:
        super().__init__(em, start)
        B, p = self.z.shape
        # steps, falls of the EM step, falls of the gradient, all by the root of the step times
        # the fall of the gradient, and 0 where nothing is remembered: oldest first
        self._pairs = np.zeros((B, 3, min(MEMORY, max(p, 1)), p))
        self._n_pairs = np.zeros(B, dtype=int)

    def remember(self, changes: Array, use: NDArray[np.bool_]) -> None:
        s, _, y = changes
        curvature = np.add.reduce(s * y, axis=1)
        size = np.sqrt(np.add.reduce(s * s, axis=1) * np.add.reduce(y * y, axis=1))
        use = use & self.accepted & (curvature > 1e-12 * size)
        if not np.count_nonzero(use):
            return
        with np.errstate(over="ignore", invalid="ignore"):
            new = changes / np.sqrt(np.where(use, curvature, 1.0))[:, None]
        new = new.swapaxes(0, 1)[:, :, None]
        longer = np.concatenate([self._pairs[:, :, 1:], new], axis=2)
        self._pairs = chosen(use, longer, self._pairs)
        self._n_pairs = np.minimum(self._n_pairs + use, self._pairs.shape[2])

    def direction(self) -> Array:
        m = int(self._n_pairs.max(initial=0))  # that any member remembers
        if m == 0:
            return self.f
        s, v, y = self._pairs[:, :, -m:].swapaxes(0, 1)
        inverse = np.linalg.inv(_unit_triangle(s @ np.swapaxes(y, 1, 2)))
        alpha = inverse @ (s @ self.g[..., None])  # (B, m, 1)
        step = self._longer()[:, None] * (self.f - (np.swapaxes(v, 1, 2) @ alpha)[..., 0])
        rest = np.swapaxes(inverse, 1, 2) @ (alpha - y @ step[..., None])
        return step + (np.swapaxes(s, 1, 2) @ rest)[..., 0]

    def _longer(self) -> Array:
        """How much longer than EM's step (B,) the newest pair says that steps should be.

        The usual scale of a first guess, here of EM's: where components
        overlap, EM's steps are all too short.
        """
        v, y = self._pairs[:, 1, -1], self._pairs[:, 2, -1]
        by_em = np.add.reduce(y * v, axis=1)  # where the gradient's is 1, or nothing is remembered
        ratio = 1 / np.where(by_em > 0, by_em, 1.0)
        return np.minimum(np.maximum(ratio, 1.0), LONGER)

    def forget(self, members: NDArray[np.bool_]) -> None:
        if np.count_nonzero(members):
            self._pairs[members] = 0.0
            self._n_pairs = np.where(members, 0, self._n_pairs)

    def keep(self, members: NDArray[np.bool_]) -> None:
        super().keep(members)
        self._pairs, self._n_pairs = self._pairs[members], self._n_pairs[members]


def _unit_triangle(products: Array) -> Array:
    """The part of (B, m, m) above the diagonal, with ones on it."""
    above, diagonal = _triangle(products.shape[-1])
    return products * above + diagonal


@cache
def _triangle(m: int) -> tuple[Array, Array]:
    """Ones above the diagonal, and on it."""
    return np.triu(np.ones((m, m)), 1), np.eye(m)
