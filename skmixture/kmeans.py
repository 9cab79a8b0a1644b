"""Labels of k-means, the same as scikit-learn's `KMeans` gives, in less time and memory.

Seeds are drawn as there. In Lloyd's algorithm, single precision finds most labels and
double precision the doubtful ones; sums follow the rows that change clusters.
"""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans

__all__ = ["kmeans_labels"]

Array = NDArray[np.floating]
Places = NDArray[np.integer]

MAX_ITER, TOL = 300, 1e-4  # as scikit-learn has them
FEW_ROWS, FEW_EACH, WIDE = 2000, 200, 500  # in all, per cluster, columns: scikit-learn is as fast
KEPT, KEPT_SINGLE = 2**26, 2**25  # bytes of centred rows that stay, in double and single precision
STRETCH = 2048  # rows that are summed up together


def kmeans_labels(
    X: NDArray, n_clusters: int, weight: Array | None, rng: RandomState
) -> NDArray[np.intp]:
    """Labels (n,) as of ``KMeans(n_clusters, n_init=1, random_state=rng)``.

    It runs itself on sparse rows, in single precision, and where rows are few or wide.

    Parameters
    ----------
    X : ndarray or sparse array of shape (n, d)
    n_clusters : int
    weight : ndarray of shape (n,) or None
    rng : RandomState
    """
    seeds = labels = None
    double = not sparse.issparse(X) and X.dtype == np.float64 and X.shape[1] <= WIDE
    if double and len(X) > max(FEW_ROWS, FEW_EACH * n_clusters):
        with np.errstate(over="ignore", invalid="ignore"):
            points = Points(np.ascontiguousarray(X), n_clusters, weight)
        if 1e-25 < points.variance < 1e25:  # squares are in the range of single precision
            seeds = draw_seeds(points, n_clusters, rng)
            labels = lloyd(points, points.rows(seeds))
    if labels is None:
        start = {"random_state": rng} if seeds is None else {"init": X[seeds]}
        labels = KMeans(n_clusters, n_init=1, **start).fit(X, sample_weight=weight).labels_
    return labels.astype(np.intp)


