"""Estimates with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from skmixture.display.bands import check_share
from skmixture.display.canvas import Display, hide
from skmixture.display.entries import name_of, places_of
from skmixture.display.style import INK, colours, tidy

__all__ = ["IntervalDisplay"]

Array = NDArray[np.floating]

# Panels, and panels side by side.
MOST, ACROSS = 30, 3


class IntervalDisplay(Display):
    """A forest plot: a panel for each parameter and column, in it an interval for each component.

    Made by :meth:`from_result`.

    Attributes
    ----------
    labels : list of str
        As "means[0, 1]".
    estimate, low, high : ndarray of shape (n_entries,)
    level : float
    panels : list of list of int
        Entries of each panel.
    ax_ : ndarray of matplotlib Axes
    figure_ : matplotlib Figure
    intervals_ : list of artists, by entry

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.display import IntervalDisplay
    >>> from skmixture.inference import standard_errors
    >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
    >>> model = PoissonMixture().fit(X)
    >>> display = IntervalDisplay.from_result(standard_errors(model, X), model=model)
    >>> display.labels, display.low.round(2), display.high.round(2)
    (['rates[0, 0]'], array([0.65]), array([2.35]))
    """

    intervals_: list[Any]

    def __init__(
        self, *, labels: list[str], estimate: Array, low: Array, high: Array, level: float
    ) -> None:
        self.labels, self.estimate, self.low, self.high = labels, estimate, low, high
        self.level = level

    @property
    def panels(self) -> list[list[int]]:
        """Entries by panel: those that differ by their first index only."""
        found: dict[str, list[int]] = {}
        for i, label in enumerate(self.labels):
            found.setdefault(_panel_of(label), []).append(i)
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
        """Draw intervals of a bootstrap, or estimates with standard errors.

        Parameters
        ----------
        result : BootstrapResult or StandardErrors
            Intervals from standard errors are the estimate and so many of them to each side.
        model : estimator, optional
            The fitted mixture; needed with standard errors, which have no estimates.
        parameters : str or sequence of str, optional
            Names as "means", for all its entries, or "means[0, 1]". By default all
            whose intervals have a width, and of symmetric matrices one half.
        level : float, default=0.95
        method : str, default="percentile"
            As `BootstrapResult.confidence_interval` has it.
        transform : optional
            The same.
        ax : matplotlib Axes or array of them, optional

        Returns
        -------
        IntervalDisplay

        Raises
        ------
        ValueError
            Where a name or an option is unfit.
        """
        level = check_share(level, "level")
        estimates, ends = _ends(result, model, level, method, transform)
        shapes = {name: np.shape(value) for name, value in estimates.items()}
        names = [parameters] if isinstance(parameters, str) else parameters
        chosen = [
            place
            for name in (shapes if names is None else names)
            for place in places_of(name, shapes)
        ]
        if names is None:
            chosen = [(name, at) for name, at in chosen if np.ptp([e[at] for e in ends[name]]) > 0]
            halved = {name for name, value in estimates.items() if _symmetric(value)}
            chosen = [(name, at) for name, at in chosen if name not in halved or at[-2] <= at[-1]]
        display = cls(
            labels=[name_of(name, at) for name, at in chosen],
            estimate=np.array([estimates[name][at] for name, at in chosen]),
            low=np.array([ends[name][0][at] for name, at in chosen]),
            high=np.array([ends[name][1][at] for name, at in chosen]),
            level=level,
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
        size = (1 + 3.0 * across, 0.5 + down * (0.95 + 0.26 * tall))
        axes = self._many(ax, down, across, size).ravel()
        hide(axes[len(panels) :])
        self.intervals_ = [None] * len(self.labels)
        for ax, panel in zip(axes, panels, strict=False):
            self._panel(ax, panel)
        axes[0].set_title(f"{self.level:.0%} intervals", loc="left", fontsize="small")
        return self

    def _panel(self, ax: Any, panel: list[int]) -> None:
        palette = colours(len(panel))
        for row, (i, colour) in enumerate(zip(panel, palette, strict=True)):
            # ends are drawn as they are: an estimate need not lie between them
            (line,) = ax.plot(
                [self.low[i], self.high[i]], [row, row], color=colour, linewidth=2.2,
                solid_capstyle="butt", marker="|", markersize=9, markeredgewidth=1.4,
            )  # fmt: skip
            ax.plot(self.estimate[i], row, "o", color=INK, markersize=3.5, zorder=3)
            self.intervals_[i] = line
        ax.set(yticks=range(len(panel)), ylim=(len(panel) - 0.5, -0.5))
        ax.set_yticklabels([self.labels[i] for i in panel])
        ax.locator_params(axis="x", nbins=5)
        ax.tick_params(labelsize="small")
        ax.margins(x=0.1)
        tidy(ax)


def _panel_of(label: str) -> str:
    """A label without its first index, as "means[:, 1]"."""
    name, _, index = label.partition("[")
    return f"{name}[:{''.join(index.partition(',')[1:])}"


def _symmetric(value: ArrayLike) -> bool:
    """Whether a parameter (K, d, d) has matrices each half of which tells the other."""
    matrices = np.asarray(value)
    if matrices.ndim < 3 or matrices.shape[-1] != matrices.shape[-2]:
        return False
    return bool(np.allclose(matrices, np.swapaxes(matrices, -1, -2), rtol=1e-9, atol=0))


def _ends(
    result: Any, model: Any, level: float, method: str, transform: Any
) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
    """Estimates by name, and lower and upper ends (2, ...)."""
    if not isinstance(result, Mapping) and hasattr(result, "confidence_interval"):
        return result.estimates, result.confidence_interval(level, method, transform)
    if not isinstance(result, Mapping):
        raise TypeError(
            f"result must be a BootstrapResult or StandardErrors, got {type(result).__name__}; "
            "CornerDisplay shows draws of a posterior"
        )
    if model is None:
        raise ValueError("model must be given beside standard errors, for its estimates")
    half = special.ndtri(0.5 + level / 2)
    estimates = {name: np.asarray(getattr(model, name + "_"), dtype=float) for name in result}
    return estimates, {
        name: np.stack([value - half * result[name], value + half * result[name]])
        for name, value in estimates.items()
    }
