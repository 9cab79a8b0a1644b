"""A law that factorises over columns, column by column: what is missing counts for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.law.by_column import ByColumn
from skmixture.law.family import Array, Arrays, Family
from skmixture.law.parts import joined, of_part, shallow
from skmixture.priors import Prior
from skmixture.supports import Support
from skmixture.table.holes import column_moments, filled, has_holes
from skmixture.transforms import Transform

__all__ = ["ColumnsWithHoles", "expected_rows", "filled_in", "fitting_law", "scoring_law"]


class ColumnsWithHoles(ByColumn):
    """The same law for rows in which NaN is a value that is missing.

    Each column has the law of one column, of the rows that have a value
    there. Parameters are those of the family: (B, K, d), each.

    Parameters
    ----------
    family : Family
        One whose columns are independent within a component.
    """

    _typical: list[Any]  # a value of each column, to stand where one is missing

    @property
    def support(self) -> Support:  # type: ignore[override]
        return self.family.support

    def possible(self, X: NDArray, side: Arrays) -> NDArray[np.bool_]:
        return self.family.possible(X, side)

    @property
    def takes_priors(self) -> Mapping[str, type[Prior]]:  # type: ignore[override]
        return self.family.takes_priors

    @property
    def usual(self) -> Mapping[str, float]:  # type: ignore[override]
        return self.family.usual

    @property
    def parameters(self) -> dict[str, Transform]:
        return self.family.parameters

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return self.family.event_shapes(n_features)

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return self.family.block_rows(1, n_laws)

    # -- columns as laws of their own ---------------------------------------

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        column_moments(X, weight)  # which every column must have
        laws, typical = [], []
        for j, x in enumerate(X.T):
            seen = ~np.isnan(x)
            own = None if weight is None else weight[seen]
            columns = {name: column[seen] for name, column in side.items()}
            laws.append(self.family.of_column(j).localise(x[seen, None], own, **columns))
            typical.append(self._filler(x[seen]))
        family = self.family.of_columns(laws)
        return shallow(self, family=family, _laws=laws, _typical=typical)

    def _filler(self, seen: NDArray) -> float:
        """A value (of those seen) to stand where one is missing; NaN where there is none.

        Counts have 0, which is among any number of trials.
        """
        if self.support.discrete and self.support.contains(np.zeros(1)).all():
            return 0.0
        return float(seen[0]) if len(seen) else np.nan

    def for_rows(self, X: NDArray) -> Self:
        typical = [self._filler(x[~np.isnan(x)]) for x in X.T]
        laws = [self.family.of_column(j) for j in range(X.shape[1])]
        return shallow(self, _laws=laws, _typical=typical)

    # -- the two steps -------------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Any]:
        seen = ~np.isnan(X)
        by_column = (
            (str(j), self._law(j).encode(self._whole(X, j, seen), **side))
            for j, typical in enumerate(self._typical)
            if not np.isnan(typical)
        )
        return {**joined(by_column), "seen": seen.T}

    def log_base(self, X: NDArray, **side: Array) -> Array:
        seen, total = ~np.isnan(X), np.zeros(len(X))
        for j, typical in enumerate(self._typical):
            if not np.isnan(typical):
                base = self._law(j).log_base(self._whole(X, j, seen), **side)
                total += np.where(seen[:, j], base, 0.0)
        return total

    def _whole(self, X: NDArray, j: int, seen: NDArray[np.bool_]) -> NDArray:
        return np.where(seen[:, j : j + 1], X[:, j : j + 1], self._typical[j])

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        total: Any = 0.0
        for j, law, part in self._parts(rows):
            own = law.log_prob(part, of_part(str(j), prepared))
            total = total + np.where(rows["seen"][j], own, 0.0)
        if isinstance(total, float):  # nothing is there in any column
            first = next(value for value in prepared.values() if np.ndim(value) > 1)
            return np.zeros((*first.shape[:2], rows["seen"].shape[-1]))
        return np.asarray(total)

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        stats = {"n": resp.sum(axis=-1)}
        for j, law, part in self._parts(rows):
            own = law.expected_stats(part, of_part(str(j), prepared), resp * rows["seen"][j])
            stats |= joined([(str(j), own)])
        return stats

    def _parts(self, rows: Arrays) -> list[tuple[int, Family, dict[str, Array]]]:
        """The columns of which something is there."""
        parts = [(j, self._law(j), of_part(str(j), rows)) for j in range(len(self._typical))]
        return [(j, law, part) for j, law, part in parts if part]

    # -- beyond fitting ------------------------------------------------------

    def features(self, X: NDArray) -> Array:
        return self.family.features(filled(X, None))

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return self.family.sample(params, labels, rng, **side)


def fitting_law(family: Family, X: Any) -> Family:
    """What a family makes of rows, which may have holes; to be localised."""
    if not has_holes(X):
        return family
    return ColumnsWithHoles(family) if family.factorises else family.with_holes()


def scoring_law(family: Family, X: Any) -> Family:
    """The same for rows (n, d) by parameters in the user's coordinates."""
    return fitting_law(family, X).for_rows(X) if has_holes(X) else family


def filled_in(family: Family, X: NDArray, params: Arrays, resp: Array, side: Arrays) -> Array:
    """Rows (n, d) with what is most fit for each value that is missing; params (K, ...)."""
    if not has_holes(X):
        return X
    own = family.filled_in(X, params, resp, **side)
    if own is None:
        own = np.einsum("nk,knd->nd", resp, expected_rows(family, X, params, side))
    return np.where(np.isnan(X), own, X)


def expected_rows(family: Family, X: NDArray, params: Arrays, side: Arrays) -> Array:
    """Rows (K or 1, n, d) with what is missing as each component expects it; params (K, ...)."""
    if not has_holes(X):
        return X[None]
    if not family.factorises:
        return family.with_holes().expected_rows(X, params, **side)
    means, missing = family.column_means(params, **side), np.isnan(X)
    amiss = ~np.isfinite(means).all(axis=1) & missing.any(axis=0)
    if amiss.any():
        k, j = np.argwhere(amiss)[0]
        raise ValueError(
            f"component {k} of {type(family).__name__} has no expectation in column {j}, so that "
            "there is nothing to put where values are missing"
        )
    return np.where(missing, means, X)
