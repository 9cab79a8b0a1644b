"""Labels of k-means from several starts, by the code here or by scikit-learn's."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans

from skmixture.starts.kmeans.lloyd import lloyd
from skmixture.starts.kmeans.points import Array, Places, Points
from skmixture.starts.kmeans.seeds import draw_seeds, n_draws
from skmixture.starts.kmeans.together import lloyd_together

__all__ = ["kmeans_labels", "most_together"]

FEW_ROWS, FEW_EACH, WIDE = 2000, 200, 500  # in all, per cluster, columns: scikit-learn is as fast
TOGETHER = 2**20  # rows times clusters or columns, of all starts that run together


def most_together(n: int, d: int, n_clusters: int) -> int:
    """How many starts on n rows of d columns may run together: more would leave the cache."""
    return max(TOGETHER // (n * max(n_clusters, d)), 1)


def kmeans_labels(
    X: NDArray, n_clusters: int, weight: Array | None, rng: RandomState, n_starts: int = 1
) -> Places:
    """Labels (n_starts, n) as of one ``KMeans(n_clusters, n_init=1, random_state=rng)`` a start.

    Their type is the smallest that there is for so many clusters, or scikit-learn's. That runs
    itself on sparse rows, in single precision, where rows are wide, and where a single
    start has few.

    Parameters
    ----------
    X : ndarray or sparse array of shape (n, d)
    n_clusters : int
    weight : ndarray of shape (n,) or None
    rng : RandomState
    n_starts : int, default=1
        No more than `most_together`.
    """

    def by_scikit_learn(**start: object) -> NDArray:
        return KMeans(n_clusters, n_init=1, **start).fit(X, sample_weight=weight).labels_

    points = points_of(X, n_clusters, weight, n_starts)
    if points is None:
        labels = [by_scikit_learn(random_state=rng) for _ in range(n_starts)]
    else:
        # all draws come before all runs, which draw nothing, there neither
        seeds = draw_seeds(points, n_clusters, rng.random_sample((n_starts, n_draws(n_clusters))))
        centres = points.rows(seeds.ravel()).reshape(*seeds.shape, -1)
        run = [lloyd(points, centres[0])] if n_starts == 1 else lloyd_together(points, centres)
        labels = [
            by_scikit_learn(init=X[places]) if found is None else found
            for places, found in zip(seeds, run, strict=True)
        ]
    return np.stack(labels)


def points_of(X: NDArray, n_clusters: int, weight: Array | None, n_starts: int) -> Points | None:
    """The rows for the code here; None where they are better left to scikit-learn."""
    if sparse.issparse(X) or X.dtype != np.float64 or X.shape[1] > WIDE or len(X) < n_clusters:
        return None
    if n_starts == 1 and len(X) <= max(FEW_ROWS, FEW_EACH * n_clusters):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        points = Points(np.ascontiguousarray(X), n_clusters if n_starts == 1 else None, weight)
    # squares have to be in the range of single precision
    return points if 1e-25 < points.variance < 1e25 else None
