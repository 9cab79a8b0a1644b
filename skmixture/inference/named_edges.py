"""Parameters of a fit that lie at an edge of their range, by their names."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.law.constraints import Constraints
from skmixture.law.edges import Edge, entry_name, free_of
from skmixture.law.family import Arrays, Family

__all__ = ["Naming"]


class Naming(NamedTuple):
    """What values are called.

    Attributes
    ----------
    law : Family
        Local to the data.
    constraints : Constraints
    n_components : int
    """

    law: Family
    constraints: Constraints
    n_components: int

    def of_fit(self, params: Arrays, n_rows: float) -> dict[str, list[str]]:
        """Names of the values at an edge by parameter, of one fit's (K, ...)."""
        named: dict[str, list[str]] = {}
        for edge in self.law.at_edges(params, n_rows):
            names = self.names(edge.name, self.free(edge))
            if names:
                named.setdefault(edge.name, []).extend(names)
        return named

    def free(self, edge: Edge) -> NDArray[np.bool_]:
        """Which values are at the edge, of those that the user does not hold."""
        at = edge.at & free_of(edge, self.constraints)
        return at[:1] if edge.name in self.constraints.tied else at

    def names(self, name: str, at: NDArray[np.bool_]) -> list[str]:
        """Names of some values of a parameter."""
        tied, own = name in self.constraints.tied, self.law.places(name, self.n_components)
        return [entry_name(name, place, tied, own) for place in np.argwhere(at)]
