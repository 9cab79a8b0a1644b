"""The examples of the gallery, run as the site runs them, end in the right numbers."""

from __future__ import annotations

import runpy
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_at_hand import folder_at_hand
from numpy.testing import assert_allclose
from posteriors import CHANCE
from scipy import stats

from skmixture.inference import standard_errors

matplotlib = pytest.importorskip("matplotlib")
pytest.importorskip("pandas")

GALLERY = Path(__file__).parents[1] / "docs" / "gallery"


def run(name: str) -> dict[str, Any]:
    """What an example has made, by name; its figures are drawn, and closed."""
    matplotlib.use("Agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # those that are part of the lesson
        patch.setattr(plt, "show", lambda: None)
        patch.setattr(sys, "path", [*sys.path])
        made = runpy.run_path(str(GALLERY / f"{name}.py"), run_name="__main__")
        for number in plt.get_fignums():
            plt.figure(number).canvas.draw()
        plt.close("all")
    return made


def total(model: Any, X: Any, **side: Any) -> float:
    return float(model.score_samples(X, **side).sum())


# -- EM from a partition -----------------------------------------------------------


@pytest.fixture(scope="module")
def partition():
    return run("partition_em")


def test_partition_a_step_and_its_bounds(partition):
    """S1.1, S1.2, S1.4, S1.5."""
    X, start = partition["X"], partition["m_step"](partition["THREE"], 3)
    assert_allclose(start.weights_, [0.4, 0.3, 0.3], atol=1e-12)
    assert_allclose(start.means_.ravel(), [-0.05, 0.4, -0.6], atol=1e-12)
    assert_allclose(start.covariances_, [5.5275, 4.46, 8.18], atol=1e-12)
    assert_allclose(partition["resp"][0], [0.4009065042, 0.1875482723, 0.4115452235], atol=1e-10)
    complete, bound = partition["bounds"](start, partition["labels"])
    assert complete == pytest.approx(bound, abs=1e-10)  # labels have no entropy
    assert partition["bounds"](start, partition["resp"])[1] == pytest.approx(-23.3149472262)
    wrong = partition["mistaken"](start)
    assert partition["bounds"](start, wrong)[1] == pytest.approx(-23.5408833610, abs=1e-9)
    assert total(partition["m_step"](partition["TWO"], 2), X) == pytest.approx(-23.1512568418)


def test_partition_half_steps(partition):
    """S1.5, S1.7: the bound climbs at each half, and meets the log-likelihood at each E-step."""
    steps = partition["steps"]
    bound, above = steps["bound"].to_numpy(), steps["log-likelihood"].to_numpy()
    assert (np.diff(bound) > 0).all()
    assert_allclose(bound[1::2], above[1::2], atol=1e-10)
    assert (bound[::2] < above[::2]).all()
    path = [-23.3149472262, -23.2746398720, -23.2656861640]
    assert_allclose(above[1:6:2], path, atol=1e-9)


def test_partition_paths(partition):
    """S1.6, S1.7."""
    X = partition["X"]
    assert partition["hasty"].n_iter_ < 20
    assert partition["hasty"].converged_
    assert not partition["plateau"].converged_
    assert total(partition["plateau"], X) == pytest.approx(-23.0092360348, abs=1e-9)
    two, three = partition["two"], partition["three"]
    assert total(two, X) == pytest.approx(-20.8012191457, abs=1e-8)
    assert_allclose(two.means_.ravel(), [-1.2852194344, 3.0216506186], atol=1e-6)
    assert_allclose(two.covariances_, [3.3070477903, 0.1208394158], atol=1e-6)
    assert two.weights_[0] == pytest.approx(0.7201635017, abs=1e-6)
    path = [-23.0342306951, -23.0172243804, -23.0126828875, -23.0111701900]
    assert_allclose(len(X) * two.lower_bounds_[1:5], path, atol=1e-9)
    assert total(three, X) == pytest.approx(-17.1447778466, abs=1e-8)
    means = [-0.0469405331, 3.0000001003, -3.1661856249]
    assert_allclose(three.means_.ravel(), means, atol=1e-6)


# -- coins and Gaussians -----------------------------------------------------------


@pytest.fixture(scope="module")
def coins():
    if not (GALLERY.parents[1] / "benchmarks" / "lecture.py").exists():
        pytest.skip("benchmarks/lecture.py is not beside the examples")
    return run("coins_and_gaussians")


def test_labelled_coins(coins):
    """S2.1."""
    assert_allclose(coins["labelled"].probs_.ravel(), [22 / 30, 0.1], rtol=1e-12)
    assert -coins["of_heads"] == pytest.approx(7.6552677541, abs=1e-9)
    assert -coins["of_both"] == pytest.approx(11.0203260892, abs=1e-9)


def test_coins(coins):
    """S2.2, S2.3, S2.4, S2.5, S2.6."""
    heads, even = coins["HEADS"], coins["even"]
    assert_allclose(coins["path"][1], [0.7130122354, 0.5813393083], atol=1e-9)
    assert_allclose(even.probs_.ravel(), [0.7967890669, 0.5195831201], atol=1e-6)
    assert total(even, heads) == pytest.approx(-9.7969242922, abs=1e-9)
    complete, bound = coins["as_monitored"](even)
    assert complete == pytest.approx(-29.8686757354, abs=1e-5)
    assert bound == pytest.approx(-28.1044643332, abs=1e-9)
    for name in ("by_heads", "by_both"):
        assert_allclose(coins[name].probs_[:, 0], [0.7933676496, 0.5139165912], atol=1e-6)
        assert coins[name].weights_[0] == pytest.approx(0.5227513169, abs=1e-6)
    assert total(coins["by_heads"], heads) == pytest.approx(-9.7954189562, abs=1e-9)
    assert coins["log_likelihood"] == pytest.approx(-346.674506, abs=1e-6)
    assert_allclose(coins["hundred"].probs_.ravel(), [0.3548, 0.7964], atol=5e-5)


def test_the_path_ends_at_the_top_of_the_map(coins):
    """The map of the five coins is the log-likelihood that the package has."""
    surface, shares = coins["surface"], coins["shares"]
    near = [np.abs(shares - share).argmin() for share in coins["path"][-1]]
    best = total(coins["even"], coins["HEADS"])
    assert best - 0.01 < surface[tuple(near)] <= surface.max() <= best


def test_gaussians(coins):
    """S2.7: in the three ways and by the package; times are only there."""
    ends = dict(coins["ends"])
    assert ends.pop("skmixture, in the limit") == pytest.approx(-3690.5525964703, abs=1e-8)
    assert list(ends) == ["loop", "vectorised", "einsum", "skmixture"]
    assert_allclose(list(ends.values()), -3690.5568460905, atol=1e-8, rtol=0)


def test_known_density(coins):
    """S2.8, S2.9."""
    assert coins["display"].mass == pytest.approx(1, abs=1e-3)
    far = coins["known"].score_samples([[60.0, 60.0]])[0]
    least = (60**2 + 55**2) / 6 + np.log(2 * np.pi * 3 / 0.5)
    assert far == pytest.approx(-least, abs=1e-6)


# -- transcript counts -------------------------------------------------------------


@pytest.fixture(scope="module")
def transcripts():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKMIXTURE_DATA", str(folder_at_hand()))
        return run("transcript_posterior")


def test_transcripts_choice(transcripts):
    """S3.3, S3.4, S3.5."""
    X, selection, model = (transcripts[name] for name in ("X", "selection", "model"))
    bic = [result.bic for result in sorted(selection.results_, key=lambda r: r.n_components)]
    assert_allclose(bic, [3288.619, 3208.860, 3215.620], atol=1e-3)
    assert total(model, X) == pytest.approx(-1590.3521376032, abs=1e-6)
    fitted = [3.53074823, 5.06076535, 4.05846245, 32.01160401, 0.1600664702]
    assert_allclose(transcripts["five"](transcripts["replicates"].estimates), fitted, rtol=1e-4)


def test_transcripts_intervals(transcripts):
    """S3.7, S3.10, S3.13."""
    expected = np.array([[2.03, 4.12, 1.57, 25.3, 0.1158], [8.31, 6.40, 8.34, 39.3, 0.2078]])
    off = np.abs(transcripts["intervals"] - expected) / np.diff(expected, axis=0)
    assert off.max() < 0.1
    assert transcripts["replicates"].n_failed == 0
    assert transcripts["corner"].correlation[0, 1] == pytest.approx(-0.963, abs=0.02)
    assert len(transcripts["corner"].values) == 2000
    errors = dict(zip(transcripts["errors"].names, transcripts["errors"].errors, strict=True))
    assert errors["log sizes[0, 0]"] == pytest.approx(0.4142, rel=0.01)
    assert errors["logit weights[0]"] == pytest.approx(0.1935, rel=0.01)


def test_transcripts_posterior(transcripts):
    """S3.14, S3.16."""
    assert_allclose(transcripts["median"], [2.86, 5.18, 5.35, 31.4, 0.168], rtol=0.05)
    w = transcripts["low"][-1], transcripts["high"][-1]
    assert_allclose(w, [0.119, 0.234], atol=0.01)
    assert transcripts["posterior"].summary()["nested_rhat"].max() < 1.05
    assert transcripts["predicted"].coverage[0] > 0.9


def test_transcripts_places(transcripts):
    """S3.15: few cells let components change places, all cells do not."""
    few = transcripts["few_cells"]
    assert 0.1 < transcripts["moved"](few) < 0.9
    raw, own = few.raw["weights"][..., 0], few.draws["weights"][..., 0]
    assert (raw > 0.6).mean() > 2 * (own > 0.6).mean()
    every = transcripts["without_order"](transcripts["X"], n_walkers=32, n_steps=400)
    assert transcripts["moved"](every) == 0
    assert (every.draws["weights"][..., 0] < 0.5).all()
    assert every.table()["nested_rhat"].max() < 1.05


# -- counts with size factors ------------------------------------------------------


@pytest.fixture(scope="module")
def sizes():
    return run("size_factors")


def test_sizes_of_one_law(sizes):
    """S4.1, S4.2, S4.3, S4.6."""
    one, two, X = sizes["one"], sizes["two"], sizes["SPREAD"]
    assert one.means_[0, 0] == pytest.approx(2978.728, rel=1e-12)
    assert one.sizes_[0, 0] == pytest.approx(3.0709245191, rel=1e-9)
    assert_allclose(one.dispersions_, 1 / one.sizes_)
    assert_allclose(one.burst_sizes_, one.means_ / one.sizes_)
    assert total(one, X) == pytest.approx(-8740.0362358978, abs=1e-8)
    assert one.bic(X) == pytest.approx(17493.888, abs=1e-3)
    assert total(two, X) >= total(one, X)
    assert two.bic(X) > one.bic(X)
    limit, even = sizes["limit"], sizes["EVEN"]
    assert limit.means_[0, 0] == pytest.approx(99.753, rel=1e-12)
    assert total(limit, even) == pytest.approx(-3690.993524, abs=1e-6)
    assert total(sizes["poisson"], even) == pytest.approx(-3690.993524, abs=1e-6)


def test_sizes_of_cells(sizes):
    """S4.4, S4.5, S4.8."""
    model, cells, depth = sizes["scaled"], sizes["cells"], sizes["depth"]
    errors = standard_errors(model, cells, exposure=depth)
    assert abs(model.weights_[0] - 0.8) < 4 * errors["weights"][0]
    assert (np.abs(model.means_[:, 0] - [10, 40]) < 4 * errors["means"][:, 0]).all()
    assert sizes["right"]["with"] > sizes["right"]["without"] + 0.05
    other = sizes["rescaled"](1000.0)
    assert_allclose(other.means_, model.means_ / 1000, rtol=1e-6)
    same = total(model, cells, exposure=depth)
    assert total(other, cells, exposure=1000 * depth) == pytest.approx(same, abs=1e-7)
    means = [cells[sizes["kind"] == k].mean() for k in (0, 1)]
    assert_allclose(sizes["known"].means_.ravel(), means, rtol=1e-12)


# -- strata, a written law, a chain on file ----------------------------------------


@pytest.fixture(scope="module")
def strata():
    pytest.importorskip("h5py")
    return run("strata_and_written_laws")


def test_strata(strata):
    """S0.4, S0.5, S0.7, S0.9."""
    X, group, model, seen = (strata[name] for name in ("X", "GROUP", "model", "seen"))
    assert len(seen) == model.n_iter_
    starts = [len(X) * iteration.lower_bound for iteration in seen]
    assert_allclose(starts[:2], [-50.1483306754, -44.8690919005], atol=1e-9)
    assert (np.diff(starts) > -1e-9).all()
    assert total(model, X, strata=group) == pytest.approx(-44.8298379859, abs=1e-9)
    assert_allclose(model.rates_.ravel(), [1.5991860188, 8.9695197807], atol=1e-6)
    low = [0.8546988134, 0.1258060539, 0.4930545307]
    assert_allclose(model.strata_weights_[:, 0], low, atol=1e-6)
    assert total(strata["together"], X) == pytest.approx(-48.7615496125, abs=1e-9)
    assert_allclose(strata["together"].rates_.ravel(), [1.5897706649, 8.9588860603], atol=1e-6)
    assert strata["alone"].rates_.item() == X.mean()


def test_written_laws(strata):
    """S0.8."""
    X, group, written = (strata[name] for name in ("X", "GROUP", "written"))
    assert total(written, X, strata=group) == pytest.approx(-44.8298379859, abs=1e-6)
    assert strata["apart"] < 1e-6
    shared, closed, numbers = (strata[name] for name in ("shared", "closed", "numbers"))
    assert total(shared, numbers) == pytest.approx(total(closed, numbers), abs=1e-6)
    assert shared.scale_[0] == shared.scale_[1]


def test_a_chain_on_file(strata):
    """S0.13."""
    assert [strata[name].n_steps for name in ("half", "chain", "unbroken")] == [500, 1000, 1000]
    assert strata["same"]
    other, taken = strata["refused"]
    assert "differs in its values" in other
    assert "never erased" in taken


def test_what_is_known_exactly(strata):
    """S0.11, S0.12, S0.20: by thinned draws, which are nearly independent."""
    for k, exact in enumerate(strata["exact_rates"]()):
        assert stats.kstest(strata["rates"][::40, :, k].ravel(), exact.cdf).pvalue > CHANCE
    prior = strata["prior"]
    assert_allclose(prior.sum(axis=-1), 1, atol=1e-12)
    for k in range(3):
        found = stats.kstest(prior[::40, :, k].ravel(), stats.beta(1, 2).cdf)
        assert found.pvalue > CHANCE
    assert (strata["held"].draws["weights"] == strata["together"].weights_).all()
