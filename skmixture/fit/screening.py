"""Many starts on a sample of the rows: short runs, starts made of the best, the most promising."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.em import EM
from skmixture.engine.iteration import HOPE, Run, Stopping
from skmixture.engine.outcome import poor, ranking
from skmixture.engine.state import State
from skmixture.fit.rounds import Over, Starts
from skmixture.fit.running import Runner

__all__ = ["Screening", "finalists", "screened", "screening_of"]


class Screening(NamedTuple):
    """How far each of many starts goes, and how many of them go on to the end."""

    stopping: Stopping
    n_finalists: int
    most_rounds: int  # of starts made of the best

    def within(self, max_iter: int) -> Screening:
        """The same in so many iterations at the most."""
        most = min(max_iter, self.stopping.max_iter)
        return self._replace(stopping=replace(self.stopping, max_iter=most))


# Where an iteration of all starts computes fewer densities than CHEAP, far and many.
CHEAP = 200_000
THOROUGH = Screening(Stopping(500, 1e-6, "remaining"), 6, 4)
QUICK = Screening(Stopping(200, 1e-4), 3, 2)
# Starts are made of the best end as long as that finds one higher by so much, in mean objective.
WORTH_A_ROUND = 1e-7


def screening_of(sample: EM, starts: Starts) -> Screening:
    """What can be afforded."""
    B, _, K = starts.state.weights.shape
    return QUICK if sample.rows.n_rows * B * K > CHEAP else THOROUGH


def screened(
    runner: Runner,
    sample: EM,
    starts: Starts,
    screening: Screening,
    rearrange: Callable[[State], State] | None,
    on_sample: bool,
) -> tuple[Starts, Run]:
    """All starts after a short run, and those made of the best as long as these come higher."""
    stopping = screening.stopping
    run = runner.run(sample, starts, stopping, on_sample=on_sample)
    if rearrange is None or starts.state.weights.shape[-1] == 1:
        return starts, run
    for _ in range(screening.most_rounds):
        score = ranking(sample, run, chance=True)
        best = int(np.argmax(score))
        if not np.isfinite(score[best]):
            break
        more = _made_of(sample, starts, rearrange(run.state.of_batch(np.array([best]))))
        if not len(more.numbers):
            break
        to_beat = float(score[best])
        over = Over(starts.numbers, run)
        further = runner.run(
            sample, more, stopping, to_beat=to_beat, on_sample=on_sample, over=over
        )
        starts, run = starts.joined(more), Run.joined([run, further])
        risen = ranking(sample, run, chance=True).max() >= to_beat + WORTH_A_ROUND
        if not risen and (run.sound & ~poor(sample, run.state)).any():
            break
    return starts, run


def _made_of(sample: EM, starts: Starts, state: State) -> Starts:
    """Those of a batch that are laws, as starts that are numbered behind others."""
    lawful = np.flatnonzero(~sample.family.failing(state.params).any(axis=1))
    return Starts.of(state.of_batch(lawful), starts.numbers.max() + 1 + lawful)


def finalists(sample: EM, run: Run, n_finalists: int) -> Iterator[NDArray[np.integer]]:
    """Places of the first and the most promising, no two alike; then of others, from the best on.

    Those that have hardly anything left to gain and lie below the best are
    not promising. Something must have come of one of them.
    """
    proper = run.sound & ~poor(sample, run.state)
    eligible = proper if proper.any() else run.sound
    score = np.where(eligible, run.objective, -np.inf)
    hopeless = score + HOPE * run.remaining < score.max()  # what remains may be unknown
    order = sorted(np.flatnonzero(eligible).tolist(), key=lambda member: -score[member])
    promising = [member for member in order if not hopeless[member]]
    if eligible[0] and not hopeless[0]:
        promising.insert(0, 0)
    distinct: list[int] = []
    for member in promising + order:
        if not any(_alike(run, member, other) for other in distinct):
            distinct.append(member)
    first = min(n_finalists, sum(not hopeless[member] for member in distinct))
    yield np.array(distinct[:first])
    for begin in range(first, len(distinct), n_finalists):
        yield np.array(distinct[begin : begin + n_finalists])


def _alike(run: Run, one: int, other: int) -> bool:
    """Whether two members are near the same end, components numbered as they may be."""
    weights = np.sort(run.state.weights[[one, other]].mean(axis=1), axis=-1)
    near = abs(run.objective[one] - run.objective[other]) < QUICK.stopping.tol
    return bool(near and np.abs(weights[0] - weights[1]).max() < 0.01)
