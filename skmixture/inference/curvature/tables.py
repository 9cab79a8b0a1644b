"""Standard errors as tables."""

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
from skmixture.inference.table import percent

if TYPE_CHECKING:
    import pandas

__all__ = ["ORIGINS", "Tables"]

Array = NDArray[np.floating]

# What the kinds rest on.
ORIGINS = {
    "observed": "by the observed information",
    "sandwich": "by the sandwich",
    "opg": "by the outer products of scores",
}


class Tables(Mapping[str, Array]):
    """Tables of what is a mapping of standard errors."""

    kind: str
    estimates: dict[str, Array]
    labels: Labels
    confidence_interval: Any

    def summary(
        self, level: float = 0.95, transform: Any = None, names: Sequence[str] | None = None
    ) -> EstimateTable:
        """Estimates, their standard errors and intervals, as a table to read.

        Parameters
        ----------
        level, transform
            As `confidence_interval` takes them.
        names : sequence of str, optional
            Of parameters; by default all, and what is derived of them.

        Returns
        -------
        EstimateTable
            It prints as the table, is a mapping of its columns by name, and
            has `row` and `to_frame`.

        Raises
        ------
        ValueError
            Where an option is unfit.

        Examples
        --------
        >>> from skmixture import PoissonMixture
        >>> from skmixture.inference import standard_errors
        >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
        >>> standard_errors(PoissonMixture().fit(X), X).summary()
                     estimate  standard error   2.5%  97.5%
        weights[0]          1               0      1      1
        rates[0, 0]     1.500           0.433  0.852  2.641
        by the observed information; 95% Wald intervals
        """
        wanted = check_names(names, self)
        ends = self.confidence_interval(level, transform)
        columns: dict[str, Mapping[str, Array]] = {
            "estimate": self.estimates,
            "standard_error": self,
            **ends_by_column(ends, level),
        }
        origin = f"{ORIGINS[self.kind]}; {percent(level)} Wald intervals"
        return estimate_table(columns, self.labels, wanted, level=float(level), origin=origin)

    def to_frame(self) -> pandas.DataFrame:
        """A row for each value, with its estimate and its standard error; needs pandas.

        Rows are named by the parameter and the place, ``means[0, 1]``, or
        ``means[0, waiting]`` where columns of the data have names.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas

        labels, table = [], []
        for name, errors in self.items():
            for place, label in called(self.labels, name, errors.shape).items():
                labels.append(label)
                table.append((self.estimates[name][place], errors[place]))
        return pandas.DataFrame(table, index=labels, columns=["estimate", "standard_error"])
