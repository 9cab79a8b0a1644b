"""How rows fall into blocks, and that threads, tiles and shortcuts change nothing."""

from __future__ import annotations

import threading
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.special import logsumexp
from threadpoolctl import ThreadpoolController, threadpool_limits

from skmixture import GaussianMixture, PoissonMixture
from skmixture.engine.blocks import Blocks, _n_bytes
from skmixture.engine.em import EM
from skmixture.engine.state import State
from skmixture.families import Gaussian, Poisson
from skmixture.numerics.buffers import aligned, unbuffered
from skmixture.numerics.products import contract, gather
from skmixture.table.rows import Rows
from skmixture.tools.threads import Workers, single_threaded

TYPES = ["full", "tied", "diag", "spherical"]


def clouds(n, d, K, seed=0, spread=4.0):
    rng = np.random.RandomState(seed)
    centres = spread * rng.standard_normal((K, d))
    return rng.standard_normal((n, d)) + centres[rng.randint(K, size=n)]


def some_state(em, K, seed=0):
    resp = np.random.RandomState(seed).dirichlet(np.ones(K), size=em.rows.n_rows)
    return em.start(resp.T[None])


@pytest.mark.parametrize("n", [1, 5, 127, 128, 1000, 16_384, 50_001, 300_000])
@pytest.mark.parametrize("d", [1, 3, 12, 35])
def test_every_row_is_in_one_block(n, d):
    law = Gaussian()
    blocks = Blocks(law, Rows(np.broadcast_to(0.0, (n, d))))
    size = min(law.block_rows(d, 4), n)
    places = list(blocks._places(size))
    rows = np.concatenate([np.arange(place.start, place.stop) for place in places])
    assert np.array_equal(rows, np.arange(n))
    lengths = np.array([place.stop - place.start for place in places])
    assert lengths.max() <= 1.5 * size
    assert lengths.max() - lengths.min() <= 1
    assert len(places) == 1 or len(places) % 2 == 0


@pytest.mark.parametrize("K", [3, 40, 700])
@pytest.mark.parametrize("p", [3, 66, 300])
@pytest.mark.parametrize("n", [50, 1063, 2500])
@pytest.mark.parametrize("own_rows", [False, True])
def test_products_are_those_of_numpy(K, p, n, own_rows):
    rng = np.random.RandomState(0)
    statistics = rng.standard_normal((2, p, n) if own_rows else (p, n))
    coefficients, resp = rng.standard_normal((2, K, p)), rng.uniform(size=(2, K, n))
    found = contract(coefficients, statistics)
    np.testing.assert_allclose(found, coefficients @ statistics, rtol=1e-11, atol=1e-11)
    found = gather(resp, statistics)
    expected = resp @ np.swapaxes(statistics, -1, -2)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 8), (2, 5, 1000)])
