"""Laws with a probability of its own for 0, column by column."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.built.independence import check_columns
from skmixture.families.built.together import OrZero
from skmixture.families.built.zeros_distribution import (
    CountsWithZeros,
    NumbersWithZeros,
    ZerosDistribution,
)
from skmixture.law.by_column import ByColumn
from skmixture.law.constraints import FREE, Constraints
from skmixture.law.edges import COUNTED, Edge, no_chance
from skmixture.law.family import Array, Arrays, Family
from skmixture.law.parts import SEPARATOR, joined, of_part, shallow
from skmixture.numerics.buffers import side_by_side
from skmixture.priors import Beta, Prior
from skmixture.supports import Support
from skmixture.transforms import Transform, unit

__all__ = ["Mix", "WithZeros"]

# A probability stops this short of 0 and of 1, so that its logarithms are finite.
SMALLEST = 1e-300
NEAR_ONE = 1 - float(np.finfo(float).epsneg)
TINY = np.finfo(float).tiny


NO_ZEROS = (
    "ended at 0: there the component has no zeros but those of its law. "
    f"{COUNTED} The law alone would have fewer."
)
ONLY_ZEROS = (
    "ended at 1: there the component has zeros only, and the parameters of its law mean nothing. "
    f"{COUNTED} prior={{'zero_probs': Beta(2, 2)}} of skmixture.priors keeps them inside."
)


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


class WithZeros(ByColumn):
    """Values that follow a law but for 0, with ``zero_probs`` besides its parameters.

    Columns are independent: each is a law of one column, localised by itself.
    Where the law is one of numbers, which has a density, all zeros are those
    of the point at 0, and the law never sees one.
    """

    factorises = True
    absorbing = True  # a share of zeros may be 0

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

    def rows_in_flat(self, params: Arrays) -> Array | int:
        return self.family.rows_in_flat(params)

    def of_column(self, j: int) -> Self:
        return shallow(self, family=self.family.of_column(j))

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
        if not self.family.factorises and len(laws) > 1:
            values = [self._values(X, j).reshape(-1, 1) for j in range(len(laws))]
            check_columns(self.family, laws, np.concatenate(values, axis=1), side)
        return shallow(self, family=self.family.of_columns(laws), _laws=laws)

    # -- priors ----------------------------------------------------------------------

    @property
    def takes_priors(self) -> dict[str, type[Prior]]:  # type: ignore[override]
        return {"zero_probs": Beta, **self.family.takes_priors}

    @property
    def usual(self) -> dict[str, float]:  # type: ignore[override]
        return dict(self.family.usual)

    def _sums(self, stats: Arrays) -> tuple[Array, Array]:
        """Zeros of the point and rows (B, K, d or 1), with those that the prior stands for."""
        zeros, others = self.pseudo("zero_probs")
        return stats["zeros"] + zeros, stats["n"][..., None] + (zeros + others)

    def failing(self, params: Arrays) -> NDArray[np.bool_]:
        return ~unit.holds(params["zero_probs"]).all(axis=-1) | super().failing(params)

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
        return {"zero_probs": params["zero_probs"], **super().prepare(params)}

    def _column(self, j: int, rows: Arrays, prepared: Arrays) -> Column:
        own, law = of_part(str(j), rows), self._law(j)
        constants = of_part(str(j), prepared)
        zero: Any = rows["zero"]
        at_zero = np.full((1, 1, 1), 0.0 if self.support.discrete else -np.inf)
        if prepared and self.support.discrete:
            at_zero = law.log_prob(of_part("origin", own), constants) + own["base"][..., None, :]
        return Column(of_part("row", own), constants, zero[..., None, j, :], at_zero)

    @staticmethod
    def _zero_probs(j: int, prepared: Arrays) -> Array:
        """Those of a column (B, K, 1)."""
        return side_by_side(prepared["zero_probs"][..., j, None])

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        total: Any = 0.0
        for j in range(rows["zero"].shape[-2]):
            column = self._column(j, rows, prepared)
            mix = self.mix(self._zero_probs(j, prepared), column.at_zero)
            above = self._law(j).log_prob(column.rows, column.prepared)
            above += mix.log_factor
            total = total + np.where(column.zero, mix.log_zero, above)
        return total

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        stats, zeros = {"n": resp.sum(axis=-1)}, []
        for j in range(rows["zero"].shape[-2]):
            column, law = self._column(j, rows, prepared), self._law(j)
            probs = self._zero_probs(j, prepared) if prepared else np.full((1, 1, 1), 0.5)
            seen, unseen, at_point = self.shares(column, probs, resp)
            origin = of_part("origin", of_part(str(j), rows))
            if not prepared or not unseen.any():
                own = law.expected_stats(column.rows, column.prepared, seen)
            elif law.additive:
                own = law.expected_stats(column.rows, column.prepared, seen)
                more = law.expected_stats(origin, column.prepared, unseen)
                own = {name: value + more[name] for name, value in own.items()}
            else:  # what it wants is rows: zeros that were never seen are more of them
                both = _one_behind_the_other(column.rows, origin)
                shares = np.concatenate([seen, unseen], axis=-1)
                own = law.expected_stats(both, column.prepared, shares)
            stats |= joined([(str(j), own)])
            zeros.append(at_point)
        return {**stats, "zeros": np.stack(zeros, axis=-1)}

    def maximise(
        self, stats: Arrays, params: Arrays | None, constraints: Constraints = FREE
    ) -> dict[str, Array]:
        zeros, n = (constraints.pool("zero_probs", sums) for sums in self._sums(stats))
        probs = np.clip(zeros / np.maximum(n, TINY), SMALLEST, NEAR_ONE)
        of_laws = super().maximise(stats, params, constraints)
        return {"zero_probs": constraints.hold("zero_probs", probs), **of_laws}

    def at_edges(self, params: Arrays, n_rows: float) -> list[Edge]:
        probs = params["zero_probs"]
        return [
            Edge("zero_probs", no_chance(probs, n_rows), NO_ZEROS),
            Edge("zero_probs", no_chance(1 - probs, n_rows), ONLY_ZEROS),
            *super().at_edges(params, n_rows),
        ]

    def gradient(self, stats: Arrays, params: Arrays) -> dict[str, Array]:
        zeros, n = self._sums(stats)
        by_probs = zeros - n * params["zero_probs"]
        return {"zero_probs": by_probs, **super().gradient(stats, params)}

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
        return self._below(np.zeros((n, d)), params, side)

    def _below(self, X: NDArray, params: Arrays, side: Arrays) -> Array:
        """Distribution function (K, n, d) of each column by the law."""
        if self.family.factorises:
            return self.family.marginal_cdf(X, self._of_law(params), **side)
        by_column = enumerate(self._by_column(params))
        below = [law.marginal_cdf(X[:, j : j + 1], own, **side) for j, (law, own) in by_column]
        return np.concatenate(below, axis=-1)

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
        by_law = self._below(X, params, side)
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


def _one_behind_the_other(rows: Arrays, more: Arrays) -> dict[str, Array]:
    """Encoded rows (..., n) and others (..., m) as rows (..., n + m)."""
    return {
        name: np.concatenate(
            [own, np.broadcast_to(more[name], (*own.shape[:-1], more[name].shape[-1]))], axis=-1
        )
        for name, own in rows.items()
    }
