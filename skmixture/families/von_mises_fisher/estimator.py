"""VonMisesFisherMixture, for directions."""

from __future__ import annotations

from skmixture.estimator.named import NamedMixture
from skmixture.families.von_mises_fisher.family import VonMisesFisher

__all__ = ["VonMisesFisherMixture"]


class VonMisesFisherMixture(NamedMixture, family=VonMisesFisher):
    """Mixture of von Mises-Fisher laws, for rows of length 1 in any dimension.

    Angles are directions in two columns, their cosine and their sine. Of rows
    whose length does not matter, such as counts of words,
    `sklearn.preprocessing.normalize` makes directions.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    directions_init : array-like of shape (n_components, n_features), optional
        Directions at the start, of length 1.
    concentrations_init : array-like of shape (n_components,), optional
        Concentrations at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "concentrations"
        (Gamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`; ``tied=("concentrations",)`` gives
        all components the same width.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    directions_ : ndarray of shape (n_components, n_features)
        Mean directions, of length 1.
    concentrations_ : ndarray of shape (n_components,)
        0 is uniform; where large, ``1 / sqrt(concentration)`` is the standard
        deviation of an angle.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, n_samples_seen_, n_samples_start_, family_, n_features_in_, \
feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.VonMisesFisher : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import VonMisesFisherMixture
    >>> rng = np.random.RandomState(0)
    >>> hours = np.r_[rng.vonmises(0.5, 8, 400), rng.vonmises(-2.0, 4, 600)]
    >>> X = np.column_stack([np.cos(hours), np.sin(hours)])
    >>> model = VonMisesFisherMixture(2, order_by="weights", random_state=0).fit(X)
    >>> np.arctan2(model.directions_[:, 1], model.directions_[:, 0]).round(1)
    array([ 0.5, -2. ])
    >>> model.concentrations_.round()
    array([8., 4.])
    """
