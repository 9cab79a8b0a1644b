"""The registry's laws of positive and of bounded numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from cases import Case
from scipy import stats

from skmixture.families import (
    Beta,
    Dirichlet,
    Exponential,
    Gamma,
    InverseGaussian,
    LogNormal,
    Weibull,
)


def of_one_column(law: Any, X: np.ndarray) -> np.ndarray:
    return law.logpdf(X[:, 0])


def of_columns(law: Any, X: np.ndarray) -> np.ndarray:
    return law.logpdf(X).sum(axis=1)


def positive(name: str, family: Any, reference: Callable[..., Any], **params: Any) -> Case:
    """A case of a law of positive numbers, independent between columns.

    `reference` makes the scipy distribution of one component's parameters.
    """
    arrays = {key: np.asarray(value, dtype=float) for key, value in params.items()}
    columns = next(iter(arrays.values())).shape[1]

    def of_component(k: int) -> Any:
        values = {key: value[k] for key, value in arrays.items()}
        return reference(**{key: v[0] if columns == 1 else v for key, v in values.items()})

    return Case(
        name,
        family,
        params,
        of_component,
        of_one_column if columns == 1 else of_columns,
        span=(1e-12, 900.0),
        moves=((1e-8, 0.0), (1e8, 0.0)),
        moved_back=lambda found, scale, shift: {
            key: value / scale if key in family.in_units else value for key, value in found.items()
        },
    )


def gamma(shapes: Any, scales: Any) -> Any:
    return stats.gamma(shapes, scale=scales)


SHAPES = [[2.0, 9.0], [6.0, 1.5], [0.8, 8.0]]
SCALES = [[0.3, 0.1], [2.0, 3.0], [9.0, 9.0]]

LOG_MEANS = np.array([[0.0, 0.0], [3.0, 1.0], [-1.0, 4.0]])
COVARIANCES = np.array(
    [[[0.5, 0.1], [0.1, 0.2]], [[0.1, -0.05], [-0.05, 0.3]], [[0.4, 0.0], [0.0, 0.2]]]
)
LOG_NORMAL_MOVES = dict(
    moves=((1e-8, 0.0), (1e8, 0.0)),
    moved_back=lambda found, scale, shift: {**found, "means": found["means"] - np.log(scale)},
)


def inverse_gaussian(means: Any, shapes: Any) -> Any:
    return stats.invgauss(np.divide(means, shapes), scale=shapes)


def weibull(shapes: Any, scales: Any) -> Any:
    return stats.weibull_min(shapes, scale=scales)


class OfLogs:
    """The law of rows whose logarithms have the given one."""

    def __init__(self, law: Any) -> None:
        self.law = law

    def logpdf(self, X: np.ndarray) -> np.ndarray:
        return self.law.logpdf(np.log(X)) - np.log(X).sum(axis=1)


def _log_normal(kind: str, covariances: np.ndarray) -> Case:
    matrices = covariances if kind == "full" else covariances[..., None] * np.eye(2)
    return Case(
        f"LogNormal-{kind}",
        LogNormal(kind, reg_covar=0.0),
        {"means": LOG_MEANS, "covariances": covariances},
        lambda k: OfLogs(stats.multivariate_normal(LOG_MEANS[k], matrices[k])),
        **LOG_NORMAL_MOVES,
    )


ALPHAS = np.array([[2.0, 9.0], [20.0, 3.0], [0.8, 0.6]])
BETAS = np.array([[20.0, 9.0], [20.0, 0.5], [0.3, 7.0]])
BOUNDED: dict[str, Any] = dict(far=lambda X: X**40, span=(1e-14, 1 - 1e-14), top=1.0)
CONCENTRATIONS = np.array([[2.0, 9.0, 3.0], [20.0, 3.0, 5.0], [0.8, 0.6, 9.0]])


CASES = [
    positive("Gamma", Gamma(), gamma, shapes=[[2.0], [9.0], [20.0]], scales=[[0.4], [0.6], [1.5]]),
    positive("Gamma-columns", Gamma(), gamma, shapes=SHAPES, scales=SCALES),
    positive(
        "Gamma-narrow",
        Gamma(),
        gamma,
        shapes=[[500.0], [300.0], [40.0]],
        scales=[[2e-3], [1e-2], [0.3]],
    ),
    positive(
        "Exponential",
        Exponential(),
        lambda scales: stats.expon(scale=scales),
        scales=[[0.1], [1.5], [20.0]],
    ),
    positive(
        "Exponential-columns",
        Exponential(),
        lambda scales: stats.expon(scale=scales),
        scales=[[0.2, 3.0], [4.0, 0.1], [30.0, 40.0]],
    ),
    positive(
        "InverseGaussian",
        InverseGaussian(),
        inverse_gaussian,
        means=[[0.5], [3.0], [20.0]],
        shapes=[[2.0], [40.0], [300.0]],
    ),
    positive(
        "InverseGaussian-columns",
        InverseGaussian(),
        inverse_gaussian,
        means=[[0.5, 9.0], [3.0, 1.0], [20.0, 30.0]],
        shapes=[[2.0, 20.0], [40.0, 4.0], [30.0, 200.0]],
    ),
    _log_normal("full", COVARIANCES),
    _log_normal("diag", np.diagonal(COVARIANCES, axis1=1, axis2=2)),
    Case(
        "LogNormal-1d",
        LogNormal(reg_covar=0.0),
        {"means": [[-2.0], [0.5], [3.0]], "covariances": [[[0.5]], [[0.1]], [[0.2]]]},
        lambda k: stats.lognorm(np.sqrt([0.5, 0.1, 0.2][k]), scale=np.exp([-2.0, 0.5, 3.0][k])),
        of_one_column,
        span=(1e-12, 900.0),
        **LOG_NORMAL_MOVES,
    ),
    positive(
        "Weibull",
        Weibull(),
        weibull,
        shapes=[[0.9], [3.0], [6.0]],
        scales=[[0.4], [5.0], [30.0]],
    ),
    positive(
        "Weibull-columns",
        Weibull(),
        weibull,
        shapes=[[0.9, 4.0], [3.0, 1.5], [6.0, 2.0]],
        scales=[[0.4, 0.6], [5.0, 30.0], [30.0, 5.0]],
    ),
    Case(
        "Beta",
        Beta(),
        {"alphas": [[2.0], [20.0], [9.0]], "betas": [[20.0], [20.0], [1.2]]},
        lambda k: stats.beta([2.0, 20.0, 9.0][k], [20.0, 20.0, 1.2][k]),
        of_one_column,
        **BOUNDED,
    ),
    Case(
        "Beta-columns",
        Beta(),
        {"alphas": ALPHAS, "betas": BETAS},
        lambda k: stats.beta(ALPHAS[k], BETAS[k]),
        of_columns,
        **BOUNDED,
    ),
    Case(
        "Dirichlet",
        Dirichlet(),
        {"concentrations": CONCENTRATIONS},
        lambda k: stats.dirichlet(CONCENTRATIONS[k]),
        lambda law, X: law.logpdf(X.T),
        far=lambda X: X**40 / (X**40).sum(axis=1, keepdims=True),
        top=1.0,
    ),
    Case(
        "Dirichlet-pairs",
        Dirichlet(),
        {"concentrations": CONCENTRATIONS[:, :2]},
        lambda k: stats.dirichlet(CONCENTRATIONS[k, :2]),
        lambda law, X: law.logpdf(X.T),
        far=lambda X: X**20 / (X**20).sum(axis=1, keepdims=True),
        top=1.0,
    ),
]
