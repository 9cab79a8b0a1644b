"""Notes below the table of a selection: each kind once, in full where it is one's alone."""

from __future__ import annotations

import numpy as np
import pytest

from skmixture import PoissonMixture
from skmixture.edges import COUNTED
from skmixture.selection import MixtureSelection
from skmixture.selection.notes import notes_on
from skmixture.selection.result import CandidateResult
from skmixture.text import WIDTH

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
