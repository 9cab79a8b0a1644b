"""A mixture in the plane: contours of its density, ellipses of its components, the rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import trapezoid

from skmixture.display.canvas import Display
from skmixture.display.choosing import of_all_columns
from skmixture.display.corners import free_corner
from skmixture.display.ellipses import Ellipse, ellipses_of, outline, reaching, within
from skmixture.display.marks import FEW_COLOURS, entries_of_ellipses, mark_components
from skmixture.display.plane import Plane, check_plane, checked_limits, without_names
from skmixture.display.regions import check_masses
from skmixture.display.scales import check_scale, check_shown, scale_axis, scale_of
from skmixture.display.scatter import drawn_rows
from skmixture.display.style import (
    BESIDE,
    FAINT,
    MUTED,
    TALL,
    blended,
    colours,
    components,
    legend,
    lying_outside,
    tidy,
    wrapped,
)  # fmt: skip
from skmixture.display.surface import draw_surface
from skmixture.display.tables import check_fitted, labels_of

__all__ = ["ContourDisplay"]

Array = NDArray[np.floating]

# What ellipses hold of their component.
HELD = np.array([0.5, 0.95])
# Letters in a line of an axis' name.
NAME = 28


class ContourDisplay(Display):
    """Density of a mixture of two columns, with the rows it was fitted to.

    Contours bound the regions of highest density that hold so much of the mass. On another
    scale they are those of the density there. Made by :meth:`from_estimator`.

    Attributes
    ----------
    x, y : ndarray of shape (g,)
        The grid.
    density : ndarray of shape (g, g)
        ``density[i, j]`` is that at ``(x[j], y[i])``, of the columns on the scale.
    masses, levels : ndarray
        What each contour holds, falling, and its density, rising. Where the density is even, as
        of uniform noise, a contour goes around all of that part, and holds more than was asked.
    scale : str
    mass : float
        The integral over the grid, by trapezia: near 1 where the grid holds everything
        and is fine enough for the narrowest component.
    rows : ndarray of shape (n, 2) or None
        The rows that are drawn, 5,000 at the most.
    resp : ndarray of shape (n, n_components) or None
    ellipses : list
        Centre, shape and radii of each component; None of one that has none. Those far beyond
        the axes are left out, unless `limits` are given.
    ax_, figure_ : matplotlib Axes and Figure
    contours_, surface_, points_ : artists, None where they are not drawn
    ellipses_ : list of artists

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import GaussianMixture
    >>> from skmixture.display import ContourDisplay
    >>> model = GaussianMixture.from_params(
    ...     weights=[0.1, 0.4, 0.5], means=[[0, 0], [3, 3], [0, 5]],
    ...     covariances=[np.eye(2), 2 * np.eye(2), 3 * np.eye(2)])
    >>> round(ContourDisplay.from_estimator(model).mass, 2)
    1.0
    """

    contours_: Any = None
    surface_: Any = None
    points_: Any = None
    ellipses_: list[Any]

    def __init__(
        self,
        *,
        x: Array,
        y: Array,
        density: Array,
        masses: Array,
        levels: Array,
        weights: Array,
        labels: list[str],
        rows: Array | None = None,
        resp: Array | None = None,
        ellipses: list[Ellipse | None] | None = None,
        scale: str = "linear",
    ) -> None:
        self.x, self.y, self.density, self.scale = x, y, density, scale
        self.masses, self.levels = masses, levels
        self.weights, self.labels, self.rows, self.resp = weights, labels, rows, resp
        self.ellipses = ellipses or []

    @property
    def mass(self) -> float:
        """The integral of the density over the grid."""
        x, y = map(scale_of(self.scale).ahead, (self.x, self.y))
        return float(trapezoid(trapezoid(np.nan_to_num(self.density), x, axis=1), y))

    @property
    def outside(self) -> int:
        """How many of the rows that are drawn lie outside the grid."""
        if self.rows is None:
            return 0
        low, high = [self.x[0], self.y[0]], [self.x[-1], self.y[-1]]
        return int(((self.rows < low) | (self.rows > high)).any(axis=1).sum())

    @classmethod
    @of_all_columns("PairsDisplay takes columns=, DensityDisplay column=")
    def from_estimator(
        cls,
        model: Any,
        X: ArrayLike | None = None,
        *,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        masses: ArrayLike = (0.25, 0.5, 0.75, 0.95),
        limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
        resolution: int = 200,
        scale: str = "linear",
        kind: str = "contour",
        ax: Any = None,
    ) -> Self:
        """Draw a fitted mixture of two columns of numbers.

        Parameters
        ----------
        model : estimator
            A fitted mixture, or one made by `from_params`.
        X : array-like of shape (n_samples, 2), optional
        exposure, strata : array-like of shape (n_samples,), optional
            As in the fit, for the colours of the rows. The density of a model with strata
            is that with its average weights.
        masses : array-like, default=(.25, .5, .75, .95)
            What the contours hold.
        limits : pair of pairs, optional
            ``(x from, x to), (y from, y to)``. The default shows all contours and all rows,
            but for a few that lie very far out; without rows the model, up to its quantiles of
            1e-4. Axes end a little beyond the support.
        resolution : int, default=200
            Points of the grid along each axis.
        scale : {"linear", "log", "sqrt"}, default="linear"
            Of both axes. In logs numbers must lie above 0, and roots are of numbers from 0.
        kind : {"contour", "surface"}, default="contour"
        ax : matplotlib Axes, optional
            One with ``projection="3d"`` for a surface.

        Returns
        -------
        ContourDisplay

        Raises
        ------
        ValueError
            Where the model has not two columns of numbers, or an option is unfit.
        """
        check_fitted(model)
        check_plane(model)
        check_scale(scale)
        masses = check_masses(masses)
        if not isinstance(resolution, int | np.integer) or resolution < 20:
            raise ValueError(f"resolution must be a whole number from 20, got {resolution!r}")
        if kind not in ("contour", "surface"):
            raise ValueError(f"kind must be 'contour' or 'surface', got {kind!r}")
        rows = resp = None
        labels, on = labels_of(model, X), scale_of(scale)
        if X is not None:
            rows, resp = drawn_rows(model, X, [0, 1], exposure, strata)
            check_shown(rows, labels, [False, False], scale)
        plane = Plane(without_names(model), on)
        plane.check(masses)
        ellipses = ellipses_of(model, [0, 1], HELD)
        if limits is None:
            spans = plane.limits(rows, masses)
            spans = [reaching(span, ellipses, axis, on) for axis, span in enumerate(spans)]
            ellipses = within(ellipses, spans, [on, on])
        else:
            spans = checked_limits(limits, scale)
        x, y = (on.steps(span, int(resolution)) for span in spans)
        masses, levels = plane.contours(masses)
        display = cls(
            x=x,
            y=y,
            density=plane.on(x, y),
            masses=masses,
            levels=levels,
            weights=model.weights_,
            labels=labels,
            rows=rows,
            resp=resp,
            ellipses=ellipses,
            scale=scale,
        )
        return display.plot(kind=kind, ax=ax)

    def plot(self, *, kind: str = "contour", ax: Any = None) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        kind : {"contour", "surface"}, default="contour"
        ax : matplotlib Axes, optional

        Returns
        -------
        self
        """
        self.ellipses_ = []
        if kind == "surface":
            self._surface(ax)
        else:
            self._plane(ax)
        told = "" if self.rows is None else lying_outside(self.outside, len(self.rows))
        x, y = (wrapped(label, NAME) for label in self.labels)
        if kind == "surface" and self.scale != "linear":
            named = "log10" if self.scale == "log" else self.scale
            x, y = f"{named} {x}", f"{named} {y}"
        self.ax_.set(xlabel=x + told, ylabel=y)
        return self

    def _surface(self, ax: Any) -> None:
        ax = self._one(ax, (6.4, 4.8), subplot_kw={"projection": "3d"})
        x, y = map(scale_of(self.scale).ahead, (self.x, self.y))
        self.surface_ = draw_surface(ax, x, y, self.density)

    def _plane(self, ax: Any) -> None:
        ax = self._one(ax, (6.4, 4.8))
        palette = colours(len(self.weights))
        if self.rows is not None and self.resp is not None:
            size = float(np.clip(4000 / len(self.rows), 3, 16))
            self.points_ = ax.scatter(
                *self.rows.T, c=blended(self.resp, palette), s=size, alpha=0.7, linewidths=0
            )
        few = len(palette) <= FEW_COLOURS
        self.contours_ = ax.contour(
            self.x, self.y, np.nan_to_num(self.density), np.unique(self.levels),
            colors=MUTED if few else FAINT, linewidths=0.9,
        )  # fmt: skip
        self.ellipses_ = mark_components(ax, self.ellipses, palette, self.scale == "linear")
        for colour, label in zip(palette, components(self.weights), strict=True):
            ax.plot([], [], "o", color=colour, markersize=5, label=label)
        held = ", ".join(f"{mass:.0%}" for mass in self.masses[::-1])
        ax.plot([], [], color=MUTED if few else FAINT, linewidth=0.9, label=f"density: {held}")
        entries_of_ellipses(ax, self.ellipses, few)
        for name, ends in (("x", self.x), ("y", self.y)):
            scale_axis(ax, name, self.scale, False, (ends[0], ends[-1]), n_ticks=7)
        tidy(ax)
        n_entries = len(ax.get_legend_handles_labels()[0])
        corner = free_corner(n_entries, *self._in_parts()) if n_entries <= TALL else None
        if corner:
            legend(ax, loc=corner)
        else:
            self._with_legend(**BESIDE)

    def _in_parts(self) -> tuple[Array, Array]:
        """Rows, and what else is drawn, in parts of the axes."""
        ahead = scale_of(self.scale).ahead
        low, high = ahead(np.array([self.x, self.y])[:, [0, -1]]).T
        lines = [np.argwhere(self.density >= self.levels[0])[:, ::-1] / (len(self.x) - 1)]
        for one in filter(None, self.ellipses):
            around = [outline(one.centre, one.shape, radius) for radius in one.radii]
            lines += [(ahead(points) - low) / (high - low) for points in around]
        rows = np.empty((0, 2)) if self.rows is None else self.rows
        return (ahead(rows) - low) / (high - low), np.concatenate(lines)
