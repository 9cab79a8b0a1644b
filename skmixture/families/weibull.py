"""Weibull: life times, independent between columns."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.estimator.named import NamedMixture
from skmixture.families.positive import EMPTY, PositiveLaw, about, logs, representable
from skmixture.families.weibull_step import SMALLEST_SHAPE, Tilted, best_log_scales, stepped
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Array, Arrays
from skmixture.numerics.products import gather
from skmixture.priors import Gamma, InverseGamma

__all__ = ["Weibull", "WeibullMixture"]

# Standard deviation of log x times the shape, and log of the scale less the mean of log x.
DEVIATION = float(np.pi / np.sqrt(6))
TINY = float(np.finfo(float).tiny)
SUMS = ("log", "y", "yl", "yll", "yy")
# Logarithms of (x / s)^c are cut here in densities, and here in sums: 0 and infinity, nearly.
HIGHEST, HIGHEST_SUMMED = 700.0, 300.0
# A step moves the logarithm of a scale no farther.
FARTHEST = 600.0
# Nearer to the scale than this, logarithms are taken of the distance.
NEAR = 0.5


class Weibull(PositiveLaw):
    """Weibull law of life times, a shape c and a scale s for each column.

    ``log f = log(c / s) + (c - 1) log(x / s) - (x / s)^c``, summed over the
    columns; the failure rate falls with age where c is less than 1, and rises
    where it is more. The law is no exponential family: the M-step is a step of
    Newton's method on the likelihood of the shapes, in which the best scales
    are put, from sums over the rows at the present shapes; where it overshoots,
    a shorter step that cannot.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions 1, ch.
    21.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Weibull
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.weibull(0.8, 600), 30 * rng.weibull(5.0, 400)]
    >>> model = Mixture(Weibull(), n_components=2, order_by="scales", random_state=0)
    >>> model.fit(x[:, None]).shapes_.ravel().round(1)
    array([0.8, 5. ])
    """

    flat_rows = 1

    takes_priors: ClassVar = {"shapes": Gamma, "scales": InverseGamma}
    usual: ClassVar = {"shapes": 1.0}
    names = ("shapes", "scales")
    in_units = ("scales",)

    @property
    def _most_shape(self) -> Array:
        return DEVIATION * np.sqrt(self._most)

    def rounding(self, params: Arrays) -> Array:
        logarithm = np.maximum(self._extent, np.abs(np.log(params["scales"])))
        return np.finfo(float).eps * (params["shapes"] * logarithm).max(axis=(1, 2))

    def stable(self) -> StableWeibull:
        law = StableWeibull()
        law.__dict__.update(self.__dict__)
        return law

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        narrow = 1.4 * params["shapes"] > self._most_shape
        return np.asarray((narrow & ~self._is_constant).any(axis=-1))

    # -- the two steps -----------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return {"log_x": self._log_in_units(X)}

    def log_base(self, X: NDArray, **side: Array) -> Array:
        return -logs(X).sum(axis=-1)

    def prepare(self, params: Arrays) -> dict[str, Array]:
        constant = np.log(params["shapes"]).sum(axis=-1)
        return {**params, "log_scales": np.log(params["scales"]), "constant": constant}

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array] | None:
        return {**prepared, "constant": prepared["constant"] + amount}

    def _log_ratio(self, rows: Arrays, prepared: Arrays, j: int) -> Array:
        """``log(x / s)`` (B, K, n) in a column."""
        return rows["log_x"][..., None, j, :] - prepared["log_scales"][..., j, None]

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        shapes = prepared["shapes"]
        log_prob = np.repeat(prepared["constant"][..., None], rows["log_x"].shape[-1], axis=-1)
        for j in range(shapes.shape[-1]):  # a column at a time: (B, K, n) is the largest array
            power = shapes[..., j, None] * self._log_ratio(rows, prepared, j)
            log_prob += power
            log_prob -= np.exp(np.minimum(power, HIGHEST))
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        n = resp.sum(axis=-1)
        if not prepared:
            log_x = rows["log_x"]
            return {"n": n, "log": gather(resp, log_x), "squares": gather(resp, log_x**2)}
        shapes = prepared["shapes"]
        sums = np.empty((5, *shapes.shape))
        for j in range(shapes.shape[-1]):
            log_ratio = self._log_ratio(rows, prepared, j)
            sums[0, ..., j] = (resp * log_ratio).sum(axis=-1)
            power = np.minimum(shapes[..., j, None] * log_ratio, HIGHEST_SUMMED)
            y = np.exp(power)
            term = resp * y
            sums[1, ..., j], sums[4, ..., j] = term.sum(axis=-1), (term * y).sum(axis=-1)
            for place in (2, 3):
                term *= log_ratio
                sums[place, ..., j] = term.sum(axis=-1)
        return {"n": n, **dict(zip(SUMS, sums, strict=True))}

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        if params is None:
            return self._start(stats, constraints)
        return self._stepped(stats, params, constraints, guarded=False)

    def careful(
        self, stats: Arrays, params: Arrays, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        return self._stepped(stats, params, constraints, guarded=True)

    def _start(self, stats: Arrays, constraints: Constraints) -> dict[str, Array]:
        """By the mean and the deviation of log x, which has a Gumbel law."""
        n = np.maximum(stats["n"], EMPTY)[..., None]
        present = stats["n"][..., None] > EMPTY
        mean = np.where(present, stats["log"] / n, 0.0)
        variance = np.where(present, np.maximum(stats["squares"] / n - mean**2, 0.0), 1.0)
        variance = constraints.pool("shapes", n * variance) / constraints.pool("shapes", n)
        shapes = DEVIATION / np.sqrt(np.maximum(variance, 1 / self._most))
        shapes = constraints.hold("shapes", shapes)
        log_scales = mean + np.euler_gamma / shapes
        log_scales = constraints.pool("scales", n * log_scales) / constraints.pool("scales", n)
        return {"shapes": shapes, "scales": constraints.hold("scales", np.exp(log_scales))}

    def _stepped(
        self, stats: Arrays, params: Arrays, constraints: Constraints, guarded: bool
    ) -> dict[str, Array]:
        shapes, scales = params["shapes"], params["scales"]
        sums, present = _tilted(stats, shapes)
        shares_scales, knows_scales = "scales" in constraints.tied, "scales" in self._priors
        moved, prior = np.zeros_like(shapes), self.pseudo("shapes")
        by_turns = shares_scales or knows_scales
        if shares_scales and "shapes" in constraints.tied and not knows_scales:
            sums, by_turns = sums.pooled(), False
            prior = tuple(shapes.shape[1] * number for number in prior)
        elif by_turns:  # first scales, then shapes given these: either raises the rest
            total, rows = self.pseudo("scales")
            moved = best_log_scales(sums, shapes, constraints, total / scales, rows)
            moved = np.clip(moved, -FARTHEST / shapes, FARTHEST / shapes)
            if "scales" in constraints.fixed:
                moved = np.where(np.isnan(constraints.fixed["scales"]), moved, 0.0)
            sums = sums.about(shapes, moved)
        given = ~np.isnan(constraints.fixed.get("scales", np.nan)) | by_turns
        reach = self._reach(np.log(scales) + moved, given) if guarded else None
        new, growth = stepped(sums, shapes, given, constraints, self._most_shape, reach, prior)
        # what all components share, or what has a prior, moves without rows of its own
        moves = present | ("shapes" in constraints.tied) | ("shapes" in self._priors)
        new = constraints.hold("shapes", np.where(moves, new, shapes))
        higher = np.clip((np.log(sums.y / sums.n) + growth(new)) / new, -FARTHEST, FARTHEST)
        moved = np.where(given, moved, higher)
        moved = np.where(present | shares_scales | knows_scales, moved, 0.0)
        return {"shapes": new, "scales": constraints.hold("scales", scales * np.exp(moved))}

    def _reach(self, log_scales: Array, given: NDArray[np.bool_]) -> Array | None:
        """The range of log x, or its farthest from a scale that is given."""
        if self._columns is None:
            return None
        low, high = self._columns.low, self._columns.high
        farthest = np.maximum(np.abs(low - log_scales), np.abs(high - log_scales))
        return np.where(given, farthest, high - low)

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        shapes, n = params["shapes"], stats["n"][..., None]
        by_name = {
            "shapes": n + shapes * (stats["log"] - stats["yl"]),
            "scales": shapes * (stats["y"] - n),
        }
        return self.with_slopes(by_name, params)

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {**params, "shapes": np.clip(params["shapes"], SMALLEST_SHAPE, self._most_shape)}

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        return representable(rng.weibull(params["shapes"][labels]) * params["scales"][labels])

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        ratio = np.maximum(X, 0.0) / params["scales"][:, None]
        with np.errstate(over="ignore"):
            return -np.expm1(-(ratio ** params["shapes"][:, None]))

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        with np.errstate(divide="ignore"):
            standard = (-np.log1p(-q)[:, None]) ** (1 / params["shapes"][:, None])
        quantile = standard * params["scales"][:, None]
        return quantile, quantile

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        shapes, scales = params["shapes"], params["scales"]
        if len(shapes) == 1:
            shapes, scales = shapes[0], scales[0]
        return stats.weibull_min(shapes, scale=scales)


class StableWeibull(Weibull):
    """Weibull laws of any shape: near the scale, logarithms are taken of the distance from it."""

    def stable(self) -> StableWeibull:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(params["shapes"]))

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return {"log_x": self._log_in_units(X), "x": self._in_units(X)}

    def _log_ratio(self, rows: Arrays, prepared: Arrays, j: int) -> Array:
        excess, _ = about(rows["x"][..., None, j, :], prepared["scales"][..., j, None])
        near = np.abs(excess) < NEAR
        far = super()._log_ratio(rows, prepared, j)
        return np.where(near, np.log1p(np.where(near, excess, 0.0)), far)


def _tilted(stats: Arrays, shapes: Array) -> tuple[Tilted, NDArray[np.bool_]]:
    """The sums of the M-step, and where there are rows; elsewhere those of one at the scale."""
    n = np.broadcast_to(stats["n"][..., None], shapes.shape)
    present = n > EMPTY
    alone = {"log": 0.0, "y": EMPTY, "yl": 0.0, "yll": 0.0, "yy": EMPTY}
    sums = {name: np.where(present, stats[name], value) for name, value in alone.items()}
    sums |= {name: np.maximum(sums[name], TINY) for name in ("y", "yy")}
    return Tilted(n=np.where(present, n, EMPTY), **sums), present


class WeibullMixture(NamedMixture, family=Weibull):
    """Mixture of Weibull laws, columns independent within a component.

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
random_state, warm_start, verbose, verbose_interval, handle_unknown
        As in :class:`skmixture.Mixture`; ``fixed={"shapes": ...}`` of 2 gives
        Rayleigh's laws.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    shapes_ : ndarray of shape (n_components, n_features)
        Also called Weibull moduli.
    scales_ : ndarray of shape (n_components, n_features)
        The age that the part 1/e reaches.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Weibull : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import WeibullMixture
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.weibull(0.8, 600), 30 * rng.weibull(5.0, 400)]
    >>> model = WeibullMixture(2, order_by="scales", random_state=0).fit(x[:, None])
    >>> model.scales_.ravel().round()
    array([ 1., 30.])
    """
