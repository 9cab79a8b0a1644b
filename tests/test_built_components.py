"""A law for each component, and uniform noise, beyond the contract."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.model_selection import GridSearchCV

from skmixture import Mixture
from skmixture.families import (
    Bernoulli,
    Beta,
    Binomial,
    Components,
    Dirichlet,
    Exponential,
    FromScipy,
    Gamma,
    Gaussian,
    Geometric,
    Hurdle,
    LogNormal,
    NegativeBinomial,
    PointMass,
    Poisson,
    Product,
    Uniform,
    VonMisesFisher,
    ZeroInflated,
)
from skmixture.law.parts import of_part

RNG = np.random.RandomState(0)
CLUSTERS = np.r_[RNG.normal(0, 1, (200, 2)), RNG.normal(8, 0.5, (300, 2))]
NOISY = np.r_[CLUSTERS, RNG.uniform(-30, 30, (50, 2))]
LABELS = np.repeat([0, 1, 2], [200, 300, 50])
NOISE = Components([("bulk", Gaussian(), 2), ("noise", Uniform())])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("init", ["auto", "kmeans", "k-means++", "random_from_data"])
def test_noise_is_found_and_swallows_nothing(seed, init):
    law = Components([("noise", Uniform()), ("bulk", Gaussian(), 2)])
    model = Mixture(law, 3, random_state=seed, init_params=init, n_init=10, order_by="bulk__means")
    model.fit(NOISY)
    np.testing.assert_allclose(model.bulk__means_, [[0, 0], [8, 8]], atol=0.25)
    assert model.weights_[0] == pytest.approx(50 / 550, abs=0.02)
    assert (model.predict(NOISY) == (LABELS + 1) % 3).mean() > 0.97
    assert model.n_parameters_ == 2 + 2 * (2 + 3)
    np.testing.assert_array_equal(model.noise__lows_, NOISY.min(axis=0)[None])


def test_the_law_of_a_cluster_is_found_whichever_way_round():
    rng = np.random.RandomState(0)
    counts = np.r_[rng.poisson(40, 300), rng.negative_binomial(1, 0.15, 300)][:, None]
    scores = []
    for parts in ([Poisson(), NegativeBinomial()], [NegativeBinomial(), Poisson()]):
        model = Mixture(Components(parts), 2, random_state=0).fit(counts)
        assert model.poisson__rates_[0, 0] == pytest.approx(40, abs=2)
        assert model.negativebinomial__means_[0, 0] == pytest.approx(5.7, abs=1)
        scores.append(model.score(counts))
    assert scores[0] == pytest.approx(scores[1], rel=1e-9)


R = np.random.RandomState(5)
DIFFERENT = {
    "positive": (
        [Gamma(), Exponential(), LogNormal()],
        [R.gamma(9, 1, 500), R.exponential(0.3, 400), R.lognormal(4, 0.5, 300)],
    ),
    "all numbers and positive ones": (
        [Gaussian(), Exponential()], [R.normal(-2, 1, 300), R.exponential(5, 300)],
    ),
    "one end": (
        [Gaussian(), FromScipy(stats.expon, fixed={"loc": 12.0})],
        [R.normal(0, 1, 300), 12 + R.exponential(3.0, 300)],
    ),
    "counts": (
        [Poisson(), NegativeBinomial(), Geometric()],
        [R.poisson(30, 400), R.negative_binomial(3, 0.03, 300), R.geometric(0.4, 300) - 1],
    ),
    "answers and counts": (
        [Bernoulli(), Poisson()], [R.uniform(size=300) < 0.3, R.poisson(9, 300)],
    ),
    "trials and counts": (
        [Binomial(5), Poisson()], [R.binomial(5, 0.3, 300), R.poisson(14, 300)],
    ),
    "noise on shares": ([Beta(), Uniform(0, 1)], [R.beta(19, 2, 300), R.uniform(size=200)]),
    "a point and numbers": ([PointMass(), Gaussian()], [np.zeros(200), R.normal(0, 1, 300)]),
    "two points": (
        [PointMass(), PointMass(7.5), Gamma()],
        [np.zeros(99), np.full(98, 7.5), R.gamma(9, 1, 300)],
    ),
    "a point and counts": ([PointMass(), Poisson()], [np.zeros(200), R.poisson(5, 300)]),
}  # fmt: skip


@pytest.mark.parametrize(("laws", "groups"), DIFFERENT.values(), ids=DIFFERENT)
def test_laws_of_one_kind_go_together(laws, groups):
    """From default settings: groups are found, and scores are those of the laws alone."""
    x = np.concatenate(groups)[:, None].astype(float)
    labels = np.repeat(range(len(groups)), [len(group) for group in groups])
    model = Mixture(Components(laws), len(laws), random_state=0).fit(x)
    np.testing.assert_allclose(model.weights_, np.bincount(labels) / len(x), atol=0.12)
    assert (model.predict(x) == labels).mean() > 0.75
    assert np.diff(model.lower_bounds_).min() > -1e-10
    points = [law.at for law in laws if isinstance(law, PointMass)]
    density = np.zeros(len(x))
    for weight, (name, law) in zip(model.weights_, model.family_.laws, strict=True):
        alone = Mixture.from_params(family=law, weights=[1.0], **of_part(name, model.params_))
        possible = law.possible(x, {})
        if law.support.measures(1)[0].kind == "numbers":
            possible &= ~np.isin(x[:, 0], points)
        density[possible] += weight * np.exp(alone.score_samples(x[possible]))
    np.testing.assert_allclose(np.exp(model.score_samples(x)), density, rtol=1e-10)
    drawn, which = model.sample(300, random_state=0)
    assert all(law.possible(drawn[which == k], {}).all() for k, law in enumerate(laws))
    assert np.isfinite(model.score(drawn))


def test_a_hurdle_is_a_point_among_components():
    x = np.r_[np.zeros(200), np.random.RandomState(0).gamma(2.0, 3.0, 300)][:, None]
    apart = Mixture(Components([PointMass(), Gamma()]), 2).fit(x)
    hurdle = Mixture(Hurdle(Gamma())).fit(x)
    assert apart.score(x) == pytest.approx(hurdle.score(x), rel=1e-9)
    both = Mixture(Components([Hurdle(Gamma()), ("far", LogNormal())]), 2, random_state=0)
    both.fit(np.r_[x, np.random.RandomState(1).lognormal(6.0, 0.1, (100, 1))])
    assert both.weights_[1] == pytest.approx(1 / 6, abs=0.01)
    assert both.hurdle__zero_probs_[0, 0] == pytest.approx(0.4, abs=0.01)


def test_one_law_for_all_is_the_plain_mixture():
    start = np.random.RandomState(0).dirichlet([1, 1], size=len(CLUSTERS))
    plain = Mixture(Gaussian(), 2).fit(CLUSTERS, start=start)
    parts = Mixture(Components([("a", Gaussian(), 2)]), 2).fit(CLUSTERS, start=start)
    split = Mixture(Components([Gaussian(), Gaussian()]), 2).fit(CLUSTERS, start=start)
    np.testing.assert_allclose(parts.a__means_, plain.means_, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(split.gaussian__means_, plain.means_[:1], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(split.gaussian_2__means_, plain.means_[1:], rtol=1e-6)
    assert parts.n_parameters_ == split.n_parameters_ == plain.n_parameters_
    assert parts.score(CLUSTERS) == pytest.approx(plain.score(CLUSTERS), rel=1e-12)


def test_a_covariance_may_be_shared_within_a_part():
    law = Components([("noise", Uniform()), ("bulk", Gaussian("tied"), 2)])
    model = Mixture(law, 3, random_state=0, order_by="weights").fit(NOISY)
    assert model.bulk__covariances_.shape == (2, 2)
    assert model.n_parameters_ == 2 + 4 + 3
    table = model.to_frame()
    assert table["bulk__means[0]"].isna().tolist() == [True, False, False]
    assert table["noise__lows[0]"].isna().tolist() == [False, True, True]
    assert model.component_distribution(1).mean.shape == (2,)
    assert model.component_distribution(-1).mean[0] == model.bulk__means_[1, 0]


@pytest.mark.parametrize("order_by", ["weights", "bulk__means", lambda by: -by["weights"]])
def test_components_are_ordered_within_their_law(order_by):
    model = Mixture(NOISE, 3, random_state=0, order_by=order_by).fit(NOISY)
    upward = np.argsort(model.bulk__means_[:, 0])
    expected = [1, 0] if callable(order_by) else [0, 1]
    np.testing.assert_array_equal(upward, expected)
    assert model.weights_[2] < 0.15
    alone = Mixture.from_params(
        family=Gaussian(), weights=[1.0], means=model.bulk__means_[:1],
        covariances=model.bulk__covariances_[:1],
    )  # fmt: skip
    joint = model.predict_log_proba(NOISY)[:, 0] + model.score_samples(NOISY)
    np.testing.assert_allclose(
        joint, np.log(model.weights_[0]) + alone.score_samples(NOISY), rtol=1e-9
    )


def test_held_and_tied_by_part():
    options = {
        "fixed": {"bulk__means": [[0.0, 0.0], [np.nan, np.nan]]},
        "tied": ["bulk__covariances"],
    }
    model = Mixture(NOISE, 3, random_state=0, **options).fit(NOISY)
    np.testing.assert_array_equal(model.bulk__means_[0], [0, 0])
    np.testing.assert_array_equal(*model.bulk__covariances_)
    assert model.n_parameters_ == 2 + 2 + 3


def test_options_in_a_grid_search():
    law = Components([("bulk", Gaussian(), 2), ("noise", Uniform(-31, 31))])
    search = GridSearchCV(
        Mixture(law, 3, random_state=0, n_init=3),
        {"family__bulk__covariance_type": ["spherical", "full"]},
        cv=2,
    ).fit(np.random.RandomState(1).permutation(NOISY))
    assert search.best_score_ > -8


def test_a_stream_of_noise_and_clusters():
    rows = np.random.RandomState(1).permutation(NOISY)
    law = Components([("bulk", Gaussian(), 2), ("noise", Uniform(-30, 30))])
    model = Mixture(law, 3, random_state=0, forgetting=1.0, order_by="bulk__means")
    for part in np.array_split(rows, 5):
        model.partial_fit(part)
    np.testing.assert_allclose(model.bulk__means_, [[0, 0], [8, 8]], atol=0.4)


def test_rows_are_drawn_by_their_own_law():
    model = Mixture(NOISE, 3, random_state=0, order_by="weights").fit(NOISY)
    X, labels = model.sample(2000, random_state=0)
    by_law = [X[labels == k] for k in range(3)]
    np.testing.assert_allclose(by_law[0].mean(axis=0), model.bulk__means_[0], atol=0.3)
    assert np.abs(by_law[2]).max() > 20
    law, exposure = Components([("a", Poisson(), 1), ("b", ZeroInflated(Poisson()))]), np.ones(500)
    model = Mixture.from_params(
        family=law, weights=[0.5, 0.5], a__rates=[[100.0]], b__rates=[[5.0]], b__zero_probs=[[0.5]]
    )
    X, labels = model.sample(500, random_state=0, exposure=exposure)
    np.testing.assert_array_equal(X[:, 0] > 50, labels == 0)


def test_parts_may_be_products_and_scipys():
    law = Components(
        [
            ("cluster", Product([("x", Gaussian(), 0), ("y", FromScipy(stats.laplace), 1)]), 2),
            ("noise", Uniform()),
        ]
    )
    model = Mixture(law, 3, random_state=0, n_init=4, order_by="cluster__x__means").fit(NOISY)
    np.testing.assert_allclose(model.cluster__y__loc_.ravel(), [0, 8], atol=0.4)
    assert model.get_params()["family__cluster__x__covariance_type"] == "full"


@pytest.mark.parametrize(
    ("parts", "K", "message"),
    [
        ([Gaussian(), Uniform()], 3, "n_components=3, but Components has 2"),
        ([Gaussian(), Poisson()], 2, "'gaussian' has densities of numbers, per unit of X, and"),
        ([("a", VonMisesFisher()), Gaussian()], 2, "'a' has densities on the sphere, and 'gauss"),
        ([("a", Dirichlet()), ("b", Beta())], 2, "'a' has densities on the simplex, and 'b' dens"),
        (
            [("a", Product([("x", Gaussian(), 0), ("y", Poisson(), 1)])), ("b", Gaussian())],
            2,
            "in column 1 'a' has probabilities of counts, and 'b' densities of numbers",
        ),
        ([Gamma(), LogNormal()], 2, "lies outside the support of 'gamma' in Components: numbers"),
        (
            [Gamma(), Exponential()],
            2,
            r"can be of no law of Components \('gamma': numbers above 0;",
        ),
        ([Gaussian(), FromScipy("beta", fixed={"loc": 99.0, "scale": 1.0})], 2, "leave that law"),
        ([Gaussian(), PointMass("x")], 2, "at of PointMass must be a number"),
        ([Gaussian(), PointMass([1.0, 2.0, 3.0])], 2, "at of PointMass has 3 values for 2 col"),
        ([("a", Gaussian(), 0)], 1, "whole number of components from 1, got 0"),
        ([("a", Gaussian(), 1, 1)], 1, r"each part of Components is a family, \(name, family\)"),
        ([("a", Gaussian()), ("a", Gaussian())], 2, "'a' of a part of Components is taken"),
        ([Gaussian], 1, "must be a family"),
        ([], 1, "must be a list of families"),
        ([Gaussian(), Uniform(low="x")], 2, "low of Uniform must be a number"),
        ([Gaussian(), Uniform(low=[1.0])], 2, "low of Uniform has 1 values for 2 columns"),
    ],
)
def test_bad_parts_are_named(parts, K, message):
    with pytest.raises(ValueError, match=message):
        Mixture(Components(parts), K).fit(CLUSTERS)


def test_a_box_without_volume_is_no_law():
    with pytest.raises(ValueError, match="The box of Uniform has no volume"):
        Mixture(Uniform()).fit([[1.0, 2.0], [1.0, 3.0]])


def test_the_box_is_the_users_and_scipys():
    model = Mixture(Uniform(low=[-40, -50], high=40)).fit(NOISY)
    np.testing.assert_array_equal(model.lows_, [[-40, -50]])
    assert model.score(NOISY) == pytest.approx(-np.log(80 * 90))
    assert model.score_samples([[0.0, 41.0]])[0] == -np.inf
    frozen, points = model.component_distribution(0), NOISY[:5]
    np.testing.assert_allclose(frozen.logpdf(points).sum(axis=1), model.score_samples(points))
    np.testing.assert_allclose(model.marginal_cdf(points), frozen.cdf(points))
    np.testing.assert_allclose(model.marginal_quantile(0.25), frozen.ppf(0.25))
    drawn, _ = model.sample(4000, random_state=0)
    np.testing.assert_allclose(drawn.mean(axis=0), [0, -5], atol=2)


def test_a_row_that_no_component_can_have_made_says_nothing():
    boxes = Mixture.from_params(
        family=Uniform(), weights=[0.3, 0.7], lows=[[0.0], [1.0]], highs=[[1.0], [3.0]]
    )
    rows = [[0.5], [2.0], [9.0]]
    np.testing.assert_allclose(boxes.predict_proba(rows), [[1, 0], [0, 1], [0.3, 0.7]], rtol=1e-15)
    np.testing.assert_array_equal(boxes.predict(rows), [0, 1, 1])
    np.testing.assert_array_equal(boxes.score_samples(rows[2:]), [-np.inf])
