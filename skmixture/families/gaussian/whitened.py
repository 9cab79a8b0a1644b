"""Gaussian by rows about each component's own mean: every digit kept, more work a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.family import Gaussian
from skmixture.family import Array, Arrays, Family

__all__ = ["WhitenedGaussian"]


class WhitenedGaussian(Gaussian):
    """The stable form of `Gaussian`.

    Products of far rows cancel where a component is narrow against the
    spread of the data. Here the mean is subtracted before anything is
    multiplied, in the E-step and in the sums, which are gathered about the
    means that they were computed with.
    """

    def stable(self) -> Family:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(params["means"]))

    def reference(self, params: Arrays | None, n_features: int) -> Array:
        return super().reference(params, n_features) if params is None else params["means"]

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return int(np.clip(4e4 / n_features, 256, 8192))

    def encode(self, X: NDArray, **side: Array) -> dict[str, Array]:
        frame = self.frame(X.shape[-1])
        x = np.swapaxes(X, -1, -2) - frame.origin[:, None]
        return {"x": x / frame.unit}

    def prepare(self, params: Arrays) -> dict[str, Array]:
        means, factor = params["means"], self.factor(params)
        constant = factor.log_det + self._log_constant(means.shape[-1])
        return {
            "means": means,
            "factor": np.broadcast_to(factor.matrix, (*means.shape[:2], *factor.matrix.shape[2:])),
            "constant": np.broadcast_to(constant, means.shape[:2]),
        }

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        constant = prepared["constant"]
        log_prob = np.empty((*constant.shape, rows["x"].shape[-1]))
        for place in np.ndindex(constant.shape):
            white = self.structure.rotate(
                self._centred(rows, prepared, place), prepared["factor"][place]
            )
            np.einsum("dn,dn->n", white, white, out=log_prob[place])
        log_prob *= -0.5
        log_prob += constant[..., None]
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        first, second = [], []
        for place in np.ndindex(resp.shape[:2]):
            centred = self._centred(rows, prepared, place)
            first.append(centred @ resp[place])
            second.append(self.structure.second_moment(centred, resp[place]))
        moments = np.array(second).reshape(*resp.shape[:2], *np.shape(second[0]))
        if self.structure.pooled:
            moments = moments.sum(axis=1, keepdims=True)
        return {
            "n": resp.sum(axis=-1),
            "first": np.array(first).reshape(*resp.shape[:2], -1),
            "second": moments,
        }

    def moments(self, stats: Arrays) -> tuple[Array, Array]:
        return stats["first"], self.structure.complete(stats["second"])

    @staticmethod
    def _centred(rows: Arrays, prepared: Arrays, place: tuple[int, ...]) -> Array:
        x = rows["x"] if rows["x"].ndim == 2 else rows["x"][place[0]]
        return x - prepared["means"][place][:, None]
