"""Bernoulli: answers 0 or 1, independent between columns."""

from __future__ import annotations

from skmixture.estimator.named import NamedMixture
from skmixture.families.binomial import Binomial
from skmixture.supports import binary

__all__ = ["Bernoulli", "BernoulliMixture"]


class Bernoulli(Binomial):
    """Bernoulli law of 0 and 1, one probability of 1 for each column.

    ``log f = x log(p) + (1 - x) log(1 - p)``, summed over the columns: a binomial
    law of one trial. Booleans are taken as 0 and 1.

    References
    ----------
    Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions, ch. 3.

    Examples
    --------
    >>> from skmixture import Mixture
    >>> from skmixture.families import Bernoulli
    >>> Mixture(Bernoulli()).fit([[True, False], [True, True], [False, True]]).probs_.round(2)
    array([[0.67, 0.67]])
    """

    support = binary
    n_trials = 1

    def __init__(self) -> None:
        """No settings: the number of trials is 1."""


class BernoulliMixture(NamedMixture, family=Bernoulli):
    """Mixture of Bernoulli laws, columns independent within a component.

    Components are classes of a latent class analysis with answers of two
    kinds; :class:`skmixture.CategoricalMixture` takes answers of several.

    Parameters
    ----------
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    probs_init : array-like of shape (n_components, n_features), optional
        Probabilities of 1 at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "probs" (Beta).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    probs_ : ndarray of shape (n_components, n_features)
        Probabilities of 1.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, family_, \
n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Bernoulli : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import BernoulliMixture
    >>> rng = np.random.RandomState(0)
    >>> chance = np.repeat([[0.9, 0.8, 0.9, 0.7], [0.1, 0.2, 0.3, 0.1]], 300, axis=0)
    >>> answers = rng.uniform(size=chance.shape) < chance
    >>> model = BernoulliMixture(2, order_by="probs", random_state=0).fit(answers)
    >>> model.weights_.round(1)
    array([0.5, 0.5])
    """
