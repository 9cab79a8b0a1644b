"""What every transform does."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Array",
    "Transform",
]

Array = NDArray[np.floating]


class Transform(ABC):
    """A constraint on a parameter together with the map that removes it.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.transforms import Transform, positive
    >>> isinstance(positive, Transform)
    True
    >>> positive.constrain(positive.unconstrain([0.5, 2.0]))
    array([0.5, 2. ])
    """

    event_ndim: int = 0  # trailing axes that make up one value
    description: str = "real"

    @abstractmethod
    def unconstrain(self, value: ArrayLike) -> Array:
        """Coordinates in real space of a constrained value.

        Parameters
        ----------
        value : array-like of shape (..., event)

        Returns
        -------
        ndarray of shape (..., coordinates)
        """

    @abstractmethod
    def constrain(self, z: ArrayLike) -> Array:
        """The constrained value at real coordinates `z`.

        Parameters
        ----------
        z : array-like of shape (..., coordinates)

        Returns
        -------
        ndarray of shape (..., event)
        """

    @abstractmethod
    def log_jacobian(self, z: ArrayLike) -> Array:
        """Log absolute determinant of the derivative of `constrain` at `z`.

        Parameters
        ----------
        z : array-like of shape (..., coordinates)

        Returns
        -------
        ndarray of shape (...,)
            One for each value; for numbers one each.
        """

    @abstractmethod
    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        """Whether each value satisfies the constraint; NaN never does.

        Parameters
        ----------
        value : array-like of shape (..., event)

        Returns
        -------
        ndarray of bool of shape (...,)
        """

    def n_free(self, event_shape: tuple[int, ...]) -> int:
        """Number of real coordinates of one value of the given shape.

        Parameters
        ----------
        event_shape : tuple of int

        Returns
        -------
        int
        """
        return int(np.prod(event_shape, dtype=int))
