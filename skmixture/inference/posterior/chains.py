"""From steps to a chain: recorded one by one, as many as are wanted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Protocol

from skmixture.inference.posterior.plan import MOST_STEPS
from skmixture.inference.posterior.storage import Record, Recorder

__all__ = ["Walk", "begun", "recorded"]

# A chain whose length follows from its draws is looked at after so many steps, and again when it
# is longer by this factor.
FIRST_LOOK, LONGER = 500, 1.5


class Walk(Protocol):
    """What takes steps."""

    def restore(self, record: Record) -> None:
        """Go on from a step that was recorded."""

    def steps(self, number: int, n_jobs: int | None = None) -> Iterator[Record]:
        """So many steps, one after the other."""


def begun(walk: Walk, recorder: Recorder, n_burn_in: int, n_jobs: int | None = None) -> None:
    """Bring a walk to where the next step is recorded: from the last one, or burnt in."""
    last = recorder.last()
    if last is not None:
        walk.restore(last)
        return
    for _ in walk.steps(n_burn_in, n_jobs):
        pass


def recorded(
    walk: Walk,
    recorder: Recorder,
    n_steps: int | None,
    enough: Callable[[int], bool],
    n_jobs: int | None = None,
    tell: Callable[[int], None] | None = None,
) -> None:
    """Take steps and record each; of an interrupted call, those that were taken are there.

    Parameters
    ----------
    walk : Walk
    recorder : Recorder
    n_steps : int or None
        None goes on until there are enough.
    enough : callable
        Of the number of steps that are recorded.
    n_jobs : int or None
    tell : callable, optional
        Told how many are done of this call.

    Raises
    ------
    KeyboardInterrupt
        Where no step is recorded.
    """
    try:
        if n_steps is not None:
            _taken(walk, recorder, n_steps, n_jobs, tell)
            return
        look = FIRST_LOOK
        while recorder.n_steps < MOST_STEPS and not enough(recorder.n_steps):
            while look <= recorder.n_steps:
                look = int(LONGER * look)
            more = min(look, MOST_STEPS) - recorder.n_steps
            _taken(walk, recorder, more, n_jobs, tell)
    except KeyboardInterrupt:
        if not recorder.n_steps:
            raise
        warnings.warn(f"interrupted: {recorder.n_steps} steps are there", UserWarning, stacklevel=3)


def _taken(
    walk: Walk,
    recorder: Recorder,
    number: int,
    n_jobs: int | None,
    tell: Callable[[int], None] | None,
) -> None:
    before = recorder.n_steps
    for record in walk.steps(number, n_jobs):
        recorder.append(record)
        if tell is not None:
            tell(recorder.n_steps - before)
