"""Scales on which a prior may be stated: log10 of a size, the logit of a probability."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

__all__ = ["SCALES", "Scale"]

Array = NDArray[np.floating]


class Scale(NamedTuple):
    """A map of values, and the logarithm of its slope."""

    there: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]


def _of_logarithm(base: float) -> Scale:
    unit = np.log(base)
    return Scale(lambda x: np.log(x) / unit, lambda x: -np.log(x) - np.log(unit))


SCALES = {
    "natural": Scale(lambda x: x, np.zeros_like),
    "log": _of_logarithm(np.e),
    "log2": _of_logarithm(2.0),
    "log10": _of_logarithm(10.0),
    "sqrt": Scale(np.sqrt, lambda x: -np.log(2) - 0.5 * np.log(x)),
    "logit": Scale(logit, lambda x: -np.log(x) - np.log1p(-x)),
}
