"""Figures and axes: made when they are asked for, known to nobody else, never shown.

A figure of a display's own is a plain `matplotlib.figure.Figure`. pyplot does not
know it, so it is no current figure, opens no window and need not be closed.
A notebook shows the display itself, by `_repr_png_`.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.display.style import TALL, legend

__all__ = ["Display", "hide"]

# Inches that a legend beside the axes needs for a mark, and for each letter.
MARK, LETTER = 0.4, 0.06


class Display:
    """What all displays share.

    Attributes
    ----------
    ax_ : matplotlib Axes, or ndarray of them
    figure_ : matplotlib Figure
    """

    ax_: Any
    figure_: Any
    _owns_figure = False

    def _one(self, ax: Any, size: tuple[float, float] = (6.4, 4.2), **options: Any) -> Any:
        """The axes to draw on: those given, or the only ones of a new figure."""
        self._need_matplotlib()
        self._owns_figure = ax is None
        if ax is None:
            ax = self._new(size).subplots(**options)
        elif not hasattr(ax, "get_subplotspec"):
            raise ValueError(f"ax must be axes of matplotlib, got {ax!r}")
        self.ax_, self.figure_ = ax, self._figure_of(ax)
        return ax

    def _many(
        self, ax: Any, rows: int, columns: int, size: tuple[float, float], **options: Any
    ) -> NDArray[np.object_]:
        """Axes (rows, columns): those given, a division of the one given, or of a new figure."""
        self._need_matplotlib()
        self._owns_figure = ax is None
        if ax is None:
            axes = self._new(size).subplots(rows, columns, squeeze=False, **options)
        elif hasattr(ax, "get_subplotspec") and rows * columns == 1:
            axes = np.array([[ax]], dtype=object)
        elif hasattr(ax, "get_subplotspec"):
            axes = _divided(ax, rows, columns, options)
        else:
            axes = np.asarray(ax, dtype=object)
            if axes.size != rows * columns:
                raise ValueError(
                    f"ax must be axes, or an array of {rows} x {columns} of them, got "
                    f"an array of shape {axes.shape}"
                )
            axes = axes.reshape(rows, columns)
        self.ax_, self.figure_ = axes, self._figure_of(axes[0, 0])
        return axes

    def _need_matplotlib(self) -> None:
        try:
            import matplotlib  # noqa: F401
        except ImportError as error:
            raise ImportError(
                f"{type(self).__name__} needs matplotlib: pip install skmixture[plot]"
            ) from error

    def _new(self, size: tuple[float, float]) -> Any:
        from matplotlib.figure import Figure

        return Figure(figsize=size, layout="constrained")

    def _figure_of(self, ax: Any) -> Any:
        return ax.get_figure()

    def _with_legend(self, few: int = TALL, **options: Any) -> None:
        """A legend; of more than a few entries beside the axes of an own figure, which grows."""
        found = legend(self.ax_, few=few if self._owns_figure else None, **options)
        if self._owns_figure and found.get_bbox_to_anchor().x0 >= self.ax_.bbox.x1:
            longest = max(len(text.get_text()) for text in found.get_texts())
            width, height = self.figure_.get_size_inches()
            self.figure_.set_size_inches(width + MARK + LETTER * longest, height)

    def plot(self, *, ax: Any = None) -> Any:
        """Draw."""
        raise NotImplementedError

    def _repr_png_(self) -> bytes | None:
        """The picture that a notebook shows; None where the figure is somebody else's."""
        if not self._owns_figure or not hasattr(self, "figure_"):
            return None
        buffer = BytesIO()
        self.figure_.savefig(buffer, format="png")
        return buffer.getvalue()


def _divided(ax: Any, rows: int, columns: int, options: dict[str, Any]) -> NDArray[np.object_]:
    """The place of one Axes, divided among many; the one itself is no more to be seen."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("ax must be part of a grid of subplots, to be divided into several")
    ratios = {k: options.pop(k) for k in ("width_ratios", "height_ratios") if k in options}
    ax.set_axis_off()
    grid = place.subgridspec(rows, columns, **ratios)
    return np.asarray(grid.subplots(squeeze=False, **options))


def hide(axes: Iterable[Any]) -> None:
    """Take away panels of a grid that have nothing to show."""
    for ax in axes:
        ax.set_visible(False)
        ax.set_in_layout(False)
