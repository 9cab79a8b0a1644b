"""What Gibbs sampling draws besides parameters, as a posterior shows it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.posterior.gibbs.relabelling import relabelled

__all__ = ["LATENTS", "Latents"]

Array = NDArray[np.floating]
Labels = NDArray[np.integer]

# Arrays of a round, beside those of any chain.
LATENTS = ("labels", "complete_log_likelihood", "log_likelihood", "swaps")


class Latents:
    """Labels, and what they make of the rows; there are none of other methods.

    A row of weight 3 has three labels, one behind the other: N is the sum of
    the weights.
    """

    orders: Labels | None
    latent: Mapping[str, NDArray] | None

    @property
    def labels(self) -> Labels:
        """Components (T, W, N) of the rows, in the places of the fit's, as `draws` has them."""
        labels = self.raw_labels
        return labels if self.orders is None else relabelled(labels, self.orders)

    @property
    def raw_labels(self) -> Labels:
        """The same as they were drawn, to go with `raw`."""
        return self._latent("labels")

    @property
    def complete_log_likelihood(self) -> Array:
        """Log-likelihood (T, W) of rows and labels, not tempered."""
        return self._latent("complete_log_likelihood")

    @property
    def swaps(self) -> Labels:
        """How many labels (T, W) are other ones than a round before, as they were drawn."""
        return self._latent("swaps")

    def _latent(self, name: str) -> NDArray:
        if self.latent is None:
            raise AttributeError(f"{name} is drawn by method='gibbs' alone")
        return self.latent[name]
