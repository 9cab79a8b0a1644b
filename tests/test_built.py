"""Families that are built of others: products, zeros, scipy's laws, a law for each component."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skmixture import GaussianMixture, Mixture
from skmixture.families import (
    Binomial,
    Categorical,
    Components,
    Gaussian,
    NegativeBinomial,
    PointMass,
    Poisson,
    Product,
    Uniform,
)


def fitted_log_likelihood(law, X, K, **options):
    model = Mixture(law, K, random_state=0, n_init=6, **options).fit(X)
    return model, model.score(X) * len(X)


# -- Product ---------------------------------------------------------------------


def table(n=300, seed=0):
    """Rows of two kinds: two lengths, a count, in a data frame with columns mixed up."""
    rng = np.random.RandomState(seed)
    kind = rng.uniform(size=n) < 0.4
    length = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], n) + 3.0 * kind[:, None]
    visits = rng.poisson(np.where(kind, 9.0, 2.0))
    return pd.DataFrame({"width": length[:, 1], "visits": visits, "length": length[:, 0]})


BY_NAME = Product([("size", Gaussian(), ["length", "width"]), ("visits", Poisson(), "visits")])
BY_PLACE = Product([("size", Gaussian(), [-1, 0]), ("visits", Poisson(), slice(1, 2))])


def test_columns_by_name_and_by_position_are_the_same():
    X = table()
    named, _ = fitted_log_likelihood(BY_NAME, X, 2)
    placed, _ = fitted_log_likelihood(BY_PLACE, X.to_numpy(), 2)
    for name, value in named.params_.items():
        np.testing.assert_allclose(value, placed.params_[name], rtol=1e-9)
    np.testing.assert_allclose(named.score_samples(X), placed.score_samples(X.to_numpy()))
    assert named.n_parameters_ == 1 + 2 * (2 + 3 + 1)
    copy = Mixture.from_params(family=named.family_, weights=named.weights_, **named.params_)
    np.testing.assert_allclose(copy.score_samples(X.to_numpy()), named.score_samples(X))


def test_a_product_of_gaussians_is_the_block_diagonal_gaussian():
    X = table()[["length", "width"]].to_numpy()
    law = Product([("a", Gaussian("full"), 0), ("b", Gaussian("full"), 1)])
    start = np.random.RandomState(0).dirichlet([1, 1], size=len(X))
    product = Mixture(law, 2).fit(X, start=start)
    diagonal = Mixture(Gaussian("diag"), 2).fit(X, start=start)
    np.testing.assert_allclose(product.score(X), diagonal.score(X), rtol=1e-10)
    np.testing.assert_allclose(product.a__means_, diagonal.means_[:, :1], rtol=1e-5)


def test_a_product_has_no_units():
    X = table().to_numpy()
    one = Mixture(BY_PLACE, 2, random_state=0).fit(X)
    scale, shift = np.array([1e-8, 1, 1e8]), np.array([1.0, 0, -5e8])
    other = Mixture(BY_PLACE, 2, random_state=0).fit(X * scale + shift)
    by_row = one.score_samples(X) - np.log(scale).sum()
    np.testing.assert_allclose(other.score_samples(X * scale + shift), by_row, rtol=1e-4)


def test_options_of_parts_are_nested():
    search = GridSearchCV(
        Mixture(BY_NAME, 2, random_state=0, n_init=3),
        {"family__size__covariance_type": ["spherical", "full"]},
        cv=2,
    ).fit(table())
    assert search.best_params_ == {"family__size__covariance_type": "full"}
    law = clone(BY_NAME).set_params(visits=NegativeBinomial(), size__reg_covar=0.0)
    assert isinstance(dict(law.laws)["visits"], NegativeBinomial)
    assert law.get_params()["size__reg_covar"] == 0.0
    assert BY_NAME.get_params()["size__reg_covar"] == "auto"


def test_exposures_go_to_the_parts_that_take_them():
    rng = np.random.RandomState(0)
    exposure = rng.uniform(0.5, 2, size=400)
    X = np.c_[rng.normal(size=400), rng.poisson(4 * exposure)]
    law = Product([("x", Gaussian(), 0), ("y", Poisson(), 1)])
    model = Mixture(law, 1).fit(X, exposure=exposure)
    assert model.y__rates_[0, 0] == pytest.approx(X[:, 1].sum() / exposure.sum())
    drawn, _ = Mixture.from_params(
        family=law, weights=[0.5, 0.5], x__means=[[0.0], [100.0]],
        x__covariances=np.ones((2, 1, 1)), y__rates=[[1.0], [1e4]],
    ).sample(300, random_state=0, exposure=np.ones(300))  # fmt: skip
    assert ((drawn[:, 0] > 50) == (drawn[:, 1] > 500)).all()


def test_a_product_goes_on_where_its_parts_do():
    X = table(600)
    model = Mixture(BY_NAME, 2, random_state=0, forgetting=1.0, order_by="visits__rates")
    model.partial_fit(X[:300]).partial_fit(X[300:])
    whole = clone(model).fit(X)
    np.testing.assert_allclose(model.visits__rates_, whole.visits__rates_, rtol=0.1)
    counts = Product([("a", Gaussian(), 0), ("b", NegativeBinomial(), 1)])
    assert not hasattr(Mixture(counts, 2), "partial_fit")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([("a", Gaussian(), [0, 1])], "column 'length' of X belongs to no part"),
        (
            [("a", Gaussian(), [0, 1]), ("b", Poisson(), [1, 2])],
            "column 'visits' belongs to 'a' and",
        ),
        ([("a", Gaussian(), [0, 1]), ("b", Poisson(), 3)], "column 3 is asked for, but X has 3"),
        ([("a", Gaussian(), slice(0, 3)), ("b", Poisson(), [])], "'b' has no columns"),
        ([("a", Gaussian(), ["length", "w"]), ("b", Poisson(), 1)], "column 'w' is asked for"),
        ([("a", Gaussian(), [0.5, 1]), ("b", Poisson(), 1)], "columns must be positions"),
        ([("a__b", Gaussian(), slice(0, 3))], "word without '__', got 'a__b'"),
        ([("parts", Gaussian(), slice(0, 3))], "'parts' of a part of Product is taken"),
        ([("a", Gaussian, slice(0, 3))], "must be a family, got .*: pass an instance, Gaussian()"),
        ({"a": Gaussian()}, "such as .*Gaussian.*, got {'a'"),
        ([("a", Gaussian())], "each part of Product is"),
        ([], "parts of Product must be a list"),
        (
            [("a", Gaussian(), [1, 2]), ("b", Poisson(), "width")],
            r"X\[0, 'width'\] = .* lies outside the support of part 'b' of Product: counts",
        ),
    ],
)
def test_bad_parts_are_named(parts, message):
    with pytest.raises(ValueError, match=message):
        Mixture(Product(parts), 2).fit(table())


def test_names_need_a_data_frame():
    with pytest.raises(ValueError, match="X has no column names"):
        Mixture(BY_NAME, 2).fit(table().to_numpy())


def test_labels_out_of_order_are_drawn_as_they_are():
    params = {"a__means": [[0.0], [100.0]], "a__covariances": np.ones((2, 1, 1))}
    law = Product([("a", Gaussian(), 0)])
    labels = np.array([1, 0, 1, 1, 0])
    params = {name: np.asarray(value) for name, value in params.items()}
    X = law.sample(params, labels, np.random.RandomState(0))
    np.testing.assert_array_equal(X[:, 0] > 50, labels == 1)


def test_the_drop_in_is_untouched():
    X = table()[["length", "width"]].to_numpy()
    model = GaussianMixture(2, random_state=0).fit(X)
    del model.n_parameters_, model.covariances_
    assert np.isfinite(model.bic(X))


def test_exposure_goes_to_the_parts_without_trials_of_their_own():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.binomial(9, 0.4, size=200), rng.poisson(40.0, size=200)])
    law = Product([("b", Binomial(n_trials=9), [0]), ("p", Poisson(), [1])])
    model = Mixture(law, 1).fit(X, exposure=np.full(200, 10.0))
    np.testing.assert_allclose(model.b__probs_, X[:, :1].mean() / 9, rtol=1e-9)
    np.testing.assert_allclose(model.p__rates_, X[:, 1:].mean() / 10, rtol=1e-9)
    law = Product([("b", Binomial(), [0]), ("p", Poisson(), [1])])
    with pytest.raises(ValueError, match="n_trials of another"):
        Mixture(law, 1).fit(X, exposure=np.full(200, 10.0))


def test_rows_beyond_a_box_that_is_given():
    X = np.random.RandomState(0).uniform(-30, 30, size=(50, 2))
    law = Components([("cluster", Gaussian(), 2), ("noise", Uniform(low=-10.0, high=10.0))])
    with pytest.raises(ValueError, match="low of Uniform is -10 in column 0"):
        Mixture(law, 3).fit(X)


def test_what_a_part_does_not_have_is_said():
    X = np.column_stack([np.random.RandomState(0).normal(size=30), np.arange(30) % 2])
    law = Product([("size", Gaussian(), 0), ("kind", Categorical(2), 1)])
    model = Mixture(law).fit(X)
    for ask, what in (
        (lambda: model.cdf(X), "cdf: score_samples gives"),
        (lambda: model.marginal_cdf(X), "as marginal_cdf and marginal_quantile need them: draw"),
        (lambda: model.marginal_quantile(0.5), "as marginal_cdf and marginal_quantile need them"),
        (lambda: model.component_distribution(0), "for component_distribution: its parameters"),
    ):
        with pytest.raises(NotImplementedError, match=rf"part 'kind' of Product \(Categor.*{what}"):
            ask()
    x = np.r_[np.zeros(9), X[:, 0]][:, None]
    mixed = Mixture(Components([PointMass(), Gaussian()]), 2).fit(x)
    assert mixed.component_distribution(1).mean() == pytest.approx(mixed.gaussian__means_[0, 0])
    with pytest.raises(NotImplementedError, match="PointMass has no distribution of scipy"):
        mixed.component_distribution(0)