class Points:
    """Rows less their mean, in double precision and, block by block, in single."""

    def __init__(self, X: Array, n_clusters: int, weight: Array | None) -> None:
        (n, d), self.X = X.shape, X
        self.weight = None if weight is None else np.asarray(weight, dtype=float)
        self.rounding = 2 * (d + 8) * float(np.finfo(np.float32).eps)  # of offsets, by length
        # a tile is for the innermost cache, where odd multiples of a line do not collide
        tile = min(16 * (max(1000 // (d + 1), 20) | 1), -(-n // 16) * 16)
        size = max(min(2**18 // n_clusters, 2**19 // d, 2**15) // tile, 1) * tile
        self.blocks = [slice(begin, min(begin + size, n)) for begin in range(0, n, size)]
        mean = X.mean(axis=0) if d == 1 else np.einsum("ij->j", X) / n  # the same, but faster
        self._mean: Array | None = np.tile(mean, 1 + 2000 // d)
        if X.nbytes <= KEPT:
            self.X, self._mean = self.rows(slice(n)), None
        self._kept = min(KEPT_SINGLE // (4 * (d + 1) * size), len(self.blocks))
        shape = (self._kept + 1, size // tile, d + 1, tile)  # the last is for one of the others
        self._tiles = np.empty(shape, dtype=np.float32)
        self.norms = np.empty(n)  # squared lengths
        for index, here in enumerate(self.blocks):
            rows = self.rows(here)
            self.norms[here] = squares(rows)
            if index < self._kept:
                self._write(rows, index)
        self.variance = self.norms.sum() / (n * d)

    def rows(self, here: slice | Places) -> Array:
        """Some rows (m, d), not to be written to."""
        rows = self.X[here] if isinstance(here, slice) else self.X.take(here, axis=0)
        if self._mean is None:
            return rows
        flat, width = rows.reshape(-1), len(self._mean)  # numpy is slow over short rows
        out, end = np.empty_like(flat), flat.size // width * width
        np.subtract(flat[:end].reshape(-1, width), self._mean, out=out[:end].reshape(-1, width))
        np.subtract(flat[end:], self._mean[: flat.size - end], out=out[end:])
        return out.reshape(rows.shape)

    def offsets(self, index: int, factors: Array) -> Array:
        """`offsets` (K, m) of a block from the `factors` of centres."""
        here = self.blocks[index]
        if index >= self._kept:
            index = self._write(self.rows(here), self._kept)
        m, tile = here.stop - here.start, self._tiles.shape[-1]
        tiles = self._tiles[index, : -(-m // tile)]
        out = np.empty((len(factors), len(tiles), tile), dtype=np.float32)
        np.matmul(factors, tiles, out=out.swapaxes(0, 1))
        return out.reshape(len(factors), -1)[:, :m]

    def _write(self, rows: Array, index: int) -> int:
        """Put rows into tiles (t, d + 1, m) of columns, with a last row of ones."""
        tiles, (m, d), tile = self._tiles[index], rows.shape, self._tiles.shape[-1]
        whole, rest = divmod(m, tile)
        tiles[: whole + (rest > 0)] = 1
        tiles[:whole, :d] = rows[: m - rest].reshape(whole, tile, d).transpose(0, 2, 1)
        tiles[whole : whole + 1, :d, :rest] = rows[m - rest :].T
        return index


def squares(rows: Array) -> Array:
    """Squared length of each row."""
    return np.einsum("ij,ij->i", rows, rows)


def factors(centres: Array) -> Array:
    """Coefficients (K, d + 1) of columns and of ones in `offsets`."""
    return np.column_stack([-2 * centres, squares(centres)]).astype(np.float32)


def offsets(rows: Array, centres: Array) -> Array:
    """Squared distances (K, m) of rows (m, d) from centres (K, d) less the norms of the rows."""
    (m, d), K = rows.shape, len(centres)
    # of 256 rows at once, as scikit-learn takes them: other products may round otherwise
    product = np.resize(rows, (-(-m // 256), 256, d)) @ (-2 * centres).T
    return product.reshape(-1, K)[:m].T + squares(centres)[:, None]


def draw_seeds(points: Points, n_clusters: int, rng: RandomState) -> Places:
    """Places (K,) of rows far from each other, as scikit-learn draws them by k-means++."""
    n, weight = len(points.X), points.weight
    closest = np.full(n, 1 / n) if weight is None else weight / weight.sum()
    np.cumsum(closest, out=closest)  # at first chances, for what rng.choice does with them
    closest /= closest[-1]
    seeds = [int(np.searchsorted(closest, rng.random_sample(), side="right"))]
    closest[:] = np.inf
    while len(seeds) < n_clusters:
        # all but the first are one of several there: products with one vector round otherwise
        centres = points.rows(np.array(seeds[-1:] * min(len(seeds), 2)))
        for here in points.blocks:
            np.minimum(closest[here], distances(points, here, centres, 1)[0], out=closest[here])
        share = closest if weight is None else closest * weight
        trials = draw_trials(share, 2 + int(np.log(n_clusters)), rng)
        seeds.append(best_trial(points, trials, closest))
    return np.array(seeds)


def distances(points: Points, here: slice, centres: Array, number: int) -> Array:
    """Squared distances of a block from some of the centres, rounded as scikit-learn's."""
    found = (points.rows(here) @ (-2 * centres).T)[:, :number].T.copy()
    found += squares(centres)[:number, None]
    found += points.norms[here]
    return np.maximum(found, 0, out=found)


def draw_trials(share: Array, number: int, rng: RandomState) -> Places:
    """Places drawn with chances in proportion to shares (n,), by their running sum."""
    ends = np.cumsum(np.add.reduceat(share, np.arange(0, len(share), STRETCH)))
    goals = rng.uniform(size=number) * ends[-1]
    places = []
    for goal, index in zip(goals, np.searchsorted(ends, goals), strict=True):
        here = slice(index * STRETCH, (index + 1) * STRETCH)
        running = np.cumsum(np.append(ends[index - 1] if index else 0, share[here])) - goal
        if np.abs(running).min() <= len(share) * np.finfo(float).eps * ends[-1]:  # rounding decides
            return np.minimum(np.searchsorted(np.cumsum(share), goals), len(share) - 1)
        places.append(here.start + np.searchsorted(running, 0) - 1)
    return np.array(places)


def best_trial(points: Points, trials: Places, closest: Array) -> int:
    """The place among the trials that leaves the least sum of distances."""
    weight = np.ones(len(closest)) if points.weight is None else points.weight
    centres, total, lengths = points.rows(trials), np.zeros(len(trials)), 0.0
    narrow, longest = factors(centres), squares(centres).max()
    for index, here in enumerate(points.blocks):
        norms, old = points.norms[here], closest[here]
        lengths += (norms + old + longest) @ weight[here]
        new = np.minimum(points.offsets(index, narrow), (old - norms).astype(np.float32))
        total += new.astype(float) @ weight[here]
    rivals = trials[total <= total.min() + points.rounding * lengths]
    if (rivals == rivals[0]).all():
        return int(rivals[0])
    # of two rows that would replace each other, rounding chooses, so all has to be as there
    left = np.empty((len(trials), len(closest)))
    for here in points.blocks:
        left[:, here] = np.minimum(closest[here], distances(points, here, centres, len(trials)))
    return int(trials[(left @ weight[:, None]).argmin()])


def lloyd(points: Points, centres: Array) -> Places | None:
    """Labels (n,) from given centres on; None where they are better left to scikit-learn."""
    clusters, left = Clusters(points, len(centres)), MAX_ITER
    while clusters.relabel(centres) and left and not clusters.astray:
        former, centres = centres, clusters.sums * (1 / clusters.total)[:, None]
        left = left - 1 if ((centres - former) ** 2).sum() > TOL * points.variance else 0
    return None if clusters.astray else clusters.labels


class Clusters:
    """Labels (n,) of rows; total weight (K,) and weighted sums (K, d) of each cluster."""

    def __init__(self, points: Points, K: int) -> None:
        self.points = points
        self._names = np.arange(K, dtype=np.min_scalar_type(K))[:, None]
        self.labels: Places = np.full(len(points.X), K, dtype=self._names.dtype)
        self.sums = np.zeros((K, points.X.shape[1]))
        self.total, self._most = np.zeros((2, K))
        self._reach = [np.sqrt(points.norms[here].max()) for here in points.blocks]

    def relabel(self, centres: Array) -> bool:
        """Give each row to the nearest centre; whether any label has changed."""
        self._in_doubt, narrow = 0, factors(centres)
        blocks = range(len(self.points.blocks))
        labels = np.concatenate([self._nearest(index, centres, narrow) for index in blocks])
        places = (labels != self.labels).nonzero()[0]
        former, self.labels = self.labels[places], labels
        self._move(places, former)
        lost = (self.total <= 1e-3 * self._most).any()  # and its sums are what rounding left
        self.astray = bool(lost) or self._in_doubt > len(labels) / 4
        return len(places) > 0

    def _nearest(self, index: int, centres: Array, narrow: Array) -> Places:
        """Labels (m,) of a block; of two centres as near, the first."""
        offset, dtype = self.points.offsets(index, narrow), self.labels.dtype
        longest = np.sqrt(narrow[:, -1].max())
        bound = offset.min(axis=0)
        bound += np.float32(self.points.rounding * longest * (self._reach[index] + longest))
        near = (offset <= bound).view(np.uint8)
        number = np.add.reduce(near, axis=0, dtype=dtype)
        labels = np.add.reduce(near * self._names, axis=0, dtype=dtype)
        if number.max() > 1:
            doubt = np.flatnonzero(number > 1)
            self._in_doubt += len(doubt)
            rows = self.points.rows(doubt + self.points.blocks[index].start)
            labels[doubt] = offsets(rows, centres).argmin(axis=0)
        return labels

    def _move(self, places: Places, former: Places) -> None:
        """Take rows from their former clusters to those of their labels."""
        for begin in range(0, len(places), STRETCH):
            here = places[begin : begin + STRETCH]
            left = (former[begin : begin + STRETCH] == self._names).view(np.int8)
            move = ((self.labels[here] == self._names).view(np.int8) - left).astype(float)
            if self.points.weight is not None:
                move *= self.points.weight[here]
            self.total += move.sum(axis=1)
            self.sums += move @ self.points.rows(here)
        self._most = np.maximum(self._most, self.total)
