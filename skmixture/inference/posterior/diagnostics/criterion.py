"""How well new rows are predicted: an estimate, its error, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.given.validation import check_sample_weight

__all__ = ["ExpectedLogDensity", "expected_log_density"]

Array = NDArray[np.floating]


@dataclass(frozen=True, repr=False, eq=False)
class ExpectedLogDensity:
    """The expected log density of as many new rows, estimated from draws; larger is better.

    Made by `psis_loo` and `waic`.

    Attributes
    ----------
    kind : {"PSIS-LOO", "WAIC"}
    elpd : float
        Summed over rows.
    standard_error : float
        By how the rows differ; NaN for a single row.
    n_effective_parameters : float
        By how much the draws predict their own rows better.
    pointwise : ndarray of shape (n,)
        What a row of weight 1 adds to `elpd`.
    pointwise_parameters : ndarray of shape (n,)
        What it adds to `n_effective_parameters`.
    sample_weight : ndarray of shape (n,)
    n_draws : int
    pareto_k : ndarray of shape (n,) or None
        Of PSIS-LOO: how heavy the tail of each row's importance weights is.
    good_k : float or None
        The bar above which a row's value is not to be relied on.
    """

    kind: str
    elpd: float
    standard_error: float
    n_effective_parameters: float
    pointwise: Array
    pointwise_parameters: Array
    sample_weight: Array
    n_draws: int
    pareto_k: Array | None = None
    good_k: float | None = None

    def __repr__(self) -> str:
        told = ""
        if self.pareto_k is not None:
            told = f"; Pareto k up to {self.pareto_k[self.sample_weight > 0].max():.2f}"
        return (
            f"<{self.kind}: elpd {self.elpd:.1f}, standard error {self.standard_error:.1f}, "
            f"{self.n_effective_parameters:.1f} effective parameters, from {self.n_draws} draws of "
            f"{self.sample_weight.sum():g} rows{told}>"
        )

    def difference(self, other: ExpectedLogDensity) -> tuple[float, float]:
        """By how much `elpd` is above another model's, and the standard error of that.

        Both must be of the same rows. Vehtari, Gelman and Gabry (2017), equation 24.
        """
        if len(other.pointwise) != len(self.pointwise) or not np.array_equal(
            other.sample_weight, self.sample_weight
        ):
            raise ValueError("the other model must be of the same rows, with the same weights")
        if other.kind != self.kind:
            raise ValueError(f"cannot set {self.kind} against {other.kind}")
        return _sum_and_error(self.pointwise - other.pointwise, self.sample_weight)


def expected_log_density(
    kind: str,
    pointwise: Array,
    parameters: Array,
    sample_weight: ArrayLike | None,
    n_draws: int,
    pareto_k: Array | None = None,
    good_k: float | None = None,
) -> ExpectedLogDensity:
    """Sums over rows, a row of weight w being w rows."""
    weight = check_sample_weight(sample_weight, len(pointwise))
    weight = np.ones(len(pointwise)) if weight is None else weight
    elpd, error = _sum_and_error(pointwise, weight)
    total = float(weight @ parameters)
    return ExpectedLogDensity(
        kind, elpd, error, total, pointwise, parameters, weight, n_draws, pareto_k, good_k
    )


def _sum_and_error(values: Array, weight: Array) -> tuple[float, float]:
    """A sum over rows, and the root of their number times their variance."""
    n = float(weight.sum())
    total = float(weight @ values)
    if n <= 1:
        return total, np.nan
    variance = weight @ (values - total / n) ** 2 / (n - 1)
    return total, float(np.sqrt(n * variance))
