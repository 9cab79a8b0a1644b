"""Iterating the EM map: histories, stopping rules, and what can go wrong on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from skmixture.em import EM
from skmixture.state import State, Step

__all__ = ["Run", "Stopping", "iterate"]

Array = NDArray[np.floating]
# called with the iteration and the changes of the mean objective of the members still running
Report = Callable[[int, Array], None]

logger = logging.getLogger("skmixture")

# A member goes on while so many times the gain extrapolated for it would make it the best.
HOPE = 20
# Iterations that a stopping rule looks back on.
WINDOW = 6
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
        gain that is still to come, extrapolated from the last two changes
        (Aitken's rule; Boehning et al. 1994, Annals of the Institute of
        Statistical Mathematics 46, 373-388), twice in a row. The last also
        stops where only rounding is left to move the value.
    """

    max_iter: int
    tol: float
    tol_type: str = "absolute"

    def reached(self, history: Array) -> NDArray[np.bool_]:
        """Members (B,) whose last values, history (up to WINDOW, B), say so."""
        if len(history) < 2:
            return np.zeros(history.shape[1], dtype=bool)
        change = history[-1] - history[-2]
        if self.tol_type == "absolute":
            return np.abs(change) < self.tol
        if self.tol_type == "relative":
            return np.abs(change) < self.tol * np.abs(history[-1])
        # EM can only climb: where it does not, what is left is rounding
        reached = (change <= 0) & (np.abs(change) < self.tol)
        if len(history) >= 4:
            now, before = remaining_gain(history[-3:]), remaining_gain(history[-4:-1])
            reached |= (now < self.tol) & (before < self.tol)
        if len(history) == WINDOW and self.tol:
            reached |= history[1:].max(axis=0) <= history[0]
        return reached


def remaining_gain(last_three: Array) -> Array:
    """Gain still to come if the changes go on shrinking by their last ratio."""
    before, after = np.diff(last_three, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = after / before
        gain = np.abs(after) * ratio / (1 - ratio)
    return np.where((ratio > 0) & (ratio < 1), gain, np.inf)


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
    histories : list of list of float
        The mean objective entering each iteration, by member.
    n_iter : ndarray of int of shape (B,)
    converged : ndarray of bool of shape (B,)
    trouble : list of str
        Why a member was stopped early; empty where nothing happened.
    """

    state: State
    objective: Array
    n_iter: NDArray[np.integer]
    converged: NDArray[np.bool_]
    histories: list[list[float]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    @classmethod
    def joined(cls, runs: list[Run]) -> Run:
        """Runs of several batches as one."""
        return cls(
            State.stack([run.state for run in runs]),
            np.concatenate([run.objective for run in runs]),
            np.concatenate([run.n_iter for run in runs]),
            np.concatenate([run.converged for run in runs]),
            [history for run in runs for history in run.histories],
            [reason for run in runs for reason in run.trouble],
        )

    @property
    def sound(self) -> NDArray[np.bool_]:
        """Members that met no trouble."""
        return np.array([not reason for reason in self.trouble])


def iterate(
    em: EM,
    start: State,
    stopping: Stopping,
    previous: Array | None = None,
    report: Report | None = None,
    prune: bool = False,
) -> Run:
    """Run every member of the batch until it converges, fails or has run long enough.

    Finished members leave the batch; with `prune`, also those that cannot be
    expected to reach the best finished one any more. `previous` (B,) is the
    objective of a run that this one goes on from.
    """
    B = len(start.weights)
    run = Run(
        State(start.weights.copy(), {k: v.copy() for k, v in start.params.items()}),
        np.full(B, -np.inf),
        np.zeros(B, dtype=int),
        np.zeros(B, dtype=bool),
        [[] for _ in range(B)],
        [""] * B,
    )
    total = np.broadcast_to(em.rows.total_weight, (B,))
    last = np.full(B, -np.inf) if previous is None else previous.astype(float)
    window = np.full((0 if previous is None else 1, B), last)
    active, before, current, map_ = np.arange(B), run.state, start, em
    for iteration in range(1, stopping.max_iter + 1):
        step = map_.step(current)
        mean = step.objective / total[active]
        change = mean - last[active]
        # a run that goes on from another may have other data: its first value is no descent
        trouble = _trouble(map_, step, mean, change if iteration > 1 else np.zeros_like(change))
        last[active] = mean
        good = np.array([not reason for reason in trouble])
        descended = np.array([reason.startswith("descended") for reason in trouble])
        worse = descended | ~np.isfinite(mean)  # the state before was the last good one
        _record(run, active, iteration, mean, ~worse, trouble)
        run.state.put(active[good], step.state.of_batch(good))
        run.state.put(active[worse], before.of_batch(worse))
        window = np.concatenate([window[1 - WINDOW :], mean[None]])
        run.converged[active] = good & stopping.reached(window)
        _log(iteration, active, mean, change)
        if report is not None:
            report(iteration, change)
        stay = good & ~run.converged[active]
        if prune:
            stay &= ~_hopeless(em, window, run)
        if not stay.any():
            break
        before, current = current, step.state
        if not stay.all():
            active, window = active[stay], window[:, stay]
            before, current = before.of_batch(stay), current.of_batch(stay)
            map_ = map_.of_batch(np.flatnonzero(stay))
    return run


def _hopeless(em: EM, window: Array, run: Run) -> NDArray[np.bool_]:
    """Members, of those in the window, that will stay below the best proper finished one."""
    proper = run.converged & ~em.family.collapsed(run.state.params).any(axis=1)
    if len(window) < 3 or not proper.any():
        return np.zeros(window.shape[1], dtype=bool)
    best = run.objective[proper].max()
    return window[-1] + HOPE * remaining_gain(window[-3:]) < best


def _record(
    run: Run,
    active: NDArray,
    iteration: int,
    mean: Array,
    counts: NDArray[np.bool_],
    trouble: list[str],
) -> None:
    """Write an iteration into the run; one that does not count leaves only its reason."""
    for place, member in enumerate(active):
        run.trouble[member] = trouble[place]
        if counts[place]:
            run.histories[member].append(float(mean[place]))
            run.n_iter[member] = iteration
            run.objective[member] = mean[place]


def _trouble(em: EM, step: Step, mean: Array, change: Array) -> list[str]:
    """Why each member cannot go on from this step; empty where it can."""
    failing = em.family.failing(step.state.params)  # (B, K)
    noise = NOISE * np.maximum(np.abs(mean), 1.0)
    reasons = []
    for member, value in enumerate(mean):
        if not np.isfinite(value):
            reasons.append(f"log-likelihood {value}")
        elif em.family.monotone and change[member] < -noise[member]:
            reasons.append(f"descended by {-change[member]:.3g} in mean log-likelihood")
        elif failing[member].any():
            components = ", ".join(map(str, np.flatnonzero(failing[member])))
            reasons.append(f"collapsed: component {components}")
        else:
            reasons.append("")
    return reasons


def _log(iteration: int, active: NDArray, mean: Array, change: Array) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        for member, value, gain in zip(active, mean, change, strict=True):
            logger.debug(
                "start %d, iteration %d: mean log-likelihood %.12g, change %.3g",
                member, iteration, value, gain,
            )  # fmt: skip
