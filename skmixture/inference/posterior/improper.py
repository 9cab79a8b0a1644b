"""Whether a posterior is one: flat priors that nothing bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from skmixture.engine.coordinates import Part
from skmixture.inference.posterior.target import Target
from skmixture.transforms import PositiveDefinite, Real, lower_triangle

__all__ = ["check_proper"]

Array = NDArray[np.floating]

# Distances in a coordinate at which the posterior is compared, and by how much its logarithm has
# to fall between them: of logarithms, and of numbers in units of the data.
OF_LOGARITHM, OF_NUMBER = (20.0, 40.0), (1e3, 1e6)
FALL_OF_LOGARITHM = 1.0
# Widths of which one is where the posterior of a number has fallen.
WIDTHS = 10.0 ** np.arange(-6.0, 24.0, 0.25)
FALL_OF_NUMBER = 1.1 * float(np.log(OF_NUMBER[1] / OF_NUMBER[0]))


def check_proper(target: Target, has_labels: bool) -> None:
    """Raise a ValueError that names a parameter whose flat prior leaves the posterior improper.

    In a mixture a component may have no row at all, and then only its prior
    bounds it (Diebolt and Robert 1994, Journal of the Royal Statistical
    Society B 56, 363-375). Of one component, and where labels are given, the
    posterior is followed far out along each coordinate. So are priors that
    are functions, to see whether they are as good as flat.
    """
    flat = [name for name in target.belief.flat if _unbounded(target, name)]
    flat += [name for name in target.belief.written if _as_flat(target, name)]
    if not flat:
        return
    chart = target.likelihood.chart
    tied = {part.name for part in chart.coordinates.parts if part.tied}
    alone = [name for name in flat if name not in tied and not chart.family.shared(name)]
    if target.prior_only:
        raise ValueError(
            f"the prior of {flat[0]!r} is flat and unbounded, which is no probability: prior_only "
            "has nothing to draw from; give it a proper prior"
        )
    if chart.n_components > 1 and alone and not has_labels:
        raise ValueError(
            f"the prior of {alone[0]!r} is flat: a component that has no row is then unbounded, "
            "and the posterior improper. Give a proper prior, such as scipy.stats.norm(...), or "
            "tie the parameter"
        )
    numbers = [place for name in flat for place, real in _places(target, name) if real]
    for name in flat:
        falls = (_falls(target, place, real, numbers) for place, real in _places(target, name))
        if _too_few_rows(target, name, flat) or not all(falls):
            raise ValueError(
                f"the posterior is improper: the prior of {name!r} is flat, and the rows do not "
                "bound it; give it a proper prior"
            )


def _too_few_rows(target: Target, name: str, flat: list[str]) -> bool:
    """Whether matrices (d, d) have no more than 2 d rows, or 2 d + 1 where means are flat as well.

    Their posterior would be inverse Wishart with d - 1 degrees of freedom or fewer; what lets
    it diverge is not along a coordinate.
    """
    transform = target.likelihood.chart.law.parameters.get(name)
    if not isinstance(transform, PositiveDefinite):
        return False
    sizes = {part.name: part.shape[-1] for part in target.likelihood.chart.coordinates.parts}
    d = int(np.sqrt(8 * sizes[name] + 1) - 1) // 2
    n_rows = target.likelihood.n_rows * target.unit
    others = any(real for own in flat if own != name for _, real in _places(target, own))
    return bool(n_rows < 2 * d + 0.5 + others)


def _as_flat(target: Target, name: str) -> bool:
    """Whether the prior of single numbers, which is a function, does not fall far out."""
    transform = target.likelihood.chart.law.parameters.get(name)
    if not _unbounded(target, name) or (transform is not None and transform.event_ndim):
        return False
    alone = replace(target, prior_only=True)
    return not all(_falls(alone, place, real) for place, real in _places(target, name))


def _unbounded(target: Target, name: str) -> bool:
    transform = target.likelihood.chart.law.parameters.get(name)
    if transform is None:  # derived, and so whatever its parameter is
        return True
    ends = [np.asarray(getattr(transform, end, np.inf)) for end in ("low", "high")]
    if transform.event_ndim:
        return not type(transform).__name__.endswith(("Simplex", "Sphere"))
    return not all(np.isfinite(end).all() for end in ends)


def _places(target: Target, name: str) -> Iterator[tuple[int, bool]]:
    """Coordinates of a parameter, and whether each is a plain number."""
    chart = target.likelihood.chart
    derived = {term.name: term.derived.of_name for term in target.belief.terms if term.derived}
    begin = chart.coordinates.n_weights
    for part in chart.coordinates.parts:
        places = range(begin, begin + part.size)
        begin += part.size
        if part.name == derived.get(name, name):
            for place, kept in enumerate(chart.kept):
                if kept in places:
                    yield place, _is_number(part, int(kept) - places.start)


def _is_number(part: Part, place: int) -> bool:
    """Whether a free coordinate of a parameter is a plain number: no logarithm."""
    if not isinstance(part.transform, PositiveDefinite):
        return isinstance(part.transform, Real)
    d = int(np.sqrt(8 * part.shape[-1] + 1) - 1) // 2
    last = np.argwhere(part.free)[place][-1]
    i, j = (axis[last] for axis in lower_triangle(d))
    return bool(i != j)


def _falls(target: Target, place: int, real: bool, numbers: Sequence[int] = ()) -> bool:
    """Whether the log posterior falls on both sides so fast that it has an integral.

    Where a logarithm is large, as of a scale, there is more room for plain
    `numbers` without bounds, as for locations, and the posterior must fall
    faster by that.
    """
    origin = target.likelihood.chart.origin
    distances, fall = (OF_NUMBER, FALL_OF_NUMBER) if real else (OF_LOGARITHM, FALL_OF_LOGARITHM)
    points = np.tile(origin, (4, 1))
    points[:, place] += np.array([-distances[0], -distances[1], distances[0], distances[1]])
    heights = target(points)
    most = distances[1] - distances[0] if not real else 0.0  # that a number's room grows by
    for near, far in ((0, 1), (2, 3)):
        if heights[far] == -np.inf:
            continue
        left = heights[near] - heights[far] - fall
        if 0 < left <= most * len(numbers):
            rooms = _log_rooms(target, points[[near, far]], numbers)
            left -= rooms[1] - rooms[0]
        if not left > 0:
            return False
    return True


def _log_rooms(target: Target, points: Array, numbers: Sequence[int]) -> Array:
    """Logarithms (m,) of the volume that numbers have at points (m, p), by where each ends."""
    heights, total = target(points), np.zeros(len(points))
    for number in numbers:
        moved = np.repeat(points[:, None], len(WIDTHS), axis=1)
        moved[..., number] += WIDTHS
        there = target(moved.reshape(-1, points.shape[1])).reshape(len(points), -1)
        ends = there < heights[:, None] - 0.5
        total += np.log(WIDTHS)[np.where(ends.any(axis=1), ends.argmax(axis=1), -1)]
    return total
