"""Processes killed while they sample: the chain goes on as if nothing had been."""

from __future__ import annotations

import os
import time

import forks
import numpy as np
import pytest

from skmixture import PoissonMixture
from skmixture.inference import sample_posterior
from skmixture.inference.posterior.storage import read_chain

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes to kill"),
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]

PER_CALL = 30
N_KILLS = 10


@pytest.fixture(scope="module")
def sampled():
    """A function that samples so many steps, in memory or on file."""
    X = np.random.RandomState(0).poisson(np.repeat([2.0, 15.0], [20, 30]))[:, None]
    model = PoissonMixture(2, order_by="rates", random_state=0).fit(X)

    def sample(n_steps, **options):
        return sample_posterior(
            model, X, n_walkers=24, n_ensembles=2, n_burn_in=20, n_steps=n_steps, random_state=0,
            **options,
        )  # fmt: skip

    return sample


@pytest.fixture(scope="module")
def unbroken(sampled):
    return sampled(1500)


@pytest.fixture(scope="module")
def longest(sampled, tmp_path_factory):
    """Seconds in which a process starts, burns in, samples, finishes and begins anew."""
    begin = time.perf_counter()
    sampled(PER_CALL, backend=tmp_path_factory.mktemp("timed") / "chain.h5")
    return 1.5 * (time.perf_counter() - begin)


def check_same(posterior, unbroken):
    n = posterior.n_steps
    assert 0 < n <= unbroken.n_steps
    for name in ("coordinates", "log_prob", "accepted"):
        np.testing.assert_array_equal(getattr(posterior, name), getattr(unbroken, name)[:n])


@pytest.mark.parametrize("chain", range(10))
def test_killed_at_any_moment(tmp_path, rng, sampled, unbroken, longest, chain):
    """S0.13: A hundred times in all; each time another process goes on, for a step at least."""
    path, n_steps = tmp_path / "chain.h5", 0

    def run(ready):
        ready()
        while True:
            sampled(PER_CALL, backend=path, resume=True)

    rng.seed(chain)
    for _ in range(N_KILLS):
        with forks.fork(run):
            time.sleep(rng.uniform(0, longest))
        left = n_steps
        if path.exists() or path.with_name("chain.h5.journal").exists():
            with read_chain(path) as there:
                left = there.n_steps
                assert left >= n_steps
        if left == n_steps:  # the machine has become slower than it was
            longest *= 1.5
        posterior = sampled(1, backend=path, resume=True)
        check_same(posterior, unbroken)
        assert posterior.n_steps > n_steps
        n_steps = posterior.n_steps
    assert n_steps > N_KILLS  # those that were killed have left some
