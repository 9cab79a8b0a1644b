"""Intervals from replicates, and what else is made of them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from data_at_hand import singer_transcript_counts
from scipy.stats import norm

import skmixture
from skmixture import ExponentialMixture, NegativeBinomialMixture, PoissonMixture
from skmixture.inference import BootstrapResult, bootstrap
from skmixture.inference.asked import scale_of
from skmixture.inference.replicates.intervals import acceleration_of, interval


@pytest.fixture(scope="module")
def two_rates():
    X = np.random.RandomState(0).poisson(np.repeat([2.0, 15.0], [40, 60]))[:, None]
    return PoissonMixture(2, order_by="rates", random_state=0).fit(X), X


@pytest.fixture(scope="module")
def rex1():
    return singer_transcript_counts()[:, :1]


@pytest.fixture(scope="module")
def rex1_fit(rex1):
    return NegativeBinomialMixture(2, order_by="means", random_state=0).fit(rex1)


# -- intervals ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def of_rates():
    X = np.random.RandomState(1).poisson(3, size=(40, 1))
    return X, bootstrap(PoissonMixture(1).fit(X), X, n_replicates=400, random_state=0)


def test_percentile_and_basic(of_rates):
    _, result = of_rates
    values, estimate = result.replicates["rates"][:, 0, 0], result.estimates["rates"][0, 0]
    low, high = np.quantile(values, [0.05, 0.95])
    found = result.confidence_interval(0.9)["rates"][:, 0, 0]
    np.testing.assert_allclose(found, [low, high])
    found = result.confidence_interval(0.9, "basic")["rates"][:, 0, 0]
    np.testing.assert_allclose(found, [2 * estimate - high, 2 * estimate - low])
    found = result.confidence_interval(0.9, "basic", {"rates": "log"})["rates"][:, 0, 0]
    np.testing.assert_allclose(found, [estimate**2 / high, estimate**2 / low], rtol=1e-3)
    by_pair = result.confidence_interval(0.9, "basic", {"rates": (np.log, np.exp)})
    np.testing.assert_array_equal(by_pair["rates"][:, 0, 0], found)


def test_bca_accelerates_as_the_rows_are_skew(of_rates):
    X, result = of_rates
    values, weight = result._of_data.jackknife.fits
    assert weight.sum() == len(X)
    pull = X[:, 0] - X.mean()
    expected = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5)
    found = acceleration_of(values["rates"], weight)[0, 0]
    assert found == pytest.approx(expected, rel=1e-6)


def test_bca_of_a_normal_law():
    """Without bias the ends are z / (1 - a z)."""
    normal = norm.ppf((np.arange(10_000) + 0.5) / 10_000)[:, None]
    z = norm.ppf([0.05, 0.95])
    for a in (-0.1, 0.0, 0.2):
        ends = interval(normal, np.zeros(1), 0.9, "bca", scale_of(None), np.full(1, a))
        np.testing.assert_allclose(ends[:, 0], z / (1 - a * z), atol=0.01)


def test_bca_leaves_out_groups_where_rows_are_many():
    X = np.random.RandomState(0).exponential(size=(1500, 1))
    result = bootstrap(ExponentialMixture(1).fit(X), X, n_replicates=60, random_state=0)
    assert len(result._of_data.jackknife.fits.weight) == 400
    low, high = result.confidence_interval(0.9, "bca")["scales"][:, 0, 0]
    assert low < X.mean() < high


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
def test_functions_of_the_parameters(two_rates, method):
    model, X = two_rates
    result = bootstrap(model, X, n_replicates=100, random_state=0)
    by_name = result.confidence_interval(0.9, method)["rates"]
    by_function = result.confidence_interval(0.9, method, function=lambda p: p["rates"])
    np.testing.assert_allclose(by_function, by_name, rtol=1e-12)
    low, high = result.confidence_interval(
        0.9, method, function=lambda p: p["rates"][1, 0] - p["rates"][0, 0]
    )
    assert low < np.diff(model.rates_, axis=0) < high
    assert result.covariance(lambda p: p["rates"]).shape == (2, 2)


def test_a_table(two_rates):
    pytest.importorskip("pandas")
    result = bootstrap(*two_rates, n_replicates=10, random_state=0)
    frame = result.to_frame()
    assert frame.shape == (10, 7)
    np.testing.assert_array_equal(frame["rates[1, 0]"], result.replicates["rates"][:, 1, 0])
    plain = result.to_frame(details=False)
    assert list(plain.columns) == list(frame.columns[:4])
    X = two_rates[1]
    alone = bootstrap(PoissonMixture().fit(X), X, n_replicates=5).to_frame(details=False)
    assert list(alone.columns) == ["rates[0, 0]"]  # the one weight is no parameter


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_saved_and_loaded(two_rates, tmp_path, ending):
    result = bootstrap(*two_rates, n_replicates=60, random_state=0)
    result.save(tmp_path / f"result.{ending}")
    loaded = BootstrapResult.load(tmp_path / f"result.{ending}")
    for name, value in result.replicates.items():
        np.testing.assert_array_equal(value, loaded.replicates[name], err_msg=name)
    np.testing.assert_array_equal(result.alignment_cost, loaded.alignment_cost)
    assert (loaded.failures, loaded.entropy, repr(loaded)) == ((), result.entropy, repr(result))
    with pytest.raises(ValueError, match=r"'bca' needs the data, .* as result.with_data\(model, X"):
        loaded.confidence_interval(method="bca")
    document = result.to_dict()
    document["content"]["state"]["index"] = document["content"]["state"]["entropy"]
    with pytest.raises(ValueError, match=r"must|made"):
        skmixture.inference.BootstrapResult.from_dict(document)


@pytest.mark.parametrize("kind", ["parametric", "nonparametric", "weighted"])
@pytest.mark.parametrize("way", ["loaded", "unpickled"])
def test_data_are_given_back(two_rates, kind, way):
    model, X = two_rates
    weight, strata = np.tile([1.0, 2.0], 50), np.tile(["a", "a", "b", "b"], 25)
    beside = dict(sample_weight=weight, strata=strata)
    model = PoissonMixture(2, order_by="rates", random_state=0).fit(X, **beside)
    result = bootstrap(model, X, **beside, kind=kind, n_replicates=50, random_state=0)
    away = (
        BootstrapResult.from_dict(result.to_dict())
        if way == "loaded"
        else pickle.loads(pickle.dumps(result))
    )
    back = away.with_data(skmixture.PoissonMixture.from_dict(model.to_dict()), X, **beside)
    for name, ends in result.confidence_interval(0.9, "bca").items():
        np.testing.assert_array_equal(back.confidence_interval(0.9, "bca")[name], ends)
    for name, column in result.rows(3).items():
        np.testing.assert_array_equal(back.rows(3)[name], column)
    assert back.model is not model
    with pytest.raises(ValueError, match="rows needs the data"):
        away.rows(3)  # which is left as it was


def test_other_data_are_refused(two_rates):
    model, X = two_rates
    loaded = BootstrapResult.from_dict(bootstrap(model, X, n_replicates=5).to_dict())
    with pytest.raises(ValueError, match=r"of other rows: rows \('100 x 1'\) differs in its val"):
        loaded.with_data(model, X[::-1])
    with pytest.raises(ValueError, match="weight of rows was '100' and is '200'"):
        loaded.with_data(model, X, sample_weight=np.full(100, 2.0))
    other = PoissonMixture(2, order_by="rates", random_state=0).fit(X[:90])
    with pytest.raises(ValueError, match="fitted values was '.*' and is '"):
        loaded.with_data(other, X)
    with pytest.raises(TypeError, match="mixture"):
        loaded.with_data(X, X)


def test_bad_intervals(of_rates):
    _, result = of_rates
    for options, message in [
        ({"level": 0.999}, "level=0.999 needs 2000 replicates at least"),
        ({"level": 1.0}, "level must be a number between 0 and 1, got 1.0"),
        ({"method": "exact"}, "method must be one of"),
        ({"transform": "root"}, "transform must be None, one of"),
        ({"transform": (np.log,)}, "transform must be a name or a pair"),
        (
            {"transform": {"rates": "logit"}},
            "transform='logit' has no value at .* of rates: give",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            result.confidence_interval(**options)


def test_bad_transforms_and_functions(two_rates):
    result = bootstrap(*two_rates, n_replicates=60, random_state=0)

    def weights(p):
        return p["weights"]

    for options, message in [
        ({"transform": "logit"}, r"'logit' has no value at .*, of rates.*\{'weights': 'logit'\}"),
        ({"transform": {"weight": "logit"}}, r"transform has 'weight', which is none of \['weigh"),
        ({"transform": {"weights": "logit"}, "function": weights}, "one scale beside function"),
        ({"transform": (np.log, np.log)}, "transform does not come back.*for weights"),
        ({"transform": (np.square, np.sqrt), "function": lambda p: p["rates"] - 5}, "come back"),
        ({"transform": (np.sum, np.exp)}, "transform must return as many values"),
        ({"function": "rates"}, "function must be a callable.*'rates'"),
        ({"function": lambda p: p}, "function must return a number or an array"),
        ({"function": lambda p: np.full(1 + (p["rates"][0, 0] > 2), 1.0)}, "as many numbers"),
        ({"function": lambda p: np.nan}, "function is NaN for fit 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            result.confidence_interval(method="basic", **options)


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
def test_a_decreasing_scale_has_its_ends_in_order(two_rates, method):
    result = bootstrap(*two_rates, n_replicates=60, random_state=0)
    turned = result.confidence_interval(method=method, transform=(np.reciprocal, np.reciprocal))
    for low, high in turned.values():
        assert (low <= high).all()
    if method == "percentile":
        straight = result.confidence_interval()
        np.testing.assert_allclose(turned["rates"], straight["rates"], rtol=0.02)


def test_spread_of_functions(two_rates):
    result = bootstrap(*two_rates, n_replicates=60, random_state=0)
    for name in ("weights", "rates"):
        of = dict(function=lambda p, name=name: p[name])
        np.testing.assert_allclose(result.standard_error_of(**of), result.standard_error[name])
        np.testing.assert_allclose(result.bias_of(**of), result.bias[name], atol=1e-14)
    with pytest.raises(ValueError, match=r"number 1 of those .* is 2 in all replicates"):
        result.correlation(lambda p: [p["rates"][0, 0], 2.0])
    one = bootstrap(*two_rates, n_replicates=1)
    for asked in (lambda: one.standard_error, lambda: one.covariance(lambda p: p["rates"])):
        with pytest.raises(ValueError, match="2 replicates at least"):
            asked()


def test_arrays_cannot_be_changed_by_accident(two_rates):
    result = bootstrap(*two_rates, n_replicates=3)
    for arrays in (result.estimates, result.replicates):
        with pytest.raises(ValueError, match="read-only"):
            arrays["rates"][0] = 99


# -- rows of acceptance ------------------------------------------------------------------------


def test_s3_7_parametric_replicates(rex1, rex1_fit):
    """S3.7: 2,000 replicates of Rex1, ends within 10% of a width of those from 40,000."""
    result = bootstrap(rex1_fit, rex1, n_replicates=2000, random_state=0)
    assert result.n_failed == 0
    assert result.converged.all()
    found = result.confidence_interval()
    for name, ends in {
        "sizes": [[2.03, 4.12], [8.31, 6.40]],
        "burst_sizes": [[1.57, 25.3], [8.34, 39.3]],
    }.items():
        width = np.diff(ends, axis=0)[0]
        assert (np.abs(found[name][..., 0] - ends) < 0.1 * width).all(), name
    np.testing.assert_allclose(found["weights"][:, 0], [0.1158, 0.2078], atol=0.0092)


def test_s3_10_correlation(rex1, rex1_fit):
    """S3.10: correlation of log alpha and log b of the low component -.963 (.02)."""
    result = bootstrap(rex1_fit, rex1, n_replicates=1000, random_state=0)
    logs = result.correlation(lambda p: np.log([p["sizes"][0, 0], p["burst_sizes"][0, 0]]))
    assert logs[0, 1] == pytest.approx(-0.963, abs=0.02)
    assert result.n_replicates == 1000


@pytest.mark.filterwarnings("ignore:.*grew without bound")  # sizes of genes like Poisson's
def test_s3_12_four_genes():
    """S3.12: 1,000 replicates, none failed; w [.234, .347], Rex1 alpha of the high one."""
    cells = singer_transcript_counts()
    model = NegativeBinomialMixture(2, order_by="weights", random_state=0).fit(cells)
    low, high = np.argsort(model.means_[:, 0])
    result = bootstrap(model, cells, n_replicates=1000, random_state=0)
    assert result.n_failed == 0
    found = result.confidence_interval()
    np.testing.assert_allclose(found["weights"][:, low], [0.234, 0.347], atol=0.0113)
    np.testing.assert_allclose(found["sizes"][:, high, 0], [5.71, 8.85], atol=0.314)
