"""From the options of a call to walkers at their start."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral

from numpy.random import MT19937, RandomState, SeedSequence
from numpy.typing import ArrayLike

from skmixture.inference.posterior.gibbs.copies import copies_of
from skmixture.inference.posterior.gibbs.labelled import Labelled
from skmixture.inference.posterior.gibbs.temperature import Temperature
from skmixture.inference.posterior.gibbs.walk import Gibbs
from skmixture.inference.posterior.target import Target
from skmixture.inference.posterior.walkers import about_fit

__all__ = ["N_WALKERS", "check_unused", "gibbs"]

# Walkers by default: they do not need one another, and each has labels that are recorded.
N_WALKERS = 8


def gibbs(
    target: Target,
    n_walkers: int,
    n_rows: int,
    sample_weight: ArrayLike | None,
    temperature: Callable[[int], float] | None,
    n_parameter_steps: int,
    entropy: tuple[int, ...],
) -> Gibbs:
    """Walkers about the fit, of data of so many rows.

    Raises
    ------
    ValueError
        Where a temperature, a number or a weight is unfit.
    """
    schedule = Temperature(temperature)
    if (
        not isinstance(n_parameter_steps, Integral)
        or isinstance(n_parameter_steps, bool)
        or n_parameter_steps < 1
    ):
        raise ValueError(
            f"n_parameter_steps must be an int of at least 1, got {n_parameter_steps!r}"
        )
    rows = Labelled(target.likelihood, copies_of(sample_weight, n_rows), target.prior_only)
    start, own = (SeedSequence(entropy, spawn_key=(i,)) for i in range(2))
    rng = RandomState(MT19937(start))
    coordinates = about_fit(target, n_walkers, rng)
    return Gibbs(target, rows, coordinates, own, schedule, int(n_parameter_steps))


def check_unused(temperature: object, n_parameter_steps: object) -> None:
    """Raise a ValueError where options of this method are given to another."""
    if temperature is not None or n_parameter_steps != 1:
        raise ValueError(
            "temperature and n_parameter_steps are for method='gibbs': leave them out, or take it"
        )
