"""A criterion against the number of components."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.display.canvas import Display
from skmixture.display.lines import check_columns, lines_of, place_of, table_of
from skmixture.display.searches import drawn_of
from skmixture.display.style import INK, MUTED, colours, spelled, tidy

__all__ = ["SelectionDisplay"]

Array = NDArray[np.floating]

MARKS = "osD^vP"
# Entries of a legend that find room within the axes.
FEW = 4


class SelectionDisplay(Display):
    """A criterion by the number of components, a line for each option of the family.

    Made by :meth:`from_results` of a table, or :meth:`from_arrays`.

    Attributes
    ----------
    n_components, values : list of ndarray
        Of each line.
    errors : list of ndarray or None
    options : list of str
        What each line is, "" where there is one only.
    others : list of str
        What else sets a line apart from others of its option and colour; "" where nothing does.
    best : tuple of (int, int)
        Line and place of what was chosen; of the best value where nothing was.
    greater_is_better : bool
    level : float or None
        Up to which p-value a test rejects, drawn as a line.
    ax_, figure_ : matplotlib Axes and Figure
    lines_ : list of artists
    best_ : artist

    Examples
    --------
    >>> from skmixture.display import SelectionDisplay
    >>> display = SelectionDisplay.from_arrays([1, 2, 3], [2607.6, 2322.2, 2333.7], criterion="bic")
    >>> display.best_n_components
    2
    """

    lines_: list[Any]
    best_: Any

    def __init__(
        self,
        *,
        n_components: list[NDArray],
        values: list[Array],
        errors: list[Array] | None,
        options: list[str],
        criterion: str,
        greater_is_better: bool,
        label: str | None = None,
        chosen: tuple[int, int] | None = None,
        level: float | None = None,
        others: list[str] | None = None,
    ) -> None:
        self.n_components, self.values, self.errors = n_components, values, errors
        self.options, self.criterion = options, criterion
        self.greater_is_better = greater_is_better
        self.label = criterion if label is None else label
        self.chosen, self.level = chosen, level
        self.others = [""] * len(options) if others is None else others

    @property
    def best(self) -> tuple[int, int]:
        """Line and place of what was chosen, or of the best value; the first of equals."""
        if self.chosen is not None:
            return self.chosen
        sign = -1 if self.greater_is_better else 1
        least = [
            float(np.nanmin(sign * line)) if np.isfinite(line).any() else np.inf
            for line in self.values
        ]
        line = int(np.argmin(np.array(least)))
        return line, int(np.nanargmin(sign * self.values[line]))

    @property
    def best_n_components(self) -> int:
        """The number of components with the best value."""
        line, place = self.best
        return int(self.n_components[line][place])

    @classmethod
    def from_arrays(
        cls,
        n_components: ArrayLike,
        values: ArrayLike | Mapping[str, ArrayLike],
        *,
        criterion: str = "criterion",
        errors: ArrayLike | None = None,
        greater_is_better: bool | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw values by the number of components.

        Parameters
        ----------
        n_components : array-like of shape (n,)
        values : array-like of shape (n,), or mapping of str to such
            NaN where there is no value. A mapping has a line for each option.
        criterion : str, default="criterion"
        errors : array-like of shape (n,), optional
            Standard errors of the values.
        greater_is_better : bool, optional
            By default True for scores: where the name of the criterion has "score" or
            "likelihood" in it, or is "held_out", "p_value", ``"mean_test_..."`` or
            ``"split0_test_..."``.
        ax : matplotlib Axes, optional

        Returns
        -------
        SelectionDisplay

        Raises
        ------
        ValueError
            Where shapes differ.
        """
        table, several = table_of(n_components, values, criterion, errors)
        return cls.from_results(
            table,
            criterion=criterion,
            by="option" if several else None,
            error=None if errors is None else "error",
            greater_is_better=greater_is_better,
            ax=ax,
        )

    @classmethod
    def from_results(
        cls,
        results: Any,
        *,
        criterion: str | None = None,
        by: str | None = None,
        error: str | None = None,
        greater_is_better: bool | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw a table of fits.

        By the criterion of a selection or a search its own choice is marked, which need not
        have the best value (as with ``one_standard_error=True``).

        Parameters
        ----------
        results : MixtureSelection, GridSearchCV or other search, mapping of str to list, DataFrame
            Of a search the table is `cv_results_`. Tables have a column "n_components" (or
            "param_n_components", or one of a pipeline's step) and one of the criterion.
        criterion : str, optional
            The column that is drawn. By default what the selection or the search chose by; "bic"
            of a table, or "mean_test_score".
        by : str, optional
            The column of options: a colour for each value. By default selections and searches have
            a colour for each combination of all that differs beside the number of components.
            What differs beside `by` has lines of their own in its colour.
        error : str, optional
            The column of standard errors; "held_out_error" of a selection by "cv".
        greater_is_better : bool, optional
            By default by the name of the column, as in :meth:`from_arrays`. What `bic_scorer` and
            the like gave to a search is turned back into the criterion. Where it is given,
            columns are drawn as they are, and the best value is marked.
        ax : matplotlib Axes, optional

        Returns
        -------
        SelectionDisplay

        Raises
        ------
        ValueError
            Where a column is missing, or there is nothing to draw.
        TypeError
            Where this is no search and no table.
        NotFittedError
        """
        drawn = drawn_of(results, criterion, by, error, greater_is_better)
        check_columns(drawn)
        K = np.asarray(drawn.table[drawn.count], dtype=int)
        value = np.asarray(drawn.table[drawn.criterion], dtype=float)
        if not np.isfinite(value).any():
            raise ValueError(f"{drawn.criterion!r} has no finite value to draw")
        options, others, groups = lines_of(drawn, K)
        errors = None if drawn.error is None else np.asarray(drawn.table[drawn.error], dtype=float)
        display = cls(
            n_components=[K[group] for group in groups],
            values=[-value[group] if drawn.turned else value[group] for group in groups],
            errors=None if errors is None else [errors[group] for group in groups],
            options=options,
            others=others,
            criterion=drawn.criterion,
            greater_is_better=drawn.greater_is_better,
            label=drawn.label,
            chosen=None if drawn.best is None else place_of(drawn.best, groups),
            level=drawn.level,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw what was computed, again or elsewhere.

        Parameters
        ----------
        ax : matplotlib Axes, optional

        Returns
        -------
        self
        """
        from matplotlib.ticker import MaxNLocator

        ax = self._one(ax)
        self.lines_ = []
        kinds = list(dict.fromkeys(self.options))
        palette = dict(zip(kinds, zip(colours(len(kinds)), cycle(MARKS)), strict=False))
        for i, (K, values) in enumerate(zip(self.n_components, self.values, strict=True)):
            colour, mark = palette[self.options[i]]
            # numbers that come twice are of fits that nothing tells apart: no line joins them
            line = 1.4 if len(set(K)) == len(K) else 0
            style = {"color": colour, "marker": mark, "markersize": 5, "linewidth": line}
            if self.errors is not None:
                ax.errorbar(K, values, self.errors[i], color=colour, linewidth=1, capsize=2, ls="")
            self.lines_ += ax.plot(K, values, label=self._line_spelled(i), **style)
        if self.level is not None:
            style = {"color": MUTED, "linewidth": 1, "linestyle": "--"}
            ax.axhline(self.level, label=f"level {spelled(self.level)}", **style)
        self._mark_best(ax)
        ax.set_xlabel("number of components K")
        ax.set_ylabel(self.label)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12, min_n_ticks=1))
        ax.yaxis.get_major_formatter().set_useOffset(False)
        ax.grid(axis="y", color=MUTED, alpha=0.2, linewidth=0.8)
        ax.margins(0.07, 0.12)
        tidy(ax)
        self._with_legend(FEW)
        return self

    def _mark_best(self, ax: Any) -> None:
        """A ring around the best value; a line where there is none, as of the last of the tests."""
        line, place = self.best
        K, value = self.n_components[line][place], self.values[line][place]
        label = f"best: {self._best_spelled()}"
        if np.isfinite(value):
            ring = {"mfc": "none", "mec": INK, "markersize": 13, "mew": 1.6}
            (self.best_,) = ax.plot(K, value, "o", label=label, **ring)
        else:
            self.best_ = ax.axvline(K, color=INK, linewidth=1.6, label=label)

    def _line_spelled(self, line: int) -> str | None:
        """What a line is, of several of an option the first; one without values is told as such."""
        option = self.options[line]
        alike = [i for i, other in enumerate(self.options) if other == option]
        if not option or line != alike[0]:
            return None
        failed = not any(np.isfinite(self.values[i]).any() for i in alike)
        return option + (" (no value)" if failed else "")

    def _best_spelled(self) -> str:
        line = self.best[0]
        told = [f"K = {self.best_n_components}", self.options[line], self.others[line]]
        return ", ".join(filter(None, told))
