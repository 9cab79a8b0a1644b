"""Colours and manners that all displays share, set artist by artist: no global settings change."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.law.parts import SEPARATOR

__all__ = [
    "BESIDE", "FAINT", "INK", "MUTED", "OKABE_ITO", "SHADE", "TALL", "blended", "colours",
    "components", "counted", "legend", "legend_of_components", "lying_outside", "shortened",
    "spelled", "spelled_within", "stacked", "tidy", "wrapped",
]  # fmt: skip

# Of Okabe and Ito, which readers with colour-blindness can tell apart.
OKABE_ITO = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
INK, MUTED, SHADE = "#222222", "#777777", "#D4D7DC"
# Lines of less importance among many.
FAINT = "#B0B4BB"
# Entries in one column of a legend.
TALL = 7
# Where a legend stands that would cover what is drawn.
BESIDE: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1, 1), "ncols": 1}


def colours(n: int) -> list[str]:
    """A colour for each of n components.

    More than six cannot all be told apart by hue; they are taken in order from a
    map whose lightness grows, so that neighbours in number look alike.
    """
    if n <= len(OKABE_ITO):
        return OKABE_ITO[:n]
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colour) for colour in colormaps["viridis"](np.linspace(0, 0.92, n))]


def blended(resp: NDArray, palette: list[str]) -> NDArray:
    """Colours (n, 3) of rows, mixed from those of components by responsibilities (n, K)."""
    from matplotlib.colors import to_rgb

    return (resp @ np.array([to_rgb(colour) for colour in palette])).clip(0, 1)


def components(weights: NDArray) -> list[str]:
    """Labels of components, numbered from 0 as in arrays, with their weights."""
    return [f"component {k}: weight {spelled(weight)}" for k, weight in enumerate(weights)]


def spelled(number: float) -> str:
    """A number as it is read in a legend: a few digits, and no zeros that tell nothing."""
    return f"{number:.3g}"


def spelled_within(numbers: Any, width: float) -> list[str]:
    """Numbers with two digits of an interval that is so wide, and three of their own at the least.

    Where the interval is narrow beside the numbers three digits would not tell its ends apart.
    """
    largest = max(map(abs, numbers))
    if not 0 < width < np.inf or largest == 0:
        return [spelled(number) for number in numbers]
    leading, last = np.floor(np.log10(largest)), np.floor(np.log10(width)) - 1
    digits = int(np.clip(leading - last + 1, 3, 15))
    if 1e-3 <= largest < 1e6:
        places = max(0, digits - 1 - int(leading))
        return [f"{number:.{places}f}" for number in numbers]
    return [f"{number:.{digits - 1}e}" for number in numbers]


def shortened(name: str, most: int) -> str:
    """A name of so many letters at the most, cut with an ellipsis."""
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def wrapped(name: str, width: int) -> str:
    """A name on two lines at the most, of so many letters each."""
    return "\n".join(wrap(name, width, max_lines=2, placeholder="…"))


def stacked(name: str, width: int) -> str:
    """The name of one number on lines of so many letters, its component on one of its own.

    What is of a part has that before it, as "cluster: means of x0".
    """
    quantity, _, component = name.replace(SEPARATOR, ": ", 1).partition(", component ")
    return _of_each(quantity, width) + (f"\ncomponent {component}" if component else "")


def _of_each(quantity: str, width: int) -> str:
    """As "covariances of a, b", on two lines; where there is no room each of the names is cut."""
    what, of, names = quantity.partition(" of ")
    if len(quantity) > 2 * width - 4 and ", " in names:
        each = names.split(", ")
        room = max((2 * width - len(what) - 10) // len(each), 6)
        names = ", ".join(shortened(name, room) for name in each)
    return wrapped(what + of + names, width)


def counted(rows: float) -> str:
    """A number of rows, which row weights may have made no whole one."""
    return f"{rows:,.0f}" if abs(rows - round(rows)) < 1e-6 else f"{rows:,.2f}"


def lying_outside(outside: float, n_rows: float) -> str:
    """What an axis' name goes on with where rows lie outside the view."""
    if not outside:
        return ""
    if n_rows == 1:
        return "  (the only row lies outside)"
    lie = "lies" if outside == 1 else "lie"
    return f"  ({counted(outside)} of {counted(n_rows)} rows {lie} outside)"


def tidy(ax: Any) -> None:
    """No frame above and at the right."""
    ax.spines[["top", "right"]].set_visible(False)


def legend(ax: Any, few: int | None = None, **options: Any) -> Any:
    """A plain legend; of more than a `few` entries, where this is given, beside the axes."""
    n = len(ax.get_legend_handles_labels()[0])
    plain = {"frameon": False, "fontsize": "small", "handlelength": 1.5}
    if few is not None and n > few:
        plain |= BESIDE
    elif n > TALL:
        plain |= {"ncols": 2, "fontsize": "x-small"}
    return ax.legend(**{**plain, **options})


def legend_of_components(ax: Any, weights: NDArray, title: str) -> None:
    """A dot for each component at the right of the first of many panels, in their free half."""
    handles = []
    for colour, label in zip(colours(len(weights)), components(weights), strict=True):
        handles += ax.plot([], [], "o", color=colour, markersize=5, label=label)
    ax.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.05, 1.0), frameon=False,
        fontsize="small" if len(handles) <= TALL else "x-small",
        title=title or None, title_fontsize="small", alignment="left",
    ).set_in_layout(False)  # fmt: skip
