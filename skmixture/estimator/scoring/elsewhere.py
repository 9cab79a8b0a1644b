"""Rows that are not in memory: on file, or in the chunks of a Dask array."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_is_fitted, validate_data

from skmixture.chunked import Chunked, lazily, responsibilities, total_of
from skmixture.estimator.scoring.stratified import Stratified
from skmixture.given.validation import check_sample_weight, check_side
from skmixture.law.family import Family
from skmixture.table.streamed import Streamed

__all__ = ["Elsewhere"]

Array = NDArray[np.floating]


class Elsewhere(Stratified, ABC):
    """What is checked of such rows before they are read, and how they are scored."""

    @property
    @abstractmethod
    def _law(self) -> Family:
        """The family of the fit."""

    def _streamed(self, table: NDArray, reset: bool) -> Streamed:
        """A table on file, of which each stretch is checked as it is read."""
        law, name = self._law, type(self._law).__name__
        if table.dtype.kind not in "biuf":
            raise ValueError(f"X must be a table of numbers, got dtype {table.dtype}")

        def check(stretch: NDArray) -> None:
            assert_all_finite(stretch, input_name="X")
            law.support.check(stretch, name)

        validate_data(self, table, reset=reset, dtype=None, ensure_all_finite=False)
        return Streamed(table, check)

    def _chunked(self, X: Any, reset: bool) -> Chunked:
        """A Dask array of the right shape, not computed; its chunks are checked when they are."""
        law = self._law
        if law.reads_labels:
            raise ValueError(
                f"X must not be a Dask array: {type(law).__name__} learns categories of rows in "
                "memory. Pass codes, and their numbers as n_categories"
            )
        if reset and not law.additive:
            raise ValueError(
                f"X must not be a Dask array: {type(law).__name__} needs all rows at once"
            )
        single = not law.support.needs_double and X.dtype == np.float32
        table = Chunked(X, np.dtype(np.float32 if single else np.float64))
        least = law.min_rows if reset else 1
        validate_data(self, table.stand_in(), reset=reset, dtype=None, ensure_min_samples=least)
        return table

    def _columns(self, table: Chunked, exposure: Any, strata: Any) -> dict[str, Any]:
        """Side columns of a Dask array that is to be scored or described."""
        if strata is not None or self._has_strata:
            raise ValueError(
                "X must not be a Dask array where there are strata: pass X.compute(), a stretch of "
                "the rows at a time where they are many"
            )
        if not self._side(None if exposure is None else 1.0, 1):
            return {}

        def check(value: ArrayLike, n_rows: int) -> Array:
            return self._side(value, n_rows)["exposure"]

        return {"exposure": table.column(exposure, self._law.side_name, check)}

    def _lazily(
        self, name: str, X: Any, exposure: Any, strata: Any, per: str = "row", dtype: Any = None
    ) -> Any:
        """What a method says of each row of a Dask array, as another."""
        check_is_fitted(self)
        table = self._chunked(X, reset=False)
        width = {"row": 0, "component": len(self.weights_), "column": table.shape[1]}[per]
        columns, dtype = self._columns(table, exposure, strata), dtype or table.dtype
        return lazily(self, name, table, columns, width, dtype)

    def _total(
        self,
        name: str,
        X: Any,
        sample_weight: Any,
        exposure: Any,
        strata: Any,
        resp: Any = None,
    ) -> Array:
        """What a method says of all rows of a Dask array, which adds up over them."""
        check_is_fitted(self)
        table = self._chunked(X, reset=False)
        columns = self._columns(table, exposure, strata)
        if sample_weight is not None:
            weight = table.column(sample_weight, "sample_weight", check_sample_weight)
            columns["sample_weight"] = weight
        if resp is not None:
            columns["resp"] = responsibilities(table, resp, len(self.weights_))
        return total_of(self, name, table, columns)

    def _side(self, exposure: ArrayLike | None, n_rows: int) -> dict[str, Array]:
        """Side columns of rows that are to be scored, described or drawn."""
        if exposure is None and getattr(self, "exposed_", False):
            name = self._law.side_name
            hint = " (exposure=1 for rows of unit size)"
            if name != "exposure":
                hint = f" (as exposure= where there is no {name}=, as in displays)"
            raise ValueError(
                f"{name} is missing: the model was fitted with {self._law.side_meaning}, so pass "
                f"those of these rows{hint}. In a grid search or cross-validation: enable metadata "
                f"routing and set_score_request({name}=True)"
            )
        return check_side(self._law, exposure, n_rows)
