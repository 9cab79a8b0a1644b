"""What a distribution of scipy says of itself: arguments, their domain, and coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skmixture.families.built.scipy_law.bounds import (
    check_bounds,
    derivatives,
    given,
    moving_limits,
    numbers_between,
)
from skmixture.families.built.scipy_law.domain import Between, Domain, shape_grid
from skmixture.families.built.scipy_law.formula import Formula, shape_names
from skmixture.law.constant import told_constant
from skmixture.law.family import Array, Arrays, Family
from skmixture.law.parts import shallow
from skmixture.numerics.buffers import side_by_side
from skmixture.numerics.solvers import Expansion
from skmixture.transforms import Real, Transform, positive, real

__all__ = ["Described", "arguments_of", "by_name"]

# A scale goes no lower than this part of the column's spread: that of a component on one value.
LEAST_SCALE = 1e-6
# Columns farther than so many standard deviations from 0 are computed about their mean.
FAR = 10.0
# Shapes end here, where most laws have come to their limit: beyond, densities lose their digits.
LARGEST_SHAPE = 1e6
# Shapes that the formula is tried with are no larger than this.
TRIED = 30.0


class Standards(NamedTuple):
    """Arguments of one column, each (B, K, 1) or a number."""

    shapes: list[Array]
    loc: Array
    scale: Array


class Described(Family):
    """A law by a distribution of `scipy.stats`, in coordinates that data give."""

    # the domain and the formula, and what they were found for
    _known: tuple[Any, Domain, Formula] | None = None
    _quartiles: dict[tuple[float, ...], Array]  # set by `localise`
    _most: float = np.inf  # size of a shape, and the inverse of the least; set by `localise`
    # columns (d,) in which all rows are alike, set by `localise`
    _is_constant: NDArray[np.bool_] = np.zeros(1, dtype=bool)
    # origin and unit (d,) of the computation, set by `localise`
    _frame: tuple[Array, Array] = np.zeros(1), np.ones(1)

    def __init__(
        self,
        distribution: Any,
        *,
        fixed: Mapping[str, float] | None = None,
        bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    ) -> None:
        self.distribution = distribution
        self.fixed = fixed
        self.bounds = bounds

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {**super().get_params(deep), "distribution": by_name(self.distribution)}

    # -- what the distribution is ------------------------------------------------

    @property
    def of_scipy(self) -> Any:
        """The distribution itself."""
        given = self.distribution
        if not isinstance(given, str):
            return given
        found = getattr(stats, given, None)
        return found if isinstance(found, stats.rv_continuous | stats.rv_discrete) else None

    @property
    def discrete(self) -> bool:
        """Whether the values are whole numbers."""
        return hasattr(self.of_scipy, "pmf")

    @property
    def names(self) -> list[str]:
        """All arguments of the distribution, in its order."""
        return [*shape_names(self.of_scipy), "loc", *([] if self.discrete else ["scale"])]

    @property
    def constants(self) -> dict[str, float]:
        """Arguments that are no parameters, in the user's units."""
        constants = {"loc": 0.0} if self.discrete else {}
        return {**constants, **(self.fixed or {})}

    @property
    def domain(self) -> Domain:
        """Where the free shapes may lie, and the ends of the support."""
        return self._asked()[0]

    @property
    def formula(self) -> Formula:
        """The log density at loc 0 and scale 1."""
        return self._asked()[1]

    def _asked(self) -> tuple[Domain, Formula]:
        """What the distribution says of itself; it is asked once."""
        key = self.of_scipy, repr(self.fixed), repr(self.bounds)
        if self._known is None or self._known[0] != key:
            constants = self.constants
            domain = Domain.of(self.of_scipy, constants, self.bounds or {})
            trials = [constants | shapes for shapes in shape_grid(domain.transforms, TRIED)]
            self._known = key, domain, Formula(self.of_scipy, trials)
        return self._known[1:]

    @property
    def support(self) -> Between:  # type: ignore[override]
        domain, held = self.domain, self.constants
        loc, scale = held.get("loc"), held.get("scale", 1.0 if self.discrete else None)
        low, high = (
            -side * np.inf if loc is None or not np.isfinite(end) or (scale is None and end != 0)
            else loc + end * (1.0 if scale is None else scale)
            for side, end in ((1, domain.low), (-1, domain.high))
        )  # fmt: skip
        return Between(float(low), float(high), domain.closed, self.discrete)

    @property
    def climbs_its_gradient(self) -> bool:
        """An end that moves with the parameters may be a maximum where no gradient vanishes."""
        if self.discrete:
            return True
        domain, moves = self.domain, {"loc", "scale"} - set(self.constants)
        low_moves = np.isfinite(domain.low) and ("loc" in moves or (domain.low != 0 and moves))
        high_moves = np.isfinite(domain.high) and ("loc" in moves or (domain.high != 0 and moves))
        return not (low_moves or high_moves)

    @property
    def parameters(self) -> dict[str, Transform]:
        return self._transforms()

    def _transforms(self, j: int | None = None) -> dict[str, Transform]:
        """Of each parameter, in local units; those of column j take its numbers alone."""
        transforms: dict[str, Transform] = {**self.domain.transforms, "loc": real}
        transforms["scale"] = positive
        for name in self._moving:
            transforms[name] = self._moving_transform(name, j)
        return {name: transforms[name] for name in self.names if name not in self.constants}

    @property
    def _moving(self) -> list[str]:
        """Which of loc and scale have bounds: these move with the units."""
        asked = self.bounds or {}
        return [
            name
            for name in ("loc", "scale")
            if name not in self.constants and np.isfinite(given(asked, name)).any()
        ]

    def _moving_transform(self, name: str, j: int | None) -> Transform:
        ends = given(self.bounds or {}, name)
        if name == "scale":
            ends = ends._replace(low=max(ends.low, 0.0))
        origin, unit = (part if j is None else part[j % len(part)] for part in self._frame)
        origin = origin if name == "loc" else 0.0
        local = numbers_between(*((end - origin) / unit for end in ends))
        local.description = numbers_between(*ends).description  # for people, in the user's units
        return local

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(self.parameters, (n_features,))

    def check_settings(self) -> None:
        law = self.of_scipy
        if not all(hasattr(law, name) for name in ("shapes", "support", "rvs")):
            advice = ""
            if hasattr(law, "dist"):
                advice = (
                    f": it is frozen. Pass stats.{law.dist.name}, and params_of([...]) of the "
                    "family for starting values"
                )
            raise ValueError(
                "distribution must be one of scipy.stats, as stats.gamma or 'gamma', got "
                f"{self.distribution!r}{advice}"
            )
        for option in ("fixed", "bounds"):
            given = getattr(self, option) or {}
            unknown = [name for name in given if name not in self.names]
            if unknown:
                raise ValueError(
                    f"{option} of FromScipy names {unknown[0]!r}, but {self.of_scipy.name} "
                    f"has {self.names}"
                )
        for name, value in (self.fixed or {}).items():
            if not np.ndim(value) == 0 or not np.isfinite(value):
                raise ValueError(f"fixed[{name!r}] of FromScipy must be a number, got {value!r}")
        check_bounds(self.bounds or {}, self.constants)
        if not self.parameters:
            raise ValueError(f"all of {self.names} are fixed: {self!r} has nothing to fit")

    # -- the user's units -------------------------------------------------------------

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        if self.discrete:
            most = LARGEST_SHAPE * max(float(X.max()), 1.0)
            return shallow(self, _quartiles={}, _most=most)
        X = X.reshape(-1, X.shape[-1]).astype(float)
        if weight is not None and weight.size != len(X):  # members with weights of their own
            weight = None
        size = np.abs(X).max(axis=0)
        size = np.exp2(np.floor(np.log2(np.where(size > 0, size, 1.0))))  # lest squares overflow
        mean = np.average(X / size, axis=0, weights=weight)
        unit = np.sqrt(np.average((X / size - mean) ** 2, axis=0, weights=weight)) * size
        mean = mean * size
        origin = np.where(np.abs(mean) > FAR * unit, mean, 0.0)
        if "loc" in self.constants:  # small numbers keep their digits about it
            origin = np.full(len(mean), float(self.constants["loc"]))
        unit = np.where(unit > 0, unit, np.where(mean != 0, np.abs(mean), 1.0))
        constant, frame = X.min(axis=0) == X.max(axis=0), (origin, unit)
        return shallow(
            self, _frame=frame, _is_constant=constant, _quartiles={}, _most=LARGEST_SHAPE
        )

    def of_columns(self, laws: Sequence[Family]) -> Self:
        origins, units = zip(
            *(law._frame for law in laws if isinstance(law, Described)), strict=True
        )
        return shallow(self, _frame=(np.concatenate(origins), np.concatenate(units)))

    def to_local(self, params: Arrays) -> dict[str, Array]:
        return self._moved(params, lambda loc, origin, unit: (loc - origin) / unit, -1)

    def to_user(self, params: Arrays) -> dict[str, Array]:
        return self._moved(params, lambda loc, origin, unit: loc * unit + origin, 1)

    def _moved(self, params: Arrays, of_loc: Any, power: int) -> dict[str, Array]:
        origin, unit = self._frame
        moved = dict(params)
        if "loc" in moved and not self.discrete:
            moved["loc"] = of_loc(moved["loc"], origin, unit)
        if "scale" in moved:
            moved["scale"] = moved["scale"] * unit**power
        return moved

    @property
    def _local_constants(self) -> dict[str, Array]:
        """Arguments that are no parameters, numbers or (d,), in local units."""
        return self.to_local({k: np.asarray(float(v)) for k, v in self.constants.items()})

    def arguments(self, params: Arrays) -> list[Array]:
        """All arguments of the distribution, each (..., d), in local units."""
        constants = self._local_constants
        return [np.asarray(params.get(name, constants.get(name))) for name in self.names]

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        arguments = np.broadcast_arrays(*self.arguments(params))
        n_shapes = len(shape_names(self.of_scipy))
        with np.errstate(all="ignore"):
            low = np.asarray(self.of_scipy.support(*arguments[:n_shapes])[0], dtype=float)
        amiss = np.isnan(np.broadcast_to(low, arguments[0].shape))
        return super().failing(params) | amiss.any(axis=-1)

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        if "scale" not in params:
            return super().collapsed(params)
        narrow = params["scale"] < 1.001 * LEAST_SCALE
        return np.any(narrow & ~self._is_constant, axis=-1)

    def on_constants(self, columns: Sequence[Any]) -> list[str]:
        return (
            told_constant(self._is_constant, "scale", columns) if "scale" in self.parameters else []
        )

    # -- coordinates --------------------------------------------------------------

    def coordinates(self, params: Arrays) -> Array:
        """Unconstrained coordinates (..., q) of parameters."""
        by_name = [t.unconstrain(side_by_side(params[name])) for name, t in self.parameters.items()]
        return np.stack(np.broadcast_arrays(*by_name), axis=-1)

    @property
    def limits(self) -> tuple[Array, Array]:
        """Bounds of the coordinates: (q,), or (d, q) where those of loc or scale are bounded."""
        return self._limits(self.parameters)

    def _limits(self, transforms: Mapping[str, Transform]) -> tuple[Array, Array]:
        by_name = [self._limits_of(name, transform) for name, transform in transforms.items()]
        low, high = zip(*by_name, strict=True)
        return _stacked(low), _stacked(high)

    def _limits_of(self, name: str, transform: Transform) -> tuple[Array | float, Array | float]:
        if name not in ("loc", "scale"):
            most = self._most if isinstance(transform, Real) else np.log(self._most)
            return -most, most
        if name not in self._moving:
            return np.log(LEAST_SCALE) if name == "scale" else -np.inf, np.inf
        least = LEAST_SCALE if name == "scale" else -np.inf
        return moving_limits(transform, nearest=LEAST_SCALE, at_least=least)

    def params_at(self, z: Array, j: int | None = None) -> dict[str, Array]:
        """Parameters at unconstrained coordinates (..., q), within bounds.

        Of column j the coordinates are (B, K, q), of all (..., d, q).
        """
        transforms = self._transforms(j) if self._moving else self.parameters
        z = np.clip(z, *self._limits(transforms))
        return {
            name: transform.constrain(side_by_side(z[..., i]))
            for i, (name, transform) in enumerate(transforms.items())
        }

    def in_coordinates(self, each: Expansion, z: Array, j: int) -> Expansion:
        """An expansion by loc and log scale turned into one by the coordinates of column j."""
        if not self._moving:
            return each
        transforms = self._transforms(j)
        z = np.clip(z, *self._limits(transforms))
        slope, bend = np.ones(z.shape), np.zeros(z.shape)
        for i, name in enumerate(transforms):
            if name in self._moving:
                slope[..., i], bend[..., i] = derivatives(
                    transforms[name], side_by_side(z[..., i]), of_log=name == "scale"
                )
        hessian = each.hessian * slope[..., :, None] * slope[..., None, :]
        hessian += (each.gradient * bend)[..., None] * np.eye(z.shape[-1])
        return Expansion(each.value, each.gradient * slope, hessian)

    def standards(self, z: Array, j: int) -> Standards:
        """Arguments of column j at coordinates (B, K, q)."""
        return self._standards({k: v[..., None] for k, v in self.params_at(z, j).items()}, j)

    def _standards(self, own: Arrays, j: int) -> Standards:
        """Arguments by the parameters (B, K, 1) of column j."""
        shape = next(iter(own.values())).shape
        constants = {name: v.reshape(-1) for name, v in self._local_constants.items()}
        values = [
            own[name] if name in own else constants[name][j if len(constants[name]) > 1 else 0]
            for name in self.names
        ]
        scale = np.ones(shape) if self.discrete else np.broadcast_to(values.pop(), shape)
        return Standards(values[:-1], values[-1], scale)


def _stacked(values: Sequence[Array | float]) -> Array:
    """Values of coordinates along the last axis, (q,) or (d, q)."""
    return np.stack(np.broadcast_arrays(*values), axis=-1)


def by_name(distribution: Any) -> Any:
    """The name of a distribution that is scipy's own, which prints as it is written."""
    name = getattr(distribution, "name", None)
    own = getattr(stats, name, None) if isinstance(name, str) else None
    return name if own is not None and type(own) is type(distribution) else distribution


def arguments_of(frozen: Any, distribution: Any, names: Sequence[str]) -> dict[str, Any]:
    """All arguments of a frozen distribution by name."""
    if type(getattr(frozen, "dist", None)) is not type(distribution):
        raise ValueError(
            f"each component must be a frozen stats.{distribution.name}, as "
            f"stats.{distribution.name}(...), got {frozen!r}"
        )
    given = dict(zip(names, frozen.args, strict=False)) | frozen.kwds
    return {name: given.get(name, {"loc": 0.0, "scale": 1.0}.get(name)) for name in names}
