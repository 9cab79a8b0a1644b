"""Functions of counts against fifty and more digits.

The tolerances are what the arithmetic needs: a few roundings of numbers that
no longer cancel. The cases reach into the limits where the textbook formulas
have no digits left.
"""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from numpy.random import RandomState

from skmixture.numerics import special

LARGEST = 2.0**53
COUNTS = [0.0, 1.0, 2.0, 3.0, 9.0, 10.0, 40.0, 1e3, 1e6, 1e9, 1e15, LARGEST]
SIZES = [1e-8, 1e-3, 0.5, 1.0, 6.5, 9.0, 9.99, 10.0, 17.0, 1e3, 1e8, 1e15, 1e16, 1e20, 1e25]


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(100):  # a size of 1e25 takes 50 of them in the sum of j / (1 + j / r)
        yield


def mixed_counts(rng, n):
    small = rng.randint(0, 30, n).astype(float)
    return np.where(rng.rand(n) < 0.4, small, np.floor(10 ** rng.uniform(0, np.log10(LARGEST), n)))


def mixed_sizes(rng, n):
    return np.where(rng.rand(n) < 0.4, rng.uniform(0.01, 40, n), 10 ** rng.uniform(-8, 25, n))


def count_and_size():
    grid = np.array([(x, r) for x in COUNTS for r in SIZES])
    rng = RandomState(0)
    drawn = np.column_stack([mixed_counts(rng, 500), mixed_sizes(rng, 500)])
    close = np.column_stack([rng.randint(1, 4, 200), rng.uniform(4, 12, 200)])
    return np.concatenate([grid, drawn, close]).T


def count_mean_and_size():
    rng = RandomState(1)
    x, r = count_and_size()
    n = len(x)
    anywhere = 10 ** rng.uniform(-300, 15, n)
    usual = 10 ** rng.uniform(-3, 15, n)
    close = np.maximum(x, 0.5) * np.exp(rng.normal(size=n) * 10 ** rng.uniform(-15, 0, n))
    likely = np.maximum(x + 2 * rng.normal(size=n) * np.sqrt(x + x * x / r), 1e-3)
    ends = np.where(rng.rand(n) < 0.5, 1e-300, 1e15)
    means = [anywhere, usual, np.minimum(close, 1e16), likely, ends]
    return np.tile(x, len(means)), np.concatenate(means), np.tile(r, len(means))


def error(value, function, *args, scale=abs):
    """Largest error of the values, in units of `scale` of the exact ones."""
    worst = 0.0
    for got, *arg in zip(value, *args, strict=True):
        exact = function(*(mp.mpf(float(a)) for a in arg))
        distance = abs(mp.mpf(float(got)) - exact)
        if distance:
            worst = max(worst, float(distance / scale(exact)))
    return worst


def exact_log1pmx(t):
    return mp.log1p(t) - t if abs(t) > 1e-20 else -t * t / 2 + t**3 / 3


def exact_deviance(x, rate):
    return x * mp.log(x / rate) - x + rate if x else rate


def exact_saddle(x):
    if x < 1e-30:
        return -mp.euler * x - x * mp.log(x) + x
    return mp.loggamma(x + 1) - x * mp.log(x) + x


def exact_log_nb(x, m, r):
    combinations = mp.loggamma(x + r) - mp.loggamma(r) - mp.loggamma(x + 1)
    return combinations - r * mp.log1p(m / r) + x * (mp.log(m) - mp.log(r + m))


def exact_digamma_rise(x, r):
    return mp.psi(0, x + r) - mp.psi(0, r)


def exact_curvature_rise(x, r):
    return r * (x - r * exact_digamma_rise(x, r)) if x > 1 else mp.mpf(0)


