"""Parameters at an edge: of replicates, which spoil what is averaged, and of the model itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.named_edges import Naming
from skmixture.inference.replicates.ground import Ground
from skmixture.law.edges import Edge, listed
from skmixture.law.family import Arrays, Family
from skmixture.transforms import Above, Below, Positive, Real

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
            unbounded = isinstance(transform, Real | Positive | Above | Below)
            if not unbounded or edge.at.shape != value.shape:
                continue
            # without a unit, as what grows for ever is: far above 1, where a bound is far below
            far = np.ones_like(edge.at)
            if not isinstance(transform, Real):  # from the bound, which grows the other way below
                outward = -1 if isinstance(transform, Below) else 1
                far = outward * transform.unconstrain(value) > 0
            mask = found.setdefault(edge.name, np.zeros(params[edge.name].shape, dtype=bool))
            mask[member] |= edge.at & edge.there & far
    return found


def of_replicates(ground: Ground, away: Mapping[str, Mask], n: int) -> Iterator[str]:
    """A sentence for each parameter that grew for ever in some of n replicates."""
    naming = _naming(ground)
    for name, mask in away.items():
        free = naming.free(Edge(name, np.asarray(mask.any(axis=0)), ""))
        times = mask.sum(axis=0)[: len(free)][free]
        named = [
            f"{label} in {m}" for label, m in zip(naming.names(name, free), times, strict=True)
        ]
        if named:
            yield (
                f"of {n} replicates, {listed(named)} grew without bound, where standard errors, "
                "biases and 'basic' intervals mean nothing: take percentile intervals, or "
                f"something that stays finite, as function=lambda p: 1 / p[{name!r}]"
            )


def of_model(ground: Ground) -> Iterator[str]:
    """Sentences on parameters that lie at an edge in the model itself."""
    naming = _naming(ground)
    params = {name: value[0] for name, value in ground.start.params.items()}
    by_remedy: dict[str, list[str]] = {}
    for name, named in naming.of_fit(params, ground.rows.counted).items():
        whole = naming.law.parameters[name].event_ndim
        remedy = "a prior keeps them away from it" if whole else "use profile_interval"
        by_remedy.setdefault(remedy, []).extend(named)
    for remedy, named in by_remedy.items():
        yield (
            f"at an edge of the range in the model itself: {listed(named)}. Replicates do not "
            f"tell how far from it the truth may be: {remedy}"
        )


def _naming(ground: Ground) -> Naming:
    em = ground.problem.em
    return Naming(em.family, em.constraints, ground.start.weights.shape[-1])
