"""A criterion against the number of components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.display.canvas import Display
from skmixture.display.style import INK, MUTED, colours, legend, tidy

__all__ = ["SelectionDisplay"]

Array = NDArray[np.floating]

MARKS = "osD^vP"
# What is known of the candidates of a selection.
OF_CANDIDATES = (
    "n_components", "log_likelihood", "aic", "bic", "icl", "held_out", "held_out_error",
)  # fmt: skip
COUNT = ("n_components", "param_n_components")


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
    best : tuple of (int, int)
        Line and place of the best value.
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
    ) -> None:
        self.n_components, self.values, self.errors = n_components, values, errors
        self.options, self.criterion = options, criterion
        self.greater_is_better = greater_is_better

    @property
    def best(self) -> tuple[int, int]:
        """Line and place of the best value; the first of equals."""
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
            By default True where the name of the criterion has "score" or "likelihood" in it.
        ax : matplotlib Axes, optional

        Returns
        -------
        SelectionDisplay

        Raises
        ------
        ValueError
            Where shapes differ.
        """
        lines = values if isinstance(values, Mapping) else {"": values}
        table: dict[str, list[Any]] = {"n_components": [], "option": [], criterion: [], "error": []}
        for option, line in lines.items():
            if np.shape(line) != np.shape(n_components):
                raise ValueError(
                    f"values must have the shape of n_components, {np.shape(n_components)}, "
                    f"got {np.shape(line)}"
                )
            table["n_components"] += list(np.asarray(n_components))
            table["option"] += [option] * np.size(line)
            table[criterion] += list(np.asarray(line, dtype=float))
            table["error"] += [np.nan] * np.size(line) if errors is None else list(np.ravel(errors))
        return cls.from_results(
            table,
            criterion=criterion,
            by="option" if len(lines) > 1 else None,
            error=None if errors is None else "error",
            greater_is_better=greater_is_better,
            ax=ax,
        )

    @classmethod
    def from_results(
        cls,
        results: Any,
        *,
        criterion: str = "bic",
        by: str | None = None,
        error: str | None = None,
        greater_is_better: bool | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw a table of fits.

        Parameters
        ----------
        results : MixtureSelection, mapping of str to list, DataFrame, or object with such a table
            The table is `cv_results_` of a `GridSearchCV`, and made of `results_` of a
            `MixtureSelection`, with a line for each option. It has a column
            "n_components" (or "param_n_components") and one of the criterion.
        criterion : str, default="bic"
            The column that is drawn.
        by : str, optional
            The column of options: a line for each value.
        error : str, optional
            The column of standard errors.
        greater_is_better : bool, optional
            By default True where the name of the criterion has "score" or "likelihood" in it.
        ax : matplotlib Axes, optional

        Returns
        -------
        SelectionDisplay

        Raises
        ------
        ValueError
            Where a column is missing, or there is nothing to draw.
        """
        table = getattr(results, "results_", getattr(results, "cv_results_", results))
        if isinstance(table, list):
            table = _by_column(table)
            by = "option" if by is None and len(set(table["option"])) > 1 else by
        count = next((name for name in COUNT if name in table), None)
        if count is None:
            raise ValueError(f"results must have a column 'n_components', got {list(table)}")
        for name in (criterion, *filter(None, (by, error))):
            if name not in table:
                raise ValueError(f"{name!r} is no column of the results: {list(table)}")
        K, value = np.asarray(table[count], dtype=int), np.asarray(table[criterion], dtype=float)
        if not np.isfinite(value).any():
            raise ValueError(f"{criterion!r} has no finite value to draw")
        if by is None:
            options, groups = [""], [np.arange(len(K))]
        else:
            of_row = [str(option) for option in table[by]]
            options = list(dict.fromkeys(of_row))
            groups = [np.flatnonzero([o == option for o in of_row]) for option in options]
        groups = [group[np.argsort(K[group], kind="stable")] for group in groups]
        if greater_is_better is None:
            greater_is_better = any(word in criterion for word in ("score", "likelihood"))
        errors = None if error is None else np.asarray(table[error], dtype=float)
        display = cls(
            n_components=[K[group] for group in groups],
            values=[value[group] for group in groups],
            errors=None if errors is None else [errors[group] for group in groups],
            options=options,
            criterion=criterion,
            greater_is_better=greater_is_better,
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
        for i, (K, values, colour) in enumerate(
            zip(self.n_components, self.values, colours(len(self.values)), strict=True)
        ):
            mark = MARKS[i % len(MARKS)]
            style = {"color": colour, "marker": mark, "markersize": 5, "linewidth": 1.4}
            if self.errors is not None:
                ax.errorbar(K, values, self.errors[i], color=colour, linewidth=1, capsize=2, ls="")
            (line,) = ax.plot(K, values, label=self.options[i] or None, **style)
            self.lines_.append(line)
        line, place = self.best
        (self.best_,) = ax.plot(
            self.n_components[line][place], self.values[line][place], "o", mfc="none", mec=INK,
            markersize=13, mew=1.6, label=f"best: {self._best_spelled()}",
        )  # fmt: skip
        ax.set_xlabel("number of components K")
        ax.set_ylabel(self.criterion.upper() if len(self.criterion) <= 4 else self.criterion)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12, min_n_ticks=1))
        ax.yaxis.get_major_formatter().set_useOffset(False)
        ax.grid(axis="y", color=MUTED, alpha=0.2, linewidth=0.8)
        ax.margins(0.07, 0.12)
        tidy(ax)
        legend(ax)
        return self

    def _best_spelled(self) -> str:
        option = self.options[self.best[0]]
        return f"K = {self.best_n_components}" + (f", {option}" if option else "")


def _by_column(results: list[Any]) -> dict[str, list[Any]]:
    """Records of candidates as columns, with what sets them apart beside their size."""
    several = len({one.name for one in results}) > 1

    def option(one: Any) -> str:
        told = [f"{k}={v!r}" for k, v in one.params.items() if k != "n_components"]
        return ", ".join([*([one.name] if several else []), *told])

    columns = {name: [getattr(one, name) for one in results] for name in OF_CANDIDATES}
    return {"option": [option(one) for one in results], **columns}
