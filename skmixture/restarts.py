"""Several starts as one batch: run, compare, keep the best."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skmixture.em import EM, State
from skmixture.iteration import Run, Stopping, iterate
from skmixture.progress import Printer

__all__ = ["Outcome", "best_of"]

logger = logging.getLogger("skmixture")

# How far each of many starts goes before the best of them go on to the end.
SCREENING = Stopping(max_iter=200, tol=1e-4)
N_FINALISTS = 3


@dataclass
class Outcome:
    """The best run, and what happened to the others."""

    state: State  # a batch of one
    lower_bound: float
    lower_bounds: NDArray[np.floating]
    n_iter: int
    converged: bool
    trouble: str  # why it stopped early, if it did
    collapsed: NDArray[np.integer]  # its collapsed components
    dropped: list[str]  # one reason for each start that came to nothing


def best_of(
    em: EM,
    states: State,
    stopping: Stopping,
    *,
    screen: bool = False,
    previous: NDArray[np.floating] | None = None,
    printer: Printer | None = None,
) -> Outcome:
    """Run a batch of starts and keep the one with the highest objective.

    A start that cannot be evaluated, or that fails on the way, is kept only
    where no other is left. With `screen`, all starts run until they change
    little; the first and the most promising go on from there; and those that
    collapsed come last.

    Raises
    ------
    ValueError
        Where every start fails at once.
    """
    failing = em.family.failing(states.params).any(axis=1)
    dropped = ["collapsed at the start"] * int(failing.sum())
    if failing.all():
        raise ValueError(_all_failed(em, dropped))
    alive = np.flatnonzero(~failing)
    if failing.any():
        states = states.of_batch(alive)
        em = em.of_batch(alive)
        previous = None if previous is None else previous[alive]
    if stopping.max_iter == 0:
        return _unmoved(em, states, dropped)
    if screen and len(alive) > N_FINALISTS:
        run, left_behind = _screened(em, states, stopping, printer)
        dropped += left_behind
    else:
        run = _iterate(em, states, stopping, previous, printer)
    dropped += [reason for reason in run.trouble if reason]
    for reason in dropped:
        logger.info("a start was dropped: %s", reason)
    if not np.isfinite(run.objective).any():
        raise ValueError(_all_failed(em, dropped))
    return _choose(em, run, dropped, last_collapsed=screen)


def _iterate(
    em: EM,
    states: State,
    stopping: Stopping,
    previous: NDArray[np.floating] | None,
    printer: Printer | None,
) -> Run:
    """All starts as one batch, or one after the other where each is to be printed."""
    if printer is None:
        return iterate(em, states, stopping, previous)
    runs = []
    for member in range(len(states.weights)):
        here = np.array([member])
        printer.begin(member)
        run = iterate(
            em.of_batch(here),
            states.of_batch(here),
            stopping,
            None if previous is None else previous[here],
            lambda number, change: printer.iteration(number, float(change[0])),
        )
        printer.end(float(run.objective[0]), bool(run.converged[0]))
        runs.append(run)
    return Run.joined(runs)


def _choose(em: EM, run: Run, dropped: list[str], last_collapsed: bool) -> Outcome:
    score = np.where(np.isfinite(run.objective), run.objective, -np.inf)
    collapsed = em.family.collapsed(run.state.params)  # (B, K)
    for better in (run.sound, run.sound & ~(collapsed.any(axis=1) & last_collapsed)):
        if better.any():
            score = np.where(better, score, -np.inf)
    # the first of equals: rounding must not choose between them
    best = int(np.argmax(score >= score.max() - 1e-12 * max(1.0, abs(score.max()))))
    if run.trouble[best]:
        dropped.remove(run.trouble[best])
    return Outcome(
        run.state.of_batch(np.array([best])),
        float(run.objective[best]),
        np.array(run.histories[best]),
        int(run.n_iter[best]),
        bool(run.converged[best]),
        run.trouble[best],
        np.flatnonzero(collapsed[best]),
        dropped,
    )


def _unmoved(em: EM, states: State, dropped: list[str]) -> Outcome:
    """The last start itself, for `max_iter=0`."""
    last = states.of_batch(np.array([-1]))
    return Outcome(last, -np.inf, np.empty(0), 0, False, "", np.empty(0, dtype=int), dropped)


def _screened(
    em: EM, states: State, stopping: Stopping, printer: Printer | None
) -> tuple[Run, list[str]]:
    """Run all starts a little way and the best of them to the end.

    The second result are the troubles of those that were left behind.
    """
    short = Stopping(min(SCREENING.max_iter, stopping.max_iter), SCREENING.tol)
    first = _iterate(em, states, short, None, printer)
    proper = first.sound & ~em.family.collapsed(first.state.params).any(axis=1)
    score = np.where(proper if proper.any() else first.sound, first.objective, -np.inf)
    finalists = np.union1d([0], np.argsort(-score, kind="stable")[: N_FINALISTS - 1])
    finalists = finalists[first.sound[finalists]]
    left = stopping.max_iter - int(first.n_iter[finalists].max(initial=0))
    if not finalists.size or left <= 0:
        return first, []
    second = _iterate(
        em.of_batch(finalists),
        first.state.of_batch(finalists),
        Stopping(left, stopping.tol, stopping.tol_type),
        first.objective[finalists],
        printer,
    )
    second.n_iter = second.n_iter + first.n_iter[finalists]
    second.histories = [
        first.histories[member] + later
        for member, later in zip(finalists, second.histories, strict=True)
    ]
    return second, [reason for reason in first.trouble if reason]


def _all_failed(em: EM, dropped: list[str]) -> str:
    return f"{em.family.failure} (All {len(dropped)} starts: {', '.join(sorted(set(dropped)))}.)"
