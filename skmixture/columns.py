"""A law that factorises over columns, column by column: what is missing counts for nothing."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.constraints import FREE, Constraints
from skmixture.family import Array, Arrays, Family
from skmixture.holes import column_moments, filled, has_holes
from skmixture.priors import Prior
from skmixture.supports import Support
from skmixture.transforms import Transform

__all__ = ["ColumnsWithHoles", "expected_rows", "fitting_law", "scoring_law"]


class ColumnsWithHoles(Family):
    """The same law for rows in which NaN is a value that is missing.

    Each column has the law of one column, of the rows that have a value
    there. Parameters are those of the family: (B, K, d), each.

    Parameters
    ----------
    family : Family
        One whose columns are independent within a component.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        self._laws: list[Family] = []  # one a column
        self._typical: list[Any] = []  # a value of each column, to stand where one is missing

    @property
    def support(self) -> Support:  # type: ignore[override]
        return self.family.support

    def possible(self, X: NDArray, side: Arrays) -> NDArray[np.bool_]:
        return self.family.possible(X, side)

    @property
    def takes_exposure(self) -> bool:  # type: ignore[override]
        return self.family.takes_exposure

    @property
    def takes_priors(self) -> Mapping[str, type[Prior]]:  # type: ignore[override]
        return self.family.takes_priors

    @property
    def additive(self) -> bool:  # type: ignore[override]
        return self.family.additive

    @property
    def parameters(self) -> dict[str, Transform]:
        return self.family.parameters

    @property
    def monotone(self) -> bool:
        return self.family.monotone

    @property
    def climbs_its_gradient(self) -> bool:
        return self.family.climbs_its_gradient

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
        return self._with(laws, typical)

    def _filler(self, seen: NDArray) -> float:
        """A value (of those seen) to stand where one is missing; NaN where there is none.

        Counts have 0, which is among any number of trials.
        """
        if self.support.discrete and self.support.contains(np.zeros(1)).all():
            return 0.0
        return float(seen[0]) if len(seen) else np.nan

    def stable(self) -> Self:
        return self._with([law.stable() for law in self._laws], self._typical)

    def for_rows(self, X: NDArray) -> Self:
        typical = [self._filler(x[~np.isnan(x)]) for x in X.T]
        return self._with([self.family.of_column(j) for j in range(X.shape[1])], typical)

    def with_priors(
        self, priors: Mapping[str, Prior], tied: Collection[str], n_components: int
    ) -> Self:
        d = len(self._laws)
        laws = [
            law.with_priors(
                {name: prior.of_column(j, d) for name, prior in priors.items()},
                tied,
                n_components,
            )
            for j, law in enumerate(self._laws)
        ]
        return self._with(laws, self._typical)

    def _with(self, laws: list[Family], typical: list[Any]) -> Self:
        law = copy.copy(self)
        law._laws, law._typical = laws, typical
        return law

    def _each(self, function: Callable[[int, Family], Arrays]) -> dict[str, Array]:
        """What a function makes of each column, one behind the other."""
        parts = [function(j, law) for j, law in enumerate(self._laws)]
        return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}

    def to_local(self, params: Arrays) -> dict[str, Array]:
        if not params:
            return {}
        return self._each(lambda j, law: law.to_local(_column(params, j)))

    def to_user(self, params: Arrays) -> dict[str, Array]:
        return self._each(lambda j, law: law.to_user(_column(params, j)))

    def confine(self, params: Arrays) -> dict[str, Array]:
        return self._each(lambda j, law: law.confine(_column(params, j)))

    # -- what is asked of all of them ---------------------------------------

    def _of_laws(self, name: str, params: Arrays) -> list[Any]:
        return [getattr(law, name)(_column(params, j)) for j, law in enumerate(self._laws)]

    def rounding(self, params: Arrays) -> Array:
        return np.asarray(sum(self._of_laws("rounding", params)))

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        return np.logical_or.reduce(self._of_laws("failing", params))

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        return np.logical_or.reduce(self._of_laws("collapsed", params))

    def log_prior(self, params: Arrays) -> Array:
        return np.asarray(sum(self._of_laws("log_prior", params)))

    # -- the two steps -------------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Any]:
        seen = ~np.isnan(X)
        rows = [
            {} if np.isnan(typical) else law.encode(self._whole(X, j, seen), **side)
            for j, (law, typical) in enumerate(zip(self._laws, self._typical, strict=True))
        ]
        encoded = {
            _key(j, name): value for j, part in enumerate(rows) for name, value in part.items()
        }
        return {**encoded, "seen": seen.T}

    def log_base(self, X: NDArray, **side: Array) -> Array:
        seen, total = ~np.isnan(X), np.zeros(len(X))
        for j, law in enumerate(self._laws):
            if not np.isnan(self._typical[j]):
                base = law.log_base(self._whole(X, j, seen), **side)
                total += np.where(seen[:, j], base, 0.0)
        return total

    def _whole(self, X: NDArray, j: int, seen: NDArray[np.bool_]) -> NDArray:
        return np.where(seen[:, j : j + 1], X[:, j : j + 1], self._typical[j])

    def prepare(self, params: Arrays) -> dict[str, Array]:
        return {
            _key(j, name): value
            for j, law in enumerate(self._laws)
            for name, value in law.prepare(_column(params, j)).items()
        }

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        total: Any = 0.0
        for j, law, part in self._parts(rows):
            own = law.log_prob(part, _named(prepared, j))
            total = total + np.where(rows["seen"][j], own, 0.0)
        if isinstance(total, float):  # nothing is there in any column
            first = next(value for value in prepared.values() if np.ndim(value) > 1)
            return np.zeros((*first.shape[:2], rows["seen"].shape[-1]))
        return np.asarray(total)

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        stats = {"n": resp.sum(axis=-1)}
        for j, law, part in self._parts(rows):
            own = law.expected_stats(part, _named(prepared, j), resp * rows["seen"][j])
            stats |= {_key(j, name): value for name, value in own.items()}
        return stats

    def _parts(self, rows: Arrays) -> list[tuple[int, Family, dict[str, Array]]]:
        """The columns of which something is there."""
        parts = [(j, law, _named(rows, j)) for j, law in enumerate(self._laws)]
        return [(j, law, part) for j, law, part in parts if part]

    def most_members(self, n_components: int) -> int:
        return min((law.most_members(n_components) for law in self._laws), default=sys.maxsize)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        return self._each(
            lambda j, law: law.maximise(
                _named(stats, j),
                None if params is None else _column(params, j),
                _constraints(constraints, j),
            )
        )

    def careful(
        self, stats: Arrays, params: Arrays, constraints: Constraints = FREE
    ) -> dict[str, Array] | None:
        found = [
            law.careful(_named(stats, j), _column(params, j), _constraints(constraints, j))
            for j, law in enumerate(self._laws)
        ]
        if all(part is None for part in found):
            return None
        exact = self.maximise(stats, params, constraints)
        return self._each(lambda j, law: found[j] or _column(exact, j))

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        return self._each(lambda j, law: law.gradient(_named(stats, j), _column(params, j)))

    # -- beyond fitting ------------------------------------------------------

    def features(self, X: NDArray) -> Array:
        return self.family.features(filled(X, None))

    def remarks(self, params: Arrays, constraints: Constraints = FREE) -> list[str]:
        sentences = [
            law.remarks(_column(params, j), _constraints(constraints, j))
            for j, law in enumerate(self._laws)
        ]
        return list(dict.fromkeys(sentence for part in sentences for sentence in part))

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


def _key(j: int, name: str) -> str:
    return f"{j}:{name}"


def _named(values: Arrays, j: int) -> dict[str, Array]:
    """Those of one column, by the names that its law has for them."""
    prefix = _key(j, "")
    return {
        name.removeprefix(prefix): value
        for name, value in values.items()
        if name.startswith(prefix)
    }


def _column(params: Arrays, j: int) -> dict[str, Array]:
    return {name: value[..., j : j + 1] for name, value in params.items()}


def _constraints(constraints: Constraints, j: int) -> Constraints:
    fixed = {name: value[..., j : j + 1] for name, value in constraints.fixed.items()}
    fixed.pop("weights", None)
    return Constraints(fixed, constraints.tied)
