"""The move that draws a parameter straight from its law given labels."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.engine.state import State
from skmixture.families.built.composite import Composite
from skmixture.inference.likelihood.chart import Chart
from skmixture.inference.posterior.gibbs.bounded import Prior, kept
from skmixture.inference.posterior.gibbs.conjugate import counts, gaussian
from skmixture.inference.posterior.gibbs.conjugate.believed import believed
from skmixture.inference.posterior.gibbs.conjugate.rules import RULES, Case, Draw
from skmixture.inference.posterior.gibbs.given import Given
from skmixture.inference.posterior.target import Target
from skmixture.law.family import Arrays
from skmixture.law.parts import SEPARATOR, held_by, of_part

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
    part : str, default=""
        The part of a law made of several that the case is of.
    """

    def __init__(
        self, prior: Prior, case: Case, draw: Draw, places: NDArray[np.integer], part: str = ""
    ) -> None:
        self._prior, self._case, self._draw, self._places = prior, case, draw, places
        self._part = part

    def __call__(self, y: Array, given: Given, rng: RandomState) -> Array:
        chart, case = self._prior.chart, self._case
        state = chart.state(y)
        with np.errstate(all="ignore"):
            params, stats = state.params, given.sums(state.params)
            value = self._draw(_own(self._part, params), _own(self._part, stats), rng)
            value = case.constraints.hold(case.name, value)
            whole = {**params, _whole(self._part, case.name): value}
            found = _coordinates(chart, State(state.weights, whole))
        proposed = y.copy()
        proposed[:, self._places] = found[:, self._places]
        return kept(self._prior, y, proposed)


def straight(
    target: Target, prior: Prior, name: str, places: NDArray[np.integer]
) -> Straight | None:
    """The move of a parameter whose prior is conjugate; None where it is not, or no rule is known.

    Rules are of a law alone: what is made of it (columns with values that are missing, zeros
    that are inflated) has laws of its own. Of named parts, each has its rules.
    """
    em, chart, law = target.likelihood.em, target.likelihood.chart, target.likelihood.law
    family, constraints, part, own = em.family, em.constraints, "", name
    if isinstance(family, Composite) and isinstance(law, Composite):
        part, _, own = name.partition(SEPARATOR)
        family, law = dict(family.laws)[part], dict(law.laws)[part]
        constraints = held_by(part, constraints)
    found = RULES.get((type(family), own))
    if found is None:
        return None
    priors = {key: believed(target, _whole(part, key)) for key in family.parameters}
    shape = chart.state(chart.origin[None]).params[name].shape[1:]
    n_values = len(chart.family.places(name, chart.n_components))
    case = Case(law, own, priors, shape, constraints, n_values)
    draw = found(case)
    return None if draw is None else Straight(prior, case, draw, places, part)


def _own(part: str, values: Arrays) -> Arrays:
    """Those of a part by its own names; all where there are none."""
    return of_part(part, values) if part else values


def _whole(part: str, name: str) -> str:
    return f"{part}{SEPARATOR}{name}" if part else name


def _coordinates(chart: Chart, state: State) -> Array:
    """Coordinates (B, p); members that have none come as NaN."""
    try:
        return chart.of(state)
    except np.linalg.LinAlgError:
        if len(state.weights) == 1:
            return np.full((1, chart.size), np.nan)
        ones = np.arange(len(state.weights))[:, None]
        return np.concatenate([_coordinates(chart, state.of_batch(one)) for one in ones])
