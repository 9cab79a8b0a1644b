"""How surely rows belong to components."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.display.canvas import Display
from skmixture.display.sides import exposure_of, side_of
from skmixture.display.style import BESIDE, colours, components, counted, tidy
from skmixture.display.tables import check_fitted

__all__ = ["ResponsibilityDisplay"]

Array = NDArray[np.floating]

KINDS = ("sorted", "heatmap", "histogram")
# Columns of a picture; of more rows as many averages are drawn.
MOST = 1_000
# Components whose histograms can lie over each other.
FEW = 2


class ResponsibilityDisplay(Display):
    """Responsibilities of all rows, in one of three ways.

    "sorted" stacks them, rows side by side and ordered by their component: the surest of each
    in the middle, at its sides those that may belong to the component there or beyond;
    "heatmap" has a line for each component, in the same order;
    "histogram" counts the rows by their responsibilities, of more than two components
    in a row for each. Made by :meth:`from_estimator`.

    Attributes
    ----------
    resp : ndarray of shape (m, n_components)
        In the order drawn. Of more than 1,000 rows as many averages of neighbours.
    all_resp : ndarray of shape (n_samples, n_components)
        In the order of the rows.
    weights : ndarray of shape (n_components,)
    ax_, figure_ : matplotlib Axes and Figure
    artists_ : list of artists

    Examples
    --------
    >>> from skmixture import GaussianMixture
    >>> from skmixture.datasets import load_old_faithful
    >>> from skmixture.display import ResponsibilityDisplay
    >>> X = load_old_faithful().data
    >>> model = GaussianMixture(2, random_state=0).fit(X)
    >>> ResponsibilityDisplay.from_estimator(model, X).resp.shape
    (272, 2)
    """

    artists_: list[Any]

    def __init__(self, *, resp: Array, all_resp: Array, weights: Array) -> None:
        self.resp, self.all_resp, self.weights = resp, all_resp, weights

    @classmethod
    def from_estimator(
        cls,
        model: Any,
        X: ArrayLike,
        *,
        exposure: ArrayLike | None = None,
        n_trials: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        kind: str = "sorted",
        ax: Any = None,
    ) -> Self:
        """Draw responsibilities.

        Parameters
        ----------
        model : estimator
            A fitted mixture.
        X : array-like of shape (n_samples, n_features)
        exposure, n_trials, strata : array-like of shape (n_samples,), optional
            As in the fit.
        kind : {"sorted", "heatmap", "histogram"}, default="sorted"
        ax : matplotlib Axes, optional

        Returns
        -------
        ResponsibilityDisplay
        """
        check_fitted(model)
        _check_kind(kind)
        side = side_of(exposure_of(model, exposure, n_trials), strata)
        resp = np.asarray(model.predict_proba(X, **side), dtype=float)
        display = cls(resp=_averaged(resp[_order(resp)]), all_resp=resp, weights=model.weights_)
        return display.plot(kind=kind, ax=ax)

    def plot(self, *, kind: str = "sorted", ax: Any = None) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        kind : {"sorted", "heatmap", "histogram"}, default="sorted"
        ax : matplotlib Axes, optional

        Returns
        -------
        self
        """
        _check_kind(kind)
        self._one(ax)
        getattr(self, f"_{kind}")()
        return self

    def _sorted(self) -> None:
        m, K = self.resp.shape
        edges = np.linspace(0, len(self.all_resp), m + 1)
        tops = np.hstack([np.zeros((m, 1)), np.cumsum(self.resp, axis=1)])
        self.artists_ = [
            self.ax_.stairs(
                tops[:, k + 1], edges, baseline=tops[:, k], fill=True, color=colour, label=label
            )
            for k, (colour, label) in enumerate(
                zip(colours(K), components(self.weights), strict=True)
            )
        ]
        self.ax_.set(ylabel="responsibility", ylim=(0, 1), xlim=(0, len(self.all_resp)))
        self.ax_.set_xlabel("rows, by component and responsibility")
        tidy(self.ax_)
        self._with_legend(**BESIDE)

    def _heatmap(self) -> None:
        K = self.resp.shape[1]
        extent = (0, len(self.all_resp), K - 0.5, -0.5)
        image = self.ax_.imshow(
            self.resp.T, aspect="auto", extent=extent, vmin=0, vmax=1, cmap="viridis",
            interpolation="nearest",
        )  # fmt: skip
        self.artists_ = [image]
        self.ax_.set(yticks=range(K), ylabel="component")
        self.ax_.set_xlabel("rows, by component and responsibility")
        self.figure_.colorbar(image, ax=self.ax_, label="responsibility")

    def _histogram(self) -> None:
        edges = np.linspace(0, 1, 41)
        counts = np.array([np.histogram(own, edges)[0] for own in self.all_resp.T])
        self.ax_.set(xlabel="responsibility", xlim=(0, 1))
        # most rows lie at 0 and 1; what lies between is what one looks for
        if len(counts) <= FEW:
            self._lines(counts, edges)
        else:
            self._ridges(np.log1p(counts), edges)
        tidy(self.ax_)

    def _lines(self, counts: Array, edges: Array) -> None:
        """A line for each component, which all begin at the axis."""
        each = zip(counts, colours(len(counts)), components(self.weights), strict=True)
        self.artists_ = [
            self.ax_.stairs(own, edges, color=colour, linewidth=1.6, label=label)
            for own, colour, label in each
        ]
        self.ax_.set_ylabel("rows in a bar (log axis)")
        self.ax_.set_yscale("symlog", linthresh=1)
        self.ax_.set_ylim(bottom=0)
        self._with_legend(loc="upper center")

    def _ridges(self, heights: Array, edges: Array) -> None:
        """Components (K, bars) below each other, where their lines would hide one another."""
        K, tallest = len(heights), max(float(heights.max()), 1.0)
        each = zip(heights, colours(K), components(self.weights), strict=True)
        self.artists_ = [
            self.ax_.stairs(
                k - 0.85 * own / tallest, edges, baseline=k, fill=True, color=colour, label=label
            )
            for k, (own, colour, label) in enumerate(each)
        ]
        self.ax_.set(yticks=range(K), ylim=(K - 0.8, -1), ylabel="component")
        self.ax_.set_title(
            f"height: logarithm of 1 + rows, up to {counted(np.expm1(tallest))}",
            fontsize="small", loc="left",
        )  # fmt: skip


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {list(KINDS)}, got {kind!r}")


def _order(resp: Array) -> NDArray[np.integer]:
    """Rows by component, and within it from those that lean one way to those that lean the other.

    Of components in a circle the next ones lie on the right. So with up to three no two kinds
    of doubt are among each other, and the colours of neighbours go over into one another.
    """
    K = resp.shape[1]
    own = resp.argmax(axis=1)
    surely = resp.max(axis=1)
    others = np.where(np.arange(K) == own[:, None], -1.0, resp)
    second = others.argmax(axis=1)
    ahead = 2 * ((second - own) % K)
    left = (ahead > K) | ((ahead == K) & (second < own))
    return np.lexsort((np.where(left, surely, 2 - surely), own))


def _averaged(resp: Array) -> Array:
    """At most `MOST` rows, each the average of its neighbours."""
    if len(resp) <= MOST:
        return resp
    starts = np.linspace(0, len(resp), MOST, endpoint=False).astype(int)
    sizes = np.diff(np.append(starts, len(resp)))
    return np.add.reduceat(resp, starts, axis=0) / sizes[:, None]
