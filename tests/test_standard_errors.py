"""Standard errors: against closed forms, and over the registry against the score of the model."""

from __future__ import annotations

import numpy as np
import pytest
from cases import CASES
from data_at_hand import singer_transcript_counts

from skmixture import (
    BernoulliMixture,
    BinomialMixture,
    GaussianMixture,
    LaplaceMixture,
    Mixture,
    MultinomialMixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.datasets import load_old_faithful
from skmixture.engine.coordinates import Coordinates
from skmixture.engine.state import State
from skmixture.families import FromLogPDF, FromScipy, Gaussian, Laplace
from skmixture.inference import standard_errors
from skmixture.law.constraints import FREE
from skmixture.priors import Gamma

BY_NAME = {case.name: case for case in CASES}
SOME = ["Gaussian-full", "NegativeBinomial-columns", "VonMisesFisher-sphere", "Components"]
some = pytest.mark.parametrize("name", SOME)
at_edges = pytest.mark.filterwarnings("ignore:.*(ended at|grew without bound|do not tell)")
COUNTS = np.random.RandomState(0).poisson(3.0, size=(200, 1))


def fitted(case, X, **beside):
    """The fit that the truth leads to."""
    truth = dict(weights_init=case.weights, params_init=case.params)
    return Mixture(case.family, case.n_components, **truth).fit(X, **beside)


def second_difference(function, step=0.2):
    """At 0, extrapolated twice."""
    middle = function(0.0)
    by_step = [(function(h) - 2 * middle + function(-h)) / h**2 for h in step / 2 ** np.arange(3)]
    return (64 * by_step[2] - 20 * by_step[1] + by_step[0]) / 45


# -- over the registry --------------------------------------------------------


@at_edges
def test_information_is_the_curvature_of_score(case):
    """Along the axes of the covariance, where the log-likelihood falls by half a square."""
    X, _ = case.draw(300)
    model = fitted(case, X)
    if has_kinks(case.family):
        with pytest.raises(ValueError, match="no second derivative by .*kind='opg'"):
            standard_errors(model, X)
        return
    se = standard_errors(model, X)
    if not se.positive_definite or np.nanmax(se.errors) > 3:
        pytest.skip("the rows hardly tell some parameter")
    params = {name: value[None] for name, value in model._params().items()}
    state = State(model.weights_[None, None], params)
    coordinates = Coordinates(model.family_, FREE, state)
    if coordinates.size != len(se.names) + 1:
        pytest.skip("some coordinates are of no category")
    z, last = coordinates.of(state)[0], coordinates.n_weights - 1
    roots = np.linalg.cholesky(se.covariance)
    rng = np.random.RandomState(0)
    for _ in range(3):
        direction = roots @ rng.normal(size=len(roots))
        direction /= np.sqrt(direction @ se.information @ direction)
        full = np.insert(direction, last, 0.0)

        def log_likelihood(t, full=full):
            moved = coordinates.state((z + t * full)[None])
            published = model.family_.publish({k: v[0] for k, v in moved.params.items()})
            there = Mixture.from_params(
                weights=moved.weights[0, 0], family=model.family_, **published
            )
            return len(X) * there.score(X)

        # a gradient that is itself by differences has fewer digits
        exact = 1e-5 if isinstance(case.family, FromScipy | FromLogPDF) else 1e-6
        assert second_difference(log_likelihood) == pytest.approx(-1, rel=exact)


def has_kinks(family):
    laws = dict(getattr(family, "laws", {"": family})).values()
    return any(isinstance(law, Laplace) for law in laws)


@at_edges
def test_units_and_origins_do_not_matter(case):
    if not case.moves or has_kinks(case.family):
        pytest.skip("the law knows no units, or its log-likelihood has kinks")
    X, _ = case.draw(200)
    se = standard_errors(fitted(case, X), X)
    for scale, shift in case.moves:
        moved = X * scale + shift
        published = case.family.publish(case.read())
        inits = case.moved_back(published, 1 / scale, -shift / scale)
        truth = dict(weights_init=case.weights, params_init=inits)
        model = Mixture(case.family, case.n_components, **truth).fit(moved)
        errors = dict(standard_errors(model, moved))
        none = {name: np.zeros_like(value) for name, value in errors.items()}
        back, origin = (case.moved_back(values, scale, 0.0) for values in (errors, none))
        for name in published:
            np.testing.assert_allclose(back[name] - origin[name], se[name], rtol=2e-5)


@some
@at_edges
def test_a_weight_of_two_is_a_row_twice(name):
    X, _ = BY_NAME[name].draw(200)
    weight = np.random.RandomState(0).choice([1, 2, 3], size=len(X))
    model = fitted(BY_NAME[name], X, sample_weight=weight)
    for kind in ("observed", "sandwich", "opg"):
        once = standard_errors(model, X, sample_weight=weight, kind=kind)
        twice = standard_errors(model, np.repeat(X, weight, axis=0), kind=kind)
        np.testing.assert_allclose(once.covariance, twice.covariance, rtol=1e-6, atol=1e-12)
        for key, value in once.items():
            np.testing.assert_allclose(value, twice[key], rtol=1e-6)


@pytest.mark.parametrize("name", SOME[:1] + SOME[2:])
def test_three_kinds_agree_where_the_law_is_right(name):
    X, _ = BY_NAME[name].draw(10_000)
    model = fitted(BY_NAME[name], X)
    observed = standard_errors(model, X).errors
    for kind in ("sandwich", "opg"):
        np.testing.assert_allclose(standard_errors(model, X, kind=kind).errors, observed, rtol=0.15)


# -- closed forms -------------------------------------------------------------


def test_one_gaussian():
    X = np.random.RandomState(0).normal([3.0, -1.0], [2.0, 0.5], size=(150, 2))
    model = Mixture(Gaussian("diag"), 1).fit(X)
    se, variance = standard_errors(model, X), X.var(axis=0)
    np.testing.assert_allclose(se["means"][0], np.sqrt(variance / len(X)), rtol=1e-7)
    np.testing.assert_allclose(se["covariances"][0], variance * np.sqrt(2 / len(X)), rtol=1e-7)
    assert se["weights"].tolist() == [0.0]
    full = Mixture(Gaussian(), 1).fit(X)
    C, errors = full.covariances_[0], standard_errors(full, X)["covariances"][0]
    known = np.sqrt((C**2 + np.outer(np.diag(C), np.diag(C))) / len(X))  # of Wishart's law
    np.testing.assert_allclose(errors, known, rtol=1e-7)


def test_one_poisson_by_three_kinds():
    model = PoissonMixture(1).fit(COUNTS)
    n, rate = len(COUNTS), COUNTS.mean()
    errors = {k: standard_errors(model, COUNTS, kind=k) for k in ("observed", "sandwich", "opg")}
    assert errors["observed"]["rates"].item() == pytest.approx(np.sqrt(rate / n), rel=1e-7)
    assert errors["sandwich"]["rates"].item() == pytest.approx(COUNTS.std() / n**0.5, rel=1e-7)
    square = ((COUNTS - rate) ** 2).sum()
    assert errors["opg"]["rates"].item() == pytest.approx(rate / square**0.5, rel=1e-7)
    assert errors["observed"].names == ["log rates[0, 0]"]
    np.testing.assert_allclose(errors["observed"].estimate, np.log(rate))
    np.testing.assert_allclose(errors["observed"].information, n * rate)


def test_one_bernoulli():
    X = (COUNTS > 2).astype(float)
    p, se = X.mean(), standard_errors(BernoulliMixture(1).fit(X), X)
    assert se["probs"].item() == pytest.approx(np.sqrt(p * (1 - p) / len(X)), rel=1e-7)
    assert se.names == ["logit probs[0, 0]"]


def test_a_table_of_one_multinomial():
    X = np.random.RandomState(0).multinomial(10, [0.2, 0.3, 0.5], size=50)
    p = X.sum(axis=0) / X.sum()
    se = standard_errors(MultinomialMixture(1).fit(X), X)
    np.testing.assert_allclose(se["probs"][0], np.sqrt(p * (1 - p) / X.sum()), rtol=1e-7)
    total = se.of(lambda params: params["probs"].sum())
    assert total == pytest.approx(0, abs=1e-9)


def far_apart(n=300):
    rng = np.random.RandomState(0)
    strata = np.repeat(["a", "b"], [n // 3, n - n // 3])
    low = rng.uniform(size=n) < np.where(strata == "a", 0.2, 0.6)
    return np.where(low, 0.0, 1e4)[:, None] + rng.normal(size=(n, 1)), strata, low


def test_weights_of_strata():
    X, strata, low = far_apart()
    model = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(X, strata=strata)
    se = standard_errors(model, X, strata=strata)
    assert se.names[:2] == ["logit strata_weights[0, 0]", "logit strata_weights[1, 0]"]
    size = np.array([100, 200])
    p = np.array([low[strata == label].mean() for label in "ab"])
    known = np.sqrt(p * (1 - p) / size)
    np.testing.assert_allclose(se["strata_weights"], np.stack([known, known], axis=1), rtol=1e-6)
    average = np.sqrt(((size / 300) ** 2 * known**2).sum())
    np.testing.assert_allclose(se["weights"], average, rtol=1e-6)
    with pytest.raises(ValueError, match="strata is missing"):
        standard_errors(model, X)


def test_laplace_by_scores():
    X = np.random.RandomState(0).laplace(2.0, 1.5, size=(501, 1))
    model = LaplaceMixture(1).fit(X)
    scale = model.scales_.item()
    se = standard_errors(model, X, kind="opg")
    # the row at the median has no slope
    assert se["locations"].item() == pytest.approx(scale / np.sqrt(500), rel=1e-3)
    with pytest.raises(ValueError, match="kink"):
        standard_errors(model, X)
    gap = np.array([[-3.0], [-2.0], [-1.5], [1.5], [2.0], [3.0]])
    with pytest.warns(UserWarning, match=r"do not tell locations\[0, 0\].*needs kind='opg'"):
        se = standard_errors(LaplaceMixture(1).fit(gap), gap)
    assert np.isnan(se["locations"]).all()
    assert np.isfinite(se["scales"]).all()


def test_priors_join_the_information():
    model = PoissonMixture(1, prior={"rates": Gamma(5.0, 4.0)}).fit(COUNTS)
    se = standard_errors(model, COUNTS)
    assert se.errors.item() == pytest.approx(
        1 / np.sqrt((len(COUNTS) + 4) * model.rates_.item()), rel=1e-7
    )
    with pytest.raises(ValueError, match="nothing of the model's priors"):
        standard_errors(model, COUNTS, kind="opg")


# -- known figures ------------------------------------------------------------


def test_row_s313_transcript_counts():
    X = singer_transcript_counts()[:, [0]]
    model = NegativeBinomialMixture(2, order_by="means", random_state=0).fit(X)
    se = standard_errors(model, X)
    by_name = dict(zip(se.names, se.errors, strict=True))
    assert by_name["log sizes[0, 0]"] == pytest.approx(0.4142, rel=0.01)
    assert by_name["logit weights[0]"] == pytest.approx(0.1935, rel=0.01)
    of_log = se.of(lambda params: np.log(params["burst_sizes"][0, 0]))
    assert of_log == pytest.approx(0.5389, rel=0.01)
    assert se["burst_sizes"][0, 0] == pytest.approx(model.burst_sizes_[0, 0] * of_log, rel=1e-6)


def test_old_faithful_beside_replicates_of_others():
    """Their standard errors are of a bootstrap: the curvature at the maximum comes near them."""
    X = load_old_faithful().data
    model = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(X)
    se = standard_errors(model, X)
    np.testing.assert_allclose(se["weights"], 0.0289, rtol=0.02)
    np.testing.assert_allclose(se["means"], [[0.0292, 0.593], [0.0330, 0.455]], rtol=0.08)
    drop_in = GaussianMixture(2, random_state=0, tol=1e-9, max_iter=1000).fit(X)
    own = standard_errors(drop_in, X)  # of the likelihood, whatever reg_covar adds
    order = np.argsort(drop_in.means_[:, 0])
    np.testing.assert_allclose(own["means"][order], se["means"], rtol=1e-3)


# -- what is held -------------------------------------------------------------


def test_tied_and_fixed():
    X, _ = BY_NAME["NegativeBinomial"].draw(400)
    options = dict(weights_init=[0.3, 0.7], params_init={"means": [[2], [20]], "sizes": [[2], [2]]})
    family = BY_NAME["NegativeBinomial"].family
    tied = Mixture(family, 2, tied=("sizes",), **options).fit(X)
    se = standard_errors(tied, X)
    assert se.names[1:] == ["log means[0, 0]", "log means[1, 0]", "log sizes[:, 0]"]
    assert se["sizes"][0] == se["sizes"][1] > 0
    held = {"means": [[2.0], [np.nan]], "weights": [0.25, 0.75]}
    fixed = Mixture(family, 2, fixed=held, **options).fit(X)
    se = standard_errors(fixed, X)
    assert se.names == ["log means[1, 0]", "log sizes[0, 0]", "log sizes[1, 0]"]
    assert se["means"][0] == 0 < se["means"][1]
    assert se["weights"].tolist() == [0, 0]
    everything = {"weights": [0.5, 0.5], "rates": [[2.0], [4.0]]}
    none = standard_errors(PoissonMixture(2, fixed=everything).fit(COUNTS), COUNTS)
    assert none.names == []
    assert none["rates"].tolist() == [[0], [0]]


def test_three_weights_by_ratios_to_the_last():
    case = BY_NAME["Gaussian-tied"]
    X, _ = case.draw(300)
    se = standard_errors(fitted(case, X), X)
    assert se.names[:3] == [
        "log weights[0] / weights[2]",
        "log weights[1] / weights[2]",
        "means[0, 0]",
    ]
    entries = ["log L[0, 0]", "L[1, 0]", "log L[1, 1]"]
    assert se.names[-3:] == [f"{entry} of covariances" for entry in entries]
    assert se["covariances"].shape == (2, 2)
    labels = {name: i for i, name in enumerate(se.names)}
    ratio = se.of(lambda params: np.log(params["weights"][0] / params["weights"][2]))
    assert ratio == pytest.approx(se.errors[labels["log weights[0] / weights[2]"]], rel=1e-9)


def test_side_columns_and_kinds_of_rows(tmp_path):
    trials = np.random.RandomState(0).randint(5, 20, size=300)
    X = np.random.RandomState(1).binomial(trials, 0.3)[:, None]
    model = BinomialMixture(1).fit(X, n_trials=trials)
    p = X.sum() / trials.sum()
    known = np.sqrt(p * (1 - p) / trials.sum())
    found = standard_errors(model, X, exposure=trials)["probs"].item()
    assert found == pytest.approx(known, rel=1e-7)
    rows, *_ = far_apart()
    options = dict(order_by="means", random_state=0)
    single = Mixture(Gaussian(), 2, **options).fit(rows.astype(np.float32))
    double = Mixture(Gaussian(), 2, **options).fit(rows)
    errors = standard_errors(single, rows.astype(np.float32))["means"]
    np.testing.assert_allclose(errors, standard_errors(double, rows)["means"], rtol=1e-3)
    np.save(tmp_path / "rows.npy", rows)
    on_file = np.load(tmp_path / "rows.npy", mmap_mode="r")
    for kind in ("observed", "sandwich"):
        there = standard_errors(double, on_file, kind=kind).covariance
        here = standard_errors(double, rows, kind=kind).covariance
        np.testing.assert_allclose(there, here, rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize("unit", [1e-4, 1e6])
def test_columns_of_very_different_units(rng, unit):
    """Standard errors of a column do not depend on the unit of the column beside it."""
    x = np.concatenate([rng.normal(0, 1, (200, 2)), rng.normal(6, 1, (200, 2))])
    options = {"reg_covar": 0.0, "random_state": 0, "tol": 1e-10, "max_iter": 500}
    units = np.array([unit, 1.0])
    one, other = (standard_errors(GaussianMixture(2, **options).fit(X), X) for X in (x, x * units))
    np.testing.assert_allclose(other["means"], one["means"] * units, rtol=1e-6)
    expected = one["covariances"] * units[:, None] * units
    np.testing.assert_allclose(other["covariances"], expected, rtol=1e-5)
