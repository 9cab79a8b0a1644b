"""Bad input: an error that names the parameter, or a finite fit with a warning."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skmixture import GaussianMixture, Mixture, NegativeBinomialMixture, PoissonMixture
from skmixture.families import (
    Beta,
    FromScipy,
    Gamma,
    Gaussian,
    InverseGaussian,
    Laplace,
    LogNormal,
    Poisson,
    Product,
    StudentT,
    Weibull,
)

rng = np.random.RandomState(0)
REAL = rng.normal(size=(60, 2)) + np.repeat([[0, 0], [6, 6]], 30, axis=0)
COUNTS = rng.poisson(np.repeat([[1, 9], [12, 2]], 30, axis=0)).astype(float)
OVERDISPERSED = np.random.RandomState(0).negative_binomial(
    3, [[0.5, 0.2], [0.05, 0.4]] * 30
).astype(float)  # fmt: skip
MODELS = {
    "drop-in": (GaussianMixture(2, random_state=0), REAL),
    "gaussian": (Mixture(Gaussian(), 2, random_state=0), REAL),
    "tied": (Mixture(Gaussian("tied"), 2, random_state=0), REAL),
    "spherical": (Mixture(Gaussian("spherical"), 2, random_state=0), REAL),
    "poisson": (PoissonMixture(2, random_state=0), COUNTS),
    "negative binomial": (NegativeBinomialMixture(2, random_state=0), OVERDISPERSED),
}
each = pytest.mark.parametrize(("model", "X"), MODELS.values(), ids=MODELS)
gaussians = pytest.mark.parametrize(
    ("model", "X"), [v for v in MODELS.values() if v[1] is REAL], ids=list(MODELS)[:-2]
)


def assert_finite(model, X):
    for name, value in vars(model).items():
        if name.endswith("_") and isinstance(value, np.ndarray) and value.dtype.kind == "f":
            assert np.isfinite(value).all(), name
    assert np.isfinite(model.score_samples(X)).all()
    assert np.isfinite(model.predict_proba(X)).all()


def finite_or_clear(model, X, **arguments):
    """A finite fit (with what warnings it likes), or a ValueError that says what to do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            model.fit(X, **arguments)
        except ValueError as error:
            message = str(error)
        else:
            assert_finite(model, X)
            return
    known = ("reg_covar", "n_components", "constant", "rescale")
    assert any(word in message for word in known), message


@each
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_not_finite(model, X, value):
    bad = X.copy()
    bad[3, 1] = value
    with pytest.raises(ValueError, match="NaN|infinity"):
        clone(model).fit(bad)
    with pytest.raises(ValueError, match="NaN|infinity"):
        clone(model).fit(X).predict(bad)


@each
def test_wrong_shapes(model, X):
    with pytest.raises(ValueError, match="2D array"):
        clone(model).fit(X[:, 0])
    with pytest.raises(ValueError, match="dim 3"):
        clone(model).fit(X[None])
    with pytest.raises(ValueError, match="0 sample"):
        clone(model).fit(X[:0])
    with pytest.raises(ValueError, match="features"):
        clone(model).fit(X).predict(X[:, :1])
    with pytest.raises(ValueError, match="n_samples >= n_components"):
        clone(model).set_params(n_components=61).fit(X)
    if not model._make_family().takes_sparse:
        with pytest.raises(TypeError, match="[Ss]parse"):
            clone(model).fit(sparse.csr_matrix(X))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1.0, r"X\[2, 1\] = -1.0 .* (Poisson|NegativeBinomial)"),
        (0.5, r"X\[2, 1\] = 0.5"),
        (2.0**54, "2\\*\\*53"),
    ],
)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("name", ["poisson", "negative binomial"])
def test_not_counts(name, kind, value, message):
    model, good = MODELS[name]
    bad = good.copy()
    bad[2, 1] = value
    with pytest.raises(ValueError, match=message):
        clone(model).fit(kind(bad))
    with pytest.raises(ValueError, match=message):
        clone(model).fit(good).score(kind(bad))


@each
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("n_components", 0),
        ("n_components", 1.5),
        ("n_components", True),
        ("tol", -1e-3),
        ("tol", np.nan),
        ("tol_type", "abs"),
        ("max_iter", -1),
        ("n_init", 0),
        ("init_params", "kmean"),
        ("warm_start", "yes"),
        ("verbose", -1),
        ("verbose_interval", 0),
        ("order_by", "size"),
        ("fixed", {"means_": 1}),
        ("fixed", [0.5, 0.5]),
        ("tied", "means"),
        ("tied", ("weights",)),
        ("weights_init", [0.5, 0.6]),
        ("weights_init", [1.5, -0.5]),
        ("weights_init", [1.0]),
        ("random_state", "seed"),
    ],
)
def test_unknown_options(model, X, option, value):
    bad = clone(model).set_params(**{option: value})
    with pytest.raises(ValueError, match=option.split("_")[0]):
        bad.fit(X)


