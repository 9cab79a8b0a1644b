"""L-BFGS on the observed log-likelihood, with the EM step as its preconditioner.

The EM step is about the inverse information of the complete data times the
gradient (Jamshidian and Jennrich 1997, Journal of the Royal Statistical
Society B 59, 569-587). So it serves as the first guess of the inverse
Hessian times the gradient, and differences of EM steps as that guess times
differences of gradients: the two loops of Nocedal (1980, Mathematics of
Computation 35, 773-782) need nothing else, and an iteration costs one E-step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.acceleration.guarded import Guarded
from skmixture.em import EM
from skmixture.state import State

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
        # steps, falls of the gradient, falls of the EM step: oldest first
        self._s, self._y, self._v = np.zeros((3, B, min(MEMORY, max(p, 1)), p))
        self._rho = np.zeros(self._s.shape[:2])  # 1 / s.y, and 0 where nothing is remembered

    def remember(self, s: Array, v: Array, y: Array, use: NDArray[np.bool_]) -> None:
        curvature = (s * y).sum(axis=1)
        size = np.sqrt((s * s).sum(axis=1) * (y * y).sum(axis=1))
        use = use & self.accepted & (curvature > 1e-12 * size)
        for memory, new in ((self._s, s), (self._y, y), (self._v, v)):
            memory[use] = np.concatenate([memory[use, 1:], new[use, None]], axis=1)
        with np.errstate(divide="ignore", over="ignore"):
            newest = 1 / curvature[use, None]
        self._rho[use] = np.concatenate([self._rho[use, 1:], newest], axis=1)

    def direction(self) -> Array:
        q, step = self.g.copy(), self.f.copy()
        used = np.flatnonzero(self._rho.any(axis=0))
        first, end = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)
        alphas = np.zeros_like(self._rho)
        for i in range(end - 1, first - 1, -1):
            alpha = self._rho[:, i] * np.einsum("bp,bp->b", self._s[:, i], q)
            q -= alpha[:, None] * self._y[:, i]
            step -= alpha[:, None] * self._v[:, i]
            alphas[:, i] = alpha
        step *= self._longer()[:, None]
        for i in range(first, end):
            beta = self._rho[:, i] * np.einsum("bp,bp->b", self._y[:, i], step)
            step += (alphas[:, i] - beta)[:, None] * self._s[:, i]
        return step

    def _longer(self) -> Array:
        """How much longer than EM's step (B,) the newest pair says that steps should be.

        The usual scale of a first guess, here of EM's: where components
        overlap, EM's steps are all too short.
        """
        s, y, v = self._s[:, -1], self._y[:, -1], self._v[:, -1]
        curvature, by_em = np.einsum("bp,bp->b", s, y), np.einsum("bp,bp->b", y, v)
        known = (self._rho[:, -1] > 0) & (by_em > 0)
        ratio = np.divide(curvature, by_em, out=np.ones_like(by_em), where=known)
        return np.clip(ratio, 1.0, LONGER)

    def forget(self, members: NDArray[np.bool_]) -> None:
        self._rho[members] = 0.0

    def keep(self, members: NDArray[np.bool_]) -> None:
        super().keep(members)
        self._s, self._y, self._v = self._s[members], self._y[members], self._v[members]
        self._rho = self._rho[members]
