"""Where fitted parameters have come to: what is at an edge, what else is told, what is new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.estimator.scoring.called import called
from skmixture.law.constraints import Constraints
from skmixture.law.edges import Edge, places_of, sentences
from skmixture.law.family import Arrays, Family

__all__ = ["Standing"]


@dataclass(frozen=True)
class Standing:
    """What a law says of fitted parameters.

    Attributes
    ----------
    law : Family
        Localised to the rows.
    params : mapping of str to ndarray of shape (K, ...)
        In local units.
    constraints : Constraints
        What the user holds is told of by nobody.
    edges : list of Edge
    remarks : list of str
    """

    law: Family
    params: Arrays
    constraints: Constraints
    edges: list[Edge]
    remarks: list[str]

    @classmethod
    def of(cls, law: Family, params: Arrays, constraints: Constraints, n_rows: float) -> Self:
        """That of parameters which so many rows led to."""
        edges, remarks = law.at_edges(params, n_rows), law.remarks(params, constraints)
        return cls(law, params, constraints, edges, remarks)

    def beyond(self, before: Self) -> Self:
        """What was not so before, of other parameters of the same law."""
        known = {(edge.name, edge.meaning): edge.at for edge in before.edges}
        edges = [
            edge._replace(at=edge.at & ~known.get((edge.name, edge.meaning), np.False_))
            for edge in self.edges
        ]
        new = [said for said in self.remarks if said not in before.remarks]
        return replace(self, edges=edges, remarks=new)

    @property
    def places(self) -> dict[str, NDArray[np.bool_]]:
        """Which values lie at an edge, by parameter."""
        return places_of(self.edges, self.constraints, self.params)

    def told(self, model: Any) -> list[str]:
        """Sentences of warning, with the names that the model has for components and columns."""
        places = partial(self.law.places, n_components=model.n_components)
        return [*sentences(self.edges, self.constraints, places, called(model)), *self.remarks]
