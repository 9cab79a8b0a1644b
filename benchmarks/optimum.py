"""Print the time to the optimum beside scikit-learn's: ``python benchmarks/optimum.py``."""

from __future__ import annotations

import sys
import warnings
from argparse import ArgumentParser
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from run import without_overrides

__all__ = ["main"]

Array = NDArray[np.floating]

# How near to the optimum, in mean log-likelihood.
GAP = 1e-7
HEADERS = (
    "problem",
    "scikit-learn, iterations",
    "skmixture, E-steps",
    "scikit-learn, s",
    "skmixture, s",
    "ratio",
    "short of the optimum, scikit-learn",
    "skmixture",
)


@dataclass(frozen=True)
class Overlapping:
    """Rows of normal components whose centres are near each other, and a start.

    Attributes
    ----------
    n : int
    weights : tuple of float
    distance : float
        Between neighbouring centres, which lie on a line, in deviations.
    d : int
    """

    n: int
    d: int
    weights: tuple[float, ...]
    distance: float

    def __str__(self) -> str:
        return (
            f"d={self.d}, K={len(self.weights)}, {self.distance:g} deviations apart, n={self.n:,}"
        )

    def draw(self) -> tuple[Array, dict[str, Array]]:
        """The rows, and starting values near those of all rows together."""
        rng, K = RandomState(0), len(self.weights)
        along = np.ones(self.d) / np.sqrt(self.d)
        labels = rng.choice(K, size=self.n, p=self.weights)
        X = rng.standard_normal((self.n, self.d)) + self.distance * labels[:, None] * along
        places = np.quantile(X @ along, (np.arange(K) + 0.5) / K)
        start = {
            "weights_init": np.full(K, 1 / K),
            "means_init": X.mean(axis=0) + (places - places.mean())[:, None] * along,
            "precisions_init": np.stack([np.linalg.inv(np.cov(X.T))] * K),
        }
        return X, start


PROBLEMS = (
    Overlapping(2_000, 2, (0.4, 0.6), 1.7),
    Overlapping(20_000, 2, (0.4, 0.6), 1.7),
    Overlapping(20_000, 2, (0.3, 0.4, 0.3), 2.2),
    Overlapping(20_000, 5, (0.4, 0.6), 2.0),
    Overlapping(100_000, 3, (0.5, 0.5), 2.0),
)


def main() -> None:
    """Run both on all problems and print one table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the first problem only, best of two")
    options = parser.parse_args()
    without_overrides()
    from table import lay_out, machine

    rows = []
    for problem in PROBLEMS[:1] if options.quick else PROBLEMS:
        rows.append(_cells(problem, 2 if options.quick else 3))
        print(f"done: {problem}", file=sys.stderr, flush=True)
    print(machine())
    print(lay_out(HEADERS, rows, 1))


def _cells(problem: Overlapping, repeats: int) -> tuple[str, ...]:
    from timing import in_turns

    X, start = problem.draw()
    # the optimum of both: EM stands still where the quicker path does
    optimum = _fit("skmixture", X, start, 10_000, tol=1e-14).lower_bounds_.max()
    own = _steps(_fit("skmixture", X, start, 1_000), optimum)
    # plain steps of skmixture are those of scikit-learn, which keeps no history
    peer = _steps(_fit("skmixture", X, start, 20_000, acceleration=None), optimum)
    runs = {
        "scikit-learn": partial(_fit, "scikit-learn", X, start, peer),
        "skmixture": partial(_fit, "skmixture", X, start, own),
    }
    timed = in_turns(runs, repeats)
    gaps = [optimum - timed[name].result.score(X) for name in runs]
    peer_seconds, own_seconds = (timed[name].seconds for name in runs)
    return (
        str(problem),
        f"{peer}",
        f"{own}",
        f"{peer_seconds:.4f}",
        f"{own_seconds:.4f}",
        f"{peer_seconds / own_seconds:.0f}",
        *(f"{gap:.1e}" for gap in gaps),
    )


def _fit(name: str, X: Array, start: dict[str, Array], max_iter: int, **options: Any) -> Any:
    from sklearn import mixture
    from sklearn.exceptions import ConvergenceWarning

    import skmixture

    K = len(start["weights_init"])
    options = {"tol": 0, "max_iter": max_iter, **start, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if name == "scikit-learn":
            return mixture.GaussianMixture(K, **options).fit(X)
        options = {"acceleration": "lbfgs", "tol_type": "remaining", **options}
        return skmixture.GaussianMixture(K, **options).fit(X)


def _steps(fit: Any, optimum: float) -> int:
    """How many iterations end within the gap of the optimum.

    The value entering an iteration is that of the parameters after the one before.
    """
    reached = fit.lower_bounds_ >= optimum - GAP
    if not reached.any():
        raise RuntimeError(f"no value within {GAP:g} of the optimum in {len(reached)} iterations")
    return max(1, int(np.argmax(reached)))


if __name__ == "__main__":
    main()
