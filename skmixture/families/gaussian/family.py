"""Gaussian: parameters, M-step, distribution functions; its kernels do the rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.conjugate import Conjugate, Flat, check_priors, log_prior
from skmixture.families.gaussian.constrained import constrained_means
from skmixture.families.gaussian.described import Described
from skmixture.families.gaussian.doubts import doubts
from skmixture.families.gaussian.flat import Flatness
from skmixture.families.gaussian.frame import Frame
from skmixture.families.gaussian.implied import (
    implied_moments,
    moments_about_means,
    outlined,
)
from skmixture.families.gaussian.kernels import Expanded, Kernel, Linear, Whitened
from skmixture.families.gaussian.structures import STRUCTURES, Factor, Structure
from skmixture.given.validation import require_choice, require_number
from skmixture.law.constant import told_constant
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.family import Array, Arrays
from skmixture.priors import InverseWishart, Normal, Prior
from skmixture.transforms import Transform, real

__all__ = ["Gaussian"]

EPS = float(np.finfo(float).eps)
# A standard deviation of this many grains of the data is only their rounding.
GRAINS = 16
# Part of a column's variance that reg_covar="auto" adds to that of each component.
AUTO = 1e-12
# All products of a row cost as much as whitening it for so many components times d squared.
PRODUCTS = 1 / 100
# Where reg_covar is less than this part of the variance of every column, EM stands still so near
# to the top of the likelihood that accelerated steps to the one climb towards the other.
MOST_ADDED = 1e-4


class Gaussian(Described):
    """Multivariate normal law.

    ``log f = -(d log 2 pi + log|C| + (x - m)' inv(C) (x - m)) / 2``. The M-step
    is closed: weighted means and covariances (Dempster, Laird and Rubin 1977,
    Journal of the Royal Statistical Society B 39, 1-38).

    Parameters
    ----------
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        Each component its own matrix; one matrix for all; a variance for
        each column; one variance for all columns.
    reg_covar : float or "auto", default="auto"
        Added to the diagonal of every covariance, in the squared units of the
        data. "auto" is 1e-12 of each column's own variance (that of its
        middle half, if less): hardly a proper component feels it, and no
        collapsing one gets below. 0 is maximum likelihood, where a collapse
        is a failure.

    References
    ----------
    Dempster, Laird and Rubin (1977), JRSS B 39, 1-38.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Gaussian
    >>> X = [[-2.2], [-2.0], [-1.9], [1.8], [2.0], [2.1], [2.2]]
    >>> model = Mixture(Gaussian("spherical"), n_components=2, random_state=0).fit(X)
    >>> sorted(float(mean) for mean in model.means_.ravel().round(3))
    [-2.033, 2.025]
    """

    min_rows = 2
    matrix_name = "covariances"  # as a user knows them
    takes_priors: ClassVar = {"means": Normal, "covariances": InverseWishart}
    collapse = (
        "in some direction the variance in covariances_ is little more than reg_covar, which alone "
        "keeps it positive. Use fewer components, other starts, or a larger reg_covar."
    )
    # scikit-learn's words, which code that replaces it may look for
    failure = (
        "Fitting the mixture model failed because some components have ill-defined empirical "
        "covariance (for instance caused by singleton or collapsed samples). Try to decrease "
        "the number of components, increase reg_covar, or scale the input data."
    )
    _frame: Frame | None = None  # set by `localise`
    conjugate: Flat = Flat()  # the priors in the coordinates of a fit, set by `with_priors`
    _kernel_type: type[Kernel] = Expanded
    _kernel: Kernel | None = None
    # memos of a law in a frame, no state: see `factor` and `floor`
    _known: dict[bytes, Factor] | None = None
    _floor: Array | None = None

    def __init__(self, covariance_type: str = "full", reg_covar: float | str = "auto") -> None:
        self.covariance_type = covariance_type
        self.reg_covar = reg_covar

    @property
    def structure(self) -> Structure:
        """The formulas of the covariance type."""
        return STRUCTURES[self.covariance_type]

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"means": real, "covariances": self.structure.transform}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"means": (n_features,), "covariances": self.structure.event_shape(n_features)}

    def shared(self, name: str) -> bool:
        return name == "covariances" and self.structure.pooled

    @property
    def monotone(self) -> bool:
        return self.reg_covar == 0

    @property
    def climbs_its_gradient(self) -> bool:
        if self.reg_covar in (0, "auto"):  # no proper component feels "auto"
            return True
        spread = np.zeros(1) if self._frame is None else self._frame.spread
        return bool((self.floor(len(spread)) < MOST_ADDED * spread).all())

    # -- the user's units and the frame ------------------------------------

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        return self.within(Frame.of(X.reshape(-1, X.shape[-1]), weight))

    def within(self, frame: Frame) -> Self:
        """The same formulas in a frame."""
        return self._by(Linear if self.structure.pooled else Expanded)._placed(frame)

    def _placed(self, frame: Frame) -> Self:
        """The law itself, which must be a new copy, in a frame."""
        self._frame, self._kernel, self._known, self._floor = frame, None, None, None
        self._floor = self.floor(len(frame.origin))
        return self

    def frame(self, n_features: int) -> Frame:
        """The coordinates of the computation."""
        return self._frame or Frame.identity(n_features)

    def to_local(self, params: Arrays) -> dict[str, Array]:
        if self._frame is None:
            return dict(params)
        frame = self._frame
        scales = {"means": frame.inward, "covariances": lambda C: C / frame.unit**2}
        return {name: scales[name](value) for name, value in params.items()}

    def to_user(self, params: Arrays) -> dict[str, Array]:
        if self._frame is None:
            return dict(params)
        frame = self._frame
        scales = {"means": frame.outward, "covariances": lambda C: C * frame.unit**2}
        return {name: scales[name](value) for name, value in params.items()}

    def stable(self) -> Self:
        return self._by(Whitened)

    def with_holes(self) -> Gaussian:
        from skmixture.families.gaussian.holes import GaussianWithHoles  # which is built on this

        return GaussianWithHoles(self.covariance_type, self.reg_covar)

    def of_given(self) -> Self:
        return self._by(Expanded) if self._kernel_type is Linear else self

    def _by(self, kernel_type: type[Kernel]) -> Self:
        law = object.__new__(type(self))  # as copy.copy, at a tenth of its time
        law.__dict__.update(self.__dict__, _kernel_type=kernel_type, _kernel=None)
        return law

    def kernel(self, n_features: int) -> Kernel:
        """The formulas of both steps."""
        if self._frame is None:
            return self._kernel_type(self.structure, self.frame(n_features))
        if self._kernel is None:
            self._kernel = self._kernel_type(self.structure, self._frame)
        return self._kernel

    def rounding(self, params: Arrays) -> Array:
        means = params["means"]
        d = means.shape[-1]
        if self._kernel_type is Whitened:
            return np.zeros(len(means))
        n_laws = means.shape[0] * means.shape[1]
        if self.structure.triangular and not self.structure.pooled and n_laws < PRODUCTS * d**2:
            return np.full(len(means), np.inf)
        factor = self.factor(params)
        extent = np.maximum(self.frame(d).extent, np.abs(means))
        kappa = self.structure.reach(factor.precision, extent)
        if np.count_nonzero(factor.sound) < factor.sound.size:
            kappa = np.where(factor.sound, kappa, np.inf)
        return EPS * np.maximum.reduce(kappa, axis=1)

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        finite = np.logical_and.reduce(np.isfinite(params["means"]), axis=-1)
        return ~(finite & self.factor(params).sound)

    def factor(self, params: Arrays) -> Factor:
        """Factors of the precisions, checked against the grain of the data.

        Where `params` hold the factors already ("precisions_cholesky"), those.
        """
        d = params["means"].shape[-1]
        if "precisions_cholesky" in params:
            return self.structure.given_factor(params["precisions_cholesky"], d)
        covariances = params["covariances"]
        # the engine asks again and again for a point and for where it leads
        known, numbers = self._known or {}, covariances.tobytes()
        factor = known.get(numbers)
        if factor is None:
            factor = self.structure.factor(covariances, (GRAINS * self.frame(d).grain) ** 2)
            newest = list(known.items())[-1:]
            self._known = {**dict(newest), numbers: factor}
        return factor

    # -- the two steps -----------------------------------------------------

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return self.kernel(n_features).block_rows(n_features, n_laws)

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        return self.kernel(X.shape[-1]).encode(X)

    def log_base(self, X: NDArray, **side: Array) -> Array:
        d = X.shape[-1]
        return np.array([-d * np.log(self.frame(d).unit)])  # the same for every row

    def prepare(self, params: Arrays) -> dict[str, Array]:
        means = params["means"]
        return self.kernel(means.shape[-1]).prepare(means, self.factor(params))

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array]:
        return self.kernel(1).raised(prepared, amount)

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        return self.kernel(rows["x"].shape[-2]).log_prob(rows, prepared)

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        return self.kernel(rows["x"].shape[-2]).expected_stats(rows, prepared, resp)

    def common_sums(self, X: NDArray, weight: Array) -> dict[str, Array]:
        return self.kernel(X.shape[-1]).common_sums(X, weight)

    def join_common(self, sums: Arrays, stats: dict[str, Array], params: Arrays) -> Array | float:
        if not sums:
            return 0.0
        precision = self.factor(params).precision
        return self.kernel(stats["first"].shape[-1]).join_common(sums, stats, precision)

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        first, d = stats["first"], stats["first"].shape[-1]
        frame, kernel = self.frame(d), self.kernel(d)
        second, reference = kernel.second(stats), kernel.reference(params, d)
        prior = self.conjugate
        toward, n = prior.moved(first, stats["n"], reference)
        mass, missing = n, np.maximum(frame.mass_floor - n, 0.0)
        if np.count_nonzero(missing):
            # an empty component has ten ulps of a row at the user's origin
            toward = toward - missing[..., None] * (reference + frame.user_origin)
            mass = n + missing
        delta = toward / mass[..., None]
        if constraints.touches("means"):
            precision = self.precision_matrices(params, first.shape)
            means = constrained_means(reference + delta, n, precision, constraints)
            delta = means - reference
        scatter = self.structure.recentre(second, first, stats["n"], delta)
        scatter = constraints.pool("covariances", prior.widened(scatter, reference + delta))
        mass = constraints.pool("covariances", stats["n"] + missing + prior.mass)
        covariances = self.structure.divide(scatter, mass, d)
        covariances = self.structure.add_to_diagonal(covariances, self.floor(d))
        return {
            "means": reference + delta,
            "covariances": constraints.hold("covariances", covariances),
        }

    def with_priors(
        self, priors: Mapping[str, Prior], tied: Collection[str], n_components: int
    ) -> Self:
        law = super().with_priors(priors, tied, n_components)
        if self._frame is not None and priors:
            check_priors(self.structure, law._priors, len(self._frame.origin), self.matrix_name)
            law.conjugate = Conjugate.of(self.structure, self._frame, law._priors, n_components)
        return law

    def log_prior(self, params: Arrays) -> Array:
        return log_prior(self.structure, self._priors, self.to_user(params))

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        return implied_moments(self.structure, params, mass, self.floor(params["means"].shape[-1]))

    def restated(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        return moments_about_means(self.kernel(params["means"].shape[-1]), stats, params)

    def localise_beside(
        self, params: Arrays, mass: Array, X: NDArray, weight: Array | None = None, **side: Array
    ) -> Self:
        outline = outlined(X, weight, params["means"], self.deviations(params), mass)
        local = self.localise(*outline)
        if mass.any() and local._frame is not None:  # which then is mass enough
            local = local._placed(replace(local._frame, mass_floor=0.0))
        return local

    def floor(self, n_features: int) -> Array:
        """Variance (d,) that `reg_covar` adds to each column, in local units."""
        if self._floor is not None:
            return self._floor
        frame = self.frame(n_features)
        if not isinstance(self.reg_covar, str):
            return np.full(n_features, self.reg_covar / frame.unit**2)
        # a constant column has no variance of its own to take a part of
        typical = frame.spread[frame.spread > 0].mean() if frame.spread.any() else 1.0
        return AUTO * np.where(frame.spread > 0, frame.spread, typical)

    def rows_in_flat(self, params: Arrays) -> int:
        if self.structure.pooled:
            return 0
        return self.structure.flat_rows(params["means"].shape[-1])

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        """Components with hardly more variance than `reg_covar` in some direction."""
        means = params["means"]
        floor = self.floor(means.shape[-1])
        nowhere = np.zeros(means.shape[:2], dtype=bool)
        if not floor.all():
            return nowhere
        factor = self.factor(params)
        # no less than the largest eigenvalue of the precision, in units of the floor
        most = self.structure.reach(factor.precision, np.sqrt(np.broadcast_to(floor, means.shape)))
        if (factor.sound & (most < 0.5)).all():
            return nowhere
        return self.flatness(params).collapsed()

    def flatness(self, params: Arrays) -> Flatness:
        """How wide components (B, K, ...) are beside what is added to their variances."""
        floor = self.floor(params["means"].shape[-1])
        return Flatness.of(self.structure, params, floor, self._is_constant)

    def told_collapse(self, params: Arrays, columns: Sequence[Any]) -> str:
        return self.flatness(params).told(columns, self.matrix_name) or self.collapse

    def precision_matrices(self, params: Arrays | None, shape: tuple[int, ...]) -> Array:
        """Precisions (B, K, d, d), those of unit covariances where there are no parameters yet."""
        B, K, d = shape
        if params is None:
            return np.broadcast_to(np.eye(d), (B, K, d, d))
        precision = self.factor(params).precision
        return np.broadcast_to(self.structure.matrices(precision, d), (B, K, d, d))

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        """By the means and the log-Cholesky precision (or the log variance)."""
        structure, n = self.structure, stats["n"]
        first, d = stats["first"], stats["first"].shape[-1]
        kernel = self.kernel(d)
        second, reference = kernel.second(stats), kernel.reference(params, d)
        prior, delta = self.conjugate, params["means"] - reference
        toward, rows = prior.moved(first, n, reference)
        precision = self.factor(params).precision
        scatter = prior.widened(structure.recentre(second, first, n, delta), params["means"])
        return {
            "means": structure.apply(precision, toward - rows[..., None] * delta),
            "covariances": self.by_covariances(scatter, n + prior.mass, params["covariances"], d),
        }

    def by_covariances(self, scatter: Array, n: Array, covariances: Array, d: int) -> Array:
        """Gradient on the transformed scale, from `n` (B, K) rows' scatter about the means."""
        structure = self.structure
        if structure.pooled:
            n = n.sum(axis=1, keepdims=True)
        if self.reg_covar not in (0, "auto"):  # what the M-step adds, its gradient feels
            added = structure.add_to_diagonal(np.zeros_like(covariances), self.floor(d))
            n_rows = n.reshape(*n.shape, *(1,) * (scatter.ndim - 2))
            # a spherical scatter is the sum of those of all columns
            scatter = scatter + n_rows * added * (1 if structure.event_shape(d) else d)
        return structure.gradient(scatter, n, covariances, d)

    def check_settings(self) -> None:
        require_choice(self, "covariance_type", STRUCTURES)
        if self.reg_covar != "auto":
            require_number(self, "reg_covar", 0.0)

    def doubts(self) -> list[str]:
        return [] if self._frame is None else doubts(self.structure, self._frame, self.reg_covar)

    def on_constants(self, columns: Sequence[Any]) -> list[str]:
        if not isinstance(self.reg_covar, str):  # which says what their variance is
            return []
        return told_constant(self._is_constant, "covariance", columns)

    @property
    def _is_constant(self) -> NDArray[np.bool_]:
        """Columns (d,) of no variance, where they have one of their own."""
        constant = self.frame(0).variance == 0
        shared = self.structure.event_shape(2) == ()  # one variance for all columns
        return np.zeros_like(constant) if shared and not constant.all() else constant

    # -- the face that an estimator shows ----------------------------------

    def publish(self, params: Arrays) -> dict[str, Array]:
        covariances = params["covariances"]
        return {
            "means": params["means"],
            "covariances": covariances[0] if self.structure.pooled else covariances,
        }

    def read(self, published: Mapping[str, Array]) -> dict[str, Array]:
        read = dict(published)
        if self.structure.pooled and "covariances" in read:
            read["covariances"] = read["covariances"][None]
        return read
