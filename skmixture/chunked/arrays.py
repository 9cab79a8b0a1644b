"""Dask arrays as tables: recognised without Dask, checked without being computed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.chunked.tasks import cluster, held, large_graphs
from skmixture.given.validation import check_shape

__all__ = ["Chunked", "is_dask"]

Array = NDArray[np.floating]


def is_dask(X: Any) -> TypeGuard[Any]:
    """Whether this is a Dask array; where Dask was never imported it cannot be."""
    module = sys.modules.get("dask.array")
    return module is not None and isinstance(X, module.Array)


class Chunked:
    """A Dask array of numbers (n, d), in chunks of whole rows.

    Parameters
    ----------
    array : dask array of shape (n, d)
    dtype : dtype
        Of the numbers once they are computed.
    """

    def __init__(self, array: Any, dtype: np.dtype) -> None:
        _check_known(array, "X")
        _check_numbers(array, "X")
        if array.ndim != 2:
            raise ValueError(f"Expected 2D array, got {array.ndim}D array instead: {array}")
        self.array = array.rechunk({1: -1}) if array.numblocks[1] > 1 else array
        self.shape = array.shape
        self.dtype = dtype

    def stand_in(self) -> NDArray:
        """A table of this shape, of zeros that take no memory, to check the shape of."""
        return np.broadcast_to(np.zeros((), dtype=self.dtype), self.shape)

    def column(self, value: ArrayLike, name: str, check: Callable[[ArrayLike, int], Any]) -> Any:
        """A number for each row as a Dask array, in the chunks that the table has.

        Parameters
        ----------
        value : dask array or array-like of shape (n,), or a number
        name : str
        check : callable
            Gives an array from values and the number of rows, or raises. A
            Dask array is not checked here: that must be done chunk by chunk.
        """
        import dask.array as da

        n, chunks = self.shape[0], self.array.chunks[:1]
        if is_dask(value):
            return self.aligned(value, name, (n,))
        if np.ndim(value) == 0 and not isinstance(value, str):
            return da.full((n,), float(check(value, 1)[0]), chunks=chunks)
        return self.sent(da.from_array(check(value, n), chunks=chunks))

    def aligned(self, value: Any, name: str, shape: tuple[int, ...]) -> Any:
        """A Dask array of this shape, in the chunks that the table has."""
        _check_known(value, name)
        _check_numbers(value, name)
        check_shape(value, shape, name)
        return value.rechunk((*self.array.chunks[:1], *shape[1:]))

    def sent(self, column: Any) -> Any:
        """What the client has, sent once to the cluster, and there beside the rows."""
        if cluster() is None:
            return column
        if column.ndim == 1 and held(self.array):
            # scheduled where the larger argument is
            beside = {"drop_axis": 1, "dtype": float, "meta": np.empty(0)}
            column = self.array.map_blocks(_second, column[:, None], **beside)
        with large_graphs():
            return column.persist()


def _second(rows: NDArray, column: Array) -> Array:
    return column[:, 0]


def _check_known(array: Any, name: str) -> None:
    if np.isnan(array.shape).any():
        raise ValueError(
            f"{name} has chunks of unknown sizes: call {name}.compute_chunk_sizes() before"
        )


def _check_numbers(array: Any, name: str) -> None:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be an array of real numbers, got dtype {array.dtype}")
