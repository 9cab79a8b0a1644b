"""Where the rows of a family may lie, and the error when one does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = [
    "Binary", "Codes", "Compositions", "Counts", "Measure", "Nonnegative", "Positive", "RealLine",
    "Support", "UnitInterval", "UnitVectors", "binary", "codes", "compositions", "counts",
    "nonnegative", "positive_numbers", "real_line", "unit_interval", "unit_vectors",
]  # fmt: skip

# Rows, or stored values, that are checked at a time.
STRETCH = 65_536
# What the sum of a composition may differ from 1 by.
CLOSE = 1e-8
# The same in ulps, where rows are in single precision.
ULPS = 8


@dataclass(frozen=True)
class Measure:
    """What the densities of a column are relative to.

    Attributes
    ----------
    kind : str
        "counts" and "numbers" are the common ones; empty where all mass is on points.
    points : frozenset of float
        Points that have a probability of their own besides.

    Examples
    --------
    >>> from skmixture.supports import counts, real_line
    >>> counts.measures(2) == real_line.measures(2)
    False
    """

    kind: str
    points: frozenset[float] = frozenset()


@dataclass(frozen=True)
class Support:
    """A set of allowed values, checked element by element.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import Support
    >>> class Even(Support):
    ...     description = "even numbers"
    ...     discrete = True
    ...
    ...     def contains(self, X):
    ...         return X % 2 == 0
    >>> Even().check(np.array([[4.0], [7.0]]), "a law of pairs")
    Traceback (most recent call last):
        ...
    ValueError: X[1, 0] = 7.0 lies outside the support of a law of pairs: even numbers
    (1 of 2 values outside).
    """

    description: ClassVar[str]
    kind: ClassVar[str] = "numbers"  # of which whole ones are "counts" where it is discrete
    advice: ClassVar[str] = ""  # what a user who passed other values may do
    discrete: ClassVar[bool] = False  # equal rows are then folded into weights
    positive_only: ClassVar[bool] = False
    example: ClassVar[float] = 1.0  # a value in the set

    @property
    def needs_double(self) -> bool:
        """Whether single precision would skip some of the values."""
        return self.discrete

    def whole(self, n_features: int) -> NDArray[np.bool_]:
        """Which columns (d,) hold whole numbers only.

        Parameters
        ----------
        n_features : int

        Returns
        -------
        ndarray of bool of shape (n_features,)
        """
        return np.full(n_features, self.discrete)

    def measures(self, n_features: int) -> tuple[Measure, ...]:
        """What densities are relative to, column by column.

        Parameters
        ----------
        n_features : int

        Returns
        -------
        tuple of Measure
        """
        return (Measure("counts" if self.discrete else self.kind),) * n_features

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        """Whether each finite value of `X` lies in the set.

        Parameters
        ----------
        X : ndarray

        Returns
        -------
        ndarray of bool of the shape of X

        Raises
        ------
        NotImplementedError
            Where a set of one's own does not say.
        """
        raise NotImplementedError

    def check(self, X: Any, family: str, columns: NDArray[np.integer] | None = None) -> None:
        """Raise a ValueError that names the first value outside the set, of finite ones.

        Stretch by stretch: a mask of all values would be an eighth of their size.
        Where `X` is some columns of a table, `columns` are their places in it.

        Parameters
        ----------
        X : ndarray or sparse array of shape (n, d)
        family : str
            The name of the law, for the message.
        columns : ndarray of int of shape (d,), optional
            Places of the columns in the whole table.

        Raises
        ------
        ValueError
            Where a value lies outside; the message has its place, and how many do.
        """
        values = X.data if sparse.issparse(X) else X  # 0, which is not stored, lies in all
        first, n_outside = None, 0
        for begin in range(0, len(values), STRETCH):
            stretch = values[begin : begin + STRETCH]
            outside = np.argwhere(~self.contains(stretch))
            # what is missing lies nowhere; whether it may be, others have checked
            outside = outside[~np.isnan(stretch[tuple(outside.T)])]
            if first is None and len(outside):
                first = begin + int(outside[0, 0]), *map(int, outside[0, 1:])
            n_outside += len(outside)
        if first is None:
            return
        value = values[first]
        if sparse.issparse(X):
            first = int(np.searchsorted(X.indptr, first[0], side="right")) - 1, X.indices[first[0]]
        row, column = first
        if columns is not None:
            column = int(columns[column])
        n_values = X.shape[0] * X.shape[1]
        raise ValueError(
            f"X[{row}, {column}] = {value!s} lies outside the support of "
            f"{family}: {self.description} "
            f"({n_outside} of {n_values} values outside).{self.advice if value >= 0 else ''}"
            # scikit-learn looks for these words where tags say positive_only
            + (" Negative values in data are not allowed." if value < 0 else "")
        )


class RealLine(Support):
    """All finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import real_line
    >>> real_line.contains(np.array([-1.0, np.inf]))
    array([ True, False])
    """

    description = "real numbers"

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return np.isfinite(X)

    def check(self, X: Any, family: str, columns: NDArray[np.integer] | None = None) -> None:
        pass  # nothing is left: what comes here is finite


class Nonnegative(Support):
    """Finite numbers from 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import nonnegative
    >>> nonnegative.contains(np.array([0.0, -1.0]))
    array([ True, False])
    """

    description = "numbers from 0"
    positive_only = True

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return np.isfinite(X) & (X >= 0)


class Positive(Support):
    """Finite numbers above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import positive_numbers
    >>> positive_numbers.contains(np.array([2.5, 0.0]))
    array([ True, False])
    """

    description = "numbers above 0"
    advice = " Zeros may have a probability of their own: Hurdle of the law, as Hurdle(Gamma())."
    positive_only = True

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return np.isfinite(X) & (X > 0)


class UnitInterval(Support):
    """Numbers between 0 and 1, neither of them.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import unit_interval
    >>> unit_interval.contains(np.array([0.5, 1.0]))
    array([ True, False])
    """

    description = "numbers between 0 and 1, neither of them"
    advice = " Shares of 0 and 1 have no density: leave them out, or move them inside."
    positive_only = True
    example = 0.5

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return (X > 0) & (X < 1)


class OfRows(Support):
    """A set of whole rows."""

    def norm(self, X: NDArray) -> NDArray:
        """What of each row (n, d) must be 1."""
        raise NotImplementedError

    def check(self, X: Any, family: str, columns: NDArray[np.integer] | None = None) -> None:
        super().check(X, family, columns)
        for begin in range(0, len(X), STRETCH):
            norm = self.norm(X[begin : begin + STRETCH])
            amiss = ~(np.abs(norm - 1) <= max(self.close, ULPS * np.finfo(X.dtype).eps))
            if amiss.any():
                row = int(np.argmax(amiss))
                raise ValueError(
                    f"X[{begin + row}] lies outside the support of {family}: {self.description}, "
                    f"and its {self.of_one} is {norm[row]!s}.{self.advice}"
                )

    of_one: ClassVar[str]
    close: ClassVar[float] = CLOSE


class UnitVectors(OfRows):
    """Rows of length 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import unit_vectors
    >>> unit_vectors.norm(np.array([[0.6, 0.8], [3.0, 4.0]])).round(3)
    array([1., 5.])
    """

    description = "vectors of length 1"
    kind = "directions"
    advice = " Divide each row by its length, as sklearn.preprocessing.normalize does."
    of_one = "length"
    close = 1e-3  # of numbers written with few digits; directions are brought to length 1

    def check(self, X: Any, family: str, columns: NDArray[np.integer] | None = None) -> None:
        if X.shape[1] < 2:
            raise ValueError(
                f"X has n_features = {X.shape[1]}, but the directions of {family} have 2 or more: "
                "give angles as two columns, their cosine and their sine"
            )
        super().check(X, family, columns)

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return np.isfinite(X)

    def norm(self, X: NDArray) -> NDArray:
        return np.sqrt(np.einsum("ij,ij->i", X, X, dtype=float))


class Compositions(OfRows):
    """Rows of positive numbers with sum 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import compositions
    >>> compositions.check(np.array([[0.2, 0.8]]), "a law")  # nothing is amiss
    """

    description = "rows of numbers above 0 with sum 1"
    kind = "compositions"
    advice = " Divide each row by its sum; parts of 0 have no density."
    positive_only = True
    of_one = "sum"

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return np.isfinite(X) & (X > 0)

    def norm(self, X: NDArray) -> NDArray:
        return X.sum(axis=-1, dtype=float)


class Counts(Support):
    """Whole numbers from 0 to 2**53, beyond which a float skips some.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import counts
    >>> counts.contains(np.array([3.0, 2.5]))
    array([ True, False])
    """

    description = "counts, whole numbers from 0 to 2**53"
    advice = (
        " Pass raw counts, not normalised ones; laws with means take size factors as exposure=."
    )
    discrete = True
    positive_only = True

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return (X >= 0) & (X <= 2.0**53) & (X == np.floor(X))


class Codes(Counts):
    """Whole numbers from 0 that stand for categories.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import codes
    >>> codes.contains(np.array([0.0, -1.0]))
    array([ True, False])
    """

    description = "codes of categories, whole numbers from 0"
    advice = ""


class Binary(Support):
    """0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.supports import binary
    >>> binary.contains(np.array([1.0, 2.0]))
    array([ True, False])
    """

    description = "0 and 1"
    discrete = True
    positive_only = True

    def contains(self, X: NDArray) -> NDArray[np.bool_]:
        return (X == 0) | (X == 1)


real_line = RealLine()
nonnegative = Nonnegative()
positive_numbers = Positive()
unit_interval = UnitInterval()
unit_vectors = UnitVectors()
compositions = Compositions()
counts = Counts()
codes = Codes()
binary = Binary()
