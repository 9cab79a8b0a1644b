"""Estimators of families that are built of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from skmixture.estimator.named import NamedMixture
from skmixture.families.built.components import Components
from skmixture.families.built.hurdle import Hurdle
from skmixture.families.built.product import Product
from skmixture.families.built.scipy_law import FromScipy
from skmixture.families.built.scipy_law.described import by_name
from skmixture.families.built.zero_inflated import ZeroInflated
from skmixture.law.family import Family
from skmixture.law.parts import SEPARATOR

__all__ = [
    "ComponentsMixture",
    "FromScipyMixture",
    "HurdleMixture",
    "ProductMixture",
    "ZeroInflatedMixture",
]


class OfParts(NamedMixture):
    """A mixture of a family of named parts, whose options are the estimator's own."""

    parts: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        own = super().get_params(deep=False)
        return {**self._composite().get_params(), **own} if deep else own

    def set_params(self, **params: Any) -> Self:
        if "parts" in params:
            self.parts = params.pop("parts")
        law = self._composite()
        names = {name for name, _ in law.named_laws()}
        of_parts = {k: v for k, v in params.items() if k.partition(SEPARATOR)[0] in names}
        if of_parts:
            self.parts = law.set_params(**of_parts).parts
        return super().set_params(**{k: v for k, v in params.items() if k not in of_parts})

    def _composite(self) -> Any:
        return self._family_type(self.parts)

    def _checked_family(self) -> Family:
        family = self._composite()
        family.check_settings()
        for name, _ in family.laws:
            if name in super().get_params(deep=False):
                raise ValueError(
                    f"the name {name!r} of a part of {type(self).__name__} is that of an option: "
                    "use another"
                )
        return super()._checked_family()


class ProductMixture(OfParts, family=Product):
    """Mixture of products: blocks of columns, independent within a component, each with its law.

    ``ProductMixture(parts, K)`` is ``Mixture(Product(parts), K)`` with the
    options of the parts as its own: ``size__covariance_type`` in `set_params`
    and in a grid search, and ``visits`` for the law of a part itself.

    Parameters
    ----------
    parts : list of (str, Family, columns)
        The name of each block, its law, and its columns, as in
        :class:`skmixture.families.Product`.
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    params_init : mapping of str to array-like, optional
        Parameters at the start, by name, ``<part>__<parameter>``.
    fixed, tied, prior, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    <part>__<parameter>_ : ndarray of shape (n_components, ...)
        One for each parameter of each part.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, family_, \
n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Product : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skmixture import ProductMixture
    >>> from skmixture.families import Categorical, Gaussian, Geometric, Poisson
    >>> rng = np.random.RandomState(0)
    >>> old = np.repeat([False, True], 200)
    >>> people = pd.DataFrame({
    ...     "height": rng.normal(np.where(old, 175.0, 120.0), 8.0),
    ...     "visits": rng.poisson(np.where(old, 6.0, 2.0)),
    ...     "pet": np.where(rng.uniform(size=400) < np.where(old, 0.2, 0.7), "dog", "none"),
    ... })
    >>> parts = [
    ...     ("body", Gaussian(), "height"),
    ...     ("visits", Poisson(), "visits"),
    ...     ("pet", Categorical(), "pet"),
    ... ]
    >>> model = ProductMixture(parts, 2, order_by="body__means", random_state=0).fit(people)
    >>> model.body__means_.ravel().round()
    array([121., 174.])
    >>> model.pet__categories_[0].tolist(), model.pet__probs_[:, 0].round(1)
    (['dog', 'none'], array([[0.7, 0.3],
           [0.2, 0.8]]))
    >>> search = GridSearchCV(model, {"visits": [Geometric(), Poisson()]}, cv=3)
    >>> search.fit(people.sample(frac=1, random_state=0)).best_params_
    {'visits': Poisson()}
    """


class ComponentsMixture(OfParts, family=Components):
    """Mixture whose components follow laws of their own, such as clusters and noise.

    ``ComponentsMixture(parts)`` is ``Mixture(Components(parts), K)``, with K
    the number of components that the parts have.

    Parameters
    ----------
    parts : list of Family, (str, Family) or (str, Family, int)
        The laws, with a name, and the number of components that follow each,
        as in :class:`skmixture.families.Components`.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    params_init : mapping of str to array-like, optional
        Parameters at the start, by name, ``<part>__<parameter>``.
    fixed, tied, prior, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    n_components : int
    weights_ : ndarray of shape (n_components,)
    <part>__<parameter>_ : ndarray
        One for each parameter of each part, with a row for each component of
        the part.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, family_, \
n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Components : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import ComponentsMixture
    >>> from skmixture.families import Exponential, Gaussian
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.normal(0.0, 1.0, 400), rng.exponential(20.0, 600)][:, None]
    >>> model = ComponentsMixture([Gaussian(), Exponential()], random_state=0).fit(x)
    >>> model.n_components, model.weights_.round(1)
    (2, array([0.4, 0.6]))
    >>> model.exponential__scales_.round(1)
    array([[20.2]])
    """

    @property
    def n_components(self) -> int:
        """Number of components: that of the parts."""
        return self._composite().n_components

    @n_components.setter
    def n_components(self, number: int) -> None:
        self._composite().check_n_components(number)  # it is that of the parts


