"""Cases of laws with heavy tails, and of laws of directions."""

from __future__ import annotations

import cases
import numpy as np
from scipy import stats

from skmixture.families import StudentT

LOCATIONS = 4 * cases.MEANS
DOFS = np.array([2.0, 2.5, 3.0])
OF_T = {"means": 1, "scales": 2, "dofs": 0}
HEAVY = dict(powers=OF_T, far=1e200, fills_plane=False, span=(-np.inf, np.inf))


def _student(name, scales, matrices):
    return cases.Case(
        f"StudentT-{name}",
        StudentT(name, reg_covar=0.0),
        {"means": LOCATIONS, "scales": scales, "dofs": DOFS},
        lambda k: stats.multivariate_t(LOCATIONS[k], matrices[k], DOFS[k]),
        **HEAVY,
    )


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
]
