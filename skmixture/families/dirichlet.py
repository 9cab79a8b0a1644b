"""Dirichlet: compositions, rows of positive parts with sum 1."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special

from skmixture.estimator.named import NamedMixture
from skmixture.families.compositional import AboutProportions, CompositionalLaw
from skmixture.families.concentrations import maximum
from skmixture.families.positive import representable
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Array, Arrays
from skmixture.numerics.buffers import side_by_side
from skmixture.priors import Gamma
from skmixture.supports import compositions
from skmixture.table.rows import rows_last
from skmixture.transforms import Transform, positive

__all__ = ["Dirichlet", "DirichletMixture"]


class Dirichlet(CompositionalLaw):
    """Dirichlet law of compositions, a concentration a for each part.

    ``log f = sum_j (a_j - 1) log x_j + log G(T) - sum_j log G(a_j)`` with T the
    sum of the concentrations and G the gamma function; the mean of a part is
    ``a_j / T``. The M-step solves ``psi(a_j) - psi(T) = mean of log x_j``
    (Minka 2000, "Estimating a Dirichlet distribution") to the last digit.
    Rows are divided by their sums before anything else, lest their rounding count.

    References
    ----------
    Minka (2000), Estimating a Dirichlet distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Dirichlet
    >>> rng = np.random.RandomState(0)
    >>> X = np.r_[rng.dirichlet([2, 5, 9], 600), rng.dirichlet([20, 5, 5], 400)]
    >>> model = Mixture(Dirichlet(), n_components=2, order_by="weights", random_state=0)
    >>> model.fit(X).concentrations_.round()
    array([[19.,  5.,  5.],
           [ 2.,  5., 10.]])
    """

    support = compositions
    flat_rows = 1
    why_whole = ", because its columns are the parts of one whole"
    takes_priors: ClassVar = {"concentrations": Gamma}
    usual: ClassVar = {"concentrations": 1.0}
    collapse = (
        "in some parts their rows are all but equal, where concentrations_ and the density grow "
        "without bound. Use fewer components or other starts."
    )

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"concentrations": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"concentrations": (n_features,)}

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        if X.shape[-1] < 2:
            raise ValueError(
                "Dirichlet needs compositions of two parts or more, and X has n_features = 1; "
                "for one share of two, use Beta"
            )
        return super().localise(X, weight)

    def stable(self) -> StableDirichlet:
        law = StableDirichlet()
        law.__dict__.update(self.__dict__)
        return law

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        least = np.max(self._narrowest) ** 2
        # of two parts that keep their ratio the density has no bound, whatever the others do
        second = np.sort(params["concentrations"], axis=-1)[..., -2]
        return np.asarray(2 * least * second > 1) | self.at_bound(params)[..., 0]

    # -- the two steps -----------------------------------------------------

    def concentrations(self, params: Arrays) -> Array:
        return params["concentrations"][..., None, :]

    def by_name(self, concentrations: Array) -> dict[str, Array]:
        return {"concentrations": concentrations[..., 0, :]}

    def parts(self, X: NDArray) -> Array:
        rows = np.asarray(rows_last(X), dtype=float)
        return rows / rows.sum(axis=-2, keepdims=True)

    def log_parts(self, X: NDArray) -> Array:
        rows = rows_last(side_by_side(np.asarray(X, dtype=float)))
        return np.log(rows) - np.log(rows.sum(axis=-2, keepdims=True))

    def n_parts(self, stats: Arrays) -> int:
        return next(v for k, v in stats.items() if k != "n").shape[-1]

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        stats = {name: constraints.pool("concentrations", sums) for name, sums in stats.items()}
        n, average = self.average(stats, params)
        pull = self.pull(n, average.logs.shape[-1], constraints)
        held = constraints.fixed.get("concentrations", np.array([np.nan]))
        start = None if params is None else self.concentrations(params)
        found = maximum(average, held[..., None, :], start, pull)
        return {"concentrations": constraints.hold("concentrations", found[..., 0, :])}

    def derived(self, published: Arrays) -> dict[str, Array]:
        a = published["concentrations"]
        return {"means": a / a.sum(axis=-1, keepdims=True)}

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        a = params["concentrations"][labels]
        # a gamma variable of shape a is one of a + 1 times U^(1 / a), which may be very small
        logs = np.log(rng.gamma(a + 1)) + np.log(rng.uniform(size=a.shape)) / a
        parts = representable(np.exp(logs - logs.max(axis=-1, keepdims=True)))
        return representable(parts / parts.sum(axis=-1, keepdims=True))

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        a = params["concentrations"][:, None]
        return special.betainc(a, a.sum(axis=-1, keepdims=True) - a, np.clip(X, 0.0, 1.0))

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        a = params["concentrations"][:, None]
        quantile = special.betaincinv(a, a.sum(axis=-1, keepdims=True) - a, q[:, None])
        return quantile, quantile

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        return stats.dirichlet(params["concentrations"])

    def features(self, X: NDArray) -> Array:
        """Isometric log ratios (n, d - 1): of each part to the geometric mean of those before."""
        logs = np.log(side_by_side(np.asarray(X, dtype=float)))
        before = np.arange(1, logs.shape[1])
        means = np.cumsum(logs, axis=1)[:, :-1] / before
        return np.sqrt(before / (before + 1)) * (logs[:, 1:] - means)


class StableDirichlet(AboutProportions, Dirichlet):
    """Dirichlet laws of any concentrations: large terms cancel before they are rounded."""

    def _even(self, n_flat: int) -> float:
        return 1 / n_flat


class DirichletMixture(NamedMixture, family=Dirichlet):
    """Mixture of Dirichlet laws, for compositions.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    concentrations_init : array-like of shape (n_components, n_features), optional
        Concentrations at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "concentrations"
        (Gamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    concentrations_ : ndarray of shape (n_components, n_features)
    means_ : ndarray of shape (n_components, n_features)
        Mean compositions, the concentrations over their sums.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, n_samples_seen_, n_samples_start_, family_, n_features_in_, \
feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Dirichlet : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import DirichletMixture
    >>> rng = np.random.RandomState(0)
    >>> X = np.r_[rng.dirichlet([2, 5, 9], 600), rng.dirichlet([20, 5, 5], 400)]
    >>> model = DirichletMixture(2, order_by="weights", random_state=0).fit(X)
    >>> model.means_.round(2)
    array([[0.67, 0.16, 0.17],
           [0.12, 0.31, 0.56]])
    """
