"""Estimators named after families that are built of others."""

from __future__ import annotations

import pickle
from inspect import signature

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmixture import (
    ComponentsMixture,
    FromScipyMixture,
    HurdleMixture,
    Mixture,
    ProductMixture,
    ZeroInflatedMixture,
)
from skmixture.families import (
    Components,
    Exponential,
    FromScipy,
    Gamma,
    Gaussian,
    Geometric,
    Hurdle,
    NegativeBinomial,
    Poisson,
    Product,
    ZeroInflated,
)

RNG = np.random.RandomState(0)
KIND = np.repeat([0, 1], [150, 200])
MIXED = np.c_[RNG.normal(4.0 * KIND), RNG.poisson(2 + 8 * KIND)]
AMOUNTS = RNG.gamma(4 + 30 * KIND)[:, None] * (RNG.uniform(size=(350, 1)) > 0.3)
del RNG  # tests draw from their own
PARTS = [("size", Gaussian(), 0), ("visits", Poisson(), 1)]
SETTINGS = {"random_state": 0, "n_init": 4}

SAME = {
    "product": (ProductMixture(PARTS, 2, **SETTINGS), Product(PARTS), MIXED),
    "components": (
        ComponentsMixture([Gamma(), ("more", Exponential())], **SETTINGS),
        Components([Gamma(), ("more", Exponential())]),
        AMOUNTS[AMOUNTS > 0][:, None],
    ),
    "zero-inflated": (
        ZeroInflatedMixture(Poisson(), 2, **SETTINGS), ZeroInflated(Poisson()), MIXED[:, 1:],
    ),
    "hurdle": (HurdleMixture(Gamma(), 2, **SETTINGS), Hurdle(Gamma()), AMOUNTS),
    "scipy": (
        FromScipyMixture(stats.logistic, 2, **SETTINGS), FromScipy(stats.logistic), MIXED[:, :1],
    ),
}  # fmt: skip
each = pytest.mark.parametrize(("model", "family", "X"), SAME.values(), ids=SAME)


@each
@pytest.mark.filterwarnings("ignore:.*ended at")  # of zeros that are the law's own
def test_a_named_estimator_is_the_mixture_of_its_family(model, family, X):
    named, plain = clone(model).fit(X), Mixture(family, 2, **SETTINGS).fit(X)
    for name, value in plain.params_.items():
        np.testing.assert_array_equal(named.params_[name], value)
    np.testing.assert_array_equal(named.score_samples(X), plain.score_samples(X))
    assert named.n_parameters_ == plain.n_parameters_
    copy = pickle.loads(pickle.dumps(named))
    np.testing.assert_array_equal(copy.predict(X), plain.predict(X))
    begun = clone(model).set_params(
        weights_init=named.weights_, params_init=named.params_, max_iter=0
    )
    for name, value in begun.fit(X).params_.items():
        np.testing.assert_allclose(value, named.params_[name], rtol=1e-12)
    assert make_pipeline(FunctionTransformer(), clone(model)).fit(X).predict(X).shape == (len(X),)


@each
def test_signatures_begin_with_what_the_family_needs(model, family, X):
    names = list(signature(type(model)).parameters)
    needed, *settings = signature(type(family)).parameters
    assert names[0] == needed
    assert ("n_components" in names) == (type(model) is not ComponentsMixture)
    assert set(settings) <= set(names)
    options = set(signature(Mixture).parameters) - {"family", "n_components"}
    assert options <= set(names)
    with pytest.raises(TypeError, match=f"{type(model).__name__}.*missing a required.*{needed!r}"):
        type(model)()


@pytest.mark.parametrize("make", [lambda: ProductMixture(PARTS, 2), lambda: ComponentsMixture(
    [("size", Gaussian(), 2), ("visits", Gaussian())])])  # fmt: skip
