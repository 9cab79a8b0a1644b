"""Categorical: one of several categories in each column, independent between columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from skmixture.families.categorical.coding import check_categories, coded, decoded, learnt
from skmixture.families.categorical.padded import PaddedSimplex
from skmixture.families.totals import SMALLEST_PART, shares
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge, no_chance
from skmixture.law.exponential_family import ExponentialFamily
from skmixture.law.family import Array, Arrays
from skmixture.law.mixed import Names, Orders
from skmixture.priors import Dirichlet
from skmixture.supports import codes, counts
from skmixture.transforms import Transform, simplex

__all__ = ["Categorical"]

# Starts see no more columns than this.
MANY_COLUMNS = 64


AT_EDGE = (
    "ended at 0: no row of the component has that category, and a row that has it is none of its. "
    f"{COUNTED} prior={{'probs': Dirichlet(2)}} of skmixture.priors keeps probabilities inside."
)


class Categorical(ExponentialFamily):
    """Categorical law, with probabilities of categories for each column.

    ``log f = sum_j log p_j[x_j]``; the M-step is the share of each category.
    Columns may have different numbers of categories: `probs` then is a table
    (K, d, C) with C the largest of them, and 0 beyond the categories of a
    column.

    Categories may be of any kind, such as strings. They are learnt in `fit`,
    or named, and are ``categories_`` then. A category that comes later is an
    error. Given their number, they are codes 0, 1, ...

    Parameters
    ----------
    n_categories : int or array-like of int of shape (n_features,), optional
        Number of categories, the same in all columns or one for each, where
        X holds codes.
    categories : "auto" or list, default="auto"
        All that occur in `fit`, sorted, or in the order of an ordered categorical column of
        pandas, of which levels that do not occur are dropped; or a list of the categories of all
        columns, or one for each. Where `n_categories` is None.

    References
    ----------
    Goodman (1974), Biometrika 61, 215-231.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Categorical
    >>> Mixture(Categorical([2, 3])).fit([[0, 2], [1, 2], [0, 1], [0, 0]]).probs_.round(2)
    array([[[0.75, 0.25, 0.  ],
            [0.25, 0.25, 0.5 ]]])
    >>> model = Mixture(Categorical()).fit([["red"], ["blue"], ["red"], ["red"]])
    >>> model.categories_[0].tolist(), model.probs_
    (['blue', 'red'], array([[[0.25, 0.75]]]))
    """

    support = codes
    absorbing = True
    takes_priors: ClassVar = {"probs": Dirichlet}

    def __init__(self, n_categories: ArrayLike | None = None, categories: Any = "auto") -> None:
        self.n_categories = n_categories
        self.categories = categories

    def check_settings(self) -> None:
        if self.n_categories is None:
            check_categories(self.categories)
            return
        if not isinstance(self.categories, str):
            raise ValueError(
                f"n_categories={self.n_categories!r} says that X holds codes, but categories are "
                "named: leave one of the two out"
            )
        try:
            sizes = np.asarray(self.n_categories, dtype=float)
            proper = sizes.ndim <= 1 and bool((counts.contains(sizes) & (sizes >= 1)).all())
        except (TypeError, ValueError):
            proper = False
        if not proper:
            raise ValueError(
                "The 'n_categories' parameter of Categorical must be a whole number from 1, or "
                f"one for each column. Got {self.n_categories!r} instead."
            )

    # -- categories of any kind ------------------------------------------------

    @property
    def reads_labels(self) -> bool:
        return self.n_categories is None

    def learnt(self, table: NDArray, names: Names = None, orders: Orders = None) -> Self:
        return type(self)(categories=learnt(table, self.categories, names, orders))

    def coded(self, table: NDArray, names: Names = None) -> Array:
        self.event_shapes(table.shape[1])
        return coded(table, self._by_column(table.shape[1]), names)

    def decoded(self, X: NDArray) -> NDArray:
        return decoded(X, self._by_column(X.shape[1])) if self.reads_labels else X

    def derived(self, published: Mapping[str, Array]) -> dict[str, Any]:
        if not self.reads_labels:
            return {}
        return {"categories": self._by_column(self.n_features_of(published))}

    @property
    def _known(self) -> bool:
        """Whether the number of categories is."""
        return self.n_categories is not None or not isinstance(self.categories, str)

    def _by_column(self, n_features: int) -> list[NDArray]:
        """Categories of each of so many columns."""
        return learnt(np.empty((0, n_features)), self.categories)

    @property
    def _sizes(self) -> NDArray[np.integer]:
        """Numbers (d or 1,) of categories."""
        if not self._known:
            raise ValueError(
                "Categorical learns its categories in fit: give n_categories, or categories, "
                "where there is none"
            )
        if self.n_categories is None:
            flat = all(np.ndim(category) == 0 for category in self.categories)
            return np.array([len(self.categories)] if flat else [len(c) for c in self.categories])
        return np.atleast_1d(np.asarray(self.n_categories, dtype=np.int64))

    @property
    def _present(self) -> NDArray[np.bool_]:
        """Which cells (d or 1, C) of a table are categories."""
        return PaddedSimplex(self._sizes).present

    @property
    def parameters(self) -> dict[str, Transform]:
        if not self._known:
            return {"probs": simplex}
        return {"probs": PaddedSimplex(self._sizes)}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        if len(self._sizes) not in (1, n_features):
            raise ValueError(
                f"{'categories' if self.reads_labels else 'n_categories'} has "
                f"{len(self._sizes)} {'lists' if self.reads_labels else 'numbers'}, but there are "
                f"{n_features} columns: give one for all, or one for each column"
            )
        return {"probs": (n_features, int(self._sizes.max()))}

    def entries(self, name: str, columns: Sequence[str]) -> dict[tuple[int, ...], str]:
        d = len(columns)
        if self.n_categories is None:
            answers = [own.tolist() for own in self._by_column(d)]
        else:
            answers = [list(range(size)) for size in np.broadcast_to(self._sizes, d).tolist()]
        return {
            (j, c): f"{column}={answer}" if column else str(answer)
            for j, column in enumerate(columns)
            for c, answer in enumerate(answers[j])
        }

    def n_features_of(self, published: Mapping[str, Any]) -> int:
        return int(np.shape(published["probs"])[-2])

    def n_free(self, n_components: int, n_features: int, constraints: Constraints = FREE) -> int:
        free = np.ones((n_components, n_features), dtype=bool)
        if "probs" in constraints.fixed:
            free = np.isnan(constraints.fixed["probs"]).all(axis=-1)
        if "probs" in constraints.tied:
            free = free[:1]
        return int((free * (self._sizes - 1)).sum())

    def check_rows(self, X: Any, side: Arrays) -> None:
        super().check_rows(X, side)
        self.event_shapes(X.shape[-1])
        unknown = np.argwhere(self._sizes <= X)
        if len(unknown):
            row, column = unknown[0]
            size = np.broadcast_to(self._sizes, X.shape[-1:])[column]
            raise ValueError(
                f"X[{row}, {column}] = {X[row, column]:g} is the code of no category: column "
                f"{column} has {size}, with codes from 0"
            )

    def possible(self, X: NDArray, side: Arrays) -> NDArray[np.bool_]:
        return super().possible(X, side) & ~(self._sizes <= X).any(axis=-1)

    # -- the two steps -----------------------------------------------------

    def log_base(self, X: NDArray, **side: Array) -> float:
        self.check_rows(X, side)  # rows on file are not checked before
        return 0.0

    def statistics(self, X: NDArray, **side: Array) -> Any:
        """Which category each column shows, (d C, n) with a 1 for it."""
        if X.ndim == 3:
            shown = X[..., None] == np.arange(self._sizes.max())  # (B, n, d, C)
            return np.swapaxes(shown.reshape(*X.shape[:2], -1).astype(float), -1, -2)
        n, d = X.shape
        width, there = int(self._sizes.max()), ~np.isnan(X)
        cells = (X + width * np.arange(d))[there].astype(np.int64)
        ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        return sparse.csr_array((np.ones(len(cells)), cells, ends), shape=(n, d * width)).T

    def with_holes(self) -> Self:
        return self  # an answer that is missing is in no cell

    def expected_rows(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        raise ValueError("categories have no expectation: predict_proba and item_profiles say more")

    def filled_in(self, X: NDArray, params: Arrays, resp: Array, **side: Array) -> Array:
        """The likeliest category, for there is none between them."""
        whole = np.array(X, dtype=float)
        for j in range(X.shape[1]):
            missing = np.isnan(X[:, j])
            whole[missing, j] = (resp[missing] @ params["probs"][:, j]).argmax(axis=1)
        return whole

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        probs = params["probs"]
        log_probs = np.log(np.maximum(probs, SMALLEST_PART))  # cells that are no category as well
        return log_probs.reshape(*probs.shape[:2], -1), np.zeros(probs.shape[:2])

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        counted = constraints.pool("probs", self._counted(stats))
        probs = shares(counted, self._present)
        return {"probs": constraints.hold("probs", probs)}

    def _cells(self, sums: Array) -> Array:
        """Sums (B, K, d C) as (B, K, d, C)."""
        return sums.reshape(*sums.shape[:2], -1, int(self._sizes.max()))

    def _counted(self, stats: Arrays) -> Array:
        """Answers (B, K, d, C), with those that the prior stands for."""
        (counted,) = self.pseudo("probs")
        return self._cells(stats["t"]) + np.where(self._present, counted, 0.0)

    def log_prior(self, params: Arrays) -> Array:
        probs = params["probs"]
        total = np.zeros(len(probs))
        if "probs" in self._priors:
            prior, share = self._priors["probs"]
            assert isinstance(prior, Dirichlet)
            a = np.broadcast_to(np.asarray(prior.concentrations, float), probs.shape[2:])
            for j, size in enumerate(np.broadcast_to(self._sizes, len(a))):
                own = Dirichlet(a[j, :size]).log_density(probs[..., j, :size])
                total += share * own.sum(axis=1)
        return total

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        shown = mass[..., None, None] * params["probs"]
        return {"n": mass, "t": shown.reshape(*mass.shape, -1)}

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {"probs": shares(params["probs"], self._present)}

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        return [Edge("probs", no_chance(params["probs"], n_rows), AT_EDGE, self._present)]

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        shown = self._counted(stats)
        expected = shown.sum(axis=-1, keepdims=True) * params["probs"]
        return {"probs": (shown - expected)[..., 1:]}

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        below = np.cumsum(params["probs"], axis=-1)  # (K, d, C)
        most = np.broadcast_to(self._sizes - 1, below.shape[1:2])
        draw = rng.uniform(size=(len(labels), below.shape[1]))
        columns = [
            (draw[:, j, None] >= below[labels, j]).sum(axis=-1) for j in range(below.shape[1])
        ]
        return np.minimum(np.stack(columns, axis=-1), most)  # sums may end just below 1

    def features(self, X: NDArray) -> Array:
        """A column for each category; of many, a random projection, which keeps distances."""
        shown = self.statistics(X).T
        if shown.shape[1] <= MANY_COLUMNS:
            return np.asarray(shown.toarray())
        return np.asarray(shown @ RandomState(0).normal(size=(shown.shape[1], MANY_COLUMNS // 2)))
