"""Labels that are known before the fit: responsibilities that are held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from skmixture.engine.e_step import log_joint
from skmixture.engine.em import EM
from skmixture.engine.state import State
from skmixture.given.validation import as_numbers, check_shape, one_hot
from skmixture.law.family import Family

__all__ = [
    "LEAST",
    "UNKNOWN",
    "alike",
    "check_labels",
    "known_first",
    "orders_as_known",
    "renumbered",
    "told_of_labels",
]

Array = NDArray[np.floating]

# The label of rows whose component is not known.
UNKNOWN = -1
# Log densities no lower than this count: minus infinity has no sum, nor has what is no number, and
# beside them differences between other rows must not be lost.
LEAST = -1e15


def check_labels(labels: ArrayLike, n_rows: int, n_components: int) -> Array:
    """Known responsibilities (K, n), NaN where unknown, from labels or from rows (n, K) of them."""
    given = _unmasked(labels)
    if given.ndim == 1 and given.dtype.kind not in "biuf":
        others = [label for label in given.tolist() if not isinstance(label, int | float)]
        raise ValueError(
            f"labels must be components 0 to {n_components - 1}, and {UNKNOWN} for rows whose "
            f"component is not known, got {given.dtype} values such as {(others or given)[0]!r}"
        )
    if given.ndim == 1:
        check_shape(given, (n_rows,), "labels")
        fit = (given >= UNKNOWN) & (given < n_components) & (given == np.floor(given))
        if not fit.all():
            row = int(np.argmin(fit))
            raise ValueError(
                f"labels[{row}] = {given[row]!s}, but labels must be whole numbers from 0 to "
                f"n_components - 1 = {n_components - 1}, or {UNKNOWN} where unknown"
            )
        known = one_hot(given.astype(np.intp), n_components)
        known[given == UNKNOWN] = np.nan
        return known.T
    known = as_numbers(given, "labels", allow_nan=True)
    check_shape(known, (n_rows, n_components), "labels")
    proper = np.isnan(known).all(axis=1)
    proper |= (known >= 0).all(axis=1) & (np.abs(known.sum(axis=1) - 1) <= 1e-6)
    if not proper.all():
        row = int(np.argmin(proper))
        raise ValueError(
            f"labels[{row}] = {known[row]} must be nonnegative and sum to 1, or all NaN where "
            "nothing is known"
        )
    return known.T


def _unmasked(labels: ArrayLike) -> NDArray:
    """Labels as an array, in which what is masked is unknown."""
    if not np.ma.is_masked(labels):
        return np.asarray(labels)
    table: Any = np.ma.asarray(labels)
    return table.astype(float).filled(UNKNOWN if table.ndim == 1 else np.nan)


def known_first(resp: Array, known: Array | None) -> Array:
    """Responsibilities (K, n) with those that are known in their places."""
    return resp if known is None else np.where(np.isnan(known), resp, known)


def renumbered(em: EM, state: State) -> State:
    """The state with its components numbered as agrees best with known labels.

    A run may end with all components in the places of others. The state
    itself is returned where nothing changes.
    """
    orders = orders_as_known(em, state)
    if (orders == np.arange(orders.shape[1])).all():
        return state
    members = np.arange(len(orders))[:, None]
    params = {
        name: value if em.family.shared(name) else value[members, orders]
        for name, value in state.params.items()
    }
    return State(np.take_along_axis(state.weights, orders[:, None], axis=2), params)


@contextmanager
def told_of_labels(em: EM, n_components: int) -> Iterator[None]:
    """Where a fit fails, say so if a label is on a component that cannot have made the row."""
    try:
        yield
    except ValueError as error:
        amiss = None if em.rows.known is None else _impossible_label(em, n_components)
        if amiss is None:
            raise
        place, component = amiss
        row = em.rows.taken(np.array([place]), None).X[0]
        raise ValueError(
            f"labels put the row {row} into component {component}, which cannot have "
            "made it: its density there is 0"
        ) from error


def _impossible_label(em: EM, n_components: int) -> tuple[int, int] | None:
    """A row and a component, as known, that has density 0 there after a first M-step."""
    known = em.rows.known
    assert known is not None
    state = em.start(known_first(np.full(known.shape, 1 / n_components), known)[None])
    places = np.flatnonzero(~np.isnan(known[0]))
    joint = log_joint(em.family.stable(), state, em.rows.taken(places, np.ones(len(places))))
    wrong = np.argwhere(((joint[0] == -np.inf) & (known[:, places] > 0)).T)
    return (int(places[wrong[0, 0]]), int(wrong[0, 1])) if len(wrong) else None


def orders_as_known(em: EM, state: State) -> NDArray[np.integer]:
    """Permutations (B, K) of components that agree best with known labels.

    Of all permutations the one with the highest likelihood of the rows whose
    labels are known; other rows do not feel it. The order stays where nothing
    is known, where components are not alike, or where the user holds values.
    """
    B, _, K = state.weights.shape
    law, known = em.family, em.rows.known
    if known is None or em.constraints.fixed or not alike(law, state):
        return np.tile(np.arange(K), (B, 1))
    places = np.flatnonzero(~np.isnan(known[0]))
    weight = np.ones(len(places)) if em.rows.weight is None else em.rows.weight[0, places]
    joint = log_joint(law.stable(), state, em.rows.taken(places, weight))  # (B, K, m)
    joint = np.where(joint > LEAST, joint, LEAST)
    # of one component in the place of another
    gain = joint @ (known[:, places] * weight).T
    return np.array([linear_sum_assignment(own.T, maximize=True)[1] for own in gain])


def alike(law: Family, state: State) -> bool:
    """Whether each component has a value of its own of every parameter."""
    K = state.weights.shape[-1]
    places = (law.places(name, K) for name in state.params)
    return all(len(place) == K for place in places) and all(
        value.shape[1] == K or law.shared(name) for name, value in state.params.items()
    )
