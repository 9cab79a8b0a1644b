"""What results are of, in words and digests, so that none is mistaken for another's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

import numpy as np
from scipy import sparse

from skmixture.inference.posterior.beliefs.words import shown

__all__ = ["differences", "digest", "marked", "told_of"]

# Letters of a text that are shown, and how many before the first that differs.
SHOWN, BEFORE = 60, 20
# Between words and a digest of what they do not tell.
MARK = " #"


def marked(words: str, digest: str) -> str:
    """A text of an identity that is more than its words."""
    return f"{words}{MARK}{digest}"


def told_of(value: Any) -> str:
    """An option in words, with a digest where these are not all of it."""
    if isinstance(value, Mapping):
        own = {name: np.asarray(number) for name, number in value.items()}
        told = ", ".join(f"{name}: {shown(number)}" for name, number in own.items())
        return marked(told, digest(list(own.values())))
    return shown(value) if callable(value) else str(value)


def digest(values: Sequence[Any]) -> str:
    """Sixteen letters that tell arrays, sparse ones and others, apart by their values."""
    found = hashlib.blake2b(digest_size=8)
    for value in values:
        if sparse.issparse(value):
            value = value.tocoo()
            parts = [value.row, value.col, value.data]
        else:
            parts = [np.asarray(value)]
        for part in parts:
            numbers = part.dtype.kind in "biuf"
            found.update(f"{part.dtype if numbers else 'objects'}{part.shape}".encode())
            text = part.tobytes() if numbers else repr(part.tolist()).encode()
            found.update(text)
    return found.hexdigest()


def differences(stored: Mapping[str, str], asked: Mapping[str, str]) -> list[str]:
    """What differs between two identities, in words."""
    names = [*stored, *(name for name in asked if name not in stored)]
    pairs = [(name, stored.get(name), asked.get(name)) for name in names]
    return [_difference(name, was, now) for name, was, now in pairs if was != now]


def _difference(name: str, was: str | None, now: str | None) -> str:
    words, others = (None if text is None else text.partition(MARK)[0] for text in (was, now))
    if words is not None and words == others:
        return f"{name} ({_short(words, 0)}) differs in its values"
    same = takewhile(lambda pair: pair[0] == pair[1], zip(words or "", others or "", strict=False))
    begin = len(list(same))
    return f"{name} was {_short(words, begin)} and is {_short(others, begin)}"


def _short(text: str | None, begin: int) -> str:
    """Some of a text, about where it begins to be another."""
    if text is None:
        return "absent"
    if len(text) <= SHOWN:
        return repr(text)
    start = max(begin - BEFORE, 0)
    part = text[start : start + SHOWN]
    return repr(f"{'...' * (start > 0)}{part}{'...' * (start + SHOWN < len(text))}")
