"""NegativeBinomialMixture, for overdispersed counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from numpy.random import RandomState
from numpy.typing import ArrayLike

from skmixture.base import BaseMixture
from skmixture.families.negative_binomial.family import NegativeBinomial
from skmixture.numbering import OrderBy

__all__ = ["NegativeBinomialMixture"]


class NegativeBinomialMixture(BaseMixture):
    """Mixture of negative binomial laws, columns independent within a component.

    For counts that are more dispersed than Poisson's law allows: the variance
    of a count with mean m and size r is ``m + m^2 / r``.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    means_init, sizes_init : array-like of shape (n_components, n_features), optional
        Means and sizes at the start.
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval
        As in :class:`skmixture.Mixture`; ``tied=("sizes",)`` shares the sizes
        of each column between the components.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
        Expected counts, at unit exposure.
    sizes_ : ndarray of shape (n_components, n_features)
        Where the counts are no more dispersed than Poisson's, 1e10 times the
        mean of the column, with a warning.
    dispersions_ : ndarray of shape (n_components, n_features)
        ``1 / sizes_``.
    burst_sizes_ : ndarray of shape (n_components, n_features)
        ``means_ / sizes_``.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, \
dropped_starts_, exposed_, family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import NegativeBinomialMixture
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.negative_binomial(3, 0.5, 300), rng.negative_binomial(3, 0.05, 700)]
    >>> model = NegativeBinomialMixture(2, order_by="means", random_state=0).fit(x[:, None])
    >>> model.means_.ravel().round(1)
    array([ 3.1, 57.5])
    >>> model.sizes_.ravel().round(1)
    array([2. , 2.9])

    Size factors, such as the depth at which a sample was sequenced, multiply
    the means of their rows:

    >>> factors = rng.gamma(4, 0.25, size=1000)
    >>> x = rng.poisson(rng.gamma(3, size=1000) / 3 * 20 * factors)[:, None]
    >>> NegativeBinomialMixture(1).fit(x, exposure=factors).means_.round(1)
    array([[19.5]])
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        weights_init: ArrayLike | None = None,
        means_init: ArrayLike | None = None,
        sizes_init: ArrayLike | None = None,
        fixed: Mapping[str, ArrayLike] | None = None,
        tied: Iterable[str] = (),
        tol: float = 1e-12,
        tol_type: str = "remaining",
        max_iter: int = 10_000,
        n_init: int = 30,
        init_params: str | Callable[..., Any] = "auto",
        acceleration: str | None = "lbfgs",
        order_by: OrderBy = None,
        random_state: int | RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
    ) -> None:
        self.n_components = n_components
        self.weights_init = weights_init
        self.means_init = means_init
        self.sizes_init = sizes_init
        self.fixed = fixed
        self.tied = tied
        self.tol = tol
        self.tol_type = tol_type
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.acceleration = acceleration
        self.order_by = order_by
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval

    def _make_family(self) -> NegativeBinomial:
        return NegativeBinomial()

    def _params_init(self) -> dict[str, ArrayLike | None]:
        return {"means": self.means_init, "sizes": self.sizes_init}
