"""The log-likelihood along a fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.display.canvas import Display
from skmixture.display.style import MUTED, OKABE_ITO, colours, legend, tidy
from skmixture.display.tables import check_fitted

__all__ = ["ConvergenceDisplay"]

Array = NDArray[np.floating]


class ConvergenceDisplay(Display):
    """The mean log-likelihood by iteration.

    :meth:`from_estimator` draws the run that was kept, :meth:`from_iterations` all
    that a callback has seen. A fit does not keep the paths of its other starts.

    Attributes
    ----------
    iterations : list of ndarray
        Numbers of the iterations of each line.
    values : list of ndarray
        Their mean log-likelihoods, plus that of priors where there are any.
    labels : list of str
    ax_, figure_ : matplotlib Axes and Figure
    lines_ : list of artists

    Examples
    --------
    >>> from skmixture import GaussianMixture
    >>> from skmixture.datasets import load_galaxies
    >>> from skmixture.display import ConvergenceDisplay
    >>> model = GaussianMixture(3, random_state=0).fit(load_galaxies().data / 1000)
    >>> display = ConvergenceDisplay.from_estimator(model)
    >>> len(display.values[0]) == model.n_iter_
    True
    """

    lines_: list[Any]

    def __init__(
        self, *, iterations: list[NDArray], values: list[Array], labels: list[str]
    ) -> None:
        self.iterations, self.values, self.labels = iterations, values, labels

    @classmethod
    def from_estimator(cls, model: Any, *, to_come: bool = False, ax: Any = None) -> Self:
        """Draw the run that was kept.

        Parameters
        ----------
        model : estimator
            A fitted mixture.
        to_come : bool, default=False
            Draw how much each iteration lacks of the last one, on a logarithmic axis.
        ax : matplotlib Axes, optional

        Returns
        -------
        ConvergenceDisplay

        Raises
        ------
        ValueError
            Where the fit made no iteration, as that of `from_params`.
        """
        check_fitted(model)
        path = np.asarray(model.lower_bounds_)
        if not len(path):
            raise ValueError("the model made no iteration, so there is nothing to draw")
        told = "converged" if model.converged_ else "not converged"
        display = cls(
            iterations=[np.arange(1, len(path) + 1)],
            values=[path],
            labels=[f"{len(path)} iterations, {told}"],
        )
        return display.plot(to_come=to_come, ax=ax)

    @classmethod
    def from_iterations(
        cls, iterations: Sequence[Any], *, to_come: bool = False, ax: Any = None
    ) -> Self:
        """Draw what a callback has seen: the best start so far, at each iteration of the fit.

        Parameters
        ----------
        iterations : sequence of Iteration
            As ``seen = []; model.fit(X, callback=seen.append)`` gathers them.
            Starts that are compared on a sample of the rows have a line of their own.
        to_come : bool, default=False
        ax : matplotlib Axes, optional

        Returns
        -------
        ConvergenceDisplay

        Raises
        ------
        ValueError
            Where there is none.
        """
        if not len(iterations):
            raise ValueError("iterations must have at least one, as a callback gathers them")
        display = cls(iterations=[], values=[], labels=[])
        for on_sample in (True, False):
            seen = [one for one in iterations if one.on_sample == on_sample]
            if seen:
                display.iterations.append(np.array([one.number for one in seen]))
                display.values.append(np.array([one.lower_bound for one in seen]))
                display.labels.append("best on a sample" if on_sample else "best on all rows")
        return display.plot(to_come=to_come, ax=ax)

    def plot(self, *, to_come: bool = False, ax: Any = None) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        to_come : bool, default=False
            Draw how much each iteration lacks of the last one, on a logarithmic axis.
        ax : matplotlib Axes, optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Where nothing is to come, as where the only iteration is the last.
        """
        from matplotlib.ticker import MaxNLocator

        if to_come and not any((values < values.max()).any() for values in self.values):
            raise ValueError(
                "no iteration lacks anything of the last one, so there is nothing to come: leave "
                "to_come=False"
            )
        ax = self._one(ax)
        self.lines_ = []
        palette = [MUTED, OKABE_ITO[0]] if len(self.values) == 2 else colours(len(self.values))
        for x, values, label, colour in zip(
            self.iterations, self.values, self.labels, palette, strict=True
        ):
            y = values.max() - values if to_come else values
            shown = np.isfinite(y) & (y > 0) if to_come else np.isfinite(y)
            style = {"marker": ".", "linewidth": 1.3, "color": colour, "label": label}
            self.lines_.extend(ax.plot(x[shown], y[shown], **style))
        ax.set_xlabel("iteration")
        if to_come:
            ax.set(yscale="log", ylabel="mean log-likelihood still to come")
        else:
            ax.set_ylabel("mean log-likelihood")
            ax.yaxis.get_major_formatter().set_useOffset(False)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        tidy(ax)
        legend(ax, loc="best")
        return self
