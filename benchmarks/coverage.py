"""How often 95% intervals hold the truth: ``python benchmarks/coverage.py``."""

from __future__ import annotations

import sys
import warnings
from argparse import ArgumentParser
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from run import without_overrides
from scipy import stats

__all__ = ["Study", "main"]

LEVEL, N_SETS, N_REPLICATES = 0.95, 500, 500
HEADERS = ("data", "parameter", "percentile", "basic", "bca", "standard error")


class Study(NamedTuple):
    """A mixture of two components that is simulated, and what it is fitted by."""

    name: str
    estimator: Any
    truth: dict[str, NDArray]
    n: int


def main() -> None:
    """Print one table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="25 data sets")
    n_sets = 25 if parser.parse_args().quick else N_SETS
    without_overrides()
    from table import lay_out, machine

    begin, rows = perf_counter(), []
    for study in _studies():
        rows += _covered(study, n_sets)
        print(f"done: {study.name}", file=sys.stderr, flush=True)
    error = np.sqrt(LEVEL * (1 - LEVEL) / n_sets)
    print(machine())
    print(
        f"- {n_sets} data sets of {N_REPLICATES} replicates, {perf_counter() - begin:.0f} s in all"
    )
    print(f"- nominal {LEVEL:.3f}, Monte Carlo standard error {error:.3f}\n")
    print(lay_out(HEADERS, rows, 2))


def _studies() -> list[Study]:
    from skmixture import Mixture, PoissonMixture
    from skmixture.families import Gaussian

    weights = np.array([0.4, 0.6])
    gaussian = {"weights": weights, "means": np.array([[0.0], [4.0]]),
                "covariances": np.array([[[1.0]], [[1.5]]])}  # fmt: skip
    rates = {"weights": weights, "rates": np.array([[3.0], [12.0]])}
    options = {"n_init": 4, "random_state": 0}
    return [
        Study(
            "Gaussian, n=300", Mixture(Gaussian(), 2, order_by="means", **options), gaussian, 300
        ),
        Study("Poisson, n=300", PoissonMixture(2, order_by="rates", **options), rates, 300),
    ]


def _covered(study: Study, n_sets: int) -> list[tuple[str, ...]]:
    """The share of data sets in which the intervals of each parameter hold its true value."""
    made = type(study.estimator).from_params
    family = {"family": study.estimator.family} if hasattr(study.estimator, "family") else {}
    model = made(**family, **study.truth)
    shares = np.zeros((len(_flat(study.truth)), 4))
    for seed in range(n_sets):
        X, _ = model.sample(study.n, random_state=RandomState(seed))
        shares += _holds(study, X, seed)
    names = [
        f"{name}[{', '.join(map(str, place))}]"
        for name, value in study.truth.items()
        for place in np.ndindex(value.shape)
    ]
    return [
        (study.name, name, *(f"{share:.3f}" for share in row))
        for name, row in zip(names, shares / n_sets, strict=True)
    ]


def _holds(study: Study, X: NDArray, seed: int) -> NDArray[np.bool_]:
    """Which intervals (p, 4) of one data set do."""
    from skmixture.inference import bootstrap, standard_errors

    truth = _flat(study.truth)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = study.estimator.fit(X)
        result = bootstrap(fitted, X, n_replicates=N_REPLICATES, random_state=seed)
        errors = standard_errors(fitted, X)
        columns = []
        for method in ("percentile", "basic", "bca"):
            intervals = result.confidence_interval(LEVEL, method=method)
            low, high = (
                _flat({name: intervals[name][end] for name in study.truth}) for end in (0, 1)
            )
            columns.append((low <= truth) & (truth <= high))
    estimate = _flat({"weights": fitted.weights_, **fitted.params_})
    reach = stats.norm.ppf(0.5 + LEVEL / 2) * _flat({name: errors[name] for name in study.truth})
    columns.append(np.abs(estimate - truth) <= reach)
    return np.stack(columns, axis=1)


def _flat(values: dict[str, NDArray]) -> NDArray:
    return np.concatenate([np.ravel(value) for value in values.values()])


if __name__ == "__main__":
    main()
