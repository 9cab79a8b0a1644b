"""S3 and S4: acceptance rows of negative binomial mixtures."""

from __future__ import annotations

import numpy as np
import pytest
from data_at_hand import singer_transcript_counts
from scipy import stats
from sklearn.model_selection import GridSearchCV

from skmixture import NegativeBinomialMixture

SEEDS = range(10)


@pytest.fixture(scope="module")
def cells():
    """Counts of Rex1, Rest, Nanog, Prdm14 in 279 cells."""
    return singer_transcript_counts()


@pytest.fixture(scope="module")
def rex1(cells):
    return cells[:, :1]


def log_likelihood(model, X):
    return len(X) * model.score(X)


# -- S3: mRNA counts ----------------------------------------------------------


def test_s3_1_one_negative_binomial(rex1):
    model = NegativeBinomialMixture(1).fit(rex1)
    assert model.sizes_[0, 0] == pytest.approx(1.6327263554, rel=1e-9)
    assert model.burst_sizes_[0, 0] == pytest.approx(84.7451202965, rel=1e-9)
    assert log_likelihood(model, rex1) == pytest.approx(-1638.6783525998, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_s3_2_and_s3_3_two_components_from_the_default_start(rex1, seed):
    model = NegativeBinomialMixture(2, order_by="means", random_state=seed).fit(rex1)
    np.testing.assert_allclose(model.sizes_.ravel(), [3.53074823, 5.06076535], rtol=1e-4)
    np.testing.assert_allclose(model.burst_sizes_.ravel(), [4.05846245, 32.01160401], rtol=1e-4)
    assert model.weights_[0] == pytest.approx(0.1600664702, rel=1e-4)
    assert log_likelihood(model, rex1) == pytest.approx(-1590.3521376032, abs=1e-6)
    assert log_likelihood(model, rex1) > -1590.35374
    assert model.converged_


@pytest.mark.filterwarnings("ignore:.*grew without bound")  # the third component, in a fold
def test_s3_4_how_many(rex1):
    bic = [NegativeBinomialMixture(k, random_state=0).fit(rex1).bic(rex1) for k in (1, 2, 3)]
    np.testing.assert_allclose(bic, [3288.619, 3208.860, 3215.620], atol=5e-4)
    model, grid = NegativeBinomialMixture(random_state=0), {"n_components": [1, 2, 3]}
    scoring = {
        "bic": lambda fitted, X, y=None: -fitted.bic(X),
        "held_out": lambda fitted, X, y=None: fitted.score(X),
    }
    search = GridSearchCV(model, grid, scoring=scoring, refit="bic").fit(rex1)
    assert search.best_params_ == {"n_components": 2}
    # by held-out likelihood a third component gains less than its standard error
    scores = np.array([search.cv_results_[f"split{i}_test_held_out"] for i in range(5)])
    gain = scores[:, 2] - scores[:, 1]
    assert gain.mean() < gain.std(ddof=1) / np.sqrt(5)
    assert (scores[:, 1] > scores[:, 0]).all()


def test_s3_5_distribution_function_against_the_data(rex1):
    values = np.unique(rex1)
    ecdf = (rex1 <= values).mean(axis=0)
    for n_components, gap in ((1, 0.1390), (2, 0.0231)):
        model = NegativeBinomialMixture(n_components, random_state=0).fit(rex1)
        at = model.cdf(values[:, None])
        before = model.cdf(values[:, None] - 1)
        above = np.abs(ecdf - at).max()
        below = np.abs(ecdf - np.diff(ecdf, prepend=0, append=1)[:-1] - before).max()
        assert max(above, below) == pytest.approx(gap, abs=1e-4)
    assert model.cdf(50) == pytest.approx(0.17952729, abs=1e-6)
    np.testing.assert_array_equal(model.cdf([50, 7]), model.cdf([[50], [7]]))


def test_s3_6_simulate(rex1):
    model = NegativeBinomialMixture(2, random_state=0).fit(rex1)
    X, labels = model.sample(500)
    assert X.shape == (500, 1)
    assert (np.floor(X) == X).all()
    assert X.dtype.kind == "i"
    assert set(labels) == {0, 1}


@pytest.mark.parametrize("seed", SEEDS)
def test_s3_11_four_genes_one_weight(cells, seed):
    model = NegativeBinomialMixture(2, random_state=seed).fit(cells)
    assert log_likelihood(model, cells) == pytest.approx(-5025.8193412468, abs=1e-5)
    assert model.weights_.min() == pytest.approx(0.2886382736, rel=1e-5)
    assert model.n_parameters_ == 17


# -- S4: negative binomials by EM ----------------------------------------------


def seeded(draw):
    """1,000 draws after ``numpy.random.seed(1)``, from a generator of their own."""
    return draw(np.random.RandomState(1))[:, None].astype(float)


def test_s4_1_parametrisations():
    x = seeded(lambda rng: rng.negative_binomial(4, 0.1, 1000))
    model = NegativeBinomialMixture(1).fit(x)
    np.testing.assert_allclose(model.dispersions_, 1 / model.sizes_)
    np.testing.assert_allclose(model.burst_sizes_, model.means_ / model.sizes_)
    variance = model.means_ + model.means_**2 / model.sizes_
    law = model.component_distribution(0)
    assert law.mean() == pytest.approx(model.means_[0, 0], rel=1e-12)
    assert law.var() == pytest.approx(variance[0, 0], rel=1e-12)


def test_s4_2_poisson_data():
    x = seeded(lambda rng: rng.poisson(100, 1000))
    with pytest.warns(UserWarning, match=r"sizes_\[0, 0\] .* grew without bound"):
        model = NegativeBinomialMixture(1).fit(x)
    assert model.means_[0, 0] == 99.753
    assert log_likelihood(model, x) == pytest.approx(-3690.993524, abs=1e-6)
    assert np.isfinite(model.sizes_).all()


def test_s4_3_overdispersed_data():
    x = seeded(lambda rng: stats.nbinom(3, 1e-3).rvs(1000, random_state=rng))
    model = NegativeBinomialMixture(1).fit(x)
    m, r = model.means_[0, 0], model.sizes_[0, 0]
    assert m == pytest.approx(2978.728, rel=1e-12)
    assert r == pytest.approx(3.0709245191, rel=1e-10)
    assert m + m**2 / r == pytest.approx(2892278.17, abs=0.01)
    assert log_likelihood(model, x) == pytest.approx(-8740.0362358978, abs=1e-8)


@pytest.mark.parametrize("scale", [1, 1000])
def test_s4_4_hard_labels_give_each_group_its_mean(scale):
    """By tables where counts are moderate, row by row where they are large."""
    rng = np.random.RandomState(0)
    labels = rng.randint(2, size=400)
    x = scale * rng.negative_binomial(3, np.where(labels, 0.05, 0.4))[:, None]
    x = x + rng.randint(0, scale, size=x.shape)
    model = NegativeBinomialMixture(2, max_iter=0).fit(x, start=labels)
    for k in (0, 1):
        group = x[labels == k]
        alone = NegativeBinomialMixture(1).fit(group)
        assert model.means_[k, 0] == pytest.approx(group.mean(), rel=1e-14)
        assert model.sizes_[k, 0] == pytest.approx(alone.sizes_[0, 0], rel=1e-6)


def test_s4_5_weights_are_estimated():
    rng = np.random.RandomState(0)
    labels = rng.uniform(size=2000) < 0.2
    x = rng.negative_binomial(5, np.where(labels, 0.02, 0.3))[:, None]
    model = NegativeBinomialMixture(2, order_by="means", random_state=0).fit(x)
    error = 4 * np.sqrt(0.2 * 0.8 / 2000)
    assert np.abs(model.weights_ - [1 - labels.mean(), labels.mean()]).max() < error
    assert np.abs(model.weights_ - [0.8, 0.2]).max() < error


def test_s4_6_a_component_too_many():
    x = seeded(lambda rng: stats.nbinom(3, 1e-3).rvs(1000, random_state=rng))
    one, two = (NegativeBinomialMixture(k, random_state=0).fit(x) for k in (1, 2))
    assert log_likelihood(two, x) >= log_likelihood(one, x)
    assert one.bic(x) == pytest.approx(17493.888, abs=1e-3)
    assert one.bic(x) < two.bic(x)


def test_s4_7_no_convergence_is_a_warning(rex1):
    with pytest.warns(UserWarning, match="did not converge"):
        model = NegativeBinomialMixture(2, max_iter=3, n_init=1, tol=0, random_state=0).fit(rex1)
    assert not model.converged_
    assert np.isfinite(log_likelihood(model, rex1))


def test_s4_8_size_factors():
    rng = np.random.RandomState(0)
    s = rng.gamma(4, 0.25, 300)
    labels = rng.randint(2, size=300)
    mean = s[:, None] * np.array([[4.0, 30.0], [40.0, 6.0]])[labels]
    x = rng.poisson(rng.gamma(3.0, size=mean.shape) / 3.0 * mean)
    one, other = (
        NegativeBinomialMixture(2, order_by="means", random_state=0).fit(x, exposure=c * s)
        for c in (1.0, 8.0)
    )
    np.testing.assert_allclose(other.means_, one.means_ / 8, rtol=1e-6)
    np.testing.assert_allclose(other.sizes_, one.sizes_, rtol=1e-5)
    scores = [m.score(x, exposure=c * s) for m, c in ((one, 1.0), (other, 8.0))]
    assert 300 * scores[0] == pytest.approx(300 * scores[1], abs=1e-8)
    np.testing.assert_allclose(one.means_, [[4, 30], [40, 6]], rtol=0.2)
