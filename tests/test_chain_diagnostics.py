"""What draws are worth: against processes whose answer is known, and against ArviZ where it is."""

from __future__ import annotations

import sys
import warnings

import emcee
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.exceptions import ConvergenceWarning

from skmixture.inference.posterior.diagnostics.autocorrelation import autocorrelation_time
from skmixture.inference.posterior.diagnostics.effective import (
    effective_sample_size,
    monte_carlo_error,
)
from skmixture.inference.posterior.diagnostics.loo import psis_loo
from skmixture.inference.posterior.diagnostics.pareto import (
    fit_pareto,
    smoothed_log_weights,
    tail_length,
)
from skmixture.inference.posterior.diagnostics.rhat import nested_rhat, split_rhat
from skmixture.inference.posterior.diagnostics.summary import summarise
from skmixture.inference.posterior.diagnostics.to_arviz import to_arviz
from skmixture.inference.posterior.diagnostics.warned import AGREEMENT, warn_of
from skmixture.inference.posterior.diagnostics.widely_applicable import waic

DIAGNOSTICS = {
    "tau": autocorrelation_time,
    "bulk": effective_sample_size,
    "tail": lambda draws: effective_sample_size(draws, "tail"),
    "mean": lambda draws: effective_sample_size(draws, "mean"),
    "error": monte_carlo_error,
    "quantile error": lambda draws: monte_carlo_error(draws, 0.9),
    "split": split_rhat,
    "nested": nested_rhat,
}
each = pytest.mark.parametrize("diagnostic", DIAGNOSTICS.values(), ids=DIAGNOSTICS)


@pytest.fixture
def arviz():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is to come in its version 1
        module = pytest.importorskip("arviz")
    if int(module.__version__.partition(".")[0]) >= 1:
        pytest.skip("the peer is ArviZ before 1")
    return module


def autoregressive(rng, shape, rho):
    """Stationary draws of variance 1: tau is (1 + rho) / (1 - rho)."""
    draws = rng.normal(size=shape)
    for step in range(1, shape[1]):
        draws[:, step] = rho * draws[:, step - 1] + np.sqrt(1 - rho**2) * draws[:, step]
    return draws


# Known processes


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, -0.4])
def test_what_an_autoregressive_chain_is_worth(rng, rho):
    draws = autoregressive(rng, (2, 5000, 10), rho)
    tau = (1 + rho) / (1 - rho)
    if rho >= 0:  # a window of 5 tau is too short for signs that alternate
        assert_allclose(autocorrelation_time(draws), tau, rtol=0.06)
    for kind in ("mean", "bulk"):
        assert_allclose(effective_sample_size(draws, kind), draws.size / tau, rtol=0.06)
    assert_allclose(monte_carlo_error(draws), np.sqrt(tau / draws.size), rtol=0.04)


def test_errors_are_those_of_many_simulations(rng):
    """The standard deviation of means and quantiles over 400 simulations."""
    draws = autoregressive(rng, (1, 300, 4 * 400), 0.6).reshape(1, 300, 400, 4)
    means, tails = draws.mean(axis=(0, 1, 3)), np.quantile(draws, 0.9, axis=(0, 1, 3))
    several = draws.swapaxes(2, 3)  # a number for each simulation
    assert_allclose(np.mean(monte_carlo_error(several)), means.std(), rtol=0.1)
    assert_allclose(np.mean(monte_carlo_error(several, 0.9)), tails.std(), rtol=0.1)


def test_tau_is_that_of_emcee(rng):
    draws = autoregressive(rng, (1, 777, 6, 2), 0.8)
    assert_allclose(
        autocorrelation_time(draws),
        emcee.autocorr.integrated_time(draws[0], tol=0),
        rtol=1e-10,
    )


def test_a_walker_that_never_moves_makes_tau_long(rng):
    draws = rng.normal(size=(1, 500, 4))
    draws[..., 0] = 3.0
    assert autocorrelation_time(draws) > 100
    still = np.broadcast_to(draws[:, :1], draws.shape)
    assert autocorrelation_time(still) == 2 * 500 - 1
    assert split_rhat(still) == np.inf
    assert effective_sample_size(still) < 10


