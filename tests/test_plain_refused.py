"""What is no model, or no file of one: a ValueError, whatever it is."""

from __future__ import annotations

import json
import warnings
import zipfile
from copy import deepcopy
from functools import partial
from io import BytesIO

import numpy as np
import pytest
from scipy import stats
from test_plain import (
    ANSWERS,
    COUNTS,
    OPTIONS,
    REAL,
    TABLES,
    Own,
    assert_same,
    fitted,
    nest,
    suffixes,
)

import skmixture
from skmixture import CategoricalMixture, GaussianMixture, Mixture, PoissonMixture
from skmixture.estimator.base import BaseMixture
from skmixture.families import (
    Categorical,
    Components,
    FromScipy,
    Gaussian,
    Poisson,
    Product,
    Uniform,
    ZeroInflated,
)
from skmixture.plain.arrays import Inline
from skmixture.plain.reading import Reader


def document(model=None):
    if model is None:
        model = fitted(GaussianMixture(2, random_state=0), REAL)
    return json.loads(json.dumps(model.to_dict()))


GAUSSIAN = document()
FAMILY = {"type": "family", "class": "Gaussian", "state": {}}
EMPTY = {"type": "array", "dtype": "float64", "shape": [0], "data": []}


def edited(path, value, base=None):
    """A document with another value in a place, or without what is there."""
    changed = deepcopy(GAUSSIAN if base is None else base)
    place, *keys = changed, *path.split("/")
    for key in keys[:-1]:
        place = place[int(key) if isinstance(place, list) else key]
    if value is KeyError:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    return changed


def array(shape, data, dtype="float64"):
    return {"type": "array", "dtype": dtype, "shape": shape, "data": data}


