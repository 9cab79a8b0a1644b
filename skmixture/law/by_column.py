"""A law that is one law for each column, independent within a component."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import Edge
from skmixture.law.family import Array, Arrays, Family
from skmixture.law.parts import any_of, joined, of_part, shallow
from skmixture.numerics.buffers import side_by_side
from skmixture.priors import Prior

__all__ = ["ByColumn", "together"]


class ByColumn(Family):
    """One law of one column for each, whose parameters (B, K, 1) are those of a column.

    Those of all columns, (B, K, d), have the names that they have in the
    family; other parameters are a subclass's own. Encoded rows, constants and
    statistics of a column have its place before their names.

    Parameters
    ----------
    family : Family
        One whose columns are independent within a component.
    """

    _laws: list[Family] | None = None  # by column, set by `localise`

    def __init__(self, family: Family) -> None:
        self.family = family

    # -- what the family decides ------------------------------------------------

    @property
    def additive(self) -> bool:  # type: ignore[override]
        return self.family.additive

    @property
    def absorbing(self) -> bool:  # type: ignore[override]
        return self.family.absorbing

    @property
    def start_rows(self) -> int:  # type: ignore[override]
        return self.family.start_rows

    @property
    def takes_exposure(self) -> bool:  # type: ignore[override]
        return self.family.takes_exposure

    @property
    def min_rows(self) -> int:  # type: ignore[override]
        return self.family.min_rows

    @property
    def failure(self) -> str:  # type: ignore[override]
        return self.family.failure

    @property
    def collapse(self) -> str:  # type: ignore[override]
        return self.family.collapse

    @property
    def ties(self) -> frozenset[str]:
        return self.family.ties

    @property
    def monotone(self) -> bool:
        return self.family.monotone

    @property
    def climbs_its_gradient(self) -> bool:
        return self.family.climbs_its_gradient

    # -- columns and their laws ---------------------------------------------------

    def _law(self, j: int) -> Family:
        return self.family.of_column(j) if self._laws is None else self._laws[j]

    def _of_column(self, values: Arrays, j: int) -> dict[str, Array]:
        """The law's own parameters (..., 1) of a column, as far as they are given."""
        own = self.family.parameters
        return {
            name: side_by_side(value[..., j : j + 1])
            for name, value in values.items()
            if name in own
        }

    def _by_column(self, values: Arrays) -> list[tuple[Family, dict[str, Array]]]:
        d = next(iter(values.values())).shape[-1] if values else 0
        return [(self._law(j), self._of_column(values, j)) for j in range(d)]

    def _held_by(self, j: int, constraints: Constraints) -> Constraints:
        return Constraints(self._of_column(constraints.fixed, j), constraints.tied)

    def _each(
        self, function: Callable[[Family, dict[str, Array]], Arrays], params: Arrays
    ) -> dict[str, Array]:
        """Parameters with those of the laws as a function changes them, column by column."""
        return {
            **params,
            **together([function(law, own) for law, own in self._by_column(params)]),
        }

    # -- the user's units ------------------------------------------------------------

    def to_local(self, params: Arrays) -> dict[str, Array]:
        return self._each(lambda law, own: law.to_local(own), params)

    def to_user(self, params: Arrays) -> dict[str, Array]:
        return self._each(lambda law, own: law.to_user(own), params)

    def confine(self, params: Arrays) -> dict[str, Array]:
        return self._each(lambda law, own: law.confine(own), params)

    def stable(self) -> Self:
        laws = None if self._laws is None else [law.stable() for law in self._laws]
        return shallow(self, family=self.family.stable(), _laws=laws)

    def rounding(self, params: Arrays) -> Array:
        return np.sum([law.rounding(own) for law, own in self._by_column(params)], axis=0)

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        return any_of(law.failing(own) for law, own in self._by_column(params))

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        return any_of(law.collapsed(own) for law, own in self._by_column(params))

    def told_collapse(self, params: Arrays, columns: Sequence[Any]) -> str:
        return self.family.told_collapse(params, columns)

    def most_members(self, n_components: int) -> int:
        laws = self._laws or [self.family]
        return max(1, min(law.most_members(n_components) for law in laws) // len(laws))

    # -- priors ----------------------------------------------------------------------

    def with_priors(
        self, priors: Mapping[str, Prior], tied: Collection[str], n_components: int
    ) -> Self:
        of_laws = {name: prior for name, prior in priors.items() if name in self.family.parameters}
        own = {name: prior for name, prior in priors.items() if name not in of_laws}
        laws = self._laws or []
        with_theirs = [
            law.with_priors(
                {name: prior.of_column(j, len(laws)) for name, prior in of_laws.items()},
                tied,
                n_components,
            )
            for j, law in enumerate(laws)
        ]
        return shallow(super().with_priors(own, tied, n_components), _laws=with_theirs or None)

    def log_prior(self, params: Arrays) -> Array:
        by_column = (law.log_prior(own) for law, own in self._by_column(params))
        return super().log_prior(params) + sum(by_column)

    # -- the two steps ------------------------------------------------------------------

    def prepare(self, params: Arrays) -> dict[str, Array]:
        prepared = [law.prepare(own) for law, own in self._by_column(params)]
        return joined((str(j), own) for j, own in enumerate(prepared))

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        by_column = [
            law.maximise(
                of_part(str(j), stats),
                None if params is None else self._of_column(params, j),
                self._held_by(j, constraints),
            )
            for j, law in enumerate(self._laws or [])
        ]
        return together(by_column)

    def careful(
        self, stats: Arrays, params: Arrays, constraints: Constraints = FREE
    ) -> dict[str, Array] | None:
        found = [
            law.careful(
                of_part(str(j), stats), self._of_column(params, j), self._held_by(j, constraints)
            )
            for j, law in enumerate(self._laws or [])
        ]
        if all(own is None for own in found):
            return None
        exact = self.maximise(stats, params, constraints)
        by_column = [own or self._of_column(exact, j) for j, own in enumerate(found)]
        return {**exact, **together(by_column)}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        by_column = enumerate(self._by_column(params))
        return together([law.gradient(of_part(str(j), stats), own) for j, (law, own) in by_column])

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        found = [law.at_edges(own, n_rows) for law, own in self._by_column(params)]
        together: dict[tuple[str, str], NDArray[np.bool_]] = {}
        for j, edges in enumerate(found):
            for name, at, meaning, _ in edges:  # at (K, 1)
                whole = together.setdefault(
                    (name, meaning), np.zeros((len(at), len(found)), dtype=bool)
                )
                whole[:, j] = at[:, 0]
        return [Edge(name, at, meaning) for (name, meaning), at in together.items()]

    def remarks(self, params: Arrays, constraints: Constraints = FREE) -> list[str]:
        by_column = self._by_column(params)
        return [
            said if len(by_column) == 1 else f"In column {j}: {said}"
            for j, (law, own) in enumerate(by_column)
            for said in law.remarks(own, self._held_by(j, constraints))
        ]


def together(by_column: Sequence[Arrays]) -> dict[str, Array]:
    """Values of all columns, one behind the other."""
    names = by_column[0] if by_column else {}
    return {name: np.concatenate([own[name] for own in by_column], axis=-1) for name in names}
