"""Laws whose densities are weighed against each other: one measure, and rows of any of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.supports import STRETCH, Measure, Support

__all__ = ["AnyOf", "OrZero", "Possible", "holds"]

# What a density is, by the kind of measure that it is relative to.
MEANING = {
    "counts": "probabilities of counts",
    "numbers": "densities of numbers, per unit of X",
    "directions": "densities on the sphere",
    "compositions": "densities on the simplex",
}
# And laws that have such densities.
EXAMPLES = {
    "counts": "Poisson, NegativeBinomial and Geometric",
    "numbers": "Gaussian, Gamma and Uniform",
    "directions": "VonMisesFisher",
    "compositions": "Dirichlet",
}


@dataclass(frozen=True)
class AnyOf(Support):
    """Rows that lie, whole, in at least one of several sets."""

    supports: tuple[tuple[str, Support], ...]

    @property
    def description(self) -> str:  # type: ignore[override]
        return " or ".join(dict.fromkeys(support.description for _, support in self.supports))

    @property
    def discrete(self) -> bool:  # type: ignore[override]
        return all(support.discrete for _, support in self.supports)

    @property
    def needs_double(self) -> bool:
        return any(support.needs_double for _, support in self.supports)

    @property
    def positive_only(self) -> bool:  # type: ignore[override]
        return all(support.positive_only for _, support in self.supports)

    @property
    def alike(self) -> bool:
        """Whether the sets are all the same."""
        (_, first), *others = self.supports
        return all(support == first for _, support in others)

    def whole(self, n_features: int) -> NDArray[np.bool_]:
        return np.all([support.whole(n_features) for _, support in self.supports], axis=0)

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return np.logical_or.reduce([support.contains(X) for _, support in self.supports])

    def measures(self, n_features: int) -> tuple[Measure, ...]:
        """The measure of all laws together.

        Raises
        ------
        ValueError
            Where densities of different kinds would be compared.
        """
        by_law = [(name, support.measures(n_features)) for name, support in self.supports]
        return tuple(
            _joined(
                [(name, measures[j]) for name, measures in by_law], j if n_features > 1 else None
            )
            for j in range(n_features)
        )

    def off_measure(self, X: NDArray) -> list[NDArray[np.bool_] | None]:
        """Rows (..., n) on points that have a probability by some laws, but none by a law.

        None where there are none of them. A law with a density gives no
        probability to a point.
        """
        joint = self.measures(X.shape[-1])
        if not any(measure.points for measure in joint):
            return [None] * len(self.supports)
        return [_at_points(X, support.measures(X.shape[-1]), joint) for _, support in self.supports]

    def check(self, X: Any, family: str, columns: NDArray[np.integer] | None = None) -> None:
        self.measures(X.shape[-1])
        if self.alike:
            name, support = self.supports[0]
            support.check(X, f"{name!r} in {family}", columns)
            return
        for begin in range(0, X.shape[0], STRETCH):
            stretch = X[begin : begin + STRETCH]
            self.check_any(stretch, [~holds(support, stretch) for _, support in self.supports],
                           family, begin)  # fmt: skip

    def check_any(
        self, X: NDArray, outside: list[NDArray[np.bool_]], family: str, first: int = 0
    ) -> None:
        """Raise a ValueError that names the first row which is outside of all sets."""
        lost = np.logical_and.reduce(outside)
        if lost.any():
            row = int(np.argmax(lost))
            sets = "; ".join(f"{name!r}: {own.description}" for name, own in self.supports)
            raise ValueError(
                f"X[{first + row}] = {X[row]} can be of no law of {family} ({sets}). Add a law "
                "that has such rows, or leave them out."
                # scikit-learn looks for these words where tags say positive_only
                + (" Negative values in data are not allowed." if (X < 0).any() else "")
            )


@dataclass(frozen=True)
class OrZero(Support):
    """Numbers of a set, and 0, which has a probability of its own."""

    support: Support

    @property
    def description(self) -> str:  # type: ignore[override]
        return f"0, or {self.support.description}"

    @property
    def positive_only(self) -> bool:  # type: ignore[override]
        return self.support.positive_only

    def measures(self, n_features: int) -> tuple[Measure, ...]:
        zero = frozenset([0.0])
        return tuple(
            Measure(own.kind, own.points | zero) for own in self.support.measures(n_features)
        )

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return (X == 0) | self.support.contains(X)


class Possible:
    """The rows that a law may have made, and what belongs to each."""

    def __init__(self, X: NDArray, outside: NDArray[np.bool_] | None) -> None:
        self._outside = outside
        self.X = X if outside is None else X[~outside]

    def of(self, column: Any) -> Any:
        """Those entries of a column (..., n), if there is one."""
        if column is None or self._outside is None:
            return column
        return column[..., ~self._outside]


def holds(support: Support, X: NDArray) -> NDArray[np.bool_]:
    """Which rows (..., n) lie in a set, as far as they are there."""
    return (support.contains(X) | np.isnan(X)).all(axis=-1)


def _at_points(
    X: NDArray, own: tuple[Measure, ...], joint: tuple[Measure, ...]
) -> NDArray[np.bool_] | None:
    """Rows on points of the joint measure to which a law of numbers gives nothing."""
    rows = np.zeros(X.shape[:-1], dtype=bool)
    for j, measure in enumerate(own):
        if measure.kind not in ("", "counts"):
            for point in joint[j].points - measure.points:
                rows |= X[..., j] == point
    return rows if rows.any() else None


def _joined(measures: Iterable[tuple[str, Measure]], column: int | None) -> Measure:
    """The measure of one column by all laws, which must be of one kind."""
    by_kind: dict[str, str] = {}
    points: frozenset[float] = frozenset()
    for name, measure in measures:
        points |= measure.points
        if measure.kind:
            by_kind.setdefault(measure.kind, name)
    if len(by_kind) > 1:
        (kind, name), (other, name_2), *_ = by_kind.items()
        where = "" if column is None else f" in column {column}"
        raise ValueError(
            f"the laws of Components must have densities of one kind, but{where} {name!r} has "
            f"{MEANING[kind]}, and {name_2!r} {MEANING[other]}, which cannot be compared. Take "
            f"laws of one kind for all components, such as {EXAMPLES[kind]}, or {EXAMPLES[other]}; "
            "where columns differ in kind, a Product of laws in each component"
        )
    return Measure(next(iter(by_kind), ""), points)
