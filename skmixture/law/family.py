"""The contract of a family: stateless formulas of one law.

A family knows formulas and nothing else: no data, no fitted values. Arrays
follow one convention everywhere:

=====================  ==================================================
rows of data           ``(..., n)``, rows last
parameters             ``(B, K, ...)``
log densities          ``(B, K, n)``
responsibilities       ``(B, K, n)``, row weights already multiplied in
expected statistics    ``(B, K, ...)``, additive over rows
=====================  ==================================================

B is the batch (restarts, replicates, walkers), K the components. A leading
axis of length 1 stands for a value that all of the batch, or all components,
share.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.law.constraints import FREE, Constraints
from skmixture.law.face import Array, Arrays
from skmixture.law.informed import Informed, batch_size
from skmixture.numerics.products import rows_of_block
from skmixture.supports import Support, real_line
from skmixture.table.rows import rows_last

__all__ = ["Family", "batch_size"]

LEAST_EXPOSURE = 1e-100
# What a user cannot have without a method, and what there is in its place.
ABSENT = {
    "cdf": ("joint distribution function for cdf", "score_samples gives densities of rows"),
    "marginal_cdf": (
        "distribution functions of columns, as marginal_cdf and marginal_quantile need them",
        "draw rows by sample, and take shares or quantiles of them",
    ),
    "quantile_bounds": (
        "bounds of quantiles, as marginal_quantile needs them",
        "draw rows by sample, and take quantiles of them",
    ),
    "component": (
        "distribution of scipy for component_distribution",
        "its parameters are in params_, and score_samples gives densities",
    ),
}


class Family(Informed):
    """One law, as the formulas that EM needs.

    Required are `parameters`, `event_shapes`, `log_prob`, `expected_stats`,
    `maximise` and `sample`; the rest has defaults. `BaseEstimator` gives
    ``repr``, ``clone`` and nested names such as ``family__covariance_type``.

    Examples
    --------
    >>> from skmixture.families import Poisson
    >>> law = Poisson()
    >>> list(law.parameters), law.event_shapes(n_features=3)
    (['rates'], {'rates': (3,)})
    """

    support: ClassVar[Support] = real_line
    min_rows: ClassVar[int] = 1  # fewer cannot be fitted
    flat_rows: ClassVar[int] = 0  # so many, whichever, are without width to the law
    background: ClassVar[bool] = False  # a law for rows that are near none of the others
    start_rows: ClassVar[int] = sys.maxsize  # starts are compared on no more: densities are dear
    additive: ClassVar[bool] = True  # False: statistics need all rows in one block
    absorbing: ClassVar[bool] = False  # EM never leaves an edge, such as a probability of 0
    takes_exposure: ClassVar[bool] = False  # size factors of the rows, as a side column
    side_name: ClassVar[str] = "exposure"  # what the named estimator calls that column,
    side_meaning: ClassVar[str] = "size factors"  # and what it holds
    takes_sparse: ClassVar[bool] = False  # blocks of rows may be sparse arrays
    failure: ClassVar[str] = (  # what a user reads where every start fails
        "Fitting the mixture model failed: no start led to parameters that make a law. "
        "Try to decrease the number of components or other starts."
    )

    def check_n_components(self, n_components: int) -> None:
        """Raise a ValueError where the family cannot have so many components."""

    def dealt(self, draw: Callable[[int], Any], n_components: int, rng: RandomState) -> Any:
        """Responsibilities of a start, by a function that draws them for so many groups.

        For families whose components are not interchangeable.
        """
        return draw(n_components)

    def backgrounds(self, n_components: int) -> NDArray[np.bool_]:
        """Which components (K,) are for rows that are near none of the others."""
        return np.full(n_components, self.background)

    @property
    def monotone(self) -> bool:
        """Whether an M-step can never lower the log-likelihood."""
        return True

    @property
    def climbs_its_gradient(self) -> bool:
        """Whether EM stands still just where `gradient` vanishes, as L-BFGS needs."""
        return self.monotone and type(self).gradient is not Family.gradient

    # -- from the user's units to those of the computation ----------------

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        """The same formulas with constants of this data (origin, unit, table sizes).

        `to_local` and `to_user` of the result carry parameters across. Side
        columns come only to families that declare them.
        """
        return self

    def stable(self) -> Family:
        """The same law by formulas that keep all digits, at whatever speed."""
        return self

    def rounding(self, params: Arrays) -> Array:
        """Bound (B,) on the error that rounding leaves in a log density here.

        Where it is large, the engine turns to `stable()`.
        """
        return np.zeros(batch_size(params))

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        """Components (B, K) whose parameters are no law any more.

        By default those outside the constraints of `parameters`.
        """
        proper = [
            transform.holds(params[name]).reshape(*params[name].shape[:2], -1).all(axis=-1)
            for name, transform in self.parameters.items()
        ]
        return ~np.logical_and.reduce(np.broadcast_arrays(*proper))

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        """Components (B, K) that are a law, but one that no data would ask for.

        A start that ends so is kept only where no other is left.
        """
        return np.zeros(next(iter(params.values())).shape[:2], dtype=bool)

    def rows_in_flat(self, params: Arrays) -> Array | int:
        """Rows, by component (B, K) or for all, that any law of the kind may be narrowed to.

        0 where the likelihood is bounded. A few more may always be found that
        lie nearly as flat, so a component of hardly more may be chance.
        """
        return self.flat_rows

    def check_values(self) -> None:
        """Raise what was amiss with the last log densities, where it is the user's to mend.

        Asked where they were no numbers at parameters that EM itself led to.
        """

    # -- the two steps -----------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        """What a block of rows (..., n, d) needs, rows last; called for every block."""
        return {"x": rows_last(X)}

    def log_base(self, X: NDArray, **side: Array) -> Array | float:
        """The part (..., n) of the log density that no parameter enters.

        `log_prob` leaves it out; it is summed once for a fit.
        """
        return 0.0

    def prepare(self, params: Arrays) -> dict[str, Array]:
        """Constants of one sweep over the rows, worked out before it."""
        return dict(params)

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array] | None:
        """Constants by which every log density is higher by `amount` (B, K).

        Optional: the mixing weights then cost the rows nothing.
        """
        return None

    @abstractmethod
    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        """Log density (B, K, n) less `log_base`; a new array, which is overwritten."""

    @abstractmethod
    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        """Sums over the rows, each (B, K, ...) and additive over blocks."""

    @abstractmethod
    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        """Parameters (B, K, ...) that maximise the expected log-likelihood.

        `params` are those that `stats` were gathered with, None at a start.
        """

    def common_sums(self, X: NDArray, weight: Array) -> dict[str, Array]:
        """Sums over the rows, by weight (1 or B, n), into which no parameter enters.

        They are gathered once for a fit and additive over blocks. Optional:
        for what a mixture's components have in common.
        """
        return {}

    def join_common(self, sums: Arrays, stats: dict[str, Array], params: Arrays) -> Array | float:
        """Put the common sums in their place among the statistics.

        Returns the log-likelihood (B,) of what `log_prob` leaves out because
        all components have it in common.
        """
        return 0.0

    def of_given(self) -> Self:
        """The law whose sums may be gathered from responsibilities that do not sum to 1."""
        return self

    # -- rows seen before, for `partial_fit` --------------------------------

    @property
    def goes_on(self) -> bool:
        """Whether there is a `partial_fit`: parameters then imply the statistics."""
        return type(self).implied_stats is not Family.implied_stats

    def implied_stats(self, params: Arrays, mass: Array, **side: float) -> dict[str, Array]:
        """Statistics that rows by the count of `mass` (B, K) had, if these maximise.

        Optional: for laws whose statistics do not depend on the parameters
        they are gathered with. They are those of `stable()`, where `params`
        are the ones gathered with; side columns come by their average.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define implied_stats()")

    def restated(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        """Statistics gathered with `params`, as `stable()` gathers them."""
        return dict(stats)

    def localise_beside(
        self, params: Arrays, mass: Array, X: NDArray, weight: Array | None = None, **side: Array
    ) -> Self:
        """`localise` for rows that join `mass` (K,) others, with `params` (K, ...) of the user."""
        return self.localise(X, weight, **side)

    def confine(self, params: Arrays) -> dict[str, Array]:
        """The nearest parameters that `maximise` might give: within its bounds."""
        return dict(params)

    def careful(
        self, stats: Arrays, params: Arrays, constraints: Constraints = FREE
    ) -> dict[str, Array] | None:
        """Parameters that cannot lower the log-likelihood, where `maximise` may.

        None says that `maximise` cannot either.
        """
        return None

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        """Gradient of the expected log-likelihood on the unconstrained scale.

        Its value at the current parameters is that of the observed
        log-likelihood. Optional.
        """
        raise NotImplementedError(f"{type(self).__name__} has no closed gradient")

    def block_rows(self, n_features: int, n_laws: int) -> int:
        """Rows of a block, for `n_laws` components in the whole batch."""
        return rows_of_block(1 + n_features, n_laws)

    def most_members(self, n_components: int) -> int:
        """How many members of a batch fit into memory together."""
        return sys.maxsize

    # -- beyond fitting ----------------------------------------------------

    @abstractmethod
    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        """One row for each label (n,); params (K, ...), side columns (n,).

        Without side columns the labels come in increasing order.
        """

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        """Joint distribution function (K, n) of each component; params (K, ...)."""
        raise NotImplementedError(self.absent("cdf"))

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        """Distribution function (K, n, d) of each column by component."""
        raise NotImplementedError(self.absent("marginal_cdf"))

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        """Two values (K, m, d) between which `marginal_cdf` reaches q (m,), 0 <= q <= 1."""
        raise NotImplementedError(self.absent("quantile_bounds"))

    def component(self, params: Arrays) -> Any:
        """One component, its parameters without leading axes, as a frozen scipy distribution."""
        raise NotImplementedError(self.absent("component"))

    def lacking(self, method: str) -> str:
        """The law, or the part of it, that has none of a method; empty where all have."""
        inherited = getattr(type(self), method) is getattr(Family, method)
        return type(self).__name__ if inherited else ""

    def absent(self, method: str) -> str:
        """What a user reads who asks for what rests on a method that is not there."""
        what, instead = ABSENT[method]
        return f"{self.lacking(method) or type(self).__name__} has no {what}: {instead}"

    def column_means(self, params: Arrays, **side: Array) -> Array:
        """Expectations (K, 1 or n, d) of the columns, of a law that factorises; params (K, ...)."""
        K, d = next(iter(params.values())).shape
        means = np.empty((K, 1, d))
        for k in range(K):
            means[k] = self.component({name: value[k] for name, value in params.items()}).mean()
        return means * side["exposure"][:, None] if "exposure" in side else means

    def features(self, X: NDArray) -> Array:
        """Columns (n, q) in which Euclidean distance is sensible, for starts.

        Sparse rows give sparse features.
        """
        return np.asarray(X, dtype=float)

    def possible(self, X: NDArray, side: Arrays) -> NDArray[np.bool_]:
        """Which rows (..., n) the law may have made, as far as they are there."""
        return (self.support.contains(X) | np.isnan(X)).all(axis=-1)

    def check_rows(self, X: Any, side: Arrays) -> None:
        """Raise a ValueError that names a row which the law cannot have made."""
        self.support.check(X, type(self).__name__)

    @property
    def no_exposure(self) -> str:
        """Why it is an error to give what the law does not take."""
        return (
            f"{self.side_name} was given, but {type(self).__name__} has no {self.side_meaning}: "
            "only laws of counts with means do"
        )

    def check_exposure(self, exposure: Array) -> None:
        """Raise a ValueError that names a row (n,) whose size factor is unfit."""
        amiss = (exposure <= 0) | (exposure < LEAST_EXPOSURE) | (exposure > 1 / LEAST_EXPOSURE)
        if amiss.any():
            row = int(np.argmax(amiss))
            beyond = "" if exposure[row] <= 0 else " and from 1e-100 to 1e100"
            raise ValueError(
                f"exposure must be positive{beyond}, got {exposure[row]!s} for row {row}; leave "
                "out rows that were not exposed at all"
            )

    def check_settings(self) -> None:
        """Raise a ValueError that names a setting of the family that is unfit."""
