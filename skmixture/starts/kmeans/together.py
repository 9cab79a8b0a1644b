"""Lloyd's algorithm from several starts together, on rows of which a table fits into the cache."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.starts.kmeans.lloyd import MAX_ITER, TOL
from skmixture.starts.kmeans.points import Array, Places, Points, factors, offsets

__all__ = ["lloyd_together"]

# Distances that differ by no more than this part are a tie, in which the rounding of sums decides.
TIE = 1e-11


def lloyd_together(points: Points, centres: Array) -> list[Places | None]:
    """Labels (n,) from the centres (B, K, d) of each start; None to leave it to scikit-learn."""
    starts, turn = Starts(points, *centres.shape[:2]), 0
    found: list[Places | None] = [None] * len(centres)
    running, last = np.arange(len(centres)), np.zeros(len(centres), dtype=bool)
    while len(running):
        going = starts.relabel(centres) & ~last & ~starts.astray
        if not going.all():
            for index in np.flatnonzero(~going & ~starts.astray):
                found[running[index]] = starts.labels[index]
            starts.keep(going)
            running, centres = running[going], centres[going]
        former, centres, turn = centres, starts.centres(), turn + 1
        last = ((centres - former) ** 2).sum(axis=(1, 2)) <= TOL * points.variance
        last |= turn == MAX_ITER
    return found


class Starts:
    """Labels (B, n) of rows; sums (B, K, d + 1) of the rows of each cluster and of their weights.

    Starts that have come to their end leave.
    """

    def __init__(self, points: Points, B: int, K: int) -> None:
        n, d = points.X.shape
        self.points = points
        rows = points.rows(slice(n))
        self._rows = np.column_stack([rows, np.ones(n)])
        if points.weight is not None:
            self._rows *= points.weight[:, None]
        self._names = np.arange(K, dtype=np.min_scalar_type(K))[:, None]
        self.labels: Places = np.full((B, n), K, dtype=self._names.dtype)
        self.astray = np.zeros(B, dtype=bool)
        self._sums, self._most = np.zeros((B, K, d + 1)), np.zeros((B, K))
        self._new, self._reach = True, np.sqrt(points.longest.max())

    def centres(self) -> Array:
        """Means (B, K, d) of the clusters."""
        return self._sums[..., :-1] * (1 / self._sums[..., -1:])

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Go on with some of the starts."""
        self.labels, self.astray = self.labels[which], self.astray[which]
        self._sums, self._most = self._sums[which], self._most[which]

    def relabel(self, centres: Array) -> NDArray[np.bool_]:
        """Give each row to the nearest centre; in which starts (B,) any label has changed."""
        labels = self._nearest(centres)
        changed, former, self.labels = labels != self.labels, self.labels, labels
        if self._new:
            self._gather()
        else:
            places = changed.ravel().nonzero()[0]
            self._move(places, former.ravel()[places])
        self._most = np.maximum(self._most, self._sums[..., -1])
        # a cluster that has lost nearly all of its rows has sums that are what rounding left
        self.astray |= (self._sums[..., -1] <= 1e-3 * self._most).any(axis=1)
        self._new = False
        return changed.any(axis=1)

    def _nearest(self, centres: Array) -> Places:
        """Labels (B, n) of the nearest centre; of two as near, the first."""
        B, K, _ = centres.shape
        narrow = factors(centres)
        offset = self.points.offsets(0, narrow.reshape(B * K, -1)).reshape(B, K, -1)
        longest = np.sqrt(narrow[..., -1].max(axis=1))
        reach = longest * (self._reach + longest)
        bound = offset.min(axis=1)
        bound += (self.points.rounding * reach).astype(np.float32)[:, None]
        near = (offset <= bound[:, None]).view(np.uint8)
        number = np.add.reduce(near, axis=1, dtype=self.labels.dtype)
        labels = np.add.reduce(near * self._names, axis=1, dtype=self.labels.dtype)
        if number.max() > 1:
            for start in np.flatnonzero(number.max(axis=1) > 1):
                doubt = np.flatnonzero(number[start] > 1)
                exact = offsets(self.points.rows(doubt), centres[start])
                labels[start, doubt] = exact.argmin(axis=0)
                # at first, centres are rows, and nothing has been rounded
                tied = not self._new and has_ties(exact, TIE * reach[start])
                self.astray[start] |= tied or len(doubt) > labels.shape[1] / 4
        return labels

    def _gather(self) -> None:
        """Sums of all rows, a start at a time: tables of all of them would leave the cache."""
        for sums, labels in zip(self._sums, self.labels, strict=True):
            np.matmul((labels == self._names).astype(float), self._rows, out=sums)

    def _move(self, places: Places, former: Places) -> None:
        """Take rows of starts, by their places in the table, from their former clusters."""
        n, width = self._rows.shape
        start = places // n
        rows, cells = self._rows.take(places - n * start, axis=0), self._sums.shape[1] * start
        cells = np.concatenate([cells + self.labels.ravel()[places], cells + former])
        numbers = (width * cells)[:, None] + np.arange(width)
        values = np.concatenate([rows, -rows]).ravel()
        sums = np.bincount(numbers.ravel(), values, self._sums.size)
        self._sums += sums.reshape(self._sums.shape)


def has_ties(offset: Array, error: float) -> bool:
    """Whether for any row two of the offsets (K, m) are least but for an error."""
    first, second = np.partition(offset, 1, axis=0)[:2]
    return bool((second - first <= error).any())
