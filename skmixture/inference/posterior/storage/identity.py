"""What a chain is of, and how another one differs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from skmixture.inference.posterior.storage.chain import Chain
from skmixture.inference.posterior.storage.errors import ChainMismatchError
from skmixture.inference.posterior.storage.layout import Layout

__all__ = ["check_identity", "check_same", "marked"]

# Letters of a text that are shown, and how many before the first that differs.
SHOWN, BEFORE = 60, 20
# Between words and a digest of what they do not tell.
MARK = " #"


def marked(words: str, digest: str) -> str:
    """A text of an identity that is more than its words."""
    return f"{words}{MARK}{digest}"


def check_identity(identity: Mapping[str, str]) -> dict[str, str]:
    """The identity as a dict; a ValueError unless it maps words to words."""
    for name, value in identity.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ValueError(f"identity: words only, got {name!r}: {value!r}")
    return dict(identity)


def check_same(place: object, stored: Chain, layout: Layout, identity: Mapping[str, str]) -> None:
    """Raise a ChainMismatchError that lists what differs, if anything does.

    Arrays follow from what is asked, so they are named where nothing else differs.
    """
    differing = _differences(stored.identity, identity) or _differences(
        _described(stored.layout), _described(layout)
    )
    if differing:
        raise ChainMismatchError(
            f"resume: the chain in {place} is another one: {'; '.join(differing)}. Resume it as "
            "it was begun, record in another file, or erase it with overwrite=True"
        )


def _described(layout: Layout) -> dict[str, str]:
    return {
        f"array {name}": f"{dtype} of shape {shape}"
        for name, (shape, dtype) in layout.arrays.items()
    }


def _differences(stored: Mapping[str, str], asked: Mapping[str, str]) -> list[str]:
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
