"""Walkers that alternate labels and parameters, none of which knows of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.random import MT19937, RandomState, SeedSequence
from numpy.typing import NDArray

from skmixture.inference.posterior.gibbs.bounded import Prior
from skmixture.inference.posterior.gibbs.drawn import Drawn
from skmixture.inference.posterior.gibbs.given import Given
from skmixture.inference.posterior.gibbs.labelled import Labelled
from skmixture.inference.posterior.gibbs.moves import moves_of
from skmixture.inference.posterior.gibbs.temperature import Temperature
from skmixture.inference.posterior.storage import Layout, Record, pack_states, unpack_states
from skmixture.inference.posterior.target import Target

__all__ = ["Gibbs"]

Array = NDArray[np.floating]


class Gibbs:
    """W independent walkers, each with labels of its own.

    A round draws weights and parameters given labels, and then labels given
    these (Diebolt and Robert 1994, Journal of the Royal Statistical Society
    B 56, 363-375). Its record has the state after it:

    coordinates (1, W, p), log_prob (1, W)
        Parameters, and the log posterior density of the coordinates with the
        labels summed out, at temperature 1.
    accepted (1, W)
        Whether parameters moved.
    labels (W, N)
    complete_log_likelihood, log_likelihood (W,)
        Of rows and labels, and of rows with the labels summed out; neither is
        tempered.
    swaps (W,)
        How many labels are other ones than before the round.
    round (1,)
        Its number, rounds that are not recorded counted as well.

    Parameters
    ----------
    target : Target
    rows : Labelled
    coordinates : ndarray of shape (W, p)
        Where walkers begin.
    seed : SeedSequence
    temperature : Temperature, optional
        By which the log-likelihood of rows and labels is divided, in all draws.
    n_parameter_steps : int, default=1
        How often parameters move in a round.
    """

    def __init__(
        self,
        target: Target,
        rows: Labelled,
        coordinates: Array,
        seed: SeedSequence,
        temperature: Temperature | None = None,
        n_parameter_steps: int = 1,
    ) -> None:
        self._chart, self._rows, self._prior = target.likelihood.chart, rows, Prior(target)
        self._temperature = Temperature(None) if temperature is None else temperature
        of_weights, of_parameters = moves_of(target, rows)
        self._moves = of_weights + n_parameter_steps * of_parameters
        self._rng = RandomState(MT19937(seed))
        self._y = np.array(coordinates, dtype=float)
        self._round = 0
        drawn = self._drawn(self._y, self._temperature.at(0))
        self._labels, self._table = drawn.labels, drawn.table

    def layout(self) -> Layout:
        """What a round is made of."""
        W, p = self._y.shape
        number = np.dtype(float)
        return Layout(
            {
                "coordinates": ((1, W, p), number),
                "log_prob": ((1, W), number),
                "accepted": ((1, W), np.dtype(bool)),
                "labels": ((W, self._rows.n_labels), self._rows.dtype),
                "complete_log_likelihood": ((W,), number),
                "log_likelihood": ((W,), number),
                "swaps": ((W,), np.dtype(np.int64)),
                "round": ((1,), np.dtype(np.int64)),
            }
        )

    def restore(self, record: Record) -> None:
        """Go on from a round that was recorded."""
        self._y = record.arrays["coordinates"][0].copy()
        self._labels = record.arrays["labels"].copy()
        self._table = self._rows.table(self._labels)
        self._round = int(record.arrays["round"][0]) + 1
        (state,) = unpack_states(record.state)
        self._rng.set_state(state)

    def steps(self, number: int, n_jobs: int | None = None) -> Iterator[Record]:
        """So many rounds, one after the other; threads share the rows, whatever `n_jobs` says."""
        for _ in range(number):
            yield self._next()

    # -- within ------------------------------------------------------------

    def _next(self) -> Record:
        temperature = self._temperature.at(self._round)
        given, y = Given(self._rows, self._table, temperature), self._y
        for move in self._moves:
            y = move(y, given, self._rng)
        drawn = self._drawn(y, temperature)
        arrays: dict[str, Any] = {
            "coordinates": y[None].copy(),
            "log_prob": (drawn.log_likelihood + self._prior(y))[None],
            "accepted": (y != self._y).any(axis=1)[None],
            "labels": drawn.labels,
            "complete_log_likelihood": drawn.complete,
            "log_likelihood": drawn.log_likelihood,
            "swaps": np.count_nonzero(drawn.labels != self._labels, axis=1).astype(np.int64),
            "round": np.array([self._round], dtype=np.int64),
        }
        self._y, self._labels, self._table = y, drawn.labels, drawn.table
        self._round += 1
        return Record(arrays, pack_states([self._rng.get_state()]))

    def _drawn(self, y: Array, temperature: float) -> Drawn:
        uniforms = self._rng.uniform(size=(len(y), self._rows.n_labels))
        return self._rows.drawn(self._chart.state(y), uniforms, temperature)
