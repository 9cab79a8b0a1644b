"""Draws from posteriors: what is asked, what comes back, and what is refused."""

from __future__ import annotations

import pickle
import warnings
from types import SimpleNamespace

import emcee
import joblib
import numpy as np
import pytest
from data_at_hand import singer_transcript_counts
from posteriors import CHANCE, target_of
from scipy import sparse, stats
from sklearn.exceptions import ConvergenceWarning, NotFittedError

import skmixture
from skmixture import (
    BernoulliMixture,
    GaussianMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.families import Gaussian
from skmixture.inference import Posterior, sample_posterior, standard_errors
from skmixture.inference.posterior.looks import Looks
from skmixture.inference.posterior.plan import Plan
from skmixture.inference.posterior.storage import ChainMismatchError

# A chain that is short, for tests in which its length does not matter.
SHORT = {"n_walkers": 32, "n_steps": 20, "n_burn_in": 10, "random_state": 0}
PRIORS = {"rates": stats.gamma(2.0, scale=5.0)}


@pytest.fixture(scope="module")
def two_rates():
    X = np.random.RandomState(0).poisson(np.repeat([2.0, 15.0], [40, 60]))[:, None]
    return PoissonMixture(2, order_by="rates", random_state=0).fit(X), X


@pytest.fixture(scope="module")
def close_rates():
    """Rates so close, and rows so few, that components change places."""
    X = np.random.RandomState(0).poisson(np.repeat([3.0, 7.0], 15))[:, None]
    return PoissonMixture(2, order_by="rates", random_state=0).fit(X), X


@pytest.fixture(scope="module")
def rex1():
    X = singer_transcript_counts()[:, :1]
    return NegativeBinomialMixture(2, order_by="means", random_state=0).fit(X), X


def same(one, other):
    for name in ("coordinates", "log_prob", "accepted"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert list(one.raw) == list(other.raw)
    for name in one.raw:
        np.testing.assert_array_equal(one.raw[name], other.raw[name])
        np.testing.assert_array_equal(one.draws[name], other.draws[name])


# -- transcript counts -----------------------------------------------------------

# Of each: log10 of shape and of burst size are normal.
OF_COUNTS = {"sizes": ("log10", stats.norm(0, 1)), "burst_sizes": ("log10", stats.norm(2, 1))}


@pytest.fixture(scope="module")
def of_counts(rex1):
    options = {"n_burn_in": 200, "n_steps": 600, "random_state": 0}
    return sample_posterior(*rex1, priors=OF_COUNTS, order="means", **options)


def test_medians_and_intervals_of_transcript_counts(of_counts):
    """S3.14: As a sampler of another kind found them with the same priors."""
    draws = {name: of_counts.draws[name].reshape(-1, 2) for name in ("sizes", "burst_sizes")}
    np.testing.assert_allclose(np.median(draws["sizes"], axis=0), [2.86, 5.18], rtol=0.05)
    np.testing.assert_allclose(np.median(draws["burst_sizes"], axis=0), [5.35, 31.4], rtol=0.05)
    low = of_counts.draws["weights"][..., 0]
    np.testing.assert_allclose(np.median(low), 0.168, rtol=0.05)
    np.testing.assert_allclose(np.quantile(low, [0.025, 0.975]), [0.119, 0.234], rtol=0.05)


def test_the_low_weight_has_one_mode(of_counts):
    """S3.15."""
    low = of_counts.draws["weights"][..., 0].ravel()
    assert (low < 0.5).all()
    grid = np.linspace(low.min(), low.max(), 200)
    heights = stats.gaussian_kde(low[::20])(grid)
    peaks = (heights[1:-1] > heights[:-2]) & (heights[1:-1] > heights[2:])
    assert peaks[heights[1:-1] > 0.02 * heights.max()].sum() == 1
    table = of_counts.table()
    assert table["split_rhat"].max() < 1.05
    assert table["nested_rhat"].max() < 1.05


def test_predicted_distribution_functions_cover_that_of_the_rows(of_counts, rex1):
    """S3.16."""
    x = rex1[1][:, 0]
    points = np.unique(x)
    predicted = of_counts.predictive_ecdf(points, 200, random_state=0)
    low, high = np.quantile(predicted, [0.025, 0.975], axis=0)
    own = (x <= points[:, None]).mean(axis=1)
    assert ((low <= own) & (own <= high)).mean() >= 0.9
    of_one = NegativeBinomialMixture(1, random_state=0).fit(x[:, None])
    plain = sample_posterior(of_one, x[:, None], **SHORT).predictive_ecdf(
        points, 200, random_state=0
    )
    low, high = np.quantile(plain, [0.025, 0.975], axis=0)
    assert ((low <= own) & (own <= high)).mean() < 0.8


# -- labels ----------------------------------------------------------------------


def test_components_that_change_places_are_put_back(close_rates):
    model, X = close_rates
    posterior = sample_posterior(model, X, n_steps=300, n_walkers=64, random_state=0)
    switched = posterior.orders[..., 0] == 1
    assert 0.02 < switched.mean() < 0.98
    for name in ("weights", "rates"):
        raw, draws = posterior.raw[name], posterior.draws[name]
        np.testing.assert_array_equal(draws[~switched], raw[~switched])
        np.testing.assert_array_equal(draws[switched], raw[switched][:, ::-1])
    raw, draws = (np.diff(d["rates"][..., 0])[..., 0] > 0 for d in (posterior.raw, posterior.draws))
    assert draws.mean() > max(raw.mean(), 0.9)
    target = target_of(model, X)
    again = target(posterior.coordinates.reshape(-1, 3)).reshape(300, 64)  # whatever the labels
    np.testing.assert_allclose(posterior.log_prob, again, rtol=1e-10)


def test_raw_labels_are_exchangeable(close_rates):
    """With the same priors for all components, long chains are in either order equally often."""
    model, X = close_rates
    posterior = sample_posterior(
        model, X, n_steps=1500, n_walkers=32, n_ensembles=1, random_state=0
    )
    up = np.diff(posterior.raw["rates"][..., 0])[..., 0] > 0
    by_part = up.reshape(10, -1).mean(axis=1)
    assert abs(up.mean() - 0.5) < 4 * by_part.std(ddof=1) / np.sqrt(10) + 0.02


ORDERS = {
    "rates": ("rates", lambda draws: draws["rates"][..., 0]),
    "weights": ("weights", lambda draws: draws["weights"]),
    "callable": (
        lambda values: values["weights"] * values["rates"][:, 0],
        lambda draws: draws["weights"] * draws["rates"][..., 0],
    ),
}


@pytest.mark.parametrize("by", ORDERS)
def test_draws_keep_an_order(close_rates, by):
    order, key = ORDERS[by]
    posterior = sample_posterior(*close_rates, order=order, **{**SHORT, "n_steps": 60})
    assert posterior.orders is None
    assert (np.diff(key(posterior.draws)) > 0).all()
    assert posterior.acceptance.min() > 0.05


def test_an_order_makes_no_difference_but_for_labels(close_rates):
    """What has no labels has the same posterior."""
    options = {"n_steps": 600, "n_walkers": 64, "random_state": 0}
    free = sample_posterior(*close_rates, **options)
    kept = sample_posterior(*close_rates, order="rates", **options)
    for of in (lambda d: d["rates"].max(axis=(2, 3)), lambda d: d["rates"].min(axis=(2, 3))):
        one, other = (of(p.raw)[::60].ravel() for p in (free, kept))
        assert stats.ks_2samp(one, other).pvalue > CHANCE


# -- what stays where it is --------------------------------------------------------


def test_weights_that_are_held(two_rates):
    """S0.11: The target is the marginal likelihood times the prior of the rates."""
    model, X = two_rates
    posterior = sample_posterior(model, X, fixed=("weights",), priors=PRIORS, **SHORT)
    assert (posterior.raw["weights"] == model.weights_).all()
    assert posterior.names == ["log rates[0, 0]", "log rates[1, 0]"]
    rates = posterior.raw["rates"][:, :, None, :, 0]
    pmf = stats.poisson(rates).pmf(X[:, 0][:, None]) * model.weights_
    expected = np.log(pmf.sum(axis=3)).sum(axis=2)
    expected += stats.gamma(2.0, scale=5.0).logpdf(rates).sum(axis=(2, 3))
    expected += np.log(rates).sum(axis=(2, 3))  # of the coordinates
    np.testing.assert_allclose(posterior.log_prob, expected, rtol=1e-10)
    own = posterior.log_likelihood + posterior.log_prior + np.log(rates).sum(axis=(2, 3))
    np.testing.assert_allclose(own, expected, rtol=1e-10)


def test_what_the_model_holds_is_held(two_rates):
    X = two_rates[1]
    model = PoissonMixture(2, fixed={"rates": [[2.0], [np.nan]]}, random_state=0).fit(X)
    posterior = sample_posterior(model, X, **SHORT)
    assert (posterior.raw["rates"][:, :, 0] == 2.0).all()
    assert "rates[0, 0]" in posterior.held
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        table = posterior.summary()  # no warning of what never changes
    assert table["sd"][table.names.index("rates[0, 0]")] == 0


# -- the same again ------------------------------------------------------------------


def test_the_same_for_any_number_of_jobs(two_rates):
    """S0.14."""
    before = np.random.get_state()[1].copy()
    one = sample_posterior(*two_rates, n_jobs=1, **{**SHORT, "n_steps": 45})
    two = sample_posterior(*two_rates, n_jobs=2, **{**SHORT, "n_steps": 45})
    same(one, two)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    other = sample_posterior(*two_rates, **{**SHORT, "random_state": 1})
    assert (other.coordinates != one.coordinates[:20]).any()


def test_the_models_own_seed(two_rates):
    model, X = two_rates
    options = {**SHORT, "random_state": None}
    same(sample_posterior(model, X, **options), sample_posterior(model, X, **options))


def test_ensembles_know_nothing_of_each_other(two_rates):
    """Two of a seed are not one twice."""
    posterior = sample_posterior(*two_rates, **SHORT)
    assert posterior.n_ensembles == 2
    first, second = np.split(posterior.coordinates, 2, axis=1)
    assert (first[-1] != second[-1]).all()


def test_the_model_is_left_as_it_is(two_rates):
    model, X = two_rates
    before = pickle.dumps(model)
    sample_posterior(model, X, **SHORT)
    assert pickle.dumps(model) == before


@pytest.mark.parametrize(
    "moves",
    [emcee.moves.StretchMove(), [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]],
    ids=["one", "several"],
)
def test_moves_of_emcee(rng, moves):
    x = rng.poisson(4.0, size=(20, 1))
    model = PoissonMixture(1, random_state=0).fit(x)
    posterior = sample_posterior(
        model, x, priors=PRIORS, moves=moves, n_walkers=32, n_steps=300, n_ensembles=1,
        random_state=0,
    )  # fmt: skip
    table, exact = posterior.table(), stats.gamma(2 + x.sum(), scale=1 / 20.2)
    row = table.names.index("rates[0, 0]")
    assert abs(table["mean"][row] - exact.mean()) < 4 * table["mcse"][row]


# -- chains on file --------------------------------------------------------------------


def test_a_chain_that_is_continued_is_one_chain(two_rates, tmp_path):
    """S0.13."""
    path = tmp_path / "chain.h5"
    whole = sample_posterior(*two_rates, **{**SHORT, "n_steps": 100})
    first = sample_posterior(*two_rates, backend=path, **{**SHORT, "n_steps": 50})
    assert first.n_steps == 50
    both = sample_posterior(*two_rates, backend=path, resume=True, **{**SHORT, "n_steps": 50})
    same(whole, both)
    again = sample_posterior(*two_rates, backend=tmp_path / "b.h5", **{**SHORT, "n_steps": 100})
    same(whole, again)


def test_a_chain_that_emcee_reads(two_rates, tmp_path):
    path = tmp_path / "chain.h5"
    posterior = sample_posterior(*two_rates, backend=path, **SHORT)
    for backend in (emcee.backends.HDFBackend(path, read_only=True), posterior.backend):
        np.testing.assert_array_equal(backend.get_chain(), posterior.coordinates)
        np.testing.assert_array_equal(backend.get_log_prob(), posterior.log_prob)
        np.testing.assert_array_equal(backend.accepted, posterior.accepted.sum(axis=0))
        assert backend.iteration == 20
    in_memory = sample_posterior(*two_rates, **SHORT)
    np.testing.assert_array_equal(
        in_memory.backend.get_chain(flat=True), posterior.get_chain(flat=True)
    )
    np.testing.assert_array_equal(in_memory.backend.accepted, posterior.accepted.sum(axis=0))


def test_an_existing_chain_is_not_erased(two_rates, tmp_path):
    """S0.13."""
    path = tmp_path / "chain.h5"
    posterior = sample_posterior(*two_rates, backend=path, **SHORT)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="resume=True goes on with it"):
        sample_posterior(*two_rates, backend=path, **SHORT)
    assert path.read_bytes() == before
    other = sample_posterior(
        *two_rates, backend=path, overwrite=True, **{**SHORT, "random_state": 1}
    )
    assert (other.coordinates != posterior.coordinates).any()


MISMATCHES = {
    "data": lambda model, X: ((model, X + 1), {}),
    "a row's weight": lambda model, X: ((model, X), {"sample_weight": np.full(len(X), 2.0)}),
    "model": lambda model, X: ((PoissonMixture(2, random_state=1, tol=0.1).fit(X), X), {}),
    "family": lambda model, X: ((NegativeBinomialMixture(2, random_state=0).fit(X), X), {}),
    "components": lambda model, X: ((PoissonMixture(3, random_state=0).fit(X), X), {}),
    "prior": lambda model, X: ((model, X), {"priors": PRIORS}),
    "walkers": lambda model, X: ((model, X), {"n_walkers": 40}),
    "ensembles": lambda model, X: ((model, X), {"n_ensembles": 1}),
    "moves": lambda model, X: ((model, X), {"moves": emcee.moves.StretchMove()}),
    "fixed": lambda model, X: ((model, X), {"fixed": ["weights"]}),
    "order": lambda model, X: ((model, X), {"order": "rates"}),
    "labels": lambda model, X: ((model, X), {"labels": np.repeat([0, -1], [40, 60])}),
    "prior only": lambda model, X: ((model, X), {"prior_only": True}),
}


@pytest.mark.parametrize("what", MISMATCHES)
def test_another_chain_is_not_resumed(two_rates, tmp_path, what):
    """S0.13."""
    path = tmp_path / "chain.h5"
    sample_posterior(*two_rates, backend=path, **SHORT)
    before = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of other fits
        of, options = MISMATCHES[what](*two_rates)
        with pytest.raises(ValueError, match="is another one"):
            sample_posterior(*of, backend=path, resume=True, **{**SHORT, **options})
    assert path.read_bytes() == before


def test_a_prior_that_only_looks_the_same_is_another(two_rates, tmp_path):
    """Functions have no name, but values."""
    path = tmp_path / "chain.h5"

    def of_rate(rate):
        return {"rates": lambda value: -rate * value.sum(axis=(1, 2))}

    sample_posterior(*two_rates, backend=path, priors=of_rate(1.0), **SHORT)
    sample_posterior(*two_rates, backend=path, priors=of_rate(1.0), resume=True, **SHORT)
    with pytest.raises(ValueError, match=r"priors\['rates'\] \('a function'\) differs"):
        sample_posterior(*two_rates, backend=path, priors=of_rate(1.1), resume=True, **SHORT)


OTHERS = {
    "prior": (
        {"priors": {"rates": stats.gamma(2.0, scale=7)}},
        "priors['rates'] was 'gamma(2, scale=5)' and is 'gamma(2, scale=7)'",
    ),
    "burn-in": ({"n_burn_in": 7}, "n_burn_in was '10' and is '7'"),
    "walkers": ({"n_walkers": 64}, "n_walkers was '32' and is '64'"),
    "fixed": ({"fixed": ["weights"]}, "fixed was '()' and is"),
    "prior_only": ({"prior_only": True}, "prior_only was 'False' and is 'True'"),
    "weights": ({"sample_weight": np.full(100, 2.0)}, "sample_weight was absent and is 'given'"),
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_differs_is_named_as_the_option_is(two_rates, tmp_path, what):
    path = tmp_path / "chain.h5"
    begun = {**SHORT, "n_steps": 2, "backend": path, "priors": PRIORS}
    sample_posterior(*two_rates, **begun)
    options, told = OTHERS[what]
    with pytest.raises(ChainMismatchError) as raised:
        sample_posterior(*two_rates, **{**begun, "resume": True, **options})
    assert told in str(raised.value)
    assert "array" not in str(raised.value)


def test_another_number_of_components_is_told(two_rates, tmp_path):
    path = tmp_path / "chain.h5"
    X = two_rates[1]
    sample_posterior(*two_rates, backend=path, **SHORT)
    three = PoissonMixture(3, random_state=0, tol=1e-2).fit(X)
    with pytest.raises(ChainMismatchError, match="n_components=2' and is .*n_components=3"):
        sample_posterior(three, X, backend=path, resume=True, **SHORT)


def test_a_resumed_chain_has_its_own_burn_in(two_rates, tmp_path):
    path = tmp_path / "chain.h5"
    sample_posterior(*two_rates, backend=path, **SHORT)
    options = {name: value for name, value in SHORT.items() if name != "n_burn_in"}
    longer = sample_posterior(*two_rates, backend=path, resume=True, **options)
    assert longer.n_steps == 40


def test_a_resumed_chain_needs_no_file(two_rates, tmp_path):
    path = tmp_path / "chain.h5"
    posterior = sample_posterior(*two_rates, backend=path, resume=True, **SHORT)
    same(posterior, sample_posterior(*two_rates, **SHORT))


@pytest.mark.parametrize("content", [b"", b"not HDF5", b"\x89HDF\r\n\x1a\n damaged"], ids=str)
@pytest.mark.parametrize("options", [{}, {"resume": True}, {"overwrite": True}], ids=str)
def test_foreign_files_are_left_alone(two_rates, tmp_path, content, options):
    path = tmp_path / "chain.h5"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="backend"):
        sample_posterior(*two_rates, backend=path, **SHORT, **options)
    assert path.read_bytes() == content


def test_places_where_no_file_can_be(two_rates, tmp_path):
    for path in (tmp_path, tmp_path / "none" / "chain.h5"):
        with pytest.raises(ValueError, match="backend"):
            sample_posterior(*two_rates, backend=path, **SHORT)


# -- how far to trust it -----------------------------------------------------------------


def test_a_summary(two_rates):
    """S0.15."""
    posterior = sample_posterior(*two_rates, n_walkers=64, n_steps=1000, random_state=0)
    table = posterior.summary()
    assert list(table.names) == ["weights[0]", "weights[1]", "rates[0, 0]", "rates[1, 0]"]
    for column in ("mean", "sd", "tau", "ess", "mcse", "split_rhat", "nested_rhat"):
        assert np.isfinite(table[column]).all(), column
    np.testing.assert_allclose(table["mean"][:2], posterior.draws["weights"].mean(axis=(0, 1)))
    own = emcee.autocorr.integrated_time(posterior.draws["rates"][..., 0, 0], quiet=True)[0]
    assert abs(table["tau"][2] / own - 1) < 0.3
    assert "accepted" in str(table)
    assert ((0.1 < posterior.acceptance) & (posterior.acceptance < 0.9)).all()
    by_ensemble = posterior.accepted.reshape(1000, 2, 32).mean(axis=(0, 2))
    np.testing.assert_allclose(posterior.acceptance, by_ensemble)


def test_short_chains_are_told_of(two_rates):
    """S0.15."""
    posterior = sample_posterior(*two_rates, **{**SHORT, "n_steps": 60})
    with pytest.warns(ConvergenceWarning, match="50 autocorrelation times") as caught:
        posterior.summary()
    assert caught[0].filename == __file__


def test_a_chain_goes_on_until_it_is_worth_enough(two_rates):
    posterior = sample_posterior(*two_rates, n_walkers=64, target_ess=2000, random_state=0)
    table = posterior.summary()
    assert table["ess"].min() >= 2000
    assert table["tau"].max() * 50 <= posterior.n_steps < 3000


def test_a_chain_that_is_not_worth_enough(two_rates, monkeypatch):
    monkeypatch.setattr("skmixture.inference.posterior.chains.MOST_STEPS", 100)
    with pytest.warns(ConvergenceWarning, match="after 100 steps") as caught:
        sample_posterior(*two_rates, n_walkers=32, random_state=0)
    assert caught[0].filename == __file__


def test_an_interrupted_call_has_its_steps(two_rates, monkeypatch):
    from skmixture.inference.posterior.ensembles import Ensembles

    as_ever = Ensembles.steps

    def steps(self, number, n_jobs=None):
        for i, record in enumerate(as_ever(self, number, n_jobs)):
            if i == 12:
                raise KeyboardInterrupt
            yield record

    monkeypatch.setattr(Ensembles, "steps", steps)
    whole = {**SHORT, "n_steps": 30}
    with pytest.warns(UserWarning, match="interrupted: 12 steps are there"):
        posterior = sample_posterior(*two_rates, **whole)
    monkeypatch.undo()
    assert posterior.n_steps == 12
    unbroken = sample_posterior(*two_rates, **whole)
    np.testing.assert_array_equal(posterior.coordinates, unbroken.coordinates[:12])


# -- what follows --------------------------------------------------------------------------


def test_saved_and_loaded(two_rates, tmp_path):
    posterior = sample_posterior(*two_rates, **SHORT)
    posterior.save(tmp_path / "posterior.npz")
    joblib.dump(posterior, tmp_path / "posterior.joblib")
    for loaded in (
        skmixture.load(tmp_path / "posterior.npz"),
        Posterior.from_dict(posterior.to_dict()),
        pickle.loads(pickle.dumps(posterior)),
        joblib.load(tmp_path / "posterior.joblib"),
    ):
        same(posterior, loaded)
        assert loaded.priors == posterior.priors
        assert loaded.names == posterior.names
        np.testing.assert_array_equal(loaded.orders, posterior.orders)
        assert loaded.sample_predictive(5, 7, random_state=0).shape == (5, 7, 1)
        with pytest.raises(ValueError, match="needs the data"):
            loaded.loo()


def test_tables_for_pandas(two_rates):
    pytest.importorskip("pandas")
    posterior = sample_posterior(*two_rates, **SHORT)
    frame = posterior.to_frame(thin=5)
    assert len(frame) == 4 * 32
    np.testing.assert_array_equal(
        frame.loc[(9, 3), "rates[1, 0]"], posterior.draws["rates"][9, 3, 1, 0]
    )
    np.testing.assert_array_equal(frame.loc[19, "log_prob"], posterior.log_prob[19])


def test_chains_for_arviz(two_rates):
    pytest.importorskip("arviz")
    posterior = sample_posterior(*two_rates, **SHORT)
    found = posterior.to_arviz(log_likelihood=True)
    np.testing.assert_array_equal(
        np.asarray(found.posterior["rates"])[3], posterior.draws["rates"][:, 3]
    )
    rows = np.asarray(found.log_likelihood["X"])
    assert rows.shape == (32, 20, 100)
    np.testing.assert_allclose(rows.sum(axis=2).T, posterior.log_likelihood, rtol=1e-10)


def test_left_out_rows_of_a_conjugate_law(rng):
    """The density of each row is a negative binomial one, given the others."""
    x = rng.poisson(4.0, size=(30, 1))
    posterior = sample_posterior(
        PoissonMixture(1, random_state=0).fit(x), x, priors=PRIORS, n_steps=400, n_walkers=64,
        random_state=0,
    )  # fmt: skip
    shapes, rate = 2.0 + x.sum() - x[:, 0], 29 + 0.2
    exact = stats.nbinom(shapes, rate / (rate + 1)).logpmf(x[:, 0]).sum()
    found = posterior.loo(5000), posterior.waic(5000)
    assert abs(found[0].elpd - exact) < 0.05
    assert abs(found[0].elpd - found[1].elpd) < 0.05


def test_log_densities_of_rows(two_rates):
    posterior = sample_posterior(*two_rates, **SHORT)
    rows = posterior.pointwise_log_likelihood(50)
    assert rows.shape == (50, 100)
    own = posterior.model_at(19, 31)
    np.testing.assert_allclose(rows[-1], own.score_samples(two_rates[1]), rtol=1e-10)
    total = posterior.log_likelihood + posterior.log_prior
    target = target_of(*two_rates)
    jacobian = target.likelihood.chart.log_jacobian(posterior.coordinates.reshape(-1, 3))
    np.testing.assert_allclose(posterior.log_prob, total + jacobian.reshape(20, 32), rtol=1e-10)


def test_weighted_rows_count_as_often_in_criteria(rng):
    x, weight = rng.poisson(4.0, size=(30, 1)), rng.randint(1, 3, size=30)
    model = PoissonMixture(1, random_state=0).fit(x, sample_weight=weight)
    weighted = sample_posterior(model, x, sample_weight=weight, **SHORT)
    repeated = sample_posterior(model, np.repeat(x, weight, axis=0), **SHORT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert abs(weighted.waic().elpd - repeated.waic().elpd) < 1e-6


def test_functions_of_draws(two_rates):
    posterior = sample_posterior(*two_rates, **SHORT)
    means = posterior.function(lambda values: values["weights"] @ values["rates"])
    expected = (posterior.raw["weights"][..., None] * posterior.raw["rates"]).sum(axis=2)
    np.testing.assert_allclose(means, expected, rtol=1e-12)
    thinned = posterior.function(lambda values: values["weights"][0], thin=4)
    np.testing.assert_array_equal(thinned, posterior.draws["weights"][3::4, :, 0])


def test_predictions_with_exposures_and_strata(rng):
    exposure, strata = rng.uniform(0.5, 3.0, size=80), rng.randint(2, size=80)
    X = rng.poisson(np.where(strata, 15.0, 2.0) * exposure)[:, None]
    model = PoissonMixture(2, order_by="rates", random_state=0)
    given = {"exposure": exposure, "strata": strata}
    posterior = sample_posterior(model.fit(X, **given), X, **given, **SHORT)
    assert posterior.raw["strata_weights"].shape == (20, 32, 2, 2)
    sets = posterior.sample_predictive(30, random_state=0)
    assert sets.shape == (30, 80, 1)
    middle = sets[..., 0].mean(axis=0)
    assert np.corrcoef(middle, np.where(strata, 15.0, 2.0) * exposure)[0, 1] > 0.8
    few = posterior.sample_predictive(3, 4, exposure=np.ones(4), strata=[0, 0, 1, 1])
    assert few.shape == (3, 4, 1)
    points = np.arange(10.0)
    parts = posterior.predictive_ecdf(points, 30, random_state=0)
    np.testing.assert_allclose(parts, (sets <= points).mean(axis=1))
    with pytest.raises(ValueError, match="must be given"):
        posterior.sample_predictive(3, 4)
    rows = posterior.pointwise_log_likelihood(10)
    own = posterior.model_at(19, 31)
    np.testing.assert_allclose(rows[-1], own.score_samples(X, **given), rtol=1e-10)


def test_names_that_are_not_there(two_rates):
    posterior = sample_posterior(*two_rates, **SHORT)
    with pytest.raises(KeyError, match="'rates'"):
        posterior.draws["rate"]
    with pytest.raises(ValueError, match="n_draws"):
        posterior.sample_predictive(20 * 32 + 1)
    assert "20 steps of 32 walkers in 2 ensembles" in repr(posterior)


# -- rows of other kinds -------------------------------------------------------------------


def test_rows_of_other_containers(two_rates):
    pandas = pytest.importorskip("pandas")
    model, X = two_rates
    plain = sample_posterior(model, X, **SHORT)
    same(plain, sample_posterior(model, X.tolist(), **SHORT))
    frame = pandas.DataFrame(X, columns=["count"])
    framed = PoissonMixture(2, order_by="rates", random_state=0).fit(frame)
    same(plain, sample_posterior(framed, frame, **SHORT))


def test_sparse_rows(rng):
    X = sparse.csr_matrix((rng.uniform(size=(40, 5)) < 0.3).astype(float))
    model = BernoulliMixture(1, random_state=0).fit(X)
    found = sample_posterior(model, X, **SHORT)
    dense = sample_posterior(model, X.toarray(), **SHORT)
    np.testing.assert_allclose(found.log_prob, dense.log_prob, rtol=1e-9)


def test_rows_on_file(two_rates, tmp_path):
    model, X = two_rates
    np.save(tmp_path / "X.npy", X.astype(float))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    same(sample_posterior(model, X, **SHORT), sample_posterior(model, mapped, **SHORT))


def test_missing_values(rng):
    """Of columns that are independent a row without a value is one of fewer columns."""
    X = rng.poisson(4.0, size=(40, 2)).astype(float)
    X[rng.uniform(size=X.shape) < 0.3] = np.nan
    model = PoissonMixture(1, random_state=0).fit(X)
    posterior = sample_posterior(model, X, priors=PRIORS, n_steps=300, n_walkers=64, random_state=0)
    table = posterior.table()
    for j in (0, 1):
        own = X[~np.isnan(X[:, j]), j]
        exact = stats.gamma(2 + own.sum(), scale=1 / (len(own) + 0.2))
        row = table.names.index(f"rates[0, {j}]")
        assert abs(table["mean"][row] - exact.mean()) < 4 * table["mcse"][row]


# -- what is refused -----------------------------------------------------------------------

EVEN = np.full((100, 2), 0.5)
UNFIT = {
    "method": ({"method": "hmc"}, "method must be"),
    "no steps": ({"n_steps": 0}, "n_steps must be"),
    "half a step": ({"n_steps": 2.5}, "n_steps must be"),
    "burn-in": ({"n_burn_in": -1}, "n_burn_in must be"),
    "few walkers": ({"n_walkers": 6}, "too few"),
    "few walkers in each": ({"n_walkers": 12, "n_ensembles": 2}, "too few"),
    "uneven walkers": ({"n_walkers": 33, "n_ensembles": 2}, "multiple"),
    "ensembles": ({"n_ensembles": 0}, "n_ensembles must be"),
    "worth": ({"target_ess": 0}, "target_ess must be"),
    "order": ({"order": "rate"}, "'rates'"),
    "order of one number": ({"order": lambda values: 1.0}, "order"),
    "fixed": ({"fixed": ["rate"]}, "'rates'"),
    "fixed word": ({"fixed": "rates"}, "fixed must be names"),
    "fixed value": ({"fixed": {"rate": [[1.0], [2.0]]}}, "'rates'"),
    "all fixed": ({"fixed": ["weights", "rates"]}, "nothing is left"),
    "labels twice": ({"labels": np.zeros(100, int), "responsibilities": EVEN}, "one of them"),
    "labels beyond": ({"labels": np.full(100, 2)}, "labels"),
    "few labels": ({"labels": np.zeros(99, int)}, "labels"),
    "responsibilities": ({"responsibilities": 1.2 * EVEN}, "responsibilities"),
    "few responsibilities": ({"responsibilities": EVEN[1:]}, "responsibilities"),
    "labels and order": ({"labels": np.repeat([0, 1], 50), "order": "rates"}, "leave it out"),
    "weights of rows": ({"sample_weight": np.ones(99)}, "sample_weight"),
    "negative weights": ({"sample_weight": -np.ones(100)}, "sample_weight"),
    "exposure": ({"exposure": np.ones(99)}, "exposure"),
    "negative exposure": ({"exposure": -np.ones(100)}, "exposure"),
    "strata": ({"strata": np.zeros(100, int)}, "strata"),
    "resume and overwrite": (
        {"resume": True, "overwrite": True, "backend": "chain.h5"},
        "overwrite=True erases",
    ),
    "moves": ({"moves": "stretch"}, "moves must be a move of emcee"),
    "backend": ({"backend": 3}, "backend must be the path"),
    "n_jobs": ({"n_jobs": 0}, "n_jobs must be"),
    "resume what": ({"resume": True}, "resume=True needs backend="),
    "overwrite what": ({"overwrite": True}, "overwrite=True needs backend="),
    "exposure of a fit without": ({"exposure": np.full(100, 2.0)}, "fitted without size factors"),
    "prior beyond": (
        {"priors": {"rates": stats.uniform(0, 1)}},
        r"rates has density 0 .* uniform\(0, 1\) at rates\[0, 0\] = \d",
    ),
    "flat": ({"priors": {"rates": "flat"}}, "'rates' is flat"),
    "flat alone": ({"priors": {"rates": "flat"}, "prior_only": True}, "no probability"),
    "a prior of a model": ({"priors": {"rates": stats.gamma}}, "frozen"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_unfit_options_are_named(two_rates, what):
    options, match = UNFIT[what]
    with pytest.raises(ValueError, match=match):
        sample_posterior(*two_rates, **{**SHORT, **options})


def test_what_is_no_fitted_mixture(two_rates):
    X = two_rates[1]
    with pytest.raises(NotFittedError):
        sample_posterior(PoissonMixture(2), X, **SHORT)
    with pytest.raises(TypeError, match="mixture"):
        sample_posterior("model", X, **SHORT)


@pytest.mark.parametrize(
    "X", [np.ones((5, 2)), np.ones(5), np.full((5, 1), np.inf), -np.ones((5, 1)), np.zeros((0, 1))],
    ids=["columns", "one axis", "infinite", "negative", "none"],
)  # fmt: skip
def test_unfit_rows(two_rates, X):
    with pytest.raises(ValueError, match="X|sample|Expected|feature"):
        sample_posterior(two_rates[0], X, **SHORT)


def test_a_flat_prior_is_refused_where_nothing_bounds_it(rng):
    """The size of one negative binomial law, but not its mean, nor what labels bound."""
    x = rng.negative_binomial(2, 0.1, size=60)[:, None]
    model = NegativeBinomialMixture(1, random_state=0).fit(x)
    with pytest.raises(ValueError, match="'sizes' is flat, and the rows do not bound it"):
        sample_posterior(model, x, priors={"sizes": "flat"}, **SHORT)
    sample_posterior(model, x, priors={"means": "flat"}, **SHORT)
    two = GaussianMixture(2, random_state=0, order_by="means")
    z = np.concatenate([rng.normal(size=20), rng.normal(9.0, size=20)])[:, None]
    with pytest.raises(ValueError, match="'means' is flat"):
        sample_posterior(two.fit(z), z, priors={"means": "flat"}, **SHORT)
    sample_posterior(two, z, priors={"means": "flat"}, labels=np.repeat([0, 1], 20), **SHORT)


def test_chunked_rows(two_rates):
    """They would be read once a step: a table in memory is asked for."""
    dask = pytest.importorskip("dask.array")
    model, X = two_rates
    with pytest.raises((TypeError, ValueError), match="[Dd]ask|memory"):
        sample_posterior(model, dask.from_array(X, chunks=(50, 1)), **SHORT)


def test_functions_that_are_as_good_as_flat(two_rates):
    """They are no priors of a component that may have no row; those that fall are."""
    flat = {"rates": lambda value: np.zeros(len(value))}
    with pytest.raises(ValueError, match="'rates' is flat"):
        sample_posterior(*two_rates, priors=flat, **SHORT)
    with pytest.raises(ValueError, match="no probability"):
        sample_posterior(*two_rates, priors=flat, prior_only=True, **SHORT)
    sample_posterior(*two_rates, priors=flat, labels=np.repeat([0, 1], [40, 60]), **SHORT)
    cauchy = {"rates": lambda value: stats.halfcauchy(scale=5.0).logpdf(value)}
    sample_posterior(*two_rates, priors=cauchy, **SHORT)


def test_what_a_prior_raises_is_raised_alone(two_rates, capsys, tmp_path):
    """And the steps before it are on file."""
    calls = []

    def prior(value):
        calls.append(len(value))
        if len(calls) == 40:
            raise ZeroDivisionError("of the user's")
        return -value.sum(axis=(1, 2))

    options = {**SHORT, "priors": {"rates": prior}, "backend": tmp_path / "chain.h5"}
    with pytest.raises(ZeroDivisionError, match="of the user's"):
        sample_posterior(*two_rates, **{**options, "n_burn_in": 0})
    assert not capsys.readouterr().out
    resumed = sample_posterior(*two_rates, resume=True, **{**options, "n_burn_in": 0})
    whole = sample_posterior(*two_rates, **{**options, "n_burn_in": 0, "backend": None})
    assert resumed.n_steps > 20
    np.testing.assert_array_equal(resumed.coordinates[:20], whole.coordinates)


def test_draws_from_priors_alone_keep_their_labels(two_rates):
    """The rows, which are left out, do not put them elsewhere."""
    posterior = sample_posterior(*two_rates, priors=PRIORS, prior_only=True, **SHORT)
    assert posterior.orders is None
    np.testing.assert_array_equal(posterior.draws["rates"], posterior.raw["rates"])


@pytest.mark.parametrize(
    ("short", "least", "longest"), [("worth 9", 9.0, 1.0), ("shorter than 50", 2000.0, 30.0)]
)
def test_what_a_chain_is_short_of(two_rates, short, least, longest):
    """Of two reasons the one that there is."""
    chain = SimpleNamespace(n_steps=100)
    looks = Looks(two_rates[0], None, chain, Plan(1, 8, None, 0, 1000.0))
    looks._worth = least, longest
    (told,) = looks._short()
    assert short in told


def test_exposure_of_a_model_that_has_none(two_rates):
    """Its rates are of rows as they are; parameters that were given have had no rows."""
    model, X = two_rates
    with pytest.raises(ValueError, match="fitted without size factors"):
        standard_errors(model, X, exposure=np.full(100, 2.0))
    given = PoissonMixture.from_params(weights=[1.0], rates=[[3.0]])
    sample_posterior(given, X, exposure=np.full(100, 2.0), **SHORT)


def test_a_table_of_what_is_derived():
    """By name, and by default where it has a prior."""
    x = np.random.RandomState(0).negative_binomial(2, 0.1, size=60)[:, None]
    model = NegativeBinomialMixture(1, random_state=0).fit(x)
    plain = sample_posterior(model, x, **SHORT)
    names = ["weights[0]", "means[0, 0]", "sizes[0, 0]"]
    assert list(plain.table().names) == names
    assert list(plain.table(names=["burst_sizes"]).names) == ["burst_sizes[0, 0]"]
    priors = {"sizes": stats.gamma(2.0), "burst_sizes": ("log10", stats.norm(1.0, 1.0))}
    believed = sample_posterior(model, x, priors=priors, **SHORT)
    assert list(believed.table().names) == [*names, "burst_sizes[0, 0]"]
    for unfit in ("means", ["burst"], []):
        with pytest.raises(ValueError, match="names must be .*'burst_sizes'"):
            plain.table(names=unfit)


def test_places_that_are_not_there(two_rates):
    posterior = sample_posterior(*two_rates, **SHORT)
    for name, call in {
        "column": lambda: posterior.predictive_ecdf([1.0], 2, column=4),
        "step": lambda: posterior.model_at(20, 0),
        "walker": lambda: posterior.model_at(0, 32),
        "thin": lambda: posterior.get_chain(thin=0),
        "discard": lambda: posterior.get_chain(discard=100),
    }.items():
        with pytest.raises(ValueError, match=f"{name} must be an int from"):
            call()
    with pytest.raises(KeyError, match="'rate' is none of .*'rates'"):
        posterior.function(lambda values: values["rate"])


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("kind", ["full", "diag"])
def test_flat_means_and_covariances_need_enough_rows(rng, kind, d):
    """More than 2 d + 1 for matrices, whose marginal is inverse Wishart, and 3 for variances."""
    least = 2 * d + 2 if kind == "full" else 4
    x = rng.normal(0, 3, size=(least, d))
    priors = {"means": "flat", "covariances": "flat"}
    model = Mixture(Gaussian(kind), 1)
    sample_posterior(model.fit(x), x, priors=priors, **SHORT)
    model.fit(x[:-1])
    with pytest.raises(ValueError, match="improper: the prior of 'covariances' is flat"):
        sample_posterior(model, x[:-1], priors=priors, **SHORT)
    sample_posterior(model, x[:-1], priors={"means": "flat"}, **SHORT)


@pytest.mark.parametrize("method", ["ensemble", "gibbs"])
def test_an_interrupt_in_the_burn_in_is_raised_as_it_is(two_rates, capsys, method):
    calls = []

    def prior(value):
        calls.append(len(value))
        if len(calls) == 60:
            raise KeyboardInterrupt
        return -value.sum(axis=(1, 2))

    options = {**SHORT, "n_burn_in": 200, "method": method, "priors": {"rates": prior}}
    with pytest.raises(KeyboardInterrupt):
        sample_posterior(*two_rates, **options)
    told = capsys.readouterr()
    assert not told.out + told.err
