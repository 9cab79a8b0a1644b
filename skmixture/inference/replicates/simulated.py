"""Replicates that the fitted model draws.

Where the values that rows can take are few, as those of counts are, all tables
of a batch are weights over the values that came up. Elsewhere each has rows of
its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.engine.em import EM
from skmixture.estimator.scoring.draws import drawn
from skmixture.fit.problem import Problem
from skmixture.given.batch import Batch
from skmixture.inference.replicates.ground import Ground
from skmixture.inference.replicates.seeds import Seeds
from skmixture.inference.replicates.sources import Replicates, Source, repeated
from skmixture.table.holes import has_holes
from skmixture.table.rows import Rows

__all__ = ["Simulated"]

Array = NDArray[np.floating]

# Tables are weights over what they have in common as long as that is no more than so many times
# the rows of one.
MOST_IN_COMMON = 4


@dataclass(frozen=True)
class Simulated(Source):
    """Rows that the model draws, as many as the data, with the exposures and strata of these."""

    ground: Ground

    def __post_init__(self) -> None:
        """Raise a ValueError where there is no telling how many rows to draw, or how."""
        _ = self._copies
        self.draw(RandomState(0))

    @cached_property
    def batched(self) -> bool:  # type: ignore[override]
        return not self._with_holes

    def make(self, indices: Sequence[int], seeds: Seeds) -> Replicates:
        ground, columns, B = self.ground, self.columns, len(indices)
        tables = [self.draw(seeds.of_rows(index)) for index in indices]
        pooled = {name: np.tile(column, B) for name, column in columns.items()}
        strata = ground.rows.strata
        problem = ground.problem_of(Batch.of(np.concatenate(tables), None, pooled, None, strata))
        em = problem.em
        if B > 1 or problem.inverse is not None:
            rows = _in_common(problem, B)
            if rows is None:
                rows = Rows.of(np.stack(tables), None, columns, ground.rows.n_strata)
            em = EM(em.family, rows, em.constraints, em.penalty)
        return Replicates(em, repeated(ground.start_of(problem), B), 1.0, strata)

    def draw(self, rng: RandomState) -> Array:
        """One table (n, d), with nothing where the data have nothing."""
        model, law, n = self.ground.model, self.ground.law, self.n_rows
        codes = self.columns.get("strata")
        side = {name: c for name, c in self.columns.items() if name != "strata"}
        weights = self.ground.start.weights[0]
        if codes is None and not side and not self._with_holes:
            counts = rng.multinomial(n, weights[0] / weights[0].sum())
            labels: NDArray[np.integer] = np.repeat(np.arange(len(counts)), counts)
        else:
            labels = drawn(weights[np.zeros(n, dtype=np.intp) if codes is None else codes], rng)
        X = np.asarray(law.sample(model._params(), labels, rng, **side), dtype=float)
        return np.where(self._missing, np.nan, X) if self._with_holes else X

    @cached_property
    def n_rows(self) -> int:
        return len(self._copies) if self._copies is not None else self.ground.rows.shape[0]

    @cached_property
    def _copies(self) -> NDArray[np.integer] | None:
        """The row (n,) of the data whose columns each drawn row has; None where that is its own."""
        rows = self.ground.rows
        if rows.weight is None:
            return None
        times = rows.weight * self.ground.unit
        whole = np.round(times)
        if (np.abs(times - whole) > 1e-9 * times).any():
            raise ValueError(
                "sample_weight must be whole numbers of rows where the model draws as many; the "
                "bootstrap of kind='nonparametric' or 'weighted' takes any"
            )
        return np.repeat(np.arange(len(times)), whole.astype(np.intp))

    @cached_property
    def columns(self) -> dict[str, NDArray]:
        """Exposures and strata of the rows to be drawn."""
        columns = self.ground.rows.columns
        if self._copies is None:
            return columns
        return {name: column[..., self._copies] for name, column in columns.items()}

    @cached_property
    def _with_holes(self) -> bool:
        return has_holes(self.ground.rows.X)

    @cached_property
    def _missing(self) -> NDArray[np.bool_]:
        missing = np.isnan(self.ground.rows.X)
        return missing if self._copies is None else missing[self._copies]


def _in_common(problem: Problem, B: int) -> Rows | None:
    """Weights (B, m) over the distinct rows of all replicates; None where these are many."""
    if problem.inverse is None:
        return None
    n, m = len(problem.inverse) // B, problem.em.rows.n_rows
    if B > 1 and m > MOST_IN_COMMON * n:
        return None
    places = problem.inverse.reshape(B, n) + m * np.arange(B)[:, None]
    weight = np.bincount(places.reshape(-1), minlength=B * m).reshape(B, m)
    return replace(problem.em.rows, weight=weight.astype(float))
