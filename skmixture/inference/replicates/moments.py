"""Standard errors, biases and covariances of replicates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.asked import Function, mapped

__all__ = ["Moments", "one_by_one"]

Array = NDArray[np.floating]


class Moments:
    """What replicates have that are held by name."""

    estimates: dict[str, Array]
    replicates: dict[str, Array]
    index: NDArray[np.integer]

    @property
    def standard_error(self) -> dict[str, Array]:
        """Standard deviations (K, ...) of the replicates by name."""
        self._check_spread()
        return {name: value.std(axis=0, ddof=1) for name, value in self.replicates.items()}

    @property
    def bias(self) -> dict[str, Array]:
        """Means of the replicates less the estimates (K, ...) by name."""
        return {
            name: value.mean(axis=0) - self.estimates[name]
            for name, value in self.replicates.items()
        }

    def standard_error_of(self, function: Function) -> Array:
        """Standard deviation of a function of the parameters, in the shape that it returns.

        Parameters
        ----------
        function : callable
            Of a dict of the parameters (K, ...) of one fit; returns a number or an array.

        Returns
        -------
        ndarray
            Of the shape of what the function returns.
        """
        self._check_spread()
        return np.asarray(self._of(function).std(axis=0, ddof=1))

    def bias_of(self, function: Function) -> Array:
        """Mean of a function over the replicates less its value at the estimates.

        Parameters
        ----------
        function : callable
            Of a dict of the parameters (K, ...) of one fit; returns a number or an array.

        Returns
        -------
        ndarray
            Of the shape of what the function returns.
        """
        (estimate,) = mapped(function, [dict(self.estimates)])
        return np.asarray(self._of(function).mean(axis=0) - estimate)

    def covariance(self, function: Function) -> Array:
        """Covariance (q, q) of numbers that a function makes of the parameters.

        Parameters
        ----------
        function : callable
            Of a dict of the parameters (K, ...) of one fit; returns q numbers.

        Returns
        -------
        ndarray of shape (q, q)
        """
        self._check_spread()
        return np.atleast_2d(np.cov(self._table(function), rowvar=False))

    def correlation(self, function: Function) -> Array:
        """Correlations (q, q) of numbers that a function makes of the parameters.

        Parameters
        ----------
        function : callable
            Of a dict of the parameters (K, ...) of one fit; returns q numbers.

        Returns
        -------
        ndarray of shape (q, q)

        Raises
        ------
        ValueError
            Where one of them is the same in all replicates.
        """
        self._check_spread()
        table = self._table(function)
        still = np.flatnonzero(np.ptp(table, axis=0) == 0)
        if len(still):
            raise ValueError(
                f"number {still[0]} of those that function returns is {table[0, still[0]]:.6g} in "
                "all replicates, so it has no correlation; leave it out"
            )
        return np.atleast_2d(np.corrcoef(table, rowvar=False))

    def _table(self, function: Function) -> Array:
        return self._of(function).reshape(len(self.index), -1)

    def _of(self, function: Function) -> Array:
        """A function of each replicate (R, ...)."""
        return mapped(function, one_by_one(self.replicates))

    def _check_spread(self) -> None:
        if len(self.index) < 2:
            raise ValueError(
                f"a spread needs 2 replicates at least, but there is {len(self.index)}"
            )


def one_by_one(fits: Mapping[str, Array]) -> Iterator[dict[str, Array]]:
    """Each fit's values (K, ...) by name, from those of all (R, K, ...)."""
    for r in range(len(fits["weights"])):
        yield {name: value[r] for name, value in fits.items()}
