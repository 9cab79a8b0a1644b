"""Displays: what is drawn are the right numbers, on the axes given, and nothing else changes."""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from itertools import pairwise
from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from cases import CASES
from data_at_hand import singer_transcript_counts
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.random import RandomState
from scipy import stats
from scipy.integrate import trapezoid
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from skmixture import (
    BernoulliMixture,
    BinomialMixture,
    CategoricalMixture,
    GaussianMixture,
    GeometricMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
    StudentTMixture,
    VonMisesFisherMixture,
    display,
)
from skmixture.datasets import load_old_faithful
from skmixture.display import (
    ContourDisplay,
    ConvergenceDisplay,
    CornerDisplay,
    DensityDisplay,
    ECDFDisplay,
    IntervalDisplay,
    PairsDisplay,
    PredictiveECDFDisplay,
    ProfileDisplay,
    ResponsibilityDisplay,
    SelectionDisplay,
    TraceDisplay,
)
from skmixture.display.entries import entries_of
from skmixture.display.scales import SCALES, scale_of
from skmixture.display.style import OKABE_ITO
from skmixture.estimator.scoring.naming import calling
from skmixture.families import (
    Bernoulli,
    Beta,
    Categorical,
    FromLogPDF,
    Gamma,
    Gaussian,
    Hurdle,
    Poisson,
    Product,
)
from skmixture.inference import (
    BootstrapResult,
    bootstrap,
    lrt_sweep,
    sample_posterior,
    standard_errors,
)
from skmixture.selection import MixtureSelection, WholeData, aic_scorer, bic_scorer

matplotlib.use("Agg")

NO_BRACKETS = str.maketrans("[]", "  ")
LECTURE = dict(
    weights=[0.1, 0.4, 0.5],
    means=[[0, 0], [3, 3], [0, 5]],
    covariances=[np.eye(2), 2 * np.eye(2), 3 * np.eye(2)],
)


@pytest.fixture(autouse=True)
def nothing_else_changes():
    """No global setting, and no figure that pyplot knows, is left by any display."""
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


@pytest.fixture(scope="module")
def geyser():
    """Model, table with names of columns, and replicates."""
    X = pd.DataFrame(load_old_faithful().data, columns=["eruption", "wait"])
    model = Mixture(Gaussian(), 2, order_by="means", n_init=2, random_state=0).fit(X)
    return model, X, bootstrap(model, X, n_replicates=60, random_state=0)


@pytest.fixture(scope="module")
def rex1():
    """One and two components for the counts of one gene."""
    X = singer_transcript_counts()[:, :1]
    fits = [NegativeBinomialMixture(K, order_by="means", random_state=0).fit(X) for K in (1, 2)]
    return X, *fits


