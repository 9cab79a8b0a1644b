"""Colours and manners that all displays share, set artist by artist: no global settings change."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "INK", "MUTED", "OKABE_ITO", "SHADE", "TALL", "blended", "colours", "components", "counted",
    "legend", "shortened", "spelled", "spelled_within", "tidy",
    "wrapped",
]  # fmt: skip

# Of Okabe and Ito, which readers with colour-blindness can tell apart.
OKABE_ITO = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
INK, MUTED, SHADE = "#222222", "#777777", "#D4D7DC"
# Entries in one column of a legend.
TALL = 7


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


def counted(rows: float) -> str:
    """A number of rows, which row weights may have made no whole one."""
    return f"{rows:,.0f}" if abs(rows - round(rows)) < 1e-6 else f"{rows:,.2f}"


def tidy(ax: Any) -> None:
    """No frame above and at the right."""
    ax.spines[["top", "right"]].set_visible(False)


def legend(ax: Any, **options: Any) -> Any:
    """A plain legend, in two columns where there is much to name."""
    handles, _ = ax.get_legend_handles_labels()
    columns = 1 + (len(handles) > TALL)
    size = "small" if len(handles) <= TALL else "x-small"
    options = {"frameon": False, "fontsize": size, "ncols": columns, "handlelength": 1.5, **options}
    return ax.legend(**options)
