"""Whether the columns of a law are independent, as laws that are taken column by column must be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skmixture.law.by_column import together
from skmixture.law.family import Arrays, Family
from skmixture.law.parts import shallow

__all__ = ["check_columns"]

# Rows that are asked, and what rounding may make of their log densities.
ROWS, CLOSE = 20, 1e-8


def check_columns(family: Family, laws: Sequence[Family], X: NDArray, side: Arrays) -> None:
    """Raise unless log densities of rows are sums over columns, at first parameters.

    Parameters
    ----------
    laws : sequence of Family
        The law of each column, localised.
    X : ndarray of shape (n, d)
        Of which each column says what its values are like. The first rows may
        all be alike, so what is asked is made up of values from all over.
    side : mapping of str to ndarray of shape (n,)
    """
    different = [np.unique(x[~np.isnan(x)]) for x in X.T]
    if min(map(len, different)) < 2:  # first parameters would be those of a law without width
        return
    X = np.column_stack([_some(values) for values in different])
    side = {name: column[..., : len(X)] for name, column in side.items()}
    X = X[: min((column.shape[-1] for column in side.values()), default=ROWS)]
    total, by_column = np.zeros(len(X)), []
    for j, law in enumerate(laws):
        x = X[:, j : j + 1]
        rows, resp = law.encode(x, **side), np.ones((1, 1, len(x)))
        own = law.maximise(law.expected_stats(rows, {}, resp), None)
        total += law.log_prob(rows, law.prepare(own))[0, 0] + law.log_base(x, **side)
        by_column.append(law.to_user(own))
    family = shallow(family)  # which remembers nothing of this
    prepared = family.prepare(together(by_column))
    whole = family.log_prob(family.encode(X, **side), prepared)[0, 0]
    whole = whole + family.log_base(X, **side)
    with np.errstate(invalid="ignore"):
        apart = np.abs(whole - total) > CLOSE * np.maximum(np.abs(total), 1.0)
    if apart.any():
        row = int(np.argmax(apart))
        raise ValueError(
            f"the columns of {family!r} are to be independent, so that each may have zeros of its "
            f"own, but the log density of the row {X[row]} is {whole[row]:.6g}, and the sum of "
            f"those of its columns {total[row]:.6g}"
        )


def _some(values: NDArray) -> NDArray:
    """As many as there are rows to ask, from all over the values (m,)."""
    return values[np.linspace(0, len(values) - 1, ROWS).round().astype(np.intp)]
