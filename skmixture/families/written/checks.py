"""What is asked of the user's functions before a fit: the same question twice, and in two ways."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skmixture.families.written.calls import Calls
from skmixture.law.family import Array, Arrays

__all__ = ["check_logpdf", "check_slopes"]

# Two ways to the same number may differ by so much.
CLOSE = 1e-8
# And derivatives from differences by so much, of the largest.
CLOSE_SLOPES = 1e-4


def check_logpdf(calls: Calls, X: NDArray, params: Arrays) -> None:
    """Raise unless log densities are the same each time, row by row and component by component.

    Parameters
    ----------
    X : ndarray of shape (m, d)
        Few rows.
    params : mapping of str to ndarray of shape (M, *shape)
        Of few components, with M even.
    """
    once = calls.table(X, params).values
    _compare(once, calls.table(X, params).values, "a second call", params, 0.0)
    alone = np.concatenate(
        [calls.table(X[i : i + 1], params).values for i in range(len(X))], axis=1
    )
    _compare(once, alone, "a call with a single row", params)
    if calls.vectorized:
        M = len(once)
        singles = [calls.table(X, {k: v[m : m + 1] for k, v in params.items()}) for m in range(M)]
        single = np.concatenate([table.values for table in singles])
        _compare(once, single, "calls with a single component", params)
        pairs = {name: v.reshape(M // 2, 2, *v.shape[1:]) for name, v in params.items()}
        table = _of_pairs(calls, X, pairs)
        if table.shape != (M // 2, 2, len(X)):
            raise ValueError(
                "logpdf is vectorized: from parameters of shape (B, K, ...) it must return "
                f"(B, K, n), here {(M // 2, 2, len(X))}, got {table.shape}"
            )
        _compare(table.reshape(M, -1), single, "calls with a single component", params)


def _of_pairs(calls: Calls, X: NDArray, pairs: Arrays) -> NDArray:
    try:
        with np.errstate(all="ignore"):
            return np.asarray(calls.logpdf(X, **pairs))
    except Exception as error:
        shapes = {name: value.shape for name, value in pairs.items()}
        raise ValueError(
            f"logpdf is vectorized, but raised {type(error).__name__} with parameters of shapes "
            f"{shapes}: {error}"
        ) from error


def _compare(one: Array, other: Array, what: str, params: Arrays, close: float = CLOSE) -> None:
    with np.errstate(invalid="ignore"):
        # what is no log density at all is found out elsewhere
        alike = (one == other) | ~(one < np.inf) | ~(other < np.inf)
        alike |= np.abs(one - other) <= close * np.maximum(np.abs(one), 1.0)
    if not alike.all():
        place, row = np.argwhere(~alike)[0]
        at = ", ".join(f"{name} = {value[place]}" for name, value in params.items())
        raise ValueError(
            f"logpdf is no function of row and parameters: of row {row} it is {one[place, row]} at "
            f"{at}, but {other[place, row]} in {what} with the same"
        )


def check_slopes(given: Arrays, found: Arrays, rounding: float) -> None:
    """Raise where the user's derivatives (M, n, ...) are not those that differences give."""
    for name, own in given.items():
        with np.errstate(invalid="ignore"):
            size = np.maximum(_largest(found[name]), np.abs(own))
            wrong = np.abs(own - found[name]) > CLOSE_SLOPES * size + rounding
        wrong |= ~np.isfinite(own)
        wrong &= np.isfinite(found[name])
        if wrong.any():
            place = tuple(np.argwhere(wrong)[0])
            raise ValueError(
                f"gradient is not that of logpdf: by {name!r} it gives {own[place]:.6g}, on the "
                f"unconstrained scale, where differences give {found[name][place]:.6g}"
            )


def _largest(values: Array) -> float:
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
