"""skmixture's GaussianMixture against the lecture's three EMs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np
from lecture import em_einsum, em_loop, em_vectorised, lecture_data
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from table import Comparison
from timing import in_turns

from skmixture import GaussianMixture

__all__ = ["compare_lecture"]

Array = NDArray[np.float64]

N_ITER = 12
VECTORISED = {"vectorised": em_vectorised, "einsum": em_einsum}


def compare_lecture(quick: bool, repeats: int) -> Iterator[Comparison]:
    """Run 12 iterations on the lecture's data, and on many times as many.

    The loop over rows sits out the larger data.

    Parameters
    ----------
    quick : bool
        10 times as many rows instead of 100.
    repeats : int

    Yields
    ------
    Comparison
    """
    X, *start = lecture_data()
    yield from _compare({"loop": em_loop, **VECTORISED}, X, start, repeats)
    # shaken, lest equal rows be a special case for someone
    many = np.tile(X, (10 if quick else 100, 1))
    many += 0.1 * np.random.RandomState(0).standard_normal(many.shape)
    yield from _compare(VECTORISED, many, start, repeats)


def _compare(
    ems: Mapping[str, Callable], X: Array, start: list[Array], repeats: int
) -> Iterator[Comparison]:
    runs = {name: partial(_lecture_end, em, X, start) for name, em in ems.items()}
    timed = in_turns({**runs, "own": partial(_own_end, X, start)}, repeats)
    own = timed.pop("own")
    for name, (seconds, log_likelihood) in timed.items():
        yield Comparison(
            f"lecture, n={len(X):,} d=2 K=2",
            f"lecture's {name}",
            seconds,
            own.seconds,
            log_likelihood,
            own.result,
        )


def _lecture_end(em: Callable, X: Array, start: list[Array]) -> float:
    return float(em(X, *start, N_ITER).log_likelihoods[-1])


def _own_end(X: Array, start: list[Array]) -> float:
    """Fit and score, since the lecture's EMs also evaluate where they end."""
    weights, means, covariances = start
    model = GaussianMixture(
        len(weights),
        tol=0,
        reg_covar=0,
        max_iter=N_ITER,
        weights_init=weights,
        means_init=means,
        precisions_init=np.linalg.inv(covariances),
    )
    with warnings.catch_warnings():
        # a given number of iterations is not meant to converge
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X)
    return float(model.score_samples(X).sum())
