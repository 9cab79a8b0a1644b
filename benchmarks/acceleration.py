"""Count the E-steps that each path needs to the optimum: ``python benchmarks/acceleration.py``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from run import without_overrides

if TYPE_CHECKING:
    from problems import Problem

    from skmixture.engine.state import State

__all__ = ["Counts", "count", "main"]

PATHS = {"EM": None, "SQUAREM": "squarem", "Anderson": "anderson", "L-BFGS": "lbfgs"}
# How near to the optimum, in mean log-likelihood.
GAPS = (1e-7, 1e-10)
# Ends this near to each other are the same.
SAME = 1e-9
# EM may need so many steps; a path that goes wrong shall not take for ever.
MOST_STEPS = 100_000
HEADERS = (
    "problem",
    "starts",
    *PATHS,
    "prototype's EM",
    "prototype's L-BFGS",
    "L-BFGS / prototype's",
)


@dataclass(frozen=True)
class Counts:
    """E-steps of each path, to within each gap of the optimum.

    Attributes
    ----------
    problem : str
    n_starts, n_same : int
        How many starts there were, and from how many all paths end at the
        best optimum.
    medians : mapping of str to tuple of float
        Over these starts, by path: E-steps to each of `GAPS`, those at
        points that were refused among them.
    """

    problem: str
    n_starts: int
    n_same: int
    medians: dict[str, tuple[float, ...]]

    def cells(self) -> tuple[str, ...]:
        """Text of a table's row, in the order of the headers."""
        from problems import PROTOTYPE

        em, lbfgs = PROTOTYPE[self.problem]
        ratios = [
            f"{own / theirs:.2f}" if theirs else "-"
            for own, theirs in zip(self.medians["L-BFGS"], lbfgs, strict=True)
        ]
        return (
            self.problem,
            f"{self.n_same} of {self.n_starts}",
            *(_pair([f"{steps:.0f}" for steps in self.medians[name]]) for name in PATHS),
            *(_pair([str(steps or "-") for steps in steps_of]) for steps_of in (em, lbfgs)),
            _pair(ratios),
        )


def main() -> None:
    """Run all paths on all problems and print the data and one table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the starts")
    options = parser.parse_args()
    without_overrides()
    from problems import problems
    from table import lay_out, machine

    begin, rows = perf_counter(), []
    recipes = []
    for problem in problems():
        # few starts find the best optimum where there are many
        n_starts = (3 if options.quick else 15) * (1 if problem.smooth else 3)
        rows.append(count(problem, n_starts).cells())
        recipes.append(f"- {problem.name}: {problem.recipe}")
        print(f"done: {problem.name}", file=sys.stderr, flush=True)
    print(machine())
    print(f"- {perf_counter() - begin:.0f} s in all\n")
    print("\n".join(recipes) + "\n")
    print(lay_out(HEADERS, rows, 1))


def count(problem: Problem, n_starts: int) -> Counts:
    """E-steps by all paths from starts at the partition by some rows.

    Parameters
    ----------
    problem : Problem
    n_starts : int

    Returns
    -------
    Counts
        Its starts are those from which every path ends at the best optimum.
    """
    starts, ends, histories = problem.starts("rows", range(n_starts)), {}, {}
    for name in reversed(PATHS):
        ends[name], histories[name] = _run(problem, starts, name)
        if len(ends) == 1:  # the quickest path is the first: no other need go where it ends low
            best = np.flatnonzero(ends[name] > ends[name].max() - SAME)
            starts, ends[name] = starts.of_batch(best), ends[name][best]
            histories[name] = [histories[name][b] for b in best]
    optimum = max(values.max() for values in ends.values())
    same = np.logical_and.reduce([values > optimum - SAME for values in ends.values()])
    medians = {}
    for name, by_start in histories.items():
        steps = [[_steps(by_start[b], optimum - gap) for gap in GAPS] for b in np.flatnonzero(same)]
        medians[name] = tuple(np.median(steps, axis=0)) if steps else (np.nan,) * len(GAPS)
    return Counts(problem.name, n_starts, int(same.sum()), medians)


def _run(problem: Problem, starts: State, name: str) -> tuple[np.ndarray, list[list[float]]]:
    """Where a path ends from each start, and its values on the way."""
    from skmixture.engine.iteration import Stopping, iterate

    # EM's own estimate of what remains is good; the others run till rounding stops them
    stopping = Stopping(MOST_STEPS, 1e-12 if name == "EM" else 1e-15, "remaining")
    run = iterate(problem.em, starts, stopping, acceleration=PATHS[name])
    return run.objective, run.histories


def _steps(history: Sequence[float], goal: float) -> float:
    """How many E-steps it takes to find a value of `goal`."""
    reached = np.asarray(history) >= goal
    return float(np.argmax(reached) + 1) if reached.any() else np.inf


def _pair(cells: Sequence[str]) -> str:
    return " / ".join(cells)


if __name__ == "__main__":
    main()
