"""Student's t: a Gaussian whose rows each have a latent scale."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy import special

from skmixture.families.gaussian.family import Gaussian
from skmixture.families.gaussian.structures import Structure
from skmixture.families.pull import Pull
from skmixture.families.student_t.dofs import (
    LEAST,
    MOST,
    START,
    clipped,
    maximal_dofs,
    slope_of_dofs,
    stepped_dofs,
)
from skmixture.families.student_t.far_rows import Middle, robust_frame
from skmixture.families.student_t.latent import Latent, Seen
from skmixture.families.student_t.matrices import (
    maximal_expansion,
    maximal_means,
    maximal_scales,
    slopes,
)
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge
from skmixture.law.family import Array, Arrays, Family
from skmixture.numerics.special import gamma_rise
from skmixture.priors import Gamma, InverseWishart, Normal, Prior
from skmixture.transforms import Transform, positive

__all__ = ["StudentT", "as_normal"]

# Standard deviations out beyond which a joint distribution function does not look.
FARTHEST = 1e140


NORMAL_TAILS = (
    "grew without bound and stopped at 1e8: the tails of these components are no heavier than a "
    f"Gaussian's, and the fit is that law. {COUNTED} tied=('dofs',) or GaussianMixture would have "
    "fewer; prior={'dofs': Gamma(2, 0.1)} of skmixture.priors keeps them finite."
)
NO_TAILS = (
    "stopped at 0.1, the least that there are: the tails of these components are heavier, or many "
    "of their rows alike. tied=('dofs',) or fewer components may help."
)


class StudentT(Family):
    """Multivariate t: location m, scale matrix S, degrees of freedom v.

    ``log f = log G((v + d) / 2) - log G(v / 2) - d log(v pi) / 2 - log|S| / 2
    - (v + d) log(1 + (x - m)' inv(S) (x - m) / v) / 2``, a Gaussian with the
    covariance S / u, where u has a gamma law with mean 1 and shape v / 2. The
    covariance is ``v S / (v - 2)`` for v > 2. EM fills in u (Liu and Rubin
    1995, Statistica Sinica 5, 19-39; Peel and McLachlan 2000, Statistics and
    Computing 10, 339-348), its mean left free as in parameter-expanded EM
    (Kent, Tyler and Vardi 1994, Communications in Statistics B 23, 441-453;
    Liu, Rubin and Wu 1998, Biometrika 85, 755-770).

    Degrees of freedom stay between 0.1 and 1e8. At the upper bound the law is
    a Gaussian but for rounding, which is where components with short tails end.

    Parameters
    ----------
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        Each component its own scale matrix; one matrix for all; a squared
        scale for each column; one squared scale for all columns. The columns
        of a component are uncorrelated in the last two, but not independent:
        they share u.
    reg_covar : float or "auto", default="auto"
        Added to the diagonal of the scale matrices, as in
        :class:`skmixture.families.Gaussian`.

    References
    ----------
    Peel and McLachlan (2000), Statistics and Computing 10, 339-348; Liu and Rubin
    (1995), Statistica Sinica 5, 19-39.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import StudentT
    >>> X = [[-2.2], [-2.0], [-1.9], [-2.1], [1.8], [2.0], [2.1], [2.2], [90.0]]
    >>> model = Mixture(StudentT(), 2, tied=("dofs", "scales"), random_state=0).fit(X)
    >>> sorted(float(mean) for mean in model.means_.ravel().round(1))
    [-2.0, 2.1]
    """

    min_rows = 2
    takes_priors: ClassVar = {"means": Normal, "scales": InverseWishart, "dofs": Gamma}
    usual: ClassVar = {"dofs": 10.0}
    collapse = (
        "in some direction the scale in scales_ is little more than reg_covar, which alone keeps "
        "it positive. Use fewer components, other starts, or a larger reg_covar; or hold or tie "
        "the degrees of freedom, tied=('dofs',)."
    )
    failure = (
        "Fitting the mixture model failed because some components have ill-defined scale matrices "
        "(for instance caused by singleton or collapsed samples). Try to decrease the number of "
        "components, increase reg_covar, or scale the input data."
    )
    # set by `localise`
    _local: Gaussian | None = None
    _middle: Middle | None = None

    def __init__(self, covariance_type: str = "full", reg_covar: float | str = "auto") -> None:
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar

    @property
    def normal(self) -> Gaussian:
        """The Gaussian of the rows, given their latent scales."""
        return self._local or Gaussian(self.covariance_type, self.reg_covar)

    @property
    def structure(self) -> Structure:
        """The formulas of the covariance type."""
        return self.normal.structure

    @property
    def parameters(self) -> dict[str, Transform]:
        return {**_as_own(self.normal.parameters), "dofs": positive}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {**_as_own(self.normal.event_shapes(n_features)), "dofs": ()}

    def shared(self, name: str) -> bool:
        return name == "scales" and self.structure.pooled

    @property
    def monotone(self) -> bool:
        return self.normal.monotone

    @property
    def climbs_its_gradient(self) -> bool:
        return self.normal.climbs_its_gradient

    # -- the user's units and the frame ------------------------------------

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        X = X.reshape(-1, X.shape[-1])
        law = self._with(self.normal.within(robust_frame(X, weight)).of_given())
        law._middle = Middle.of(X)
        return law

    def to_local(self, params: Arrays) -> dict[str, Array]:
        return {**params, **_as_own(self.normal.to_local(as_normal(params)))}

    def to_user(self, params: Arrays) -> dict[str, Array]:
        return {**params, **_as_own(self.normal.to_user(as_normal(params)))}

    def with_holes(self) -> StudentT:
        from skmixture.families.student_t.holes import StudentTWithHoles  # which is built on this

        return StudentTWithHoles(self.covariance_type, self.reg_covar)

    def stable(self) -> Self:
        return self._with(self.normal.stable())

    def of_given(self) -> Self:
        return self._with(self.normal.of_given())

    def _with(self, normal: Gaussian) -> Self:
        law = copy.copy(self)
        law._local = normal
        return law

    def rounding(self, params: Arrays) -> Array:
        """That of a squared distance, times what a log density makes of it at the most."""
        steepest = 1 + params["means"].shape[-1] / params["dofs"].min(axis=1)
        return self.normal.rounding(as_normal(params)) * steepest

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        return self.normal.failing(as_normal(params)) | ~positive.holds(params["dofs"])

    def rows_in_flat(self, params: Arrays) -> int:
        return self.normal.rows_in_flat(params)

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        return self.normal.collapsed(as_normal(params))

    def told_collapse(self, params: Arrays, columns: Sequence[Any]) -> str:
        return self.normal.flatness(as_normal(params)).told(columns, "scales") or self.collapse

    # -- the two steps -----------------------------------------------------

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return self.normal.block_rows(n_features, n_laws)

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return self.normal.encode(X)

    def log_base(self, X: NDArray, **side: Array) -> Array | float:
        return self.normal.log_base(X)

    def prepare(self, params: Arrays) -> dict[str, Array]:
        normal, dofs, d = as_normal(params), params["dofs"], params["means"].shape[-1]
        level = self.normal.factor(normal).log_det + self.normal.kernel(d).log_constant(d)
        # without its constant, the log density of the Gaussian is half a squared distance
        halves = self.normal.raised(self.normal.prepare(normal), -level)
        return {**halves, "dofs": dofs, "level": level + gamma_rise(0.5 * d, 0.5 * dofs)}

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array]:
        return {**prepared, "level": prepared["level"] + amount}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        dofs, d = prepared["dofs"][..., None], rows["x"].shape[-2]
        log_prob = self.normal.log_prob(rows, prepared)
        log_prob *= -2 / dofs
        np.log1p(log_prob, out=log_prob)
        log_prob *= -0.5 * (dofs + d)
        log_prob += prepared["level"][..., None]
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        """Moments weighted by ``resp w`` for ``w = E u``.

        "gap" sums ``w - 1 - log w``, "squares" ``(w - 1)^2``.
        """
        if not prepared:
            return self._first_stats(rows, resp)
        dofs, d = prepared["dofs"][..., None], rows["x"].shape[-2]
        latent = Latent.of(-2 * self.normal.log_prob(rows, prepared), dofs, d)
        stats = self.normal.expected_stats(rows, prepared, resp * latent.scale)
        return {
            **stats,
            "n": resp.sum(axis=-1),
            "scaled": stats["n"],
            "gap": np.einsum("bkn,bkn->bk", resp, latent.gap),
            "squares": np.einsum("bkn,bkn,bkn->bk", resp, latent.less, latent.less),
        }

    def _first_stats(self, rows: Arrays, resp: Array) -> dict[str, Array]:
        """Of the first M-step, which knows no distances but from the middle of all rows."""
        scaled = resp
        if self._middle is not None:
            frame = self.normal.frame(rows["x"].shape[-2])
            scaled = resp * self._middle.first_scales(rows["x"], frame)[..., None, :]
        stats, n = self.normal.expected_stats(rows, {}, scaled), resp.sum(axis=-1)
        nothing = np.zeros_like(n)
        return {**stats, "n": n, "scaled": stats["n"], "gap": nothing, "squares": nothing}

    def _seen(self, stats: Arrays) -> Seen:
        """The rows by how many of their values are there: all."""
        d = np.array([stats["first"].shape[-1]])
        return Seen(d, stats["n"][..., None], stats["squares"][..., None])

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        if params is None:
            dofs = np.full(stats["n"].shape, START)
            return self._maximal(stats, None, dofs, dofs, constraints)
        pull = Pull(*self.pseudo("dofs"))
        dofs = stepped_dofs(stats, self._seen(stats), params["dofs"], constraints, pull)
        return self._maximal(stats, params, params["dofs"], dofs, constraints)

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        dofs = params["dofs"]
        return [
            Edge("dofs", dofs >= 0.999 * MOST, NORMAL_TAILS),
            Edge("dofs", dofs <= 1.001 * LEAST, NO_TAILS),
        ]

    def careful(
        self, stats: Arrays, params: Arrays, constraints: Constraints = FREE
    ) -> dict[str, Array] | None:
        """Both steps of EM, for the degrees of freedom too."""
        held = constraints.fixed.get("dofs")
        if held is not None and not np.isnan(held).any():
            return None
        dofs = params["dofs"]
        expansion = maximal_expansion(self.normal, stats, dofs, constraints)
        pull = Pull(*self.pseudo("dofs"))
        maximal = maximal_dofs(stats, self._seen(stats), dofs, expansion, constraints, pull)
        return self._maximal(stats, params, dofs, maximal, constraints)

    def _maximal(
        self,
        stats: Arrays,
        params: Arrays | None,
        before: Array,
        dofs: Array,
        constraints: Constraints,
    ) -> dict[str, Array]:
        """Maximal means and scale matrices beside degrees of freedom, before the step and after."""
        normal = None if params is None else as_normal(params)
        means = maximal_means(self.normal, stats, normal, constraints)
        expansion = maximal_expansion(self.normal, stats, before, constraints)
        scales = maximal_scales(self.normal, stats, normal, means, expansion, constraints)
        return {
            "means": means,
            "scales": constraints.hold("scales", scales),
            "dofs": constraints.hold("dofs", dofs),
        }

    def confine(self, params: Arrays) -> dict[str, Array]:
        return {**params, "dofs": clipped(params["dofs"])}

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        """By the means, the log-Cholesky precision (or log scales) and log degrees of freedom."""
        by_means, by_scales = slopes(self.normal, stats, as_normal(params))
        by_dofs = slope_of_dofs(stats, self._seen(stats), params["dofs"])
        return self.with_slopes({"means": by_means, "scales": by_scales, "dofs": by_dofs}, params)

    # -- priors --------------------------------------------------------------

    def with_priors(
        self, priors: Mapping[str, Prior], tied: Collection[str], n_components: int
    ) -> Self:
        of_dofs = {name: prior for name, prior in priors.items() if name == "dofs"}
        law = super().with_priors(of_dofs, tied, n_components)
        if len(of_dofs) == len(priors):
            return law
        normal = copy.copy(self.normal)
        normal.matrix_name = "scales"
        tied = as_normal(dict.fromkeys(tied))
        return law._with(normal.with_priors(as_normal(priors), tied, n_components))

    def log_prior(self, params: Arrays) -> Array:
        return super().log_prior(params) + self.normal.log_prior(as_normal(params))

    # -- beyond fitting ----------------------------------------------------

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        dofs, means = params["dofs"][labels], params["means"]
        centred = as_normal({**params, "means": np.zeros_like(means)})
        deviations = self.normal.sample(centred, labels, rng)
        # of few degrees of freedom it may be too small to be a number
        latent = np.maximum(rng.chisquare(dofs) / dofs, np.finfo(float).tiny)
        return means[labels] + deviations / np.sqrt(latent)[:, None]

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        if X.shape[1] == 1:
            return self.marginal_cdf(X, params)[..., 0]
        matrices = self.normal.matrices(as_normal(params))
        laws = zip(params["means"], matrices, params["dofs"], strict=True)
        return np.array([_joint_cdf(X, *law) for law in laws])

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        scale = self.normal.deviations(as_normal(params))[:, None]
        standard = (X - params["means"][:, None]) / scale
        return special.stdtr(params["dofs"][:, None, None], standard)

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        standard = special.stdtrit(params["dofs"][:, None], q)  # (K, m)
        ends = np.where(q == 0, -np.inf, np.inf)  # where SciPy before 1.12 has NaN
        standard = np.where((q > 0) & (q < 1), standard, ends)[..., None]
        scale = self.normal.deviations(as_normal(params))[:, None]
        quantile = params["means"][:, None] + standard * scale
        return quantile, quantile

    def component(self, params: Arrays) -> Any:
        from scipy import stats

        mean, dofs = params["means"], params["dofs"]
        matrix = self.structure.matrices(params["scales"], len(mean))
        if len(mean) == 1:
            return stats.t(dofs, mean[0], np.sqrt(matrix[0, 0]))
        return stats.multivariate_t(mean, matrix, dofs)

    def features(self, X: NDArray) -> Array:
        return Middle.of(X).squashed(X)

    def check_settings(self) -> None:
        self.normal.check_settings()

    def doubts(self) -> list[str]:
        return self.normal.doubts()

    def on_constants(self, columns: Sequence[Any]) -> list[str]:
        return self.normal.on_constants(columns)

    # -- the face that an estimator shows ----------------------------------

    def publish(self, params: Arrays) -> dict[str, Array]:
        return {**params, **_as_own(self.normal.publish(as_normal(params)))}

    def read(self, published: Mapping[str, Array]) -> dict[str, Array]:
        return {**published, **_as_own(self.normal.read(as_normal(published)))}


def as_normal(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by the names that a Gaussian knows."""
    names = {"means": "means", "scales": "covariances"}
    return {names[name]: value for name, value in params.items() if name in names}


def _as_own(params: Mapping[str, Any]) -> dict[str, Any]:
    """The same by the names of this law."""
    return {"scales" if name == "covariances" else name: v for name, v in params.items()}


def _joint_cdf(X: NDArray, mean: Array, matrix: Array, dofs: float) -> Array:
    from scipy.stats import multivariate_t

    # by random points, which are to be the same ones every time; squares must not overflow
    reach = FARTHEST * np.sqrt(np.diagonal(matrix))
    X = np.clip(X, mean - reach, mean + reach)
    law = multivariate_t(mean, matrix, dofs)
    return np.atleast_1d(law.cdf(X, random_state=np.random.RandomState(0)))
