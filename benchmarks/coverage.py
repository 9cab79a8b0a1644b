"""How often intervals hold the truth: ``python benchmarks/coverage.py``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from run import without_overrides

__all__ = ["main"]

Array = NDArray[np.floating]

N_SETS, N_REPLICATES, LEVEL = 500, 600, 0.95
KINDS = ("parametric", "nonparametric", "weighted")
METHODS = ("percentile", "basic", "bca")
HEADERS = ("kind", "method", "weight", "means[0, 0]", "means[0, 1]", "means[1, 0]", "means[1, 1]")


def main() -> None:
    """Print one table: shares of data sets whose interval holds the true value."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data sets")
    options = parser.parse_args()
    without_overrides()
    from table import lay_out, machine

    from skmixture import GaussianMixture
    from skmixture.datasets import load_old_faithful

    begin, X = perf_counter(), load_old_faithful().data
    truth = GaussianMixture(2, order_by="means", tol=1e-10, max_iter=1000, random_state=0).fit(X)
    n_sets = N_SETS // 10 if options.quick else N_SETS
    held = []
    for seed in range(n_sets):
        held.append(list(_held(truth, truth.sample(len(X), random_state=seed)[0])))
        if seed % 50 == 49:
            print(f"done: {seed + 1} of {n_sets} sets", file=sys.stderr, flush=True)
    shares = np.mean(held, axis=0)  # (kinds and methods, parameters)
    names = [(kind, method) for kind in KINDS for method in METHODS]
    print(machine())
    print(f"- {n_sets} data sets, {N_REPLICATES} replicates, {perf_counter() - begin:.0f} s in all")
    error = np.sqrt(LEVEL * (1 - LEVEL) / n_sets)
    print(f"- two Monte Carlo standard errors: {2 * error:.3f}\n")
    rows = [
        (*name, *(f"{share:.3f}" for share in own)) for name, own in zip(names, shares, strict=True)
    ]
    print(lay_out(HEADERS, rows, 2))


def _held(truth: object, X: Array) -> Iterator[NDArray[np.bool_]]:
    """Whether each interval holds the true value, by kind and method."""
    from skmixture import GaussianMixture
    from skmixture.inference import bootstrap

    values = _values({"weights": truth.weights_, "means": truth.means_})  # type: ignore[attr-defined]
    fit = GaussianMixture(2, order_by="means", tol=1e-10, max_iter=1000, random_state=0).fit(X)
    for kind in KINDS:
        result = bootstrap(fit, X, kind=kind, n_replicates=N_REPLICATES, random_state=1)
        for method in METHODS:
            low, high = result.confidence_interval(LEVEL, method, function=_values)
            yield (low <= values) & (values <= high)


def _values(fit: dict[str, Array]) -> Array:
    return np.r_[fit["weights"][0], fit["means"].ravel()]


if __name__ == "__main__":
    main()
