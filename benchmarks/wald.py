"""How often Wald intervals hold the truth, by their scale: ``python benchmarks/wald.py``."""

from __future__ import annotations

import warnings
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from run import without_overrides

__all__ = ["main"]

N_SETS = 1000
HEADERS = ("data", "parameter", "own scale", "identity", "below 0")
POISSON = {"weights": 0.15, "rates": 1.0}
NEGATIVE_BINOMIAL = {"means": 5.0, "sizes": 2.0, "dispersions": 0.5, "burst_sizes": 2.5}


def main() -> None:
    """Print one table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50 data sets")
    n_sets = 50 if parser.parse_args().quick else N_SETS
    without_overrides()
    from table import lay_out, machine

    rows = []
    for name, truth, made in (
        ("80 counts, two Poisson laws", POISSON, _of_poisson),
        ("60 counts, negative binomial", NEGATIVE_BINOMIAL, _of_negative_binomial),
    ):
        ends = np.array([_ends(*own, truth) for own in made(n_sets)])  # (sets, scales, names, 2)
        true = np.array(list(truth.values()))
        held = ((ends[..., 0] <= true) & (true <= ends[..., 1])).mean(axis=0)
        below = (ends[:, 1, :, 0] < 0).mean(axis=0)
        for place, parameter in enumerate(truth):
            shares = (*held[:, place], below[place])
            rows.append((name, parameter, *(f"{share:.3f}" for share in shares)))
    print(machine())
    print(f"- {n_sets} data sets, nominal .95\n")
    print(lay_out(HEADERS, rows, 2))


def _ends(model: Any, X: NDArray, truth: dict[str, float]) -> list[list[list[float]]]:
    """Ends of the intervals of the first number of each parameter, on both scales."""
    from skmixture.inference import standard_errors

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits at an edge, whose intervals hold nothing
        errors = standard_errors(model, X)
        both = [errors.confidence_interval(transform=own) for own in (None, "identity")]
    return [[[float(np.ravel(end)[0]) for end in own[name]] for name in truth] for own in both]


def _of_poisson(n_sets: int) -> Iterator[tuple[Any, NDArray]]:
    from skmixture import PoissonMixture

    rng, start = RandomState(0), {"weights_init": [0.15, 0.85], "rates_init": [[1.0], [8.0]]}
    for _ in range(n_sets):
        low = rng.uniform(size=80) < POISSON["weights"]
        X = rng.poisson(np.where(low, POISSON["rates"], 8.0))[:, None]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield PoissonMixture(2, order_by="rates", **start).fit(X), X


def _of_negative_binomial(n_sets: int) -> Iterator[tuple[Any, NDArray]]:
    from skmixture import NegativeBinomialMixture

    rng, law = RandomState(0), NEGATIVE_BINOMIAL
    prob = law["sizes"] / (law["sizes"] + law["means"])
    for _ in range(n_sets):
        X = rng.negative_binomial(law["sizes"], prob, size=(60, 1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield NegativeBinomialMixture(1).fit(X), X


if __name__ == "__main__":
    main()
