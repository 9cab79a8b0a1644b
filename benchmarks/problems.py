"""Mixtures that are hard for EM, each from a recipe with a fixed seed, and starts for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from laws import Bernoulli, StudentT
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from skmixture.datasets import load_death_notices
from skmixture.engine.em import EM
from skmixture.engine.state import State
from skmixture.families import Family, Gaussian, NegativeBinomial, Poisson
from skmixture.starts.own import any_rows
from skmixture.table.rows import Rows, fold

__all__ = ["Problem", "problems", "simulated"]

Array = NDArray[np.floating]

# Figures of an earlier prototype on problems of these names, whose data are lost: E-steps to
# within 1e-7 and 1e-10 of the optimum, by EM and by L-BFGS; None where it was not measured.
PROTOTYPE: dict[str, tuple[tuple[int, int | None], tuple[int, int | None]]] = {
    "Gaussian d=2 K=2": ((1649, 3791), (29, 35)),
    "Gaussian d=5 K=5": ((36, 49), (27, 30)),
    "Gaussian d=3 K=8": ((974, 1702), (67, 79)),
    "Poisson K=3": ((636, 1136), (22, 25)),
    "death notices": ((749, 1543), (13, 15)),
    "negative binomial K=2": ((80, None), (23, None)),
    "negative binomial K=3": ((404, None), (46, None)),
    "Bernoulli K=3": ((8154, 21500), (61, 85)),
    "Student-t K=2": ((325, 501), (32, 35)),
}


@dataclass(frozen=True)
class Problem:
    """Data, a law and a number of components.

    Attributes
    ----------
    name, recipe : str
        The recipe says what the data are.
    family : Family
    X : ndarray of shape (n, d)
    n_components : int
    weight : ndarray of shape (n,), optional
    smooth : bool
        Whether most starts end at the same optimum.
    """

    name: str
    recipe: str
    family: Family
    X: Array
    n_components: int
    weight: Array | None = None
    smooth: bool = True

    @cached_property
    def em(self) -> EM:
        """The EM map on the data, equal rows folded where they are discrete."""
        law = self.family.localise(self.X, self.weight)
        if not law.support.discrete:
            return EM(law, Rows(self.X))
        folded = fold(self.X, self.weight)
        return EM(law, Rows(self.X).taken(folded.places, folded.weight))

    def starts(self, kind: str, seeds: Sequence[int]) -> State:
        """A batch of starts, one for each seed: an M-step from responsibilities.

        Parameters
        ----------
        kind : {"shares", "rows"}
            Uniform random numbers, normalised row by row, so that all
            components are nearly alike; or each row to the nearest of some
            distinct rows.
        seeds : sequence of int
        """
        return State.stack([self._start(kind, RandomState(seed)) for seed in seeds])

    def _start(self, kind: str, rng: RandomState) -> State:
        rows, K = self.em.rows, self.n_components
        if kind == "shares":
            resp = rng.uniform(size=(rows.n_rows, K))
            resp /= resp.sum(axis=1, keepdims=True)
        else:
            weight = np.ones(rows.n_rows) if rows.weight is None else rows.weight[0]
            resp = any_rows(self.em.family.features(rows.X), K, weight, rng)
        return self.em.start(resp.T[None])


def problems() -> list[Problem]:
    """All problems of the table, in its order."""
    return [*_gaussians(), *_counts(), *_others()]


def simulated(
    family: Family, n: int, weights: Sequence[float], seed: int, **params: ArrayLike
) -> Array:
    """Rows (n, d) of a mixture of known parameters.

    Parameters
    ----------
    family : Family
    n : int
    weights : sequence of float
    seed : int
    **params : array-like of shape (K, ...)
    """
    rng = RandomState(seed)
    labels = np.sort(rng.choice(len(weights), size=n, p=weights))
    arrays: Mapping[str, Array] = {name: np.asarray(v, dtype=float) for name, v in params.items()}
    return family.sample(arrays, labels, rng).astype(float)


def _clouds(n: int, d: int, n_components: int, spread: float, seed: int) -> Array:
    """Gaussians of random shapes about centres with deviation `spread` in each column."""
    rng, K = RandomState(seed), n_components
    centres = spread * rng.standard_normal((K, d))
    shapes = np.eye(d) + 0.5 / np.sqrt(d) * rng.standard_normal((K, d, d))
    labels = rng.randint(K, size=n)
    rows = np.einsum("nd,nde->ne", rng.standard_normal((n, d)), shapes[labels])
    return rows + centres[labels]


def _gaussians() -> list[Problem]:
    family = Gaussian(reg_covar=0.0)
    overlapping = simulated(
        family,
        2000,
        [0.4, 0.6],
        5,
        means=[[0.0, 0.0], [1.5, 0.75]],
        covariances=[[[1.0, 0.3], [0.3, 1.0]], [[1.0, 0.2], [0.2, 0.8]]],
    )
    return [
        Problem(
            "Gaussian d=2 K=2",
            "n=2,000, weights .4 .6, means (0, 0) (1.5, .75), covariances alike; seed 5",
            family,
            overlapping,
            2,
        ),
        Problem(
            "Gaussian d=5 K=5",
            "n=2,000, random shapes, centres of deviation 2; seed 0",
            family,
            _clouds(2000, 5, 5, 2.0, 0),
            5,
        ),
        Problem(
            "Gaussian d=3 K=8",
            "n=4,000, random shapes, centres of deviation 1.2; seed 22",
            family,
            _clouds(4000, 3, 8, 1.2, 22),
            8,
            smooth=False,
        ),
    ]


def _counts() -> list[Problem]:
    poisson, law, deaths = Poisson(), NegativeBinomial(), load_death_notices()
    rates = [[2.0], [5.0], [10.0]]
    two = {"means": [[5.0], [40.0]], "sizes": [[1.5], [3.0]]}
    three = {"means": [[3.0], [15.0], [60.0]], "sizes": [[3.0], [5.0], [8.0]]}
    thirds = [0.3, 0.4, 0.3]
    return [
        Problem(
            "Poisson K=3",
            "n=2,000, weights .3 .4 .3, rates 2 5 10; seed 0",
            poisson,
            simulated(poisson, 2000, thirds, 0, rates=rates),
            3,
        ),
        Problem(
            "death notices",
            "load_death_notices(), Poisson, K=2, weighted rows",
            poisson,
            deaths.data,
            2,
            deaths.sample_weight,
        ),
        Problem(
            "negative binomial K=2",
            "n=2,000, weights .4 .6, means 5 40, sizes 1.5 3; seed 1",
            law,
            simulated(law, 2000, [0.4, 0.6], 1, **two),
            2,
        ),
        Problem(
            "negative binomial K=3",
            "n=3,000, weights .3 .4 .3, means 3 15 60, sizes 3 5 8; seed 22",
            law,
            simulated(law, 3000, thirds, 22, **three),
            3,
        ),
    ]


def _others() -> list[Problem]:
    items, law = Bernoulli(), StudentT()
    probabilities = expit(0.5 * RandomState(309).standard_normal((3, 10)))
    scales = [[[1.0, 0.3], [0.3, 0.5]], [[0.5, -0.2], [-0.2, 1.0]]]
    heavy = {"locations": [[0.0, 0.0], [1.2, 0.6]], "scales": scales, "degrees": [3.0, 6.0]}
    return [
        Problem(
            "Bernoulli K=3",
            "n=10,000, 10 items, weights .3 .3 .4, logits of deviation .5 (seed 309); seed 9",
            items,
            simulated(items, 10_000, [0.3, 0.3, 0.4], 9, probabilities=probabilities),
            3,
        ),
        Problem(
            "Student-t K=2",
            "n=2,000, weights .4 .6, locations (0, 0) (1.2, .6), degrees of freedom 3 6; seed 1",
            law,
            simulated(law, 2000, [0.4, 0.6], 1, **heavy),
            2,
        ),
    ]
