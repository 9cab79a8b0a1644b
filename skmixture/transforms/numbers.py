"""Numbers on the real line, a half line or an interval."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from skmixture.transforms.transform import Array, Transform

__all__ = [
    "Above",
    "Below",
    "Interval",
    "Positive",
    "Real",
    "above",
    "below",
    "interval",
]


class Real(Transform):
    """The real line: nothing to do.

    Examples
    --------
    >>> from skmixture.transforms import real
    >>> real.constrain([-1.0, 2.0])
    array([-1.,  2.])
    """

    def unconstrain(self, value: ArrayLike) -> Array:
        return np.asarray(value, dtype=float)

    def constrain(self, z: ArrayLike) -> Array:
        return np.asarray(z, dtype=float)

    def log_jacobian(self, z: ArrayLike) -> Array:
        return np.zeros(np.shape(z))

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        return np.isfinite(value)


class Positive(Transform):
    """Positive numbers through the logarithm.

    Examples
    --------
    >>> from skmixture.transforms import positive
    >>> positive.constrain([0.0, -1000.0]), positive.holds([1.0, 0.0])
    (array([1., 0.]), array([ True, False]))
    """

    description = "positive"

    def unconstrain(self, value: ArrayLike) -> Array:
        return np.log(value)

    def constrain(self, z: ArrayLike) -> Array:
        return np.exp(z)

    def log_jacobian(self, z: ArrayLike) -> Array:
        return np.asarray(z, dtype=float)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        return np.isfinite(value) & (value > 0)


class Above(Transform):
    """Numbers above a limit, through the logarithm of what they are above it.

    Parameters
    ----------
    low : float or ndarray, broadcastable to the numbers

    Examples
    --------
    >>> from skmixture.transforms import above
    >>> above(2).constrain([0.0]), above(2).holds([2.0, 2.5])
    (array([3.]), array([False,  True]))
    """

    def __init__(self, low: float | Array) -> None:
        self.low = _as_bound(low)
        self.description = f"above {low}"

    def unconstrain(self, value: ArrayLike) -> Array:
        return np.log(np.asarray(value, dtype=float) - self.low)

    def constrain(self, z: ArrayLike) -> Array:
        return self.low + np.exp(z)

    def log_jacobian(self, z: ArrayLike) -> Array:
        return np.asarray(z, dtype=float)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        return np.isfinite(value) & (value > self.low)


class Below(Transform):
    """Numbers below a limit, through the logarithm of what they are below it, less than 0.

    Parameters
    ----------
    high : float or ndarray, broadcastable to the numbers

    Examples
    --------
    >>> from skmixture.transforms import below
    >>> below(2).constrain([0.0]), below(2).holds([2.0, 1.5])
    (array([1.]), array([False,  True]))
    """

    def __init__(self, high: float | Array) -> None:
        self.high = _as_bound(high)
        self.description = f"below {high}"

    def unconstrain(self, value: ArrayLike) -> Array:
        return -np.log(self.high - np.asarray(value, dtype=float))

    def constrain(self, z: ArrayLike) -> Array:
        return self.high - np.exp(-np.asarray(z, dtype=float))

    def log_jacobian(self, z: ArrayLike) -> Array:
        return -np.asarray(z, dtype=float)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        return np.isfinite(value) & (value < self.high)


class Interval(Transform):
    """An open interval through the logit of the position inside it.

    Parameters
    ----------
    low, high : float or ndarray, broadcastable to the numbers
        Numbers with ``low < high``.

    Raises
    ------
    ValueError
        Where they are not.

    Examples
    --------
    >>> from skmixture.transforms import interval
    >>> interval(-1, 1).constrain([0.0, 3.0]).round(3)
    array([0.   , 0.905])
    """

    def __init__(self, low: float | Array, high: float | Array) -> None:
        self.low, self.high = _as_bound(low), _as_bound(high)
        if not np.all(self.low < self.high):
            raise ValueError(f"an interval needs low < high, got low={low!r}, high={high!r}")
        self.description = f"between {low} and {high}"

    def unconstrain(self, value: ArrayLike) -> Array:
        return logit((np.asarray(value, dtype=float) - self.low) / (self.high - self.low))

    def constrain(self, z: ArrayLike) -> Array:
        return self.low + (self.high - self.low) * expit(z)

    def log_jacobian(self, z: ArrayLike) -> Array:
        # log of expit(z) * expit(-z), which does not underflow in the tails
        z = np.asarray(z, dtype=float)
        return np.log(self.high - self.low) - np.logaddexp(0, z) - np.logaddexp(0, -z)

    def holds(self, value: ArrayLike) -> NDArray[np.bool_]:
        value = np.asarray(value, dtype=float)
        return (value > self.low) & (value < self.high)


def _as_bound(value: float | Array) -> Any:
    """A float where it is one number, else an array."""
    return np.asarray(value, dtype=float) if np.ndim(value) else float(value)


def above(low: float | Array) -> Above:
    """The transform of the numbers above `low`.

    Parameters
    ----------
    low : float or ndarray

    Returns
    -------
    Above

    Examples
    --------
    >>> from skmixture.transforms import above
    >>> above(2).description
    'above 2'
    """
    return Above(low)


def below(high: float | Array) -> Below:
    """The transform of the numbers below `high`.

    Parameters
    ----------
    high : float or ndarray

    Returns
    -------
    Below

    Examples
    --------
    >>> from skmixture.transforms import below
    >>> below(2).description
    'below 2'
    """
    return Below(high)


def interval(low: float | Array, high: float | Array) -> Interval:
    """The transform of the open interval from `low` to `high`.

    Parameters
    ----------
    low, high : float or ndarray
        Numbers with ``low < high``.

    Returns
    -------
    Interval

    Examples
    --------
    >>> from skmixture.transforms import interval
    >>> interval(-1, 1).holds([-1.0, 0.0])
    array([False,  True])
    """
    return Interval(low, high)
