"""From default settings, the best optimum that is no accident, whatever the seed."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from skmixture import (
    BernoulliMixture,
    BetaMixture,
    CategoricalMixture,
    ComponentsMixture,
    GammaMixture,
    GeometricMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
    VonMisesFisherMixture,
    WeibullMixture,
)
from skmixture.datasets import load_death_notices, load_old_faithful
from skmixture.families import Gaussian, Poisson, Uniform
from skmixture.starts.own import Views, off_edges
from skmixture.starts.rearranged import MOVES, Ends, rearranged

IRIS = load_iris().data
SEEDS = range(10)


def fitted(make, K, X, seed, **fit):
    """A fit whose only excuse to warn is an edge."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).* ended at |.*grew without bound", UserWarning)
        return make(n_components=K, n_init=20, random_state=seed).fit(X, **fit)


# Log-likelihoods that mclust 6 prints for these tables (VVV and EEE; from its BIC where that is
# all it prints), and that of the death notices by Hasselblad (1969, JASA 64, 1459-1471).
PUBLISHED = {
    "iris, 2": (partial(Mixture, Gaussian()), 2, IRIS, -214.355),
    "iris, 3": (partial(Mixture, Gaussian()), 3, IRIS, -180.186),
    "faithful, 3 of one shape": (
        partial(Mixture, Gaussian("tied")), 3, load_old_faithful().data, -1126.326,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "K", "X", "published"), PUBLISHED.values(), ids=PUBLISHED)
def test_published_optima(make, K, X, published):
    found = [fitted(make, K, X, seed).score(X) * len(X) for seed in SEEDS]
    assert min(found) >= published - 1e-3
    assert max(found) - min(found) < 1e-6  # and nothing above it that few rows make by chance


# Slides by which of seven pathologists saw a carcinoma in them (Agresti 2002, Categorical Data
# Analysis, table 13.1), and what poLCA finds (Linzer and Lewis 2011, Journal of Statistical
# Software 42(10)). A probability of 0 at a start, which EM never leaves, ends below it.
CARCINOMA = {
    "0000000": 34, "1111111": 16, "1110101": 13, "1111101": 10, "1100101": 7, "0100000": 6,
    "0100101": 5, "1110111": 5, "0100100": 4, "1101111": 3, "0000100": 2, "1000000": 2,
    "1100000": 2, "1100100": 2, "1101101": 2, "0100001": 1, "1010101": 1, "1100001": 1,
    "1100111": 1, "1101001": 1,
}  # fmt: skip
SLIDES = np.array([[float(seen) for seen in by_all] for by_all in CARCINOMA])
TIMES = np.array(list(CARCINOMA.values()), dtype=float)


@pytest.mark.parametrize("make", [BernoulliMixture, CategoricalMixture])
@pytest.mark.parametrize(("K", "published"), [(2, -317.2568), (3, -293.7050), (4, -289.2858)])
def test_carcinoma(make, K, published):
    for seed in range(3):
        model = fitted(make, K, SLIDES, seed, sample_weight=TIMES)
        assert model.score(SLIDES, sample_weight=TIMES) * TIMES.sum() > published - 1e-4


@pytest.mark.filterwarnings("ignore:.* ended at ")
def test_a_single_start_is_not_stuck_at_an_edge():
    X = np.repeat(SLIDES, TIMES.astype(int), axis=0)
    for seed in range(10):
        model = BernoulliMixture(4, n_init=1, random_state=seed).fit(X)
        assert model.score(X) * len(X) > -294.0  # -320 where it is


def test_what_is_off_edges_has_the_shares_of_the_groups():
    groups, weight = np.repeat(np.eye(3), [1, 4, 2], axis=1), np.array([1.0, 2, 1, 1, 5, 1, 1])
    assert off_edges(groups, weight, Gaussian()) is groups
    table = off_edges(groups, weight, Poisson())
    assert (table > 0).all()
    np.testing.assert_allclose(table.sum(axis=0), 1.0, rtol=1e-14)
    np.testing.assert_allclose(table @ weight, groups @ weight, rtol=1e-14)


