"""Print what a second thread gives: ``python benchmarks/threads.py``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from functools import partial
from time import perf_counter
from typing import Any

from run import without_overrides

__all__ = ["main"]

HEADERS = ("problem", "1 thread, ms", "2 threads, ms", "ratio")


def main() -> None:
    """Time an iteration of every large problem on one thread and on two."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    without_overrides()
    from peers import CASES, draw, fit, start
    from table import lay_out, machine
    from threadpoolctl import threadpool_limits

    rows = []
    for case in CASES:
        if case.n < 1000:
            continue
        X = draw(case)
        given = {"covariance_type": case.covariance_type, "tol": 0, **start(case)}
        run = partial(fit, "skmixture", X, case.K, **given)
        best: dict[tuple[int, int], float] = {}
        for _ in range(options.repeats):
            for threads in (1, 2):
                with threadpool_limits(threads, user_api="blas"):
                    for max_iter in (case.short, case.long):
                        seconds = _seconds(run, max_iter)
                        known = best.get((threads, max_iter), seconds)
                        best[threads, max_iter] = min(known, seconds)
        one, two = (
            1e3 * (best[threads, case.long] - best[threads, case.short]) / (case.long - case.short)
            for threads in (1, 2)
        )
        rows.append((str(case), f"{one:.1f}", f"{two:.1f}", f"{one / two:.2f}"))
        print(f"done: {case}", file=sys.stderr, flush=True)
    print(machine() + "\n")
    print(lay_out(HEADERS, rows, 1))


def _seconds(run: Any, max_iter: int) -> float:
    begin = perf_counter()
    run(max_iter=max_iter)
    return perf_counter() - begin


if __name__ == "__main__":
    main()
