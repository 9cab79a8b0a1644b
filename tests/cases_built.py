"""Cases of families that are built of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from cases import MATRICES, MEANS, VARIANCES, Case, nbinom
from scipy import stats

from skmixture.families import Gaussian, NegativeBinomial, Poisson, Product

NAMES = {"test_shift_and_scale_equivariance": "asks for means_; test_built has its own"}
RATES = np.array([0.7, 6.0, 25.0])


def of_product(laws: Mapping[str, Any], columns: Mapping[str, Any], X: np.ndarray) -> np.ndarray:
    """Log density of rows by the distributions of the parts."""
    total = np.zeros(len(X))
    for name, law in laws.items():
        own = X[:, columns[name]]
        by_part = law.logpmf(own) if hasattr(law, "pmf") else law.logpdf(own)
        total += by_part.reshape(len(X), -1).sum(axis=1)
    return total


COLUMNS = {"shape": [0, 3], "visits": 1, "calls": 2}

PRODUCT = Case(
    "Product",
    Product(
        [
            ("shape", Gaussian(reg_covar=0.0), [0, 3]),
            ("visits", Poisson(), 1),
            ("calls", NegativeBinomial(), -2),
        ]
    ),
    {
        "shape__means": MEANS,
        "shape__covariances": MATRICES,
        "visits__rates": RATES[:, None],
        "calls__means": [[2.0], [12.0], [45.0]],
        "calls__sizes": [[1.2], [6.0], [15.0]],
    },
    lambda k: {
        "shape": stats.multivariate_normal(MEANS[k], MATRICES[k]),
        "visits": stats.poisson(RATES[k]),
        "calls": nbinom([2.0, 12.0, 45.0][k], [1.2, 6.0, 15.0][k]),
    },
    lambda laws, X: of_product(laws, COLUMNS, X),
    not_for={"test_shift_and_scale_equivariance": "counts have no units"},
)
POOLED = Case(
    "Product-pooled",
    Product(
        [
            ("one", Gaussian("tied", reg_covar=0.0), 0),
            ("other", Gaussian("diag", reg_covar=0.0), 1),
        ]
    ),
    {
        "one__means": MEANS[:, :1],
        "one__covariances": [[0.8]],
        "other__means": MEANS[:, 1:],
        "other__covariances": VARIANCES[:, 1:],
    },
    lambda k: {
        "one": stats.norm(MEANS[k, 0], np.sqrt(0.8)),
        "other": stats.norm(MEANS[k, 1], np.sqrt(VARIANCES[k, 1])),
    },
    lambda laws, X: of_product(laws, {"one": 0, "other": 1}, X),
    not_for=NAMES,
)
COUNTS = Case(
    "Product-counts",
    Product([("a", Poisson(), [1]), ("b", Poisson(), [0])]),
    {"a__rates": RATES[:, None], "b__rates": RATES[::-1, None]},
    lambda k: {"a": stats.poisson(RATES[k]), "b": stats.poisson(RATES[::-1][k])},
    lambda laws, X: of_product(laws, {"a": 1, "b": 0}, X),
    not_for={"test_density_integrates_to_one": "sums over one column"},
)

CASES = [PRODUCT, POOLED, COUNTS]