def test_ensembles_that_mix_and_that_stick(rng):
    draws = autoregressive(rng, (2, 1000, 10, 3), 0.8)
    draws[1, ..., 1] += 100
    draws[1, ..., 2] *= 10  # another spread about the same mean
    mixed, stuck, wide = nested_rhat(draws)
    assert 1 <= mixed < 1.01 < AGREEMENT < wide
    # normal scores of two halves of a normal law: means of +-sqrt(2 / pi), variances of 1 - 2 / pi
    assert_allclose(stuck, np.sqrt(1 + (4 / np.pi) / (1 - 2 / np.pi)), rtol=2e-3)
    # among 40 half chains, whose means have about half the variance of two means
    between = 40 / 39 * 2 / np.pi
    assert_allclose(split_rhat(draws)[1], np.sqrt(1 + between / (1 - 2 / np.pi)), rtol=0.02)


def test_what_drifts_is_seen(rng):
    draws = rng.normal(size=(1, 200, 5)) + np.linspace(0, 3, 200)[:, None]
    assert split_rhat(draws) > 1.2
    assert effective_sample_size(draws) < 60


# Properties


@each
def test_numbers_do_not_meddle_with_each_other(rng, diagnostic):
    draws = autoregressive(rng, (2, 60, 4, 2, 3), 0.5)
    together = diagnostic(draws)
    assert together.shape == (2, 3)
    for place in np.ndindex(2, 3):
        alone = diagnostic(draws[(..., *place)])
        assert np.ndim(alone) == 0
        assert alone == together[place]


@each
@pytest.mark.parametrize(("shift", "scale"), [(0, 2.0**600), (0, 2.0**-600), (2.0**20, 1)])
def test_units_do_not_matter(rng, diagnostic, shift, scale):
    draws = np.round(autoregressive(rng, (2, 50, 4), 0.5), 5)
    there = diagnostic(draws * scale + shift)
    unit = scale if diagnostic in (DIAGNOSTICS["error"], DIAGNOSTICS["quantile error"]) else 1
    assert_allclose(there / unit, diagnostic(draws), rtol=1e-7)


def test_ranks_do_not_know_the_scale(rng):
    draws = autoregressive(rng, (2, 200, 4), 0.5)
    assert_allclose(
        effective_sample_size(np.exp(3 * draws)), effective_sample_size(draws), rtol=1e-12
    )


@each
@pytest.mark.parametrize("n_steps", range(1, 13))
@pytest.mark.parametrize("n_walkers", [1, 3])
def test_short_chains_have_a_number_or_none(rng, diagnostic, n_steps, n_walkers):
    for n_ensembles in (1, 2):
        found = diagnostic(rng.normal(size=(n_ensembles, n_steps, n_walkers, 2)))
        enough = 4 if diagnostic in (split_rhat, nested_rhat) else 10
        told = n_steps >= enough and (diagnostic is not nested_rhat or n_ensembles > 1)
        assert np.isfinite(found).all() == told
        assert np.isnan(found).all() != told


@each
def test_what_never_changes_has_no_number(diagnostic):
    draws = np.full((2, 20, 4, 2), 0.1)
    draws[..., 1] = np.random.RandomState(0).normal(size=(2, 20, 4))
    assert_array_equal(np.isnan(diagnostic(draws)), [True, False])
    assert diagnostic(np.ones((2, 20, 4, 0))).shape == (0,)


@each
def test_two_values_only(rng, diagnostic):
    """Where distances from the median are all the same."""
    draws = np.repeat([0.0, 1.0], 40)
    rng.shuffle(draws)
    found = diagnostic(draws.reshape(2, 10, 4))
    assert np.isfinite(found) == (diagnostic is not DIAGNOSTICS["quantile error"])


