"""Transforms: there and back, and the determinant of the way back."""

from __future__ import annotations

import numpy as np
import pytest

from skmixture import transforms
from skmixture.families.written.bounded import Bounded

SPD = np.array([[2.0, 0.3, -0.1], [0.3, 1.0, 0.2], [-0.1, 0.2, 0.5]])
VALUES = {
    "real": (transforms.real, np.array([-2.0, 0.0, 3.5])),
    "positive": (transforms.positive, np.array([1e-3, 1.0, 40.0])),
    "unit": (transforms.unit, np.array([1e-4, 0.3, 0.999])),
    "interval": (transforms.interval(-2, 5), np.array([-1.9, 0.0, 4.9])),
    "below": (transforms.below(3), np.array([-40.0, 2.0, 2.999])),
    "interval of each": (transforms.interval([0, -2], [1, 5]), np.array([0.2, 4.9])),
    "bounded": (
        Bounded([-np.inf, 0.0, -np.inf, 1.0], [np.inf, np.inf, 3.0, 2.0]),
        np.array([-2.0, 1e-3, 1.0, 1.2]),
    ),
    "simplex": (transforms.simplex, np.array([[0.2, 0.3, 0.5], [0.01, 0.98, 0.01]])),
    "sphere": (transforms.sphere, np.array([[0.6, 0.0, -0.8], [2 / 3, 1 / 3, 2 / 3]])),
    "positive_definite": (transforms.positive_definite, np.stack([SPD, np.diag([4.0, 1, 9])])),
}
each = pytest.mark.parametrize(("transform", "value"), VALUES.values(), ids=VALUES)


@each
def test_there_and_back(transform, value):
    np.testing.assert_allclose(transform.constrain(transform.unconstrain(value)), value, 1e-12)
    assert np.all(transform.holds(value))


@each
def test_number_of_coordinates(transform, value):
    event = value.shape[value.ndim - transform.event_ndim :]
    z = transform.unconstrain(value)
    n_values = int(np.prod(value.shape[: value.ndim - transform.event_ndim]))
    assert z.size == n_values * transform.n_free(event)


@each
def test_log_jacobian_is_the_determinant(transform, value):
    value = value if transform.event_ndim == 0 else value[0]
    z = np.atleast_1d(transform.unconstrain(value))
    independent = {"simplex": lambda p: p[1:], "positive_definite": lambda C: C[np.tril_indices(3)]}
    name = next(k for k, v in VALUES.items() if v[0] is transform)
    free = independent.get(name, lambda v: v)
    jacobian = np.empty((free(transform.constrain(z)).size, z.size))
    for j in range(z.size):
        step = np.zeros_like(z)
        step[j] = 1e-6
        ends = free(transform.constrain(z + step)), free(transform.constrain(z - step))
        jacobian[:, j] = (ends[0] - ends[1]) / 2e-6
    # of a surface that is not flat, the volume that the columns span
    expected = 0.5 * np.linalg.slogdet(jacobian.T @ jacobian)[1]
    assert np.sum(transform.log_jacobian(z)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_constraints_reject_what_is_outside():
    assert not transforms.positive.holds([0.0, -1.0, np.nan, np.inf]).any()
    assert not transforms.unit.holds([0.0, 1.0, np.nan]).any()
    assert not transforms.simplex.holds([0.5, 0.6])
    assert not transforms.positive_definite.holds(np.diag([1.0, -1.0]))
    assert not transforms.positive_definite.holds([[1.0, 0.5], [0.2, 1.0]])
    assert not transforms.positive_definite.holds(np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="low < high"):
        transforms.interval(1, 1)


@pytest.mark.parametrize(("low", "high"), [(0, np.inf), (-3, 5), (-np.inf, 5), (-np.inf, 0)])
def test_bounds_are_reached_to_rounding(low, high):
    bounded = Bounded(low, high)
    for bound, z in ((low, -1e3), (high, 1e3)):
        if np.isfinite(bound):
            inside = bounded.constrain(z)
            assert inside != bound
            np.testing.assert_allclose(inside, bound, rtol=1e-15, atol=1e-300)
            assert bounded.holds(inside)
            assert bounded.holds(bound)
            assert np.isfinite(bounded.unconstrain(bound))
            again = bounded.constrain(bounded.unconstrain(bound))
            np.testing.assert_allclose(again, inside, rtol=1e-12)
    assert not bounded.holds(np.nextafter(low, -np.inf) if low > -np.inf else np.inf)


def test_simplex_map():
    """S0.19: additive log ratios with the reference first."""
    p = transforms.simplex.constrain([4, 3.5])
    np.testing.assert_allclose(p, [0.0112722286, 0.6154428273, 0.3732849441], atol=5e-11)


def test_simplex_is_finite_far_out():
    z = np.array([800.0, -800.0])
    assert np.isfinite(transforms.simplex.constrain(z)).all()
    assert np.isfinite(transforms.simplex.log_jacobian(z))


def test_near_the_pole_of_the_sphere():
    pole = np.array([0.0, 0.0, -1.0])
    for turn in (1e-3, 1e-6, 0.0):
        near = np.array([np.sin(turn), 0.0, -np.cos(turn)])
        z = transforms.sphere.unconstrain(near)
        assert np.isfinite(z).all()
        np.testing.assert_allclose(transforms.sphere.constrain(z), near, atol=2e-8)
    opposite = transforms.sphere.unconstrain(-pole)
    np.testing.assert_array_equal(opposite, [0.0, 0.0])


def test_gradient_on_the_sphere_is_the_chain_rule():
    z, slope = np.array([0.4, -1.3]), np.array([0.3, 2.0, -0.7])
    ends = [transforms.sphere.constrain(z + step) @ slope for step in 1e-6 * np.eye(2)]
    starts = [transforms.sphere.constrain(z - step) @ slope for step in 1e-6 * np.eye(2)]
    numeric = (np.array(ends) - np.array(starts)) / 2e-6
    np.testing.assert_allclose(transforms.sphere.gradient(z, slope), numeric, rtol=1e-8)
