"""The acceptance rows of docs/rows.md, each test named by its id."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.special import logsumexp, softmax
from scipy.stats import lognorm, norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as ScikitLearn

from skmixture import GaussianMixture, Mixture, PoissonMixture
from skmixture.datasets import load_death_notices, load_old_faithful
from skmixture.families import Gaussian

GEYSER = load_old_faithful().data
x = np.array([-3.3, -4.4, -1.9, 3.3, 2.5, 3.2, 0.3, 0.1, -0.1, -0.5])[:, None]
P1 = [1, 1, 1, 2, 2, 2, 2, 2, 1, 1]
P2 = [1, 3, 2, 1, 3, 2, 1, 3, 2, 1]
PARTITIONS = {"p1": (P1, 2), "p2": (P2, 3)}


def spherical(n_components, **options):
    settings = dict(covariance_type="spherical", reg_covar=0, tol=0) | options
    return GaussianMixture(n_components, **settings)


def fit_quietly(model, X, **arguments):
    """Fit where running to `max_iter` is the point."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Best performing", ConvergenceWarning)
        return model.fit(X, **arguments)


@pytest.fixture(scope="module", params=["full", "tied", "diag", "spherical"])
def geyser(request):
    return GaussianMixture(2, covariance_type=request.param, random_state=0).fit(GEYSER)


def test_responsibilities(geyser):
    """S0.1: rows sum to 1, the model unchanged, finite at 1e6 standard deviations."""
    before = {name: np.array(value) for name, value in geyser.params_.items()}
    far = np.vstack([GEYSER, GEYSER.mean(axis=0) + 1e6 * GEYSER.std(axis=0)])
    resp = geyser.predict_proba(far)
    np.testing.assert_allclose(resp.sum(axis=1), 1, atol=1e-12)
    assert np.isfinite(resp).all()
    for name, value in geyser.params_.items():
        np.testing.assert_array_equal(value, before[name])


def test_log_responsibilities(geyser):
    """S0.2: normalised in logs, and right where the probability underflows."""
    far = np.vstack([GEYSER, GEYSER.mean(axis=0) + 1e3 * GEYSER.std(axis=0)])
    log_resp = geyser.predict_log_proba(far)
    np.testing.assert_allclose(logsumexp(log_resp, axis=1), 0, atol=1e-12)
    laws = [geyser.component_distribution(k) for k in range(2)]
    odds = np.log(geyser.weights_) + [law.logpdf(far[-1]) for law in laws]
    assert abs(odds[0] - odds[1]) > 745  # the smaller probability underflows
    np.testing.assert_allclose(np.diff(log_resp[-1]), np.diff(odds), rtol=1e-9)


@pytest.mark.parametrize("model", [GaussianMixture(2, reg_covar=0), PoissonMixture(2)])
def test_m_step_from_responsibilities(model):
    """S0.3: max_iter=0 with start=R is one M-step, and the complete log-likelihood rises."""
    X = np.round(GEYSER)
    R = np.random.RandomState(0).dirichlet([1, 1], size=len(X))
    model.set_params(max_iter=0).fit(X, start=R)
    np.testing.assert_allclose(model.weights_, R.mean(axis=0), rtol=1e-12)
    means = R.T @ X / R.sum(axis=0)[:, None]
    fitted = model.means_ if isinstance(model, GaussianMixture) else model.rates_
    np.testing.assert_allclose(fitted, means, rtol=1e-12)
    here = model.complete_log_likelihood(X, R)
    other = type(model)(2, max_iter=0)
    for seed in range(5):
        Q = np.random.RandomState(seed + 1).dirichlet([1, 1], size=len(X))
        assert other.fit(X, start=Q).complete_log_likelihood(X, R) < here


def test_one_component_is_the_mean():
    """S0.7: exactly."""
    deaths = load_death_notices()
    model = PoissonMixture(1).fit(deaths.data, sample_weight=deaths.sample_weight)
    counts = deaths.data[:, 0]
    assert model.rates_[0, 0] == (deaths.sample_weight * counts).sum() / 1096
    assert model.weights_.tolist() == [1.0]


@pytest.mark.parametrize("model", [spherical(3), PoissonMixture(2), Mixture(Gaussian(), 2)])
def test_history(model):
    """S0.9: one entry an iteration, never down."""
    X = np.round(GEYSER) if isinstance(model, PoissonMixture) else GEYSER
    fit_quietly(model.set_params(random_state=0, max_iter=200), X)
    assert len(model.lower_bounds_) == model.n_iter_
    assert np.diff(model.lower_bounds_).min() > -1e-10
    assert model.lower_bound_ == model.lower_bounds_[-1]
    frame = model.history_frame()
    assert frame["lower_bound"].to_list() == model.lower_bounds_.tolist()


