"""Draws by name: coordinates made into weights and parameters, whenever they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.em import EM
from skmixture.engine.state import State
from skmixture.inference.likelihood.chart import Chart
from skmixture.inference.replicates.alignment import Alignment
from skmixture.law.family import Family

__all__ = ["OF_WEIGHTS", "Lazy", "Naming", "orders_of", "placed"]

Array = NDArray[np.floating]

OF_WEIGHTS = ("weights", "strata_weights")

# Numbers in a table of log densities by draw, component and row that is held at once, and all that
# are computed to tell components apart.
MOST_NUMBERS = 4_000_000
MOST_WORK = 400_000_000
LEAST_ROWS, MOST_ROWS = 50, 1_000


class Lazy(Mapping[str, Array]):
    """Arrays by name, each worked out when it is asked for.

    Parameters
    ----------
    names : sequence of str
    make : callable
        Of a name.
    """

    def __init__(self, names: Sequence[str], make: Callable[[str], Array]) -> None:
        self._names, self._make = tuple(names), make
        self._made: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._names:
            raise KeyError(f"{name!r} is none of {list(self._names)}")
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<draws of {', '.join(self)}>"


class Naming:
    """From coordinates to weights and parameters, as fitted attributes have them.

    Parameters
    ----------
    chart : Chart

    Attributes
    ----------
    names : list of str
        "weights", "strata_weights" where there are strata, and each parameter.
    derived : list of str
        What follows from the parameters.
    """

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        published = chart.published(chart.origin)
        derived = {name for name in published if name not in self._natural}
        self.names = [name for name in published if name in self._natural]
        self.derived = [
            name
            for name, value in published.items()
            if name in derived and isinstance(value, np.ndarray) and value.dtype.kind == "f"
        ]

    @property
    def _natural(self) -> set[str]:
        return {*OF_WEIGHTS, *self.chart.law.parameters}

    def values(self, coordinates: Array, name: str) -> Array:
        """What a name stands for (T, W, K, ...) at coordinates (T, W, p)."""
        T, W, p = coordinates.shape
        state = self.chart.state(coordinates.reshape(T * W, p))
        value = self._of_states(state, name)
        return value.reshape(T, W, *value.shape[1:])

    def _of_states(self, state: State, name: str) -> Array:
        if name == "weights":
            return np.einsum("g,ngk->nk", self.chart.shares, state.weights)
        if name == "strata_weights":
            return state.weights
        family, params = self.chart.family, self.chart.law.to_user(state.params)
        if name in params and type(family).publish is Family.publish:
            return params[name]
        rows = []
        for n in range(len(state.weights)):
            own = family.publish({key: value[n] for key, value in params.items()})
            rows.append(family.derived(own)[name] if name in self.derived else own[name])
        return np.stack(rows)


def placed(family: Family, name: str, values: Array, orders: NDArray[np.integer] | None) -> Array:
    """Values (T, W, K, ...) with component ``orders[t, w, k]`` in place k."""
    shared = name not in OF_WEIGHTS and family.shared(name)
    if orders is None or shared:
        return values
    axis = 3 if name == "strata_weights" else 2
    shape = [1] * values.ndim
    shape[:2], shape[axis] = orders.shape[:2], orders.shape[2]
    return np.take_along_axis(values, orders.reshape(shape), axis=axis)


def orders_of(chart: Chart, em: EM, coordinates: Array) -> NDArray[np.integer] | None:
    """Which component of each draw (T, W, p) is which of the fit, (T, W, K).

    None where components may not change places.
    """
    T, W, p = coordinates.shape
    flat = coordinates.reshape(T * W, p)
    K = chart.n_components
    most = int(np.clip(MOST_WORK // max(len(flat) * K, 1), LEAST_ROWS, MOST_ROWS))
    alignment = Alignment.to(em, chart.state(chart.origin[None]), most)
    if not alignment.free:
        return None
    at_once = max(MOST_NUMBERS // (K * alignment.rows.n_rows), 1)
    parts = []
    with np.errstate(all="ignore"):
        for begin in range(0, len(flat), at_once):
            state = chart.state(flat[begin : begin + at_once])
            parts.append(alignment.orders(chart.law.to_user(state.params))[0])
    return np.concatenate(parts).reshape(T, W, K)
