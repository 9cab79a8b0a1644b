"""Labels that follow the components to their places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["relabelled"]

Labels = NDArray[np.integer]


def relabelled(labels: Labels, orders: Labels) -> Labels:
    """Labels of components in other places.

    Parameters
    ----------
    labels : ndarray of int of shape (T, W, N)
    orders : ndarray of int of shape (T, W, K)
        Which component is in each place.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.gibbs.relabelling import relabelled
    >>> relabelled(np.array([[[0, 0, 1, 2]]]), np.array([[[2, 0, 1]]])).tolist()
    [[[1, 1, 2, 0]]]
    """
    places = np.argsort(orders, axis=-1).astype(labels.dtype)  # of each component
    moved = (orders != np.arange(orders.shape[-1])).any(axis=-1)
    if not moved.any():
        return labels
    labels = labels.copy()
    labels[moved] = np.take_along_axis(places[moved], labels[moved].astype(np.intp), axis=-1)
    return labels
