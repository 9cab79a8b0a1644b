"""Labels that are known: held through the fit, by every family and from every start."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import sparse, stats
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning

from skmixture import GaussianMixture, Mixture, PoissonMixture
from skmixture.engine.em import EM
from skmixture.engine.state import State
from skmixture.families import Components, Exponential, Gaussian
from skmixture.given.known import orders_as_known
from skmixture.table.rows import Rows

X = np.array([0, 1, 1, 2, 2, 3, 8, 7, 8, 9, 9, 10, 12, 2, 1, 2, 2, 8, 9, 11])[:, None]
LABELS = np.full(20, -1)
LABELS[[0, 4]], LABELS[[8, 13]] = 1, 0  # the low ones are component 1; one label surprises


def objective(z, known):
    """Log-likelihood of rows and known labels, by scipy."""
    rates, weight = np.exp(z[:2]), 1 / (1 + np.exp(-z[2]))
    joint = stats.poisson.logpmf(X, rates) + np.log([weight, 1 - weight])
    free = np.isnan(known[:, 0])
    share = np.where(known > 0, known, 1.0)
    held = (np.nan_to_num(known) * (joint - np.log(share))).sum(axis=1)
    return np.where(free, np.logaddexp(*joint.T), held).sum()


def as_table(labels):
    table = (labels[:, None] == np.arange(2)).astype(float)
    table[labels == -1] = np.nan
    return table


SOFT = as_table(LABELS)
SOFT[[6, 10]] = [0.3, 0.7], [0.9, 0.1]


@pytest.mark.parametrize("acceleration", [None, "lbfgs", "anderson", "squarem"])
@pytest.mark.parametrize("known", [as_table(LABELS), SOFT], ids=["hard", "soft"])
def test_the_optimum_is_scipys(known, acceleration):
    model = PoissonMixture(2, acceleration=acceleration, random_state=0).fit(X, labels=known)
    best = minimize(lambda z: -objective(z, known), [2.0, 0.5, 0.0], tol=1e-12)
    assert model.lower_bound_ * 20 == pytest.approx(-best.fun, abs=1e-7)
    np.testing.assert_allclose(model.rates_.ravel(), np.exp(best.x[:2]), rtol=1e-4)
    assert (np.diff(model.lower_bounds_) >= -1e-10).all()


def test_labels_and_their_table_are_the_same():
    hard = PoissonMixture(2, random_state=0).fit(X, labels=LABELS)
    table = PoissonMixture(2, random_state=0).fit(X, labels=as_table(LABELS))
    np.testing.assert_array_equal(hard.rates_, table.rates_)
    none = PoissonMixture(2, random_state=0, order_by="rates").fit(X)
    unknown = PoissonMixture(2, random_state=0).fit(X, labels=np.full(20, -1))
    np.testing.assert_allclose(np.sort(unknown.rates_, axis=0), none.rates_, atol=1e-8)


def test_all_labels_known(case):
    """Every family then climbs to each component's own maximum."""
    rows, labels = case.draw(60)
    K = case.n_components
    assert len(np.unique(labels)) == K
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of components that some rows do not suit
        start = Mixture(case.family, K, max_iter=0).fit(rows, start=labels)
        held = Mixture(case.family, K, n_init=1, random_state=0, tol=1e-9)
        held.fit(rows, labels=labels)
    np.testing.assert_allclose(held.weights_, np.bincount(labels) / 60, rtol=1e-9)
    at_start, at_end = (m.complete_log_likelihood(rows, labels) for m in (start, held))
    assert at_end >= at_start - 1e-6 * abs(at_start)
    assert held.lower_bound_ * 60 == pytest.approx(at_end, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("init", ["auto", "kmeans", "k-means++", "random_from_data"])
@pytest.mark.parametrize("seed", range(3))
def test_every_start_knows_the_numbers(init, seed):
    """Two far groups, a label in each: the components have the numbers of the labels."""
    rng = np.random.RandomState(seed)
    rows = np.r_[rng.normal(0, 1, (50, 2)), rng.normal(30, 1, (50, 2))]
    labels = np.full(100, -1)
    labels[[3, 60]] = 1, 0
    model = Mixture(n_components=2, init_params=init, n_init=5, random_state=seed)
    model.fit(rows, labels=labels)
    np.testing.assert_array_equal(model.predict(rows), np.repeat([1, 0], 50))
    named = GaussianMixture(2, init_params=init if init != "auto" else "kmeans", random_state=seed)
    named.fit(rows, labels=labels)
    np.testing.assert_array_equal(named.predict(rows)[[3, 60]], [1, 0])


@pytest.mark.parametrize("seed", range(4))
def test_ends_in_the_places_of_others_are_renumbered(seed):
    """Random responsibilities say nothing of labels: components may come to each other's places."""
    rng = np.random.RandomState(1)
    rows = np.r_[rng.normal(0, 1, (50, 2)), rng.normal(30, 1, (50, 2))]
    labels = np.full(100, -1)
    labels[[3, 60]] = 1, 0
    model = Mixture(n_components=2, init_params="random", n_init=5, random_state=seed)
    model.fit(rows, labels=labels)
    np.testing.assert_array_equal(model.predict(rows), np.repeat([1, 0], 50))
    assert (np.diff(model.lower_bounds_) >= -1e-10).all()
    assert model.n_iter_ == len(model.lower_bounds_)


def test_a_component_that_is_no_law_is_numbered_last():
    """One of a start may be none: it has no density, and the others are numbered as ever."""
    known = np.array([[1.0, 0.0, np.nan], [0.0, 1.0, np.nan]])
    em = EM(Gaussian("diag"), Rows(np.array([[0.0], [9.0], [4.0]]), known=known))
    means = np.array([[[9.0], [np.nan]]])
    state = State(np.full((1, 1, 2), 0.5), {"means": means, "covariances": np.ones((1, 2, 1))})
    np.testing.assert_array_equal(orders_as_known(em, state), [[1, 0]])


@pytest.mark.parametrize("seed", range(6))
def test_groups_of_a_start_have_the_numbers_of_the_labels(seed):
    rows = np.r_[np.linspace(0, 1, 30), np.linspace(20, 21, 30)][:, None]
    labels = np.full(60, -1)
    labels[[2, 50]] = 1, 0
    start = GaussianMixture(2, max_iter=0, random_state=seed).fit(rows, labels=labels)
    np.testing.assert_allclose(start.means_.ravel(), [20.5, 0.5])


def test_a_start_from_the_user_gives_way():
    start = (X.ravel() < 5).astype(int)
    model = PoissonMixture(2, max_iter=0).fit(X, start=start, labels=LABELS)
    group = np.where(LABELS >= 0, LABELS, start)
    np.testing.assert_allclose(model.rates_.ravel(), [X[group == k].mean() for k in (0, 1)])


def test_weights_and_strata_go_with_labels():
    weight = 1.0 + np.arange(20) % 2
    copies = np.repeat(np.arange(20), weight.astype(int))
    strata = np.arange(20) % 2
    model = PoissonMixture(2, random_state=0)
    model.fit(X, labels=LABELS, sample_weight=weight, strata=strata)
    twice = PoissonMixture(2, random_state=0)
    twice.fit(X[copies], labels=LABELS[copies], strata=strata[copies])
    np.testing.assert_allclose(model.rates_, twice.rates_, atol=1e-7)
    np.testing.assert_allclose(model.strata_weights_, twice.strata_weights_, atol=1e-7)


def test_sparse_rows():
    table = np.hstack([X, X[::-1]])
    dense = PoissonMixture(2, random_state=0).fit(table, labels=LABELS)
    loose = PoissonMixture(2, random_state=0).fit(sparse.csr_array(table), labels=LABELS)
    assert loose.lower_bound_ == pytest.approx(dense.lower_bound_, abs=1e-9)


def test_rows_on_file(tmp_path, monkeypatch):
    monkeypatch.setattr("skmixture.table.streamed.MOST_HELD", 1000)
    rng = np.random.RandomState(0)
    component = rng.randint(2, size=2000)
    rows = rng.normal(size=(2000, 2)) + 2.0 * component[:, None]
    labels = np.where(rng.uniform(size=2000) < 0.1, component, -1)
    np.save(tmp_path / "rows.npy", rows)
    on_file = np.load(tmp_path / "rows.npy", mmap_mode="r")
    held, streamed = (
        GaussianMixture(2, tol=1e-9, max_iter=2000, random_state=0).fit(table, labels=labels)
        for table in (rows, on_file)
    )
    np.testing.assert_allclose(streamed.means_, held.means_, atol=1e-3)
    assert (held.predict(rows) == component).mean() > 0.85


def test_a_label_helps():
    """One label in a hundred settles which way two shapes that overlap are told apart."""
    rng = np.random.RandomState(0)
    component = (rng.uniform(size=3000) < 0.5).astype(int)
    rows = rng.normal(size=(3000, 1)) * np.where(component, 1.0, 3.0)[:, None]
    labels = np.where(rng.uniform(size=3000) < 0.01, component, -1)
    model = Mixture(n_components=2, random_state=0).fit(rows, labels=labels)
    deviations = np.sqrt(model.covariances_.ravel())
    np.testing.assert_allclose(deviations, [3.0, 1.0], rtol=0.1)


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (LABELS[:5], "labels"),
        (np.where(LABELS == 1, 2, LABELS), r"labels\[0\] = 2, but labels must be whole numbers"),
        (LABELS - 1, r"labels\[1\] = -2"),
        (LABELS + 0.5, r"labels\[0\] = 1.5"),
        (np.where(LABELS == 1, np.nan, LABELS), r"labels\[0\] = nan"),
        (LABELS.astype(str), "labels must be components 0 to 1, and -1"),
        ([0, None, *LABELS[2:]], "got object values such as None$"),
        ([0, "b", *LABELS[2:].tolist()], "such as '0'$"),
        (np.full((20, 3), 1 / 3), "labels"),
        (np.full((20, 2), 0.4), r"labels\[0\] = \[0.4 0.4\] must be nonnegative and sum to 1"),
        (np.tile([0.5, np.nan], (20, 1)), r"labels\[0\] = \[0.5 nan\]"),
        (np.tile([1.5, -0.5], (20, 1)), r"labels\[0\] = \[ 1.5 -0.5\]"),
    ],
)
def test_bad_labels(labels, match):
    model = PoissonMixture(2)
    with pytest.raises(ValueError, match=match):
        model.fit(X, labels=labels)
    assert not hasattr(model, "rates_")


