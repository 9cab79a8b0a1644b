"""Iterating the EM map: histories, stopping rules, and what can go wrong on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.acceleration import Path, path_of
from skmixture.engine.em import EM
from skmixture.engine.state import State, Step

__all__ = ["Observer", "Report", "Run", "Stopping", "iterate"]

Array = NDArray[np.floating]
# called with the iteration and the changes of the mean objective of the members still running
Report = Callable[[int, Array], None]

logger = logging.getLogger("skmixture")

# A member goes on while so many times the gain extrapolated for it would make it the best, and for
# so many iterations in any case: the first gains tell little of those to come.
HOPE = 1000
PATIENCE = 40
# A fall of the mean log-likelihood by no more than this, relative, may be rounding.
NOISE = 1e-9


@dataclass(frozen=True)
class Stopping:
    """When a run has converged.

    Attributes
    ----------
    max_iter : int
    tol : float
    tol_type : {"absolute", "relative", "remaining"}
        What stays below `tol`, on the scale of the mean log-likelihood: its
        change in one iteration; that change relative to its value; or the
        gain that is still to come, as the path estimates it. The last also
        stops where only rounding is left to move the value.
    """

    max_iter: int
    tol: float
    tol_type: str = "absolute"

    def reached(self, path: Path) -> NDArray[np.bool_]:
        """Members (B,) that are where the rule wants them."""
        if self.tol_type == "remaining":
            return path.settled(self.tol)
        if len(path.recent) < 2:
            return np.zeros(path.recent.shape[1], dtype=bool)
        change = np.abs(path.recent[-1] - path.recent[-2])
        scale = np.abs(path.recent[-1]) if self.tol_type == "relative" else 1.0
        return path.accepted & (change < self.tol * scale)


@dataclass
class Run:
    """What became of each member of a batch.

    Attributes
    ----------
    state : State
        The last good weights and parameters.
    objective : ndarray of shape (B,)
        Mean log-likelihood (plus prior) as last evaluated, one step behind
        `state`; -inf where there was none.
    remaining : ndarray of shape (B,)
        Estimate of the gain still to come; inf where unknown.
    histories : list of list of float
        The mean objective entering each iteration, by member: where an
        extrapolation was refused, that of the point kept before.
    n_iter : ndarray of int of shape (B,)
    converged : ndarray of bool of shape (B,)
    trouble : list of str
        Why a member was stopped early; empty where nothing happened.
    """

    state: State
    objective: Array
    remaining: Array
    n_iter: NDArray[np.integer]
    converged: NDArray[np.bool_]
    histories: list[list[float]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, start: State) -> Run:
        """A run that has not begun."""
        B = len(start.weights)
        return cls(
            start.of_batch(np.arange(B)),
            np.full(B, -np.inf),
            np.full(B, np.inf),
            np.zeros(B, dtype=int),
            np.zeros(B, dtype=bool),
            [[] for _ in range(B)],
            [""] * B,
        )

    @classmethod
    def joined(cls, runs: list[Run]) -> Run:
        """Runs of several batches as one."""
        return cls(
            State.stack([run.state for run in runs]),
            np.concatenate([run.objective for run in runs]),
            np.concatenate([run.remaining for run in runs]),
            np.concatenate([run.n_iter for run in runs]),
            np.concatenate([run.converged for run in runs]),
            [history for run in runs for history in run.histories],
            [reason for run in runs for reason in run.trouble],
        )

    def after(self, histories: list[list[float]]) -> Run:
        """The same, with the iterations that its members had behind them."""
        return replace(
            self,
            n_iter=self.n_iter + np.array([len(history) for history in histories]),
            histories=[
                [*first, *then] for first, then in zip(histories, self.histories, strict=True)
            ],
        )

    def put(self, members: NDArray[np.integer], other: Run) -> None:
        """Overwrite some members."""
        self.state.put(members, other.state)
        for name in ("objective", "remaining", "n_iter", "converged"):
            getattr(self, name)[members] = getattr(other, name)
        for place, member in enumerate(members.tolist()):
            self.histories[member] = other.histories[place]
            self.trouble[member] = other.trouble[place]

    def leave(
        self,
        active: NDArray[np.integer],
        leaving: NDArray[np.bool_],
        landed: State,
        converged: NDArray[np.bool_],
        path: Path,
    ) -> None:
        """Write down where members of the path have come to that go no further."""
        if np.count_nonzero(leaving):
            members = active[leaving]
            self.state.put(members, landed.of_batch(leaving))
            self.converged[members] = converged[leaving]
            self.remaining[members] = path.remaining[leaving]

    @property
    def sound(self) -> NDArray[np.bool_]:
        """Members that met no trouble."""
        return np.array([not reason for reason in self.trouble])


class Observer(Protocol):
    """Sees every iteration of a batch."""

    def begin(self) -> None:
        """An iteration begins."""

    def end(self, run: Run, n_running: int) -> None:
        """It is over, and the run as it is if it ends here."""


def iterate(
    em: EM,
    start: State,
    stopping: Stopping,
    previous: Array | None = None,
    report: Report | None = None,
    to_beat: float | None = None,
    acceleration: str | None = None,
    observer: Observer | None = None,
    near: bool = False,
) -> Run:
    """Run every member of the batch until it converges, fails or has run long enough.

    Finished members leave the batch; where there is a value `to_beat`, also those
    that cannot be expected to reach it, or the best finished one, any more. `previous` (B,) is the
    objective of a run that this one goes on from. A start that is `near` the optimum is
    accelerated at once.
    """
    run = Run.of(start)
    total = np.broadcast_to(em.rows.total_weight, (len(start.weights),))
    last = np.full(len(total), -np.inf) if previous is None else previous.astype(float)
    path = path_of(acceleration, em, start, near)
    if previous is not None:
        path.recent = last[None]
    active, landed, kept, point, map_ = np.arange(len(total)), start, start, start, em
    for iteration in range(1, stopping.max_iter + 1):
        if observer is not None:
            observer.begin()
        step = map_.step(point, path.coordinates)
        value = step.objective / total
        # a run that goes on from another may have other data: its first value is no descent
        change = value - last if iteration > 1 else np.zeros_like(value)
        fine, refusable = _fine(map_, step, value, change), path.extrapolated
        proper = fine
        if np.count_nonzero(refusable):
            lawful = np.isfinite(value) & _lawful(map_, point) & _lawful(map_, step.state)
            proper = np.where(refusable, lawful, fine)
        following = path.advance(point, step, value, proper)
        accepted, good = path.accepted, fine | refusable
        worse = ~good
        if np.count_nonzero(worse):
            for place in np.flatnonzero(worse).tolist():
                run.trouble[active[place]] = _reason(map_, step, value, change, place)
            worse &= _descended(map_, value, change) | ~np.isfinite(value)
        change = value - last
        if not _all(accepted):
            change, value = np.where(accepted, change, 0.0), np.where(accepted, value, last)
        last = value
        _record(run, active, iteration, value, ~worse)
        landed = landed.replaced(good & accepted, step.careful)
        landed = landed.replaced(worse, kept)  # the point before was the last good one
        converged = good & stopping.reached(path)
        _log(iteration, active, value, change, path)
        if report is not None:
            report(iteration, change)
        if observer is not None:
            run.leave(active, np.ones(len(active), dtype=bool), landed, converged, path)
            observer.end(run, len(active))
        stay = good & ~converged
        run.leave(active, ~stay, landed, converged, path)
        if to_beat is not None and iteration >= PATIENCE:
            hopeless = stay & _hopeless(em, path, run, to_beat)
            run.leave(active, hopeless, landed, converged, path)
            stay = stay & ~hopeless
        if not np.count_nonzero(stay):
            break
        kept, point = kept.replaced(accepted, point), following
        if not _all(stay):
            active, last, total = active[stay], last[stay], total[stay]
            landed, kept, point = landed.of_batch(stay), kept.of_batch(stay), point.of_batch(stay)
            path.keep(stay)
            map_ = map_.of_batch(np.flatnonzero(stay))
    else:
        everyone = np.ones(len(active), dtype=bool)
        run.leave(active, everyone, landed, ~everyone, path)
    return run


def _all(members: NDArray[np.bool_]) -> bool:
    """Whether all are true: the method `all` takes ten times as long for a few."""
    return bool(np.count_nonzero(members) == len(members))


def _lawful(em: EM, state: State) -> NDArray[np.bool_]:
    """Members (B,) at which an extrapolation may be kept."""
    amiss = em.family.failing(state.params) | em.family.collapsed(state.params)
    return np.asarray(~amiss.any(axis=1))


def _hopeless(em: EM, path: Path, run: Run, to_beat: float) -> NDArray[np.bool_]:
    """Members, of those on the path, that will stay below the best: one of the proper finished."""
    proper = run.converged & ~em.family.collapsed(run.state.params).any(axis=1)
    best = max(to_beat, run.objective[proper].max(initial=-np.inf))
    if len(path.recent) < 3 or best == -np.inf:
        return np.zeros(path.recent.shape[1], dtype=bool)
    return path.recent[-1] + HOPE * path.remaining < best


def _record(
    run: Run, active: NDArray, iteration: int, mean: Array, counts: NDArray[np.bool_]
) -> None:
    """Write an iteration into the run, of those members of which it counts."""
    if not _all(counts):
        active, mean = active[counts], mean[counts]
    run.n_iter[active] = iteration
    run.objective[active] = mean
    for member, value in zip(active.tolist(), mean.tolist(), strict=True):
        run.histories[member].append(value)


def _descended(em: EM, mean: Array, change: Array) -> NDArray[np.bool_]:
    """Members (B,) that fell where an M-step cannot."""
    if not em.family.monotone:
        return np.zeros(len(mean), dtype=bool)
    return np.asarray(change < -NOISE * np.maximum(np.abs(mean), 1.0))


def _fine(em: EM, step: Step, mean: Array, change: Array) -> NDArray[np.bool_]:
    """Members (B,) that can go on from this step."""
    fine = np.isfinite(mean) & ~np.logical_or.reduce(em.family.failing(step.state.params), axis=1)
    return fine & ~_descended(em, mean, change) if em.family.monotone else fine


def _reason(em: EM, step: Step, mean: Array, change: Array, member: int) -> str:
    """Why one cannot."""
    if not np.isfinite(mean[member]):
        em.family.check_values()
        return f"log-likelihood {mean[member]}"
    if _descended(em, mean, change)[member]:
        return f"descended by {-change[member]:.3g} in mean log-likelihood"
    failing = em.family.failing(step.state.params)[member]
    return f"collapsed: component {', '.join(map(str, np.flatnonzero(failing)))}"


def _log(iteration: int, active: NDArray, mean: Array, change: Array, path: Path) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        for place, member in enumerate(active):
            logger.debug(
                "start %d, iteration %d: mean log-likelihood %.12g, change %.3g%s",
                member, iteration, mean[place], change[place],
                "" if path.accepted[place] else " (an extrapolation was refused)",
            )  # fmt: skip
