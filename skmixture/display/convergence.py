"""The log-likelihood along a fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.display.canvas import Display
from skmixture.display.starts import BEST, OTHERS, SET_ASIDE, Starts, view_of
from skmixture.display.style import FAINT, MUTED, OKABE_ITO, legend, tidy
from skmixture.display.tables import check_fitted

__all__ = ["ConvergenceDisplay"]

Array = NDArray[np.floating]

# Iterations that have a mark each.
MARKED = 40
STYLES: dict[str, dict[str, Any]] = {
    BEST: {"color": OKABE_ITO[0], "linewidth": 1.6, "zorder": 3},
    OTHERS[True]: {"color": MUTED, "linewidth": 0.8, "alpha": 0.6},
    OTHERS[False]: {"color": OKABE_ITO[1], "linewidth": 0.8, "alpha": 0.7},
    SET_ASIDE: {"color": OKABE_ITO[3], "linewidth": 0.8, "alpha": 0.9},
}


class ConvergenceDisplay(Display):
    """The mean log-likelihood by iteration.

    :meth:`from_estimator` draws the run that was kept, :meth:`from_iterations` those
    of all starts, as a callback has seen them.

    Attributes
    ----------
    iterations : list of ndarray
        Numbers of the iterations of each line.
    values : list of ndarray
        Their mean log-likelihoods, plus that of priors where there are any.
    labels : list of str
        What each line is of; lines that are alike share it, and a colour.
    rounds : list of int
        Iterations at which a later round of starts begins, each a dotted line.
    ax_, figure_ : matplotlib Axes and Figure
    lines_ : list of artists

    Examples
    --------
    >>> from skmixture import GaussianMixture, Mixture
    >>> from skmixture.datasets import load_galaxies
    >>> from skmixture.display import ConvergenceDisplay
    >>> from skmixture.families import Gaussian
    >>> X = load_galaxies().data / 1000
    >>> model = GaussianMixture(3, random_state=0).fit(X)
    >>> display = ConvergenceDisplay.from_estimator(model)
    >>> len(display.values[0]) == model.n_iter_
    True

    All starts, and which was the best of them:

    >>> seen = []
    >>> model = Mixture(Gaussian(), 3, n_init=5, random_state=0).fit(X, callback=seen.append)
    >>> display = ConvergenceDisplay.from_iterations(seen)
    >>> len(display.lines_) >= 5
    True
    """

    lines_: list[Any]

    def __init__(
        self,
        *,
        iterations: list[NDArray],
        values: list[Array],
        labels: list[str],
        rounds: Sequence[int] = (),
    ) -> None:
        self.iterations, self.values, self.labels = iterations, values, labels
        self.rounds = list(rounds)

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
        """Draw all starts of a fit, as a callback has seen them.

        Parameters
        ----------
        iterations : sequence of Iteration
            As ``seen = []; model.fit(X, callback=seen.append)`` gathers them. Starts that
            run together share the numbers of their iterations; those that are made of the
            best, and those that go on to all rows, begin where these end. One that ends
            above the best was set aside, for collapsed components or a height that it
            owes to chance. Heights far below the ends are not shown.
        to_come : bool, default=False
            Draw how much each iteration lacks of the end of the best start, or on a sample
            of the highest end there, on a logarithmic axis.
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
        display = cls(**vars(Starts.of(iterations)))
        return display.plot(to_come=to_come, ax=ax)

    def plot(self, *, to_come: bool = False, ax: Any = None) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        to_come : bool, default=False
            Draw how much each iteration lacks of the end of the best, on a logarithmic axis.
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

        lacking = [
            self._end(label) - values
            for values, label in zip(self.values, self.labels, strict=True)
        ]
        if to_come and not any((lacks > 0).any() for lacks in lacking):
            raise ValueError(
                "no iteration lacks anything of the last one, so there is nothing to come: leave "
                "to_come=False"
            )
        ax = self._one(ax)
        self.lines_ = []
        for x, y, label in zip(
            self.iterations, lacking if to_come else self.values, self.labels, strict=True
        ):
            shown = np.isfinite(y) & (y > 0) if to_come else np.isfinite(y)
            named = label not in [line.get_label() for line in self.lines_]
            style = STYLES.get(label, STYLES[BEST])
            marker = "." if style is STYLES[BEST] and len(x) <= MARKED else None
            self.lines_.extend(
                ax.plot(x[shown], y[shown], label=label if named else None, marker=marker, **style)
            )
        for number in self.rounds:
            ax.axvline(number, color=FAINT, linewidth=0.8, linestyle=":", zorder=0)
        told = "  (dotted: the next round of starts)" if self.rounds else ""
        ax.set_xlabel(f"iteration{told}")
        if to_come:
            ax.set(yscale="log", ylabel="mean log-likelihood still to come")
        else:
            ax.set_ylabel("mean log-likelihood")
            ax.yaxis.get_major_formatter().set_useOffset(False)
            self._show_ends(ax)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        tidy(ax)
        legend(ax, loc="best")
        return self

    def _show_ends(self, ax: Any) -> None:
        """Of several lines show where they end, rather than where they begin."""
        if len(self.values) > 1:
            low, high = view_of(self.values)
            if high > low:
                ax.set_ylim(low, high + 0.05 * (high - low))

    def _end(self, label: str) -> float:
        """Where the best line ends that is on the same rows as those of this label."""
        on_sample = label == OTHERS[True]
        pairs = zip(self.values, self.labels, strict=True)
        alike = [values for values, other in pairs if (other == OTHERS[True]) == on_sample]
        return float(max(values.max() for values in alike) if on_sample else alike[-1].max())
