"""FromScipy: any univariate distribution of scipy.stats as a law."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.built.scipy_law.described import Described, arguments_of
from skmixture.families.built.scipy_law.differences import STEP
from skmixture.families.built.scipy_law.ends import to_the_ends
from skmixture.families.built.scipy_law.maximum import Likelihood
from skmixture.families.built.scipy_law.start import LEVELS, first_params
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import Edge
from skmixture.law.family import Array, Arrays
from skmixture.numerics.buffers import side_by_side
from skmixture.numerics.solvers import Expansion
from skmixture.priors import FromScipy as FromScipyPrior
from skmixture.priors import Prior
from skmixture.table.rows import rows_last
from skmixture.transforms import Real, real

__all__ = ["FromScipy"]

# Steps of an M-step, and of the first one.
STEPS, FIRST_STEPS = 1, 3


AT_LIMIT = (
    "ended at a bound, where the likelihood still rises: one given by bounds=, the end of the "
    "domain, or 1e6 or 1e-6, where shapes stop. A limit of the distribution may fit as well with "
    "fewer parameters, or bounds= be too narrow."
)


class FromScipy(Described):
    """A univariate distribution of `scipy.stats`, continuous or discrete, for each column.

    Its parameters are the distribution's shapes, ``loc`` and ``scale``, under
    scipy's names: ``model.a_``, ``model.scale_``. Columns are independent.
    Densities are scipy's, and so are their digits.

    The M-step is numerical: a guarded step of Newton on the unconstrained
    scale, from the parameters before. It needs all rows at once, and a fit
    takes several times as long as with the closed step of a law of the
    package: take those where they are.

    Where a distribution ends at ``loc``, as the gamma law does, its
    likelihood has no maximum in ``loc`` in general: fix it.

    Parameters
    ----------
    distribution : scipy.stats distribution or str
        Such as ``scipy.stats.gamma`` or its name, "gamma"; not frozen.
    fixed : mapping of str to float, optional
        Shapes, loc or scale that are no parameters but have this value in all
        components. The loc of a discrete distribution is 0 unless it is here.
        Shapes that are whole numbers must be.
    bounds : mapping of str to (low, high), optional
        Open bounds of shapes, loc or scale, None for none. The domain of a
        shape is found by asking the distribution; a bound takes the place of
        that end of it, and has to lie within.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import stats
    >>> from skmixture import Mixture
    >>> from skmixture.families import FromScipy
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.weibull(1.5, 300), 10 * rng.weibull(4.0, 200)][:, None]
    >>> law = FromScipy(stats.weibull_min, fixed={"loc": 0.0})
    >>> model = Mixture(law, 2, order_by="scale", random_state=0).fit(x)
    >>> model.c_.ravel().round(1), model.scale_.ravel().round(1)
    (array([1.5, 3.7]), array([1. , 9.9]))
    """

    additive = False
    factorises = True
    start_rows = 2_000
    min_rows = 2  # one has no scale
    flat_rows = 1
    collapse = (
        "their scale_ is as small as it may be, 1e-6 of the spread of a column, as on rows that "
        "are all alike. Fix loc where the law ends there, or try fewer components or other starts."
    )

    # -- the two steps ----------------------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        origin, unit = self._frame
        return {"x": (rows_last(X) - origin[:, None]) / unit[:, None]}

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return np.array([-np.log(np.broadcast_to(self._frame[1], X.shape[-1:])).sum()])

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        total: Any = 0.0
        for j in range(rows["x"].shape[-2]):
            own = {name: side_by_side(value[..., j : j + 1]) for name, value in prepared.items()}
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
        names, (_, K), d = list(self.parameters), stats["n"].shape, stats["x"].shape[1]
        held = np.zeros((K, d, len(names)), dtype=bool)
        for i, name in enumerate(names):
            if name in constraints.fixed:
                held[..., i] = ~np.isnan(constraints.fixed[name])
        tied = [name in constraints.tied for name in names]
        log_prior = self.log_priors if self._priors else None
        return Likelihood(self, stats["x"][:, None], stats["resp"], held, tied, log_prior)

    # -- priors ------------------------------------------------------------------------

    @property
    def takes_priors(self) -> dict[str, type[Prior]]:  # type: ignore[override]
        return dict.fromkeys(self.parameters, FromScipyPrior)

    def log_priors(self, z: Array) -> Array:
        """Log densities (B, K, d, q) of the priors at coordinates, 0 where there is none."""
        of_user, densities = self.to_user(self.params_at(z)), np.zeros(z.shape)
        for i, name in enumerate(self.parameters):
            if name in self._priors:
                prior, share = self._priors[name]
                densities[..., i] = share * prior.log_density(of_user[name])
        return densities

    def steps(self, z: Array) -> Array:
        """Steps (B, K, d, q) of differences at coordinates: loc goes by the scale."""
        steps = np.full(z.shape, 10 * STEP)
        if isinstance(self.parameters.get("loc"), Real):
            place = list(self.parameters).index("loc")
            steps[..., place] *= self.arguments(self.params_at(z))[-1]
        return steps

    def standard_quartiles(self, shapes: tuple[float, ...]) -> Array:
        """Quartiles (3,) at loc 0 and scale 1, NaN where scipy finds none; slow ones are kept."""
        if shapes not in self._quartiles:
            with np.errstate(all="ignore"):
                try:
                    found = np.asarray(self.of_scipy.ppf(LEVELS, *shapes), dtype=float)
                except (RuntimeError, ValueError):  # its search has not converged
                    found = np.full(3, np.nan)
            self._quartiles[shapes] = found
        return self._quartiles[shapes]

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        z, (low, high) = self.coordinates(params), self.limits
        sound = ~self.collapsed({name: value[None] for name, value in params.items()})[0]
        edges = []
        for i, (name, transform) in enumerate(self.parameters.items()):
            if name in ("loc", "scale") and name not in self._moving:
                continue  # there are no limits but that of a collapse
            # what the last steps towards a limit leave: half the value, or a distance doubled
            slack = 0.5 * high[..., i] if transform is real else np.log(2.0)
            at = (z[..., i] >= high[..., i] - slack) | (z[..., i] <= low[..., i] + slack)
            edges.append(Edge(name, at & sound[:, None], AT_LIMIT))
        return edges

    def confine(self, params: Arrays) -> dict[str, Array]:
        z = self.coordinates(params)
        within = self.params_at(z)
        moved = np.isfinite(z)  # what is no law stays as it is, to be found out
        return {
            name: np.where(moved[..., i], within[name], params[name])
            for i, name in enumerate(self.parameters)
        }

    # -- beyond fitting ---------------------------------------------------------------

    def params_of(self, components: Iterable[Any]) -> dict[str, Array]:
        """Parameters from frozen distributions, one for each component.

        They serve as ``params_init`` and in ``from_params``;
        `component_distribution` is the way back.

        Parameters
        ----------
        components : iterable of frozen scipy.stats distributions
            Of this distribution, with values by column where there are several.

        Returns
        -------
        dict of str to ndarray of shape (n_components, n_features)

        Examples
        --------
        >>> from scipy import stats
        >>> from skmixture.families import FromScipy
        >>> law = FromScipy(stats.gamma, fixed={"loc": 0.0})
        >>> law.params_of([stats.gamma(2.0), stats.gamma(9.0, scale=3.0)])
        {'a': array([[2.], [9.]]), 'scale': array([[1.], [3.]])}
        """
        self.check_settings()
        each = [arguments_of(frozen, self.of_scipy, self.names) for frozen in components]
        if not each:
            raise ValueError("components must hold a frozen distribution for each component")
        for name, value in self.constants.items():
            for k, own in enumerate(each):
                if not np.all(own[name] == value):
                    raise ValueError(
                        f"{name} is fixed at {value:g}, but component {k} has {own[name]!r}"
                    )
        columns = np.broadcast_shapes((1,), *(np.shape(v) for own in each for v in own.values()))
        return {
            name: np.stack([np.broadcast_to(own[name], columns) for own in each]).astype(float)
            for name in self.parameters
        }

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        d = next(iter(params.values())).shape[-1]
        arguments = [value[labels] if value.ndim > 1 else value for value in self._of_rows(params)]
        return self.of_scipy.rvs(*arguments, size=(len(labels), d), random_state=rng)

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
        return np.asarray(self.of_scipy.cdf(X, *self._of_components(params)))

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        arguments = self._of_components(params)
        middle = np.asarray(self.of_scipy.ppf(q[:, None], *arguments), dtype=float)
        if self.discrete:
            least = self.of_scipy.support(*arguments)[0]
            return np.maximum(middle - 1, least), np.maximum(middle + 1, least)
        margin = 1e-9 * (np.abs(middle) + arguments[-1])
        with np.errstate(invalid="ignore"):
            low, high = middle - margin, middle + margin
        return np.where(np.isfinite(low), low, middle), np.where(np.isfinite(high), high, middle)

    def component(self, params: Arrays) -> Any:
        arguments = self._of_rows(params)
        return self.of_scipy(*(v[0] if v.shape == (1,) else v for v in arguments))

    def features(self, X: NDArray) -> Array:
        return np.asarray(X, dtype=float)
