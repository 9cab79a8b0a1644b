"""Negative binomial: overdispersed counts, independent between columns."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import sparse

from skmixture.families.counts import (
    bounds_by_variance,
    count_features,
    draw_poisson,
    exposed_by,
    mean_exposure,
)
from skmixture.families.negative_binomial.distribution import distribution
from skmixture.families.negative_binomial.exposures import Nodes
from skmixture.families.negative_binomial.grid import Grid
from skmixture.families.negative_binomial.kernels import ByRow, Kernel, Tabled
from skmixture.families.negative_binomial.penalised import Penalised, as_pairs, climbed
from skmixture.families.negative_binomial.sizes import (
    exact_dispersions,
    mean_slope,
    sizes_with_frailty,
    stepped_dispersions,
)
from skmixture.families.pull import Pull
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge, never
from skmixture.law.family import Array, Arrays, Family
from skmixture.numerics.special import log_less_digamma, nb_cdf
from skmixture.priors import Gamma
from skmixture.supports import counts
from skmixture.transforms import Transform, positive

__all__ = ["NegativeBinomial"]

# An empty component's mean stays this far above 0, so that its log is finite.
SMALLEST_MEAN, LARGEST_MEAN = 1e-200, 1e200
# A size grows no further than so many times its column's mean: a Poisson law but for rounding.
LARGEST_SIZE = 1e10
SMALLEST_SIZE = 1e-8
# A mean is none beside its column's below this part of the largest size.
NEGLIGIBLE = 1e-20
# A start's size is not farther from its component's mean than this.
FARTHEST_START = 1e4
# A mean that is shared or has a prior depends on the sizes; so many rounds find it.
ROUNDS = 5
MOST_DISPERSED = 1e4
TINY = np.finfo(float).tiny
# Components of less mass count as having this.
LEAST_MASS = 1e-100
NO_COUNTS = (
    "ended at 0: the component has no counts there, and a row with one is none of its. "
    f"{COUNTED} prior={{'means': Gamma(2, 1)}} of skmixture.priors, in the unit of the data, "
    "keeps means above."
)
NO_EXCESS = (
    "grew without bound and stopped at 1e10 times the mean of the column: the counts there are "
    "no more dispersed than a Poisson law's, and the fit there is that law. This is common where "
    "counts are low. tied=('sizes',) or PoissonMixture would have fewer parameters."
)
# Numbers of the tables of all laws of a batch together.
MOST_NUMBERS = 500_000


class NegativeBinomial(Family):
    """Negative binomial law of counts, a mean m and a size r for each column.

    ``log f = log G(x + r) - log G(r) - log x! + r log(r / (r + m)) + x log(m / (r + m))``
    with G the gamma function, summed over the columns; the variance is
    ``m + m^2 / r``. 1 / r is the dispersion, m / r the burst size. Where the
    data are no more dispersed than Poisson's law, r has no finite maximum: it
    ends at 1e10 times the mean of its column, and a warning names it.

    Without exposures the M-step is exact where counts are moderate: the mean
    is the average, the size a root of sums over the tails of the counts. Else
    it is a guarded step of scoring, or, where that fails, of EM with a gamma
    variable for each count.

    References
    ----------
    Levin and Reeds (1977), Annals of Statistics 5, 79-87.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import NegativeBinomial
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.negative_binomial(5, 0.5, 300), rng.negative_binomial(5, 0.05, 700)]
    >>> model = Mixture(NegativeBinomial(), n_components=2, order_by="means", random_state=0)
    >>> model.fit(x[:, None]).means_.ravel().round()
    array([ 5., 96.])
    """

    support = counts
    absorbing = True
    takes_exposure = True
    factorises = True
    takes_sparse = True
    takes_priors: ClassVar = {"means": Gamma, "sizes": Gamma}
    usual: ClassVar = {"sizes": 1.0}
    _kernel: Kernel = ByRow()
    _largest_sizes: Array | float = np.inf  # (d,), set by `localise`
    _mean_exposure: float = 1.0  # likewise

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"means": positive, "sizes": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"means": (n_features,), "sizes": (n_features,)}

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        local = copy.copy(self)
        nodes = Nodes.of(side["exposure"]) if side else None
        grid = Grid.of(X)
        if grid is None:
            local._kernel = ByRow(nodes)
        else:
            local._kernel = Tabled(grid, bool(sparse.issparse(X)), nodes)
        rows = X if sparse.issparse(X) else X.reshape(-1, X.shape[-1])
        share = np.full(rows.shape[0], 1.0) if weight is None else weight
        average = (share @ rows) / share.sum()
        local._mean_exposure = mean_exposure(side)
        local._largest_sizes = LARGEST_SIZE * np.where(average > 0, average, 1.0)
        return local

    def stable(self) -> Self:
        local = copy.copy(self)
        local._kernel = ByRow(self._kernel.nodes)
        return local

    def rounding(self, params: Arrays) -> Array:
        """Sums along a table err by an ulp of what is summed, in a random walk.

        What is summed comes to about the mean where the law has its mass.
        """
        means, sizes = params["means"], params["sizes"]
        if not isinstance(self._kernel, Tabled):
            return np.zeros(len(means))
        summed = means + sizes * np.log1p(means / sizes)
        steps = np.sqrt(self._kernel.grid.largest.sum() + 1.0)
        return np.asarray(np.finfo(float).eps * steps * summed.max(axis=(1, 2)))

    def most_members(self, n_components: int) -> int:
        if not isinstance(self._kernel, Tabled):
            return super().most_members(n_components)
        return max(1, MOST_NUMBERS // (n_components * self._kernel.grid.n_cells))

    # -- the two steps -----------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Any]:
        return self._kernel.encode(X, side)

    def log_base(self, X: NDArray, **side: Array) -> Array | float:
        return self._kernel.log_base(X, side)

    def prepare(self, params: Arrays) -> dict[str, Array]:
        return self._kernel.prepare(params)

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        return self._kernel.log_prob(dict(rows), prepared)

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        return self._kernel.expected_stats(dict(rows), prepared, resp)

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        moments = self._kernel.moments(stats, params)
        by_name = {"means": moments.by_log_mean, "sizes": moments.by_log_size}
        return self.with_slopes(by_name, params)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        if params is None:
            means, dispersions = self._start(stats, constraints)
        else:
            means, dispersions = params["means"], 1 / params["sizes"]
        if self._is_exact and self._priors:
            means, dispersions = self._climbed(stats, means, 1 / dispersions, constraints)
        elif self._is_exact:
            means = self._means(stats, means, 1 / dispersions, constraints)
            dispersions = self._dispersions(stats, means, dispersions, constraints)
        elif params is not None:
            means, dispersions = self._scored(stats, params, constraints)
        return self._params(means, 1 / dispersions, constraints)

    def careful(
        self, stats: Arrays, params: Arrays, constraints: Constraints = FREE
    ) -> dict[str, Array] | None:
        """EM with a gamma variable of mean 1 for each count, by which its mean is multiplied."""
        if self._is_exact:
            return None
        moments, r = self._kernel.moments(stats, params), params["sizes"]
        (counted, exposed), (power, rate) = self.pseudo("means"), self.pseudo("sizes")
        means = _quotient(
            constraints.pool("means", moments.x + counted),
            constraints.pool("means", (moments.xp + r * moments.p) / params["means"] + exposed),
        )
        # the sum of E u - 1 - E log u
        excess = (moments.x - moments.xp) / r - self._kernel.rise(stats, r)
        excess += moments.yp - moments.log + moments.n * log_less_digamma(r)
        n = np.maximum(constraints.pool("sizes", moments.n), LEAST_MASS)
        excess = np.maximum(constraints.pool("sizes", excess + rate) / n, TINY)
        pull = constraints.pool("sizes", np.broadcast_to(power, r.shape)) / n
        return self._params(means, sizes_with_frailty(excess, pull), constraints)

    @property
    def _is_exact(self) -> bool:
        return isinstance(self._kernel, Tabled) and self._kernel.nodes is None

    def _start(self, stats: Arrays, constraints: Constraints) -> tuple[Array, Array]:
        """Means and dispersions by moments."""
        spread = self._kernel.spread(stats)
        means = _quotient(
            constraints.pool("means", spread.x), constraints.pool("means", spread.exposed)
        )
        means = constraints.hold("means", np.maximum(means, SMALLEST_MEAN))
        dispersions = _quotient(
            constraints.pool("sizes", spread.excess(means)),
            constraints.pool("sizes", spread.squares(means)),
        )
        least = 1 / np.maximum(FARTHEST_START * spread.x / np.maximum(spread.n, TINY), 1.0)
        return means, np.clip(dispersions, constraints.pool("sizes", least), MOST_DISPERSED)

    def _means(self, stats: Arrays, means: Array, sizes: Array, constraints: Constraints) -> Array:
        """The means that maximise at given sizes, without exposures."""
        x, n = self._kernel.total(stats), stats["n"][..., None]
        if "means" not in constraints.tied and "means" not in self._priors:
            return self._held("means", _quotient(x, n), constraints)
        counted, exposed = self.pseudo("means")
        for _ in range(ROUNDS):  # each component's average counts by what its size lets it
            share = sizes / (sizes + means)
            means = _quotient(
                constraints.pool("means", share * x + counted),
                constraints.pool("means", share * n + exposed),
            )
            means = np.maximum(means, SMALLEST_MEAN)
        return self._held("means", means, constraints)

    def _dispersions(
        self, stats: Arrays, means: Array, start: Array, constraints: Constraints
    ) -> Array:
        """The dispersions that maximise at given means, without exposures."""
        assert isinstance(self._kernel, Tabled)
        tails, n = self._kernel.tails(stats), stats["n"][..., None]
        excess = (tails.total() - n * means) * means

        def slope(a: Array, wanted: NDArray[np.bool_]) -> tuple[Array, Array]:
            y = means * a
            by_mean, by_mean_slope = mean_slope(y)
            bend, bend_slope = tails.bend_and_slope(a, wanted)
            value = n * means**2 * by_mean + excess / (1 + y) - bend
            derivative = n * means**3 * by_mean_slope - excess * means / (1 + y) ** 2 - bend_slope
            return constraints.pool("sizes", value), constraints.pool("sizes", derivative)

        at_zero = constraints.pool("sizes", n * means**2 / 2 + excess - tails.pairs())
        scale = _shared(means, "sizes", constraints)
        least, most = 1 / self._largest_sizes, 1 / SMALLEST_SIZE
        return exact_dispersions(slope, at_zero, start, scale, least, most)

    def _climbed(
        self, stats: Arrays, means: Array, sizes: Array, constraints: Constraints
    ) -> tuple[Array, Array]:
        """Means and dispersions from which nothing near is higher, priors counted in."""
        assert isinstance(self._kernel, Tabled)
        pull = Pull.of(self, as_pairs, (1, *means.shape[1:]))
        most = {"means": np.asarray(LARGEST_MEAN), "sizes": np.asarray(self._largest_sizes)}
        found = climbed(
            Penalised(self._kernel.tails(stats), stats["n"][..., None], pull),
            as_pairs({"means": means, "sizes": sizes}),
            constraints,
            np.array([SMALLEST_MEAN, SMALLEST_SIZE]),
            as_pairs(most),
        )
        return found[..., 0], 1 / found[..., 1]

    def _scored(
        self, stats: Arrays, params: Arrays, constraints: Constraints
    ) -> tuple[Array, Array]:
        """Means and dispersions one step of scoring on."""
        moments, r = self._kernel.moments(stats, params), params["sizes"]
        power, rate = self.pseudo("sizes")
        if self._kernel.nodes is not None:
            counted, exposed = self.pseudo("means")
            means = _quotient(
                constraints.pool("means", moments.x - moments.xp + counted),
                constraints.pool("means", r * moments.p / params["means"] + exposed),
            )
        else:
            means = self._means(stats, params["means"], r, constraints)
        dispersions = stepped_dispersions(
            1 / r,
            constraints.pool("sizes", r * (moments.by_log_size + power - rate * r)),
            constraints.pool("sizes", r**2 * (moments.information_of_size + rate * r)),
            _shared(_quotient(moments.x, moments.n), "sizes", constraints),
            1 / np.broadcast_to(self._largest_sizes, r.shape),
        )
        return means, dispersions

    def confine(self, params: Arrays) -> dict[str, Array]:
        return self._params(params["means"], params["sizes"], FREE)

    def _params(self, means: Array, sizes: Array, constraints: Constraints) -> dict[str, Array]:
        sizes = np.clip(sizes, SMALLEST_SIZE, self._largest_sizes)
        return {
            "means": self._held("means", means, constraints),
            "sizes": constraints.hold("sizes", sizes),
        }

    @staticmethod
    def _held(name: str, means: Array, constraints: Constraints) -> Array:
        return constraints.hold(name, np.maximum(means, SMALLEST_MEAN))

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        most = np.asarray(self._largest_sizes)
        is_zero = never(n_rows * self._mean_exposure * params["means"])
        # where a component has no counts there is nothing to say of their dispersion
        at_bound = (params["sizes"] >= 0.999 * most) & (params["means"] > NEGLIGIBLE * most)
        return [Edge("means", is_zero, NO_COUNTS), Edge("sizes", at_bound & ~is_zero, NO_EXCESS)]

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        means, sizes = exposed_by(params["means"][labels], side), params["sizes"][labels]
        return draw_poisson(rng, rng.gamma(sizes) / sizes * means)

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params, **side).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        means = exposed_by(params["means"][:, None], side)
        return nb_cdf(X, means, params["sizes"][:, None])

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        means = exposed_by(params["means"][:, None], side)
        return bounds_by_variance(q, means, means + means**2 / params["sizes"][:, None])

    def component(self, params: Arrays) -> Any:
        means, sizes = params["means"], params["sizes"]
        if len(means) == 1:
            means, sizes = means[0], sizes[0]
        return distribution()(means, sizes)

    def features(self, X: NDArray) -> Array:
        return count_features(X)

    # -- the face that an estimator shows ----------------------------------

    def derived(self, published: Arrays) -> dict[str, Array]:
        means, sizes = published["means"], published["sizes"]
        with np.errstate(over="ignore"):  # of sizes that nobody fitted
            return {"dispersions": 1 / sizes, "burst_sizes": means / sizes}


def _shared(means: Array, name: str, constraints: Constraints) -> Array:
    """Means as a scale of steps, one for all components where a parameter is tied."""
    means = np.maximum(means, SMALLEST_MEAN)
    if name not in constraints.tied:
        return means
    return np.broadcast_to(means.max(axis=1, keepdims=True), means.shape)


def _quotient(above: Array, below: Array) -> Array:
    """A weighted average, 0 where there is no weight."""
    return np.asarray(above / np.maximum(below, TINY))
