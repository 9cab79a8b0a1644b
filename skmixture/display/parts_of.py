"""The parts of a product law, each as a mixture of its own."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.families import Product
from skmixture.families.built.columns import places
from skmixture.law.parts import of_part

__all__ = ["part_with", "parts_of"]


def parts_of(model: Any) -> Iterator[tuple[Any, NDArray[np.integer]]]:
    """Mixtures of the laws of the parts, with their columns; the model itself where it has none.

    Given the component the parts are independent, so each is the marginal law of its columns.
    """
    d = model.n_features_in_
    if not isinstance(model.family_, Product):
        yield model, np.arange(d)
        return
    for name, law, asked in model.family_.parts:
        own = places(asked, d)
        part = copy(model)
        vars(part).pop("feature_names_in_", None)
        vars(part).update(of_part(name, vars(model)))
        part.family_, part.n_features_in_ = law, len(own)
        part.exposed_ = model.exposed_ and law.takes_exposure
        for inner, columns in parts_of(part):
            yield inner, own[columns]


def part_with(model: Any, column: int) -> tuple[Any, int]:
    """The part that has a column, and the column's place in it."""
    for part, own in parts_of(model):
        if column in own:
            return part, int(np.flatnonzero(own == column)[0])
    raise ValueError(f"column {column} belongs to no part")
