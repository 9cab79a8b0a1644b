"""Cases of laws with heavy tails, and of laws of directions."""

from __future__ import annotations

import cases
import numpy as np
from scipy import stats

from skmixture.families import Laplace, StudentT, VonMisesFisher

LOCATIONS = 4 * cases.MEANS
DOFS = np.array([2.0, 2.5, 3.0])
HEAVY = dict(
    moves=cases.ALL_MOVES,
    moved_back=cases.by_powers(means=1, scales=2, dofs=0),
    beyond=1e200,
    span=(-np.inf, np.inf),
)


def _student(name, scales, matrices):
    return cases.Case(
        f"StudentT-{name}",
        StudentT(name, reg_covar=0.0),
        {"means": LOCATIONS, "scales": scales, "dofs": DOFS},
        lambda k: stats.multivariate_t(LOCATIONS[k], matrices[k], DOFS[k]),
        **HEAVY,
    )


def _directions(name, directions, concentrations, condition=1.0):
    directions = np.array(directions, dtype=float)
    directions /= np.sqrt((directions**2).sum(axis=1, keepdims=True))
    return cases.Case(
        f"VonMisesFisher-{name}",
        VonMisesFisher(),
        {"directions": directions, "concentrations": concentrations},
        lambda k: stats.vonmises_fisher(directions[k], concentrations[k]),
        condition=condition,
    )


def _laplace(law, X):
    """Log densities (n, d); scipy takes the logarithm of densities, which underflow."""
    location, scale = law.args
    standard = np.abs(X - location) / scale
    return np.where(standard < 600, law.logpdf(X), -standard - np.log(2 * scale))


OF_LAPLACE = {"locations": 1, "scales": 1}
SPREADS = np.sqrt(cases.VARIANCES) / 2

CASES = [
    _student("full", cases.MATRICES, cases.MATRICES),
    _student("tied", cases.MATRICES[0], np.repeat(cases.MATRICES[:1], 3, axis=0)),
    _student("diag", cases.VARIANCES, cases.VARIANCES[:, :, None] * np.eye(2)),
    _student("spherical", cases.SPHERES, cases.SPHERES[:, None, None] * np.eye(2)),
    cases.Case(
        "StudentT-1d",
        StudentT(reg_covar=0.0),
        {"means": [[-25.0], [0.5], [40.0]], "scales": [[[0.5]], [[1.0]], [[2.0]]], "dofs": DOFS},
        lambda k: stats.t(DOFS[k], [-25.0, 0.5, 40.0][k], np.sqrt([0.5, 1.0, 2.0][k])),
        lambda law, X: law.logpdf(X[:, 0]),
        **HEAVY,
    ),
    _directions("circle", [[1, 0], [-0.3, 1], [-0.2, -1]], [30.0, 4.0, 12.0]),
    _directions("sphere", [[1, 0, 0], [-0.3, 1, 1], [0.1, -0.5, -1]], [5.0, 25.0, 8.0]),
    _directions("five-columns", np.eye(5)[:3] + 0.1, [20.0, 15.0, 40.0]),
    _directions("narrow", [[1, 0, 0], [1, 0.5, 0], [1, 0, 0.5]], [300.0, 700.0, 500.0]),
    cases.Case(
        "Laplace",
        Laplace(),
        {"locations": [[-6.0], [0.5], [9.0]], "scales": [[0.5], [1.0], [2.0]]},
        lambda k: stats.laplace([-6.0, 0.5, 9.0][k], [0.5, 1.0, 2.0][k]),
        lambda law, X: _laplace(law, X[:, 0]),
        span=(-60.0, 60.0),
        moves=cases.ALL_MOVES,
        moved_back=cases.by_powers(locations=1, scales=1),
    ),
    cases.Case(
        "Laplace-columns",
        Laplace(),
        {"locations": cases.MEANS, "scales": SPREADS},
        lambda k: stats.laplace(cases.MEANS[k], SPREADS[k]),
        lambda law, X: _laplace(law, X).sum(axis=1),
        moves=cases.ALL_MOVES,
        moved_back=cases.by_powers(locations=1, scales=1),
    ),
]