@each
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_draws_must_be_finite(diagnostic, value):
    draws = np.random.RandomState(0).normal(size=(2, 20, 4, 1))
    draws[1, 5, 2, 0] = value
    with pytest.raises(ValueError, match=r"draws has 1 values .* at \(1, 5, 2, 0\)"):
        diagnostic(draws)


@each
@pytest.mark.parametrize("shape", [(3, 4), (0, 3, 2), (2, 0, 3), (2, 3, 0)])
def test_draws_must_have_three_axes(diagnostic, shape):
    with pytest.raises(ValueError, match=r"shape \(ensembles, steps, walkers, \.\.\.\)"):
        diagnostic(np.zeros(shape))


def test_options_that_are_none():
    draws = np.zeros((1, 20, 2))
    with pytest.raises(ValueError, match="kind must be one of"):
        effective_sample_size(draws, "median")
    with pytest.raises(ValueError, match="quantile must be a number"):
        monte_carlo_error(draws, 1.0)
    with pytest.raises(ValueError, match="array of real numbers"):
        split_rhat([[["a"]]])


# The table


@pytest.fixture
def draws(rng):
    return {
        "weights": rng.dirichlet([3, 5], size=(2, 600, 6)),
        "means": rng.normal([[0, 1e4], [5, 1e-4]], [[1, 9], [2, 1e-5]], size=(2, 600, 6, 2, 2)),
        "lp": rng.normal(size=(2, 600, 6)),
    }


def test_rows_and_columns(draws):
    table = summarise(draws, quantiles=[0.1, 0.995], acceptance=[0.3, 0.4])
    assert table.names == (
        "weights[0]", "weights[1]", "means[0, 0]", "means[0, 1]", "means[1, 0]", "means[1, 1]", "lp"
    )  # fmt: skip
    assert list(table) == [
        "mean", "sd", "10%", "99.5%", "tau", "ess", "ess_tail", "mcse", "split_rhat", "nested_rhat"
    ]  # fmt: skip
    row, own = table.row("means[0, 1]"), draws["means"][..., 0, 1]
    expected = {
        "mean": own.mean(),
        "sd": own.std(ddof=1),
        "10%": np.quantile(own, 0.1),
        "99.5%": np.quantile(own, 0.995),
        "tau": autocorrelation_time(own),
        "ess": effective_sample_size(own),
        "ess_tail": effective_sample_size(own, "tail"),
        "mcse": monte_carlo_error(own),
        "split_rhat": split_rhat(own),
        "nested_rhat": nested_rhat(own),
    }
    assert list(row) == list(expected)
    for column, value in expected.items():
        assert_allclose(row[column], value, rtol=1e-12, err_msg=column)
        assert table[column][3] == row[column]


def test_as_a_frame(draws):
    pytest.importorskip("pandas")
    table = summarise(draws)
    frame = table.to_frame()
    assert tuple(frame.index) == table.names
    assert list(frame.columns) == list(table)
    assert frame.loc["lp", "50%"] == np.median(draws["lp"])


def test_as_text(draws):
    lines = repr(summarise(draws, acceptance=[0.3, 0.4])).splitlines()
    assert lines[-1] == "2 ensembles of 6 walkers, 600 steps; accepted 0.300, 0.400"
    assert len({len(line) for line in lines[:-1]}) == 1
    assert [line.split("  ")[0] for line in lines[1:-1]] == list(summarise(draws).names)
    spread = draws["means"][..., 1, 1].std(ddof=1)  # to three digits, the mean to the same place
    assert lines[6].split()[3] == f"{spread:.7f}"
    assert lines[6].split()[2] == f"{draws['means'][..., 1, 1].mean():.7f}"


def test_a_long_table_is_shown_by_its_ends(rng):
    lines = repr(summarise({"means": rng.normal(size=(1, 12, 4, 100))})).splitlines()
    assert len(lines) == 1 + 61 + 1
    assert lines[31].strip() == "..."
    assert lines[-1] == "4 walkers, 12 steps"


