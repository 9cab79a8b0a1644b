"""A document: an object as a plain value, under a header that says what it is.

Plain values are those that JSON knows: its own, and mappings with a "type" for all others.

========================  ===================================================================
None, bool, str, list     themselves
int, float                themselves; what is not finite ``{"type": "float", "value": "nan"}``
datetime                  ``{"type": "datetime", "value": "2020-01-31T00:00:00"}``
tuple                     ``{"type": "tuple", "items": [...]}``
dict, with str for keys   ``{"type": "dict", "items": {...}}``
slice                     ``{"type": "slice", "start": 0, "stop": 2, "step": null}``
NumPy scalar              ``{"type": "scalar", "dtype": "float32", "value": 0.5}``
array                     ``{"type": "array", "dtype": "float64", "shape": [2], "data": [0, 1]}``
scipy.stats law           ``{"type": "distribution", "name": "gamma"}``
object of a known class   ``{"type": "family", "class": "Poisson", "state": {...}}``
========================  ===================================================================
"""

from __future__ import annotations

from typing import Any

import skmixture
from skmixture.plain.arrays import Store
from skmixture.plain.reading import Reader
from skmixture.plain.words import shown
from skmixture.plain.writing import Writer

__all__ = ["document_of", "object_of"]

FORMAT, VERSION = "skmixture", 1
CONTENTS = ("estimator", "record")


def document_of(value: Any, store: Store) -> dict[str, Any]:
    """The document of an object; arrays of numbers are put into the store."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "written_by": f"skmixture {skmixture.__version__}",
        "content": Writer(store).plain(value, type(value).__name__),
    }


def object_of(document: Any, store: Store) -> Any:
    """The object that a document describes, checked; arrays are taken from the store."""
    if type(document) is not dict or document.get("format") != FORMAT:
        raise ValueError('this is no document of skmixture: it lacks {"format": "skmixture"}')
    _check_version(document)
    expected = {"format", "version", "written_by", "content"}
    if set(document) != expected:
        amiss = sorted(map(shown, set(document) ^ expected))[:8]
        raise ValueError(f"keys of the document are missing, or not known: {', '.join(amiss)}")
    content = document["content"]
    if type(content) is not dict or content.get("type") not in CONTENTS:
        raise ValueError(f"the content of a document must be of a type among {CONTENTS}")
    return Reader(store).value(content, "content")


def _check_version(document: dict[str, Any]) -> None:
    version, by = document.get("version"), document.get("written_by")
    if type(version) is not int or version < 1:
        raise ValueError(
            f"the version of a document is a whole number from 1, got {shown(version)}"
        )
    if type(by) is not str:
        raise ValueError("written_by of a document must say which version wrote it")
    if version > VERSION:
        raise ValueError(
            f"the document has version {shown(version)} of the format, written by {shown(by)}; "
            f"skmixture {skmixture.__version__} reads version {VERSION}: update it"
        )
