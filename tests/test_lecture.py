"""S2.7: three plain Gaussian EMs of `benchmarks/` and GaussianMixture are the same algorithm."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning

from skmixture import GaussianMixture

SOURCE = Path(__file__).resolve().parents[1] / "benchmarks" / "lecture.py"
EMS = ("em_loop", "em_vectorised", "em_einsum")
N_ITER = 12


@pytest.fixture(scope="module")
def lecture():
    if not SOURCE.exists():
        pytest.skip("benchmarks/lecture.py is not beside the tests")
    spec = spec_from_file_location("lecture", SOURCE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fits(lecture):
    """What each of the three makes of the lecture's data."""
    return {name: getattr(lecture, name)(*lecture.lecture_data(), N_ITER) for name in EMS}


def mixture(lecture, max_iter):
    """GaussianMixture after `max_iter` iterations from the lecture's start."""
    X, weights, means, covariances = lecture.lecture_data()
    model = GaussianMixture(
        2,
        tol=0,
        reg_covar=0,
        max_iter=max_iter,
        weights_init=weights,
        means_init=means,
        precisions_init=np.linalg.inv(covariances),
    )
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        return model.fit(X)


def test_data(lecture):
    """S2.7: the lecture's data, by their column sums."""
    X, weights, means, covariances = lecture.lecture_data()
    assert X.shape == (1000, 2)
    assert_allclose(X.sum(axis=0), [-808.9055335816, 2370.0081521753], atol=1e-9, rtol=0)
    assert_allclose(weights.sum(), 1)
    assert means.shape == (2, 2)
    assert_allclose(covariances, [np.eye(2)] * 2)


@pytest.mark.parametrize("name", EMS)
def test_log_likelihood(fits, name):
    """S2.7: the log-likelihood after 12 iterations, and never a descent on the way."""
    log_likelihoods = fits[name].log_likelihoods
    assert len(log_likelihoods) == N_ITER + 1
    assert_allclose(log_likelihoods[-1], -3690.5568460905, atol=1e-8, rtol=0)
    assert (np.diff(log_likelihoods) > 0).all()


@pytest.mark.parametrize("name", EMS[1:])
def test_limit(lecture, name):
    """S2.7: the limit; the loop would take long to get there."""
    fit = getattr(lecture, name)(*lecture.lecture_data(), 100)
    assert_allclose(fit.log_likelihoods[-1], -3690.5525964703, atol=1e-8, rtol=0)


@pytest.mark.parametrize("name", EMS[1:])
def test_baselines_agree(fits, name):
    """S2.7: loops, arrays and einsum take the same steps."""
    for ours, theirs in zip(fits[name], fits["em_loop"], strict=True):
        assert_allclose(ours, theirs, atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", EMS)
def test_mixture_agrees(lecture, fits, name):
    """S2.7: GaussianMixture takes the same steps as each of the three."""
    fit, model = fits[name], mixture(lecture, N_ITER)
    assert_allclose(model.weights_, fit.weights, atol=1e-9, rtol=0)
    assert_allclose(model.means_, fit.means, atol=1e-9, rtol=0)
    assert_allclose(model.covariances_, fit.covariances, atol=1e-9, rtol=0)
    # bounds are those entering each iteration, as means over rows
    assert_allclose(model.lower_bounds_, fit.log_likelihoods[:-1] / 1000, atol=1e-9, rtol=0)


@pytest.mark.parametrize(
    ("max_iter", "expected"), [(N_ITER, -3690.5568460905), (100, -3690.5525964703)]
)
def test_mixture_log_likelihood(lecture, max_iter, expected):
    """S2.7: GaussianMixture after 12 iterations, and at the limit."""
    X, *_ = lecture.lecture_data()
    total = mixture(lecture, max_iter).score_samples(X).sum()
    assert_allclose(total, expected, atol=1e-8, rtol=0)
