"""Wald intervals: on scales on which no end leaves where a number may lie."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import norm

from skmixture import (
    BetaBinomialMixture,
    ExponentialMixture,
    GaussianMixture,
    Mixture,
    MultinomialMixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.datasets import load_old_faithful
from skmixture.families import Gaussian, Poisson, ZeroInflated
from skmixture.inference import standard_errors
from skmixture.inference.curvature.wald import Support, supports_of, wald_ends

# -- over the registry ------------------------------------------------------------------


def inside(law, name, ends) -> np.ndarray:
    """Whether ends lie where single numbers of a parameter may, or of what is derived of some."""
    if name == "weights":
        return (ends >= 0) & (ends <= 1)
    transform = law.parameters.get(name)
    if transform is None:
        return ends >= 0  # ratios and shares, in all laws that are here
    if transform.event_ndim == 0:
        return transform.holds(ends)
    if transform.event_ndim == 2:
        return np.diagonal(ends, axis1=-2, axis2=-1) > 0
    return abs(ends) <= 1


@pytest.mark.parametrize("part", [1e-6, 0.5, 3.0])
def test_no_end_leaves_what_a_parameter_may_be(case, part):
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    law = model.family_
    derived = [
        name for name in law.derived(model._params()) if name.rpartition("__")[2] != "categories"
    ]
    values = {
        name: np.asarray(getattr(model, f"{name}_"), dtype=float)
        for name in ("weights", *law.parameters, *derived)
    }
    supports = supports_of(law, model._params(), values)
    for name, value in values.items():
        error = part * abs(value)
        low, high = ends = wald_ends(value, error, supports[name], 0.95)
        assert (low <= value).all()
        assert (value <= high).all()
        # a rounded end may lie on an open bound
        assert inside(law, name, np.nextafter(ends, value)).all()
        alone = name not in law.parameters or law.parameters[name].event_ndim == 0
        if part < 1e-3 and alone:
            shift = norm.ppf(0.975) * error
            np.testing.assert_allclose(ends - value, [-shift, shift], rtol=1e-2, atol=1e-12)
        assert (high > low)[error > 0].all()


def test_intervals_of_a_result_are_those_of_each_parameter(case):
    """From the fit to the ends: names, held values and what is derived come through."""
    X, _ = case.draw(200)
    first, others = case.weights[0], case.weights[1:]
    left = 1 - first / 2 if len(others) > 1 else 1.0  # the first weight is held where it can be
    weights = np.r_[1 - left, left * others / np.sum(others)] if left < 1 else case.weights
    fixed = {"weights": np.r_[weights[0], np.full(len(others), np.nan)]} if left < 1 else None
    model = Mixture(
        case.family,
        case.n_components,
        fixed=fixed,
        weights_init=weights,
        params_init=case.params,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        se = standard_errors(model.fit(X), X, kind="opg")
    ends = se.confidence_interval()
    assert list(ends) == list(se)
    for name, (low, high) in ends.items():
        known = np.isfinite(se[name])
        assert np.isnan(low[~known]).all()
        held = se[name] == 0
        np.testing.assert_array_equal(low[held], se.estimates[name][held])
        np.testing.assert_array_equal(high[held], se.estimates[name][held])
        assert (low <= se.estimates[name])[known].all()
        assert (high >= se.estimates[name])[known].all()
        if name == "weights":
            free = known & ~held
            assert (low[free] >= 0).all()
            assert (high[free] <= left).all()


# -- single scales ----------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_ends_by_hand(level):
    z, error = norm.ppf((1 + level) / 2), 0.2
    sides = z * error * np.array([-1, 1])
    np.testing.assert_allclose(wald_ends(0.7, error, Support(), level), 0.7 + sides)
    np.testing.assert_allclose(
        wald_ends(0.7, error, Support(0.0), level), 0.7 * np.exp(sides / 0.7)
    )
    np.testing.assert_allclose(
        wald_ends(0.7, error, Support(-1.0), level), 1.7 * np.exp(sides / 1.7) - 1
    )
    np.testing.assert_allclose(
        wald_ends(0.7, error, Support(-np.inf, 1.0), level), 1 - 0.3 * np.exp(-sides / 0.3)
    )
    odds = 0.7 / 0.3 * np.exp(sides / (0.7 * 0.3))
    np.testing.assert_allclose(wald_ends(0.7, error, Support(0.0, 1.0), level), odds / (1 + odds))


def test_at_a_bound_and_beyond_all_numbers():
    share, positive = Support(0.0, 1.0), Support(0.0)
    z = norm.ppf(0.975)
    assert wald_ends(0.0, 0.1, positive, 0.95).tolist() == pytest.approx([0, 0.1 * z])
    assert wald_ends(1.0, 0.1, share, 0.95).tolist() == pytest.approx([1 - 0.1 * z, 1])
    assert wald_ends(1 - 2**-53, 0.1, Support(-1.0, 1.0), 0.95)[1] == 1.0
    assert wald_ends(2.0, 1e4, positive, 0.95).tolist() == [0.0, np.inf]
    assert np.isnan(wald_ends(0.5, np.nan, share, 0.95)).all()
    assert wald_ends(1.5, 0.0, share, 0.95).tolist() == [1.5, 1.5]  # held, and the user's


def test_covariances_stay_correlations():
    """No end of a covariance is beyond what the upper ends of the variances allow."""
    value = np.array([[[1.0, 0.9], [0.9, 1.0]]])
    support = Support(np.where(np.eye(2, dtype=bool), 0.0, -np.inf), matrices=True)
    error = np.array([[[0.1, 5.0], [5.0, 0.1]]])
    ends = wald_ends(value, error, support, 0.95)
    most = ends[1, 0, 0, 0]
    np.testing.assert_allclose(ends[:, 0, 0, 1], [-most, most])
    unknown = error.copy()
    unknown[0, 0, 0] = np.nan
    assert np.isfinite(wald_ends(value, unknown, support, 0.95)[:, 0, 0, 1]).all()
    X = load_old_faithful().data
    model = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(X)
    se = standard_errors(model, X)
    _, high = ends = se.confidence_interval()["covariances"]
    root = np.sqrt(np.diagonal(high, axis1=1, axis2=2))
    assert (abs(ends) <= root[:, :, None] * root[:, None, :] * (1 + 1e-12)).all()
    np.testing.assert_allclose(ends, np.swapaxes(ends, -1, -2))

    def correlation(fit):
        return fit["covariances"][0, 0, 1] / np.sqrt(np.diag(fit["covariances"][0]).prod())

    low, high = se.confidence_interval(0.999999, "atanh", correlation)
    assert -1 < low < correlation({"covariances": model.covariances_}) < high < 1


# -- what is derived --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "name", "support"),
    [
        (
            NegativeBinomialMixture.from_params(weights=[1.0], means=[[3.0]], sizes=[[2.0]]),
            "dispersions",
            (0, np.inf),
        ),
        (ExponentialMixture.from_params(weights=[1.0], scales=[[3.0]]), "rates", (0, np.inf)),
        (
            BetaBinomialMixture.from_params(
                n_trials=9, weights=[1.0], alphas=[[2.0]], betas=[[3.0]]
            ),
            "dispersions",
            (0, 1),
        ),
    ],
    ids=["dispersions", "rates", "shares"],
)
def test_bounds_of_derived_quantities_are_found(model, name, support):
    value = getattr(model, f"{name}_")
    found = supports_of(model.family_, model._params(), {name: value})[name]
    assert (found.low, found.high) == support


class Signed(Poisson):
    """With a derived value of either sign, and one that is never a number."""

    def derived(self, published):
        rates = published["rates"]
        return {"log_rates": np.log(rates), "nothing": np.full(rates.shape, np.nan)}


def test_a_derived_quantity_of_either_sign_has_no_bounds():
    model = Mixture.from_params(family=Signed(), weights=[1.0], rates=[[30.0]])
    values = {"log_rates": np.log([[30.0]]), "nothing": np.array([[np.nan]])}
    for support in supports_of(model.family_, model._params(), values).values():
        assert (support.low, support.high) == (-np.inf, np.inf)


# -- results ----------------------------------------------------------------------------


def test_a_mapping_leaves_the_others_their_own_scales(rng):
    X = rng.poisson(np.repeat([2.0, 12.0], 60))[:, None]
    se = standard_errors(PoissonMixture(2, random_state=0).fit(X), X)
    own, mixed = se.confidence_interval(), se.confidence_interval(transform={"rates": "identity"})
    np.testing.assert_array_equal(mixed["weights"], own["weights"])
    z = norm.ppf(0.975)
    half = np.stack([-z * se["rates"], z * se["rates"]])
    np.testing.assert_allclose(mixed["rates"], se.estimates["rates"] + half)
    by_name = se.confidence_interval(transform={"rates": "log", "weights": "logit"})
    for name in own:
        np.testing.assert_allclose(own[name], by_name[name], rtol=1e-6)


def test_shares_and_edges(rng):
    X = rng.multinomial(12, [0.01, 0.04, 0.95], size=40)
    se = standard_errors(MultinomialMixture(1).fit(X), X)
    low, high = se.confidence_interval(0.9999)["probs"]
    assert (low > 0).all()
    assert (high < 1).all()
    assert se.confidence_interval()["weights"].tolist() == [[1.0], [1.0]]
    zeros = rng.poisson(4.0, size=(300, 1)) * (rng.uniform(size=(300, 1)) < 0.5)
    se = standard_errors(Mixture(ZeroInflated(Poisson()), 1).fit(zeros), zeros)
    low, high = se.confidence_interval(0.9999)["zero_probs"]
    assert 0 < low.item() < 0.5 < high.item() + 0.2 < 1.2


def test_held_values_have_no_width(rng):
    X = rng.normal(size=(80, 2)) + np.repeat([[0.0], [6.0]], 40, axis=0)
    fixed = {"means": [[0.0, np.nan], [np.nan, np.nan]]}
    model = GaussianMixture(2, fixed=fixed, random_state=0, tol=1e-8, max_iter=500).fit(X)
    low, high = standard_errors(model, X).confidence_interval()["means"]
    assert low[0, 0] == high[0, 0] == 0.0
    assert (high > low).sum() == 3
