"""A mixture in the plane: contours of its density, ellipses of its components, the rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import trapezoid

from skmixture.display.canvas import Display
from skmixture.display.ellipses import ellipse, ellipses_of
from skmixture.display.plane import check_plane, density_on, limits_of, without_names
from skmixture.display.regions import check_masses, levels_of
from skmixture.display.scatter import drawn_rows
from skmixture.display.style import INK, MUTED, blended, colours, components, legend, tidy, wrapped
from skmixture.display.tables import check_fitted, labels_of

__all__ = ["ContourDisplay"]

Array = NDArray[np.floating]

# Of more components the legend stands beside the axes.
FEW = 3
# Letters in a line of an axis' name.
NAME = 28


class ContourDisplay(Display):
    """Density of a mixture of two columns, with the rows it was fitted to.

    Contours bound the regions of highest density that hold so much of the mass
    on the grid. Made by :meth:`from_estimator`.

    Attributes
    ----------
    x, y : ndarray of shape (g,)
        The grid.
    density : ndarray of shape (g, g)
        ``density[i, j]`` is that at ``(x[j], y[i])``.
    masses, levels : ndarray
        What each contour holds, falling, and its density, rising.
    mass : float
        The integral over the grid, by trapezia: near 1 where the grid holds everything.
    rows : ndarray of shape (n, 2) or None
        The rows that are drawn, 5,000 at the most.
    resp : ndarray of shape (n, n_components) or None
    ellipses : list
        Centre, shape and radii of each component that has them.
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
        weights: Array,
        labels: list[str],
        rows: Array | None = None,
        resp: Array | None = None,
        ellipses: list[tuple[Array, Array, Array]] | None = None,
    ) -> None:
        self.x, self.y, self.density, self.masses = x, y, density, masses
        self.weights, self.labels, self.rows, self.resp = weights, labels, rows, resp
        self.ellipses = ellipses or []

    @property
    def levels(self) -> Array:
        """Density on each contour."""
        return levels_of(self.density, self.masses)

    @property
    def mass(self) -> float:
        """The integral of the density over the grid."""
        return float(trapezoid(trapezoid(self.density, self.x, axis=1), self.y))

    @property
    def outside(self) -> int:
        """How many of the rows that are drawn lie outside the grid."""
        if self.rows is None:
            return 0
        low, high = [self.x[0], self.y[0]], [self.x[-1], self.y[-1]]
        return int(((self.rows < low) | (self.rows > high)).any(axis=1).sum())

    @classmethod
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
            ``(x from, x to), (y from, y to)``. The default shows all rows, but for a few
            that lie very far out; without rows the model, up to its quantiles of 1e-4.
        resolution : int, default=200
            Points of the grid along each axis.
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
        masses = check_masses(masses)
        if not isinstance(resolution, int | np.integer) or resolution < 20:
            raise ValueError(f"resolution must be a whole number from 20, got {resolution!r}")
        if kind not in ("contour", "surface"):
            raise ValueError(f"kind must be 'contour' or 'surface', got {kind!r}")
        rows = resp = None
        if X is not None:
            rows, resp = drawn_rows(model, X, [0, 1], exposure, strata)
        plain = without_names(model)
        if limits is not None and np.shape(limits) != (2, 2):
            raise ValueError(f"limits must be two pairs of numbers in order, got {limits!r}")
        (x_low, x_high), (y_low, y_high) = limits or limits_of(plain, rows)
        if not (x_low < x_high and y_low < y_high):
            raise ValueError(f"limits must be two pairs of numbers in order, got {limits!r}")
        x, y = np.linspace(x_low, x_high, resolution), np.linspace(y_low, y_high, resolution)
        display = cls(
            x=x,
            y=y,
            density=density_on(plain, x, y),
            masses=masses,
            weights=model.weights_,
            labels=labels_of(model, X),
            rows=rows,
            resp=resp,
            ellipses=ellipses_of(model, [0, 1], np.array([0.5, 0.95])),
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
        told = ""
        if self.outside and self.rows is not None:
            told = f"  ({self.outside} of {len(self.rows):,} rows lie outside)"
        x, y = (wrapped(label, NAME) for label in self.labels)
        self.ax_.set(xlabel=x + told, ylabel=y)
        return self

    def _surface(self, ax: Any) -> None:
        ax = self._one(ax, (6.4, 4.8), subplot_kw={"projection": "3d"})
        if not hasattr(ax, "plot_surface"):
            raise ValueError("a surface needs axes with projection='3d'")
        self.surface_ = ax.plot_surface(
            *np.meshgrid(self.x, self.y), self.density, cmap="viridis", rcount=80, ccount=80
        )
        ax.set_zlabel("density", labelpad=12)
        ax.tick_params(labelsize="small")
        ax.tick_params(axis="z", pad=6)
        ax.locator_params(nbins=5)
        ax.set_box_aspect(None, zoom=0.82)

    def _plane(self, ax: Any) -> None:
        ax = self._one(ax, (6.4, 4.8))
        palette = colours(len(self.weights))
        if self.rows is not None and self.resp is not None:
            size = float(np.clip(4000 / len(self.rows), 3, 16))
            self.points_ = ax.scatter(
                *self.rows.T, c=blended(self.resp, palette), s=size, alpha=0.7, linewidths=0
            )
        self.contours_ = ax.contour(
            self.x, self.y, self.density, np.unique(self.levels), colors=MUTED, linewidths=0.9
        )
        for (centre, shape, radii), colour in zip(self.ellipses, palette, strict=False):
            for radius, dashes in zip(radii, ("-", "--"), strict=True):
                patch = ellipse(centre, shape, radius, edgecolor=colour, linewidth=1.5, ls=dashes)
                self.ellipses_.append(ax.add_patch(patch))
            ax.plot(*centre, "+", color=INK, markersize=8, markeredgewidth=1.6)
        for colour, label in zip(palette, components(self.weights), strict=True):
            ax.plot([], [], "o", color=colour, markersize=5, label=label)
        held = ", ".join(f"{mass:.0%}" for mass in self.masses[::-1])
        ax.plot([], [], color=MUTED, linewidth=0.9, label=f"density: {held}")
        if self.ellipses:
            ax.plot([], [], color=INK, linewidth=1.2, label="component: 50%")
            ax.plot([], [], color=INK, linewidth=1.2, ls="--", label="component: 95%")
        ax.set(xlim=(self.x[0], self.x[-1]), ylim=(self.y[0], self.y[-1]))
        tidy(ax)
        if len(palette) <= FEW:
            legend(ax, loc="best")
        else:
            legend(ax, loc="upper left", bbox_to_anchor=(1, 1), ncols=1, fontsize="small")
