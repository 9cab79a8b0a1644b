"""What is free in a state, as one real vector a member of the batch.

Optimisers move on all of real space. Here a state becomes a matrix (B, p)
and comes back: weights by centred log ratios, parameters by their
transforms, what is fixed left out and what is tied taken once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.state import State
from skmixture.law.constraints import Constraints
from skmixture.law.family import Arrays, Family
from skmixture.numerics.buffers import side_by_side
from skmixture.transforms import Transform

__all__ = ["Coordinates", "Part"]

Array = NDArray[np.floating]

# Weights below this have the coordinate of this: a weight may be 0, its logarithm not.
LEAST_WEIGHT = 1e-300


@dataclass(frozen=True)
class Part:
    """One parameter's place among the coordinates."""

    name: str
    transform: Transform
    shape: tuple[int, ...]  # of the coordinates of all components, (K or 1, ...)
    free: NDArray[np.bool_]  # the same shape, or that of one component where tied
    tied: bool

    @cached_property
    def size(self) -> int:
        return int(self.free.sum())

    @cached_property
    def all_free(self) -> bool:
        """Whether no value is held."""
        return self.size == self.free.size

    def spread(self, z: Array) -> Array:
        """Coordinates (B, K or 1, ...) of those (B, size) that are free, 0 where one is held."""
        if self.all_free:
            return z.reshape(len(z), *self.free.shape)
        coordinates = np.zeros((len(z), *self.free.shape))
        coordinates[:, self.free] = z
        return coordinates


class Coordinates:
    """The free coordinates of states of one shape.

    Parameters
    ----------
    family : Family
        Already localised.
    constraints : Constraints
        In local units.
    like : State
        Any state of the shape; only shapes are read.

    Attributes
    ----------
    free_weights : ndarray of bool of shape (K,)
        Which weights have a coordinate; none where all are known.
    left : float
        What held weights leave to the free ones.
    parts : list of Part
        The parameters' places, in order, behind the weights'.
    """

    def __init__(self, family: Family, constraints: Constraints, like: State) -> None:
        self._constraints = constraints
        _, self._n_strata, n_components = like.weights.shape
        held = constraints.fixed.get("weights", np.full(n_components, np.nan))
        self.free_weights = np.isnan(held)
        self.left = 1.0 - float(held[~self.free_weights].sum())
        if self.free_weights.sum() < 2:  # the last free weight is what the others leave
            self.free_weights = np.zeros(n_components, dtype=bool)
        self.parts = [
            _part(name, transform, like.params[name], constraints)
            for name, transform in family.parameters.items()
        ]

    @cached_property
    def n_weights(self) -> int:
        """How many of the coordinates are weights', at the front."""
        return self._n_strata * int(self.free_weights.sum())

    @cached_property
    def size(self) -> int:
        """Number p of coordinates."""
        return self.n_weights + sum(part.size for part in self.parts)

    def of(self, state: State) -> Array:
        """Coordinates (B, p) of a state."""
        B = len(state.weights)
        log_weights = np.log(np.maximum(state.weights[..., self.free_weights], LEAST_WEIGHT))
        if self.n_weights:
            total = np.add.reduce(log_weights, axis=-1, keepdims=True)
            log_weights = log_weights - total / log_weights.shape[-1]
        pieces = [log_weights.reshape(B, -1)]
        for part in self.parts:
            value = state.params[part.name]
            value = side_by_side(value[:, :1] if part.tied else value)
            pieces.append(_masked(part.transform.unconstrain(value), part.free))
        return np.concatenate(pieces, axis=1)

    def state(self, z: Array) -> State:
        """The state at coordinates (B, p), with what is held in its place."""
        params = {}
        for part, coordinates in self._by_part(z):
            value = part.transform.constrain(coordinates)
            if part.tied:
                value = np.repeat(value, part.shape[0], axis=1)
            params[part.name] = self._constraints.hold(part.name, value)
        return State(self._weights(z), params)

    def log_jacobian(self, z: Array) -> Array:
        """Log determinant (B,) of free parameters by their coordinates; weights are left out."""
        total = np.zeros(len(z))
        for part, coordinates in self._by_part(z):
            logs = part.transform.log_jacobian(coordinates)
            if not part.all_free:
                free = np.any(part.free, axis=-1) if part.transform.event_ndim else part.free
                logs = _masked(logs, np.asarray(free))
            total += logs.reshape(len(z), -1).sum(axis=1)
        return total

    def gradient(self, weights: Array, mass: Array, by_parameter: Arrays) -> Array:
        """Gradient (B, p) of an expected log-likelihood.

        Parameters
        ----------
        weights, mass : ndarray of shape (B, G, K)
            Mixing weights, and the expected number of rows of each.
        by_parameter : mapping of str to ndarray
            As `Family.gradient` gives it.
        """
        B = len(mass)
        mass, weights = mass[..., self.free_weights], weights[..., self.free_weights]
        share = weights / weights.sum(axis=-1, keepdims=True) if self.n_weights else weights
        pieces = [(mass - mass.sum(axis=-1, keepdims=True) * share).reshape(B, -1)]
        for part in self.parts:
            value = by_parameter[part.name]
            value = value.sum(axis=1, keepdims=True) if part.tied else value
            pieces.append(_masked(value, part.free))
        return np.concatenate(pieces, axis=1)

    def _by_part(self, z: Array) -> Iterator[tuple[Part, Array]]:
        """Coordinates (B, K or 1, ...) of each parameter, 0 where a value is held."""
        begin = self.n_weights
        for part in self.parts:
            yield part, part.spread(side_by_side(z[:, begin : begin + part.size]))
            begin += part.size

    def _weights(self, z: Array) -> Array:
        shape = (len(z), self._n_strata, len(self.free_weights))
        if not self.n_weights:
            return self._constraints.weights(np.ones(shape))
        ratios = z[:, : self.n_weights].reshape(len(z), self._n_strata, -1)
        shares = np.exp(ratios - ratios.max(axis=-1, keepdims=True))
        shares *= self.left / shares.sum(axis=-1, keepdims=True)
        if shares.shape == shape:
            return shares
        weights = self._constraints.weights(np.ones(shape))
        weights[..., self.free_weights] = shares
        return weights


def _part(name: str, transform: Transform, value: Array, constraints: Constraints) -> Part:
    K, *shape = value.shape[1:]
    event = transform.event_ndim
    n_free = transform.n_free(tuple(shape))
    coordinates = (K, *(shape if event == 0 else (*shape[: len(shape) - event], n_free)))
    tied = name in constraints.tied
    free = np.ones((1 if tied else K, *coordinates[1:]), dtype=bool)
    held: Mapping[str, NDArray] = constraints.fixed
    if name in held:
        is_free = np.isnan(held[name][: len(free)])
        if event:
            is_free = is_free.all(axis=tuple(range(-event, 0)))[..., None]
        free &= is_free
    return Part(name, transform, coordinates, free, tied)


def _masked(value: Array, free: NDArray[np.bool_]) -> Array:
    """The free entries of (B, K, ...) as (B, p)."""
    return value.reshape(len(value), -1)[:, free.reshape(-1)]