def test_death_notices():
    notices = load_death_notices()
    for seed in SEEDS:
        model = fitted(PoissonMixture, 2, notices.data, seed, sample_weight=notices.sample_weight)
        mean = model.score(notices.data, sample_weight=notices.sample_weight)
        assert mean * notices.sample_weight.sum() >= -1989.946


R = np.random.RandomState(3)
HIDDEN = {
    "few large counts": (PoissonMixture, 4, [R.poisson(3, 700), R.poisson(9, 280), R.poisson(40, 6),
                                             R.poisson(90, 4)]),
    "a long tail": (GeometricMixture, 2, [R.geometric(0.1, 900), R.geometric(0.01, 4)]),
    "few dispersed counts": (NegativeBinomialMixture, 2, [R.negative_binomial(2, 0.3, 600),
                                                          R.poisson(25, 6)]),
    "one shape in another": (GammaMixture, 3, [R.gamma(2, 3, 300), R.gamma(90, 0.1, 60),
                                               R.gamma(60, 1, 12)]),
}  # fmt: skip


@pytest.mark.parametrize(("make", "K", "groups"), HIDDEN.values(), ids=HIDDEN)
def test_seeds_agree_on_small_groups(make, K, groups):
    X = np.concatenate(groups)[:, None].astype(float)
    found = [fitted(make, K, X, seed).score(X) * len(X) for seed in SEEDS]
    assert max(found) - min(found) < 1e-4
    labels = np.repeat(range(len(groups)), list(map(len, groups)))
    if len(groups) == K:
        assert min(found) > fitted(make, K, X, 0, start=labels).score(X) * len(X) - 1e-6


def test_a_heap_is_no_component_of_its_own():
    """Of equal values any law makes as much as it likes; what does not collapse is preferred."""
    rng = np.random.RandomState(0)
    X = np.r_[np.full(60, 0.01), rng.beta(2, 5, 60), rng.beta(20, 5, 60)][:, None]
    for seed in range(3):
        model = fitted(BetaMixture, 2, X, seed)
        assert (model.alphas_ + model.betas_).max() < 1e4


def test_few_rows_in_a_line_are_no_component():
    rng = np.random.RandomState(1)
    line = np.linspace(-1, 1, 4)[:, None] * [2.0, 1.0]
    X = np.r_[rng.normal(size=(150, 2)), rng.normal([5, 0], 1, size=(100, 2)), line]
    for seed in range(5):
        model = fitted(partial(Mixture, Gaussian()), 2, X, seed)
        assert model.weights_.min() * len(X) > 50
    free = fitted(partial(Mixture, Gaussian()), 3, X, 0)
    assert free.weights_.min() * len(X) > 5
    with warnings.catch_warnings():  # that they end in a line is what is meant
        warnings.filterwarnings("ignore", "components have collapsed", ConvergenceWarning)
        held = Mixture(Gaussian(), 3).fit(X, start=np.repeat([0, 1, 2], [150, 100, 4]))
    assert held.weights_.min() * len(X) < 5  # for it is higher, by far
    assert held.score(X) > free.score(X)


@pytest.mark.parametrize("n_near", [4, 6, 8])
def test_few_rows_apart_are_a_component_beside_a_background(n_near):
    rng = np.random.RandomState(3)
    near, far = 5 + 0.05 * rng.normal(size=(n_near, 2)), rng.uniform(-4, 9, size=(8, 2))
    X = np.r_[rng.normal(size=(60, 2)), near, far]
    parts = [("cluster", Gaussian(), 2), ("noise", Uniform())]
    told = ComponentsMixture(parts).fit(X, start=np.repeat([0, 1, 2], [60, n_near, 8]))
    for seed in range(3):
        model = ComponentsMixture(parts, n_init=20, random_state=seed).fit(X)
        assert model.score(X) > told.score(X) - 1e-9
        assert model.weights_[:2].max() * len(X) == pytest.approx(60, abs=4)


