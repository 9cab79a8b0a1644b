"""FromScipy: any univariate distribution of scipy.stats as a law."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.constraints import FREE, Constraints
from skmixture.families.built.composite import shallow
from skmixture.families.built.scipy_law.domain import Between, Domain
from skmixture.families.built.scipy_law.ends import to_the_ends
from skmixture.families.built.scipy_law.formula import Formula, shape_names
from skmixture.families.built.scipy_law.maximum import Likelihood
from skmixture.families.built.scipy_law.start import LEVELS, first_params, shape_grid
from skmixture.family import Array, Arrays, Family
from skmixture.rows import rows_last
from skmixture.solvers import Expansion
from skmixture.transforms import Real, Transform, positive, real

__all__ = ["FromScipy"]

# Steps of an M-step, and of the first one.
STEPS, FIRST_STEPS = 1, 4
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


class FromScipy(Family):
    """A univariate distribution of `scipy.stats`, continuous or discrete, for each column.

    Its parameters are the distribution's shapes, ``loc`` and ``scale``, under
    scipy's names: ``model.a_``, ``model.scale_``. Columns are independent.
    Densities are scipy's, and so are their digits.

    The M-step is numerical: a few guarded steps of Newton on the
    unconstrained scale, from the parameters before. It needs all rows at
    once, and a fit takes ten to some hundred times as long as with the closed
    step of a law of the package: take those where they are, and few starts
    (``n_init=3``).

    Where a distribution ends at ``loc``, as the gamma law does, its
    likelihood has no maximum in ``loc`` in general: fix it.

    Parameters
    ----------
    distribution : scipy.stats distribution
        Such as ``scipy.stats.gamma``; not frozen.
    fixed : mapping of str to float, optional
        Shapes, loc or scale that are no parameters but have this value in all
        components. The loc of a discrete distribution is 0 unless it is here.
        Shapes that are whole numbers must be.
    bounds : mapping of str to (low, high), optional
        Open bounds of shapes, None for none, in place of those found by asking the
        distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import stats
    >>> from skmixture import Mixture
    >>> from skmixture.families import FromScipy
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.weibull(1.5, 300), 10 * rng.weibull(4.0, 200)][:, None]
    >>> law = FromScipy(stats.weibull_min, fixed={"loc": 0.0})
    >>> model = Mixture(law, 2, n_init=3, order_by="scale", random_state=0).fit(x)
    >>> model.c_.ravel().round(1), model.scale_.ravel().round(1)
    (array([1.5, 3.7]), array([1. , 9.9]))
    """

    additive = False
    min_rows = 2  # one has no scale
    collapse = (
        "their scale is as small as it may be, 1e-6 of the spread of a column, as on rows that are "
        "all alike. Fix loc where the law ends there, decrease the number of components, or try "
        "other starts."
    )
    # the domain and the formula, and what they were found for
    _known: tuple[Any, Domain, Formula] | None = None
    _quartiles: dict[tuple[float, ...], Array]  # set by `localise`
    _most: float = np.inf  # size of a shape, and the inverse of the least; set by `localise`
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

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        options = [
            f", {name}={value!r}"
            for name, value in (("fixed", self.fixed), ("bounds", self.bounds))
            if value
        ]
        name = getattr(self.distribution, "name", self.distribution)
        return f"FromScipy(stats.{name}{''.join(options)})"

    # -- what the distribution is ------------------------------------------------

    @property
    def discrete(self) -> bool:
        """Whether the values are whole numbers."""
        return hasattr(self.distribution, "pmf")

    @property
    def names(self) -> list[str]:
        """All arguments of the distribution, in its order."""
        return [*shape_names(self.distribution), "loc", *([] if self.discrete else ["scale"])]

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
        key = self.distribution, repr(self.fixed), repr(self.bounds)
        if self._known is None or self._known[0] != key:
            constants = self.constants
            domain = Domain.of(self.distribution, constants, self.bounds or {})
            trials = [constants | shapes for shapes in shape_grid(domain.transforms, TRIED)]
            self._known = key, domain, Formula(self.distribution, trials)
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
        transforms = {**self.domain.transforms, "loc": real, "scale": positive}
        return {name: transforms[name] for name in self.names if name not in self.constants}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(self.parameters, (n_features,))

    def check_settings(self) -> None:
        if not all(hasattr(self.distribution, name) for name in ("shapes", "support", "rvs")):
            raise ValueError(
                "distribution must be one of scipy.stats, not frozen, such as stats.gamma, got "
                f"{self.distribution!r}"
            )
        for option in ("fixed", "bounds"):
            given = getattr(self, option) or {}
            unknown = [name for name in given if name not in self.names]
            if unknown:
                raise ValueError(
                    f"{option} of FromScipy names {unknown[0]!r}, but {self.distribution.name} "
                    f"has {self.names}"
                )
        for name, value in (self.fixed or {}).items():
            if not np.ndim(value) == 0 or not np.isfinite(value):
                raise ValueError(f"fixed[{name!r}] of FromScipy must be a number, got {value!r}")
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
        mean = np.average(X, axis=0, weights=weight)
        unit = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weight))
        origin = np.where(np.abs(mean) > FAR * unit, mean, 0.0)
        if "loc" in self.constants:  # small numbers keep their digits about it
            origin = np.full(len(mean), float(self.constants["loc"]))
        unit = np.where(unit > 0, unit, np.where(mean != 0, np.abs(mean), 1.0))
        return shallow(self, _frame=(origin, unit), _quartiles={}, _most=LARGEST_SHAPE)

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
        n_shapes = len(shape_names(self.distribution))
        with np.errstate(all="ignore"):
            low = np.asarray(self.distribution.support(*arguments[:n_shapes])[0], dtype=float)
        amiss = np.isnan(np.broadcast_to(low, arguments[0].shape))
        return super().failing(params) | amiss.any(axis=-1)

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        if "scale" not in params:
            return super().collapsed(params)
        return np.any(params["scale"] < 1.001 * LEAST_SCALE, axis=-1)

    # -- the two steps ----------------------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        origin, unit = self._frame
        return {"x": (rows_last(X) - origin[:, None]) / unit[:, None]}

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return np.array([-np.log(np.broadcast_to(self._frame[1], X.shape[-1:])).sum()])

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        total: Any = 0.0
        for j in range(rows["x"].shape[-2]):
            own = {name: value[..., j : j + 1] for name, value in prepared.items()}
            shapes, loc, scale = self._standards(own, j)
            t = (rows["x"][..., None, j, :] - loc) / scale
            total = total + (self.formula(t, shapes) - np.log(scale))
        return np.asarray(total)

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        x = rows["x"]
        stats = {"n": resp.sum(axis=-1), "resp": resp, "x": x if x.ndim == 3 else x[None]}
        if prepared:  # then an M-step begins here
            here = self.likelihood(stats).expansion(self.coordinates(prepared))
            stats |= here._asdict()
        return stats

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        likelihood = self.likelihood(stats, constraints)
        if params is None:
            z = self._held_at(first_params(self, stats), constraints)
            z = likelihood.climbed(z, FIRST_STEPS)
        else:
            z, before = self._held_at(params, constraints), self.coordinates(params)
            here = Expansion(*(stats[name] for name in Expansion._fields))
            z = likelihood.climbed(z, STEPS, here if np.array_equal(z, before) else None)
        if not self.climbs_its_gradient and not constraints.tied:
            z = to_the_ends(self, z, stats, likelihood)
        found = self.params_at(z)
        return {name: constraints.hold(name, value) for name, value in found.items()}

    def _held_at(self, params: Arrays, constraints: Constraints) -> Array:
        """Coordinates of parameters, what is held or tied in its place."""
        return self.coordinates(
            {
                name: constraints.hold(name, constraints.average(name, params[name]))
                for name in self.parameters
            }
        )

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        slopes = stats["gradient"]
        return {name: slopes[..., i] for i, name in enumerate(self.parameters)}

    def likelihood(self, stats: Arrays, constraints: Constraints = FREE) -> Likelihood:
        """The function that an M-step climbs."""
        names, (B, K), d = list(self.parameters), stats["n"].shape, stats["x"].shape[1]
        held = np.zeros((K, d, len(names)), dtype=bool)
        for i, name in enumerate(names):
            if name in constraints.fixed:
                held[..., i] = ~np.isnan(constraints.fixed[name])
        tied = [name in constraints.tied for name in names]
        return Likelihood(self, stats["x"][:, None], stats["resp"], held, tied)

    def coordinates(self, params: Arrays) -> Array:
        """Unconstrained coordinates (..., q) of parameters."""
        by_name = [t.unconstrain(params[name]) for name, t in self.parameters.items()]
        return np.stack(np.broadcast_arrays(*by_name), axis=-1)

    def standard_quartiles(self, shapes: tuple[float, ...]) -> Array:
        """Quartiles (3,) at loc 0 and scale 1, NaN where scipy finds none; slow ones are kept."""
        if shapes not in self._quartiles:
            with np.errstate(all="ignore"):
                try:
                    found = np.asarray(self.distribution.ppf(LEVELS, *shapes), dtype=float)
                except (RuntimeError, ValueError):  # its search has not converged
                    found = np.full(3, np.nan)
            self._quartiles[shapes] = found
        return self._quartiles[shapes]

    @property
    def limits(self) -> tuple[Array, Array]:
        """Bounds (q,) of the coordinates."""
        low, high = [], []
        for name, transform in self.parameters.items():
            most = self._most if isinstance(transform, Real) else np.log(self._most)
            low.append({"loc": -np.inf, "scale": np.log(LEAST_SCALE)}.get(name, -most))
            high.append(np.inf if name in ("loc", "scale") else most)
        return np.array(low), np.array(high)

    def params_at(self, z: Array) -> dict[str, Array]:
        """Parameters at unconstrained coordinates (..., q), within bounds."""
        z = np.clip(z, *self.limits)
        return {
            name: transform.constrain(z[..., i])
            for i, (name, transform) in enumerate(self.parameters.items())
        }

    def standards(self, z: Array, j: int) -> Standards:
        """Arguments of column j at coordinates (B, K, q)."""
        return self._standards({k: v[..., None] for k, v in self.params_at(z).items()}, j)

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

    def confine(self, params: Arrays) -> dict[str, Array]:
        z = self.coordinates(params)
        within = self.params_at(z)
        moved = np.isfinite(z)  # what is no law stays as it is, to be found out
        return {
            name: np.where(moved[..., i], within[name], params[name])
            for i, name in enumerate(self.parameters)
        }

    # -- beyond fitting ---------------------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        d = next(iter(params.values())).shape[-1]
        arguments = [value[labels] if value.ndim > 1 else value for value in self._of_rows(params)]
        return self.distribution.rvs(*arguments, size=(len(labels), d), random_state=rng)

    def _of_rows(self, params: Arrays) -> list[Array]:
        """Arguments in the user's units, those of parameters (K, d), constants numbers."""
        return [
            np.asarray(params.get(name, self.constants.get(name)), dtype=float)
            for name in self.names
        ]

    def _of_components(self, params: Arrays) -> list[Array]:
        return [value[:, None] if value.ndim else value for value in self._of_rows(params)]

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return np.asarray(self.distribution.cdf(X, *self._of_components(params)))

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        arguments = self._of_components(params)
        middle = np.asarray(self.distribution.ppf(q[:, None], *arguments), dtype=float)
        if self.discrete:
            least = self.distribution.support(*arguments)[0]
            return np.maximum(middle - 1, least), np.maximum(middle + 1, least)
        margin = 1e-9 * (np.abs(middle) + arguments[-1])
        with np.errstate(invalid="ignore"):
            low, high = middle - margin, middle + margin
        return np.where(np.isfinite(low), low, middle), np.where(np.isfinite(high), high, middle)

    def component(self, params: Arrays) -> Any:
        arguments = self._of_rows(params)
        return self.distribution(*(v[0] if v.shape == (1,) else v for v in arguments))

    def features(self, X: NDArray) -> Array:
        return np.asarray(X, dtype=float)
