"""What the user of a selection is told right after it: errors and warnings, each thing once."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.exceptions import FitFailedWarning

from skmixture.selection.notes import said_once
from skmixture.selection.result import CandidateResult

__all__ = ["check_any", "remarks", "told_gaps"]

Rows = Sequence[CandidateResult]
# Candidates that an error names beside its reason.
FEW = 3


def check_any(rows: Rows) -> None:
    """Raise an error with the reasons where every candidate failed."""
    if not all(row.error for row in rows):
        return
    by_reason: dict[str, list[str]] = {}
    for row in rows:
        by_reason.setdefault(row.error, []).append(str(row))
    told = [
        f"{reason} [{', '.join(names[:FEW])}{' and others' if len(names) > FEW else ''}]"
        for reason, names in by_reason.items()
    ]
    kind = TypeError if all(reason.startswith("TypeError") for reason in by_reason) else ValueError
    raise kind(f"every candidate of {len(rows)} failed: " + "; ".join(told))


def remarks(rows: Rows, best: CandidateResult, criterion: str) -> list[tuple[str, type[Warning]]]:
    """Warnings: on candidates that failed, on numbers that tests pass over, on the best."""
    told: list[tuple[str, type[Warning]]] = []
    failed = [row for row in rows if row.error]
    if failed:
        told.append(
            (
                f"{len(failed)} of {len(rows)} candidates failed, the first of them {failed[0]}: "
                f"{failed[0].error} (see summary())",
                FitFailedWarning,
            )
        )
    gaps = told_gaps(rows) if criterion == "lrt" else ""
    if gaps:
        told.append((gaps, UserWarning))
    if best.warnings:
        doubts = " / ".join(said_once(best, criterion))
        told.append((f"the best candidate, {best}, warned: {doubts}", UserWarning))
    return told


def told_gaps(rows: Rows) -> str:
    """A sentence on the numbers of components between those that were tested; mostly none."""
    tested = sorted(row.n_components for row in rows if not row.error)
    left_out = sorted(set(range(tested[0], tested[-1])) - set(tested))
    if not left_out:
        return ""
    return (
        f"tests leave out {', '.join(map(str, left_out))} components: each number is tested "
        "against the next that was tried, so a small p does not say that one more would do better"
    )
