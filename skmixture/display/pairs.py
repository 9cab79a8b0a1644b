"""All pairs of columns, the rows coloured by component."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.display.canvas import Display, hide
from skmixture.display.choosing import of_columns
from skmixture.display.density import DensityDisplay
from skmixture.display.diagonal import UNKNOWN, bars_of, diagonal_of, with_atoms
from skmixture.display.ellipses import Ellipse, beyond, ellipse, ellipses_of, reaching, within
from skmixture.display.scales import check_scale, check_shown, range_of, scale_axis, scale_of
from skmixture.display.scatter import drawn_rows, heaps_of
from skmixture.display.sides import exposure_of
from skmixture.display.style import (
    blended,
    colours,
    legend_of_components,
    lying_outside,
    tidy,
    wrapped,
)  # fmt: skip
from skmixture.display.tables import check_fitted, labels_of, place_of, table_of
from skmixture.families import Bernoulli

__all__ = ["PairsDisplay"]

Array = NDArray[np.floating]

# Panels along one side.
MOST = 8
# Letters that a panel has room for, with few columns and with more.
NAME, NARROW = 24, 18
# What ellipses hold of their component.
HELD = np.array([0.95])
ANSWERS = "ProfileDisplay shows answers 0 and 1"


class PairsDisplay(Display):
    """Every two of several columns: rows by component below the diagonal, each column on it.

    Gaussian components and those of Student's t have their ellipses of 95%. Of whole numbers with
    few values a dot stands for all rows at its place, and its area for how many they are.
    Made by :meth:`from_estimator`.

    Attributes
    ----------
    columns : list of int
    labels : list of str
    rows : ndarray of shape (n, n_columns)
        The rows that are drawn, 5,000 at the most.
    limits : list of tuple of two floats
        From where to where each column is shown, in its own panel and in those below it.
    outside : int
        How many of the rows that are drawn lie outside.
    resp : ndarray of shape (n, n_components)
    diagonal : list of DensityDisplay
        Empty where the law of one column is not known; histograms are drawn instead.
    ax_ : ndarray of shape (n_columns, n_columns) of matplotlib Axes
    figure_ : matplotlib Figure
    points_ : dict of artists, by place (i, j)

    Examples
    --------
    >>> from skmixture import GaussianMixture
    >>> from skmixture.datasets import load_old_faithful
    >>> from skmixture.display import PairsDisplay
    >>> X = load_old_faithful().data
    >>> PairsDisplay.from_estimator(GaussianMixture(2, random_state=0).fit(X), X).ax_.shape
    (2, 2)
    """

    points_: dict[tuple[int, int], Any]

    def __init__(
        self,
        *,
        columns: list[int],
        labels: list[str],
        rows: Array,
        resp: Array,
        weights: Array,
        diagonal: list[DensityDisplay],
        ellipses: dict[tuple[int, int], list[Ellipse | None]],
        limits: list[tuple[float, float]],
        whole: list[bool],
        scale: str = "linear",
        hint: str = "",
    ) -> None:
        self.columns, self.labels, self.rows, self.resp = columns, labels, rows, resp
        self.weights, self.diagonal, self.ellipses = weights, diagonal, ellipses
        self.limits, self.whole, self.scale = limits, whole, scale
        self.hint = hint

    @property
    def outside(self) -> int:
        """How many of the rows that are drawn lie outside the view."""
        low, high = np.array(self.limits).T
        return int(((self.rows < low) | (self.rows > high)).any(axis=1).sum())

    @classmethod
    @of_columns
    def from_estimator(
        cls,
        model: Any,
        X: ArrayLike,
        *,
        columns: Sequence[int | str] | None = None,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        n_trials: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        scale: str = "linear",
        ax: Any = None,
    ) -> Self:
        """Draw pairs of columns.

        Parameters
        ----------
        model : estimator
            A fitted mixture.
        X : array-like of shape (n_samples, n_features)
        columns : sequence of int or str, optional
            By default all, of which there may be 8.
        sample_weight, exposure, n_trials, strata : array-like of shape (n_samples,), optional
            As in the fit.
        scale : {"linear", "log", "sqrt"}, default="linear"
            Of all axes. In logs those of counts are linear up to 1, and show zeros;
            other numbers must lie above 0. Roots are of numbers from 0.
        ax : matplotlib Axes or array of them, optional

        Returns
        -------
        PairsDisplay

        Raises
        ------
        ValueError
            Where an option or the data are unfit.
        """
        check_fitted(model)
        check_scale(scale)
        names = labels_of(model, X)
        columns = [columns] if isinstance(columns, str | int) else columns
        chosen = range(len(names)) if columns is None else [place_of(names, c) for c in columns]
        places = list(chosen)
        if not 2 <= len(places) <= MOST or len(set(places)) < len(places):
            raise ValueError(
                f"columns must name 2 to {MOST} different ones of the {len(names)} columns, got "
                f"{[names[j] for j in places]}; DensityDisplay shows a single one"
            )
        labels = [names[j] for j in places]
        whole = model.family_.support.whole(model.n_features_in_)
        counts = [bool(whole[j]) for j in places]
        table = table_of(model, X, places)
        check_shown(table, labels, counts, scale)
        exposure = exposure_of(model, exposure, n_trials)
        rows, resp = drawn_rows(model, X, places, exposure, strata)
        side = {"sample_weight": sample_weight, "exposure": exposure, "strata": strata}
        diagonal = diagonal_of(model, X, places, {**side, "log_x": scale == "log"})
        limits = [
            with_atoms(range_of(values, scale, whole), diagonal[j:][:1])
            for j, (values, whole) in enumerate(zip(table.T, counts, strict=True))
        ]
        ellipses = _ellipses_of(model, places)
        on = [scale_of(scale, whole) for whole in counts]
        for j, span in enumerate(limits):  # of the panel (j, 0) the upward axis; of (1, 0) both
            limits[j] = reaching(span, ellipses[max(j, 1), 0], int(j > 0), on[j])
        display = cls(
            columns=places,
            labels=labels,
            rows=rows,
            resp=resp,
            weights=model.weights_,
            diagonal=diagonal,
            ellipses={
                (a, b): within(own, [limits[b], limits[a]], [on[b], on[a]])
                for (a, b), own in ellipses.items()
            },
            limits=limits,
            whole=counts,
            scale=scale,
            hint=ANSWERS if isinstance(model.family_, Bernoulli) else "",
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
        p = len(self.columns)
        side = 1.4 + (2.3 if p < 4 else 1.8) * p
        axes = self._many(ax, p, p, (side, side))
        palette = colours(len(self.weights))
        self.points_, heaped = {}, False
        for i in range(p):
            self._one_column(axes[i, i], i)
            for j in range(i):
                heaped |= self._pair(axes[i, j], i, j, palette)
            hide(axes[i, i + 1 :])
        legend_of_components(axes[0, 0], self.weights, self._told(heaped))
        return self

    def _one_column(self, ax: Any, i: int) -> None:
        if self.diagonal:
            self.diagonal[i].plot(ax=ax)
            ax.get_legend().remove()
        else:
            bars_of(ax, self.rows[:, i], self.whole[i], self.scale == "log")
        ax.set(ylabel="", yticks=[], xlabel=self._name(i) if i == len(self.labels) - 1 else "")
        ax.spines["left"].set_visible(False)
        self._scale(ax, "x", i)
        ax.tick_params(labelsize="small")

    def _told(self, heaped: bool) -> str:
        """What the legend says beside the components."""
        outside = lying_outside(self.outside, len(self.rows)).strip(" ()")
        heaps = "area of a dot: number of rows" if heaped else ""
        wide = ", ".join(map(str, beyond(self.ellipses.values())))
        wide = f"beyond the axes: ellipse of component {wide}" if wide else ""
        unknown = "" if self.diagonal else UNKNOWN
        return "\n".join(filter(None, (outside, heaps, wide, unknown, self.hint)))

    def _pair(self, ax: Any, i: int, j: int, palette: list[str]) -> bool:
        """Two columns; whether a dot stands for several rows."""
        points = self.rows[:, [j, i]]
        heaps = heaps_of(points, self.resp) if self.whole[i] and self.whole[j] else None
        if heaps is None:
            size, resp = np.clip(3000 / len(points), 2, 12), self.resp
        else:
            points, size, resp = heaps.places, heaps.sizes, heaps.resp
        self.points_[i, j] = ax.scatter(
            *points.T, c=blended(resp, palette), s=size, alpha=0.7, linewidths=0
        )
        straight = self.scale == "linear"
        for one, colour in zip(self.ellipses[i, j], palette, strict=False):
            if one is not None and len(one.radii):
                style = {"edgecolor": colour, "linewidth": 1.4}
                ax.add_patch(ellipse(one.centre, one.shape, one.radii[0], straight, **style))
        self._scale(ax, "x", j)
        self._scale(ax, "y", i)
        ax.tick_params(labelsize="small", labelbottom=i == len(self.labels) - 1, labelleft=j == 0)
        if i == len(self.labels) - 1:
            ax.set_xlabel(self._name(j))
        if j == 0:
            ax.set_ylabel(self._name(i))
        tidy(ax)
        return heaps is not None

    def _name(self, i: int) -> str:
        return wrapped(self.labels[i], NAME if len(self.labels) < 4 else NARROW)

    def _scale(self, ax: Any, name: str, i: int) -> None:
        """Scale and limits of one axis, the same in all panels of column i."""
        scale_axis(ax, name, self.scale, self.whole[i], self.limits[i])


def _ellipses_of(model: Any, places: list[int]) -> dict[tuple[int, int], list[Ellipse | None]]:
    """Those of each panel (a, b) below the diagonal, column b across and column a upward."""
    below = [(a, b) for a in range(len(places)) for b in range(a)]
    return {(a, b): ellipses_of(model, [places[b], places[a]], HELD) for a, b in below}
