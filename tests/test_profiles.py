"""Profile likelihoods: against closed forms, and where they end."""

from __future__ import annotations

import numpy as np
import pytest
from cases import CASES
from scipy.optimize import brentq
from scipy.stats import chi2
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from skmixture import (
    DirichletMixture,
    ExponentialMixture,
    GaussianMixture,
    LaplaceMixture,
    Mixture,
    MultinomialMixture,
    NegativeBinomialMixture,
    PoissonMixture,
    StudentTMixture,
)
from skmixture.datasets import load_old_faithful
from skmixture.families import Gaussian, Poisson
from skmixture.inference import profile_interval, standard_errors

SOME = [
    "Gaussian-full",
    "NegativeBinomial-columns",
    "Binomial",
    "Geometric-columns",
    "Multinomial",
    "Gamma-columns",
    "Beta",
    "StudentT-diag",
    "Laplace",
    "VonMisesFisher-sphere",
    "Product-counts",
    "Components",
    "FromScipy-gamma",
    "FromLogPDF-poisson-vectorized",
]
X = np.random.RandomState(0).normal(3.0, 2.0, size=(40, 1))
COUNTS = np.random.RandomState(1).poisson(4.0, size=(60, 1))
TWO = np.concatenate([COUNTS, COUNTS + 12])
OLD_FAITHFUL = load_old_faithful().data


def ends(fall, estimate, low, high, level=0.95):
    """Where twice a fall of the log-likelihood is the quantile."""
    quantile = chi2.ppf(level, 1)
    return [brentq(lambda v: 2 * fall(v) - quantile, end, estimate) for end in (low, high)]


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_the_mean_of_a_gaussian(level):
    interval = profile_interval(Mixture(Gaussian(), 1).fit(X), X, "means", (0, 0), level=level)
    half = np.sqrt(X.var() * np.expm1(chi2.ppf(level, 1) / len(X)))
    assert list(interval) == pytest.approx([X.mean() - half, X.mean() + half], rel=1e-6)
    assert interval.estimate == pytest.approx(X.mean())
    assert (interval.low_kind, interval.high_kind) == ("crossed", "crossed")
    fall = 0.5 * len(X) * np.log1p((interval.values - X.mean()) ** 2 / X.var())
    top = interval.log_likelihoods.max()
    np.testing.assert_allclose(top - interval.log_likelihoods, fall, atol=1e-7)
    assert "means[0, 0]" in repr(interval)


@pytest.mark.parametrize("name", SOME)
def test_a_profile_falls_on_both_sides(name):
    (case,) = (case for case in CASES if case.name == name)
    rows, _ = case.draw(200)
    truth = dict(weights_init=case.weights, params_init=case.params)
    model = Mixture(case.family, case.n_components, **truth).fit(rows)
    interval = profile_interval(model, rows, "weights", 0)
    heights, values = interval.log_likelihoods, interval.values.tolist()
    top = values.index(interval.estimate)
    assert (np.diff(heights[: top + 1]) > -1e-8).all()
    assert (np.diff(heights[top:]) < 1e-8).all()
    for end in interval:
        fall = 2 * (heights[top] - heights[values.index(end)])
        assert fall == pytest.approx(chi2.ppf(0.95, 1), abs=1e-5)


def test_the_variance_of_a_gaussian():
    n, s2 = len(X), X.var()
    interval = profile_interval(Mixture(Gaussian(), 1).fit(X), X, "covariances", (0, 0, 0))
    known = ends(lambda v: 0.5 * n * (np.log(v / s2) + s2 / v - 1), s2, s2 / 5, 5 * s2)
    assert list(interval) == pytest.approx(known, rel=1e-6)


@pytest.mark.parametrize("weight", [None, 3])
def test_the_rate_of_a_poisson(weight):
    beside = {} if weight is None else {"sample_weight": np.full(len(COUNTS), weight)}
    n, rate = len(COUNTS) * (weight or 1), COUNTS.mean()
    model = PoissonMixture(1).fit(COUNTS, **beside)
    interval = profile_interval(model, COUNTS, "rates", (0, 0), **beside)
    known = ends(lambda v: n * (rate * np.log(rate / v) - rate + v), rate, rate / 3, 3 * rate)
    assert list(interval) == pytest.approx(known, rel=1e-6)


