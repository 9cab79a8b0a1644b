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

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.frame import Frame
from skmixture.families.gaussian.structures import Factor, Structure
from skmixture.family import Array, Arrays, contract, gather, rows_of_block

__all__ = ["Expanded", "Kernel", "Whitened"]

LOG_2PI = float(np.log(2 * np.pi))


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

    @abstractmethod
    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        """Log density (B, K, n)."""

    @abstractmethod
    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        """Mass, first and second moments about the point of reference, as they add up."""

    @abstractmethod
    def second(self, stats: Arrays) -> Array:
        """Second moments from their sums, in the shape of the covariances."""

    @abstractmethod
    def reference(self, params: Arrays | None, n_features: int) -> Array:
        """The point about which sums are gathered, broadcastable to (B, K, d)."""

    def log_constant(self, n_features: int) -> float:
        """What every log density holds: the normaliser, and the unit of the frame."""
        return -n_features * (0.5 * LOG_2PI + float(np.log(self.frame.unit)))

    def centred(self, X: NDArray, out: Array) -> None:
        """Rows (..., n, d) in local coordinates, rows last."""
        np.subtract(np.swapaxes(X, -1, -2), self.frame.origin[:, None], out=out)
        if self.frame.unit != 1:
            out *= 1 / self.frame.unit


class Expanded(Kernel):
    """Products of features: 1, the columns, and what is quadratic in them."""

    def block_rows(self, n_features: int, n_laws: int) -> int:
        n_statistics = 1 + n_features + self.structure.n_quadratic(n_features)
        return rows_of_block(n_statistics, n_laws)

    def encode(self, X: NDArray) -> dict[str, Array]:
        *batch, n, d = X.shape
        features = np.empty((*batch, 1 + d + self.structure.n_quadratic(d), n))
        features[..., 0, :] = 1.0
        x = features[..., 1 : 1 + d, :]
        self.centred(X, out=x)
        self.structure.quadratic(x, features[..., 1 + d :, :])
        return {"features": features, "x": x}

    def prepare(self, means: Array, factor: Factor) -> dict[str, Array]:
        precision = self.structure.precision(factor.matrix)
        linear = self.structure.apply(precision, means)
        log_det = np.broadcast_to(factor.log_det, means.shape[:2])
        constant = log_det + self.log_constant(means.shape[-1])
        constant = constant - 0.5 * (linear * means).sum(axis=-1)
        linear = np.concatenate([constant[..., None], linear], axis=-1)
        quadratic = self.structure.pack(precision)
        if self.structure.pooled:
            return {"linear": linear, "quadratic": quadratic}
        return {"linear": np.concatenate([linear, quadratic], axis=-1)}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        features, linear = rows["features"], prepared["linear"]
        if not self.structure.pooled:
            return contract(linear, features)
        split = linear.shape[-1]
        log_prob = contract(linear, features[..., :split, :])
        log_prob += contract(prepared["quadratic"], features[..., split:, :])
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        features, split = rows["features"], 1 + rows["x"].shape[-2]
        if self.structure.pooled:  # components are summed before anything is multiplied
            linear = gather(resp, features[..., :split, :])
            quadratic = gather(resp.sum(axis=1, keepdims=True), features[..., split:, :])
        else:
            sums = gather(resp, features)
            linear, quadratic = sums[..., :split], sums[..., split:]
        return {"n": linear[..., 0], "first": linear[..., 1:], "second": quadratic}

    def second(self, stats: Arrays) -> Array:
        return self.structure.unpack(stats["second"], stats["first"].shape[-1])

    def reference(self, params: Arrays | None, n_features: int) -> Array:
        return np.zeros((1, 1, n_features))


class Whitened(Kernel):
    """Rows about each component's mean, whitened by the factor of its precision."""

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return int(np.clip(4e4 / n_features, 256, 8192))

    def encode(self, X: NDArray) -> dict[str, Array]:
        x = np.empty((*X.shape[:-2], X.shape[-1], X.shape[-2]))
        self.centred(X, out=x)
        return {"x": x}

    def prepare(self, means: Array, factor: Factor) -> dict[str, Array]:
        constant = factor.log_det + self.log_constant(means.shape[-1])
        matrices = (*means.shape[:2], *factor.matrix.shape[2:])
        return {
            "means": means,
            "factor": np.broadcast_to(factor.matrix, matrices),
            "constant": np.broadcast_to(constant, means.shape[:2]),
        }

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        constant, factor = prepared["constant"], prepared["factor"]
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