def test_masked_labels_are_unknown():
    masked = np.arange(len(X)) % 3 == 0
    plain = PoissonMixture(2).fit(X, labels=np.where(masked, -1, LABELS))
    one = PoissonMixture(2).fit(X, labels=np.ma.array(LABELS, mask=masked))
    table = np.ma.array(as_table(LABELS), mask=np.c_[masked, masked])
    two = PoissonMixture(2).fit(X, labels=table)
    for model in (one, two):
        np.testing.assert_array_equal(model.rates_, plain.rates_)


def test_order_by_would_renumber():
    with pytest.raises(ValueError, match="order_by would renumber the components that labels"):
        PoissonMixture(2, order_by="rates").fit(X, labels=LABELS)


def test_dask_arrays_say_no():
    array = pytest.importorskip("dask.array")
    with pytest.raises(ValueError, match="labels cannot be given with a Dask array"):
        PoissonMixture(2).fit(array.from_array(X), labels=LABELS)


@pytest.mark.parametrize("soft", [False, True])
def test_a_label_that_cannot_be_is_named(soft):
    rows = np.r_[-1.0, np.linspace(0.1, 9, 30), np.linspace(-6, -2, 30)][:, None]
    labels = np.full(61, -1)
    labels[0] = 1
    if soft:
        labels = as_table(labels)
        labels[0] = [0.5, 0.5]
    family = Components([("plain", Gaussian()), ("waits", Exponential())])
    with pytest.raises(ValueError, match=r"labels put the row \[-1\.\] into component 1, which"):
        Mixture(family, 2, n_init=2, random_state=0).fit(rows, labels=labels)


def test_an_impossible_label_is_no_start():
    """A soft label on a component that cannot have made the row: the start fails, and says so."""
    from skmixture.families import Uniform

    model = Mixture(Uniform(), 2, n_init=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.linspace(0, 1, 30)[:, None], labels=np.r_[0, 1, np.full(28, -1)])
    assert np.isfinite(model.lower_bound_)
