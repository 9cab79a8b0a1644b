"""Rows of a fit in chunks: columns joined, checked and looked at once, then passed over."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite

from skmixture.chunked.arrays import Chunked
from skmixture.chunked.tasks import Chunks
from skmixture.given.survey import Survey, few_values, sample_places
from skmixture.given.validation import check_sample_weight, check_side
from skmixture.law.family import Family
from skmixture.table.rows import Rows

__all__ = ["ChunkedRows"]

Array = NDArray[np.floating]

# Rows of the sample that come of a chunk with rows of weight 0, which other chunks may be full of.
LEAST = 20


class ChunkedRows:
    """Rows in chunks, without those of weight 0, and what one pass has found in them.

    Parameters
    ----------
    table : Chunked
    family : Family
    sample_weight : dask array or array-like of shape (n,), optional
    exposure : dask array or array-like of shape (n,), optional
    owner : str
        Name of the estimator, for messages.
    absolute : bool, default=False
        Whether not only the ratios of weights matter.

    Attributes
    ----------
    survey : Survey
    shape : tuple of int
    total_weight : ndarray of shape (1,)
        Divided by a power of two, as all weights are, unless they are absolute.
    counted : float
        The same as the user counts.
    averages : dict of str to float
        Means of the side columns.
    """

    has_batch_axis = False
    resp = None  # responsibilities cannot be given
    strata, n_strata, known = None, 1, None  # nor can strata, nor known labels

    def __init__(
        self,
        table: Chunked,
        family: Family,
        sample_weight: ArrayLike | None,
        exposure: ArrayLike | None,
        owner: str,
        absolute: bool = False,
    ) -> None:
        columns = {}
        self._absolute = absolute
        if sample_weight is not None:
            columns["weight"] = table.column(sample_weight, "sample_weight", check_sample_weight)
        if exposure is not None:
            check = partial(_exposure, family)
            check(1.0, 1)  # whether the family takes any
            columns["exposure"] = table.column(exposure, family.side_name, check)
        self.dtype = table.dtype
        self._chunks = Chunks([table.array, *columns.values()])
        self._names = tuple(columns)
        look = partial(_look, family, owner, table.shape, self.dtype, self._names)
        self._describe(self._chunks.total(look), table.shape)

    def _describe(self, looks: list[_Look], shape: tuple[int, int]) -> None:
        if not looks:
            raise ValueError("sample_weight is zero for every row: there is nothing to fit")
        self.shape = sum(look.n_rows for look in looks), shape[1]
        # only their ratios matter but beside priors; a power of two rounds none of them
        largest = 1.0 if self._absolute else max(look.largest for look in looks)
        self._scale = 2.0 ** -np.floor(np.log2(largest))
        self.counted = sum(look.total for look in looks)
        self.total_weight = np.array([self.counted * self._scale])
        self.averages = {}
        if "exposure" in self._names:
            self.averages["exposure"] = sum(look.exposed for look in looks) / self.counted
        weight = None
        if "weight" in self._names:
            weight = np.concatenate([look.weight for look in looks]) * self._scale
        sides = [name for name in self._names if name != "weight"]
        self.survey = Survey(
            np.concatenate([look.X for look in looks]),
            weight,
            {name: np.concatenate([look.side[name] for look in looks]) for name in sides},
            np.min([look.low for look in looks], axis=0),
            np.max([look.high for look in looks], axis=0),
            self.counted * self._scale / self.n_rows,
            {
                name: few_values(np.concatenate([look.values[name] for look in looks]))
                for name in sides
            },
        )

    @property
    def n_rows(self) -> int:
        return self.shape[0]

    @property
    def n_features(self) -> int:
        return self.shape[1]

    def total(self, function: Callable[[Rows], Any], plus: Callable[[Any, Any], Any]) -> Any:
        """The sum of what a function makes of the rows of each chunk."""
        make = partial(_rows_of, self.dtype, self._names, self._scale)
        return self._chunks.total(partial(_on_rows, function, make), plus)


class _Look(NamedTuple):
    """What a chunk's rows of positive weight are like, and some of them."""

    n_rows: int
    total: float
    largest: float  # of the weights
    exposed: float  # weight times exposure
    X: NDArray
    weight: Array
    side: dict[str, Array]
    low: Array
    high: Array
    values: dict[str, Array]


def _look(
    family: Family,
    owner: str,
    shape: tuple[int, int],
    dtype: np.dtype,
    names: tuple[str, ...],
    first: int,
    X: Any,
    *columns: Any,
) -> list[_Look]:
    """A look at one chunk, and all checks of it."""
    if not isinstance(X, np.ndarray):
        raise ValueError(f"X must have chunks that are numpy arrays, got {type(X).__name__}")
    m, given = len(X), dict(zip(names, columns, strict=True))
    assert_all_finite(X, estimator_name=owner, input_name="X")
    if "weight" in given and np.any(given["weight"]):
        check_sample_weight(given["weight"], m)
    if "exposure" in given:
        _exposure(family, given["exposure"], m)
    rows = _rows_of(dtype, names, 1.0, X, *columns)
    if rows is None:
        return []
    family.check_rows(rows.X, rows.side)
    n, places = rows.n_rows, sample_places(*shape)
    own = places[slice(*np.searchsorted(places, [first, first + m]))] - first
    if n < m:  # about as many of those that are left
        number = min(n, max(len(own), LEAST))
        own = np.arange(number) * n // number
    weight = np.ones(n) if rows.weight is None else rows.weight[0]
    return [
        _Look(
            n,
            float(weight.sum()),
            float(weight.max()),
            float(weight @ rows.side["exposure"]) if "exposure" in rows.side else 0.0,
            rows.X[own],
            weight[own],
            {name: column[own] for name, column in rows.side.items()},
            rows.X.min(axis=0).astype(float),
            rows.X.max(axis=0).astype(float),
            {name: few_values(column) for name, column in rows.side.items()},
        )
    ]


def _rows_of(
    dtype: np.dtype, names: tuple[str, ...], scale: float, X: NDArray, *columns: NDArray
) -> Rows | None:
    """Rows of positive weight; None where there are none."""
    X = np.asarray(X, dtype=dtype)
    side = {name: np.asarray(c, dtype=float) for name, c in zip(names, columns, strict=True)}
    weight = side.pop("weight", None)
    if weight is None:
        return Rows(X, side=side)
    present = weight > 0
    if not present.any():
        return None
    if not present.all():
        X, weight = X[present], weight[present]
        side = {name: column[present] for name, column in side.items()}
    return Rows(X, weight[None] * scale, side=side)


def _on_rows(
    function: Callable[[Rows], Any],
    make: Callable[..., Rows | None],
    first: int,
    *chunks: NDArray,
) -> Any:
    rows = make(*chunks)
    return None if rows is None else function(rows)


def _exposure(family: Family, value: ArrayLike, n_rows: int) -> Array:
    return check_side(family, value, n_rows)["exposure"]