def test_a_number_that_never_changes_has_dashes():
    table = summarise({"held": np.full((2, 30, 4), 0.1)})
    assert table.row("held")["mean"] == 0.1
    assert table.row("held")["sd"] == 0
    assert repr(table).splitlines()[1].split() == ["held", *["0.1", "0"], *["0.1"] * 3, *["-"] * 6]


def test_a_single_draw():
    row = summarise({"x": [[[2.0]]]}).row("x")
    assert row["mean"] == row["50%"] == 2
    assert all(np.isnan(row[name]) for name in ("sd", "tau", "ess", "mcse", "split_rhat"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(quantiles=[0.0]), "quantiles must be levels"),
        (dict(quantiles=0.5), "quantiles must be levels"),
        (dict(acceptance=[0.1]), "each of 2 ensembles"),
        (dict(acceptance=[0.1, 1.5]), "each of 2 ensembles"),
        (dict(draws={}), "a parameter at least"),
        (dict(draws={"a": np.zeros((2, 3, 4)), "b": np.zeros((2, 3, 5))}), "those of 'b' are"),
        (dict(draws={"a": np.full((2, 3, 4), np.nan)}), r"draws\['a'\] has 24 values"),
    ],
    ids=["quantile", "number", "acceptance", "above 1", "none", "unlike", "nan"],
)
def test_tables_that_cannot_be(draws, change, message):
    with pytest.raises(ValueError, match=message):
        summarise(**{"draws": draws} | change)


def test_names_that_are_not_there(draws):
    table = summarise(draws)
    with pytest.raises(KeyError, match="none of the columns"):
        table["median"]
    with pytest.raises(KeyError, match="none of the rows"):
        table.row("means")


# Warnings


def test_good_draws_pass_in_silence(draws):
    warn_of(summarise(draws))


def test_chains_that_are_too_short(rng, draws):
    draws["scale"] = autoregressive(rng, (2, 600, 6), 0.95)
    table = summarise(draws)
    tau = table.row("scale")["tau"]
    message = f"600 steps are shorter .* 1 of 8 .*'scale' is {tau:.1f} .*{int(np.ceil(50 * tau))}"
    with pytest.warns(ConvergenceWarning, match=message) as caught:
        warn_of(table)
    assert [warning.filename for warning in caught] == [__file__]


def test_chains_of_a_few_steps(rng):
    with pytest.warns(ConvergenceWarning, match="chains of 4 steps tell nothing"):
        warn_of(summarise({"x": rng.normal(size=(1, 4, 3))}))


def test_ensembles_that_disagree(draws):
    draws["means"][1, ..., 1, 0] += 3
    with pytest.warns(ConvergenceWarning, match=r"disagree on 1 of 7 .*'means\[1, 0\]' is 1\.\d+"):
        warn_of(summarise(draws))


def test_numbers_that_never_change(draws):
    draws["weights"][...] = [0.4, 0.6]
    table = summarise(draws)
    with pytest.warns(UserWarning, match=r"draws of 'weights\[0\]', 'weights\[1\]' never change"):
        warn_of(table)
    with pytest.warns(UserWarning, match=r"draws of 'weights\[1\]' never change"):
        warn_of(table, held=["weights[0]"])
    warn_of(table, held=["weights"])
    with pytest.raises(ValueError, match=r"held names what is not there: \['weight'\]"):
        warn_of(table, held=["weight"])


# Leaving one out


def normal_rows(rng, n_draws=20_000, n_rows=30):
    """Rows N(m, 1) with m ~ N(0, 4): log-likelihoods (S, n), and exact densities left out (n,)."""
    x = rng.normal(1.0, 1.0, size=n_rows)
    precision = n_rows + 1 / 4
    m = rng.normal(x.sum() / precision, precision**-0.5, size=(n_draws, 1))
    without = precision - 1
    exact = stats.norm.logpdf(x, (x.sum() - x) / without, np.sqrt(1 + 1 / without))
    return stats.norm.logpdf(x, m, 1), exact


