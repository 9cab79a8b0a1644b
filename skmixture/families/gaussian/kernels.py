"""Two ways through both steps of a Gaussian: products of features, or rows about each mean.

`Expanded` writes the quadratic form as a polynomial in the row, so that the
E-step and the sums are one matrix product each. Products of far rows cancel
where a component is narrow against the spread of the data; `Whitened`
subtracts the mean before anything is multiplied, and gathers its sums about
the means that they were computed with. It keeps every digit, at more work a
row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.frame import Frame
from skmixture.families.gaussian.structures import Factor, Structure
from skmixture.law.family import Array, Arrays
from skmixture.numerics.buffers import aligned, unbuffered
from skmixture.numerics.products import contract, gather, rows_of_block

__all__ = ["Expanded", "Kernel", "Linear", "Whitened"]

LOG_2PI = float(np.log(2 * np.pi))
# Numbers about all means that are worked out together.
FEW_NUMBERS = 10_000


class Kernel(ABC):
    """The steps of one covariance structure in one frame."""

    def __init__(self, structure: Structure, frame: Frame) -> None:
        self.structure = structure
        self.frame = frame

    @abstractmethod
    def block_rows(self, n_features: int, n_laws: int) -> int:
        """Rows of a block."""

    @abstractmethod
    def encode(self, X: NDArray) -> dict[str, Array]:
        """What a block of rows (..., n, d) needs, rows last."""

    @abstractmethod
    def prepare(self, means: Array, factor: Factor) -> dict[str, Array]:
        """Constants of one sweep."""

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array]:
        """Constants by which log densities are higher by `amount` (B, K)."""
        return {**prepared, "constant": prepared["constant"] + amount}

    @abstractmethod
    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        """Log density (B, K, n), less what `join_common` adds."""

    @abstractmethod
    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        """Mass, first and second moments about the point of reference, as they add up."""

    @abstractmethod
    def second(self, stats: Arrays) -> Array:
        """Second moments from their sums, in the shape of the covariances."""

    @abstractmethod
    def reference(self, params: Arrays | None, n_features: int) -> Array:
        """The point about which sums are gathered, broadcastable to (B, K, d)."""

    def common_sums(self, X: NDArray, weight: Array) -> dict[str, Array]:
        """Sums over rows that no parameter enters."""
        return {}

    def join_common(self, sums: Arrays, stats: dict[str, Array], precision: Array) -> Array | float:
        """Complete `stats`; the log-likelihood (B,) of what components have in common."""
        return 0.0

    def log_constant(self, n_features: int) -> float:
        """What every log density holds, in the units of the frame."""
        return -0.5 * n_features * LOG_2PI

    def centred(self, X: NDArray, out: Array) -> None:
        """Rows (..., n, d) in local coordinates, rows last."""
        columns = np.swapaxes(X, -1, -2)
        with unbuffered(X.shape[-2]) if X.dtype == out.dtype else nullcontext():
            np.subtract(columns, self.frame.origin[:, None], out=out)
        if self.frame.unit != 1:
            out *= 1 / self.frame.unit


class Expanded(Kernel):
    """Products of features: 1, the columns, and what is quadratic in them."""

    def n_statistics(self, n_features: int) -> int:
        return 1 + n_features + self.structure.n_quadratic(n_features)

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return rows_of_block(self.n_statistics(n_features), n_laws)

    def encode(self, X: NDArray) -> dict[str, Array]:
        *batch, n, d = X.shape
        features = aligned(*batch, self.n_statistics(d), n)
        features[..., 0, :] = 1.0
        x = features[..., 1 : 1 + d, :]
        self.centred(X, out=x)
        with unbuffered(n):
            self.quadratic(x, features[..., 1 + d :, :])
        return {"features": features, "x": x}

    def quadratic(self, x: Array, out: Array) -> None:
        """What is quadratic in a row, as far as it tells components apart."""
        self.structure.quadratic(x, out)

    def prepare(self, means: Array, factor: Factor) -> dict[str, Array]:
        linear = self.structure.apply(factor.precision, means)
        constant = factor.log_det + self.log_constant(means.shape[-1])
        constant = constant - 0.5 * np.add.reduce(linear * means, axis=-1)
        coefficients = np.empty((*means.shape[:2], self.n_statistics(means.shape[-1])))
        coefficients[..., 0] = constant
        coefficients[..., 1 : 1 + means.shape[-1]] = linear
        self.pack(factor.precision, coefficients[..., 1 + means.shape[-1] :])
        return {"coefficients": coefficients}

    def pack(self, precision: Array, out: Array) -> None:
        """Coefficients of what `quadratic` makes."""
        out[...] = self.structure.pack(precision)

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array]:
        coefficients = prepared["coefficients"].copy()
        coefficients[..., 0] += amount
        return {**prepared, "coefficients": coefficients}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        return contract(prepared["coefficients"], rows["features"])

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        first = 1 + rows["x"].shape[-2]
        sums = gather(resp, rows["features"])
        second = sums[..., first:]
        if self.structure.pooled:
            second = second.sum(axis=1, keepdims=True)
        return {"n": sums[..., 0], "first": sums[..., 1:first], "second": second}

    def second(self, stats: Arrays) -> Array:
        return self.structure.unpack(stats["second"], stats["first"].shape[-1])

    def reference(self, params: Arrays | None, n_features: int) -> Array:
        return np.zeros((1, 1, n_features))


class Linear(Expanded):
    """The same where components share their covariance: its quadratic form is common to all.

    Responsibilities do not feel it, and its sums are known once the products
    of all rows are. For responsibilities that sum to 1.
    """

    def n_statistics(self, n_features: int) -> int:
        return 1 + n_features

    def quadratic(self, x: Array, out: Array) -> None:
        pass

    def pack(self, precision: Array, out: Array) -> None:
        pass

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        sums = gather(resp, rows["features"])
        return {"n": sums[..., 0], "first": sums[..., 1 : 1 + rows["x"].shape[-2]]}

    def common_sums(self, X: NDArray, weight: Array) -> dict[str, Array]:
        x = np.empty((*X.shape[:-2], X.shape[-1], X.shape[-2]))
        self.centred(X, out=x)
        second = (x * weight[:, None]) @ np.swapaxes(x, -1, -2)  # (1 or B, d, d)
        return {"second": self.structure.packed(second)[:, None]}

    def join_common(self, sums: Arrays, stats: dict[str, Array], precision: Array) -> Array:
        stats["second"] = np.repeat(sums["second"], len(precision) // len(sums["second"]), axis=0)
        return (self.structure.pack(precision) * stats["second"]).sum(axis=(1, 2))


class Whitened(Kernel):
    """Rows about each component's mean, whitened by the factor of its precision."""

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return int(np.clip(1.6e5 / n_features, 256, 8192))

    def encode(self, X: NDArray) -> dict[str, Array]:
        x = np.empty((*X.shape[:-2], X.shape[-1], X.shape[-2]))
        self.centred(X, out=x)
        return {"x": x}

    def prepare(self, means: Array, factor: Factor) -> dict[str, Array]:
        matrix, constant = factor.matrix, factor.log_det + self.log_constant(means.shape[-1])
        if self.structure.pooled:
            matrix = np.broadcast_to(matrix, (*means.shape[:2], *matrix.shape[2:]))
            constant = np.broadcast_to(constant, means.shape[:2])
        return {"means": means, "factor": matrix, "constant": constant}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        constant, factor = prepared["constant"], prepared["factor"]
        if rows["x"].size * constant.size <= FEW_NUMBERS:  # all components at once
            about = rows["x"][..., None, :, :] - prepared["means"][..., None]
            white = self.structure.rotate(about, factor)
            return constant[..., None] - 0.5 * np.einsum("bkdn,bkdn->bkn", white, white)
        log_prob = np.empty((*constant.shape, rows["x"].shape[-1]))
        for place in np.ndindex(constant.shape):
            white = self.structure.rotate(_about_mean(rows, prepared, place), factor[place])
            np.einsum("dn,dn->n", white, white, out=log_prob[place])
        log_prob *= -0.5
        log_prob += constant[..., None]
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        first, second = [], []
        for place in np.ndindex(resp.shape[:2]):
            x = _about_mean(rows, prepared, place)
            first.append(x @ resp[place])
            second.append(self.structure.second_moment(x, resp[place]))
        moments = np.array(second).reshape(*resp.shape[:2], *np.shape(second[0]))
        return {
            "n": resp.sum(axis=-1),
            "first": np.array(first).reshape(*resp.shape[:2], -1),
            "second": moments.sum(axis=1, keepdims=True) if self.structure.pooled else moments,
        }

    def second(self, stats: Arrays) -> Array:
        return self.structure.complete(stats["second"])

    def reference(self, params: Arrays | None, n_features: int) -> Array:
        return np.zeros((1, 1, n_features)) if params is None else params["means"]


def _about_mean(rows: Arrays, prepared: Arrays, place: tuple[int, ...]) -> Array:
    """Rows (d, n) less the mean of one component, a new array."""
    x = rows["x"] if rows["x"].ndim == 2 else rows["x"][place[0]]
    return x - prepared["means"][place][:, None]
