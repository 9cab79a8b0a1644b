"""CategoricalMixture, for latent class analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from skmixture.batch import Given
from skmixture.chunked import is_dask
from skmixture.families.categorical.coding import coded, decoded, learnt
from skmixture.families.categorical.family import Categorical
from skmixture.named import NamedMixture

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
        The categories of each column: all that occur in `fit`, sorted, or
        those that are named, in their order. A category that comes later is
        an error.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    probs_init : array-like of shape (n_components, n_features, C), optional
        Probabilities at the start, in the shape of `probs_`.
    fixed, tied, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life
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
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, \
dropped_starts_, exposed_, n_samples_seen_, n_samples_start_, family_, n_features_in_, \
feature_names_in_
        As in :class:`skmixture.Mixture`.

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
        if hasattr(self, "categories_"):
            return Categorical(tuple(len(own) for own in self.categories_))
        if isinstance(self.categories, str):
            return Categorical()
        return Categorical(tuple(len(own) for own in self.categories))

    def _fit_checked(self, X: Any, given: Given) -> None:
        self.categories_ = learnt(self._table(X, reset=True), self.categories)
        super()._fit_checked(X, given)

    def _validated(self, X: ArrayLike, *, reset: bool, holes: bool = False) -> NDArray:
        codes = coded(self._table(X, reset=reset), self.categories_)
        if not holes and np.isnan(codes).any():
            row, column = np.argwhere(np.isnan(codes))[0]
            raise ValueError(f"X[{row}, {column}] is missing (NaN), where every answer is needed")
        return codes

    def _table(self, X: Any, reset: bool) -> NDArray:
        """Rows of categories of any kind; None and NaN are answers that are missing."""
        if is_dask(X):
            raise ValueError(
                "CategoricalMixture takes no Dask array: use "
                "Mixture(Categorical(n_categories), ...) on codes"
            )
        if isinstance(X, list | tuple):  # of which numpy would make strings where one is
            X = np.array(X, dtype=object)
        options = {"dtype": None, "ensure_all_finite": "allow-nan"}
        return np.asarray(validate_data(self, X, reset=reset, **options))

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
        model = super().from_params(weights=weights, **values)
        model.categories_ = [np.asarray(own) for own in model.categories]
        return model

    def sample(
        self,
        n_samples: int = 1,
        random_state: int | RandomState | None = None,
        *,
        exposure: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> tuple[NDArray, NDArray[np.integer]]:
        """Draw rows of categories from the mixture.

        Parameters
        ----------
        n_samples : int, default=1
        random_state : int, RandomState instance or None, default=None
            None takes the estimator's own.
        exposure : None
            Not for this law.
        strata : array-like of shape (n_samples,), optional
            The stratum of each row; needed where the model was fitted with them.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Of objects where columns have categories of different kinds.
        labels : ndarray of int of shape (n_samples,)
        """
        codes, labels = super().sample(n_samples, random_state, exposure=exposure, strata=strata)
        return decoded(codes, self.categories_), labels

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

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = False
        tags.input_tags.categorical = tags.input_tags.string = True
        return tags
