"""Other laws beside a Gaussian fit of their size: ``python benchmarks/beside_gaussian.py``.

All make the same number of EM's own iterations from the same partition of the rows.
"""

from __future__ import annotations

import warnings
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.random import RandomState
from run import without_overrides

__all__ = ["main"]

HEADERS = ("law", "rows", "columns", "components", "Gaussian, s", "the law, s", "ratio")
STEPS = 20


class Size(NamedTuple):
    """A table, and the estimator of a law that made it."""

    name: str
    law: Callable[..., Any]
    draw: Callable[[RandomState, int, int, int], Any]  # labels (n,) and rows (n, d)
    n: int
    d: int
    K: int


def main() -> None:
    """Print one table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, and 2 turns")
    quick = parser.parse_args().quick
    without_overrides()
    from table import lay_out, machine

    print(machine(), end="\n\n")
    rows = [_compared(size._replace(n=size.n // 10) if quick else size, quick) for size in _sizes()]
    print(lay_out(HEADERS, rows, 1))


def _sizes() -> list[Size]:
    from skmixture import CategoricalMixture, StudentTMixture, VonMisesFisherMixture

    return [
        Size("categorical, 4 answers", CategoricalMixture, _answers, 10_000, 20, 5),
        Size("von Mises-Fisher", VonMisesFisherMixture, _directions, 100_000, 50, 5),
        Size("Student-t, full", StudentTMixture, _heavy, 100_000, 5, 5),
    ]


def _compared(size: Size, quick: bool) -> tuple[str, ...]:
    from timing import in_turns

    from skmixture import GaussianMixture

    labels, X = size.draw(RandomState(0), size.n, size.d, size.K)
    runs = {
        "Gaussian": _fit(GaussianMixture, X, labels, size.K, reg_covar=1e-3),
        "law": _fit(size.law, X, labels, size.K, acceleration=None),
    }
    timed = in_turns(runs, 2 if quick else 5)
    gaussian, law = timed["Gaussian"].seconds, timed["law"].seconds
    sizes = (f"{size.n:,}", str(size.d), str(size.K))
    return size.name, *sizes, f"{gaussian:.3f}", f"{law:.3f}", f"{law / gaussian:.1f}"


def _fit(law: Callable[..., Any], X: Any, labels: Any, K: int, **options: Any) -> Callable[[], Any]:
    def fit() -> Any:
        model = law(K, max_iter=STEPS, tol=0.0, **options)
        with warnings.catch_warnings():  # it is stopped before it converges
            warnings.simplefilter("ignore")
            model.fit(X, start=labels)
        assert model.n_iter_ == STEPS, model.n_iter_
        return model.lower_bound_

    return fit


def _answers(rng: RandomState, n: int, d: int, K: int) -> Any:
    labels = rng.randint(K, size=n)
    bounds = rng.dirichlet(np.ones(4), size=(K, d)).cumsum(axis=-1)
    return labels, (rng.uniform(size=(n, d, 1)) > bounds[labels][..., :-1]).sum(axis=-1)


def _directions(rng: RandomState, n: int, d: int, K: int) -> Any:
    labels = rng.randint(K, size=n)
    X = rng.normal(size=(n, d)) + 3 * rng.normal(size=(K, d))[labels] / np.sqrt(d)
    return labels, X / np.linalg.norm(X, axis=1, keepdims=True)


def _heavy(rng: RandomState, n: int, d: int, K: int) -> Any:
    labels = rng.randint(K, size=n)
    return labels, rng.standard_t(4, size=(n, d)) + 2 * rng.normal(size=(K, d))[labels]


if __name__ == "__main__":
    main()
