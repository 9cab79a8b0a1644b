"""Seeds of k-means: rows far from each other, as scikit-learn draws them by k-means++."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.starts.kmeans.points import STRETCH, Array, Places, Points, factors, squares

__all__ = ["draw_seeds", "n_draws"]

MANY = 2**16  # distances from the trials of several starts: more leave the cache


def n_draws(n_clusters: int) -> int:
    """Uniform numbers that the seeds of one start are drawn by."""
    return 1 + (n_clusters - 1) * n_trials(n_clusters)


def n_trials(n_clusters: int) -> int:
    """Rows of which the best becomes a seed."""
    return 2 + int(np.log(n_clusters))


def draw_seeds(points: Points, n_clusters: int, draws: Array) -> Places:
    """Places (B, K) of the seeds of each start by its draws (B, `n_draws`)."""
    B, n = len(draws), len(points.X)
    seeds = np.empty((B, n_clusters), dtype=np.intp)
    seeds[:, 0] = first_seeds(points, draws[:, 0])
    trials = draws[:, 1:].reshape(B, n_clusters - 1, n_trials(n_clusters))
    sure, most = np.zeros(B, dtype=bool), MANY // (n * trials.shape[-1])
    for begin in range(0, B, most) if most else ():
        here = slice(begin, begin + most)
        sure[here] = draw_together(points, trials[here], seeds[here])
    for index in np.flatnonzero(~sure):
        draw_alone(points, trials[index], seeds[index])
    return seeds


def first_seeds(points: Points, draws: Array) -> Places:
    """Places (B,) of rows by their weights, as ``rng.choice`` finds them."""
    n, weight = len(points.X), points.weight
    chance = np.full(n, 1 / n) if weight is None else weight / weight.sum()
    np.cumsum(chance, out=chance)
    chance /= chance[-1]
    return np.searchsorted(chance, draws, side="right")


# -- several starts together -----------------------------------------------------


def draw_together(points: Points, draws: Array, seeds: Places) -> NDArray[np.bool_]:
    """Fill all but the first of the seeds (B, K) by draws (B, K - 1, T); which starts are sure.

    Distances are rounded otherwise than scikit-learn's. Where that might decide, a start is
    not sure.
    """
    weight = np.ones(len(points.X)) if points.weight is None else points.weight
    rows = points.rows(slice(len(points.X)))
    norms = squares(rows)
    columns = np.vstack([rows.T, np.ones(len(rows)), norms])
    # twice the errors of distances and of their running sums, here and there
    error = 4 * (sum(rows.shape) + 8) * np.finfo(float).eps
    error *= (norms + norms.max()) @ weight
    B = len(seeds)
    starts, sure, ends = np.arange(B), np.ones(B, dtype=bool), np.zeros((B, len(rows) + 1))
    closest = distances_from(rows[seeds[:, :1]], columns)[:, 0]
    for number in range(draws.shape[1]):
        share = closest if points.weight is None else closest * weight
        np.cumsum(share, axis=1, out=ends[:, 1:])
        trials, clear = trials_by_sums(ends, draws[:, number], error)
        centres = rows[trials]
        left = distances_from(centres, columns)
        np.minimum(left, closest[:, None], out=left)
        total = left @ weight
        best = total.argmin(axis=1)
        rival = total <= total.min(axis=1, keepdims=True) + error
        alike = (centres == centres[starts, best, None]).all(axis=-1)
        sure &= clear & (alike | ~rival).all(axis=1)
        closest, seeds[:, number + 1] = left[starts, best], trials[starts, best]
    return sure


def distances_from(centres: Array, columns: Array) -> Array:
    """Squared distances (B, T, n) from centres (B, T, d) by columns, ones and norms (d + 2, n)."""
    *shape, d = centres.shape
    coefficients = np.ones((*shape, d + 2))
    np.multiply(centres, -2, out=coefficients[..., :d])
    coefficients[..., d] = squares(centres)
    found = coefficients.reshape(-1, d + 2) @ columns
    return np.maximum(found, 0, out=found).reshape(*shape, -1)


def trials_by_sums(ends: Array, draws: Array, error: float) -> tuple[Places, NDArray[np.bool_]]:
    """Places (B, T) of rows where sums (B, n + 1) reach draws; where no `error` would change any.

    A row begins where the last one ends.
    """
    goals = draws * ends[:, -1:]
    places = np.array([np.searchsorted(*pair) for pair in zip(ends[:, 1:], goals, strict=True)])
    places = np.minimum(places, ends.shape[1] - 2)
    sides = np.stack([places, places + 1])
    margin = np.abs(ends[np.arange(len(ends))[:, None], sides] - goals)
    return places, (margin > error).all(axis=(0, 2))


# -- one start alone -------------------------------------------------------------


def draw_alone(points: Points, draws: Array, seeds: Places) -> None:
    """Fill all but the first of the seeds (K,) by draws (K - 1, T), block by block."""
    closest = np.full(len(points.X), np.inf)
    for number, goals in enumerate(draws):
        # all but the first are one of several there: products with one vector round otherwise
        centres = points.rows(np.repeat(seeds[number : number + 1], min(number + 1, 2)))
        for here in points.blocks:
            np.minimum(closest[here], distances(points, here, centres, 1)[0], out=closest[here])
        share = closest if points.weight is None else closest * points.weight
        seeds[number + 1] = best_trial(points, draw_trials(share, goals), closest)


def distances(points: Points, here: slice, centres: Array, number: int) -> Array:
    """Squared distances of a block from some of the centres, rounded as scikit-learn's."""
    rows = points.rows(here)
    found = (rows @ (-2 * centres).T)[:, :number].T.copy()
    found += squares(centres)[:number, None]
    found += points.exact_norms(here, rows)
    return np.maximum(found, 0, out=found)


def draw_trials(share: Array, draws: Array) -> Places:
    """Places drawn with chances in proportion to shares (n,), by their running sum."""
    ends = np.cumsum(np.add.reduceat(share, np.arange(0, len(share), STRETCH)))
    goals = draws * ends[-1]
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
    centres, total, lengths = points.rows(trials), np.zeros(len(trials)), np.zeros(())
    narrow, longest = factors(centres), squares(centres).max()
    for index, here in enumerate(points.blocks):
        norms, old = points.norms[here].astype(float, copy=False), closest[here]
        lengths += weighted(norms + old + longest, points.weight, here)
        new = np.minimum(points.offsets(index, narrow), (old - norms).astype(np.float32))
        total += weighted(new.astype(float), points.weight, here)
    rivals = trials[total <= total.min() + points.rounding * lengths]
    if (rivals == rivals[0]).all():
        return int(rivals[0])
    # of two rows that would replace each other, rounding chooses, so all has to be as there
    weight = np.ones(len(closest)) if points.weight is None else points.weight
    left = np.empty((len(trials), len(closest)))
    for here in points.blocks:
        left[:, here] = np.minimum(closest[here], distances(points, here, centres, len(trials)))
    return int(trials[(left @ weight[:, None]).argmin()])


def weighted(values: Array, weight: Array | None, here: slice) -> Array:
    """Weighted sums of values (..., m) of a block."""
    return values.sum(axis=-1) if weight is None else values @ weight[here]