def test_complete_and_incomplete_log_likelihood(geyser):
    """S0.10: the complete one and the entropy make the incomplete one."""
    R = geyser.predict_proba(GEYSER)
    entropy = -(R * geyser.predict_log_proba(GEYSER)).sum()
    total = geyser.score_samples(GEYSER).sum()
    complete = geyser.complete_log_likelihood(GEYSER, R)
    assert complete + entropy == pytest.approx(total, rel=1e-10)
    assert geyser.elbo(GEYSER, R) == pytest.approx(total, rel=1e-10)


def test_latent_labels():
    """S0.16: their frequencies are the responsibilities, for three components."""
    model = GaussianMixture(3, random_state=0, max_iter=500).fit(GEYSER)
    rng = np.random.RandomState(0)
    n_draws = 4000
    rows = GEYSER[:20]
    draws = np.array([model.sample_latent(rows, random_state=rng) for _ in range(n_draws)])
    frequencies = np.stack([(draws == k).mean(axis=0) for k in range(3)], axis=1)
    resp = model.predict_proba(rows)
    error = np.sqrt(resp * (1 - resp) / n_draws)
    assert (np.abs(frequencies - resp) <= 4 * error + 1e-9).all()


def test_start_from_a_partition():
    """S1.1."""
    model = spherical(3, max_iter=0).fit(x, start=P2)
    np.testing.assert_allclose(model.weights_, [0.4, 0.3, 0.3], atol=1e-12)
    np.testing.assert_allclose(model.means_.ravel(), [-0.05, 0.4, -0.6], atol=1e-12)
    np.testing.assert_allclose(model.covariances_, [5.5275, 4.46, 8.18], atol=1e-12)


def test_responsibilities_at_the_partition():
    """S1.2."""
    model = spherical(3, max_iter=0).fit(x, start=P2)
    first = model.predict_proba(x)[0]
    np.testing.assert_allclose(first, [0.4009065042, 0.1875482723, 0.4115452235], atol=5e-11)


def test_one_iteration_from_the_partition():
    """S1.3."""
    model = fit_quietly(spherical(3, max_iter=1), x, start=P2)
    means = [-0.0694522721, 0.4852889589, -0.6555463674]
    np.testing.assert_allclose(model.means_.ravel(), means, atol=5e-11)
    variances = [5.9181656757, 4.8635636984, 7.0999768832]
    np.testing.assert_allclose(model.covariances_, variances, atol=5e-11)


@pytest.mark.parametrize(("name", "value"), [("p2", -23.3149472262), ("p1", -23.1512568418)])
def test_log_likelihood_at_the_start(name, value):
    """S1.4."""
    partition, n_components = PARTITIONS[name]
    model = spherical(n_components, max_iter=0).fit(x, start=partition)
    assert model.score_samples(x).sum() == pytest.approx(value, abs=5e-10)


def test_bound_is_the_log_likelihood_at_the_posterior():
    """S1.5: and below it elsewhere, as at the earlier system's own responsibilities.

    Those added a log-normal density, its shape the variance, to the log weight.
    """
    model = spherical(3, max_iter=0).fit(x, start=P2)
    total = model.score_samples(x).sum()
    assert abs(model.elbo(x, model.predict_proba(x)) - total) < 1e-12
    density = lognorm.pdf(x, model.covariances_, scale=np.exp(model.means_.ravel()))
    wrong = softmax(np.log(model.weights_) + density, axis=1)
    assert model.elbo(x, wrong) == pytest.approx(-23.5408833610, abs=5e-11)
    for seed in range(5):
        R = np.random.RandomState(seed).dirichlet([1, 1, 1], size=len(x))
        assert model.elbo(x, R) < total


TRAJECTORIES = [
    (
        "p1",
        [-23.0342306951, -23.0172243804, -23.0126828875, -23.0111701900],
        -23.0092360348,
        -20.8012191457,
        {
            "means_": [-1.2852194344, 3.0216506186],
            "covariances_": [3.3070477903, 0.1208394158],
            "weights_": [0.7201635017, 1 - 0.7201635017],
        },
    ),
    (
        "p2",
        [-23.2746398720, -23.2656861640],
        -22.9925325144,
        -17.1447778466,
        {"means_": [-0.0469405331, 3.0000001003, -3.1661856249]},
    ),
]


@pytest.mark.parametrize(("name", "first", "twentieth", "last", "end"), TRAJECTORIES)
def test_trajectory(name, first, twentieth, last, end):
    """S1.6 and S1.7: entry t of the history is the value after t iterations."""
    partition, n_components = PARTITIONS[name]
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        model = spherical(n_components, max_iter=21).fit(x, start=partition)
    total = model.lower_bounds_ * len(x)
    np.testing.assert_allclose(total[1 : 1 + len(first)], first, atol=5e-10)
    assert total[20] == pytest.approx(twentieth, abs=5e-10)
    model = fit_quietly(spherical(n_components, max_iter=20_000, tol=1e-14), x, start=partition)
    assert model.score_samples(x).sum() == pytest.approx(last, abs=1e-8)
    for attribute, values in end.items():
        np.testing.assert_allclose(np.ravel(getattr(model, attribute)), values, atol=1e-6)


