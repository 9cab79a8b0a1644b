"""The jackknife: what the data say without each of their rows."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.replicates.alignment import Alignment
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.publication import published
from skmixture.inference.replicates.refits import Refitting
from skmixture.inference.replicates.reweighted import LeftOut
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.spreading import spread

__all__ = ["Jackknife", "LeftOutFits"]

Array = NDArray[np.floating]

# More distinct rows than this are left out by groups.
MOST = 400


class LeftOutFits(NamedTuple):
    """Fits without some rows.

    Attributes
    ----------
    values : dict of str to ndarray of shape (J, K, ...)
    weight : ndarray of shape (J,)
        How many times each would come up, were rows left out one by one.
    """

    values: dict[str, Array]
    weight: Array


class Jackknife:
    """Fits without each row, made when they are asked for."""

    def __init__(self, ground: Ground, alignment: Alignment) -> None:
        self._ground = ground
        self._alignment = alignment

    @cached_property
    def fits(self) -> LeftOutFits:
        """All of them; where a fit fails, it is left out."""
        ground = self._ground
        n = ground.problem.em.rows.n_rows
        order = np.arange(n) if n <= MOST else np.random.RandomState(0).permutation(n)
        groups = np.array_split(order, min(n, MOST))
        source = LeftOut(ground, groups)
        refits = spread(Refitting(source, Seeds((0,)), self._alignment), len(groups), None)
        weight = source.own if len(groups) == n else np.ones(len(groups))
        values = published(ground, refits.state, ground.problem.shares)
        return LeftOutFits(values, weight[refits.index])
