"""Estimates with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.display.bands import check_share
from skmixture.display.canvas import Display, hide
from skmixture.display.entries import numbers_of
from skmixture.display.estimates import ends_of, least_width, panel_of, told_by_default
from skmixture.display.probabilities import NARROW, shared_axes
from skmixture.display.style import INK, colours, spelled_within, stacked, tidy
from skmixture.estimator.scoring.naming import Called, calling, name_of

__all__ = ["IntervalDisplay"]

Array = NDArray[np.floating]

# Panels, and panels side by side; letters in a line of a panel's title.
MOST, ACROSS, TITLE = 30, 3, 32


class IntervalDisplay(Display):
    """A forest plot: a panel for each parameter and column, in it an interval for each component.

    Panels of the same probabilities share their axis, so that they can be compared. Where
    components lie so far apart that their intervals could not be seen, each has a scale
    of its own, with its ends beside it. Made by :meth:`from_result`.

    Attributes
    ----------
    labels : list of str
        As "means[0, 1]".
    names : list of str
        The same as people read it, as "means of waiting, component 0", where the model is known.
    estimate, low, high : ndarray of shape (n_entries,)
    level : float
    panels : list of list of int
        Entries of each panel.
    shared : dict of str to tuple of (float, float)
        Axes that all panels of a parameter have, by its name.
    ax_ : ndarray of matplotlib Axes
    figure_ : matplotlib Figure
    intervals_ : list of artists, by entry

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.display import IntervalDisplay
    >>> from skmixture.inference import standard_errors
    >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
    >>> errors = standard_errors(PoissonMixture().fit(X), X)
    >>> display = IntervalDisplay.from_result(errors)
    >>> display.labels, display.low.round(2), display.high.round(2)
    (['rates[0, 0]'], array([0.85]), array([2.64]))
    """

    intervals_: list[Any]

    def __init__(
        self,
        *,
        labels: list[str],
        estimate: Array,
        low: Array,
        high: Array,
        level: float,
        called: Sequence[Called | None] | None = None,
        shared: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        self.labels, self.estimate, self.low, self.high = labels, estimate, low, high
        self.level = level
        self.called = [None] * len(labels) if called is None else called
        self.shared = dict(shared or {})

    @property
    def names(self) -> list[str]:
        """What people call each number."""
        both = zip(self.called, self.labels, strict=True)
        return [label if called is None else str(called) for called, label in both]

    @property
    def panels(self) -> list[list[int]]:
        """Entries by panel: those that differ by their component only."""
        found: dict[str, list[int]] = {}
        for i, both in enumerate(zip(self.labels, self.called, strict=True)):
            found.setdefault(panel_of(*both), []).append(i)
        return list(found.values())

    @classmethod
    def from_result(
        cls,
        result: Any,
        *,
        model: Any = None,
        parameters: str | Iterable[str] | None = None,
        level: float = 0.95,
        method: str = "percentile",
        transform: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw intervals of a bootstrap or a posterior, or estimates with standard errors.

        Parameters
        ----------
        result : BootstrapResult, StandardErrors or Posterior
            Or a mapping of names to standard errors of another origin. Intervals of a
            posterior have as many draws beyond each end, and dots are medians.
        model : estimator, optional
            The fitted mixture; needed beside a mapping, which has no estimates, and for names
            beside a result that was loaded from a file.
        parameters : str or sequence of str, optional
            Names as "means", for all its entries, or "means[0, 1]". By default all,
            but for panels in which nothing has a width, and of symmetric matrices one half.
        level : float, default=0.95
        method : str, default="percentile"
            As `BootstrapResult.confidence_interval` has it.
        transform : optional
            As there, or as `StandardErrors.confidence_interval` has it.
        ax : matplotlib Axes or array of them, optional

        Returns
        -------
        IntervalDisplay

        Raises
        ------
        ValueError
            Where a name or an option is unfit.
        TypeError
            Where this is no such result.
        """
        level = check_share(level, "level")
        names = [parameters] if isinstance(parameters, str) else parameters
        names = None if names is None else list(names)
        _refuse_ends(result)
        estimates, ends = ends_of(result, model, names or (), level, method, transform)
        shapes = {name: np.shape(value) for name, value in estimates.items()}
        model = getattr(result, "model", None) if model is None else model
        told = calling(model)
        chosen = numbers_of(shapes if names is None else names, shapes, told)
        if names is None:
            chosen = told_by_default(chosen, estimates, ends, told)
        low, high = (np.array([ends[name][i][at] for name, at in chosen]) for i in (0, 1))
        panels = [panel_of(name_of(*place), told(*place)) for place in chosen]
        display = cls(
            labels=[name_of(*place) for place in chosen],
            called=[told(*place) for place in chosen],
            estimate=np.array([estimates[name][at] for name, at in chosen]),
            low=low,
            high=high,
            level=level,
            shared=shared_axes(model, [name for name, _ in chosen], panels, low, high),
        )
        if not chosen or len(display.panels) > MOST:
            raise ValueError(
                f"intervals of {len(display.panels)} panels cannot be drawn: choose 1 to {MOST} "
                f"of {list(shapes)}, or entries of them, by parameters="
            )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, optional

        Returns
        -------
        self
        """
        panels = self.panels
        across = min(len(panels), ACROSS)
        down = -(-len(panels) // across)
        tall = max(len(panel) for panel in panels)
        size = (1 + 2.9 * across, 0.4 + down * (1.15 + 0.26 * tall))
        axes = self._many(ax, down, across, size).ravel()
        hide(axes[len(panels) :])
        self.intervals_ = [None] * len(self.labels)
        for ax, panel in zip(axes, panels, strict=False):
            self._panel(ax, panel)
        return self

    def _panel(self, ax: Any, panel: list[int]) -> None:
        axis = self.shared.get(self.labels[panel[0]].partition("[")[0])
        apart, told = axis is None and self._apart(panel), f"{self.level:.0%} interval"
        palette = colours(len(panel))
        for row, (i, colour) in enumerate(zip(panel, palette, strict=True)):
            (self._with_ends if apart else self._interval)(ax, row, i, colour)
        ax.set(yticks=[], ylim=(len(panel) - 0.5, -0.5))
        if len(panel) > 1 or self._row_name(panel[0]):
            ax.set_yticks(range(len(panel)), [self._row_name(i) for i in panel])
        quantity = panel_of(self.labels[panel[0]], self.called[panel[0]])
        ax.set_title(stacked(quantity, TITLE), fontsize="small")
        ax.tick_params(labelsize="small")
        ax.set_xlabel(told + (", each on its own scale" if apart else ""), fontsize="small")
        tidy(ax)
        if apart:
            ax.set(xticks=[], xlim=(-2.6, 2.6))
        elif axis is not None:
            ax.set_xlim(axis)
            ax.locator_params(axis="x", nbins=5)
        else:
            ax.margins(x=0.1)
            ax.locator_params(axis="x", nbins=3)

    def _row_name(self, i: int) -> str:
        called = self.called[i]
        if called is None:
            return self.labels[i]
        return "" if called.component is None else f"component {called.component}"

    def _apart(self, panel: list[int]) -> bool:
        """Whether some interval could not be seen on an axis that all share."""
        low, high, at = self.low[panel], self.high[panel], self.estimate[panel]
        width, span = high - low, np.nanmax([high, at]) - np.nanmin([low, at])
        seen = width > least_width(low, high)
        return bool(seen.any() and width[seen].min() < NARROW * span)

    def _interval(self, ax: Any, row: int, i: int, colour: str, **place: Any) -> None:
        # ends are drawn as they are: an estimate need not lie between them
        (line,) = ax.plot(
            [self.low[i], self.high[i]], [row, row], color=colour, linewidth=2.2,
            solid_capstyle="butt", marker="|", markersize=9, markeredgewidth=1.4, **place,
        )  # fmt: skip
        ax.plot(self.estimate[i], row, "o", color=INK, markersize=3.5, zorder=3, **place)
        self.intervals_[i] = line

    def _with_ends(self, ax: Any, row: int, i: int, colour: str) -> None:
        """One interval from -1 to 1 of the axis, its ends beside it in words."""
        from matplotlib.transforms import Affine2D

        low, high = self.low[i], self.high[i]
        half = (high - low) / 2 if high - low > least_width(low, high) else 1.0
        own = Affine2D().translate(-(low + high) / 2, 0).scale(1 / half, 1)
        self._interval(ax, row, i, colour, transform=own + ax.transData)
        ends = spelled_within([low, high], high - low)
        style = {"va": "center", "fontsize": "small", "color": INK}
        ax.text(-1.15, row, ends[0], ha="right", **style)
        ax.text(1.15, row, ends[1], ha="left", **style)


def _refuse_ends(result: Any) -> None:
    """Raise a TypeError on intervals, which are no result: their estimates are not known."""
    if isinstance(result, Mapping) and np.ndim(result.get("weights", 0.0)) == 2:
        raise TypeError(
            "result must be what has intervals, as a BootstrapResult, got a mapping of ends, as "
            "of confidence_interval(): pass the result itself, and level= and method= here"
        )
