"""Laws with a probability of its own for 0, column by column."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.constraints import FREE, Constraints
from skmixture.families.built.composite import SEPARATOR, any_of, joined, of_part, shallow
from skmixture.families.built.zeros_distribution import (
    CountsWithZeros,
    NumbersWithZeros,
    ZerosDistribution,
)
from skmixture.family import Array, Arrays, Family
from skmixture.priors import Beta, Prior
from skmixture.supports import Measure, Support
from skmixture.transforms import Transform, unit

__all__ = ["Mix", "WithZeros"]

# A probability stops this short of 0 and of 1, so that its logarithms are finite.
SMALLEST = 1e-300
NEAR_ONE = 1 - float(np.finfo(float).epsneg)
TINY = np.finfo(float).tiny


class Mix(NamedTuple):
    """Logs of what becomes of a law: of the probability of 0, and of the factor of all others."""

    log_zero: Array
    log_factor: Array


@dataclass(frozen=True)
class OrZero(Support):
    """Numbers of a set, and 0, which has a probability of its own."""

    support: Support

    @property
    def description(self) -> str:  # type: ignore[override]
        return f"0, or {self.support.description}"

    @property
    def positive_only(self) -> bool:  # type: ignore[override]
        return self.support.positive_only

    def measures(self, n_features: int) -> tuple[Measure, ...]:
        zero = frozenset([0.0])
        return tuple(
            Measure(own.kind, own.points | zero) for own in self.support.measures(n_features)
        )

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return (X == 0) | self.support.contains(X)


class Column(NamedTuple):
    """What a block has of one column."""

    rows: dict[str, Array]
    prepared: dict[str, Array]
    zero: NDArray[np.bool_]  # (1 or B, 1, n), rows that are 0
    at_zero: Array  # (B, K, 1 or n), log probability of 0 by the law


class WithZeros(Family):
    """Values that follow a law but for 0, with ``zero_probs`` besides its parameters.

    Columns are independent: each is a law of one column, localised by itself.
    Where the law is one of numbers, which has a density, all zeros are those
    of the point at 0, and the law never sees one.
    """

    factorises = True
    _laws: list[Family] | None = None  # by column, set by `localise`

    def __init__(self, family: Family) -> None:
        self.family = family

    @abstractmethod
    def mix(self, probs: Array, at_zero: Array) -> Mix:
        """The law mixed with a point at 0, of which it gives the log probability `at_zero`."""

    @abstractmethod
    def shares(self, column: Column, probs: Array, resp: Array) -> tuple[Array, Array, Array]:
        """How responsibilities (B, K, n) are shared between the law and the point at 0.

        Returns what falls to the law by row (B, K, n), what falls to it of
        counts 0 that were never seen (B, K, 1 or n), and what falls to the
        point in all (B, K).
        """

    # -- the law within ----------------------------------------------------------

    @property
    def support(self) -> Support:  # type: ignore[override]
        own = self.family.support
        return own if own.discrete else OrZero(own)

    def possible(self, X: NDArray, side: Arrays) -> NDArray[np.bool_]:
        if self.support.discrete:
            return self.family.possible(X, side)
        return super().possible(X, side)

    @property
    def additive(self) -> bool:  # type: ignore[override]
        return self.family.additive

    @property
    def start_rows(self) -> int:  # type: ignore[override]
        return self.family.start_rows

    @property
    def takes_exposure(self) -> bool:  # type: ignore[override]
        return self.family.takes_exposure

    @property
    def min_rows(self) -> int:  # type: ignore[override]
        return self.family.min_rows

    @property
    def failure(self) -> str:  # type: ignore[override]
        return self.family.failure

    @property
    def collapse(self) -> str:  # type: ignore[override]
        return self.family.collapse

    @property
    def monotone(self) -> bool:
        return self.family.monotone

    @property
    def climbs_its_gradient(self) -> bool:
        return self.family.climbs_its_gradient

    @property
    def parameters(self) -> dict[str, Transform]:
        return {"zero_probs": unit, **self.family.parameters}

    def event_shapes(self, n_features: int) -> dict[str, tuple[int, ...]]:
        return {"zero_probs": (n_features,), **self.family.event_shapes(n_features)}

    def check_settings(self) -> None:
        owner, law = type(self).__name__, self.family
        if not isinstance(law, Family):
            raise ValueError(f"the family of {owner} must be a family, got {law!r}")
        shapes, kind = law.event_shapes(2), law.support.measures(1)[0].kind
        columnwise = all(shape == (2,) and SEPARATOR not in name for name, shape in shapes.items())
        if kind not in ("counts", "numbers") or not columnwise or "zero_probs" in shapes:
            advice = "such as Poisson() or Gamma()"
            if hasattr(law, "covariance_type"):
                advice = f"as {type(law).__name__}('diag') is one"
            raise ValueError(
                f"the family of {owner} must be a law of counts or numbers with a parameter for "
                f"each column, {advice}, got {law!r}"
            )
        law.check_settings()

    def of_column(self, j: int) -> Self:
        return shallow(self, family=self.family.of_column(j))

    def _law(self, j: int) -> Family:
        return self.family.of_column(j) if self._laws is None else self._laws[j]

    def _of_column(self, values: Arrays, j: int) -> dict[str, Array]:
        """The law's own parameters (..., 1) of a column, as far as they are given."""
        own = self.family.parameters
        return {name: value[..., j : j + 1] for name, value in values.items() if name in own}

    def _by_column(self, values: Arrays) -> list[tuple[Family, dict[str, Array]]]:
        d = next(iter(values.values())).shape[-1] if values else 0
        return [(self._law(j), self._of_column(values, j)) for j in range(d)]

    def _together(self, by_column: list[dict[str, Array]]) -> dict[str, Array]:
        names = by_column[0] if by_column else {}
        return {name: np.concatenate([own[name] for own in by_column], axis=-1) for name in names}

    # -- the user's units ------------------------------------------------------------

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        laws = []
        for j in range(X.shape[-1]):
            x, own, columns = X[..., j : j + 1], weight, dict(side)
            if not self.support.discrete:
                seen = x[..., 0] != 0
                if not seen.any():
                    raise ValueError(
                        f"column {j} of X has zeros only, of which {self.family!r} cannot be "
                        "fitted: leave it out"
                    )
                x, own = x[seen], None if weight is None else weight[..., seen]
                columns = {name: column[..., seen] for name, column in side.items()}
            law = self.family.of_column(j).localise(x, own, **columns)
            laws.append(law.of_given())  # what falls to the law is less than all
        return shallow(self, _laws=laws)

    def to_local(self, params: Arrays) -> dict[str, Array]:
        own = [law.to_local(values) for law, values in self._by_column(params)]
        return {**params, **self._together(own)}

    def to_user(self, params: Arrays) -> dict[str, Array]:
        own = [law.to_user(values) for law, values in self._by_column(params)]
        return {**params, **self._together(own)}

    def stable(self) -> Self:
        laws = None if self._laws is None else [law.stable() for law in self._laws]
        return shallow(self, family=self.family.stable(), _laws=laws)

    # -- priors ----------------------------------------------------------------------

    @property
    def takes_priors(self) -> dict[str, type[Prior]]:  # type: ignore[override]
        return {"zero_probs": Beta, **self.family.takes_priors}

    def with_priors(
        self, priors: Mapping[str, Prior], tied: Collection[str], n_components: int
    ) -> Self:
        own = {name: prior for name, prior in priors.items() if name == "zero_probs"}
        rest = {name: prior for name, prior in priors.items() if name not in own}
        law, laws, d = super().with_priors(own, tied, n_components), [], len(self._laws or [])
        for j in range(d):
            of_column = {name: prior.of_column(j, d) for name, prior in rest.items()}
            laws.append(self._law(j).with_priors(of_column, tied, n_components))
        return shallow(law, _laws=laws or None)

    def log_prior(self, params: Arrays) -> Array:
        by_column = (law.log_prior(own) for law, own in self._by_column(params))
        return super().log_prior(params) + sum(by_column)

    def _sums(self, stats: Arrays) -> tuple[Array, Array]:
        """Zeros of the point and rows (B, K, d or 1), with those that the prior stands for."""
        zeros, others = self.pseudo("zero_probs")
        return stats["zeros"] + zeros, stats["n"][..., None] + (zeros + others)

    def rounding(self, params: Arrays) -> Array:
        bounds = [law.rounding(own) for law, own in self._by_column(params)]
        return np.sum(bounds, axis=0)

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        outside = ~unit.holds(params["zero_probs"]).all(axis=-1)
        return outside | any_of(law.failing(own) for law, own in self._by_column(params))

    def collapsed(self, params: Arrays) -> NDArray[np.bool_]:
        return any_of(law.collapsed(own) for law, own in self._by_column(params))

    def most_members(self, n_components: int) -> int:
        laws = self._laws or [self.family]
        return max(1, min(law.most_members(n_components) for law in laws) // len(laws))

    # -- the two steps ------------------------------------------------------------------

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        # without exposures 0 is as likely in all rows
        zeros = np.zeros((*X.shape[:-1], 1)) if side else np.zeros((1, 1))
        encoded: dict[str, Array] = {"zero": np.swapaxes(X, -1, -2) == 0}
        for j in range(X.shape[-1]):
            law = self._law(j)
            own: dict[str, Any] = joined([("row", law.encode(self._values(X, j), **side))])
            if self.support.discrete:
                base = np.atleast_1d(np.asarray(law.log_base(zeros, **side), dtype=float))
                own |= joined([("origin", law.encode(zeros, **side))]) | {"base": base}
            encoded |= joined([(str(j), own)])
        return encoded

    def _values(self, X: NDArray, j: int) -> NDArray:
        """Column j (..., n, 1); where the law has no zeros, another value in their place."""
        own = X[..., j : j + 1]
        zero = own == 0
        if self.support.discrete or not zero.any():
            return own
        others = own[~zero]
        return np.where(zero, others[0] if len(others) else self.family.support.example, own)

    def log_base(self, X: NDArray, **side: Array) -> Array | float:
        total: Array | float = 0.0
        for j in range(X.shape[-1]):  # of 0 there are two sources: `log_prob` has both
            base = self._law(j).log_base(self._values(X, j), **side)
            total = total + np.where(X[..., j] == 0, 0.0, base)
        return total

    def prepare(self, params: Arrays) -> dict[str, Array]:
        prepared = [law.prepare(own) for law, own in self._by_column(params)]
        by_column = joined((str(j), own) for j, own in enumerate(prepared))
        return {"zero_probs": params["zero_probs"], **by_column}

    def _column(self, j: int, rows: Arrays, prepared: Arrays) -> Column:
        own, law = of_part(str(j), rows), self._law(j)
        constants = of_part(str(j), prepared)
        zero: Any = rows["zero"]
        at_zero = np.full((1, 1, 1), 0.0 if self.support.discrete else -np.inf)
        if prepared and self.support.discrete:
            at_zero = law.log_prob(of_part("origin", own), constants) + own["base"][..., None, :]
        return Column(of_part("row", own), constants, zero[..., None, j, :], at_zero)

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        total: Any = 0.0
        for j in range(rows["zero"].shape[-2]):
            column = self._column(j, rows, prepared)
            mix = self.mix(prepared["zero_probs"][..., j, None], column.at_zero)
            above = self._law(j).log_prob(column.rows, column.prepared)
            above += mix.log_factor
            total = total + np.where(column.zero, mix.log_zero, above)
        return total

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        stats, zeros = {"n": resp.sum(axis=-1)}, []
        for j in range(rows["zero"].shape[-2]):
            column, law = self._column(j, rows, prepared), self._law(j)
            probs = prepared["zero_probs"][..., j, None] if prepared else np.full((1, 1, 1), 0.5)
            seen, unseen, at_point = self.shares(column, probs, resp)
            own = law.expected_stats(column.rows, column.prepared, seen)
            if prepared and unseen.any():
                origin = of_part("origin", of_part(str(j), rows))
                more = law.expected_stats(origin, column.prepared, unseen)
                own = {name: value + more[name] for name, value in own.items()}
            stats |= joined([(str(j), own)])
            zeros.append(at_point)
        return {**stats, "zeros": np.stack(zeros, axis=-1)}

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        zeros, n = (constraints.pool("zero_probs", sums) for sums in self._sums(stats))
        probs = np.clip(zeros / np.maximum(n, TINY), SMALLEST, NEAR_ONE)
        by_column = [
            self._law(j).maximise(
                of_part(str(j), stats),
                None if params is None else self._of_column(params, j),
                self._held_by(j, constraints),
            )
            for j in range(zeros.shape[-1])
        ]
        return {"zero_probs": constraints.hold("zero_probs", probs), **self._together(by_column)}

    def careful(
        self, stats: Arrays, params: Arrays, constraints: Constraints = FREE
    ) -> dict[str, Array] | None:
        by_column, climbing = [], False
        for j in range(stats["zeros"].shape[-1]):
            args = of_part(str(j), stats), self._of_column(params, j), self._held_by(j, constraints)
            own = self._law(j).careful(*args)
            climbing |= own is not None
            by_column.append(self._law(j).maximise(*args) if own is None else own)
        if not climbing:
            return None
        return {**self.maximise(stats, params, constraints), **self._together(by_column)}

    def _held_by(self, j: int, constraints: Constraints) -> Constraints:
        return Constraints(self._of_column(constraints.fixed, j), constraints.tied)

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        by_column = [
            law.gradient(of_part(str(j), stats), own)
            for j, (law, own) in enumerate(self._by_column(params))
        ]
        zeros, n = self._sums(stats)
        return {"zero_probs": zeros - n * params["zero_probs"], **self._together(by_column)}

    # -- beyond fitting --------------------------------------------------------------------

    @staticmethod
    def _with_zeros(
        X: NDArray, params: Arrays, labels: NDArray[np.integer], rng: RandomState
    ) -> NDArray:
        """Draws (n, d) of the law, with 0 in the place of those that `zero_probs` takes."""
        return np.where(rng.uniform(size=X.shape) < params["zero_probs"][labels], 0, X)

    def _of_law(self, params: Arrays) -> dict[str, Array]:
        return {name: params[name] for name in self.family.parameters}

    def _at_zero(self, params: Arrays, side: Arrays) -> Array:
        """Probability (K, 1 or n, d) of 0 by the law."""
        up_to_zero = self._up_to_zero(params, side)
        return up_to_zero if self.support.discrete else np.zeros(up_to_zero.shape)

    def _up_to_zero(self, params: Arrays, side: Arrays) -> Array:
        """Probability (K, 1 or n, d) of 0 and less by the law."""
        d = params["zero_probs"].shape[-1]
        n = len(side["exposure"]) if side else 1
        return self.family.marginal_cdf(np.zeros((n, d)), self._of_law(params), **side)

    def _mixed(self, params: Arrays, side: Arrays) -> tuple[Array, Array, Array]:
        """Probability of 0 by the law, in all, and the factor of other values: (K, 1 or n, d)."""
        at_zero = self._at_zero(params, side)
        with np.errstate(divide="ignore"):
            mix = self.mix(params["zero_probs"][:, None], np.log(at_zero))
        return at_zero, np.exp(mix.log_zero), np.exp(mix.log_factor)

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params, **side).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        at_zero, zero, factor = self._mixed(params, side)
        by_law = self.family.marginal_cdf(X, self._of_law(params), **side)
        reached = X >= 0
        below = factor * (by_law - np.where(reached, at_zero, 0.0)) + np.where(reached, zero, 0.0)
        return np.clip(below, 0.0, 1.0)

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        at_zero, zero, factor = self._mixed(params, side)
        up_to_zero = self._up_to_zero(params, side)
        below = factor * (up_to_zero - at_zero)  # of negative values
        q = q[:, None]
        is_zero = (q > below) & (q <= below + zero)
        by_law = np.where(q <= below, q / factor, up_to_zero + (q - below - zero) / factor)
        by_law = np.clip(np.where(is_zero, up_to_zero, by_law), 0.0, 1.0)  # (K, m, d)
        low, high = np.empty((2, *by_law.shape))
        for k, j in np.ndindex(params["zero_probs"].shape):
            own = {name: value[k : k + 1] for name, value in self._of_column(params, j).items()}
            bounds = self._law(j).quantile_bounds(by_law[k, :, j], own, **side)
            low[k, :, j], high[k, :, j] = (bound[0, :, 0] for bound in bounds)
        return np.where(q <= below, low, 0.0), np.where(is_zero, 0.0, high)

    def lacking(self, method: str) -> str:
        needed = {"cdf": "marginal_cdf"}.get(method, method)
        without = self.family.lacking(needed)
        return f"the law of {type(self).__name__} ({without})" if without else ""

    def component(self, params: Arrays) -> ZerosDistribution:
        probs = params["zero_probs"]
        if not self.support.discrete:
            laws = [law.component(own) for law, own in self._by_column(params)]
            mix = self.mix(probs, np.full(probs.shape, -np.inf))
            return NumbersWithZeros.of_columns(laws, mix.log_zero, mix.log_factor)
        law = self.family.component(self._of_law(params))
        probs = probs[0] if len(probs) == 1 else probs
        mix = self.mix(probs, law.logpmf(0))
        return CountsWithZeros(law, mix.log_zero, mix.log_factor)

    def features(self, X: NDArray) -> Array:
        if self.support.discrete:
            return self.family.features(X)
        others = [x[x != 0] for x in X.T]  # zeros say little: they take the middle of the rest
        middle = [np.median(own) if len(own) else self.family.support.example for own in others]
        return self.family.features(np.where(X == 0, middle, X))

    def derived(self, published: Arrays) -> dict[str, Array]:
        return self.family.derived(self._of_law(published))

    def column_means(self, params: Arrays, **side: Array) -> Array:
        law, n = self.stable(), len(side["exposure"]) if side else 1
        rows = law.encode(np.zeros((n, params["zero_probs"].shape[-1])), **side)
        prepared = law.prepare({name: value[None] for name, value in params.items()})
        # 0 by the law may have a probability of all but 1, which its logarithm alone tells
        at_zero = [law._column(j, rows, prepared).at_zero[0] for j in range(len(rows["zero"]))]
        mix = self.mix(params["zero_probs"][:, None], np.stack(at_zero, axis=-1))
        means = [law.column_means(own, **side) for law, own in self._by_column(params)]
        return np.exp(mix.log_factor) * np.concatenate(means, axis=-1)

    def remarks(self, params: Arrays, constraints: Constraints = FREE) -> list[str]:
        by_column = self._by_column(params)
        return [
            said if len(by_column) == 1 else f"In column {j}: {said}"
            for j, (law, own) in enumerate(by_column)
            for said in law.remarks(own, self._held_by(j, constraints))
        ]
