"""Zero-inflated laws and hurdles, beyond the contract."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, special, stats

from skmixture import Mixture, PoissonMixture
from skmixture.families import (
    Beta,
    Dirichlet,
    Exponential,
    FromLogPDF,
    FromScipy,
    Gamma,
    Gaussian,
    Hurdle,
    InverseGaussian,
    Laplace,
    LogNormal,
    NegativeBinomial,
    Parameter,
    Poisson,
    Product,
    VonMisesFisher,
    Weibull,
    ZeroInflated,
)
from skmixture.supports import counts

BOTH = pytest.mark.parametrize("kind", [ZeroInflated, Hurdle])


def log_pmf(kind, x, zero, law):
    if kind is ZeroInflated:
        return np.where(
            x == 0, np.log(zero + (1 - zero) * law.pmf(0)), law.logpmf(x) + np.log1p(-zero)
        )
    return np.where(x == 0, np.log(zero), np.log1p(-zero) + law.logpmf(x) - np.log1p(-law.pmf(0)))


@BOTH
def test_one_component_is_the_maximum_that_an_optimiser_finds(kind):
    rng = np.random.RandomState(0)
    x, weight = rng.poisson(2.5, 150) * (rng.uniform(size=150) > 0.3), rng.uniform(0, 3, 150)

    def loss(z):
        return -weight @ log_pmf(kind, x, 1 / (1 + np.exp(-z[0])), stats.poisson(np.exp(z[1])))

    found = optimize.minimize(loss, [0.0, 1.0], tol=1e-12)
    model = Mixture(kind(Poisson())).fit(x[:, None], sample_weight=weight)
    assert model.score(x[:, None], sample_weight=weight) * weight.sum() >= -found.fun - 1e-9
    np.testing.assert_allclose(model.rates_.ravel(), np.exp(found.x[1]), rtol=1e-5)


def test_a_hurdle_has_closed_shares_of_zeros():
    x = np.random.RandomState(1).poisson([[1.5, 0.2]], size=(100, 2))
    model = Mixture(Hurdle(Poisson())).fit(x)
    np.testing.assert_allclose(model.zero_probs_[0], (x == 0).mean(axis=0), rtol=1e-9)
    rate = model.rates_[0]
    means = [column[column > 0].mean() for column in x.T]
    np.testing.assert_allclose(rate / -np.expm1(-rate), means, rtol=1e-6)


def test_no_more_zeros_than_the_law_explains_is_the_law_itself():
    x = 1 + np.random.RandomState(0).poisson(2.0, 80)[:, None]
    with pytest.warns(
        UserWarning, match=r"^zero_probs_\[0, 0\] .* ended at 0: there the component"
    ):
        inflated = Mixture(ZeroInflated(Poisson())).fit(x)
    assert inflated.score(x) == pytest.approx(PoissonMixture().fit(x).score(x), rel=1e-12)
    assert 0 < inflated.zero_probs_[0, 0] < 1e-9


@BOTH
@pytest.mark.parametrize("x", [np.zeros(9), np.ones(9), np.r_[np.zeros(5), np.full(5, 1e7)]])
@pytest.mark.filterwarnings("ignore:.*ended at")  # test_edges.py has the words
def test_edges_end_in_proper_parameters(kind, x):
    model = Mixture(kind(Poisson())).fit(x[:, None])
    share = (x == 0).mean()
    assert all(np.isfinite(value).all() for value in model.params_.values())
    by_value = model.score_samples(np.unique(x)[:, None])
    if len(by_value) == 2:
        assert by_value[0] == pytest.approx(np.log(share))
    elif kind is Hurdle or share == 1:
        assert by_value[0] == pytest.approx(0.0, abs=1e-9)
    else:  # ones without zeros: Poisson's own maximum
        assert by_value[0] == pytest.approx(-1.0)


@BOTH
def test_far_tails(kind):
    law = kind(NegativeBinomial())
    params = {"zero_probs": [[1e-300]], "means": [[50.0]], "sizes": [[3.0]]}
    model = Mixture.from_params(family=law, weights=[1.0], **params)
    plain = Mixture.from_params(
        family=NegativeBinomial(), weights=[1.0], means=[[50.0]], sizes=[[3.0]]
    )
    x = np.array([[1.0], [1e7]])
    lost = np.log1p(-np.exp(plain.score_samples([[0.0]]))) if kind is Hurdle else 0.0
    np.testing.assert_allclose(model.score_samples(x), plain.score_samples(x) - lost, rtol=1e-13)
    expected = np.log(1e-300) if kind is Hurdle else plain.score_samples([[0.0]])[0]
    assert model.score_samples([[0.0]])[0] == pytest.approx(expected, rel=1e-12)


@BOTH
@pytest.mark.parametrize("law", [Poisson(), NegativeBinomial()], ids=["poisson", "nb"])
def test_exposures_change_the_zeros_of_the_law_alone(kind, law):
    rng = np.random.RandomState(0)
    exposure = rng.uniform(0.2, 3, size=4000)
    own = {"rates": [[2.0]]} if isinstance(law, Poisson) else {"means": [[2.0]], "sizes": [[3.0]]}
    truth = Mixture.from_params(family=kind(law), weights=[1.0], zero_probs=[[0.3]], **own)
    x, _ = truth.sample(4000, random_state=0, exposure=exposure)
    model = Mixture(kind(law)).fit(x, exposure=exposure)
    assert model.score(x, exposure=exposure) >= truth.score(x, exposure=exposure)
    assert model.zero_probs_[0, 0] == pytest.approx(0.3, abs=0.06)
    for name, value in own.items():
        assert model.params_[name][0, 0] == pytest.approx(value[0][0], rel=0.25)
    row = np.array([[4.0], [0.0]])
    assert truth.cdf(row, exposure=[1.0, 2.0])[1] == pytest.approx(
        np.exp(truth.score_samples(row, exposure=[1.0, 2.0]))[1]
    )


@BOTH
@pytest.mark.parametrize("law", [Gaussian(), "Poisson", ZeroInflated(Poisson())], ids=str)
def test_other_families_are_refused(kind, law):
    with pytest.raises(ValueError, match=f"family of {kind.__name__} must be"):
        Mixture(kind(law), 1).fit([[0.0], [1.0]])


@BOTH
def test_component_has_the_methods_of_a_distribution(kind):
    own = {"zero_probs": [[0.3, 0.1]], "rates": [[2.0, 0.5]]}
    model = Mixture.from_params(family=kind(Poisson()), weights=[1.0], **own)
    law, x = model.component_distribution(0), np.arange(60.0)[:, None]
    pmf = law.pmf(x)
    np.testing.assert_allclose(pmf.sum(axis=0), 1)
    np.testing.assert_allclose(law.cdf(x), np.cumsum(pmf, axis=0), rtol=1e-12)
    np.testing.assert_allclose(law.mean(), (x * pmf).sum(axis=0))
    np.testing.assert_allclose(law.std() ** 2, (x**2 * pmf).sum(axis=0) - law.mean() ** 2)
    drawn = law.rvs(size=(20_000, 2), random_state=0)
    np.testing.assert_allclose((drawn == 0).mean(axis=0), pmf[0], atol=0.02)
    np.testing.assert_allclose(drawn.mean(axis=0), law.mean(), rtol=0.05)


# -- numbers ---------------------------------------------------------------------

AMOUNTS = {
    "gamma": (Gamma(), lambda rng, n: rng.gamma(4.0, 2.0, n)),
    "exponential": (Exponential(), lambda rng, n: rng.exponential(2.0, n)),
    "log-normal": (LogNormal("diag"), lambda rng, n: rng.lognormal(1.0, 0.5, n)),
    "weibull": (Weibull(), lambda rng, n: 3 * rng.weibull(2.0, n)),
    "inverse Gaussian": (InverseGaussian(), lambda rng, n: rng.wald(3.0, 9.0, n)),
    "beta": (Beta(), lambda rng, n: rng.beta(4.0, 2.0, n)),
    "laplace": (Laplace(), lambda rng, n: rng.laplace(0.5, 2.0, n)),
    "normal": (Gaussian("diag"), lambda rng, n: rng.normal(-1.0, 2.0, n)),
    "scipy": (FromScipy("gamma", fixed={"loc": 0.0}), lambda rng, n: rng.gamma(4.0, 2.0, n)),
}
amounts = pytest.mark.parametrize(("law", "draw"), AMOUNTS.values(), ids=AMOUNTS)


def with_zeros(draw, shape, share=0.3, seed=0):
    rng = np.random.RandomState(seed)
    x = draw(rng, shape)
    return np.where(rng.uniform(size=shape) < share, 0.0, x)


@BOTH
@amounts
def test_zeros_and_numbers_are_fitted_apart(kind, law, draw):
    """The likelihood falls into that of zeros and that of the law of all others."""
    x, weight = with_zeros(draw, (300, 1)), np.random.RandomState(1).uniform(0.5, 2, 300)
    model = Mixture(kind(law)).fit(x, sample_weight=weight)
    zero = x[:, 0] == 0
    share = weight[zero].sum() / weight.sum()
    assert model.zero_probs_[0, 0] == pytest.approx(share, rel=1e-12)
    alone = Mixture(law).fit(x[~zero], sample_weight=weight[~zero])
    for name, value in alone.params_.items():
        np.testing.assert_allclose(model.params_[name], value, rtol=1e-6)
    expected = np.full(300, np.log(share))
    expected[~zero] = np.log1p(-share) + alone.score_samples(x[~zero])
    np.testing.assert_allclose(model.score_samples(x), expected, rtol=1e-6, atol=1e-6)
    assert model.n_parameters_ == alone.n_parameters_ + 1


@amounts
@pytest.mark.filterwarnings("ignore:.*ended at a bound")  # a component too many, of few rows
def test_the_distribution_has_a_step_at_zero(law, draw):
    x = with_zeros(draw, (400, 2))
    model = Mixture(Hurdle(law), 2, random_state=0, tied=["zero_probs"]).fit(x)
    drawn, labels = model.sample(4000, random_state=0)
    np.testing.assert_allclose((drawn == 0).mean(axis=0), (x == 0).mean(axis=0), atol=0.05)
    step = model.marginal_cdf(np.zeros((1, 2))) - model.marginal_cdf(np.full((1, 2), -1e-300))
    np.testing.assert_allclose(step[0], model.weights_ @ model.zero_probs_, rtol=1e-9)
    q = np.array([0.001, 0.05, 0.2, 0.5, 0.9, 0.999])
    quantiles = model.marginal_quantile(q)
    at = model.marginal_cdf(quantiles)
    assert (at >= q[:, None] - 1e-12).all()
    away = quantiles != 0
    np.testing.assert_allclose(at[away], np.broadcast_to(q[:, None], at.shape)[away], rtol=1e-8)
    inside = (quantiles == 0) & (model.marginal_cdf(np.full((6, 2), -1e-300)) > q[:, None] + 1e-9)
    assert not inside.any()
    np.testing.assert_allclose(
        np.quantile(drawn, [0.2, 0.5, 0.9], axis=0), quantiles[2:5], atol=0.2 * np.abs(x).max()
    )
    k = int(np.argmax(model.weights_))  # the other may be so narrow that scipy loses digits
    component, points = model.component_distribution(k), drawn[labels == k][:20]
    alone = Mixture.from_params(
        family=Hurdle(law), weights=[1.0], **{n: v[[k]] for n, v in model.params_.items()}
    )
    np.testing.assert_allclose(component.logpdf(points).sum(axis=1), alone.score_samples(points))
    np.testing.assert_allclose(component.cdf(points), alone.marginal_cdf(points), atol=1e-12)
    np.testing.assert_allclose(
        component.ppf(q[:, None] * np.ones(2)), alone.marginal_quantile(q), rtol=1e-6, atol=1e-9
    )
    rows, _ = alone.sample(20_000, random_state=1)
    np.testing.assert_allclose(component.mean(), rows.mean(axis=0), atol=0.05 * rows.std())
    np.testing.assert_allclose(component.std(), rows.std(axis=0), rtol=0.1)
    assert component.rvs(size=(7, 2), random_state=0).shape == (7, 2)


def test_groups_of_amounts_are_found():
    labels = np.repeat([0, 1], [300, 200])
    rng = np.random.RandomState(0)
    x = rng.gamma(np.where(labels, 40.0, 4.0)[:, None], 1.0, (500, 2))
    x *= rng.uniform(size=x.shape) > np.where(labels, 0.1, 0.5)[:, None]
    for scale in (1.0, 1e-8, 1e8):
        model = Mixture(Hurdle(Gamma()), 2, random_state=0, order_by="shapes").fit(scale * x)
        np.testing.assert_allclose(model.zero_probs_, [[0.5, 0.5], [0.1, 0.1]], atol=0.1)
        np.testing.assert_allclose(model.shapes_, [[4, 4], [40, 40]], rtol=0.3)
        np.testing.assert_allclose(model.shapes_ * model.scales_ / scale, [[4] * 2, [40] * 2], 0.1)
        seen = (x > 0).any(axis=1)
        assert (model.predict(scale * x) == labels)[seen].mean() > 0.95


@pytest.mark.parametrize(
    ("law", "x", "message"),
    [
        (Gamma(), np.zeros((5, 1)), r"column 0 of X has zeros only, of which Gamma\(\) cannot"),
        (Gamma(), -np.ones((5, 1)), "support of Hurdle: 0, or numbers above 0 .*Negative values"),
        (LogNormal(), np.ones((5, 1)), r"as LogNormal\('diag'\) is one, got LogNormal\(\)"),
        (VonMisesFisher(), np.ones((5, 1)), "must be a law of counts or numbers with a parameter"),
        (Dirichlet(), np.ones((5, 1)), "must be a law of counts or numbers with a parameter"),
        (Product([("a", Poisson(), slice(None))]), np.ones((5, 1)), "must be a law of counts or"),
    ],
    ids=str,
)
def test_unfit_amounts_are_named(law, x, message):
    with pytest.raises(ValueError, match=message):
        Mixture(Hurdle(law)).fit(x)


def test_values_of_amounts_may_be_missing():
    x = with_zeros(AMOUNTS["gamma"][1], (300, 2))
    holed = np.where(np.random.RandomState(1).uniform(size=x.shape) < 0.2, np.nan, x)
    model = Mixture(Hurdle(Gamma())).fit(holed)
    for j in range(2):
        there = holed[~np.isnan(holed[:, j]), j : j + 1]
        alone = Mixture(Hurdle(Gamma())).fit(there)
        assert model.zero_probs_[0, j] == pytest.approx(alone.zero_probs_[0, 0])
        assert model.shapes_[0, j] == pytest.approx(alone.shapes_[0, 0], rel=1e-6)


# -- laws that are written ----------------------------------------------------------


def poissons(X, rate):
    return stats.poisson.logpmf(X, rate).sum(axis=1)


def below(X, rate):
    return stats.poisson.cdf(X, rate).prod(axis=1)


def draw_poissons(rate, size, random_state):
    return random_state.poisson(rate, (size, len(rate)))


def without_factorials(X, rate):
    return (X * np.log(rate) - rate).sum(axis=1)


def factorials(X):
    return -special.gammaln(X + 1).sum(axis=1)


RATE = {"rate": Parameter(("d",), bounds=(0, None))}
WRITTEN = FromLogPDF(poissons, RATE, support=counts, rvs=draw_poissons, cdf=below)
LAWS = {
    "written": (WRITTEN, "rate"),
    "with a base": (
        FromLogPDF(without_factorials, RATE, support=counts, log_base=factorials),
        "rate",
    ),
    "scipy": (FromScipy(stats.poisson, fixed={"loc": 0}), "mu"),
}


def two_columns():
    rng = np.random.RandomState(0)
    rates = np.where(rng.uniform(size=200) < 0.4, 2, 9)[:, None] * [1, 2]
    return rng.poisson(rates) * (rng.uniform(size=(200, 2)) < 0.7)


@BOTH
@pytest.mark.parametrize(("law", "name"), LAWS.values(), ids=LAWS)
def test_laws_whose_steps_need_rows_fit_as_those_with_sums(kind, law, name):
    X = two_columns()
    labels = X.sum(axis=1) > 12
    model = Mixture(kind(law), 2).fit(X, start=labels)
    closed = Mixture(kind(Poisson()), 2).fit(X, start=labels)
    assert model.score(X) == pytest.approx(closed.score(X), abs=1e-9)
    np.testing.assert_allclose(model.params_[name], closed.rates_, rtol=1e-4)
    np.testing.assert_allclose(model.zero_probs_, closed.zero_probs_, atol=1e-4)


@BOTH
def test_written_laws_draw_and_have_distribution_functions(kind):
    own = {"weights": [0.3, 0.7], "zero_probs": [[0.3, 0.1], [0.2, 0.05]]}
    rates = [[0.5, 2.0], [4.0, 0.1]]
    model = Mixture.from_params(family=kind(WRITTEN), rate=rates, **own)
    closed = Mixture.from_params(family=kind(Poisson()), rates=rates, **own)
    grid = np.stack(np.meshgrid(range(6), range(6)), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(model.cdf(grid), closed.cdf(grid), rtol=1e-12)
    X, labels = model.sample(4000, random_state=0)
    for k in range(2):
        for j in range(2):
            seen = X[labels == k, j]
            law = closed.component_distribution(k)
            mean, error = law.mean()[j], law.std()[j] / len(seen) ** 0.5
            assert seen.mean() == pytest.approx(mean, abs=4 * error)


def test_a_hurdle_of_a_law_that_draws_zeros_only_says_so():
    law = FromLogPDF(poissons, RATE, support=counts, rvs=lambda size, **_: np.zeros((size, 1)))
    model = Mixture.from_params(family=Hurdle(law), weights=[1.0], zero_probs=[[0.1]], rate=[[2.0]])
    with pytest.raises(ValueError, match="component 0 of .* draws zeros only"):
        model.sample(3)


@BOTH
@pytest.mark.filterwarnings("ignore:.*zero_probs.* ended at 0:UserWarning")
@pytest.mark.parametrize(
    "within", [lambda law: law, lambda law: Product([("a", law, [0, 1])])], ids=["alone", "part"]
)
def test_ties_of_the_law_within_hold(kind, within):
    law = FromLogPDF(poissons, RATE, support=counts, tied=["rate"])
    model = Mixture(within(kind(law)), 2, n_init=1, random_state=0).fit(two_columns())
    rate = next(value for name, value in model.params_.items() if name.endswith("rate"))
    np.testing.assert_array_equal(rate[0], rate[1])


@BOTH
def test_columns_that_depend_on_each_other_are_refused(kind):
    def dependent(X, rate):
        return poissons(X, rate) + 0.01 * X.prod(axis=1)

    law = kind(FromLogPDF(dependent, RATE, support=counts))
    with pytest.raises(ValueError, match="columns of FromLogPDF.* are to be independent"):
        Mixture(law).fit(two_columns())


@pytest.mark.parametrize("of_zeros", [Hurdle, ZeroInflated])
def test_rows_may_be_sorted_by_their_zeros(of_zeros):
    """The first rows then are all alike, which says nothing of whether columns are independent."""
    rng = np.random.RandomState(0)
    X = rng.lognormal(1.0, 0.5, size=(80, 2)) * (rng.uniform(size=(80, 2)) < 0.6)
    X = np.r_[np.zeros((30, 2)), X]
    law = of_zeros(LogNormal("diag"))
    scores = [Mixture(law, 1).fit(rows).score(X) for rows in (X, X[::-1])]
    assert scores[0] == pytest.approx(scores[1])
