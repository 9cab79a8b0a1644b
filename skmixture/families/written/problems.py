"""The maximisations of an M-step: one for each component, or for each member of a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skmixture.families.written.likelihood import Likelihood
from skmixture.law.family import Array
from skmixture.numerics.solvers import Expansion, Ties

__all__ = ["Problems"]


class Problems:
    """Likelihoods to be maximised, each by coordinates of its own.

    Where components share parameters, the components of one member of the
    batch make one problem, and shared coordinates occur once.

    Parameters
    ----------
    likelihood : Likelihood
        Of B times K components, those of one member one after the other.
    held : ndarray of bool of shape (K, q)
        Coordinates that stay as they are.
    tied : sequence of bool of length q
    n_members : int
        B.

    Attributes
    ----------
    held : ndarray of bool of shape (P, p)
    kind : ndarray of int of shape (p,)
        Which of the q coordinates of a component each is.
    components : ndarray of int of shape (P,)
        The component of each problem; -1 where it is all of them.
    refused : ndarray of bool of shape (P,)
        Whether there was no likelihood at some point that was asked for.
    """

    def __init__(
        self,
        likelihood: Likelihood,
        held: NDArray[np.bool_],
        tied: Sequence[bool],
        n_members: int,
    ) -> None:
        K, q = held.shape
        self._likelihood, self._n_components = likelihood, K
        self._ties = Ties(K, tied) if any(tied) else None
        own = np.tile(held, (n_members, 1, 1))  # (B, K, q)
        kind = np.broadcast_to(np.arange(float(q)), own.shape)
        if self._ties is None:
            self.held, self.kind = own.reshape(-1, q), np.arange(q)
            self.components = np.tile(np.arange(K), n_members)
        else:
            self.held = self._ties.common(own.astype(float)) > 0
            self.kind = self._ties.common(kind)[0].round().astype(int)
            self.components = np.full(n_members, -1)
        self.refused = np.zeros(len(self.held), dtype=bool)

    def __len__(self) -> int:
        return len(self.held)

    def part(self, places: NDArray[np.integer]) -> Problems:
        """Some of the problems."""
        rest = object.__new__(Problems)
        rest.__dict__.update(self.__dict__)
        units = places
        if self._ties is not None:
            units = (places[:, None] * self._n_components + np.arange(self._n_components)).ravel()
        rest._likelihood = self._likelihood.part(units)
        rest.held, rest.components = self.held[places], self.components[places]
        rest.refused = self.refused[places]
        return rest

    def gathered(self, z: Array) -> Array:
        """Coordinates (P, p) of the problems from those of components (B, K, q)."""
        return z.reshape(-1, z.shape[-1]) if self._ties is None else self._ties.common(z)

    def spread(self, u: Array) -> Array:
        """Coordinates (B, K, q) of components from those of the problems (P, p)."""
        if self._ties is None:
            return u.reshape(-1, self._n_components, u.shape[-1])
        return self._ties.spread(u)

    def value(self, u: Array) -> Array:
        """Log-likelihoods (P,)."""
        if self._ties is None:
            value = self._likelihood.value(u)
        else:
            value = self._likelihood.value(self._ties.spread(u)).sum(axis=1)
        self.refused |= ~np.isfinite(value)
        return value

    def expansion(self, u: Array) -> Expansion:
        """The same with derivatives, 0 along what is held."""
        if self._ties is None:
            own = self._likelihood.expansion(u)
        else:
            own = self._ties.expansion(self._likelihood.expansion(self._ties.spread(u)))
        free = ~self.held
        both = free[:, :, None] & free[:, None, :]
        return Expansion(
            own.value, np.where(free, own.gradient, 0.0), np.where(both, own.hessian, 0.0)
        )
