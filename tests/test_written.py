"""Laws that the user writes as log densities."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import written
from scipy import optimize, special, stats
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skmixture import Mixture
from skmixture.families import (
    Components,
    FromLogPDF,
    Gamma,
    Gaussian,
    NegativeBinomial,
    Parameter,
    PointMass,
    Poisson,
    Product,
)
from skmixture.supports import counts
from skmixture.transforms import simplex, sphere, unit

RNG = np.random.RandomState(0)
COUNTS = np.r_[RNG.poisson(2.0, 150), RNG.poisson(9.0, 100)][:, None].astype(float)
BURSTS = np.r_[RNG.negative_binomial(2, 0.4, 150), RNG.negative_binomial(6, 0.1, 100)][:, None]
REAL = np.r_[RNG.normal(0.0, 1.0, 150), RNG.normal(5.0, 2.0, 100)][:, None]
WAITS = np.r_[RNG.gamma(2.0, 0.5, 150), RNG.gamma(9.0, 1.0, 100)][:, None]
LABELS = np.repeat([0, 1], [150, 100])
WEIGHT = RNG.uniform(0.5, 2.0, 250)
del RNG  # tests draw from their own
ABOVE_0 = (0, None)


def poisson(**options):
    return FromLogPDF(written.poisson, **{"bounds": {"rate": ABOVE_0}, **options})


def gaussian(**options):
    return FromLogPDF(written.gaussian, **{"bounds": {"sd": ABOVE_0}, **options})


GAMMA = FromLogPDF(written.gamma, bounds={"shape": ABOVE_0, "scale": ABOVE_0})
BURSTY = FromLogPDF(written.negative_binomial, bounds={"mean": ABOVE_0, "r": ABOVE_0})
# each law beside that of the package, data, and the names of what is alike
PAIRS = {
    "poisson": (poisson(), Poisson(), COUNTS, {"rate": "rates"}),
    "gaussian": (gaussian(), Gaussian("diag", reg_covar=0.0), REAL, {"mean": "means"}),
    "gamma": (GAMMA, Gamma(), WAITS, {"shape": "shapes"}),
    "negative binomial": (BURSTY, NegativeBinomial(), BURSTS, {"mean": "means", "r": "sizes"}),
}
pairs = pytest.mark.parametrize(("law", "closed", "X", "names"), PAIRS.values(), ids=PAIRS)


def log_likelihood(model, X, weight=None):
    return model.score(X, sample_weight=weight) * (len(X) if weight is None else weight.sum())


@pairs
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
def test_the_fit_is_that_of_closed_steps(law, closed, X, names, weight):  # S0.8
    one, other = (
        Mixture(family, 2).fit(X, start=LABELS, sample_weight=weight) for family in (closed, law)
    )
    expected = log_likelihood(one, X, weight)
    assert log_likelihood(other, X, weight) == pytest.approx(expected, abs=1e-6)
    for own, its in names.items():
        np.testing.assert_allclose(other.params_[own], one.params_[its][:, 0], rtol=1e-4)
    assert other.n_parameters_ == one.n_parameters_
    assert other.bic(X) == pytest.approx(one.bic(X), abs=1e-5)


@pairs
def test_ties_and_fixed_values_are_those_of_closed_steps(law, closed, X, names):  # S0.8
    own, its = next(iter(names.items()))
    middle = float(1.1 * X[:150].mean())
    for options, others in (
        ({"tied": (own,)}, {"tied": (its,)}),
        ({"fixed": {own: [middle, np.nan]}}, {"fixed": {its: [[middle], [np.nan]]}}),
    ):
        # of the first steps some are conditional, so it is the best of several starts
        one = Mixture(closed, 2, n_init=8, random_state=0, **others).fit(X)
        other = Mixture(law, 2, n_init=8, random_state=0, **options).fit(X)
        expected = log_likelihood(one, X)
        assert log_likelihood(other, X) == pytest.approx(expected, abs=1e-6)
        assert other.n_parameters_ == one.n_parameters_


@pairs
def test_default_starts_find_the_optimum(law, closed, X, names):
    one, other = (Mixture(family, 2, random_state=0).fit(X) for family in (closed, law))
    assert log_likelihood(other, X) == pytest.approx(log_likelihood(one, X), abs=1e-6)


def test_ties_of_the_law_join_those_of_the_mixture():
    own = Mixture(gaussian(tied=["sd"]), 2).fit(REAL, start=LABELS)
    asked = Mixture(gaussian(), 2, tied=("sd",)).fit(REAL, start=LABELS)
    closed = Mixture(Gaussian("tied", reg_covar=0.0), 2).fit(REAL, start=LABELS)
    assert own.sd_[0] == own.sd_[1]
    assert own.n_parameters_ == asked.n_parameters_ == closed.n_parameters_ == 4
    assert own.score(REAL) == asked.score(REAL)
    assert log_likelihood(own, REAL) == pytest.approx(log_likelihood(closed, REAL), abs=1e-6)
    both = Mixture(gaussian(tied=["sd"]), 2, tied=("mean",)).fit(REAL, start=LABELS)
    assert both.n_parameters_ == 3
    assert both.mean_[0] == both.mean_[1] == pytest.approx(REAL.mean(), rel=1e-6)


# -- bounds ---------------------------------------------------------------------


def at_bound(rate):
    """The largest log-likelihood of two Poisson laws of which one has this rate."""

    def lost(z):
        weight, other = special.expit(z[0]), np.exp(z[1])
        terms = np.log(weight) + stats.poisson.logpmf(COUNTS, other)
        return -np.logaddexp(terms, np.log1p(-weight) + stats.poisson.logpmf(COUNTS, rate)).sum()

    return -optimize.minimize(lost, [0.0, 0.5], method="BFGS").fun


@pytest.mark.parametrize("bounds", [(0, 5), (None, 5.0), (1e-3, 5)], ids=str)
def test_an_optimum_on_an_upper_bound(bounds):
    """The second rate would be 9."""
    model = Mixture(poisson(bounds={"rate": bounds}), 2, order_by="rate", random_state=0)
    with pytest.warns(UserWarning, match=r"^rate_\[1\] \(1 of 2 rate\) ended at a bound"):
        model.fit(COUNTS)
    assert model.converged_
    assert model.rate_[1] == pytest.approx(5.0, rel=1e-15)
    assert log_likelihood(model, COUNTS) == pytest.approx(at_bound(5.0), abs=1e-6)


def test_an_optimum_on_a_lower_bound():
    with pytest.warns(UserWarning, match=r"^sd_\[0\] and sd_\[1\] \(2 of 2 sd\) ended at a bound"):
        model = Mixture(gaussian(bounds={"sd": (2.5, None)}), 2, random_state=0).fit(REAL)
    held = {"covariances": np.full((2, 1), 2.5**2)}
    closed = Mixture(Gaussian("diag", reg_covar=0.0), 2, fixed=held, random_state=0).fit(REAL)
    np.testing.assert_allclose(model.sd_, 2.5, rtol=1e-15)
    assert log_likelihood(model, REAL) == pytest.approx(log_likelihood(closed, REAL), abs=1e-6)


@pytest.mark.filterwarnings("ignore:.*ended at")  # as is said of it
def test_an_optimum_at_0():
    model = Mixture(poisson()).fit(np.zeros((20, 1)))
    assert model.converged_
    assert 0 < model.rate_[0] < 1e-300
    share = FromLogPDF(lambda X, p: np.log(np.where(X[:, 0] == 1, p, 1 - p)), bounds={"p": (0, 1)})
    assert Mixture(share).fit(np.ones((9, 1))).p_[0] == pytest.approx(1.0, rel=1e-15)


def test_bounds_that_do_not_bind_change_nothing():
    free, wide = (
        Mixture(poisson(bounds={"rate": bounds}), 2).fit(COUNTS, start=LABELS)
        for bounds in (ABOVE_0, (0.1, 50.0))
    )
    np.testing.assert_allclose(wide.rate_, free.rate_, rtol=1e-5)
    assert log_likelihood(wide, COUNTS) == pytest.approx(log_likelihood(free, COUNTS), abs=1e-8)


@pytest.mark.parametrize("start", [0.0, 50.0])
def test_a_start_on_a_bound_leaves_it(start):
    law = FromLogPDF(written.poisson, {"rate": Parameter(bounds=(0, 50), start=start)})
    model = Mixture(law, 2, n_init=3, order_by="rate", random_state=0).fit(COUNTS)
    closed = Mixture(Poisson(), 2, random_state=0).fit(COUNTS)
    assert log_likelihood(model, COUNTS) == pytest.approx(log_likelihood(closed, COUNTS), abs=1e-6)


@pytest.mark.filterwarnings("ignore:.*ended at")  # as is said of them
@pytest.mark.parametrize("seed", [0, 3, 4])
def test_bounds_by_entry(seed):
    law = FromLogPDF(
        written.columns,
        {"means": (np.array([-np.inf, 0.5]), np.array([1.0, np.inf])), "sds": (np.zeros(2), None)},
        vectorized=True,
    )
    X = np.random.RandomState(seed).normal([3.0, 0.0], [1.0, 2.0], size=(200, 2))
    model = Mixture(law).fit(X)
    np.testing.assert_allclose(model.means_, [[1.0, 0.5]], rtol=1e-15)
    expected = np.sqrt(((X - [1.0, 0.5]) ** 2).mean(axis=0))
    np.testing.assert_allclose(model.sds_[0], expected, rtol=1e-6)
    assert model.params_["means"].shape == (1, 2)


# -- ways to write a law -----------------------------------------------------------


def test_all_ways_to_write_a_law_are_one():
    ways = [
        gaussian(),
        gaussian(gradient=written.gaussian_slopes),
        FromLogPDF(written.gaussian_all, bounds={"sd": ABOVE_0}, vectorized=True),
        FromLogPDF(written.gaussian, {"mean": 1.0, "sd": Parameter(bounds=(0, None), start=2.0)}),
    ]
    first, *others = (Mixture(law, 2).fit(REAL, start=LABELS) for law in ways)
    for other in others:
        assert log_likelihood(other, REAL) == pytest.approx(log_likelihood(first, REAL), abs=1e-8)
        np.testing.assert_allclose(other.mean_, first.mean_, atol=1e-5)


def test_what_has_no_parameters_may_be_left_out():
    whole = FromLogPDF(written.poisson_all, bounds={"rate": ABOVE_0}, vectorized=True)
    parts = FromLogPDF(
        written.poisson_core,
        bounds={"rate": ABOVE_0},
        vectorized=True,
        log_base=written.poisson_base,
        support=counts,
    )
    one, other = (Mixture(law, 2).fit(COUNTS, start=LABELS) for law in (whole, parts))
    np.testing.assert_allclose(other.rate_, one.rate_, rtol=1e-6)
    np.testing.assert_allclose(other.score_samples(COUNTS), one.score_samples(COUNTS), atol=1e-6)


METHODS = ["L-BFGS-B", "bfgs", "CG", "TNC", "SLSQP", "trust-constr", "Powell", "Nelder-Mead"]


@pytest.mark.filterwarnings("ignore:delta_grad == 0.0:UserWarning")  # of older scipy
@pytest.mark.parametrize("method", METHODS)
def test_the_optimisers_of_scipy_reach_the_same(method):
    expected = log_likelihood(Mixture(gaussian(), 2).fit(REAL, start=LABELS), REAL)
    for slopes in (None, written.gaussian_slopes):
        law = gaussian(method=method, gradient=slopes)
        model = Mixture(law, 2).fit(REAL, start=LABELS)
        assert log_likelihood(model, REAL) == pytest.approx(expected, abs=1e-6)
    tied = Mixture(gaussian(method=method, tied=["sd"]), 2).fit(REAL, start=LABELS)
    own = Mixture(gaussian(tied=["sd"]), 2).fit(REAL, start=LABELS)
    assert log_likelihood(tied, REAL) == pytest.approx(log_likelihood(own, REAL), abs=1e-6)


def gives_up(fun, x0, args=(), **options):
    """A few steps uphill, and then no success."""
    optimize.minimize(fun, x0, method="Nelder-Mead", options={"maxiter": 20})
    return optimize.OptimizeResult(x=x0 + 100.0, fun=1e9, success=False, message="had enough")


def test_an_optimiser_that_fails_warns_once_and_the_fit_goes_on():  # S0.8
    expected = log_likelihood(Mixture(gaussian(), 2).fit(REAL, start=LABELS), REAL)
    with pytest.warns(ConvergenceWarning, match="failed for component 0: had enough") as caught:
        model = Mixture(gaussian(method=gives_up), 2).fit(REAL, start=LABELS)
    assert len(caught) == 1
    assert log_likelihood(model, REAL) == pytest.approx(expected, abs=1e-6)
    law = gaussian(method="Nelder-Mead", options={"maxiter": 3})
    with pytest.warns(ConvergenceWarning, match="component 0: .*[Mm]ax"):
        model = Mixture(law, 2).fit(REAL, start=LABELS)
    assert np.diff(model.lower_bounds_).min() > -1e-10


@pytest.mark.parametrize("method", [None, "L-BFGS-B"])
def test_jobs_change_nothing(method):
    for tied in ((), ("sd",)):
        fits = [
            Mixture(gaussian(method=method, n_jobs=n), 2, tied=tied, n_init=3, random_state=0)
            for n in (None, 2, 3)
        ]
        one, *others = (fit.fit(REAL) for fit in fits)
        for other in others:
            assert (other.mean_ == one.mean_).all()
            assert (other.sd_ == one.sd_).all()
            assert other.n_iter_ == one.n_iter_


@pytest.mark.parametrize("acceleration", [None, "anderson", "squarem"])
def test_other_paths_end_where_the_default_does(acceleration):
    expected = log_likelihood(Mixture(poisson(), 2).fit(COUNTS, start=LABELS), COUNTS)
    model = Mixture(poisson(), 2, acceleration=acceleration).fit(COUNTS, start=LABELS)
    assert log_likelihood(model, COUNTS) == pytest.approx(expected, abs=1e-6)


# -- constraints of other kinds -------------------------------------------------------


def test_shares_that_sum_to_1(rng):
    X = rng.choice(4, 300, p=[0.1, 0.2, 0.3, 0.4])[:, None].astype(float)
    law = FromLogPDF(written.categories, {"shares": Parameter((4,), transform=simplex)})
    model = Mixture(law).fit(X)
    np.testing.assert_allclose(model.shares_[0], np.bincount(X[:, 0].astype(int)) / 300, atol=1e-6)
    assert model.n_parameters_ == 3


def test_directions_with_their_gradient():
    """A von Mises law of angles, its direction on the circle."""

    def logpdf(X, direction, k):
        return k * (X @ direction) - np.log(2 * np.pi * special.ive(0, k)) - k

    def gradient(X, direction, k):
        towards = X @ direction - special.ive(1, k) / special.ive(0, k)
        return {"direction": k * X, "k": towards}

    angles = stats.vonmises.rvs(4.0, loc=2.0, size=300, random_state=0)
    X = np.column_stack([np.cos(angles), np.sin(angles)])
    params = {"direction": Parameter(("d",), transform=sphere), "k": ABOVE_0}
    models = [Mixture(FromLogPDF(logpdf, params, gradient=g)).fit(X) for g in (None, gradient)]
    mean = X.mean(axis=0)
    for model in models:
        np.testing.assert_allclose(model.direction_[0], mean / np.linalg.norm(mean), atol=1e-6)
    assert log_likelihood(models[0], X) == pytest.approx(log_likelihood(models[1], X), abs=1e-8)


def test_impossible_rows_belong_elsewhere(rng):
    """A triangle on (0, 1) beside a normal law: minus infinity is a value like others."""

    def triangle(X, top):
        x = X[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.where(x < top, 2 * x / top, 2 * (1 - x) / (1 - top))
            return np.log(np.where((x > 0) & (x < 1), inside, 0.0))

    X = np.r_[rng.triangular(0, 0.2, 1, 200), rng.normal(4, 1, 100)][:, None]
    law = Components([("low", FromLogPDF(triangle, {"top": unit})), ("high", Gaussian())])
    model = Mixture(law, 2, n_init=6, random_state=0).fit(X)
    assert model.low__top_[0] == pytest.approx(0.2, abs=0.1)
    assert model.weights_[0] == pytest.approx(2 / 3, abs=0.05)


def test_it_may_be_a_block_of_columns():
    X = np.column_stack([COUNTS, REAL])
    law, closed = (
        Product([("a", one, 0), ("b", other, 1)])
        for one, other in (
            (poisson(), gaussian(tied=["sd"])),
            (Poisson(), Gaussian("tied", reg_covar=0.0)),
        )
    )
    one, other = (Mixture(family, 2).fit(X, start=LABELS) for family in (law, closed))
    assert log_likelihood(one, X) == pytest.approx(log_likelihood(other, X), abs=1e-6)
    assert one.n_parameters_ == other.n_parameters_
    assert one.b__sd_[0] == one.b__sd_[1]


# -- starts ------------------------------------------------------------------------------


def test_the_starts_of_the_user_are_used():
    seen = []

    def start(X, resp, rng):
        seen.append((X.shape, resp.shape, rng.uniform()))
        return np.average(X[:, 0], weights=resp)

    law = FromLogPDF(written.poisson, {"rate": Parameter(bounds=(0, None), start=start)})
    model = Mixture(law, 2, max_iter=0).fit(COUNTS, start=LABELS)
    np.testing.assert_allclose(model.rate_, [COUNTS[:150].mean(), COUNTS[150:].mean()], rtol=1e-9)
    assert {(X, resp) for X, resp, _ in seen} == {((250, 1), (250,))}
    assert len({number for *_, number in seen}) == 3  # all rows, and two components
    twice = [Mixture(law, 2, n_init=2, random_state=0).fit(COUNTS).rate_ for _ in range(2)]
    assert (twice[0] == twice[1]).all()


def test_params_init_is_where_a_fit_begins():
    first = {"rate": [1.0, 20.0]}
    model = Mixture(poisson(), 2, weights_init=[0.5, 0.5], params_init=first, max_iter=1)
    with pytest.warns(ConvergenceWarning):
        model.fit(COUNTS)
    terms = np.log(0.5) + np.array([stats.poisson.logpmf(COUNTS[:, 0], r) for r in first["rate"]])
    assert model.lower_bounds_[0] == pytest.approx(special.logsumexp(terms, axis=0).mean())
    onward = clone(model).set_params(warm_start=True, max_iter=1000)
    onward.fit(COUNTS)
    assert onward.fit(COUNTS).converged_


def test_units_do_not_matter():
    one = Mixture(gaussian(), 2).fit(REAL, start=LABELS)
    for scale, shift in ((1e-8, 0.0), (1e8, 0.0), (1.0, 1e6)):
        other = Mixture(gaussian(), 2).fit(scale * REAL + shift, start=LABELS)
        np.testing.assert_allclose((other.mean_ - shift) / scale, one.mean_, atol=1e-5)
        np.testing.assert_allclose(other.sd_ / scale, one.sd_, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-130, 1e-27, 1e-24, 1e28, 1e30, 1e150])
def test_nor_do_extreme_units(scale):
    one = Mixture(gaussian(), 2, n_init=2, order_by="mean", random_state=0)
    other = clone(one).fit(scale * REAL)
    one.fit(REAL)
    np.testing.assert_allclose(other.mean_ / scale, one.mean_, atol=1e-5)
    np.testing.assert_allclose(other.sd_ / scale, one.sd_, rtol=1e-5)
    assert other.score(scale * REAL) + np.log(scale) == pytest.approx(one.score(REAL), abs=1e-9)


# -- beyond fitting -----------------------------------------------------------------------


def test_draws_and_distribution_functions_are_the_users():
    law = poisson(rvs=written.draw_poisson, cdf=written.poisson_below)
    model = Mixture.from_params(family=law, weights=[0.3, 0.7], rate=[1.0, 8.0])
    X, labels = model.sample(500, random_state=0)
    assert X.shape == (500, 1)
    assert X[labels == 1].mean() == pytest.approx(8.0, abs=0.5)
    expected = 0.3 * stats.poisson.cdf(4, 1.0) + 0.7 * stats.poisson.cdf(4, 8.0)
    assert model.cdf(4.0) == pytest.approx(expected)
    bare = Mixture.from_params(family=poisson(), weights=[1.0], rate=[1.0])
    with pytest.raises(NotImplementedError, match=r"give rvs=, a function rvs\(\*\*params, size"):
        bare.sample(3)
    with pytest.raises(NotImplementedError, match="give cdf="):
        bare.cdf([[1.0]])
    short = poisson(rvs=lambda rate, size, random_state: np.zeros(size + 1))
    with pytest.raises(ValueError, match=r"rvs must return one row for each of size=\d"):
        Mixture.from_params(family=short, weights=[1.0], rate=[1.0]).sample(3)


def rings(X, radius):
    """Points of a plane, normal in their distance from the origin: one number for two columns."""
    length = np.hypot(X[:, 0], X[:, 1])
    return stats.norm.logpdf(length, radius) - np.log(2 * np.pi * length)


def draw_rings(radius, size, random_state):
    angle = random_state.uniform(0, 2 * np.pi, size)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    drawn = random_state.normal(radius, 1.0, (size, 1)) * around
    return drawn[0] if size == 1 else drawn  # as scipy's laws of vectors draw one


def draw_one_column(radius, size, random_state):
    return random_state.normal(radius, 1.0, size)


RADII = {"weights": [0.5, 0.5], "radius": [10.0, 30.0]}
WIDTHS = {
    "by a draw": FromLogPDF(rings, rvs=draw_rings),
    "by n_features": FromLogPDF(rings, rvs=draw_rings, n_features=2),
    "without draws": FromLogPDF(rings, n_features=2),
}


@pytest.mark.parametrize("law", WIDTHS.values(), ids=WIDTHS)
def test_columns_of_which_no_parameter_tells_are_known(law):
    model = Mixture.from_params(family=law, **RADII)
    assert model.n_features_in_ == 2
    X = draw_rings(10.0, 50, np.random.RandomState(0))
    assert np.isfinite(model.score_samples(X)).all()
    parts = {"parts": [("ring", law, [0, 2]), ("count", Poisson(), 1)]}
    beside = Mixture.from_params(
        family=Product(**parts), weights=[1.0], ring__radius=[10.0], count__rates=[[3.0]]
    )
    assert beside.n_features_in_ == 3
    among = Mixture.from_params(
        family=Components([("ring", law), ("rest", PointMass())]),
        weights=[0.5, 0.5],
        ring__radius=[10.0],
        rest__points=[[0.0, 0.0]],
    )
    assert among.n_features_in_ == 2
    if law.rvs is not None:
        for drawing, d in ((model, 2), (beside, 3), (among, 2)):
            assert drawing.sample(30, random_state=0)[0].shape == (30, d)
            assert drawing.sample(1, random_state=0)[0].shape == (1, d)


def test_draws_have_the_columns_of_the_fit():
    X = np.concatenate([draw_rings(r, 40, np.random.RandomState(0)) for r in RADII["radius"]])
    model = Mixture(FromLogPDF(rings, rvs=draw_rings), 2, n_init=1, random_state=0).fit(X)
    assert model.sample(5)[0].shape == (5, 2)
    law = FromLogPDF(rings, rvs=draw_one_column)
    model = Mixture(law, 2, n_init=1, random_state=0).fit(X)
    with pytest.raises(ValueError, match=r"rvs must return numbers in 2 columns, got .*, 1\)"):
        model.sample(5)
    assert law.n_features is None  # the user's own is as it was


def fails(radius, size, random_state):
    raise OSError("no device")


WIDTHS_AMISS = {
    "fit": (
        lambda: Mixture(FromLogPDF(rings, n_features=3)).fit(np.ones((9, 2))),
        "n_features=3 of FromLogPDF, but there are 2 columns",
    ),
    "parameter": (
        lambda: Mixture.from_params(
            family=FromLogPDF(written.columns, {"means": Parameter(("d",))}, n_features=3),
            weights=[1.0],
            means=[[1.0, 2.0]],
            sds=[1.0],
        ),
        "n_features=3 of FromLogPDF, but there are 2 columns",
    ),
    "no number": (
        lambda: Mixture.from_params(family=FromLogPDF(rings, n_features=0.5), **RADII),
        "n_features of FromLogPDF must be a whole number of columns from 1, or None, got 0.5",
    ),
    "fails": (
        lambda: Mixture.from_params(family=FromLogPDF(rings, rvs=fails), **RADII),
        r"rvs raised OSError \(no device\) at radius = 10.*, or give n_features=",
    ),
    "shape": (
        lambda: Mixture.from_params(
            family=FromLogPDF(rings, rvs=draw_rings), **RADII | {"radius": [3]}
        ),
        "The parameter .radius. should have the shape of",
    ),
}


@pytest.mark.parametrize(("call", "message"), WIDTHS_AMISS.values(), ids=WIDTHS_AMISS)
def test_columns_that_do_not_agree_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_clones_pickles_and_options():
    law = poisson(tied=["rate"], rvs=written.draw_poisson, cdf=written.poisson_below)
    assert repr(law) == "FromLogPDF(poisson, bounds=['rate'], tied=['rate'])"
    options = law.get_params()
    assert options["cdf"] is written.poisson_below
    assert options["support"] is None
    assert clone(law).get_params().keys() == options.keys()
    changed = clone(law).set_params(gradient=None, cdf=None, n_jobs=2)
    assert changed.get_params()["cdf"] is None
    assert changed.n_jobs == 2
    model = Mixture(law, 2, random_state=0, n_init=1).fit(COUNTS)
    again = pickle.loads(pickle.dumps(model))
    assert (again.score_samples(COUNTS) == model.score_samples(COUNTS)).all()
    assert vars(model.family_).keys() == vars(clone(law)).keys() | {"_known"}  # and no data
    model.set_params(family__tied=())
    assert model.fit(COUNTS).rate_[0] != model.rate_[1]


# -- bad input ---------------------------------------------------------------------------


def spoiled(value, when=lambda X, rate: True):
    def logpdf(X, rate):
        table = written.poisson(X, rate).copy()
        if when(X, rate):
            table[X[:, 0] == 3] = value
        return table

    return logpdf


def raising(X, rate):
    raise KeyError("gone")


NOISE = np.random.RandomState(1)


def noisy(X, rate):
    return written.poisson(X, rate) + 1e-3 * NOISE.normal(size=len(X))


BAD = {
    "nan": (spoiled(np.nan), r"logpdf returned nan for component 0 at rate = .*, for the row \[3"),
    "inf": (spoiled(np.inf), r"logpdf returned inf for component \d at rate = .*, for the row \[3"),
    "raises": (raising, r"logpdf raised KeyError \('gone'\) for component 0 at rate = "),
    "shape": (lambda X, rate: written.poisson(X, rate)[:-1], r"an array of shape \(5,\), got \(4,"),
    "column": (lambda X, rate: written.poisson(X, rate)[:, None], r"shape \(5,\), got \(5, 1\)"),
    "number": (lambda X, rate: 0.0, r"shape \(5,\), got \(\)"),
    "complex": (lambda X, rate: written.poisson(X, rate) + 0j, "real numbers, got complex128"),
    "text": (lambda X, rate: ["a"] * len(X), "real numbers, got <U1 from list"),
    "nothing": (lambda X, rate: None, "real numbers, got object from NoneType"),
    "noise": (noisy, "no function of row and parameters: .* in a second call with the same"),
    "all rows": (
        lambda X, rate: written.poisson(X, rate) - X.sum(),
        "no function of row and parameters: .* in a call with a single row",
    ),
    "writes": (
        lambda X, rate: np.add(X, 1, out=X)[:, 0] * rate,
        r"logpdf raised ValueError \(output array is read-only\)",
    ),
}


@pytest.mark.parametrize(("logpdf", "message"), BAD.values(), ids=BAD)
def test_bad_log_densities_are_named(logpdf, message):
    model = Mixture(FromLogPDF(logpdf, bounds={"rate": ABOVE_0}), 2, random_state=0)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message) as caught:
        model.fit(COUNTS)
    assert vars(model) == before
    if logpdf is raising:
        assert isinstance(caught.value.__cause__, KeyError)


def test_bad_log_densities_later_on_are_named():
    """Once the first checks are passed, where EM has come to."""
    calls = []

    def weary(X, rate):
        calls.append(rate)
        if len(calls) > 150:
            raise RuntimeError("weary")
        return written.poisson(X, rate)

    model = Mixture(FromLogPDF(weary, bounds={"rate": ABOVE_0}), 2)
    with pytest.raises(ValueError, match=r"logpdf raised RuntimeError \('?weary") as caught:
        model.fit(COUNTS, start=LABELS)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert not hasattr(model, "rate_")
    only_once = Mixture.from_params(
        family=FromLogPDF(spoiled(np.nan), bounds={"rate": ABOVE_0}), weights=[1.0], rate=[2.0]
    )
    with pytest.raises(ValueError, match=r"returned nan for component 0 at rate = 2\."):
        only_once.score_samples([[1.0], [3.0]])


BEYOND = "has come to an edge beyond which logpdf returns no numbers"


def test_where_no_law_is_the_climb_does_not_go():
    """NaN beyond some parameters is a bound that the user did not state."""
    law = FromLogPDF(spoiled(np.nan, lambda X, rate: rate > 8), bounds={"rate": ABOVE_0})
    with pytest.warns(UserWarning, match=rf"component 1 {BEYOND}, at rate = 8\.: state bounds"):
        model = Mixture(law, 2, n_init=6, random_state=0, order_by="rate").fit(COUNTS)
    assert model.rate_[1] <= 8
    assert np.diff(model.lower_bounds_).min() > -1e-10


EDGES = {
    "straight": (lambda mean, sd: sd < 1.5, (0.055059153, 1.5)),
    "oblique": (lambda mean, sd: mean + sd < 2, (0.0171106, 1.9828894)),
    "curved": (lambda mean, sd: (mean - 1) ** 2 + sd**2 < 2, (0.5961800, 1.3553337)),
    "a corner": (lambda mean, sd: mean < -0.2 and sd < 1.5, (-0.2, 1.5)),
}
OPTIONS = {
    "default": {},
    "two jobs": {"n_jobs": 2},
    "scipy": {"method": "Powell"},
    "gradient": {"gradient": written.gaussian_slopes},
}


@pytest.mark.parametrize(("within", "expected"), EDGES.values(), ids=EDGES)
@pytest.mark.parametrize(
    ("options", "value"),
    [*((options, np.nan) for options in OPTIONS.values()), ({}, -np.inf)],
    ids=[*OPTIONS, "no density"],
)
def test_the_maximum_on_an_edge_is_found_along_it(within, expected, value, options):
    def logpdf(X, mean, sd):
        return written.gaussian(X, mean, sd) + (0.0 if within(mean, sd) else value)

    x = np.random.RandomState(0).normal(0, 2, 300)[:, None]
    law = FromLogPDF(logpdf, bounds={"sd": ABOVE_0}, **options)
    with pytest.warns(UserWarning, match=f"component 0 {BEYOND}"):
        model = Mixture(law, n_init=1, random_state=0).fit(x)
    highest = stats.norm.logpdf(x, *expected).mean()
    assert model.score(x) == pytest.approx(highest, abs=1e-5)
    np.testing.assert_allclose([model.mean_[0], model.sd_[0]], expected, atol=1e-3)


def test_an_edge_of_what_is_tied_or_held():
    def logpdf(X, mean, sd):
        return written.gaussian(X, mean, sd) + (0.0 if sd < 0.8 else np.nan)

    law = FromLogPDF(logpdf, bounds={"sd": ABOVE_0})
    with pytest.warns(UserWarning, match=BEYOND):
        model = Mixture(law, 2, tied=("sd",)).fit(REAL, start=LABELS)
    bounded = Mixture(gaussian(bounds={"sd": (0, 0.8)}), 2, tied=("sd",))
    with pytest.warns(UserWarning, match="ended at a bound"):
        bounded.fit(REAL, start=LABELS)
    assert model.score(REAL) == pytest.approx(bounded.score(REAL), abs=1e-7)
    held = {"sd": [0.8 - 1e-9, 0.8 - 1e-9]}  # of which nobody need be told
    assert Mixture(law, 2, fixed=held).fit(REAL, start=LABELS).converged_


def wrong_slopes(X, mean, sd):
    return {**written.gaussian_slopes(X, mean, sd), "sd": X[:, 0]}


SETTINGS = {
    "no function": (FromLogPDF("norm"), "logpdf of FromLogPDF must be a function, got 'norm'"),
    "gradient": (gaussian(gradient=3), "gradient of FromLogPDF must be a function, got 3"),
    "bounds": (poisson(bounds=[(0, 1)]), "bounds of FromLogPDF must be a dict"),
    "params": (poisson(params="rate"), "params of FromLogPDF must be a dict"),
    "name": (poisson(bounds={"rte": (0, 1)}), r"logpdf takes no 'rte': .* \['rate'\]"),
    "turned": (poisson(bounds={"rate": (1, 0)}), "the bounds of 'rate' must be low < high"),
    "three": (poisson(bounds={"rate": (1, 2, 3)}), r"'rate' must be \(low, high\)"),
    "twice": (poisson(params={"rate": (0, 1)}), "'rate' has bounds twice"),
    "start": (
        FromLogPDF(written.poisson, {"rate": Parameter(bounds=(0, 1), start=2.0)}),
        "the start of 'rate' must be from 0 to 1, got 2.0",
    ),
    "transform": (
        FromLogPDF(written.poisson, {"rate": Parameter(transform="log")}),
        "the transform of 'rate' must be one of skmixture.transforms",
    ),
    "both": (
        FromLogPDF(written.poisson, {"rate": Parameter(bounds=(0, 1), transform=unit)}),
        "'rate' may have bounds or a transform, not both",
    ),
    "shape": (FromLogPDF(written.poisson, {"rate": Parameter((0,))}), "the shape of 'rate'"),
    "event": (FromLogPDF(written.categories, {"shares": simplex}), "give its shape"),
    "short": (FromLogPDF(written.poisson, {"rate": (1,)}), "a tuple, which stands for bounds"),
    "else": (FromLogPDF(written.poisson, {"rate": "a"}), "must be a Parameter, bounds"),
    "tied": (poisson(tied=["sd"]), r"tied of FromLogPDF names 'sd', but logpdf has \['rate'\]"),
    "support": (poisson(support="counts"), "support of FromLogPDF must be one of"),
    "method": (poisson(method="newton"), "method must be None, a method of scipy"),
    "hessian": (poisson(method="dogleg"), "without second derivatives"),
    "options": (poisson(options={"maxiter": 3}), "name that as well, as in method='L-BFGS-B'"),
    "unknown option": (
        gaussian(method="L-BFGS-B", options={"maxiters": 3}),
        "options={'maxiters': 3} are not those of 'L-BFGS-B': .*maxiters",
    ),
    "a word": (gaussian(tied="sd"), "tied of FromLogPDF must be a tuple of .* names, got 'sd'"),
    "a list": (
        FromLogPDF(written.gaussian, {"sd": [0, None]}),
        r"params\['sd'\] is a list, .* bounds are a tuple",
    ),
    "strata": (FromLogPDF(lambda X, strata: X[:, 0]), "cannot be called 'strata'"),
    "taken": (FromLogPDF(lambda X, weights: X[:, 0]), "cannot be called 'weights'"),
    "nothing": (FromLogPDF(lambda X: X[:, 0]), "logpdf has no parameters"),
    "size": (
        FromLogPDF(lambda X, size: X[:, 0], rvs=written.draw_poisson),
        "rvs cannot take a parameter called 'size'",
    ),
    "vectorized": (
        FromLogPDF(written.gaussian, bounds={"sd": ABOVE_0}, vectorized=True),
        "logpdf",
    ),
    "by component": (
        FromLogPDF(
            lambda X, rate: written.poisson_all(X, rate) + np.arange(rate.shape[1])[:, None],
            bounds={"rate": ABOVE_0},
            vectorized=True,
        ),
        "but .* in calls with a single component with the same",
    ),
    "slopes": (gaussian(gradient=wrong_slopes), "gradient is not that of logpdf: by 'sd' it gives"),
    "slope names": (
        gaussian(gradient=lambda X, mean, sd: {"mean": X[:, 0]}),
        r"derivatives by \['mean', 'sd'\], got \['mean'\]",
    ),
    "slope shapes": (
        gaussian(gradient=lambda X, mean, sd: {"mean": 1.0, "sd": 1.0}),
        r"real numbers of shape \(40,\), got float64 of \(\)",
    ),
    "raising slopes": (
        gaussian(gradient=lambda X, mean, sd: 1 / 0),
        r"gradient raised ZeroDivisionError \(division by zero\) at mean = ",
    ),
    "base": (
        poisson(log_base=lambda X: np.c_[X, X]),
        r"log_base must return a finite number a row, of shape \(40,\), got shape \(40, 2\)$",
    ),
}


@pytest.mark.parametrize(("law", "message"), SETTINGS.values(), ids=SETTINGS)
def test_bad_settings_are_named(law, message):
    with pytest.raises(ValueError, match=message):
        Mixture(law, 2, n_init=1).fit(REAL[:40] ** 2)


def test_bad_starts_are_named():
    for start, message in (
        (lambda X, resp, rng: -1.0, "the start of 'rate' must be from 0 to inf"),
        (lambda X, resp, rng: [1.0, 2.0], r"must have the shape \(\), got \(2,\)"),
        (lambda X, resp, rng: 1 / 0, "the start of 'rate' raised ZeroDivisionError"),
    ):
        law = FromLogPDF(written.poisson, {"rate": Parameter(bounds=(0, None), start=start)})
        with pytest.raises(ValueError, match=message):
            Mixture(law).fit(COUNTS)


def test_no_parameter_can_be_called_as_what_a_fit_sets():
    side = {"exposure": np.ones(len(COUNTS)), "strata": LABELS}
    model = Mixture(Poisson(), 2, n_init=1, random_state=0).fit(COUNTS, **side)
    own = {f"{name}_" for name in model.family_.parameters}
    taken = {name.removesuffix("_") for name in vars(model).keys() - own if name[0] != "_"}
    for name in sorted(taken | {"params", "log_prior"}):
        law = FromLogPDF(lambda X, **params: X[:, 0], [name])
        with pytest.raises(ValueError, match=f"a parameter cannot be called '{name}'"):
            law.check_settings()


def test_what_makes_all_starts_fail_is_named():
    on_bound = FromLogPDF(written.gaussian, {"sd": Parameter(bounds=ABOVE_0, start=0.0)})
    with pytest.raises(ValueError, match="The start of 'sd' is on a bound"):
        Mixture(on_bound, 2, n_init=2, random_state=0).fit(REAL)
    with pytest.raises(ValueError, match=r"The row \[0\.5\] is impossible"):
        Mixture(poisson(), 2, n_init=2, random_state=0).fit(np.r_[COUNTS, [[0.5]]])


BEYOND_A_FIT = {
    "nan": (
        {"rvs": lambda mean, sd, size, random_state: np.full(size, np.nan)},
        lambda model: model.sample(3),
        r"rvs must return numbers in 1 columns, got an array of shape \(\d, 1\) with NaN",
    ),
    "widths": (
        {"rvs": lambda mean, sd, size, random_state: np.ones((size, 1 + int(mean)))},
        lambda model: model.sample(50),
        r"rvs must return numbers in 1 columns, got an array of shape \(\d+, 6\) for component 1",
    ),
    "above 1": (
        {"cdf": lambda X, mean, sd: 2 + 0 * X[:, 0]},
        lambda model: model.cdf(REAL),
        "cdf must return probabilities, from 0 to 1, got 2 to 2 for component 0",
    ),
    "no number": (
        {"cdf": lambda X, mean, sd: np.nan * X[:, 0]},
        lambda model: model.cdf(REAL),
        "cdf must return probabilities, from 0 to 1, got nan",
    ),
}


@pytest.mark.parametrize(("options", "call", "message"), BEYOND_A_FIT.values(), ids=BEYOND_A_FIT)
def test_bad_draws_and_distribution_functions_are_named(options, call, message):
    model = Mixture.from_params(
        family=gaussian(**options), weights=[0.5, 0.5], mean=[0.0, 5.0], sd=[1.0, 1.0]
    )
    with pytest.raises(ValueError, match=message):
        call(model)


def test_a_part_that_draws_nothing_is_named():
    parts = {"weights": [1.0], "a__mean": [0.0], "a__sd": [1.0], "b__rates": [[2.0]]}
    model = Mixture.from_params(
        family=Product([("a", gaussian(), 0), ("b", Poisson(), 1)]), **parts
    )
    with pytest.raises(NotImplementedError, match="part 'a': FromLogPDF draws no rows"):
        model.sample(3)


# -- degenerate data -------------------------------------------------------------------------


def test_a_component_on_one_value_is_dropped():
    some = np.linspace(0.1, 2.0, 30)
    X = 0.5 + np.r_[some, -some, np.zeros(20)][:, None]
    on_it = (X[:, 0] == 0.5).astype(int)
    with pytest.raises(ValueError, match="A component may have all its weight in one value"):
        Mixture(gaussian(), 2).fit(X, start=on_it)
    with pytest.raises(ValueError, match="A component may have all its weight in one value"):
        Mixture(gaussian(tied=["mean"]), 2).fit(X, start=on_it)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of starts that were dropped
        model = Mixture(gaussian(), 2, random_state=0).fit(X)
    assert model.sd_.min() > 1e-3


@pytest.mark.filterwarnings("ignore:.*ended at")  # the bound that ends the growth
def test_rows_that_are_all_alike_are_warned_of():
    for K in (1, 2):
        with pytest.warns(UserWarning, match="grows without bound"):
            model = Mixture(gaussian(), K, n_init=2, random_state=0).fit(np.full((9, 1), 3.0))
        assert np.isfinite(model.sd_).all()
        assert np.isfinite(model.score(np.full((9, 1), 3.0)))
    assert Mixture(poisson()).fit([[3.0]] * 4).rate_[0] == pytest.approx(3.0)
