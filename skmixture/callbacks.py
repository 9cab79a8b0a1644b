"""What a fit shows of its iterations while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.outcome import Outcome
from skmixture.law.family import Family

__all__ = ["Callback", "Iteration", "Stopped", "Watch", "Watcher", "watch_of", "watcher_of"]

Array = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Iteration:
    """One iteration of a fit, as a callback is shown it.

    Starts that run together make their iterations together, and what is
    shown then is the best of them so far: what the fit comes to if it stops
    here.

    Attributes
    ----------
    number : int
        1, 2, ... throughout the fit.
    start : int
        Number of the start that is best so far, from 0. From ``n_init`` on they are
        starts that were made of an end.
    n_iter : int
        Iterations of this start that count: `n_iter_` if the fit stops here.
    lower_bound : float
        Its mean log-likelihood (plus that of priors) entering its last
        iteration, as in `lower_bounds_`.
    change : float
        By how much that is more than what was shown before; inf at first.
    converged : bool
        Whether the start has met the stopping rule.
    n_running : int
        Starts that made this iteration together.
    on_sample : bool
        Whether starts are being compared on a sample of the rows. The values
        then are those of the sample, and the iterations do not count.
    every : dict of int to float
        The mean log-likelihood of every start of which this iteration counts, by its number.

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> seen = []
    >>> def watch(iteration):
    ...     seen.append(iteration.lower_bound)
    ...     return iteration.number == 3  # stop there
    >>> model = PoissonMixture(2, n_init=1, random_state=0)
    >>> model = model.fit([[0], [1], [4], [9], [8]], callback=watch)
    >>> len(seen)
    3
    """

    number: int
    start: int
    n_iter: int
    lower_bound: float
    change: float
    converged: bool
    n_running: int
    on_sample: bool
    every: Mapping[int, float]
    _publish: Callable[[], Any] = field(repr=False)

    @cached_property
    def model(self) -> Any:
        """The estimator as it is fitted if the fit stops here; made when it is asked for."""
        return self._publish()

    @property
    def weights(self) -> Array:
        """Mixing weights (n_components,) that the iteration led to."""
        return self.model.weights_

    @property
    def params(self) -> dict[str, Array]:
        """Parameters by name, in the user's units and their published shapes."""
        return self.model.params_


Callback = Callable[[Iteration], object]


class Watcher(Protocol):
    """One that is told of every iteration."""

    def begin(self) -> None:
        """An iteration begins."""

    def end(self, iteration: Iteration | None) -> bool:
        """It is over; None where it led nowhere. True stops the fit."""


class Calling:
    """Calls a function that the user gave."""

    def __init__(self, function: Callback) -> None:
        self._function = function

    def begin(self) -> None:
        """Nothing is called before there is something to show."""

    def end(self, iteration: Iteration | None) -> bool:
        """Whether the function returned True itself: other values may be there by accident."""
        if iteration is None:
            return False
        answer = self._function(iteration)
        return isinstance(answer, bool | np.bool_) and bool(answer)


def watcher_of(callback: Callback | None) -> list[Watcher]:
    """The user's function as a watcher, in a list that is empty where there is none."""
    if callback is None:
        return []
    if not callable(callback):
        raise ValueError(
            f"callback must be a function that takes an iteration, or None; got {callback!r}"
        )
    return [Calling(callback)]


class Stopped(Exception):
    """A watcher has stopped the fit; `outcome` is what it comes to."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = replace(outcome, stopped=True)


class Watch:
    """Shows each iteration of one fit to its watchers, one of which may stop it.

    Parameters
    ----------
    watchers : sequence of Watcher
    publish : callable
        Makes a fitted estimator of an `Outcome`.
    """

    def __init__(self, watchers: Sequence[Watcher], publish: Callable[[Outcome], Any]) -> None:
        self._watchers = watchers
        self._publish = publish
        # watchers are no part of the computation, which may divide by zero in silence
        self._errors: Mapping[str, Any] = np.geterr()
        self._number = 0
        self._last: tuple[bool, float] = False, -np.inf  # where, and the lower bound

    def begin(self) -> None:
        """An iteration begins."""
        with np.errstate(**self._errors):
            for watcher in self._watchers:
                watcher.begin()

    def end(
        self,
        outcome: Outcome,
        start: int,
        n_running: int,
        on_sample: bool,
        every: Mapping[int, float],
    ) -> None:
        """Show what an iteration led to; raise `Stopped` where a watcher says so."""
        self._number += 1
        on_same, before = self._last
        change = outcome.lower_bound - (before if on_same == on_sample else -np.inf)
        self._last = on_sample, outcome.lower_bound
        ended, publish = _without_iterations(outcome) if on_sample else outcome, self._publish
        iteration = Iteration(
            self._number,
            start,
            ended.n_iter,
            outcome.lower_bound,
            change,
            outcome.converged,
            n_running,
            on_sample,
            every,
            lambda: publish(ended),
        )
        if self._tell(iteration):
            raise Stopped(ended)

    def pass_over(self) -> None:
        """An iteration is over that led nowhere."""
        self._tell(None)

    def _tell(self, iteration: Iteration | None) -> bool:
        with np.errstate(**self._errors):
            answers = [watcher.end(iteration) for watcher in self._watchers]
        return any(answers)


def watch_of(
    watchers: Sequence[Watcher], estimator: Any, problem: Any, family: Family
) -> Watch | None:
    """The watch of a fit; None where nobody watches. Results are published in copies."""

    def fitted(outcome: Outcome) -> Any:
        model = copy(estimator)
        # of arrays of its own: a callback may do with them as it likes
        model._publish(problem, replace(outcome, state=outcome.state.copy()), family)
        return model

    return Watch(watchers, fitted) if watchers else None


def _without_iterations(outcome: Outcome) -> Outcome:
    """The same as of a fit that has made none yet: those on a sample are not counted."""
    return replace(
        outcome, lower_bound=-np.inf, lower_bounds=np.empty(0), n_iter=0, converged=False
    )
