"""Print how fast the Gaussian mixture is against its peers: ``python benchmarks/run.py``."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from time import perf_counter

__all__ = ["main", "without_overrides"]

# They choose OpenBLAS's kernels; a table is about those that users get.
OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def main() -> None:
    """Run all comparisons and print one table."""
    options = _options()
    without_overrides()
    # only now, because OpenBLAS reads the environment when numpy is imported
    from baselines import compare_lecture
    from peers import compare_defaults, compare_fits, compare_restarts
    from table import machine, markdown

    begin = perf_counter()
    comparisons = []
    for compare in (compare_fits, compare_defaults, compare_restarts, compare_lecture):
        for comparison in compare(options.quick, options.repeats):
            comparisons.append(comparison)
            print(f"done: {comparison.problem}", file=sys.stderr, flush=True)
    size = "a small version" if options.quick else "the full version"
    print(machine())
    print(f"- {size}, best of {options.repeats}, {perf_counter() - begin:.0f} s in all\n")
    print(markdown(comparisons))


def _options() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows, best of two")
    parser.add_argument("--repeats", type=int, help="turns of each peer; default 5, or 2")
    options = parser.parse_args()
    if options.repeats is None:
        options.repeats = 2 if options.quick else 5
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    return options


def without_overrides() -> None:
    """Start the interpreter again if the environment overrides OpenBLAS's choice."""
    environment = {name: value for name, value in os.environ.items() if name not in OVERRIDES}
    if len(environment) < len(os.environ):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


if __name__ == "__main__":
    main()
