"""Dask arrays: fits and scores of data in chunks, on threads and on a cluster of processes."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from numpy.random import RandomState
from sklearn.exceptions import NotFittedError

from skmixture import GaussianMixture, Mixture, NegativeBinomialMixture, PoissonMixture
from skmixture.chunked import memory
from skmixture.families import Gaussian, Poisson
from skmixture.given import survey

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

K, D = 3, 3
# What a fit in memory and one in chunks may differ by: the order of additions.
CLOSE = {"rtol": 1e-10, "atol": 1e-14}


def clusters_of_rows(n=9_000, seed=0):
    rng = RandomState(seed)
    centres = np.array([[0.0, 0.0, 5.0], [4.0, 1.0, 5.0], [-1.0, 5.0, 7.0]])
    return rng.normal(size=(n, D)) * [1.0, 2.0, 0.5] + centres[rng.randint(K, size=n)]


def clusters_of_counts(n=9_000, seed=0, exposure=1.0):
    rng = RandomState(seed)
    means = np.array([[2.0, 20.0, 4.0], [30.0, 3.0, 1.0], [8.0, 60.0, 12.0]])
    means = means[rng.randint(K, size=n)] * np.reshape(exposure, (-1, 1))
    return rng.poisson(rng.gamma(3.0, size=(n, D)) / 3.0 * means)


PRECISIONS = {
    "full": np.array([np.eye(D)] * K),
    "tied": np.eye(D),
    "diag": np.ones((K, D)),
    "spherical": np.ones(K),
}


def gaussian(covariance_type="full", **options):
    start = {
        "weights_init": np.full(K, 1 / K),
        "means_init": [[1.0, 0.0, 5.0], [3.0, 1.0, 5.0], [0.0, 4.0, 6.0]],
        "precisions_init": PRECISIONS[covariance_type],
    }
    options = {"tol": 1e-6, "max_iter": 300, **options}
    return GaussianMixture(K, covariance_type=covariance_type, **start, **options)


def of_family(acceleration=None):
    params = {"means": gaussian().means_init, "covariances": PRECISIONS["full"]}
    return Mixture(
        Gaussian(),
        K,
        weights_init=np.full(K, 1 / K),
        params_init=params,
        acceleration=acceleration,
        tol=1e-8,
    )


COUNT_MEANS = [[3.0, 15.0, 4.0], [25.0, 5.0, 2.0], [9.0, 50.0, 10.0]]


def poisson(**options):
    start = {"weights_init": np.full(K, 1 / K), "rates_init": COUNT_MEANS}
    return PoissonMixture(K, **start, **{"tol": 1e-8, **options})


def negative_binomial(**options):
    start = {
        "weights_init": np.full(K, 1 / K),
        "means_init": COUNT_MEANS,
        "sizes_init": np.ones((K, D)),
    }
    return NegativeBinomialMixture(K, **start, **{"tol": 1e-8, **options})


def assert_same_fit(model, reference):
    assert model.n_iter_ == reference.n_iter_
    assert model.lower_bound_ == pytest.approx(reference.lower_bound_, abs=1e-10)
    np.testing.assert_allclose(model.lower_bounds_, reference.lower_bounds_, **CLOSE)
    np.testing.assert_allclose(model.weights_, reference.weights_, **CLOSE)
    for name, value in reference.params_.items():
        np.testing.assert_allclose(model.params_[name], value, **CLOSE, err_msg=name)


def assert_same_bits(model, reference):
    for name in ("weights_", "lower_bounds_", *(name + "_" for name in reference.params_)):
        np.testing.assert_array_equal(getattr(model, name), getattr(reference, name), name)


@pytest.fixture(params=["threads", "synchronous"])
def scheduler(request):
    with dask.config.set(scheduler=request.param):
        yield request.param


@pytest.fixture
def few_rows_sampled(monkeypatch):
    """The sample of a fit then is a part of the rows."""
    monkeypatch.setattr(survey, "MOST_ROWS", 700)


# -- fits --------------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", PRECISIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_gaussian_fits_as_in_memory(covariance_type, weighted, scheduler, few_rows_sampled):
    X = clusters_of_rows()
    weight = RandomState(1).poisson(1.0, len(X)) * 1.5 if weighted else None
    model = gaussian(covariance_type)
    reference = gaussian(covariance_type).fit(X, sample_weight=weight)
    assert_same_fit(model.fit(da.from_array(X, chunks=(1_234, 2)), sample_weight=weight), reference)
    assert model.n_samples_seen_ == pytest.approx(reference.n_samples_seen_)
    np.testing.assert_allclose(model.precisions_, reference.precisions_, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("acceleration", [None, "lbfgs", "squarem"])
def test_mixture_fits_as_in_memory(acceleration, few_rows_sampled):
    X = clusters_of_rows()
    model = of_family(acceleration).fit(da.from_array(X, chunks=2_000))
    assert_same_fit(model, of_family(acceleration).fit(X))


EXPOSURES = {
    "none": None,
    "smooth": RandomState(5).gamma(4.0, 0.25, 9_000),
    # some values are so rare that a sample of the rows has them not
    "few": RandomState(5).choice([1e-6, 0.5, 1.0, 2.0], 9_000, p=[0.001, 0.299, 0.4, 0.3]),
}


@pytest.mark.parametrize("make", [poisson, negative_binomial])
@pytest.mark.parametrize("acceleration", [None, "lbfgs"])
@pytest.mark.parametrize("exposures", EXPOSURES)
def test_counts_fit_as_in_memory(make, acceleration, exposures, few_rows_sampled):
    exposure = EXPOSURES[exposures]
    X = clusters_of_counts(exposure=1.0 if exposure is None else exposure)
    in_chunks = None if exposure is None else da.from_array(exposure, chunks=4_000)
    options = {"acceleration": acceleration, "max_iter": 100}
    reference = make(**options).fit(X, exposure=exposure)
    model = make(**options).fit(da.from_array(X, chunks=1_500), exposure=in_chunks)
    assert_same_fit(model, reference)
    assert model.exposed_ is (exposure is not None)


def test_exposures_of_many_values_over_many_decades(few_rows_sampled, monkeypatch):
    monkeypatch.setattr(survey, "MOST_VALUES", 100)
    exposure = 10.0 ** RandomState(0).uniform(-3, 3, 9_000)
    X = da.from_array(clusters_of_counts(exposure=exposure), chunks=3_000)
    with pytest.raises(ValueError, match="exposure takes many values over more than four decades"):
        negative_binomial().fit(X, exposure=exposure)
    poisson().fit(X, exposure=exposure)


def test_starts_are_those_of_the_sample():
    X = clusters_of_rows(3_000)
    for model in (
        GaussianMixture(K, random_state=0, n_init=2),
        GaussianMixture(K, random_state=0, init_params="random_from_data"),
        Mixture(Gaussian("diag"), K, random_state=0, n_init=8, tol=1e-9),
    ):
        # all rows are the sample, so that starts are the same as in memory
        in_memory = {**model.fit(X).params_, "weights": model.weights_}
        model.fit(da.from_array(X, chunks=700))
        for name, value in in_memory.items():
            np.testing.assert_allclose(getattr(model, name + "_"), value, rtol=1e-6, atol=1e-9)


def test_a_sample_of_part_of_the_rows_makes_good_starts(few_rows_sampled):
    X = clusters_of_rows()
    options = {"random_state": 0, "n_init": 5, "order_by": "means", "tol": 1e-10}
    model = Mixture(Gaussian(), K, **options).fit(da.from_array(X, chunks=2_000))
    reference = Mixture(Gaussian(), K, **options).fit(X)
    assert model.lower_bound_ == pytest.approx(reference.lower_bound_, abs=1e-8)
    np.testing.assert_allclose(model.means_, reference.means_, rtol=1e-4, atol=1e-4)


def test_chunks_of_any_kind():
    X = clusters_of_rows()
    reference = gaussian().fit(X)
    whole = da.from_array(X, chunks=(900, 3))
    for table in (
        da.from_array(X, chunks=(len(X), 1)),
        da.concatenate([whole[:10], whole[10:10], whole[10:]]),  # a chunk of no rows
        da.from_array(X, chunks=(40, 3)),  # more chunks than sums that are sent
        whole.persist(),
    ):
        assert_same_fit(gaussian().fit(table), reference)


def test_sums_do_not_depend_on_the_scheduler_or_the_number_of_tasks():
    table = da.from_array(clusters_of_rows(), chunks=(100, 3))
    fits = []
    for options in (
        {"scheduler": "synchronous"},
        {"scheduler": "threads"},
        {"scheduler": "threads", "num_workers": 7},
        {"scheduler": "threads", "num_workers": 100},
    ):
        with dask.config.set(**options):
            fits.append(gaussian(tol=1e-3).fit(table))
    for model in fits[1:]:
        assert_same_bits(model, fits[0])


def test_columns_of_any_kind():
    X, rng = clusters_of_counts(), RandomState(3)
    table = da.from_array(X, chunks=(2_000, 3))
    weight = rng.poisson(0.7, len(X)).astype(float)
    weight[2_000:4_000] = 0.0  # all rows of a chunk
    reference = poisson().fit(X, sample_weight=weight, exposure=2.0)
    for given in (weight, da.from_array(weight, chunks=3_333), list(weight)):
        model = poisson().fit(table, sample_weight=given, exposure=2.0)
        assert_same_fit(model, reference)
        assert model.n_samples_seen_ == weight.sum()
        score = model.score(table, sample_weight=given, exposure=2.0)
        assert score == pytest.approx(model.score(X, sample_weight=weight, exposure=2.0), abs=1e-10)
    assert_same_fit(poisson().fit(table, sample_weight=5.0), poisson().fit(X, sample_weight=5.0))


def test_rows_of_weight_0_may_be_off_the_support():
    X = clusters_of_counts(300).astype(float)
    X[7] = -1.0
    weight = np.ones(300)
    weight[7] = 0.0
    table = da.from_array(X, chunks=100)
    assert_same_fit(
        poisson().fit(table, sample_weight=weight), poisson().fit(X, sample_weight=weight)
    )


def test_single_precision():
    X = clusters_of_rows().astype(np.float32)
    model, table = gaussian(), da.from_array(X, chunks=2_000)
    reference = gaussian().fit(X)
    model.fit(table)
    assert model.means_.dtype == np.float32
    np.testing.assert_allclose(model.means_, reference.means_, rtol=1e-5, atol=1e-6)
    assert model.score_samples(table).dtype == np.float32
    assert model.score_samples(table).compute().dtype == np.float32


def test_warm_start_goes_on():
    X = clusters_of_rows()
    table = da.from_array(X, chunks=2_000)
    model, reference = gaussian(max_iter=3, warm_start=True), gaussian(max_iter=3, warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        model.fit(table).fit(table)
        reference.fit(X).fit(X)
    assert_same_fit(model, reference)


def test_max_iter_0_and_constraints():
    X = clusters_of_rows()
    table = da.from_array(X, chunks=2_000)
    np.testing.assert_array_equal(
        gaussian(max_iter=0).fit(table).means_, gaussian(max_iter=0).fit(X).means_
    )
    options = {"fixed": {"weights": [0.2, np.nan, np.nan]}, "tied": ("covariances",)}
    assert_same_fit(gaussian(**options).fit(table), gaussian(**options).fit(X))


# -- scores ------------------------------------------------------------------

BY_ROW = ("score_samples", "predict_proba", "predict_log_proba", "predict", "cdf", "marginal_cdf")


def untouchable(shape, chunks):
    def touch(_):
        raise AssertionError("a chunk was computed")

    zeros = da.zeros(shape, chunks=chunks)
    return zeros.map_blocks(touch, dtype=float, meta=np.empty((0, 0)))


@pytest.mark.parametrize("name", BY_ROW)
def test_scores_of_rows_are_lazy(name, scheduler):
    X = clusters_of_rows(300)
    model = gaussian("diag").fit(X)
    table = da.from_array(X, chunks=(90, 2))
    result, reference = getattr(model, name)(table), getattr(model, name)(X)
    assert isinstance(result, da.Array)
    assert result.shape == reference.shape
    assert result.dtype == reference.dtype
    assert result.chunks[0] == table.chunks[0]
    nothing = getattr(model, name)(untouchable((300, 3), (100, 3)))
    with pytest.raises(AssertionError, match="a chunk was computed"):
        nothing.compute()
    model.fit(X[:50])  # a later fit changes nothing
    np.testing.assert_allclose(result.compute(), reference, rtol=1e-12)
    model.fit(X)
    none = da.concatenate([table[:0], table[:5], table[5:5]])
    assert getattr(model, name)(none).compute().shape == reference[:5].shape


@pytest.mark.parametrize("name", BY_ROW)
def test_scores_with_exposures(name):
    exposure = EXPOSURES["smooth"][:2_000]
    X = clusters_of_counts(2_000, exposure=exposure)
    model = poisson().fit(X, exposure=exposure)
    reference = getattr(model, name)(X, exposure=exposure)
    table = da.from_array(X, chunks=600)
    for given in (exposure, da.from_array(exposure, chunks=700)):
        result = getattr(model, name)(table, exposure=given).compute()
        np.testing.assert_allclose(result, reference, rtol=1e-12)
    with pytest.raises(ValueError, match="exposure is missing"):
        getattr(model, name)(table)


def test_fit_predict_and_latent_labels():
    X = clusters_of_rows(2_000)
    table = da.from_array(X, chunks=600)
    labels = gaussian().fit_predict(table)
    assert isinstance(labels, da.Array)
    model = gaussian().fit(X)
    np.testing.assert_array_equal(labels.compute(), model.predict(X))
    np.testing.assert_array_equal(
        model.sample_latent(table, random_state=0).compute(), model.sample_latent(X, random_state=0)
    )


def test_numbers(scheduler):
    X, rng = clusters_of_counts(2_000), RandomState(0)
    model = poisson().fit(X)
    table = da.from_array(X, chunks=(300, 2))
    weight = rng.poisson(1.0, len(X)).astype(float)
    weight[:300] = 0.0
    resp = rng.dirichlet(np.ones(K), size=len(X))
    for columns in ({}, {"sample_weight": weight}, {"exposure": 1.5}):
        for name in ("score", "aic", "bic", "icl"):
            result = getattr(model, name)(table, **columns)
            assert isinstance(result, float)
            assert result == pytest.approx(getattr(model, name)(X, **columns), rel=1e-11)
        for name in ("elbo", "complete_log_likelihood"):
            reference = getattr(model, name)(X, resp, **columns)
            for given in (resp, da.from_array(resp, chunks=(999, 2))):
                result = getattr(model, name)(table, given, **columns)
                assert result == pytest.approx(reference, rel=1e-11)
            labels = model.predict(X)
            result = getattr(model, name)(table, labels, **columns)
            assert result == pytest.approx(getattr(model, name)(X, labels, **columns), rel=1e-11)
            with pytest.raises(ValueError, match="labels in resp must not be a Dask array"):
                getattr(model, name)(table, model.predict(table))


# -- what is unfit -----------------------------------------------------------


def with_one(value, place=(1_205, 1)):
    X = clusters_of_counts(2_000).astype(float)
    X[place] = value
    return X


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite(value):
    X = with_one(value)
    table, model = da.from_array(X, chunks=500), gaussian()
    with pytest.raises(ValueError, match=r"(?s)Input X contains .*begins with row 1000"):
        model.fit(table)
    model.fit(clusters_of_rows())
    lazily = model.predict(table)
    if np.isnan(value):  # a fit takes no missing values; what scores row by row does
        np.testing.assert_array_equal(lazily.compute(), model.predict(X))
        return
    for compute in (lazily.compute, lambda: model.score(table), lambda: model.bic(table)):
        with pytest.raises(ValueError, match="Input X contains"):
            compute()


def test_values_off_the_support():
    table, model = da.from_array(with_one(-1.0), chunks=500), poisson()
    with pytest.raises(ValueError, match=r"X\[205, 1\] = -1.0 lies outside .* with row 1000"):
        model.fit(table)
    model.fit(clusters_of_counts())
    with pytest.raises(ValueError, match=r"lies outside the support of Poisson"):
        model.score_samples(table).compute()
    with pytest.raises(ValueError, match=r"lies outside the support of Poisson"):
        model.score(table)


def of_shape(*shape):
    return da.zeros(shape, chunks=100)


def unknown():
    x = da.from_array(clusters_of_rows(), chunks=1_000)
    return x[x[:, 0] > 0]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (of_shape(10), "Expected 2D array, got 1D array instead"),
        (of_shape(10, 3, 2), "Expected 2D array, got 3D array instead"),
        (of_shape(0, 3), r"Found array with 0 sample\(s\)"),
        (of_shape(1, 3), r"Found array with 1 sample\(s\) .* minimum of 2"),
        (of_shape(10, 0), r"Found array with 0 feature\(s\)"),
        (of_shape(2, 3), "Expected n_samples >= n_components but got n_components = 3"),
        (unknown(), r"call X.compute_chunk_sizes\(\) before"),
        (of_shape(10, 3).astype(object), "X must be an array of real numbers, got dtype object"),
        (of_shape(10, 3).astype(complex), "X must be an array of real numbers, got dtype complex"),
        (of_shape(10, 3).map_blocks(np.array, dtype="U1"), "real numbers, got dtype <U1"),
    ],
)
def test_unfit_tables(X, message):
    with pytest.raises(ValueError, match=message):
        gaussian().fit(X)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"sample_weight": da.ones(9)}, "'sample_weight' should have the shape of"),
        ({"sample_weight": np.ones(9)}, "'sample_weight' should have the shape of"),
        ({"sample_weight": da.zeros(600)}, "sample_weight is zero for every row"),
        ({"sample_weight": np.zeros(600)}, "sample_weight is zero for every row"),
        ({"sample_weight": da.zeros(600) - 1}, "sample_weight must not be negative"),
        ({"sample_weight": da.zeros(600) + np.nan}, "sample_weight contains NaN"),
        ({"sample_weight": da.ones(600).astype(str)}, "sample_weight must be an array of real"),
        ({"sample_weight": "abc"}, "sample_weight must be an array of numbers"),
        ({"sample_weight": unknown()[:, 0]}, r"sample_weight.compute_chunk_sizes\(\)"),
        ({"exposure": da.zeros(600)}, "exposure must be positive"),
        ({"exposure": np.zeros(600)}, "exposure must be positive"),
        ({"exposure": -1.0}, "exposure must be positive"),
        ({"start": np.zeros(600)}, "start cannot be given with a Dask array"),
    ],
)
def test_unfit_columns(columns, message):
    X = da.from_array(clusters_of_counts(600), chunks=200)
    with pytest.raises(ValueError, match=message):
        poisson().fit(X, **columns)


def test_other_errors():
    X = clusters_of_rows(600)
    table = da.from_array(X, chunks=200)
    with pytest.raises(ValueError, match="exposure was given, but Gaussian has no size factors"):
        gaussian().fit(table, exposure=da.ones(600))
    with pytest.raises(NotFittedError):
        gaussian().predict_proba(table)
    with pytest.raises(NotFittedError):
        gaussian().bic(table)
    model = gaussian().fit(X)
    with pytest.raises(ValueError, match="X has 2 features, but GaussianMixture is expecting 3"):
        model.predict(table[:, :2])
    with pytest.raises(ValueError, match="sample_weight is zero for every row"):
        model.score(table, sample_weight=np.zeros(600))
    before = dict(model.__dict__)
    with pytest.raises(ValueError, match="Input X contains"):  # a failed fit leaves all as it was
        model.fit(table + np.nan)
    assert model.__dict__ == before

    class NeedsAllRows(Poisson):
        additive = False

    with pytest.raises(ValueError, match="NeedsAllRows needs all rows at once"):
        Mixture(NeedsAllRows(), 2).fit(da.from_array(clusters_of_counts(600), chunks=200))
    sparse = table.map_blocks(lambda x: pytest.importorskip("scipy.sparse").csr_array(x))
    with pytest.raises(ValueError, match="chunks that are numpy arrays, got csr_array"):
        gaussian().fit(sparse)


def test_what_takes_no_dask_array():
    table = da.from_array(clusters_of_rows(600), chunks=200)
    with pytest.raises(ValueError, match="a Dask array is taken by fit, fit_predict and"):
        gaussian().fit(table)._estimate_log_prob(table)


def test_memory_is_kept_within_a_task_only(monkeypatch):
    calls = []
    monkeypatch.setattr(memory, "_mallopt", lambda: lambda *values: calls.append(values))
    monkeypatch.delenv("MALLOC_MMAP_THRESHOLD_", raising=False)
    for told, n_calls in (("", 0), ("65536", 4)):  # Dask tells its workers
        monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", told)
        with memory.memory_kept():
            assert len(calls) == n_calls / 2
        assert len(calls) == n_calls
    assert calls[-1] == (memory.TRIM, 65536)
    monkeypatch.undo()
    function = memory._mallopt()
    assert function is None or callable(function)


def test_dask_is_imported_by_nobody():
    code = (
        "import sys, skmixture, numpy as np; "
        "skmixture.GaussianMixture(1).fit(np.eye(3)).predict(np.eye(3)); "
        "assert 'dask' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


# -- on a cluster ------------------------------------------------------------


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            memory_limit=None,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def made_rows(chunk, block_info=None):
    """Rows that come out the same whenever they are made."""
    begin, end = block_info[0]["array-location"][0]
    return clusters_of_rows(end - begin, seed=begin)


def made_table(n=20_000, chunk=1_500):
    return da.zeros((n, D), chunks=(chunk, D)).map_blocks(made_rows, dtype=float)


@pytest.mark.filterwarnings(  # which some versions say of what is done on purpose
    "ignore:Running on a single-machine scheduler when a distributed client is active"
)
def test_a_cluster_gives_the_sums_that_threads_give(client):
    with dask.config.set(scheduler="synchronous"):
        X = made_table().compute()
        weight = RandomState(0).poisson(1.0, len(X)).astype(float)
        model = gaussian().fit(da.from_array(X, chunks=(1_500, D)), sample_weight=weight)
    assert_same_fit(model, gaussian().fit(X, sample_weight=weight))
    for table in (made_table(), made_table().persist()):
        assert_same_bits(gaussian().fit(table, sample_weight=weight), model)
    labels = model.predict(table)
    np.testing.assert_array_equal(labels.compute(), model.predict(X))
    assert model.score(table) == pytest.approx(model.score(X), abs=1e-12)
    assert model.icl(table, sample_weight=weight) == pytest.approx(
        model.icl(X, sample_weight=weight), rel=1e-12
    )
    with pytest.raises(ValueError, match="Input X contains"):
        model.fit(table + np.nan)


def test_counts_on_a_cluster(client):
    exposure = EXPOSURES["smooth"]
    X = clusters_of_counts(exposure=exposure)
    table = da.from_array(X, chunks=1_000).persist()
    for make in (poisson, negative_binomial):
        model = make(max_iter=30, tol=1e-4).fit(table, exposure=exposure)
        assert_same_fit(model, make(max_iter=30, tol=1e-4).fit(X, exposure=exposure))


class Killer(logging.Handler):
    """Kills a worker's process a moment after an iteration has begun."""

    def __init__(self, client, iteration):
        super().__init__()
        self.iteration, self.victim = iteration, min(client.run(os.getpid).values())
        self.timer, self.iterations = None, 0

    def emit(self, record):
        self.iterations += record.getMessage().startswith("start 0, iteration")
        if self.iterations == self.iteration and self.timer is None:
            self.timer = threading.Timer(0.02, os.kill, (self.victim, signal.SIGKILL))
            self.timer.start()


@pytest.mark.parametrize("persisted", [True, False])
def test_a_worker_is_lost_in_mid_fit(client, persisted):
    client.wait_for_workers(2, timeout=120)
    table = made_table(24_000, 3_000)
    table = table.persist() if persisted else table
    weight = RandomState(0).poisson(1.0, len(table)).astype(float)
    options = {"tol": 0.0, "max_iter": 15}
    logger = logging.getLogger("skmixture")
    level, killer = logger.level, Killer(client, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        reference = gaussian(**options).fit(table, sample_weight=weight)
        logger.addHandler(killer)
        logger.setLevel(logging.DEBUG)
        try:
            model = gaussian(**options).fit(table, sample_weight=weight)
        finally:
            logger.removeHandler(killer)
            logger.setLevel(level)
    assert killer.timer is not None
    killer.timer.join()
    assert killer.iterations == 15
    assert_same_bits(model, reference)
    client.wait_for_workers(2, timeout=120)
    assert killer.victim not in client.run(os.getpid).values()
