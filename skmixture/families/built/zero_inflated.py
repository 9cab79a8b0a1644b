"""ZeroInflated: some zeros come from elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from skmixture.families.built.zeros import Column, Mix, WithZeros
from skmixture.law.family import Array, Arrays

__all__ = ["ZeroInflated"]


class ZeroInflated(WithZeros):
    """A law, and besides it zeros of another source.

    In each column a count is 0 with probability ``zero_probs``, and else
    follows the law, which has zeros of its own:

        P(0) = z + (1 - z) g(0),    P(x) = (1 - z) g(x) for x > 0

    (Lambert 1992, Technometrics 34, 1-14). The E-step tells how many of the
    zeros the law explains; the rest is the M-step of the law. Where the data
    have no more zeros than the law explains, ``zero_probs`` goes to 0.

    A law of numbers has no zeros of its own: it then is the same as
    :class:`Hurdle`, which says what its scores are.

    Parameters
    ----------
    family : Family
        A law of counts or of numbers with a parameter for each column, such
        as ``Poisson()`` or ``Gamma()``.

    References
    ----------
    Lambert (1992), Technometrics 34, 1-14.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import Mixture
    >>> from skmixture.families import Poisson, ZeroInflated
    >>> rng = np.random.RandomState(0)
    >>> x = rng.poisson(np.repeat([3.0, 25.0], 500)) * (rng.uniform(size=1000) > 0.3)
    >>> model = Mixture(ZeroInflated(Poisson()), 2, tied=("zero_probs",), order_by="rates")
    >>> model.fit(x[:, None]).rates_.ravel().round(1)
    array([ 3. , 25.3])
    >>> model.zero_probs_.ravel().round(2)
    array([0.32, 0.32])
    """

    def mix(self, probs: Array, at_zero: Array) -> Mix:
        with np.errstate(divide="ignore"):  # a probability in single precision may be 0
            rest = np.log1p(-probs)
            return Mix(np.logaddexp(np.log(probs), rest + at_zero), rest)

    def shares(self, column: Column, probs: Array, resp: Array) -> tuple[Array, Array, Array]:
        mix = self.mix(probs, column.at_zero)
        of_law = np.exp(mix.log_factor + column.at_zero - mix.log_zero)
        of_point = np.where(column.zero, probs / np.exp(mix.log_zero), 0.0)
        seen = resp * np.where(column.zero, of_law, 1.0)
        return seen, np.zeros((1, 1, 1)), (resp * of_point).sum(axis=-1)

    def sample(
        self, params: Arrays, labels: NDArray[np.integer], rng: RandomState, **side: Array
    ) -> NDArray:
        X = self.family.sample(self._of_law(params), labels, rng, **side)
        return self._with_zeros(X, params, labels, rng)
