"""Laws of counts with a probability of their own for 0, column by column."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.constraints import FREE, Constraints
from skmixture.families.built.composite import any_of, joined, of_part, shallow
from skmixture.families.built.zeros_distribution import ZerosDistribution
from skmixture.family import Array, Arrays, Family
from skmixture.supports import Support
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


class Column(NamedTuple):
    """What a block has of one column."""

    rows: dict[str, Array]
    prepared: dict[str, Array]
    zero: NDArray[np.bool_]  # (1 or B, 1, n), rows that are 0
    at_zero: Array  # (B, K, 1 or n), log probability of 0 by the law


class WithZeros(Family):
    """Counts that follow a law but for 0, with ``zero_probs`` besides its parameters.

    Columns are independent: each is a law of one column, localised by itself.
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
        return self.family.support

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
            raise ValueError(f"the family of {owner} must be a family of counts, got {law!r}")
        columnwise = all(shape == (2,) for shape in law.event_shapes(2).values())
        if not law.support.discrete or not columnwise or "zero_probs" in law.parameters:
            raise ValueError(
                f"the family of {owner} must be a law of counts with a parameter for each column, "
                f"such as Poisson(), got {law!r}"
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
        laws = [
            self.family.of_column(j).localise(X[..., j : j + 1], weight, **side)
            for j in range(X.shape[-1])
        ]
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
            base = np.atleast_1d(np.asarray(law.log_base(zeros, **side), dtype=float))
            own = {
                "row": law.encode(X[..., j : j + 1], **side),
                "origin": law.encode(zeros, **side),
            }
            encoded |= joined([(str(j), joined(own.items()) | {"base": base})])
        return encoded

    def log_base(self, X: NDArray, **side: Array) -> Array | float:
        total: Array | float = 0.0
        for j in range(X.shape[-1]):  # of 0 there are two sources: `log_prob` has both
            own = X[..., j : j + 1]
            total = total + np.where(own[..., 0] > 0, self._law(j).log_base(own, **side), 0.0)
        return total

    def prepare(self, params: Arrays) -> dict[str, Array]:
        prepared = [law.prepare(own) for law, own in self._by_column(params)]
        by_column = joined((str(j), own) for j, own in enumerate(prepared))
        return {"zero_probs": params["zero_probs"], **by_column}

    def _column(self, j: int, rows: Arrays, prepared: Arrays) -> Column:
        own, law = of_part(str(j), rows), self._law(j)
        constants = of_part(str(j), prepared)
        zero: Any = rows["zero"]
        at_zero = np.zeros((1, 1, 1))
        if prepared:
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
        zeros = constraints.pool("zero_probs", stats["zeros"])
        n = constraints.pool("zero_probs", stats["n"][..., None])
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
        by_probs = stats["zeros"] - stats["n"][..., None] * params["zero_probs"]
        return {"zero_probs": by_probs, **self._together(by_column)}

    # -- beyond fitting --------------------------------------------------------------------

    def _of_law(self, params: Arrays) -> dict[str, Array]:
        return {name: params[name] for name in self.family.parameters}

    def _at_zero(self, params: Arrays, side: Arrays) -> Array:
        """Probability (K, 1 or n, d) of 0 by the law."""
        d = params["zero_probs"].shape[-1]
        n = len(side["exposure"]) if side else 1
        return self.family.marginal_cdf(np.zeros((n, d)), self._of_law(params), **side)

    def _mixed(self, params: Arrays, side: Arrays) -> tuple[Array, Array, Array]:
        """Probability of 0 by the law, in all, and the factor of other counts: (K, 1 or n, d)."""
        below = self._at_zero(params, side)
        with np.errstate(divide="ignore"):
            mix = self.mix(params["zero_probs"][:, None], np.log(below))
        return below, np.exp(mix.log_zero), np.exp(mix.log_factor)

    def cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return self.marginal_cdf(X, params, **side).prod(axis=-1)

    def marginal_cdf(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        at_zero, zero, factor = self._mixed(params, side)
        by_law = self.family.marginal_cdf(X, self._of_law(params), **side)
        return np.where(X < 0, 0.0, np.minimum(zero + factor * (by_law - at_zero), 1.0))

    def quantile_bounds(self, q: Array, params: Arrays, **side: Array) -> tuple[Array, Array]:
        at_zero, zero, factor = self._mixed(params, side)
        by_law = np.clip(at_zero + (q[:, None] - zero) / factor, 0.0, 1.0)  # (K, m, d)
        high = np.empty(by_law.shape)
        for k, j in np.ndindex(params["zero_probs"].shape):
            own = {name: value[k : k + 1] for name, value in self._of_column(params, j).items()}
            high[k, :, j] = self.family.quantile_bounds(by_law[k, :, j], own, **side)[1][0, :, 0]
        return np.zeros(high.shape), high

    def component(self, params: Arrays) -> ZerosDistribution:
        law = self.family.component(self._of_law(params))
        probs = params["zero_probs"]
        probs = probs[0] if len(probs) == 1 else probs
        mix = self.mix(probs, law.logpmf(0))
        return ZerosDistribution(law, mix.log_zero, mix.log_factor)

    def features(self, X: NDArray) -> Array:
        return self.family.features(X)

    def derived(self, published: Arrays) -> dict[str, Array]:
        return self.family.derived(self._of_law(published))

    def column_means(self, params: Arrays, **side: Array) -> Array:
        law, n = self.stable(), len(side["exposure"]) if side else 1
        rows = law.encode(np.zeros((n, params["zero_probs"].shape[-1])), **side)
        prepared = law.prepare({name: value[None] for name, value in params.items()})
        # 0 by the law may have a probability of all but 1, which its logarithm alone tells
        at_zero = [law._column(j, rows, prepared).at_zero[0] for j in range(len(rows["zero"]))]
        mix = self.mix(params["zero_probs"][:, None], np.stack(at_zero, axis=-1))
        return np.exp(mix.log_factor) * self.family.column_means(self._of_law(params), **side)

    def remarks(self, params: Arrays, constraints: Constraints = FREE) -> list[str]:
        by_column = self._by_column(params)
        return [
            said if len(by_column) == 1 else f"In column {j}: {said}"
            for j, (law, own) in enumerate(by_column)
            for said in law.remarks(own, self._held_by(j, constraints))
        ]
