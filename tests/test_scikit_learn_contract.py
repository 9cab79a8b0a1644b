"""S5: scikit-learn's own checks, and what its users build on them."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
import written
from scipy import sparse, stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, normalize
from sklearn.utils.estimator_checks import parametrize_with_checks

import skmixture
from skmixture import (
    BernoulliMixture,
    BetaBinomialMixture,
    BetaMixture,
    BinomialMixture,
    CategoricalMixture,
    ComponentsMixture,
    DirichletMixture,
    DirichletMultinomialMixture,
    ExponentialMixture,
    FromScipyMixture,
    GammaMixture,
    GaussianMixture,
    GeometricMixture,
    HurdleMixture,
    InverseGaussianMixture,
    LaplaceMixture,
    LogNormalMixture,
    Mixture,
    MultinomialMixture,
    NegativeBinomialMixture,
    PoissonMixture,
    ProductMixture,
    StudentTMixture,
    VonMisesFisherMixture,
    WeibullMixture,
    ZeroInflatedMixture,
)
from skmixture.datasets import load_old_faithful
from skmixture.families import (
    Components,
    Exponential,
    Family,
    FromEstimator,
    FromLogPDF,
    FromScipy,
    Gamma,
    Gaussian,
    Parameter,
    Poisson,
    Product,
    ZeroInflated,
)

GEYSER = load_old_faithful().data
OVERDISPERSED = np.random.RandomState(0).negative_binomial(
    3, [[0.5, 0.2], [0.05, 0.4]] * 60
).astype(float)  # fmt: skip
DIRECTIONS = normalize(
    np.random.RandomState(0).normal(size=(150, 3)) + np.repeat([[2], [-2]], 75, 0)
)
COUNTS = np.random.RandomState(0).poisson([[2.0, 9.0]], size=(120, 2)).astype(float)


# Few rows in several components often end at an edge, which test_edges.py is about.
few_rows = pytest.mark.filterwarnings("ignore:.*(ended at|grew without bound)")


def as_counts(X):
    """A table of numbers made whole; negative ones stay negative."""
    return (20 * X).floor() if sparse.issparse(X) else np.floor(20 * X)


BY_COLUMN = {"means": Parameter(("d",)), "sds": Parameter(("d",), bounds=(0.1, None))}


class Carried:
    """An estimator for checks that know nothing of counts."""

    def _validated(self, X, *, reset, holes=False):
        return as_counts(super()._validated(X, reset=reset, holes=holes))


class OnCounts(Carried, PoissonMixture):
    """PoissonMixture, X carried onto counts."""


class OverdispersedOnCounts(Carried, NegativeBinomialMixture):
    """NegativeBinomialMixture, X carried onto counts."""


class TrialsOnCounts(Carried, BinomialMixture):
    """BinomialMixture, X carried onto counts."""


class FailuresOnCounts(Carried, GeometricMixture):
    """GeometricMixture, X carried onto counts."""


class PartsOnCounts(Carried, MultinomialMixture):
    """MultinomialMixture, X carried onto counts."""


class OnAnswers(BernoulliMixture):
    """BernoulliMixture, X carried onto 0 and 1; negative numbers stay negative."""

    def _validated(self, X, *, reset, holes=False):
        X = super()._validated(X, reset=reset, holes=holes)
        return X.minimum(1).ceil() if sparse.issparse(X) else np.ceil(np.minimum(X, 1))


class UrnsOnCounts(Carried, BetaBinomialMixture):
    """BetaBinomialMixture, X carried onto counts."""


class UrnOnCounts(Carried, DirichletMultinomialMixture):
    """DirichletMultinomialMixture, X carried onto counts."""


class OnCategories(CategoricalMixture):
    """CategoricalMixture, X carried onto few categories; negative numbers are some of them."""

    def _table(self, X, reset):
        return np.floor(super()._table(X, reset).astype(float) / 10)


class AnyOnCounts(Carried, Mixture):
    """Mixture of Poisson, X carried onto counts."""


class OnTheSphere(VonMisesFisherMixture):
    """VonMisesFisherMixture, rows brought to length 1."""

    def _validated(self, X, *, reset, holes=False):
        X = super()._validated(X, reset=reset, holes=holes)
        return normalize(np.where(X.any(axis=1, keepdims=True), X, 1.0)) if X.shape[1] > 1 else X


class Lifted:
    """An estimator for checks that know nothing of positive numbers; negative ones stay."""

    def _validated(self, X, *, reset, holes=False):
        X = super()._validated(X, reset=reset, holes=holes)
        return np.where(X < 0, X, X + X.dtype.type(0.5))


class Shared(Lifted):
    """The same for numbers below 1."""

    def _validated(self, X, *, reset, holes=False):
        X = super()._validated(X, reset=reset, holes=holes)
        return X / (1 + np.abs(X))


class Closed(Lifted):
    """The same for rows with sum 1."""

    def _validated(self, X, *, reset, holes=False):
        X = super()._validated(X, reset=reset, holes=holes)
        return np.where((X < 0).any(axis=1, keepdims=True), X, X / X.sum(axis=1, keepdims=True))


class Written(Mixture):
    """Mixture of a written law, whose name in reports holds no address of a function."""

    def __repr__(self, N_CHAR_MAX=700):
        return f"Written({self.family.logpdf.__name__}, {self.n_components})"


class ZeroInflatedOnCounts(Carried, ZeroInflatedMixture):
    """ZeroInflatedMixture, X carried onto counts."""


class LiftedHurdle(Lifted, HurdleMixture):
    """HurdleMixture, X carried onto positive numbers."""


class LiftedGamma(Lifted, GammaMixture):
    """GammaMixture, X carried onto positive numbers."""


class LiftedInverseGaussian(Lifted, InverseGaussianMixture):
    """InverseGaussianMixture, likewise."""


class LiftedLogNormal(Lifted, LogNormalMixture):
    """LogNormalMixture, likewise."""


class LiftedWeibull(Lifted, WeibullMixture):
    """WeibullMixture, likewise."""


class SharedBeta(Shared, BetaMixture):
    """BetaMixture, X carried onto shares."""


class ClosedDirichlet(Closed, DirichletMixture):
    """DirichletMixture, X carried onto compositions."""


ESTIMATORS = [
    GaussianMixture(),
    GaussianMixture(2, covariance_type="tied"),
    Mixture(),
    Mixture(Gaussian("diag"), 2),
    OnCounts(),
    OverdispersedOnCounts(),
    AnyOnCounts(Poisson(), 2),
    TrialsOnCounts(n_trials=10_000),
    FailuresOnCounts(),
    PartsOnCounts(),
    OnAnswers(),
    OnCategories(),
    UrnsOnCounts(n_trials=10_000),
    UrnOnCounts(),
    StudentTMixture(),
    LaplaceMixture(),
    OnTheSphere(),
    ExponentialMixture(),
    LiftedGamma(),
    LiftedInverseGaussian(),
    LiftedLogNormal(),
    LiftedWeibull(),
    SharedBeta(),
    ClosedDirichlet(),
    Mixture(Product([("all", Gaussian("spherical"), slice(None))]), 2),
    Mixture(Components([Gaussian("diag")])),
    Mixture(FromScipy(stats.norm), 2, n_init=2),
    AnyOnCounts(ZeroInflated(Poisson()), 2),
    Written(FromLogPDF(written.columns, BY_COLUMN, vectorized=True), 2, n_init=2),
    Mixture(FromEstimator(GaussianMixture(reg_covar=1e-3, n_init=1)), 2, n_init=1),
    ProductMixture([("all", Gaussian("spherical"), slice(None))], 2),
    ComponentsMixture([Gaussian("diag")]),
    FromScipyMixture(stats.norm, 2, n_init=2),
    ZeroInflatedOnCounts(Poisson(), 2),
    LiftedHurdle(Gamma()),
]


def expected_failures(estimator):
    if isinstance(estimator, GaussianMixture) and estimator.n_components > 1:
        return {
            "check_sample_weight_equivalence_on_dense_data": (
                "k-means draws other centres where rows are repeated, as in scikit-learn"
            )
        }
    if estimator._make_family().takes_sparse:
        reason = "the check asks for a classifier's tags of whatever has predict_proba"
        return {f"check_estimator_sparse_{kind}": reason for kind in ("array", "matrix")}
    return {}


@pytest.mark.filterwarnings("ignore::UserWarning")  # checks fit what is hardly fittable
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_checks(estimator, check):
    """S5: each check of scikit-learn, X carried onto the support."""
    check(estimator)


WAITS = np.random.RandomState(0).gamma(4.0, [[0.2, 1.0], [2.0, 9.0]] * 60)
SHARES = WAITS / (1 + WAITS)
FITTED = {
    "gaussian": (GaussianMixture(2, random_state=0), GEYSER),
    "poisson": (PoissonMixture(2, random_state=0), COUNTS),
    "negative binomial": (NegativeBinomialMixture(2, random_state=0), OVERDISPERSED),
    "binomial": (BinomialMixture(2, n_trials=40, random_state=0), COUNTS),
    "bernoulli": (BernoulliMixture(2, random_state=0), (COUNTS > [[1, 9]]).astype(float)),
    "geometric": (GeometricMixture(2, random_state=0), OVERDISPERSED),
    "beta-binomial": (BetaBinomialMixture(2, n_trials=40, random_state=0), OVERDISPERSED % 41),
    "student t": (StudentTMixture(2, random_state=0), GEYSER),
    "laplace": (LaplaceMixture(2, random_state=0), GEYSER),
    "von mises-fisher": (VonMisesFisherMixture(2, random_state=0), DIRECTIONS),
    "mixture": (Mixture(Gaussian("diag"), 2, random_state=0), GEYSER),
    "exponential": (ExponentialMixture(2, random_state=0), WAITS),
    "gamma": (GammaMixture(2, random_state=0), WAITS),
    "inverse Gaussian": (InverseGaussianMixture(2, random_state=0), WAITS),
    "log-normal": (LogNormalMixture(2, random_state=0), WAITS),
    "Weibull": (WeibullMixture(2, random_state=0), WAITS),
    "beta": (BetaMixture(2, random_state=0), SHARES),
    "product": (
        ProductMixture([("a", Gaussian(), 0), ("b", Poisson(), 1)], 2, random_state=0),
        np.c_[WAITS[:, 0], COUNTS[:, 1]],
    ),
    "components": (ComponentsMixture([Gamma(), Exponential()], random_state=0), WAITS),
    "scipy": (FromScipyMixture("gumbel_r", 2, random_state=0, n_init=2), WAITS),
    "zero-inflated": (ZeroInflatedMixture(Poisson(), 2, random_state=0), COUNTS % 3),
    "hurdle": (HurdleMixture(Gamma(), 2, random_state=0), WAITS * (COUNTS > 2)),
}
each = pytest.mark.parametrize(("model", "X"), FITTED.values(), ids=FITTED)


@each
@few_rows
def test_every_public_method_works(model, X):
    model = clone(model).set_params(n_init=2).fit(X)
    n, K = len(X), 2
    assert model.predict(X).shape == (n,)
    assert model.predict_proba(X).shape == (n, K)
    assert model.predict_log_proba(X).shape == (n, K)
    assert model.score_samples(X).shape == (n,)
    if type(model.family_).cdf is not Family.cdf:
        assert model.cdf(X).shape == (n,)
        assert model.marginal_cdf(X).shape == X.shape
    assert model.sample_latent(X).shape == (n,)
    rows, labels = model.sample(7)
    assert rows.shape == (7, X.shape[1])
    assert labels.shape == (7,)
    assert model.to_frame().shape[0] == K
    assert len(model.history_frame()) == model.n_iter_
    assert set(model.params_) == set(model.family_.parameters)
    for name in model.params_:
        assert getattr(model, f"{name}_") is not None
    total = model.score_samples(X).sum()
    p = model.n_parameters_
    assert model.aic(X) == pytest.approx(-2 * total + 2 * p)
    assert model.bic(X) == pytest.approx(-2 * total + p * np.log(n))
    resp = model.predict_proba(X)
    entropy = -np.sum(resp * np.log(np.maximum(resp, 1e-300)))
    assert model.icl(X) == pytest.approx(model.bic(X) + 2 * entropy)
    assert (model.fit_predict(X) == model.predict(X)).all()
    assert model.bic(X.tolist()) == model.bic(X)


@each
@few_rows
def test_criteria_take_weights(model, X):
    weight = np.random.RandomState(0).randint(0, 3, size=len(X))
    model = clone(model).set_params(n_init=2).fit(X)
    repeated = np.repeat(X, weight, axis=0)
    for name in ("score", "aic", "bic", "icl"):
        criterion = getattr(model, name)
        assert criterion(X, sample_weight=weight) == pytest.approx(criterion(repeated))


@each
@few_rows
def test_pickle_gives_the_same_bits(model, X):
    model = clone(model).set_params(n_init=2).fit(X)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))


@each
@few_rows
def test_from_params_is_the_fitted_model(model, X):
    model = clone(model).set_params(n_init=2).fit(X)
    family = model._make_family()
    options = {"family": family} if isinstance(model, Mixture) else family.get_params(deep=False)
    copy = type(model).from_params(weights=model.weights_, **model.params_, **options)
    np.testing.assert_allclose(copy.score_samples(X), model.score_samples(X), rtol=1e-12)
    assert copy.n_parameters_ == model.n_parameters_
    assert copy.n_features_in_ == X.shape[1]
    np.testing.assert_array_equal(
        copy.sample(5, random_state=1)[0], model.sample(5, random_state=1)[0]
    )


@each
@few_rows
def test_same_seed_same_fit_and_the_global_generator_untouched(model, X):
    before = np.random.get_state()[1].copy()
    one, other = clone(model).fit(X), clone(model).fit(X)
    np.testing.assert_array_equal(one.weights_, other.weights_)
    one.sample(3)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@each
@few_rows
def test_warm_start_goes_on(model, X):
    whole = clone(model).set_params(tol=0, max_iter=8, n_init=1, acceleration=None)
    steps = clone(whole).set_params(max_iter=4, warm_start=True)
    for unfinished in (whole, steps, steps):
        with pytest.warns(UserWarning, match="did not converge"):
            unfinished.fit(X)
    # where an M-step may descend, a fit ends with one that cannot, and goes on from there
    on_sphere = isinstance(model, VonMisesFisherMixture)
    approached = isinstance(model, StudentTMixture)
    np.testing.assert_allclose(steps.weights_, whole.weights_, rtol=1e-2 if approached else 1e-9)
    with pytest.raises(ValueError, match="n_components"):
        steps.set_params(n_components=3).fit(X)
    if isinstance(model, ProductMixture | ComponentsMixture):
        return  # its parts say how many columns and components there are
    with pytest.raises(ValueError, match="warm_start"):
        steps.set_params(n_components=2).fit(normalize(X[:, :2]) if on_sphere else X[:, :1])


@each
@few_rows
def test_fit_leaves_constructor_arguments_alone(model, X):
    model = clone(model)
    before = {name: id(value) for name, value in model.get_params(deep=False).items()}
    model.fit(X)
    assert {name: id(v) for name, v in model.get_params(deep=False).items()} == before


@pytest.mark.parametrize("order_by", ["weights", "means", lambda p: -p["means"][:, 0]])
def test_order_by(order_by):
    plain = GaussianMixture(3, random_state=0, max_iter=500).fit(GEYSER)
    model = GaussianMixture(3, random_state=0, max_iter=500, order_by=order_by).fit(GEYSER)
    key = {"weights": model.weights_, "means": model.means_[:, 0]}.get(
        order_by, -model.means_[:, 0]
    )
    assert (np.diff(key) >= 0).all()
    assert model.score(GEYSER) == pytest.approx(plain.score(GEYSER), rel=1e-12)


def test_start_takes_any_labels_and_responsibilities():
    names = np.where(GEYSER[:, 0] > 3, "long", "short")
    resp = np.stack([names == "long", names == "short"], axis=1).astype(float)
    by_name, by_resp = (
        GaussianMixture(2, max_iter=0).fit(GEYSER, start=start) for start in (names, resp)
    )
    np.testing.assert_array_equal(by_name.means_, by_resp.means_)
    assert by_name.means_[0, 0] > by_name.means_[1, 0]  # "long" before "short"


def test_init_params_may_be_a_callable():
    def by_duration(X, n_components, random_state):
        assert n_components == 2
        return (X[:, 0] > 3).astype(int)

    model = GaussianMixture(2, init_params=by_duration, max_iter=0).fit(GEYSER)
    assert model.means_[0, 0] == pytest.approx(GEYSER[GEYSER[:, 0] <= 3, 0].mean(), rel=1e-14)


def test_long_parallel_clusters_from_the_default_start():
    """scikit-learn's starts cut both clusters in two, whatever the seed."""
    for seed, turn in [(seed, turn) for seed in range(5) for turn in (0.0, 0.8)]:
        rng = np.random.RandomState(seed)
        X = rng.normal(size=(600, 2)) * [100, 0.3]
        truth = np.repeat([0, 1], 300)
        X[:, 1] += np.where(truth, 1.0, -1.0)
        c, s = np.cos(turn), np.sin(turn)
        found = Mixture(Gaussian(), 2, random_state=seed).fit_predict(X @ [[c, s], [-s, c]])
        agreement = (found == truth).mean()
        assert max(agreement, 1 - agreement) > 0.99
        theirs = GaussianMixture(2, random_state=seed).fit_predict(X)
        agreement = (theirs == truth).mean()
        assert max(agreement, 1 - agreement) < 0.9


