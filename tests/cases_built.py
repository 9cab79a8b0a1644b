"""Cases of families that are built of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from cases import MATRICES, MEANS, VARIANCES, Case, nbinom
from scipy import stats

from skmixture.families import (
    Components,
    FromScipy,
    Gamma,
    Gaussian,
    Hurdle,
    LogNormal,
    NegativeBinomial,
    PointMass,
    Poisson,
    Product,
    ZeroInflated,
)

NAMES = {"test_shift_and_scale_equivariance": "asks for means_; test_built has its own"}
HALF = NAMES | {"test_density_integrates_to_one": "asks beyond the support"}
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
    not_for={
        "test_shift_and_scale_equivariance": "counts have no units",
        "test_what_is_held_stays_held": "a start ends in a spike on two rows",
    },
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


def log_pmf(kind: type, law: Any, zero: float) -> Callable[[np.ndarray], np.ndarray]:
    """The log probability of counts by a law of scipy's with other zeros."""

    def of_counts(x: np.ndarray) -> np.ndarray:
        if kind is ZeroInflated:
            at_zero, factor = np.log(zero + (1 - zero) * law.pmf(0)), np.log1p(-zero)
        else:
            at_zero, factor = np.log(zero), np.log1p(-zero) - np.log1p(-law.pmf(0))
        return np.where(x == 0, at_zero, factor + law.logpmf(x))

    return of_counts


ZEROS = np.array([[0.4, 0.2], [0.1, 0.3], [0.25, 0.15]])
MEANS_2 = np.array([[4.0, 20.0], [9.0, 6.0], [30.0, 12.0]])
NB_MEANS_2 = np.array([[12.0, 90.0], [70.0, 15.0], [300.0, 250.0]])
NB_SIZES_2 = np.array([[2.0, 3.0], [3.0, 2.0], [2.5, 3.5]])


def log_mixed(law: Any, zero: float) -> Callable[[np.ndarray], np.ndarray]:
    """The log density of numbers by a law of scipy's with a probability of 0."""

    def of_numbers(x: np.ndarray) -> np.ndarray:
        return np.where(x == 0, np.log(zero), np.log1p(-zero) + law.logpdf(np.where(x, x, 0.5)))

    return of_numbers


def zeros_case(kind: type, law: Any, own: Mapping[str, Any], laws: Any, name: str) -> Case:
    """Tables by column and component, taken from scipy's laws."""
    d, counts = len(laws[0]), law.support.discrete

    def log_density(tables: Any, X: np.ndarray) -> np.ndarray:
        if hasattr(tables, "log_zero"):
            return (tables.logpmf if counts else tables.logpdf)(X).sum(axis=1)
        return sum(table(X[:, j]) for j, table in enumerate(tables))

    def by_column(k: int) -> list[Any]:
        if not counts:
            return [log_mixed(laws[k][j], ZEROS[k, j]) for j in range(d)]
        return [log_pmf(kind, laws[k][j], ZEROS[k, j]) for j in range(d)]

    return Case(
        name,
        kind(law),
        {"zero_probs": ZEROS[:, :d], **own},
        by_column,
        log_density,
        not_for=({} if d == 1 else SUMS) if counts else MIXED,
    )


SUMS = {"test_density_integrates_to_one": "sums over one column"}
MIXED = {
    "test_density_integrates_to_one": "0 has a probability",
    "test_quantiles_undo_the_distribution_function": "it has a step at 0",
    "test_constrained_fits_are_stationary_in_what_is_free": "zeros tell no component from another",
}


def poissons(d: int) -> list[Any]:
    return [[stats.poisson(rate) for rate in rates[:d]] for rates in MEANS_2]


def nbinoms(d: int) -> list[Any]:
    pairs = zip(NB_MEANS_2, NB_SIZES_2, strict=True)
    return [[nbinom(m[j], r[j]) for j in range(d)] for m, r in pairs]


SHAPES_2, SCALES_2 = np.array([[3.0, 40.0], [20.0, 5.0], [60.0, 50.0]]), np.full((3, 2), 0.7)
LOGS_2, SPREADS_2 = np.array([[0.0, 3.0], [2.0, 1.0], [4.0, -1.0]]), np.full((3, 2), 0.16)


def gammas(d: int) -> list[Any]:
    return [[stats.gamma(a, scale=0.7) for a in shapes[:d]] for shapes in SHAPES_2]


def lognorms(d: int) -> list[Any]:
    return [[stats.lognorm(0.4, scale=np.exp(m)) for m in means[:d]] for means in LOGS_2]


