"""Components marked in the plane: ellipses, centres, and where they are many numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skmixture.display.ellipses import Ellipse, ellipse
from skmixture.display.style import INK

__all__ = ["FEW_COLOURS", "entries_of_ellipses", "mark_components"]

# Of more components there are too many lines, and only those that tell most are drawn.
FEW_COLOURS = 6
# Lines of ellipses, and what they hold of their component.
LINES = {"-": "50%", "--": "95%"}


def mark_components(
    ax: Any, ellipses: Sequence[Ellipse | None], palette: Sequence[str], straight: bool
) -> list[Any]:
    """Ellipses and centres; of many components the inner ellipses alone, and numbers."""
    few, drawn = len(palette) <= FEW_COLOURS, []
    style: dict[str, Any] = {"linewidth": 1.5 if few else 1.2, "straight": straight}
    for k, (one, colour) in enumerate(zip(ellipses, palette, strict=False)):
        if one is None:
            continue
        for radius, dashes in zip(one.radii, LINES if few else "-", strict=False):
            patch = ellipse(one.centre, one.shape, radius, edgecolor=colour, ls=dashes, **style)
            drawn.append(ax.add_patch(patch))
        if few:
            ax.plot(*one.centre, "+", color=INK, markersize=8, markeredgewidth=1.6)
        else:
            _numbered(ax, one, k)
    return drawn


def entries_of_ellipses(ax: Any, ellipses: Sequence[Ellipse | None], few: bool) -> None:
    """What lines hold, and of how many components they would leave the axes, for the legend."""
    there = [one for one in ellipses if one is not None]
    for inner, (dashes, held) in enumerate(LINES.items() if few else [("-", "50%")]):
        beyond = sum(len(one.radii) <= inner for one in there)
        if beyond < len(there):
            told = f"component: {held}" + (f" ({beyond} beyond the axes)" if beyond else "")
            ax.plot([], [], color=INK, linewidth=1.2, ls=dashes, label=told)


def _numbered(ax: Any, one: Ellipse, k: int) -> None:
    ax.annotate(
        str(k), one.centre, ha="center", va="center", fontsize="small", color=INK,
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
        annotation_clip=True,
    )  # fmt: skip
