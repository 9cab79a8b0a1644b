"""Which moves a round is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.posterior.beliefs.densities import Callback
from skmixture.inference.posterior.gibbs.bounded import Move, Prior
from skmixture.inference.posterior.gibbs.conjugate.believed import as_dirichlet, believed
from skmixture.inference.posterior.gibbs.conjugate.move import straight
from skmixture.inference.posterior.gibbs.given import Given
from skmixture.inference.posterior.gibbs.labelled import Labelled
from skmixture.inference.posterior.gibbs.places import Group, Places
from skmixture.inference.posterior.gibbs.slices import Slices
from skmixture.inference.posterior.gibbs.weights import DirichletWeights
from skmixture.inference.posterior.target import Target

__all__ = ["moves_of"]

Array = NDArray[np.floating]

# A step that second differences are taken by.
STEP = 0.05


def moves_of(target: Target, rows: Labelled) -> tuple[list[Move], list[Move]]:
    """Those of the weights, and those of the parameters, which may be repeated.

    Each is a draw from the law given all else where that has a name, else
    slice sampling.
    """
    chart, prior = target.likelihood.chart, Prior(target)
    places, apart = Places(chart), not _separate(target)
    parameters: list[Move] = []
    for name in chart.family.parameters:
        if not len(places.of(name)):
            continue
        direct = straight(target, prior, name, places.of(name))
        if direct is not None:
            parameters.append(direct)
            continue
        groups = places.groups(name, apart)
        curvatures = _curvatures(target, rows, groups)
        parameters += [
            Slices(prior, group, curvature)
            for group, curvature in zip(groups, curvatures, strict=True)
        ]
    return _of_weights(target, prior, places.weights), parameters


def _of_weights(target: Target, prior: Prior, places: NDArray[np.integer]) -> list[Move]:
    if not len(places):
        return []
    concentrations = as_dirichlet(believed(target, "weights"))
    if concentrations is None:
        groups = [Group(np.array([place]), None) for place in places]
        return [Slices(prior, group, np.full(1, 0.25), of_weights=True) for group in groups]
    free = target.likelihood.chart.coordinates.free_weights
    if "weights" in target.likelihood.priors and concentrations.ndim:
        concentrations = concentrations[..., free]  # which are of all weights, held ones too
    return [DirichletWeights(prior, places, concentrations)]


def _separate(target: Target) -> bool:
    """Whether the prior says of each component what it says, whatever the others are."""
    terms = target.belief.terms
    alone = not any(isinstance(term.density, Callback) or term.derived for term in terms)
    return alone and target.ordering is None


def _curvatures(target: Target, rows: Labelled, groups: list[Group]) -> list[Array]:
    """Minus the second derivative of a row's log density, on average at the fit, by coordinate."""
    chart = target.likelihood.chart
    origin = chart.origin[None]
    state = chart.state(origin)
    if rows.without_rows:
        return [np.zeros(len(group.places)) for group in groups]
    table = rows.expected(state)
    n = table.sum(axis=-1)[0]  # (K,)
    found = []
    for group in groups:
        points = np.repeat(origin, 3, axis=0)
        points[:, group.places] += STEP * np.array([[-1.0], [0.0], [1.0]])
        heights = Given(rows, np.repeat(table, 3, axis=0)).heights(chart.state(points))
        if group.components is None:
            of_group, mass = heights.sum(axis=1, keepdims=True), n.sum(keepdims=True)
        else:
            of_group, mass = heights[:, group.components], n[group.components]
        with np.errstate(all="ignore"):
            curvature = (2 * of_group[1] - of_group[0] - of_group[2]) / STEP**2 / mass
        proper = np.isfinite(curvature) & (curvature > 0)
        found.append(np.where(proper, curvature, 0.0))
    return found
