"""How components are numbered after a fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from skmixture.law.family import Arrays, Family

__all__ = [
    "OrderBy", "by_component", "check_order_by", "component_order", "of_component", "reordered",
]  # fmt: skip

Array = NDArray[np.floating]
OrderBy = str | Callable[[Mapping[str, Array]], Array] | None


def check_order_by(order_by: OrderBy, names: Sequence[str]) -> None:
    """Raise unless `order_by` is None, a callable or one of the names."""
    if order_by is not None and not callable(order_by) and order_by not in names:
        raise ValueError(f"order_by={order_by!r} must be None, a callable or one of {list(names)}")


def component_order(
    order_by: OrderBy, weights: Array, published: Mapping[str, Array], family: Family
) -> NDArray[np.integer] | None:
    """The permutation (K,) that puts components in increasing order.

    Components of different laws are not exchanged.

    Parameters
    ----------
    order_by : None, str or callable
        None leaves them as they are. A name sorts by "weights" or by a
        parameter, its first entry before the second. A callable takes the
        dict of weights and parameters and returns one key a component.
    weights : ndarray of shape (K,)
    published : mapping of str to ndarray
    family : Family

    Returns
    -------
    ndarray of int of shape (K,) or None
    """
    if order_by is None:
        return None
    check_order_by(order_by, ["weights", *published])
    values = {"weights": weights, **published}
    found = order_by(values) if callable(order_by) else values[order_by]
    keys = np.asarray(found, dtype=float)
    n_keys = len(weights)
    if not callable(order_by) and order_by != "weights":
        n_keys = len(family.places(order_by, len(weights)))
    if keys.ndim == 0 or len(keys) != n_keys or not np.isfinite(keys).all():
        raise ValueError(
            f"order_by={order_by!r} must give one finite key for each of the "
            f"{len(weights)} components, got {keys!r}"
        )
    columns = keys.reshape(n_keys, -1)
    if n_keys < len(weights) and isinstance(order_by, str):  # the others stay where they are
        columns = np.nan_to_num(by_component(family, order_by, columns, len(weights)))
    return np.lexsort([*columns.T[::-1], _kinds(family, list(published), len(weights))])


def _kinds(family: Family, names: Sequence[str], n_components: int) -> NDArray[np.integer]:
    """A number (K,) for each component, the same for those with the same parameters."""
    has = np.array(
        [np.isin(np.arange(n_components), family.places(name, n_components)) for name in names]
    )
    first = [int(np.argmax((has.T == own).all(axis=1))) for own in has.T]
    return np.array(first)


def reordered(family: Family, params: Arrays, order: NDArray[np.integer]) -> dict[str, Array]:
    """Parameters of components that are numbered anew."""

    def places(name: str) -> NDArray[np.integer]:
        had = family.places(name, len(order))
        return np.searchsorted(had, order[np.isin(order, had)])

    return {
        name: value if family.shared(name) else value[places(name)]
        for name, value in params.items()
    }


def of_component(family: Family, params: Arrays, k: int, n_components: int) -> dict[str, Array]:
    """The parameters that component k has, without the component axis."""
    own = {}
    for name, value in params.items():
        place = np.flatnonzero(family.places(name, n_components) == k % n_components)
        if len(place):
            own[name] = value[0 if family.shared(name) else place[0]]
    return own


def by_component(family: Family, name: str, value: Array, n_components: int) -> Array:
    """Values (K, ...) of a parameter by component, NaN where a component has none."""
    dtype = np.result_type(value.dtype, float)  # objects stay what they are
    values = np.full((n_components, *value.shape[1:]), np.nan, dtype)
    values[family.places(name, n_components)] = value
    return values
