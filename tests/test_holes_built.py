"""Families that are built of others on tables with holes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logsumexp

from skmixture import Mixture, priors
from skmixture.families import (
    Binomial,
    Categorical,
    Components,
    Dirichlet,
    DirichletMultinomial,
    FromScipy,
    Gaussian,
    Hurdle,
    Laplace,
    LogNormal,
    Multinomial,
    NegativeBinomial,
    Poisson,
    Product,
    StudentT,
    Uniform,
    VonMisesFisher,
    ZeroInflated,
)

NAN = np.nan


def with_holes(X, share, seed=1):
    X = np.array(X, dtype=float)
    X[np.random.RandomState(seed).uniform(size=X.shape) < share] = NAN
    return X


def table(n=400, seed=0):
    """Two lengths that go together, a count with zeros of its own, a time, a kind."""
    rng = np.random.RandomState(seed)
    old = rng.uniform(size=n) < 0.4
    lengths = rng.multivariate_normal([0, 0], [[1.0, 0.7], [0.7, 1.0]], n) + 4.0 * old[:, None]
    visits = rng.poisson(np.where(old, 12.0, 4.0)) * (rng.uniform(size=n) > 0.2)
    times = rng.gamma(2.0, np.where(old, 5.0, 1.0))
    kind = (rng.uniform(size=n) < np.where(old, 0.9, 0.2)).astype(float)
    return np.column_stack([lengths[:, 0], visits, lengths[:, 1], times, kind])


PARTS = [
    ("size", Gaussian(reg_covar=0.0), [0, 2]),
    ("visits", ZeroInflated(Poisson()), 1),
    ("time", FromScipy(stats.gamma, fixed={"loc": 0.0}), 3),
    ("kind", Categorical(2), 4),
]


# -- Product -----------------------------------------------------------------------


def log_density_of_parts(model, X):
    """Logs (n, K) of the density of what is there, part by part and by scipy."""
    found = np.zeros((len(X), 2))
    for k in range(2):
        mean, matrix = model.size__means_[k], model.size__covariances_[k]
        z, rate = model.visits__zero_probs_[k, 0], model.visits__rates_[k, 0]
        for i, (a, visits, b, time, kind) in enumerate(X):
            pair = np.array([a, b])
            seen = ~np.isnan(pair)
            if seen.any():
                law = stats.multivariate_normal(mean[seen], matrix[np.ix_(seen, seen)])
                found[i, k] += law.logpdf(pair[seen])
            if not np.isnan(visits):
                pmf = (1 - z) * stats.poisson(rate).pmf(visits) + z * (visits == 0)
                found[i, k] += np.log(pmf)
            if not np.isnan(time):
                law = stats.gamma(model.time__a_[k, 0], scale=model.time__scale_[k, 0])
                found[i, k] += law.logpdf(time)
            if not np.isnan(kind):
                found[i, k] += np.log(model.kind__probs_[k, 0, int(kind)])
    return found


def test_a_product_leaves_to_each_part_what_it_misses():
    X = with_holes(table(), 0.2)
    X[7] = NAN
    model = Mixture(Product(PARTS), 2, tol=1e-9, n_init=3, random_state=0).fit(X)
    assert model.__sklearn_tags__().input_tags.allow_nan
    joint = log_density_of_parts(model, X) + np.log(model.weights_)
    expected = logsumexp(joint, axis=1)
    np.testing.assert_allclose(model.score_samples(X), expected, rtol=1e-9, atol=1e-9)
    assert model.lower_bound_ == pytest.approx(expected.mean(), abs=1e-7)
    assert np.diff(model.lower_bounds_).min() > -1e-10
    np.testing.assert_allclose(model.predict_proba(X), np.exp(joint - expected[:, None]), atol=1e-9)
    np.testing.assert_allclose(model.predict_proba(X[7:8]), [model.weights_])


@pytest.mark.parametrize("init", ["auto", "kmeans", "k-means++", "random", "random_from_data"])
@pytest.mark.filterwarnings("ignore:.*ended at")  # a category that one component lacks
def test_every_start_knows_holes(init):
    X = with_holes(table(150), 0.2)
    model = Mixture(Product(PARTS), 2, n_init=2, init_params=init, random_state=0).fit(X)
    assert np.isfinite(model.score(X))


def test_a_product_of_gaussians_with_holes_is_the_diagonal_gaussian():
    X = with_holes(table()[:, [0, 2]], 0.3)
    start = np.random.RandomState(0).dirichlet([1, 1], size=len(X))
    law = Product([("a", Gaussian(), 0), ("b", Gaussian(), [1])])
    product = Mixture(law, 2).fit(X, start=start)
    diagonal = Mixture(Gaussian("diag"), 2).fit(X, start=start)
    assert product.score(X) == pytest.approx(diagonal.score(X), rel=1e-9)
    np.testing.assert_allclose(product.b__means_, diagonal.means_[:, 1:], rtol=1e-5)


@pytest.mark.filterwarnings("ignore:.*grew without bound")  # columns of Gaussian rows
def test_columns_by_name():
    X = pd.DataFrame(with_holes(table()[:, :3], 0.2), columns=["a", "visits", "b"])
    law = Product([("size", StudentT(), ["b", "a"]), ("visits", NegativeBinomial(), "visits")])
    model = Mixture(law, 2, random_state=0, tied=("size__dofs",)).fit(X)
    assert np.isfinite(model.score_samples(X)).all()
    whole = model.impute(X)
    assert list(whole.columns) == list(X.columns)
    assert whole.notna().all(axis=None)
    np.testing.assert_array_equal(whole.where(X.isna()).isna(), X.notna())


def test_what_a_product_imputes():
    """The regression within a part, the means of the others, all by responsibilities."""
    parts = PARTS[:3]
    X = with_holes(table()[:, :4], 0.2)
    exposure = np.random.RandomState(2).uniform(0.5, 2.0, size=len(X))
    model = Mixture(Product(parts), 2, n_init=3, random_state=0).fit(X, exposure=exposure)
    whole, missing = model.impute(X, exposure=exposure), np.isnan(X)
    np.testing.assert_array_equal(whole[~missing], X[~missing])
    resp = model.predict_proba(X, exposure=exposure)
    visits = (1 - model.visits__zero_probs_) * model.visits__rates_  # (K, 1)
    lost = missing[:, 1]
    np.testing.assert_allclose(whole[lost, 1], (resp @ visits)[lost, 0] * exposure[lost], rtol=1e-9)
    times = (model.time__a_ * model.time__scale_)[:, 0]
    np.testing.assert_allclose(whole[missing[:, 3], 3], (resp @ times)[missing[:, 3]], rtol=1e-9)
    half = ~missing[:, 0] & missing[:, 2]
    mean, C = model.size__means_, model.size__covariances_
    slope = C[:, 0, 1] / C[:, 0, 0]
    expected = mean[:, 1] + slope * (X[half, :1] - mean[:, 0])  # (n, K)
    np.testing.assert_allclose(whole[half, 2], (resp[half] * expected).sum(axis=1), rtol=1e-9)


def test_of_categories_the_likeliest_is_put_in():
    X = with_holes(table(100), 0.2)
    model = Mixture(Product(PARTS), 2, n_init=2, random_state=0).fit(X)
    whole, missing = model.impute(X), np.isnan(X[:, 4])
    chances = model.predict_proba(X)[missing] @ model.kind__probs_[:, 0]
    np.testing.assert_array_equal(whole[missing, 4], chances.argmax(axis=1))
    assert not np.isnan(whole).any()


def test_a_data_frame_is_imputed_in_its_own_kinds():
    rng, second = np.random.RandomState(0), np.repeat([False, True], 60)
    X = pd.DataFrame(
        {
            "name": np.where(second, "x", "y").astype(object),
            "kind": pd.Categorical(np.where(second, "a", "b"), categories=["b", "a"]),
            "size": rng.normal(10.0 * second),
            "visits": pd.array(rng.poisson(np.where(second, 3, 30)), dtype="Int64"),
        },
        index=np.arange(120) + 7,
    )
    law = Product(
        [("labels", Categorical(), ["name", "kind"]), ("size", Gaussian(), "size"),
         ("visits", Poisson(), "visits")]
    )  # fmt: skip
    holes = X.copy()
    for j in range(4):
        holes.iloc[[j, 60 + j], j] = None
    inside = {"labels__probs": priors.Dirichlet(2)}
    model = Mixture(law, 2, random_state=0, prior=inside).fit(X)
    whole = model.impute(holes)
    assert whole.index.equals(X.index)
    assert list(whole.columns) == list(X.columns)
    assert whole["kind"].dtype == X["kind"].dtype
    pd.testing.assert_frame_equal(whole[["name", "kind"]], X[["name", "kind"]])
    assert whole.loc[10, "visits"] == pytest.approx(30, abs=2)
    assert np.isfinite(model.score(whole.assign(visits=whole["visits"].round())))
    pd.testing.assert_frame_equal(model.impute(X), X)
    names = X[["name"]].to_numpy()
    answers = Mixture(Categorical(), 1).fit(names)
    assert answers.impute([["x"], [None]]).tolist() in ([["x"], ["x"]], [["x"], ["y"]])


def test_a_column_of_holes_alone_is_imputed_whatever_its_kind():
    """pandas takes it for numbers, though its law may be of strings."""
    X = pd.DataFrame({"bus": ["often", "never"] * 20, "car": ["never", "often"] * 20})
    model = Mixture(Categorical(), 2, random_state=0, prior={"probs": priors.Dirichlet(2)}).fit(X)
    holes = pd.DataFrame({"bus": ["often", "never"], "car": [NAN, NAN]})
    assert holes["car"].dtype == float
    assert model.impute(holes).to_numpy().tolist() == [["often", "never"], ["never", "often"]]


def test_a_part_that_needs_whole_rows_is_named():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.normal(size=60), rng.dirichlet([2, 3, 4], size=60)])
    X[:5, 0] = NAN
    law = Product([("shares", Dirichlet(), slice(1, 4)), ("size", Laplace(), 0)])
    model = Mixture(law, 2, random_state=0).fit(X)
    assert np.isfinite(model.score(X))
    assert not np.isnan(model.impute(X)).any()
    assert not model.__sklearn_tags__().input_tags.allow_nan  # not in every column
    X[3, 2] = NAN
    message = r"X\[3, 2\] is missing, but part 'shares' of Product takes no missing values, because"
    for method in (Mixture(law, 2).fit, model.score, model.impute, model.cdf):
        with pytest.raises(ValueError, match=message):
            method(X)
    nested = Product([("inner", law, slice(0, 4)), ("last", Gaussian(), 4)])
    with pytest.raises(ValueError, match="part 'shares' of part 'inner' of Product"):
        Mixture(nested, 2).fit(np.column_stack([X, X[:, 1]]))


@pytest.mark.parametrize("law", [Dirichlet(), Multinomial(), DirichletMultinomial(),
                                 VonMisesFisher()])  # fmt: skip
def test_laws_of_whole_rows_say_so(law):
    X = np.random.RandomState(0).poisson(4.0, size=(30, 3)) + 1.0
    if not law.support.discrete:
        X /= X.sum(axis=1, keepdims=True)
    X[4, 1] = NAN
    name = type(law).__name__
    with pytest.raises(ValueError, match=rf"X\[4, 1\] is missing, but {name} takes no .* because"):
        Mixture(law, 2).fit(X)
    assert not Mixture(law).__sklearn_tags__().input_tags.allow_nan


# -- Components ---------------------------------------------------------------------


def clusters_in_noise(share=0.2):
    rng = np.random.RandomState(0)
    X = np.r_[rng.normal(0, 1, (200, 2)), rng.normal(8, 1, (300, 2)), rng.uniform(-30, 30, (50, 2))]
    return with_holes(X, share)


def test_noise_and_clusters_with_holes():
    X = clusters_in_noise()
    law = Components([("bulk", Gaussian(reg_covar=0.0), 2), ("noise", Uniform())])
    model = Mixture(law, 3, order_by="bulk__means", random_state=0).fit(X)
    assert model.__sklearn_tags__().input_tags.allow_nan
    np.testing.assert_allclose(model.bulk__means_, [[0, 0], [8, 8]], atol=0.4)
    assert model.weights_[2] == pytest.approx(50 / 550, abs=0.05)
    np.testing.assert_array_equal(model.noise__highs_, [np.nanmax(X, axis=0)])
    assert np.diff(model.lower_bounds_).min() > -1e-10
    widths = (model.noise__highs_ - model.noise__lows_)[0]
    seen = ~np.isnan(X)
    by_noise = -(seen * np.log(widths)).sum(axis=1)
    joint = model.predict_log_proba(X) + model.score_samples(X)[:, None]
    np.testing.assert_allclose(joint[:, 2] - np.log(model.weights_[2]), by_noise, atol=1e-9)
    for k in range(2):
        for row, there, found in zip(X, seen, joint[:, k], strict=True):
            mean, C = model.bulk__means_[k][there], model.bulk__covariances_[k]
            expected = np.log(model.weights_[k])
            if there.any():
                law = stats.multivariate_normal(mean, C[np.ix_(there, there)])
                expected += law.logpdf(row[there])
            assert found == pytest.approx(expected, abs=1e-8)
    row, resp = [[2.0, NAN]], model.predict_proba([[2.0, NAN]])[0]
    slope = model.bulk__covariances_[:, 0, 1] / model.bulk__covariances_[:, 0, 0]
    means = model.bulk__means_[:, 1] + slope * (2.0 - model.bulk__means_[:, 0])
    middle = 0.5 * (model.noise__highs_ + model.noise__lows_)[0, 1]
    assert model.impute(row)[0, 1] == pytest.approx(resp @ np.r_[means, middle], rel=1e-9)


@pytest.mark.filterwarnings("ignore:.*grew without bound")  # one cluster is Gaussian
def test_one_law_for_all_is_the_plain_mixture():
    X = clusters_in_noise()
    start = np.random.RandomState(0).dirichlet([1, 1], size=len(X))
    plain = Mixture(StudentT(), 2).fit(X, start=start)
    parts = Mixture(Components([("a", StudentT(), 2)]), 2).fit(X, start=start)
    np.testing.assert_allclose(parts.a__means_, plain.means_, rtol=1e-7)
    assert parts.score(X) == pytest.approx(plain.score(X), rel=1e-11)
    np.testing.assert_allclose(parts.impute(X), plain.impute(X), rtol=1e-7)


def test_counts_of_two_laws():
    rng = np.random.RandomState(0)
    X = np.r_[rng.poisson([40, 3], (200, 2)), rng.negative_binomial(1, [0.15, 0.05], (200, 2))]
    X = with_holes(X, 0.2)
    law = Components([Poisson(), NegativeBinomial()])
    model = Mixture(law, 2, random_state=0).fit(X)
    np.testing.assert_allclose(model.poisson__rates_, [[40, 3]], rtol=0.1)
    assert not np.isnan(model.impute(X)).any()
    assert model.lower_bound_ == pytest.approx(model.score(X), abs=1e-9)


def test_components_of_products_miss_what_all_of_them_may():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.normal(size=40), rng.dirichlet([2, 3], size=40)])
    X[2, 0] = NAN
    columns = slice(1, 3)
    law = Components(
        [
            ("a", Product([("x", Gaussian(), 0), ("y", Dirichlet(), columns)])),
            ("b", Product([("x", Laplace(), 0), ("y", Dirichlet(), columns)])),
        ]
    )
    model = Mixture(law, 2, random_state=0).fit(X)
    assert np.isfinite(model.score(X))
    assert not np.isnan(model.impute(X)).any()
    X[5, 1] = NAN
    with pytest.raises(ValueError, match=r"X\[5, 1\] is missing, but part 'y' of 'a' in Comp"):
        model.score(X)
    with pytest.raises(ValueError, match="'dirichlet' in Components takes no missing values"):
        Mixture(Components([Dirichlet(), Dirichlet()]), 2).fit(X[:, 1:])


def test_a_column_of_which_nothing_is_there():
    X = clusters_in_noise()
    X[:, 1] = NAN
    for law in (Components([Gaussian(), Uniform()]), Components([Uniform(), StudentT()]),
                Product([("a", Laplace(), 0), ("b", StudentT(), 1)]), StudentT()):  # fmt: skip
        with pytest.raises(ValueError, match=r"column \d of X has no value at all: leave it out"):
            Mixture(law, 2).fit(X)


# -- zeros, and columns of scipy's -------------------------------------------------------


@pytest.mark.parametrize("exposed", [False, True])
@pytest.mark.parametrize("kind", [ZeroInflated, Hurdle])
def test_zeros_with_holes_are_columns_by_themselves(kind, exposed):
    rng = np.random.RandomState(0)
    exposure = rng.uniform(0.5, 2.0, size=300) if exposed else None
    X = rng.poisson([[3.0, 9.0]] * (np.ones((300, 1)) if exposure is None else exposure[:, None]))
    X = with_holes(X * (rng.uniform(size=X.shape) > [0.3, 0.1]), 0.25)
    model = Mixture(kind(Poisson()), 1, tol=1e-12).fit(X, exposure=exposure)
    for j, seen in enumerate(~np.isnan(X.T)):
        own = None if exposure is None else exposure[seen]
        alone = Mixture(kind(Poisson()), 1, tol=1e-12).fit(X[seen, j : j + 1], exposure=own)
        for name, value in alone.params_.items():
            np.testing.assert_allclose(model.params_[name][:, j], value[:, 0], rtol=1e-5)
    means = model.rates_ * (1.0 if exposure is None else exposure[:, None])
    expected = (1 - model.zero_probs_) * means / (-np.expm1(-means) if kind is Hurdle else 1.0)
    expected = np.broadcast_to(expected, X.shape)
    missing = np.isnan(X)
    whole = model.impute(X, exposure=exposure)
    np.testing.assert_allclose(whole[missing], expected[missing], rtol=1e-9)


def test_a_hurdle_without_counts_expects_none():
    model = Mixture.from_params(
        family=Hurdle(Poisson()), weights=[1.0], rates=[[1e-300]], zero_probs=[[0.25]]
    )
    for exposure in (None, [2.0]):
        np.testing.assert_allclose(model.impute([[NAN]], exposure=exposure), 0.75)


@pytest.mark.filterwarnings("ignore:.*ended at")  # of zeros that are the law's own
def test_each_column_has_its_own_trials():
    X = with_holes(np.random.RandomState(0).binomial([5, 9], 0.3, size=(200, 2)), 0.2)
    model = Mixture(ZeroInflated(Binomial(n_trials=[5, 9])), 1).fit(X)
    np.testing.assert_allclose(model.probs_, 0.3, atol=0.05)
    np.testing.assert_allclose(
        model.impute([[NAN, NAN]]), (1 - model.zero_probs_) * model.probs_ * [5, 9]
    )


@pytest.mark.parametrize(
    ("law", "draw"),
    [(FromScipy(stats.geom), lambda rng: rng.geometric([0.2, 0.5], size=(200, 2))),
     (FromScipy(stats.expon, fixed={"loc": 3.0}),
      lambda rng: 3 + rng.exponential([2.0, 9.0], size=(200, 2)))],
)  # fmt: skip
def test_scipys_laws_miss_values_where_0_is_none(law, draw):
    X = with_holes(draw(np.random.RandomState(0)), 0.3)
    model = Mixture(law, 1).fit(X)
    for j, seen in enumerate(~np.isnan(X.T)):
        alone = Mixture(law, 1).fit(X[seen, j : j + 1])
        for name, value in alone.params_.items():
            np.testing.assert_allclose(model.params_[name][:, j], value[:, 0], rtol=1e-5)
    assert model.lower_bound_ == pytest.approx(model.score(X), abs=1e-9)


def test_what_has_no_expectation_is_not_imputed():
    X = with_holes(np.random.RandomState(0).standard_cauchy(size=(80, 2)), 0.2)
    model = Mixture(FromScipy(stats.cauchy), 1).fit(X)
    with pytest.raises(ValueError, match="component 0 of FromScipy has no expectation in column 0"):
        model.impute(X)


def test_log_normal_parts():
    rng = np.random.RandomState(0)
    X = with_holes(np.exp(rng.normal(size=(100, 2)) + 4 * (rng.uniform(size=(100, 1)) < 0.5)), 0.2)
    both = np.column_stack([X, rng.poisson(3, size=100)])
    law = Product([("times", LogNormal("diag"), [0, 1]), ("counts", Poisson(), 2)])
    model = Mixture(law, 2, random_state=0).fit(both)
    assert model.score(both) == pytest.approx(model.lower_bound_, abs=1e-9)
    lost = np.isnan(both[:, 0]) & np.isnan(both[:, 1])
    means = np.exp(model.times__means_ + 0.5 * model.times__covariances_)
    np.testing.assert_allclose(
        model.impute(both)[lost, :2], model.predict_proba(both)[lost] @ means, rtol=1e-9
    )
