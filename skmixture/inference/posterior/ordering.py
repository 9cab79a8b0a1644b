"""An order of the components that every draw keeps to, so that labels cannot switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.state import State
from skmixture.given.numbering import OrderBy
from skmixture.law.family import Family

__all__ = ["Ordering"]


@dataclass(frozen=True)
class Ordering:
    """Components in increasing order of a key.

    Attributes
    ----------
    by : str or callable
        "weights", a parameter, of which the first entry counts, or a function
        of the dict of weights and parameters (K, ...) of one draw.
    family, law : Family
        In the user's units, and localised.
    shares : ndarray of shape (G,)
        Part of all rows that is in each stratum.
    """

    by: OrderBy
    family: Family
    law: Family
    shares: NDArray[np.floating]

    def kept(self, state: State) -> NDArray[np.bool_]:
        """Which states (B,), in local units, are in order."""
        keys = self._keys(state)
        return np.asarray((np.diff(keys, axis=1) > 0).all(axis=1))

    def _keys(self, state: State) -> NDArray[np.floating]:
        weights = np.einsum("g,bgk->bk", self.shares, state.weights)
        if self.by == "weights":
            return weights
        params = self.law.to_user(state.params)
        if isinstance(self.by, str):
            value = params[self.by]
            return value.reshape(*value.shape[:2], -1)[..., 0]
        return np.stack([self._of_one(w, params, b) for b, w in enumerate(weights)])

    def _of_one(self, weights: Any, params: Any, b: int) -> NDArray[np.floating]:
        assert callable(self.by)
        published = self.family.publish({name: value[b] for name, value in params.items()})
        return np.asarray(self.by({"weights": weights, **published}), dtype=float)