def test_weights_of_components_far_apart():
    rng = np.random.RandomState(0)
    low = rng.uniform(size=200) < 0.3
    rows = np.where(low, 0.0, 1e3)[:, None] + rng.normal(size=(200, 1))
    model = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(rows)
    n, p = len(rows), low.mean()

    def fall(v):
        return n * (p * np.log(p / v) + (1 - p) * np.log((1 - p) / (1 - v)))

    known = ends(fall, p, 0.05, 0.8)
    assert list(profile_interval(model, rows, "weights", 0)) == pytest.approx(known, rel=1e-6)
    high, low_ = profile_interval(model, rows, "weights", -1)
    assert [1 - low_, 1 - high] == pytest.approx(known, rel=1e-6)


def test_near_standard_errors_where_rows_are_many():
    model = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(OLD_FAITHFUL)
    se = standard_errors(model, OLD_FAITHFUL)
    for name, index in (("weights", 0), ("means", (0, 1)), ("means", (1, 0))):
        interval = profile_interval(model, OLD_FAITHFUL, name, index)
        half = 1.96 * se[name][index]
        assert interval.high - interval.low == pytest.approx(2 * half, rel=0.02)
    # a fit that stopped early, by other options
    early = GaussianMixture(2, random_state=0).fit(OLD_FAITHFUL)
    index = (int(np.argmin(early.means_[:, 0])), 1)
    again = profile_interval(early, OLD_FAITHFUL, "means", index)
    own = profile_interval(model, OLD_FAITHFUL, "means", (0, 1))
    assert list(again) == pytest.approx(list(own), rel=1e-4)


def test_each_end_is_where_the_others_reach_the_quantile():
    model = PoissonMixture(2, order_by="rates", random_state=0).fit(TWO)
    before = model.rates_.copy()
    interval = profile_interval(model, TWO, "rates", (0, 0))
    for end in interval:
        held = PoissonMixture(2, fixed={"rates": [[end], [np.nan]]}, random_state=0).fit(TWO)
        fall = 2 * len(TWO) * (model.score(TWO) - held.score(TWO))
        assert fall == pytest.approx(chi2.ppf(0.95, 1), abs=1e-6)
    np.testing.assert_array_equal(model.rates_, before)


def test_open_ends_and_bounds():
    rows = np.random.RandomState(0).poisson(4, size=(100, 1))  # hardly more dispersed than that
    model = NegativeBinomialMixture(1).fit(rows)
    interval = profile_interval(model, rows, "sizes", (0, 0))
    assert interval.high == np.inf
    assert interval.high_kind == "open"
    assert interval.low_kind == "crossed"
    never = PoissonMixture.from_params(weights=[1.0], rates=[[1e-300]])
    interval = profile_interval(never, np.zeros((3, 1)), "rates", (0, 0))
    assert (interval.low, interval.low_kind) == (0.0, "bound")
    assert interval.high == pytest.approx(chi2.ppf(0.95, 1) / 6, rel=1e-6)


def test_tied_and_fixed():
    tied = Mixture(Gaussian("spherical"), 2, tied=("covariances",), random_state=0).fit(
        OLD_FAITHFUL
    )
    one, other = (profile_interval(tied, OLD_FAITHFUL, "covariances", k) for k in (0, 1))
    assert list(one) == pytest.approx(list(other), rel=1e-6)
    held = PoissonMixture(2, fixed={"rates": [[4.0], [np.nan]]}, random_state=0).fit(TWO)
    free = profile_interval(held, TWO, "rates", (1, 0))
    assert free.low < held.rates_[1, 0] < free.high
    with pytest.raises(ValueError, match="held already"):
        profile_interval(held, TWO, "rates", (0, 0))


def test_laplace_has_a_profile():
    rows = np.random.RandomState(0).laplace(size=(101, 1))
    interval = profile_interval(LaplaceMixture(1).fit(rows), rows, "locations", (0, 0))
    assert interval.low < np.median(rows) < interval.high


def test_a_fit_below_the_top():
    known = dict(weights=[1.0], means=[[0.0]], covariances=[[[1.0]]])
    poor = Mixture.from_params(**known)
    with pytest.warns(UserWarning, match="no maximum for these rows"):
        interval = profile_interval(poor, X, "means", (0, 0))  # which goes to the top first
    assert interval.estimate == pytest.approx(X.mean())


