"""A Gaussian on rows some of whose values are missing at random.

Rows with the same values missing share a conditional law: the EM of Little
and Rubin (2002, Statistical Analysis with Missing Data, section 11.2), a
pattern at a time. The log density is that of the values that are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.family import Gaussian
from skmixture.families.gaussian.frame import Frame
from skmixture.families.gaussian.kernels import LOG_2PI, Kernel
from skmixture.families.gaussian.structures import Factor
from skmixture.law.family import Array, Arrays
from skmixture.numerics.buffers import side_by_side
from skmixture.table.holes import Pattern, column_moments, filled, patterns

__all__ = ["GaussianWithHoles"]

# Numbers of a block: rows times columns times components.
BLOCK = 1_000_000


class Whitening(NamedTuple):
    """What the values that are there of one pattern are measured with.

    Attributes
    ----------
    matrix : ndarray of shape (B, K, o, o)
        Inverse of the Cholesky factor of the covariance of what is there.
    log_det : ndarray of shape (B, K)
        Of that factor.
    """

    matrix: Array
    log_det: Array

    @classmethod
    def of(cls, covariances: Array, seen: NDArray[np.integer]) -> Self:
        """From covariances (B, K, d, d) and the columns seen (o,)."""
        lower = np.linalg.cholesky(covariances[..., seen[:, None], seen])
        diagonal = side_by_side(np.diagonal(lower, axis1=-2, axis2=-1))
        log_det = np.log(diagonal).sum(axis=-1)
        return cls(np.linalg.inv(lower), log_det)


class Conditional(NamedTuple):
    """What the values that are there say of a whole row, for one pattern.

    Attributes
    ----------
    coefficients : ndarray of shape (B, K, d, o)
        Of the expected row, about the means.
    rest : ndarray of shape (B, K, d, d)
        Covariance of the row, given what is there.
    """

    coefficients: Array
    rest: Array

    @classmethod
    def of(cls, covariances: Array, seen: NDArray[np.integer]) -> Self:
        """From covariances (B, K, d, d) and the columns seen (o,)."""
        d, whitening = covariances.shape[-1], Whitening.of(covariances, seen).matrix
        coefficients = covariances[..., seen] @ np.swapaxes(whitening, -1, -2) @ whitening
        coefficients[..., seen, :] = np.eye(len(seen))
        rest = covariances - coefficients @ np.swapaxes(covariances[..., seen], -1, -2)
        unseen = ~np.isin(np.arange(d), seen)
        return cls(coefficients, rest * (unseen[:, None] & unseen))


class Patterned(Kernel):
    """Both steps, a pattern of missing values at a time."""

    def block_rows(self, n_features: int, n_laws: int) -> int:
        return int(np.clip(BLOCK / (n_features * n_laws), 256, 8192))

    def encode(self, X: NDArray) -> dict[str, Any]:
        x = np.empty((X.shape[1], X.shape[0]))
        self.centred(X, out=x)
        missing = np.isnan(x)
        return {"x": x, "n_seen": (~missing).sum(axis=0), "patterns": patterns(missing)}

    def prepare(self, means: Array, factor: Factor) -> dict[str, Array]:
        d, matrix = means.shape[-1], factor.matrix
        if self.structure.triangular:
            inverse = np.linalg.inv(matrix)
            covariances = np.swapaxes(inverse, -1, -2) @ inverse
        else:
            covariances = self.structure.matrices(1 / matrix**2, d)
        return {
            "means": means,
            "covariances": np.broadcast_to(covariances, (*means.shape, d)),
            "constant": np.zeros(means.shape[:2]),
        }

    def distances(self, rows: Arrays, prepared: Arrays) -> tuple[Array, Array]:
        """Squared distances, and log determinants of the factors, of what is there: (B, K, n)."""
        shape = (*prepared["means"].shape[:2], rows["x"].shape[-1])
        distance, log_det = np.zeros(shape), np.zeros(shape)
        for pattern, about in self.by_pattern(rows, prepared):
            whitening = Whitening.of(prepared["covariances"], pattern.seen)
            white = whitening.matrix @ about
            distance[..., pattern.rows] = np.einsum("bkdn,bkdn->bkn", white, white)
            log_det[..., pattern.rows] = whitening.log_det[..., None]
        return distance, log_det

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        distance, level = self.distances(rows, prepared)
        level += 0.5 * LOG_2PI * rows["n_seen"]
        return prepared["constant"][..., None] - (0.5 * distance + level)

    def expected_stats(
        self, rows: Arrays, prepared: Arrays, resp: Array, scales: Array | None = None
    ) -> dict[str, Array]:
        """Moments, those of what is there by `resp` times `scales` (n,) or (B, K, n).

        What is missing varies by its own law, whatever the scale of the row.
        """
        d = rows["x"].shape[0]
        if not prepared:  # nothing is known yet: what is missing is as the whole column
            variance = np.where(self.frame.variance > 0, self.frame.variance, 1.0)
            prepared = {
                "means": np.zeros((*resp.shape[:2], d)),
                "covariances": np.broadcast_to(np.diag(variance), (*resp.shape[:2], d, d)),
            }
        scaled = resp if scales is None else resp * scales
        first, second = np.zeros((*resp.shape[:2], d)), np.zeros((*resp.shape[:2], d, d))
        seen_mass = np.zeros(resp.shape[:2])
        for pattern, about in self.by_pattern(rows, prepared):
            lift, rest = Conditional.of(prepared["covariances"], pattern.seen)
            weighted = about * scaled[..., None, pattern.rows]
            first += (lift @ weighted.sum(axis=-1)[..., None])[..., 0]
            moment = weighted @ np.swapaxes(about, -1, -2)
            second += lift @ moment @ np.swapaxes(lift, -1, -2)
            mass = resp[..., pattern.rows].sum(axis=-1)
            second += mass[..., None, None] * rest
            seen_mass += mass
        total = resp.sum(axis=-1)
        # of a row of which nothing is there, all is expected
        second += (total - seen_mass)[..., None, None] * prepared["covariances"]
        return {"n": total, "first": first, "second": self.structure.of_matrices(second)}

    def second(self, stats: Arrays) -> Array:
        return stats["second"]

    def reference(self, params: Arrays | None, n_features: int) -> Array:
        return np.zeros((1, 1, n_features)) if params is None else params["means"]

    def by_pattern(self, rows: Arrays, prepared: Arrays) -> Iterator[tuple[Pattern, Array]]:
        """Each pattern in which something is there, with its rows about the means (B, K, o, m)."""
        pattern: Any
        for pattern in rows["patterns"]:
            if len(pattern.seen):
                x = rows["x"][pattern.seen[:, None], pattern.rows]
                yield pattern, x - prepared["means"][..., pattern.seen, None]


class GaussianWithHoles(Gaussian):
    """The same law; NaN is a value that is missing."""

    _kernel_type = Patterned

    def localise(self, X: NDArray, weight: Array | None = None, **side: Array) -> Self:
        frame = Frame.of(filled(X, weight), weight)
        # of the columns as far as they are there: what is filled in does not vary
        return self.within(frame.varying(column_moments(X, weight).variance / frame.unit**2))

    def within(self, frame: Frame) -> Self:
        return self._by(Patterned)._placed(frame)

    def kernel(self, n_features: int) -> Patterned:
        return Patterned(self.structure, self.frame(n_features))

    def log_base(self, X: NDArray, **side: Array) -> Array:
        seen = (~np.isnan(X)).sum(axis=-1)
        return -seen * np.log(self.frame(X.shape[-1]).unit)

    def stable(self) -> Self:
        return self

    def of_given(self) -> Self:
        return self

    def rounding(self, params: Arrays) -> Array:
        return np.zeros(len(params["means"]))

    def features(self, X: NDArray) -> Array:
        return super().features(filled(X, None))

    def expected_rows(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        return np.where(np.isnan(X), self.conditional_moments(X, params)[0], X)

    def conditional_moments(self, X: NDArray, params: Arrays) -> tuple[Array, Array]:
        """Means and variances (K, n, d) of the values of each row, given those that are there."""
        kernel = self.kernel(X.shape[1])
        rows, batch = kernel.encode(X), {name: value[None] for name, value in params.items()}
        prepared = self.prepare(batch)
        covariances = prepared["covariances"]
        means = np.repeat(prepared["means"][0][:, None], len(X), axis=1)
        variances = np.empty_like(means)
        variances[:] = np.diagonal(covariances[0], axis1=-2, axis2=-1)[:, None]
        for pattern, about in kernel.by_pattern(rows, prepared):
            lift, rest = Conditional.of(covariances, pattern.seen)
            means[:, pattern.rows] += np.swapaxes((lift @ about)[0], -1, -2)
            variances[:, pattern.rows] = np.diagonal(rest[0], axis1=-2, axis2=-1)[:, None]
        return means, variances
