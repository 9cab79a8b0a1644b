"""Laws taken from scipy.stats, beyond the contract."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skmixture import Mixture
from skmixture.families import FromScipy, Gaussian, NegativeBinomial, Poisson
from skmixture.families.built.scipy_law.domain import Domain
from skmixture.families.built.scipy_law.formula import shape_names

CONTINUOUS = {
    "beta": ({"a": 2.0, "b": 0.8}, {"loc": 0.0, "scale": 1.0}),
    "cauchy": ({"loc": 1.0, "scale": 2.0}, {}),
    "expon": ({"loc": 1.0, "scale": 2.0}, {}),
    "exponnorm": ({"K": 2.0, "loc": 1.0, "scale": 2.0}, {}),
    "gamma": ({"a": 2.5, "scale": 3.0}, {"loc": 0.0}),
    "genextreme": ({"c": -0.2, "loc": 1.0, "scale": 2.0}, {}),
    "genpareto": ({"c": 0.3, "scale": 2.0}, {"loc": 0.0}),
    "gumbel_r": ({"loc": 1.0, "scale": 2.0}, {}),
    "invgauss": ({"mu": 0.8, "scale": 3.0}, {"loc": 0.0}),
    "johnsonsu": ({"a": 1.0, "b": 2.0, "loc": 1.0, "scale": 2.0}, {}),
    "laplace": ({"loc": 1.0, "scale": 2.0}, {}),
    "logistic": ({"loc": 1.0, "scale": 2.0}, {}),
    "lognorm": ({"s": 0.7, "scale": 3.0}, {"loc": 0.0}),
    "norm": ({"loc": 1.0, "scale": 2.0}, {}),
    "pareto": ({"b": 3.0, "scale": 2.0}, {"loc": 0.0}),
    "rayleigh": ({"scale": 2.0}, {"loc": 0.0}),
    "skewnorm": ({"a": 4.0, "loc": 1.0, "scale": 2.0}, {}),
    "t": ({"df": 5.0, "loc": 1.0, "scale": 2.0}, {}),
    "triang": ({"c": 0.3}, {"loc": 0.0, "scale": 1.0}),
    "uniform": ({"loc": 1.0, "scale": 2.0}, {}),
    "vonmises": ({"kappa": 3.0, "loc": 1.0}, {"scale": 1.0}),
    "weibull_min": ({"c": 1.7, "scale": 3.0}, {"loc": 0.0}),
}
DISCRETE = {
    "betabinom": ({"a": 2.0, "b": 3.0}, {"n": 10}),
    "binom": ({"p": 0.3}, {"n": 10}),
    "geom": ({"p": 0.3}, {}),
    "logser": ({"p": 0.6}, {}),
    "nbinom": ({"n": 3.5, "p": 0.3}, {}),
    "poisson": ({"mu": 7.0}, {}),
    "skellam": ({"mu1": 5.0, "mu2": 2.0}, {}),
    "zipf": ({"a": 2.5}, {}),
}


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_a_fit_is_at_least_as_likely_as_the_truth(name):
    params, held = (CONTINUOUS | DISCRETE)[name]
    law = getattr(stats, name)
    frozen = law(**params, **held)
    x = frozen.rvs(size=400, random_state=0)
    truth = (frozen.logpmf if name in DISCRETE else frozen.logpdf)(x).mean()
    model = Mixture(FromScipy(law, fixed=held), n_init=2, random_state=0).fit(x[:, None])
    assert model.converged_
    assert set(model.params_) == set(params)
    gain = 2 * len(x) * (model.score(x[:, None]) - truth)
    assert 0 <= gain < model.n_parameters_ + 6 * np.sqrt(2 * model.n_parameters_)


RNG = np.random.RandomState(0)
GAUSSIAN = np.r_[RNG.normal(0, 1, 80), RNG.normal(6, 2, 120)][:, None]
COUNTS = np.r_[RNG.negative_binomial(2, 0.5, 80), RNG.negative_binomial(6, 0.1, 120)][:, None]


@pytest.mark.parametrize(
    ("own", "law", "X"),
    [
        (Gaussian(reg_covar=0.0), FromScipy(stats.norm), GAUSSIAN),
        (Poisson(), FromScipy(stats.poisson), COUNTS),
        (NegativeBinomial(), FromScipy(stats.nbinom), COUNTS),
    ],
    ids=["normal", "poisson", "negative binomial"],
)
def test_the_maximum_of_closed_steps_is_reached(own, law, X):
    weight = np.random.RandomState(1).uniform(0.5, 2, len(X))
    start = np.r_[np.zeros(80), np.ones(120)]
    closed, numerical = (
        Mixture(family, 2).fit(X, sample_weight=weight, start=start) for family in (own, law)
    )
    one, other = (m.score(X, sample_weight=weight) * weight.sum() for m in (closed, numerical))
    assert other == pytest.approx(one, abs=1e-6)
    np.testing.assert_allclose(numerical.weights_, closed.weights_, atol=1e-4)


def test_one_gamma_law_is_at_the_root_of_its_equation():
    from scipy.special import digamma

    x = np.random.RandomState(0).gamma(2.5, 3.0, 300)
    model = Mixture(FromScipy(stats.gamma, fixed={"loc": 0.0})).fit(x[:, None])
    a = model.a_[0, 0]
    excess = np.log(x.mean()) - np.log(x).mean()
    assert np.log(a) - digamma(a) == pytest.approx(excess, rel=1e-7)
    assert model.scale_[0, 0] == pytest.approx(x.mean() / a, rel=1e-6)


def test_units_do_not_matter():
    x = np.random.RandomState(0).gamma(2.5, 3.0, 200)[:, None]
    law, start = FromScipy(stats.gamma, fixed={"loc": 0.0}), (x[:, 0] > 7).astype(int)
    one = Mixture(law, 2).fit(x, start=start)
    for scale in (1e-300, 1e-8, 1e8, 1e300):
        other = Mixture(law, 2).fit(scale * x, start=start)
        np.testing.assert_allclose(other.scale_ / scale, one.scale_, rtol=1e-4)
        expected = one.score_samples(x) - np.log(scale)
        np.testing.assert_allclose(other.score_samples(scale * x), expected, atol=1e-4)
    far = Mixture(FromScipy(stats.t), 1).fit(x + 1e8)
    near = Mixture(FromScipy(stats.t), 1).fit(x)
    np.testing.assert_allclose(far.loc_ - 1e8, near.loc_, atol=1e-4)


@pytest.mark.parametrize(
    ("law", "held", "descriptions"),
    [
        (stats.gamma, {}, {"a": "positive"}),
        (stats.skewnorm, {}, {"a": "real"}),
        (stats.zipf, {}, {"a": "above 1.0"}),
        (stats.triang, {}, {"c": "between 0.0 and 1.0"}),
        (stats.nbinom, {}, {"n": "positive", "p": "between 0.0 and 1.0"}),
        (stats.truncnorm, {}, {"a": "real", "b": "real"}),
        (stats.norminvgauss, {}, {"a": "positive", "b": "real"}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_domains_are_found_by_asking(law, held, descriptions):
    found = Domain.of(law, held, {}).transforms
    assert {name: transform.description for name, transform in found.items()} == descriptions


DRAWN = {
    "gamma": stats.gamma.rvs(5.0, scale=2.0, size=(200, 1), random_state=0),
    "norm": stats.norm.rvs(5.0, 2.0, size=(200, 1), random_state=0),
    "skewnorm": stats.skewnorm.rvs(4.0, 1.0, 2.0, size=(400, 1), random_state=0),
    "nbinom": stats.nbinom.rvs(3, 0.2, size=(200, 1), random_state=0),
}
# a law, what is held, a parameter, and bounds beyond which its maximum lies and does not
BOUNDS = {
    "shape": ("gamma", {"loc": 0.0}, "a", 3.0, 9.0),
    "shape of any sign": ("skewnorm", {}, "a", 1.0, 40.0),
    "shape between": ("nbinom", {}, "p", 0.15, 0.6),
    "loc": ("norm", {}, "loc", 4.0, 7.0),
    "scale": ("norm", {}, "scale", 1.0, 3.5),
    "scale beside a shape": ("gamma", {"loc": 0.0}, "scale", 1.2, 4.0),
}
each_bound = pytest.mark.parametrize(
    ("name", "held", "parameter", "low", "high"), BOUNDS.values(), ids=BOUNDS
)


def fitted_within(name, held, bounds, X=None, **options):
    """A fit of one component, and the warnings of it."""
    law = FromScipy(name, fixed=held, bounds=bounds)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model = Mixture(law, 1, n_init=1, tol=1e-10, max_iter=500, **options)
        model.fit(DRAWN[name] if X is None else X)
    return model, [str(warning.message) for warning in told]


@each_bound
@pytest.mark.parametrize("acceleration", ["lbfgs", None])
def test_bounds_that_the_maximum_keeps_change_nothing(
    name, held, parameter, low, high, acceleration
):
    free, told = fitted_within(name, held, None, acceleration=acceleration)
    assert told == []
    assert low < free.params_[parameter] < high
    for bounds in ((None, high), (low, None), (low, high)):
        model, told = fitted_within(name, held, {parameter: bounds}, acceleration=acceleration)
        assert told == []
        assert model.lower_bound_ == pytest.approx(free.lower_bound_, abs=1e-8)
        for own, value in free.params_.items():
            np.testing.assert_allclose(model.params_[own], value, rtol=1e-3)


@each_bound
def test_bounds_that_the_maximum_lies_beyond_hold_it(name, held, parameter, low, high):
    """And the others are as likely as they can be there."""
    for bound, bounds in ((low, (None, low)), (high, (high, None)), (low, (low - 0.1, low))):
        model, told = fitted_within(name, held, {parameter: bounds})
        (value,) = model.params_[parameter].ravel()
        assert value != bound  # which is open
        assert value == pytest.approx(bound, rel=1e-4)
        (sentence,) = told
        assert sentence.startswith(f"{parameter}_[0, 0] (1 of 1 {parameter}) ended at a bound")
        assert model.at_edges_[parameter].all()
        at, _ = fitted_within(name, held | {parameter: bound}, None)
        assert model.lower_bound_ == pytest.approx(at.lower_bound_, abs=1e-3)


@pytest.mark.parametrize("parameter", ["loc", "scale"])
@pytest.mark.parametrize(("unit", "origin"), [(1.0, 1e6), (1e-8, 0.0), (1e8, -3e8)])
def test_bounds_are_in_the_units_of_the_rows(parameter, unit, origin):
    bound = {"loc": 4.0, "scale": 1.5}[parameter]
    moved = unit * bound + origin * (parameter == "loc")
    X = unit * DRAWN["norm"] + origin
    one, _ = fitted_within("norm", {}, {parameter: (None, bound)})
    other, _ = fitted_within("norm", {}, {parameter: (None, moved)}, X)
    assert other.lower_bound_ + np.log(unit) == pytest.approx(one.lower_bound_, abs=1e-6)
    assert other.params_[parameter] < moved
    again = Mixture.from_params(family=other.family_, weights=[1.0], **other.params_)
    assert again.score(X) == other.score(X)


def test_bounds_hold_in_each_column_of_each_component():
    rng = np.random.RandomState(0)
    X = np.r_[rng.normal([0, 50], 1, (150, 2)), rng.normal([9, 90], 4, (150, 2))]
    start = np.repeat([0, 1], 150)
    law = FromScipy("norm", bounds={"loc": (None, 60.0), "scale": (1.5, None)})
    with pytest.warns(UserWarning, match="ended at a bound"):
        model = Mixture(law, 2).fit(X, start=start)
    assert (model.loc_ < 60).all()
    assert (model.scale_ > 1.5).all()
    expected = {"loc": [[False, False], [False, True]], "scale": [[True, True], [False, False]]}
    np.testing.assert_equal(model.at_edges_, {k: np.array(v) for k, v in expected.items()})


def test_starts_beyond_bounds_are_refused():
    law = FromScipy("gamma", fixed={"loc": 0.0}, bounds={"a": (None, 3.0), "scale": (1.0, None)})
    for params in ({"a": [[4.0]], "scale": [[2.0]]}, {"a": [[2.0]], "scale": [[0.5]]}):
        with pytest.raises(ValueError, match=r"'a' must be between 0.0 and 3.0|must be above 1.0"):
            Mixture(law, params_init=params).fit(DRAWN["gamma"])
        with pytest.raises(ValueError, match=r"'a' must be between 0.0 and 3.0|must be above 1.0"):
            Mixture.from_params(family=law, weights=[1.0], **params)


@pytest.mark.parametrize(
    ("law", "bounds", "description"),
    [
        ("t", {"df": (1.0, 9.0)}, "between 1.0 and 9.0"),
        ("gamma", {"a": (None, 3.0)}, "between 0.0 and 3.0"),
        ("gamma", {"a": (None, 5e-4)}, "between 0.0 and 0.0005"),
        ("triang", {"c": (0.9, None)}, "between 0.9 and 1.0"),
        ("triang", {"c": (None, 0.1)}, "between 0.0 and 0.1"),
        ("skewnorm", {"a": (None, 3.0)}, "below 3.0"),
        ("skewnorm", {"a": (-3.0, None)}, "above -3.0"),
        ("zipf", {"a": (None, 4.0)}, "between 1.0 and 4.0"),
        ("norm", {"loc": (None, 3.0)}, "below 3.0"),
        ("norm", {"scale": (None, 3.0)}, "between 0.0 and 3.0"),
    ],
)
def test_a_bound_takes_the_place_of_one_end_of_the_domain(law, bounds, description):
    (name,) = bounds
    assert FromScipy(law, bounds=bounds).parameters[name].description == description


@pytest.mark.parametrize(
    ("law", "message"),
    [
        (FromScipy(stats.gamma(2.0)), r"it is frozen. Pass stats.gamma, and params_of"),
        (FromScipy("gama"), "must be one of scipy.stats, as stats.gamma or 'gamma', got 'gama'"),
        (FromScipy(stats.binom), "takes none of the values that its shapes"),
        (FromScipy(stats.gamma, fixed={"b": 1.0}), "fixed of FromScipy names 'b', but gamma has"),
        (FromScipy(stats.gamma, fixed={"a": np.nan}), "must be a number"),
        (FromScipy(stats.gamma, bounds={"x": (0, 1)}), "bounds of FromScipy names 'x'"),
        (FromScipy(stats.gamma, bounds={"a": (-1, 3)}), r"bounds\['a'\] of FromScipy reach -1,"),
        (FromScipy(stats.gamma, bounds={"a": (None, -1)}), "next to which gamma takes no a: keep"),
        (FromScipy(stats.triang, bounds={"c": (0.5, 1.5)}), r"bounds\['c'\] of .* reach 1.5,"),
        (FromScipy(stats.norm, bounds={"scale": (-1, 3)}), "reach below 0, where there is no sc"),
        (FromScipy(stats.norm, bounds={"scale": (None, 0)}), "reach below 0, where there is no sc"),
        (FromScipy(stats.norm, bounds={"loc": (3, 3)}), r"be \(low, high\) with low < high, None"),
        (FromScipy(stats.norm, bounds={"loc": (np.nan, 3)}), r"must be \(low, high\) with low <"),
        (FromScipy(stats.norm, bounds={"loc": 3}), r"must be \(low, high\) with .*, got 3"),
        (FromScipy(stats.norm, bounds={"loc": (1, 2, 3)}), r"must be \(low, high\) with low < h"),
        (
            FromScipy(stats.gamma, fixed={"a": 5}, bounds={"a": (0, 3)}),
            "fixed at 5, outside of bou",
        ),
        (FromScipy(stats.norm, fixed={"loc": 0.0, "scale": 1.0}), "has nothing to fit"),
        (
            FromScipy(stats.gamma, fixed={"loc": 1.0}),
            r"X\[0, 0\] = 0.5 lies outside the support of FromScipy: numbers above 1",
        ),
        (
            FromScipy(stats.binom, fixed={"n": 1}),
            r"X\[0, 0\] = 0.5 lies outside the support of FromScipy: whole numbers from 0 to 1",
        ),
    ],
)
def test_bad_settings_are_named(law, message):
    with pytest.raises(ValueError, match=message):
        Mixture(law).fit([[0.5], [1.5], [2.0]])


@pytest.mark.filterwarnings("ignore:.*ended at a bound")  # the shape, of which nothing is known
def test_rows_that_are_all_alike_are_warned_of():
    for law in (FromScipy(stats.norm), FromScipy(stats.gamma, fixed={"loc": 0.0})):
        with pytest.warns(UserWarning, match="X is constant in column 0"):
            model = Mixture(law).fit(np.full((10, 1), 3.0))
        assert all(np.isfinite(value).all() for value in model.params_.values()), law


def test_a_component_on_one_value_is_no_better_than_none():
    x = np.r_[np.random.RandomState(0).normal(size=100), np.full(20, 0.5)][:, None]
    with pytest.warns(ConvergenceWarning, match="components have collapsed"):
        model = Mixture(FromScipy(stats.norm), 2, n_init=4, random_state=0).fit(
            x, start=(x[:, 0] == 0.5).astype(int)
        )
    assert np.isfinite(model.score(x))


class Strict(stats.rv_continuous):
    """A law whose formula wants flat arguments."""

    def _logpdf(self, x, a):
        if np.ndim(x) > 1:
            raise TypeError("flat arguments are needed")
        return np.log(a / 2) - a * np.abs(x)


class Wrong(stats.rv_continuous):
    """A law whose formula takes other shapes without an error, and errs."""

    def _logpdf(self, x, a):
        return np.log(np.resize(a, np.shape(x)) / 2) - a * np.abs(x)


@pytest.mark.parametrize(
    "law", [Strict(name="strict", shapes="a"), Wrong(name="wrong", shapes="a")]
)
def test_a_formula_that_does_not_broadcast_is_not_used(law):
    family = FromScipy(law, fixed={"loc": 0.0, "scale": 1.0})
    assert not family.formula.broadcasts
    x = np.random.RandomState(0).exponential(0.5, 200)[:, None]
    model = Mixture(family, 2, n_init=2, random_state=0).fit(x, start=(x[:, 0] > 0.3).astype(int))
    by_component = [np.log(w) + law.logpdf(x[:, 0], a) for w, a in zip(
        model.weights_, model.a_[:, 0], strict=True
    )]  # fmt: skip
    np.testing.assert_allclose(model.score_samples(x), np.logaddexp(*by_component))


@pytest.mark.parametrize("name", [*CONTINUOUS, *DISCRETE])
def test_formulas_are_scipys_own(name):
    params, held = (CONTINUOUS | DISCRETE)[name]
    law, rng = getattr(stats, name), np.random.RandomState(1)
    values = {key: (params | held)[key] for key in shape_names(law)}
    shapes = [
        value * (1 + 0.2 * (key in params) * rng.uniform(size=(5, 1, 1)))
        for key, value in values.items()
    ]
    x = law.rvs(**values, size=(5, 1, 100), random_state=0) * np.r_[np.ones(50), np.full(50, 9)]
    formula = FromScipy(law, fixed=held).formula
    public = (law.logpmf if name in DISCRETE else law.logpdf)(x, *shapes)
    assert formula.broadcasts
    public = np.where(np.isnan(public), -np.inf, public)
    np.testing.assert_allclose(formula(x, shapes), public, rtol=1e-11)


def test_frozen_distributions_give_parameters():
    law = FromScipy(stats.gamma, fixed={"loc": 0.0})
    frozen = [stats.gamma(2.0, scale=[0.5, 2.0]), stats.gamma(a=9.0)]
    params = law.params_of(frozen)
    model = Mixture.from_params(family=law, weights=[0.4, 0.6], **params)
    x = np.array([[1.0, 3.0]])
    for k in range(2):
        np.testing.assert_allclose(
            model.component_distribution(k).logpdf(x), np.broadcast_to(frozen[k].logpdf(x), (1, 2))
        )
    back = law.params_of(model.component_distribution(k) for k in range(2))
    for name, value in params.items():
        np.testing.assert_array_equal(back[name], value)
    X, _ = model.sample(300, random_state=0)
    begun = Mixture(law, 2, weights_init=[0.4, 0.6], params_init=params, max_iter=0).fit(X)
    np.testing.assert_array_equal(begun.a_, params["a"])
    with pytest.raises(ValueError, match="loc is fixed at 0, but component 1 has 1.0"):
        law.params_of([stats.gamma(2.0), stats.gamma(2.0, loc=1.0)])
    with pytest.raises(ValueError, match=r"must be a frozen stats.gamma, as stats.gamma\(...\)"):
        law.params_of([stats.norm()])


def test_a_law_prints_as_it_is_written():
    written = "Mixture(family=FromScipy(distribution='gamma', fixed={'loc': 0.0}))"
    for given in (stats.gamma, "gamma"):
        model = Mixture(FromScipy(given, fixed={"loc": 0.0}))
        assert " ".join(repr(clone(model)).split()) == written
    own = Strict(name="strict", shapes="a")
    assert clone(FromScipy(own)).of_scipy.name == "strict"
