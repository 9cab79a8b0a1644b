"""Several starts as one batch: run, compare, keep the best."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.callbacks import Stopped, Watch
from skmixture.em import EM
from skmixture.iteration import HOPE, Report, Run, Stopping, iterate
from skmixture.known import renumbered
from skmixture.outcome import Outcome, first_of_best, outcome_of, ranking
from skmixture.progress import Printer
from skmixture.rounds import Round, Starts
from skmixture.state import State

__all__ = ["best_of"]

logger = logging.getLogger("skmixture")


class Screening(NamedTuple):
    """How far each of many starts goes, and how many of them go on to the end."""

    stopping: Stopping
    n_finalists: int

    def within(self, max_iter: int) -> Screening:
        """The same in so many iterations at the most."""
        most = min(max_iter, self.stopping.max_iter)
        return self._replace(stopping=replace(self.stopping, max_iter=most))


# Where an iteration of all starts computes fewer densities than CHEAP, far and many.
CHEAP = 200_000
THOROUGH = Screening(Stopping(500, 1e-6, "remaining"), 6)
QUICK = Screening(Stopping(200, 1e-4), 3)


# Numbers in the states of one batch: accelerated, each takes a hundred more to remember.
MOST_NUMBERS = 20_000


def best_of(
    em: EM,
    states: State,
    stopping: Stopping,
    *,
    sample: EM | None = None,
    previous: NDArray[np.floating] | None = None,
    printer: Printer | None = None,
    acceleration: str | None = None,
    watch: Watch | None = None,
) -> Outcome:
    """Run a batch of starts and keep the one with the highest objective.

    A start that cannot be evaluated, or that fails on the way, is kept only
    where no other is left. Where a `sample` of the rows is given, many starts
    are first compared on it, only the most promising run on all rows, and
    those that collapsed come last. A `watch` may stop it all.

    Raises
    ------
    ValueError
        Where every start fails.
    """
    failing = em.family.failing(states.params).any(axis=1)
    dropped = ["collapsed at the start"] * int(failing.sum())
    if failing.all():
        raise ValueError(_all_failed(em, dropped))
    alive = np.flatnonzero(~failing)
    em, starts = em.of_batch(alive), Starts.of(states.of_batch(alive), alive)
    if stopping.max_iter == 0:
        if printer is not None:
            for number in alive.tolist():
                printer.begin(number)
        return _unmoved(starts.state, dropped)
    compared = sample is not None
    try:
        if sample is not None and stopping.max_iter > 1:
            screening = QUICK if _densities(em, starts.state) > CHEAP else THOROUGH
            if len(alive) > screening.n_finalists:
                screening = screening.within(stopping.max_iter // 2)
                # on a sample of the rows values are others
                whole = sample.rows.n_rows == em.rows.n_rows
                seen = Round.of(watch, em.family, starts, dropped, compared, on_sample=not whole)
                starts, troubles = _finalists(
                    sample, starts, screening, printer, acceleration, seen
                )
                dropped += troubles
                if not whole:
                    starts = Starts.of(starts.state, starts.numbers)
        used = max(map(len, starts.histories))
        stopping = replace(stopping, max_iter=max(stopping.max_iter - used, 1))
        seen = Round.of(watch, em.family, starts, dropped, compared)
        run = _iterate(em, starts, stopping, previous, printer, acceleration, compared, seen)
        state = renumbered(em, run.state)
        left = stopping.max_iter - int(run.n_iter.max()) + used
        if state is not run.state and left > 0:  # some ended in the places of others
            stopping = replace(stopping, max_iter=left)
            starts = Starts(state, starts.numbers, run.histories)
            seen = Round.of(watch, em.family, starts, dropped, compared)
            run = _iterate(em, starts, stopping, None, printer, acceleration, compared, seen)
    except Stopped as stop:
        return stop.outcome
    return _choose(em, run, dropped, last_collapsed=compared)


def _densities(em: EM, states: State) -> int:
    return em.rows.n_rows * states.weights.shape[0] * states.weights.shape[-1]


def _iterate(
    em: EM,
    starts: Starts,
    stopping: Stopping,
    previous: NDArray[np.floating] | None,
    printer: Printer | None,
    acceleration: str | None,
    prune: bool = False,
    seen: Round | None = None,
) -> Run:
    """All starts as one batch, or batches that memory holds; each alone where it is printed."""
    B, states = len(starts.numbers), starts.state
    most = max(1, MOST_NUMBERS // states.n_numbers) if printer is None else 1
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
            states.of_batch(batch),
            stopping,
            None if previous is None else previous[batch],
            report,
            prune and printer is None,
            acceleration,
            seen,
        )
        if printer is not None:
            printer.end(float(run.objective[0]), bool(run.converged[0]))
        runs.append(run)
    return Run.joined(runs).after(starts.histories)


def _choose(em: EM, run: Run, dropped: list[str], last_collapsed: bool) -> Outcome:
    reasons = [*dropped, *(reason for reason in run.trouble if reason)]
    for reason in reasons:
        logger.info("a start was dropped: %s", reason)
    if not np.isfinite(run.objective).any():
        raise ValueError(_all_failed(em, reasons))
    score = ranking(em.family, run, last_collapsed)
    near = int((score >= score.max() - 1e-6).sum())
    logger.info("%d of %d runs ended within 1e-6 of the best", near, len(score))
    return outcome_of(em.family, run, first_of_best(run, score), dropped)


def _unmoved(states: State, dropped: list[str]) -> Outcome:
    """The last start itself, for `max_iter=0`, as scikit-learn has it."""
    last = states.of_batch(np.array([-1]))
    none = np.zeros(states.weights.shape[-1], dtype=bool)
    return Outcome(last, -np.inf, np.empty(0), 0, False, "", none, dropped)


def _finalists(
    em: EM,
    starts: Starts,
    screening: Screening,
    printer: Printer | None,
    acceleration: str | None,
    seen: Round | None,
) -> tuple[Starts, list[str]]:
    """The first and the most promising starts after a short run, no two alike.

    Those that have hardly anything left to gain and lie below the best are
    not promising.

    With the starts come the troubles that others met.
    """
    run = _iterate(em, starts, screening.stopping, None, printer, acceleration, seen=seen)
    proper = run.sound & ~em.family.collapsed(run.state.params).any(axis=1)
    eligible = proper if proper.any() else run.sound
    troubles = [reason for reason in run.trouble if reason]
    if not eligible.any():
        return starts, []
    score = np.where(eligible, run.objective, -np.inf)
    eligible &= ~(score + HOPE * run.remaining < score.max())  # what remains may be unknown
    chosen: list[int] = [0] if eligible[0] else []
    for member in sorted(np.flatnonzero(eligible), key=lambda member: -score[member]):
        alike = any(_alike(run, int(member), other) for other in chosen)
        if len(chosen) < screening.n_finalists and not alike:
            chosen.append(int(member))
    places = np.array(chosen)
    histories = [run.histories[member] for member in chosen]
    return Starts(run.state.of_batch(places), starts.numbers[places], histories), troubles


def _alike(run: Run, one: int, other: int) -> bool:
    """Whether two members are near the same end, components numbered as they may be."""
    weights = np.sort(run.state.weights[[one, other]].mean(axis=1), axis=-1)
    near = abs(run.objective[one] - run.objective[other]) < QUICK.stopping.tol
    return bool(near and np.abs(weights[0] - weights[1]).max() < 0.01)


def _all_failed(em: EM, dropped: list[str]) -> str:
    return f"{em.family.failure} (All {len(dropped)} starts: {', '.join(sorted(set(dropped)))}.)"
