"""Scales on which a prior may be stated: log10 of a size, the logit of a probability."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

__all__ = ["DOMAINS", "SCALES", "Scale"]

Array = NDArray[np.floating]


class Scale(NamedTuple):
    """A map of values by its name, and the logarithm of its slope."""

    name: str
    there: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]


def _of_logarithm(name: str, base: float) -> Scale:
    unit = np.log(base)
    return Scale(name, lambda x: np.log(x) / unit, lambda x: -np.log(x) - np.log(unit))


_ALL = (
    Scale("natural", lambda x: x, np.zeros_like),
    _of_logarithm("log", np.e),
    _of_logarithm("log2", 2.0),
    _of_logarithm("log10", 10.0),
    Scale("sqrt", np.sqrt, lambda x: -np.log(2) - 0.5 * np.log(x)),
    Scale("logit", logit, lambda x: -np.log(x) - np.log1p(-x)),
)
# "natural" is of values as they are.
SCALES = {scale.name: scale for scale in _ALL}
# What values a scale is for.
DOMAINS = {
    **dict.fromkeys(("log", "log2", "log10"), "positive values"),
    "sqrt": "positive values",
    "logit": "values between 0 and 1",
}
