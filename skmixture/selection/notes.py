"""Notes below the table of a selection: what fits warned of, each kind said once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from skmixture.engine.outcome import COLLAPSED
from skmixture.law.edges import COUNTED, in_general
from skmixture.selection.result import CandidateResult
from skmixture.selection.search import OF_FOLDS
from skmixture.tools.text import hung

__all__ = ["notes_on", "said_once"]

# Criteria that count parameters.
COUNTING = ("bic", "aic", "icl")
NUMBERS = re.compile(rf"^{COLLAPSED} \([\d, ]+\)")


@dataclass
class _Note:
    """What several candidates may have been told of, in their own words."""

    mark: str
    words: dict[str, None] = field(default_factory=dict)
    n_rows: int = 0
    in_folds: bool = True  # and nowhere else

    def add(self, words: str, of_folds: bool) -> None:
        """Take what was said, where not more is known from a fit to all rows."""
        if not of_folds and self.in_folds:
            self.words.clear()
            self.in_folds = False
        if of_folds == self.in_folds:
            self.words[words] = None

    def text(self, general: str) -> str:
        """The words where they are one's alone, else what is common to all."""
        alone = self.n_rows == 1 and len(self.words) == 1
        said = next(iter(self.words)) if alone else general
        return f"in folds: {said}" if self.in_folds else said


def notes_on(rows: Sequence[CandidateResult], criterion: str) -> tuple[list[str], list[str]]:
    """The marks of each row, as "a,b", and the lines of all notes."""
    notes: dict[str, _Note] = {}
    marks = []
    for row in rows:
        own: dict[str, _Note] = {}
        for words, of_folds in _said(row, criterion):
            note = notes.setdefault(_general(words), _Note(_letter(len(notes))))
            own[note.mark] = note
            note.add(words, of_folds)
        for note in own.values():
            note.n_rows += 1
        marks.append(",".join(sorted(own, key=lambda mark: (len(mark), mark))))
    told = (hung(f"{note.mark}: ", note.text(general)) for general, note in notes.items())
    return marks, [line for lines in told for line in lines]


def said_once(row: CandidateResult, criterion: str) -> list[str]:
    """What the fit of one candidate warned of; of folds, what it has not said of all rows."""
    of_all = {_general(words) for words, of_folds in _said(row, criterion) if not of_folds}
    both = zip(row.warnings, _said(row, criterion), strict=True)
    told = []
    for sentence, (words, of_folds) in both:
        if not of_folds:
            told.append(words)
        elif _general(words) in of_all:
            told.append(f"{_folds_of(sentence)} the fit warned of the like")
        else:
            told.append(f"{_folds_of(sentence)} the fit warned, first: {words}")
    return told


def _folds_of(sentence: str) -> str:
    """As "In 2 of 5 folds"."""
    return sentence.partition(" the fit warned")[0]


def _said(row: CandidateResult, criterion: str) -> Iterator[tuple[str, bool]]:
    """Sentences on a row, each with whether it is of folds."""
    if row.error:
        yield f"failed: {row.error}", False
        return
    for sentence in row.warnings:
        found = OF_FOLDS.match(sentence)
        words = sentence[found.end() :] if found else sentence
        yield words if criterion in COUNTING else words.replace(f"{COUNTED} ", ""), bool(found)


def _general(sentence: str) -> str:
    """A sentence without the components it is about: of all sentences of its kind the same."""
    return NUMBERS.sub(COLLAPSED, in_general(sentence))


def _letter(number: int) -> str:
    """a to z, then aa, ab and so on."""
    more, last = divmod(number, 26)
    return (_letter(more - 1) if more else "") + chr(ord("a") + last)
