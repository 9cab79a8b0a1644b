"""Replicates that are the rows of the data with other weights."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.engine.em import EM
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.sources import Replicates, Source, repeated

__all__ = ["LeftOut", "Reweighted", "Weighted"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Weighted(Source):
    """Replicates that are weights over the rows of the ground."""

    ground: Ground

    @abstractmethod
    def weights(self, index: int, seeds: Seeds) -> Array:
        """Those of a replicate (m,), in rows, over the distinct rows."""

    @cached_property
    def own(self) -> Array:
        """How many rows (m,) each distinct one stands for in the data."""
        rows = self.ground.problem.em.rows
        unit = self.ground.unit
        return np.full(rows.n_rows, unit) if rows.weight is None else unit * rows.weight[0]

    def make(self, indices: Sequence[int], seeds: Seeds) -> Replicates:
        ground, em = self.ground, self.ground.problem.em
        weight = np.stack([self.weights(index, seeds) for index in indices]) / ground.unit
        # laws remember what they were asked last: a batch has one of its own
        law = copy.deepcopy(em.family)
        em = EM(law, replace(em.rows, weight=weight), em.constraints, em.penalty)
        return Replicates(em, repeated(ground.start, len(indices)), ground.unit, ground.rows.strata)


@dataclass(frozen=True)
class Reweighted(Weighted):
    """Weights by chance, each stratum keeping its number of rows.

    Attributes
    ----------
    smooth : bool
        False: how often each row is drawn, of as many draws with replacement
        as there are rows. True: exponential weights, the Bayesian bootstrap
        (Rubin 1981, Annals of Statistics 9, 130-134).
    """

    smooth: bool = False

    def weights(self, index: int, seeds: Seeds) -> Array:
        rng, codes, own = seeds.of_rows(index), self.ground.problem.em.rows.strata, self.own
        if codes is None:
            return self._within(own, rng)
        weights = np.empty(len(own))
        for code in range(self.ground.rows.n_strata):
            here = codes == code
            weights[here] = self._within(own[here], rng)
        return weights

    def _within(self, own: Array, rng: RandomState) -> Array:
        total = own.sum()
        if self.smooth:  # a row that stands for several: the sum of as many exponentials
            chances = rng.standard_gamma(own)
            return chances * (total / chances.sum())
        n = max(round(total), 1)
        return rng.multinomial(n, own / total) * (total / n)


@dataclass(frozen=True)
class LeftOut(Weighted):
    """The data without one row, or one group of rows: the jackknife.

    Attributes
    ----------
    groups : sequence of ndarray of int
        Places of distinct rows that are left out together, by number.
    """

    groups: Sequence[NDArray[np.integer]] = ()

    def weights(self, index: int, seeds: Seeds) -> Array:
        weights, group = self.own.copy(), self.groups[index]
        # of equal rows, one: the others make the same replicate
        weights[group] = np.maximum(weights[group] - 1, 0.0) if len(group) == 1 else 0.0
        return weights
