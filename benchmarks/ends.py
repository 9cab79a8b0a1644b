"""Compare where EM and L-BFGS end, start by start: ``python benchmarks/ends.py``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from run import without_overrides

if TYPE_CHECKING:
    from problems import Problem

__all__ = ["Ends", "compare", "main"]

KINDS = ("shares", "rows")
# EM runs until there is nothing to gain, L-BFGS by the estimators' default.
EM_TOL, EM_STEPS = 1e-14, 30_000
TOL, STEPS = 1e-12, 10_000
# Ends this near to each other, in mean log-likelihood, are the same.
SAME = 1e-8
HEADERS = (
    "problem",
    "starts",
    "number",
    "same end",
    "L-BFGS below",
    "L-BFGS above",
    "E-steps, EM",
    "E-steps, L-BFGS",
    "EM stopped early",
)


@dataclass(frozen=True)
class Ends:
    """Ends of EM and L-BFGS from the same starts of one kind.

    Attributes
    ----------
    problem, kind : str
    gain : ndarray of shape (n_starts,)
        Mean log-likelihood where L-BFGS ends less that where EM does; start
        number b has seed b.
    em_steps, lbfgs_steps : float
        Medians over the starts.
    n_cut : int
        Starts from which EM had not converged after the most steps.
    """

    problem: str
    kind: str
    gain: np.ndarray
    em_steps: float
    lbfgs_steps: float
    n_cut: int

    def cells(self) -> tuple[str, ...]:
        """Text of a table's row, in the order of the headers."""
        below, above = int((self.gain < -SAME).sum()), int((self.gain > SAME).sum())
        return (
            self.problem,
            self.kind,
            str(len(self.gain)),
            str(len(self.gain) - below - above),
            str(below),
            str(above),
            f"{self.em_steps:.0f}",
            f"{self.lbfgs_steps:.0f}",
            str(self.n_cut),
        )

    def failures(self) -> list[str]:
        """A line for each start from which L-BFGS ends below EM."""
        return [
            f"- {self.problem}, {self.kind}, seed {seed}: below by {-self.gain[seed]:.2e}"
            for seed in np.flatnonzero(self.gain < -SAME)
        ]


def main() -> None:
    """Run both paths from all starts and print one table, and what ends below."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 starts of each kind, not 25")
    options = parser.parse_args()
    without_overrides()
    from problems import problems
    from table import lay_out, machine

    begin, ends = perf_counter(), []
    for problem in problems():
        if problem.smooth:
            for kind in KINDS:
                ends.append(compare(problem, kind, 5 if options.quick else 25))
            print(f"done: {problem.name}", file=sys.stderr, flush=True)
    print(machine())
    print(f"- {perf_counter() - begin:.0f} s in all\n")
    print(lay_out(HEADERS, [row.cells() for row in ends], 2))
    failures = [line for row in ends for line in row.failures()]
    print("\n" + "\n".join(["L-BFGS ends below EM:", *failures] if failures else ["None below."]))


def compare(problem: Problem, kind: str, n_starts: int) -> Ends:
    """Run EM and L-BFGS to their ends.

    Parameters
    ----------
    problem : Problem
    kind : {"shares", "rows"}
    n_starts : int

    Returns
    -------
    Ends
    """
    from skmixture.engine.iteration import Stopping, iterate

    starts = problem.starts(kind, range(n_starts))
    em = iterate(problem.em, starts, Stopping(EM_STEPS, EM_TOL, "remaining"))
    lbfgs = iterate(problem.em, starts, Stopping(STEPS, TOL, "remaining"), acceleration="lbfgs")
    return Ends(
        problem.name,
        kind,
        lbfgs.objective - em.objective,
        float(np.median(em.n_iter)),
        float(np.median(lbfgs.n_iter)),
        int((~em.converged).sum()),
    )


if __name__ == "__main__":
    main()
