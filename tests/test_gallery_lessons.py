"""Examples of the gallery, each run as it stands: what its page says is so."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

GALLERY = Path(__file__).parents[1] / "docs" / "gallery"


@pytest.fixture
def lesson(monkeypatch):
    """Runs an example; its names, of which figures are closed after the test."""
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    monkeypatch.setattr(plt, "show", lambda: None)
    yield lambda name: runpy.run_path(str(GALLERY / f"{name}.py"))
    plt.close("all")


def test_a_wrong_law_is_paid_for_in_components(lesson):
    names = lesson("mixed_table")
    results, population = names["results"], names["population"]
    by_law = {law: rows.set_index("n_components").bic for law, rows in results.groupby("ticks")}
    assert by_law["NegativeBinomial()"].idxmin() == 3
    assert by_law["Poisson()"].idxmin() == 5
    assert by_law["Poisson()"].min() > by_law["NegativeBinomial()"].min() + 100
    index = names["adjusted_rand_score"]
    whole = index(population, names["best"].predict(names["birds"]))
    alone = index(population, names["by_size"].predict(names["size"]))
    assert names["by_size"].best_params_ == {"n_components": 2}
    assert whole > 0.75 > 0.5 > alone


def test_rows_with_gaps_tell_of_a_class(lesson):
    names = lesson("latent_classes")
    assert len(names["complete"]) < len(names["answers"]) / 5
    assert names["of_all"].best_params_ == {"n_components": 3}
    assert names["of_complete"].best_params_ == {"n_components": 2}
    classes = names["classes"]
    assert_allclose(classes.weights_, names["SHARES"], atol=0.05)
    assert_allclose(classes.probs_, names["PROBS"], atol=0.1)
    imputed = classes.impute(names["one_answer"])
    assert imputed.isin(names["ANSWERS"]).to_numpy().all()
    assert (imputed.loc[0, "cycle"], imputed.loc[1, "bus"]) == ("often", "often")


def test_a_seam_costs_components(lesson):
    names = lesson("directions")
    assert names["passing"].best_params_ == {"n_components": 2}
    assert_allclose(names["of_circle"](names["directions"]), [8.0, 23.8], atol=0.3)
    assert names["on_line"].best_params_["n_components"] > 3
    assert names["spherical"].best_params_ == {"n_components": 3}
    assert names["flat"].best_params_ == {"n_components": 4}
    index, found = names["adjusted_rand_score"], names["found"]
    round_, square = (
        index(names["shower"], found[law]) for law in ("von Mises-Fisher", "Gaussian")
    )
    assert round_ > 0.95
    assert round_ > square + 0.01


def test_each_cure_is_best_where_it_is_true(lesson):
    names = lesson("outliers")
    tables, fits = names["tables"], names["fits"]
    bic = {
        title: {name: model.bic(tables[title]) for name, model in models.items()}
        for title, models in fits.items()
    }
    best = {title: min(own, key=own.get) for title, own in bic.items()}
    assert best == {"background": "two Gaussians and a box", "heavy tails": "two Student's t"}
    for title, models in fits.items():
        gaussian, *cures = models.values()
        assert names["error_of_means"](gaussian) > 2, title
        assert all(names["error_of_means"](cure) < 0.4 for cure in cures), title
        assert sorted(bic[title].values())[1] > min(bic[title].values()) + 50
    far, source = names["far"], names["SOURCE"]
    assert (far & (source == 2)).sum() > 0.9 * far.sum()
    assert abs(names["dofs"][0] - 2) < 0.5


def test_a_mixture_for_each_class(lesson):
    names = lesson("bayes_classifier")
    tried = names["tried"]
    errors, loss = ({name: pair[i] for name, pair in tried.items()} for i in (0, 1))
    logistic = errors["logistic regression"]
    full = [errors[f"full, {K} a class"] for K in names["N_COMPONENTS"]]
    diag = [errors[f"diag, {K} a class"] for K in names["N_COMPONENTS"]]
    assert max(full) < logistic / 3
    assert diag[0] > logistic > 1.5 * diag[-1]
    assert min(loss.values()) > 0.9 * loss["logistic regression"]
    probs = names["classifier"].predict_proba(names["pca"].transform(names["X"]))
    assert_allclose(probs.sum(axis=1), 1)
    assert len(names["classifier"].mixtures_) == 10


def test_a_held_out_threshold_keeps_the_rate(lesson):
    names = lesson("anomalies")
    seen, held_out = np.moveaxis(names["mean"], 1, 0)  # (components, new or malignant)
    error = names["found"][:, :, 1, 0].std(axis=1) / np.sqrt(names["found"].shape[1])
    assert (np.abs(held_out[:, 0] - names["RATE"]) < 3 * error).all()
    assert (np.diff(seen, axis=0) > 0).all()
    assert seen[-1, 0] > 4 * names["RATE"]
    assert np.ptp(held_out[:, 1]) < 0.1
    threshold = names["threshold"]
    scores = np.arange(99.0)[::-1]
    assert threshold(scores, 0.05) == 4.0  # the fifth of 99: a rate of 5 / 100
    assert threshold(scores, 0.001) == -np.inf


def test_weights_stand_for_pixels_and_groups_for_surfaces(lesson):
    names = lesson("quantise_image")
    assert names["times"].sum() == len(names["pixels"])
    assert names["folded"] == pytest.approx(names["on_pixels"], abs=1e-9)
    explained, groups = names["explained"], names["groups"]
    light = {name: explained(names["brightness"], own) for name, own in groups.items()}
    hue = {name: explained(names["hue"], own) for name, own in groups.items()}
    assert light["k-means"] > light["mixture"]
    assert hue["mixture"] > hue["k-means"] + 0.05
