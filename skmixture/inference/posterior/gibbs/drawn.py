"""Labels that were drawn, and what they make of the rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Drawn", "joined"]

Array = NDArray[np.floating]
Labels = NDArray[np.integer]


class Drawn(NamedTuple):
    """Labels of B walkers, and what they and the parameters make of the rows.

    Attributes
    ----------
    labels : ndarray of int of shape (B, N)
    table : ndarray of shape (B, K, m)
        How many copies of each distinct row have each label.
    complete : ndarray of shape (B,)
        Log-likelihood of rows and labels.
    log_likelihood : ndarray of shape (B,)
        That of the rows, labels summed out.
    """

    labels: Labels
    table: Array
    complete: Array
    log_likelihood: Array


def joined(parts: list[Drawn]) -> Drawn:
    """Parts of a batch, one behind the other."""
    if len(parts) == 1:
        return parts[0]
    return Drawn(*(np.concatenate(own) for own in zip(*parts, strict=True)))
