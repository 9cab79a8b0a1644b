"""StudentTMixture, for clusters with heavy tails, and rows that belong to none."""

from __future__ import annotations

from skmixture.estimator.named import NamedMixture
from skmixture.families.student_t.family import StudentT

__all__ = ["StudentTMixture"]


class StudentTMixture(NamedMixture, family=StudentT):
    """Mixture of multivariate t laws: a Gaussian mixture that outliers do not pull.

    A row far from every component has little weight in the means and scale
    matrices; how little, the degrees of freedom say, which are fitted too.

    Parameters
    ----------
    n_components : int, default=1
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        Each component its own scale matrix; one matrix for all; a squared
        scale for each column; one squared scale for all columns.
    reg_covar : float or "auto", default="auto"
        Added to the diagonal of the scale matrices, in squared units of X;
        "auto" is 1e-12 of each column's variance.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    means_init : array-like of shape (n_components, n_features), optional
        Locations at the start.
    scales_init : array-like, optional
        Scale matrices at the start; the shape is that of `scales_`.
    dofs_init : array-like of shape (n_components,), optional
        Degrees of freedom at the start.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "means" (Normal),
        "scales" (InverseWishart), "dofs" (Gamma).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, handle_unknown
        As in :class:`skmixture.Mixture`; ``tied=("dofs",)`` gives all
        components the same tails, ``fixed={"dofs": [4, 4]}`` known ones.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    means_ : ndarray of shape (n_components, n_features)
        Locations, which are the means where `dofs_` exceed 1.
    scales_ : ndarray
        (n_components, n_features, n_features) if "full", (n_features,
        n_features) if "tied", (n_components, n_features) if "diag",
        (n_components,) if "spherical". The covariance is
        ``dofs / (dofs - 2)`` times as large where `dofs_` exceed 2.
    dofs_ : ndarray of shape (n_components,)
        Degrees of freedom, from 0.1 to 1e8, where the law is Gaussian.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, family_, n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.StudentT : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import StudentTMixture
    >>> rng = np.random.RandomState(0)
    >>> X = rng.standard_t(3, size=(600, 2)) + np.repeat([[0, 0], [12, 4]], 300, axis=0)
    >>> model = StudentTMixture(2, tied=("dofs",), order_by="means", random_state=0).fit(X)
    >>> model.means_.round(1)
    array([[ 0. ,  0. ],
           [11.9,  4. ]])
    >>> model.dofs_.round(1)
    array([3.9, 3.9])
    """
