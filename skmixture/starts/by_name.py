"""Where EM starts: responsibilities by the names that scikit-learn gives its starts.

They draw what scikit-learn draws, from the same generator in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.cluster import kmeans_plusplus

from skmixture.given.validation import check_responsibilities
from skmixture.starts.kmeans import kmeans_labels, most_together
from skmixture.table.partition import Partition

__all__ = ["SINGLE_ROWS", "STARTS", "Init", "draw_starts"]

Array = NDArray[np.floating]
Init = str | Callable[[NDArray, int, RandomState], Array]


def kmeans(
    X: NDArray, n_components: int, weight: Array | None, rng: RandomState, number: int
) -> Iterator[Partition]:
    """Partitions by so many runs of k-means; those of runs that were made together are one."""
    n, d = X.shape
    most = most_together(n, d, n_components)
    for begin in range(0, number, most):
        n_starts = min(most, number - begin)
        yield Partition(kmeans_labels(X, n_components, weight, rng, n_starts), n_components)


def random(X: NDArray, n_components: int, weight: Array | None, rng: RandomState) -> Array:
    """Uniform numbers, normalised row by row."""
    resp = rng.uniform(size=(X.shape[0], n_components)).astype(X.dtype)
    return resp / resp.sum(axis=1, keepdims=True)


def random_from_data(
    X: NDArray, n_components: int, weight: Array | None, rng: RandomState
) -> Array:
    """Different rows, one for each component; all other rows count for nothing."""
    chance = None if weight is None else weight / weight.sum()
    return _single_rows(X.shape[0], rng.choice(X.shape[0], n_components, replace=False, p=chance))


def kmeans_seeds(X: NDArray, n_components: int, weight: Array | None, rng: RandomState) -> Array:
    """Rows far from each other, one for each component, as k-means++ draws them."""
    _, rows = kmeans_plusplus(X, n_components, sample_weight=weight, random_state=rng)
    return _single_rows(X.shape[0], rows)


def _single_rows(n: int, rows: NDArray[np.integer]) -> Array:
    resp = np.zeros((n, len(rows)))
    resp[rows, np.arange(len(rows))] = 1
    return resp


# Starts that come one by one, and those that give each component one row and most rows to none.
ONE_BY_ONE: dict[str, Callable[..., Array]] = {
    "k-means++": kmeans_seeds,
    "random": random,
    "random_from_data": random_from_data,
}
SINGLE_ROWS = ("k-means++", "random_from_data")
STARTS = ("kmeans", *ONE_BY_ONE)


def draw_starts(
    init: Init, X: NDArray, n_components: int, weight: Array | None, rng: RandomState, number: int
) -> Iterator[Array | Partition]:
    """So many starts by a name of `STARTS` or from the user's callable, each when it is asked for.

    They are responsibilities (n, K), or partitions of which each may stand for several starts.
    """
    if init == "kmeans":
        yield from kmeans(X, n_components, weight, rng, number)
        return
    for _ in range(number):
        if callable(init):
            resp = init(X, n_components, rng)
            name = "the result of init_params"
            yield check_responsibilities(resp, X.shape[0], n_components, name)
        else:
            yield ONE_BY_ONE[init](X, n_components, weight, rng)