S = "content/state/"
EDITS = [
    ("format", "other", "no document of skmixture"),
    ("format", KeyError, "no document of skmixture"),
    ("version", 2, "version 2 of the format, written by 'skmixture .*update it"),
    ("version", 10**40, "version a large int of the format"),
    ("version", 0, "an int from 1|whole number from 1"),
    ("version", "1", "whole number from 1, got '1'"),
    ("version", True, "whole number from 1"),
    ("version", nest(25), "whole number from 1, got a list"),
    ("written_by", None, "written_by"),
    ("more", 1, "'more'"),
    ("content", KeyError, "'content'"),
    ("content", [], "content of a document"),
    ("content", FAMILY, "content of a document"),
    ("content/class", "GaussianMixtur", "no estimator 'GaussianMixtur' is known"),
    ("content/class", "os.system", "no estimator 'os.system' is known"),
    ("content/class", "Poisson", "no estimator 'Poisson' is known"),
    ("content/class", "load", "no estimator 'load' is known"),
    ("content/class", "datasets", "no estimator 'datasets' is known"),
    ("content/class", ["Mixture"], "no estimator a list is known"),
    ("content/class", "PoissonMixture", "PoissonMixture has no 'covariance_type'"),
    ("content/state", [], "values by name are expected"),
    ("content/more", 1, "'estimator' has the keys"),
    (S + "tolerance", 1, "has no 'tolerance'.*newer"),
    (S + "n_components", 3, r"should have the shape of \(3,\)"),
    (S + "n_components", 10**12, "should have the shape"),
    (S + "n_components", 2**64, "more than 64 bits"),
    (S + "n_components", "2", "'n_components' parameter"),
    (S + "n_components", None, "'n_components' parameter"),
    (S + "max_iter", 1.5, "'max_iter' parameter"),
    (S + "tol", {"type": "float", "value": "nan"}, "'tol' parameter"),
    (S + "tol", {"type": "float", "value": "NaN"}, r"one of \['nan'"),
    (S + "random_state", -1, "Seed"),
    (S + "random_state", [1], "seed|Seed"),
    (S + "covariance_type", "diag", None),  # of the next fit; family_ says what this one is
    (S + "tied", {"type": "set", "items": []}, "'set' is not known; this version reads"),
    (S + "tied", {"type": ["set"]}, "type a list is not known"),
    (S + "tied", {}, "type None is not known"),
    (S + "tied", {"type": "tuple"}, "missing, or not known: 'items'"),
    (S + "fixed", {"type": "dict", "items": [1]}, "values by name"),
    (S + "fixed", {"type": "slice", "start": "a", "stop": 1, "step": 1}, "slice"),
    (S + "fixed", nest(33), "more than 32 deep"),
    (S + "weights_", KeyError, r"lacks the fitted attributes \['weights_'\]"),
    (S + "means_", KeyError, r"lacks the fitted attributes \['means_'\]"),
    (S + "precisions_cholesky_", KeyError, "lacks the fitted attributes"),
    (S + "family_", KeyError, "lacks the fitted attributes"),
    (S + "family_", 3, "family_ must be a family"),
    (S + "family_/class", "Poisson", "Poisson has no 'covariance_type'"),
    (S + "family_/state/covariance_type", "diag", r"covariances_ should have the shape"),
    (S + "family_/state/covariance_type", "ful", "'covariance_type' parameter"),
    (S + "family_/state/reg_covar", -1, "'reg_covar' parameter"),
    (S + "family_/class", "Family", "no family 'Family' is known"),
    (S + "predict", 1, "has no 'predict'"),
    (S + "predict_", 1, "'predict_' is no attribute"),
    (S + "params_", 1, "'params_' is no attribute"),
    (S + "__class__", 1, "has no '__class__'|no attribute"),
    (S + "weights_", array([2], [0.5, 0.6]), "normalized"),
    (S + "weights_", array([2], [1.5, -0.5]), r"range \[0, 1\]"),
    (S + "weights_", array([2], ["nan", 1.0]), "weights_ must be an array"),
    (S + "weights_", array([2], [0, 1], "int64"), "weights_ must be an array"),
    (S + "weights_", array([2], [0.5, 0.5], "float32"), "means_ must be an array of float32 or"),
    (S + "weights_", array([2], [0.5, 0.5], "float16"), "means_ must be an array of float32 or"),
    (S + "weights_", [0.5, 0.5], "weights_ must be an array"),
    (S + "weights_/shape", [10**12], "each below 2147483648"),
    (S + "weights_/shape", [2**31 - 1], "has not 2 values"),
    (S + "weights_/shape", [2, -1], "whole numbers from 0"),
    (S + "weights_/shape", [1.0], "whole numbers from 0"),
    (S + "weights_/shape", [1] * 17, "at most 16"),
    (S + "weights_/dtype", "object", None),
    (S + "weights_/dtype", "float128", "'float128' is none of"),
    (S + "weights_/dtype", ["float64"], "a list is none of"),
    (S + "weights_/dtype", "V1000000000", "is none of"),
    (S + "weights_/data", [0.5, None], "holds no NoneType"),
    (S + "weights_/data", [0.5, True], "holds no bool"),
    (S + "weights_/data", [0.5, "inf"], r"range \[0, 1\]|contains infinity"),
    (S + "weights_/data", [0.5, "half"], "'half' is no number"),
    (S + "weights_/data", [0.5, [0.5]], "holds no list"),
    (S + "weights_/data", "0.5", "are a list"),
    (S + "means_", array([2, 3], [0.0] * 6), "n_features_in_ is 2"),
    (S + "means_", array([3, 2], [0.0] * 6), r"means_ should have the shape of \(2, 2\)"),
    (S + "means_", array([2, 2], [0.0, 0.0, 0.0, "nan"]), "means_ must be real"),
    (S + "means_", array([0, 2], []), "means_ must be an array"),
    (S + "means_", array([0, 2**30], []), "means_ must be an array"),
    (S + "means_", array([0, 2**30, 2**30], []), "no array has the shape"),
    (S + "means_", EMPTY, "means_ must be an array"),
    (S + "covariances_", array([2, 2, 2], [1, 0, 0, 1, 1, 2, 2, 1]), "covariances_ must be symm"),
    (S + "covariances_", array([2, 2, 2], [1, 0, 0, 1, 1, 1, 1, 1]), "make no Gaussian"),
    (S + "covariances_", array([2, 2, 2], [1, 0, 0, 1, 1, 0.5, 0.4, 1]), "covariances_ must be"),
    (S + "covariances_", array([2, 2, 2], [1, 0, 0, -1, 1, 0, 0, 1]), "covariances_ must be"),
    (S + "precisions_cholesky_", array([2, 2, 2], [1, 0, 1, 1, 1, 0, 0, 1]), "upper triangular"),
    (S + "precisions_cholesky_", array([2, 2, 2], [0, 0, 0, 1, 1, 0, 0, 1]), "positive diagonal"),
    (S + "precisions_cholesky_", array([2, 2], [1, 0, 0, 1]), "shape of covariances_"),
    (S + "precisions_", 1.0, "shape of covariances_"),
    (S + "n_features_in_", 3, "n_features_in_ is 3"),
    (S + "n_features_in_", 10**12, "n_features_in_ is 10"),
    (S + "n_features_in_", True, "n_features_in_ must be a whole number"),
    (S + "n_parameters_", -1, "n_parameters_ must be a whole number"),
    (S + "converged_", 1, "converged_ must be a bool"),
    (S + "lower_bound_", {"type": "float", "value": "nan"}, "lower_bound_ must be a number"),
    (S + "lower_bounds_", array([1, 1], [1.0]), "lower_bounds_ must be an array"),
    (S + "dropped_starts_", [1], "dropped_starts_ must be a list of str"),
    (S + "warnings_", "all is well", "warnings_ must be a list of str"),
    (S + "at_edges_", [], "at_edges_ must be a dict of arrays of bool"),
    (
        S + "at_edges_",
        {"type": "dict", "items": {"means": array([2], [True, False], "bool")}},
        "marks no values of a parameter",
    ),
    (S + "weighted_", 1, "weighted_ must be a bool"),
    (S + "n_samples_seen_", {"type": "float", "value": "inf"}, "n_samples_seen_ must be a finite"),
    (S + "n_samples_seen_", -1.0, "n_samples_seen_ must be a finite"),
    (S + "feature_names_in_", array([3], ["a", "b", "c"], "object"), "must be 2 names of columns"),
    (S + "feature_names_in_", array([2], ["a", 1], "object"), "must be 2 names of columns"),
    (S + "feature_names_in_", array([2], ["a", [1]], "object"), "holds what it cannot"),
    (S + "feature_names_in_", array([2], ["a", FAMILY], "object"), "holds what it cannot"),
    (S + "feature_names_in_", array([2], ["a", 1], "str"), "holds what it cannot"),
    (S + "strata_", array([2], ["a", "a"], "str"), "strata_ and strata_weights_"),
    (S + "prior", {"type": "prior", "class": "Prior", "state": {}}, "no prior 'Prior' is known"),
    (S + "prior", {"type": "prior", "class": "Normal", "state": {"strength": -1}}, "strength"),
    (S + "order_by", {"type": "distribution", "name": "norm.__class__"}, "no distribution"),
    (S + "order_by", {"type": "scalar", "dtype": "int8", "value": 300}, "range of int8"),
    (S + "order_by", {"type": "scalar", "dtype": "float32", "value": 1e300}, "range of float32"),
    (S + "order_by", {"type": "scalar", "dtype": "bool", "value": 1}, "bool holds no int"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "message"), EDITS)
