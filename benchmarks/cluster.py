"""Time of an iteration, in memory and on local workers: ``python benchmarks/cluster.py``.

The rows are made in chunks, by a function of the place of the chunk. In memory
they are one array; on the cluster each worker, a process of one thread, holds
its chunks (persisted), or makes them for every pass (made anew).
"""

from __future__ import annotations

import logging
import sys
import warnings
from argparse import ArgumentParser
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np
from numpy.random import RandomState
from run import without_overrides

__all__ = ["main"]

HEADERS = (
    "rows are",
    "chunks",
    "first iteration, s",
    "another, s",
    "log-likelihood",
    "difference",
)
N_FEATURES, N_COMPONENTS = 10, 8
MOST_CHUNKS, N_ITERATIONS = 64, 15
FEW, FEW_NAME = 6_400, "6,400 rows, persisted"
CENTRES = RandomState(0).normal(size=(N_COMPONENTS, N_FEATURES)) * 2


def main() -> None:
    """Print one table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, best of two")
    parser.add_argument("--repeats", type=int, help="turns of each; default 4, or 2")
    options = parser.parse_args()
    without_overrides()
    from table import lay_out, machine

    n = 200_000 if options.quick else 2_000_000
    repeats = options.repeats or (2 if options.quick else 4)
    rows: list[tuple[str, ...]] = []
    reference: dict[bool, float] = {}
    for name, n_chunks, seconds, log_likelihood in _measured(n, repeats):
        of_few = FEW_NAME in name
        difference = f"{log_likelihood - reference.setdefault(of_few, log_likelihood):+.1e}"
        once, more = (f"{time:.3f}" for time in seconds)
        rows.append((name, str(n_chunks), once, more, f"{log_likelihood:.10f}", difference))
        print(f"done: {name}, {n_chunks}", file=sys.stderr, flush=True)
    print(machine())
    print(f"- {n:,} x {N_FEATURES}, K={N_COMPONENTS}, best of {repeats}\n")
    print(lay_out(HEADERS, rows, 1))


def _measured(n: int, repeats: int) -> Iterator[tuple[str, int, tuple[float, float], float]]:
    """Where the rows are, number of chunks, and what `_timed` says of them."""
    import dask
    from distributed import Client, LocalCluster, wait
    from threadpoolctl import threadpool_limits

    with dask.config.set(scheduler="threads"):
        X = _table(n, 16).compute()
    for threads in (1, 2):
        with threadpool_limits(threads):
            name = f"in memory, {threads} {'threads' if threads > 1 else 'thread'}"
            yield name, 1, *_timed(X, repeats)
    del X
    for workers in (1, 2):
        options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
        with LocalCluster(**options, memory_limit=None) as cluster, Client(cluster):
            name = f"on {workers} {'workers' if workers > 1 else 'worker'}"
            for n_chunks in (4, 16, MOST_CHUNKS):
                table = _table(n, n_chunks).persist()
                wait(table)
                yield f"{name}, persisted", n_chunks, *_timed(table, repeats)
                del table
            for n_chunks in (4, MOST_CHUNKS):  # a pass itself, without arithmetic to speak of
                table = _table(FEW, n_chunks).persist()
                wait(table)
                yield f"{name}, {FEW_NAME}", n_chunks, *_timed(table, repeats)
            yield f"{name}, made anew", 16, *_timed(_table(n, 16), max(1, repeats // 2))


class _Clock(logging.Handler):
    """Takes the time whenever an iteration is reported."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.times: list[float] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.times.append(perf_counter())


def _timed(X: Any, repeats: int) -> tuple[tuple[float, float], float]:
    """Seconds up to the first iteration's end, of an iteration, and the mean log-likelihood.

    Machines are shared: the shortest time of any iteration is what other
    work disturbed least.
    """
    from skmixture import GaussianMixture

    start = {
        "weights_init": np.full(N_COMPONENTS, 1 / N_COMPONENTS),
        "means_init": CENTRES + 0.5,
        "precisions_init": np.array([np.eye(N_FEATURES)] * N_COMPONENTS),
    }
    model = GaussianMixture(N_COMPONENTS, **start, tol=0.0, max_iter=N_ITERATIONS)
    logger = logging.getLogger("skmixture")
    level, first, more = logger.level, [], []
    for _ in range(repeats):
        clock = _Clock()
        logger.addHandler(clock)
        logger.setLevel(logging.DEBUG)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged, which was not the aim
            begin = perf_counter()
            model.fit(X)
        logger.removeHandler(clock)
        logger.setLevel(level)
        reports = clock.times[:N_ITERATIONS]
        first.append(reports[0] - begin)
        more += np.diff(reports).tolist()
    return (min(first), min(more)), model.lower_bound_


def _table(n: int, n_chunks: int) -> Any:
    """Rows as a Dask array whose chunks any worker can make: the same for any chunks."""
    import dask.array as da

    zeros = da.zeros((n, N_FEATURES), chunks=(n // n_chunks, N_FEATURES))
    return zeros.map_blocks(_rows, n // MOST_CHUNKS, dtype=float)


def _rows(chunk: Any, step: int, block_info: Any = None) -> Any:
    begin, end = block_info[0]["array-location"][0]
    parts = []
    for seed in range(begin // step, end // step):
        rng = RandomState(seed)
        which = rng.randint(N_COMPONENTS, size=step)
        parts.append(rng.normal(size=(step, N_FEATURES)) + CENTRES[which])
    return np.concatenate(parts)


if __name__ == "__main__":
    main()