class ZeroInflatedMixture(NamedMixture, family=ZeroInflated):
    """Mixture of laws with zeros of another source besides.

    Parameters
    ----------
    family : Family
        A law of counts or of numbers with a parameter for each column, as in
        :class:`skmixture.families.ZeroInflated`. Its options are
        ``family__...`` in `set_params` and in a grid search.
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    params_init : mapping of str to array-like, optional
        Parameters at the start, by name: "zero_probs" and those of the law.
    fixed, tied, prior, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    zero_probs_ : ndarray of shape (n_components, n_features)
        Probabilities of zeros of the other source.
    <parameter>_ : ndarray of shape (n_components, n_features)
        One for each parameter of the law.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, family_, \
n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.ZeroInflated : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import ZeroInflatedMixture
    >>> from skmixture.families import NegativeBinomial
    >>> rng = np.random.RandomState(0)
    >>> x = rng.negative_binomial(5, np.repeat([0.5, 0.1], 500)) * (rng.uniform(size=1000) > 0.3)
    >>> model = ZeroInflatedMixture(NegativeBinomial(), 2, tied=["zero_probs"], order_by="means",
    ...                             random_state=0).fit(x[:, None])
    >>> model.means_.ravel().round(), model.zero_probs_.ravel().round(1)
    (array([ 5., 45.]), array([0.3, 0.3]))
    """


class HurdleMixture(NamedMixture, family=Hurdle):
    """Mixture of laws of which zeros are apart: whether there is anything, and how much.

    Parameters
    ----------
    family : Family
        A law of counts or of numbers with a parameter for each column, as in
        :class:`skmixture.families.Hurdle`, which says what scores are. Its
        options are ``family__...`` in `set_params` and in a grid search.
    n_components : int, default=1
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    params_init : mapping of str to array-like, optional
        Parameters at the start, by name: "zero_probs" and those of the law.
    fixed, tied, prior, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    zero_probs_ : ndarray of shape (n_components, n_features)
        Probabilities of 0.
    <parameter>_ : ndarray of shape (n_components, n_features)
        One for each parameter of the law.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, family_, \
n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.Hurdle : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture import HurdleMixture
    >>> from skmixture.families import Gamma
    >>> rng = np.random.RandomState(0)
    >>> rain = rng.gamma(np.repeat([[2.0, 2.0], [9.0, 5.0]], 300, axis=0), 1.0)
    >>> rain *= rng.uniform(size=rain.shape) > np.repeat([[0.6], [0.2]], 300, axis=0)
    >>> model = HurdleMixture(Gamma(), 2, order_by="zero_probs", random_state=0).fit(rain)
    >>> model.zero_probs_.round(1)
    array([[0.2, 0.2],
           [0.6, 0.6]])
    """


class FromScipyMixture(NamedMixture, family=FromScipy, settings={"bounds": None}):
    """Mixture of any univariate distribution of `scipy.stats`.

    Parameters
    ----------
    distribution : scipy.stats distribution or str
        As in :class:`skmixture.families.FromScipy`.
    n_components : int, default=1
    bounds : mapping of str to (low, high), optional
        Open bounds of shapes, loc or scale, None for none.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights at the start.
    params_init : mapping of str to array-like, or list of frozen distributions, optional
        Parameters at the start, by name; or a distribution for each component.
    fixed : mapping of str to float or array-like, optional
        A number is that of all components, and no parameter: ``{"loc": 0.0}``.
        An array holds values, as in :class:`skmixture.Mixture`.
    tied, prior, tol, tol_type, max_iter, n_init, init_params, acceleration, order_by, \
random_state, warm_start, verbose, verbose_interval, forgetting, half_life, handle_unknown
        As in :class:`skmixture.Mixture`.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
    <parameter>_ : ndarray of shape (n_components, n_features)
        Shapes, loc and scale under scipy's names, but for those that are fixed.
    params_, n_parameters_, converged_, n_iter_, lower_bound_, lower_bounds_, dropped_starts_, \
warnings_, at_edges_, weighted_, exposed_, n_samples_seen_, n_samples_start_, family_, \
n_features_in_, feature_names_in_
        As in :class:`skmixture.Mixture`.

    See Also
    --------
    skmixture.families.FromScipy : The law, with its formula and source.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import stats
    >>> from skmixture import FromScipyMixture
    >>> rng = np.random.RandomState(0)
    >>> x = np.r_[rng.gumbel(0.0, 1.0, 300), rng.gumbel(9.0, 2.0, 200)][:, None]
    >>> model = FromScipyMixture(stats.gumbel_r, 2, order_by="loc", random_state=0).fit(x)
    >>> model.loc_.ravel().round() + 0.0, model.scale_.ravel().round(1)
    (array([0., 9.]), array([1. , 2.1]))
    >>> float(model.component_distribution(0).mean().round(1))
    0.6
    """

    distribution: Any
    bounds: Any
    params_init: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {**super().get_params(deep), "distribution": by_name(self.distribution)}

    def _make_family(self) -> FromScipy:
        constants: dict[str, Any] = {k: v for k, v in (self.fixed or {}).items() if np.ndim(v) == 0}
        return FromScipy(self.distribution, fixed=constants or None, bounds=self.bounds)

    @property
    def _held(self) -> Mapping[str, ArrayLike]:
        return {name: value for name, value in (self.fixed or {}).items() if np.ndim(value)}

    def _params_init(self) -> dict[str, ArrayLike | None]:
        if isinstance(self.params_init, list | tuple):
            return dict(self._make_family().params_of(self.params_init))
        return super()._params_init()
