"""Replicates made in several goes, and put together."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from cases import CASES

from skmixture import GaussianMixture, Mixture, PoissonMixture
from skmixture.families import Poisson
from skmixture.inference import BootstrapResult, bootstrap
from skmixture.priors import Gamma

KINDS = ["parametric", "nonparametric", "weighted"]
SOME = [case for case in CASES if case.name in ("Gaussian-diag", "Poisson-columns", "Multinomial")]


def same(one, other):
    for name, value in one.replicates.items():
        np.testing.assert_array_equal(value, other.replicates[name], err_msg=name)
    for name in ("log_likelihoods", "converged", "alignment_cost", "index"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.failures == other.failures
    assert (one.kind, one.entropy, one.n_asked) == (other.kind, other.entropy, other.n_asked)


@pytest.fixture(scope="module")
def two_rates():
    X = np.random.RandomState(0).poisson(np.repeat([2.0, 15.0], [40, 60]))[:, None]
    return PoissonMixture(2, order_by="rates", random_state=0).fit(X), X


# -- the same bits -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("of", SOME, ids=lambda case: case.name)
@pytest.mark.filterwarnings("ignore:.*(no maximum|grew without bound)")
def test_parts_are_the_whole_to_the_last_bit(of, kind):
    """Wherever it is cut: also within what is fitted together."""
    X, _ = of.draw(60)
    truth = dict(weights_init=of.weights, params_init=of.params)
    model = Mixture(of.family, of.n_components, **truth).fit(X)
    options = dict(kind=kind, n_replicates=130, random_state=3)
    parts = [
        bootstrap(model, X, only=only, **options)
        for only in (range(117, 130), range(37), range(37, 117))
    ]
    same(BootstrapResult.joined(parts), bootstrap(model, X, **options))


class Brittle(Poisson):
    """A law that is none where rates are high."""

    def failing(self, params):
        return super().failing(params) | (params["rates"] > 4.45).any(axis=-1)


@pytest.mark.filterwarnings("ignore:.*replicates failed and are left out")
def test_failures_are_joined_as_well():
    X = np.tile([2, 3, 4, 5, 6], 10)[:, None]
    model = Mixture(Brittle(), random_state=0).fit(X)
    whole = bootstrap(model, X, n_replicates=200, random_state=0)
    assert whole.n_failed
    cut = whole.failures[0].index + 1
    parts = [
        bootstrap(model, X, n_replicates=200, only=only, random_state=0)
        for only in (range(cut), range(cut, 200))
    ]
    same(BootstrapResult.joined(parts), whole)
    failed = range(cut - 1, cut)
    with pytest.raises(ValueError, match="all 1 replicates failed"):
        bootstrap(model, X, n_replicates=200, only=failed, random_state=0)


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_parts_of_two_machines(two_rates, tmp_path, ending):
    model, X = two_rates
    paths = [tmp_path / f"part_{i}.{ending}" for i in range(2)]
    for path, only in zip(paths, (range(70), range(70, 120)), strict=True):
        bootstrap(model, X, n_replicates=120, only=only).save(path)
    loaded = [BootstrapResult.load(path) for path in paths]
    joined = BootstrapResult.joined(loaded)
    same(joined, bootstrap(model, X, n_replicates=120))
    assert joined.labels == loaded[0].labels
    joined.save(paths[0])
    same(BootstrapResult.joined([BootstrapResult.load(paths[0])]), joined)  # one is a whole


def test_data_come_from_the_part_that_has_them(two_rates, tmp_path):
    model, X = two_rates
    here = bootstrap(model, X, n_replicates=120, only=range(60))
    there = bootstrap(model, X, n_replicates=120, only=range(60, 120))
    there.save(tmp_path / "there.json")
    joined = BootstrapResult.joined([BootstrapResult.load(tmp_path / "there.json"), here])
    whole = bootstrap(model, X, n_replicates=120)
    np.testing.assert_array_equal(
        joined.confidence_interval(method="bca")["rates"],
        whole.confidence_interval(method="bca")["rates"],
    )
    assert joined.model is not None
    np.testing.assert_array_equal(joined.rows(100)["X"], whole.rows(100)["X"])


def test_a_run_is_made_longer(two_rates):
    model, X = two_rates
    few = bootstrap(model, X, n_replicates=200)  # two batches of 100
    more = bootstrap(model, X, n_replicates=250, only=range(200, 250))
    same(BootstrapResult.joined([few, more]), bootstrap(model, X, n_replicates=250))
    still_more = bootstrap(model, X, n_replicates=300, only=range(250, 300))
    with pytest.raises(
        ValueError,
        match=r"results\[1\] is of a run with n_replicates=250, and another part of one with 300"
        r".*n_replicates=300 and only=range\(200, 250\)",
    ):
        BootstrapResult.joined([few, more, still_more])


def test_a_part_that_is_missing_may_come_later(two_rates):
    model, X = two_rates
    first, second, third = (
        bootstrap(model, X, n_replicates=90, only=range(i, i + 30)) for i in (0, 30, 60)
    )
    joined = BootstrapResult.joined([third, first])
    assert joined.index.tolist() == [*range(30), *range(60, 90)]
    same(BootstrapResult.joined([second, joined]), bootstrap(model, X, n_replicates=90))


# -- what is refused -----------------------------------------------------------------------


def test_results_of_another_run_are_refused(two_rates):
    model, X = two_rates
    own = bootstrap(model, X, n_replicates=40, only=range(20))
    weight = np.r_[2.0, np.ones(len(X) - 1)]
    moved = np.r_[X[1:], X[:1]]
    held = PoissonMixture(2, fixed={"weights": model.weights_}, random_state=0).fit(X)
    prior = PoissonMixture(2, prior={"rates": Gamma(2.0, 0.1)}, random_state=0).fit(X)
    gaussian = GaussianMixture(2, tol=1e-9, max_iter=500, random_state=0).fit(X)
    others = [
        (dict(random_state=1), "seed was '.*' and is '"),
        (dict(kind="weighted"), "kind was 'parametric' and is 'weighted'"),
        (dict(n_starts=1), "n_starts was '0' and is '1'"),
        (dict(X=moved), r"rows \('100 x 1'\) differs in its values"),
        (dict(X=X[:90]), "rows was '100 x 1' and is '90 x 1'"),
        (dict(sample_weight=weight), "weight of rows was '100' and is '101'"),
        (dict(model=held), "fixed was 'None' and is 'weights: "),
        (dict(model=prior), "prior was '' and is 'rates: Gamma"),
        (dict(model=gaussian), r"model was 'PoissonMixture of Poisson\(\)' and is 'GaussianMix"),
    ]
    for options, message in others:
        asked = dict(model=model, X=X, n_replicates=40, only=range(20, 40)) | options
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # fits of other rows
            other = bootstrap(**asked)
        with pytest.raises(ValueError, match=r"results\[1\] is of another run .*" + message):
            BootstrapResult.joined([own, other])


def test_none_is_taken_twice(two_rates):
    model, X = two_rates
    parts = [bootstrap(model, X, n_replicates=60, only=range(i, i + 30)) for i in (0, 25)]
    with pytest.raises(ValueError, match="more than one of the results has replicates 25 to 29"):
        BootstrapResult.joined(parts)
    for results in ([], [1], ["part.json"]):
        with pytest.raises(ValueError, match="results must be a list of BootstrapResult"):
            BootstrapResult.joined(results)


@pytest.mark.parametrize(
    "only", [5, range(0), range(5, 2), range(-2, 3), range(0, 10, 2), [0, 1]], ids=str
)
def test_bad_ranges(two_rates, only):
    with pytest.raises(ValueError, match=r"only must be a range of numbers from 0, as range\(500"):
        bootstrap(*two_rates, n_replicates=10, only=only)


def test_more_than_there_are(two_rates):
    with pytest.raises(ValueError, match=r"only=range\(0, 11\) has more numbers than n_rep"):
        bootstrap(*two_rates, n_replicates=10, only=range(11))
