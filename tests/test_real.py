"""Student's t, Laplace and von Mises-Fisher: what is special about each."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import optimize, stats

from skmixture import (
    GaussianMixture,
    LaplaceMixture,
    Mixture,
    StudentTMixture,
    VonMisesFisherMixture,
)
from skmixture.families import Gaussian, Laplace, StudentT, VonMisesFisher
from skmixture.families.von_mises_fisher.bessel import bessel
from skmixture.families.von_mises_fisher.concentrations import maximal_concentrations
from skmixture.families.von_mises_fisher.draws import draw_directions
from skmixture.law.constraints import FREE, Constraints
from skmixture.numerics.special import gamma_rise


def two_clouds(n=300, seed=0, scale=1.0):
    rng = np.random.RandomState(seed)
    centres = np.repeat([[0.0, 0.0], [9.0, 4.0]], n, axis=0)
    return centres + scale * rng.normal(size=(2 * n, 2))


def unit(X):
    X = np.asarray(X, dtype=float)
    return X / np.sqrt((X**2).sum(axis=-1, keepdims=True))


# -- Student's t ------------------------------------------------------------


def exact_log_t(x, dofs):
    with mpmath.workdps(60):
        x, v = mpmath.mpf(x), mpmath.mpf(dofs)
        value = (
            mpmath.loggamma((v + 1) / 2) - mpmath.loggamma(v / 2) - mpmath.log(v * mpmath.pi) / 2
        )
        return float(value - (v + 1) / 2 * mpmath.log1p(x * x / v))


@pytest.mark.parametrize("dofs", [0.1, 1.0, 3.5, 1e3, 1e6, 1e8])
@pytest.mark.parametrize("x", [0.0, 1e-9, 0.7, 60.0, 1e5, 1e20, 1e150])
def test_t_keeps_its_digits_at_every_distance(dofs, x):
    model = StudentTMixture.from_params(weights=[1.0], means=[[0.0]], scales=[[[1.0]]], dofs=[dofs])
    assert model.score_samples([[x]])[0] == pytest.approx(exact_log_t(x, dofs), rel=1e-13)


def test_rise_of_the_log_gamma_function():
    for r in (1e-3, 0.05, 0.5, 7.0, 40.0, 1e4, 1e8, 1e15):
        for x in (0.5, 1.0, 1.5, 20.0, 500.0):
            with mpmath.workdps(60):
                y, z = mpmath.mpf(x), mpmath.mpf(r)
                rise = mpmath.loggamma(y + z) - mpmath.loggamma(z) - y * mpmath.log(z)
            assert float(gamma_rise(x, r)) == pytest.approx(float(rise), rel=1e-13, abs=1e-14)


@pytest.mark.filterwarnings("ignore:.*grew without bound")  # one cloud is rid of its far rows
def test_outliers_do_not_pull_the_locations():
    X = two_clouds()
    rng = np.random.RandomState(1)
    wild = rng.choice(len(X), len(X) // 20, replace=False)
    X[wild] = rng.uniform(-1e4, 1e4, size=(len(wild), 2))
    model = StudentTMixture(2, order_by="means", random_state=0).fit(X)
    np.testing.assert_allclose(model.means_, [[0, 0], [9, 4]], atol=0.25)
    tied = StudentTMixture(2, tied=("dofs",), order_by="means", random_state=0).fit(X)
    np.testing.assert_allclose(tied.means_, [[0, 0], [9, 4]], atol=0.2)
    assert tied.dofs_[0] < 5
    gaussian = GaussianMixture(2, random_state=0, max_iter=1000).fit(X)
    assert np.abs(np.sort(gaussian.means_, axis=0) - [[0, 0], [9, 4]]).max() > 5


@pytest.mark.filterwarnings("ignore:.*grew without bound")  # the clouds are Gaussian
def test_one_row_beyond_all_units():
    X = two_clouds()
    clean = StudentTMixture(2, order_by="means", random_state=0, tied=("dofs",)).fit(X)
    X[7] = 1e20
    model = StudentTMixture(2, order_by="means", random_state=0, tied=("dofs",)).fit(X)
    np.testing.assert_allclose(model.means_, clean.means_, atol=0.05)
    assert np.isfinite(model.score(X))


def test_of_gaussian_data_is_the_gaussian_fit():
    """Components without far rows end at the upper bound."""
    rng = np.random.RandomState(0)
    X = rng.uniform(-1, 1, size=(400, 2)) + np.repeat([[0, 0], [9, 4]], 200, axis=0)
    with pytest.warns(UserWarning, match=r"^dofs_\[0\] and dofs_\[1\] \(2 of 2 dofs\) grew"):
        model = StudentTMixture(2, order_by="means", random_state=0).fit(X)
    np.testing.assert_allclose(model.dofs_, 1e8)
    gaussian = Mixture(Gaussian(), 2, order_by="means", random_state=0).fit(X)
    np.testing.assert_allclose(model.means_, gaussian.means_, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(model.scales_, gaussian.covariances_, rtol=1e-6, atol=1e-6)
    assert model.score(X) == pytest.approx(gaussian.score(X), rel=1e-7)
    assert model.n_iter_ < 100


def test_one_component_is_the_fit_of_scipy():
    x = stats.t.rvs(3.3, 5.0, 2.0, size=800, random_state=0)
    dofs, location, scale = stats.t.fit(x)
    model = StudentTMixture(1, reg_covar=0.0).fit(x[:, None])
    assert model.dofs_[0] == pytest.approx(dofs, rel=1e-3)
    assert model.means_[0, 0] == pytest.approx(location, rel=1e-4)
    assert model.scales_[0, 0, 0] == pytest.approx(scale**2, rel=1e-3)
    assert model.score(x[:, None]) >= stats.t.logpdf(x, dofs, location, scale).mean() - 1e-12


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("acceleration", [None, "lbfgs"])
@pytest.mark.parametrize(
    "options",
    [{}, {"tied": ("dofs",)}, {"fixed": {"dofs": [4.0, np.nan]}}, {"tied": ("dofs", "means")}],
)
def test_t_ends_where_no_step_climbs(covariance_type, acceleration, options):
    """What is free has a maximum, by differences of the likelihood itself."""
    X = two_clouds(80) / np.sqrt(np.random.RandomState(2).gamma(1.5, size=(160, 1)))
    start = np.repeat([0, 1], 80)
    model = StudentTMixture(
        2, covariance_type=covariance_type, acceleration=acceleration, reg_covar=0.0, **options
    ).fit(X, start=start)
    assert np.diff(model.lower_bounds_).min() > -1e-12
    held = options.get("fixed", {}).get("dofs", [np.nan, np.nan])
    for name in ("means", "dofs"):
        for step in (1e-4, -1e-4):
            moved = {key: value.copy() for key, value in model.params_.items()}
            value = moved[name]
            if name in options.get("tied", ()):
                value *= 1 + step
            elif name == "means":
                value[0, 0] += step
            else:
                value[np.flatnonzero(np.isnan(held))[0]] *= 1 + step
            other = StudentTMixture.from_params(
                weights=model.weights_, covariance_type=covariance_type, **moved
            )
            assert other.score(X) < model.score(X) + 1e-12


@pytest.mark.parametrize("tied", [(), ("dofs",), ("scales",), ("scales", "dofs")])
def test_expanded_em_never_descends(tied):
    """The step that the fit falls back on, from anywhere."""
    rng = np.random.RandomState(3)
    X = rng.standard_t(1.5, size=(60, 2))
    law = StudentT(reg_covar=0.0).localise(X)
    constraints = Constraints({}, frozenset(tied))
    params = {
        "means": rng.normal(size=(1, 2, 2)),
        "scales": np.tile(3.0 * np.eye(2), (1, 2, 1, 1)),
        "dofs": np.array([[50.0, 0.5]]) if "dofs" not in tied else np.array([[9.0, 9.0]]),
    }
    params = law.to_local(params)
    rows, last = law.encode(X), -np.inf
    for _ in range(40):
        prepared = law.prepare(params)
        log_joint = law.log_prob(rows, prepared) - np.log(2)
        total = np.logaddexp.reduce(log_joint, axis=1)
        assert total.sum() >= last - 1e-10
        last = total.sum()
        stats_ = law.expected_stats(rows, prepared, np.exp(log_joint - total[:, None]))
        params = law.careful(stats_, params, constraints)


def test_dofs_that_are_held_need_no_care():
    X = two_clouds(50)
    law = StudentT().localise(X)
    params = {"means": np.zeros((1, 2, 2)), "scales": np.tile(np.eye(2), (1, 2, 1, 1))}
    params["dofs"] = np.full((1, 2), 4.0)
    sums = law.expected_stats(law.encode(X), law.prepare(params), np.full((1, 2, 100), 0.5))
    assert law.careful(sums, params, Constraints({"dofs": np.array([4.0, 4.0])})) is None
    assert law.careful(sums, params, FREE) is not None


def test_a_collapsing_t_warns_or_fails_in_words():
    X = np.r_[np.zeros((30, 1)), np.random.RandomState(0).normal(size=(10, 1))]
    with pytest.warns(UserWarning, match="collapsed: component 0"):
        StudentTMixture(1, reg_covar=0.0, fixed={"dofs": [1.0]}).fit(X)
    with pytest.warns(UserWarning, match="reg_covar"):
        assert np.isfinite(StudentTMixture(1).fit(X).score(X))


def test_t_settings_are_checked():
    X = two_clouds(20)
    with pytest.raises(ValueError, match="covariance_type"):
        StudentTMixture(2, covariance_type="round").fit(X)
    with pytest.raises(ValueError, match="reg_covar"):
        StudentTMixture(2, reg_covar=-1.0).fit(X)
    with pytest.raises(ValueError, match="dofs"):
        StudentTMixture(2, fixed={"dofs": [0.0, 1.0]}).fit(X)


# -- von Mises-Fisher ---------------------------------------------------------


def exact_bessel(order, x):
    """``log(x^-v exp(-x) I_v(x))``, ``I_{v+1} / I_v`` and 1 less that, to 40 digits."""
    with mpmath.workdps(60):
        x, order = mpmath.mpf(x), mpmath.mpf(order)
        if x < 1e4:
            low, high = mpmath.besseli(order, x), mpmath.besseli(order + 1, x)
            return mpmath.log(low) - x - order * mpmath.log(x), high / low, 1 - high / low
        low, high = (_by_hankel(v, x) for v in (order, order + 1))
        return mpmath.log(low) - order * mpmath.log(x), high / low, 1 - high / low


def _by_hankel(order, x):
    total = term = mpmath.mpf(1)
    for k in range(1, 400):
        term *= -(4 * order**2 - (2 * k - 1) ** 2) / (8 * k * x)
        total += term
        if abs(term) < mpmath.mpf(10) ** -55:
            break
    return total / mpmath.sqrt(2 * mpmath.pi * x)


@pytest.mark.parametrize("d", [2, 3, 4, 10, 81, 82, 300, 1000])
def test_bessel_functions_over_all_concentrations(d):
    order = d / 2 - 1
    for x in (1e-12, 1e-3, 0.3, 2.0, 11.0, 70.0, 900.0, 1e5, 1e7, 1e10, 1e15):
        at = bessel(order, np.array([x]))
        log_scaled, quotient, short = exact_bessel(order, x)
        assert at.log_scaled[0] == pytest.approx(float(log_scaled), rel=1e-13, abs=2e-13)
        assert x * at.quotient[0] == pytest.approx(float(quotient), rel=1e-13)
        assert at.shortfall[0] / x == pytest.approx(float(short), rel=1e-12)


def test_concentrations_solve_their_equation():
    for d in (2, 3, 17, 1000):
        k = np.logspace(-7, 20, 55)
        short = bessel(d / 2 - 1, k).shortfall / k
        found = maximal_concentrations(short, d, 1e28)
        far = k > 0.1 * d  # below, 1 less the cosine has few digits of the cosine
        np.testing.assert_allclose(found[far], k[far], rtol=1e-11)
        np.testing.assert_allclose(found, k, rtol=1e-6)


def test_density_on_the_circle_is_von_mises():
    angles = np.linspace(-3, 3, 50)
    X = np.column_stack([np.cos(angles), np.sin(angles)])
    for k in (1e-6, 0.7, 30.0, 1e3):
        model = VonMisesFisherMixture.from_params(
            weights=[1.0], directions=[[1.0, 0.0]], concentrations=[k]
        )
        np.testing.assert_allclose(
            model.score_samples(X), stats.vonmises.logpdf(angles, k), rtol=1e-10, atol=1e-12
        )
        total = np.exp(model.score_samples(X[:1])[0] - k * np.cos(angles[0]))
        assert total == pytest.approx(
            float(1 / (2 * mpmath.pi * mpmath.besseli(0, k))) if k < 700 else total, rel=1e-11
        )


@pytest.mark.parametrize(("d", "k"), [(2, 1e10), (3, 1e5), (1000, 1e5), (1000, 1.0), (1000, 1e10)])
def test_density_of_concentrated_laws_and_many_columns(d, k):
    turn = 1.3 / np.sqrt(k) if k > 10 else 0.4
    mean, x = np.eye(d)[0], np.zeros(d)
    x[0], x[1] = np.cos(turn), np.sin(turn)
    model = VonMisesFisherMixture.from_params(weights=[1.0], directions=[mean], concentrations=[k])
    log_scaled = exact_bessel(d / 2 - 1, k)[0]
    with mpmath.workdps(60):
        cosine = mpmath.cos(mpmath.mpf(turn)) - 1
        exact = k * cosine - log_scaled - mpmath.mpf(d) / 2 * mpmath.log(2 * mpmath.pi)
    assert model.score_samples(x[None])[0] == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize(("d", "k"), [(2, 0.5), (3, 4.0), (3, 1e12), (10, 50.0), (200, 900.0)])
def test_random_directions_have_the_right_cosines(d, k):
    rng = np.random.RandomState(0)
    mean = np.tile(unit(np.arange(1.0, d + 1)), (20_000, 1))
    X = draw_directions(rng, mean, np.full(20_000, k))
    np.testing.assert_allclose((X**2).sum(axis=1), 1, rtol=1e-12)
    short = 0.5 * ((X - mean) ** 2).sum(axis=1)  # 1 less the cosine
    expected = bessel(d / 2 - 1, np.array([k])).shortfall[0] / k
    assert short.mean() == pytest.approx(expected, abs=5 * short.std() / np.sqrt(20_000))


@pytest.mark.parametrize("k", [1e7, 1e12])
def test_narrow_clusters_are_fitted_to_their_last_digit(k):
    """Where sums of rows have lost what tells the rows apart."""
    rng = np.random.RandomState(0)
    mean = unit([[1.0, 2.0, 2.0], [2.0, -1.0, 0.5]])
    labels = np.repeat([0, 1], 400)
    X = draw_directions(rng, mean[labels], np.full(800, k))
    model = VonMisesFisherMixture(2, random_state=0).fit(X, start=labels)
    np.testing.assert_allclose(model.directions_, mean, atol=5 / np.sqrt(400 * k))
    for j in (0, 1):  # 2 short / mean = chi squared of the plane, so k is n (d - 1) / 2 / short
        rows = X[labels == j].astype(np.longdouble)
        centre = rows.mean(axis=0)
        centre /= np.sqrt((centre**2).sum())
        short = 0.5 * float(((rows - centre) ** 2).sum())
        assert model.concentrations_[j] == pytest.approx(400 / short, rel=1e-5)


@pytest.mark.parametrize("tied", [(), ("concentrations",), ("directions",)])
def test_concentration_maximises_the_likelihood(tied):
    rng = np.random.RandomState(4)
    labels = np.repeat([0, 1], 150)
    truth = unit([[1.0, 0.3, 0.0], [-0.2, 1.0, 0.4]])
    X = draw_directions(rng, truth[labels], np.where(labels, 3.0, 12.0))
    model = VonMisesFisherMixture(2, tied=tied).fit(X, start=labels)
    k = model.concentrations_

    def loss(log_factor):
        factor = np.exp(log_factor) * np.array([1.0, 1.0 if "concentrations" in tied else 0.0])
        factor = np.where(factor == 0, 1.0, factor)
        other = VonMisesFisherMixture.from_params(
            weights=model.weights_, directions=model.directions_, concentrations=k * factor
        )
        return -other.score(X)

    found = optimize.minimize_scalar(loss, bracket=(-0.1, 0.1), tol=1e-10)
    assert abs(found.x) < 1e-4


def test_rows_of_one_direction_and_uniform_rows():
    X = np.tile(unit([1.0, 2.0, 3.0]), (20, 1))
    with pytest.warns(UserWarning, match="one direction"):
        model = VonMisesFisherMixture(1).fit(X)
    np.testing.assert_allclose(model.directions_[0], X[0], rtol=1e-12)
    assert np.isfinite(model.score(X))
    X = np.r_[np.eye(3), -np.eye(3)]  # the sum is 0
    with pytest.warns(UserWarning, match=r"^concentrations_\[0\] .* ended at 0: .* is uniform"):
        model = VonMisesFisherMixture(1).fit(X)
    assert model.concentrations_[0] < 1e-6
    assert model.score(X) == pytest.approx(-np.log(4 * np.pi), rel=1e-10)


def test_what_is_no_direction_is_refused():
    with pytest.raises(ValueError, match="length"):
        VonMisesFisherMixture(1).fit([[3.0, 4.0], [0.6, 0.8]])
    with pytest.raises(ValueError, match="cosine and their sine"):
        VonMisesFisherMixture(1).fit([[1.0], [-1.0]])
    with pytest.raises(ValueError, match="directions"):
        VonMisesFisherMixture(1, fixed={"directions": [[1.0, 1.0]]}).fit([[0.6, 0.8], [0.8, 0.6]])


def test_single_precision_directions_are_directions():
    rng = np.random.RandomState(0)
    X = unit(rng.normal(size=(300, 20)) + 0.3).astype(np.float32)
    single = VonMisesFisherMixture(1).fit(X)
    double = VonMisesFisherMixture(1).fit(unit(X))
    np.testing.assert_allclose(single.concentrations_, double.concentrations_, rtol=1e-5)


def test_a_cluster_at_the_pole_of_the_coordinates():
    rng = np.random.RandomState(0)
    mean = np.repeat([[0.0, 0.0, -1.0], [0.6, 0.0, -0.8]], 300, axis=0)
    X = draw_directions(rng, mean, np.full(600, 50.0))
    fits = [
        VonMisesFisherMixture(2, acceleration=acceleration, random_state=0, n_init=3).fit(X)
        for acceleration in ("lbfgs", None)
    ]
    assert fits[0].score(X) == pytest.approx(fits[1].score(X), rel=1e-9)
    assert max(fit.n_iter_ for fit in fits) < 30
    held = VonMisesFisherMixture(1, fixed={"directions": mean[:1]}).fit(X)
    np.testing.assert_array_equal(held.directions_, mean[:1])


# -- Laplace ------------------------------------------------------------------


def test_one_laplace_is_median_and_mean_distance():
    for n in (7, 8):
        x = np.random.RandomState(n).normal(size=(n, 3))
        model = LaplaceMixture(1).fit(x)
        np.testing.assert_allclose(model.locations_[0], np.median(x, axis=0), rtol=1e-14)
        distance = np.abs(x - np.median(x, axis=0)).mean(axis=0)
        np.testing.assert_allclose(model.scales_[0], distance, rtol=1e-13)


def test_weighted_medians_minimise_the_weighted_distance():
    rng = np.random.RandomState(0)
    x = np.round(rng.normal(size=(40, 2)), 1)  # with ties
    resp = rng.dirichlet(np.full(3, 0.2), size=(5, 40)).transpose(0, 2, 1)
    law = Laplace()
    sums = law.expected_stats(law.encode(x), {}, resp)
    params = law.maximise(sums, None)
    for column in (0, 1):
        distance = np.abs(x[None, :, column] - x[:, None, column])  # from each row as location
        best = (resp @ distance.T).min(axis=-1)
        found = np.abs(x[:, column] - params["locations"][..., column, None])
        np.testing.assert_allclose((resp * found).sum(axis=-1), best, rtol=1e-12)


@pytest.mark.parametrize("tied", [("locations",), ("scales",), ("locations", "scales")])
def test_tied_laplace_steps_do_not_lower_what_they_raise(tied):
    rng = np.random.RandomState(0)
    x = rng.laplace(size=(50, 2))
    resp = rng.dirichlet(np.full(3, 0.5), size=(1, 50)).transpose(0, 2, 1)
    law, constraints = Laplace(), Constraints({}, frozenset(tied))
    rows = law.encode(x)
    sums, last, params = law.expected_stats(rows, {}, resp), -np.inf, None
    for _ in range(5):
        params = law.maximise(sums, params, constraints)
        value = (resp * law.log_prob(rows, params)).sum()
        assert value >= last - 1e-12
        last = value


def test_laplace_where_half_of_the_rows_are_equal():
    """Zeros in plenty are no collapse."""
    x = np.r_[np.zeros(60), np.random.RandomState(0).laplace(5, 1, size=40)][:, None]
    model = LaplaceMixture(1).fit(x)
    assert model.locations_[0, 0] == 0
    assert model.scales_[0, 0] == pytest.approx(np.abs(x).mean(), rel=1e-13)


def test_directions_of_few_digits_are_directions():
    X = np.random.RandomState(0).normal([3.0, 1.0, 0.0], size=(80, 3))
    X /= np.linalg.norm(X, axis=1)[:, None]
    model = VonMisesFisherMixture(1).fit(X.round(4))
    again = X.round(4) / np.linalg.norm(X.round(4), axis=1)[:, None]
    np.testing.assert_allclose(model.score_samples(X.round(4)), model.score_samples(again))
    np.testing.assert_allclose(model.directions_, VonMisesFisherMixture(1).fit(again).directions_)
    with pytest.raises(ValueError, match="length is 1.002"):
        model.score(again * 1.002)


def test_one_number_is_held_in_all_components():
    x = np.random.RandomState(0).standard_t(4, size=(200, 1))
    model = StudentTMixture(2, fixed={"dofs": 4}, random_state=0).fit(x)
    assert model.dofs_.tolist() == [4.0, 4.0]
    each = StudentTMixture(2, fixed={"dofs": [4.0, 4.0]}, random_state=0).fit(x)
    assert model.score(x) == each.score(x)
    with pytest.raises(ValueError, match=r"fixed\['scales'\] must be an array"):
        StudentTMixture(2, fixed={"scales": 1.0}).fit(x)


def test_laplace_of_one_value_warns():
    with pytest.warns(UserWarning, match="constant in column 1"):
        model = LaplaceMixture(1).fit(np.column_stack([np.arange(9.0), np.full(9, 3.0)]))
    assert np.isfinite(model.score_samples([[1.0, 3.0]])).all()
    x = np.r_[np.full(20, 4.0), np.random.RandomState(0).normal(size=20)][:, None]
    with pytest.warns(UserWarning, match="one value"):
        model = LaplaceMixture(2, n_init=1).fit(x, start=np.repeat([0, 1], 20))
    assert np.isfinite(model.score(x))


def test_far_laplace_rows_cost_their_distance():
    model = LaplaceMixture.from_params(weights=[1.0], locations=[[1.0]], scales=[[2.0]])
    far = model.score_samples([[1e8], [-1e200]])
    np.testing.assert_allclose(far, [-(1e8 - 1) / 2 - np.log(4), -5e199], rtol=1e-14)


def test_the_families_of_the_group_print():
    assert repr(StudentT("diag")) == "StudentT(covariance_type='diag')"
    assert repr(VonMisesFisher()) == "VonMisesFisher()"