def test_bad_input():
    with pytest.raises(TypeError, match="fitted mixture"):
        profile_interval("model", X, "means", (0, 0))
    model = Mixture(Gaussian(), 2, random_state=0)
    with pytest.raises(NotFittedError):
        profile_interval(model, OLD_FAITHFUL, "means", (0, 0))
    model.fit(OLD_FAITHFUL)
    with pytest.raises(ValueError, match="features"):
        profile_interval(model, X, "means", (0, 0))
    with pytest.raises(ValueError, match=r"name must be one of \['weights', 'means'"):
        profile_interval(model, OLD_FAITHFUL, "rates", 0)
    for index in ((), 0, (2, 0), (0, 0, 0), "a", (0.0, 1.0), (slice(1), 0)):
        with pytest.raises(ValueError, match=r"index must be one entry of means_.*\(2, 2\)"):
            profile_interval(model, OLD_FAITHFUL, "means", index)
    with pytest.raises(ValueError, match="cannot be held without the others"):
        profile_interval(model, OLD_FAITHFUL, "covariances", (0, 0, 1))
    for level in (0.0, 1.0, 95):
        with pytest.raises(ValueError, match="level"):
            profile_interval(model, OLD_FAITHFUL, "means", (0, 0), level=level)
    table = np.random.RandomState(0).multinomial(9, [0.2, 0.3, 0.5], size=20)
    with pytest.raises(ValueError, match="cannot be held without the others"):
        profile_interval(MultinomialMixture(1).fit(table), table, "probs", (0, 0))
    one = Mixture(Gaussian(), 1).fit(X)
    with pytest.raises(ValueError, match="only one component"):
        profile_interval(one, X, "weights", 0)
    strata = np.arange(len(OLD_FAITHFUL)) % 2
    with_strata = Mixture(Gaussian(), 2, random_state=0).fit(OLD_FAITHFUL, strata=strata)
    with pytest.raises(ValueError, match="each stratum has weights of its own"):
        profile_interval(with_strata, OLD_FAITHFUL, "weights", 0, strata=strata)


# -- what is derived, and names of entries ---------------------------------------------


def test_what_is_derived_of_one_number(rng):
    rows = rng.negative_binomial(3, 0.3, size=(150, 1))
    model = NegativeBinomialMixture(1).fit(rows)
    of_size = profile_interval(model, rows, "sizes", (0, 0), level=0.9)
    turned = profile_interval(model, rows, "dispersions", (0, 0), level=0.9)
    assert list(turned) == pytest.approx([1 / of_size.high, 1 / of_size.low])
    assert turned.estimate == pytest.approx(1 / of_size.estimate)
    assert turned.name == "dispersions[0, 0]"
    np.testing.assert_allclose(turned.values, 1 / of_size.values[::-1])
    np.testing.assert_array_equal(turned.log_likelihoods, of_size.log_likelihoods[::-1])
    waits = rng.exponential(4.0, size=(40, 1))
    low, high = profile_interval(ExponentialMixture(1).fit(waits), waits, "rates[0, 0]")
    rate, n = 1 / waits.mean(), len(waits)
    known = ends(lambda v: n * (v / rate - 1 - np.log(v / rate)), rate, rate / 5, 5 * rate)
    assert [low, high] == pytest.approx(known, rel=1e-6)


def test_ends_of_what_is_derived_change_places():
    """A size without end is a dispersion of 0."""
    rows = np.random.RandomState(0).poisson(4, size=(100, 1))
    model = NegativeBinomialMixture(1).fit(rows)
    interval = profile_interval(model, rows, "dispersions[0, 0]")
    assert (interval.low, interval.low_kind, interval.high_kind) == (0.0, "bound", "crossed")
    assert interval.low < interval.estimate < interval.high


