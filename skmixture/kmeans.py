"""Labels of k-means, the same as scikit-learn's `KMeans` gives, in less time and memory.

The generator is drawn from in the same order and the same rows become seeds;
from there on, labels are those of Lloyd's algorithm. Most are found in single
precision, and in double precision where that leaves doubt; sums follow the
rows that change clusters; large data are centred block by block.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans

__all__ = ["kmeans_labels"]

Array = NDArray[np.floating]
Places = NDArray[np.integer]

MAX_ITER, TOL = 300, 1e-4  # as scikit-learn has them
# So few rows are left to scikit-learn, or so few numbers labelled and summed as it does that:
# ties, of which small tables of rounded numbers have many, then come out alike.
FEW_ROWS, FEW_NUMBERS = 2000, 2500
# Bytes of centred rows that are kept, in double and in single precision.
KEPT, KEPT_SINGLE = 2**26, 2**25
# Beyond these variances, squares leave the range of single precision.
VARIANCES = (1e-25, 1e25)
SINGLE, DOUBLE = (float(np.finfo(dtype).eps) for dtype in (np.float32, np.float64))
# With a larger share of rows in doubt, single precision does not pay.
DOUBTFUL = 0.25
# Sums are taken anew where a cluster has lost all but this share of its weight.
LOST = 1e-3
# Rows whose shares are added up before a place among them is looked for.
STRETCH = 512


def kmeans_labels(
    X: Any, n_clusters: int, weight: Array | None, rng: RandomState
) -> NDArray[np.intp]:
    """Labels (n,) of one run of k-means from seeds by k-means++.

    They are those of ``KMeans(n_clusters, n_init=1, random_state=rng)``, which
    runs itself where it is as fast: on sparse rows, single precision, few rows.

    Parameters
    ----------
    X : ndarray or sparse array of shape (n, d)
    n_clusters : int
    weight : ndarray of shape (n,) or None
        How many rows each row stands for.
    rng : RandomState

    Returns
    -------
    ndarray of int of shape (n,)
    """
    plain = not sparse.issparse(X) and X.dtype == np.float64 and n_clusters <= len(X)
    if plain and (len(X) > FEW_ROWS or X.size <= FEW_NUMBERS):
        points = Points(np.asarray(X), n_clusters, weight)
        if VARIANCES[0] < points.variance < VARIANCES[1]:
            seeds = draw_seeds(points, n_clusters, rng)
            labels = lloyd(points, points.rows(seeds))
            if labels is None:
                return _by_sklearn(X, n_clusters, weight, init=X[seeds])
            return labels.astype(np.intp)
    return _by_sklearn(X, n_clusters, weight, random_state=rng)


def _by_sklearn(X: Any, n_clusters: int, weight: Array | None, **options: Any) -> NDArray[np.intp]:
    found = KMeans(n_clusters, n_init=1, **options).fit(X, sample_weight=weight)
    return found.labels_.astype(np.intp)


class Points:
    """Rows less their mean, in double precision and, block by block, in single.

    Attributes
    ----------
    few : bool
        Whether all is one block, in double precision only.
    blocks : list of slice
    norms : ndarray of shape (n,)
        Squared lengths of the centred rows.
    variance : float
        Mean over the columns, without weights.
    """

    def __init__(self, X: Array, n_clusters: int, weight: Array | None) -> None:
        n, d = X.shape
        self.X, self.few = X, X.size <= FEW_NUMBERS
        self.weight = None if weight is None else np.asarray(weight, dtype=float)
        # a tile stays in the innermost cache, a block in the next;
        # rows of a tile that are odd multiples of a line do not collide there
        self._tile = min(16 * (max(1000 // (d + 1), 20) | 1), -(-n // 16) * 16)
        size = min(2**17 // n_clusters, 2**18 // d, 2**14) // self._tile
        size = n if self.few else max(size, 1) * self._tile
        self.blocks = [slice(begin, min(begin + size, n)) for begin in range(0, n, size)]
        self._ones, self._mean = np.ones(size), np.tile(_mean(X), 1 + 2000 // d)
        if X.nbytes <= KEPT:
            self.X, self._mean = self.rows(slice(None)), None
        shape = (size // self._tile, d + 1, self._tile)
        kept = 0 if self.few else min(KEPT_SINGLE // (4 * size * (d + 1)), len(self.blocks))
        self._single = np.empty((kept, *shape), dtype=np.float32)  # at once, in huge pages
        self.norms = np.empty(n)
        for index, here in enumerate(self.blocks):
            rows = self.rows(here)
            self.norms[here] = squares(rows)
            if index < kept:
                self._write(rows, self._tiles(index))
        self.variance = self.norms.sum() / (n * d)

    def rows(self, here: slice | Places) -> Array:
        """Some rows (m, d) less the mean of all."""
        taken = self.X[here] if isinstance(here, slice) else self.X.take(here, axis=0)
        if self._mean is None:
            return taken
        flat, width = taken.reshape(-1), len(self._mean)  # numpy is slow over short rows
        end = flat.size // width * width
        long = flat[:end].reshape(-1, width) - self._mean
        return np.append(long, flat[end:] - self._mean[: flat.size - end]).reshape(taken.shape)
