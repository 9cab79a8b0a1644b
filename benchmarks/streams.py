"""Print what streams lack of the batch optimum: ``python benchmarks/streams.py``."""

from __future__ import annotations

import sys
import warnings
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from run import without_overrides

__all__ = ["main"]

Array = NDArray[np.floating]
Draw = Callable[[RandomState, int], Array]

EXPONENTS = (0.6, 0.7, 0.8, 0.9, 1.0)
BATCH = 500


def main() -> None:
    """Learn from streams by all exponents and print one table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="40 batches of one stream")
    options = parser.parse_args()
    without_overrides()
    from table import lay_out, machine

    n_batches, n_streams = (40, 1) if options.quick else (200, 5)
    rows = []
    for name, (make, draw) in _mixtures().items():
        lacking = np.array([_lacking(make, draw, n_batches, seed) for seed in range(n_streams)])
        rows.append((name, *(f"{gap:.2g}" for gap in lacking.mean(axis=0))))
        print(f"done: {name}", file=sys.stderr, flush=True)
    print(machine())
    print(f"- {n_batches} batches of {BATCH} rows, mean of {n_streams} streams\n")
    headers = ("mixture", "after the first batch", *map(str, EXPONENTS))
    print(lay_out(headers, rows, 1))


def _lacking(make: Callable[..., Any], draw: Draw, n_batches: int, seed: int) -> list[float]:
    """Mean log-likelihood of all rows below the best that is known, by each exponent."""
    batches = [draw(RandomState([seed, number]), BATCH) for number in range(n_batches)]
    X = np.concatenate(batches)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits that are stopped early
        models = [make().fit(batches[0])]
        for exponent in EXPONENTS:
            models.append(make(forgetting=exponent))
            for batch in batches:
                models[-1].partial_fit(batch)
        values = [model.score(X) for model in models]
        # from where the streams end, so that it is the optimum they are near
        best = max(_polished(model, X).score(X) for model in models)
    return [best - value for value in values]


def _polished(model: Any, X: Array) -> Any:
    options = {"warm_start": True, "tol": 1e-12, "tol_type": "remaining", "max_iter": 5000}
    return model.set_params(**options, acceleration="lbfgs").fit(X)


def _mixtures() -> dict[str, tuple[Callable[..., Any], Draw]]:
    from skmixture import GaussianMixture, PoissonMixture

    rng = RandomState(0)
    apart = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
    near = np.array([[0.0, 0.0], [1.5, 0.0], [0.0, 1.5]])
    rates, many = rng.gamma(2, 4, size=(3, 5)), 2 * rng.standard_normal((10, 5))

    def gaussians(centres: Array) -> tuple[Callable[..., Any], Draw]:
        def draw(rng: RandomState, n: int) -> Array:
            labels = rng.randint(len(centres), size=n)
            return rng.standard_normal((n, centres.shape[1])) + centres[labels]

        def make(**options: Any) -> Any:
            return GaussianMixture(len(centres), n_init=5, random_state=0, **options)

        return make, draw

    def counts(rng: RandomState, n: int) -> Array:
        return rng.poisson(rates[rng.randint(3, size=n)])

    def poisson(**options: Any) -> Any:
        return PoissonMixture(3, n_init=5, random_state=0, **options)

    return {
        "3 Gaussians 5 deviations apart, 2 columns": gaussians(apart),
        "3 Poisson laws, 5 columns": (poisson, counts),
        "3 Gaussians 1.5 deviations apart, 2 columns": gaussians(near),
        "10 Gaussians, 5 columns": gaussians(many),
    }


if __name__ == "__main__":
    main()