@pytest.mark.parametrize("name", PARTITIONS)
def test_equals_scikit_learn_from_the_same_start(name):
    """S1.8: 1e-9."""
    partition, n_components = PARTITIONS[name]
    start = spherical(n_components, max_iter=0).fit(x, start=partition)
    options = dict(
        covariance_type="spherical",
        reg_covar=0,
        tol=0,
        max_iter=30,
        weights_init=start.weights_,
        means_init=start.means_,
        precisions_init=start.precisions_,
    )
    ours = fit_quietly(GaussianMixture(n_components, **options), x)
    theirs = fit_quietly(ScikitLearn(n_components, **options), x)
    for attribute in ("weights_", "means_", "covariances_", "lower_bounds_"):
        expected = getattr(theirs, attribute, None)
        if expected is not None:  # lower_bounds_ came with scikit-learn 1.7
            np.testing.assert_allclose(getattr(ours, attribute), expected, rtol=1e-9)


def test_collapse_on_equal_points():
    """S1.9: finite under reg_covar with a warning; without it other starts are used."""
    rng = np.random.RandomState(0)
    X = np.r_[np.full(6, 3.0), rng.normal(0, 1, 40), rng.normal(12, 1, 40)][:, None]
    onto_equal_points = (X[:, 0] == 3).astype(int)
    with pytest.warns(ConvergenceWarning, match="collapsed"):
        model = GaussianMixture(2, reg_covar=1e-6).fit(X, start=onto_equal_points)
    assert np.isfinite(model.score_samples(X)).all()
    with pytest.raises(ValueError, match="reg_covar"):
        GaussianMixture(2, reg_covar=0).fit(X, start=onto_equal_points)

    def starts(X, n_components, random_state):
        return onto_equal_points if starts.calls.pop() else (X[:, 0] > 6).astype(int)

    starts.calls = [False, True, False, True]
    with pytest.warns(ConvergenceWarning, match="2 of 4 starts failed"):
        model = GaussianMixture(
            2, reg_covar=0, n_init=4, init_params=starts, max_iter=1000, tol=1e-6, random_state=0
        ).fit(X)
    assert len(model.dropped_starts_) == 2
    assert np.isfinite(model.lower_bound_)
    assert model.covariances_.min() > 1e-6


def test_a_collapse_is_never_preferred():
    """S1.9: the likelihood without bound loses against a proper optimum."""
    rng = np.random.RandomState(1)
    X = np.r_[np.full(5, 3.0), rng.normal(0, 1, 60), rng.normal(8, 1, 60)][:, None]
    model = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(X)
    assert model.covariances_.min() > 0.1
    assert model.means_[1, 0] == pytest.approx(8, abs=0.5)
    assert model.lower_bound_ < 0


@pytest.mark.parametrize("d", [1, 2, 5])
def test_far_tails(d):
    """S2.8: finite at 60 standard deviations, where the density underflows."""
    model = GaussianMixture.from_params(
        weights=[0.5, 0.5], means=np.zeros((2, d)), covariances=np.stack([np.eye(d)] * 2)
    )
    X = np.full((1, d), 60.0)
    assert np.exp(model.score_samples(X))[0] == 0
    np.testing.assert_allclose(model.score_samples(X), norm.logpdf(60.0) * d, rtol=1e-13)


def test_density_on_a_grid_integrates_to_one():
    """S2.9: the lecture's surface, to 1e-3."""
    model = GaussianMixture.from_params(
        weights=[0.1, 0.4, 0.5],
        means=[[0, 0], [3, 3], [0, 5]],
        covariances=np.array([1.0, 2.0, 3.0])[:, None, None] * np.eye(2),
    )
    a, b = np.meshgrid(np.linspace(-10, 12, 221), np.linspace(-8, 15, 231))
    density = np.exp(model.score_samples(np.column_stack([a.ravel(), b.ravel()])))
    assert density.sum() * 0.1 * 0.1 == pytest.approx(1, abs=1e-3)


def test_published_fit_of_the_death_notices():
    """Hasselblad's two Poisson components, from default settings and every seed."""
    deaths = load_death_notices()
    for seed in range(5):
        model = PoissonMixture(2, order_by="rates", random_state=seed)
        model.fit(deaths.data, sample_weight=deaths.sample_weight)
        total = model.score(deaths.data, sample_weight=deaths.sample_weight) * 1096
        assert total == pytest.approx(-1989.94586, abs=5e-6)
        np.testing.assert_allclose(model.weights_, [0.3599, 0.6401], atol=5e-5)
        np.testing.assert_allclose(model.rates_.ravel(), [1.2561, 2.6634], atol=5e-5)
