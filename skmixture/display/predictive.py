"""Empirical distribution functions that draws of parameters predict, and that of the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from skmixture.display.bands import check_share
from skmixture.display.binning import view
from skmixture.display.canvas import Display, hide
from skmixture.display.choosing import of_columns
from skmixture.display.redrawn import models_of
from skmixture.display.sides import exposure_of, side_of
from skmixture.display.style import INK, OKABE_ITO, SHADE, legend, tidy, wrapped
from skmixture.display.tables import as_table, check_fitted, column_of, labels_of, place_of

__all__ = ["PredictiveECDFDisplay"]

Array = NDArray[np.floating]

# Points of a column at which bands are taken, at equal shares of its values.
POINTS = 500
# Letters in a line of a panel's name.
NAME = 36


class PredictiveECDFDisplay(Display):
    """Do data as these come out of the model? A panel for each column.

    For each draw of the parameters as many rows are drawn from the model, and
    the band holds the middle `level` of their empirical distribution functions,
    point by point. Made by :meth:`from_estimator`.

    Attributes
    ----------
    labels : list of str
        Of the columns.
    x : list of ndarray of shape (m,)
        Values of each column, 500 at the most.
    ecdf : list of ndarray of shape (m,)
        That of the data.
    low, middle, high : list of ndarray of shape (m,)
        Quantiles of the predicted ones.
    coverage : ndarray of shape (n_columns,)
        Share of the points at which the band holds the data.
    n_draws : int
    ax_ : ndarray of matplotlib Axes
    figure_ : matplotlib Figure
    bands_, ecdfs_ : lists of artists

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.datasets import load_death_notices
    >>> from skmixture.display import PredictiveECDFDisplay
    >>> from skmixture.inference import bootstrap
    >>> x = load_death_notices().data.repeat(load_death_notices().sample_weight.astype(int), axis=0)
    >>> model = PoissonMixture(2, n_init=2, random_state=0).fit(x)
    >>> result = bootstrap(model, x, n_replicates=50, random_state=0)
    >>> display = PredictiveECDFDisplay.from_estimator(model, x, result, random_state=0)
    >>> bool(display.coverage[0] > 0.9)
    True
    """

    bands_: list[Any]
    ecdfs_: list[Any]

    def __init__(
        self,
        *,
        labels: list[str],
        x: list[Array],
        ecdf: list[Array],
        low: list[Array],
        middle: list[Array],
        high: list[Array],
        level: float,
        n_draws: int,
        limits: list[tuple[float, float]],
    ) -> None:
        self.labels, self.x, self.ecdf = labels, x, ecdf
        self.low, self.middle, self.high = low, middle, high
        self.level, self.n_draws, self.limits = level, n_draws, limits

    @property
    def coverage(self) -> Array:
        """Share of the points of each column at which the band holds the data."""
        held = zip(self.low, self.ecdf, self.high, strict=True)
        # shares of the same rows, computed in two ways, may differ in the last digit
        return np.array([((a <= f + 1e-12) & (f <= b + 1e-12)).mean() for a, f, b in held])

    @classmethod
    @of_columns
    def from_estimator(
        cls,
        model: Any,
        X: ArrayLike,
        draws: Any,
        *,
        columns: Sequence[int | str] | int | str | None = None,
        exposure: ArrayLike | None = None,
        n_trials: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        level: float = 0.95,
        max_draws: int = 500,
        random_state: int | RandomState | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw bands and data.

        Parameters
        ----------
        model : estimator
            A fitted mixture: the law whose parameters were drawn.
        X : array-like of shape (n_samples, n_features)
        draws : BootstrapResult, Posterior, or mapping of str to array-like
            A mapping has arrays of shape (n_draws, K, ...): "weights" (and "strata_weights"
            where there are strata) and every parameter.
        columns : int, str or sequence of them, optional
            By default all.
        exposure, n_trials, strata : array-like of shape (n_samples,), optional
            As in the fit; rows that are drawn have those of the data.
        level : float, default=0.95
        max_draws : int, default=500
            Of more draws so many are taken, evenly. Each costs as many rows as there are.
        random_state : int, RandomState instance or None, default=None
        ax : matplotlib Axes or array of them, optional

        Returns
        -------
        PredictiveECDFDisplay

        Raises
        ------
        ValueError
            Where a parameter is missing from the draws, or an option is unfit.
        """
        check_fitted(model)
        level = check_share(level, "level")
        table, names = as_table(model, X), labels_of(model, X)
        if isinstance(columns, int | str):
            columns = [columns]
        places = [place_of(names, c) for c in (range(len(names)) if columns is None else columns)]
        data = [column_of(model, X, j, None) for j in places]
        x = [_points(column.values) for column in data]
        rng, n = check_random_state(random_state), table.shape[0]
        side = side_of(exposure_of(model, exposure, n_trials), strata)
        predicted: list[list[Array]] = [[] for _ in places]
        for drawn in models_of(model, draws, max_draws):
            rows = np.asarray(drawn.sample(n, rng, **side)[0])
            for found, at, column in zip(predicted, x, data, strict=True):
                # a value that is missing from the data is missing from what is drawn
                values = rows[:, column.place].astype(float)[: len(column.values)]
                found.append(_ecdf(values, at))
        if len(predicted[0]) < 20:
            raise ValueError(f"a band needs 20 draws or more, got {len(predicted[0])}")
        ends = [0.5 - level / 2, 0.5, 0.5 + level / 2]
        bands = [np.quantile(found, ends, axis=0) for found in predicted]
        display = cls(
            labels=[names[j] for j in places],
            x=x,
            ecdf=[_ecdf(column.values, at) for column, at in zip(data, x, strict=True)],
            low=[band[0] for band in bands],
            middle=[band[1] for band in bands],
            high=[band[2] for band in bands],
            level=level,
            n_draws=len(predicted[0]),
            limits=[view(column.values, column.weight) for column in data],
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None, difference: bool = False) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, optional
        difference : bool, default=False
            Draw everything less the middle of what is predicted.

        Returns
        -------
        self
        """
        p = len(self.x)
        columns = min(p, 3) if p != 4 else 2
        rows = -(-p // columns)
        size = (6.4, 4.2) if p == 1 else (1 + 3.4 * columns, 0.6 + 2.9 * rows)
        axes = self._many(ax, rows, columns, size).ravel()
        hide(axes[p:])
        self.bands_, self.ecdfs_ = [], []
        for i in range(p):
            self._panel(axes[i], i, difference)
            if i % columns == 0:
                axes[i].set_ylabel("less the middle" if difference else "share of rows up to x")
        return self

    def _panel(self, ax: Any, i: int, difference: bool) -> None:
        x, less = self.x[i], self.middle[i] if difference else 0.0
        band = ax.fill_between(
            x, self.low[i] - less, self.high[i] - less, step="post", color=SHADE, linewidth=0,
            label=f"predicted, {self.level:.0%}",
        )  # fmt: skip
        ax.plot(x, self.middle[i] - less, drawstyle="steps-post", color=INK, linewidth=0.8)
        (line,) = ax.plot(
            x, self.ecdf[i] - less, drawstyle="steps-post", color=OKABE_ITO[0], linewidth=1.5,
            label=f"data, {self.coverage[i]:.0%} in the band",
        )  # fmt: skip
        self.bands_.append(band)
        self.ecdfs_.append(line)
        ax.set(xlabel=wrapped(self.labels[i], NAME), xlim=self.limits[i])
        if not difference:
            ax.set_ylim(-0.02, 1.02)
        tidy(ax)
        legend(ax, loc="best" if difference else "lower right")


def _points(values: Array) -> Array:
    """Distinct values, so many at equal shares of the rows where there are more."""
    distinct = np.unique(values)
    if len(distinct) <= POINTS:
        return distinct
    places = np.linspace(0, len(values) - 1, POINTS).astype(int)
    return np.unique(np.sort(values)[places])


def _ecdf(values: Array, at: Array) -> Array:
    return np.searchsorted(np.sort(values), at, side="right") / len(values)
