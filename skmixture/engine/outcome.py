"""What a fit comes to: the best of its runs, and what happened to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.chance import by_chance
from skmixture.engine.em import EM
from skmixture.engine.iteration import Run
from skmixture.engine.state import State
from skmixture.law.family import Family

__all__ = ["COLLAPSED", "Outcome", "first_of_best", "outcome_of", "poor", "ranking"]

Array = NDArray[np.floating]

# How the warning of collapsed components begins.
COLLAPSED = "components have collapsed"


@dataclass
class Outcome:
    """The best run, and what happened to the others."""

    state: State  # a batch of one
    lower_bound: float
    lower_bounds: Array
    n_iter: int
    converged: bool
    trouble: str  # why it stopped early, if it did
    collapsed: NDArray[np.bool_]  # (K,), which of its components collapsed
    dropped: list[str]  # one reason for each start that came to nothing
    stopped: bool = False  # whether a callback ended the fit
    n_more: int = 0  # starts that were made of ends
    n_set_aside: int = 0  # starts that came to collapsed components, where it is not one of them

    def told_collapse(self, family: Family, columns: Sequence[Any]) -> list[str]:
        """The sentence on components that collapsed, where any did.

        Columns (d,) are names, or places in X.
        """
        if not self.collapsed.any():
            return []
        which = ", ".join(map(str, np.flatnonzero(self.collapsed)))
        return [f"{COLLAPSED} ({which}): {family.told_collapse(self.state.params, columns)}"]

    def sentences(
        self, n_starts: int, family: Family, columns: Sequence[Any], every_drop: bool
    ) -> list[str]:
        """What a user should be warned of, a sentence each; columns as in `told_collapse`.

        Dropped starts are worth one where they are most of all starts, or
        where `every_drop` is; so are starts that were set aside where they are most.
        """
        sentences, n_starts = self.told_collapse(family, columns), n_starts + self.n_more
        if not sentences and 2 * self.n_set_aside > n_starts:
            sentences.append(
                f"{self.n_set_aside} of {n_starts} starts came to collapsed components, higher or "
                "not, and were set aside: look for rows that are equal, or columns that hardly "
                "vary. To fit what collapses, give it by start= or as a PointMass among Components."
            )
        if self.dropped and (every_drop or 2 * len(self.dropped) > n_starts):
            reasons = sorted(set(self.dropped))
            more = f" and {len(reasons) - 3} more reasons" if len(reasons) > 3 else ""
            sentences.append(
                f"{len(self.dropped)} of {n_starts} starts failed and were dropped "
                f"({', '.join(reasons[:3])}{more}); see dropped_starts_."
            )
        if self.trouble:
            sentences.append(
                f"EM stopped at iteration {self.n_iter} ({self.trouble}); the parameters are "
                "those before it. Try other starts, fewer components, or regularisation."
            )
        elif not self.converged and not self.stopped and np.isfinite(self.lower_bound):
            sentences.append(
                "Best performing initialization did not converge. Try different init "
                "parameters, or increase max_iter, tol, or check for degenerate data."
            )
        return sentences


def ranking(em: EM, run: Run, chance: bool) -> Array:
    """Objectives (B,) of the members, -inf for those that come last whatever theirs is.

    These are members that met trouble and, where `chance`, those with a
    component that collapsed, or else one that few rows make by chance, each
    unless there are no others.
    """
    sound = run.sound & np.isfinite(run.objective)
    kinds = [sound]
    if chance:
        whole = sound & ~em.family.collapsed(run.state.params).any(axis=1)
        kinds += [whole, whole & ~by_chance(em, run.state).any(axis=1)]
    score = np.where(np.isfinite(run.objective), run.objective, -np.inf)
    for better in kinds:
        if better.any():
            score = np.where(better, score, -np.inf)
    return score


def poor(em: EM, state: State) -> NDArray[np.bool_]:
    """Members (B,) whose height says nothing of how good they are.

    A component has collapsed, or it is few rows that lie close by chance.
    """
    amiss = em.family.collapsed(state.params) | by_chance(em, state)
    return np.asarray(amiss.any(axis=1))


def first_of_best(run: Run, score: Array) -> int:
    """The first of equals, preferably converged: rounding must not choose between them."""
    equals = score >= score.max() - 1e-12 * max(1.0, abs(score.max()))
    done = equals & run.converged
    return int(np.argmax(done if done.any() else equals))


def outcome_of(family: Family, run: Run, member: int, dropped: Sequence[str]) -> Outcome:
    """What comes of one member; `dropped` are reasons of starts that are not in the run."""
    state = run.state.of_batch(np.array([member]))
    others = [reason for place, reason in enumerate(run.trouble) if reason and place != member]
    return Outcome(
        state,
        float(run.objective[member]),
        np.array(run.histories[member]),
        int(run.n_iter[member]),
        bool(run.converged[member]),
        run.trouble[member],
        family.collapsed(state.params)[0].copy(),
        [*dropped, *others],
    )
