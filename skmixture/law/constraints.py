"""What the user holds: values that are fixed, parameters that are tied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["FREE", "Constraints"]


@dataclass(frozen=True)
class Constraints:
    """Restrictions that an M-step keeps.

    Attributes
    ----------
    fixed : mapping of str to ndarray of shape (K, ...)
        Held values by parameter name, NaN where free; "weights" among them.
    tied : frozenset of str
        Parameters that all components share.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.law.constraints import Constraints
    >>> held = Constraints(fixed={"rates": np.array([[np.nan], [2.0]])})
    >>> held.hold("rates", np.array([[[1.0], [9.0]]]))
    array([[[1.],
            [2.]]])
    """

    fixed: Mapping[str, NDArray] = field(default_factory=dict)
    tied: frozenset[str] = frozenset()

    def touches(self, name: str) -> bool:
        """Whether the parameter is restricted at all.

        Parameters
        ----------
        name : str

        Returns
        -------
        bool
        """
        return name in self.fixed or name in self.tied

    def hold(self, name: str, value: NDArray) -> NDArray:
        """`value` (B, K, ...) with the held entries put in their place.

        Parameters
        ----------
        name : str
        value : ndarray of shape (B, K, ...)

        Returns
        -------
        ndarray of shape (B, K, ...)
        """
        if name not in self.fixed:
            return value
        held = self.fixed[name]
        return np.where(np.isnan(held), value, held)

    def pool(self, name: str, sums: NDArray) -> NDArray:
        """Sums (B, K, ...) over all components where the parameter is tied.

        Parameters
        ----------
        name : str
        sums : ndarray of shape (B, K, ...)

        Returns
        -------
        ndarray of shape (B, K, ...)
        """
        if name not in self.tied:
            return sums
        return np.broadcast_to(sums.sum(axis=1, keepdims=True), sums.shape)

    def average(self, name: str, value: NDArray) -> NDArray:
        """Values (B, K, ...) replaced by their mean over components where they are tied.

        Parameters
        ----------
        name : str
        value : ndarray of shape (B, K, ...)

        Returns
        -------
        ndarray of shape (B, K, ...)
        """
        if name not in self.tied:
            return value
        return np.repeat(value.mean(axis=1, keepdims=True), value.shape[1], axis=1)

    def check_kept(self, params: Mapping[str, NDArray], family: str) -> None:
        """Raise where an M-step let go of what is held: a family that forgets to.

        Parameters
        ----------
        params : mapping of str to ndarray of shape (B, K, ...)
        family : str
            The name of the law, for the message.

        Raises
        ------
        NotImplementedError
            Where a held value moved, or tied ones differ.
        """
        for name, held in self.fixed.items():
            if name in params and not np.all(np.isnan(held) | (params[name] == held)):
                raise NotImplementedError(f"{family}.maximise does not hold fixed {name!r}")
        for name in self.tied:
            if not np.array_equal(
                params[name],
                np.broadcast_to(params[name][:, :1], params[name].shape),
                equal_nan=True,
            ):
                raise NotImplementedError(f"{family}.maximise does not keep tied {name!r} equal")

    def weights(self, mass: NDArray) -> NDArray:
        """Mixing weights (B, G, K) from the mass of each component.

        Held weights stay; the free ones share what is left in proportion to
        their mass.

        Parameters
        ----------
        mass : ndarray of shape (B, G, K)

        Returns
        -------
        ndarray of shape (B, G, K)
        """
        weights = mass / mass.sum(axis=-1, keepdims=True)
        held = self.fixed.get("weights")
        if held is None:
            return weights
        free = np.isnan(held)
        if not free.any():
            return np.broadcast_to(held, weights.shape).copy()
        left = 1.0 - held[~free].sum()
        share = weights[..., free]
        weights = np.broadcast_to(held, weights.shape).copy()
        weights[..., free] = left * share / share.sum(axis=-1, keepdims=True)
        return weights

    def n_free_weights(self, n_components: int) -> int:
        """Number of free mixing weights; the last free one is what the others leave.

        Parameters
        ----------
        n_components : int

        Returns
        -------
        int
        """
        held = self.fixed.get("weights")
        n_free = n_components if held is None else int(np.isnan(held).sum())
        return max(n_free - 1, 0)


FREE = Constraints()
