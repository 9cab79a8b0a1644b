"""The guarded solvers of M-steps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from skmixture.numerics.solvers import Expansion, climb, climb_logs, decreasing_root


def test_roots_at_all_scales():
    shapes = np.logspace(-8, 8, 60)
    target = np.log(shapes) - special.psi(shapes)

    def excess(z):
        a = np.exp(z)
        return z - special.psi(a) - target, 1 - a * special.polygamma(1, a)

    with np.errstate(all="ignore"):
        found = decreasing_root(excess, np.zeros(60), -30, 30)
    near = shapes < 1e3  # beyond, the difference of the two has lost its digits
    np.testing.assert_allclose(np.exp(found[near]), shapes[near], rtol=1e-7)


def test_a_step_too_short_to_count_ends_the_search():
    """From a root that is right to the last digit but one, where the value is not yet 0."""
    start = np.array([33.0])
    for off in (1e-15, -1e-15):
        found = decreasing_root(lambda z, off=off: (33.0 + off - z + off, -1 + 0 * z), start, 0, 99)
        np.testing.assert_allclose(found, 33.0, rtol=1e-14)


def test_a_function_of_one_sign_points_to_a_bound():
    for sign, bound in ((1.0, 5.0), (-1.0, -5.0)):
        found = decreasing_root(lambda z, s=sign: (s + 0 * z, -1e-3 + 0 * z), np.zeros(3), -5, 5)
        np.testing.assert_allclose(found, bound, rtol=1e-7)


def test_a_step_that_is_lost_in_rounding_is_the_last():
    """It leads nowhere, but the root has been met: there is nothing to halve."""
    roots = np.linspace(1, 3, 50)
    found = decreasing_root(lambda z: (roots - z + 1e-18, -np.ones(50)), roots + 1e-3, 0, 1e28)
    np.testing.assert_allclose(found, roots, rtol=1e-12)


def test_functions_without_a_derivative_are_halved():
    found = decreasing_root(lambda z: (0.3 - z, np.full(z.shape, np.nan)), np.zeros(2), -1, 1)
    np.testing.assert_allclose(found, 0.3, rtol=1e-7)


def rosenbrock(z):
    x, y = z[..., 0], z[..., 1]
    value = -((1 - x) ** 2) - 100 * (y - x**2) ** 2
    gradient = np.stack([2 * (1 - x) + 400 * x * (y - x**2), -200 * (y - x**2)], axis=-1)
    hessian = np.empty((*x.shape, 2, 2))
    hessian[..., 0, 0] = -2 + 400 * y - 1200 * x**2
    hessian[..., 0, 1] = hessian[..., 1, 0] = 400 * x
    hessian[..., 1, 1] = -200
    return Expansion(value, gradient, hessian)


def test_a_climb_arrives_from_anywhere():
    start = np.random.RandomState(0).uniform(-3, 3, size=(4, 25, 2))
    np.testing.assert_allclose(climb(rosenbrock, start), 1.0, rtol=1e-6)


@pytest.mark.parametrize("edge", [np.inf, 4.0])
@pytest.mark.parametrize("seed", range(10))
def test_a_climb_never_descends(seed, edge):
    rng = np.random.RandomState(seed)
    a, b = rng.standard_normal((2, 7, 3))

    def waves(z):  # with many maxima, and perhaps undefined beyond a distance
        inside = (np.abs(z) < edge).all(axis=-1)
        value = np.where(inside, (a * np.sin(3 * z) + b * np.cos(z)).sum(axis=-1), np.nan)
        gradient = 3 * a * np.cos(3 * z) - b * np.sin(z)
        hessian = (-9 * a * np.sin(3 * z) - b * np.cos(z))[..., None] * np.eye(3)
        return Expansion(value, gradient, hessian)

    start = rng.uniform(-3.9, 3.9, size=(7, 3))
    end = climb(waves, start)
    assert (waves(end).value >= waves(start).value).all()
    if edge == np.inf:
        np.testing.assert_allclose(waves(end).gradient, 0, atol=1e-5)


def test_climbing_together_finds_the_maximum_under_ties_and_bounds():
    """Of ``power log a - rate a`` the maximum is known: at the quotient of sums where tied."""
    rng = np.random.RandomState(0)
    power, rate = rng.gamma(3, size=(2, 4, 3, 2)), rng.gamma(2, size=(2, 4, 3, 2))

    def function(a):
        value = (power * np.log(a) - rate * a).sum(axis=-1)
        return Expansion(value, power - rate * a, -(rate * a)[..., None] * np.eye(2))

    held = np.full((4, 3, 2), np.nan)
    held[1, :, 1] = 0.3
    start = np.ones(power.shape)
    found = climb_logs(function, start, held, [True, False], 1e-3, 2.5)
    shared = power[..., 0].sum(axis=1) / rate[..., 0].sum(axis=1)
    np.testing.assert_allclose(found[..., 0], np.minimum(shared, 2.5)[:, None].repeat(4, 1))
    own = np.minimum(power / rate, 2.5)[..., 1]
    own[:, 1] = 0.3
    np.testing.assert_allclose(found[..., 1], own, rtol=1e-7)