CASES = [
    PRODUCT,
    POOLED,
    COUNTS,
    *(
        zeros_case(kind, law, own, laws, f"{kind.__name__}-{name}")
        for kind in (ZeroInflated, Hurdle)
        for name, law, own, laws in [
            ("Poisson", Poisson(), {"rates": MEANS_2[:, :1]}, poissons(1)),
            ("Poisson-columns", Poisson(), {"rates": MEANS_2}, poissons(2)),
            (
                "NegativeBinomial-columns",
                NegativeBinomial(),
                {"means": NB_MEANS_2, "sizes": NB_SIZES_2},
                nbinoms(2),
            ),
        ]
    ),
    zeros_case(
        Hurdle, Gamma(), {"shapes": SHAPES_2[:, :1], "scales": SCALES_2[:, :1]}, gammas(1),
        "Hurdle-Gamma",
    ),
    zeros_case(
        ZeroInflated, Gamma(), {"shapes": SHAPES_2, "scales": SCALES_2}, gammas(2),
        "ZeroInflated-Gamma-columns",
    ),
    zeros_case(
        Hurdle, LogNormal("diag", reg_covar=0.0), {"means": LOGS_2, "covariances": SPREADS_2},
        lognorms(2), "Hurdle-LogNormal-columns",
    ),
]  # fmt: skip


def scipy_case(
    law: Any, params: Mapping[str, Any], not_for: Any, name: str = "", **options: Any
) -> Case:
    """Of one column or several; the reference is scipy itself."""
    names = [*(law.shapes or "").replace(" ", "").split(","), "loc", "scale"]
    held = options.get("fixed", {})

    def reference(k: int) -> Any:
        given = {name: np.array(params[name][k]) for name in names if name in params}
        return law(**given, **held)

    def log_density(frozen: Any, X: np.ndarray) -> np.ndarray:
        return (frozen.logpmf if hasattr(law, "pmf") else frozen.logpdf)(X).sum(axis=1)

    return Case(
        f"FromScipy-{name or law.name}",
        FromScipy(law, **options),
        params,
        reference,
        log_density,
        not_for=not_for,
    )


WIDE = NAMES | {"test_density_integrates_to_one": "the means leave the grid"}
GAMMA = {"a": [[2.0], [9.0], [30.0]], "scale": [[0.5], [1.0], [0.8]]}
CASES += [
    scipy_case(stats.gamma, GAMMA, HALF, fixed={"loc": 0.0}),
    scipy_case(stats.logistic, {"loc": 4 * MEANS, "scale": VARIANCES}, WIDE),
    scipy_case(
        stats.poisson,
        {"mu": [[1.0], [9.0], [40.0]]},
        {"test_a_collapse_names_the_parameter": "it has no scale, and does not collapse"},
    ),
    scipy_case(
        stats.norm,
        {"loc": 4 * MEANS, "scale": VARIANCES},
        WIDE,
        name="norm-bounded",
        bounds={"loc": (-50.0, 60.0), "scale": (0.1, None)},
    ),
]

ONE_LAW_EACH = Case(
    "Components",
    Components(
        [("wide", Gaussian("spherical", reg_covar=0.0)), ("near", Gaussian(reg_covar=0.0), 2)]
    ),
    {
        "wide__means": MEANS[:1],
        "wide__covariances": [1.5],
        "near__means": MEANS[1:],
        "near__covariances": MATRICES[1:],
    },
    lambda k: stats.multivariate_normal(MEANS[k], [1.5 * np.eye(2), *MATRICES[1:]][k]),
    few=3,
    not_for=NAMES,
)
COUNT_LAWS = Case(
    "Components-counts",
    Components([("low", Poisson(), 2), NegativeBinomial()]),
    {
        "low__rates": [[2.0], [12.0]],
        "negativebinomial__means": [[90.0]],
        "negativebinomial__sizes": [[4.0]],
    },
    lambda k: [stats.poisson(2.0), stats.poisson(12.0), nbinom(90.0, 4.0)][k],
    lambda law, X: law.logpmf(X[:, 0]),
    few=3,
    not_for={"test_density_integrates_to_one": "long tails leave the grid"},
)
AMOUNTS = Case(
    "Components-point",
    Components([("none", PointMass()), ("some", Gamma()), ("any", Gaussian("diag"))]),
    {
        "none__points": [[0.0]],
        "some__shapes": [[3.0]],
        "some__scales": [[2.0]],
        "any__means": [[-20.0]],
        "any__covariances": [[9.0]],
    },
    lambda k: [None, stats.gamma(3.0, scale=2.0), stats.norm(-20.0, 3.0)][k],
    lambda law, X: of_one(law, X[:, 0]),
    few=3,
    not_for={
        **MIXED,
        "test_held_and_tied_parameters": "a point is held as it is",
        "test_number_of_free_parameters": "a point is no free parameter",
        "test_component_distribution_is_the_reference": "a point is no distribution of scipy",
        "test_stable_density_equals_scipy_in_the_far_tails": "it is 0 off a point",
        **dict.fromkeys(
            [
                "test_gradient_is_that_of_the_log_likelihood",
                "test_gradient_in_free_coordinates",
                "test_gradient_is_that_of_the_likelihood_of_what_is_there",
                "test_priors_have_their_gradient_and_their_mode",
                "test_a_fit_is_a_mode",
                "test_a_fit_with_values_held_is_a_mode",
            ],
            "a point that moves has lost its rows",
        ),
    },
)


def of_one(law: Any, x: np.ndarray) -> np.ndarray:
    """Log density of numbers among which 0 has a probability."""
    if law is None:
        return np.where(x == 0, 0.0, -np.inf)
    return np.where(x == 0, -np.inf, law.logpdf(x))


CASES += [ONE_LAW_EACH, COUNT_LAWS, AMOUNTS]