@gaussians
def test_unfit_settings_of_the_family(model, X):
    for option, value in {"covariance_type": "round", "reg_covar": -1.0}.items():
        name = option if isinstance(model, GaussianMixture) else f"family__{option}"
        with pytest.raises(ValueError, match=option):
            clone(model).set_params(**{name: value}).fit(X)
    with pytest.raises(ValueError, match="family"):
        Mixture("gaussian").fit(X)


def test_unfit_starts_and_held_values():
    for options, message in [
        ({"rates_init": [[1.0, 2.0]]}, "'rates' should have the shape"),
        ({"rates_init": [[1.0, -2.0], [1.0, 1.0]]}, "'rates' must be positive"),
        ({"rates_init": [[1.0, np.nan], [1.0, 1.0]]}, "NaN"),
        ({"fixed": {"rates": [[1.0], [2.0]]}}, "fixed\\['rates'\\]"),
        ({"fixed": {"rates": [[-1.0, np.nan], [np.nan, np.nan]]}}, "positive"),
        ({"fixed": {"weights": [0.9, 0.9]}}, "sum to 1"),
        ({"fixed": {"rates": [[1, 1], [2, 2]]}, "tied": ("rates",)}, "tied"),
        ({"fixed": {"weights": [0.5, 0.5]}, "order_by": "rates"}, "order_by"),
    ]:
        with pytest.raises(ValueError, match=message):
            PoissonMixture(2, **options).fit(COUNTS)
    for fixed, message in [
        ({"covariances": [[[1.0, np.nan], [np.nan, 1.0]]] * 2}, "as a whole"),
        ({"covariances": [[[1.0, 2.0], [2.0, 1.0]]] * 2}, "positive definite"),
    ]:
        with pytest.raises(ValueError, match=message):
            GaussianMixture(2, fixed=fixed).fit(REAL)
    with pytest.raises(ValueError, match="no parameter 'rates'"):
        Mixture(Gaussian(), 2, params_init={"rates": [1.0, 2.0]}).fit(REAL)


@each
def test_weights_of_rows(model, X):
    n = len(X)
    for weight, message in [
        (np.full(n, -1.0), "negative"),
        (np.zeros(n), "zero for every row"),
        (np.ones(n - 1), "sample_weight"),
        (np.r_[np.nan, np.ones(n - 1)], "NaN"),
        (np.ones((n, 1)), "sample_weight"),
    ]:
        with pytest.raises(ValueError, match=message):
            clone(model).fit(X, sample_weight=weight)
    one_left = np.r_[1.0, np.zeros(n - 1)]
    with pytest.raises(ValueError, match="n_components"):
        clone(model).fit(X, sample_weight=one_left)


@each
def test_labels_and_responsibilities(model, X):
    n = len(X)
    for start, message in [
        (np.zeros(n), "=2 distinct labels, got 1"),
        (np.arange(n) % 3, "=2 distinct labels, got 3"),
        (np.zeros(n - 1), "rows"),
        (np.full((n, 2), 0.7), "sum to 1"),
        (np.full((n, 3), 1 / 3), "shape"),
        (np.tile([1.5, -0.5], (n, 1)), "nonnegative"),
        (np.full((n, 2), np.nan), "NaN"),
        (np.where(np.arange(n) % 2, np.nan, 1.0), "row 1 has nan"),
        (np.where(np.arange(n) % 2, None, "known"), "row 1 has None"),
    ]:
        with pytest.raises(ValueError, match=message):
            clone(model).fit(X, start=start)
    fitted = clone(model).fit(X)
    with pytest.raises(ValueError, match="resp"):
        fitted.elbo(X, np.ones((n, 2)))
    with pytest.raises(ValueError, match="n_samples"):
        fitted.sample(0)
    with pytest.raises(IndexError, match="component"):
        fitted.component_distribution(2)


@each
def test_a_failed_fit_leaves_nothing_half_done(model, X):
    fresh = clone(model).set_params(n_components=3)
    with pytest.raises(ValueError, match="distinct labels"):
        fresh.fit(X, start=np.zeros(len(X)))
    assert not hasattr(fresh, "weights_")


