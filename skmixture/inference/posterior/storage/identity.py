"""What a chain is of, and how another one differs."""

from __future__ import annotations

from collections.abc import Mapping

from skmixture.inference.identities import differences
from skmixture.inference.posterior.storage.chain import Chain
from skmixture.inference.posterior.storage.errors import ChainMismatchError
from skmixture.inference.posterior.storage.layout import Layout

__all__ = ["check_identity", "check_same"]


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
    differing = differences(stored.identity, identity) or differences(
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
