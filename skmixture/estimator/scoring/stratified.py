"""Rows in strata: the mixing weights that each of them has."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skmixture.given.strata import Strata

__all__ = ["Stratified"]

Array = NDArray[np.floating]


class Stratified:
    """Strata of a fitted mixture, looked up for rows that are scored, described or drawn."""

    weights_: Array
    strata_: NDArray
    strata_weights_: Array
    handle_unknown: str = "error"

    @property
    def _has_strata(self) -> bool:
        return hasattr(self, "strata_")

    def _codes(
        self, strata: ArrayLike | None, n_rows: int, counts: NDArray[np.bool_] | None = None
    ) -> NDArray[np.integer] | None:
        """The row of `_weights_table` for each of so many rows; None where there is one.

        Rows that do not count may be of any stratum.
        """
        if not self._has_strata:
            if strata is not None:
                raise ValueError(
                    "strata were given, but the model was fitted without: fit with strata too, or "
                    "leave them out"
                )
            return None
        if strata is None:
            raise ValueError(
                "strata is missing: the model was fitted with strata, so pass those of these rows. "
                "In a grid search or cross-validation: enable metadata routing and "
                "set_score_request(strata=True), or that of another method which is called there. "
                "What a search itself predicts takes none: ask its best_estimator_"
            )
        codes = Strata.among(strata, n_rows, self.strata_).codes
        unknown = codes < 0
        if not unknown.any():
            return codes
        refused = unknown if counts is None else unknown & counts
        if refused.any() and self.handle_unknown != "average":
            self._refuse(strata, int(np.argmax(refused)), n_rows)
        return np.where(unknown, len(self.strata_), codes)

    def _refuse(self, strata: ArrayLike, row: int, n_rows: int) -> NoReturn:
        label = Strata.label(strata, row, n_rows, self.strata_)
        raise ValueError(
            f"strata[{row}] = {label!r} was not among the strata of the fit, "
            f"{self.strata_[:10].tolist()}{' and more' if len(self.strata_) > 10 else ''}; with "
            "handle_unknown='average', an option of the constructor, such rows get the average "
            "weights"
        )

    def _weights_table(self) -> Array:
        """Mixing weights (G + 1, K) of the strata and of rows in none of them; (1, K) without."""
        weights = np.asarray(self.weights_, dtype=float)[None]
        if not self._has_strata:
            return weights
        return np.vstack([np.asarray(self.strata_weights_, dtype=float), weights])

    def _weights_of(self, strata: ArrayLike | None, n_rows: int) -> Array:
        """Mixing weights (n, K) of so many rows, (1, K) where all have the same."""
        codes, table = self._codes(strata, n_rows), self._weights_table()
        return table if codes is None else table[codes]
