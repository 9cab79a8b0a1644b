"""Replicates made in several goes, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from skmixture.inference.identities import differences
from skmixture.inference.replicates.failures import Failure
from skmixture.inference.replicates.identity import of_values

__all__ = ["check_parts", "joined_fields"]

Array = NDArray[np.floating]


class Part(Protocol):
    """What is asked of a result."""

    kind: str
    estimates: dict[str, Array]
    replicates: dict[str, Array]
    log_likelihoods: Array
    converged: NDArray[np.bool_]
    alignment_cost: Array
    index: NDArray[np.integer]
    failures: tuple[Failure, ...]
    entropy: tuple[int, ...]
    identity: dict[str, str]
    n_asked: int
    n_together: int


def check_parts(parts: Sequence[Part]) -> None:
    """Raise a ValueError unless these are parts of one run, none of them twice.

    Whatever differs is named; so are replicates whose last bits would not be those of the
    whole run, as they were fitted in other batches.
    """
    first, whole = parts[0], max(part.n_asked for part in parts)
    for place, part in enumerate(parts):
        differing = differences(_identity(first), _identity(part))
        if differing:
            raise ValueError(
                f"results[{place}] is of another run than results[0]: {'; '.join(differing)}"
            )
        _check_batches(place, part, whole)
    times = Counter(number for part in parts for number in _numbers(part))
    twice = sorted(number for number, n in times.items() if n > 1)
    if twice:
        raise ValueError(
            f"more than one of the results has replicates {_spelled(twice)}: make each once, by "
            "only=range(...) of bootstrap"
        )


def joined_fields(parts: Sequence[Part]) -> dict[str, Any]:
    """What a result of all parts has for its own, in the order of numbers."""
    order = np.argsort(np.concatenate([part.index for part in parts]))

    def together(arrays: Iterable[NDArray]) -> NDArray:
        return np.concatenate(list(arrays))[order]

    each = ("log_likelihoods", "converged", "alignment_cost", "index")
    failures = [failure for part in parts for failure in part.failures]
    return {
        "replicates": {
            name: together(part.replicates[name] for part in parts) for name in parts[0].replicates
        },
        **{name: together(getattr(part, name) for part in parts) for name in each},
        "failures": tuple(sorted(failures, key=lambda failure: failure.index)),
        "n_asked": max(part.n_asked for part in parts),
    }


def _spelled(numbers: Iterable[int]) -> str:
    """Numbers in increasing order as ranges: "0 to 99, 200"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join(" to ".join(map(str, run)) for run in runs)


def _check_batches(place: int, part: Part, whole: int) -> None:
    """The last batch of a run may be a short one; in a longer run it is not."""
    full = part.n_asked - part.n_asked % part.n_together
    numbers = _numbers(part)
    if part.n_asked < whole and numbers[-1] >= full:
        raise ValueError(
            f"results[{place}] is of a run with n_replicates={part.n_asked}, and another part of "
            f"one with {whole}, where its last replicates would be fitted in another batch, of "
            f"{part.n_together}: make it again with n_replicates={whole} and "
            f"only=range({numbers[0]}, {numbers[-1] + 1})"
        )


def _identity(part: Part) -> dict[str, str]:
    return {
        "kind": part.kind,
        **part.identity,
        "fitted values": of_values(part.estimates),
        "seed": " ".join(map(str, part.entropy)),
    }


def _numbers(part: Part) -> list[int]:
    return sorted([*part.index.tolist(), *(failure.index for failure in part.failures)])
