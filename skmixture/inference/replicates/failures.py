"""Replicates that came to nothing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Failure"]


@dataclass(frozen=True)
class Failure:
    """A replicate that could not be fitted, and is left out.

    Attributes
    ----------
    index : int
        Its number, from 0.
    entropy : tuple of int
        With it, ``numpy.random.SeedSequence(entropy, spawn_key=(index,))`` is the seed of its rows.
    reason : str
        Why the last attempt failed.

    Examples
    --------
    >>> from skmixture import PoissonMixture
    >>> from skmixture.inference import bootstrap
    >>> X = [[0], [1], [2], [3], [1], [1], [0], [4]]
    >>> result = bootstrap(PoissonMixture().fit(X), X, n_replicates=100, random_state=0)
    >>> result.failures  # none came to nothing
    ()
    """

    index: int
    entropy: tuple[int, ...]
    reason: str
