"""NegativeBinomialMixture, for overdispersed counts."""

from __future__ import annotations

from skmixture.estimator.named import NamedMixture
from skmixture.families.negative_binomial.family import NegativeBinomial

__all__ = ["NegativeBinomialMixture"]


class NegativeBinomialMixture(NamedMixture, family=NegativeBinomial):
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
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "means" (Gamma),
        "sizes" (Gamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, handle_unknown
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
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.NegativeBinomial : The law, with its formula and source.

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
