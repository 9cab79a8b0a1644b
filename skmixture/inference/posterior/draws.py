"""Draws by name: coordinates made into weights and parameters, whenever they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.family import Family
from skmixture.inference.likelihood.chart import Chart
from skmixture.inference.replicates.alignment import Alignment
from skmixture.state import State

__all__ = ["Draws", "Naming", "orders_of"]

Array = NDArray[np.floating]

# Numbers in a table of log densities by draw, component and row that is held at once, and all that
# are computed to tell components apart.
MOST_NUMBERS = 4_000_000
MOST_WORK = 400_000_000
LEAST_ROWS, MOST_ROWS = 50, 1_000


class Naming:
    """From the chart's coordinates to weights and parameters, as fitted attributes have them.

    Parameters
    ----------
    chart : Chart
    """

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        fit = self.params(self.chart.state(chart.origin[None]))
        published = chart.family.publish({name: value[0] for name, value in fit.items()})
        derived = chart.family.derived(published)
        self.derived = [k for k, v in derived.items() if np.asarray(v).dtype.kind == "f"]
        weights = ["weights", "strata_weights"] if chart.stratified else ["weights"]
        self.names = [*weights, *published, *self.derived]

    def params(self, state: State) -> dict[str, Array]:
        """Parameters (N, K, ...) of local states in the user's units."""
        return self.chart.law.to_user(state.params)

    def reordered(self, state: State, orders: NDArray[np.integer] | None) -> State:
        """States with components in other places (N, K)."""
        if orders is None:
            return state
        members = np.arange(len(orders))[:, None]
        shared = self.chart.family.shared
        params = {
            name: value if shared(name) else value[members, orders]
            for name, value in state.params.items()
        }
        return State(np.take_along_axis(state.weights, orders[:, None], axis=2), params)

    def value(self, name: str, state: State) -> Array:
        """What a name stands for (N, ...) in local states."""
        if name == "weights":
            return np.einsum("g,ngk->nk", self.chart.shares, state.weights)
        if name == "strata_weights":
            return state.weights
        family, params = self.chart.family, self.params(state)
        if name in params and type(family).publish is Family.publish:
            return params[name]
        rows = []
        for n in range(len(state.weights)):
            own = family.publish({key: value[n] for key, value in params.items()})
            rows.append(family.derived(own)[name] if name in self.derived else own[name])
        return np.stack(rows)


class Draws(Mapping[str, Array]):
    """Draws (T, W, K, ...) by name; each is worked out when it is asked for.

    Parameters
    ----------
    naming : Naming
    coordinates : ndarray of shape (T, W, p)
    orders : ndarray of int of shape (T, W, K), optional
        Which component is in each place.
    """

    def __init__(
        self, naming: Naming, coordinates: Array, orders: NDArray[np.integer] | None = None
    ) -> None:
        self._naming, self._coordinates, self._orders = naming, coordinates, orders
        self._known: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._naming.names:
            raise KeyError(f"{name!r} is none of {self._naming.names}")
        if name not in self._known:
            value = self._naming.value(name, self._state)
            self._known[name] = value.reshape(*self._coordinates.shape[:2], *value.shape[1:])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._naming.names)

    def __len__(self) -> int:
        return len(self._naming.names)

    def __repr__(self) -> str:
        T, W = self._coordinates.shape[:2]
        return f"<Draws of {', '.join(self)}: {T} steps of {W} walkers>"

    @property
    def _state(self) -> State:
        T, W, p = self._coordinates.shape
        state = self._naming.chart.state(self._coordinates.reshape(T * W, p))
        orders = None if self._orders is None else self._orders.reshape(T * W, -1)
        return self._naming.reordered(state, orders)


def orders_of(chart: Chart, em: Any, coordinates: Array) -> NDArray[np.integer] | None:
    """Which component of each draw (N, p) is which of the fit, (N, K); None where none may move."""
    origin = chart.state(chart.origin[None])
    N, K = len(coordinates), chart.n_components
    most = int(np.clip(MOST_WORK // max(N * K, 1), LEAST_ROWS, MOST_ROWS))
    alignment = Alignment.to(em, origin, most)
    if not alignment.free:
        return None
    at_once = max(MOST_NUMBERS // (K * alignment.rows.n_rows), 1)
    parts = []
    with np.errstate(all="ignore"):
        for begin in range(0, N, at_once):
            state = chart.state(coordinates[begin : begin + at_once])
            parts.append(alignment.orders(chart.law.to_user(state.params))[0])
    return np.concatenate(parts)
