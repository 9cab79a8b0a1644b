"""Scores of rows in chunks: those of every row stay in chunks, sums come home."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.chunked.arrays import Chunked, is_dask
from skmixture.chunked.memory import memory_kept
from skmixture.chunked.tasks import Chunks, placed
from skmixture.given.validation import check_responsibilities
from skmixture.tools.threads import single_threaded

__all__ = ["lazily", "responsibilities", "total_of"]

Array = NDArray[np.floating]


def lazily(
    model: Any, name: str, table: Chunked, columns: Mapping[str, Any], width: int, dtype: Any
) -> Any:
    """What a method says of each row, as a Dask array in the chunks of the table.

    Parameters
    ----------
    model : estimator
        As it is now: fits to come change nothing.
    name : str
        Of the method.
    table : Chunked
    columns : mapping of str to dask array of shape (n,)
        Arguments of the method.
    width : int
        Numbers that it says of a row; 0 for one, without an axis.
    dtype : dtype
    """
    tail = (width,) if width else ()
    shape: dict[str, Any] = {"chunks": (table.array.chunks[0], *((w,) for w in tail))}
    if not width:
        shape["drop_axis"] = 1
    function = partial(row_scores, copy.copy(model), name, tuple(columns), tail, dtype)
    beside = [column[:, None] for column in columns.values()]
    meta = np.empty((0,) * (1 + len(tail)), dtype=dtype)
    return table.array.map_blocks(function, *beside, dtype=dtype, meta=meta, **shape)


def row_scores(
    model: Any,
    name: str,
    names: tuple[str, ...],
    tail: tuple[int, ...],
    dtype: Any,
    X: NDArray,
    *beside: Array,
    block_info: Any = None,
) -> NDArray:
    if not len(X):
        return np.empty((0, *tail), dtype=dtype)
    columns = {own: column[:, 0] for own, column in zip(names, beside, strict=True)}
    first = block_info[0]["array-location"][0][0]
    # other threads of the process have chunks of their own
    with single_threaded(), memory_kept():
        result = placed(first, getattr(model, name), X, **columns)
    return np.asarray(result, dtype=dtype)


def total_of(model: Any, name: str, table: Chunked, columns: Mapping[str, Any]) -> Array:
    """The sum over the rows of what a method says of some: a number, or several.

    Parameters
    ----------
    model : estimator
    name : str
        Of the method.
    table : Chunked
    columns : mapping of str to dask array of shape (n, ...)
        Arguments of the method.

    Raises
    ------
    ValueError
        Where no row has any weight.
    """
    chunks = Chunks([table.array, *columns.values()])
    total = chunks.total(partial(_sum_of_chunk, model, name, tuple(columns)))
    if total is None:
        raise ValueError("sample_weight is zero for every row: there is nothing to fit")
    return total


def responsibilities(table: Chunked, resp: ArrayLike, n_components: int) -> Any:
    """Responsibilities (n, K) as a Dask array, in the chunks that the table has."""
    import dask.array as da

    shape = table.shape[0], n_components
    if is_dask(resp):
        if resp.ndim == 1:
            raise ValueError(
                "labels in resp must not be a Dask array: pass them as a numpy array, or "
                "responsibilities (n_samples, n_components)"
            )
        return table.aligned(resp, "resp", shape)
    chunks = (table.array.chunks[0], n_components)
    return table.sent(da.from_array(check_responsibilities(resp, *shape), chunks=chunks))


def _sum_of_chunk(
    model: Any, name: str, names: tuple[str, ...], first: int, X: NDArray, *columns: NDArray
) -> Array | None:
    given: dict[str, Any] = {"sample_weight": None, "exposure": None, "strata": None}
    given |= dict(zip(names, columns, strict=True))
    weight = given["sample_weight"]
    if weight is not None and not np.any(weight):
        return None
    return np.asarray(getattr(model, name)(X, **given))
