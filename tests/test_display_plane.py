"""Displays of two columns: ellipses lie within the axes, contours hold what they say."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

from skmixture import ComponentsMixture, Mixture, StudentTMixture, VonMisesFisherMixture
from skmixture.display import ContourDisplay, PairsDisplay
from skmixture.display.ellipses import ellipses_of
from skmixture.families import Gaussian, PointMass, StudentT, Uniform

MASSES = np.array([0.5, 0.95])
SQUARE = {"noise__lows": [[-9, -9]], "noise__highs": [[9, 9]]}


def with_noise(weight: float) -> ComponentsMixture:
    """One cluster amid even noise."""
    parts = [("cluster", Gaussian(), 1), ("noise", Uniform())]
    return ComponentsMixture.from_params(
        parts=parts,
        weights=[1 - weight, weight],
        cluster__means=[[2.0, 1.0]],
        cluster__covariances=[[[1.0, 0.5], [0.5, 2.0]]],
        **SQUARE,
    )


def heavy(dofs: float) -> StudentTMixture:
    return StudentTMixture.from_params(
        weights=[0.7, 0.3], means=[[0, 0], [7, 7]], scales=[np.eye(2)] * 2, dofs=[30.0, dofs]
    )


def drawn(figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=40)
    return buffer.getvalue()


def test_clusters_amid_noise_have_their_ellipses():
    model = with_noise(0.3)
    one, none = ellipses_of(model, [0, 1], MASSES)
    assert none is None
    rows, labels = model.sample(20_000, random_state=0)
    mine = rows[labels == 0] - one.centre
    distance = np.sqrt(np.einsum("ni,ij,nj->n", mine, np.linalg.inv(one.shape), mine))
    np.testing.assert_allclose((distance[:, None] <= one.radii).mean(axis=0), MASSES, atol=0.02)
    made = ContourDisplay.from_estimator(model, rows[:500])
    assert len(made.ellipses_) == 2
    assert len(PairsDisplay.from_estimator(model, rows[:500]).ax_[1, 0].patches) == 1


def test_each_part_has_its_own_kind_of_ellipse():
    parts = [("core", Gaussian("diag"), 1), ("wide", StudentT(), 1), ("none", PointMass([3, 3]), 1)]
    model = ComponentsMixture.from_params(
        parts=parts, weights=[0.5, 0.3, 0.2], core__means=[[0, 0]], core__covariances=[[1, 4]],
        wide__means=[[1, 1]], wide__scales=[np.eye(2)], wide__dofs=[3.0],
        none__points=[[3, 3]],
    )  # fmt: skip
    core, wide, none = ellipses_of(model, [0, 1], MASSES)
    assert none is None
    rows, labels = model.sample(30_000, random_state=0)
    for k, one in enumerate((core, wide)):
        mine = rows[labels == k] - one.centre
        distance = np.sqrt(np.einsum("ni,ij,nj->n", mine, np.linalg.inv(one.shape), mine))
        np.testing.assert_allclose((distance[:, None] <= one.radii).mean(axis=0), MASSES, atol=0.02)


@pytest.mark.parametrize("dofs", [0.3, 0.7, 1.0, 2.0, 30.0])
def test_every_ellipse_that_is_drawn_lies_within_the_axes(dofs):
    model = heavy(dofs)
    rows = np.clip(model.sample(300, random_state=0)[0], -20, 20)
    made = ContourDisplay.from_estimator(model, rows)
    for patch in made.ellipses_:
        (x0, y0), (x1, y1) = patch.get_extents().get_points()  # in pixels
        low, high = made.ax_.get_window_extent().get_points()
        assert low[0] - 1 <= x0 <= x1 <= high[0] + 1
        assert low[1] - 1 <= y0 <= y1 <= high[1] + 1
    told = made.ax_.get_legend_handles_labels()[1]
    beyond = 4 - len(made.ellipses_)
    assert any(f"({beyond} beyond the axes)" in label for label in told) == (beyond > 0)
    assert beyond == {0.3: 1, 30.0: 0}.get(dofs, beyond)


@pytest.mark.parametrize("dofs", [0.3, 30.0])
def test_pairs_say_which_ellipse_they_leave_out(dofs):
    model = heavy(dofs)
    rows = np.clip(model.sample(300, random_state=0)[0], -20, 20)
    made = PairsDisplay.from_estimator(model, rows)
    title = made.ax_[0, 0].get_legend().get_title().get_text()
    left_out = dofs < 1
    assert ("beyond the axes: ellipse of component 1" in title) == left_out
    assert len(made.ax_[1, 0].patches) == 2 - left_out
    assert drawn(made.figure_)


def test_a_legend_does_not_lie_on_an_ellipse():
    model = heavy(1.0)
    rows = model.sample(4, random_state=1)[0]
    made = ContourDisplay.from_estimator(model, rows)
    assert drawn(made.figure_)
    box = made.ax_.get_legend().get_window_extent()
    for patch in made.ellipses_:
        at = patch.get_transform().transform(patch.get_path().vertices)
        assert not ((at > box.min) & (at < box.max)).all(axis=1).any()


@pytest.mark.parametrize("weight", [0.1, 0.3, 1 - 1e-9])
def test_contours_hold_what_they_say_where_the_density_is_even(weight):
    model = with_noise(weight)
    made = ContourDisplay.from_estimator(model)
    density = np.exp(model.score_samples(model.sample(40_000, random_state=1)[0]))
    held = (density[:, None] >= made.levels).mean(axis=0)
    np.testing.assert_allclose(held, made.masses, atol=0.015)
    assert made.masses[0] == pytest.approx(1, abs=0.005)  # all, where 95% is no region
    assert (np.diff(made.levels) > 0).all()
    assert (np.diff(made.masses) < 0).all()
    assert drawn(made.figure_)


def test_even_density_alone_is_one_region():
    model = Mixture.from_params(family=Uniform(), weights=[1.0], lows=[[-9, -9]], highs=[[9, 9]])
    made = ContourDisplay.from_estimator(model)
    assert made.masses.tolist() == [1.0]
    assert drawn(made.figure_)


def test_pairs_say_why_columns_have_no_curves(rng):
    X = rng.normal(size=(60, 3))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    made = PairsDisplay.from_estimator(VonMisesFisherMixture(1).fit(X), X)
    title = made.ax_[0, 0].get_legend().get_title().get_text()
    assert title == "the law of a single column is not known:\nhistograms without the model"


@pytest.mark.parametrize("decades", [0.5, 1.7, 3.2, 6.0])
def test_logarithmic_axes_have_ticks_of_round_numbers(decades, rng):
    X = 10 ** rng.uniform(0, decades, size=(200, 2))
    model = Mixture(Gaussian(), 1).fit(X)
    made = PairsDisplay.from_estimator(model, X, scale="log")
    assert drawn(made.figure_)
    ax = made.ax_[1, 0]
    low, high = ax.get_xlim()
    words = [t.get_text() for t in ax.get_xticklabels() if low <= t.get_position()[0] <= high]
    words = [word for word in words if word]
    assert 2 <= len(words) <= 9
    if decades < 3.5:
        assert all(float(word) for word in words)
