"""Draws in a table: a row for each number, what it is and how well it is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.estimator.scoring.naming import index_names, name_of
from skmixture.inference.posterior.diagnostics.autocorrelation import time_of
from skmixture.inference.posterior.diagnostics.effective import size_of
from skmixture.inference.posterior.diagnostics.entries import Entry, check_draws, entries_of
from skmixture.inference.posterior.diagnostics.rhat import nested_of, split_of
from skmixture.inference.table import Table, like_error, percent, rounded

__all__ = ["Summary", "summarise"]

Array = NDArray[np.floating]
Calling = Callable[[str, tuple[int, ...]], Mapping[tuple[int, ...], str]]

LEVELS = (0.025, 0.5, 0.975)
# Of the columns that have no unit of the parameter's.
DECIMALS = {"tau": 1, "ess": 0, "ess_tail": 0, "split_rhat": 3, "nested_rhat": 3}


@dataclass(frozen=True, repr=False, eq=False)
class Summary(Table):
    """A table of draws, which is a mapping of its columns (r,) by name.

    Made by `summarise`. Columns are "mean", "sd", the quantiles ("2.5%",
    "50%", "97.5%"), "tau" (autocorrelation time, in steps), "ess" and
    "ess_tail" (effective sample sizes), "mcse" (standard error of the mean by
    simulation), "split_rhat" and "nested_rhat". The last six are NaN, or a dash,
    where a number never changes or chains are too short to tell.

    Attributes
    ----------
    names : tuple of str of length r
        Of the rows: ``means[0, 1]``, or ``means[0, waiting]`` where columns of
        the data have names.
    places : tuple of str of length r
        The same by index alone.
    columns : dict of str to ndarray of shape (r,)
    n_ensembles, n_steps, n_walkers : int
    acceptance : ndarray of shape (E,) or None
        The part of the proposals that each ensemble accepted.
    """

    n_ensembles: int
    n_steps: int
    n_walkers: int
    acceptance: Array | None = None

    def _cells(self, row: Mapping[str, float]) -> list[str]:
        """Numbers to the third digit of the spread, the error to its second."""
        return [
            rounded(value, DECIMALS[column])
            if column in DECIMALS
            else like_error(value, 10 * value if column == "mcse" else row["sd"])
            for column, value in row.items()
        ]

    def _foot(self) -> str:
        foot = (
            f"{self.n_ensembles} ensembles of {self.n_walkers} walkers, {self.n_steps} steps"
            if self.n_ensembles > 1
            else f"{self.n_walkers} walkers, {self.n_steps} steps"
        )
        if self.acceptance is not None:
            foot += f"; accepted {', '.join(f'{part:.3f}' for part in self.acceptance)}"
        return foot


def summarise(
    draws: Mapping[str, ArrayLike],
    *,
    quantiles: Sequence[float] = LEVELS,
    acceptance: ArrayLike | None = None,
    called: Calling = index_names,
) -> Summary:
    """A table of draws: what each number is, and how well it is known.

    Parameters
    ----------
    draws : mapping of str to array-like of shape (E, T, W, ...)
        By the parameter's name, of E ensembles, T steps and W walkers.
    quantiles : sequence of float, default=(0.025, 0.5, 0.975)
        Levels between 0 and 1.
    acceptance : array-like of shape (E,), optional
        The part of the proposals that each ensemble accepted.
    called : callable, optional
        From a parameter's name and shape (...) to a dict of what its numbers are called, by
        place. Those that are not in it have no row.

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        Where draws are not finite or differ in their first three axes, or an
        option is unfit.

    See Also
    --------
    autocorrelation_time, effective_sample_size, monte_carlo_error, split_rhat, nested_rhat :
        Each column, with its source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.diagnostics.summary import summarise
    >>> means = np.random.RandomState(0).normal([10, 20], size=(2, 500, 8, 2))
    >>> summarise({"means": means}, quantiles=[0.5], acceptance=[0.41, 0.43])
                mean     sd     50%  tau   ess  ess tail   mcse  split rhat  nested rhat
    means[0]   9.992  0.995   9.987  1.0  7769      7692  0.011       1.000        1.000
    means[1]  19.989  0.984  19.973  1.0  8358      8059  0.011       1.000        1.000
    2 ensembles of 8 walkers, 500 steps; accepted 0.410, 0.430
    """
    levels = _checked_levels(quantiles)
    checked = {name: check_draws(value, f"draws[{name!r}]") for name, value in draws.items()}
    if not checked:
        raise ValueError("draws must have a parameter at least")
    shapes = {name: value.shape[:3] for name, value in checked.items()}
    (first, shape), *others = shapes.items()
    for name, other in others:
        if other != shape:
            raise ValueError(
                f"draws of all parameters must have the same ensembles, steps and walkers, but "
                f"those of {first!r} are {shape} and those of {name!r} are {other}"
            )
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for name, value in checked.items():
        labels = called(name, value.shape[3:])
        for place, entry in zip(np.ndindex(value.shape[3:]), entries_of(value), strict=True):
            if place in labels:
                rows[labels[place], name_of(name, place)] = _row(Entry(entry), levels)
    return Summary(
        names=tuple(name for name, _ in rows),
        places=tuple(place for _, place in rows),
        columns={
            column: np.array([row[column] for row in rows.values()])
            for column in _row(Entry(np.zeros((1, 1, 1))), levels)
        },
        n_ensembles=shape[0],
        n_steps=shape[1],
        n_walkers=shape[2],
        acceptance=_checked_acceptance(acceptance, shape),
    )


def _row(entry: Entry, levels: Array) -> dict[str, float]:
    row = {"mean": entry.mean, "sd": entry.sd}
    row |= zip(map(percent, levels), np.quantile(entry.raw, levels).tolist(), strict=True)
    told = not entry.constant
    row["tau"] = time_of(entry) if told else np.nan
    row["ess"] = size_of(entry, "bulk") if told else np.nan
    row["ess_tail"] = size_of(entry, "tail") if told else np.nan
    row["mcse"] = entry.sd / np.sqrt(size_of(entry, "mean")) if told else np.nan
    row["split_rhat"] = split_of(entry) if told else np.nan
    row["nested_rhat"] = nested_of(entry) if told else np.nan
    return row


def _checked_levels(quantiles: Sequence[float]) -> Array:
    levels = np.asarray(quantiles, dtype=float)
    if levels.ndim != 1 or not ((levels > 0) & (levels < 1)).all():
        raise ValueError(f"quantiles must be levels between 0 and 1, got {quantiles!r}")
    return levels


def _checked_acceptance(acceptance: ArrayLike | None, shape: tuple[int, ...]) -> Array | None:
    if acceptance is None:
        return None
    parts = np.asarray(acceptance, dtype=float)
    if parts.shape != shape[:1] or not ((parts >= 0) & (parts <= 1)).all():
        raise ValueError(
            f"acceptance must have a number from 0 to 1 for each of {shape[0]} ensembles, got "
            f"{acceptance!r}"
        )
    return parts
