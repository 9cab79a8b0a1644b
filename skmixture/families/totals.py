"""Rows of counts of several kinds, which share out the trials of the row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse, special

from skmixture.families.counts import over_columns, over_entries
from skmixture.families.trials import Trials
from skmixture.law.family import Array, Arrays

__all__ = ["SMALLEST_PART", "Totals", "draw_parts", "log_arrangements", "row_totals", "shares"]

# A kind that a component never shows keeps this probability, so that its log is finite.
SMALLEST_PART = 1e-300


class Totals(Trials):
    """Laws of counts of d kinds given their total, the number of trials of the row.

    Densities read the totals from the rows. Numbers of trials, as a setting or
    by row, are what is drawn, and are checked against rows that come.
    """

    absorbing = True
    why_whole = ", because its columns share out the total of a row"

    def check_settings(self) -> None:
        super().check_settings()
        if np.ndim(self.n_trials):  # type: ignore[arg-type]
            raise ValueError(
                f"The 'n_trials' parameter of {type(self).__name__} must be one number, the "
                f"total of each row. Got {self.n_trials!r} instead."
            )

    def check_rows(self, X: Any, side: Arrays) -> None:
        super().check_rows(X, side)
        if self.n_trials is None and not side:
            return
        totals, trials = row_totals(X), self.trials(side)
        amiss = totals != (trials[..., 0] if trials.ndim else trials)
        if amiss.any():
            row = int(np.argmax(amiss))
            expected = np.broadcast_to(trials.reshape(-1), totals.shape)[row]
            raise ValueError(
                f"row {row} of X has the sum {totals[row]:g}, but its n_trials is {expected:g}"
            )

    def possible(self, X: NDArray, side: Arrays) -> NDArray[np.bool_]:
        counted = super().possible(X, side)
        if self.n_trials is None and not side:
            return counted
        trials = self.trials(side)
        return counted & (row_totals(X) == (trials[..., 0] if trials.ndim else trials))

    def one_total(self) -> int:
        """Trials of a row where nothing else is said: the setting, or 1."""
        return 1 if self.n_trials is None else int(np.asarray(self.n_trials))


def row_totals(X: Any) -> Array:
    """Sums (..., n) of rows, dense or sparse."""
    return np.asarray(X.sum(axis=-1), dtype=float)


def log_arrangements(X: Any) -> Array:
    """Log multinomial coefficients (..., n): the total's factorial over those of the parts."""
    parts = over_columns(lambda x: special.gammaln(x + 1.0), X)
    return np.asarray(special.gammaln(row_totals(X) + 1.0) - parts)


def shares(sums: Array, present: NDArray[np.bool_] | bool = True) -> Array:
    """Sums (..., d) over their total, each kept above 0; alike where all sums are 0."""
    tiny = np.finfo(float).tiny
    sums = np.where(present, sums + tiny, 0.0)
    parts = np.where(present, np.maximum(sums / sums.sum(-1, keepdims=True), SMALLEST_PART), 0.0)
    return np.asarray(parts / parts.sum(axis=-1, keepdims=True))


def root_features(X: Any) -> Any:
    """Twice the roots of shares, in which multinomial shares have the same variance throughout."""
    safe = np.maximum(row_totals(X), 1.0)
    if sparse.issparse(X):
        X = X.multiply(1 / safe[:, None]).tocsr()
    else:
        X = X / safe[:, None]
    return over_entries(lambda share: 2 * np.sqrt(share), X)


def draw_parts(rng: RandomState, trials: Array, probs: Array) -> NDArray:
    """Multinomial counts (n, d) by numbers of trials (n or 1, 1) and probabilities (n, d).

    Each kind is binomial among the trials that those before it leave.
    """
    left = np.broadcast_to(np.asarray(trials, dtype=np.int64).reshape(-1), len(probs)).copy()
    rest = np.cumsum(probs[:, ::-1], axis=1)[:, ::-1]
    drawn = np.empty(probs.shape, dtype=np.int64)
    for j in range(probs.shape[1] - 1):
        chance = probs[:, j] / np.maximum(rest[:, j], SMALLEST_PART)
        drawn[:, j] = rng.binomial(left, np.minimum(chance, 1.0))
        left -= drawn[:, j]
    drawn[:, -1] = left
    return drawn