def exact_nb_cdf(k, m, r):
    """A sum for small counts, otherwise the integral of the derivative by log(mean)."""
    if k <= 300:
        term = mp.exp(-r * mp.log1p(m / r))
        total = term
        for j in range(int(k)):
            term *= m / (r + m) * (r + j) / (j + 1)
            total += term
        return total
    end, log_beta = mp.log(r / m), mp.loggamma(r) + mp.loggamma(k + 1) - mp.loggamma(r + k + 1)
    deviation = mp.sqrt(1 / r + 1 / (k + 1))
    if r < 1:  # the integrand has fallen by exp(-150) where the sum of (k + 1) odds is so large
        start, step = mp.log(150 / (k + 1)), mp.mpf(2)
    else:
        start, step = mp.log(r / (k + 1)) + 30 * deviation, 5 * deviation
    if start <= end:
        return mp.mpf(1)
    panels = mp.linspace(end, start, int((start - end) / step) + 2)
    return 1 - mp.quad(
        lambda t: mp.exp(r * t - (r + k + 1) * mp.log1p(mp.exp(t)) - log_beta), panels
    )


def test_log1pmx():
    rng = RandomState(0)
    small = 10 ** rng.uniform(-150, -0.001, 300)
    near_the_change = rng.uniform(-0.3, 0.3, 500)
    t = np.concatenate([small, -small, near_the_change, 10 ** rng.uniform(0, 300, 100)])
    t = np.append(t, -1 + 10 ** rng.uniform(-15, -1, 100))
    assert error(special.log1pmx(t), exact_log1pmx, t) < 1.5e-15
    assert special.log1pmx(0.0) == 0
    assert special.log1pmx(-1.0) == -np.inf
    assert np.isnan(special.log1pmx([-1.5, np.nan])).all()


def test_deviance():
    rng = RandomState(0)
    x = np.tile([x for x in COUNTS if x], 60)
    close = x * np.exp(rng.normal(size=len(x)) * 10 ** rng.uniform(-15, 1, len(x)))
    far = 10 ** rng.uniform(-307, 16, len(x))
    x, rate = np.tile(x, 2), np.concatenate([close, far])
    assert error(special.deviance(x, rate), exact_deviance, x, rate) < 4e-15
    assert np.all(special.deviance(x, x) == 0)


def test_deviance_at_the_ends():
    rate = np.array([0.0, 1e-310, 3.0, 1e300])
    np.testing.assert_array_equal(special.deviance(0.0, rate), rate)
    assert special.deviance(2.0, 0.0) == np.inf
    x, rate = np.array([1.0, LARGEST]), np.full(2, 5e-324)
    assert error(special.deviance(x, rate), exact_deviance, x, rate) < 1e-15


def test_saddle():
    rng = RandomState(0)
    x = np.concatenate([10 ** rng.uniform(-300, 16, 400), rng.uniform(0, 12, 400), COUNTS[1:]])
    x = np.append(x, [1e-300, special.SMALL, 0.5, special.STIRLING_FROM])
    assert error(special.saddle(x), exact_saddle, x) < 4e-15
    assert special.saddle(0) == 0


def test_log_nb():
    x, m, r = count_mean_and_size()
    value = special.log_nb(x, m, r)
    assert error(value, exact_log_nb, x, m, r, scale=lambda exact: 1 + abs(exact)) < 4e-15
    less_base = special.log_nb_less_base(x, m, r)
    np.testing.assert_array_equal(value, less_base - special.saddle(x))


@pytest.mark.parametrize("x", [0.0, 1.0, 7.0, 1e6, LARGEST])
def test_log_nb_tends_to_poisson(x):
    """The difference is ``((x - m)^2 - x) / (2 r)`` and no noise stands in its way."""
    m = np.maximum(x, 1.0) * np.array([0.5, 0.9999, 1.0, 1.0001, 3.0])
    poisson = -special.saddle(x) - special.deviance(x, m)
    for r in (1e20, 1e25, 1e40, 1e300):
        np.testing.assert_allclose(
            special.log_nb(x, m, r), poisson, rtol=4e-15, atol=(x * x + m.max() ** 2) / r + 4e-15
        )


