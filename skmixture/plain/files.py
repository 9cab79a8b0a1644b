"""Documents on file: JSON, or an archive of arrays beside the document."""

from __future__ import annotations

import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from skmixture.plain.arrays import DTYPES, Entries, Inline, size_of
from skmixture.plain.documents import document_of, object_of
from skmixture.plain.words import shown

__all__ = ["load", "save"]

AnyPath = str | PathLike[str]
DOCUMENT = "document"  # the array of an archive that holds the document, as bytes


def save(value: Any, path: AnyPath) -> None:
    """Write an object to a file ``.json`` or ``.npz``: all of it, or nothing."""
    path = Path(path)
    write, _ = _format_of(path)
    _replace(path, write(value))


def load(path: AnyPath) -> Any:
    """The model, or result, that `save` has written.

    The file is data and nothing else: no code of it runs, and whatever it may
    hold, the outcome is a model that is whole or a ValueError.

    Parameters
    ----------
    path : str or path-like
        A file ``.json`` or ``.npz``.

    Returns
    -------
    estimator
        Of the class that was saved, with the same options and fitted
        attributes.

    Raises
    ------
    ValueError
        Where the file is damaged, of a newer version, or describes what is no
        model.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import skmixture
    >>> model = skmixture.PoissonMixture.from_params(weights=[0.4, 0.6], rates=[[1.0], [9.0]])
    >>> with TemporaryDirectory() as folder:
    ...     model.save(Path(folder) / "model.json")
    ...     loaded = skmixture.load(Path(folder) / "model.json")
    >>> loaded.predict([[0], [12]])
    array([0, 1])
    """
    path = Path(path)
    _, read = _format_of(path)
    raw = path.read_bytes()
    try:
        return read(raw)
    except ValueError as error:
        raise ValueError(f"{path} cannot be loaded: {error}") from error


def _format_of(path: Path) -> tuple[Callable[[Any], bytes], Callable[[bytes], Any]]:
    formats = {".json": (_json_of, _of_json), ".npz": (_archive_of, _of_archive)}
    if path.suffix.lower() not in formats:
        raise ValueError(
            f"path must end in .json, or in .npz where there are many numbers, got {str(path)!r}"
        )
    return formats[path.suffix.lower()]


def _replace(path: Path, content: bytes) -> None:
    """Put a file in place whole: under another name first, and then by a rename."""
    path = path.resolve()  # a link stays a link
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} to")
    fresh = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        with open(fresh, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


# -- JSON ------------------------------------------------------------------------


def _json_of(value: Any) -> bytes:
    return json.dumps(document_of(value, Inline()), allow_nan=False).encode("ascii")


def _of_json(raw: bytes) -> Any:
    return object_of(_parsed(raw), Inline())


def _parsed(raw: bytes) -> Any:
    """JSON, each key of a mapping once, and numbers finite."""
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once_each,
            parse_constant=_refused,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no text in UTF-8: {error}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON, or only a part of it: {error}") from error
    except RecursionError as error:
        raise ValueError("its values are nested too deep") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    by_key = dict(pairs)
    if len(by_key) != len(pairs):
        keys = [key for key, _ in pairs]
        again = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {shown(again)} is there twice")
    return by_key


def _refused(name: str) -> NoReturn:
    raise ValueError(f'{name} is no JSON; what is not finite is {{"type": "float", ...}}')


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{shown(text)} is beyond the range of numbers")
    return number


# -- archives ----------------------------------------------------------------------


def _archive_of(value: Any) -> bytes:
    entries, stream = Entries(), BytesIO()
    text = json.dumps(document_of(value, entries), allow_nan=False).encode("ascii")
    document = np.frombuffer(text, dtype=np.uint8)
    np.savez(stream, **{DOCUMENT: document}, **entries.arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def _of_archive(raw: bytes) -> Any:
    entries = Entries(_arrays_of(raw))
    document = entries.arrays.pop(DOCUMENT, None)
    if document is None or document.dtype != np.uint8:
        raise ValueError(f"the archive has no {DOCUMENT!r} in bytes")
    value = object_of(_parsed(document.tobytes()), entries)
    if entries.arrays:
        left = sorted(entries.arrays)[0]
        raise ValueError(f"the archive has an array {shown(left)} that the document does not name")
    return value


def _arrays_of(raw: bytes) -> dict[str, NDArray]:
    """Arrays by name. Nothing is unpacked, so that they take no more room than the file."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ValueError("the archive is compressed, which none that was saved here is")
            if sum(member.file_size for member in members) > len(raw):
                raise ValueError("the archive says that it holds more than the file has bytes")
            contents = [(member.filename, archive.read(member)) for member in members]
    except (zipfile.BadZipFile, zlib.error, struct.error) as error:
        raise ValueError(f"it is no archive, or only a part of one: {error}") from error
    except (EOFError, OSError, RuntimeError) as error:  # RuntimeError where it is encrypted
        raise ValueError(f"the archive cannot be read: {error}") from error
    arrays = {name.removesuffix(".npy"): _array_of(content, name) for name, content in contents}
    if len(arrays) != len(contents):
        raise ValueError("the archive has two arrays of the same name")
    return arrays


# The header of a file .npy of version 1.0, as numpy writes it for arrays of numbers.
HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<|][a-z]\d)', 'fortran_order': False, "
    rb"'shape': \(([\d, ]{0,200})\), \} *\n",
    re.DOTALL,
)
DESCRIBED = {dtype.newbyteorder("<").str: dtype for dtype in DTYPES.values()}


def _array_of(content: bytes, name: str) -> NDArray:
    """The array of a file .npy, whose header is read as text."""
    header = HEADER.match(content)
    dtype = DESCRIBED.get(header[2].decode()) if header else None
    if header is None or dtype is None or header.end() != 10 + int.from_bytes(header[1], "little"):
        raise ValueError(f"the entry {shown(name)} of the archive is no array of numbers")
    shape = [int(length) for length in re.findall(rb"\d+", header[3])]
    data = content[header.end() :]
    if size_of(shape, name) * dtype.itemsize != len(data):
        raise ValueError(
            f"the entry {shown(name)} of the archive has {len(data)} bytes, not those of an array "
            f"of shape {shape}"
        )
    flat = np.frombuffer(data, dtype=dtype.newbyteorder("<")).astype(dtype)
    if dtype.kind == "b" and (flat.view(np.uint8) > 1).any():
        raise ValueError(f"the entry {shown(name)} of the archive holds bytes that are no bool")
    return flat.reshape(shape)
