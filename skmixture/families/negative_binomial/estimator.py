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
    """Mixture of Poisson laws, columns independent within a component.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    means_init, sizes_init : array-like of shape (n_components, n_features), optional
        Means and sizes at the start.
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, order_by, random_state, \
warm_start, verbose, verbose_interval
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    rates_ : ndarray of shape (n_components, n_features)
        Expected counts.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, \
dropped_starts_, family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    Examples
    --------
    >>> from skmixture import NegativeBinomialMixture
    >>> from skmixture.datasets import load_death_notices
    >>> deaths = load_death_notices()
    >>> model = NegativeBinomialMixture(2, order_by="rates", random_state=0)
    >>> model = model.fit(deaths.data, sample_weight=deaths.sample_weight)
    >>> model.rates_.ravel().round(2)
    array([1.26, 2.66])
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