def test_log_nb_of_a_vanishing_mean():
    np.testing.assert_array_equal(special.log_nb([0, 1, 9], 0.0, 2.0), [0, -np.inf, -np.inf])
    m = np.full(3, 5e-324)
    value = special.log_nb(COUNTS[1:4], m, 1.0)
    assert error(value, exact_log_nb, COUNTS[1:4], m, np.ones(3)) < 1e-15


def test_log_nb_of_a_huge_mean():
    """Beyond what counts can average to, but optimisers go there."""
    x = COUNTS[:8]
    m, r = np.full(len(x), 1e300), np.full(len(x), 0.5)
    assert error(special.log_nb(x, m, r), exact_log_nb, x, m, r) < 4e-15


def test_log_nb_sums_to_one():
    x = np.arange(3000)
    for m, r in ((3.0, 0.5), (20.0, 8.0), (150.0, 1e4), (150.0, 1e25)):
        np.testing.assert_allclose(np.exp(special.log_nb(x, m, r)).sum(), 1, rtol=2e-14)


def test_digamma_rise():
    x, r = count_and_size()
    assert error(special.digamma_rise(x, r), exact_digamma_rise, x, r) < 4e-15
    x = x[x < 50]
    r = r[: len(x)]
    total = [np.sum(1 / (b + np.arange(a))) for a, b in zip(x, r, strict=True)]
    np.testing.assert_allclose(special.digamma_rise(x, r), total, rtol=1e-14)


def test_curvature_rise():
    x, r = count_and_size()
    rise = special.curvature_rise(x, r)
    assert error(rise, exact_curvature_rise, x, r) < 4e-14
    assert np.all(rise[x < 2] == 0)
    x = np.array(COUNTS)
    np.testing.assert_allclose(special.curvature_rise(x, 1e40), x * (x - 1) / 2, rtol=2e-15)


@pytest.mark.parametrize("name", ["digamma_rise", "curvature_rise"])
def test_rises_start_at_zero(name):
    r = np.concatenate([SIZES, 10 ** RandomState(0).uniform(-8, 25, 999)])
    assert np.all(getattr(special, name)(0.0, r) == 0)
    assert np.all(getattr(special, name)(np.zeros(len(r)), r) == 0)


def allowance(m, r):
    """What the rounding of the arguments and the two limits leave, as the documentation has it."""
    ratio = m / r
    limit = min(ratio, 1 / ratio) < special.NEAR_LIMIT
    return 1e-15 * (1 + np.sqrt(m / (1 + ratio))) + limit * 2e-13


@pytest.mark.parametrize("z", [-2.0, -0.1, 0.7, 3.0])
@pytest.mark.parametrize("r", [1e-6, 0.7, 20.0, 300.0, 1e6, 1e10, 1e17, 1e25])
@pytest.mark.parametrize("m", [0.3, 40.0, 1e4, 1e15])
def test_nb_cdf(m, r, z):
    k = np.floor(m + z * np.sqrt(m) * np.sqrt(1 + m / r)) if r > 1 else np.floor(m * np.exp(z))
    k = np.clip(k, 0, LARGEST)
    by_scipy = 2e-10 * (k < special.BELL_FROM or r < special.BELL_FROM)
    with mp.workdps(60):
        distance = error([special.nb_cdf(k, m, r)], exact_nb_cdf, [k], [m], [r], scale=mp.sign)
    assert distance < allowance(m, r) + by_scipy


def test_nb_cdf_changes_its_form_without_a_step():
    """Neighbours on the two sides of each change of form differ as little as their arguments."""
    edge = special.NEAR_LIMIT
    for k, m, r in ((50.0, 45.0, 45 / edge), (2e4, 1e4, 1e4 * edge), (1e6, 1e6, 1e6 / edge)):
        sides = special.nb_cdf(k, m, r * np.array([1 - 1e-13, 1 + 1e-13]))
        assert abs(sides[1] - sides[0]) < 2e-10 if k < special.BELL_FROM else 5e-13
    r = special.BELL_FROM * np.array([1 - 1e-13, 1 + 1e-13])
    assert abs(np.diff(special.nb_cdf(100.0, 90.0, r))[0]) < 2e-12


