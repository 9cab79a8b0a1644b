"""Models saved and loaded in the plain format: to the last bit, or a ValueError."""

from __future__ import annotations

import json
import os
import warnings
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats
from sklearn.base import BaseEstimator

import skmixture
from skmixture import (
    CategoricalMixture,
    ComponentsMixture,
    GaussianMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
)
from skmixture.families import (
    Categorical,
    Components,
    FromEstimator,
    FromLogPDF,
    FromScipy,
    Gaussian,
    Hurdle,
    Poisson,
    Product,
    Uniform,
    ZeroInflated,
)
from skmixture.plain import Plain, register
from skmixture.priors import Gamma, InverseWishart, Normal

SUFFIXES = (".json", ".npz")
suffixes = pytest.mark.parametrize("suffix", SUFFIXES)
rng = np.random.RandomState(0)
REAL = rng.normal(size=(80, 2)) + np.repeat([[0, 0], [6, 6]], 40, axis=0)
COUNTS = rng.poisson(np.repeat([[1, 9], [12, 2]], 40, axis=0)).astype(float)
KINDS = [
    getattr(skmixture, name)
    for name in skmixture.__all__
    if isinstance(getattr(skmixture, name), type)
]


# what is built of others cannot do without them
NEEDED = {
    "ComponentsMixture": {"parts": [Gaussian(), ("noise", Uniform(0, 9), 2)]},
    "FromScipyMixture": {"distribution": stats.gamma, "fixed": {"loc": 0.0}},
    "HurdleMixture": {"family": Poisson()},
    "ProductMixture": {"parts": [("a", Gaussian(), "x"), ("b", Categorical(), ["y", "z"])]},
    "ZeroInflatedMixture": {"family": Poisson()},
}


