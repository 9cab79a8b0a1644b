"""Calls of the functions that the user wrote, and what is wrong with what they return."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmixture.law.family import Array, Arrays

__all__ = ["Calls", "Table", "spelt"]

# Numbers of one call, about: what a function makes of so many stays in the cache. And rows, of
# which no call has fewer where there are as many.
NUMBERS, ROWS = 32_768, 4096


class Table(NamedTuple):
    """Log densities (M, n) of M components, NaN where there are none, and what was amiss."""

    values: Array
    complaint: ValueError | None


class Calls(NamedTuple):
    """The functions of one law.

    Parameters come for M components, as a mapping of name to (M, *shape).

    Attributes
    ----------
    logpdf, gradient : callable
        `gradient` may be None.
    vectorized : bool
        Whether they take parameters (B, K, *shape).
    """

    logpdf: Callable[..., Any]
    gradient: Callable[..., Any] | None
    vectorized: bool

    def table(self, X: NDArray, params: Arrays, number: Callable[[int], int] = int) -> Table:
        """Log densities of rows (n, d), some components at a time.

        A component at which the function fails has NaN throughout. Something
        of the wrong shape or type is an error at once.

        Parameters
        ----------
        number : callable
            Tells the component in messages from its place among the M.
        """
        X, M = _for_reading(X), _length(params)
        values = np.empty((M, len(X)))
        together = max(1, NUMBERS // min(len(X), ROWS)) if self.vectorized else 1
        rows = max(ROWS, NUMBERS // min(together, M))
        complaint, numbers = None, [number(unit) for unit in range(M)]
        for first in range(0, M, together):
            some = slice(first, first + together)
            part = {name: value[some] for name, value in params.items()}
            for begin in range(0, len(X), rows):
                here = slice(begin, begin + rows)
                values[some, here], amiss = self._part(X[here], part, numbers[some])
                complaint = complaint or amiss
        return Table(values, complaint)

    def slopes(self, X: NDArray, params: Arrays) -> dict[str, Array]:
        """Derivatives (M, n, *shape) of the log densities, by the user's function."""
        X, M = _for_reading(X), _length(params)
        if self.vectorized:
            found = self._slopes(X, {name: value[:, None] for name, value in params.items()})
            return _checked_slopes(found, params, (M, 1, len(X)), (M, len(X)))
        rows = [
            _checked_slopes(self._slopes(X, _one(params, m)), params, (len(X),), (len(X),))
            for m in range(M)
        ]
        return {name: np.stack([row[name] for row in rows]) for name in params}

    def _slopes(self, X: NDArray, params: Mapping[str, Any]) -> Any:
        assert self.gradient is not None
        try:
            with np.errstate(all="ignore"):
                return self.gradient(X, **params)
        except Exception as error:
            raise ValueError(
                f"gradient raised {type(error).__name__} ({error}) at {spelt(params)}"
            ) from error

    def _part(
        self, X: NDArray, params: Arrays, numbers: Sequence[int]
    ) -> tuple[Array, ValueError | None]:
        """The same in one call; `numbers` are those of the components in messages."""
        M = _length(params)
        try:
            with np.errstate(all="ignore"):
                found = self._called(X, params)
        except Exception as error:
            if M > 1:  # which of them is it?
                alone = [self._part(X, _some(params, m), numbers[m : m + 1]) for m in range(M)]
                complaints = [complaint for _, complaint in alone if complaint is not None]
                return np.concatenate([v for v, _ in alone]), next(iter(complaints), None)
            complaint = ValueError(
                f"logpdf raised {type(error).__name__} ({error}) {_where(params, 0, numbers[0])}"
            )
            complaint.__cause__ = error
            return np.full((1, len(X)), np.nan), complaint
        shape = (M, 1, len(X)) if self.vectorized else (len(X),)
        values = _checked_table(found, shape, params, numbers[0]).reshape(M, len(X))
        if values.max(initial=-np.inf) < np.inf:  # NaN is not either
            return values, None
        m, row = np.argwhere(~(values < np.inf))[0]
        return values, ValueError(
            f"logpdf returned {values[m, row]} {_where(params, m, numbers[m])}, for the row "
            f"{X[row]}: a log density is a number, or -inf where a row is impossible"
        )

    def _called(self, X: NDArray, params: Arrays) -> Any:
        if self.vectorized:
            return self.logpdf(X, **{name: value[:, None] for name, value in params.items()})
        return self.logpdf(X, **_one(params, 0))


def _length(params: Arrays) -> int:
    return len(next(iter(params.values())))


def _one(params: Arrays, place: int) -> dict[str, Any]:
    """Parameters of one component, each in its own shape."""
    return {name: value[place] for name, value in params.items()}


def _some(params: Arrays, place: int) -> dict[str, Array]:
    return {name: value[place : place + 1] for name, value in params.items()}


def _for_reading(X: NDArray) -> NDArray:
    """The rows as they are, but no function may write into them."""
    rows = X.view()
    rows.flags.writeable = False
    return rows


def _where(params: Arrays, place: int, number: int) -> str:
    return f"for component {number} at {spelt(_one(params, place))}"


def spelt(params: Mapping[str, Any]) -> str:
    """Parameters of one component by name, as messages have them."""
    return ", ".join(
        f"{name} = {np.array2string(np.asarray(value), precision=6, threshold=20)}"
        for name, value in params.items()
    )


def _checked_table(found: Any, shape: tuple[int, ...], params: Arrays, number: int) -> Array:
    values = np.asarray(found)
    if values.dtype.kind not in "fiu":
        raise ValueError(
            f"logpdf must return an array of real numbers, got {values.dtype} from "
            f"{type(found).__name__}, {_where(params, 0, number)}"
        )
    if values.size == 1 and shape == (1,):
        return values.reshape(shape)  # scipy gives a number for a single row
    if values.shape != shape:
        raise ValueError(
            f"logpdf must return one log density a row, an array of shape {shape}, got "
            f"{values.shape}, {_where(params, 0, number)}"
        )
    return values


def _checked_slopes(
    found: Any, params: Arrays, expected: tuple[int, ...], leading: tuple[int, ...]
) -> dict[str, Array]:
    if not isinstance(found, Mapping) or set(found) != set(params):
        names = sorted(found) if isinstance(found, Mapping) else type(found).__name__
        raise ValueError(
            f"gradient must return a dict with the derivatives by {sorted(params)}, got {names}"
        )
    slopes = {}
    for name, value in params.items():
        own, shape = np.asarray(found[name]), (*expected, *value.shape[1:])
        if own.dtype.kind not in "fiu" or own.shape != shape:
            raise ValueError(
                f"gradient must return the derivatives by {name!r} as real numbers of shape "
                f"{shape}, got {own.dtype} of {own.shape}"
            )
        slopes[name] = own.reshape(*leading, *value.shape[1:]).astype(float, copy=False)
    return slopes
