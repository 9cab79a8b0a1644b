"""Gamma: positive numbers, independent between columns."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special

from skmixture.estimator.named import NamedMixture
from skmixture.families.gamma_step import SMALLEST_SHAPE, Moments, maximum
from skmixture.families.positive import (
    EMPTY,
    AboutMeans,
    PositiveLaw,
    log_distance,
    log_distance_between,
    logs,
    representable,
)
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.exponential_family import ExponentialFamily
from skmixture.law.family import Array, Arrays
from skmixture.numerics.special import log_less_digamma, saddle
from skmixture.priors import Gamma as GammaPrior
from skmixture.priors import InverseGamma

__all__ = ["Gamma", "GammaMixture"]


class Gamma(PositiveLaw, ExponentialFamily):
    """Gamma law of positive numbers, a shape a and a scale s for each column.

    ``log f = (a - 1) log(x) - x / s - a log(s) - log G(a)`` with G the gamma
    function, summed over the columns; the mean is ``a s`` and the variance
    ``a s^2``. In the M-step the scale is the mean over the shape, and the
    shape solves ``log a - psi(a) = log(mean) - mean of log x`` (Minka 2002,
    "Estimating a gamma distribution"), by Newton's method to the last digit.

    References
    ----------
    Minka (2002), Estimating a gamma distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Gamma
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.gamma(2.0, 1.0, 600), rng.gamma(20.0, 2.0, 400)]
    >>> model = Mixture(Gamma(), n_components=2, order_by="scales", random_state=0)
    >>> model.fit(x[:, None]).shapes_.ravel().round(1)
    array([ 2.1, 22.2])
    """

    flat_rows = 1

    takes_priors: ClassVar = {"shapes": GammaPrior, "scales": InverseGamma}
    usual: ClassVar = {"shapes": 1.0}
    names = ("shapes", "scales")
    in_units = ("scales",)

    def rounding(self, params: Arrays) -> Array:
        shapes, scales = params["shapes"], params["scales"]
        logarithm = np.maximum(np.maximum(self._extent, np.abs(np.log(scales))), 1.0)
        return np.finfo(float).eps * (shapes * (logarithm + np.log1p(shapes))).max(axis=(1, 2))

    def stable(self) -> StableGamma:
        law = StableGamma()
        law.__dict__.update(self.__dict__)
        return law

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        narrow = 2 * params["shapes"] > self._most
        return np.asarray((narrow & ~self._is_constant).any(axis=-1))

    # -- the two steps -----------------------------------------------------

    def statistics(self, X: NDArray, **side: Array) -> Array:
        return np.concatenate([self._log_in_units(X), self._in_units(X)], axis=-2)

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return -logs(X).sum(axis=-1)

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        shapes, scales = params["shapes"], params["scales"]
        normaliser = shapes * np.log(scales) + special.gammaln(shapes)
        return np.concatenate([shapes, -1 / scales], axis=-1), normaliser.sum(axis=-1)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        n, mean, gap = self._moments(stats, params)
        present = np.broadcast_to(n[..., None] > EMPTY, mean.shape)
        # an empty component is exponential, about the middle of the data
        priors = *self.pseudo("shapes"), *self.pseudo("scales")
        moments = Moments(
            np.where(present, n[..., None], EMPTY),
            np.where(present, mean, 1.0),
            np.where(present, np.maximum(gap, 0.0), np.euler_gamma),
            *(np.broadcast_to(number, mean.shape) for number in priors),
        )
        most = np.broadcast_to(self._most, mean.shape)
        shapes, scales = maximum(moments, constraints, most)
        return {"shapes": shapes, "scales": scales}

    def _moments(self, stats: Arrays, params: Arrays | None) -> tuple[Array, Array, Array]:
        """Mass (B, K); mean, and its logarithm less the mean logarithm, (B, K, d)."""
        n, (total_log, total) = stats["n"], np.split(stats["t"], 2, axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / n[..., None]
            return n, mean, np.log(mean) - total_log / n[..., None]

    def restated(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        n, (total_log, total) = stats["n"], np.split(stats["t"], 2, axis=-1)
        means = params["shapes"] * params["scales"]
        excess = total / means - n[..., None]
        distance = excess - (total_log - n[..., None] * np.log(means))
        return {"n": n, "excess": excess, "distance": distance}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        about, shapes = self.restated(stats, params), params["shapes"]
        left = about["n"][..., None] * log_less_digamma(shapes) - about["distance"]
        by_name = {
            "shapes": shapes * (about["excess"] + left),
            "scales": shapes * about["excess"],
        }
        return self.with_slopes(by_name, params)

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        shapes = params["shapes"]
        distance = mass[..., None] * log_less_digamma(shapes)
        return {"n": mass, "excess": np.zeros_like(shapes), "distance": distance}

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {**params, "shapes": np.clip(params["shapes"], SMALLEST_SHAPE, self._most)}

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return representable(rng.gamma(params["shapes"][labels]) * params["scales"][labels])

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        x = np.maximum(X, 0.0) / params["scales"][:, None]
        return special.gammainc(params["shapes"][:, None], x)

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        standard = special.gammaincinv(params["shapes"][:, None], q[:, None])
        quantile = standard * params["scales"][:, None]
        return quantile, quantile

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        shapes, scales = params["shapes"], params["scales"]
        if len(shapes) == 1:
            shapes, scales = shapes[0], scales[0]
        return stats.gamma(shapes, scale=scales)


class StableGamma(AboutMeans, Gamma):
    """Gamma laws of any shape: large terms cancel before they are rounded.

    ``log f = -a (r - 1 - log r) - saddle(a) + log a - log x`` with r the ratio
    of x to the mean, after Loader (2000), "Fast and accurate computation of
    binomial probabilities".
    """

    def means(self, params: Arrays) -> Array:
        return params["shapes"] * params["scales"]

    def distance(self, x: Array, mean: Array) -> Array:
        return log_distance_between(x, mean)

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        x, shapes, means = rows["x"], prepared["shapes"], prepared["about"]
        constant = (np.log(shapes) - saddle(shapes)).sum(axis=-1)
        log_prob = np.repeat(constant[..., None], x.shape[-1], axis=-1)
        for j in range(shapes.shape[-1]):
            distance = log_distance_between(x[..., None, j, :], means[..., j, None])
            with np.errstate(over="ignore"):  # beyond the range of floats there is no density
                log_prob -= shapes[..., j, None] * distance
        return log_prob

    def _moments(self, stats: Arrays, params: Arrays | None) -> tuple[Array, Array, Array]:
        excess, distance, means = self._averages(stats, params)
        gap = distance - log_distance(excess, 1 + excess)
        return stats["n"], means * (1 + excess), gap


class GammaMixture(NamedMixture, family=Gamma):
    """Mixture of gamma laws, columns independent within a component.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    shapes_init, scales_init : array-like of shape (n_components, n_features), optional
        Shapes and scales at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "shapes" (Gamma),
        "scales" (InverseGamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`; ``fixed={"shapes": ...}`` with whole
        numbers gives Erlang's laws.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    shapes_ : ndarray of shape (n_components, n_features)
    scales_ : ndarray of shape (n_components, n_features)
        The mean is shape times scale.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, n_samples_seen_, n_samples_start_, family_, n_features_in_, \
feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Gamma : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import GammaMixture
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.gamma(2.0, 1.0, 600), rng.gamma(20.0, 2.0, 400)]
    >>> model = GammaMixture(2, order_by="scales", random_state=0).fit(x[:, None])
    >>> (model.shapes_ * model.scales_).ravel().round(1)
    array([ 1.9, 40.5])
    """
