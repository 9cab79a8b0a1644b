"""Starts that run together, in batches that memory holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skmixture.callbacks import Watch
from skmixture.engine.em import EM
from skmixture.engine.iteration import Report, Run, Stopping, iterate
from skmixture.fit.progress import Printer
from skmixture.fit.rounds import Over, Round, Starts

__all__ = ["Runner"]

# Numbers in the states of one batch: accelerated, each takes a hundred more to remember.
MOST_NUMBERS = 20_000


@dataclass
class Runner:
    """How starts are run, and who is told.

    Attributes
    ----------
    acceleration : str or None
    printer : Printer or None
        Where there is one, each start runs alone.
    watch : Watch or None
    chance : bool
        Whether ends that owe their height to chance come last.
    dropped : list of str
        Reasons of starts that came to nothing.
    n_more, n_collapsed : int
        Starts that were made of ends; how many of all came to collapsed components.
    """

    acceleration: str | None
    printer: Printer | None
    watch: Watch | None
    chance: bool
    dropped: list[str]
    n_more: int = 0
    n_collapsed: int = 0

    def run(
        self,
        em: EM,
        starts: Starts,
        stopping: Stopping,
        previous: NDArray[np.floating] | None = None,
        to_beat: float | None = None,
        on_sample: bool = False,
        over: Over | None = None,
    ) -> Run:
        """The run of all starts, with the iterations that they had behind them.

        Those that cannot be expected to come above `to_beat` may be left on the way. Who
        watches is shown the best of them and of those that are `over`.
        """
        B, printer, seen = len(starts.numbers), self.printer, None
        if self.watch is not None:
            seen = Round(self.watch, em, starts, self.dropped, self.chance, on_sample, over)
        most = max(1, MOST_NUMBERS // starts.state.n_numbers) if printer is None else 1
        runs = []
        for begin in range(0, B, most):
            batch = np.arange(begin, min(begin + most, B))
            report: Report | None = None
            if printer is not None:
                printer.begin(int(starts.numbers[begin]))
                report = printer.iteration
            if seen is not None:
                seen.enter(batch)
            run = iterate(
                em.of_batch(batch),
                starts.state.of_batch(batch),
                stopping,
                None if previous is None else previous[batch],
                report,
                to_beat if printer is None else None,
                self.acceleration,
                seen,
            )
            if printer is not None:
                printer.end(float(run.objective[0]), bool(run.converged[0]))
            runs.append(run)
        return Run.joined(runs).after(starts.histories)