def drawn(figure: Figure) -> bytes:
    """The picture, which finds what only drawing finds."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=40)
    return buffer.getvalue()


def draws_of_chains() -> dict[str, np.ndarray]:
    rng = RandomState(0)
    weights = rng.dirichlet([20, 30], size=(2, 50, 6))  # ensembles, steps, walkers
    return {"weights": weights, "rates": rng.gamma(9, size=(2, 50, 6, 2, 1))}


MAKERS = {
    "DensityDisplay": lambda model, X, result, **axes: DensityDisplay.from_estimator(
        model, X, column="wait", **axes
    ),
    "ECDFDisplay": lambda model, X, result, **axes: ECDFDisplay.from_estimator(
        model, X, column="wait", **axes
    ),
    "ContourDisplay": lambda model, X, result, **axes: ContourDisplay.from_estimator(
        model, X, **axes
    ),
    "PairsDisplay": lambda model, X, result, **axes: PairsDisplay.from_estimator(model, X, **axes),
    "PredictiveECDFDisplay": lambda model, X, result, **axes: PredictiveECDFDisplay.from_estimator(
        model, X, result, random_state=0, **axes
    ),
    "CornerDisplay": lambda model, X, result, **axes: CornerDisplay.from_draws(
        result, parameters=["weights[0]", "means[0, 0]"], transform={"weights": "logit"}, **axes
    ),
    "IntervalDisplay": lambda model, X, result, **axes: IntervalDisplay.from_result(result, **axes),
    "SelectionDisplay": lambda model, X, result, **axes: SelectionDisplay.from_arrays(
        [1, 2, 3], {"full": [3.0, 1.0, 2.0], "tied": [3.0, 2.0, np.nan]}, **axes
    ),
    "ConvergenceDisplay": lambda model, X, result, **axes: ConvergenceDisplay.from_estimator(
        model, **axes
    ),
    "ResponsibilityDisplay": lambda model, X, result, **axes: ResponsibilityDisplay.from_estimator(
        model, X, **axes
    ),
    "TraceDisplay": lambda model, X, result, **axes: TraceDisplay.from_draws(
        draws_of_chains(), **axes
    ),
    "ProfileDisplay": lambda model, X, result, **axes: ProfileDisplay.from_estimator(
        BernoulliMixture.from_params(weights=[0.5, 0.5], probs=[[0.9, 0.8], [0.2, 0.1]]), **axes
    ),
}


def axes_of(display) -> list[Axes]:
    return list(np.ravel(np.asarray(display.ax_, dtype=object)))


# -- manners -------------------------------------------------------------------


def test_every_display_is_here():
    assert set(MAKERS) == set(display.__all__)


@pytest.mark.parametrize("name", MAKERS)
def test_a_figure_of_its_own_is_returned_and_a_notebook_shows_it(name, geyser):
    made = MAKERS[name](*geyser)
    assert type(made).__name__ == name
    assert isinstance(made.figure_, Figure)
    assert all(ax.figure is made.figure_ for ax in axes_of(made))
    assert made._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", MAKERS)
def test_axes_that_are_given_are_drawn_on(name, geyser):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    made = MAKERS[name](*geyser, ax=left)
    assert made.figure_ is figure
    assert made._repr_png_() is None
    assert not right.has_data()
    for ax in axes_of(made):
        assert ax in figure.axes
    again = made.plot(ax=right)
    assert again is made
    assert made.figure_ is figure
    assert drawn(figure)


@pytest.mark.parametrize("name", MAKERS)
def test_plot_again_makes_a_new_figure(name, geyser):
    made = MAKERS[name](*geyser)
    first = made.figure_
    assert made.plot().figure_ is not first


@pytest.mark.parametrize(
    "name", ["CornerDisplay", "PairsDisplay", "TraceDisplay", "IntervalDisplay"]
)
def test_arrays_of_axes_are_taken(name, geyser):
    made = MAKERS[name](*geyser)
    figure = Figure()
    axes = figure.subplots(*made.ax_.shape, squeeze=False)
    assert made.plot(ax=axes).ax_[0, 0] is axes[0, 0]
    with pytest.raises(ValueError, match="ax must be axes, or an array of"):
        made.plot(ax=np.append(axes.ravel(), axes.ravel()))


def test_axes_must_be_axes(geyser):
    with pytest.raises(ValueError, match="ax must be axes of matplotlib, got 'here'"):
        DensityDisplay.from_estimator(*geyser[:2], column=0, ax="here")


def test_without_matplotlib_an_error_says_what_to_install(monkeypatch, geyser):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"needs matplotlib: pip install skmixture\[plot\]"):
        DensityDisplay.from_estimator(*geyser[:2], column=0)


def test_the_names_alone_do_not_load_matplotlib():
    code = "import sys; from skmixture.display import *; print('matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False"]


def test_what_is_no_fitted_mixture_is_refused():
    with pytest.raises(TypeError, match="must be a fitted mixture of skmixture"):
        DensityDisplay.from_estimator("model", [[1.0]])


# -- one column ------------------------------------------------------------------


def known(case):
    """The case as a fitted model, and rows from it."""
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    return model, case.draw(1500)[0]


def knows_columns(model, X) -> bool:
    """Whether the law of one column is known."""
    try:
        model.marginal_cdf(X[:1])
    except NotImplementedError:
        return False
    return True


def test_densities_and_shares_are_those_of_the_model(case):
    """Over the registry: what is drawn of one column has all mass, or the law is not known."""
    model, X = known(case)
    if case.n_features > 1 and not knows_columns(model, X):
        with pytest.raises(NotImplementedError):
            DensityDisplay.computed(model, X, column=0)
        return
    made = DensityDisplay.computed(model, X, column=0)
    total = made.by_component.sum(axis=1)
    assert np.isfinite(total).all()
    if made.staircase:
        assert total.sum() <= 1 + 1e-9
        assert abs(total - made.observed).sum() < 0.35  # twice the total variation
    else:
        assert trapezoid(total, made.x) == pytest.approx(1 - made.outside / 1500, abs=0.06)


def test_distribution_functions_meet_rows_of_the_model(case):
    model, X = known(case)
    if not knows_columns(model, X):
        with pytest.raises(NotImplementedError):
            ECDFDisplay.computed(model, X, column=0)
        return
    made = ECDFDisplay.computed(model, X, column=0, band="dkw", level=0.9999)
    assert made.largest_gap < 0.06
    held = (made.low <= made.cdf_at_x + 1e-12) & (made.cdf_at_x <= made.high + 1e-12)
    assert held.all()


def test_the_largest_gap_is_that_of_kolmogorov_and_smirnov(rng):
    X = rng.normal(size=(300, 1))
    model = GaussianMixture(2, random_state=0).fit(X)
    expected = stats.kstest(X[:, 0], model.cdf).statistic
    made = ECDFDisplay.from_estimator(model, X)
    assert made.largest_gap == pytest.approx(expected, abs=1e-12)
    assert f"largest gap {expected:.4f}" in made.model_.get_label()


def test_transcript_counts_s3_5(rex1):
    X, *models = rex1
    made = [ECDFDisplay.from_estimator(model, X) for model in models]
    assert [round(one.largest_gap, 4) for one in made] == [0.1390, 0.0231]
    x, y = made[1].model_.get_data()
    assert y[list(x).index(50)] == pytest.approx(0.17952729, abs=1e-8)
    assert made[1].ecdf_.get_drawstyle() == "steps-post"
    assert made[1].band_.get_label() == "pointwise 95% band"


def test_the_pointwise_band_is_exact_binomial():
    X = np.arange(20.0)[:, None]
    made = ECDFDisplay.from_estimator(GaussianMixture().fit(X), X)
    for share, low, high in zip(made.ecdf, made.low, made.high, strict=True):
        expected = stats.binomtest(round(20 * share), 20).proportion_ci(0.95, "exact")
        np.testing.assert_allclose([low, high], [expected.low, expected.high], atol=1e-12)


def test_difference_is_data_less_model(geyser):
    model, X, _ = geyser
    made = ECDFDisplay.from_estimator(model, X, column=1, difference=True)
    x, less = made.ecdf_.get_data()
    expected = (X["wait"].to_numpy() <= x[:, None]).mean(axis=1)
    by_model = model.marginal_cdf(pd.DataFrame({"eruption": 3.0, "wait": x}))[:, 1]
    inner = np.isin(x, made.x)
    np.testing.assert_allclose(less[inner], (expected - by_model)[inner], atol=1e-12)
    np.testing.assert_allclose(made.model_.get_ydata(), 0, atol=1e-15)


def test_weights_of_rows_are_so_many_rows(rng):
    x = rng.poisson(3, size=200)
    values, times = np.unique(x, return_counts=True)
    model = PoissonMixture(1).fit(x[:, None])
    for kind in (DensityDisplay, ECDFDisplay):
        rows = kind.from_estimator(model, x[:, None])
        folded = kind.from_estimator(model, values[:, None], sample_weight=times)
        name = "observed" if kind is DensityDisplay else "high"
        np.testing.assert_allclose(getattr(rows, name), getattr(folded, name), atol=1e-12)


def test_counts_have_a_bar_each_with_their_probability(rng):
    x = rng.poisson(3, size=(200, 1))
    made = DensityDisplay.from_estimator(PoissonMixture(1).fit(x), x)
    counts = np.arange(x.min(), x.max() + 1)
    expected = stats.poisson(x.mean()).pmf(counts)
    np.testing.assert_allclose(made.mixture_.get_data().values[1:], expected[1:], rtol=1e-9)
    shares = [(x == count).mean() for count in counts]
    np.testing.assert_allclose(made.bars_.get_data().values, shares, atol=1e-12)


def test_many_counts_share_bars(rng):
    x = rng.negative_binomial(0.7, 0.00001, size=(500, 1))
    assert x.max() > 1e5
    model = NegativeBinomialMixture(1).fit(x)
    made = DensityDisplay.from_estimator(model, x)
    assert len(made.observed) <= 121
    assert len(set(np.diff(made.edges))) == 1
    logarithmic = DensityDisplay.from_estimator(model, x, log_x=True)
    assert logarithmic.ax_.get_xscale() == "symlog"
    assert logarithmic.observed.sum() == pytest.approx(1)
    inside = np.diff(model.cdf(logarithmic.edges[[0, -1]]))[0]
    assert logarithmic.by_component.sum() == pytest.approx(inside)


def test_bars_are_as_many_as_asked_for_or_have_the_edges_given(rng):
    x = rng.poisson(40, size=(300, 1))
    model = PoissonMixture(1).fit(x)
    made = DensityDisplay.computed(model, x, bins=[19.5, 29.5, 39.5, 80.5])
    expected = np.diff(model.cdf([19.5, 29.5, 39.5, 80.5]))
    np.testing.assert_allclose(made.by_component[:, 0], expected, rtol=1e-9)
    np.testing.assert_allclose(made.observed, np.histogram(x, made.edges)[0] / 300)
    assert abs(len(DensityDisplay.computed(model, x, bins=5).observed) - 5) <= 1
    for bins in (0, 2.5, [3, 1], [1]):
        with pytest.raises(ValueError, match="bins must be a number of bars, or their edges"):
            DensityDisplay.computed(model, x, bins=bins)


def test_a_point_with_a_probability_of_its_own_is_in_its_bar(rng):
    x = np.where(rng.uniform(size=400) < 0.3, 0, rng.gamma(3, size=400))[:, None]
    made = DensityDisplay.from_estimator(Mixture(Hurdle(Gamma()), 1).fit(x), x)
    assert made.by_component[0, 0] > 0.9 * (x == 0).mean()


def test_a_logarithmic_axis_has_the_density_of_the_logarithm(rng):
    x = rng.lognormal(0, 2, size=(400, 1)) * 1e-8
    model = Mixture(Gaussian(), 1).fit(np.log10(x))
    made = DensityDisplay.from_estimator(Mixture(Gamma(), 2, n_init=2).fit(x), x, log_x=True)
    assert made.ax_.get_xscale() == "log"
    assert trapezoid(made.by_component.sum(axis=1), np.log10(made.x)) == pytest.approx(1, abs=0.03)
    with pytest.raises(ValueError, match="log_x needs numbers above 0, but column 'x' has"):
        DensityDisplay.from_estimator(model, np.log10(x), log_x=True)


@pytest.mark.parametrize("apart", [0, 40, 1000])
def test_bars_are_as_narrow_as_the_bulk(apart, rng):
    x = 3 * rng.standard_t(3, size=(400, 1)) + np.repeat([[0.0], [apart]], 200, axis=0)
    x[0] = 5 * apart
    edges = DensityDisplay.computed(Mixture(Gaussian(), 1).fit(x), x).edges
    narrowest = (edges[-1] - edges[0]) / 100  # of 400 rows there are no more than 100 bars
    assert np.diff(edges).max() < max(3, 1.01 * narrowest)
    assert len(edges) - 1 <= 100


def test_counts_in_logs_begin_with_the_least(rng):
    x = rng.poisson(np.repeat([300, 6000], 300))[:, None]
    made = DensityDisplay.computed(PoissonMixture(2, random_state=0).fit(x), x, log_x=True)
    assert len(made.observed) > 30
    assert made.observed.sum() == pytest.approx(1)
    assert made.outside == 0


def test_rows_far_out_are_told_of_and_limits_show_them(rng):
    x = rng.standard_t(1, size=(2000, 1))
    model = StudentTMixture(1).fit(x)
    made = DensityDisplay.from_estimator(model, x)
    outside = ((x < made.edges[0]) | (x > made.edges[-1])).sum()
    assert made.outside == outside > 0
    assert f"({outside} of 2,000 rows lie outside)" in made.ax_.get_xlabel()
    whole = DensityDisplay.from_estimator(model, x, limits=(x.min(), x.max()))
    assert whole.outside == 0
    with pytest.raises(ValueError, match="limits must be two numbers in order"):
        DensityDisplay.from_estimator(model, x, limits=(1, 0))
    with pytest.raises(ValueError, match="limits must be two numbers in order"):
        DensityDisplay.from_estimator(model, x, limits=(1, 2, 3))


def test_a_narrow_component_is_not_missed():
    model = GaussianMixture.from_params(
        weights=[0.5, 0.5], means=[[0], [0.123]], covariances=[[[1.0]], [[1e-10]]]
    )
    X = np.linspace(-3, 3, 200)[:, None]
    made = DensityDisplay.from_estimator(model, X)
    assert made.by_component[:, 1].max() > 0.9 * 0.5 * stats.norm(scale=1e-5).pdf(0)


def test_a_density_without_bound_does_not_hide_the_rest():
    model = Mixture.from_params(
        family=Gamma(), weights=[0.5, 0.5], shapes=[[0.01], [3.0]], scales=[[1.0], [1.0]]
    )
    made = DensityDisplay.from_estimator(model, model.sample(500, random_state=0)[0])
    x, y = made.mixture_.get_data()
    expected = np.exp(model.score_samples(x[:, None][x > 0.5]))
    np.testing.assert_allclose(y[x > 0.5][expected > 1e-2], expected[expected > 1e-2])
    assert made.ax_.get_ylim()[1] < 5 * made.observed.max()


def test_strata_and_exposures_are_averaged_over_rows(rng):
    strata = np.repeat(["a", "b"], [100, 300])
    depth = rng.choice([0.5, 2.0], size=400)
    x = rng.poisson(depth * np.where(rng.uniform(size=400) < 0.5, 2, 12))[:, None]
    model = PoissonMixture(2, order_by="rates", n_init=2, random_state=0)
    model.fit(x, strata=strata, exposure=depth)
    made = ECDFDisplay.from_estimator(model, x, strata=strata, exposure=depth)
    for at, found in zip(made.x[1:], made.cdf_at_x[1:], strict=True):
        each = model.cdf(np.full((400, 1), at), strata=strata, exposure=depth)
        assert found == pytest.approx(each.mean(), abs=1e-12)
    many = rng.gamma(4, size=400)  # more exposures than are looked at one by one
    close = ECDFDisplay.from_estimator(model, x, strata=strata, exposure=many)
    at = float(close.x[5])
    each = model.cdf(np.full((400, 1), at), strata=strata, exposure=many)
    assert close.cdf_at_x[5] == pytest.approx(each.mean(), abs=0.01)
    with pytest.raises(ValueError, match="exposure must have a value for each of 400 rows"):
        ECDFDisplay.from_estimator(model, x, strata=strata, exposure=depth[:-1])
    with pytest.raises(ValueError, match="stratum 'c' was not in the fit"):
        DensityDisplay.from_estimator(model, x, strata=np.full(400, "c"), exposure=depth)


def test_numbers_of_trials_are_exposures(rng):
    trials = rng.randint(5, 200, 300)
    heads = rng.binomial(trials, 0.3)[:, None]
    model = BinomialMixture(1).fit(heads, n_trials=trials)
    assert ECDFDisplay.from_estimator(model, heads, exposure=trials).largest_gap < 0.1


def test_a_million_rows_are_few_artists(rng):
    X = rng.normal(size=(1_000_000, 2))
    model = GaussianMixture.from_params(weights=[1.0], means=[[0, 0]], covariances=[np.eye(2)])
    made = ECDFDisplay.from_estimator(model, X, column=0)
    assert len(made.ecdf_.get_xdata()) < 25_000
    exact = stats.kstest(X[:, 0], "norm").statistic
    assert made.largest_gap == pytest.approx(exact, abs=5e-5)
    assert len(ContourDisplay.from_estimator(model, X).points_.get_offsets()) == 5_000
    assert ResponsibilityDisplay.from_estimator(model, X).resp.shape == (1_000, 1)


def test_missing_values_are_left_out(rng):
    X = rng.normal(size=(100, 2))
    X[::7, 0] = np.nan
    model = Mixture(Gaussian(), 1).fit(X)
    made = DensityDisplay.from_estimator(model, X, column=0)
    assert made.n_rows == np.isfinite(X[:, 0]).sum()
    assert drawn(ContourDisplay.from_estimator(model, X).figure_)


def test_columns_are_chosen_by_name_or_number(geyser):
    model, X, _ = geyser
    assert DensityDisplay.from_estimator(model, X, column=1).ax_.get_xlabel() == "wait"
    for wrong in ("weight", 2, -1, None, True):
        with pytest.raises(ValueError, match="column must be"):
            DensityDisplay.from_estimator(model, X, column=wrong)
    with pytest.raises(ValueError, match="X must have rows and 2 columns"):
        DensityDisplay.from_estimator(model, X[["wait"]], column=0)
    with pytest.raises(ValueError, match="sample_weight must hold 272 finite numbers"):
        DensityDisplay.from_estimator(model, X, column=0, sample_weight=[1.0])
    with pytest.raises(ValueError, match="sample_weight must hold 272 .* from 0, got -1.0"):
        DensityDisplay.from_estimator(model, X, column=0, sample_weight=-np.ones(272))


def test_a_law_without_distribution_function_is_drawn_by_its_density(rng):
    law = FromLogPDF(lambda X, at: stats.norm.logpdf(X[:, 0], at), bounds={"at": (-9, 9)})
    X = rng.normal(size=(60, 1))
    model = Mixture(law, 1).fit(X)
    made = DensityDisplay.from_estimator(model, X)
    np.testing.assert_allclose(
        made.by_component[:, 0], np.exp(model.score_samples(made.x[:, None]))
    )
    with pytest.raises(NotImplementedError, match="no distribution function"):
        ECDFDisplay.from_estimator(model, X)


@pytest.mark.parametrize("level", [0, 1.0, "95", -0.5])
def test_levels_lie_between_0_and_1(level, geyser):
    with pytest.raises(ValueError, match="level must be a number between 0 and 1"):
        ECDFDisplay.from_estimator(*geyser[:2], column=0, level=level)


# -- two columns and more ----------------------------------------------------------


def test_the_density_on_a_grid_integrates_to_1_s2_9():
    model = GaussianMixture.from_params(**LECTURE)
    made = ContourDisplay.from_estimator(model)
    assert made.mass == pytest.approx(1, abs=1e-3)
    at = np.array([[made.x[3], made.y[150]]])
    assert made.density[150, 3] == pytest.approx(np.exp(model.score_samples(at))[0])
    assert len(made.contours_.levels) == 4
    surface = made.plot(kind="surface")
    assert surface.surface_ is not None
    assert drawn(surface.figure_)


def test_contours_hold_their_mass():
    model = GaussianMixture.from_params(**LECTURE)
    made = ContourDisplay.from_estimator(model, masses=[0.9, 0.3])
    density = np.exp(model.score_samples(model.sample(40_000, random_state=0)[0]))
    held = (density[:, None] >= made.levels).mean(axis=0)
    np.testing.assert_allclose(held, [0.9, 0.3], atol=0.015)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("unit", [1e-8, 1e8])
def test_ellipses_hold_their_part_of_a_component(kind, unit):
    X = load_old_faithful().data * unit
    model = Mixture(Gaussian(kind), 2, n_init=2, random_state=0).fit(X)
    made = ContourDisplay.from_estimator(model, X)
    rows, labels = model.sample(20_000, random_state=0)
    for k, patches in enumerate(np.reshape(np.array(made.ellipses_, dtype=object), (2, 2))):
        mine = rows[labels == k]
        for patch, part in zip(patches, (0.5, 0.95), strict=True):
            inside = patch.get_patch_transform().inverted().transform(mine)
            assert ((inside**2).sum(axis=1) <= 1).mean() == pytest.approx(part, abs=0.02)


def test_ellipses_of_heavy_tails_hold_their_part():
    model = StudentTMixture.from_params(
        weights=[1.0], means=[[0, 0]], scales=[[[2.0, 0.5], [0.5, 1.0]]], dofs=[2.0]
    )
    made = ContourDisplay.from_estimator(model)
    rows = model.sample(20_000, random_state=0)[0]
    inside = made.ellipses_[1].get_patch_transform().inverted().transform(rows)
    assert ((inside**2).sum(axis=1) <= 1).mean() == pytest.approx(0.95, abs=0.01)


def test_points_have_the_colours_of_their_components(geyser):
    model, X, _ = geyser
    made = ContourDisplay.from_estimator(model, X)
    shades = made.points_.get_facecolors()[:, :3]
    own = shades[model.predict_proba(X)[:, 0] > 1 - 1e-9]
    np.testing.assert_allclose(own, np.tile(own[0], (len(own), 1)), atol=1e-6)
    np.testing.assert_array_equal(made.points_.get_offsets(), X)


def test_contours_are_for_two_columns_of_numbers(geyser):
    with pytest.raises(ValueError, match="two columns, but the model has 1"):
        ContourDisplay.from_estimator(GaussianMixture().fit([[0.0], [1.0]]))
    counts = PoissonMixture(1).fit([[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="densities of numbers, not for counts"):
        ContourDisplay.from_estimator(counts)
    for option in ({"kind": "map"}, {"masses": [0.5, 2]}, {"resolution": 3}):
        with pytest.raises(ValueError, match=next(iter(option))):
            ContourDisplay.from_estimator(*geyser[:2], **option)


def test_pairs_of_a_law_that_knows_no_columns(rng):
    angles = rng.vonmises(0, 3, size=80)
    X = np.column_stack([np.cos(angles), np.sin(angles)])
    made = PairsDisplay.from_estimator(VonMisesFisherMixture(1).fit(X), X)
    np.testing.assert_array_equal(made.points_[1, 0].get_offsets(), X)
    assert made.diagonal == []
    assert drawn(made.figure_)


@pytest.mark.parametrize("probs", [[0.5, 0.5], [0.1, 0.9]])
def test_dots_of_few_values_have_the_area_of_their_rows(probs, rng):
    X = rng.binomial(1, probs, size=(400, 2))
    model = BernoulliMixture.from_params(weights=[0.5, 0.5], probs=[[0.8, 0.6], [0.1, 0.5]])
    made = PairsDisplay.from_estimator(model, X)
    dots = made.points_[1, 0]
    places, rows = np.unique(X, axis=0, return_counts=True)
    np.testing.assert_array_equal(dots.get_offsets(), places)
    np.testing.assert_allclose(dots.get_sizes() / dots.get_sizes().sum(), rows / 400)
    resp = model.predict_proba(places)
    inks = np.array([to_rgb(ink) for ink in OKABE_ITO[:2]])
    np.testing.assert_allclose(dots.get_facecolors()[:, :3], resp @ inks)
    title = made.ax_[0, 0].get_legend().get_title().get_text()
    assert title == "area of a dot: number of rows\nProfileDisplay shows answers 0 and 1"
    assert drawn(made.figure_)
    spread = rng.poisson(2000, size=(400, 2))
    made = PairsDisplay.from_estimator(PoissonMixture(1).fit(spread), spread)
    np.testing.assert_array_equal(made.points_[1, 0].get_offsets(), spread)


def test_a_density_that_is_not_known_sends_to_pairs(rng):
    X = rng.normal(size=(60, 3))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    model = VonMisesFisherMixture(1).fit(X)
    with pytest.raises(NotImplementedError, match="density of column 'x0' is not known.* PairsDis"):
        DensityDisplay.from_estimator(model, X, column=0)


@pytest.mark.parametrize("scale", ["linear", "log", "sqrt"])
def test_pairs_have_scales(scale, rng):
    X = pd.DataFrame(1 + rng.poisson(5, size=(80, 3)), columns=["a", "b", "c"])
    model = PoissonMixture(2, n_init=2, random_state=0).fit(X)
    made = PairsDisplay.from_estimator(model, X, scale=scale)
    assert made.ax_[2, 0].get_xlabel() == "a"
    assert made.ax_[2, 0].get_ylabel() == "c"
    assert drawn(made.figure_)
    with pytest.raises(ValueError, match="columns must name 2 to 8"):
        PairsDisplay.from_estimator(model, X, columns=["a"])


@pytest.fixture(scope="module")
def mixed():
    """A table of all kinds, and its mixture."""
    own = RandomState(0)
    group = np.repeat([0, 1], 60)
    table = pd.DataFrame({
        "size": own.normal(4 * group),
        "town": np.where(own.uniform(size=120) < 0.2 + 0.6 * group, "u", "v"),
        "visits": own.poisson(2 + 9 * group), "owns": own.binomial(1, 0.2 + 0.6 * group),
    })  # fmt: skip
    parts = [
        ("visits", Poisson(), "visits"), ("town", Categorical(), "town"),
        ("size", Gaussian(), "size"), ("owns", Bernoulli(), "owns"),
    ]  # fmt: skip
    return Mixture(Product(parts), 2, random_state=0).fit(table), table


def test_a_number_beside_categories_has_its_own_law(mixed):
    model, X = mixed
    law = {"weights": model.weights_, "means": model.size__means_}
    alone = GaussianMixture.from_params(**law, covariances=model.size__covariances_)
    made = DensityDisplay.from_estimator(model, X, column="size")
    expected = np.exp(alone.score_samples(made.x[:, None]))
    np.testing.assert_allclose(made.by_component.sum(axis=1), expected, rtol=1e-12)
    gap = ECDFDisplay.from_estimator(model, X, column="size").largest_gap
    assert gap == pytest.approx(stats.kstest(X["size"], alone.cdf).statistic, abs=1e-12)
    counts = PoissonMixture.from_params(weights=model.weights_, rates=model.visits__rates_)
    made = DensityDisplay.from_estimator(model, X, column="visits")
    expected = np.exp(counts.score_samples(np.floor(made.edges[1:, None])))
    np.testing.assert_allclose(made.by_component.sum(axis=1), expected, rtol=1e-9)
    pairs = PairsDisplay.from_estimator(model, X, columns=["size", "visits"])
    assert len(pairs.diagonal) == 2


def test_parts_with_exposures_are_drawn_and_others_do_not_need_them(rng):
    depth = rng.uniform(1, 3, size=200)
    X = np.column_stack([rng.normal(size=200), rng.poisson(4 * depth)])
    law = Product([("a", Gaussian(), 0), ("b", Poisson(), 1)])
    model = Mixture(law, 1).fit(X, exposure=depth)
    for j in (0, 1):
        assert ECDFDisplay.from_estimator(model, X, column=j, exposure=depth).largest_gap < 0.1


def test_categories_are_sent_to_their_display(rng, mixed):
    codes = rng.randint(0, 4, size=(50, 2))
    model = CategoricalMixture(1).fit(codes)
    for kind in (DensityDisplay, ECDFDisplay):
        with pytest.raises(NotImplementedError, match="'x0' has categories.*ProfileDisplay shows"):
            kind.from_estimator(model, codes, column=0)
        with pytest.raises(ValueError, match="'town' of X must hold numbers.* by ProfileDisplay"):
            kind.from_estimator(*mixed, column="town")
    with pytest.raises(
        ValueError, match=r"choose columns=\['size', 'visits', 'owns'\], or column="
    ):
        PairsDisplay.from_estimator(*mixed)
    with pytest.raises(ValueError, match=r"PairsDisplay shows more, as columns=\[\.\.\.\] says"):
        ContourDisplay.from_estimator(*mixed)


def test_pairs_in_logs_hide_no_row(rng):
    X = np.column_stack([rng.poisson(m, 200) for m in (1, 300)])
    made = PairsDisplay.from_estimator(PoissonMixture(1).fit(X), X, scale="log")
    assert (X == 0).any()
    assert made.outside == 0
    assert made.ax_[1, 0].get_xscale() == made.ax_[0, 0].get_xscale() == "symlog"
    low = made.ax_[1, 0].get_xlim()[0]
    assert low < 0
    numbers = rng.normal(size=(50, 2))
    with pytest.raises(ValueError, match="scale='log' needs numbers above 0, but column 'x0' has"):
        PairsDisplay.from_estimator(Mixture(Gaussian(), 1).fit(numbers), numbers, scale="log")


@pytest.mark.parametrize("scale", ["linear", "log", "sqrt"])
def test_the_panels_of_a_column_line_up_and_tell_of_rows_outside(scale, rng):
    X = np.exp(rng.standard_t(2, size=(400, 3)) / 9)
    X[0, 0] = 90
    made = PairsDisplay.from_estimator(Mixture(Gaussian(), 1).fit(X), X, scale=scale)
    for j in range(3):
        views = {made.ax_[i, j].get_xlim() for i in range(j, 3)}
        assert views == {made.limits[j]}
    assert made.outside > 0
    legend = made.ax_[0, 0].get_legend()
    told = legend.get_title().get_text().split("\n")
    assert told[0] == f"{made.outside} of 400 rows lie outside"
    assert drawn(made.figure_)


@pytest.mark.parametrize("kind", [PairsDisplay, PredictiveECDFDisplay])
def test_long_names_stay_in_the_figure_and_apart(kind, rng):
    names = ["a very long name of a column of persons", "income_of_the_household_in_euros" * 2, "x"]
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=names)
    model = Mixture(Gaussian(), 1).fit(X)
    if kind is PairsDisplay:
        made = kind.from_estimator(model, X)
        last = made.ax_[-1]
        legend = made.ax_[0, 0].get_legend()
    else:
        made = kind.from_estimator(model, X, bootstrap(model, X, n_replicates=20, random_state=0))
        last = made.ax_.ravel()
        legend = None
    assert drawn(made.figure_)
    boxes = [ax.xaxis.label.get_window_extent() for ax in last]
    assert boxes[0].x0 >= 0
    for left, right in pairwise(boxes):
        assert left.x1 <= right.x0
    assert boxes[-1].x1 <= made.figure_.bbox.x1
    if legend is not None:
        box = legend.get_window_extent()
        assert box.y1 <= made.figure_.bbox.y1
        assert box.x1 <= made.figure_.bbox.x1


@pytest.mark.parametrize("columns", [[0, 0], [1], "eruption", 0])
def test_pairs_are_of_different_columns(columns, geyser):
    with pytest.raises(ValueError, match=r"2 to 8 different ones .* DensityDisplay shows a single"):
        PairsDisplay.from_estimator(*geyser[:2], columns=columns)


# -- replicates and draws ------------------------------------------------------------


def test_transcript_counts_s3_10(rex1):
    X, _, model = rex1
    result = bootstrap(model, X, n_replicates=400, random_state=0)
    names = ["sizes[0, 0]", "burst_sizes[0, 0]"]
    made = CornerDisplay.from_draws(result, parameters=names, transform="log")
    assert made.correlation[0, 1] == pytest.approx(-0.963, abs=0.02)
    assert made.labels == ["log sizes[0, 0]", "log burst_sizes[0, 0]"]
    expected = np.log([result.replicates[name][:, 0, 0] for name in ("sizes", "burst_sizes")])
    np.testing.assert_allclose(made.values.T, expected)
    panel = made.ax_[1, 0]
    for values, limits in zip(expected, (panel.get_xlim(), panel.get_ylim()), strict=True):
        assert limits[0] < values.min() <= values.max() < limits[1]
    assert made.histograms_[0,].get_data().values.sum() == 400
    np.testing.assert_allclose(
        made.estimates, np.log([model.sizes_[0, 0], model.burst_sizes_[0, 0]])
    )


@pytest.mark.parametrize("correlation", [0.0, -0.999])
@pytest.mark.parametrize("unit", [1e-8, 1e8])
def test_regions_hold_their_part_of_the_draws(correlation, unit, rng):
    from matplotlib.path import Path

    matrix = [[1, correlation], [correlation, 1]]
    draws = rng.multivariate_normal([3, 5], matrix, size=3000) * [1, unit]
    made = CornerDisplay.from_draws({"at": draws})
    for paths, part in zip(made.contours_[1, 0].get_paths(), (0.95, 0.5), strict=True):
        inside = np.zeros(3000, dtype=bool)
        for polygon in paths.to_polygons():
            # units of one size, as a path may not tell 1e-8 from 0
            inside ^= Path(polygon / [1, unit]).contains_points(draws / [1, unit])
        assert inside.mean() == pytest.approx(part, abs=0.02)


def test_by_default_what_others_tell_is_left_out(geyser):
    made = IntervalDisplay.from_result(geyser[2])
    assert "covariances[0, 1, 0]" not in made.labels
    found = entries_of(
        {name: geyser[2].replicates[name] for name in ("weights", "covariances")}, 1, None, None
    )
    assert [entry.label for entry in found] == ["weights[0]"] + [
        f"covariances[{k}, {i}, {j}]" for k in (0, 1) for i, j in ((0, 0), (0, 1), (1, 1))
    ]


def test_names_and_scales_that_are_wrong_are_told(geyser):
    result = geyser[2]
    for parameters, told in {
        "mean": "'mean' is none of", "means[0]": "is no entry of means",
        "means[0, 7]": "is no entry of means",
    }.items():  # fmt: skip
        with pytest.raises(ValueError, match=told):
            CornerDisplay.from_draws(result, parameters=parameters)
    with pytest.raises(ValueError, match="needs numbers between 0 and 1, but means"):
        CornerDisplay.from_draws(result, parameters="means", transform="logit")
    with pytest.raises(ValueError, match="transform must be one of"):
        CornerDisplay.from_draws(result, parameters="means", transform="ln")
    with pytest.raises(ValueError, match=r"a corner of 20 entries cannot be drawn"):
        CornerDisplay.from_draws({"at": RandomState(0).normal(size=(50, 20))})
    with pytest.raises(ValueError, match="is the same in all draws"):
        CornerDisplay.from_draws({"at": np.ones((50, 2))}, parameters="at")
    with pytest.raises(TypeError, match="draws must be a BootstrapResult, a Posterior, or"):
        CornerDisplay.from_draws([1, 2, 3])
    with pytest.raises(ValueError, match="3 leading axes"):
        TraceDisplay.from_draws({"at": np.ones((50, 2))})


def test_predicted_functions_hold_the_data_s3_16(rex1):
    X, one, two = rex1
    result = bootstrap(two, X, n_replicates=200, random_state=0)
    made = PredictiveECDFDisplay.from_estimator(two, X, result, random_state=0)
    assert made.coverage[0] > 0.9
    assert "in the band" in made.ecdfs_[0].get_label()
    alone = bootstrap(one, X, n_replicates=60, random_state=0)
    assert PredictiveECDFDisplay.from_estimator(one, X, alone, random_state=0).coverage[0] < 0.8


def test_the_predictive_band_is_that_of_so_many_rows(rng):
    """With parameters that are known the number of rows up to x is binomial."""
    X = rng.normal(size=(100, 1))
    model = GaussianMixture.from_params(weights=[1.0], means=[[0]], covariances=[[[1.0]]])
    draws = {"weights": np.ones((2000, 1)), "means": np.zeros((2000, 1, 1))}
    draws["covariances"] = np.ones((2000, 1, 1, 1))
    made = PredictiveECDFDisplay.from_estimator(model, X, draws, max_draws=2000, random_state=0)
    assert made.n_draws == 2000
    low, high = stats.binom.ppf([[0.025], [0.975]], 100, stats.norm.cdf(made.x[0])) / 100
    np.testing.assert_allclose(made.low[0], low, atol=0.021)
    np.testing.assert_allclose(made.high[0], high, atol=0.021)


def test_a_grid_of_predictions_by_column(geyser):
    model, X, result = geyser
    made = PredictiveECDFDisplay.from_estimator(model, X, result, random_state=0)
    assert made.labels == ["eruption", "wait"]
    assert (made.coverage > 0.8).all()
    again = PredictiveECDFDisplay.from_estimator(model, X, result, columns="wait", random_state=0)
    np.testing.assert_array_equal(again.low[0], made.low[1])
    few = {"weights": result.replicates["weights"], "means": result.replicates["means"]}
    with pytest.raises(ValueError, match=r"draws must have \['covariances'\] as well"):
        PredictiveECDFDisplay.from_estimator(model, X, few)
    with pytest.raises(ValueError, match="a band needs 20 draws or more, got 5"):
        PredictiveECDFDisplay.from_estimator(model, X, result, max_draws=5)


def test_intervals_are_those_of_the_result(geyser):
    model, X, result = geyser
    made = IntervalDisplay.from_result(
        result, level=0.9, method="basic", transform={"weights": "logit"}
    )
    ends = result.confidence_interval(0.9, "basic", {"weights": "logit"})
    i = made.labels.index("means[1, 0]")
    np.testing.assert_array_equal(made.intervals_[i].get_xdata(), ends["means"][:, 1, 0])
    assert made.estimate[i] == result.estimates["means"][1, 0]
    errors = standard_errors(model, X)
    made = IntervalDisplay.from_result(errors, parameters="means")
    half = stats.norm.ppf(0.975) * errors["means"].ravel()
    np.testing.assert_allclose(made.high - made.estimate, half)


def test_traces_are_the_draws():
    draws = draws_of_chains()
    made = TraceDisplay.from_draws(draws, parameters=["rates[1, 0]"], transform={"rates": "log"})
    shown = np.array([line.get_ydata() for line in made.lines_[0]]).reshape(2, 6, 50)
    np.testing.assert_allclose(shown, np.log(draws["rates"][..., 1, 0].swapaxes(1, 2)))
    held = SimpleNamespace(draws=draws)
    made = TraceDisplay.from_draws(held)
    assert len(made.labels) == 3
    assert np.isnan(made.estimates).all()


@pytest.fixture(scope="module")
def chains():
    """A posterior of two ensembles, with the rows and the seed of a law that has strata."""
    rng = RandomState(0)
    X = rng.negative_binomial(3, np.repeat([0.6, 0.1], 60))[:, None]
    model = NegativeBinomialMixture(2, order_by="means", n_init=2, random_state=0)
    strata = np.arange(120) % 2
    model = model.fit(X, strata=strata)
    posterior = sample_posterior(
        model, X, strata=strata, n_steps=30, n_burn_in=10, n_walkers=40, random_state=0
    )
    return model, X, strata, posterior


def test_a_corner_takes_a_posterior(chains):
    model, _, _, posterior = chains
    made = CornerDisplay.from_draws(posterior, parameters=["means", "burst_sizes[1, 0]"])
    T, W = posterior.n_steps, posterior.n_walkers
    expected = posterior.draws["means"].reshape(T * W, 2)
    np.testing.assert_array_equal(made.values[:, :2], expected)
    np.testing.assert_allclose(made.estimates[:2], model.means_.ravel())
    np.testing.assert_allclose(made.estimates[2], model.burst_sizes_[1, 0])
    np.testing.assert_allclose(
        made.values[:, 2], posterior.draws["burst_sizes"][:, :, 1, 0].ravel()
    )
    by_default = CornerDisplay.from_draws(posterior)
    assert not any("burst" in label for label in by_default.labels)
    assert drawn(by_default.figure_)


def test_traces_take_a_posterior(chains):
    model, _, _, posterior = chains
    made = TraceDisplay.from_draws(posterior, parameters="sizes", transform="log")
    E, T, W = posterior.n_ensembles, posterior.n_steps, posterior.n_walkers
    for e in range(E):
        own = posterior.draws["sizes"][:, e * W // E : (e + 1) * W // E, 1, 0]
        np.testing.assert_allclose(made.values[1][e], np.log(own))
    assert made.values[0].shape == (E, T, W // E)
    np.testing.assert_allclose(made.estimates, np.log(model.sizes_.ravel()))
    assert drawn(made.figure_)


def test_predictions_take_a_posterior(chains):
    model, X, strata, posterior = chains
    options = {"strata": strata, "max_draws": 50, "random_state": 0}
    made = PredictiveECDFDisplay.from_estimator(model, X, posterior, **options)
    T, W = posterior.n_steps, posterior.n_walkers
    flat = {
        name: posterior.draws[name].reshape(T * W, *posterior.draws[name].shape[2:])
        for name in ("strata_weights", "means", "sizes")
    }
    same = PredictiveECDFDisplay.from_estimator(model, X, flat, **options)
    np.testing.assert_array_equal(made.low, same.low)
    np.testing.assert_array_equal(made.high, same.high)
    assert made.coverage[0] > 0.8


# -- the fit ---------------------------------------------------------------------------


def test_the_best_is_marked():
    table = {"n_components": [2, 1, 2, 1], "kind": ["a", "a", "b", "b"], "bic": [3.0, 5, 2, 6]}
    for results in (table, pd.DataFrame(table), SimpleNamespace(results_=table)):
        made = SelectionDisplay.from_results(results, by="kind")
        assert made.best_n_components == 2
        assert made.best_.get_label() == "best: K = 2, b"
        assert [list(line.get_ydata()) for line in made.lines_] == [[5, 3], [6, 2]]
    search = SimpleNamespace(
        cv_results_={"param_n_components": [1, 2], "mean_test_score": [-2.0, -3.0], "sd": [1, 1]}
    )
    made = SelectionDisplay.from_results(search, criterion="mean_test_score", error="sd")
    assert made.best_n_components == 1
    with pytest.raises(ValueError, match="'aic' is no column of the results"):
        SelectionDisplay.from_results(table, criterion="aic")
    with pytest.raises(ValueError, match="has no finite value"):
        SelectionDisplay.from_arrays([1, 2], [np.nan, np.nan])
    with pytest.raises(ValueError, match="values must have the shape of n_components"):
        SelectionDisplay.from_arrays([1, 2], [1.0])


@pytest.mark.parametrize(
    ("column", "best"),
    [
        ("bic", 1), ("rank_test_score", 1), ("mean_fit_time", 1), ("mean_score_time", 1),
        ("held_out", 2), ("log_likelihood", 2), ("mean_test_bic", 2), ("split0_test_aic", 2),
        ("mean_test_score", 2), ("score", 2),
    ],
)  # fmt: skip
def test_scores_are_better_where_greater_in_a_selection(column, best):
    table = {"n_components": [1, 2], column: [3.0, 4.0]}
    assert SelectionDisplay.from_results(table, criterion=column).best_n_components == best
    made = SelectionDisplay.from_arrays([1, 2], [3.0, 4.0], criterion=column)
    assert made.best_n_components == best


@pytest.mark.parametrize(
    ("options", "column", "label"),
    [
        ({"criterion": "aic"}, "aic", "AIC"),
        ({"criterion": "icl"}, "icl", "ICL"),
        ({"criterion": "cv"}, "held_out", "held-out log-likelihood per row"),
        (
            {"criterion": "cv", "one_standard_error": True},
            "held_out",
            "held-out log-likelihood per row",
        ),
        ({"criterion": "lrt", "n_replicates": 19}, "p_value", "p against the next K"),
    ],
)
def test_a_selection_is_drawn_by_its_own_criterion(options, column, label):
    x = RandomState(1).poisson(np.repeat([9.0, 30.0], 60))[:, None]
    model = PoissonMixture(n_init=2, random_state=0)
    selection = MixtureSelection(model, n_components=[3, 1, 2], **options).fit(x)
    made = SelectionDisplay.from_results(selection)
    assert made.best_n_components == selection.best_params_["n_components"]
    rows = selection.results_
    np.testing.assert_array_equal(made.values[0], [getattr(row, column) for row in rows])
    assert made.ax_.get_ylabel() == label
    if column == "held_out":
        np.testing.assert_array_equal(made.errors[0], [row.held_out_error for row in rows])
    else:
        assert made.errors is None
    if column == "p_value":
        assert made.level == selection.level
        low, high = made.ax_.get_xlim()
        assert low < made.best_n_components < high
        assert f"level {selection.level}" in made.ax_.get_legend_handles_labels()[1]
    same = SelectionDisplay.from_results(selection, criterion=options["criterion"])
    assert same.best == made.best
    bic = SelectionDisplay.from_results(selection, criterion="bic")
    assert bic.best_n_components == 1 + int(np.argmin([row.bic for row in rows]))
    assert drawn(made.figure_)


def test_lines_of_a_selection_are_named_as_in_its_table():
    X = load_old_faithful().data
    grid = {"family__covariance_type": ["diag", "tied"]}
    selection = MixtureSelection(Mixture(Gaussian(), random_state=0), grid, n_components=[1]).fit(X)
    made = SelectionDisplay.from_results(selection)
    assert made.options == ["covariance_type='diag'", "covariance_type='tied'"]
    made = SelectionDisplay.from_arrays([1, 2], {"a": [1.0, 2.0], "b": [np.nan, np.nan]})
    assert [line.get_label() for line in made.lines_] == ["a", "b (no value)"]


def test_the_choice_of_a_selection_is_marked_where_others_are_better():
    row = {"name": "m", "params": {}, "log_likelihood": 0.0, "aic": 0.0, "bic": 0.0, "icl": 0.0}
    row |= {"held_out_error": 0.1, "p_value": np.nan}
    rows = [SimpleNamespace(n_components=K, held_out=-1 / K, **row) for K in (1, 2, 3)]
    chosen = SimpleNamespace(results_=rows, criterion_="cv", best_index_=1)
    assert SelectionDisplay.from_results(chosen).best_n_components == 2
    by_value = SelectionDisplay.from_results(chosen, greater_is_better=True)
    assert by_value.best_n_components == 3


@pytest.mark.parametrize("several", [False, True])
def test_a_grid_search_is_drawn_by_what_it_chose_by_in_a_selection(several):
    X = load_old_faithful().data
    grid, model = {"n_components": [1, 2]}, Mixture(Gaussian(), n_init=2, random_state=0)
    scoring = {"aic": aic_scorer, "bic": bic_scorer} if several else bic_scorer
    refit = "bic" if several else True
    search = GridSearchCV(model, grid, scoring=scoring, refit=refit, cv=WholeData()).fit(X)
    made = SelectionDisplay.from_results(search)
    column = "mean_test_bic" if several else "mean_test_score"
    np.testing.assert_array_equal(made.values[0], -search.cv_results_[column])
    assert made.ax_.get_ylabel() == "BIC"
    assert made.best_n_components == search.best_params_["n_components"] == 2
    as_it_is = SelectionDisplay.from_results(search, criterion=column, greater_is_better=True)
    np.testing.assert_array_equal(as_it_is.values[0], search.cv_results_[column])
    assert as_it_is.best_n_components == 2
    if several:
        assert SelectionDisplay.from_results(search, criterion="mean_test_aic").label == "AIC"
        search = GridSearchCV(model, grid, scoring=scoring, refit=False, cv=WholeData()).fit(X)
        with pytest.raises(ValueError, match=r"criterion must be one of \['mean_test_aic', "):
            SelectionDisplay.from_results(search)
    else:
        plain = SelectionDisplay.from_results(GridSearchCV(model, grid, cv=3).fit(X))
        assert (plain.label, plain.greater_is_better) == ("mean_test_score", True)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("bare", [False, True])
def test_a_grid_search_has_a_line_for_each_combination_of_options(nested, bare):
    X = load_old_faithful().data
    model, step = GaussianMixture(init_params="random_from_data", random_state=0), ""
    if nested:
        model, step = Pipeline([("gmm", model)]), "gmm__"
    some = {f"{step}n_components": [3, 1, 2], f"{step}covariance_type": ["diag", "full"]}
    grid = [some, {**some, f"{step}covariance_type": ["spherical"], f"{step}tol": [0.01]}]
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X)
    made = SelectionDisplay.from_results(pd.DataFrame(search.cv_results_) if bare else search)
    kinds = ["'diag'", "'full'", "'spherical'"]
    tol = ["", "", ", tol=0.01"]
    assert made.options == [f"covariance_type={a}{b}" for a, b in zip(kinds, tol, strict=True)]
    assert all(list(K) == [1, 2, 3] for K in made.n_components)
    scores = {
        (repr(params[f"{step}covariance_type"]), params[f"{step}n_components"]): score
        for params, score in zip(
            search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
        )
    }
    for kind, values in zip(kinds, made.values, strict=True):
        np.testing.assert_array_equal(values, [scores[kind, K] for K in (1, 2, 3)])
    best = search.best_params_
    assert made.best_n_components == best[f"{step}n_components"]
    assert f"covariance_type={best[f'{step}covariance_type']!r}" in made.best_.get_label()
    by = SelectionDisplay.from_results(search, by=f"param_{step}covariance_type")
    assert by.options == ["diag", "full", "spherical"]


def test_results_that_cannot_be_drawn_say_what_to_do():
    with pytest.raises(ValueError, match="'n_components'.* by MixtureSelection, which counts"):
        SelectionDisplay.from_results({"param_parts": [1, 2], "mean_test_score": [0.1, 0.2]})
    sizes = {"param_a__n_components": [1, 2], "param_b__n_components": [2, 1], "bic": [2.0, 1.0]}
    with pytest.raises(ValueError, match="several numbers of components.* 'n_components'$"):
        SelectionDisplay.from_results(sizes)
    tests = lrt_sweep(PoissonMixture(), [[1], [3], [2], [2]], n_replicates=19, random_state=0)
    with pytest.raises(TypeError, match=r"a list of tests: .* SelectionDisplay\.from_arrays"):
        SelectionDisplay.from_results(tests)


@pytest.mark.parametrize("search", [MixtureSelection, GridSearchCV])
@pytest.mark.parametrize(
    "made",
    [
        DensityDisplay, ECDFDisplay, ContourDisplay, PairsDisplay, ConvergenceDisplay,
        ResponsibilityDisplay, ProfileDisplay,
    ],
)  # fmt: skip
def test_a_display_of_a_mixture_says_where_a_selection_has_it(made, search):
    X = load_old_faithful().data
    fitted = search(GaussianMixture(random_state=0), {"n_components": [1]}).fit(X)
    rows = () if made in (ConvergenceDisplay, ProfileDisplay) else (X,)
    with pytest.raises(TypeError, match=rf"got a {search.__name__}: .* its best_estimator_$"):
        made.from_estimator(fitted, *rows)


def test_the_choice_of_tests_is_seen_where_nothing_was_tested():
    row = {"name": "m", "params": {}, "log_likelihood": 0.0, "aic": 0.0, "bic": 0.0, "icl": 0.0}
    row |= {"held_out": np.nan, "held_out_error": np.nan}
    rows = [
        SimpleNamespace(n_components=K, p_value=p, **row)
        for K, p in [(1, 0.01), (2, 0.04), (3, np.nan)]
    ]
    chosen = SimpleNamespace(results_=rows, criterion_="lrt", best_index_=2, level=0.05)
    made = SelectionDisplay.from_results(chosen)
    assert made.best_n_components == 3
    low, high = made.ax_.get_xlim()
    assert low < 3 < high
    np.testing.assert_array_equal(made.best_.get_xdata(), [3, 3])
    bottom, top = made.ax_.get_ylim()
    assert bottom < 0.05 < top


def test_no_selection():
    with pytest.raises(TypeError, match="results must be a fitted MixtureSelection"):
        SelectionDisplay.from_results(5)
    for search in (
        MixtureSelection(PoissonMixture()),
        GridSearchCV(PoissonMixture(), {"n_components": [1]}),
    ):
        with pytest.raises(NotFittedError):
            SelectionDisplay.from_results(search)


def test_convergence_is_that_of_the_fit(geyser):
    model, _, _ = geyser
    made = ConvergenceDisplay.from_estimator(model)
    np.testing.assert_array_equal(made.lines_[0].get_ydata(), model.lower_bounds_)
    to_come = ConvergenceDisplay.from_estimator(model, to_come=True)
    assert to_come.ax_.get_yscale() == "log"
    with pytest.raises(ValueError, match="made no iteration"):
        ConvergenceDisplay.from_estimator(GaussianMixture.from_params(**LECTURE))
    with pytest.raises(ValueError, match="nothing to come: leave to_come=False"):
        ConvergenceDisplay.from_estimator(Mixture(Poisson(), 1).fit([[1], [3]]), to_come=True)


@pytest.mark.parametrize("n_init", [1, 3, 12])
@pytest.mark.parametrize("n_rows", [272, 30_000])
def test_convergence_of_all_starts(n_init, n_rows):
    X = np.resize(load_old_faithful().data, (n_rows, 2))
    seen: list = []
    model = Mixture(Gaussian(), 3, n_init=n_init, random_state=0).fit(X, callback=seen.append)
    made = ConvergenceDisplay.from_iterations(seen)
    stages = [
        {start for one in seen if one.on_sample == on for start in one.every} for on in (0, 1)
    ]
    assert len(made.lines_) == sum(map(len, stages))
    assert set(range(n_init)) <= set.union(*stages)
    np.testing.assert_array_equal(made.lines_[-1].get_ydata(), made.values[-1])
    assert made.values[-1][-1] == model.lower_bounds_[-1]
    low, high = made.ax_.get_ylim()
    assert low < made.values[-1][-1] < high
    assert low < np.median([values[-1] for values in made.values])
    for values in made.values:  # but for what sums over products of features may err by
        assert (np.diff(values) > -1e-8).all()
    assert made.labels.count("best start") == 1
    named = [text.get_text() for text in made.ax_.get_legend().get_texts()]
    assert sorted(named) == sorted(set(made.labels))
    lacking = made.plot(to_come=True).lines_
    assert all((line.get_ydata() > 0).all() for line in lacking)


def steps_of(ends: dict[int, float], first: int, on_sample: bool, best: int) -> list:
    """Iterations of starts that rise to their ends from far below."""
    return [
        SimpleNamespace(
            number=first + n, start=best, on_sample=on_sample,
            every={start: end - 10 * 0.1**n for start, end in ends.items()},
        )
        for n in range(9)
    ]  # fmt: skip


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_ends_of_starts_are_seen_apart_and_those_set_aside_are_named(unit):
    first = {0: -2.0, 1: -2.1, 2: -2.3, 3: -1.8, 4: -2.2, 5: -9.0}
    seen = steps_of(first, 1, True, 0) + steps_of({0: -1.0, 3: -0.8, 6: -1.0}, 10, False, 6)
    for one in seen:
        one.every = {start: unit * value for start, value in one.every.items()}
    made = ConvergenceDisplay.from_iterations(seen)
    assert made.rounds == [10]
    told = dict(zip([values[-1] / unit for values in made.values], made.labels, strict=True))
    higher = [label for end, label in told.items() if end > -0.9]
    assert higher == ["set aside, though higher"]
    assert made.labels.count("other starts") == 1  # as high as the best
    assert made.labels[-1] == "best start"
    low, high = np.array(made.ax_.get_ylim()) / unit
    assert -9 < low < -2.3
    assert high > -0.8
    assert high - low < 3
    for one in (made, made.plot(to_come=True)):
        assert drawn(one.figure_)


@pytest.mark.parametrize("kind", ["sorted", "heatmap", "histogram"])
@pytest.mark.parametrize("n_components", [1, 12])
def test_responsibilities_are_all_there(kind, n_components, rng):
    X = rng.uniform(size=(120, 1))
    means = np.linspace(0, 1, n_components)[:, None]
    model = GaussianMixture.from_params(
        weights=np.full(n_components, 1 / n_components), means=means,
        covariances=np.full((n_components, 1, 1), 0.01),
    )  # fmt: skip
    made = ResponsibilityDisplay.from_estimator(model, X, kind=kind)
    assert made.all_resp.shape == (120, n_components)
    np.testing.assert_allclose(made.resp.sum(axis=1), 1)
    own = made.resp.argmax(axis=1)
    assert (np.diff(own) >= 0).all()
    assert len({artist.get_label() for artist in made.artists_}) == len(made.artists_)
    assert drawn(made.figure_)


@pytest.mark.parametrize("n_components", [2, 3])
def test_sorted_responsibilities_have_no_stripes(n_components):
    turn = 2 * np.pi * np.arange(n_components) / n_components
    model = GaussianMixture.from_params(
        weights=np.full(n_components, 1 / n_components), covariance_type="spherical",
        means=1.8 * np.column_stack([np.cos(turn), np.sin(turn)]),
        covariances=np.ones(n_components),
    )  # fmt: skip
    X, _ = model.sample(900, random_state=0)
    resp = ResponsibilityDisplay.from_estimator(model, X).resp
    own = resp.argmax(axis=1)
    second = np.argsort(resp, axis=1)[:, -2]
    assert (np.diff(own) >= 0).all()
    for k in range(n_components):
        mine = own == k
        assert (np.diff(second[mine]) != 0).sum() <= 1
        surely = resp[mine, k]
        top = int(surely.argmax())
        assert (np.diff(surely[: top + 1]) >= -1e-12).all()
        assert (np.diff(surely[top:]) <= 1e-12).all()


def test_item_profiles(rng):
    probs = rng.uniform(size=(3, 4))
    names = [f"question {i}" for i in range(4)]
    model = BernoulliMixture.from_params(
        weights=[0.2, 0.3, 0.5], probs=probs, feature_names_in=names
    )
    made = ProfileDisplay.from_estimator(model)
    np.testing.assert_allclose([line.get_ydata() for line in made.artists_], probs)
    assert [label.get_text() for label in made.ax_.get_xticklabels()] == names
    table = pd.DataFrame({"a": ["x", "y", "z"] * 40, "b": ["yes", "no"] * 60})
    model = CategoricalMixture(1).fit(table)
    made = ProfileDisplay.from_estimator(model)
    np.testing.assert_allclose([bar.get_height() for bar in made.artists_], [1 / 3] * 3 + [0.5] * 2)
    assert made.categories == [["x", "y", "z"], ["no", "yes"]]
    with pytest.raises(ValueError, match="Bernoulli and Categorical, not for Poisson"):
        ProfileDisplay.from_estimator(Mixture(Poisson(), 1).fit([[1], [2]]))


def test_profiles_of_the_parts_of_a_product_that_have_them(mixed):
    model, _ = mixed
    made = ProfileDisplay.from_estimator(model)
    assert made.items == ["town", "owns"]
    assert made.categories == [["u", "v"], ["0", "1"]]
    np.testing.assert_allclose(made.probabilities[0], model.town__probs_[:, 0])
    np.testing.assert_allclose(made.probabilities[1][:, 1], model.owns__probs_[:, 0])
    words = [text.get_text() for text in made.ax_[0, 0].texts]
    assert words == ["u", "v", "0", "1"]


def test_categories_that_items_share_have_a_legend_and_long_names_have_room(rng):
    scale = ["strongly disagree", "disagree", "agree", "strongly agree"]
    items = ["what I do is seen and told of by others, always " * 2, "pay"]
    answers = pd.DataFrame(rng.choice(scale, size=(90, 2)), columns=items)
    made = ProfileDisplay.from_estimator(CategoricalMixture(1, categories=scale).fit(answers))
    words = [text.get_text() for text in made.ax_[0, 0].get_legend().get_texts()]
    assert words == scale[::-1]
    names = [label.get_text() for label in made.ax_[0, 0].get_xticklabels()]
    assert names[0].startswith("what I do is seen")
    assert len(names[0]) <= 32
    assert drawn(made.figure_)  # a warning where axes have no room
    inside = made.figure_.bbox
    for ax in made.figure_.axes:
        for label in ax.get_xticklabels():
            assert label.get_window_extent().y0 >= inside.y0 - 1


@pytest.mark.parametrize("n_items", [1, 6, 20])
@pytest.mark.parametrize(
    ("names", "others"),
    [
        (["no", "yes"], ["a", "b", "c"]), (["never", "sometimes"], ["no", "yes"]),
        (["no", "rare", "yes"], ["a", "b"]), (["never", "sometimes"], ["never", "sometimes"]),
    ],
)  # fmt: skip
def test_every_category_is_told_in_whole_by_a_word_or_the_legend(n_items, names, others):
    sets = [others, *[names] * n_items]
    probs = np.zeros((2, n_items + 1, max(map(len, sets))))
    for j, own in enumerate(sets):
        probs[:, j, : len(own)] = [0.48, 0.04, 0.48] if len(own) == 3 else 0.5
    model = CategoricalMixture.from_params(weights=[0.5, 0.5], probs=probs, categories=sets)
    made = ProfileDisplay.from_estimator(model)
    assert drawn(made.figure_)
    legends = [ax.get_legend() for ax in made.ax_.ravel() if ax.get_legend()]
    told = {text.get_text() for one in legends for text in one.get_texts()}
    told |= {text.get_text() for text in made.ax_[0, 0].texts}
    assert {*names, *others} <= told
    assert not any(text.get_text().endswith("…") for text in made.ax_[0, 0].texts)
    if legends:
        patches = {one.get_label(): one for one in legends[0].legend_handles}
        for bar, name in zip(made.artists_, others, strict=False):
            assert patches[name].get_facecolor() == bar.get_facecolor()


def test_a_selection_is_drawn_as_it_is():
    X = np.r_[np.zeros(20), np.ones(30), np.full(25, 30), np.full(25, 33)][:, None]
    search = MixtureSelection(
        {"poisson": PoissonMixture(random_state=0), "geometric": GeometricMixture(random_state=0)},
        n_components=[1, 2],
    ).fit(X)
    display = SelectionDisplay.from_results(search)
    assert display.options == ["poisson", "geometric"]
    found = np.concatenate(display.values)
    np.testing.assert_allclose(found, [row.bic for row in search.results_])
    assert display.options[display.best[0]] == search.results_[search.best_index_].name


@pytest.mark.parametrize("by", [None, "param_covariance_type", "param_reg_covar"])
def test_no_line_of_a_search_goes_up_and_down_at_one_number(by, rng):
    grid = {"n_components": [1, 2], "covariance_type": ["full", "diag"], "reg_covar": [1e-6, 1e-5]}
    X = rng.normal(size=(60, 2))
    search = GridSearchCV(GaussianMixture(), grid, scoring=bic_scorer, cv=WholeData()).fit(X)
    made = SelectionDisplay.from_results(search, by=by)
    assert len(made.lines_) == 4
    for line in made.lines_:
        assert line.get_xdata().tolist() == [1, 2]
        assert line.get_linewidth() > 0
    told = made.ax_.get_legend_handles_labels()[1]
    assert len(told) == (2 if by else 4) + 1
    best = search.best_params_
    assert f"K = {best['n_components']}" in told[-1]
    for name in ("covariance_type", "reg_covar"):
        assert str(best[name]) in told[-1]
    inks = {}
    for option, line in zip(made.options, made.lines_, strict=True):
        assert inks.setdefault(option, line.get_color()) == line.get_color()
    assert len(set(inks.values())) == len(inks)


def test_fits_that_nothing_tells_apart_are_not_joined():
    table = {"n_components": [1, 1, 2, 2], "bic": [5.0, 6.0, 2.0, 3.0]}
    made = SelectionDisplay.from_results(table)
    assert made.lines_[0].get_linewidth() == 0
    assert made.best_n_components == 2
    assert drawn(made.figure_)


@pytest.mark.parametrize("rare", [1.0, 1e-4])
def test_panels_of_probabilities_share_their_axis_where_it_shows_them(rare, rng):
    X = rng.binomial(1, np.array([0.9, 0.5, 0.2]) * rare + 0.01, size=(400, 3))
    X[0] = 1
    model = BernoulliMixture(1).fit(X)
    made = IntervalDisplay.from_result(bootstrap(model, X, n_replicates=40, random_state=0))
    assert len(made.panels) == 3
    views = {ax.get_xlim() for ax in made.ax_.ravel() if ax.get_visible()}
    assert len(views) == 1
    (low, high) = views.pop()
    assert low < made.low.min() <= made.high.max() < high
    assert (high > 1) == (rare == 1)


def test_probabilities_of_all_parts_share_an_axis_and_other_parameters_do_not(mixed):
    model, X = mixed
    made = IntervalDisplay.from_result(bootstrap(model, X, n_replicates=40, random_state=0))
    panels = [made.labels[panel[0]].partition("[")[0] for panel in made.panels]
    views = dict(zip(panels, (ax.get_xlim() for ax in made.ax_.ravel()), strict=False))
    assert views["town__probs"] == views["owns__probs"]
    assert "size__means" not in made.shared
    assert drawn(made.figure_)


def test_rare_events_of_one_column_keep_scales_on_which_they_are_seen():
    X = np.r_[np.arange(40) % 3, 4000 + 900 * (np.arange(40) % 11)][:, None]
    model = GeometricMixture(2, order_by="probs", random_state=0).fit(X)
    made = IntervalDisplay.from_result(
        bootstrap(model, X, n_replicates=40, random_state=0), parameters="probs"
    )
    assert made.shared == {}
    assert len(made.ax_[0, 0].texts) == 4  # both ends of each in words


def test_titles_have_the_digits_that_their_interval_needs(rng):
    for unit in (1e-9, 1.0, 1e9):
        values = unit * np.column_stack([rng.normal(2400, 4, 500), rng.normal(5, 2, 500)])
        made = CornerDisplay.from_draws({"rates": values})
        for i in (0, 1):
            title = made.ax_[i, i].get_title()
            told = [float(word) for word in title.replace(",", "").translate(NO_BRACKETS).split()]
            low, middle, high = np.quantile(values[:, i], [0.025, 0.5, 0.975])
            np.testing.assert_allclose(told, [middle, low, high], rtol=0, atol=0.1 * (high - low))
        assert drawn(made.figure_)
        title = made.ax_[1, 1].title
        assert title.get_window_extent().x1 <= made.figure_.bbox.x1


def test_intervals_of_tables_that_are_no_symmetric_matrices_are_all_drawn(rng):
    table = rng.randint(0, 2, size=(120, 2))
    model = CategoricalMixture(1).fit(table)
    result = bootstrap(model, table, n_replicates=40, random_state=0)
    made = IntervalDisplay.from_result(result)
    assert made.labels == [f"probs[0, {j}, {c}]" for j in (0, 1) for c in (0, 1)]
    assert all(line.get_marker() == "|" for line in made.intervals_)


def test_draws_that_a_display_cannot_show_are_refused_by_name(geyser, rng):
    model, _, result = geyser
    draws = {"a": rng.normal(size=100), "b": rng.normal(size=90)}
    with pytest.raises(ValueError, match="as many draws of every parameter"):
        CornerDisplay.from_draws(draws)
    with pytest.raises(ValueError, match="a bootstrap has no chains: see CornerDisplay"):
        TraceDisplay.from_draws(result)
    with pytest.raises(TypeError, match="must be a BootstrapResult, StandardErrors or a Posterior"):
        IntervalDisplay.from_result(model)
    with pytest.raises(ValueError, match="limits must be two pairs of numbers"):
        ContourDisplay.from_estimator(model, limits=(0, 1))


def test_the_only_panel_is_the_axes_given(rng):
    ax = Figure().subplots()
    display = TraceDisplay.from_draws({"mean": rng.normal(size=(1, 30, 4))}, ax=ax)
    assert display.ax_.ravel()[0] is ax


# -- what numbers are called, and scales that make them seen ------------------------------


def test_every_parameter_of_every_law_has_names_that_tell_its_numbers_apart(case):
    model, _ = known(case)
    called = calling(model)
    for name, value in model.params_.items():
        if np.asarray(value).dtype == object:
            continue
        found = [called(name, place) for place in np.ndindex(np.shape(value))]
        symmetric = 2 if case.family.parameters[name].event_ndim == 2 else 1
        assert None not in found
        assert len({str(one) for one in found}) * symmetric >= len(found)
        assert all(one.parameter == name for one in found)
        assert {one.component for one in found} <= {None, *range(case.n_components)}


def test_numbers_are_called_as_in_the_summary(geyser, mixed, chains):
    assert [str(calling(geyser[0])("means", (k, 1))) for k in (0, 1)] == [
        "means of wait, component 0",
        "means of wait, component 1",
    ]
    called = calling(mixed[0])
    assert str(called("town__probs", (1, 0, 1))) == "town__probs of town=v, component 1"
    assert str(called("visits__rates", (0, 0))) == "visits__rates of visits, component 0"
    strata = calling(chains[0])
    assert str(strata("strata_weights", (1, 0))) == "weights of stratum 1, component 0"
    assert str(strata("burst_sizes", (1, 0))) == "burst_sizes, component 1"
    one = calling(Mixture(Gaussian(), 1).fit([[0.0], [1.0], [3.0]]))
    assert str(one("means", (0, 0))) == "means"
    assert calling(None)("means", (0, 0)) is None


def test_displays_of_parameters_show_names_and_take_entries(geyser, chains):
    model, X, result = geyser
    made = CornerDisplay.from_draws(
        result, parameters=["weights[0]", "means[1, 1]"], transform={"weights": "logit"}
    )
    assert made.labels == ["logit weights[0]", "means[1, 1]"]
    assert made.names == ["logit weights, component 0", "means of wait, component 1"]
    assert made.ax_[1, 0].get_ylabel() == "means of wait\ncomponent 1"
    trace = TraceDisplay.from_draws(chains[3], parameters="sizes[1, 0]")
    assert trace.ax_[0, 0].get_ylabel() == "sizes\ncomponent 1"
    for intervals in (
        IntervalDisplay.from_result(result, parameters=["means[1, 0]", "means[0, 0]"]),
        IntervalDisplay.from_result(standard_errors(model, X), parameters="means"),
    ):
        panel = intervals.ax_[0, 0]
        assert panel.get_title() == "means of eruption"
        assert {label.get_text() for label in panel.get_yticklabels()} == {
            "component 0",
            "component 1",
        }
    loaded = BootstrapResult.from_dict(result.to_dict())
    assert loaded.model is None
    plain = IntervalDisplay.from_result(loaded, parameters="means")
    assert plain.names == plain.labels
    assert [len(panel) for panel in plain.panels] == [2, 2]
    named = IntervalDisplay.from_result(loaded, model=model, parameters="means")
    assert named.names[0] == "means of eruption, component 0"


@pytest.mark.parametrize("far", [3.0, 1e3, 1e9])
def test_every_interval_is_wide_enough_to_be_seen(far):
    model = GaussianMixture.from_params(
        weights=[0.5, 0.5], means=[[0], [far]], covariances=[[[1.0]], [[1.0]]]
    )
    errors = {"weights": np.full(2, 0.03), "means": np.array([[0.2], [0.1]])}
    made = IntervalDisplay.from_result(errors, model=model)
    assert drawn(made.figure_)
    for panel, ax in zip(made.panels, made.ax_.ravel(), strict=False):
        for i in panel:
            line = made.intervals_[i]
            np.testing.assert_array_equal(line.get_xdata(), [made.low[i], made.high[i]])
            ends = line.get_transform().transform(np.c_[line.get_xdata(), [0, 0]])[:, 0]
            assert np.diff(ends)[0] > 0.045 * ax.bbox.width
        words = [float(text.get_text()) for text in ax.texts]
        if words:
            ends = np.ravel([[made.low[i], made.high[i]] for i in panel])
            np.testing.assert_allclose(words, ends, atol=0.1 * np.min(ends[1::2] - ends[::2]))
    own = [bool(ax.texts) for ax in made.ax_.ravel()]
    assert own[1] == (far > 3)  # of the means


def test_entries_without_width_stay_in_their_panel_and_panels_without_any_go():
    names = {"weights": np.array([0.5, 0.5]), "probs": np.array([[0.9, 0.6], [0.3, 0.6]])}
    ends = {name: np.stack([value, value]) for name, value in names.items()}
    ends["probs"][1, 1, 0] += 0.1  # the other entry of the panel has no width
    model = BernoulliMixture.from_params(**names)
    held = SimpleNamespace(estimates=names, confidence_interval=lambda *options: ends, model=model)
    made = IntervalDisplay.from_result(held)
    assert made.labels == ["probs[0, 0]", "probs[1, 0]"]
    assert made.ax_[0, 0].get_title() == "probs of x0"
    assert drawn(made.figure_)


@pytest.mark.parametrize("kind", ["full", "tied"])
def test_of_symmetric_matrices_one_half_is_drawn(kind):
    X = load_old_faithful().data
    model = Mixture(Gaussian(kind), 2, n_init=2, random_state=0).fit(X)
    made = IntervalDisplay.from_result(standard_errors(model, X))
    found = {called.of for called in made.called if called.parameter == "covariances"}
    assert found == {"x0", "x0, x1", "x1"}


def test_a_bootstrap_of_categories_of_different_numbers_can_be_drawn(rng):
    table = pd.DataFrame({"a": rng.choice(list("xyz"), 90), "b": rng.choice(list("uv"), 90)})
    model = CategoricalMixture(1).fit(table)
    result = bootstrap(model, table, n_replicates=40, random_state=0)
    made = IntervalDisplay.from_result(result)
    assert made.names == [f"probs of {of}" for of in ("a=x", "a=y", "a=z", "b=u", "b=v")]


def test_intervals_from_standard_errors_are_those_of_the_result(rng):
    X = rng.negative_binomial(2, 0.2, size=(60, 1))
    model = NegativeBinomialMixture(1).fit(X)
    errors = standard_errors(model, X)
    for transform in (None, "identity", {"sizes": "log"}):
        made = IntervalDisplay.from_result(errors, transform=transform)
        ends = errors.confidence_interval(transform=transform)
        assert made.labels == [f"{name}[0, 0]" for name in ends if name != "weights"]
        expected = [ends[label.partition("[")[0]].ravel() for label in made.labels]
        np.testing.assert_array_equal(np.stack([made.low, made.high], axis=1), expected)
    of_mapping = IntervalDisplay.from_result(dict(errors), model=model)
    own = IntervalDisplay.from_result(errors)
    assert of_mapping.names == own.names
    np.testing.assert_array_equal(of_mapping.low, own.low)
    with pytest.raises(ValueError, match="model must be given beside standard errors that are a"):
        IntervalDisplay.from_result(dict(errors))
    with pytest.raises(ValueError, match="transform must be None for standard errors that are a"):
        IntervalDisplay.from_result(dict(errors), model=model, transform="log")


def test_what_leads_beyond_all_numbers_is_not_drawn():
    model = PoissonMixture.from_params(weights=[0.5, 0.5], rates=[[3.0], [4.0]])
    made = IntervalDisplay.from_result({"rates": np.array([[0.1], [1e4]])}, model=model)
    assert np.isfinite(made.low).tolist() == np.isfinite(made.high).tolist() == [True, False]
    assert drawn(made.figure_)


def test_intervals_of_a_posterior_are_those_of_its_summary(chains):
    posterior = chains[3]
    made = IntervalDisplay.from_result(posterior, level=0.9)
    table = posterior.table((0.05, 0.5, 0.95))
    assert {"means[1, 0]", "sizes[0, 0]"} <= set(made.labels)
    for i, label in enumerate(made.labels):
        ends = [made.low[i], made.estimate[i], made.high[i]]
        np.testing.assert_allclose(ends, [table.row(label)[q] for q in ("5%", "50%", "95%")])
    assert made.names[made.labels.index("means[1, 0]")] == "means, component 1"
    asked = IntervalDisplay.from_result(posterior, parameters="burst_sizes")
    assert asked.labels == ["burst_sizes[0, 0]", "burst_sizes[1, 0]"]
    assert drawn(made.figure_)


def test_categories_that_an_item_does_not_have_are_never_shown(rng):
    table = pd.DataFrame({"a": rng.choice(list("xyz"), 90), "b": rng.choice(list("uv"), 90)})
    model = CategoricalMixture(1).fit(table)
    result = bootstrap(model, table, n_replicates=40, random_state=0)
    there = [f"probs[0, {j}, {c}]" for j, c in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]]
    assert IntervalDisplay.from_result(result, parameters="probs").labels == there
    # the second of two categories says nothing new
    assert CornerDisplay.from_draws(result, parameters="probs").labels == there[:-1]
    for kind in (IntervalDisplay.from_result, CornerDisplay.from_draws):
        with pytest.raises(ValueError, match="cannot be drawn"):
            kind(result, parameters="probs[0, 1, 2]")


# -- contours that fit ----------------------------------------------------------------


def in_the_plane() -> dict[str, tuple]:
    """Cases with a density in the plane, on each scale that there is room for."""
    found = {}
    for case in CASES:
        support, d = case.family.support, case.n_features
        if d == 2 and all(m.kind == "numbers" and not m.points for m in support.measures(d)):
            for scale in SCALES if case.draw(200)[0].min() > 0 else ["linear"]:
                found[f"{case.name}-{scale}"] = case, scale
    return found


PLANES = in_the_plane()


@pytest.mark.parametrize("name", PLANES)
@pytest.mark.parametrize("with_rows", [True, False])
def test_contours_lie_within_the_axes_and_axes_near_the_support(name, with_rows):
    case, scale = PLANES[name]
    model, X = known(case)
    on = scale_of(scale)
    made = ContourDisplay.from_estimator(
        model, X if with_rows else None, resolution=60, scale=scale
    )
    edge = np.concatenate([made.density[[0, -1]].ravel(), made.density[:, [0, -1]].ravel()])
    assert np.nanmax(edge) < made.levels[0]
    for j, ends in enumerate(on.ahead(np.array([made.x, made.y])[:, [0, -1]])):
        inward = np.median(X, axis=0)[None].repeat(2, axis=0)
        inward[:, j] = on.back(ends + 0.03 * np.ptp(ends) * np.array([1, -1]))
        assert case.family.support.contains(inward).all()


@pytest.mark.parametrize("scale", ["linear", "log", "sqrt"])
def test_contours_of_a_skewed_law_hold_their_mass_on_every_scale(scale):
    model = Mixture.from_params(
        family=Gamma(), weights=[0.4, 0.6], shapes=[[2.0, 3.0], [1.5, 5.0]],
        scales=[[1.0, 2.0], [9.0, 4.0]],
    )  # fmt: skip
    made = ContourDisplay.from_estimator(model, scale=scale, masses=[0.3, 0.95])
    rows = model.sample(20_000, random_state=1)[0]
    slope = {"linear": 1, "log": rows * np.log(10), "sqrt": 2 * np.sqrt(rows)}[scale]
    density = np.exp(model.score_samples(rows)) * np.broadcast_to(slope, rows.shape).prod(axis=1)
    held = (density[:, None] >= made.levels).mean(axis=0)
    np.testing.assert_allclose(held, [0.95, 0.3], atol=0.02)
    assert made.mass == pytest.approx(1, abs=0.05)
    assert made.ax_.get_xscale() == {"sqrt": "function"}.get(scale, scale)
    surface = made.plot(kind="surface")
    words = {"linear": "x0", "log": "log10 x0", "sqrt": "sqrt x0"}
    assert surface.ax_.get_xlabel() == words[scale]
    assert drawn(surface.figure_)


@pytest.mark.parametrize("kind", [ContourDisplay, PairsDisplay])
@pytest.mark.parametrize(("scale", "worst"), [("log", 0.0), ("log", -1.0), ("sqrt", -1.0)])
def test_scales_refuse_rows_that_they_have_no_place_for(kind, scale, worst, rng):
    X = rng.gamma(4, size=(50, 2))
    X[3, 1] = worst
    model = Mixture(Gaussian(), 1).fit(X)
    with pytest.raises(ValueError, match=f"scale='{scale}' needs numbers .* but column 'x1' has"):
        kind.from_estimator(model, X, scale=scale)
    with pytest.raises(ValueError, match="scale must be one of"):
        kind.from_estimator(model, X, scale="cube")


@pytest.mark.parametrize("scale", ["log", "sqrt"])
def test_a_law_that_lies_below_0_has_no_contours_in_logs(scale):
    model = GaussianMixture.from_params(weights=[1.0], means=[[0.5, 9.0]], covariances=[np.eye(2)])
    with pytest.raises(ValueError, match="no place for 3.% of the mixture.* no contour holds 95%"):
        ContourDisplay.from_estimator(model, scale=scale)
    made = ContourDisplay.from_estimator(model, scale=scale, masses=[0.3, 0.5])
    assert drawn(made.figure_)


@pytest.mark.parametrize("kind", [ContourDisplay, PairsDisplay])
def test_ellipses_on_bent_axes_pass_through_their_points(kind, rng):
    X = 9 + rng.gamma(4, size=(50, 2))
    model = Mixture(Gaussian(), 1).fit(X)
    made = kind.from_estimator(model, X, scale="log")
    ax = made.ax_ if kind is ContourDisplay else made.ax_[1, 0]
    patch = ax.patches[-1]  # of 95%
    inverse = np.linalg.inv(model.covariances_[0])
    away = patch.get_path().vertices - model.means_[0]
    radii = np.einsum("ni,ij,nj->n", away, inverse, away)
    np.testing.assert_allclose(radii, stats.chi2.ppf(0.95, 2), rtol=1e-6)
    assert drawn(made.figure_)


def test_many_components_have_an_ellipse_and_a_number_each(rng):
    K = 9
    model = GaussianMixture.from_params(
        weights=np.full(K, 1 / K), means=9 * rng.normal(size=(K, 2)),
        covariances=np.repeat(np.eye(2)[None], K, axis=0),
    )  # fmt: skip
    made = ContourDisplay.from_estimator(model)
    assert len(made.ellipses_) == K
    assert [text.get_text() for text in made.ax_.texts] == [str(k) for k in range(K)]


# -- legends, bars and ticks -------------------------------------------------------------


def covers(display) -> bool:
    """Whether the legend has a corner within the axes."""
    drawn(display.figure_)
    return display.ax_.get_legend().get_window_extent().x0 < display.ax_.bbox.x1 - 1


def test_legends_of_many_entries_stand_beside_the_axes_and_a_figure_grows(geyser, rng):
    X = rng.normal(size=(300, 2)) * [1, 2]
    few = GaussianMixture(1).fit(X)
    many = GaussianMixture.from_params(
        weights=np.full(8, 1 / 8), means=rng.normal(size=(8, 2)),
        covariances=np.repeat(np.eye(2)[None], 8, axis=0),
    )  # fmt: skip
    lines = {f"option {i}": [3.0, 1.0] for i in range(8)}
    for one, other in (
        [DensityDisplay.from_estimator(model, X, column=0) for model in (few, many)],
        [SelectionDisplay.from_arrays([1, 2], values) for values in ([3.0, 1.0], lines)],
    ):
        assert covers(one)
        assert not covers(other)
        assert other.figure_.get_size_inches()[0] > one.figure_.get_size_inches()[0]
    full = rng.uniform(size=(2000, 2))
    law = Mixture.from_params(family=Beta(), weights=[1.0], alphas=[[1.0, 1.0]], betas=[[1.0, 1.0]])
    assert not covers(ContourDisplay.from_estimator(law, full))
    assert covers(ContourDisplay.from_estimator(*geyser[:2]))


@pytest.mark.parametrize("n_components", [1, 2, 3, 4, 5, 7, 12])
def test_the_legend_of_contours_is_in_the_figure(n_components, rng):
    at = 40 * np.arange(n_components)
    model = GaussianMixture.from_params(
        weights=np.full(n_components, 1 / n_components), means=np.column_stack([at, at]),
        covariances=np.repeat(np.eye(2)[None], n_components, axis=0),
    )  # fmt: skip
    made = ContourDisplay.from_estimator(model)
    assert drawn(made.figure_)
    box, whole = made.ax_.get_legend().get_window_extent(), made.figure_.bbox
    assert whole.x0 <= box.x0 < box.x1 <= whole.x1
    assert whole.y0 <= box.y0 < box.y1 <= whole.y1


def test_a_figure_that_is_given_keeps_its_size(rng):
    figure = Figure(layout="constrained")
    ax = figure.subplots()
    size = tuple(figure.get_size_inches())
    made = SelectionDisplay.from_arrays([1, 2], {f"{i}": [3.0, 1.0] for i in range(8)})
    made.plot(ax=ax)
    assert tuple(figure.get_size_inches()) == size
    assert made._repr_png_() is None


@pytest.mark.parametrize("kind", [DensityDisplay, ECDFDisplay, PairsDisplay])
def test_counts_have_ticks_at_whole_numbers(kind, rng):
    x = rng.randint(0, 2, size=(80, 2))
    model = BernoulliMixture(1).fit(x)
    options = {} if kind is PairsDisplay else {"column": 0}
    made = kind.from_estimator(model, x, **options)
    for ax in axes_of(made):
        ticks = [at for at in ax.get_xticks() if ax.get_xlim()[0] <= at <= ax.get_xlim()[1]]
        assert not ax.get_visible() or ticks == [0, 1]


def test_zeros_with_a_probability_of_their_own_have_a_bar_of_their_own(rng):
    x = np.where(rng.uniform(size=(500, 2)) < 0.3, 0, rng.gamma(3, size=(500, 2)))
    model = Mixture(Hurdle(Gamma()), 1).fit(x)
    made = DensityDisplay.from_estimator(model, x, column=0)
    assert made.atoms == [0.0]
    assert made.observed[0] == pytest.approx((x[:, 0] == 0).mean())
    assert made.by_component[0, 0] == pytest.approx(model.zero_probs_[0, 0])
    assert np.ptp(np.diff(made.edges)) < 1e-6
    assert "bar at the left: 0" in made.ax_.get_xlabel()
    assert made.by_component.sum() == pytest.approx(1, abs=0.02)
    pairs = PairsDisplay.from_estimator(model, x)
    assert pairs.ax_[0, 0].get_xlim()[0] <= pairs.diagonal[0].edges[0]
    alone = DensityDisplay.from_estimator(model, x, column=0, bins=9)
    assert alone.atoms == []


def test_an_axis_on_which_one_bar_hides_a_component_says_what_shows_it(rng):
    x = rng.poisson(np.repeat([3, 60_000], 200))[:, None]
    model = PoissonMixture(2, n_init=2, random_state=0).fit(x)
    assert "log_x=True" in DensityDisplay.from_estimator(model, x).ax_.get_xlabel()
    assert "log_x" not in DensityDisplay.from_estimator(model, x, log_x=True).ax_.get_xlabel()
    even = rng.poisson(90, size=(200, 1))
    one = DensityDisplay.from_estimator(PoissonMixture(1).fit(even), even)
    assert "log_x" not in one.ax_.get_xlabel()


@pytest.mark.parametrize(("n_components", "apart"), [(2, 0), (3, 1), (10, 1)])
def test_histograms_of_many_components_lie_apart(n_components, apart, rng):
    X = np.repeat(np.arange(n_components) * 50.0, 20)[:, None] + rng.normal(size=(20, 1)).repeat(
        n_components, axis=1
    ).T.reshape(-1, 1)
    model = GaussianMixture.from_params(
        weights=np.full(n_components, 1 / n_components),
        means=np.arange(n_components)[:, None] * 50.0,
        covariances=np.ones((n_components, 1, 1)),
    )
    made = ResponsibilityDisplay.from_estimator(model, X, kind="histogram")
    floors = [np.max(artist.get_data().baseline) for artist in made.artists_]
    assert floors == [k * apart for k in range(n_components)]


def test_rows_outside_are_told_of_alike(rng):
    X = rng.standard_t(1.2, size=(400, 2))
    model = StudentTMixture(1).fit(X)
    told = re.compile(r"\((\d+) of 400 rows lie outside\)$")
    for made in (
        DensityDisplay.from_estimator(model, X, column=0, limits=(-3, 3)),
        ContourDisplay.from_estimator(model, X, limits=((-3, 3), (-3, 3))),
    ):
        assert int(told.search(made.ax_.get_xlabel())[1]) == made.outside
    pairs = PairsDisplay.from_estimator(model, X)
    title = pairs.ax_[0, 0].get_legend().get_title().get_text()
    assert title == f"{pairs.outside} of 400 rows lie outside"


# -- numbers of trials ----------------------------------------------------------------------


def test_numbers_of_trials_are_taken_by_their_name(rng):
    trials = rng.randint(5, 40, 120)
    heads = np.c_[rng.binomial(trials, 0.3), rng.binomial(trials, 0.6)]
    model = BinomialMixture(1).fit(heads, n_trials=trials)
    draws = bootstrap(model, heads, exposure=trials, n_replicates=30, random_state=0)
    makers = {
        DensityDisplay: {"column": 0}, ECDFDisplay: {"column": 0}, PairsDisplay: {},
        ResponsibilityDisplay: {}, PredictiveECDFDisplay: {"draws": draws, "random_state": 0},
    }  # fmt: skip
    what = ["by_component", "cdf", "resp", "resp", "low"]
    for (kind, options), name in zip(makers.items(), what, strict=True):
        named = kind.from_estimator(model, heads, n_trials=trials, **options)
        same = kind.from_estimator(model, heads, exposure=trials, **options)
        for one, other in zip(getattr(named, name), getattr(same, name), strict=True):
            np.testing.assert_array_equal(one, other)
        with pytest.raises(ValueError, match="another name of exposure"):
            kind.from_estimator(model, heads, n_trials=trials, exposure=trials, **options)
    counts = PoissonMixture(1).fit(heads)
    for kind in (DensityDisplay, ECDFDisplay):
        with pytest.raises(TypeError, match="Poisson has no numbers of trials: pass exposure"):
            kind.from_estimator(counts, heads, column=0, n_trials=trials)


def test_codes_without_a_law_of_their_own_have_a_bar_each(rng):
    codes = rng.randint(0, 4, size=(60, 2))
    made = PairsDisplay.from_estimator(CategoricalMixture(1).fit(codes), codes)
    bars = made.ax_[0, 0].patches[0].get_data()
    np.testing.assert_array_equal(bars.edges, np.arange(5) - 0.5)
    np.testing.assert_array_equal(bars.values, np.bincount(codes[:, 0]))


def test_a_density_begins_where_its_support_does(rng):
    X = rng.exponential(size=(500, 2))
    model = Mixture(Gamma(), 1, fixed={"shapes": [[1.0, 1.0]]}).fit(X)
    made = DensityDisplay.computed(model, X, column=0)
    inside = made.x > 0
    expected = np.exp(-made.x / model.scales_[0, 0]) / model.scales_[0, 0]
    np.testing.assert_allclose(made.by_component[inside, 0], expected[inside], rtol=1e-3)
    np.testing.assert_array_equal(made.by_component[~inside], 0)
