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
        # steps, falls of the gradient, falls of the EM step, all by the root of the step times
        # the fall of the gradient, and 0 where nothing is remembered: oldest first
        self._s, self._y, self._v = np.zeros((3, B, min(MEMORY, max(p, 1)), p))

    def remember(self, s: Array, v: Array, y: Array, use: NDArray[np.bool_]) -> None:
        curvature = (s * y).sum(axis=1)
        size = np.sqrt((s * s).sum(axis=1) * (y * y).sum(axis=1))
        use = use & self.accepted & (curvature > 1e-12 * size)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            scale = np.sqrt(np.where(use, curvature, 1.0))[:, None]
            for memory, new in ((self._s, s), (self._y, y), (self._v, v)):
                memory[use, :-1] = memory[use, 1:]
                memory[use, -1] = (new / scale)[use]

    def direction(self) -> Array:
        first = self._first_used()
        s, y, v = self._s[:, first:], self._y[:, first:], self._v[:, first:]
        inverse = np.linalg.inv(_unit_triangle(s @ np.swapaxes(y, 1, 2)))
        alpha = inverse @ (s @ self.g[..., None])  # (B, m, 1)
        step = self._longer()[:, None] * (self.f - (np.swapaxes(v, 1, 2) @ alpha)[..., 0])
        rest = np.swapaxes(inverse, 1, 2) @ (alpha - y @ step[..., None])
        return step + (np.swapaxes(s, 1, 2) @ rest)[..., 0]

    def _first_used(self) -> int:
        """The oldest place that any member remembers something in."""
        used = np.flatnonzero(self._s.any(axis=(0, 2)))
        return int(used[0]) if len(used) else self._s.shape[1]

    def _longer(self) -> Array:
        """How much longer than EM's step (B,) the newest pair says that steps should be.

        The usual scale of a first guess, here of EM's: where components
        overlap, EM's steps are all too short.
        """
        y, v = self._y[:, -1], self._v[:, -1]
        by_em = (y * v).sum(axis=1)  # where the gradient's is 1, or nothing is remembered
        ratio = np.divide(1.0, by_em, out=np.ones_like(by_em), where=by_em > 0)
        return np.minimum(np.maximum(ratio, 1.0), LONGER)

    def forget(self, members: NDArray[np.bool_]) -> None:
        if np.count_nonzero(members):
            for memory in (self._s, self._y, self._v):
                memory[members] = 0.0

    def keep(self, members: NDArray[np.bool_]) -> None:
        super().keep(members)
        self._s, self._y, self._v = self._s[members], self._y[members], self._v[members]


def _unit_triangle(products: Array) -> Array:
    """The part of (B, m, m) above the diagonal, with ones on it."""
    m = products.shape[-1]
    return np.triu(products, 1) + np.eye(m)
