"""Uniform: a box, as the law of rows that belong to nothing else."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray

from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Array, Arrays, Family
from skmixture.table.holes import column_moments, filled, has_holes
from skmixture.transforms import Transform, real

__all__ = ["Uniform"]


class Uniform(Family):
    """The same density everywhere in a box, which is not fitted: ``f = 1 / volume``.

    As one of :class:`Components` it stands for noise in the whole range of
    the data (Banfield and Raftery 1993, Biometrics 49, 803-821). Its ends
    ``lows_`` and ``highs_`` are held, and are no free parameters.

    Parameters
    ----------
    low, high : float or array-like of shape (n_features,), optional
        Ends of the box. Those not given are the least and the largest value
        of each column of the data; rows beyond them have density 0. Give both
        where a fit is to score other rows, as in cross-validation.

    References
    ----------
    Banfield and Raftery (1993), Biometrics 49, 803-821.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Uniform
    >>> model = Mixture(Uniform(low=0.0)).fit([[1.0, 2.0], [3.0, 4.0]])
    >>> model.highs_, model.n_parameters_
    (array([[3., 4.]]), 0)
    >>> model.score_samples([[1.0, 1.0]]).round(3)  # -log(12)
    array([-2.485])
    """

    background = True
    failure = (
        "The box of Uniform has no volume: a column of X is constant, or low is not below high. "
        "Give low and high, or leave the column out."
    )
    _box: tuple[Array, Array] | None = None  # low and high (d,), set by `localise`

    def __init__(self, low: ArrayLike | None = None, high: ArrayLike | None = None) -> None:
        self.low = low
        self.high = high

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"lows": real, "highs": real}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"lows": (n_features,), "highs": (n_features,)}

    def settled(self, name: str) -> bool:
        return True

    def check_settings(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if value is None:
                continue
            try:
                proper = np.isfinite(np.asarray(value, dtype=float)).all()
            except (TypeError, ValueError):
                proper = False
            if not proper or np.ndim(value) > 1:
                raise ValueError(
                    f"{name} of Uniform must be a number, or one for each column, got {value!r}"
                )

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        rows = X.reshape(-1, X.shape[-1]).astype(float)
        local = type(self)(self.low, self.high)
        if has_holes(rows):
            column_moments(rows, None)  # which every column must have
        least, largest = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
        low, high = _ends("low", self.low, least), _ends("high", self.high, largest)
        for name, end, beyond in (("low", low, least < low), ("high", high, largest > high)):
            if beyond.any():
                j = int(np.argmax(beyond))
                raise ValueError(
                    f"{name} of Uniform is {end[j]:g} in column {j}, and rows of X lie beyond it: "
                    "every row to be fitted must lie in the box. Widen it, or leave them out."
                )
        local._box = low, high
        return local

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        proper: NDArray[np.bool_] = params["highs"] > params["lows"]
        return np.any(~proper, axis=-1)

    def with_holes(self) -> Self:
        return self  # what is missing is in the box, and its column no part of the volume

    # -- the two steps ------------------------------------------------------------

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        x, low, high = rows["x"], prepared["lows"][..., None], prepared["highs"][..., None]
        log_volume = np.swapaxes(np.log(high - low), -1, -2) @ (~np.isnan(x)).astype(float)
        outside = np.zeros((*low.shape[:2], x.shape[-1]), dtype=bool)
        for j in range(low.shape[-2]):
            column = x[..., None, j, :]
            outside |= (column < low[..., j, :]) | (column > high[..., j, :])
        return np.where(outside, -np.inf, -log_volume[..., 0, :])

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        return {"n": resp.sum(axis=-1)}

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        if params is None:
            assert self._box is not None  # a start is made on data
            shape = (*stats["n"].shape, len(self._box[0]))
            low, high = (np.broadcast_to(end, shape).copy() for end in self._box)
            params = {"lows": low, "highs": high}
        return {name: constraints.hold(name, value) for name, value in params.items()}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        return {name: np.zeros(value.shape) for name, value in params.items()}

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        return {"n": mass}

    # -- beyond fitting -------------------------------------------------------------

    def features(self, X: NDArray) -> Array:
        return filled(X, None) if has_holes(X) else super().features(X)

    def expected_rows(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        middle = 0.5 * (params["lows"] + params["highs"])
        return np.where(np.isnan(X), middle[:, None], X)

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return rng.uniform(params["lows"][labels], params["highs"][labels])

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        low, high = params["lows"][:, None], params["highs"][:, None]
        return np.clip((X - low) / (high - low), 0.0, 1.0)

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        low, high = params["lows"][:, None], params["highs"][:, None]
        shape = (len(low), len(q), low.shape[-1])
        return np.broadcast_to(low, shape), np.broadcast_to(high, shape)

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        low, width = params["lows"], params["highs"] - params["lows"]
        return stats.uniform(low[0], width[0]) if len(low) == 1 else stats.uniform(low, width)


def _ends(name: str, given: ArrayLike | None, found: Array) -> Array:
    """Ends (d,) of the box: those given, or those of the data."""
    if given is None:
        return found
    ends = np.asarray(given, dtype=float)
    if ends.ndim and len(ends) != len(found):
        raise ValueError(f"{name} of Uniform has {len(ends)} values for {len(found)} columns")
    return np.broadcast_to(ends, found.shape)