def test_documents_that_are_no_model(path, value, message):
    changed = edited(path, value)
    if message is None and value == "diag":
        assert GaussianMixture.from_dict(changed).predict(REAL).shape == (80,)
        return
    with pytest.raises(ValueError, match=message or "weights_ must be an array"):
        GaussianMixture.from_dict(changed)


def test_documents_of_other_laws():
    categorical = document(fitted(CategoricalMixture(2, n_init=1, random_state=0), ANSWERS))
    categories = S + "family_/state/categories"
    known = categorical["content"]["state"]["family_"]["state"]["categories"]
    for value, message in (
        ([], "categories must be 'auto' or a list"),
        (known[:2], "categories has 2 lists, but there are 3 columns"),
        ([array([2], [0, 1], "int64")] * 3, r"probs_ should have the shape of"),
        ([array([3], [0, 1, 1], "int64")] * 3, r"categories\[0\] must be a list of categories"),
        (1, "categories must be 'auto' or a list"),
        ("auto", "learns its categories in fit"),
    ):
        with pytest.raises(ValueError, match=message):
            CategoricalMixture.from_dict(edited(categories, value, categorical))
    law = Components([Poisson(), ("more", Poisson(), 1)])
    model = Mixture.from_params(
        family=law, weights=[0.5, 0.5], poisson__rates=[[1.0]], more__rates=[[2.0]]
    )
    parts = S + "family_/state/parts/1/items"
    with pytest.raises(ValueError, match=r"n_components=2, but Components has 1000000000001"):
        Mixture.from_dict(edited(parts, ["more", POISSON, 10**12], document(model)))
    with pytest.raises(ValueError, match="whole number of components"):
        Mixture.from_dict(edited(parts, ["more", POISSON, -1], document(model)))
    box = Mixture.from_params(family=Uniform(), weights=[1.0], lows=[[0.0]], highs=[[1.0]])
    with pytest.raises(ValueError, match="make no Uniform"):
        Mixture.from_dict(edited(S + "lows_", array([1, 1], [2.0]), document(box)))


