"""Time and memory of fits of large tables of counts: ``python benchmarks/counts.py``."""

from __future__ import annotations

import tracemalloc
import warnings
from argparse import ArgumentParser
from time import perf_counter
from typing import Any

import numpy as np
from numpy.random import RandomState
from run import without_overrides

__all__ = ["main"]

HEADERS = ("table", "estimator", "data, MiB", "seconds", "memory of the fit, MiB", "iterations")


def main() -> None:
    """Print one table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    options = parser.parse_args()
    without_overrides()
    from table import lay_out, machine

    from skmixture import NegativeBinomialMixture, PoissonMixture

    shrink = 10 if options.quick else 1
    rows = []
    for name, make, n_components in (
        (f"{10_000_000 // shrink:,} counts", _one_column, 2),
        (f"{10_000 // shrink:,} x 200, exposure", _wide, 5),
        (f"{10_000 // shrink:,} x 2,000, 4% filled", _sparse, 5),
    ):
        X, arguments, size = make(shrink)
        for estimator in (PoissonMixture, NegativeBinomialMixture):
            model = estimator(n_components, random_state=0)
            rows.append((name, estimator.__name__, f"{size:.0f}", *_fitted(model, X, arguments)))
            print("done:", *rows[-1], flush=True)
    print(machine(), end="\n\n")
    print(lay_out(HEADERS, rows, 2))


def _fitted(model: Any, X: Any, arguments: dict[str, Any]) -> tuple[str, str, str]:
    """Seconds of a fit, the most memory of another, and iterations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of sizes at their bound
        begin = perf_counter()
        model.fit(X, **arguments)
        seconds = perf_counter() - begin
        tracemalloc.start()
        model.set_params(max_iter=30).fit(X, **arguments)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return f"{seconds:.1f}", f"{most / 2**20:.0f}", str(model.n_iter_)


def _one_column(shrink: int) -> tuple[Any, dict[str, Any], float]:
    rng, n = RandomState(0), 10_000_000 // shrink
    low = rng.uniform(size=n) < 0.3
    X = np.where(low, rng.negative_binomial(3, 0.2, n), rng.negative_binomial(5, 0.05, n))
    return X[:, None], {}, X.nbytes / 2**20


def _wide(shrink: int) -> tuple[Any, dict[str, Any], float]:
    rng, n = RandomState(0), 10_000 // shrink
    which, exposure = rng.randint(5, size=n), rng.gamma(4, 0.25, n)
    means, sizes = rng.gamma(1, 20, (5, 200)) + 0.5, rng.gamma(2, 2, (5, 200)) + 0.2
    X = _draw(rng, means[which] * exposure[:, None], sizes[which])
    return X, {"exposure": exposure}, X.nbytes / 2**20


def _sparse(shrink: int) -> tuple[Any, dict[str, Any], float]:
    from scipy import sparse

    rng, parts = RandomState(0), []
    means = rng.gamma(0.3, 0.15, 2000) * rng.gamma(2, 0.5, (5, 2000))
    for _ in range(10):
        which = rng.randint(5, size=1_000 // shrink)
        parts.append(sparse.csr_array(_draw(rng, means[which], 2.0)))
    X = sparse.csr_array(sparse.vstack(parts))
    return X, {}, (X.data.nbytes + X.indices.nbytes) / 2**20


def _draw(rng: RandomState, means: Any, sizes: Any) -> Any:
    """Negative binomial counts."""
    return rng.poisson(rng.gamma(sizes, size=means.shape) / sizes * means)


if __name__ == "__main__":
    main()
