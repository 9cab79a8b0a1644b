"""Tables in chunks: Dask arrays, worked through where their chunks are."""

from skmixture.chunked.arrays import Chunked, is_dask
from skmixture.chunked.passes import ChunkedPasses
from skmixture.chunked.rows import ChunkedRows
from skmixture.chunked.scores import lazily, responsibilities, total_of

__all__ = [
    "Chunked",
    "ChunkedPasses",
    "ChunkedRows",
    "is_dask",
    "lazily",
    "responsibilities",
    "total_of",
]