POISSON = {"type": "family", "class": "Poisson", "state": {}}


def test_numbers_of_categories_ask_for_no_memory(peak):
    model = Mixture.from_params(family=Categorical(2), weights=[1.0], probs=[[[0.5, 0.5]]])
    large = edited(S + "family_/state/n_categories", 10**14, document(model))
    with pytest.raises(ValueError, match="probs_ should have the shape"):
        Mixture.from_dict(large)
    assert peak() < 10_000_000


@pytest.fixture
def peak():
    import tracemalloc

    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def test_references_to_references():
    """A tree of 2^30 leaves in thirty lists, which a file of another format may describe."""
    bomb: list = []
    for _ in range(30):
        bomb = [bomb, bomb]
    reader = Reader(Inline())
    reader.left = 10_000
    with pytest.raises(ValueError, match="more than 50000000 values"):
        reader.value(bomb, "bomb")


@pytest.mark.parametrize("value", [OSError, b"raw", REAL, {1: 2}, {"a": np.ones(2)}, 1j, Own()])
def test_values_that_no_file_has(value):
    with pytest.raises(ValueError, match="no plain value|not known|no document|by name"):
        GaussianMixture.from_dict(edited(S + "fixed", value))
    with pytest.raises(ValueError, match="no document of skmixture"):
        GaussianMixture.from_dict(value)


# -- files that are damaged, or made to do damage ------------------------------------------------


def load_bytes(raw, tmp_path, suffix):
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(raw)
    return skmixture.load(path)


TEXTS = {
    b"": "no JSON, or only a part",
    b"\xff\xfe": "no text in UTF-8",
    b"null": "no document of skmixture",
    b'{"format": "skmixture", "format": "skmixture"}': "the key 'format' is there twice",
    b'{"format": NaN}': "NaN is no JSON",
    b'{"format": -Infinity}': "-Infinity is no JSON",
    b'{"format": 1e999}': "'1e999' is beyond the range",
    b'{"format": ' + b"9" * 5000 + b"}": "cannot be loaded",
    b"[" * 100_000: "nested too deep",
    b'{"a":' * 100_000: "nested too deep",
    b"cos\nsystem\n(S'echo'\ntR.": "no JSON",
}


