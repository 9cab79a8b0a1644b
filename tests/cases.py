"""The registry of families: one entry gives a family the whole contract suite.

A case says what the family's parameters are and which scipy distribution it
must agree with; everything else follows from the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import stats

from skmixture.families import Family, Gaussian, NegativeBinomial, Poisson


@dataclass(frozen=True)
class Case:
    """One family with parameters to test it at.

    Attributes
    ----------
    name : str
    family : Family
    params : mapping of str to array-like
        In published shapes, of K components.
    reference : callable (k, params of component k) -> scipy frozen distribution
    log_density : callable (distribution, X) -> (n,)
    weights : array-like of shape (K,)
    far : callable (X) -> rows in the tails, tens of standard deviations out, on the support
    beyond : float
        Above it a distribution function is 1, and below its negative 0.
    points : ndarray of shape (m, d), optional
        All rows that there are, where they are few.
    top : float or array-like of shape (d,)
        The largest value that there is of each column.
    span : (float, float)
        Where the density of one column has all its mass.
    fills_plane : bool
        Whether a grid over the plane, from -12 to 16, finds all the mass of two columns.
    condition : float
        By how much parameters multiply what is rounded in their sums.
    moves : sequence of (scale, shift)
        Changes of unit and origin that the law knows.
    moved_back : callable (params, scale, shift) -> params as they were before the change
    few : int
        A smaller number of components that can be fitted.
    not_for : mapping of str to str
        Contract tests that do not apply, each with the reason.
    """

    name: str
    family: Family
    params: Mapping[str, Any]
    reference: Callable[[int], Any]
    log_density: Callable[[Any, NDArray], NDArray] = lambda law, X: law.logpdf(X)
    weights: NDArray = field(default_factory=lambda: np.array([0.2, 0.3, 0.5]))
    far: Callable[[NDArray], NDArray] = lambda X: 40.0 * X
    beyond: float = 1e6
    points: NDArray | None = None
    top: Any = np.inf
    span: tuple[float, float] = (-30.0, 30.0)
    fills_plane: bool = False
    condition: float = 1.0
    moves: tuple[tuple[float, float], ...] = ()
    moved_back: Callable[..., dict[str, NDArray]] = lambda params, scale, shift: dict(params)
    few: int = 2
    not_for: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_components(self) -> int:
        return len(self.weights)

    @property
    def n_features(self) -> int:
        return self.family.n_features_of(self.params)

    def read(self) -> dict[str, NDArray]:
        """Parameters (K, ...)."""
        arrays = {name: np.asarray(value, dtype=float) for name, value in self.params.items()}
        return self.family.read(arrays)

    def held(self, away: float = 0.0) -> tuple[str, NDArray]:
        """The first parameter (K, ...), NaN but for one value: the case's, or some way off."""
        name, value = next(iter(self.read().items()))
        transform = self.family.parameters[name]
        moved = transform.constrain(transform.unconstrain(value) + away) if away else value
        held = np.full(value.shape, np.nan)
        first = (0,) * (value.ndim - transform.event_ndim)
        held[first] = moved[first]
        return name, held

    def draw(self, n: int, seed: int = 0) -> tuple[NDArray, NDArray]:
        """Rows (n, d) and their labels."""
        rng = RandomState(seed)
        labels = np.sort(rng.choice(self.n_components, size=n, p=self.weights))
        X = self.family.sample(self.read(), labels, rng)
        order = rng.permutation(n)
        return X[order].astype(float), labels[order]


MEANS = np.array([[0.0, 0.0], [4.0, 1.0], [-1.0, 5.0]])
MATRICES = np.array(
    [[[1.0, 0.3], [0.3, 0.5]], [[0.4, -0.2], [-0.2, 1.5]], [[2.0, 0.0], [0.0, 1.0]]]
)
NB_MEANS = np.array([[1.5, 20.0, 4.0], [9.0, 3.0, 0.4], [30.0, 30.0, 12.0]])
NB_SIZES = np.array([[0.8, 4.0, 2.0], [3.0, 1.0, 0.5], [8.0, 1.5, 0.6]])
RATES = np.array([[1.5, 20.0, 4.0], [9.0, 3.0, 0.4], [30.0, 30.0, 12.0]])

