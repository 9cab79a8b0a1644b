"""Labels of k-means and what they draw, against scikit-learn's KMeans."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.random import RandomState
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skmixture import GaussianMixture, PoissonMixture
from skmixture.starts.kmeans import kmeans_labels, labels, most_together, points
from skmixture.starts.kmeans.points import Points, factors, offsets
from skmixture.starts.kmeans.seeds import draw_trials

# Rows, columns, clusters.
SHAPES = ((12, 1, 2), (60, 2, 7), (150, 4, 3), (900, 30, 5), (4_000, 3, 12), (20_000, 2, 4))
WEIGHTS = {
    "none": lambda n, rng: None,
    "real": lambda n, rng: rng.uniform(size=n),
    "zeros": lambda n, rng: rng.uniform(size=n) * (rng.uniform(size=n) < 0.5),
    "integers": lambda n, rng: rng.randint(1, 5, size=n),
    "wide": lambda n, rng: np.exp(rng.uniform(-15, 15, size=n)),
}


def groups(n, d, K, rng, spread):
    """Rows of K Gaussians, in no order."""
    centres = spread * rng.standard_normal((K, d))
    return centres[rng.randint(K, size=n)] + rng.standard_normal((n, d))


DATA = {
    "one cloud": lambda n, d, K, rng: rng.standard_normal((n, d)),
    "overlapping": lambda n, d, K, rng: groups(n, d, K, rng, 1.5),
    "separated": lambda n, d, K, rng: groups(n, d, K, rng, 8.0),
    "far from 0": lambda n, d, K, rng: groups(n, d, K, rng, 3.0) + 1e6,
    "heavy tails": lambda n, d, K, rng: rng.standard_t(1.5, size=(n, d)),
    "columns of all scales": lambda n, d, K, rng: (
        groups(n, d, K, rng, 3.0) * np.exp(rng.uniform(-9, 9, size=d))
    ),
    "rows three times": lambda n, d, K, rng: groups(n // 3, d, K, rng, 3.0)[
        np.arange(n) % (n // 3)
    ],
    "tiny": lambda n, d, K, rng: 1e-9 * groups(n, d, K, rng, 3.0),
    "huge": lambda n, d, K, rng: 1e9 * groups(n, d, K, rng, 3.0),
}


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture
def few_rows_too(monkeypatch):
    """Rows are never too few for the code under test."""
    monkeypatch.setattr(labels, "FEW_ROWS", 0)
    monkeypatch.setattr(labels, "FEW_EACH", 1)


@pytest.fixture(params=[None, 0, 60_000], ids=["kept", "not kept", "some kept"])
def kept(request, monkeypatch):
    """Bytes of centred rows that are kept."""
    if request.param is not None:
        monkeypatch.setattr(points, "KEPT", 0)
        monkeypatch.setattr(points, "KEPT_NORMS", 0)
        monkeypatch.setattr(points, "KEPT_SINGLE", request.param)


@pytest.fixture
def handed_over(monkeypatch):
    """The calls that were left to scikit-learn."""
    calls = []

    def counting(*args, **options):
        calls.append(options)
        return KMeans(*args, **options)

    monkeypatch.setattr(labels, "KMeans", counting)
    return calls


def both(X, K, weight=None, seed=0, n_starts=1):
    """Labels of scikit-learn and ours; both have to leave the generator at the same place."""
    theirs, ours = RandomState(seed), RandomState(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of fewer distinct rows than clusters
        peer = KMeans(K, n_init=1, random_state=theirs)
        expected = [peer.fit(X, sample_weight=weight).labels_ for _ in range(n_starts)]
        found = kmeans_labels(X, K, weight, ours, n_starts)
    assert np.issubdtype(found.dtype, np.integer)
    assert found.shape == (n_starts, X.shape[0])
    assert ours.uniform() == theirs.uniform()
    return expected, found


@pytest.mark.usefixtures("few_rows_too", "kept")
@pytest.mark.parametrize("data", DATA)
def test_labels_and_draws_are_those_of_scikit_learn(data, handed_over):
    for seed, (n, d, K) in enumerate(SHAPES):
        rng = RandomState(seed)
        X = DATA[data](n, d, K, rng)
        weights = list(WEIGHTS)[(seed + len(data)) % len(WEIGHTS)]
        expected, found = both(X, K, WEIGHTS[weights](n, rng), seed)
        np.testing.assert_array_equal(found, expected, err_msg=f"{n}, {d}, {K}, {weights}")
    assert len(handed_over) < len(SHAPES) / 2


@pytest.mark.usefixtures("few_rows_too")
def test_random_problems_of_all_shapes(handed_over):
    rng = RandomState(1)
    for seed in range(150):
        n, d = int(np.exp(rng.uniform(2, 8))), int(np.exp(rng.uniform(0, 3.5)))
        K = rng.randint(1, min(n, 30))
        X = groups(n, d, K, rng, rng.choice([0.5, 2, 6]))
        weight = WEIGHTS[rng.choice(list(WEIGHTS))](n, rng)
        np.testing.assert_array_equal(*both(X, K, weight, seed), err_msg=f"{seed}: {n}, {d}, {K}")
    assert len(handed_over) < 30


@pytest.mark.usefixtures("few_rows_too")
@pytest.mark.parametrize("K", [1, 2, 300, 1_000])
def test_any_number_of_clusters(K):
    np.testing.assert_array_equal(*both(RandomState(0).standard_normal((1_000, 3)), K))


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X.astype(np.float32),
        lambda X: sparse.csr_array(X * (X > 1)),
        lambda X: X[:1_000],
        lambda X: np.tile(X, 200),
        lambda X: X * 1e-30,
        lambda X: X * 1e100,
    ],
    ids=[
        "single precision",
        "sparse",
        "few rows",
        "many columns",
        "squares underflow",
        "squares overflow",
    ],
)
def test_what_is_left_to_scikit_learn(change, handed_over):
    X = change(groups(3_000, 4, 3, RandomState(0), 3.0))
    np.testing.assert_array_equal(*both(X, 3))
    assert len(handed_over) == 1


def test_all_that_are_not_left_are_labelled_here(handed_over):
    X = groups(3_000, 4, 3, RandomState(0), 3.0)
    for rows in (X, np.asfortranarray(X), X[::-1], X[:, ::2]):
        np.testing.assert_array_equal(*both(rows, 3))
    assert not handed_over


def test_a_read_only_map_of_a_file(tmp_path, handed_over):
    X = groups(5_000, 4, 3, RandomState(0), 3.0)
    X.tofile(tmp_path / "rows")
    rows = np.memmap(tmp_path / "rows", dtype=float, mode="r", shape=X.shape)
    np.testing.assert_array_equal(both(rows, 3)[1], both(X, 3)[0])
    assert not handed_over


def test_fewer_distinct_rows_than_clusters(handed_over):
    X = np.repeat(RandomState(0).standard_normal((4, 2)), 800, axis=0)
    np.testing.assert_array_equal(*both(X, 6))
    assert "init" in handed_over[0]  # the generator has given what it had to give
    with pytest.warns(ConvergenceWarning, match="distinct clusters"):
        kmeans_labels(X, 6, None, RandomState(0))


def test_a_cluster_left_without_weight(handed_over):
    rng = RandomState(0)
    X = np.concatenate([groups(3_000, 2, 2, rng, 3.0), rng.standard_normal((50, 2)) + 100])
    weight = np.repeat([1.0, 0.0], [3_000, 50])
    for seed in range(5):
        np.testing.assert_array_equal(*both(X, 4, weight, seed))
    # far from all other rows, yet never a seed, for their weight is 0
    assert not handed_over


def test_more_distinct_places_than_single_precision_tells(handed_over):
    rng = RandomState(0)
    X = groups(4_000, 2, 6, rng, 5.0) + np.repeat([[0.0], [1e6]], 2_000, axis=0)
    for seed in range(5):
        np.testing.assert_array_equal(*both(X, 6, seed=seed))
    assert handed_over
    assert all("init" in options for options in handed_over)


def test_invalid_data_are_told_as_scikit_learn_does():
    X = RandomState(0).standard_normal((3_000, 2))
    with pytest.raises(ValueError, match="n_samples=3 should be >= n_clusters=4"):
        kmeans_labels(X[:3], 4, None, RandomState(0))
    for wrong in (np.nan, np.inf):
        X[7, 1] = wrong
        with pytest.raises(ValueError, match="Input X contains"):
            kmeans_labels(X, 4, None, RandomState(0))


def test_threads_do_not_matter():
    X = groups(30_000, 12, 6, RandomState(0), 1.0)
    found = []
    for number in (1, 2):
        with threadpool_limits(number):
            rng = RandomState(0)
            found.append((*kmeans_labels(X, 6, None, rng)[0], rng.uniform()))
    assert found[0] == found[1]


def test_memory_is_a_few_bytes_a_row(monkeypatch):
    for kept in ("KEPT", "KEPT_SINGLE", "KEPT_NORMS"):
        monkeypatch.setattr(points, kept, 2**16)
    rows, peaks = groups(480_000, 10, 5, RandomState(0), 1.0), []
    before = rows.copy()
    for X in (rows[:240_000], rows):
        tracemalloc.start()
        kmeans_labels(X, 5, None, RandomState(0))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 240_000 * 13  # bytes a row, which has 80
    np.testing.assert_array_equal(rows, before)


# -- several starts together -------------------------------------------------

WITH_TIES = {
    "lattice": lambda n, d, rng: rng.randint(-2, 3, size=(n, d)).astype(float),
    "counts": lambda n, d, rng: rng.poisson(2, size=(n, d)).astype(float),
    "one digit": lambda n, d, rng: np.round(rng.standard_normal((n, d)), 1),
}


@pytest.mark.parametrize("data", DATA)
def test_starts_together_are_those_of_scikit_learn_one_after_the_other(data, handed_over):
    for seed, (n, d, K) in enumerate(SHAPES):
        rng = RandomState(seed)
        X = DATA[data](n, d, K, rng)
        weights = list(WEIGHTS)[(seed + len(data)) % len(WEIGHTS)]
        expected, found = both(X, K, WEIGHTS[weights](n, rng), seed, n_starts=4)
        np.testing.assert_array_equal(found, expected, err_msg=f"{n}, {d}, {K}, {weights}")
    assert len(handed_over) < 2 * len(SHAPES)


@pytest.mark.parametrize("data", WITH_TIES)
def test_starts_together_where_rounding_decides(data, handed_over):
    for seed in range(40):
        rng = RandomState(seed)
        n, d, K = rng.randint(12, 300), rng.randint(1, 4), rng.randint(2, 10)
        X = WITH_TIES[data](n, d, rng)
        np.testing.assert_array_equal(*both(X, K, seed=seed, n_starts=4), err_msg=str(seed))
    assert 0 < len(handed_over) < 40 * 4 / 2
    assert all("init" in options for options in handed_over)


def test_random_problems_of_several_starts(handed_over):
    rng = RandomState(2)
    for seed in range(60):
        n, d = int(np.exp(rng.uniform(2, 7))), int(np.exp(rng.uniform(0, 3.5)))
        K, n_starts = rng.randint(1, min(n, 20)), rng.randint(2, 8)
        X = groups(n, d, K, rng, rng.choice([0.5, 2, 6]))
        weight = WEIGHTS[rng.choice(list(WEIGHTS))](n, rng)
        expected, found = both(X, K, weight, seed, n_starts)
        np.testing.assert_array_equal(found, expected, err_msg=f"{seed}: {n}, {d}, {K}")
    assert len(handed_over) < 60


def test_more_clusters_than_a_byte_tells():
    np.testing.assert_array_equal(
        *both(RandomState(0).standard_normal((1_000, 3)), 300, n_starts=2)
    )


def test_a_start_that_goes_astray_goes_alone(handed_over):
    X = WITH_TIES["lattice"](60, 2, RandomState(0))
    np.testing.assert_array_equal(*both(X, 4, n_starts=12))
    assert 0 < len(handed_over) < 12


def test_starts_together_on_fewer_distinct_rows_than_clusters(handed_over):
    X = np.repeat(RandomState(0).standard_normal((4, 2)), 80, axis=0)
    np.testing.assert_array_equal(*both(X, 6, n_starts=3))
    assert len(handed_over) == 3


@pytest.mark.parametrize("change", [lambda X: X.astype(np.float32), sparse.csr_array])
def test_several_starts_are_left_to_scikit_learn(change, handed_over):
    X = change(groups(300, 4, 3, RandomState(0), 3.0))
    np.testing.assert_array_equal(*both(X, 3, n_starts=3))
    assert len(handed_over) == 3


def test_memory_of_starts_together_is_bounded():
    assert most_together(10**6, 2, 3) == 1
    for n, d, K in ((150, 4, 3), (3_000, 200, 2), (50_000, 2, 10)):
        assert n * max(d, K) * most_together(n, d, K) <= labels.TOGETHER


@pytest.mark.parametrize("together", [1, 3 * 3 * 400, 2**20])
@pytest.mark.parametrize("inits", [{}, {"weights_init": [0.5, 0.3, 0.2]}])
def test_fits_do_not_depend_on_what_runs_together(together, inits, monkeypatch):
    counts = RandomState(0).poisson(np.repeat([[2, 9], [9, 1], [20, 20]], [100, 200, 100], axis=0))
    options = {"n_init": 7, "init_params": "kmeans", "tol": 1e-6, "random_state": 0, **inits}
    for estimator in (GaussianMixture(3, **options), PoissonMixture(3, **options)):
        expected = estimator.fit(counts).lower_bounds_
        with monkeypatch.context() as patch:
            patch.setattr(labels, "TOGETHER", together)
            np.testing.assert_allclose(estimator.fit(counts).lower_bounds_, expected, rtol=1e-10)


# -- the parts ---------------------------------------------------------------


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("d", [1, 2, 3, 10, 70, 2_500])
def test_rows_are_centred(d):
    X = 3 + RandomState(0).standard_normal((1_100, d))
    table, centred = Points(X, 4, None), X - X.mean(axis=0)
    np.testing.assert_allclose(table.rows(slice(5, 600)), centred[5:600], rtol=0, atol=1e-14)
    places = np.array([1_099, 0, 7, 7])
    np.testing.assert_allclose(table.rows(places), centred[places], rtol=0, atol=1e-14)
    np.testing.assert_allclose(table.variance, X.var(axis=0).mean(), rtol=1e-12)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("d", [1, 3, 30, 400])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_errors_of_single_precision_are_within_the_bound(d, scale):
    rng = RandomState(d)
    X = scale * groups(3_000, d, 5, rng, 20.0)
    table = Points(X, 5, None)
    centres = table.rows(np.arange(5))
    longest = np.linalg.norm(centres, axis=1).max()
    for index, here in enumerate(table.blocks):
        exact = offsets(table.rows(here), centres)
        error = np.abs(table.offsets(index, factors(centres)) - exact)
        reach = np.sqrt(table.norms[here].max())
        assert 0 < error.max() < table.rounding * longest * (reach + longest) / 2


@pytest.mark.parametrize("n", [1, 5, 2_048, 2_049, 30_000])
@pytest.mark.parametrize("empty", [0.0, 0.9, 1.0])
def test_trials_are_where_the_running_sum_reaches_the_goals(n, empty):
    rng = RandomState(0)
    for seed in range(20):
        share = rng.gamma(0.3, size=n) * (rng.uniform(size=n) >= empty)
        draws = RandomState(seed).uniform(size=5)
        expected = np.minimum(np.searchsorted(np.cumsum(share), draws * share.sum()), n - 1)
        np.testing.assert_array_equal(draw_trials(share, draws), expected)
