"""Replicates spread over workers, in portions that the problem alone decides."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Sequence

from joblib import Parallel, delayed

from skmixture.inference.replicates.refits import Refits, Refitting
from skmixture.tools.threads import single_threaded

__all__ = ["spread"]


def spread(
    refitting: Refitting,
    n_replicates: int,
    n_jobs: int | None,
    tell: Callable[[int], None] | None = None,
    only: range | None = None,
) -> Refits:
    """Fit all replicates, or some; of an interrupted call, those that were done.

    Parameters
    ----------
    refitting : Refitting
    n_replicates : int
    n_jobs : int or None
    tell : callable, optional
        Told how many are done, after each portion.
    only : range, optional
        Those that are wanted. They are fitted in the portions of the whole, so
        that none depends on what else is wanted.

    Raises
    ------
    KeyboardInterrupt
        Where nothing was done before it.
    """
    size, only = refitting.source.together, only or range(n_replicates)
    begin, end = only.start - only.start % size, min(only.stop, n_replicates)
    portions: list[Sequence[int]] = [
        range(first, min(first + size, n_replicates)) for first in range(begin, end, size)
    ]
    done: list[Refits] = []
    # threads share BLAS, whose number must not change while one of them is at work
    with single_threaded():
        workers = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
        coming = workers(delayed(refitting)(portion) for portion in portions)
        try:
            for refits in coming:
                done.append(refits.among(only))
                if tell is not None:
                    tell(sum(len(part.index) + len(part.failures) for part in done))
        except KeyboardInterrupt:
            if not done:
                raise
            _end(coming)
    if len(done) < len(portions):
        warnings.warn(
            f"interrupted: {sum(len(part.index) for part in done)} of {len(only)} replicates "
            "are there",
            UserWarning,
            stacklevel=3,
        )
    return Refits.joined(done)


def _end(coming: Generator[Refits]) -> None:
    """Let go of portions that nobody waits for, of which joblib would warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        coming.close()
