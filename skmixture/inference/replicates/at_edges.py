"""Parameters at an edge: of replicates, which spoil what is averaged, and of the model itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from skmixture.edges import Edge, entry_name, free_of, listed
from skmixture.family import Arrays, Family
from skmixture.inference.replicates.ground import Ground
from skmixture.transforms import Above, Positive, Real

__all__ = ["of_model", "of_replicates", "run_away"]

Mask = NDArray


def run_away(law: Family, params: Arrays, n_rows: float) -> dict[str, Mask]:
    """Which values (B, K, ...) by name grew for ever, as far as a fit lets them.

    Those at a bound, as a probability of 0, are numbers like others.

    Parameters
    ----------
    law : Family
        Local to the data.
    params : mapping of str to ndarray of shape (B, K, ...)
        In its units.
    n_rows : float
    """
    found: dict[str, Mask] = {}
    for member in range(len(next(iter(params.values())))):
        own = {name: value[member] for name, value in params.items()}
        for edge in law.at_edges(own, n_rows):
            value, transform = own[edge.name], law.parameters[edge.name]
            unbounded = isinstance(transform, Real | Positive | Above)
            if not unbounded or edge.at.shape != value.shape:
                continue
            # without a unit, as what grows for ever is: far above 1, where a bound is far below
            far = np.ones_like(edge.at) if isinstance(transform, Real) else value > 1
            mask = found.setdefault(edge.name, np.zeros(params[edge.name].shape, dtype=bool))
            mask[member] |= edge.at & edge.there & far
    return found


def of_replicates(ground: Ground, away: Mapping[str, Mask], n: int) -> Iterator[str]:
    """A sentence for each parameter that grew for ever in some of n replicates."""
    for name, mask in away.items():
        free = _free(ground, Edge(name, np.asarray(mask.any(axis=0)), ""))
        times = mask.sum(axis=0)
        named = [
            f"{label} in {times[tuple(place)]}"
            for place, label in zip(np.argwhere(free), _names(ground, name, free), strict=True)
        ]
        if named:
            yield (
                f"of {n} replicates, {listed(named)} grew without bound, where standard errors, "
                "biases and 'basic' intervals mean nothing: take percentile intervals, or "
                f"something that stays finite, as function=lambda p: 1 / p[{name!r}]"
            )


def of_model(ground: Ground) -> Iterator[str]:
    """A sentence for each parameter that lies at an edge in the model itself."""
    law = ground.problem.em.family
    params = {name: value[0] for name, value in ground.start.params.items()}
    at: dict[str, list[str]] = {}
    for edge in law.at_edges(params, ground.rows.counted):
        at.setdefault(edge.name, []).extend(_names(ground, edge.name, _free(ground, edge)))
    for name, named in at.items():
        if named:
            whole = law.parameters[name].event_ndim
            remedy = "a prior keeps them away from it" if whole else "use profile_interval"
            yield (
                f"at an edge of the range in the model itself: {listed(named)}. Replicates do not "
                f"tell how far from it the truth may be: {remedy}"
            )


def _free(ground: Ground, edge: Edge) -> Mask:
    """Which values are at the edge, of those that the user does not hold."""
    constraints = ground.problem.em.constraints
    at = edge.at & free_of(edge, constraints)
    return at[:1] if edge.name in constraints.tied else at


def _names(ground: Ground, name: str, at: Mask) -> list[str]:
    law, K = ground.problem.em.family, ground.start.weights.shape[-1]
    tied, own = name in ground.problem.em.constraints.tied, law.places(name, K)
    return [entry_name(name, place, tied, own) for place in np.argwhere(at)]
