"""The log density of a scipy distribution, by its own formula on arrays that broadcast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Formula", "shape_names"]

Array = NDArray[np.floating]

# Where both ways to a density are compared, and how close they must be.
POINTS = np.r_[-1e4, -40.5, -5, -1, -0.3, 0, 0.2, 0.5, 0.9, 1, 2, 4.5, 7, 30, 200, 1e4]
AGREEMENT = 1e-12


def shape_names(distribution: Any) -> list[str]:
    """Names of the shapes, in scipy's order."""
    return [name.strip() for name in (distribution.shapes or "").split(",") if name.strip()]


class Formula:
    """Log density, or log probability, at loc 0 and scale 1.

    The public method copies every argument to the size of the result. The
    formula below it, ``_logpdf`` or ``_logpmf``, mostly takes arguments that
    broadcast, so that the gamma function of a shape is taken once and not for
    each row. Whether it does, and comes to the same, is found out by asking.

    Parameters
    ----------
    distribution : scipy.stats distribution
    trials : iterable of mapping of str to float
        Shapes to ask it with.
    """

    def __init__(self, distribution: Any, trials: Iterable[Mapping[str, float]]) -> None:
        self.distribution = distribution
        self.discrete = hasattr(distribution, "pmf")
        self.broadcasts = True
        self.broadcasts = self._agrees(list(trials))

    def __call__(self, x: Array, shapes: Sequence[Array]) -> Array:
        """Of points (B, K, n) and shapes (B, K, 1), minus infinity where there is none."""
        with np.errstate(all="ignore"):
            if not self.broadcasts:
                public = self.distribution.logpmf if self.discrete else self.distribution.logpdf
                return _proper(np.asarray(public(x, *shapes), dtype=float))
            law = self.distribution
            value = (law._logpmf if self.discrete else law._logpdf)(x, *shapes)
            low, high = (np.asarray(end, dtype=float) for end in law.support(*shapes))
            value = _of_shape(value, x, *shapes)
            if not (np.isneginf(low).all() and np.isposinf(high).all()):
                inside = (x >= low) & (x <= high)  # nor is NaN in a support that is none
                if not inside.all():
                    value = np.where(inside, value, -np.inf)
            return _proper(value)

    def _agrees(self, trials: list[Mapping[str, float]]) -> bool:
        names = shape_names(self.distribution)
        shapes = [np.array([trial[name] for trial in trials])[:, None, None] for name in names]
        x = (np.floor(POINTS) if self.discrete else POINTS) * np.ones((max(len(trials), 1), 1, 1))
        try:
            quick = self(x, shapes)
        except Exception:  # the formula may want arrays of one shape, and fail in any way
            return False
        self.broadcasts = False
        both_infinite = np.isinf(quick) & (quick == self(x, shapes))
        close = np.isclose(quick, self(x, shapes), rtol=AGREEMENT, atol=AGREEMENT)
        return bool((both_infinite | close).all())


def _of_shape(value: Any, *arguments: Array) -> Array:
    """A value in the shape of all arguments together."""
    shape = np.broadcast_shapes(*(np.shape(argument) for argument in arguments))
    return np.broadcast_to(np.asarray(value, dtype=float), shape)


def _proper(value: Array) -> Array:
    """Minus infinity in the place of NaN."""
    missing = np.isnan(value)
    return np.where(missing, -np.inf, value) if missing.any() else value
