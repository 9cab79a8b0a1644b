"""What a family says of rows some of whose values are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from skmixture.law.face import Array, Arrays, Face
from skmixture.table.holes import first_hole

__all__ = ["Incomplete"]


class Incomplete(Face):
    """The part of a family's contract that is about missing values, which are NaN.

    Of a law that factorises nothing is asked. Another one may have
    `with_holes` and, beside it, `expected_rows`.
    """

    factorises: ClassVar[bool] = False  # independent columns, every parameter (K, d)
    why_whole: ClassVar[str] = ""  # what a user reads of why no value may be missing

    @property
    def takes_holes(self) -> bool:
        """Whether values may be missing in any column."""
        return self.factorises or type(self).with_holes is not Incomplete.with_holes

    @property
    def takes_some_holes(self) -> bool:
        """Whether there are columns in which values may be missing."""
        return self.takes_holes

    def check_holes(
        self, X: Any, owner: str = "", columns: NDArray[np.integer] | None = None
    ) -> None:
        """Raise a ValueError that names a value which is missing and may not be.

        Where `X` is some columns of a table, `columns` are their places in it,
        and `owner` is what the law is called there.
        """
        hole = None if self.takes_holes else first_hole(X)
        if hole is not None:
            row, column = hole[0], hole[1] if columns is None else columns[hole[1]]
            raise ValueError(
                f"Input X contains NaN: X[{row}, {column}] is missing, but "
                f"{owner or type(self).__name__} takes no missing values{self.why_whole}: fill "
                "them in, or leave rows out"
            )

    def of_column(self, j: int) -> Self:
        """The law of one column, of a family that factorises."""
        return self

    def of_columns(self, laws: Sequence[Any]) -> Self:
        """The law of all columns in the units of these, which are localised to one column each.

        For families whose transforms are in local units.
        """
        return self

    def with_holes(self) -> Any:
        """The law for rows in which NaN is a value that is missing; not where it factorises."""
        raise NotImplementedError(f"{type(self).__name__} does not define with_holes()")

    def for_rows(self, X: NDArray) -> Any:
        """The same law for the scores of rows (n, d), in the user's coordinates.

        Of a law for rows with holes, which may look where they are.
        """
        return self

    def expected_rows(self, X: NDArray, params: Arrays, **side: Array) -> Array:
        """Rows (K, n, d) with what is missing as each component expects it; params (K, ...).

        Of a law for rows with holes, in the user's coordinates; not where it factorises.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define expected_rows()")

    def filled_in(self, X: NDArray, params: Arrays, resp: Array, **side: Array) -> Array | None:
        """Rows (n, d) with something for what is missing, by responsibilities (n, K).

        None of a law for which that is what it expects. Of rows with holes,
        in the user's coordinates; params (K, ...).
        """
        return None
