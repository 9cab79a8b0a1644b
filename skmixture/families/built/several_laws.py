"""Which components follow which of several laws, and whose parameters are whose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.built.composite import Composite
from skmixture.law.constraints import Constraints
from skmixture.law.family import Array, Arrays, Family
from skmixture.law.mixed import Names, Orders
from skmixture.law.parts import SEPARATOR, held_by, of_part, shallow

__all__ = ["OfSeveralLaws"]

# Share of every row that a background has at a start.
SHARE = 0.05


class OfSeveralLaws(Composite):
    """Components in the order of their laws, each law with a number of them."""

    parts: Sequence[Family | tuple[Any, ...]]

    @property
    def _named(self) -> list[tuple[str, Family, int]]:
        """Name, law and number of components of each part."""
        named: list[tuple[str, Family, int]] = []
        for part in self.parts:
            given = tuple(part) if isinstance(part, list | tuple) else (None, part)
            name, law, count = (*given, 1)[:3]
            if name is None:
                name = type(law).__name__.lower()
                like = sum(other.rstrip("_0123456789") == name for other, _, _ in named)
                name = f"{name}_{like + 1}" if like else name
            named.append((name, law, count))
        return named

    @property
    def laws(self) -> list[tuple[str, Family]]:
        return [(name, law) for name, law, _ in self._named]

    def with_laws(self, laws: Iterable[Family]) -> Self:
        named = zip(self._named, laws, strict=True)
        return shallow(self, parts=[(name, law, count) for (name, _, count), law in named])

    def _slices(self) -> list[tuple[str, Family, slice]]:
        """Name, law and place of the components of each part."""
        slices, begin = [], 0
        for name, law, count in self._named:
            slices.append((name, law, slice(begin, begin + count)))
            begin += count
        return slices

    def check_settings(self) -> None:
        if not isinstance(self.parts, list | tuple) or not self.parts:
            raise ValueError(f"parts of Components must be a list of families, got {self.parts!r}")
        for part in self.parts:
            if isinstance(part, list | tuple) and len(part) not in (2, 3):
                raise ValueError(
                    "each part of Components is a family, (name, family) or "
                    f"(name, family, number), got {part!r}"
                )
        for name, _, count in self._named:
            if not isinstance(count, int | np.integer) or count < 1:
                raise ValueError(
                    f"part {name!r} of Components must have a whole number of components from 1, "
                    f"got {count!r}"
                )
        super().check_settings()

    @property
    def n_components(self) -> int:
        """The number of components that all parts have."""
        return sum(count for _, _, count in self._named)

    def check_n_components(self, n_components: int) -> None:
        if n_components != self.n_components:
            counts = {name: count for name, _, count in self._named}
            raise ValueError(
                f"n_components={n_components}, but Components has {self.n_components}: {counts}"
            )

    # -- which parameters are whose ---------------------------------------------------

    def places(self, name: str, n_components: int) -> NDArray[np.integer]:
        part, _, _ = name.partition(SEPARATOR)
        own = {part: own for part, _, own in self._slices()}[part]
        return np.arange(own.start, own.stop)

    def n_features_of(self, published: Any) -> int:
        given = ((law, of_part(name, published)) for name, law in self.laws)
        return max(law.n_features_of(own) for law, own in given if own)  # 1 where one cannot tell

    def _n_free_of(
        self, name: str, n_components: int, n_features: int, constraints: Constraints
    ) -> int:
        part, _, own = name.partition(SEPARATOR)
        law, count = {part: (law, count) for part, law, count in self._named}[part]
        return law._n_free_of(own, count, n_features, held_by(part, constraints))

    def _side_by_side(
        self, ask: Callable[[Family, dict[str, Array]], NDArray], params: Arrays, axis: int = 1
    ) -> NDArray:
        return np.concatenate([ask(law, of_part(name, params)) for name, law in self.laws], axis)

    # -- starts ------------------------------------------------------------------------------

    def backgrounds(self, n_components: int) -> NDArray[np.bool_]:
        return np.concatenate([law.backgrounds(count) for _, law, count in self._named])

    def dealt(self, draw: Callable[[int], Any], n_components: int, rng: RandomState) -> Array:
        background = self.backgrounds(n_components)
        if background.all():
            background[:] = False
        groups = draw(int((~background).sum()))
        resp = np.full((len(groups), n_components), SHARE)
        resp[:, ~background] = groups[:, rng.permutation(groups.shape[1])]
        resp[:, ~background] *= 1 - SHARE * background.sum()
        return resp

    # -- categories --------------------------------------------------------------------------

    def learnt(self, table: NDArray, names: Names = None, orders: Orders = None) -> Self:
        return self.with_laws(law.learnt(table, names, orders) for _, law in self.laws)

    def coded(self, table: NDArray, names: Names = None) -> Array:
        first, *others = [law.coded(table, names) for _, law in self.laws]
        for (name, _), other in zip(self.laws[1:], others, strict=True):
            if not np.array_equal(first, other, equal_nan=True):
                raise ValueError(
                    f"{self.laws[0][0]!r} and {name!r} in Components take the values of X for "
                    "different categories: name the same ones in both by categories="
                )
        return first

    def decoded(self, X: NDArray) -> NDArray:
        return self.laws[0][1].decoded(X)
