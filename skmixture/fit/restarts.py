"""Several starts as one batch: run, compare, keep the best."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from skmixture.callbacks import Stopped, Watch
from skmixture.engine.em import EM
from skmixture.engine.iteration import Run, Stopping
from skmixture.engine.outcome import Outcome, first_of_best, outcome_of, poor, ranking
from skmixture.engine.state import State
from skmixture.fit.progress import Printer
from skmixture.fit.rounds import Over, Starts
from skmixture.fit.running import Runner
from skmixture.fit.screening import finalists, screened, screening_of
from skmixture.given.known import renumbered

__all__ = ["best_of"]

logger = logging.getLogger("skmixture")


def best_of(
    em: EM,
    states: State,
    stopping: Stopping,
    *,
    sample: EM | None = None,
    rearrange: Callable[[State], State] | None = None,
    previous: NDArray[np.floating] | None = None,
    printer: Printer | None = None,
    acceleration: str | None = None,
    watch: Watch | None = None,
) -> Outcome:
    """Run a batch of starts and keep the one with the highest objective.

    A start that cannot be evaluated, or that fails on the way, is kept only
    where no other is left. Where a `sample` of the rows is given, many starts
    are first compared on it, with those that `rearrange` makes of the best,
    only the most promising run on all rows, and those that collapsed come
    last. A `watch` may stop it all.

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
    runner = Runner(acceleration, printer, watch, sample is not None, dropped)
    try:
        if sample is not None and stopping.max_iter > 1:
            screening = screening_of(sample, starts)
            if len(alive) > screening.n_finalists:
                return _searched(runner, em, sample, starts, stopping, rearrange)
        run = _to_the_end(runner, em, starts, stopping, previous)
    except Stopped as stop:
        return stop.outcome
    return _choose(em, run, runner)


def _searched(
    runner: Runner,
    em: EM,
    sample: EM,
    starts: Starts,
    stopping: Stopping,
    rearrange: Callable[[State], State] | None,
) -> Outcome:
    """The best of those that did best on a sample; others where all these come to nothing."""
    screening = screening_of(sample, starts).within(stopping.max_iter // 2)
    whole = sample.rows.n_rows == em.rows.n_rows  # on a sample of the rows values are others
    begun = starts
    starts, short = screened(runner, sample, starts, screening, rearrange, not whole)
    if not short.sound.any():
        return _choose(em, _to_the_end(runner, em, begun, stopping), runner)
    runner.n_more = len(short.trouble) - len(begun.numbers)
    collapsed = em.family.collapsed(short.state.params).any(axis=1)
    runner.n_collapsed = int((collapsed & short.sound).sum())
    runner.dropped += [reason for reason in short.trouble if reason]
    histories = short.histories if whole else [[] for _ in short.histories]
    runs: list[Run] = []
    for places in finalists(sample, short, screening.n_finalists):
        chosen = Starts(
            short.state.of_batch(places),
            starts.numbers[places],
            [histories[place] for place in places],
        )
        runs.append(_to_the_end(runner, em, chosen, stopping))
        if (runs[-1].sound & ~poor(em, runs[-1].state)).any():
            break
    return _choose(em, Run.joined(runs), runner)


def _to_the_end(
    runner: Runner,
    em: EM,
    starts: Starts,
    stopping: Stopping,
    previous: NDArray[np.floating] | None = None,
) -> Run:
    """The run on all rows; begun again for members that end in the places of others."""
    used = max(map(len, starts.histories))
    left = replace(stopping, max_iter=max(stopping.max_iter - used, 1))
    to_beat = -np.inf if runner.chance else None
    run = runner.run(em, starts, left, previous, to_beat)
    state = renumbered(em, run.state)
    rest = left.max_iter - int(run.n_iter.max()) + used
    if state is not run.state and rest > 0:
        starts = Starts(state, starts.numbers, run.histories)
        run = runner.run(em, starts, replace(left, max_iter=rest), to_beat=to_beat)
    if runner.chance:
        run = _with_best_at_its_end(runner, em, starts.numbers, run, stopping)
    return run


def _with_best_at_its_end(
    runner: Runner, em: EM, numbers: NDArray[np.integer], run: Run, stopping: Stopping
) -> Run:
    """The run, in which the best may have been left on its way, below others that come last."""
    while True:
        best = first_of_best(run, ranking(em, run, runner.chance))
        rest = stopping.max_iter - int(run.n_iter[best])
        over = run.converged[best] or run.trouble[best] or not np.isfinite(run.objective[best])
        if over or rest <= 0:
            return run
        place = np.array([best])
        left = Starts(run.state.of_batch(place), numbers[place], [run.histories[best]])
        shown = Over(numbers, run)
        run.put(place, runner.run(em, left, replace(stopping, max_iter=rest), over=shown))


def _choose(em: EM, run: Run, runner: Runner) -> Outcome:
    reasons = [*runner.dropped, *(reason for reason in run.trouble if reason)]
    for reason in reasons:
        logger.info("a start was dropped: %s", reason)
    if not np.isfinite(run.objective).any():
        raise ValueError(_all_failed(em, reasons))
    score = ranking(em, run, runner.chance)
    near = int((score >= score.max() - 1e-6).sum())
    logger.info("%d of %d runs ended within 1e-6 of the best", near, len(score))
    outcome = outcome_of(em.family, run, first_of_best(run, score), runner.dropped)
    outcome.n_more = runner.n_more
    outcome.n_set_aside = 0 if outcome.collapsed.any() else runner.n_collapsed
    return outcome


def _unmoved(states: State, dropped: list[str]) -> Outcome:
    """The last start itself, for `max_iter=0`, as scikit-learn has it."""
    last = states.of_batch(np.array([-1]))
    none = np.zeros(states.weights.shape[-1], dtype=bool)
    return Outcome(last, -np.inf, np.empty(0), 0, False, "", none, dropped)


def _all_failed(em: EM, dropped: list[str]) -> str:
    return f"{em.family.failure} (All {len(dropped)} starts: {', '.join(sorted(set(dropped)))}.)"
