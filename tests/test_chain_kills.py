"""Writers killed at any moment: no finished step is lost, and the chain goes on bit for bit."""

from __future__ import annotations

import os
import time

import emcee
import forks
import pytest
from chains_at_hand import Unbroken, check, grow, opened

from skmixture.inference.posterior.storage import read_chain

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes to kill"),
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]


def check_all(path, unbroken, least):
    """What a reader, emcee and the next writer see; how many steps there are."""
    with read_chain(path) as chain:
        n_steps = chain.n_steps
        assert n_steps >= least
        check(chain, n_steps, unbroken)
    recorder = opened(path, resume=True)
    assert recorder.n_steps == n_steps
    recorder.close()
    if path.exists():
        backend = emcee.backends.HDFBackend(path, name="ensemble_0", read_only=True)
        assert 0 < backend.iteration <= n_steps
        assert len(backend.get_chain()) == len(backend.get_log_prob()) == backend.iteration
    return n_steps


@pytest.mark.parametrize("chain", range(10))
def test_while_it_appends(tmp_path, rng, chain):
    """A hundred kills in all."""
    path, unbroken, n_steps = tmp_path / "chain.h5", Unbroken(), 0

    def write(ready):
        with opened(path, resume=True) as recorder:
            grow(recorder, 1)
            ready()
            while True:
                grow(recorder, 1)

    rng.seed(chain)
    for _ in range(10):
        with forks.fork(write):
            time.sleep(rng.uniform(0, 0.005))
        n_steps = check_all(path, unbroken, n_steps + 1)
    with opened(path, resume=True) as recorder:
        grow(recorder, 5)
    with read_chain(path) as chain:
        check(chain, n_steps + 5, unbroken)


def test_every_step_that_was_appended_is_there(tmp_path):
    """The one just before the kill as well."""
    path, unbroken = tmp_path / "chain.h5", Unbroken()

    def write(ready):
        recorder = opened(path, resume=True)
        grow(recorder, 3)
        forks.die()

    for n_runs in range(1, 6):
        with forks.fork(write):
            pass
        with read_chain(path) as chain:
            check(chain, 3 * n_runs, unbroken)


@pytest.mark.parametrize("chain", range(5))
def test_while_it_finishes(tmp_path, rng, chain):
    """Of writers that finish all the time."""
    path, unbroken, n_steps = tmp_path / "chain.h5", Unbroken(), 0

    def write(ready):
        while True:
            with opened(path, resume=True) as recorder:
                grow(recorder, 20)
            ready()

    rng.seed(chain)
    for _ in range(10):
        with forks.fork(write):
            time.sleep(rng.uniform(0, 0.03))
        n_steps = check_all(path, unbroken, n_steps + 20)


def test_readers_meanwhile(tmp_path):
    """A hundred of them, of a chain that is finished and resumed all the time."""
    path, unbroken, n_steps = tmp_path / "chain.h5", Unbroken(), 1

    def write(ready):
        while True:
            with opened(path, resume=True) as recorder:
                grow(recorder, 1)
                ready()
                grow(recorder, 5)

    with forks.fork(write):
        for _ in range(100):
            with read_chain(path) as chain:
                assert chain.n_steps >= n_steps
                n_steps = chain.n_steps
                check(chain, n_steps, unbroken)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", ["replace", "unlink"])
@pytest.mark.parametrize("n_before", [0, 4])
def test_at_each_stage_of_the_end(tmp_path, before, call, n_before):
    path, unbroken = tmp_path / "chain.h5", Unbroken()
    if n_before:
        with opened(path) as recorder:
            grow(recorder, n_before)

    def write(ready):
        recorder = opened(path, resume=True)
        grow(recorder, 3)
        die_at(call, before, "chain.h5.journal" if call == "unlink" else "chain.h5")
        recorder.finish()

    with forks.fork(write):
        pass
    assert check_all(path, unbroken, n_before + 3) == n_before + 3
    with opened(path, resume=True) as recorder:
        grow(recorder, 2)
    check_all(path, unbroken, n_before + 5)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("call", ["replace", "unlink"])
@pytest.mark.parametrize("finished", [True, False], ids=["finished", "running"])
def test_at_each_stage_of_overwriting(tmp_path, before, call, finished):
    """The old chain is there, or the new one is, and never a bit of both."""
    path, unbroken = tmp_path / "chain.h5", Unbroken()
    recorder = opened(path)
    grow(recorder, 4)
    if finished:
        recorder.finish()
    recorder.close()

    def write(ready):
        die_at(call, before, "chain.h5" if call == "unlink" else "chain.h5.journal")
        opened(path, overwrite=True)

    with forks.fork(write):
        pass
    is_old = call == "replace" and before
    assert check_all(path, unbroken, 0) == (4 if is_old else 0)
    with opened(path, resume=True) as recorder:
        grow(recorder, 2)
    check_all(path, unbroken, 2)


def die_at(call, before, name):
    """Die when a function of `os` is called for this file at last; only in a child."""
    as_ever = getattr(os, call)

    def dying(*paths, **options):
        is_it = os.path.basename(paths[-1]) == name
        if is_it and before:
            forks.die()
        as_ever(*paths, **options)
        if is_it:
            forks.die()

    setattr(os, call, dying)