@pytest.mark.parametrize(("raw", "message"), TEXTS.items(), ids=range(len(TEXTS)))
def test_texts_that_are_no_document(raw, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        load_bytes(raw, tmp_path, ".json")
    with pytest.raises(ValueError, match="no archive"):
        load_bytes(raw, tmp_path, ".npz")


@suffixes
def test_truncated_files(suffix, tmp_path):
    PoissonMixture.from_params(weights=[0.5, 0.5], rates=[[1.0], [2.0]]).save(
        tmp_path / f"m{suffix}"
    )
    raw = (tmp_path / f"m{suffix}").read_bytes()
    for length in range(0, len(raw), 7):
        with pytest.raises(ValueError, match="only a part"):
            load_bytes(raw[:length], tmp_path, suffix)


def archive_of(entries, compression=zipfile.ZIP_STORED):
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of names that are there twice
        for name, content in entries:
            archive.writestr(name, content)
    return stream.getvalue()


def npy_of(value, **options):
    stream = BytesIO()
    np.lib.format.write_array(stream, np.asarray(value), **options)
    return stream.getvalue()


def test_archives_that_are_no_document(tmp_path):
    model = PoissonMixture.from_params(weights=[0.5, 0.5], rates=[[1.0], [2.0]])
    model.save(tmp_path / "model.npz")
    with zipfile.ZipFile(tmp_path / "model.npz") as archive:
        whole = [(name, archive.read(name)) for name in archive.namelist()]
    assert_same(model, load_bytes(archive_of(whole), tmp_path, ".npz"))
    names = [name for name, _ in whole]
    huge = npy_of([1.0]).replace(b"(1,), ", b"(10**9,)"), npy_of([1.0]).replace(b"(1,)", b"(9,)")

    def without(name, *others):
        return [pair for pair in whole if pair[0] != name] + list(others)

    for entries, message in (
        (without("document.npy"), "has no 'document'"),
        (without("document.npy", ("document.npy", npy_of([1.0]))), "has no 'document'"),
        (without("array_0.npy"), "no array 'array_0'"),
        ([*whole, ("more.npy", npy_of([1.0]))], "'more' that the document does not name"),
        ([*whole, whole[0]], "two arrays of the same name"),
        ([*whole, ("more.npy", b"")], "'more.npy' of the archive is no array of numbers"),
        ([*whole, ("more.npy", npy_of(["a"]))], "no array of numbers"),
        ([*whole, ("more.npy", npy_of([{}], allow_pickle=True))], "no array of numbers"),
        ([*whole, ("more.npy", npy_of([1.0], version=(2, 0)))], "no array of numbers"),
        ([*whole, ("more.npy", npy_of(np.ones((3, 2)).T))], "no array of numbers"),
        ([*whole, ("more.npy", huge[0])], "no array of numbers"),
        ([*whole, ("more.npy", huge[1])], "has 8 bytes, not those"),
        ([*whole, ("more.npy", npy_of([True])[:-1] + b"\x02")], "no bool"),
        ([*whole, ("more.npy", npy_of(np.empty((0, 2**40))))], "each below 2147483648"),
    ):
        with pytest.raises(ValueError, match=message):
            load_bytes(archive_of(entries), tmp_path, ".npz")
    assert len(names) == 4
    bomb = archive_of([("bomb.npy", bytes(10_000_000))], zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="compressed"):
        load_bytes(bomb, tmp_path, ".npz")


# -- at random ------------------------------------------------------------------------------------

ODD = [
    None, True, False, -1, 0, 2, 7, 2**31, 10**15, 10**30, 0.5, -0.0, 1e308, 5e-324, "", "nan",
    "inf", "x", "auto", "float32", "object", "str", "family_", [], [[]], [0.5, 0.5], ["a", "b"],
    {}, {"type": "tuple", "items": []}, {"type": "dict", "items": {"a": 1}}, FAMILY, POISSON,
    {"type": "float", "value": "inf"}, {"type": "float", "value": "nan"}, EMPTY,
    {"type": "distribution", "name": "norm"}, {"type": "slice", "start": 0, "stop": 1, "step": 0},
]  # fmt: skip


def places_of(value, found=None):
    """All containers of a document with each of their keys."""
    found = [] if found is None else found
    keys = range(len(value)) if isinstance(value, list) else value
    for key in keys if isinstance(value, list | dict) else ():
        found.append((value, key))
        places_of(value[key], found)
    return found


def mutated(base, rng):
    changed = deepcopy(base)
    for _ in range(rng.randint(1, 4)):
        places = places_of(changed)
        holder, key = places[rng.randint(len(places))]
        other, at = places[rng.randint(len(places))]
        kind = rng.randint(5)
        if kind == 0:
            holder[key] = deepcopy(ODD[rng.randint(len(ODD))])
        elif kind == 1:
            holder[key] = deepcopy(other[at])
        elif kind == 2:
            del holder[key]
        elif kind == 3 and isinstance(holder, list):
            holder.insert(key, deepcopy(other[at]))
        elif isinstance(holder, dict):
            name = at if isinstance(at, str) else "more"
            holder[name] = holder.pop(key)
    return changed


def whole_or_refused(load, X):
    """Whether it loads; if so, everything is there that a fitted model needs."""
    try:
        model = load()
    except ValueError:
        return False
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_same(model, type(model).from_dict(model.to_dict()))
        repr(model)
        if hasattr(model, "weights_"):
            try:
                resp = model.predict_proba(X[:, : model.n_features_in_])
            except ValueError:  # as rows that other options make unfit
                pass
            else:
                assert resp.shape == (len(X), model.n_components)
    return True


FUZZED = {
    "gaussian": (fitted(GaussianMixture(2, random_state=0), REAL), REAL),
    "counts": (OPTIONS["another prior"], COUNTS),
    "product": (
        fitted(
            Mixture(
                Product([("a", Gaussian("diag"), slice(0, 1)), ("b", ZeroInflated(Poisson()), 1)]),
                2,
                random_state=0,
                n_init=1,
                fixed={"weights": [0.5, 0.5]},
            ),
            COUNTS,
        ),
        COUNTS,
    ),
    "components": (
        fitted(
            Mixture(
                Components([("a", Gaussian("tied")), ("b", Uniform())]), 2, n_init=1, random_state=0
            ),
            REAL.astype(np.float32),
        ),
        REAL,
    ),
    "scipy": (
        Mixture.from_params(
            family=FromScipy(stats.gamma, fixed={"loc": -1.0}, bounds={"a": (0.5, None)}),
            weights=[0.5, 0.5],
            a=[[1.0, 2.0], [3.0, 1.0]],
            scale=[[1.0, 2.0], [3.0, 1.0]],
        ),
        COUNTS,
    ),
    "categories": (
        fitted(CategoricalMixture(2, n_init=1, random_state=0), TABLES["uneven"]),
        np.array(TABLES["uneven"], dtype=object),
    ),
}
fuzzed = pytest.mark.parametrize(("model", "X"), FUZZED.values(), ids=FUZZED)


@fuzzed
def test_documents_changed_at_random(model, X, peak):
    base, rng = document(model), np.random.RandomState(0)
    changes = [mutated(base, rng) for _ in range(300)]
    outcomes = [whole_or_refused(partial(BaseMixture.from_dict, c), X) for c in changes]
    assert 0 < sum(outcomes) < 250  # both happen
    assert peak() < 50_000_000


@suffixes
@fuzzed
def test_files_changed_at_random(model, X, suffix, tmp_path):
    model.save(tmp_path / f"model{suffix}")
    raw, rng = (tmp_path / f"model{suffix}").read_bytes(), np.random.RandomState(1)
    refused = 0
    for _ in range(150):
        changed = bytearray(raw)
        for _ in range(rng.randint(1, 4)):
            at = rng.randint(len(changed))
            changed[at] = (
                rng.randint(256) if suffix == ".npz" else rng.choice(list(b'0159-.e"[{,}]'))
            )
            if rng.randint(2):
                del changed[at : at + rng.randint(1, 4)]
        refused += not whole_or_refused(partial(load_bytes, bytes(changed), tmp_path, suffix), X)
    assert refused > 75