def test_nb_cdf_at_the_ends():
    np.testing.assert_array_equal(
        special.nb_cdf([-np.inf, -1.0, -0.1, np.inf], 2.0, 3.0), [0] * 3 + [1]
    )
    for r in (1e-8, 1.0, 1e8, 1e25):
        np.testing.assert_allclose(special.nb_cdf(0.0, 2.0, r), np.exp(-r * np.log1p(2 / r)), 2e-10)
        assert special.nb_cdf(2.7, 2.0, r) == special.nb_cdf(2.0, 2.0, r)
        assert special.nb_cdf(0.0, 0.0, r) == 1
        values = special.nb_cdf(np.arange(400.0), 100.0, r)
        assert np.all((values >= 0) & (values <= 1))
        assert np.all(np.diff(values) > -1e-9)
    assert np.isnan(special.nb_cdf(np.nan, 2.0, 3.0))


FUNCTIONS = {
    "inverse_digamma": 1,
    "log1pmx": 1,
    "log_less_digamma": 1,
    "saddle": 1,
    "trigamma_excess": 1,
    "deviance": 2,
    "digamma_rise": 2,
    "gamma_rise": 2,
    "curvature_rise": 2,
    "log_nb": 3,
    "log_nb_less_base": 3,
    "nb_cdf": 3,
}


@pytest.mark.parametrize(("name", "n_args"), FUNCTIONS.items())
def test_shapes(name, n_args):
    function = getattr(special, name)
    x = np.array([0, 1, 2, 4, 30, 1000])  # integers are welcome
    if ("digamma" in name and n_args == 1) or name == "trigamma_excess":
        x = x + 1  # at 0 they are infinite
    m, r = np.array([1.3, 6.0, 31.0, 800.0])[:, None], np.array([0.4, 3.0, 12.0, 1e9])[:, None]
    args = (x, r) if n_args == 2 else (x, m, r)[:n_args]
    table = function(*args)
    full = np.broadcast_arrays(*args)
    assert table.shape == full[0].shape
    assert table.dtype == np.float64
    for place in np.ndindex(table.shape):
        single = function(*(a[place].item() for a in full))
        assert np.ndim(single) == 0
        assert isinstance(single, float)
        np.testing.assert_allclose(single, table[place], rtol=1e-14, atol=1e-15)
    transposed = function(*(np.asfortranarray(a) for a in full))
    np.testing.assert_allclose(transposed, table, rtol=1e-14, atol=1e-15)
    assert function(*(a[:0] for a in full)).shape == (0, *table.shape[1:])


def test_every_function_is_tested_for_its_shapes():
    assert sorted(FUNCTIONS) == sorted(special.__all__)


@pytest.mark.parametrize("pull", [0.0, 0.5])
def test_inverse_digamma_is_the_same_from_any_guess(pull):
    value = np.r_[-1e8, -300.0, np.linspace(-9, 9, 37), 200.0, 600.0]
    expected = special.inverse_digamma(value, pull)
    for guess in (1e-300, 1e-9, 0.3, 1.46, 50.0, 1e12, 1e200, expected, 1.01 * expected):
        found = special.inverse_digamma(value, pull, guess)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_inverse_digamma_solves_its_equation_with_a_pull():
    value = np.r_[-(10.0 ** np.arange(-2, 12)), np.arange(0, 600, 50)]
    value, pull = np.meshgrid(value, np.r_[0.0, 10.0 ** np.arange(-15, 15)])
    a = special.inverse_digamma(value, pull)
    log_a, fall = np.log(a), special.log_less_digamma(a)
    error = np.abs(log_a - fall - pull / a - value)
    assert (error < 1e-14 * (np.abs(log_a) + fall + pull / a + np.abs(value))).all()
