"""What a bootstrap found, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.asked import check_names
from skmixture.inference.estimate_table import (
    EstimateTable,
    Labels,
    called,
    ends_by_column,
    estimate_table,
)
from skmixture.inference.replicates.failures import Failure
from skmixture.inference.replicates.moments import Moments
from skmixture.inference.table import percent

if TYPE_CHECKING:
    import pandas

__all__ = ["Tables"]

Array = NDArray[np.floating]


class Tables(Moments):
    """Tables of estimates and of replicates."""

    kind: str
    log_likelihoods: Array
    converged: NDArray[np.bool_]
    alignment_cost: Array
    failures: tuple[Failure, ...]
    labels: Labels | None
    confidence_interval: Any

    def summary(
        self,
        level: float = 0.95,
        method: str = "percentile",
        transform: Any = None,
        names: Sequence[str] | None = None,
    ) -> EstimateTable:
        """Estimates, their standard errors, biases and intervals, as a table to read.

        Parameters
        ----------
        level, method, transform
            As `confidence_interval` takes them.
        names : sequence of str, optional
            Of `estimates`; by default all.

        Returns
        -------
        EstimateTable
            It prints as the table, is a mapping of its columns by name, and
            has `row`, `to_frame`, `n_replicates` and `n_failed`.

        Raises
        ------
        ValueError
            Where there are too few replicates for the level, or an option is unfit.

        Examples
        --------
        >>> from skmixture import PoissonMixture
        >>> from skmixture.inference import bootstrap
        >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
        >>> result = bootstrap(PoissonMixture().fit(X), X, n_replicates=100, random_state=0)
        >>> result.summary(names=["rates"])
                     estimate  standard error    bias   2.5%  97.5%
        rates[0, 0]     1.500           0.414  -0.008  0.750  2.316
        100 parametric replicates, 0 failed; 95% percentile intervals
        """
        wanted = check_names(names, self.estimates)
        ends = self.confidence_interval(level, method, transform)
        columns: dict[str, Mapping[str, Array]] = {
            "estimate": self.estimates,
            "standard_error": self.standard_error,
            "bias": self.bias,
            **ends_by_column(ends, level),
        }
        there, failed = len(self.index), len(self.failures)
        told = f"{there} {self.kind} replicates, {failed} failed"
        return estimate_table(
            columns,
            self.labels,
            wanted,
            level=float(level),
            origin=f"{told}; {percent(level)} {method} intervals",
            n_replicates=there,
            n_failed=failed,
        )

    def to_frame(self, details: bool = True) -> pandas.DataFrame:
        """The replicates as a table, a row each; needs pandas.

        Columns are named by the parameter and the place, ``means[0, 1]``, or
        ``means[0, waiting]`` where columns of the data have names.

        Parameters
        ----------
        details : bool, default=True
            Whether there are columns for "log_likelihood", "converged" and
            "alignment_cost", and for values that no replicate changes. Without
            them the table is one for plots, as ``corner.corner`` makes them.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas

        columns: dict[str, NDArray] = {}
        for name, value in self.replicates.items():
            for place, label in called(self.labels, name, value.shape[1:]).items():
                at: Any = (slice(None), *place)
                column = value[at]
                if details or np.ptp(column) > 0:
                    columns[label] = column
        if details:
            columns["log_likelihood"] = self.log_likelihoods
            columns["converged"] = self.converged
            columns["alignment_cost"] = self.alignment_cost
        return pandas.DataFrame(columns, index=pandas.Index(self.index, name="replicate"))
