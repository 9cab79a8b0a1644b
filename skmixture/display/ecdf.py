"""The empirical distribution function against that of a mixture."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.display.bands import BANDS, check_share
from skmixture.display.binning import view
from skmixture.display.canvas import Display
from skmixture.display.choosing import of_one_column
from skmixture.display.population import Population
from skmixture.display.sides import exposure_of
from skmixture.display.staircases import grid_of, held, staircase_of
from skmixture.display.style import INK, OKABE_ITO, SHADE, legend, tidy
from skmixture.display.tables import column_of

__all__ = ["ECDFDisplay"]

Array = NDArray[np.floating]


class ECDFDisplay(Display):
    """The share of rows up to x, as a staircase with a band, and the same by the model.

    Made by :meth:`from_estimator`.

    Attributes
    ----------
    x : ndarray of shape (m,)
        Values at which the staircase rises, the first of them -inf.
    ecdf : ndarray of shape (m,)
        Its height from there on.
    low, high : ndarray of shape (m,)
        The band about it; as the staircase itself where there is none.
    grid, cdf : ndarray of shape (g,)
        Points, and the model's distribution function there.
    cdf_at_x : ndarray of shape (m,)
    largest_gap : float
        The greatest distance of the two functions, on both sides of each step
        (the statistic of Kolmogorov and Smirnov). Of more than 20,000 distinct
        values as many are looked at, which leaves at the most .00005 of it out.
    ax_, figure_ : matplotlib Axes and Figure
    ecdf_, model_, band_ : artists

    Examples
    --------
    >>> from skmixture import GaussianMixture
    >>> from skmixture.datasets import load_galaxies
    >>> from skmixture.display import ECDFDisplay
    >>> X = load_galaxies().data / 1000
    >>> one = GaussianMixture(1).fit(X)
    >>> round(ECDFDisplay.from_estimator(one, X).largest_gap, 3)
    0.191
    """

    ecdf_: Any
    model_: Any
    band_: Any = None

    def __init__(
        self,
        *,
        x: Array,
        ecdf: Array,
        low: Array,
        high: Array,
        grid: Array,
        cdf: Array,
        cdf_at_x: Array,
        largest_gap: float,
        label: str,
        limits: tuple[float, float],
        band: str | None,
        level: float,
        whole: bool = False,
    ) -> None:
        self.x, self.ecdf, self.low, self.high = x, ecdf, low, high
        self.grid, self.cdf, self.cdf_at_x = grid, cdf, cdf_at_x
        self.largest_gap, self.label, self.limits = largest_gap, label, limits
        self.band, self.level, self.whole = band, level, whole

    @classmethod
    @of_one_column
    def from_estimator(
        cls,
        model: Any,
        X: ArrayLike,
        *,
        column: int | str | None = None,
        sample_weight: ArrayLike | None = None,
        exposure: ArrayLike | None = None,
        n_trials: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        band: str | None = "pointwise",
        level: float = 0.95,
        difference: bool = False,
        ax: Any = None,
    ) -> Self:
        """Draw distribution functions of one column.

        Parameters
        ----------
        model : estimator
            A fitted mixture whose law has a distribution function.
        X : array-like of shape (n_samples, n_features)
        column : int or str, optional
            The column; needed where there are several.
        sample_weight, exposure, n_trials, strata : array-like of shape (n_samples,), optional
            As in the fit; numbers of trials are another name of exposures. With exposures
            or strata the model's function is the average over the rows.
        band : {"pointwise", "dkw", None}, default="pointwise"
            Exact binomial intervals by Clopper and Pearson, each for its own x;
            or the band of Dvoretzky, Kiefer and Wolfowitz, which is for all x at once.
        level : float, default=0.95
        difference : bool, default=False
            Draw data less model.
        ax : matplotlib Axes, optional

        Returns
        -------
        ECDFDisplay

        Raises
        ------
        ValueError
            Where an option or the data are unfit.
        TypeError
            Where `n_trials` is given to a law without trials.
        NotImplementedError
            Where the law has no distribution function.
        """
        side = {"exposure": exposure, "n_trials": n_trials, "strata": strata}
        display = cls.computed(
            model, X, column=column, sample_weight=sample_weight, **side, band=band, level=level
        )
        return display.plot(ax=ax, difference=difference)

    @classmethod
    def computed(
        cls,
        model: Any,
        X: Any,
        *,
        column: int | str | None = None,
        sample_weight: Any = None,
        exposure: Any = None,
        n_trials: Any = None,
        strata: Any = None,
        band: str | None = "pointwise",
        level: float = 0.95,
    ) -> Self:
        """As `from_estimator`, but nothing is drawn yet.

        Parameters
        ----------
        model, X, column, sample_weight, exposure, n_trials, strata, band, level
            As in `from_estimator`.

        Returns
        -------
        ECDFDisplay

        Raises
        ------
        ValueError
            Where an option or the data are unfit.
        """
        if band is not None and band not in BANDS:
            raise ValueError(f"band must be one of {[*BANDS, None]}, got {band!r}")
        level = check_share(level, "level")
        data = column_of(model, X, column, sample_weight)
        population = Population(model, data, exposure_of(model, exposure, n_trials), strata)
        x, ecdf, before = staircase_of(data)
        limits = view(data.values, data.weight)
        margin = 0.02 * (limits[1] - limits[0])
        limits = limits[0] - margin, limits[1] + margin
        grid = grid_of(data, limits)
        at_x = population.below(x).sum(axis=1)
        just_before = population.below(np.nextafter(x, -np.inf)).sum(axis=1)
        n = data.weight.sum()
        largest_gap = max(abs(ecdf - at_x).max(), abs(before - just_before).max())
        # the staircase begins at 0, and its band there
        x, ecdf, at_x = np.r_[-np.inf, x], np.r_[0.0, ecdf], np.r_[0.0, at_x]
        low, high = (ecdf, ecdf) if band is None else BANDS[band](ecdf, n, level)
        return cls(
            x=x,
            ecdf=ecdf,
            low=low,
            high=high,
            grid=grid,
            cdf=population.below(grid).sum(axis=1),
            cdf_at_x=at_x,
            largest_gap=float(largest_gap),
            label=data.label,
            limits=limits,
            band=band,
            level=level,
            whole=data.whole,
        )

    def plot(self, *, ax: Any = None, difference: bool = False) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        difference : bool, default=False
            Draw data less model.

        Returns
        -------
        self
        """
        ax = self._one(ax)
        # all on one grid: the model moves between the steps of the data
        x = np.union1d(self.grid, self.x[(self.x >= self.limits[0]) & (self.x <= self.limits[1])])
        x = np.union1d(x, self.limits)
        model = np.interp(x, *_sorted_pairs(self))
        if self.whole:
            model = held(x, np.r_[-np.inf, self.grid], np.r_[0.0, self.cdf])
        less = model if difference else 0.0
        step = "steps-post"
        if self.band is not None:
            low, high = held(x, self.x, self.low), held(x, self.x, self.high)
            name = "pointwise" if self.band == "pointwise" else "DKW"
            self.band_ = ax.fill_between(
                x, low - less, high - less, step="post", color=SHADE, linewidth=0,
                label=f"{name} {self.level:.0%} band",
            )  # fmt: skip
        (self.ecdf_,) = ax.plot(
            x, held(x, self.x, self.ecdf) - less, drawstyle=step, color=OKABE_ITO[0],
            linewidth=1.9, label="data",
        )  # fmt: skip
        (self.model_,) = ax.plot(
            x, model - less, drawstyle=step if self.whole else "default", color=INK, linewidth=1.0,
            label=f"model (largest gap {self.largest_gap:.4f})",
        )  # fmt: skip
        ax.set(xlabel=self.label, xlim=self.limits)
        if self.whole:
            ax.locator_params(axis="x", integer=True)
        if difference:
            ax.set_ylabel("share of rows up to x, data less model")
        else:
            ax.set(ylabel="share of rows up to x", ylim=(-0.02, 1.02))
        tidy(ax)
        legend(ax, loc="best" if difference else "lower right")
        return self


def _sorted_pairs(display: ECDFDisplay) -> tuple[Array, Array]:
    """The model's function at the grid and at the steps, together."""
    x = np.concatenate([display.grid, display.x[1:]])
    order = np.argsort(x, kind="stable")
    return x[order], np.concatenate([display.cdf, display.cdf_at_x[1:]])[order]
