"""Product: blocks of columns, each with a law of its own, independent within a component."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.built.columns import (
    ByColumns,
    Columns,
    by_position,
    check_partition,
    listed,
    places,
    view,
)
from skmixture.families.built.composite import Composite
from skmixture.law.columns import expected_rows, filled_in, fitting_law, scoring_law
from skmixture.law.constraints import Constraints
from skmixture.law.family import Array, Arrays, Family
from skmixture.law.mixed import Names, Orders
from skmixture.law.parts import SEPARATOR, any_of, held_by, joined, of_part, shallow

__all__ = ["Product"]


class Product(Composite):
    """Blocks of columns that are independent within a component, each with its own law.

    ``log f(x) = sum_part log f_part(x_part)``. A parameter is called
    ``<part>__<parameter>`` wherever it has a name: ``model.size__means_``,
    ``model.params_["size__means"]``, ``fixed={"size__means": ...}``,
    ``tied=("size__covariances",)``, ``order_by="size__means"``. So are the
    options of the laws in `get_params`, `set_params` and a grid search:
    ``family__size__covariance_type``.

    Parameters
    ----------
    parts : list of (str, Family, columns)
        The name of each block, its law, and its columns: a position, a column
        name of a data frame, a list of either, or a slice of positions. Each
        column of X belongs to one part.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Gaussian, Poisson, Product
    >>> rng = np.random.RandomState(0)
    >>> size = np.r_[rng.normal(2, 0.5, (50, 2)), rng.normal(4, 0.5, (70, 2))]
    >>> visits = rng.poisson(np.repeat([3.0, 12.0], [50, 70]))
    >>> law = Product([("size", Gaussian(), slice(0, 2)), ("visits", Poisson(), 2)])
    >>> model = Mixture(law, 2, order_by="visits__rates", random_state=0)
    >>> model = model.fit(np.column_stack([size, visits]))
    >>> model.size__means_.round(1)
    array([[2. , 2.1],
           [4. , 4. ]])
    >>> model.visits__rates_.round(1)
    array([[ 3.1],
           [11.5]])
    """

    def __init__(self, parts: Sequence[tuple[str, Family, Columns]]) -> None:
        self.parts = parts

    @property
    def laws(self) -> list[tuple[str, Family]]:
        return [(name, law) for name, law, _ in self.parts]

    def with_laws(self, laws: Iterable[Family]) -> Self:
        parts = [(name, law, own) for (name, _, own), law in zip(self.parts, laws, strict=True)]
        return shallow(self, parts=parts)

    def check_settings(self) -> None:
        if not isinstance(self.parts, list | tuple) or not self.parts:
            raise ValueError(
                "parts of Product must be a list of (name, family, columns), such as "
                f"[('size', Gaussian(), ['wing', 'bill'])], got {self.parts!r}"
            )
        for part in self.parts:
            if not isinstance(part, list | tuple) or len(part) != 3:
                raise ValueError(f"each part of Product is (name, family, columns), got {part!r}")
        super().check_settings()

    # -- columns ---------------------------------------------------------------

    @property
    def support(self) -> ByColumns:  # type: ignore[override]
        return ByColumns(tuple((name, law.support, own) for name, law, own in self.parts))

    def for_columns(self, names: NDArray | None) -> Self:
        parts = []
        for name, law, asked in self.parts:
            own = by_position(asked, names)
            if names is not None:
                law = law.for_columns(np.asarray(names)[places(own, len(names))])
            parts.append((name, law, own))
        if names is not None:
            check_partition([(name, own) for name, _, own in parts], len(names), names)
        return shallow(self, parts=parts)

    def for_width(self, n_features: int) -> Self:
        return self._with_wide({name: d for name, _, d in self._widths(n_features)})

    def asked_columns(self) -> list[str] | None:
        asked = [column for _, _, columns in self.parts for column in listed(columns)]
        by_name = [column for column in asked if isinstance(column, str)]
        if by_name and len(by_name) < len(asked):
            raise ValueError(
                "parts of Product have columns by name and by position: give all names of X in "
                "their order by feature_names_in="
            )
        return by_name or None

    # -- categories -----------------------------------------------------------

    def learnt(self, table: NDArray, names: Names = None, orders: Orders = None) -> Self:
        return self.with_laws(
            law.learnt(own, own_names, None if orders is None else orders[place])
            for place, law, own, own_names in self._tables(table, names)
        )

    def coded(self, table: NDArray, names: Names = None) -> Array:
        coded = np.empty(table.shape)
        for place, law, own, own_names in self._tables(table, names):
            coded[:, place] = law.coded(own, own_names)
        return coded

    def decoded(self, X: NDArray) -> NDArray:
        own = [(place, law.decoded(X[:, place])) for _, law, place in self._places(X.shape[1])]
        kinds = {part.dtype.kind for _, part in own}
        table = np.empty(X.shape, dtype=float if kinds <= set("fiu") else object)
        for place, part in own:
            table[:, place] = part
        return table

    def _tables(
        self, table: NDArray, names: Names
    ) -> Iterator[tuple[Any, Family, NDArray, NDArray]]:
        """Place, law, values and names of each part; columns without names have their places."""
        check_partition([(name, own) for name, _, own in self.parts], table.shape[1], names)
        known = np.arange(table.shape[1]) if names is None else np.asarray(names)
        for _, law, place in self._places(table.shape[1]):
            yield place, law, table[:, place], known[place]

    def _places(self, n_features: int) -> list[tuple[str, Family, Any]]:
        """Name, law and columns of each part, as an index of (..., d)."""
        return [(name, law, view(places(own, n_features))) for name, law, own in self.parts]

    def _widths(self, n_features: int) -> list[tuple[str, Family, int]]:
        return [(name, law, len(places(own, n_features))) for name, law, own in self.parts]

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        check_partition([(name, own) for name, _, own in self.parts], n_features)
        return joined((name, law.event_shapes(d)) for name, law, d in self._widths(n_features))

    def columns_of(self, part: str, columns: Sequence[str]) -> list[str]:
        own = {name: own for name, _, own in self.parts}[part]
        return [columns[place] for place in places(own, len(columns))]

    def n_features_of(self, published: Any) -> int:
        return sum(law.n_features_of(of_part(name, published)) for name, law in self.laws)

    def _n_free_of(
        self, name: str, n_components: int, n_features: int, constraints: Constraints
    ) -> int:
        part, _, own = name.partition(SEPARATOR)
        law, d = {part: (law, d) for part, law, d in self._widths(n_features)}[part]
        return law._n_free_of(own, n_components, d, held_by(part, constraints))

    def possible(self, X: NDArray, side: Arrays) -> NDArray[np.bool_]:
        by_part = [
            law.possible(X[..., own], self._side_of(law, side))
            for _, law, own in self._places(X.shape[-1])
        ]
        return np.logical_and.reduce(by_part)

    # -- values that are missing -----------------------------------------------------

    @property
    def takes_some_holes(self) -> bool:
        return any(law.takes_some_holes for _, law in self.laws)

    def check_holes(
        self, X: Any, owner: str = "", columns: NDArray[np.integer] | None = None
    ) -> None:
        if self.takes_holes:
            return
        for name, law, asked in self.parts:
            own = places(asked, X.shape[1])
            where = own if columns is None else columns[own]
            law.check_holes(X[:, view(own)], f"part {name!r} of {owner or 'Product'}", where)

    def for_rows(self, X: NDArray) -> Self:
        return self.with_laws(
            scoring_law(law, X[:, own]) for _, law, own in self._places(X.shape[1])
        )

    def expected_rows(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        by_part = [
            expected_rows(law, X[:, own], of_part(name, params), self._side_of(law, side))
            for name, law, own in self._places(X.shape[1])
        ]
        return self._placed(X.shape[1], by_part)

    def filled_in(self, X: NDArray, params: Arrays, resp: Array, **side: Array) -> Array:
        by_part = [
            filled_in(law, X[:, own], of_part(name, params), resp, self._side_of(law, side))
            for name, law, own in self._places(X.shape[1])
        ]
        return self._placed(X.shape[1], by_part)

    # -- the user's units ----------------------------------------------------------

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        def localised(law: Family, own: NDArray) -> Family:
            return fitting_law(law, own).localise(own, weight, **self._side_of(law, side))

        return self.with_laws(
            localised(law, X[..., own]) for _, law, own in self._places(X.shape[-1])
        )

    def localise_beside(
        self, params: Arrays, mass: Array, X: NDArray, weight: Array | None = None, **side: Array
    ) -> Self:
        return self.with_laws(
            law.localise_beside(
                of_part(name, params), mass, X[..., own], weight, **self._side_of(law, side)
            )
            for name, law, own in self._places(X.shape[-1])
        )

    def rounding(self, params: Arrays) -> Array:
        return np.sum([law.rounding(of_part(name, params)) for name, law in self.laws], axis=0)

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        return any_of(law.failing(of_part(name, params)) for name, law in self.laws)

    def rows_in_flat(self, params: Arrays) -> Array | int:
        flat = (law.rows_in_flat(of_part(name, params)) for name, law in self.laws)
        return reduce(np.maximum, flat)

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        return any_of(law.collapsed(of_part(name, params)) for name, law in self.laws)

    # -- the two steps -------------------------------------------------------------

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return min(law.block_rows(d, n_laws) for _, law, d in self._widths(n_features))

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return joined(
            (name, law.encode(X[..., own], **self._side_of(law, side)))
            for name, law, own in self._places(X.shape[-1])
        )

    def log_base(self, X: NDArray, **side: Array) -> Array | float:
        bases = (
            law.log_base(X[..., own], **self._side_of(law, side))
            for _, law, own in self._places(X.shape[-1])
        )
        return sum(bases, start=0.0)

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array] | None:
        for name, law in self.laws:  # what raises one part raises their product
            raised = law.raised(of_part(name, prepared), amount)
            if raised is not None:
                return {**prepared, **joined([(name, raised)])}
        return None

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        first, *others = (
            (law, of_part(name, rows), of_part(name, prepared)) for name, law in self.laws
        )
        total = first[0].log_prob(*first[1:])
        for law, own_rows, own_prepared in others:
            total += law.log_prob(own_rows, own_prepared)
        return total

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        stats = self._by_part(
            lambda name, law: law.expected_stats(of_part(name, rows), of_part(name, prepared), resp)
        )
        first, _ = self.laws[0]
        return {"n": stats[f"{first}{SEPARATOR}n"], **stats}

    def common_sums(self, X: NDArray, weight: Array) -> dict[str, Array]:
        return joined(
            (name, law.common_sums(X[..., own], weight))
            for name, law, own in self._places(X.shape[-1])
        )

    def join_common(self, sums: Arrays, stats: dict[str, Array], params: Arrays) -> Array | float:
        beyond: Array | float = 0.0
        for name, law in self.laws:
            own = of_part(name, stats)
            beyond = beyond + law.join_common(of_part(name, sums), own, of_part(name, params))
            stats.update(joined([(name, own)]))
        return beyond

    def of_given(self) -> Self:
        return self.with_laws(law.of_given() for _, law in self.laws)

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        by_part = self._by_part(
            lambda name, law: law.implied_stats(
                of_part(name, params), mass, **self._side_of(law, side)
            )
        )
        return {"n": mass, **by_part}

    # -- beyond fitting -------------------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        order = np.argsort(labels, kind="stable")  # as parts without side columns have it
        side = {name: column[order] for name, column in side.items()}
        drawn = {}
        for name, law in self.laws:
            own = self._side_of(law, side)
            try:
                drawn[name] = law.sample(of_part(name, params), labels[order], rng, **own)
            except NotImplementedError as error:
                raise NotImplementedError(f"part {name!r}: {error}") from error
        X = np.empty((len(labels), sum(part.shape[1] for part in drawn.values())))
        for name, _, own in self._places(X.shape[1]):
            X[np.ix_(order, np.arange(X.shape[1])[own])] = drawn[name]
        return X

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        by_part = [
            law.cdf(X[:, own], of_part(name, params), **self._side_of(law, side))
            for name, law, own in self._places(X.shape[1])
        ]
        return np.prod(np.broadcast_arrays(*by_part), axis=0)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self._placed(
            X.shape[1],
            [
                law.marginal_cdf(X[:, own], of_part(name, params), **self._side_of(law, side))
                for name, law, own in self._places(X.shape[1])
            ],
        )

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        bounds = [
            law.quantile_bounds(q, of_part(name, params), **self._side_of(law, side))
            for name, law in self.laws
        ]
        d = sum(low.shape[-1] for low, _ in bounds)
        low, high = zip(*bounds, strict=True)
        return self._placed(d, low), self._placed(d, high)

    def _placed(self, n_features: int, by_part: Sequence[Array]) -> Array:
        """Values (K, m, d) from those of the parts (K, m or 1, c); K may be left out."""
        shape = np.broadcast_shapes(*(part.shape[:-1] for part in by_part))
        values = np.empty((*shape, n_features))
        for (_, _, own), part in zip(self._places(n_features), by_part, strict=True):
            values[..., own] = part
        return values

    def component(self, params: Arrays) -> dict[str, Any]:
        """Distributions by part: they are independent."""
        return {name: law.component(of_part(name, params)) for name, law in self.laws}

    def features(self, X: NDArray) -> Array:
        return np.concatenate(
            [_standardised(law.features(X[:, own])) for _, law, own in self._places(X.shape[1])],
            axis=1,
        )


def _standardised(features: Array) -> Array:
    """Columns (n, q) with mean 0 and standard deviation 1, or constant ones as they are."""
    features = np.asarray(features, dtype=float)
    centred = features - features.mean(axis=0)
    largest = np.abs(centred).max(axis=0, initial=0.0)
    centred = centred / np.where(largest > 0, largest, 1.0)  # squares of these cannot overflow
    deviation = centred.std(axis=0)
    return centred / np.where(deviation > 0, deviation, 1.0)
