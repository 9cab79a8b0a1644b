"""Moves of walkers leave a density as it is."""

from __future__ import annotations

import emcee
import numpy as np
import pytest
from posteriors import CHANCE
from scipy import stats

from skmixture.inference.posterior.moves import Difference, Snooker, default_moves

# Of steps and walkers as many as make p values sharp, and of draws as few as are independent.
N_STEPS, N_WALKERS, THIN, BURN_IN = 9_000, 60, 100, 400
MOVES = {"differences": Difference(), "snooker": Snooker(), "both": default_moves()}


def bent(y):
    """Log density of a normal number, a second one about half its square, and a Laplace one."""
    first, second, third = y.T
    return -0.5 * first**2 - 2.0 * (second - first**2 / 2) ** 2 - np.abs(third)


@pytest.mark.parametrize("moves", MOVES.values(), ids=MOVES)
def test_a_bent_density_is_left_as_it_is(rng, moves):
    start = rng.normal(size=(N_WALKERS, 3))
    sampler = emcee.EnsembleSampler(N_WALKERS, 3, bent, moves=moves, vectorize=True)
    sampler.random_state = np.random.RandomState(1).get_state()
    sampler.run_mcmc(start, N_STEPS)
    first, second, third = sampler.get_chain(discard=BURN_IN, thin=THIN, flat=True).T
    for values, law in (
        (first, stats.norm),
        (2 * (second - first**2 / 2), stats.norm),
        (third, stats.laplace),
    ):
        assert stats.kstest(values, law.cdf).pvalue > CHANCE
