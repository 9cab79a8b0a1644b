"""What a family says of tables: of columns that it asks for by name, and values of any kind."""

from __future__ import annotations

from typing import Self

from numpy.typing import NDArray

from skmixture.law.face import Array
from skmixture.law.incomplete import Incomplete
from skmixture.law.mixed import Names, Orders, numbers

__all__ = ["Tabular"]


class Tabular(Incomplete):
    """The part of a family's contract that is about the columns of a table.

    Most families have nothing to say: their columns are numbers.
    """

    def for_columns(self, names: NDArray | None) -> Self:
        """The same family for a table whose columns have these names, or none.

        For families that ask for columns by name.
        """
        return self

    def asked_columns(self) -> list[str] | None:
        """The names of columns that the family asks for, in its order; None where it does not."""
        return None

    def for_width(self, n_features: int) -> Self:
        """The same family for rows of so many columns.

        For families whose parameters need not tell their number.
        """
        return self

    @property
    def reads_labels(self) -> bool:
        """Whether X may hold values of any kind, which the law turns into numbers itself."""
        return False

    def learnt(self, table: NDArray, names: Names = None, orders: Orders = None) -> Self:
        """The law that knows the categories of a table (n, d) of any kind.

        `orders` are the categories of columns whose order is known.
        """
        return self

    def coded(self, table: NDArray, names: Names = None) -> Array:
        """Numbers (n, d) in the place of such values, NaN where one is missing."""
        return numbers(table, names)

    def decoded(self, X: NDArray) -> NDArray:
        """The values (n, d) that numbers stand for: `coded` undone."""
        return X