@each
def test_hard_tables(model, X):
    constant = X.copy()
    constant[:, 1] = 4.0
    outlier = X.copy()
    outlier[5] = np.round(X.mean(axis=0) + 1e6 * X.std(axis=0))
    few = np.repeat(X[:3], 20, axis=0)
    tables = {
        "constant column": constant,
        "all rows equal": np.full((40, 2), 7.0),
        "duplicated rows": np.repeat(X[:10], 6, axis=0),
        "more components than distinct rows": few,
        "one row at 1e6 standard deviations": outlier,
        "two rows": X[:2],
        "zero columns": np.zeros((30, 2)),
    }
    for X_hard in tables.values():
        for n_components in (1, 2, 5):
            if n_components <= len(X_hard):
                hard = clone(model).set_params(n_components=n_components, n_init=5)
                finite_or_clear(hard, X_hard)


@gaussians
def test_huge_and_tiny_units(model, X):
    for scale in (1e-150, 1e-9, 1e9, 1e150):
        finite_or_clear(clone(model), X * scale)
    with pytest.raises(ValueError, match=r"rescale|too large|infinity"):
        clone(model).fit(X / np.abs(X).max() * 1.7e308)


def test_fewer_rows_than_columns_in_a_component():
    """A covariance that only rounding keeps positive is no start to go on from."""
    X = rng.normal(size=(30, 4))
    labels = (np.arange(30) > 3).astype(int)  # four rows in four dimensions
    with pytest.raises(ValueError, match="ill-defined empirical covariance"):
        GaussianMixture(2, reg_covar=0).fit(X, start=labels)


def test_reg_covar_is_held_against_what_it_is_added_to():
    """One variance for all columns does not mind a column of small variance."""
    GaussianMixture(2, covariance_type="spherical", random_state=0).fit(REAL * [1e-4, 1.0])
    with pytest.warns(UserWarning, match="column 0"):
        GaussianMixture(2, covariance_type="diag", random_state=0).fit(REAL * [1e-4, 1.0])


def test_constant_column_is_named():
    X = REAL.copy()
    X[:, 1] = 3.0
    with pytest.warns(UserWarning, match="constant in column 1"):
        model = Mixture(Gaussian(), 2, random_state=0).fit(X)
    assert_finite(model, X)
    with pytest.warns(UserWarning, match="reg_covar"):
        model = GaussianMixture(2, random_state=0).fit(X)
    assert_finite(model, X)


WITH_WIDTH = {
    "Gaussian": Gaussian(),
    "Gaussian diag": Gaussian("diag"),
    "Laplace": Laplace(),
    "LogNormal": LogNormal(),
    "Gamma": Gamma(),
    "InverseGaussian": InverseGaussian(),
    "Weibull": Weibull(),
    "Beta": Beta(),
    "FromScipy": FromScipy("gamma", fixed={"loc": 0}),
}


@pytest.mark.filterwarnings("ignore:.*ended at a bound")
@pytest.mark.parametrize("law", WITH_WIDTH.values(), ids=WITH_WIDTH)
def test_the_other_columns_are_fitted_as_if_constant_ones_were_not_there(law):
    rng = np.random.RandomState(0)
    x = np.r_[rng.beta(3, 12, 90), rng.beta(30, 5, 60)][:, None]
    X = np.c_[x, np.full((150, 2), 0.5)]
    options = dict(n_init=5, random_state=0, order_by="weights", max_iter=2000)
    alone = Mixture(law, 2, **options).fit(x)
    told = "^X is constant in columns 1 and 2, where a .* has no meaning; leave them out"
    with pytest.warns(UserWarning, match=told) as caught:
        beside = Mixture(law, 2, **options).fit(X)
    assert not any("collapsed" in str(warning.message) for warning in caught)
    np.testing.assert_allclose(beside.weights_, alone.weights_, rtol=1e-2)
    shift = beside.score_samples(X) - alone.score_samples(x)
    np.testing.assert_allclose(shift, shift[0], atol=1e-2)


def test_a_constant_column_is_named():
    X = pd.DataFrame(np.random.RandomState(0).gamma(2, size=(60, 3)), columns=["a", "b", "mass"])
    told = "X is constant in column 'mass', where a shape has no meaning; leave it out"
    with pytest.warns(UserWarning, match=f"^{told}"):
        Mixture(Gamma(), 1).fit(X.assign(mass=3.0))
    both = Product([("first", Gaussian(), ["b"]), ("second", Gamma(), ["mass", "a"])])
    with pytest.warns(UserWarning, match=f"^In part 'second': {told}"):
        Mixture(both, 1).fit(X.assign(mass=3.0))
    both = Product([("first", Gaussian(), [1]), ("second", Gamma(), [2, 0])])
    with pytest.warns(UserWarning, match="^In part 'second': X is constant in column 2,"):
        Mixture(both, 1).fit(X.assign(mass=3.0).to_numpy())


