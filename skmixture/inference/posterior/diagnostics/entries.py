"""Draws of one number: its chains, their halves and their ranks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

__all__ = ["FEWEST_STEPS", "Entry", "by_entry", "check_draws", "entries_of"]

Array = NDArray[np.floating]

# R-hat needs two steps in each half of a chain.
FEWEST_STEPS = 4


class Entry:
    """All draws of one number.

    Parameters
    ----------
    raw : ndarray of shape (E, T, W)
        Of E ensembles, T steps and W walkers.

    Attributes
    ----------
    values : ndarray of shape (E, T, W)
        Less their mean, and of a size that can be squared.
    """

    def __init__(self, raw: Array) -> None:
        self.raw = np.ascontiguousarray(raw)
        # a power of two, which rounds nothing
        self.scale = 2.0 ** (np.frexp(np.abs(self.raw).max())[1] - 1)
        values = self.raw / self.scale
        self._centre = values.mean()
        self.values = values - self._centre

    @property
    def constant(self) -> bool:
        """Whether all draws are the same."""
        return bool(self.raw.min() == self.raw.max())

    @property
    def mean(self) -> float:
        """Mean of the draws."""
        return float(self.raw[0, 0, 0] if self.constant else self.scale * self._centre)

    @property
    def sd(self) -> float:
        """Standard deviation of the draws, about their own mean."""
        if self.raw.size < 2:
            return np.nan
        return 0.0 if self.constant else float(self.scale * self.values.std(ddof=1))

    @cached_property
    def halves(self) -> Array:
        """Each walker's chain cut in two: (E, 2 W, T // 2), without the middle of an odd one."""
        return halved(self.values)

    @cached_property
    def scores(self) -> Array:
        """Normal scores of the halves."""
        return normal_scores(halved(self.raw))

    @cached_property
    def folded_scores(self) -> Array:
        """Normal scores of the distances of the halves from the median."""
        halves = halved(self.raw / self.scale)  # ranks of what nothing has rounded
        return normal_scores(np.abs(halves - np.median(halves)))


def halved(values: Array) -> Array:
    """Both halves (E, 2 W, T // 2) of chains (E, T, W)."""
    half = values.shape[1] // 2
    both = np.concatenate([values[:, :half], values[:, values.shape[1] - half :]], axis=2)
    return np.ascontiguousarray(both.swapaxes(1, 2))


def normal_scores(values: Array) -> Array:
    """Quantiles of the normal distribution at the ranks (Blom 1958), ties at their mean."""
    ranks = rankdata(values.ravel()).reshape(values.shape)
    return np.asarray(ndtri((ranks - 0.375) / (values.size + 0.25)))


def check_draws(draws: ArrayLike, name: str = "draws") -> Array:
    """Finite draws (E, T, W, ...); raise a ValueError otherwise."""
    try:
        checked = np.asarray(draws, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of real numbers") from error
    if checked.ndim < 3 or 0 in checked.shape[:3]:
        raise ValueError(
            f"{name} must have the shape (ensembles, steps, walkers, ...), with one of each at "
            f"least, got {checked.shape}"
        )
    amiss = ~np.isfinite(checked)
    if amiss.any():
        place = tuple(int(i) for i in np.unravel_index(int(np.argmax(amiss)), amiss.shape))
        raise ValueError(
            f"{name} has {int(amiss.sum())} values that are not finite, the first, "
            f"{checked[place]}, at {place}: leave out the steps that hold them"
        )
    return checked


def entries_of(draws: Array) -> list[Array]:
    """Draws (E, T, W) of each number of a parameter, in the order of numpy.ndindex."""
    flat = draws.reshape(*draws.shape[:3], -1)
    return [flat[..., place] for place in range(flat.shape[-1])]


def by_entry(function: Callable[[Entry], float], draws: ArrayLike) -> Any:
    """What a function makes of each number (...) of draws (E, T, W, ...).

    NaN where all draws of a number are the same, for that may be as it should
    be or the sampler's failure.
    """
    checked = check_draws(draws)
    entries = map(Entry, entries_of(checked))
    found = [np.nan if entry.constant else function(entry) for entry in entries]
    return np.array(found, dtype=float).reshape(checked.shape[3:])[()]
