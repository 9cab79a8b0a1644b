"""Free coordinates of a fitted mixture, and the way from them to what a user knows.

The engine's coordinates of weights, centred log ratios, are one more than
there are free weights. Here the last one of each stratum is left out, which
makes the others log ratios to the last component: with two components the
logit of the first weight.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.coordinates import Coordinates
from skmixture.engine.state import State
from skmixture.inference.likelihood.coordinate_names import coordinate_names
from skmixture.inference.likelihood.differences import jacobian
from skmixture.law.constraints import Constraints
from skmixture.law.family import Arrays, Family
from skmixture.transforms import PositiveDefinite, lower_triangle

__all__ = ["Chart"]

Array = NDArray[np.floating]

# Maps between units are affine, so that any step finds their slope.
LONG = 1.0
# A coordinate beyond this may be that of an edge, where another unit has none.
FAR = 12.0
# What depends on a coordinate moves when the coordinate does, by steps of this.
STEP = 0.1


class Chart:
    """Coordinates y (B, p) about a fitted state.

    Parameters
    ----------
    family, law : Family
        In the user's units, and localised to the data.
    constraints : Constraints
        In the user's units.
    state : State
        The fit in the user's units, a batch of one.
    shares : ndarray of shape (G,)
        Part of all rows that is in each stratum.
    stratified : bool
        Whether the user knows of strata.
    still : bool, default=False
        Whether weights stay where they are.
    """

    def __init__(
        self,
        family: Family,
        law: Family,
        constraints: Constraints,
        state: State,
        shares: Array,
        stratified: bool,
        still: bool = False,
    ) -> None:
        self.family, self.law = family, law
        self.shares, self.stratified, self._still = shares, stratified, still
        held = {k: v for k, v in constraints.fixed.items() if k != "weights"}
        local = Constraints({**constraints.fixed, **law.to_local(held)}, constraints.tied)
        self._user = Coordinates(family, constraints, state)
        state = State(state.weights, law.to_local(state.params))
        self.coordinates = Coordinates(law, local, state)
        self._z = self._shifted(self.coordinates.of(state))[0]
        self._check_inside()
        self.kept = np.flatnonzero(self._matters())
        self.origin: Array = self._z[self.kept]

    @property
    def size(self) -> int:
        """Number p of coordinates."""
        return len(self.kept)

    @property
    def n_components(self) -> int:
        return len(self.coordinates.free_weights)

    @property
    def left(self) -> float:
        """What weights that are held leave to the others."""
        return self.coordinates.left

    @property
    def moves_weights(self) -> bool:
        """Whether weights have coordinates."""
        return bool(self.coordinates.n_weights) and not self._still

    def state(self, y: Array) -> State:
        """States in local units at coordinates (B, p)."""
        return self.coordinates.state(self._whole(y))

    def of(self, state: State) -> Array:
        """Coordinates (B, p) of states in local units."""
        return np.asarray(self._shifted(self.coordinates.of(state))[:, self.kept])

    def log_jacobian(self, y: Array) -> Array:
        """Log determinant (B,) of weights and parameters, in the user's units, by coordinates."""
        z, of_weights = self._whole(y), np.zeros(len(y))
        if self.moves_weights:
            ratios = z[:, : self.coordinates.n_weights].reshape(len(z), len(self.shares), -1)
            ratios = ratios - np.maximum.reduce(ratios, axis=-1, keepdims=True)
            totals = np.log(np.add.reduce(np.exp(ratios), axis=-1))
            of_weights = np.add.reduce(ratios, axis=(1, 2)) - ratios.shape[-1] * totals.sum(axis=1)
        return of_weights + self.coordinates.log_jacobian(z) + self._log_unit

    def gradient(self, weights: Array, mass: Array, by_parameter: Arrays) -> Array:
        """As that of `Coordinates`, (B, p)."""
        return self.coordinates.gradient(weights, mass, by_parameter)[:, self.kept]

    # -- what a user knows -------------------------------------------------

    def published(self, y: Array) -> dict[str, Array]:
        """Weights and parameters in the user's units and shapes at one point (p,)."""
        state = self.state(y[None])
        params = {k: v[0] for k, v in self.law.to_user(state.params).items()}
        return {
            **self._weights(state.weights[0]),
            **self.family.publish(params),
            **self.family.derived(params),
        }

    def natural(self, y: Array) -> tuple[Array, list[tuple[str, tuple[int, ...]]]]:
        """Weights and parameters in local units at points (B, p), as one table (B, m).

        Beside it the name and the published shape of each.
        """
        state = self.state(y)
        values = {"weights": state.weights, **state.params}
        first = {**self._weights(state.weights[0])}
        first |= self.family.publish({k: v[0] for k, v in state.params.items()})
        if self.stratified:
            values["strata_weights"] = state.weights
            values["weights"] = self.shares @ state.weights
        table = [values[name].reshape(len(y), -1) for name in first]
        return np.concatenate(table, axis=1), [(k, v.shape) for k, v in first.items()]

    @cached_property
    def lengths(self) -> Array:
        """What is long (p,) for each coordinate: 1, but beside the diagonal of a Cholesky factor.

        There it is the entry on the diagonal, which has the unit of the row.
        """
        found = [np.ones(self.coordinates.n_weights)]
        begin = self.coordinates.n_weights
        for part in self.coordinates.parts:
            own = np.zeros(part.free.shape)
            own[part.free] = self._z[begin : begin + part.size]
            begin += part.size
            lengths = np.ones(part.free.shape)
            if isinstance(part.transform, PositiveDefinite):
                d = int(np.sqrt(8 * part.shape[-1] + 1) - 1) // 2
                rows, columns = lower_triangle(d)
                at_diagonal = np.cumsum(np.arange(1, d + 1)) - 1
                lengths = np.where(rows == columns, 1.0, np.exp(own[..., at_diagonal[rows]]))
            found.append(lengths[part.free])
        return np.concatenate(found)[self.kept]

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """Which entries (m,) of `natural` are not held."""
        table, named = self.natural(self.origin[None])
        masks = {part.name: part.free for part in self.coordinates.parts}
        masks |= dict.fromkeys(("weights", "strata_weights"), self.coordinates.free_weights)
        by_entry = []
        for name, shape in named:
            mask = masks[name]
            if name in self.law.parameters:
                mask = mask[0] if self.family.shared(name) else mask
                event = self.law.parameters[name].event_ndim
                if event:  # a value is free as a whole
                    mask = mask.any(axis=-1).reshape(*mask.shape[:-1], *(1,) * event)
            by_entry.append(np.broadcast_to(mask, shape).ravel())
        return np.concatenate(by_entry) & (table[0] != 0)  # what is 0 is of no category

    @cached_property
    def units(self) -> Array:
        """User's units (m,) in one local one, of the entries of `natural`."""
        y = self.origin[None]
        params = self.state(y).params
        spans = {k: np.maximum(np.abs(v), LONG) for k, v in params.items()}
        up = self.law.to_user({k: v + spans[k] for k, v in params.items()})
        down = self.law.to_user({k: v - spans[k] for k, v in params.items()})
        units = {k: ((up[k] - down[k]) / (2 * spans[k])).ravel() for k in params}
        _, named = self.natural(y)
        ones = {k: np.ones(int(np.prod(shape))) for k, shape in named}
        return np.concatenate([units.get(k, ones[k]) for k, _ in named])

    @cached_property
    def slopes(self) -> Array:
        """Derivative (p,) of each user's coordinate by the local one; others do not enter."""
        inside = np.clip(self.origin, -FAR, FAR)
        up, down = (self._of_user(inside + step) for step in (LONG, -LONG))
        return (up - down) / (2 * LONG)

    @cached_property
    def estimate(self) -> Array:
        """The fit (p,) in the user's coordinates."""
        return self._of_user(self.origin)

    @cached_property
    def names(self) -> list[str]:
        """What each coordinate is, in the user's words."""
        n_strata = len(self.shares) if self.stratified else 0
        names = coordinate_names(self.coordinates, self.family, n_strata)
        return [names[place] for place in self.kept]

    @cached_property
    def held_names(self) -> list[str]:
        """Entries of `natural` that are held, as "means[0, 1]"."""
        free = self.free.copy()
        _, named = self.natural(self.origin[None])
        names = [
            f"{name}[{', '.join(map(str, place))}]" if place else name
            for name, shape in named
            for place in np.ndindex(shape)
        ]
        if self._still:
            of_weights = [name.startswith(("weights[", "strata_weights[")) for name in names]
            free &= ~np.array(of_weights)
        return [name for name, is_free in zip(names, free, strict=True) if not is_free]

    # -- within ------------------------------------------------------------

    def _whole(self, y: Array) -> Array:
        """All of the engine's coordinates at the chart's (B, p)."""
        z = np.empty((len(y), len(self._z)))
        z[:] = self._z
        z[:, self.kept] = y
        return z

    def _of_user(self, y: Array) -> Array:
        return self._user_whole(y)[0, self.kept]

    def _user_whole(self, y: Array) -> Array:
        """The engine's coordinates in the user's units at one point (p,), as (1, q)."""
        state = self.state(y[None])
        user = State(state.weights, self.law.to_user(state.params))
        with np.errstate(all="ignore"):
            return self._shifted(self._user.of(user))

    @cached_property
    def _log_unit(self) -> float:
        """What the log determinant of parameters by local coordinates has from units."""
        y, left = np.clip(self.origin, -FAR, FAR), self.coordinates.left
        local, user = self._whole(y[None]), self._user_whole(y)
        by_units = self._user.log_jacobian(user) - self.coordinates.log_jacobian(local)
        n_ratios = self.coordinates.free_weights.sum() - 1
        of_weights = len(self.shares) * n_ratios * np.log(left) if self.moves_weights else 0.0
        return float(by_units[0] + np.log(np.abs(self.slopes)).sum() + of_weights)

    def _weights(self, weights: Array) -> dict[str, Array]:
        """Those (G, K) of one state, by their published names."""
        if not self.stratified:
            return {"weights": weights[0]}
        return {"weights": self.shares @ weights, "strata_weights": weights}

    def _shifted(self, z: Array) -> Array:
        """Log ratios to the last free weight of each stratum, in the place of centred ones."""
        n, z = self.coordinates.n_weights, z.copy()
        ratios = z[:, :n].reshape(len(z), len(self.shares), -1)
        if n:
            z[:, :n] = (ratios - ratios[..., -1:]).reshape(len(z), n)
        return z

    def _matters(self) -> NDArray[np.bool_]:
        """Which coordinates anything depends on, those of padded tables and last weights not."""
        self.kept = np.arange(len(self._z))
        steps = np.full(len(self._z), STEP)
        with np.errstate(all="ignore"):
            moves = jacobian(lambda y: self.natural(y)[0], self._z, steps, levels=1).value
        matters = (moves != 0).any(axis=0) if len(self._z) else np.zeros(0, dtype=bool)
        n, per_stratum = self.coordinates.n_weights, int(self.coordinates.free_weights.sum())
        if n:
            matters[per_stratum - 1 : n : per_stratum] = False
        if self._still:
            matters[:n] = False
        return matters

    def _check_inside(self) -> None:
        begin = self.coordinates.n_weights
        for part in self.coordinates.parts:
            own, begin = self._z[begin : begin + part.size], begin + part.size
            if not np.isfinite(own).all():
                raise ValueError(
                    f"{part.name}_ lies at an edge of its range, where there are no standard "
                    "errors; hold it there by fixed, or use intervals from replicates"
                )