def test_what_is_derived_of_several_numbers_has_none_to_hold(rng):
    rows = rng.negative_binomial(3, 0.3, size=(150, 2))
    model = NegativeBinomialMixture(1).fit(rows)
    message = r"burst_sizes\[0, 1\] depends on means\[0, 1\] and sizes\[0, 1\], so that there is no"
    with pytest.raises(ValueError, match=message):
        profile_interval(model, rows, "burst_sizes", (0, 1))
    shares = rng.dirichlet([2.0, 3.0, 4.0], size=60)
    with pytest.raises(ValueError, match=r"means\[0, 2\] depends on concentrations\[0, 0\], conc"):
        profile_interval(DirichletMixture(1).fit(shares), shares, "means[0, 2]")
    held = NegativeBinomialMixture(1, fixed={"sizes": [[3.0, np.nan]]}).fit(rows)
    with pytest.raises(ValueError, match=r"sizes_\[0, 0\] is held already"):
        profile_interval(held, rows, "dispersions[0, 0]")
    assert profile_interval(held, rows, "dispersions[0, 1]").low_kind == "crossed"


class Turning(Poisson):
    """A derived value that neither rises nor falls with the rate."""

    def derived(self, published):
        return {"distances": (published["rates"] - 4.0) ** 2}


def test_what_turns_round_has_no_profile():
    model = Mixture(Turning(), 1).fit(COUNTS)
    with pytest.raises(ValueError, match="distances neither rises nor falls with rates"):
        profile_interval(model, COUNTS, "distances[0, 0]")


def test_entries_by_the_names_of_tables():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"morning": TWO[:, 0], "evening": TWO[::-1, 0]})
    model = PoissonMixture(2, order_by="rates", random_state=0).fit(table)
    one = profile_interval(model, table, "rates", (1, 1))
    for name in ("rates[1, 1]", "rates[1, evening]"):
        assert list(profile_interval(model, table, name)) == list(one)
    by_name = profile_interval(model, table, "weights[0]")
    assert list(by_name) == list(profile_interval(model, table, "weights", 0))
    with pytest.raises(ValueError, match="has an index already, so index must be left out"):
        profile_interval(model, table, "rates[1, 1]", (1, 1))
    for name in ("rates[2, 0]", "rates[1, noon]", "rates[1]"):
        with pytest.raises(ValueError, match=r"is no entry of rates_: .*rates\[0, evening\]"):
            profile_interval(model, table, name)
    with pytest.raises(ValueError, match=r"name must be one of \['weights', 'rates'\], got 'means"):
        profile_interval(model, table, "means[0, 0]")
    with pytest.raises(ValueError, match="name must be one of"):
        profile_interval(model, table, 3)


def test_refits_that_end_early_are_told(monkeypatch):
    from skmixture.inference.profiles import held_refits

    monkeypatch.setattr(held_refits, "MOST_ITERATIONS", 2)
    monkeypatch.setattr(held_refits, "ENOUGH", 2)
    monkeypatch.setitem(held_refits.STRICT, "acceleration", None)
    model = Mixture(Gaussian(), 2, random_state=0).fit(OLD_FAITHFUL)
    with pytest.warns(ConvergenceWarning, match="refits did not converge"):
        profile_interval(model, OLD_FAITHFUL, "means", (0, 0))


def test_the_way_from_an_edge_is_short(monkeypatch):
    """Of degrees of freedom without bound: few refits, and few iterations of each."""
    from skmixture.inference.profiles import held_refits

    rng = np.random.RandomState(1)
    rows = np.where(rng.uniform(size=400) < 0.4, rng.normal(size=400), 6 + rng.normal(size=400))
    rows = rows[:, None]
    with pytest.warns(UserWarning, match="grew without bound"):
        model = StudentTMixture(2, random_state=0, n_init=3, order_by="means").fit(rows)
    iterations, fitted = [], held_refits.HeldRefits._fitted

    def counted(*args):
        fit = fitted(*args)
        iterations.append(fit.n_iter_)
        return fit

    monkeypatch.setattr(held_refits.HeldRefits, "_fitted", counted)
    interval = profile_interval(model, rows, "dofs", 0)
    assert (interval.low_kind, interval.high_kind) == ("crossed", "open")
    assert 2 < interval.low < 20
    assert len(iterations) < 40
    assert sum(iterations) < 1000


def test_entries_of_strata_weights_point_elsewhere():
    rows, strata = np.array([[1], [2], [9], [12]] * 5), np.tile(["a", "b"], 10)
    model = PoissonMixture(2, random_state=0).fit(rows, strata=strata)
    for name in ("weights", "strata_weights"):
        with pytest.raises(ValueError, match="use standard_errors, or intervals from replicates"):
            profile_interval(model, rows, name, (0, 0), strata=strata)
