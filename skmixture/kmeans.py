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
# Bytes of centred rows that are kept, in double and in single precision.
KEPT, KEPT_SINGLE = 2**26, 2**25
# Beyond these variances, squares leave the range of single precision.
VARIANCES = (1e-25, 1e25)
SINGLE, DOUBLE = (float(np.finfo(dtype).eps) for dtype in (np.float32, np.float64))
DOUBTFUL = 0.25  # of the rows in doubt, and single precision does not pay
LOST = 1e-3  # of a cluster's weight left, and its sum is mostly rounding
STRETCH = 512  # rows between the known places of a running sum


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
    """Rows less their mean, in double precision and, block by block, in single.

    Attributes
    ----------
    few : bool
        Whether all rows are one block, in double precision only.
    blocks : list of slice
    norms : ndarray of shape (n,)
        Squared lengths.
    variance : float
        Mean of that of all columns, without weights.
    """

    def __init__(self, X: Array, n_clusters: int, weight: Array | None) -> None:
        n, d = X.shape
        self.X, self.few = X, X.size <= FEW_NUMBERS
        self.weight = None if weight is None else np.asarray(weight, dtype=float)
        # a tile is for the innermost cache, where odd multiples of a line do not collide
        self._tile = min(16 * (max(1000 // (d + 1), 20) | 1), -(-n // 16) * 16)
        size = max(min(2**17 // n_clusters, 2**18 // d, 2**14) // self._tile, 1) * self._tile
        self.blocks = [slice(begin, min(begin + size, n)) for begin in range(0, n, size)]
        self._ones, self._mean = np.ones(size), np.tile(_mean(X), 1 + 2000 // d)
        if X.nbytes <= KEPT:
            self.X, self._mean = self.rows(slice(n)), None
        kept = 0 if self.few else min(KEPT_SINGLE // (4 * (d + 1) * size), len(self.blocks))
        shape = (kept, size // self._tile, d + 1, self._tile)
        self._single = np.empty(shape, dtype=np.float32)
        self.norms = np.empty(n)
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
        """Squared distances (K, m) of a block from centres (K, d), less its norms."""
        here, K = self.blocks[index], len(centres)
        if index < len(self._single):
            tiles = self._single[index]
        else:
            tiles = np.empty(self._single.shape[1:], dtype=np.float32)
            self._write(self.rows(here), tiles)
        tiles = tiles[: -((here.start - here.stop) // self._tile)]
        offsets = np.empty((K, len(tiles), self._tile), dtype=np.float32)
        factors = np.column_stack([-2 * centres, squares(centres)]).astype(np.float32)
        np.matmul(factors, tiles, out=offsets.swapaxes(0, 1))
        return offsets.reshape(K, -1)[:, : here.stop - here.start]

    def _write(self, rows: Array, tiles: NDArray[np.float32]) -> None:
        """Rows in single precision as tiles (t, d + 1, m) of columns, the last row ones."""
        m, d = rows.shape
        whole, rest = divmod(m, self._tile)
        tiles[: whole + (rest > 0)] = 1
        body = rows[: m - rest].reshape(whole, self._tile, d)
        tiles[:whole, :d] = body.transpose(0, 2, 1)
        if rest:
            tiles[whole, :d, :rest] = rows[m - rest :].T


def _mean(X: Array) -> Array:
    """``X.mean(axis=0)`` to the last digit, which is slow where rows are short."""
    n, d = X.shape
    if d == 1 or n <= FEW_ROWS:
        return X.mean(axis=0)
    return (sparse.csr_array((np.ones(n), np.arange(n), [0, n]), shape=(1, n)) @ X)[0] / n


def squares(rows: Array) -> Array:
    """Squared length of each row."""
    return np.einsum("ij,ij->i", rows, rows)


def double_offsets(rows: Array, centres: Array) -> Array:
    """Squared distances (m, K) of rows from centres less the norms of the rows."""
    # columns next to each other: the fastest product, and it rounds as scikit-learn's
    return rows @ (-2 * centres).T.copy() + squares(centres)


def doubt(d: int, lengths: float) -> float:
    """Bound on the error of a difference of two offsets in single precision."""
    return 2 * (d + 8) * SINGLE * lengths


# Seeds by k-means++, each the best of some trials


def draw_seeds(points: Points, n_clusters: int, rng: RandomState) -> Places:
    """Places (K,) of rows far from each other, as scikit-learn draws them."""
    n, weight = len(points.X), points.weight
    chance = np.cumsum(np.full(n, 1 / n) if weight is None else weight / weight.sum())
    # what rng.choice does with these chances, less its checks
    seeds = [np.searchsorted(chance / chance[-1], rng.random_sample(), side="right")]
    closest = np.full(n, np.inf)
    while len(seeds) < n_clusters:
        approach(points, seeds[-1], closest)
        share = closest if weight is None else closest * weight
        trials = draw_trials(share, 2 + int(np.log(n_clusters)), rng)
        seeds.append(best_trial(points, trials, closest))
    return np.array(seeds)


def approach(points: Points, seed: int, closest: Array) -> None:
    """Lower squared distances (n,) from the closest seed where a new one is closer."""
    # twice the same: a product with one vector rounds otherwise than one with several
    centre = points.rows(np.array([seed, seed]))
    for here in points.blocks:
        distance = double_offsets(points.rows(here), centre)[:, 0] + points.norms[here]
        np.minimum(closest[here], np.maximum(distance, 0), out=closest[here])


def draw_trials(share: Array, number: int, rng: RandomState) -> Places:
    """Places drawn with chances in proportion to shares (n,), by their running sum."""
    ends = np.cumsum(np.add.reduceat(share, np.arange(0, len(share), STRETCH)))
    goals = rng.uniform(size=number) * ends[-1]
    places = [_place(share, ends, goal) for goal in goals]
    if None in places:
        return np.minimum(np.searchsorted(np.cumsum(share), goals), len(share) - 1)
    return np.array(places)


def _place(share: Array, ends: Array, goal: float) -> int | None:
    """Where the running sum reaches a goal; None where rounding may decide."""
    index = np.searchsorted(ends, goal)
    begin = index * STRETCH
    before = ends[index - 1] if index else 0.0
    running = np.cumsum(np.append(before, share[begin : begin + STRETCH])) - goal
    place = np.searchsorted(running, 0)
    if not 0 < place < len(running):
        return None
    near = min(-running[place - 1], running[place])
    return begin + place - 1 if near > len(share) * DOUBLE * ends[-1] else None


def best_trial(points: Points, trials: Places, closest: Array) -> int:
    """The place among the trials that leaves the least sum of distances."""
    if not points.few:
        trials = trials[_rivals(points, trials, closest)]
    if (trials == trials[0]).all():
        return trials[0]
    centres, total = points.rows(trials), np.zeros(len(trials))
    for here in points.blocks:
        distance = double_offsets(points.rows(here), centres).T + points.norms[here]
        total += np.minimum(np.maximum(distance, 0), closest[here]) @ points.weights(here)
    return trials[total.argmin()]


def _rivals(points: Points, trials: Places, closest: Array) -> NDArray[np.bool_]:
    """Which trials may be best, as far as single precision can tell."""
    centres = points.rows(trials)
    total, lengths, longest = np.zeros(len(trials)), 0.0, squares(centres).max()
    for index, here in enumerate(points.blocks):
        weight, norms = points.weights(here), points.norms[here]
        offsets = points.offsets(index, centres)
        np.minimum(offsets, (closest[here] - norms).astype(np.float32), out=offsets)
        total += offsets.astype(float) @ weight
        lengths += (norms + closest[here] + longest) @ weight
    return total <= total.min() + doubt(centres.shape[1], lengths)


# Lloyd's algorithm


def lloyd(points: Points, centres: Array) -> Places | None:
    """Labels (n,) from given centres on; None where they are better left to scikit-learn."""
    partition = (FewPoints if points.few else Partition)(points, len(centres))
    for _ in range(MAX_ITER):
        changed = partition.relabel(centres)
        if not partition.count.all() or partition.in_doubt > DOUBTFUL:
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
    """Rows by their labels.

    Attributes
    ----------
    labels : ndarray of int of shape (n,)
        At first K, which is no cluster's.
    count, total : ndarray of shape (K,)
        Number of rows that have weight, and their weight.
    sums : ndarray of shape (K, d)
        Weighted sums of rows.
    in_doubt : float
        Share of rows that were labelled in double precision.
    """

    def __init__(self, points: Points, n_clusters: int) -> None:
        self.points = points
        self.labels = np.full(len(points.X), n_clusters, dtype=np.min_scalar_type(n_clusters))
        self.in_doubt = 0.0
        self._clusters = np.arange(n_clusters, dtype=self.labels.dtype)[:, None]
        self._reach = [np.sqrt(points.norms[here].max()) for here in points.blocks]
        self._clear()

    def _clear(self) -> None:
        shape = len(self._clusters), self.points.X.shape[1]
        self.count, self.total, self._most = np.zeros((3, shape[0]))
        self.sums = np.zeros(shape)

    def relabel(self, centres: Array) -> bool:
        """Give each row to the nearest centre; whether any label has changed."""
        self.in_doubt = 0.0
        changed, former = [], []
        for index, here in enumerate(self.points.blocks):
            labels = self._nearest(index, centres)
            places = (labels != self.labels[here]).nonzero()[0] + here.start
            changed.append(places)
            former.append(self.labels[places])
            self.labels[here] = labels
        places = np.concatenate(changed)
        self._move(places, np.concatenate(former))
        if (self.total < LOST * self._most).any():
            self._clear()
            self._move(np.arange(len(self.labels)), np.full_like(self.labels, len(centres)))
        return len(places) > 0

    def _nearest(self, index: int, centres: Array) -> Places:
        """Labels (m,) of a block; of two centres as near, the first."""
        offsets, dtype = self.points.offsets(index, centres), self.labels.dtype
        longest = np.sqrt(squares(centres).max())
        bound = offsets.min(axis=0)
        bound += np.float32(doubt(centres.shape[1], longest * (self._reach[index] + longest)))
        near = (offsets <= bound).view(np.uint8)
        number = np.add.reduce(near, axis=0, dtype=dtype)
        labels = np.add.reduce(near * self._clusters, axis=0, dtype=dtype)
        if number.max() > 1:
            unsure = np.flatnonzero(number > 1)
            self.in_doubt += len(unsure) / len(self.labels)
            rows = self.points.rows(unsure + self.points.blocks[index].start)
            labels[unsure] = double_offsets(rows, centres).argmin(axis=1)
        return labels

    def _move(self, places: Places, former: Places) -> None:
        """Take rows from their former clusters to those of their labels now."""
        weight = self.points.weight
        if weight is not None:
            has = weight[places] > 0
            places, former = places[has], former[has]
        for begin in range(0, len(places), 4096):
            some = places[begin : begin + 4096]
            into = (self.labels[some] == self._clusters).view(np.int8)
            out_of = (former[begin : begin + 4096] == self._clusters).view(np.int8)
            move = (into - out_of).astype(float)
            self.count += move.sum(axis=1)
            if weight is not None:
                move *= weight[some]
            self.total += move.sum(axis=1)
            self.sums += move @ self.points.rows(some)
        self._most = np.maximum(self._most, self.total)


class FewPoints(Partition):
    """All in double precision, summed row after row as scikit-learn does."""

    def relabel(self, centres: Array) -> bool:
        here, (K, d) = self.points.blocks[0], centres.shape
        rows, weight = self.points.rows(here), self.points.weights(here)
        labels = double_offsets(rows, centres).argmin(axis=1)
        changed = (labels != self.labels).any()
        self.labels = labels
        self.count = self.total = np.bincount(labels, weight, K)
        cells = (labels[:, None] * d + np.arange(d)).ravel()
        self.sums = np.bincount(cells, (rows * weight[:, None]).ravel(), K * d).reshape(K, d)
        return bool(changed)
