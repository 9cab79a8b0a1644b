"""What the parameters of a law are, and the face that an estimator shows of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import Edge
from skmixture.tools.documented import Documented
from skmixture.transforms import Transform

__all__ = ["Array", "Arrays", "Face"]

Array = NDArray[np.floating]
Arrays = Mapping[str, Array]


class Face(Documented, BaseEstimator, ABC):
    """Names, constraints and shapes of parameters, as they are computed with and as published."""

    _doc_room = "skmixture.families"
    numeric: ClassVar[bool] = True  # False: parameters are arrays of objects
    collapse: ClassVar[str] = ""  # what a user reads of collapsed components

    @property
    @abstractmethod
    def parameters(self) -> dict[str, Transform]:
        """Names of the parameters, in order, with the constraint of each."""

    @abstractmethod
    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        """Shape of one component's value of each parameter."""

    def shared(self, name: str) -> bool:
        """Whether all components share the parameter by the family's own definition."""
        return False

    def settled(self, name: str) -> bool:
        """Whether options or the data's range set the parameter, so that it is not free."""
        return False

    @property
    def ties(self) -> frozenset[str]:
        """Parameters that all components share, though each has a value: the mixture ties them."""
        return frozenset()

    def places(self, name: str, n_components: int) -> NDArray[np.integer]:
        """The components that have the parameter: all, where they follow one law."""
        return np.arange(n_components)

    def n_values(self, name: str, n_components: int) -> int:
        """Length of the parameter's component axis."""
        return 1 if self.shared(name) else len(self.places(name, n_components))

    def publish(self, params: Arrays) -> dict[str, Array]:
        """Fitted attributes from parameters (K, ...)."""
        return dict(params)

    def read(self, published: Arrays) -> dict[str, Array]:
        """Parameters (K, ...) from fitted attributes: `publish` undone."""
        return dict(published)

    def derived(self, published: Arrays) -> dict[str, Array]:
        """Further fitted attributes that follow from the published ones."""
        return {}

    def n_features_of(self, published: Mapping[str, Any]) -> int:
        """Number of columns d, from published parameters: the last axis of the first."""
        return int(np.shape(published[next(iter(self.parameters))])[-1])

    def entries(self, name: str, columns: Sequence[str]) -> dict[tuple[int, ...], str]:
        """What each number of one component's value is of, by its place, for people to read.

        An axis as long as the columns are many is taken to be theirs, and others are numbered.
        """
        shape = self.event_shapes(len(columns))[name]
        axes = [columns if n == len(columns) else list(map(str, range(n))) for n in shape]

        def told(place: tuple[int, ...]) -> str:
            own = [axis[i] for axis, i in zip(axes, place, strict=True)]
            return ", ".join(dict.fromkeys(own))  # of a variance the column, once

        return {place: told(place) for place in np.ndindex(*shape)}

    def listing(self, columns: Sequence[str]) -> dict[str, Sequence[str]]:
        """The columns of each part, by its name; empty where the law is one.

        A part has none to show where each is about all columns.
        """
        return {}

    def n_free(self, n_components: int, n_features: int, constraints: Constraints = FREE) -> int:
        """Number of free parameters, weights not counted."""
        return sum(
            self._n_free_of(name, n_components, n_features, constraints) for name in self.parameters
        )

    def _n_free_of(
        self, name: str, n_components: int, n_features: int, constraints: Constraints
    ) -> int:
        if self.settled(name):
            return 0
        transform, shape = self.parameters[name], self.event_shapes(n_features)[name]
        n_rows = self.n_values(name, n_components)
        free = np.ones((n_rows, *shape), dtype=bool)
        if name in constraints.fixed:
            free &= np.isnan(constraints.fixed[name])
        if name in constraints.tied:
            free = free[:1]
        if transform.event_ndim == 0:
            return int(free.sum())
        event_axes = tuple(range(-transform.event_ndim, 0))
        return int(free.all(axis=event_axes).sum()) * transform.n_free(shape)

    # -- what a user is told after a fit -----------------------------------

    def told_collapse(self, params: Arrays, columns: Sequence[Any]) -> str:
        """The end of the sentence on components that collapsed, at parameters (1, K, ...).

        `columns` (d,) are names, or places in X.
        """
        return self.collapse

    def doubts(self) -> list[str]:
        """Sentences of warning, after `localise`, where settings do not suit the data."""
        return []

    def on_constants(self, columns: Sequence[Any]) -> list[str]:
        """Such sentences on columns (d,), by name or place, in which all rows are alike.

        No component is to count as collapsed for their sake.
        """
        return []

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        """Where fitted parameters (K, ...), in local units, lie at an edge of their range.

        `n_rows` is the number of all rows, by weight, so that one can tell
        what never happens.
        """
        return []

    def remarks(self, params: Arrays, constraints: Constraints = FREE) -> list[str]:
        """Other sentences of warning on fitted parameters (K, ...), in local units."""
        return []