def test_a_constant_column_keeps_no_student_t_from_converging():
    x = np.random.RandomState(0).gamma(2, size=60)
    with (
        pytest.warns(UserWarning, match="constant in column 1"),
        pytest.warns(UserWarning, match="grew without bound"),
    ):
        model = Mixture(StudentT(), 2, random_state=0).fit(np.c_[x, np.ones(60)])
    assert model.converged_
    assert model.scales_[:, 0, 0].min() > 1e-6  # no component on one row


def test_a_collapse_beside_a_constant_column_is_told():
    x = np.r_[np.random.RandomState(0).gamma(3, size=30), np.full(30, 50.0)]
    start = np.repeat([0, 1], 30)
    with (
        pytest.warns(UserWarning, match="constant in column 1"),
        pytest.warns(ConvergenceWarning, match=r"collapsed \(1\)"),
    ):
        Mixture(Gamma(), 2).fit(np.c_[x, np.ones(60)], start=start)


def test_reg_covar_that_is_not_small_is_named():
    """Data in units of 1e-4: what is added to the variance is a hundred times the variance."""
    with pytest.warns(UserWarning, match="reg_covar=1e-06 is not small"):
        GaussianMixture(2, random_state=0).fit(REAL * 1e-4)
    model = Mixture(Gaussian(), 2, random_state=0, order_by="means").fit(REAL * 1e-4)
    same = Mixture(Gaussian(), 2, random_state=0, order_by="means").fit(REAL)
    np.testing.assert_allclose(model.covariances_ * 1e8, same.covariances_, rtol=1e-6)


def test_far_offsets_fit_like_near_ones():
    for name in ("full", "tied", "diag", "spherical"):
        near = GaussianMixture(2, covariance_type=name, random_state=0).fit(REAL)
        far = GaussianMixture(2, covariance_type=name, random_state=0).fit(REAL + 1e8)
        np.testing.assert_allclose(far.covariances_, near.covariances_, atol=1e-5)
        np.testing.assert_allclose(far.means_ - 1e8, near.means_, atol=1e-6)


def test_large_counts_keep_their_digits():
    X = np.r_[rng.poisson(1e12, size=50), rng.poisson(2e12, size=50)][:, None].astype(float)
    model = Mixture(Poisson(), 2, order_by="rates", random_state=0).fit(X)
    assert np.diff(model.lower_bounds_).min() > -1e-9
    np.testing.assert_allclose(model.rates_.ravel(), [1e12, 2e12], rtol=1e-5)
    assert_finite(model, X)


@pytest.mark.filterwarnings("ignore:.*ended at 0")  # as is right here
def test_counts_that_are_all_zero():
    model = PoissonMixture(1).fit(np.zeros((10, 2)))
    assert_finite(model, np.zeros((10, 2)))
    assert model.score([[0.0, 0.0]]) == pytest.approx(0, abs=1e-300)
    assert np.isfinite(model.score([[3.0, 0.0]]))


@each
def test_a_failed_fit_leaves_the_model_as_it_was(model, X):
    fresh = clone(model)
    with pytest.raises(ValueError, match="has no value at all"):
        fresh.fit(np.full((10, 3), np.nan))
    assert not [name for name in vars(fresh) if name.endswith("_")]
    fitted = clone(model).fit(X)
    score = fitted.score(X)
    with pytest.raises(ValueError, match="sample_weight"):
        fitted.fit(np.hstack([X, X]), sample_weight=-np.ones(len(X)))
    assert fitted.score(X) == score


def test_a_row_that_does_not_count_may_be_an_impossible_one():
    model = GaussianMixture.from_params(weights=[1.0], means=[[0.0]], covariances=[[[1.0]]])
    assert model.score_samples([[1e200]])[0] == -np.inf
    counted = model.score([[0.0], [1e200]], sample_weight=[1.0, 0.0])
    assert counted == pytest.approx(model.score([[0.0]]))


@pytest.mark.parametrize("kind", ["dates", "durations"])
def test_dates_and_durations_have_no_unit(kind):
    days = pd.date_range("2020-01-01", periods=20)
    column = days if kind == "dates" else days - days[0]
    X = pd.DataFrame({"number": np.arange(20.0), "when": column})
    with pytest.raises(ValueError, match=f"column 'when' of X holds {kind}.*total_seconds"):
        GaussianMixture(1).fit(X)
    with pytest.raises(ValueError, match=f"holds {kind}"):
        GaussianMixture(1).fit(column.to_numpy()[:, None])