def test_options_of_parts_are_the_estimators_own(make):
    model = clone(make()).set_params(size__covariance_type="diag", tol=1e-3)
    assert model.get_params()["size__covariance_type"] == "diag"
    assert model.tol == 1e-3
    assert make().get_params()["size__covariance_type"] == "full"
    other = Gaussian("spherical")
    model.set_params(size=other, size__reg_covar=0.0)
    assert model.get_params()["size"] is model._make_family().laws[0][1] is other
    assert other.reg_covar == 0.0
    copy = clone(model)
    assert copy.get_params()["size"] is not other
    assert copy.get_params()["size__reg_covar"] == 0.0
    for wrong in ("sizes", "size__covariance", "visits__rates"):
        with pytest.raises(ValueError, match="Invalid parameter"):
            clone(model).set_params(**{wrong: 1})


def test_a_grid_over_the_laws_of_parts():
    X = np.random.RandomState(1).permutation(MIXED)
    grid = {"visits": [Geometric(), Poisson()], "size__covariance_type": ["full", "tied"]}
    search = GridSearchCV(ProductMixture(PARTS, 2, **SETTINGS), grid, cv=2).fit(X)
    assert isinstance(search.best_params_["visits"], Poisson)
    search = GridSearchCV(
        HurdleMixture(Gamma(), 1), {"family": [Exponential(), Gamma()]}, cv=2
    ).fit(np.random.RandomState(1).permutation(AMOUNTS))
    assert isinstance(search.best_params_["family"], Gamma)


def test_components_count_themselves():
    model = ComponentsMixture([("a", Gaussian(), 2), Exponential()])
    assert model.n_components == 3
    assert model.set_params(parts=[Gamma()]).n_components == 1
    known = ComponentsMixture.from_params(
        parts=[Exponential(), Gamma()], weights=[0.4, 0.6], exponential__scales=[[2.0]],
        gamma__shapes=[[3.0]], gamma__scales=[[1.0]],
    )  # fmt: skip
    assert known.n_components == 2
    with pytest.raises(ValueError, match="n_components=3, but Components has 2"):
        ComponentsMixture.from_params(
            parts=[Exponential(), Gamma()], weights=[0.4, 0.3, 0.3], exponential__scales=[[2.0]],
            gamma__shapes=[[3.0]], gamma__scales=[[1.0]],
        )  # fmt: skip


def test_numbers_that_are_fixed_are_no_parameters(rng):
    x = np.r_[rng.weibull(1.5, 200), 9 * rng.weibull(3.0, 200)][:, None]
    model = FromScipyMixture("weibull_min", 2, fixed={"loc": 0}, order_by="scale", **SETTINGS)
    assert set(model.fit(x).params_) == {"c", "scale"}
    held = FromScipyMixture(
        "weibull_min", 2, fixed={"loc": 0, "c": [[1.5], [np.nan]]}, random_state=0
    ).fit(x)
    assert held.c_[0, 0] == 1.5
    assert held.n_parameters_ == model.n_parameters_ - 1
    frozen = [stats.weibull_min(1.4), stats.weibull_min(3.1, scale=8.8)]
    begun = clone(model).set_params(weights_init=[0.5, 0.5], params_init=frozen, max_iter=0).fit(x)
    np.testing.assert_allclose(begun.scale_, [[1.0], [8.8]])
    near = clone(model).set_params(weights_init=[0.5, 0.5], params_init=frozen).fit(x)
    assert near.score(x) == pytest.approx(model.score(x), abs=1e-6)
    assert repr(clone(model)).startswith("FromScipyMixture(distribution='weibull_min'")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ProductMixture([("tol", Gaussian(), slice(None))]), "'tol' of a part of ProductMixture"),
        (ProductMixture([]), "parts of Product must be a list"),
        (ProductMixture([("a", Gaussian())]), "each part of Product is"),
        (ComponentsMixture([]), "must be a list of families"),
        (ComponentsMixture([("a", Gaussian(), 0)]), "whole number of components from 1, got 0"),
        (ComponentsMixture([NegativeBinomial(), Gaussian()]), "densities of one kind"),
        (HurdleMixture("Gamma"), "family of Hurdle must be a family, got 'Gamma'"),
        (FromScipyMixture("gama"), "must be one of scipy.stats"),
        (FromScipyMixture("norm", params_init=[stats.t(3)]), "must be a frozen stats.norm"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_unfit_settings_are_named(model, message):
    assert repr(model)
    with pytest.raises(ValueError, match=message):
        model.fit([[1.0], [2.0], [4.0]])