def poisson_rows(rng, n_draws=20_000, n_rows=40):
    """Rows Poisson(r) with r ~ Gamma(2, rate 0.5)."""
    x = rng.poisson(4.0, size=n_rows)
    r = rng.gamma(2 + x.sum(), 1 / (0.5 + n_rows), size=(n_draws, 1))
    rate = 0.5 + n_rows - 1
    exact = stats.nbinom.logpmf(x, 2 + x.sum() - x, rate / (1 + rate))
    return stats.poisson.logpmf(x, r), exact


rows = pytest.mark.parametrize("made", [normal_rows, poisson_rows], ids=["normal", "poisson"])


@rows
def test_rows_left_out_are_predicted_as_exactly(rng, made):
    log_likelihood, exact = made(rng)
    result = psis_loo(log_likelihood)
    assert_allclose(result.pointwise, exact, atol=0.015)
    assert_allclose(result.elpd, exact.sum(), atol=0.05)
    assert_allclose(result.standard_error, np.sqrt(len(exact)) * exact.std(ddof=1), rtol=0.02)
    assert_allclose(result.n_effective_parameters, 1, atol=0.35)
    assert result.pareto_k.max() < 0.5
    near = waic(log_likelihood)
    assert_allclose(near.elpd, exact.sum(), atol=0.1)
    assert_allclose(near.n_effective_parameters, result.n_effective_parameters, atol=0.05)


@pytest.mark.parametrize("criterion", [psis_loo, waic])
def test_blocks_in_any_form(rng, criterion):
    log_likelihood, _ = normal_rows(rng, 200)
    whole = criterion(log_likelihood)
    for cuts in ([10], [1, 29], range(1, 30), [0, 30]):
        blocks = np.split(log_likelihood, cuts, axis=1)
        for given in (blocks, iter(blocks), lambda blocks=blocks: iter(blocks)):
            found = criterion(given)
            assert_allclose(found.pointwise, whole.pointwise, rtol=1e-12)
            assert_allclose(found.elpd, whole.elpd, rtol=1e-12)


@pytest.mark.parametrize("criterion", [psis_loo, waic])
def test_a_row_of_weight_w_is_w_rows(rng, criterion):
    log_likelihood, _ = normal_rows(rng, 200)
    weight = rng.randint(0, 4, size=30)
    weighted = criterion(log_likelihood, sample_weight=weight)
    repeated = criterion(np.repeat(log_likelihood, weight, axis=1))
    for name in ("elpd", "standard_error", "n_effective_parameters"):
        assert_allclose(getattr(weighted, name), getattr(repeated, name), rtol=1e-12)
    assert f"{weight.sum()} rows" in repr(weighted)


def test_two_models_of_the_same_rows(rng):
    log_likelihood, _ = normal_rows(rng, 500)
    better, worse = psis_loo(log_likelihood), psis_loo(log_likelihood - 0.1)
    difference, error = better.difference(worse)
    assert_allclose(difference, 3.0)
    assert_allclose(error, 0, atol=1e-12)
    with pytest.raises(ValueError, match="same rows"):
        better.difference(psis_loo(log_likelihood[:, 1:]))
    with pytest.raises(ValueError, match="WAIC against PSIS-LOO"):
        waic(log_likelihood).difference(better)


def test_a_row_that_moves_the_posterior(rng):
    log_likelihood, _ = normal_rows(rng)
    x = 9.0
    m = np.sqrt(np.maximum(-2 * log_likelihood[:, 0] - np.log(2 * np.pi), 0))
    amiss = np.column_stack([log_likelihood, 4 * stats.norm.logpdf(x, m, 1)])
    with pytest.warns(UserWarning, match=r"Pareto k of 1 of 31 rows .* \(row 30 has"):
        result = psis_loo(amiss)
    assert result.pareto_k[30] > result.good_k == 0.7
    with pytest.warns(UserWarning, match="1 rows has a variance above 0.4"):
        waic(amiss)
    weight = np.r_[np.ones(30), 0]  # a row that does not count is not warned of
    assert_allclose(psis_loo(amiss, sample_weight=weight).elpd, psis_loo(log_likelihood).elpd)


