"""Values of several parts in one mapping, each under the name of its part."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.law.constraints import Constraints

__all__ = ["SEPARATOR", "any_of", "held_by", "joined", "of_part", "shallow", "told_in_part"]

# Between the name of a part and that of its parameter, as scikit-learn writes nested options.
SEPARATOR = "__"
# An estimator of one law in a sentence.
ESTIMATOR = re.compile(r"\b([A-Z]\w+)Mixture\b")


def joined(by_part: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """One mapping of several, each name behind that of its part."""
    return {
        f"{part}{SEPARATOR}{name}": value
        for part, values in by_part
        for name, value in values.items()
    }


def of_part(part: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What belongs to one part, without its name: `joined` undone."""
    prefix = part + SEPARATOR
    return {
        name.removeprefix(prefix): value
        for name, value in values.items()
        if name.startswith(prefix)
    }


def told_in_part(part: str, names: Iterable[str], sentence: str) -> str:
    """A sentence on one part, with its quoted parameters by their names in the whole.

    What it advises instead is a law, which a part can have, in the place of an estimator.
    """
    for name in names:
        sentence = sentence.replace(f"'{name}'", f"'{part}{SEPARATOR}{name}'")
    return ESTIMATOR.sub(r"\1()", sentence)


def held_by(part: str, constraints: Constraints) -> Constraints:
    """The restrictions on one part."""
    prefix = part + SEPARATOR
    tied = {name.removeprefix(prefix) for name in constraints.tied if name.startswith(prefix)}
    return Constraints(of_part(part, constraints.fixed), frozenset(tied))


def shallow(law: Any, **attributes: Any) -> Any:
    """A copy with some attributes changed."""
    other = copy.copy(law)
    other.__dict__.update(attributes)
    return other


def any_of(masks: Iterable[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Where any of several masks is set."""
    return np.logical_or.reduce(list(masks))