def test_data_frames_and_their_column_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(GEYSER, columns=["eruption", "wait"])
    model = GaussianMixture(2, random_state=0).fit(frame)
    assert model.feature_names_in_.tolist() == ["eruption", "wait"]
    assert model.score(frame) == GaussianMixture(2, random_state=0).fit(GEYSER).score(GEYSER)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["wait", "eruption"]])


def test_grid_search_over_components_and_the_family():
    grid = {"n_components": [1, 2, 3], "family__covariance_type": ["full", "diag"]}
    search = GridSearchCV(Mixture(Gaussian(), random_state=0, n_init=3, tol=1e-6), grid, cv=3)
    shuffled = np.random.RandomState(0).permutation(GEYSER)
    assert search.fit(shuffled).best_params_["n_components"] in (2, 3)
    assert cross_val_score(PoissonMixture(2, random_state=0), COUNTS, cv=3).shape == (3,)


def test_pipelines():
    model = make_pipeline(StandardScaler(), GaussianMixture(2, random_state=0)).fit(GEYSER)
    assert model.predict_proba(GEYSER).shape == (272, 2)
    model = make_pipeline(FunctionTransformer(np.floor), PoissonMixture(2, random_state=0))
    assert np.isfinite(model.fit(GEYSER).score(GEYSER))


