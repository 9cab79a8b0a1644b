"""Several starts as one batch: run, compare, keep the best."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.em import EM
from skmixture.family import Family
from skmixture.iteration import HOPE, Run, Stopping, iterate
from skmixture.known import renumbered
from skmixture.progress import Printer
from skmixture.state import State

__all__ = ["Outcome", "best_of"]

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


@dataclass
class Outcome:
    """The best run, and what happened to the others."""

    state: State  # a batch of one
    lower_bound: float
    lower_bounds: NDArray[np.floating]
    n_iter: int
    converged: bool
    trouble: str  # why it stopped early, if it did
    collapsed: NDArray[np.bool_]  # (K,), which of its components collapsed
    dropped: list[str]  # one reason for each start that came to nothing

    def collapse(self, family: Family) -> str:
        """The sentence on components that collapsed."""
        which = ", ".join(map(str, np.flatnonzero(self.collapsed)))
        return f"components have collapsed ({which}): {family.collapse}"

    def sentences(self, n_starts: int, family: Family, every_drop: bool) -> list[str]:
        """What a user should be warned of, a sentence each.

        Dropped starts are worth one where they are most of all starts, or
        where `every_drop` is.
        """
        sentences = []
        if self.collapsed.any():
            sentences.append(self.collapse(family))
        if self.dropped and (every_drop or 2 * len(self.dropped) > n_starts):
            sentences.append(
                f"{len(self.dropped)} of {n_starts} starts failed and were dropped "
                f"({', '.join(sorted(set(self.dropped)))}); see dropped_starts_."
            )
        if self.trouble:
            sentences.append(
                f"EM stopped at iteration {self.n_iter} ({self.trouble}); the parameters are "
                "those before it. Try other starts, fewer components, or regularisation."
            )
        elif not self.converged and np.isfinite(self.lower_bound):
            sentences.append(
                "Best performing initialization did not converge. Try different init "
                "parameters, or increase max_iter, tol, or check for degenerate data."
            )
        return sentences


def best_of(
    em: EM,
    states: State,
    stopping: Stopping,
    *,
    sample: EM | None = None,
    previous: NDArray[np.floating] | None = None,
    printer: Printer | None = None,
    acceleration: str | None = None,
) -> Outcome:
    """Run a batch of starts and keep the one with the highest objective.

    A start that cannot be evaluated, or that fails on the way, is kept only
    where no other is left. Where a `sample` of the rows is given, many starts
    are first compared on it, only the most promising run on all rows, and
    those that collapsed come last.

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
    em, states = em.of_batch(alive), states.of_batch(alive)
    if stopping.max_iter == 0:
        return _unmoved(states, dropped)
    before: list[list[float]] = [[] for _ in states.weights]  # the starts' histories so far
    if sample is not None and stopping.max_iter > 1:
        screening = QUICK if _densities(em, states) > CHEAP else THOROUGH
        if len(states.weights) > screening.n_finalists:
            screening = screening.within(stopping.max_iter // 2)
            states, histories, troubles = _finalists(
                sample, states, screening, printer, acceleration
            )
            dropped += troubles
            # on a sample of the rows they were of other values
            whole = sample.rows.n_rows == em.rows.n_rows
            before = histories if whole else [[] for _ in histories]
    used = max(map(len, before))
    stopping = replace(stopping, max_iter=max(stopping.max_iter - used, 1))
    prune = sample is not None
    run = _iterate(em, states, stopping, previous, printer, acceleration, prune)
    states = renumbered(em, run.state)
    if states is not run.state:  # some ended in the places of others
        further = _iterate(em, states, stopping, None, printer, acceleration, prune)
        further.precede(run.histories)
        run = further
    run.precede(before)
    dropped += [reason for reason in run.trouble if reason]
    for reason in dropped:
        logger.info("a start was dropped: %s", reason)
    if not np.isfinite(run.objective).any():
        raise ValueError(_all_failed(em, dropped))
    return _choose(em, run, dropped, last_collapsed=sample is not None)


def _densities(em: EM, states: State) -> int:
    return em.rows.n_rows * states.weights.shape[0] * states.weights.shape[-1]


def _iterate(
    em: EM,
    states: State,
    stopping: Stopping,
    previous: NDArray[np.floating] | None,
    printer: Printer | None,
    acceleration: str | None,
    prune: bool = False,
) -> Run:
    """All starts as one batch, or batches that memory holds; each alone where it is printed."""
    B = len(states.weights)
    if printer is None:
        most = max(1, MOST_NUMBERS // states.n_numbers)
        batches = [np.arange(begin, min(begin + most, B)) for begin in range(0, B, most)]
        return Run.joined(
            [
                iterate(
                    em.of_batch(batch),
                    states.of_batch(batch),
                    stopping,
                    None if previous is None else previous[batch],
                    None,
                    prune,
                    acceleration,
                )
                for batch in batches
            ]
        )
    runs = []
    for member in range(B):
        here = np.array([member])
        printer.begin(member)
        run = iterate(
            em.of_batch(here),
            states.of_batch(here),
            stopping,
            None if previous is None else previous[here],
            lambda number, change: printer.iteration(number, float(change[0])),
            acceleration=acceleration,
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
    equals = score >= score.max() - 1e-12 * max(1.0, abs(score.max()))
    done = equals & run.converged
    best = int(np.argmax(done if done.any() else equals))
    near = int((score >= score.max() - 1e-6).sum())
    logger.info("%d of %d runs ended within 1e-6 of the best", near, len(score))
    if run.trouble[best]:
        dropped.remove(run.trouble[best])
    return Outcome(
        run.state.of_batch(np.array([best])),
        float(run.objective[best]),
        np.array(run.histories[best]),
        int(run.n_iter[best]),
        bool(run.converged[best]),
        run.trouble[best],
        collapsed[best].copy(),
        dropped,
    )


def _unmoved(states: State, dropped: list[str]) -> Outcome:
    """The last start itself, for `max_iter=0`, as scikit-learn has it."""
    last = states.of_batch(np.array([-1]))
    none = np.zeros(states.weights.shape[-1], dtype=bool)
    return Outcome(last, -np.inf, np.empty(0), 0, False, "", none, dropped)


def _finalists(
    em: EM,
    states: State,
    screening: Screening,
    printer: Printer | None,
    acceleration: str | None,
) -> tuple[State, list[list[float]], list[str]]:
    """The first and the most promising starts after a short run, no two alike.

    Those that have hardly anything left to gain and lie below the best are
    not promising.

    With the states come their histories, and the troubles that starts met.
    """
    run = _iterate(em, states, screening.stopping, None, printer, acceleration)
    proper = run.sound & ~em.family.collapsed(run.state.params).any(axis=1)
    eligible = proper if proper.any() else run.sound
    troubles = [reason for reason in run.trouble if reason]
    if not eligible.any():
        return states, [[] for _ in run.histories], []
    score = np.where(eligible, run.objective, -np.inf)
    eligible &= ~(score + HOPE * run.remaining < score.max())  # what remains may be unknown
    chosen: list[int] = [0] if eligible[0] else []
    for member in sorted(np.flatnonzero(eligible), key=lambda member: -score[member]):
        alike = any(_alike(run, int(member), other) for other in chosen)
        if len(chosen) < screening.n_finalists and not alike:
            chosen.append(int(member))
    histories = [run.histories[member] for member in chosen]
    return run.state.of_batch(np.array(chosen)), histories, troubles


def _alike(run: Run, one: int, other: int) -> bool:
    """Whether two members are near the same end, components numbered as they may be."""
    weights = np.sort(run.state.weights[[one, other]].mean(axis=1), axis=-1)
    near = abs(run.objective[one] - run.objective[other]) < QUICK.stopping.tol
    return bool(near and np.abs(weights[0] - weights[1]).max() < 0.01)


def _all_failed(em: EM, dropped: list[str]) -> str:
    return f"{em.family.failure} (All {len(dropped)} starts: {', '.join(sorted(set(dropped)))}.)"
