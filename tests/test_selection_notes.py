"""Notes below the table of a selection: each kind once, in full where it is one's alone."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from skmixture import Mixture, PoissonMixture
from skmixture.families import Gaussian
from skmixture.law.edges import COUNTED
from skmixture.selection import MixtureSelection
from skmixture.selection.notes import notes_on, said_once
from skmixture.selection.result import CandidateResult
from skmixture.selection.table import summary_of
from skmixture.tools.text import WIDTH

ENDED = f"ended at 0: no row of the component has that category. {COUNTED} A prior keeps it inside."
FIRST = f"probs of swims=never in component 0 (1 of 6 probs) {ENDED}"
SECOND = f"probs_[1, 0, 2], probs_[1, 0, 3] and 5 more (7 of 9 probs) {ENDED}"


def row(*warnings: str, error: str = "") -> CandidateResult:
    return CandidateResult("one", {}, 2, warnings=warnings, error=error)


def noted(*rows: CandidateResult, criterion: str = "bic") -> tuple[list[str], str]:
    marks, lines = notes_on(rows, criterion)
    assert all(len(line) <= WIDTH for line in lines)
    return marks, " ".join(" ".join(lines).split())


def test_one_candidate_has_all_names():
    assert noted(row(), row(FIRST)) == (["", "a"], f"a: {FIRST}")


def test_several_have_what_they_share():
    assert noted(row(FIRST), row(), row(SECOND)) == (["a", "", "a"], f"a: some probs {ENDED}")


def test_other_kinds_have_other_notes():
    marks, told = noted(row(FIRST, "Something else."), row("Something else."))
    assert (marks, told) == (["a,b", "b"], f"a: {FIRST} b: Something else.")


def test_collapsed_components_of_several_have_no_numbers():
    one, other = (f"components have collapsed ({which}): fewer." for which in ("0, 1", "2"))
    assert noted(row(one), row(other))[1] == "a: components have collapsed: fewer."
    assert noted(row(one))[1] == f"a: {one}"


@pytest.mark.parametrize("criterion", ["cv", "lrt"])
def test_what_bic_counts_is_no_matter_elsewhere(criterion):
    told = noted(row(FIRST), criterion=criterion)[1]
    assert "bic()" not in told
    assert told.endswith("has that category. A prior keeps it inside.")


def test_folds_say_nothing_twice():
    folds = f"In 2 of 5 folds the fit warned, first: {SECOND}"
    words = SECOND.replace(f"{COUNTED} ", "")
    assert noted(row(FIRST, folds), criterion="cv") == (["a"], noted(row(FIRST), criterion="cv")[1])
    assert noted(row(folds), criterion="cv") == (["a"], f"a: in folds: {words}")
    marks, told = noted(row(folds), row(FIRST), criterion="cv")
    assert marks == ["a", "a"]
    assert told.startswith("a: some probs ended at 0")


def test_a_failure_is_the_note():
    assert noted(row(FIRST, error="no rows")) == (["a"], "a: failed: no rows")


def test_a_real_table_is_short():
    x = np.random.RandomState(0).poisson(np.repeat([0.0, 9.0], 60))[:, None]
    model = PoissonMixture(n_init=3, random_state=0)
    options = {"n_components": [2, 3], "criterion": "cv", "cv": 3}
    with pytest.warns(UserWarning, match="the best candidate"):
        told = MixtureSelection(model, **options).fit(x).summary().text
    assert told.count("ended at 0") == 1
    assert max(map(len, told.splitlines())) <= WIDTH


def test_the_warning_of_the_best_says_nothing_twice():
    words = SECOND.replace(f"{COUNTED} ", "")
    folds = f"In 2 of 5 folds the fit warned, first: {SECOND}"
    alike = [words, "In 2 of 5 folds the fit warned of the like"]
    assert said_once(row(FIRST, folds), "cv") == [FIRST.replace(f"{COUNTED} ", ""), alike[1]]
    assert said_once(row(SECOND, folds), "cv") == alike
    assert said_once(row("Else.", folds), "cv") == ["Else.", folds.replace(f"{COUNTED} ", "")]
    assert said_once(row(folds), "cv") == [folds.replace(f"{COUNTED} ", "")]
    assert said_once(row(FIRST), "bic") == [FIRST]


def test_a_selection_by_folds_warns_once_of_the_best(rng):
    x = rng.normal(size=(40, 2)) + 9 * np.repeat([[0], [1]], 20, axis=0)
    X = np.column_stack([x, x[:, 0]])
    search = MixtureSelection(
        Mixture(Gaussian(), n_init=1), n_components=[1, 2], criterion="cv", random_state=0
    )
    with pytest.warns(UserWarning, match="the best candidate") as told:
        search.fit(X)
    (sentence,) = [str(one.message) for one in told]
    assert sentence.count("columns 0 and 2 are linearly dependent") == 1
    assert "In 5 of 5 folds the fit warned of the like" in sentence


@pytest.mark.parametrize("numbers", [[1, 2, 3], [1, 3], [2, 5]])
def test_tests_say_what_they_leave_out_and_how_little_p_can_be(numbers, rng):
    x = rng.poisson(np.repeat([1.0, 60.0, 900.0], 25))[:, None]
    search = MixtureSelection(
        PoissonMixture(n_init=2), n_components=numbers, criterion="lrt", n_replicates=19,
        random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(x)
    warned = [str(one.message) for one in caught if "tests leave out" in str(one.message)]
    told = " ".join(str(search.summary()).split())
    left_out = {2: "2", 3: "3, 4"}.get(numbers[0] + 1 if len(numbers) == 2 else 0)
    assert len(warned) == (left_out is not None)
    assert ("Tests leave out" in told) == (left_out is not None)
    if left_out:
        assert f"leave out {left_out} components" in warned[0]
        assert f"Tests leave out {left_out} components" in told
    assert "p = 0.050 is the least that 19 replicates can show" in told


def test_only_the_least_p_value_is_told_of():
    rows = [CandidateResult("one", {}, K, p_value=p, rank=K) for K, p in ((1, 0.05), (2, np.nan))]
    assert "is the least" not in str(summary_of(rows, "lrt", "head", 39))
    assert "is the least" in str(summary_of(rows, "lrt", "head", 19))
