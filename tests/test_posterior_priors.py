"""The target of a posterior: its Jacobian, its priors, and draws that follow them."""

from __future__ import annotations

import numpy as np
import pytest
from cases import CASES
from posteriors import (
    CHANCE,
    apart,
    case_of,
    check_follow,
    model_of,
    points_of,
    scipy_prior,
    spread_draws,
    target_of,
    user_values,
)
from scipy import stats
from scipy.integrate import trapezoid

from skmixture import (
    GaussianMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.families import Categorical
from skmixture.inference.likelihood.differences import jacobian
from skmixture.priors import Beta, Dirichlet, Gamma, InverseWishart, Normal
from skmixture.transforms import PositiveDefinite, lower_triangle

# Rows in other units, and far from 0, where the law knows of such.
MOVES = [(1.0, 0.0), (1e-3, 1e6), (1e3, 1e6), (1e-3, 0.0), (1e3, 0.0)]
# The gradient beside a written law is checked by differences, which end a billion units from 0.
BEYOND = [("FromLogPDF-gaussian", (1e-3, 1e6))]


def known(case, move):
    scale, shift = move
    has_unit = scale == 1 or any(own != 1 for own, _ in case.moves)
    has_origin = not shift or any(own for _, own in case.moves)
    return has_unit and has_origin and (case.name, move) not in BEYOND


MOVED = [(case, move) for case in CASES for move in MOVES if known(case, move)]


def moved(case, scale, shift):
    """A model and rows in other units."""
    model, X = model_of(case)
    if (scale, shift) == (1.0, 0.0):
        return model, X
    params = case.moved_back(case.read(), 1 / scale, -shift / scale)
    params = case.family.publish(params)
    model = Mixture.from_params(weights=case.weights, family=case.family, **params)
    return model, X * scale + shift


def log_volume(target, y):
    """Log determinant of weights and parameters in the user's units, by differences.

    Weights and simplices without one entry, of matrices the lower triangle;
    on spheres it is of areas.
    """
    law = target.likelihood.chart.law

    def values(z):
        parts = []
        for name, value in user_values(target, z).items():
            transform = law.parameters.get(name)
            if isinstance(transform, PositiveDefinite):
                value = value[..., *lower_triangle(value.shape[-1])]
            elif name == "weights" or "Simplex" in type(transform).__name__:
                value = value[..., 1:]
            parts.append(value.reshape(len(z), -1))
        return np.concatenate(parts, axis=1)

    slopes = jacobian(values, y, np.full(len(y), 0.2), levels=5).value
    slopes = slopes[(np.abs(slopes) > 0).any(axis=1)]
    slopes = np.unique(slopes, axis=0)  # of what is tied one
    unit = np.abs(slopes).max(axis=0)
    return np.linalg.slogdet((slopes / unit).T @ (slopes / unit))[1] / 2 + np.log(unit).sum()


@pytest.mark.parametrize(("of", "move"), MOVED, ids=[f"{case.name}-{move}" for case, move in MOVED])
def test_the_jacobian_is_that_of_the_users_units(of, move):
    target = target_of(*moved(of, *move))
    for y in points_of(target, 2):
        found = target.likelihood.chart.log_jacobian(y[None])[0]
        np.testing.assert_allclose(found, log_volume(target, y), atol=1e-5)


# -- the target ----------------------------------------------------------------


def priors_of(model):
    """Priors that scipy has, of as many parameters as can be, by name."""
    law, values = model.family_, model._params()
    found = {name: scipy_prior(law.parameters[name], value) for name, value in values.items()}
    return {name: prior for name, prior in found.items() if prior is not None}


def logpdf(prior, value):
    """Of all values (K, ...) together; scipy takes vectors as columns, matrices one by one."""
    if hasattr(prior, "kwds"):
        return prior.logpdf(value).sum()
    return sum(prior.logpdf(own) for own in value.reshape(-1, *value.shape[1:]))


def test_the_parts_are_the_likelihood_and_scipys_priors(case):
    model, X = model_of(case)
    law = model.family_
    priors = {name: prior for name, prior in priors_of(model).items() if not law.settled(name)}
    target = target_of(model, X, priors={"weights": stats.dirichlet([2.0, 3.0, 1.5]), **priors})
    y = points_of(target)
    parts, values = target.parts(y), user_values(target, y)
    for i in range(len(y)):
        own = {name: value[i] for name, value in values.items()}
        weights = own.pop("weights")[0]
        there = Mixture.from_params(
            weights=weights, family=model.family_, **model.family_.publish(own)
        )
        np.testing.assert_allclose(
            parts.log_likelihood[i], there.score_samples(X).sum(), rtol=1e-9, atol=1e-9
        )
        expected = stats.dirichlet([2.0, 3.0, 1.5]).logpdf(weights)
        for term in target.belief.terms:
            value = own[term.name][: len(term.free)]
            if term.name in priors:
                expected += logpdf(priors[term.name], value)
            else:
                expected += term.log_density({term.name: value[None]})[0]
        np.testing.assert_allclose(parts.log_prior[i], expected, rtol=1e-9, atol=1e-9)


def heights(model, X, y=None, **options):
    """Log-likelihoods at the fit and about it."""
    target = target_of(model, X, **options)
    return target.parts(points_of(target) if y is None else y).log_likelihood


def two_rates(n=60, **options):
    rng = np.random.RandomState(0)
    X = rng.poisson(np.repeat([2.0, 15.0], n // 2))[:, None].astype(float)
    return PoissonMixture(2, order_by="rates", random_state=0, **options), X


def test_a_weight_of_two_is_two_rows():
    model, X = two_rates()
    model.fit(X)
    weight = np.random.RandomState(1).randint(0, 4, size=len(X))
    repeated = np.repeat(X, weight, axis=0)
    y = points_of(target_of(model, X))
    found = heights(model, X, y, sample_weight=weight)
    np.testing.assert_allclose(found, heights(model, repeated, y), rtol=1e-12)
    np.testing.assert_allclose(
        heights(model, X, y, sample_weight=np.full(60, 0.25)) * 4, heights(model, X, y), rtol=1e-12
    )


def test_equal_rows_are_folded_and_count():
    """That of rows which differ is the same as that of rows which are folded."""
    model, X = two_rates(400)
    model.fit(X)
    target = target_of(model, X)
    y = points_of(target)
    assert target.likelihood.passes.blocks.rows.n_rows < 60
    pmf = stats.poisson(user_values(target, y)["rates"][:, None, :, 0]).pmf(X)
    weights = user_values(target, y)["weights"]
    expected = np.log((pmf * weights).sum(axis=2)).sum(axis=1)
    np.testing.assert_allclose(target.parts(y).log_likelihood, expected, rtol=1e-12)


def test_strata_and_exposures():
    rng = np.random.RandomState(0)
    exposure, strata = rng.uniform(0.5, 3.0, size=80), rng.randint(3, size=80)
    X = rng.poisson(np.repeat([2.0, 15.0], 40) * exposure)[:, None].astype(float)
    model = PoissonMixture(2, order_by="rates", random_state=0)
    model.fit(X, exposure=exposure, strata=strata)
    target = target_of(model, X, exposure=exposure, strata=strata)
    y = points_of(target)
    values = user_values(target, y)
    rates = values["rates"][:, None, :, 0] * exposure[:, None]
    pmf = stats.poisson(rates).pmf(X) * values["weights"][:, strata]
    parts = target.parts(y)
    np.testing.assert_allclose(
        parts.log_likelihood, np.log(pmf.sum(axis=2)).sum(axis=1), rtol=1e-12
    )
    first = model.score_samples(X, exposure=exposure, strata=strata).sum()
    np.testing.assert_allclose(parts.log_likelihood[0], first, rtol=1e-10)
    np.testing.assert_allclose(
        target.likelihood.chart.log_jacobian(y)[1], log_volume(target, y[1]), atol=1e-6
    )


# -- draws from priors ---------------------------------------------------------


def wide(scale, sd=2.5):
    return stats.lognorm(sd, scale=scale)


def on_sphere(d):
    """Of one entry of a direction that is uniform: on three columns uniform itself."""
    return stats.beta((d - 1) / 2, (d - 1) / 2, loc=-1, scale=2)


# By case: marginal laws of the entries of one component, from rows X, and the parameter.
USUAL = {
    "Poisson": lambda X: {"rates": [wide(X.mean())]},
    "NegativeBinomial": lambda X: {"means": [wide(X.mean())], "sizes": [wide(1.0)]},
    "Binomial": lambda X: {"probs": [stats.uniform()]},
    "Multinomial": lambda X: {"probs": [stats.beta(1, 2)] * 3},
    "VonMisesFisher-sphere": lambda X: {
        "directions": [on_sphere(3)] * 3,
        "concentrations": [wide(10.0)],
    },
    "VonMisesFisher-circle": lambda X: {"directions": [on_sphere(2)] * 2},
    "Gaussian-1d": lambda X: {"covariances": [stats.invgamma(1.5, scale=X.var() / 9 / 2)]},
    "Gaussian-full": lambda X: {
        "covariances": {(j, j): stats.invgamma(1.5, scale=X[:, j].var() / 3 / 2) for j in (0, 1)}
    },
    "FromLogPDF-negative-binomial": lambda X: {
        "mean": [wide(X.mean())],
        "r": [stats.uniform(0, 1000)],
    },
}


@pytest.mark.parametrize("name", USUAL)
def test_draws_follow_the_default_priors(name):
    model, X = model_of(case_of(name))
    posterior = spread_draws(model, X, prior_only=True)
    K = len(model.weights_)
    check_follow(apart(posterior.raw["weights"]), [stats.beta(1, K - 1)] * K)
    for parameter, laws in USUAL[name](X).items():
        values = apart(posterior.raw[parameter])
        for k in range(values.shape[1]):
            own = values[:, k]
            if isinstance(laws, dict):
                check_follow(
                    np.stack([own[(slice(None), *place)] for place in laws], 1), list(laws.values())
                )
            else:
                check_follow(own, laws)


def test_draws_follow_the_default_prior_of_means():
    """About that of all rows, with 5 standard deviations."""
    model, X = model_of(case_of("Gaussian-1d"))
    draws = apart(spread_draws(model, X, prior_only=True).raw["means"])
    check_follow(draws, [stats.norm(X.mean(), 5 * X.std())] * 3)


def density_of(model, X, name, **options):
    return next(t for t in target_of(model, X, **options).belief.terms if t.name == name).density


OF_COLUMNS = {
    "Gaussian-full": ("means", lambda X: X),
    "LogNormal-full": ("means", np.log),
    "StudentT-diag": ("means", lambda X: X),
    "Product": ("shape__means", lambda X: X[:, [0, 3]]),
    "FromScipy-logistic": ("loc", lambda X: X),
    "Laplace-columns": ("locations", lambda X: X),
}


@pytest.mark.parametrize("name", OF_COLUMNS)
def test_default_priors_of_locations_have_the_unit_of_each_column(name):
    """To rescale one column changes the prior of no other."""
    model, X = model_of(case_of(name))
    parameter, of = OF_COLUMNS[name]
    sd = density_of(model, X, parameter).sd
    np.testing.assert_allclose(np.broadcast_to(sd, (1, 3, 2))[0, 0], 5 * of(X).std(axis=0))
    weight = np.arange(len(X)) % 3.0
    weighted = density_of(model, X, parameter, sample_weight=weight).sd
    expected = 5 * np.repeat(of(X), weight.astype(int), axis=0).std(axis=0)
    np.testing.assert_allclose(np.broadcast_to(weighted, (1, 3, 2))[0, 0], expected)


def test_default_priors_of_columns_with_holes(rng):
    X = rng.normal(0, [1.0, 1000.0], (200, 2))
    X[rng.uniform(size=X.shape) < 0.1] = np.nan
    sd = density_of(GaussianMixture(1).fit(X), X, "means").sd
    np.testing.assert_allclose(np.ravel(sd), 5 * np.nanstd(X, axis=0))


def test_priors_in_words():
    """By name, the model's own too, with the scale, and numbers in the user's units."""
    X = np.random.RandomState(0).poisson(np.repeat([2.0, 20.0], 50))[:, None]
    model = PoissonMixture(2, prior={"rates": Gamma(20, 1)}, random_state=0).fit(X)
    told = target_of(model, X).belief.described()
    assert told == {"weights": "Dirichlet(1)", "rates": "Gamma(shape=20, rate=1)"}
    told = target_of(model, X, fixed=["rates"], priors={"weights": [2, 3]}).belief.described()
    assert told == {"weights": "Dirichlet([2, 3])"}
    plain = PoissonMixture(2, random_state=0).fit(X)
    told = target_of(plain, X).belief.described()["rates"]
    assert told == "log-normal with median 11.05 and sd 2.5 of the logarithm"
    priors = {"rates": lambda v: -v.sum(axis=(1, 2)), "weights": stats.dirichlet([1.0, 4.0])}
    told = target_of(plain, X, priors=priors).belief.described()
    assert told == {"weights": "Dirichlet([1, 4])", "rates": "a function"}
    model = NegativeBinomialMixture(2, random_state=0).fit(X)
    priors = {"sizes": stats.gamma(2.0, scale=3), "burst_sizes": ("log10", stats.norm(1, 0.7))}
    told = target_of(model, X, priors=priors).belief.described()
    assert told["sizes"] == "gamma(2, scale=3)"
    assert told["burst_sizes"] == "norm(1, 0.7) of log10 burst_sizes"
    model = GaussianMixture(2, random_state=0).fit(X)
    priors = {"means": Normal(4.0, 0.5), "covariances": InverseWishart(5, 6)}
    told = target_of(model, X, priors=priors).belief.described()
    assert told["means"] == "Normal(mean=4, strength=0.5)"
    assert told["covariances"] == "InverseWishart(dof=5, scale=6)"


# By case: priors, and what of the draws follows which law.
TRUE_DIRICHLET = [stats.beta(2.0, 4.5), stats.beta(3.0, 3.5), stats.beta(1.5, 5.0)]
STATED = {
    "frozen": (
        "Poisson",
        {"rates": stats.gamma(3.0, scale=2.0)},
        lambda draws: (draws["rates"], [stats.gamma(3.0, scale=2.0)] * 3),
    ),
    "by component": (
        "Poisson",
        {"rates": stats.gamma([[2.0], [3.0], [4.0]], scale=2.0)},
        lambda draws: (draws["rates"], [stats.gamma(a, scale=2.0) for a in (2.0, 3.0, 4.0)]),
    ),
    "scale": (
        "NegativeBinomial",
        {"means": ("log10", stats.norm(1.0, 0.3)), "sizes": ("log", stats.norm(0.5, 0.4))},
        lambda draws: (
            np.concatenate([np.log10(draws["means"]), np.log(draws["sizes"])], axis=1),
            [stats.norm(1.0, 0.3)] * 3 + [stats.norm(0.5, 0.4)] * 3,
        ),
    ),
    "log2 and square root": (
        "NegativeBinomial",
        {"means": ("log2", stats.norm(3.0, 0.5)), "sizes": ("sqrt", stats.gamma(9.0, scale=0.2))},
        lambda draws: (
            np.concatenate([np.log2(draws["means"]), np.sqrt(draws["sizes"])], axis=1),
            [stats.norm(3.0, 0.5)] * 3 + [stats.gamma(9.0, scale=0.2)] * 3,
        ),
    ),
    "logit": (
        "Geometric",
        {"probs": ("logit", stats.norm(-1.0, 1.0))},
        lambda draws: (np.log(draws["probs"] / (1 - draws["probs"])), [stats.norm(-1.0, 1.0)] * 3),
    ),
    "of this package": (
        "Poisson",
        {"rates": Gamma(3.0, 0.5), "weights": Dirichlet([2.0, 3.0, 1.5])},
        lambda draws: (
            np.concatenate([draws["rates"][..., 0], draws["weights"]], axis=1),
            [stats.gamma(3.0, scale=2.0)] * 3 + TRUE_DIRICHLET,
        ),
    ),
    "weights by scipy": (
        "Poisson",
        {"weights": stats.dirichlet([2.0, 3.0, 1.5])},
        lambda draws: (draws["weights"], TRUE_DIRICHLET),
    ),
    "weights below 1": (
        "Poisson",
        {"weights": 0.5},
        lambda draws: (draws["weights"], [stats.beta(0.5, 1.0)] * 3),
    ),
    "function by number": (
        "Poisson",
        {"rates": lambda value: 2.0 * np.log(value) - value / 2},
        lambda draws: (draws["rates"], [stats.gamma(3.0, scale=2.0)] * 3),
    ),
    "function by draw": (
        "Gaussian-1d",
        {"means": lambda value: -0.5 * ((value - 1.0) ** 2).sum(axis=(1, 2))},
        lambda draws: (draws["means"], [stats.norm(1.0, 1.0)] * 3),
    ),
    "burst sizes": (
        "NegativeBinomial",
        {"burst_sizes": ("log10", stats.norm(0.5, 0.3)), "sizes": ("log10", stats.norm(0, 0.3))},
        lambda draws: (
            np.concatenate([np.log10(draws["burst_sizes"]), np.log10(draws["sizes"])], axis=1),
            [stats.norm(0.5, 0.3)] * 3 + [stats.norm(0, 0.3)] * 3,
        ),
    ),
    "dispersions": (
        "NegativeBinomial",
        {"dispersions": stats.gamma(4.0, scale=0.2), "means": stats.gamma(4.0, scale=3.0)},
        lambda draws: (draws["dispersions"], [stats.gamma(4.0, scale=0.2)] * 3),
    ),
    "simplex": (
        "Multinomial",
        {"probs": stats.dirichlet([2.0, 3.0, 1.5])},
        lambda draws: (draws["probs"], TRUE_DIRICHLET * 3),
    ),
    "means and matrices": (
        "Gaussian-full",
        {
            "means": stats.multivariate_normal([1.0, 2.0], [[1.0, 0.5], [0.5, 2.0]]),
            "covariances": stats.invwishart(8.0, [[2.0, 0.5], [0.5, 1.0]]),
        },
        lambda draws: (
            np.concatenate(
                [
                    draws["means"].reshape(-1, 6),
                    draws["means"].sum(axis=2),
                    draws["covariances"][..., 0, 0],
                    draws["covariances"].sum(axis=(2, 3)),
                ],
                axis=1,
            ),
            [stats.norm(1.0, 1.0), stats.norm(2.0, 2.0**0.5)] * 3
            + [stats.norm(3.0, 2.0)] * 3
            + [stats.invgamma(3.5, scale=1.0)] * 3
            + [None] * 3,
        ),
    ),
    "normal and inverse Wishart": (
        "Gaussian-1d",
        {"means": Normal(1.0, 2.0), "covariances": InverseWishart(8.0, 3.0)},
        lambda draws: (
            np.concatenate([draws["means"][..., 0], draws["covariances"][..., 0, 0]], axis=1),
            [stats.t(8.0, 1.0, (3.0 / 8.0 / 2.0) ** 0.5)] * 3
            + [stats.invgamma(4.0, scale=1.5)] * 3,
        ),
    ),
}


@pytest.mark.parametrize("kind", STATED)
def test_draws_follow_the_users_priors(kind):
    name, priors, of = STATED[kind]
    posterior = spread_draws(*model_of(case_of(name)), priors=priors, prior_only=True)
    draws, laws = of({key: apart(posterior.raw[key]) for key in posterior.raw})
    kept = [i for i, law in enumerate(laws) if law is not None]
    check_follow(draws.reshape(len(draws), -1)[:, kept], [laws[i] for i in kept])


def test_the_models_own_priors_hold_where_nothing_is_said():
    model, X = two_rates(prior={"rates": Gamma(3.0, 0.5), "weights": 2.0})
    posterior = spread_draws(model.fit(X), X, prior_only=True)
    check_follow(apart(posterior.raw["rates"]), [stats.gamma(3.0, scale=2.0)] * 2)
    check_follow(apart(posterior.raw["weights"]), [stats.beta(2.0, 2.0)] * 2)
    said = spread_draws(model, X, prior_only=True, priors={"rates": stats.gamma(5.0)})
    check_follow(apart(said.raw["rates"]), [stats.gamma(5.0)] * 2)
    check_follow(apart(said.raw["weights"]), [stats.beta(2.0, 2.0)] * 2)


def test_what_is_tied_has_one_prior():
    model = NegativeBinomialMixture(2, tied=("sizes",), random_state=0)
    X = two_rates(100)[1]
    priors = {"sizes": stats.gamma(4.0), "means": ("log", stats.norm(1.0, 0.5))}
    posterior = spread_draws(model.fit(X), X, priors=priors, prior_only=True)
    sizes = apart(posterior.raw["sizes"])
    np.testing.assert_array_equal(sizes[:, 0], sizes[:, 1])
    check_follow(sizes[:, 0], [stats.gamma(4.0)])
    check_follow(np.log(apart(posterior.raw["means"])), [stats.norm(1.0, 0.5)] * 2)


def test_what_is_held_has_no_prior():
    """A parameter, one value of one, and two weights of which one is known."""
    model, X = model_of(case_of("NegativeBinomial"))
    fixed = {
        "sizes": model.sizes_,
        "means": [[5.0], [np.nan], [np.nan]],
        "weights": [0.4, np.nan, np.nan],
    }
    priors = {"means": stats.gamma(3.0, scale=2.0)}
    posterior = spread_draws(model, X, priors=priors, fixed=fixed, prior_only=True)
    assert len(posterior.names) == 3
    draws = {name: apart(value) for name, value in posterior.raw.items()}
    assert (draws["sizes"] == model.sizes_).all()
    assert (draws["means"][:, 0] == 5.0).all()
    assert (draws["weights"][:, 0] == 0.4).all()
    check_follow(draws["means"][:, 1:], [stats.gamma(3.0, scale=2.0)] * 2)
    check_follow(draws["weights"][:, 1:], [stats.uniform(0, 0.6)] * 2)


def test_weights_beside_one_that_is_held_share_what_it_leaves():
    """Density and Jacobian are of the free ones, in their own units."""
    model, X = model_of(case_of("Poisson"))
    prior = stats.dirichlet([2.0, 3.0])
    fixed = {"weights": [np.nan, np.nan, 0.4], "rates": model.rates_}
    target = target_of(model, X, fixed=fixed, priors={"weights": prior})
    y = points_of(target)
    parts, weights = target.parts(y), user_values(target, y)["weights"][:, 0]
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12)
    expected = prior.logpdf((weights[:, :2] / 0.6).T) - np.log(0.6)
    np.testing.assert_allclose(parts.log_prior, expected, rtol=1e-9)
    found = [log_volume(target, own) for own in y]
    np.testing.assert_allclose(parts.log_jacobian, found, atol=1e-6)


def test_each_stratum_has_a_prior_of_its_weights():
    model, X = two_rates()
    strata = np.arange(60) % 3
    model.fit(X, strata=strata)
    posterior = spread_draws(
        model, X, strata=strata, prior_only=True, priors={"weights": [2.0, 3.0]}
    )
    draws = apart(posterior.raw["strata_weights"])
    check_follow(draws[..., 0], [stats.beta(2.0, 3.0)] * 3)
    ranks = stats.spearmanr(draws[..., 0])
    assert ranks.pvalue[np.triu_indices(3, 1)].min() > CHANCE / 3
    np.testing.assert_allclose(apart(posterior.raw["weights"]), draws.mean(axis=1), rtol=1e-12)


def test_weights_are_uniform_on_their_simplex():
    """S0.12: Positive and of sum 1; in any direction as Dirichlet(1, 1, 1) has them."""
    posterior = spread_draws(*model_of(case_of("Poisson")), prior_only=True)
    weights = apart(posterior.raw["weights"])
    assert (weights > 0).all()
    np.testing.assert_allclose(posterior.raw["weights"].sum(axis=-1), 1.0, rtol=0, atol=1e-12)
    check_follow(weights, [stats.beta(1, 2)] * 3)
    check_follow(weights[:, :1] / weights[:, :2].sum(axis=1, keepdims=True), [stats.uniform()])
    assert abs(posterior.raw["weights"].mean(axis=(0, 1)) - 1 / 3).max() < 0.01


def test_default_priors_of_numbers_integrate_to_one(case):
    model, X = model_of(case)
    target = target_of(model, X)
    law = target.likelihood.chart.family  # in the user's units, as the densities are
    fit = user_values(target, target.likelihood.chart.origin[None])
    grid = np.linspace(-60.0, 60.0, 12001)
    checked = []
    for term in target.belief.terms:
        transform, value = law.parameters[term.name], fit[term.name]
        if transform.event_ndim:
            continue
        stretch = 50.0 if type(transform).__name__ == "Real" else 1.0
        z = transform.unconstrain(value) + stretch * grid.reshape(-1, *(1,) * (value.ndim - 1))
        with np.errstate(all="ignore"):
            heights = term.density.log_density(transform.constrain(z)) + transform.log_jacobian(z)
        area = stretch * trapezoid(np.nan_to_num(np.exp(heights)), grid, axis=0)
        np.testing.assert_allclose(np.broadcast_to(area, value.shape[1:]), 1.0, rtol=1e-3)
        checked.append(term.name)
    assert checked or case.name in ("Multinomial", "Categorical")


def test_an_inverse_wishart_of_single_variances_is_an_inverse_gamma():
    """As many components as columns look like matrices, and are none."""
    case = case_of("Gaussian-diag")
    means, variances = case.params["means"][:2], case.params["covariances"][:2]
    model = Mixture.from_params(
        weights=[0.4, 0.6], family=case.family, means=means, covariances=variances
    )
    X = model.sample(50, random_state=0)[0]
    for prior in (InverseWishart(5.0, [2.0, 3.0]), InverseWishart(5.0, 2.0), InverseWishart()):
        target = target_of(model, X, priors={"covariances": prior, "means": stats.norm()})
        dof = 3.0 if prior.dof is None else prior.dof
        law = stats.invgamma(dof / 2, scale=np.asarray(prior.scale) / 2)
        expected = law.logpdf(variances).sum() + stats.norm().logpdf(means).sum()
        y = target.likelihood.chart.origin[None]
        np.testing.assert_allclose(target.parts(y).log_prior, expected, rtol=1e-12)


def test_dirichlet_tables_of_unequal_items():
    """Cells that an item does not have are no part of its density."""
    rng = np.random.RandomState(0)
    X = np.stack([rng.randint(2, size=40), rng.randint(4, size=40)], axis=1)
    model = Mixture(Categorical([2, 4]), 2, prior={"probs": Dirichlet(2.0)}, random_state=0).fit(X)
    target = target_of(model, X, priors={"probs": Dirichlet(2.0)})
    expected = sum(
        stats.dirichlet([2.0] * size).logpdf(model.probs_[k, j, :size])
        for k in (0, 1)
        for j, size in enumerate([2, 4])
    )
    y = target.likelihood.chart.origin[None]
    np.testing.assert_allclose(target.parts(y).log_prior, expected, rtol=1e-9)


def test_a_function_of_weights_has_them_by_component():
    """And by stratum only where there are strata."""
    shapes = []

    def density(weights):
        shapes.append(weights.shape)
        return stats.beta(2.0, 3.0).logpdf(weights[..., 0])

    model, X = two_rates()
    target = target_of(model.fit(X), X, priors={"weights": density})
    y = points_of(target)
    rates = target.belief.terms[0].log_density(user_values(target, y))
    weights = target.parts(y).log_prior - rates
    expected = stats.beta(2.0, 3.0).logpdf(user_values(target, y)["weights"][:, 0, 0])
    np.testing.assert_allclose(weights, expected, rtol=1e-9)
    assert {shape[1:] for shape in shapes} == {(2,)}
    strata = np.arange(60) % 3
    model.fit(X, strata=strata)
    shapes.clear()
    target_of(model, X, strata=strata, priors={"weights": density}).parts(y[:, [0] * 3 + [1, 2]])
    assert {shape[1:] for shape in shapes} == {(3, 2)}


UNFIT = {
    "another number of components": ("Poisson", "rates", stats.gamma([2.0, 3.0, 4.0]), "shape"),
    "of probabilities": ("Poisson", "rates", Dirichlet(1.0), "probabilities"),
    "another dimension": ("Poisson", "rates", stats.multivariate_normal([1, 2]), "shape"),
    "of means with a covariance": ("Poisson", "rates", Normal(0.0, 1.0), "scipy.stats.norm"),
    "wrong side": ("Poisson", "rates", Beta(2.0, 2.0), "rates has density 0"),
    "not on the scale": (
        "Poisson",
        "rates",
        ("logit", stats.norm()),
        "logit needs values between 0",
    ),
    "one number for all": ("Poisson", "rates", lambda value: value.sum(), "each of 2 draws"),
    "not frozen": ("Poisson", "rates", stats.gamma, "frozen"),
    "discrete": ("Poisson", "rates", stats.poisson(2.0), "discrete"),
    "a number": ("Poisson", "rates", 3.0, "must be a frozen"),
    "unknown scale": ("Poisson", "rates", ("ln", stats.norm()), "'log10'"),
    "misspelt": ("Poisson", "rate", stats.gamma(2.0), "'rates'"),
    "weights by number": ("Poisson", "weights", stats.beta(2.0, 2.0), "function of all"),
    "weights of two": ("Poisson", "weights", [1.0, 2.0], "for each of 3"),
    "concentrations below 0": ("Poisson", "weights", [1.0, -2.0, 1.0], "positive"),
    "weights on a scale": ("Poisson", "weights", ("log", stats.norm()), "without a scale"),
    "simplex by number": ("Multinomial", "probs", stats.uniform(), "one component"),
    "matrix by number": ("Gaussian-full", "covariances", stats.gamma(2.0), "one component"),
    "matrix on a scale": ("Gaussian-full", "covariances", ("log", stats.norm()), "without a scale"),
    "few degrees": ("Gaussian-full", "covariances", InverseWishart(1.0), "dof must be above 1"),
    "another matrix": ("Gaussian-full", "covariances", InverseWishart(5.0, np.eye(3)), "suit"),
    "of a variance": ("Poisson", "rates", InverseWishart(3.0), "InverseGamma"),
    "a list": ("Poisson", "rates", ["log10", stats.norm()], "must be a tuple"),
    "no such name": ("NegativeBinomial", "variances", stats.gamma(2.0), "'burst_sizes'"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_unfit_priors_are_named(kind):
    name, parameter, prior, match = UNFIT[kind]
    model, X = model_of(case_of(name))
    with pytest.raises(ValueError, match=match) as raised:
        spread_draws(model, X, priors={parameter: prior})
    assert parameter in str(raised.value)


@pytest.mark.parametrize("priors", ["flat", [1.0, 2.0]], ids=str)
def test_priors_are_a_mapping(priors):
    with pytest.raises(ValueError, match="priors must map"):
        target_of(*model_of(case_of("Poisson")), priors=priors)


def test_priors_of_what_is_fixed_have_no_effect():
    model, X = model_of(case_of("Poisson"))
    for name in ("weights", "rates"):
        with pytest.raises(ValueError, match=f"priors\\['{name}'\\] has no effect"):
            target_of(model, X, priors={name: Gamma(2.0) if name == "rates" else 2.0}, fixed=[name])