def test_three_rows_of_one_column_are_a_component():
    """Twelve times between failures of an air conditioner (Proschan 1963, Technometrics 5)."""
    hours = np.array([3, 5, 7, 18, 43, 85, 91, 98, 100, 130, 230, 487.0])[:, None]
    found = [fitted(WeibullMixture, 2, hours, seed).score(hours) * 12 for seed in range(4)]
    np.testing.assert_allclose(found, -63.7682, atol=1e-4)


def test_starts_that_are_set_aside_are_told_of():
    X = np.r_[np.random.RandomState(0).gamma(3, 1, (60, 1)), np.full((40, 1), 50.0)]
    with pytest.warns(ConvergenceWarning, match=r"\d+ of 150 starts came to collapsed components"):
        Mixture(Gaussian(), 2, random_state=0).fit(X)
    with pytest.warns(ConvergenceWarning, match=r"components have collapsed \(1\).*covariances_"):
        Mixture(Gaussian(), 2).fit(X, start=np.repeat([0, 1], [60, 40]))


@pytest.fixture
def end():
    rng = np.random.RandomState(0)
    X, weight = rng.normal(size=(100, 3)), rng.randint(1, 4, size=100).astype(float)
    log_joint = rng.normal(scale=4.0, size=(4, 100))
    log_joint[1:, 7] = -np.inf  # a row that only the first component may have made
    return Ends(log_joint, Views.of(X, weight, rng))


@pytest.mark.parametrize("kind", range(len(MOVES)), ids=[move.__name__ for move in MOVES])
def test_a_move_takes_one_component_elsewhere(end, kind):
    moved = set()
    for seed in range(40):
        resp = rearranged(end, kind, np.random.RandomState(seed))
        np.testing.assert_allclose(resp.sum(axis=0), 1.0, rtol=1e-12)
        assert resp.min() >= 0
        wrong = []  # where a component has no rows, the others are as without it
        for k in range(4):
            none = resp[k] == 0
            apart = np.abs(resp - end.without(k)[0])[:, none]
            wrong.append(apart.max() if none.any() else np.inf)
        k = int(np.argmin(wrong))
        assert wrong[k] < 1e-12
        assert 0 < resp[k] @ end.weight < 0.7 * end.weight.sum()
        moved.add(k)
    assert len(moved) > 1


def test_what_is_not_missed_goes_first(end):
    twin = Ends(end.log_joint.copy(), Views(end.scaled, end.sphered, end.weight))
    twin.log_joint[1] = twin.log_joint[2]
    twin.log_joint[:2, 7] = 0.0
    assert set(twin.dispensable[:2]) == {1, 2}


def test_loosened_responsibilities(end):
    """Less sure of everything, and of nothing else."""
    sure = np.exp(end.log_joint - np.logaddexp.reduce(end.log_joint, axis=0))
    for seed in range(5):
        resp = rearranged(end, len(MOVES), np.random.RandomState(seed))
        np.testing.assert_allclose(resp.sum(axis=0), 1.0, rtol=1e-12)
        assert (resp.max(axis=0) <= sure.max(axis=0)).all()
        np.testing.assert_array_equal(resp.argmax(axis=0), sure.argmax(axis=0))


def test_moves_depend_on_the_seed_alone(end):
    tables = [[rearranged(end, k, np.random.RandomState(9)) for k in range(6)] for _ in range(2)]
    np.testing.assert_array_equal(*tables)


def test_a_start_that_was_left_below_others_is_not_left_there():
    """Those others had a component that few rows made by chance, and come last."""
    laws = [([0, 0, 1], 20, 150), ([1, 0, 0], 8, 150), ([0, -1, 0], 40, 100)]
    rows = [
        stats.vonmises_fisher(mean, kappa, seed=seed).rvs(n)
        for seed, (mean, kappa, n) in enumerate(laws, start=1)
    ]
    for seed in range(4):
        model = VonMisesFisherMixture(4, n_init=5, random_state=seed).fit(np.concatenate(rows))
        assert model.converged_
