"""The page of text that a fitted mixture says of itself."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KernelDensity

from skmixture import (
    BernoulliMixture,
    CategoricalMixture,
    GaussianMixture,
    Mixture,
    NegativeBinomialMixture,
    PoissonMixture,
    ZeroInflatedMixture,
    load,
)
from skmixture.datasets import load_old_faithful
from skmixture.families import (
    Categorical,
    Components,
    FromEstimator,
    Gaussian,
    Poisson,
    Product,
    Uniform,
)
from skmixture.given.numbering import by_component
from skmixture.priors import Dirichlet
from skmixture.tools.text import alike, lined_up, on_the_point


def known(case):
    return Mixture.from_params(family=case.family, weights=case.weights, **case.params)


def cut_rows(number, name):
    """The end of a table that is cut in its rows alone."""
    return [f"... {number} more in {name}", "summary(full=True) has them"]


def table_of(model, which=0):
    """Lines of a table of components without its head: of the parameters, or of what follows."""
    blocks = [block.splitlines()[1:] for block in repr(model.summary()).split("\n\n")]
    first = next(i for i, lines in enumerate(blocks) if lines and lines[0].startswith("weights"))
    return blocks[first + which]


def cells_of(model, which=0):
    """The last K words of each line."""
    return [line.split()[-len(model.weights_) :] for line in table_of(model, which)]


def labels_of(model, which=0):
    return [line.split("  ")[0].strip() or line.strip() for line in table_of(model, which)]


def test_every_number_is_there(case):
    """Over the registry: each is shown once, in order, to the digits of its row."""
    model = known(case)
    expected = [model.weights_]
    for name, value in model._params().items():
        whole = by_component(model.family_, name, value, case.n_components)
        matrix = model.family_.parameters[name].event_ndim == 2
        for place in model.family_.entries(name, [str(j) for j in range(case.n_features)]):
            if not matrix or place[0] >= place[1]:
                expected.append(whole[(slice(None), *place)])
    cells = cells_of(model)
    assert len(cells) == len(expected)
    for row, numbers in zip(cells, expected, strict=True):
        shown = [np.nan if cell == "-" else float(cell) for cell in row]
        assert_allclose(shown, numbers, rtol=1e-3, atol=1e-3 * np.nanmax(np.abs(numbers)))
    for name in case.params:
        assert name in repr(model.summary())


def test_likelihood_and_criteria_are_those_of_the_rows(case):
    """Over the registry: what is told without the rows is what the rows say."""
    X, labels = case.draw(200)
    with warnings.catch_warnings():  # some rows lie close by chance
        warnings.simplefilter("ignore")
        model = Mixture(case.family, case.n_components, max_iter=200).fit(X, start=labels)
    told = model.summary()
    assert told.n_rows == len(X)
    if not model.converged_:
        assert np.isnan([told.aic, told.bic]).all()
        return
    assert_allclose(told.log_likelihood, len(X) * model.score(X), rtol=1e-9, atol=5e-4)
    assert_allclose([told.aic, told.bic], [model.aic(X), model.bic(X)], rtol=1e-9, atol=1e-3)
    assert f"BIC              {told.bic:.3f}\n" in told.text


def test_values_at_an_edge_are_marked_and_told_of(rng):
    """Where a fit warned of values, just these have a mark; and the sentences stand below."""
    x = np.c_[1 + rng.poisson(3.0, 200), rng.poisson(3.0, 200) * (rng.uniform(size=200) < 0.5)]
    model = ZeroInflatedMixture(Poisson(), 1)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.fit(x)
    assert model.warnings_ == [str(warning.message) for warning in told]
    assert {name: at.tolist() for name, at in model.at_edges_.items()} == {
        "zero_probs": [[True, False]]
    }
    text = repr(model.summary())
    assert [cell.endswith("*") for (cell,) in cells_of(model)] == [False, True, False, False, False]
    assert text.index("* at an edge of its range") < text.index("the fit warned:\n- zero_probs_[0")
    assert "".join(model.warnings_[0].split()) in "".join(text.split())
    model.fit(x[:, 1:])
    assert (model.warnings_, model.at_edges_) == ([], {})
    assert "*" not in repr(model.summary())
    assert "warned" not in repr(model.summary())


def test_what_a_stratum_does_not_have_is_marked(rng):
    x = np.r_[rng.poisson(1.0, 100), rng.poisson(90.0, 100)][:, None]
    model = PoissonMixture(2, order_by="rates", random_state=0)
    model.fit(x, strata=np.repeat(["north", "south"], 100))
    (north, south), other = cells_of(model, 1), [float(row[0]) for row in cells_of(model)[:1]]
    assert [cell.endswith("*") for cell in (*north, *south)] == [False, True, True, False]
    assert other == [0.5]


def test_what_is_fixed_says_so():
    X = load_old_faithful().data
    some = Mixture(Gaussian(), 2, fixed={"means": [[2.0, np.nan], [np.nan, 80.0]]}, random_state=0)
    assert cells_of(some.fit(X))[1][0] == "2.000="
    assert [row[-1][-1] for row in cells_of(some)[1:3]] != ["=", "="]
    assert cells_of(some)[2][1] == "80.00="
    assert repr(some.summary()).splitlines()[-1] == "= held by fixed"
    whole = Mixture(Gaussian(), 2, fixed={"covariances": [np.eye(2)] * 2, "weights": [0.5, 0.5]})
    text = repr(whole.fit(X).summary())
    assert "covariances (fixed)" in text
    assert "weights (fixed)" in text
    assert "=" not in text
    whole.set_params(fixed={"means": np.zeros((3, 2))})  # for a fit to come
    assert "fixed" not in repr(whole.summary())


def test_rows_and_weights_of_rows_are_told_apart(rng):
    x = rng.poisson(3.0, 50)[:, None]
    assert "rows  " in PoissonMixture().fit(x).summary().text
    assert (
        "\nweight of rows   25\n"
        in PoissonMixture().fit(x, sample_weight=[0.5] * 50).summary().text
    )


def test_a_stream_forgets_what_the_first_fit_warned_of(rng):
    """Which values are at an edge is asked of all rows, and these are gone."""
    x = rng.poisson(3.0, (100, 2)) * [[1, 0]]
    with pytest.warns(UserWarning, match="rates"):
        model = PoissonMixture(1).fit(x)
    assert model.at_edges_["rates"].tolist() == [[False, True]]
    assert not model.weighted_
    model.partial_fit(rng.poisson(3.0, (50, 2)), sample_weight=np.full(50, 2.0))
    assert (model.warnings_, model.at_edges_, model.weighted_) == ([], {}, True)


def test_weights_of_rows_and_priors_are_counted():
    X = load_old_faithful().data
    weight = np.tile([1.0, 2.0], len(X) // 2)
    model = Mixture(Gaussian(), 2, prior={"weights": Dirichlet(5)}, random_state=0)
    told = model.fit(X, sample_weight=weight).summary()
    assert told.n_rows == weight.sum()
    assert_allclose(told.bic, model.bic(X, sample_weight=weight), atol=1e-3)
    assert f"log prior        {model.log_prior_:.3f}" in told.text


def test_what_is_not_known_to_the_digits_is_left_out(rng):
    X = load_old_faithful().data
    told = GaussianMixture(2, random_state=0).fit(X).summary()  # tol is scikit-learn's, 1e-3
    assert np.isnan([told.aic, told.bic]).all()
    assert "about -1130.3" in told.text
    assert "AIC, BIC         computed by aic(X), bic(X), as the fit stopped" in told.text
    model = PoissonMixture(2, random_state=0)
    for _ in range(3):
        model.partial_fit(rng.poisson(np.repeat([2.0, 15.0], 250))[:, None])
    assert np.isnan(model.summary().log_likelihood)
    assert "log-likelihood" not in model.summary().text
    given = PoissonMixture.from_params(weights=[1.0], rates=[[2.0]]).summary()
    assert "none: the parameters were given" in given.text
    with pytest.raises(NotFittedError):
        PoissonMixture().summary()


def test_columns_have_the_names_of_the_user():
    X = pd.DataFrame(load_old_faithful().data, columns=["duration", "wait"])
    model = Mixture(Gaussian(), 2, random_state=0).fit(X)
    text = repr(model.summary())
    for label in ("means        duration", "wait, duration", "             wait"):
        assert label in text
    one = Mixture(Gaussian("diag"), 2, random_state=0).fit(X[["wait"]])
    assert "means        wait" in repr(one.summary())


def mixed_table(rng):
    late = rng.uniform(size=200) < 0.5
    return pd.DataFrame(
        {
            "age": np.where(late, 60.0, 30.0) + rng.normal(size=200),
            "eye": np.where(rng.uniform(size=200) < 0.3 + 0.4 * late, "blue", "brown"),
            "visits": rng.poisson(np.where(late, 9.0, 2.0)),
        }
    )


def test_parts_have_columns_of_their_own(rng):
    parts = [("age", Gaussian(), "age"), ("eye", Categorical(), "eye"), ("n", Poisson(), "visits")]
    model = Mixture(Product(parts), 2, random_state=0).fit(mixed_table(rng))
    told, lines = model.summary(), [" ".join(line.split()[:2]) for line in table_of(model)]
    assert lines[1] == "age__means age"
    assert lines[3:5] == ["eye__probs eye=blue", f"eye=brown {cells_of(model)[4][0]}"]
    assert lines[5] == "n__rates visits"
    assert "of 2 components: Product of 3 parts\n\nage  Gaussian()     age\n" in told.text
    assert "\nn    Poisson()      visits\n\nrows  " in told.text


def test_components_of_other_laws_have_dashes(rng):
    x = np.r_[rng.normal(size=100), rng.uniform(-20, 20, 30)][:, None]
    model = Mixture(Components([("bulk", Gaussian()), ("noise", Uniform(-20, 20))]), 2)
    assert cells_of(model.fit(x))[1][1] == "-"


def test_strata_have_a_second_table(rng):
    strata = np.repeat(["north", "south"], 150)
    x = rng.poisson(np.where(rng.uniform(size=300) < 0.3 + 0.4 * (strata == "south"), 2.0, 15.0))
    model = PoissonMixture(2, random_state=0).fit(x[:, None], strata=strata)
    shown = np.array(cells_of(model, 1), dtype=float)
    assert_allclose(shown, model.strata_weights_, atol=1e-3)
    assert labels_of(model, 1)[0] == "weights by stratum"
    assert "south" in table_of(model, 1)[1]
    many = np.arange(300) % 50
    model = PoissonMixture(2, random_state=0).fit(x[:, None], strata=many)
    end = table_of(model, 1)[-2:]
    assert [line.strip() for line in end] == cut_rows(30, "strata_weights_")


def test_what_is_tied_says_so(rng):
    x = rng.poisson(np.repeat([2.0, 15.0], 150))[:, None]
    model = NegativeBinomialMixture(2, tied=["sizes"], random_state=0).fit(x)
    assert "sizes (tied)" in repr(model.summary())
    assert "means (tied)" not in repr(model.summary())
    shared = Mixture(Gaussian("tied"), 2, random_state=0).fit(load_old_faithful().data)
    assert "covariances (tied)" in repr(shared.summary())


def test_long_tables_are_cut_with_a_word(rng):
    K, d = 13, 100
    probs = rng.uniform(0.1, 0.9, size=(K, d))
    model = BernoulliMixture.from_params(weights=np.full(K, 1 / K), probs=probs)
    lines = repr(model.summary()).splitlines()
    assert len(lines) < 60
    assert max(map(len, lines)) < 110
    assert lines[-2].strip() == "... 60 more in probs_"
    assert lines[-1] == "... 5 more components: summary(full=True) has them"
    whole = repr(model.summary(full=True))
    assert "..." not in whole
    blocks = [block.splitlines() for block in whole.split("\n\n")[2:]]
    assert [block[0].split() for block in blocks] == [[*"01234567"], ["8", "9", "10", "11", "12"]]
    assert [len(block) for block in blocks] == [d + 2] * 2  # a head, weights, probabilities
    cells = np.hstack(
        [[line.split()[-n:] for line in b[1:]] for n, b in zip((8, 5), blocks, strict=True)]
    )
    assert_allclose(cells.astype(float).T, np.c_[model.weights_, probs], rtol=1e-3)
    wide = Mixture.from_params(  # of a matrix the lower half
        family=Gaussian(), weights=[1.0], means=np.zeros((1, 9)), covariances=np.eye(9)[None]
    )
    end = repr(wide.summary()).splitlines()[-2:]
    assert [line.strip() for line in end] == cut_rows(36, "covariances_")
    assert len(repr(wide.summary(full=True)).split("\n\n")[2].splitlines()) == 2 + 9 + 45


def test_parameters_that_are_no_numbers(rng):
    x = np.r_[rng.normal(size=60), rng.normal(9, 1, 60)][:, None]
    model = Mixture(FromEstimator(KernelDensity()), 2, max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x)
    assert cells_of(model)[1] == ["KernelDensity", "KernelDensity"]
    assert np.isnan(model.summary().n_parameters)


def test_a_saved_model_says_the_same(tmp_path):
    answers = np.array([["yes", "no"], ["no", "no"], ["yes", "never"], ["no", "yes"]] * 20)
    model = CategoricalMixture(2, n_init=2, prior={"probs": Dirichlet(2)}, random_state=0).fit(
        answers
    )
    model.save(tmp_path / "model.json")
    assert repr(load(tmp_path / "model.json").summary()) == repr(model.summary())


def test_frames_have_the_names_of_the_summary(rng):
    X = pd.DataFrame(load_old_faithful().data, columns=["duration", "wait"])
    model = Mixture(Gaussian(), 2, random_state=0).fit(X)
    frame = model.to_frame()
    assert list(frame)[:3] == ["weight", "means[duration]", "means[wait]"]
    assert list(frame)[3:] == [
        "covariances[duration]", "covariances[duration, wait]", "covariances[wait, duration]",
        "covariances[wait]",
    ]  # fmt: skip
    assert_allclose(frame["covariances[wait]"], model.covariances_[:, 1, 1])
    without = Mixture(Gaussian(), 2, random_state=0).fit(X.to_numpy()).to_frame()
    assert list(without)[-2:] == ["covariances[1,0]", "covariances[1,1]"]
    parts = [("age", Gaussian(), "age"), ("eye", Categorical(), "eye"), ("n", Poisson(), "visits")]
    frame = Mixture(Product(parts), 2, random_state=0).fit(mixed_table(rng)).to_frame()
    assert list(frame) == [
        "weight", "age__means[age]", "age__covariances[age]", "eye__probs[eye=blue]",
        "eye__probs[eye=brown]", "n__rates[visits]",
    ]  # fmt: skip
    words = CategoricalMixture(1).fit([["yes"], ["no"], ["yes"]]).to_frame()
    assert_allclose(words["probs[yes]"], 2 / 3)


# -- text -----------------------------------------------------------------------------


def test_no_number_reads_0_but_0():
    for power in range(-40, 40):
        for small in (1e-300, 1e-7, 1e-3, 1.0):
            cells = alike([10.0**power, small * 10.0**power, 0.0, np.nan])
            shown = [float(cell) for cell in cells[:3]]
            wanted = np.array([1.0, small]) * 10.0**power
            assert_allclose(shown[:2], wanted, rtol=0.06)
            assert (shown[2], cells[3]) == (0.0, "-")
            assert all(len(cell) <= 12 for cell in cells)


def test_points_meet():
    cells = on_the_point(["1.25", "-30.5", "7", "-", "1e-08", "wide"])
    assert [cell.find(".") - len(cell) for cell in cells[:2]] == [-3, -3]
    assert cells[2:] == ["7   ", "-   ", "1e-08", "wide"]
    assert lined_up([["a", "1"], ["bcd", "22"]], [True, False]) == ["a     1", "bcd  22"]
