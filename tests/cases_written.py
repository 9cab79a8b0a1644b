"""The registry's laws that are written as log densities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import written
from cases import MATRICES, MEANS, VARIANCES, Case, nbinom
from scipy import stats

from skmixture.families import FromLogPDF, Parameter
from skmixture.supports import counts, positive_numbers
from skmixture.transforms import positive, positive_definite

BELOW = {"test_cdf_agrees_with_samples_and_marginals": "the user gives no such function"}


def of_column(law, X):
    return law.logpdf(X[:, 0])


def of_counts(law, X):
    return law.logpmf(X[:, 0])


def of_columns(law, X):
    return law.logpdf(X).sum(axis=1)


RATES = [0.7, 6.0, 25.0]
SHAPES, SCALES = [2.0, 9.0, 30.0], [0.5, 1.0, 0.8]
NB_MEANS, NB_SIZES = [6.0, 50.0, 200.0], [2.0, 10.0, 30.0]
LOCATIONS, SPREADS = [-2.0, 0.5, 6.0], [0.7, 1.4, 1.0]
ABOVE_0 = (0, None)

CASES = [
    Case(
        "FromLogPDF-poisson",
        FromLogPDF(
            written.poisson,
            bounds={"rate": ABOVE_0},
            rvs=written.draw_poisson,
            cdf=written.poisson_below,
            support=counts,
        ),
        {"rate": RATES},
        lambda k: stats.poisson(RATES[k]),
        of_counts,
    ),
    Case(
        "FromLogPDF-poisson-vectorized",
        FromLogPDF(
            written.poisson_core,
            {"rate": positive},
            vectorized=True,
            log_base=written.poisson_base,
            rvs=written.draw_poisson,
            support=counts,
        ),
        {"rate": RATES},
        lambda k: stats.poisson(RATES[k]),
        of_counts,
        not_for=BELOW,
    ),
    Case(
        "FromLogPDF-gaussian",
        FromLogPDF(
            written.gaussian,
            bounds={"sd": ABOVE_0},
            gradient=written.gaussian_slopes,
            rvs=written.draw_gaussian,
            cdf=written.gaussian_below,
        ),
        {"mean": LOCATIONS, "sd": SPREADS},
        lambda k: stats.norm(LOCATIONS[k], SPREADS[k]),
        of_column,
        moves=((1.0, 1e8), (1e-8, 0.0), (1e8, -3.0)),
        moved_back=lambda params, scale, shift: {
            "mean": (params["mean"] - shift) / scale,
            "sd": params["sd"] / scale,
        },
    ),
    Case(
        "FromLogPDF-columns",
        FromLogPDF(
            written.columns,
            {"means": Parameter(("d",)), "sds": Parameter(("d",), bounds=(0, None))},
            vectorized=True,
            gradient=written.columns_slopes,
            rvs=written.draw_columns,
        ),
        {"means": MEANS, "sds": np.sqrt(VARIANCES)},
        lambda k: stats.norm(MEANS[k], np.sqrt(VARIANCES[k])),
        of_columns,
        fills_plane=True,
        not_for=BELOW,
    ),
    Case(
        "FromLogPDF-matrix",
        FromLogPDF(
            written.matrix,
            {
                "mean": Parameter(("d",)),
                "covariance": Parameter(("d", "d"), transform=positive_definite),
            },
            vectorized=True,
            rvs=written.draw_matrix,
        ),
        {"mean": MEANS, "covariance": MATRICES},
        lambda k: stats.multivariate_normal(MEANS[k], MATRICES[k]),
        fills_plane=True,
        not_for=BELOW,
    ),
    Case(
        "FromLogPDF-gamma",
        FromLogPDF(
            written.gamma,
            bounds={"shape": ABOVE_0, "scale": ABOVE_0},
            rvs=written.draw_gamma,
            cdf=written.gamma_below,
            support=positive_numbers,
        ),
        {"shape": SHAPES, "scale": SCALES},
        lambda k: stats.gamma(SHAPES[k], scale=SCALES[k]),
        of_column,
        span=(1e-12, 100.0),
    ),
    Case(
        "FromLogPDF-negative-binomial",
        FromLogPDF(
            written.negative_binomial,
            bounds={"mean": ABOVE_0, "r": (0, 1000)},
            rvs=written.draw_negative_binomial,
            cdf=written.negative_binomial_below,
            support=counts,
        ),
        {"mean": NB_MEANS, "r": NB_SIZES},
        lambda k: nbinom(NB_MEANS[k], NB_SIZES[k]),
        of_counts,
        not_for={"test_density_integrates_to_one": "its tail is long"},
    ),
]

# A function is nothing that a plain format could hold.
NOT_PLAIN = dict.fromkeys(
    ("test_known_parameters", "test_the_same_responsibilities_to_the_last_bit"),
    "the law is written as a function",
)
CASES = [replace(case, not_for={**case.not_for, **NOT_PLAIN}) for case in CASES]
