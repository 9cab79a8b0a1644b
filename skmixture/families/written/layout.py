"""Parameters of one component as a vector of unconstrained coordinates, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from skmixture.families.written.bounded import Bounded
from skmixture.law.family import Array, Arrays
from skmixture.numerics.buffers import side_by_side
from skmixture.transforms import Transform

__all__ = ["Layout"]

# Of the differences by which transforms of several coordinates are differentiated.
STEP = 1e-6


class Layout:
    """Where the coordinates (..., q) of each parameter are.

    Parameters
    ----------
    transforms : mapping of str to Transform
    shapes : mapping of str to tuple of int
        Of one component's value.

    Attributes
    ----------
    lengths : dict of str to tuple of int
        Shapes of the coordinates of each parameter.
    size : int
        How many there are.
    """

    def __init__(
        self, transforms: Mapping[str, Transform], shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        self.transforms, self.shapes = transforms, shapes
        self._places: dict[str, slice] = {}
        self.lengths: dict[str, tuple[int, ...]] = {}
        begin = 0
        for name, transform in transforms.items():
            shape, event = shapes[name], transform.event_ndim
            own = shape if event == 0 else (*shape[:-event], transform.n_free(shape[-event:]))
            self.lengths[name] = own
            self._places[name] = slice(begin, begin + int(np.prod(own, dtype=int)))
            begin = self._places[name].stop
        self.size = begin

    def of(self, params: Arrays) -> Array:
        """Coordinates (..., q) of parameters (..., *shape)."""
        pieces = []
        for name, transform in self.transforms.items():
            value = np.asarray(params[name])
            leading = value.shape[: value.ndim - len(self.shapes[name])]
            pieces.append(transform.unconstrain(value).reshape(*leading, -1))
        return np.concatenate(pieces, axis=-1)

    def params(self, z: Array) -> dict[str, Array]:
        """Parameters (..., *shape) at coordinates (..., q)."""
        return {name: self.transforms[name].constrain(own) for name, own in self.split(z).items()}

    def split(self, z: Array) -> dict[str, Array]:
        """Coordinates (..., q), or derivatives by them, of each parameter in its own shape."""
        return {
            name: side_by_side(z[..., place]).reshape((*z.shape[:-1], *self.lengths[name]))
            for name, place in self._places.items()
        }

    def held(self, fixed: Mapping[str, NDArray], n_components: int) -> NDArray[np.bool_]:
        """Which coordinates (K, q) have a value that the user holds."""
        held = np.zeros((n_components, self.size), dtype=bool)
        for name in self.transforms.keys() & fixed.keys():
            there = ~np.isnan(fixed[name])
            if event := self.transforms[name].event_ndim:
                there = there.all(axis=tuple(range(-event, 0)))[..., None]
            own = np.broadcast_to(there, (n_components, *self.lengths[name]))
            held[:, self._places[name]] = own.reshape(n_components, -1)
        return held

    def which(self, names: Collection[str]) -> list[bool]:
        """Which coordinates (q) are of these parameters."""
        chosen = np.zeros(self.size, dtype=bool)
        for name in names:
            chosen[self._places[name]] = True
        return chosen.tolist()

    def ends(self) -> Array:
        """Coordinates (2, q) of the bounds, infinite where there are none."""
        low, high = np.full(self.size, -np.inf), np.full(self.size, np.inf)
        for name, transform in self.transforms.items():
            if isinstance(transform, Bounded):
                own = (np.broadcast_to(end, self.shapes[name]) for end in transform.ends)
                low[self._places[name]], high[self._places[name]] = (end.reshape(-1) for end in own)
        return np.stack([low, high])

    def middles(self) -> Array:
        """Coordinates (q,) at a distance from single bounds that is like the bounds, or 1."""
        middles = np.zeros(self.size)
        for name, transform in self.transforms.items():
            if isinstance(transform, Bounded):
                own = np.broadcast_to(transform.middle, self.shapes[name])
                middles[self._places[name]] = own.reshape(-1)
        return middles

    def by_coordinates(self, z: Array, by_value: Arrays) -> Array:
        """Derivatives (M, n, q) by the coordinates (M, q), from those by values (M, n, *shape)."""
        pieces = []
        for name, own in self.split(z).items():
            slope = by_value[name]
            flat = slope.reshape(*slope.shape[:2], -1)
            transform = self.transforms[name]
            if transform.event_ndim == 0:
                stretch = np.exp(transform.log_jacobian(own)).reshape(len(z), 1, -1)
                pieces.append(flat * stretch)
            else:
                pieces.append(flat @ self._jacobian(transform, own))
        return np.concatenate(pieces, axis=-1)

    @staticmethod
    def _jacobian(transform: Transform, z: Array) -> Array:
        """Derivatives (M, s, q) of a value, flattened, by its coordinates (M, ..., q of one)."""
        columns = []
        for place in np.ndindex(z.shape[1:]):
            ends = []
            for side in (STEP, -STEP):
                moved = z.copy()
                moved[(slice(None), *place)] += side
                ends.append(transform.constrain(moved).reshape(len(z), -1))
            columns.append((ends[0] - ends[1]) / (2 * STEP))
        return np.stack(columns, axis=-1)