# Changes of unit and origin that a law of the real line knows.
ALL_MOVES = ((1.0, 1e8), (1e-8, 0.0), (1e8, -3.0))


def by_powers(**powers: int) -> Callable[..., dict[str, NDArray]]:
    """`moved_back` of parameters in powers of the unit; means and locations move."""

    def moved_back(params, scale, shift):
        return {
            name: (params[name] - shift * (name in ("means", "locations"))) / scale**power
            for name, power in powers.items()
        }

    return moved_back


GAUSSIAN_MOVES = dict(moves=ALL_MOVES, moved_back=by_powers(means=1, covariances=2))


def _gaussian(name: str, covariances: NDArray, matrices: NDArray) -> Case:
    return Case(
        f"Gaussian-{name}",
        Gaussian(name, reg_covar=0.0),
        {"means": MEANS, "covariances": covariances},
        lambda k: stats.multivariate_normal(MEANS[k], matrices[k]),
        fills_plane=True,
        **GAUSSIAN_MOVES,
    )


def nbinom(mean: Any, size: Any) -> Any:
    """scipy's negative binomial by mean and size."""
    return stats.nbinom(size, np.divide(size, np.add(size, mean)))


VARIANCES = np.array([[1.0, 0.5], [0.4, 1.5], [2.0, 1.0]])
SPHERES = np.array([0.5, 1.0, 2.0])

CASES = [
    _gaussian("full", MATRICES, MATRICES),
    _gaussian("tied", MATRICES[0], np.repeat(MATRICES[:1], 3, axis=0)),
    _gaussian("diag", VARIANCES, VARIANCES[:, :, None] * np.eye(2)),
    _gaussian("spherical", SPHERES, SPHERES[:, None, None] * np.eye(2)),
    Case(
        "Gaussian-1d",
        Gaussian(reg_covar=0.0),
        {"means": [[-2.0], [0.5], [6.0]], "covariances": [[[0.5]], [[2.0]], [[1.0]]]},
        lambda k: stats.norm([-2.0, 0.5, 6.0][k], np.sqrt([0.5, 2.0, 1.0][k])),
        lambda law, X: law.logpdf(X[:, 0]),
        **GAUSSIAN_MOVES,
    ),
    Case(
        "Poisson",
        Poisson(),
        {"rates": [[0.7], [6.0], [25.0]]},
        lambda k: stats.poisson([0.7, 6.0, 25.0][k]),
        lambda law, X: law.logpmf(X[:, 0]),
    ),
    Case(
        "Poisson-columns",
        Poisson(),
        {"rates": RATES},
        lambda k: stats.poisson(RATES[k]),
        lambda law, X: law.logpmf(X).sum(axis=1),
    ),
    Case(
        "NegativeBinomial",
        NegativeBinomial(),
        {"means": [[2.0], [12.0], [45.0]], "sizes": [[1.2], [6.0], [15.0]]},
        lambda k: nbinom([2.0, 12.0, 45.0][k], [1.2, 6.0, 15.0][k]),
        lambda law, X: law.logpmf(X[:, 0]),
    ),
    Case(
        "NegativeBinomial-columns",
        NegativeBinomial(),
        {"means": NB_MEANS, "sizes": NB_SIZES},
        lambda k: nbinom(NB_MEANS[k], NB_SIZES[k]),
        lambda law, X: law.logpmf(X).sum(axis=1),
    ),
]

from cases_built import CASES as BUILT  # noqa: E402 - they need Case
from cases_discrete import CASES as DISCRETE  # noqa: E402
from cases_positive import CASES as POSITIVE  # noqa: E402
from cases_real import CASES as REAL  # noqa: E402
from cases_written import CASES as WRITTEN  # noqa: E402

CASES += [*DISCRETE, *POSITIVE, *REAL, *BUILT, *WRITTEN]
