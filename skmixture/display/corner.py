"""Pairs of draws of parameters: histograms, points and regions of highest density."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.display.canvas import Display, hide
from skmixture.display.entries import (
    Transform,
    check_number,
    entries_of,
    estimates_of,
    without_mirrors,
)
from skmixture.display.regions import check_masses, region_of
from skmixture.display.style import MUTED, OKABE_ITO, SHADE, spelled_within, stacked, tidy

__all__ = ["CornerDisplay"]

Array = NDArray[np.floating]

# Panels along one side, and points in a panel before they are thinned (the regions take all).
MOST, POINTS = 12, 5_000
# Letters of a title that a panel has room for.
TITLE = 24
# and of a line of an axis' name, of few panels and of many.
NAME, NARROW = 24, 20
# Width of a dot, by the root of their number.
LARGE = 50


class CornerDisplay(Display):
    """Every two of several parameters, over bootstrap replicates or posterior draws.

    On the diagonal histograms, below it the points with regions of highest
    density. Every draw counts and lies within the axes; none is trimmed away. Made by
    :meth:`from_draws`.

    Attributes
    ----------
    labels : list of str
        As "logit weights[0]".
    names : list of str
        The same as people read it, as "means of waiting, component 0", where the draws know
        their model.
    values : ndarray of shape (n_draws, p)
        On the scales chosen.
    estimates : ndarray of shape (p,)
        NaN where there is no estimate.
    correlation : ndarray of shape (p, p)
    masses : ndarray
        Parts of the draws that the regions hold, falling.
    ax_ : ndarray of shape (p, p) of matplotlib Axes
    figure_ : matplotlib Figure
    histograms_, contours_ : dict of artists, by place (i,) and (i, j)

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.datasets import load_death_notices
    >>> from skmixture.display import CornerDisplay
    >>> from skmixture.inference import bootstrap
    >>> deaths = load_death_notices()
    >>> model = PoissonMixture(2, order_by="rates", n_init=2, random_state=0)
    >>> model = model.fit(deaths.data, sample_weight=deaths.sample_weight)
    >>> result = bootstrap(model, deaths.data, sample_weight=deaths.sample_weight,
    ...                    n_replicates=100, random_state=0)
    >>> CornerDisplay.from_draws(result, transform={"weights": "logit"}).labels
    ['logit weights[0]', 'rates[0, 0]', 'rates[1, 0]']
    """

    histograms_: dict[tuple[int, ...], Any]
    contours_: dict[tuple[int, ...], Any]

    def __init__(
        self,
        *,
        labels: list[str],
        values: Array,
        estimates: Array,
        masses: Array,
        names: list[str] | None = None,
    ) -> None:
        self.labels, self.names = labels, labels if names is None else names
        self.values, self.estimates, self.masses = values, estimates, masses

    @property
    def correlation(self) -> Array:
        """Correlations (p, p) of the draws, on the scales chosen."""
        return np.atleast_2d(np.corrcoef(self.values, rowvar=False))

    @classmethod
    def from_draws(
        cls,
        draws: Any,
        *,
        parameters: str | Iterable[str] | None = None,
        transform: Transform | Mapping[str, Transform] = None,
        estimates: Mapping[str, ArrayLike] | None = None,
        masses: ArrayLike = (0.5, 0.95),
        ax: Any = None,
    ) -> Self:
        """Draw replicates or posterior draws against each other.

        Parameters
        ----------
        draws : BootstrapResult, Posterior, or mapping of str to array-like
            A mapping has arrays of shape (n_draws, K, ...).
        parameters : str or sequence of str, optional
            Names as "sizes", for its entries, or "sizes[0, 0]". The default takes everything
            that varies. What an earlier one tells by a straight line, as the second of two
            weights, is drawn only where it is named as an entry.
        transform : {"log", "log10", "logit", "sqrt"}, callable, or mapping, optional
            The scale of all, or by name of a parameter or an entry.
        estimates : mapping of str to array-like of shape (K, ...), optional
            Values to mark; by default those of the result, or of the model that was fitted.
        masses : array-like, default=(0.5, 0.95)
            Parts of the draws that the regions hold.
        ax : matplotlib Axes or array of them, optional

        Returns
        -------
        CornerDisplay

        Raises
        ------
        ValueError
            Where a name or an option is unfit, or draws are too few.
        """
        if parameters is not None and not isinstance(parameters, str):
            parameters = list(parameters)
        found = entries_of(draws, 1, parameters, transform, estimates)
        found = without_mirrors(found, parameters)
        check_number(found, MOST, "a corner")
        values = np.column_stack([entry.values for entry in found])
        if len(values) < 10:
            raise ValueError(f"a corner needs 10 draws or more, got {len(values)}")
        constant = np.ptp(values, axis=0) == 0
        if constant.any():
            label = found[int(np.argmax(constant))].label
            raise ValueError(f"{label} is the same in all draws; leave it out of parameters")
        display = cls(
            labels=[entry.label for entry in found],
            values=values,
            estimates=estimates_of(found),
            masses=check_masses(masses),
            names=[entry.name for entry in found],
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        ax : matplotlib Axes or array of them of shape (p, p), optional

        Returns
        -------
        self
        """
        p = len(self.labels)
        side = 1.2 + max(1.7 * p, 3.0) if p < 6 else 1.2 + 1.4 * p
        axes = self._many(ax, p, p, (side, side), sharex="col" if p > 1 else False)
        self.histograms_, self.contours_ = {}, {}
        for i in range(p):
            self._histogram(axes[i, i], i)
            for j in range(i):
                self._pair(axes[i, j], i, j)
            hide(axes[i, i + 1 :])
        self._label(axes)
        return self

    def _histogram(self, ax: Any, i: int) -> None:
        values = self.values[:, i]
        edges = np.histogram_bin_edges(values, bins=int(np.clip(2 * np.cbrt(len(values)), 10, 60)))
        counts = np.histogram(values, edges)[0]
        self.histograms_[i,] = ax.stairs(counts, edges, fill=True, color=SHADE)
        if np.isfinite(self.estimates[i]):
            ax.axvline(self.estimates[i], color=OKABE_ITO[1], linewidth=1.4)
        ax.set(yticks=[], xlim=_range(values))
        low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
        low, middle, high = spelled_within([low, middle, high], high - low)
        title = f"{middle}  [{low}, {high}]"
        # as wide as its panel, and no wider: the last one has the figure's edge beside it
        size = "small" if len(title) <= TITLE else "x-small"
        title = title if len(title) <= TITLE + 6 else title.replace("  ", "\n")
        ax.set_title(title, fontsize=size, color=MUTED)
        ax.spines[["top", "right", "left"]].set_visible(False)

    def _pair(self, ax: Any, i: int, j: int) -> None:
        points = self.values[:, [j, i]]
        # evenly in their order, and the farthest out of every kind with them
        some = points[:: -(-len(points) // POINTS)]
        extreme = points[[*points.argmin(axis=0), *points.argmax(axis=0)]]
        shown = np.concatenate([some, extreme]) if len(some) < len(points) else points
        size = float(np.clip(LARGE / np.sqrt(len(shown)), 2.5, 5))
        ax.plot(*shown.T, ".", color=MUTED, markersize=size, alpha=0.7, mew=0, rasterized=True)
        if abs(self.correlation[i, j]) < 1 - 1e-9:
            region = region_of(points, self.masses)
            levels = np.unique(region.levels)
            self.contours_[i, j] = ax.contour(
                region.x, region.y, region.density, levels, colors=OKABE_ITO[0], linewidths=1.2
            )
        if np.isfinite(self.estimates[[i, j]]).all():
            ax.plot(*self.estimates[[j, i]], "+", color=OKABE_ITO[1], markersize=9, mew=1.8)
        ax.set(xlim=_range(points[:, 0]), ylim=_range(points[:, 1]))
        tidy(ax)

    def _label(self, axes: NDArray[np.object_]) -> None:
        """Names at the left and the bottom; few ticks, turned so that they do not meet."""
        p = len(self.labels)
        width = NAME if p < 6 else NARROW
        for i, j in np.ndindex(p, p):
            ax: Any = axes[i, j]
            ax.locator_params(axis="x", nbins=3)
            ax.tick_params(labelsize="small")
            if i == p - 1:
                ax.set_xlabel(stacked(self.names[j], width), fontsize="small")
                ax.tick_params(axis="x", labelrotation=30)
            else:
                ax.tick_params(axis="x", labelbottom=False)
            if i == j:
                continue
            ax.locator_params(axis="y", nbins=3)
            if j == 0:
                ax.set_ylabel(stacked(self.names[i], width), fontsize="small")
            else:
                ax.tick_params(axis="y", labelleft=False)


def _range(values: Array) -> tuple[float, float]:
    """From the least draw to the greatest, with a margin."""
    low, high = values.min(), values.max()
    margin = 0.12 * (high - low)
    return low - margin, high + margin
