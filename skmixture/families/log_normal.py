"""Log-normal: positive numbers whose logarithms are Gaussian."""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.estimator.named import NamedMixture
from skmixture.families.gaussian import Gaussian
from skmixture.families.gaussian.holes import GaussianWithHoles
from skmixture.families.positive import logs, representable
from skmixture.law.family import Array, Arrays
from skmixture.supports import Support, positive_numbers

__all__ = ["LogNormal", "LogNormalMixture"]


class LogNormal(Gaussian):
    """Log-normal law: the logarithms of a row are Gaussian.

    ``log f = log g(log x) - sum of log x`` with g the density of
    :class:`skmixture.families.Gaussian`, by whose formulas everything is
    computed.

    Parameters
    ----------
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        Of the logarithms, as in :class:`skmixture.families.Gaussian`.
    reg_covar : float or "auto", default="auto"
        Added to the variances of the logarithms.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch. 14.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import LogNormal
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.lognormal(0.0, 0.5, 600), rng.lognormal(3.0, 0.2, 400)]
    >>> model = Mixture(LogNormal(), n_components=2, order_by="means", random_state=0)
    >>> model.fit(x[:, None]).means_.ravel().round(1)
    array([-0.,  3.])
    """

    support: ClassVar[Support] = positive_numbers

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        return super().localise(logs(X), weight)

    def localise_beside(
        self, params: Arrays, mass: Array, X: NDArray, weight: Array | None = None, **side: Array
    ) -> Self:
        beside = Gaussian(self.covariance_type, self.reg_covar)
        local = copy.copy(self)
        local.__dict__.update(vars(beside.localise_beside(params, mass, logs(X), weight)))
        return local

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return super().encode(logs(X))

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return super().log_base(X) - logs(X).sum(axis=-1)

    def common_sums(self, X: NDArray, weight: Array) -> dict[str, Array]:
        return super().common_sums(logs(X), weight)

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return representable(np.exp(super().sample(params, labels, rng)))

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        inside = (X > 0).all(axis=-1)
        below = np.zeros((len(params["means"]), len(X)))
        if inside.any():
            points = logs(X[inside])
            # the Gaussian's own, which for one column would ask for the marginal of logarithms
            below[:, inside] = Gaussian(self.covariance_type).cdf(points, params)
        return below

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return super().marginal_cdf(logs(X), params)

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        low, high = super().quantile_bounds(q, params)
        return np.exp(low), np.exp(high)

    def component(self, params: Arrays) -> Any:
        law = super().component(params)
        if len(params["means"]) > 1:
            return _OfLogarithms(law)
        from scipy import stats

        return stats.lognorm(law.std(), scale=np.exp(law.mean()))

    def features(self, X: NDArray) -> Array:
        return logs(X)

    def with_holes(self) -> Gaussian:
        return LogNormalWithHoles(self.covariance_type, self.reg_covar)


class LogNormalWithHoles(GaussianWithHoles):
    """The same law; NaN is a value that is missing."""

    support: ClassVar[Support] = positive_numbers

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        return super().localise(logs(X), weight)

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return super().encode(logs(X))

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return super().log_base(X) - np.nansum(logs(X), axis=-1)

    def features(self, X: NDArray) -> Array:
        return super().features(logs(X))

    def expected_rows(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        means, variances = self.conditional_moments(logs(X), params)
        return np.where(np.isnan(X), np.exp(means + 0.5 * variances), X)


class _OfLogarithms:
    """A frozen law of several columns, by that of their logarithms."""

    def __init__(self, of_logarithms: Any) -> None:
        self.of_logarithms = of_logarithms

    def logpdf(self, x: NDArray) -> Array:
        """Log density of rows (..., d)."""
        return self.of_logarithms.logpdf(logs(x)) - logs(x).sum(axis=-1)

    def pdf(self, x: NDArray) -> Array:
        """Density of rows."""
        return np.exp(self.logpdf(x))

    def cdf(self, x: NDArray) -> Array:
        """Probability of being below rows in every column."""
        return self.of_logarithms.cdf(logs(x))

    def rvs(self, size: int = 1, random_state: Any = None) -> NDArray:
        """Rows at random."""
        return np.exp(self.of_logarithms.rvs(size, random_state))


class LogNormalMixture(NamedMixture, family=LogNormal):
    """Mixture of log-normal laws: a Gaussian mixture of the logarithms.

    Parameters
    ----------
    n_components : int, default=1
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        Of the logarithms: each component its own matrix; one matrix for all; a
        variance for each column; one variance for all columns.
    reg_covar : float or "auto", default="auto"
        Added to the variances of the logarithms; "auto" is 1e-12 of theirs.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    means_init : array-like of shape (n_components, n_features), optional
        Means of the logarithms at the start.
    covariances_init : array-like, optional
        Covariances of the logarithms at the start; the shape is that of
        `covariances_`.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "means" (Normal),
        "covariances" (InverseWishart).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
        Of the logarithms; their exponentials are the medians of the columns.
    covariances_ : ndarray
        Of the logarithms: (n_components, n_features, n_features) if "full",
        (n_features, n_features) if "tied", (n_components, n_features) if
        "diag", (n_components,) if "spherical".
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, n_samples_seen_, n_samples_start_, family_, n_features_in_, \
feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.LogNormal : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import LogNormalMixture
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.lognormal(0.0, 0.5, 600), rng.lognormal(3.0, 0.2, 400)]
    >>> model = LogNormalMixture(2, order_by="means", random_state=0).fit(x[:, None])
    >>> np.exp(model.means_).ravel().round(1)  # medians
    array([ 1., 20.])
    """
