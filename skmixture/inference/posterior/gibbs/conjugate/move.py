"""The move that draws a parameter straight from its law given labels."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.inference.likelihood.chart import Chart
from skmixture.inference.posterior.gibbs.bounded import Prior, kept
from skmixture.inference.posterior.gibbs.conjugate import counts, gaussian
from skmixture.inference.posterior.gibbs.conjugate.believed import believed
from skmixture.inference.posterior.gibbs.conjugate.rules import RULES, Case, Draw
from skmixture.inference.posterior.gibbs.given import Given
from skmixture.inference.posterior.target import Target
from skmixture.state import State

__all__ = ["Straight", "straight"]

Array = NDArray[np.floating]

# Rooms that enter their rules when they are imported.
ROOMS = (counts, gaussian)


class Straight:
    """A parameter drawn from its conditional law.

    Parameters
    ----------
    prior : Prior
    case : Case
    draw : Draw
    places : ndarray of int
        The coordinates of the parameter.
    """

    def __init__(self, prior: Prior, case: Case, draw: Draw, places: NDArray[np.integer]) -> None:
        self._prior, self._case, self._draw, self._places = prior, case, draw, places

    def __call__(self, y: Array, given: Given, rng: RandomState) -> Array:
        chart, case = self._prior.chart, self._case
        state = chart.state(y)
        with np.errstate(all="ignore"):
            value = self._draw(state.params, given.sums(state.params), rng)
            value = case.constraints.hold(case.name, value)
            found = _coordinates(chart, State(state.weights, {**state.params, case.name: value}))
        proposed = y.copy()
        proposed[:, self._places] = found[:, self._places]
        return kept(self._prior, y, proposed)


def straight(
    target: Target, prior: Prior, name: str, places: NDArray[np.integer]
) -> Straight | None:
    """The move of a parameter whose prior is conjugate; None where it is not, or no rule is known.

    Rules are of a law alone: what is made of it (columns with values that are missing, zeros
    that are inflated) has laws of its own.
    """
    em, chart = target.likelihood.em, target.likelihood.chart
    found = RULES.get((type(em.family), name))
    if found is None:
        return None
    priors = {own: believed(target, own) for own in em.family.parameters}
    shape = chart.state(chart.origin[None]).params[name].shape[1:]
    case = Case(target.likelihood.law, name, priors, shape, em.constraints, chart.n_components)
    draw = found(case)
    return None if draw is None else Straight(prior, case, draw, places)


def _coordinates(chart: Chart, state: State) -> Array:
    """Coordinates (B, p); members that have none come as NaN."""
    try:
        return chart.of(state)
    except np.linalg.LinAlgError:
        if len(state.weights) == 1:
            return np.full((1, chart.size), np.nan)
        ones = np.arange(len(state.weights))[:, None]
        return np.concatenate([_coordinates(chart, state.of_batch(one)) for one in ones])
