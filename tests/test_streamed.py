"""Tables on file: fitted and scored as in memory, never held there."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from skmixture import GaussianMixture, Mixture, NegativeBinomialMixture, PoissonMixture
from skmixture.families import Gaussian
from skmixture.table.streamed import Streamed, mapped

N, D, K = 20_000, 4, 3


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    monkeypatch.setattr("skmixture.table.streamed.MOST_HELD", 0)


def on_file(path, X, mode="r", order="C"):
    table = np.memmap(path, dtype=X.dtype, mode="w+", shape=X.shape, order=order)
    table[:] = X
    table.flush()
    return np.memmap(path, dtype=X.dtype, mode=mode, shape=X.shape, order=order)


def clouds(n=N, d=D, seed=0, dtype=float):
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n, d)) + 5.0 * rng.randint(K, size=n)[:, None]
    return X.astype(dtype)


def given():
    means = 5.0 * np.arange(K)[:, None] + np.linspace(-0.5, 0.5, D)
    return {
        "weights_init": np.full(K, 1 / K),
        "means_init": means,
        "precisions_init": np.stack([np.eye(D)] * K),
    }


def assert_same_fit(one, other, rtol=1e-10):
    assert one.n_iter_ == other.n_iter_
    np.testing.assert_allclose(one.lower_bounds_, other.lower_bounds_, rtol=rtol)
    for name, value in other.params_.items():
        np.testing.assert_allclose(one.params_[name], value, rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_fit_is_that_in_memory(tmp_path, order, dtype):
    X = clouds(dtype=dtype)
    model = GaussianMixture(K, **given(), tol=1e-8)
    filed = GaussianMixture(K, **given(), tol=1e-8).fit(on_file(tmp_path / "x", X, order=order))
    assert filed.means_.dtype == dtype
    assert_same_fit(filed, model.fit(X), 1e-10 if dtype == np.float64 else 1e-6)


def test_weights_and_start_are_those_in_memory(tmp_path):
    X, rng = clouds(), np.random.RandomState(0)
    weight, resp = rng.randint(3, size=N).astype(float), rng.dirichlet(np.ones(K), size=N)
    options = {"sample_weight": weight, "start": resp}
    filed = GaussianMixture(K, max_iter=300).fit(on_file(tmp_path / "x", X), **options)
    assert_same_fit(filed, GaussianMixture(K, max_iter=300).fit(X, **options), 1e-8)


@pytest.mark.parametrize("init", ["kmeans", "k-means++", "random", "random_from_data"])
def test_starts_are_made_of_a_sample(tmp_path, init, monkeypatch):
    monkeypatch.setattr("skmixture.given.survey.MOST_ROWS", 1_000)
    X = on_file(tmp_path / "x", clouds())
    options = {"init_params": init, "n_init": 5, "tol": 1e-9, "max_iter": 1_000}
    model = GaussianMixture(K, **options, random_state=0).fit(X)
    whole = GaussianMixture(K, **given(), tol=1e-9).fit(np.array(X))
    assert model.score(X) == pytest.approx(whole.score(np.array(X)), abs=1e-6)
    again = GaussianMixture(K, **options, random_state=0).fit(X)
    assert np.array_equal(model.means_, again.means_)


def test_own_defaults(tmp_path):
    X = on_file(tmp_path / "x", clouds())
    model = Mixture(Gaussian("diag"), K, order_by="means", random_state=0).fit(X)
    np.testing.assert_allclose(model.means_[:, 0], [0, 5, 10], atol=0.05)


@pytest.mark.parametrize("estimator", [PoissonMixture, NegativeBinomialMixture])
def test_counts_of_whole_numbers(tmp_path, estimator):
    rng = np.random.RandomState(0)
    mean = np.where(rng.uniform(size=N) < 0.4, 3.0, 30.0)
    counts = rng.poisson(rng.gamma(4, size=N) / 4 * mean)[:, None]
    filed = estimator(2, random_state=0).fit(on_file(tmp_path / "x", counts))
    model = estimator(2, random_state=0).fit(counts)
    assert filed.lower_bound_ == pytest.approx(model.lower_bound_, rel=1e-10)


def test_scores_are_those_in_memory(tmp_path):
    X = clouds()
    table, model = on_file(tmp_path / "x", X), GaussianMixture(K, **given()).fit(X)
    for name in ("score_samples", "predict", "predict_proba", "score", "bic"):
        score = getattr(model, name)
        assert np.array_equal(score(table), score(X))


def test_views_of_a_file(tmp_path):
    X = clouds()
    table = on_file(tmp_path / "x", X)
    model = GaussianMixture(K, tol=1e-6, random_state=0).fit(X)
    for view in (np.s_[::2], np.s_[::-1], np.s_[1000:]):
        assert mapped(table[view]) is not None
        assert np.array_equal(model.predict(table[view]), model.predict(X[view]))
    assert mapped(np.asarray(table)) is not None
    assert mapped(X) is None
    assert mapped(table[[1, 2, 3]]) is None  # a copy in memory


def test_changes_that_are_not_on_file_are_not_lost(tmp_path):
    table = on_file(tmp_path / "x", clouds(), mode="c")
    changed = clouds(seed=1)
    table[:] = changed
    GaussianMixture(1).fit(table)
    assert np.array_equal(table, changed)


def test_what_is_unfit_is_found_while_reading(tmp_path):
    X = clouds()
    X[N - 3, 1] = np.nan
    table = on_file(tmp_path / "x", X)
    with pytest.raises(ValueError, match="contains NaN"):
        GaussianMixture(K).fit(table)
    model = GaussianMixture(K, **given()).fit(X[:1000])
    with pytest.raises(ValueError, match="contains NaN"):
        model.predict(table)
    with pytest.raises(ValueError, match="outside the support"):
        PoissonMixture(2).fit(on_file(tmp_path / "y", clouds()))
    with pytest.raises(ValueError, match="numbers"):
        GaussianMixture(K).fit(on_file(tmp_path / "z", clouds().astype(complex)))
    with pytest.raises(ValueError, match="features"):
        model.predict(on_file(tmp_path / "w", clouds(d=2)))


def test_only_blocks_are_in_memory(tmp_path):
    X = on_file(tmp_path / "x", clouds(400_000))
    del X  # its pages were written by this process
    X = np.memmap(tmp_path / "x", dtype=float, mode="r", shape=(400_000, D))
    tracemalloc.start()
    GaussianMixture(K, random_state=0, max_iter=200).fit(X).score(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # an array of the log densities of all rows, and blocks; starts see 100,000 rows
    assert peak < 60 * 2**20


RESIDENT = """
import numpy as np, sys
import skmixture.table.streamed
from skmixture import GaussianMixture
def resident():
    status = open("/proc/self/status").read()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
X = np.memmap(sys.argv[1], dtype=float, mode="r", shape=(4_000_000, 10))
before = resident()
table = skmixture.table.streamed.Streamed(X, lambda stretch: None)
for begin in range(0, len(X), 50_000):
    table[begin : begin + 50_000]
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_pages_of_the_file_are_given_back(tmp_path):
    """305 MiB go by; a mapping that is only read would keep them all."""
    with open(tmp_path / "x", "wb") as file:
        for _ in range(40):
            file.write(np.zeros((100_000, 10)).tobytes())
    run = [sys.executable, "-c", RESIDENT, str(tmp_path / "x")]
    result = subprocess.run(run, capture_output=True, text=True, check=True)
    assert float(result.stdout) < 40


def test_a_streamed_table_is_read_as_an_array_is(tmp_path):
    X = clouds()
    table = Streamed(on_file(tmp_path / "x", X), lambda stretch: None)
    assert table.shape == X.shape
    assert len(table) == len(X)
    for rows in (np.s_[10:20], np.s_[::1000], np.array([5, 2, 9])):
        assert np.array_equal(table[rows], X[rows])
