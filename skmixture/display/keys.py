"""What colours of categories mean, where words in the bars do not say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.display.style import shortened

__all__ = ["LONG", "Key", "handles_of", "keys_of", "shades"]

# Letters of a name; lines of a legend.
LONG, MOST = 32, 24


@dataclass(frozen=True)
class Key:
    """A line of a legend: a category and its place among those of its item, or a heading.

    Attributes
    ----------
    text : str
    place : int or None
        None of a heading.
    """

    text: str
    place: int | None = None


def keys_of(items: Sequence[str], categories: Sequence[Sequence[str]]) -> list[Key]:
    """Lines of a legend, the last category above as in the bars.

    Items that have the same categories share their lines. Where items differ, each set has a
    heading; of many sets those of most items are told.
    """
    owners: dict[tuple[str, ...], list[str]] = {}
    for item, own in zip(items, categories, strict=True):
        owners.setdefault(tuple(own), []).append(item)
    if len(owners) == 1:
        return _of_set(categories[0])
    keys: list[Key] = []
    untold = 0
    for own, having in sorted(owners.items(), key=lambda one: -len(one[1])):
        if keys and len(keys) + len(own) + 1 > MOST:
            untold += len(having)
        else:
            keys += [Key(_listed(having) + ":"), *_of_set(own)]
    return keys + [Key(f"and {untold} items with others")] * bool(untold)


def shades(n: int) -> NDArray[np.floating]:
    """Colours (n, 4) of categories in their order, dark to light."""
    from matplotlib import colormaps

    return np.asarray(colormaps["viridis"](np.linspace(0.05, 0.95, n)))


def handles_of(keys: Sequence[Key], n: int) -> list[Any]:
    """Artists that a legend shows, of n categories at the most; nothing beside a heading."""
    from matplotlib.patches import Patch

    own = shades(n)
    return [
        Patch(visible=False, label=key.text)
        if key.place is None
        else Patch(color=own[key.place], label=key.text)
        for key in keys
    ]


def _of_set(names: Sequence[str]) -> list[Key]:
    return [Key(shortened(name, LONG), place) for place, name in enumerate(names)][::-1]


def _listed(items: Sequence[str]) -> str:
    """Names of items on one line; of many the first, and how many more there are."""
    whole = ", ".join(items)
    if len(whole) < LONG:
        return whole
    more = f" and {len(items) - 1} more" if len(items) > 1 else ""
    return shortened(items[0], LONG - len(more)) + more
