"""What the laws of counts share: sparse rows, and means multiplied by exposures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse

from skmixture.law.exponential_family import ExponentialFamily
from skmixture.law.family import Array, Arrays
from skmixture.numerics.products import contract
from skmixture.supports import Support, counts
from skmixture.table.rows import rows_last

__all__ = [
    "ExposedCounts",
    "bounds_by_variance",
    "count_features",
    "draw_poisson",
    "exposed_by",
    "exposed_mass",
    "mean_exposure",
    "over_columns",
    "over_entries",
]

LARGEST_COUNT = 2.0**53


class ExposedCounts(ExponentialFamily):
    """Counts as their own statistics, whose log normaliser grows with the exposure of the row.

    Beside the sums of an exponential family there is ``"exposed"``, that of
    the exposures, where rows have any.
    """

    support: ClassVar[Support] = counts
    absorbing = True
    takes_sparse = True

    @property
    def takes_exposure(self) -> bool:  # type: ignore[override]
        return True

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return rows_last(X)

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return {**super().encode(X), **side}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        if "exposure" not in rows:
            return super().log_prob(rows, prepared)
        log_prob = contract(prepared["eta"], rows["t"])
        exposure = rows["exposure"][..., None, :]  # (n,), or (B, 1, n)
        log_prob -= prepared["log_normaliser"][..., None] * exposure
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        stats = super().expected_stats(rows, prepared, resp)
        if "exposure" in rows:
            stats["exposed"] = (resp * rows["exposure"][..., None, :]).sum(axis=-1)
        return stats


def exposed_mass(stats: Arrays) -> Array:
    """Sum (B, K) of the exposures, each row's being 1 where there are none."""
    return stats.get("exposed", stats["n"])


def over_entries(function: Callable[[Array], Array], X: Any) -> Any:
    """A function that is 0 at 0, of every entry of dense or sparse rows."""
    if not sparse.issparse(X):
        return function(X)
    mapped = X.astype(float)
    mapped.data = function(mapped.data)
    return mapped


def over_columns(function: Callable[[Array], Array], X: NDArray) -> Array:
    """The same, summed over the columns: (..., n)."""
    return np.asarray(over_entries(function, X).sum(axis=-1))


def exposed_by(means: Array, side: Arrays) -> Array:
    """Means (..., n or 1, d) times the exposure of each row."""
    return means * side["exposure"][:, None] if "exposure" in side else means


def mean_exposure(side: Arrays) -> float:
    """The mean of the exposures of rows, 1 where they have none."""
    return float(np.mean(side["exposure"])) if "exposure" in side else 1.0


def bounds_by_variance(q: Array, mean: Array, variance: Array) -> tuple[Array, Array]:
    """Counts (K, m, d) between which the quantiles q (m,) of a law lie.

    By Cantelli's inequality, no quantile is farther above the mean than
    ``sqrt(q / (1 - q))`` standard deviations, nor below by the inverse.
    """
    with np.errstate(divide="ignore"):
        odds = np.sqrt(q / (1 - q))[:, None]
        deviation = np.sqrt(variance)
        low = np.floor(mean - deviation / odds)
    # one count beyond each, for what rounding may have done
    return np.maximum(low - 1, 0.0), np.ceil(mean + deviation * odds) + 1


def draw_poisson(rng: RandomState, means: Array) -> NDArray:
    """Poisson counts with the given means."""
    if np.max(means, initial=0.0) > LARGEST_COUNT:
        raise ValueError(
            f"counts with a mean of {np.max(means):.3g} cannot be drawn: above 2**53 a float "
            "skips some counts; use smaller means or exposures"
        )
    return rng.poisson(means)


def count_features(X: NDArray) -> NDArray:
    """Twice the root of a Poisson count has a standard deviation near 1 (Anscombe 1948)."""
    return over_entries(lambda x: 2 * (np.sqrt(x + 0.375) - np.sqrt(0.375)), X)
