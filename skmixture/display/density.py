"""A mixture and its components over a histogram of one column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.display.bars import heights_of, name_of_heights, name_of_values
from skmixture.display.binning import edges_of, with_atoms
from skmixture.display.canvas import Display
from skmixture.display.choosing import of_one_column
from skmixture.display.curves import curves_of
from skmixture.display.population import Population
from skmixture.display.sides import exposure_of
from skmixture.display.style import (
    INK,
    SHADE,
    colours,
    components,
    counted,
    tidy,
)
from skmixture.display.tables import column_of

__all__ = ["DensityDisplay"]

Array = NDArray[np.floating]

# A density may rise so far above the histogram before it is cut.
RISE = 3.0
# A curve is not drawn where it is lower than this part of its height, or of the histogram's.
FAINT = 1e-3
# Entries of a legend that find room within the axes.
FEW = 4
# As many bars fill the axes, and leave none to a legend.
FEW_BARS = 5


class DensityDisplay(Display):
    """Components and mixture over a histogram of one column.

    Numbers have a histogram of density and curves; counts have bars of the share
    of rows in each, and staircases of the probability of the same bars. Made by
    :meth:`from_estimator`.

    Attributes
    ----------
    x : ndarray of shape (m,)
        Points of the curves, or the m edges of bars.
    by_component : ndarray of shape (m or m - 1, n_components)
        Density at the points, or probability of each bar, with the mixing weights.
    edges : ndarray of shape (b + 1,)
    observed : ndarray of shape (b,)
        Height of each bar: share of the rows by its width, for counts the share itself.
    staircase : bool
        Whether bars are compared with probabilities of bars.
    atoms : list of float
        Values with a probability of their own that have a bar beside the others, as the zeros
        of `Hurdle`.
    outside : float
        Weight of the rows that lie outside the view.
    ax_, figure_ : matplotlib Axes and Figure
    bars_, mixture_ : artists
    components_ : list of artists

    Examples
    --------
    >>> from skmixture import GaussianMixture
    >>> from skmixture.datasets import load_galaxies
    >>> from skmixture.display import DensityDisplay
    >>> X = load_galaxies().data / 1000
    >>> model = GaussianMixture(3, n_init=5, random_state=0).fit(X)
    >>> display = DensityDisplay.from_estimator(model, X)
    >>> display.by_component.shape[1]
    3
    """

    ax_: Any
    bars_: Any
    mixture_: Any
    components_: list[Any]

    def __init__(
        self,
        *,
        x: Array,
        by_component: Array,
        edges: Array,
        observed: Array,
        weights: Array,
        label: str,
        n_rows: float,
        outside: float = 0.0,
        staircase: bool = False,
        log_x: bool = False,
        whole: bool = False,
        atoms: Sequence[float] = (),
    ) -> None:
        self.x, self.by_component = x, by_component
        self.edges, self.observed = edges, observed
        self.weights, self.label, self.n_rows = weights, label, n_rows
        self.outside, self.staircase, self.log_x = outside, staircase, log_x
        self.whole, self.atoms = whole, list(atoms)

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
        log_x: bool = False,
        limits: tuple[float, float] | None = None,
        bins: int | ArrayLike | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw a fitted mixture over one column of a table.

        Parameters
        ----------
        model : estimator
            A fitted mixture.
        X : array-like of shape (n_samples, n_features)
        column : int or str, optional
            The column; needed where there are several, and its own law is then shown.
        sample_weight, exposure, n_trials, strata : array-like of shape (n_samples,), optional
            As in the fit; numbers of trials are another name of exposures. With exposures
            or strata the mixture is the average over the rows.
        log_x : bool, default=False
            A logarithmic axis: numbers are then shown by the density of their
            decimal logarithm; counts on an axis that is linear up to 1.
        limits : tuple of two floats, optional
            From where to where. The default shows all rows, or nearly all where
            a few lie very far out; `outside` says how many do not appear.
        bins : int or array-like of shape (b + 1,), optional
            About how many bars, or their edges, which then are the limits. The
            default follows the rule of Freedman and Diaconis; up to 60 counts have a bar each.
        ax : matplotlib Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        DensityDisplay

        Raises
        ------
        ValueError
            Where an option or the data are unfit.
        TypeError
            Where `n_trials` is given to a law without trials.
        NotImplementedError
            Where the law of one column among several is not known.
        """
        side = {"exposure": exposure, "n_trials": n_trials, "strata": strata}
        display = cls.computed(
            model,
            X,
            column=column,
            sample_weight=sample_weight,
            **side,
            log_x=log_x,
            limits=limits,
            bins=bins,
        )
        return display.plot(ax=ax)

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
        log_x: bool = False,
        limits: tuple[float, float] | None = None,
        bins: int | ArrayLike | None = None,
    ) -> Self:
        """As `from_estimator`, but nothing is drawn yet.

        Parameters
        ----------
        model, X, column, sample_weight, exposure, n_trials, strata, log_x, limits, bins
            As in `from_estimator`.

        Returns
        -------
        DensityDisplay

        Raises
        ------
        ValueError
            Where an option or the data are unfit.
        NotImplementedError
            Where the law of one column among several is not known.
        """
        data = column_of(model, X, column, sample_weight)
        population = Population(model, data, exposure_of(model, exposure, n_trials), strata)
        if log_x and not data.whole and data.values.min() <= 0:
            raise ValueError(
                f"log_x needs numbers above 0, but column {data.label!r} has {data.values.min()!s}"
            )
        measure = model.family_.support.measures(model.n_features_in_)[data.place]
        staircase = data.whole or bool(measure.points)
        edges = edges_of(data.values, data.weight, data.whole, log_x, limits, bins)
        atoms: list[float] = []
        if limits is None and bins is None:
            edges, atoms = with_atoms(edges, data.values, measure.points)
        observed = heights_of(data.values, data.weight, edges, None if staircase else log_x)
        try:
            if staircase:
                x, by_component = edges, population.shares(edges)
            else:
                x, by_component = curves_of(population, edges, log_x)
        except NotImplementedError as error:
            raise NotImplementedError(
                f"the density of column {data.label!r} is not known: {error}; PairsDisplay shows "
                "the rows by component"
            ) from error
        inside = (data.values >= edges[0]) & (data.values <= edges[-1])
        return cls(
            x=x,
            by_component=by_component,
            edges=edges,
            observed=observed,
            weights=population.weights,
            label=data.label,
            n_rows=float(data.weight.sum()),
            outside=float(data.weight[~inside].sum()),
            staircase=staircase,
            log_x=log_x,
            whole=data.whole,
            atoms=atoms,
        )

    def plot(self, *, ax: Any = None) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        ax : matplotlib Axes, optional

        Returns
        -------
        self
        """
        ax = self._one(ax)
        self.bars_ = ax.stairs(
            self.observed,
            self.edges,
            fill=True,
            color=SHADE,
            label=f"data (n = {counted(self.n_rows)})",
        )
        total = self.by_component.sum(axis=1)
        # thick and below: where one component is all, its own colour is seen
        self.mixture_ = self._line(total, color=INK, linewidth=2.8, label="mixture")
        self.components_ = []
        palette, labels = colours(len(self.weights)), components(self.weights)
        for values, colour, name in zip(self.by_component.T, palette, labels, strict=True):
            line = self._line(values, color=colour, linewidth=1.5, zorder=3, label=name)
            self.components_.append(line)
        top = max(self.observed.max(), min(total.max(), RISE * self.observed.max()))
        ax.set(xlabel=name_of_values(self), ylabel=name_of_heights(self), ylim=(0, 1.08 * top))
        if self.log_x:
            ax.set_xscale("symlog", linthresh=1) if self.staircase else ax.set_xscale("log")
        elif self.whole:
            ax.locator_params(axis="x", integer=True)
        ax.set_xlim(min(self.x[0], self.edges[0]), max(self.x[-1], self.edges[-1]))
        tidy(ax)
        self._with_legend(FEW if len(self.observed) > FEW_BARS else 0)
        return self

    def _line(self, values: Array, **style: Any) -> Any:
        if self.staircase:
            return self.ax_.stairs(values, self.x, baseline=None, **style)
        # where a component is nowhere to be seen it leaves the axis to others
        seen = values > FAINT * min(values.max(), self.observed.max())
        return self.ax_.plot(self.x, np.where(seen, values, np.nan), **style)[0]