def test_weights_pass_through_a_search():
    import sklearn

    weight = np.random.RandomState(0).randint(1, 4, size=len(GEYSER)).astype(float)
    with sklearn.config_context(enable_metadata_routing=True):
        model = GaussianMixture(random_state=0)
        model = model.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(model, {"n_components": [1, 2]}, cv=2)
        search.fit(GEYSER, sample_weight=weight)
    best = search.best_estimator_
    expected = clone(best).fit(GEYSER, sample_weight=weight)
    np.testing.assert_array_equal(best.means_, expected.means_)


def test_tags_tell_the_truth():
    assert PoissonMixture().__sklearn_tags__().input_tags.positive_only
    assert not GaussianMixture().__sklearn_tags__().input_tags.positive_only
    assert not GaussianMixture().__sklearn_tags__().input_tags.sparse


@pytest.mark.parametrize("model", [GaussianMixture(2), PoissonMixture(2), Mixture()])
def test_not_fitted(model):
    for method in ("predict", "predict_proba", "score", "score_samples", "cdf", "icl"):
        with pytest.raises(NotFittedError):
            getattr(clone(model), method)([[1.0]])
    with pytest.raises(NotFittedError):
        clone(model).sample()


@pytest.mark.parametrize("verbose", [1, 2])
def test_verbose_prints_in_the_words_of_scikit_learn(verbose, capsys):
    from sklearn.mixture import GaussianMixture as ScikitLearn

    options = dict(n_init=2, verbose=verbose, verbose_interval=2, random_state=0)
    printed = []
    for cls in (GaussianMixture, ScikitLearn):
        cls(2, **options).fit(GEYSER)
        text = capsys.readouterr().out
        printed.append([word for word in text.split() if not re.search(r"\d", word)])
    assert printed[0] == printed[1]


def test_import_is_light():
    import subprocess
    import sys

    code = "import skmixture, sys; print([m for m in ('emcee', 'matplotlib') if m in sys.modules])"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
    assert skmixture.__version__


def test_distribution_functions_repeat_without_the_global_generator():
    """From three columns on they are integrated by random points."""
    model = GaussianMixture.from_params(
        weights=[0.5, 0.5], means=np.zeros((2, 4)), covariances=np.stack([np.eye(4) + 0.3] * 2)
    )
    np.random.seed(0)
    state = np.random.get_state()
    values = model.cdf(np.zeros((3, 4)))
    np.testing.assert_allclose(values, values[0], rtol=1e-3)
    assert np.random.get_state()[2] == state[2]
    np.testing.assert_array_equal(np.random.get_state()[1], state[1])
