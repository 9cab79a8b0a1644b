"""The starts named "auto": a sequence of different kinds, in coordinates of their own.

Columns are scaled, and for most kinds sphered, so that neither units nor long
shapes decide what is near. No kind finds every optimum; a sequence of kinds
finds most. All of them see distinct rows with weights, so a weight of 2 draws
as a row twice does.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.extmath import randomized_svd

from skmixture.given.validation import one_hot
from skmixture.law.family import Family

__all__ = ["Views", "condensed", "nearest", "off_edges", "own_start"]

Array = NDArray[np.floating]

# More columns than this are reduced to half as many principal components.
MANY_COLUMNS = 100
# Part of a component that is made of all rows alike, where none may begin at an edge.
OF_ALL = 0.05


@dataclass(frozen=True)
class Views:
    """Distinct rows as starts see them.

    Attributes
    ----------
    scaled, sphered : ndarray of shape (n, q)
        Columns of standard deviation 1; their principal components, likewise.
    weight : ndarray of shape (n,)
    """

    scaled: Array
    sphered: Array
    weight: Array

    @classmethod
    def of(cls, features: Array, weight: Array, rng: RandomState) -> Self:
        """The views of features (n, d); many columns are first reduced to few."""
        scaled = _scaled(features, weight)
        if scaled.shape[1] > MANY_COLUMNS:
            scaled = _reduced(scaled, weight, rng)
        return cls(scaled, _sphered(scaled, weight), weight)


def own_start(index: int, views: Views, n_components: int, rng: RandomState) -> Array:
    """Responsibilities (n, K) of the start number `index` of the sequence.

    k-means in sphered columns, k-means in scaled columns, shells around the
    centre (components may share it); then, over and over, partitions by far
    rows, by any rows, by slabs, and shares at random.
    """
    n, weight = len(views.weight), views.weight
    if n <= n_components:
        return _everyone(one_hot(np.arange(n), n_components), rng)
    if index == 1:
        return _everyone(kmeans(views.scaled, n_components, weight, rng), rng)
    kinds = (far_rows, any_rows, slabs, shares)
    kind = {0: kmeans, 2: shells}.get(index, kinds[(index - 3) % len(kinds)])
    return _everyone(kind(views.sphered, n_components, weight, rng), rng)


def off_edges(table: Array, weight: Array, law: Family) -> Array:
    """Responsibilities (K, n) of which EM can lead anywhere, by those of groups.

    What never happens among the rows of a group would have a probability of 0
    for ever. So a small part of each component is all rows.
    """
    if not law.absorbing:
        return table
    shares = table @ weight / weight.sum()
    return (1 - OF_ALL) * table + OF_ALL * shares[:, None]


def kmeans(points: Array, n_components: int, weight: Array, rng: RandomState) -> Array:
    """The partition of the best of four runs of k-means."""
    with warnings.catch_warnings():  # too few distinct points are dealt with by the caller
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(n_components, n_init=4, random_state=rng).fit(points, sample_weight=weight)
    return one_hot(found.labels_, n_components)


def shells(points: Array, n_components: int, weight: Array, rng: RandomState) -> Array:
    """Shells of equal weight by distance from the centre."""
    rank = _rank((points**2).sum(axis=1), weight)
    return one_hot((n_components * rank).astype(int), n_components)


def far_rows(points: Array, n_components: int, weight: Array, rng: RandomState) -> Array:
    """Each row with the nearest of some rows far from each other."""
    seeds, _ = kmeans_plusplus(points, n_components, sample_weight=weight, random_state=rng)
    return one_hot(nearest(points, seeds), n_components)


def any_rows(points: Array, n_components: int, weight: Array, rng: RandomState) -> Array:
    """Each row with the nearest of some rows drawn at random."""
    rows = rng.choice(len(points), n_components, replace=False, p=weight / weight.sum())
    return one_hot(nearest(points, points[rows]), n_components)


def slabs(points: Array, n_components: int, weight: Array, rng: RandomState) -> Array:
    """Cuts at random places along a random direction."""
    rank = _rank(points @ rng.normal(size=points.shape[1]), weight)
    cuts = np.sort(rng.uniform(size=n_components - 1))
    return one_hot(np.searchsorted(cuts, rank), n_components)


def shares(points: Array, n_components: int, weight: Array, rng: RandomState) -> Array:
    """A random, uneven share of each row for each component."""
    return rng.dirichlet(np.full(n_components, 0.3), size=len(points))


def nearest(points: Any, centres: Any) -> NDArray[np.integer]:
    """Index (n,) of the centre nearest to each point, dense or sparse."""
    if sparse.issparse(points):
        centres = centres.toarray()
        distance = (centres**2).sum(axis=1)[:, None] - 2 * (points @ centres.T).T
    else:
        distance = np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres])
    return distance.argmin(axis=0)


def _everyone(resp: Array, rng: RandomState) -> Array:
    """Responsibilities in which no component is left without any row."""
    if resp.sum(axis=0).all():
        return resp
    return 0.9 * resp + 0.1 * rng.dirichlet(np.ones(resp.shape[1]), size=len(resp))


def _rank(values: Array, weight: Array) -> Array:
    """The part of the weight below each value, in (0, 1)."""
    upward = np.argsort(values, kind="stable")
    rank = np.empty(len(values))
    rank[upward] = (np.cumsum(weight[upward]) - 0.5 * weight[upward]) / weight.sum()
    return rank


def _scaled(features: Array, weight: Array) -> Array:
    """Columns with mean 0 and standard deviation 1; constant ones dropped."""
    centre = np.average(features, axis=0, weights=weight)
    centred = features - centre
    largest = np.abs(centred).max(axis=0)
    varies = largest > 1e-12 * np.abs(features).max(axis=0)
    if not varies.any():
        return np.zeros((len(features), 1))
    centred = centred[:, varies] / largest[varies]  # squares of these cannot overflow
    return centred / np.sqrt(np.average(centred**2, axis=0, weights=weight))


def _sphered(scaled: Array, weight: Array) -> Array:
    """Principal components, each with standard deviation 1; empty ones dropped."""
    values, vectors = np.linalg.eigh((scaled.T * (weight / weight.sum())) @ scaled)
    keep = values > 1e-10 * values.max()
    return scaled @ (vectors[:, keep] / np.sqrt(values[keep])) if keep.any() else scaled


def condensed(features: sparse.csr_array, weight: Array, rng: RandomState) -> Array:
    """Sparse features as few dense columns, without a dense table on the way."""
    if features.shape[1] <= MANY_COLUMNS:
        return np.asarray(features.toarray())
    share = weight / weight.sum()
    mean, square = share @ features, share @ features.multiply(features)
    deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    return _reduced(features.multiply(scale).tocsr(), weight, rng)


def _reduced(scaled: Any, weight: Array, rng: RandomState) -> Array:
    """The first principal components, in which what many columns share stands out."""
    root = np.sqrt(weight / weight.sum())[:, None]
    weighted = scaled.multiply(root).tocsr() if sparse.issparse(scaled) else scaled * root
    _, _, axes = randomized_svd(weighted, MANY_COLUMNS // 2, random_state=rng)
    return np.asarray(scaled @ axes.T)
