"""Student's t on rows some of whose values are missing at random.

What is there of a row has a t law with the same degrees of freedom v. Where
that is o values at the squared distance D, the latent scale u has the mean
``w = (v + o) / (v + D)``. Given u, what is missing is Gaussian about its
regression on what is there, its covariance C / u. So the moments take the
expected row by its w, and C itself whatever w is, for ``E[u C / u] = C``
(Little 1988, Applied Statistics 37, 23-38; Liu and Rubin 1995, Statistica
Sinica 5, 19-39). How far u is known depends on o, and enters the degrees of
freedom.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.families.gaussian.holes import GaussianWithHoles
from skmixture.families.student_t.family import StudentT, as_normal
from skmixture.families.student_t.latent import Latent, Seen
from skmixture.law.family import Array, Arrays
from skmixture.numerics.special import gamma_rise

__all__ = ["StudentTWithHoles"]


class StudentTWithHoles(StudentT):
    """The same law; NaN is a value that is missing."""

    _local: GaussianWithHoles | None = None

    @property
    def normal(self) -> GaussianWithHoles:
        return self._local or GaussianWithHoles(self.covariance_type, self.reg_covar)

    def prepare(self, params: Arrays) -> dict[str, Array]:
        dofs, d = params["dofs"], params["means"].shape[-1]
        n_seen = np.arange(d + 1)
        level = self.normal.kernel(d).log_constant(1) * n_seen
        level = level + gamma_rise(0.5 * n_seen, 0.5 * dofs[..., None])  # (B, K, d + 1)
        return {**self.normal.prepare(as_normal(params)), "dofs": dofs, "level": level}

    def raised(self, prepared: Arrays, amount: Array) -> dict[str, Array]:
        return {**prepared, "level": prepared["level"] + amount[..., None]}

    def log_prob(self, rows: Arrays, prepared: Arrays) -> Array:
        dofs, n_seen = prepared["dofs"][..., None], rows["n_seen"]
        distance, log_det = self.normal.kernel(len(rows["x"])).distances(rows, prepared)
        log_prob = -0.5 * (dofs + n_seen) * np.log1p(distance / dofs)
        log_prob += prepared["level"][..., n_seen]
        log_prob -= log_det
        return log_prob

    def expected_stats(self, rows: Arrays, prepared: Arrays, resp: Array) -> dict[str, Array]:
        """As of whole rows, "mass" and "squares" by the number of values that are there."""
        if not prepared:
            return self._first_stats(rows, resp)
        d, n_seen = len(rows["x"]), rows["n_seen"]
        kernel = self.normal.kernel(d)
        distance, _ = kernel.distances(rows, prepared)
        latent = Latent.of(distance, prepared["dofs"][..., None], n_seen)
        by_number = (n_seen[:, None] == np.arange(d + 1)).astype(float)
        return {
            **kernel.expected_stats(rows, prepared, resp, latent.scale),
            "scaled": np.einsum("bkn,bkn->bk", resp, latent.scale),
            "gap": np.einsum("bkn,bkn->bk", resp, latent.gap),
            "mass": resp @ by_number,
            "squares": (resp * latent.less**2) @ by_number,
        }

    def _first_stats(self, rows: Arrays, resp: Array) -> dict[str, Array]:
        kernel = self.normal.kernel(len(rows["x"]))
        scale: Array = np.ones(len(rows["n_seen"]))
        if self._middle is not None:
            scale = self._middle.first_scales(rows["x"], kernel.frame)
        return {**kernel.expected_stats(rows, {}, resp, scale), "scaled": resp @ scale}

    def _seen(self, stats: Arrays) -> Seen:
        numbers = np.arange(stats["first"].shape[-1] + 1)
        return Seen(numbers, stats["mass"], stats["squares"])

    # -- beyond fitting ----------------------------------------------------

    def features(self, X: NDArray) -> Array:
        return np.nan_to_num(super().features(X))  # what is missing is in the middle

    def expected_rows(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        """By the regressions, which are the Gaussian's; so too where there is no expectation.

        That is where degrees of freedom and values that are there add up to 1 or less.
        """
        return self.normal.expected_rows(X, as_normal(params))
