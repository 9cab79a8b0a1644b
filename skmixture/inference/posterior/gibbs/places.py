"""Where among the coordinates the values of each component are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.likelihood.chart import Chart

__all__ = ["Group", "Places"]

Indices = NDArray[np.integer]


class Group(NamedTuple):
    """Coordinates that can move side by side: each is of another component.

    Attributes
    ----------
    places : ndarray of int of shape (c,)
        Among the coordinates.
    components : ndarray of int of shape (c,) or None
        Whose they are; None where the one coordinate is of all components.
    """

    places: Indices
    components: Indices | None


class Places:
    """The places of weights and parameters among the coordinates of a chart."""

    def __init__(self, chart: Chart) -> None:
        family, K = chart.family, chart.n_components
        n_weights = chart.coordinates.n_weights
        of_whole = {int(whole): place for place, whole in enumerate(chart.kept)}
        self.weights: Indices = np.array(
            [of_whole[whole] for whole in range(n_weights) if whole in of_whole], dtype=np.intp
        )
        self._by_name: dict[str, list[tuple[int, int | None, tuple[int, ...]]]] = {}
        begin = n_weights
        for part in chart.coordinates.parts:
            own = part.tied or family.shared(part.name)
            components = family.places(part.name, K)
            self._by_name[part.name] = [
                (of_whole[begin + i], None if own else int(components[place[0]]), tuple(place[1:]))
                for i, place in enumerate(np.argwhere(part.free))
                if begin + i in of_whole
            ]
            begin += part.size

    def of(self, name: str) -> Indices:
        """The coordinates of a parameter."""
        return np.array([place for place, *_ in self._by_name[name]], dtype=np.intp)

    def groups(self, name: str, apart: bool = False) -> list[Group]:
        """The coordinates of a parameter, those of different components together or `apart`."""
        together: dict[tuple[int | None, ...], list[tuple[int, int | None]]] = {}
        for place, component, entry in self._by_name[name]:
            alone = (place,) if apart or component is None else ()
            together.setdefault((*alone, -1, *entry), []).append((place, component))
        return [_group(members) for members in together.values()]


def _group(members: list[tuple[int, int | None]]) -> Group:
    places = np.array([place for place, _ in members], dtype=np.intp)
    if members[0][1] is None:
        return Group(places, None)
    return Group(places, np.array([component for _, component in members], dtype=np.intp))
