"""CategoricalMixture, for latent class analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from skmixture.estimator.named import NamedMixture
from skmixture.families.categorical.family import Categorical

if TYPE_CHECKING:
    import pandas

__all__ = ["CategoricalMixture"]


class CategoricalMixture(NamedMixture, family=Categorical, settings={"categories": "auto"}):
    """Mixture of categorical laws, items independent within a class: latent class analysis.

    Each column is an item, answered by one of its categories (Lazarsfeld and
    Henry 1968, "Latent Structure Analysis"; Goodman 1974, Biometrika 61,
    215-231).

    Parameters
    ----------
    n_components : int, default=1
        Number of classes.
    categories : "auto" or list of array-like, default="auto"
        The categories of each column: all that occur in `fit`, sorted (an
        ordered categorical column of pandas gives its order), or
        those that are named, in their order. A category that comes later is
        an error; put NaN or None in its place, and it counts as missing.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    probs_init : array-like of shape (n_components, n_features, C), optional
        Probabilities at the start, in the shape of `probs_`.
    prior : mapping of str to prior, optional
        By parameter, of :mod:`skmixture.priors`: "weights" (Dirichlet), "probs"
        (Dirichlet).
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`. `fixed` holds or leaves free all
        categories of an item in a class.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
        Sizes of the classes.
    probs_ : ndarray of shape (n_components, n_features, C)
        Probability of each category by class and item, in the order of
        `categories_`; C is the largest number of categories of an item, and
        items with fewer have 0 beyond theirs.
    categories_ : list of ndarray
        The categories of each column.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, family_, \
n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Categorical : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import CategoricalMixture
    >>> rng = np.random.RandomState(0)
    >>> often = rng.uniform(size=(300, 4)) < np.repeat([[0.9], [0.2]], 150, axis=0)
    >>> answers = np.where(often, "yes", np.where(rng.uniform(size=(300, 4)) < 0.5, "no", "never"))
    >>> model = CategoricalMixture(2, order_by="weights", random_state=0).fit(answers)
    >>> model.categories_[0].tolist()
    ['never', 'no', 'yes']
    >>> model.probs_[:, 0].round(1)
    array([[0.5, 0.4, 0.2],
           [0.1, 0. , 0.9]])
    >>> bool(model.relative_entropy(answers) > 0.8)
    True
    """

    categories: Any
    categories_: list[NDArray]

    def _make_family(self) -> Categorical:
        return Categorical(categories=self.categories)

    @classmethod
    def from_params(cls, *, weights: ArrayLike, **values: Any) -> Self:
        """A fitted estimator from known parameters: it scores and samples.

        Parameters
        ----------
        weights : array-like of shape (n_components,)
        **values
            ``probs=...`` and options of the constructor. Where `categories`
            are not among them they are codes, as many for each item as have a
            probability above 0 in some class.

        Returns
        -------
        estimator
        """
        if "categories" not in values and np.ndim(values.get("probs", 0)) == 3:
            shown = (np.asarray(values["probs"]) > 0).max(axis=0)  # (d, C)
            sizes = shown.shape[1] - shown[:, ::-1].argmax(axis=1)
            values["categories"] = [np.arange(size) for size in sizes]
        return super().from_params(weights=weights, **values)

    def item_profiles(self) -> pandas.DataFrame:
        """Probability of each answer by class, a row for each category of each item.

        Returns
        -------
        DataFrame
            With the index (item, category) and a column for each class; needs
            pandas.
        """
        import pandas as pd

        check_is_fitted(self)
        items = getattr(self, "feature_names_in_", np.arange(self.n_features_in_))
        keys = [
            (item, category)
            for item, own in zip(items, self.categories_, strict=True)
            for category in own.tolist()
        ]
        rows = [
            self.probs_[:, j, c] for j, own in enumerate(self.categories_) for c in range(len(own))
        ]
        index = pd.MultiIndex.from_tuples(keys, names=["item", "category"])
        columns = pd.RangeIndex(len(self.weights_), name="component")
        return pd.DataFrame(np.array(rows), index=index, columns=columns)
