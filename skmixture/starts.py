"""Where EM starts: responsibilities drawn by name.

scikit-learn's names draw what scikit-learn draws. "auto" is this package's
own: a sequence of different starts, most of them in sphered coordinates, so
that neither units nor long shapes decide what is near.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.exceptions import ConvergenceWarning

from skmixture.validation import check_responsibilities, one_hot

__all__ = ["SINGLE_ROWS", "STARTS", "draw_start", "own_start"]

Array = NDArray[np.floating]
Init = str | Callable[[NDArray, int, RandomState], Array]


def kmeans(X: NDArray, n_components: int, weight: Array | None, rng: RandomState) -> Array:
    """The partition of one run of k-means."""
    found = KMeans(n_components, n_init=1, random_state=rng).fit(X, sample_weight=weight)
    return one_hot(found.labels_, n_components)


def random(X: NDArray, n_components: int, weight: Array | None, rng: RandomState) -> Array:
    """Uniform numbers, normalised row by row."""
    resp = rng.uniform(size=(len(X), n_components)).astype(X.dtype)
    return resp / resp.sum(axis=1, keepdims=True)


def random_from_data(
    X: NDArray, n_components: int, weight: Array | None, rng: RandomState
) -> Array:
    """Different rows, one for each component; all other rows count for nothing."""
    chance = None if weight is None else weight / weight.sum()
    return _single_rows(len(X), rng.choice(len(X), n_components, replace=False, p=chance))


def kmeans_seeds(X: NDArray, n_components: int, weight: Array | None, rng: RandomState) -> Array:
    """Rows far from each other, one for each component, as k-means++ draws them."""
    _, rows = kmeans_plusplus(X, n_components, sample_weight=weight, random_state=rng)
    return _single_rows(len(X), rows)


def _single_rows(n: int, rows: NDArray[np.integer]) -> Array:
    resp = np.zeros((n, len(rows)))
    resp[rows, np.arange(len(rows))] = 1
    return resp


STARTS = {
    "kmeans": kmeans,
    "k-means++": kmeans_seeds,
    "random": random,
    "random_from_data": random_from_data,
}
# Starts that give each component one row and most rows to none.
SINGLE_ROWS = ("k-means++", "random_from_data")


def draw_start(
    init: Init, X: NDArray, n_components: int, weight: Array | None, rng: RandomState
) -> Array:
    """Responsibilities (n, K) by a name of `STARTS` or from the user's callable."""
    if callable(init):
        resp = init(X, n_components, rng)
        return check_responsibilities(resp, len(X), n_components, "the result of init_params")
    return STARTS[init](X, n_components, weight, rng)


def own_start(
    index: int, features: Array, n_components: int, weight: Array | None, rng: RandomState
) -> Array:
    """The start number `index` of the sequence "auto".

    k-means in sphered columns, k-means in scaled columns, shells around the
    centre (components may share it), then partitions by far rows.
    """
    scaled = _scaled(features, weight)
    labels: NDArray[np.integer]
    if len(features) <= n_components:
        labels = np.arange(len(features))
    elif index == 0:
        labels = _kmeans_labels(_sphered(scaled, weight), n_components, weight, rng)
    elif index == 1:
        labels = _kmeans_labels(scaled, n_components, weight, rng)
    elif index == 2:
        labels = _shells(_sphered(scaled, weight), n_components, weight)
    else:
        labels = _nearest_seed(_sphered(scaled, weight), n_components, weight, rng)
    resp = one_hot(labels, n_components)
    if (resp.sum(axis=0) == 0).any():  # fewer distinct rows than components
        resp = 0.9 * resp + 0.1 * rng.dirichlet(np.ones(n_components), size=len(resp))
    return resp


def nearest(points: Array, centres: Array) -> NDArray[np.integer]:
    """Index (n,) of the centre nearest to each point."""
    distance = np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres])
    return distance.argmin(axis=0)


def _kmeans_labels(
    points: Array, n_components: int, weight: Array | None, rng: RandomState
) -> NDArray[np.integer]:
    with warnings.catch_warnings():  # too few distinct rows are dealt with by the caller
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(n_components, n_init=4, random_state=rng)
        return found.fit(points, sample_weight=weight).labels_


def _nearest_seed(
    points: Array, n_components: int, weight: Array | None, rng: RandomState
) -> NDArray[np.integer]:
    seeds, _ = kmeans_plusplus(points, n_components, sample_weight=weight, random_state=rng)
    return nearest(points, seeds)


def _shells(points: Array, n_components: int, weight: Array | None) -> NDArray[np.integer]:
    """Labels of shells of equal weight by distance from the centre."""
    share = np.ones(len(points)) if weight is None else weight
    outward = np.argsort((points**2).sum(axis=1), kind="stable")
    inside = np.cumsum(share[outward]) - 0.5 * share[outward]
    labels = np.empty(len(points), dtype=int)
    labels[outward] = np.minimum(n_components * inside / share.sum(), n_components - 1)
    return labels


def _scaled(features: Array, weight: Array | None) -> Array:
    """Columns with mean 0 and standard deviation 1; constant ones dropped."""
    centre = np.average(features, axis=0, weights=weight)
    deviation = np.sqrt(np.average((features - centre) ** 2, axis=0, weights=weight))
    varies = deviation > 1e-12 * np.abs(features).max(axis=0)
    if not varies.any():
        return np.zeros((len(features), 1))
    return (features - centre)[:, varies] / deviation[varies]


def _sphered(scaled: Array, weight: Array | None) -> Array:
    """Principal components, each with standard deviation 1; empty ones dropped."""
    share = np.ones(len(scaled)) if weight is None else weight
    values, vectors = np.linalg.eigh((scaled.T * (share / share.sum())) @ scaled)
    keep = values > 1e-10 * max(values.max(), 1e-300)
    if not keep.any():
        return scaled
    return scaled @ (vectors[:, keep] / np.sqrt(values[keep]))
