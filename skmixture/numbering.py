"""How components are numbered after a fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["OrderBy", "check_order_by", "component_order"]

Array = NDArray[np.floating]
OrderBy = str | Callable[[Mapping[str, Array]], Array] | None


def check_order_by(order_by: OrderBy, names: Sequence[str]) -> None:
    """Raise unless `order_by` is None, a callable or one of the names."""
    if order_by is not None and not callable(order_by) and order_by not in names:
        raise ValueError(f"order_by={order_by!r} must be None, a callable or one of {list(names)}")


def component_order(
    order_by: OrderBy, weights: Array, published: Mapping[str, Array]
) -> NDArray[np.integer] | None:
    """The permutation (K,) that puts components in increasing order.

    Parameters
    ----------
    order_by : None, str or callable
        None leaves them as they are. A name sorts by "weights" or by a
        parameter, its first entry before the second. A callable takes the
        dict of weights and parameters and returns one key a component.
    weights : ndarray of shape (K,)
    published : mapping of str to ndarray

    Returns
    -------
    ndarray of int of shape (K,) or None
    """
    if order_by is None:
        return None
    values = {"weights": weights, **published}
    check_order_by(order_by, list(values))
    keys = np.asarray(order_by(values) if callable(order_by) else values[order_by], dtype=float)
    if len(keys) != len(weights) or not np.isfinite(keys).all():
        raise ValueError(
            f"order_by={order_by!r} must give one finite key for each of the "
            f"{len(weights)} components, got {keys!r}"
        )
    columns = keys.reshape(len(weights), -1)
    return np.lexsort(columns.T[::-1])
