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
# So few rows are left to scikit-learn, so few numbers summed in the same order as there:
# ties, of which small tables of rounded numbers have many, then come out alike.
FEW_ROWS, FEW_NUMBERS = 2000, 2500
KEPT, KEPT_SINGLE = 2**26, 2**25  # bytes of centred rows that stay, in double and single precision
VARIANCES = (1e-25, 1e25)  # beyond, squares leave the range of single precision
SINGLE, DOUBLE = (float(np.finfo(dtype).eps) for dtype in (np.float32, np.float64))
DOUBTFUL = 0.25  # of the rows in doubt: single precision does not pay
LOST = 1e-3  # of a cluster's weight left: its sum may be rounding
STRETCH = 512  # rows between the known places of a running sum
CHUNK = 4096  # rows that change clusters together


def kmeans_labels(
    X: Any, n_clusters: int, weight: Array | None, rng: RandomState
) -> NDArray[np.intp]:
    """Labels (n,) of one run of k-means from seeds by k-means++.

    They are those of ``KMeans(n_clusters, n_init=1, random_state=rng)``, which
    itself is run where it is as fast: sparse rows, single precision, few rows.

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
    seeds = labels = None
    dense = not sparse.issparse(X) and X.dtype == np.float64 and n_clusters <= len(X)
    if dense and (len(X) > FEW_ROWS or X.size <= FEW_NUMBERS):
        points = Points(np.asarray(X), n_clusters, weight)
        if VARIANCES[0] < points.variance < VARIANCES[1]:
            seeds = draw_seeds(points, n_clusters, rng)
            labels = lloyd(points, points.rows(seeds))
    if labels is None:
        start = {"random_state": rng} if seeds is None else {"init": X[seeds]}
        labels = KMeans(n_clusters, n_init=1, **start).fit(X, sample_weight=weight).labels_
    return labels.astype(np.intp)


class Points:
    """Rows less their mean, in double precision and, block by block, in single."""

    def __init__(self, X: Array, n_clusters: int, weight: Array | None) -> None:
        n, d = X.shape
        self.X, self.few = X, X.size <= FEW_NUMBERS
        self.weight = None if weight is None else np.asarray(weight, dtype=float)
        # a tile is for the innermost cache, where odd multiples of a line do not collide
        self._tile = min(16 * (max(1000 // (d + 1), 20) | 1), -(-n // 16) * 16)
        size = max(min(2**17 // n_clusters, 2**18 // d, 2**14) // self._tile, 1) * self._tile
        size = max(size, FEW_NUMBERS) if self.few else size
        self.blocks = [slice(begin, min(begin + size, n)) for begin in range(0, n, size)]
        self._ones = np.ones(min(size, n))
        self._mean: Array | None = np.tile(_mean(X), 1 + 2000 // d)
        if X.nbytes <= KEPT:
            self.X, self._mean = self.rows(slice(n)), None
        kept = 0 if self.few else min(KEPT_SINGLE // (4 * (d + 1) * size), len(self.blocks))
        self._single = np.empty((kept, size // self._tile, d + 1, self._tile), dtype=np.float32)
        self.norms = np.empty(n)  # squared lengths
        for index, here in enumerate(self.blocks):
            rows = self.rows(here)
            self.norms[here] = squares(rows)
            if index < kept:
                self._write(rows, self._single[index])
        self.variance = self.norms.sum() / (n * d)

    def rows(self, here: slice | Places) -> Array:
        """Some rows (m, d), not to be written to."""
        rows = self.X[here] if isinstance(here, slice) else self.X.take(here, axis=0)
        if self._mean is None:
            return rows
        rows = rows.copy()
        flat, width = rows.reshape(-1), len(self._mean)  # numpy is slow over short rows
        end = flat.size // width * width
        flat[:end].reshape(-1, width)[...] -= self._mean
        flat[end:] -= self._mean[: flat.size - end]
        return rows

    def weights(self, here: slice) -> Array:
        """Weights (m,) of a block."""
        return self._ones[: here.stop - here.start] if self.weight is None else self.weight[here]

    def offsets(self, index: int, centres: Array) -> NDArray[np.float32]:
        """Squared distances (K, m) of a block from centres (K, d) less its norms, roughly."""
        here, K = self.blocks[index], len(centres)
        tiles = self._single[index] if index < len(self._single) else self._write(self.rows(here))
        tiles = tiles[: -((here.start - here.stop) // self._tile)]
        offsets = np.empty((K, len(tiles), self._tile), dtype=np.float32)
        factors = np.column_stack([-2 * centres, squares(centres)]).astype(np.float32)
        np.matmul(factors, tiles, out=offsets.swapaxes(0, 1))
        return offsets.reshape(K, -1)[:, : here.stop - here.start]

    def _write(self, rows: Array, tiles: Array | None = None) -> Array:
        """Rows in single precision as tiles (t, d + 1, m) of columns, with a last row of ones."""
        if tiles is None:
            tiles = np.empty(self._single.shape[1:], dtype=np.float32)
        (m, d), whole = rows.shape, len(rows) // self._tile
        end = whole * self._tile
        tiles[: whole + (end < m)] = 1
        tiles[:whole, :d] = rows[:end].reshape(whole, self._tile, d).transpose(0, 2, 1)
        tiles[whole : whole + 1, :d, : m - end] = rows[end:].T
        return tiles


def _mean(X: Array) -> Array:
    """``X.mean(axis=0)`` to the last digit, which is slow where rows are short."""
    n, d = X.shape
    if d == 1 or n <= FEW_ROWS:
        return X.mean(axis=0)
    return (sparse.csr_array((np.ones(n), np.arange(n), [0, n]), shape=(1, n)) @ X)[0] / n


def squares(rows: Array) -> Array:
    """Squared length of each row."""
    return np.einsum("ij,ij->i", rows, rows)


def offsets(rows: Array, centres: Array) -> Array:
    """Squared distances (K, m) of rows from centres less the norms of the rows."""
    # this product, of two centres or more, is fast and rounds as scikit-learn's
    product = rows @ (-2 * centres).T.copy()
    return product.T + squares(centres)[:, None]


def doubt(d: int, lengths: float) -> float:
    """Bound on the error of a difference of two offsets in single precision."""
    return 2 * (d + 8) * SINGLE * lengths


# Seeds by k-means++, each the best of some trials


def draw_seeds(points: Points, n_clusters: int, rng: RandomState) -> Places:
    """Places (K,) of rows far from each other, as scikit-learn draws them."""
    n, weight = len(points.X), points.weight
    chance = np.cumsum(np.full(n, 1 / n) if weight is None else weight / weight.sum())
    # what rng.choice does with these chances, less its checks
    seeds = [int(np.searchsorted(chance / chance[-1], rng.random_sample(), side="right"))]
    closest = np.full(n, np.inf)
    while len(seeds) < n_clusters:
        approach(points, seeds[-1], closest)
        share = closest if weight is None else closest * weight
        trials = draw_trials(share, 2 + int(np.log(n_clusters)), rng)
        seeds.append(best_trial(points, trials, closest))
    return np.array(seeds)


def approach(points: Points, seed: int, closest: Array) -> None:
    """Lower squared distances (n,) from the closest seed where a new one is closer."""
    centre = points.rows(np.array([seed, seed]))
    slopes, norm = (-2 * centre).T.copy(), squares(centre)[0]
    for here in points.blocks:
        distance = (points.rows(here) @ slopes)[:, 0] + norm
        distance += points.norms[here]
        np.minimum(closest[here], np.maximum(distance, 0), out=closest[here])


def draw_trials(share: Array, number: int, rng: RandomState) -> Places:
    """Places drawn with chances in proportion to shares (n,), by their running sum."""
    ends = np.cumsum(np.add.reduceat(share, np.arange(0, len(share), STRETCH)))
    goals = rng.uniform(size=number) * ends[-1]
    places = []
    for goal, index in zip(goals, np.searchsorted(ends, goals), strict=True):
        here = slice(index * STRETCH, (index + 1) * STRETCH)
        running = np.cumsum(np.append(ends[index - 1] if index else 0, share[here])) - goal
        if np.abs(running).min() <= len(share) * DOUBLE * ends[-1]:  # rounding decides
            return np.minimum(np.searchsorted(np.cumsum(share), goals), len(share) - 1)
        places.append(here.start + np.searchsorted(running, 0) - 1)
    return np.array(places)


def best_trial(points: Points, trials: Places, closest: Array) -> int:
    """The place among the trials that leaves the least sum of distances."""
    if not points.few:
        trials = trials[_rivals(points, trials, closest)]
    if (trials == trials[0]).all():
        return int(trials[0])
    centres, total = points.rows(trials), np.zeros(len(trials))
    for here in points.blocks:
        distance = offsets(points.rows(here), centres) + points.norms[here]
        total += np.minimum(np.maximum(distance, 0), closest[here]) @ points.weights(here)
    return int(trials[total.argmin()])


def _rivals(points: Points, trials: Places, closest: Array) -> NDArray[np.bool_]:
    """Which trials may be best, as far as single precision can tell."""
    centres = points.rows(trials)
    total, lengths, longest = np.zeros(len(trials)), 0.0, squares(centres).max()
    for index, here in enumerate(points.blocks):
        weight, norms = points.weights(here), points.norms[here]
        gain = points.offsets(index, centres)
        np.minimum(gain, (closest[here] - norms).astype(np.float32), out=gain)
        total += gain.astype(float) @ weight
        lengths += (norms + closest[here] + longest) @ weight
    return total <= total.min() + doubt(centres.shape[1], lengths)


# Lloyd's algorithm


def lloyd(points: Points, centres: Array) -> Places | None:
    """Labels (n,) from given centres on; None where they are better left to scikit-learn."""
    partition = (FewPoints if points.few else Partition)(points, len(centres))
    for _ in range(MAX_ITER):
        changed = partition.relabel(centres)
        if partition.astray():
            return None
        if not changed:
            return partition.labels
        former, centres = centres, partition.sums * (1 / partition.total)[:, None]
        if ((centres - former) ** 2).sum() <= TOL * points.variance:
            break
    partition.relabel(centres)
    used = np.bincount(partition.labels, minlength=len(centres))
    return partition.labels if used.all() else None


class Partition:
    """Labels (n,) of rows; total weight (K,) and weighted sums (K, d) of the clusters."""

    def __init__(self, points: Points, K: int) -> None:
        self.points, self.in_doubt = points, 0
        self._clusters = np.arange(K, dtype=np.min_scalar_type(K))[:, None]
        self.labels: Places = np.full(len(points.X), K, dtype=self._clusters.dtype)
        self.total, self.most, self.sums = np.zeros(K), np.zeros(K), np.zeros((K, points.X.shape[1]))
        self._reach = [np.sqrt(points.norms[here].max()) for here in points.blocks]

    def astray(self) -> bool:
        """Whether a cluster lost its weight, or single precision told too little."""
        lost = (self.total <= LOST * self.most).any()
        return bool(lost) or self.in_doubt > DOUBTFUL * len(self.labels)

    def relabel(self, centres: Array) -> bool:
        """Give each row to the nearest centre; whether any label has changed."""
        self.in_doubt, changed, former = 0, [], []
        for index, here in enumerate(self.points.blocks):
            labels = self._nearest(index, centres)
            places = (labels != self.labels[here]).nonzero()[0] + here.start
            changed.append(places)
            former.append(self.labels[places])
            self.labels[here] = labels
        self._move(np.concatenate(changed), np.concatenate(former))
        return any(map(len, changed))

    def _nearest(self, index: int, centres: Array) -> Places:
        """Labels (m,) of a block; of two centres as near, the first."""
        offset, dtype = self.points.offsets(index, centres), self.labels.dtype
        longest = np.sqrt(squares(centres).max())
        bound = offset.min(axis=0)
        bound += np.float32(doubt(centres.shape[1], longest * (self._reach[index] + longest)))
        near = (offset <= bound).view(np.uint8)
        number = np.add.reduce(near, axis=0, dtype=dtype)
        labels = np.add.reduce(near * self._clusters, axis=0, dtype=dtype)
        if number.max() > 1:
            unsure = np.flatnonzero(number > 1)
            self.in_doubt += len(unsure)
            rows = self.points.rows(unsure + self.points.blocks[index].start)
            labels[unsure] = offsets(rows, centres).argmin(axis=0)
        return labels

    def _move(self, places: Places, former: Places) -> None:
        """Take rows from their former clusters to those of their labels."""
        for begin in range(0, len(places), CHUNK):
            here = places[begin : begin + CHUNK]
            left = (former[begin : begin + CHUNK] == self._clusters).view(np.int8)
            move = ((self.labels[here] == self._clusters).view(np.int8) - left).astype(float)
            if self.points.weight is not None:
                move *= self.points.weight[here]
            self.total += move.sum(axis=1)
            self.sums += move @ self.points.rows(here)
        self.most = np.maximum(self.most, self.total)


class FewPoints(Partition):
    """All in double precision, summed row after row as scikit-learn does."""

    def relabel(self, centres: Array) -> bool:
        here, (K, d) = self.points.blocks[0], centres.shape
        rows, weight = self.points.rows(here), self.points.weights(here)
        former, self.labels = self.labels, offsets(rows, centres).argmin(axis=0)
        self.total = np.bincount(self.labels, weight, K)
        cells = (self.labels[:, None] * d + np.arange(d)).ravel()
        self.sums = np.bincount(cells, (rows * weight[:, None]).ravel(), K * d).reshape(K, d)
        return bool((former != self.labels).any())
