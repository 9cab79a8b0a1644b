"""Where EM starts: responsibilities by the names that scikit-learn gives its starts.

They draw what scikit-learn draws, from the same generator in the same order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.cluster import kmeans_plusplus

from skmixture.kmeans import kmeans_labels
from skmixture.partition import Partition
from skmixture.validation import check_responsibilities

__all__ = ["SINGLE_ROWS", "STARTS", "Init", "draw_start"]

Array = NDArray[np.floating]
Init = str | Callable[[NDArray, int, RandomState], Array]


def kmeans(X: NDArray, n_components: int, weight: Array | None, rng: RandomState) -> Partition:
    """The partition of one run of k-means."""
    return Partition(kmeans_labels(X, n_components, weight, rng), n_components)


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


STARTS: dict[str, Callable[..., Array | Partition]] = {
    "kmeans": kmeans,
    "k-means++": kmeans_seeds,
    "random": random,
    "random_from_data": random_from_data,
}
# Starts that give each component one row and most rows to none.
SINGLE_ROWS = ("k-means++", "random_from_data")


def draw_start(
    init: Init, X: NDArray, n_components: int, weight: Array | None, rng: RandomState
) -> Array | Partition:
    """Responsibilities (n, K) by a name of `STARTS` or from the user's callable."""
    if callable(init):
        resp = init(X, n_components, rng)
        return check_responsibilities(resp, X.shape[0], n_components, "the result of init_params")
    return STARTS[init](X, n_components, weight, rng)
