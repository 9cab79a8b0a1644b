"""Hurdle: whether a value is 0 is one matter, how large it is another."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.built.zeros import Column, Mix, WithZeros
from skmixture.law.family import Array, Arrays
from skmixture.numerics.solvers import bisect

__all__ = ["Hurdle"]

# Where a law gives 0 to nearly all, no more zeros than this are thought unseen for each count.
MOST_UNSEEN = 1e15
# Draws of a law without quantiles until one is above 0.
MOST_DRAWS = 10_000


class Hurdle(WithZeros):
    """Zeros by a probability, and other values by a law without its zeros.

    In each column

        P(0) = z,    P(x) = (1 - z) g(x) / (1 - g(0)) for x > 0

    for a law of counts (Mullahy 1986, Journal of Econometrics 33, 341-365).
    Unlike :class:`ZeroInflated` it may have fewer zeros than the law. The
    law's M-step sees, with each count above 0, the ``g(0) / (1 - g(0))``
    zeros that were cut off with it (Dempster, Laird and Rubin 1977, Journal
    of the Royal Statistical Society B 39, 1-38).

    A law of numbers, such as ``Gamma()`` for amounts of rain or costs, has no
    zeros to be cut off, and 0 has a probability among densities:

        P(0) = z,    f(x) = (1 - z) g(x) for x other than 0

    Scores then are logs of densities relative to length and a unit mass at 0
    (Aitchison 1955, Journal of the American Statistical Association 50,
    901-908): log probabilities of zeros, and log densities per unit of X of
    all other values. Models of the same kind compare by them, whatever the
    law, but not with a law that has no mass at 0.

    Parameters
    ----------
    family : Family
        A law of counts or of numbers with a parameter for each column, such
        as ``Poisson()`` or ``Gamma()``.

    References
    ----------
    Mullahy (1986), Journal of Econometrics 33, 341-365.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Hurdle, Poisson
    >>> x = np.array([0, 0, 1, 1, 1, 2, 2, 3])[:, None]
    >>> model = Mixture(Hurdle(Poisson())).fit(x)
    >>> model.zero_probs_, model.rates_.round(3)  # rate / (1 - exp(-rate)) is the mean, 10 / 6
    (array([[0.25]]), array([[1.126]]))
    >>> from skmixture.families import LogNormal
    >>> rain = np.array([0.0, 0.0, 0.0, 1.0, 4.0])[:, None]
    >>> model = Mixture(Hurdle(LogNormal("diag"))).fit(rain)
    >>> model.zero_probs_, model.means_.round(3)  # of logs
    (array([[0.6]]), array([[0.693]]))
    >>> np.exp(model.score_samples([[0.0]])).round(3)
    array([0.6])
    """

    def mix(self, probs: Array, at_zero: Array) -> Mix:
        with np.errstate(divide="ignore"):  # a probability in single precision may be 0
            return Mix(np.log(probs), np.log1p(-probs) - np.log(-np.expm1(at_zero)))

    def shares(self, column: Column, probs: Array, resp: Array) -> tuple[Array, Array, Array]:
        seen = resp * ~column.zero
        with np.errstate(divide="ignore", over="ignore"):
            odds = np.minimum(1 / np.expm1(-column.at_zero), MOST_UNSEEN)
        unseen = odds * (seen if odds.shape[-1] > 1 else seen.sum(axis=-1, keepdims=True))
        return seen, unseen, (resp * column.zero).sum(axis=-1)

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        X = self.family.sample(self._of_law(params), labels, rng, **side).astype(float)
        if not self.support.discrete:
            return self._with_zeros(X, params, labels, rng)
        if self.family.lacking("quantile_bounds"):
            return self._with_zeros(self._above(X, params, labels, rng, side), params, labels, rng)
        at_zero = np.broadcast_to(
            self._at_zero(params, side), (len(params["zero_probs"]), *X.shape)
        )
        for k, j in np.ndindex(params["zero_probs"].shape):
            rows = np.flatnonzero((labels == k) & (X[:, j] == 0))
            if len(rows):  # a draw of 0 is drawn again from the law's other counts
                own = {name: value[k : k + 1] for name, value in self._of_column(params, j).items()}
                own_side = {name: column[rows] for name, column in side.items()}
                below = at_zero[k, rows, j]
                q = below + (1 - below) * rng.uniform(size=len(rows))
                X[rows, j] = self._quantiles_above(np.minimum(q, 1 - 2.0**-53), own, own_side)
        return self._with_zeros(X, params, labels, rng)

    def _above(
        self,
        X: NDArray,
        params: Arrays,
        labels: NDArray[np.integer],
        rng: RandomState,
        side: Arrays,
    ) -> NDArray:
        """Draws (n, d) of the law, those that are 0 drawn again until they are not."""
        law = self._of_law(params)
        for _ in range(MOST_DRAWS):
            rows = np.flatnonzero((X == 0).any(axis=1))
            if not len(rows):
                return X
            own = {name: column[rows] for name, column in side.items()}
            again = self.family.sample(law, labels[rows], rng, **own)
            X[rows] = np.where(X[rows] == 0, again, X[rows])
        raise ValueError(
            f"component {labels[rows[0]]} of {self.family!r} draws zeros only, {MOST_DRAWS} in a "
            "row: Hurdle finds no counts above 0"
        )

    def _quantiles_above(self, q: Array, own: dict[str, Array], side: Arrays) -> Array:
        """Quantiles q (m,) of one law and column, above 0."""
        _, high = self.family.quantile_bounds(q, own, **side)
        high = np.maximum(high[0], 1.0)

        def below(x: Array) -> NDArray[np.bool_]:
            return self.family.marginal_cdf(x, own, **side)[0] < q[:, None]

        return bisect(below, np.ones(high.shape), high, np.array([True]))[:, 0]