def test_rows_that_no_parameter_enters():
    result = psis_loo(np.full((100, 3), -1.5))
    assert_allclose(result.pointwise, -1.5)
    assert_array_equal(result.pareto_k, 0)
    assert_allclose(result.n_effective_parameters, 0, atol=1e-12)


def test_rows_whose_density_is_the_same_but_for_rounding(rng):
    """As of a row without a value in a mixture: leaving it out changes nothing."""
    spread = np.finfo(float).eps * rng.randint(-3, 4, size=(300, 1))
    log_likelihood = np.column_stack([spread, -1e8 * (1 + spread), rng.normal(size=300)])
    result = psis_loo(log_likelihood[:, :2])
    assert_array_equal(result.pareto_k, 0)
    assert_allclose(result.pointwise, [0, -1e8], atol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert psis_loo(1e-6 * log_likelihood).pareto_k[2] != 0


def test_draws_that_are_repeated(rng):
    """Walkers that stay where they are repeat their draws."""
    log_likelihood, exact = normal_rows(rng, 1500)
    assert_allclose(psis_loo(np.repeat(log_likelihood, 3, axis=0)).pointwise, exact, atol=0.03)


@pytest.mark.parametrize("criterion", [psis_loo, waic])
def test_log_likelihoods_that_cannot_be(criterion):
    good = np.random.RandomState(0).normal(size=(50, 3))
    with pytest.raises(ValueError, match=r"the shape \(draws, rows\), got \(50,\)"):
        criterion(good[:, 0])
    with pytest.raises(ValueError, match="same draws, got 50 and 40"):
        criterion([good, good[:40]])
    with pytest.raises(ValueError, match="draws at least, got 1"):
        criterion(good[:1])
    with pytest.raises(ValueError, match="no rows"):
        criterion(iter([]))
    with pytest.raises(ValueError, match="got int"):
        criterion(3)
    with pytest.raises(ValueError, match="sample_weight"):
        criterion(good, sample_weight=[1, -1, 1])
    for value in (np.nan, -np.inf, np.inf):
        amiss = good.copy()
        amiss[7, 1] = value
        with pytest.raises(ValueError, match="for row 4 under draw 7"):
            criterion([good, amiss])


def test_a_relative_efficiency_that_cannot_be():
    with pytest.raises(ValueError, match="relative_efficiency must be a positive"):
        psis_loo(np.zeros((50, 3)), relative_efficiency=0.0)


def test_one_row_has_no_error():
    assert np.isnan(waic(np.zeros((10, 1))).standard_error)


# Pareto


@pytest.mark.parametrize("k", [-0.4, 0.0, 0.3, 0.9])
def test_tails_are_recovered(rng, k):
    x = np.sort(stats.genpareto.rvs(k, scale=3.0, size=(20, 5000), random_state=rng), axis=1)
    shapes, scales = fit_pareto(x)
    assert_allclose(shapes.mean(), k, atol=0.02)
    assert_allclose(scales.mean(), 3.0, rtol=0.02)
    assert_allclose(fit_pareto(1e-200 * x)[0], shapes, rtol=1e-7)


def test_smoothing_keeps_the_order_and_the_body(rng):
    raw = 2 * rng.normal(size=(5, 400))
    tail = tail_length(400)
    assert tail == 60
    smoothed, _ = smoothed_log_weights(raw, tail)
    order = np.argsort(raw, axis=1)
    ordered = np.take_along_axis(smoothed, order, axis=1)
    assert (np.diff(ordered, axis=1) >= 0).all()
    assert (smoothed <= 0).all()
    shifted = np.sort(raw, axis=1) - raw.max(axis=1, keepdims=True)
    assert_array_equal(ordered[:, :-tail], shifted[:, :-tail])


def test_weights_of_which_one_has_all():
    raw = np.zeros((1, 100))
    raw[0, 3] = 900.0
    smoothed, k = smoothed_log_weights(raw, tail_length(100))
    assert k[0] == np.inf
    assert_array_equal(smoothed, raw - 900)


# Peers


@pytest.mark.parametrize("n_steps", [12, 13, 14, 15, 300])
@pytest.mark.parametrize("rho", [-0.8, 0.0, 0.9])
def test_convergence_is_as_arviz_has_it(arviz, rng, n_steps, rho):
    draws = autoregressive(rng, (2, n_steps, 3, 2), rho)
    draws[1] += 0.3
    chains = draws.swapaxes(1, 2).reshape(6, n_steps, 2)
    peers = {
        "bulk": lambda x: arviz.ess(x, method="bulk"),
        "tail": lambda x: arviz.ess(x, method="tail"),
        "mean": lambda x: arviz.ess(x, method="mean"),
        "error": arviz.mcse,
        "quantile error": lambda x: arviz.mcse(x, method="quantile", prob=0.9),
        "split": arviz.rhat,
    }
    for name, peer in peers.items():
        found = DIAGNOSTICS[name](draws)
        expected = [float(peer(chains[..., place])) for place in range(2)]
        assert_allclose(found, expected, rtol=1e-9, err_msg=name)


def test_criteria_are_as_arviz_has_them(arviz, rng):
    log_likelihood, _ = normal_rows(rng, 1200)
    lifted = log_likelihood.reshape(2, 100, 6, 30)
    data = to_arviz({"m": np.zeros((2, 100, 6))}, log_likelihood=lifted)
    flat = lifted.swapaxes(1, 2).reshape(1200, 30)
    ours, theirs = psis_loo(flat, relative_efficiency=0.7), arviz.loo(data, True, reff=0.7)
    assert_allclose(ours.pointwise, theirs.loo_i, rtol=1e-8)
    assert_allclose(ours.pareto_k, theirs.pareto_k, rtol=1e-6)
    assert_allclose(ours.n_effective_parameters, theirs.p_loo, rtol=1e-6)
    assert_allclose(ours.standard_error, theirs.se * np.sqrt(30 / 29), rtol=1e-8)
    ours, theirs = waic(flat), arviz.waic(data, True)
    assert_allclose(ours.pointwise_parameters.sum(), theirs.p_waic * 1200 / 1199, rtol=1e-9)
    assert_allclose(ours.pointwise + ours.pointwise_parameters / 1200, theirs.waic_i, rtol=1e-10)


def test_chains_of_arviz_are_walkers(arviz, rng):
    means = rng.normal(size=(2, 5, 3, 4))
    data = to_arviz(
        {"means": means, "lp": means[..., 0]},
        log_likelihood=rng.normal(size=(2, 5, 3, 7)),
        sample_stats={"lp": np.full((2, 5, 3), -np.inf), "accepted": np.ones((2, 5, 3), bool)},
        observed=np.arange(7.0),
        dims={"means": ["component"]},
        coords={"component": list("abcd")},
    )
    assert data.posterior["means"].dims == ("chain", "draw", "component")
    assert_array_equal(data.posterior["means"][1 * 3 + 2, 4], means[1, 4, 2])
    assert data.posterior["lp"].shape == (6, 5)
    assert data.log_likelihood["X"].shape == (6, 5, 7)
    assert data.sample_stats["accepted"].dtype == bool
    assert_array_equal(data.observed_data["X"], np.arange(7.0))


def test_without_arviz(monkeypatch):
    monkeypatch.setitem(sys.modules, "arviz", None)
    with pytest.raises(ImportError, match=r"pip install skmixture\[arviz\]"):
        to_arviz({"x": np.zeros((1, 2, 3))})


def test_draws_that_arviz_cannot_take():
    x = np.zeros((1, 2, 3))
    with pytest.raises(ValueError, match="a name at least"):
        to_arviz({})
    with pytest.raises(ValueError, match=r"posterior\['x'\] has \(3, 2\) and sample_stats\['lp'\]"):
        to_arviz({"x": x}, sample_stats={"lp": np.zeros((1, 4, 3))})
    with pytest.raises(ValueError, match="sample_stats must have the shape"):
        to_arviz({"x": x}, sample_stats={"lp": np.zeros(3)})
