"""Labels of k-means, the same as scikit-learn's `KMeans` gives, in less time and memory.

The generator is drawn from in the same order and the same rows become seeds;
from there on, labels are those of Lloyd's algorithm. Here most are found in
single precision, and in double precision where that leaves doubt; sums follow
the rows that change clusters; and large data are read block by block.
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
# So few rows are labelled in double precision and summed in the order of scikit-learn:
# ties then come out alike, and small tables of rounded numbers have many.
FEW_ROWS = 1000
# Bytes of centred rows kept in double and in single precision: others are made when read.
KEPT, KEPT_NARROW = 2**26, 2**25
# Beyond these variances, squares leave the range of single precision.
VARIANCES = (1e-25, 1e25)
# Rows summed up before a running sum looks for a place among them.
STRETCH = 512
# Sums are taken anew where a cluster has lost all but this share of its weight.
LOST = 1e-3


def kmeans_labels(
    X: Any, n_clusters: int, weight: Array | None, rng: RandomState
) -> NDArray[np.intp]:
    if sparse.issparse(X) or X.dtype != np.float64 or n_clusters > len(X):
        return _by_sklearn(X, n_clusters, weight, random_state=rng)
    points = Points(np.asarray(X), n_clusters, weight)
    if not VARIANCES[0] < points.variance < VARIANCES[1]:
        return _by_sklearn(X, n_clusters, weight, random_state=rng)
    seeds = draw_seeds(points, n_clusters, rng)
    labels = lloyd(points, points.rows(seeds))
    if labels is None:
        return _by_sklearn(X, n_clusters, weight, init=X[seeds])
    return labels.astype(np.intp)


def _by_sklearn(
    X: Any, n_clusters: int, weight: Array | None, **options: Any
) -> NDArray[np.intp]:
    found = KMeans(n_clusters, n_init=1, **options).fit(X, sample_weight=weight)
    return found.labels_.astype(np.intp)


class Points:
    def __init__(self, X: Array, n_clusters: int, weight: Array | None) -> None:
        n, d = X.shape
        self.few, self.weight = n <= FEW_ROWS, weight
        if weight is not None:
            self.weight = np.asarray(weight, dtype=float)
        # a tile stays in the innermost cache; odd multiples of a line do not collide there
        self.tile = min(16 * (max(1000 // (d + 1), 20) | 1), -(-n // 16) * 16)
        size = min(2**17 // n_clusters, 2**18 // d, 2**14)
        self.size = n if self.few else max(size // self.tile, 1) * self.tile
        self.blocks = [slice(begin, min(begin + self.size, n)) for begin in range(0, n, self.size)]
        self._ones = np.ones(min(self.size, n))
        self._means: Array | None = np.tile(_mean(X), 1 + 2000 // d)
        self.X = X
        if X.nbytes <= KEPT:
            self.X, self._means = self.rows(slice(None)), None
        kept = KEPT_NARROW // (4 * self.size * (d + 1))
        self._narrow = np.empty((0 if self.few else -(-min(n, kept * self.size) // self.tile), d + 1, self.tile), dtype=np.float32)
        self.norms = np.empty(n)
        for index, here in enumerate(self.blocks):
            rows = self.rows(here)
            self.norms[here] = squares(rows)
            if not self.few and index < kept:
                self._narrowed(rows, self.narrow(index))
        self.variance = self.norms.sum() / (n * d)

    def rows(self, here: slice | Places) -> Array:
        """Some rows (m, d) less the mean of all."""
        taken = self.X[here] if isinstance(here, slice) else self.X.take(here, axis=0)
        if self._means is None: return taken
        flat, width = taken.reshape(-1), len(self._means)  # numpy is slow over short rows
        whole = flat.size // width * width
        rows = np.empty_like(flat)
        np.subtract(flat[:whole].reshape(-1,width), self._means, out=rows[:whole].reshape(-1,width))
        np.subtract(flat[whole:], self._means[:len(flat)-whole], out=rows[whole:])
        return rows.reshape(taken.shape)

    def weights(self, here):
        return self._ones[:here.stop-here.start] if self.weight is None else self.weight[here]

    def narrow(self, index: int) -> NDArray[np.float32]:
        """A block in single precision: tiles (t, d + 1, m) of columns, and ones."""
        here, per = self.blocks[index], self.size // self.tile
        number = -((here.start - here.stop) // self.tile)
        if index * per < len(self._narrow):
            return self._narrow[index * per: index * per + number]
        rows = self.rows(here)
        return self._narrowed(rows, np.empty((number, rows.shape[1] + 1, self.tile), dtype=np.float32))

    def _narrowed(self, rows, out):
        m, d = rows.shape
        whole = m // self.tile
        end = whole * self.tile
        out[:] = 1
        out[:whole, :d] = rows[:end].reshape(whole, self.tile, d).transpose(0, 2, 1)
        out[whole:, :d, : m - end] = rows[end:].T
        return out

    def narrow_offsets(self, index, coefficients):
        tiles, here = self.narrow(index), self.blocks[index]
        out = np.empty((len(coefficients), len(tiles), self.tile), dtype=np.float32)
        np.matmul(coefficients, tiles, out=out.transpose(1, 0, 2))
        return out.reshape(len(coefficients), -1)[:, :here.stop - here.start]


def _mean(X: Array) -> Array:
    """``X.mean(axis=0)`` to the last digit, which is slow where rows are short."""
    n, d = X.shape
    if d == 1 or n <= FEW_ROWS:
        return X.mean(axis=0)
    ones = sparse.csr_array((np.ones(n), np.arange(n), [0, n]), shape=(1, n))
    return (ones @ X)[0] / n


def squares(rows: Array) -> Array:
    """Squared length of each row."""
    return np.einsum("ij,ij->i", rows, rows)


def offsets(rows, centres):
    """Squared distances (m, K) less the norms of the rows (m, d), as rounded there."""
    out = rows @ (-2 * centres).T.copy()
    out += squares(centres)
    return out

def narrowed(centres):
    return np.column_stack([-2 * centres, squares(centres)]).astype(np.float32)

def doubt(norms, most, d):
    return 2 * (d + 8) * np.finfo(np.float32).eps * (norms + most)


# Seeds by k-means++, each the best of some trials


def draw_seeds(points: Points, n_clusters: int, rng: RandomState) -> Places:
    """Places (K,) of rows far from each other, as scikit-learn draws them."""
    n, weight = len(points.X), points.weight
    chance = np.cumsum(np.full(n, 1 / n) if weight is None else weight / weight.sum())
    chance /= chance[-1]
    seeds = [np.searchsorted(chance, rng.random_sample(), side="right")]
    closest = np.full(n, np.inf)
    while len(seeds) < n_clusters:
        approach(points, closest, seeds[-1])
        share = closest if weight is None else closest * weight
        trials = draw_trials(share, 2 + int(np.log(n_clusters)), rng)
        seeds.append(trials[best(points, closest, trials)])
    return np.array(seeds)


def draw_trials(share, number, rng):
    """First places where the running sum of shares reaches the goals."""
    ends = np.cumsum(np.add.reduceat(share, np.arange(0, len(share), STRETCH)))
    goals = rng.uniform(size=number) * ends[-1]
    places = [reached(share, ends, goal) for goal in goals]
    if None in places:
        return np.minimum(np.searchsorted(np.cumsum(share), goals), len(share) - 1)
    return np.array(places)

def reached(share, ends, goal):
    index = np.searchsorted(ends, goal)
    begin = index * STRETCH
    running = np.cumsum(np.append(ends[index-1] if index else 0.0, share[begin:begin+STRETCH]))
    at = np.searchsorted(running, goal)
    doubt = len(share) * np.finfo(float).eps * ends[-1]
    if not 0 < at < len(running) or min(goal - running[at - 1], running[at] - goal) <= doubt:
        return None
    return begin + at - 1


def approach(points: Points, closest: Array, seed: int) -> None:
    """Lower the squared distance (n,) to the closest seed by a new seed; their weighted sum."""
    # twice the same, for a product of matrices rounds otherwise than that with one vector
    centres = points.rows(np.array([seed, seed]))
    slopes, norm = (-2 * centres).T.copy(), squares(centres)[0]
    for here in points.blocks:
        distance = (points.rows(here) @ slopes)[:, 0] + norm
        distance += points.norms[here]
        np.maximum(distance, 0, out=distance)
        np.minimum(distance, closest[here], out=closest[here])


def best(points: Points, closest: Array, trials: Places) -> int:
    """The place of the row that as a seed would lower the potential most."""
    if points.few:
        return potentials(points, closest, trials).argmin()
    centres = points.rows(trials)
    narrow = narrowed(centres)
    gains, norms, weight = np.zeros(len(trials)), 0.0, 0.0
    for index, here in enumerate(points.blocks):
        w = points.weights(here)
        distance = points.narrow_offsets(index, narrow)
        np.minimum(distance, (closest[here] - points.norms[here]).astype(np.float32), out=distance)
        gains += distance.astype(float) @ w
        norms += points.norms[here] @ w + closest[here] @ w
        weight += w.sum()
    rivals = np.flatnonzero(gains <= gains.min() + doubt(norms, weight*squares(centres).max(), centres.shape[1]))
    if (trials[rivals] == trials[rivals[0]]).all():
        return rivals[0]
    return rivals[potentials(points, closest, trials[rivals]).argmin()]


def potentials(points, closest, trials):
    centres = points.rows(trials)
    total = np.zeros(len(trials))
    for here in points.blocks:
        distance = offsets(points.rows(here), centres).T + points.norms[here]
        np.maximum(distance, 0, out=distance)
        total += np.minimum(distance, closest[here]) @ points.weights(here)
    return total


# Lloyd's algorithm


def lloyd(points: Points, centres: Array) -> Places | None:
    """Labels (n,) from given centres on; None where a cluster is without weight at any time."""
    partition = (FewRows if points.few else Partition)(points, len(centres))
    for _ in range(MAX_ITER):
        changed = partition.relabel(centres)
        if not partition.count.all():
            return None
        if not changed:
            return partition.labels
        former, centres = centres, partition.means()
        if ((centres - former) ** 2).sum() <= TOL * points.variance:
            break
    partition.relabel(centres)
    used = np.bincount(partition.labels, minlength=len(centres))
    return partition.labels if used.all() else None


class Partition:
    def __init__(self, points: Points, n_clusters: int) -> None:
        self.points, self.K = points, n_clusters
        self.labels = np.full(len(points.X), n_clusters, dtype=np.min_scalar_type(n_clusters))
        self.names = np.arange(n_clusters, dtype=self.labels.dtype)[:, None]
        self.reach = [np.sqrt(points.norms[here].max()) for here in points.blocks]
        self.clear()

    def clear(self) -> None:
        self.count, self.total, self.most = np.zeros((3, self.K))
        self.sums = np.zeros((self.K, self.points.X.shape[1]))

    def means(self) -> Array:
        return self.sums * (1 / self.total)[:, None]

    def relabel(self, centres: Array) -> bool:
        narrow = narrowed(centres)
        longest = np.sqrt(squares(centres).max())
        changed, former = [], []
        for index, here in enumerate(self.points.blocks):
            slack = doubt(self.reach[index] * longest, longest**2, centres.shape[1])
            found = self.nearest(index, centres, narrow, np.float32(slack))
            places = (found != self.labels[here]).nonzero()[0] + here.start
            changed.append(places)
            former.append(self.labels[places])
            self.labels[here] = found
        places = np.concatenate(changed)
        self.tally(places, np.concatenate(former))
        self.most = np.maximum(self.most, self.total)
        if (self.total < LOST * self.most).any():
            self.clear()
            self.tally(np.arange(len(self.labels)), np.full_like(self.labels, self.K))
            self.most = self.total.copy()
        return len(places) > 0

    def nearest(self, index, centres, narrow, slack):
        distance = self.points.narrow_offsets(index, narrow)
        bound = distance.min(axis=0)
        bound += slack
        near = (distance <= bound).view(np.uint8)
        dtype = self.labels.dtype
        number = np.add.reduce(near, axis=0, dtype=dtype)
        labels = np.add.reduce(near * self.names, axis=0, dtype=dtype)
        if number.max() > 1:
            unsure = np.flatnonzero(number > 1)
            rows = self.points.rows(unsure + self.points.blocks[index].start)
            labels[unsure] = offsets(rows, centres).argmin(axis=1)
        return labels

    def tally(self, places, former):
        size = min(self.points.size, 4096)
        weight = self.points.weight
        for begin in range(0, len(places), size):
            chunk, old = places[begin:begin + size], former[begin:begin+size]
            if weight is not None:
                has = weight[chunk] > 0
                chunk, old = chunk[has], old[has]
            move = ((self.labels[chunk] == self.names).view(np.int8) - (old == self.names).view(np.int8)).astype(float)
            self.count += move.sum(axis=1)
            if weight is not None:
                move *= weight[chunk]
            self.total += move.sum(axis=1)
            self.sums += move @ self.points.rows(chunk)


class FewRows(Partition):
    def __init__(self, points, n_clusters):
        super().__init__(points, n_clusters)
        here = points.blocks[0]
        self.rows, self.weight = points.rows(here), points.weights(here)
        self.weighted = (self.rows * self.weight[:, None]).ravel()
        self.columns = np.arange(self.rows.shape[1])

    def relabel(self, centres):
        labels = offsets(self.rows, centres).argmin(axis=1)
        changed = (labels != self.labels).any()
        self.labels = labels
        K, d = centres.shape
        self.count = self.total = np.bincount(labels, self.weight, K)
        cells = (labels * d)[:, None] + self.columns
        self.sums = np.bincount(cells.ravel(), self.weighted, K * d).reshape(K, d)
        return changed
