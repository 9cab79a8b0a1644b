"""Draws in the order in which they were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.display.canvas import Display
from skmixture.display.entries import Transform, check_number, entries_of, estimates_of
from skmixture.display.style import INK, colours, legend, stacked, tidy

__all__ = ["TraceDisplay"]

Array = NDArray[np.floating]

# Panels; walkers of an ensemble that are drawn; steps of each.
MOST, WALKERS, STEPS = 20, 40, 2_000
# Letters in a line of a panel's name.
NAME = 20


class TraceDisplay(Display):
    """Chains of draws: a panel for each number, a line for each walker, a colour an ensemble.

    Made by :meth:`from_draws`.

    Attributes
    ----------
    labels : list of str
        As "log rates[0, 0]".
    names : list of str
        The same as people read it, where the draws know their model.
    values : list of ndarray of shape (n_ensembles, n_steps, n_walkers)
    estimates : ndarray of shape (p,)
        Values of the fit, of which a posterior knows; NaN where there is none.
    steps : ndarray of int
        The steps that are drawn, 2,000 at the most.
    ax_ : ndarray of matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of list of artists, by panel

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.display import TraceDisplay
    >>> draws = {"rates": np.random.RandomState(0).gamma(9, size=(2, 100, 8, 1, 1))}
    >>> TraceDisplay.from_draws(draws, transform="log").labels
    ['log rates[0, 0]']
    """

    lines_: list[list[Any]]

    def __init__(
        self,
        *,
        labels: list[str],
        values: list[Array],
        estimates: Array,
        names: list[str] | None = None,
    ) -> None:
        self.labels, self.names = labels, labels if names is None else names
        self.values, self.estimates = values, estimates

    @property
    def steps(self) -> NDArray[np.integer]:
        """Numbers of the steps that are drawn."""
        n = self.values[0].shape[1]
        return np.arange(0, n, -(-n // STEPS))

    @classmethod
    def from_draws(
        cls,
        draws: Any,
        *,
        parameters: str | Iterable[str] | None = None,
        transform: Transform | Mapping[str, Transform] = None,
        ax: Any = None,
    ) -> Self:
        """Draw chains.

        Parameters
        ----------
        draws : Posterior, or mapping of str to array-like of shape (E, T, W, K, ...)
            Of E ensembles, T steps and W walkers, or an object that has such a mapping
            as `draws`. ``value[None]`` makes
            an ensemble of steps and walkers, ``value[None, :, None]`` of a single chain.
        parameters : str or sequence of str, optional
            Names as "sizes", for all its entries, or "sizes[0, 0]". The default takes
            everything that varies.
        transform : {"log", "log10", "logit", "sqrt"}, callable, or mapping, optional
            The scale of all, or by name.
        ax : matplotlib Axes or array of them, optional

        Returns
        -------
        TraceDisplay

        Raises
        ------
        ValueError
            Where a name, a shape or an option is unfit.
        """
        found = entries_of(draws, 3, parameters, transform)
        check_number(found, MOST, "a figure")
        display = cls(
            labels=[entry.label for entry in found],
            values=[entry.values for entry in found],
            estimates=estimates_of(found),
            names=[entry.name for entry in found],
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
        p = len(self.labels)
        axes = self._many(ax, p, 1, (7.0, 0.8 + 1.45 * p), sharex=True).ravel()
        self.lines_ = []
        each = zip(axes, self.names, self.values, self.estimates, strict=True)
        for panel, name, values, estimate in each:
            self.lines_.append(self._panel(panel, values))
            if np.isfinite(estimate):
                panel.axhline(estimate, color=INK, linewidth=1.0, linestyle="--")
            panel.set_ylabel(stacked(name, NAME), fontsize="small")
            panel.locator_params(axis="y", nbins=4)
            panel.tick_params(labelsize="small")
            tidy(panel)
        axes[-1].set_xlabel("step")
        axes[-1].set_xlim(0, max(self.values[0].shape[1] - 1, 1))
        if len(self.values[0]) > 1:
            legend(axes[0], ncols=6, loc="lower left", bbox_to_anchor=(0, 1))
        return self

    def _panel(self, ax: Any, values: Array) -> list[Any]:
        lines = []
        walkers = np.unique(np.linspace(0, values.shape[2] - 1, WALKERS).astype(int))
        strength = float(np.clip(6 / len(walkers), 0.15, 0.9))
        for e, (ensemble, colour) in enumerate(zip(values, colours(len(values)), strict=True)):
            paths = ensemble[np.ix_(self.steps, walkers)]
            lines += ax.plot(self.steps, paths, color=colour, alpha=strength, linewidth=0.6)
            if len(values) > 1:
                ax.plot([], [], color=colour, label=f"ensemble {e}")
        return lines
