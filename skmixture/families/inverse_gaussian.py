"""Inverse Gaussian: positive numbers, independent between columns."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special

from skmixture.estimator.named import NamedMixture
from skmixture.families.positive import (
    EMPTY,
    TINY,
    AboutMeans,
    PositiveLaw,
    about,
    logs,
    representable,
)
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.exponential_family import ExponentialFamily
from skmixture.law.family import Array, Arrays
from skmixture.priors import Gamma, InverseGamma

__all__ = ["InverseGaussian", "InverseGaussianMixture"]

LOG_2PI = float(np.log(2 * np.pi))
# A mean that is shared or has a prior depends on the shapes, and they on it: so many rounds.
ROUNDS = 10


class InverseGaussian(PositiveLaw, ExponentialFamily):
    """Inverse Gaussian (Wald) law, a mean m and a shape r for each column.

    ``log f = (log(r / (2 pi x^3)) - r (x - m)^2 / (m^2 x)) / 2``, summed over
    the columns; the variance is ``m^3 / r``. It is the law of the time that a
    Brownian motion with drift takes to a given level. The M-step is closed: the mean
    is the average, and ``1 / r`` the average of 1 / x less ``1 / m`` (Tweedie 1957,
    Annals of Mathematical Statistics 28, 362-377).

    References
    ----------
    Tweedie (1957), Annals of Mathematical Statistics 28, 362-377.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import InverseGaussian
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.wald(1.0, 2.0, 600), rng.wald(20.0, 300.0, 400)]
    >>> model = Mixture(InverseGaussian(), n_components=2, order_by="means", random_state=0)
    >>> model.fit(x[:, None]).means_.ravel().round(1)
    array([ 1. , 19.9])
    """

    flat_rows = 1

    takes_priors: ClassVar = {"means": InverseGamma, "shapes": Gamma}
    names = ("means", "shapes")
    in_units = ("means", "shapes")

    def rounding(self, params: Arrays) -> Array:
        return 4 * np.finfo(float).eps * (params["shapes"] / params["means"]).max(axis=(1, 2))

    def stable(self) -> StableInverseGaussian:
        law = StableInverseGaussian()
        law.__dict__.update(self.__dict__)
        return law

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        narrow = 2 * params["shapes"] > self._most * params["means"]
        return np.asarray((narrow & ~self._is_constant).any(axis=-1))

    # -- the two steps -----------------------------------------------------

    def statistics(self, X: NDArray, **side: Array) -> Array:
        x = self._in_units(X)
        return np.concatenate([x, 1 / x], axis=-2)

    def log_base(self, X: NDArray, **side: Array) -> Array:
        log_x = logs(X)
        log_unit = np.log(self._unit)
        return (-0.5 * (LOG_2PI + log_x - log_unit) - log_x).sum(axis=-1)

    def natural(self, params: Arrays) -> tuple[Array, Array]:
        means, shapes = params["means"], params["shapes"]
        half = 0.5 * shapes / means
        normaliser = -2 * half - 0.5 * np.log(shapes)
        return np.concatenate([-half / means, -0.5 * shapes], axis=-1), normaliser.sum(axis=-1)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        n, average, gap = self._moments(stats, params)
        n = np.broadcast_to(n[..., None], average.shape)
        present = n > EMPTY
        # an empty component has a middling width, about the middle of the data
        n, average = np.where(present, n, EMPTY), np.where(present, average, 1.0)
        gap = np.where(present, np.maximum(gap, 0.0), 1.0)
        means = constraints.hold("means", average)
        if "means" not in constraints.tied and "means" not in self._priors:
            return {"means": means, "shapes": self._shapes(n, average, gap, means, constraints)}
        shapes = np.ones_like(average) if params is None else params["shapes"]
        for _ in range(ROUNDS):
            means = constraints.hold("means", self._means(n, average, shapes, constraints))
            shapes = self._shapes(n, average, gap, means, constraints)
        return {"means": means, "shapes": shapes}

    def _means(self, n: Array, average: Array, shapes: Array, constraints: Constraints) -> Array:
        """The best means at given shapes, by ``a / m^2 - b / m = rows``."""
        total, rows = self.pseudo("means")
        a, b, rows = (
            constraints.pool("means", np.broadcast_to(sums, n.shape))
            for sums in (n * shapes * average, n * shapes - total, rows)
        )
        root = np.sqrt(b**2 + 4 * a * rows)
        with np.errstate(divide="ignore", invalid="ignore"):  # the form that would cancel
            return np.where(b > 0, 2 * a / (b + root), (root - b) / (2 * rows))

    def _shapes(
        self, n: Array, average: Array, gap: Array, means: Array, constraints: Constraints
    ) -> Array:
        """The best shapes at given means: 1 / r averages ``(x - m)^2 / (m^2 x)``.

        A gamma prior counts as rows do, two for each unit of its power.
        """
        power, rate = self.pseudo("shapes")
        total = n * (gap + (average / means - 1) ** 2 / average) + 2 * rate
        inverse = constraints.pool("shapes", total) / constraints.pool("shapes", n + 2 * power)
        most = constraints.pool("shapes", n * self._most * means) / constraints.pool("shapes", n)
        return constraints.hold("shapes", 1 / np.maximum(inverse, 1 / most))

    def _moments(self, stats: Arrays, params: Arrays | None) -> tuple[Array, Array, Array]:
        """Mass (B, K); average of x, and that of 1 / x less its inverse, (B, K, d)."""
        n, (total, inverses) = stats["n"], np.split(stats["t"], 2, axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            average = total / n[..., None]
            return n, average, inverses / n[..., None] - 1 / average

    def restated(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        (total, inverses), means = np.split(stats["t"], 2, axis=-1), params["means"]
        n = stats["n"][..., None]
        distance = total / means - 2 * n + inverses * means
        return {"n": stats["n"], "excess": total / means - n, "distance": distance}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        (total, inverses), n = np.split(stats["t"], 2, axis=-1), stats["n"][..., None]
        means, shapes = params["means"], params["shapes"]
        ratio = shapes / means
        distance = ratio * (total / means - 2 * n) + shapes * inverses  # which cannot overflow
        by_name = {"means": ratio * (total / means - n), "shapes": 0.5 * (n - distance)}
        return self.with_slopes(by_name, params)

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        ratio = params["shapes"] / params["means"]
        return {"n": mass, "excess": np.zeros_like(ratio), "distance": mass[..., None] / ratio}

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {**params, "shapes": np.minimum(params["shapes"], self._most * params["means"])}

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        means, shapes = params["means"][labels], params["shapes"][labels]
        return representable(_drawn(means, shapes, rng))

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        means, shapes = params["means"][:, None], params["shapes"][:, None]
        x = representable(X)
        with np.errstate(over="ignore"):  # so far below the mean, or above, that nothing is left
            root, ratio = np.sqrt(shapes / x), x / means
            low, high = root * (ratio - 1), root * (ratio + 1)
            # exp(2 r / m) times the tail beyond `high`, without the large exponentials
            tail = 0.5 * np.exp(-0.5 * low**2) * special.erfcx(high / np.sqrt(2))
        return np.where(X > 0, np.minimum(special.ndtr(low) + tail, 1.0), 0.0)

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        means, shapes = params["means"][:, None], params["shapes"][:, None]
        with np.errstate(divide="ignore"):
            odds = np.sqrt(q / (1 - q))[:, None]
        # no quantile is farther above the mean (Cantelli)
        high = means + np.sqrt(means**3 / shapes) * odds
        return np.zeros_like(high), high

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        means, shapes = params["means"], params["shapes"]
        if len(means) == 1:
            means, shapes = means[0], shapes[0]
        return stats.invgauss(means / shapes, scale=shapes)


class StableInverseGaussian(AboutMeans, InverseGaussian):
    """Inverse Gaussian laws of any shape, by the distance of the rows from the means."""

    def means(self, params: Arrays) -> Array:
        return params["means"]

    def distance(self, x: Array, mean: Array) -> Array:
        excess, ratio = about(x, mean)
        return excess * (excess / np.maximum(ratio, TINY))

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        x, means, shapes = rows["x"], prepared["means"], prepared["shapes"]
        constant = 0.5 * np.log(shapes).sum(axis=-1)
        log_prob = np.repeat(constant[..., None], x.shape[-1], axis=-1)
        for j in range(shapes.shape[-1]):
            column = x[..., None, j, :]
            excess, _ = about(column, means[..., j, None])
            with np.errstate(over="ignore"):  # beyond the range of floats there is no density
                log_prob -= 0.5 * shapes[..., j, None] / column * excess * excess
        return log_prob

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        ratio = params["shapes"] / params["means"]
        by_shapes = 0.5 * (stats["n"][..., None] - ratio * stats["distance"])
        return self.with_slopes({"means": ratio * stats["excess"], "shapes": by_shapes}, params)

    def _moments(self, stats: Arrays, params: Arrays | None) -> tuple[Array, Array, Array]:
        excess, distance, means = self._averages(stats, params)
        return stats["n"], means * (1 + excess), (distance - excess**2 / (1 + excess)) / means


def _drawn(means: Array, shapes: Array, rng: RandomState) -> Array:
    """Draws by the roots of ``r (x - m)^2 / (m^2 x) = chi^2`` of 1 degree of freedom.

    Of the two, whose product is ``m^2``, the smaller one is written so that
    nothing cancels where the mean is many shapes (Michael, Schucany and Haas
    1976, The American Statistician 30, 88-90). numpy's `wald` loses it there.
    """
    chi2 = rng.normal(size=means.shape) ** 2
    with np.errstate(over="ignore"):
        ratio = shapes / means
        smaller = shapes / (ratio + 0.5 * (chi2 + np.sqrt(chi2 * (4 * ratio + chi2))))
        is_smaller = rng.uniform(size=means.shape) * (1 + smaller / means) <= 1
        return np.where(is_smaller, smaller, means * (means / smaller))


class InverseGaussianMixture(NamedMixture, family=InverseGaussian):
    """Mixture of inverse Gaussian laws, columns independent within a component.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    means_init, shapes_init : array-like of shape (n_components, n_features), optional
        Means and shapes at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "means"
        (InverseGamma), "shapes" (Gamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
    shapes_ : ndarray of shape (n_components, n_features)
        In the unit of the data; the variance is ``means_**3 / shapes_``.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, n_samples_seen_, n_samples_start_, family_, n_features_in_, \
feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.InverseGaussian : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import InverseGaussianMixture
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.wald(1.0, 2.0, 600), rng.wald(20.0, 300.0, 400)]
    >>> model = InverseGaussianMixture(2, order_by="means", random_state=0).fit(x[:, None])
    >>> model.shapes_.ravel().round()
    array([  2., 336.])
    """
