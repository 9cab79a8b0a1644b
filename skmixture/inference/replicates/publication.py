"""Replicates under the names of fitted attributes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.state import State
from skmixture.inference.replicates.ground import Ground
from skmixture.law.family import Arrays, Family

__all__ = ["estimates_of", "published"]

Array = NDArray[np.floating]


def published(ground: Ground, state: State, shares: Array) -> dict[str, Array]:
    """Weights and parameters (R, K, ...) by name, and what is derived of them.

    Parameters
    ----------
    ground : Ground
    state : State
        In the user's units.
    shares : ndarray of shape (G,)
        Part of the rows in each stratum.
    """
    named = {"weights": np.einsum("g,rgk->rk", shares, state.weights)}
    if ground.rows.strata is not None:
        named["strata_weights"] = state.weights
    rows = [
        _attributes(ground.law, {name: value[r] for name, value in state.params.items()})
        for r in range(len(state.weights))
    ]
    return named | {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def estimates_of(ground: Ground) -> dict[str, Array]:
    """The fit's own values (K, ...) by the same names."""
    params = ground.problem.em.family.to_user(ground.start.params)
    alone = published(ground, State(ground.start.weights, params), ground.problem.shares)
    return {name: value[0] for name, value in alone.items()}


def _attributes(law: Family, params: Arrays) -> dict[str, Array]:
    """Fitted attributes of one fit that are numbers, without their underscores."""
    public = {**law.publish(params), **law.derived(params)}
    arrays = {name: np.asarray(value) for name, value in public.items() if not _listed(value)}
    return {name: value for name, value in arrays.items() if value.dtype.kind == "f"}


def _listed(value: object) -> bool:
    """Whether it is a list of arrays, whose lengths may differ, as of the categories of columns."""
    return isinstance(value, list)
