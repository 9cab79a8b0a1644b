"""Fail where skmixture has lost most of its lead over scikit-learn: ``python benchmarks/guard.py``.

Ratios of one run, the two in turn, against less than half of what they are on
an idle machine: a step back in the code goes below, a busy neighbour hardly.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from run import without_overrides

__all__ = ["main"]

# Least ratio of the times of whole fits, by problem.
LEAST_FITS = {
    "full, n=100,000 d=2 K=3": 6.0,
    "full, n=100,000 d=5 K=5": 5.0,
    "full, n=100,000 d=10 K=10": 4.0,
    "full, n=20,000 d=100 K=10": 1.0,
    "tied, n=100,000 d=10 K=10": 5.0,
    "diag, n=100,000 d=10 K=10": 2.5,
    "full, n=150 d=4 K=3": 0.6,
}
LEAST_SCORES = 0.5  # of one row
REPEATS = 3


def main() -> None:
    """Compare, print, and exit with the number of ratios that are too small."""
    without_overrides()
    failures = 0
    for name, least, ratio in _ratios():
        fails = ratio < least
        failures += fails
        print(f"{'TOO SLOW' if fails else 'fine':<9} {ratio:6.1f} (at least {least:g}): {name}")
    sys.exit(failures)


def _ratios() -> Iterator[tuple[str, float, float]]:
    from peers import CASES, compare

    for case in CASES:
        if str(case) in LEAST_FITS:
            result = compare(replace(case, long=case.short + 5), REPEATS)
            yield str(case), LEAST_FITS[str(case)], result.peer_seconds / result.own_seconds
    yield "scores of one row", LEAST_SCORES, _scores()


def _scores() -> float:
    from peers import ESTIMATORS, Case, draw
    from timing import in_turns

    X = draw(Case(150, 4, 3))
    fitted = {name: kind(3, random_state=0).fit(X) for name, kind in ESTIMATORS.items()}
    runs: dict[str, Callable] = {
        name: partial(_many_scores, model, X) for name, model in fitted.items()
    }
    timed = in_turns(runs, REPEATS)
    peer, own = (timed[name].seconds for name in ESTIMATORS)
    return peer / own


def _many_scores(model: object, X: object) -> None:
    for _ in range(100):
        model.score_samples(X[:1])


if __name__ == "__main__":
    main()
