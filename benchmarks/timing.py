"""Times taken in turns, and the time of an iteration's plain arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from time import perf_counter, sleep
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike
from threadpoolctl import threadpool_limits

__all__ = ["Timed", "bare_seconds", "in_turns"]

# What is over in milliseconds takes more turns, until all peers together had this long.
LEAST_SECONDS = 0.5
# Before each turn: OpenBLAS's threads go on spinning for a while after their last product, and
# those of one peer would take a core from the next.
REST = 0.15


class Timed(NamedTuple):
    """The shortest time of several turns, and what the last one returned."""

    seconds: float
    result: Any


def in_turns(
    peers: Mapping[Hashable, Callable[[], Any]],
    repeats: int,
    rest: float = REST,
    threads: Sequence[int | None] = (None, 1),
) -> dict[Hashable, Timed]:
    """Run peers A, B, A, B, ... and keep the shortest time of each.

    Machines are shared: what slows one turn down slows its neighbours down
    as well, and hardly ever all turns of one peer. Unless `threads` says
    otherwise, every other turn has one thread for linear algebra and OpenMP,
    the rest all there are, so that each peer is seen at whichever suits it.

    Parameters
    ----------
    peers : mapping of name to callable
    repeats : int
        Number of turns, more of them where they are very short.
    rest : float
        Seconds before each turn.
    threads : sequence of int or None
        Limits of the turns, one after the other; None sets none.

    Returns
    -------
    dict of name to Timed
    """
    seconds: dict[Hashable, list[float]] = {name: [] for name in peers}
    results = {}
    turns, spent = 0, 0.0
    while turns < repeats or spent < LEAST_SECONDS:
        with threadpool_limits(threads[turns % len(threads)]):
            for name, run in peers.items():
                sleep(rest)
                begin = perf_counter()
                results[name] = run()
                seconds[name].append(perf_counter() - begin)
                spent += seconds[name][-1]
        turns += 1
    return {name: Timed(min(seconds[name]), results[name]) for name in peers}


def bare_seconds(
    n: int, K: int, products: Sequence[tuple[int, int]], dtype: DTypeLike, repeats: int
) -> float:
    """Time on one thread of an EM iteration's matrix products and exponentials alone.

    Per block of rows: the log densities (coefficients times features), one
    exponential each, and the sums (responsibilities times features), with
    the features there already, in cache.

    Parameters
    ----------
    n, K : int
        Rows and components.
    products : sequence of (int, int)
        Rows and columns of each matrix of coefficients.
    dtype : dtype
    repeats : int

    Returns
    -------
    float
    """
    width = sum(columns for _, columns in products)
    size = int(np.clip(4e5 / (width + 2 * K), 64, 4096))
    coefficients = [np.zeros(shape, dtype) for shape in products]
    features = [np.ones((columns, size), dtype) for _, columns in products]
    exponents = np.full((K, size), -1.0, dtype)
    densities = np.empty_like(exponents)

    def block() -> None:
        for matrix, feature in zip(coefficients, features, strict=True):
            product = matrix @ feature
            product @ feature.T
        np.exp(exponents, out=densities)

    def iteration() -> None:
        for _ in range(-(-n // size)):
            block()

    with threadpool_limits(1, user_api="blas"):
        return in_turns({"bare": iteration}, repeats, rest=0.0)["bare"].seconds
