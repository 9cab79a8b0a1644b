"""Lloyd's algorithm from one start, with the labels that scikit-learn finds, block by block."""

from __future__ import annotations

import numpy as np

from skmixture.starts.kmeans.points import STRETCH, Array, Places, Points, factors, offsets

__all__ = ["MAX_ITER", "TOL", "lloyd"]

MAX_ITER, TOL = 300, 1e-4  # as scikit-learn has them


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
        self._reach = np.sqrt(points.longest)

    def relabel(self, centres: Array) -> bool:
        """Give each row to the nearest centre; whether any label has changed."""
        self._in_doubt, narrow, moved = 0, factors(centres), False
        for index, here in enumerate(self.points.blocks):
            labels, own = self._nearest(index, centres, narrow), self.labels[here]
            places = (labels != own).nonzero()[0]
            self._move(places + here.start, own[places], labels[places])
            own[:], moved = labels, moved or len(places) > 0
        self._most = np.maximum(self._most, self.total)
        lost = (self.total <= 1e-3 * self._most).any()  # and its sums are what rounding left
        self.astray = bool(lost) or self._in_doubt > len(self.labels) / 4
        return moved

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

    def _move(self, places: Places, former: Places, labels: Places) -> None:
        """Take rows from their former clusters to those of their labels."""
        for begin in range(0, len(places), STRETCH):
            here = slice(begin, begin + STRETCH)
            left = (former[here] == self._names).view(np.int8)
            move = ((labels[here] == self._names).view(np.int8) - left).astype(float)
            if self.points.weight is not None:
                move *= self.points.weight[places[here]]
            self.total += move.sum(axis=1)
            self.sums += move @ self.points.rows(places[here])