def test_aligned_arrays(shape):
    array = aligned(*shape)
    assert array.shape == shape
    assert array.ctypes.data % 64 == 0
    assert all(stride // 64 % 2 for stride in array.strides[:-1][-1:])
    array[:] = 1.0


@pytest.mark.parametrize("n_rows", [10, 1000, 100_000])
def test_the_size_of_the_buffer_comes_back(n_rows):
    before = np.getbufsize()
    with pytest.raises(KeyError), unbuffered(n_rows):
        raise KeyError
    assert np.getbufsize() == before


def test_views_are_not_counted_beside_what_they_look_into():
    whole = np.zeros((10, 100))
    assert _n_bytes({"features": whole, "x": whole[1:3]}) == whole.nbytes
    assert _n_bytes({"x": whole[1:3]}) == 2 * 800
    assert _n_bytes({"a": whole, "b": [np.zeros(5), np.zeros(5)]}) == whole.nbytes + 80


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize(("n", "d", "K"), [(12_000, 6, 5), (3_000, 30, 4), (600, 130, 3)])
def test_fast_and_stable_sums_agree(covariance_type, n, d, K, monkeypatch):
    monkeypatch.setattr("skmixture.families.gaussian.family.PRODUCTS", 0.0)
    X = clouds(n, d, K)
    em = EM(Gaussian(covariance_type).localise(X), Rows(X))
    state = some_state(em, K)
    state = em.step(em.step(state).state).state
    assert not em._loses_digits(state).any()
    fast, stable = em._step(False, state), em._step(True, state)
    np.testing.assert_allclose(fast.log_likelihood, stable.log_likelihood, rtol=1e-12)
    for name, value in stable.state.params.items():
        np.testing.assert_allclose(fast.state.params[name], value, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("stable", [False, True])
def test_threads_change_no_bit(covariance_type, stable, monkeypatch):
    monkeypatch.setattr("skmixture.engine.blocks.WORTH_THREADS", 0)
    X = clouds(150_000, 7, 4)
    steps = []
    for number in (1, 2, 3):
        workers = Workers(number)
        em = EM(Gaussian(covariance_type).localise(X), Rows(X), workers=workers)
        state = State(
            np.full((1, 1, 4), 0.25),
            some_state(EM(em.family, Rows(X[:1000])), 4).params,
        )
        with single_threaded():
            steps.append(em._step(stable, state))
        assert (workers._pool is not None) == (number > 1)
        workers.close()
    for step in steps[1:]:
        assert step.log_likelihood == steps[0].log_likelihood
        for name, value in steps[0].state.params.items():
            assert np.array_equal(step.state.params[name], value)


def test_threads_are_used_where_blocks_are_heavy():
    X, names = clouds(100_000, 7, 4), set()

    class Watched(Gaussian):
        def log_prob(self, rows, prepared):
            names.add(threading.current_thread().name)
            return super().log_prob(rows, prepared)

    workers = Workers(2)
    em = EM(Watched().localise(X), Rows(X), workers=workers)
    state = some_state(em, 4)
    names.clear()
    em.step(state)
    workers.close()
    assert any("ThreadPool" in name for name in names)


@pytest.mark.parametrize("shift", [0.0, 3e3, -4e5])
def test_densities_that_leave_the_range_of_exponentials(shift):
    """Where no level suits all rows, they are shifted one by one."""
    X = np.r_[clouds(5_000, 2, 2), 1e4 + clouds(5_000, 2, 2)]
    law = Gaussian(reg_covar=0.0).localise(X)
    means = np.array([[0.0, 0.0], [1e4, 1e4]]) + shift
    params = law.to_local(
        {"means": means[None], "covariances": np.stack([25 * np.eye(2)] * 2)[None]}
    )
    state, em = State(np.full((1, 1, 2), 0.5), params), EM(law, Rows(X))
    square = ((X[:, None] - means) ** 2).sum(axis=-1) / 25
    expected = logsumexp(-0.5 * square - np.log(2 * np.pi * 25), axis=1, b=0.5).sum()
    for stable in (False, True):
        found = em._step(stable, state)
        np.testing.assert_allclose(found.log_likelihood, expected, rtol=1e-10)
        assert found.state.weights.sum() == pytest.approx(1)


def blas_threads():
    libraries = ThreadpoolController().lib_controllers
    return [library.num_threads for library in libraries if library.user_api == "blas"]


def test_limits_of_fits_in_several_python_threads():
    """Whoever leaves last, BLAS has its threads back."""
    before, entered, leave, numbers = blas_threads(), threading.Event(), threading.Event(), []

    def other():
        with single_threaded() as workers:
            numbers.append(workers.number)
            entered.set()
            leave.wait(30)

    with single_threaded() as workers:
        assert set(blas_threads()) == {1}
        assert workers.number == min(max(before), 8)
        thread = threading.Thread(target=other)
        thread.start()
        assert entered.wait(30)
    assert blas_threads() == before
    leave.set()
    thread.join()
    assert blas_threads() == before
    assert numbers == [1]  # the threads were taken


def test_a_thread_that_lives_on_does_not_keep_its_hand_on_the_limit():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with single_threaded():
            pass
        entered.set()
        leave.wait(30)

    thread = threading.Thread(target=other)
    thread.start()
    assert entered.wait(30)
    with single_threaded():
        assert set(blas_threads()) == {1}
    leave.set()
    thread.join()


def test_fits_in_several_python_threads_are_those_of_one():
    X = clouds(30_000, 4, 3)

    def fit(_=None):
        return GaussianMixture(3, random_state=0, max_iter=4, tol=0).fit(X).means_

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone, before = fit(), blas_threads()
        with ThreadPoolExecutor(3) as pool:
            together = list(pool.map(fit, range(6)))
    assert blas_threads() == before
    for means in together:
        np.testing.assert_allclose(means, alone, rtol=1e-12, atol=1e-12)


def test_weights_that_are_ones_change_nothing():
    X = clouds(20_000, 4, 3)
    plain = GaussianMixture(3, random_state=0, max_iter=5, tol=0)
    with pytest.warns(UserWarning, match="did not converge"):
        plain.fit(X)
    weighted = GaussianMixture(3, random_state=0, max_iter=5, tol=0)
    with pytest.warns(UserWarning, match="did not converge"):
        weighted.fit(X, sample_weight=np.full(len(X), 2.0))
    np.testing.assert_allclose(plain.means_, weighted.means_, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore:.*did not converge")
@pytest.mark.parametrize("covariance_type", TYPES)
def test_memory_does_not_grow_with_the_data(covariance_type):
    """EM takes a few blocks a thread, whatever there is; a start by k-means some numbers a row."""
    options = {"covariance_type": covariance_type, "max_iter": 3, "tol": 0, "random_state": 0}
    by_em, with_kmeans = [], []
    for n in (200_000, 400_000):  # of fewer rows, all encodings are kept
        X = clouds(n, 10, 8)
        start = GaussianMixture(8, **options).fit(X[:1000])
        given = {
            "weights_init": start.weights_,
            "means_init": start.means_,
            "precisions_init": start.precisions_,
        }
        for peaks, init in ((by_em, given), (with_kmeans, {})):
            with threadpool_limits(1, user_api="blas"):
                tracemalloc.start()
                GaussianMixture(8, **options, **init).fit(X)
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
    assert max(by_em) < 15 * 2**20
    assert by_em[1] < 1.5 * by_em[0]  # blocks are of about one size
    assert with_kmeans[1] - with_kmeans[0] < 200 * 200_000


def test_rows_are_encoded_once_where_they_are_few():
    encoded = []

    class Counting(Gaussian):
        def encode(self, X, **side):
            encoded.append(len(X))
            return super().encode(X, **side)

    for n, passes in ((1_000, 1), (400_000, 3)):  # 80 kB a column of features, and 32 MB
        X = clouds(n, 3, 2)
        em = EM(Counting().localise(X), Rows(X))
        state = some_state(EM(em.family, Rows(X[:500])), 2)
        encoded.clear()
        for _ in range(3):
            em._step(False, state)
        assert sum(encoded) == pytest.approx(passes * n, rel=1e-3)  # and a few rows to probe


def test_poisson_takes_no_shortcut_where_its_densities_have_exposures():
    rng = np.random.RandomState(0)
    depth = rng.gamma(4, 0.25, size=9_000)
    X = rng.poisson(np.where(rng.uniform(size=9_000) < 0.4, 3.0, 20.0) * depth)[:, None]
    law = Poisson()
    assert law.raised({"log_normaliser": np.zeros((1, 2))}, np.zeros((1, 2))) is None
    model = PoissonMixture(2, random_state=0).fit(X, exposure=depth)
    assert sorted(model.rates_.ravel().round()) == [3.0, 20.0]