def fitted(model, X, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return model.fit(X, **arguments)


def there_and_back(model, tmp_path, suffix):
    model.save(tmp_path / f"model{suffix}")
    return skmixture.load(tmp_path / f"model{suffix}")


def assert_same(one, other):
    """The same to the last bit, types included."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype.kind == other.dtype.kind
        assert one.dtype.kind in "U" or one.dtype == other.dtype
        if one.dtype.kind == "O":
            return assert_same(one.tolist(), other.tolist())
        assert_array_equal(one, other, strict=one.dtype.kind != "U")
        if one.dtype.kind == "f":
            assert_array_equal(np.signbit(one), np.signbit(other))
    elif isinstance(one, BaseEstimator):
        assert_same(*({**vars(model), **model.get_params(deep=False)} for model in (one, other)))
    elif isinstance(one, dict):
        assert set(one) == set(other)
        for name, value in one.items():
            if not name.startswith("_"):
                assert_same(value, other[name])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for first, second in zip(one, other, strict=True):
            assert_same(first, second)
    elif hasattr(one, "rvs"):
        assert one.name == other.name
    elif hasattr(one, "__dataclass_fields__"):
        assert_same(vars(one), vars(other))
    else:
        assert one == other or (one != one and other != other)


# -- there and back ------------------------------------------------------------------


@suffixes
def test_the_same_responsibilities_to_the_last_bit(case, suffix, tmp_path):
    """S0.18: of every law, in double and in single precision."""
    X, _ = case.draw(200)
    for dtype in (np.float64, np.float32):
        rows = X.astype(dtype)
        if not case.family.support.contains(rows).all():  # rounded out of the support
            continue
        model = Mixture(case.family, case.n_components, n_init=1, max_iter=2, random_state=0)
        model = fitted(model, rows)
        loaded = there_and_back(model, tmp_path, suffix)
        assert_same(model, loaded)
        assert_array_equal(model.predict_proba(rows), loaded.predict_proba(rows), strict=True)
        assert_array_equal(model.score_samples(rows), loaded.score_samples(rows), strict=True)
        by_joblib = tmp_path / "model.joblib"
        joblib.dump(model, by_joblib)
        assert_array_equal(joblib.load(by_joblib).predict_proba(rows), model.predict_proba(rows))


def test_known_parameters(case, tmp_path):
    model = Mixture.from_params(family=case.family, weights=case.weights, **case.params)
    loaded = there_and_back(model, tmp_path, ".json")
    assert_same(model, loaded)
    assert_same(model, Mixture.from_dict(json.loads(json.dumps(model.to_dict()))))


@suffixes
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_estimators_that_are_not_fitted(kind, suffix, tmp_path):
    options = {"n_components": 3, **NEEDED.get(kind.__name__, {})}
    if kind is ComponentsMixture:
        del options["n_components"]
    model = kind(**options, tol=1e-5, random_state=np.int64(7))
    assert_same(model, there_and_back(model, tmp_path, suffix))


OPTIONS = {
    "held": GaussianMixture(
        2, fixed={"means": [[0, np.nan], [np.nan, np.nan]]}, tied=["covariances"]
    ),
    "held as arrays": Mixture(
        Gaussian("tied"), 2, fixed={"weights": np.array([0.5, np.nan])}, tied=("means",)
    ),
    "priors": GaussianMixture(
        2, prior={"means": Normal([0.0, 1.0], 0.5), "covariances": InverseWishart(4.0, np.eye(2))}
    ),
    "another prior": PoissonMixture(2, prior={"rates": Gamma(2.0, np.float32(0.1)), "weights": 2}),
    "starts": GaussianMixture(
        2, weights_init=[0.5, 0.5], means_init=REAL[:2], precisions_init=np.array([np.eye(2)] * 2)
    ),
    "starts by name": Mixture(Poisson(), 2, params_init={"rates": COUNTS[:2].astype(np.int8)}),
    "numbers": PoissonMixture(np.int32(2), tol=np.float32(1e-3), half_life=np.inf, tied=()),
    "columns": Mixture(Product([("a", Gaussian(), slice(0, 1)), ["b", Poisson(), [np.int64(1)]]])),
    "names": Mixture(Product([("a", Gaussian(), "x"), ("b", Poisson(), np.array(["y", "z"]))])),
    "nested": Mixture(
        Components([ZeroInflated(Poisson()), ("two", Hurdle(Poisson()), 2)]), 3, random_state=1
    ),
    "box": Mixture(Components([Gaussian(), Uniform(low=[0.0, -0.0], high=np.ones(2))]), 2),
    "scipy": Mixture(
        FromScipy(stats.gamma, fixed={"loc": 0.0}, bounds={"a": (0.5, None)}), tol=5e-324
    ),
    "categories": CategoricalMixture(categories=[["a", "b"], (1, 2, 3), np.array([True, False])]),
    "in turn": Mixture(Categorical(np.array([2, 3])), acceleration=None, init_params="random"),
}


@suffixes
@pytest.mark.parametrize("model", OPTIONS.values(), ids=OPTIONS)
def test_options(model, suffix, tmp_path):
    assert_same(model, there_and_back(model, tmp_path, suffix))


@suffixes
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
def test_fits_go_on(shape, dtype, suffix, tmp_path):
    X = REAL.astype(dtype)
    model = GaussianMixture(
        2, covariance_type=shape, warm_start=True, random_state=0, max_iter=2, tol=0
    )
    model = fitted(model, X)
    loaded = there_and_back(model, tmp_path, suffix)
    assert_same(model, loaded)
    assert_array_equal(model.predict_proba(X), loaded.predict_proba(X), strict=True)
    assert_array_equal(model.sample(9)[0], loaded.sample(9)[0])
    assert_same(deepcopy(model).partial_fit(X[:20] + 1), deepcopy(loaded).partial_fit(X[:20] + 1))
    assert_same(fitted(model, X), fitted(loaded, X))


@suffixes
def test_exposures_and_what_follows_from_parameters(suffix, tmp_path):
    model = NegativeBinomialMixture(2, n_init=1, random_state=0)
    model = fitted(model, COUNTS, exposure=np.linspace(0.5, 2, 80), sample_weight=np.arange(80))
    loaded = there_and_back(model, tmp_path, suffix)
    assert_same(model, loaded)
    assert loaded.exposed_
    assert loaded.mean_exposure_ == model.mean_exposure_
    assert "dispersions_" not in model.to_dict()["content"]["state"]


@suffixes
def test_names_of_columns(suffix, tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(REAL, columns=["größe", "weight"]).assign(visits=COUNTS[:, 0])
    law = Product([("size", Gaussian(), ["größe", "weight"]), ("visits", Poisson(), "visits")])
    model = fitted(Mixture(law, 2, random_state=0, n_init=2), frame)
    loaded = there_and_back(model, tmp_path, suffix)
    assert_same(model, loaded)
    assert_array_equal(model.predict_proba(frame), loaded.predict_proba(frame), strict=True)
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(frame.rename(columns={"weight": "w"}))


ANSWERS = np.random.RandomState(0).randint(3, size=(60, 3))
TABLES = {
    "strings": np.array(["no", "yes", "perhaps"])[ANSWERS],
    "codes": ANSWERS,
    "floats": ANSWERS / 2,
    "bools": ANSWERS > 0,
    "mixed": [[("no", "yes", "")[a], b, c / 4] for a, b, c in ANSWERS.tolist()],
    "uneven": [["ab"[a > 0], b > 1, c] for a, b, c in ANSWERS.tolist()],
}


@suffixes
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_categories_of_any_kind(table, suffix, tmp_path):
    model = fitted(CategoricalMixture(2, n_init=2, random_state=0), table)
    loaded = there_and_back(model, tmp_path, suffix)
    assert_same(model, loaded)
    assert_array_equal(model.predict_proba(table), loaded.predict_proba(table), strict=True)
    assert_array_equal(model.sample(20)[0], loaded.sample(20)[0])


def objects(*labels):
    array = np.empty(len(labels), dtype=object)
    for place, label in enumerate(labels):
        array[place] = label
    return array


STRATA = [
    np.array(["b", "a"]),
    np.array([2, 2.5, True, "x", np.int64(4), np.float32(0.1)], dtype=object),
    objects(("a", 0), ("a", np.int64(1)), ("b", datetime(2020, 2, 1))),
    objects(datetime(2020, 1, 1), datetime(2020, 1, 2, 3, 4, 5, 6, UTC)),
    np.arange(3),
    np.array([False, True]),
]


@suffixes
@pytest.mark.parametrize("labels", STRATA)
def test_labels_of_strata(labels, suffix, tmp_path):
    model = fitted(PoissonMixture(2, n_init=1, random_state=0), COUNTS)
    model.strata_ = labels
    model.strata_weights_ = np.repeat([[0.25, 0.75]], len(labels), axis=0)
    model.weights_ = np.array([0.25, 0.75])
    assert_same(model, there_and_back(model, tmp_path, suffix))
    model.strata_weights_[0, 0] = 0.5
    with pytest.raises(ValueError, match="weights"):
        model.to_dict()
    del model.strata_weights_
    with pytest.raises(ValueError, match="strata"):
        model.to_dict()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("unit", [1.0, 1e7])
def test_covariances_that_rounding_has_made_singular(unit, dtype, tmp_path):
    """They are those of a proper fit, and must not be refused."""
    z = np.random.RandomState(0).normal(size=(200, 3)) * [1, 1e-7, unit]
    X = np.c_[z[:, 0], 3 * z[:, 0] + z[:, 1], z[:, 2], z[:, 2] / unit**2 + z[:, 0]].astype(dtype)
    model = fitted(GaussianMixture(2, reg_covar=1e-12, random_state=0), X)
    loaded = there_and_back(model, tmp_path, ".npz")
    assert_same(model, loaded)
    assert_array_equal(model.predict_proba(X), loaded.predict_proba(X), strict=True)


def test_parameters_that_rounding_has_moved_to_an_end(tmp_path):
    model = PoissonMixture.from_params(weights=[0.5, 0.5], rates=[[1.0], [2.0]])
    model.weights_, model.rates_ = np.float32([0.5, 0.5]), np.float32([[0.0], [2.0]])
    assert_same(model, there_and_back(model, tmp_path, ".json"))
    model.weights_, model.rates_ = np.array([0.5, 0.5]), np.array([[0.0], [2.0]])
    with pytest.raises(ValueError, match="rates_ must be positive"):
        model.to_dict()


CONTRADICTIONS = {
    "weights_ = .* is no average of strata_weights_": ("weights_", np.array([0.9, 0.1])),
    "n_parameters_ is 99, of 6 that there are": ("n_parameters_", 99),
    r"strata\[1\] is missing \(nan\)": ("strata_", np.array([0.0, np.nan])),
    r"strata\[0\] is missing \(None\)": ("strata_", np.array([None, "a"], dtype=object)),
}


@pytest.mark.parametrize(("message", "change"), CONTRADICTIONS.items(), ids=CONTRADICTIONS)
def test_what_contradicts_itself(message, change):
    strata = np.arange(len(COUNTS)) % 2
    model = PoissonMixture(2, n_init=1, random_state=0).fit(COUNTS, strata=strata)
    PoissonMixture.from_dict(model.to_dict())
    setattr(model, *change)
    with pytest.raises(ValueError, match=message):
        model.to_dict()


def test_fits_by_pairs_and_by_dates(tmp_path):
    halves = np.arange(len(COUNTS)) % 2
    for strata in ([("a", h) for h in halves.tolist()], halves.astype("M8[D]")):
        model = PoissonMixture(2, n_init=1, random_state=0).fit(COUNTS, strata=strata)
        loaded = there_and_back(model, tmp_path, ".json")
        assert loaded.score(COUNTS, strata=strata) == model.score(COUNTS, strata=strata)


def test_callbacks_of_scikit_learn_are_left_out(tmp_path):
    model = fitted(PoissonMixture(2, n_init=1, random_state=0), COUNTS)
    model._skl_callbacks = [print]  # as `set_callbacks` does
    assert not hasattr(there_and_back(model, tmp_path, ".json"), "_skl_callbacks")


def test_laws_of_functions_and_of_estimators_say_what_to_do(tmp_path):
    law = FromLogPDF(lambda X, rate: -X[:, 0] / rate - np.log(rate), bounds={"rate": (0, None)})
    model = Mixture(law, n_init=1).fit([[1.0], [2.0], [4.0]])
    with pytest.raises(ValueError, match="FromLogPDF.logpdf is a function.* from_params makes"):
        model.to_dict()
    model = Mixture(FromEstimator(PoissonMixture()), n_init=1).fit([[1.0], [2.0], [4.0]])
    with pytest.raises(ValueError, match="of FromEstimator.* are fitted estimators.* use joblib"):
        model.to_dict()


def test_requests_of_metadata_are_left_out(tmp_path):
    with skmixture_config():
        model = PoissonMixture(2).set_fit_request(sample_weight=True)
    loaded = there_and_back(model, tmp_path, ".json")
    assert not hasattr(loaded, "_metadata_request")


def skmixture_config():
    import sklearn

    return sklearn.config_context(enable_metadata_routing=True)


# -- what cannot be written -------------------------------------------------------------


class Own(Poisson):
    """A law that the package does not know."""


class OwnMixture(PoissonMixture):
    """An estimator that it does not know."""


class Skewed(stats.rv_continuous):
    def _pdf(self, x):
        return 2 * x


def nest(depth):
    return [nest(depth - 1)] if depth else []


ITSELF: list = []
ITSELF.append(ITSELF)

UNWRITTEN = {
    "random_state is a .*RandomState.* give an int": dict(random_state=np.random.RandomState(0)),
    "init_params is a function.* give a name": dict(init_params=lambda X, K, rng: X),
    "order_by is a builtin_function_or_method": dict(order_by=len),
    "family is a .*Own.* skmixture.plain.register": dict(family=Own()),
    "Components.parts.1..1. is a .*Own": dict(family=Components([Poisson(), ("own", Own())])),
    "fixed is a mappingproxy.* make it a dict": dict(fixed=type.__dict__["__dict__"].__get__(Own)),
    "tied is a set, .* list or a tuple": dict(tied={"means"}),
    "tied is a generator": dict(tied=(name for name in "a")),
    "distribution is a .*Skewed.* scipy.stats": dict(family=FromScipy(Skewed(a=0, b=1))),
    "params_init.'means'. is a numpy.ma.*MaskedArray": dict(
        params_init={"means": np.ma.masked_array([1.0])}
    ),
    "array of complex128: make it one of": dict(weights_init=np.array([1j])),
    "params_init has the key 3": dict(params_init={3: 1}),
    "more than 32 deep": dict(params_init={"a": nest(40)}),
    "holds itself": dict(params_init={"a": ITSELF}),
    "more than 64 bits": dict(fixed={"means": [2**70]}),
    "place 1": dict(weights_init=np.array([1, [2]], dtype=object)),
    "n_components": dict(n_components=0),
    "The 'reg_covar' parameter": dict(family=Gaussian(reg_covar=-1)),
    "array of datetime64": dict(weights_init=np.array(["2020-01-01"], dtype="M8[D]")),
    'dtype "str"': dict(weights_init=np.array(["a" * 100_000, *"b" * 1000])),
}


@pytest.mark.parametrize(("message", "options"), UNWRITTEN.items(), ids=UNWRITTEN)
def test_what_cannot_be_written(message, options, tmp_path):
    path = tmp_path / "model.json"
    path.write_text("before")
    with pytest.raises(ValueError, match=message):
        Mixture(**options).save(path)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["model.json"]


def test_what_a_fit_has_not_left(tmp_path):
    model = fitted(PoissonMixture(2, n_init=1, random_state=0), COUNTS)
    model.remark_ = "mine"
    with pytest.raises(ValueError, match="'remark_' is no attribute that a fit leaves"):
        model.to_dict()
    del model.remark_
    model.set_params(n_components=3)
    with pytest.raises(ValueError, match=r"'weights' should have the shape of \(3,\)"):
        model.to_dict()
    model.set_params(n_components=2).rates_[0, 0] = np.nan
    with pytest.raises(ValueError, match="rates_ must be positive"):
        model.to_dict()
    by_hand = PoissonMixture(1)
    by_hand.weights_, by_hand.rates_ = np.ones(1), np.ones((1, 1))
    with pytest.raises(ValueError, match="lacks .* from_params"):
        by_hand.to_dict()
    other = Mixture.from_params(family=Poisson(), weights=[1.0], rates=[[1.0]])
    with pytest.raises(ValueError, match="family_ is a Poisson, but the options ask for Gaussian"):
        other.set_params(family=Gaussian()).to_dict()
    with pytest.raises(ValueError, match=r"OwnMixture.*plain\.register"):
        OwnMixture(2).to_dict()


def test_files_are_replaced_whole(tmp_path, monkeypatch):
    path = tmp_path / "model.json"
    first = GaussianMixture(2)
    first.save(path)
    (tmp_path / "link.json").symlink_to(path)

    def fails(*paths):
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fails)
        with pytest.raises(OSError, match="no room"):
            GaussianMixture(3).save(path)
    assert skmixture.load(path).n_components == 2
    GaussianMixture(4).save(tmp_path / "link.json")
    assert skmixture.load(path).n_components == 4
    assert sorted(os.listdir(tmp_path)) == ["link.json", "model.json"]


@pytest.mark.parametrize("name", ["model.pkl", "model", "model.json.gz", ".json"])
def test_suffixes(name, tmp_path):
    with pytest.raises(ValueError, match=r"path must end in \.json"):
        GaussianMixture(2).save(tmp_path / name)
    with pytest.raises(ValueError, match=r"path must end in \.json"):
        skmixture.load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        skmixture.load(tmp_path / "none.json")


def test_the_class_is_checked(tmp_path):
    PoissonMixture(2).save(tmp_path / "model.NPZ")
    assert PoissonMixture.load(str(tmp_path / "model.NPZ")).n_components == 2
    with pytest.raises(ValueError, match="PoissonMixture, not a GaussianMixture: skmixture.load"):
        GaussianMixture.load(tmp_path / "model.NPZ")
    with pytest.raises(ValueError, match="not a GaussianMixture"):
        GaussianMixture.from_dict(PoissonMixture(2).to_dict())


def test_an_archive_is_one_of_numpy(tmp_path):
    model = fitted(GaussianMixture(2, random_state=0), REAL)
    model.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as archive:
        document = json.loads(archive["document"].tobytes())
        entry = document["content"]["state"]["means_"]["entry"]
        assert_array_equal(archive[entry], model.means_)


# -- classes of one's own ---------------------------------------------------------------------


@dataclass
class Result(Plain):
    """As a computation may leave it."""

    draws: np.ndarray
    errors: dict
    law: object = None
    level: float = 0.95
    names: list = field(default_factory=list)

    def __post_init__(self):
        if self.draws.ndim != 2:
            raise ValueError("draws must have two axes")


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr("skmixture.plain.registry.REGISTERED", {})
    return register


@suffixes
def test_classes_of_ones_own(suffix, registered, tmp_path):
    assert registered(Own) is Own
    registered(OwnMixture, name="TheirMixture")
    for model in (Mixture(Own(), 2, random_state=0), OwnMixture(2, random_state=0)):
        loaded = there_and_back(fitted(model.set_params(n_init=1), COUNTS), tmp_path, suffix)
        assert_same(model, loaded)
    assert loaded.to_dict()["content"]["class"] == "TheirMixture"


@suffixes
def test_results(suffix, registered, tmp_path):
    result = Result(REAL, {"means": REAL[:2], "more": {"tied": (1, None)}}, Poisson())
    with pytest.raises(ValueError, match=r"Result is .*plain\.register"):
        result.to_dict()
    registered(Result)
    assert_same(vars(result), vars(there_and_back(result, tmp_path, suffix)))
    document = result.to_dict()
    document["content"]["state"]["draws"]["shape"] = [160]
    with pytest.raises(ValueError, match="draws must have two axes"):
        Result.from_dict(document)
    del document["content"]["state"]["draws"]
    with pytest.raises(ValueError, match="Result needs 'draws'"):
        Result.from_dict(document)


def test_names_that_are_taken(registered):
    with pytest.raises(ValueError, match="is that of the family skmixture"):
        registered(Own, name="Poisson")
    registered(Own, name="Theirs")

    class Other(Poisson):
        pass

    with pytest.raises(ValueError, match="'Theirs' is that of the family .*Own"):
        registered(Other, name="Theirs")
    for cls, name in ((int, None), (Own(), None), (Own, "a.b"), (Own, 3)):
        with pytest.raises(ValueError, match="register takes|must be a word"):
            registered(cls, name=name)
