"""PointMass: all probability on one value, as the law of rows that are just that."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Array, Arrays, Family
from skmixture.supports import Measure, Support
from skmixture.transforms import Transform, real

__all__ = ["PointMass"]


@dataclass(frozen=True)
class Point(Support):
    """One value in each column."""

    values: tuple[float, ...]  # one for all columns, or one for each

    @property
    def description(self) -> str:  # type: ignore[override]
        return f"just {', '.join(f'{value:g}' for value in self.values)}"

    @property
    def discrete(self) -> bool:  # type: ignore[override]
        return all(value == np.floor(value) for value in self.values)

    @property
    def positive_only(self) -> bool:  # type: ignore[override]
        return min(self.values) >= 0

    def by_column(self, n_features: int) -> Array:
        """The values (d,) of so many columns."""
        if len(self.values) not in (1, n_features):
            raise ValueError(
                f"at of PointMass has {len(self.values)} values for {n_features} columns: give "
                "one for all, or one for each column"
            )
        return np.broadcast_to(np.array(self.values), n_features)

    def measures(self, n_features: int) -> tuple[Measure, ...]:
        return tuple(
            Measure("", frozenset([value])) for value in self.by_column(n_features).tolist()
        )

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = self.by_column(X.shape[-1]) == X
        return inside


class PointMass(Family):
    """One value that has probability 1, which is not fitted.

    As one of :class:`Components` it stands for rows that are exactly so, such
    as zeros among amounts: they then have a probability, and all other rows
    the densities of the other laws. Its value ``points_`` is held, and is no
    free parameter.

    Parameters
    ----------
    at : float or array-like of shape (n_features,), default=0.0
        The value, the same in all columns or one for each.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Components, Gamma, PointMass
    >>> rain = np.r_[np.zeros(300), np.random.RandomState(0).gamma(2.0, 4.0, 700)][:, None]
    >>> model = Mixture(Components([("dry", PointMass()), ("wet", Gamma())]), 2).fit(rain)
    >>> model.weights_, model.wet__shapes_.round(1)
    (array([0.3, 0.7]), array([[2.2]]))
    >>> model.predict([[0.0], [0.1]])
    array([0, 1])
    """

    background = True
    factorises = True
    _points: Array  # (d,), set by `localise`

    def __init__(self, at: ArrayLike = 0.0) -> None:
        self.at = at

    @property
    def support(self) -> Point:  # type: ignore[override]
        return Point(tuple(np.atleast_1d(np.asarray(self.at, dtype=float)).tolist()))

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"points": real}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        self.support.by_column(n_features)
        return {"points": (n_features,)}

    def settled(self, name: str) -> bool:
        return True

    def check_settings(self) -> None:
        try:
            proper = np.ndim(self.at) <= 1 and np.isfinite(np.asarray(self.at, dtype=float)).all()
        except (TypeError, ValueError):
            proper = False
        if not proper or not np.size(self.at):
            raise ValueError(
                f"at of PointMass must be a number, or one for each column, got {self.at!r}"
            )

    def of_column(self, j: int) -> Self:
        values = self.support.values
        return type(self)(values[j if len(values) > 1 else 0])

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        local = copy.copy(self)
        local._points = self.support.by_column(X.shape[-1])
        return local

    # -- the two steps ------------------------------------------------------------

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        there = rows["x"][..., None, :, :] == prepared["points"][..., None]
        return np.where(there.all(axis=-2), 0.0, -np.inf)

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        return {"n": resp.sum(axis=-1)}

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        if params is None:
            params = {"points": np.ones((*stats["n"].shape, 1)) * self._points}
        return {"points": constraints.hold("points", params["points"])}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        return {"points": np.zeros(params["points"].shape)}

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        return {"n": mass}

    # -- beyond fitting -------------------------------------------------------------

    def column_means(self, params: Arrays, **side: Array) -> Array:
        return params["points"][:, None]

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return params["points"][labels]

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return (X >= params["points"][:, None]).astype(float)

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        points = params["points"][:, None] * np.ones((len(q), 1))
        return points, points
