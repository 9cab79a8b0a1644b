"""Starts that run together, and what is shown of them while they do."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.callbacks import Watch
from skmixture.engine.em import EM
from skmixture.engine.iteration import Run
from skmixture.engine.outcome import first_of_best, outcome_of, ranking
from skmixture.engine.state import State

__all__ = ["Over", "Round", "Starts"]


class Starts(NamedTuple):
    """Starts that run together."""

    state: State
    numbers: NDArray[np.integer]  # (B,), which starts they are
    histories: list[list[float]]  # of what counts of the iterations they have behind them

    @classmethod
    def of(cls, state: State, numbers: NDArray[np.integer]) -> Self:
        """Starts that have not begun."""
        return cls(state, numbers, [[] for _ in numbers])

    def joined(self, others: Starts) -> Starts:
        """These, and others behind them."""
        numbers = np.concatenate([self.numbers, others.numbers])
        state = State.stack([self.state, others.state])
        return Starts(state, numbers, [*self.histories, *others.histories])


class Over(NamedTuple):
    """Runs that are over."""

    numbers: NDArray[np.integer]  # (B,), of the starts
    run: Run


class Round:
    """Starts that run together, as a watch sees them: the best of them so far.

    It observes their iterations. Starts that wait for their batch are where
    the iterations behind them have led; `over` are runs that are, of starts
    that come before them.
    """

    def __init__(
        self,
        watch: Watch,
        em: EM,
        starts: Starts,
        dropped: list[str],
        chance: bool,
        on_sample: bool = False,
        over: Over | None = None,
    ) -> None:
        self._watch, self._em = watch, em
        self._dropped, self._chance, self._on_sample = dropped, chance, on_sample
        so_far = Run.of(starts.state).after(starts.histories)
        last = [history[-1] if history else -np.inf for history in starts.histories]
        so_far.objective = np.array(last)
        self._n_over = 0
        if over is not None:
            self._n_over, so_far = len(over.numbers), Run.joined([over.run, so_far])
        self._numbers = starts.numbers if over is None else np.append(over.numbers, starts.numbers)
        self._histories, self._so_far = starts.histories, so_far
        self.enter(np.arange(len(last)))

    def enter(self, batch: NDArray[np.integer]) -> None:
        """From here on it is these starts that run."""
        self._batch, self._n_iter = batch, 0

    def begin(self) -> None:
        """They begin an iteration."""
        self._watch.begin()

    def end(self, run: Run, n_running: int) -> None:
        """They have ended it."""
        n_iter = int(run.n_iter.max())
        if n_iter == self._n_iter:  # none of them came to anything
            self._watch.pass_over()
            return
        self._n_iter = n_iter
        before = [self._histories[place] for place in self._batch]
        places = self._n_over + self._batch
        self._so_far.put(places, run.after(before))
        score = ranking(self._em, self._so_far, self._chance)
        best = first_of_best(self._so_far, score)
        outcome = outcome_of(self._em.family, self._so_far, best, self._dropped)
        counts = run.n_iter == n_iter
        numbers, values = self._numbers[places][counts], run.objective[counts]
        every = dict(zip(numbers.tolist(), values.tolist(), strict=True))
        self._watch.end(outcome, int(self._numbers[best]), n_running, self._on_sample, every)
