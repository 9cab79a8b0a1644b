"""skmixture's GaussianMixture against scikit-learn's, from the same starts."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn import mixture
from sklearn.exceptions import ConvergenceWarning
from table import Comparison
from timing import Timed, bare_seconds, in_turns

import skmixture

__all__ = [
    "CASES", "ESTIMATORS", "Case", "compare", "compare_defaults", "compare_fits",
    "compare_restarts", "draw", "fit", "start",
]  # fmt: skip

Array = NDArray[np.floating]

PEER = "scikit-learn"
ESTIMATORS = {PEER: mixture.GaussianMixture, "skmixture": skmixture.GaussianMixture}


@dataclass(frozen=True)
class Case:
    """One problem: its size, and two numbers of iterations.

    The difference of a short and a long fit is that of their iterations:
    checks of the data and what is published cancel.
    """

    n: int
    d: int
    K: int
    covariance_type: str = "full"
    dtype: str = "float64"
    short: int = 2
    long: int = 17
    spread: float = 4.0  # of the means, from the centre, in deviations of a component

    def __str__(self) -> str:
        words = "" if self.dtype == "float64" else f", {self.dtype}"
        return f"{self.covariance_type}, n={self.n:,} d={self.d} K={self.K}{words}"

    @property
    def products(self) -> list[tuple[int, int]]:
        """Shapes of the coefficients of constant, linear and quadratic features."""
        linear, pairs = 1 + self.d, self.d * (self.d + 1) // 2
        return {
            "full": [(self.K, linear + pairs)],
            # the quadratic term is the same for all components
            "tied": [(self.K, linear), (1, pairs)],
            "diag": [(self.K, linear + self.d)],
            "spherical": [(self.K, linear + 1)],
        }[self.covariance_type]


CASES = (
    Case(100_000, 2, 3),
    Case(100_000, 5, 5),
    Case(100_000, 10, 10),
    Case(1_000_000, 3, 8, short=1, long=8),
    Case(50_000, 30, 10, long=12),
    Case(20_000, 100, 10, short=1, long=8),
    Case(100_000, 10, 10, "tied"),
    Case(100_000, 10, 10, "diag"),
    Case(100_000, 10, 10, "spherical"),
    Case(100_000, 5, 5, dtype="float32"),
    Case(150, 4, 3, short=10, long=110),
)


def compare_fits(quick: bool, repeats: int) -> Iterator[Comparison]:
    """Fit every case for a given number of iterations from a given start.

    Parameters
    ----------
    quick : bool
        Keep a tenth of the rows of large cases.
    repeats : int

    Yields
    ------
    Comparison
    """
    for case in CASES:
        if quick and case.n > 1000:
            case = replace(case, n=case.n // 10)
        yield compare(case, repeats)


def compare_defaults(quick: bool, repeats: int) -> Iterator[Comparison]:
    """Fit as most users do: a start by k-means, and the default tolerance.

    "As they come" is without any limit on threads, which few users set.

    Parameters
    ----------
    quick : bool
        Keep a tenth of the rows of the large case.
    repeats : int

    Yields
    ------
    Comparison
    """
    small, large = Case(150, 4, 3, spread=2.0), Case(20_000 if quick else 200_000, 5, 5)
    both = (None, 1)
    for kind, case, threads in (
        ("defaults", small, both),
        ("defaults as they come", small, both[:1]),
        ("defaults", large, both),
    ):
        X = draw(case)
        runs = {name: partial(fit, name, X, case.K, random_state=0) for name in ESTIMATORS}
        timed = in_turns(runs, repeats, threads=threads)
        yield Comparison(
            f"{kind}, n={case.n:,} d={case.d} K={case.K}",
            PEER,
            *(timed[name].seconds for name in ESTIMATORS),
            *(_total(timed[name], X) for name in ESTIMATORS),
        )


def compare_restarts(quick: bool, repeats: int) -> Iterator[Comparison]:
    """Fit from 20 starts by k-means (5 with `quick`), to two tolerances.

    By the default one, k-means takes longer than EM.

    Parameters
    ----------
    quick : bool
    repeats : int

    Yields
    ------
    Comparison
    """
    case, n_init = Case(3_000, 3, 4, spread=1.5), 5 if quick else 20
    X = draw(case)
    for tol in (1e-3, 1e-5):
        options = {"n_init": n_init, "tol": tol, "max_iter": 200, "random_state": 0}
        runs = {name: partial(fit, name, X, case.K, **options) for name in ESTIMATORS}
        timed = in_turns(runs, repeats)
        yield Comparison(
            f"{n_init} restarts to {tol:g}, n={case.n:,} d={case.d} K={case.K}",
            PEER,
            *(timed[name].seconds for name in ESTIMATORS),
            *(_total(timed[name], X) for name in ESTIMATORS),
        )


def compare(case: Case, repeats: int) -> Comparison:
    """Both from the same start, for the same numbers of iterations.

    Parameters
    ----------
    case : Case
    repeats : int

    Returns
    -------
    Comparison
    """
    X = draw(case)
    options = {"covariance_type": case.covariance_type, "tol": 0, **start(case)}
    runs = {
        (name, max_iter): partial(fit, name, X, case.K, max_iter=max_iter, **options)
        for max_iter in (case.short, case.long)
        for name in ESTIMATORS
    }
    timed = in_turns(runs, repeats)
    peer, own = (
        (timed[name, case.long].seconds - timed[name, case.short].seconds)
        / (case.long - case.short)
        for name in ESTIMATORS
    )
    bare = bare_seconds(case.n, case.K, case.products, case.dtype, repeats)
    whole = [timed[name, case.long] for name in ESTIMATORS]
    return Comparison(
        str(case),
        PEER,
        *(fit.seconds for fit in whole),
        *(_total(fit, X) for fit in whole),
        iteration_ratio=_quotient(peer, own),
        bare_ratio=_quotient(own, bare),
    )


def _quotient(a: float, b: float) -> float | None:
    """None where noise exceeds the difference of a short and a long fit."""
    return a / b if min(a, b) > 0 else None


def fit(name: str, X: Array, n_components: int, **options: Any) -> Any:
    """Fit one of `ESTIMATORS`.

    Parameters
    ----------
    name : str
    X : ndarray of shape (n, d)
    n_components : int
    **options
        Of the estimator.

    Returns
    -------
    estimator
    """
    with warnings.catch_warnings():
        # a given number of iterations is not meant to converge
        warnings.simplefilter("ignore", ConvergenceWarning)
        return ESTIMATORS[name](n_components, **options).fit(X)


def _total(fit: Timed, X: Array) -> float:
    return float(fit.result.score(X)) * len(X)


def _centres(case: Case) -> Array:
    scale = case.spread / np.sqrt(case.d)
    return scale * RandomState(0).standard_normal((case.K, case.d))


def draw(case: Case) -> Array:
    """Rows of K Gaussians, each of its own shape, in no order.

    Parameters
    ----------
    case : Case

    Returns
    -------
    ndarray of shape (n, d)
    """
    rng, K, d = RandomState(1), case.K, case.d
    shapes = np.eye(d) + 0.5 / np.sqrt(d) * rng.standard_normal((K, d, d))
    labels = rng.randint(K, size=case.n)
    X = rng.standard_normal((case.n, d))
    for k, (centre, shape) in enumerate(zip(_centres(case), shapes, strict=True)):
        X[labels == k] = X[labels == k] @ shape + centre
    return X.astype(case.dtype)


def start(case: Case) -> dict[str, Array]:
    """Equal weights, means not far from the true ones, unit precisions.

    Parameters
    ----------
    case : Case

    Returns
    -------
    dict of str to ndarray
        Options of an estimator.
    """
    K, d = case.K, case.d
    precisions = {
        "full": np.stack([np.eye(d)] * K),
        "tied": np.eye(d),
        "diag": np.ones((K, d)),
        "spherical": np.ones(K),
    }
    return {
        "weights_init": np.full(K, 1 / K),
        "means_init": _centres(case) + 0.3 * RandomState(2).standard_normal((K, d)),
        "precisions_init": precisions[case.covariance_type],
    }
