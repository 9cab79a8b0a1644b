"""What a scipy distribution lets its shapes be, found out by asking it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmixture.families.built.scipy_law.bounds import Ends, given, numbers_between
from skmixture.families.built.scipy_law.formula import shape_names
from skmixture.supports import Support
from skmixture.transforms import Below, Transform, real

__all__ = ["Between", "Domain", "shape_grid"]

Array = NDArray[np.floating]

# Values that shapes are tried at, whole numbers not among them; all combinations are.
PROBES = np.array(
    [-10000.5, -70.5, -3.5, -1.25, -0.6, -0.25, -1e-3, 1e-3, 0.25, 0.6, 1.25, 3.5, 70.5, 10000.5]
)
MOST_SHAPES = 4
# An end of a domain farther out than this is that of another shape's probes.
FAR = 50.0
# And nearer to 0 than this likewise.
NEAR = 1.001e-3
HALVINGS = 80
# Where shapes are tried next to a bound, by part of it, and between two, by part of the width.
BESIDE, BETWEEN = np.array([1e-3, 0.25, 0.5]), np.array([0.25, 0.5, 0.75])
NEXT = 1e-6
# Values of a shape on a grid, by the number of shapes.
NUMBER = {1: 25, 2: 7, 3: 4, 4: 3}


@dataclass(frozen=True)
class Between(Support):
    """Numbers, or whole numbers, between the ends of a distribution."""

    low: float
    high: float
    closed: tuple[bool, bool]
    whole_only: bool

    @property
    def discrete(self) -> bool:  # type: ignore[override]
        return self.whole_only

    @property
    def positive_only(self) -> bool:  # type: ignore[override]
        return self.low >= 0

    @property
    def description(self) -> str:  # type: ignore[override]
        kind = "whole numbers" if self.whole_only else "numbers"
        low = f" {'from' if self.closed[0] else 'above'} {self.low:g}" if self.low > -np.inf else ""
        high = f" {'to' if self.closed[1] else 'below'} {self.high:g}" if self.high < np.inf else ""
        return kind + low + high

    @property
    def example(self) -> float:  # type: ignore[override]
        low, high = max(self.low, -1e300), min(self.high, 1e300)
        middle = float(np.clip(1.0, low, high))
        return 0.5 * (low + high) if middle in (low, high) and high - low < 1e300 else middle

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        inside = (X >= self.low) & (X <= self.high) & np.isfinite(X)
        inside &= (X > self.low) | self.closed[0]
        inside &= (X < self.high) | self.closed[1]
        return inside & (X == np.floor(X)) if self.whole_only else inside


@dataclass(frozen=True)
class Domain:
    """The shapes of a distribution that are free, and where they may lie.

    Attributes
    ----------
    transforms : dict of str to Transform
        Of each free shape.
    low, high : float
        Ends of the support at loc 0 and scale 1, the farthest of all shapes.
    closed : tuple of bool
        Whether the density is finite at the ends, for some shapes at least.
    """

    transforms: dict[str, Transform]
    low: float
    high: float
    closed: tuple[bool, bool]

    @classmethod
    def of(cls, distribution: Any, held: Mapping[str, float], bounds: Mapping[str, Any]) -> Domain:
        """Ask the distribution, with some shapes held and bounds given for some others."""
        names = shape_names(distribution)
        free = [name for name in names if name not in held]
        if len(free) > MOST_SHAPES:
            raise ValueError(
                f"{distribution.name} has {len(free)} free shapes; fix all but {MOST_SHAPES}"
            )
        probes = [_within(PROBES, given(bounds, name)) for name in free]
        grid = dict(zip(free, np.meshgrid(*probes, indexing="ij"), strict=True))
        values = [np.asarray(grid.get(name, held.get(name)), dtype=float) for name in names]
        for axis, name in enumerate(free):
            _check_ends(distribution, name, given(bounds, name), values, names.index(name), axis)
        low, high = _support(distribution, values)
        valid = ~np.isnan(low)
        if not valid.any():
            raise ValueError(
                f"{distribution.name} takes none of the values that its shapes {free} were tried "
                "at, with fixed ones at theirs. Shapes that are whole numbers cannot be fitted: "
                "give them by fixed={...}; for others give bounds={name: (low, high)}"
            )
        transforms = {}
        for axis, name in enumerate(free):
            place = names.index(name)
            own = [_end(distribution, values, valid, place, axis, side) for side in (0, 1)]
            transforms[name] = _transform(given(bounds, name), *own)
        ends = float(low[valid].min()), float(high[valid].max())
        first, last = (np.isfinite(_log_density(distribution, x, values)).any() for x in ends)
        return cls(transforms, *ends, (bool(first), bool(last)))


def _support(distribution: Any, values: list[Array]) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        ends = distribution.support(*values)
    shape = np.broadcast_shapes(*(np.shape(value) for value in values))
    low, high = (np.broadcast_to(np.asarray(end, dtype=float), shape) for end in ends)
    return low, high


def _log_density(distribution: Any, x: Any, values: list[Array]) -> Array:
    function = distribution.logpmf if hasattr(distribution, "pmf") else distribution.logpdf
    with np.errstate(all="ignore"):
        return np.asarray(function(x, *values))


def _within(probes: Array, ends: Ends) -> Array:
    """Values between two ends, beside each among them; all in order."""
    low, high = ends
    tried = [probes]
    for end, side in ((low, 1), (high, -1)):
        if np.isfinite(end):
            tried.append(end + side * max(abs(end), NEAR) * BESIDE)
    if np.isfinite(high - low):
        tried.append(low + (high - low) * BETWEEN)
    every = np.unique(np.concatenate(tried))
    return every[(every > low) & (every < high)]


def _check_ends(
    distribution: Any, name: str, ends: Ends, values: list[Array], place: int, axis: int
) -> None:
    """Raise a ValueError where a shape has no law next to one of its bounds, whatever others are.

    `values` are those of all shapes, on a grid of which the shape has one axis.
    """
    for end, side in zip(ends, (1, -1), strict=True):
        if not np.isfinite(end):
            continue
        width = min(ends.high - ends.low, max(abs(end), NEAR))
        beside = [np.take(v, [0], axis) if v.ndim else v for v in values]
        beside[place] = np.full_like(beside[place], end + side * NEXT * width)
        if np.isnan(_support(distribution, beside)[0]).all():
            raise ValueError(
                f"bounds[{name!r}] of FromScipy reach {end:g}, next to which {distribution.name} "
                f"takes no {name}: keep to its domain, with None where it ends. A shape that is a "
                "whole number goes to fixed="
            )


def _end(
    distribution: Any,
    values: list[Array],
    valid: NDArray[np.bool_],
    place: int,
    axis: int,
    side: int,
) -> float | None:
    """Where a shape's domain ends below (side 0) or above (1); None where it does not."""
    others = tuple(other for other in range(valid.ndim) if other != axis)
    here = np.flatnonzero(valid.any(axis=others))
    index, beyond = (here[0], here[0] - 1) if side == 0 else (here[-1], here[-1] + 1)
    if not 0 <= beyond < valid.shape[axis]:
        return None
    combination = np.argwhere(np.moveaxis(valid, axis, 0)[index])[0]
    combination = tuple(np.insert(combination, axis, index))
    point = [float(v[combination]) if v.ndim else float(v) for v in values]
    probes = np.moveaxis(values[place], axis, 0).reshape(valid.shape[axis], -1)[:, 0]
    inside, outside = probes[index], probes[beyond]
    for _ in range(HALVINGS):
        point[place] = 0.5 * (inside + outside)
        low, _ = _support(distribution, [np.asarray(value) for value in point])
        if np.isnan(low):
            outside = point[place]
        else:
            inside = point[place]
    end = 0.5 * (inside + outside)
    if abs(end) <= NEAR:
        return 0.0
    return None if abs(end) >= FAR else round(end, 9)


def _transform(asked: Ends, low: float | None, high: float | None) -> Transform:
    """Of numbers between the user's bounds or, where there are none, the domain's ends."""
    if high is not None and np.isinf(asked).all() and low is None:
        return real  # only from above: what lies beyond has no density, and is refused
    first = low if np.isinf(asked.low) else asked.low
    last = high if np.isinf(asked.high) else asked.high
    return numbers_between(-np.inf if first is None else first, np.inf if last is None else last)


def shape_grid(transforms: Mapping[str, Transform], largest: float) -> Iterator[dict[str, float]]:
    """Combinations of shapes, those from a half line up to `largest`."""
    number = NUMBER.get(len(transforms), 1)
    half = np.log(largest)
    axes = []
    for transform in transforms.values():
        # the middle first: of equals it is taken
        z = np.linspace(-min(half, 4.0), half, number)
        z = z[np.argsort(np.abs(z), kind="stable")]
        value = transform.constrain(-z if isinstance(transform, Below) else z)
        if transform.description == "real":
            value = np.sign(z) * np.expm1(np.abs(z) / 2)
        axes.append(value)
    for values in product(*axes):
        yield dict(zip(transforms, map(float, values), strict=True))
