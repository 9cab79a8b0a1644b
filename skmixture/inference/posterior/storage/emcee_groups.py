"""The groups of a finished file that emcee reads as its own.

Written as :class:`emcee.backends.HDFBackend` of emcee 3.1 writes them, one a group of
walkers: its `chain`, `log_prob` and `accepted`, with the state of a generator as attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from skmixture.inference.posterior.storage.layout import Layout

__all__ = [
    "EmceeGroups",
    "create_group",
    "extend_group",
    "in_emcee",
    "names_of",
    "set_state",
    "states_of",
]

ARRAYS = {"coordinates": "chain", "log_prob": "log_prob"}  # ours to emcee's
OWN = "skmixture"


@dataclass(frozen=True)
class EmceeGroups:
    """How ensembles appear to emcee.

    Parameters
    ----------
    names : sequence of str or None
        A group for each ensemble; None: "mcmc" if there is one ensemble, otherwise
        "ensemble_0", "ensemble_1", ...
    random_states : callable or None
        From a record's `state` to the generators' states, those of the ensembles first:
        :func:`unpack_states` if they were packed so. None writes no `random_state`.
    """

    names: Sequence[str] | None = None
    random_states: Callable[[bytes], Sequence[Sequence[Any]]] | None = None


def names_of(layout: Layout, groups: EmceeGroups) -> tuple[str, ...]:
    """A group a row of the ensemble axis; none for chains that are not ensembles.

    Those are ensembles: coordinates (E, W, p), log_prob (E, W) and accepted (E, W).
    """
    shape = layout.arrays.get("coordinates", ((), None))[0]
    walkers = [layout.arrays.get(name, ((), None))[0] for name in ("log_prob", "accepted")]
    if len(shape) != 3 or any(other != shape[:2] for other in walkers):
        if groups.names:
            raise ValueError(
                "emcee_groups: names are for layouts with coordinates (E, W, p), log_prob (E, W) "
                "and accepted (E, W)"
            )
        return ()
    n_ensembles = shape[0]
    if groups.names is None:
        return ("mcmc",) if n_ensembles == 1 else _numbered(n_ensembles)
    names = tuple(groups.names)
    plain = all(name and "/" not in name and name not in (".", OWN) for name in names)
    if len(set(names)) != n_ensembles or len(names) != n_ensembles or not plain:
        raise ValueError(
            f"emcee_groups: {n_ensembles} different plain names are needed, none of them {OWN!r}, "
            f"got {names}"
        )
    return names


def _numbered(n_ensembles: int) -> tuple[str, ...]:
    return tuple(f"ensemble_{e}" for e in range(n_ensembles))


def in_emcee(name: str, groups: Sequence[str]) -> bool:
    """Whether an array of ours is kept in emcee's groups."""
    return bool(groups) and name in ARRAYS


def create_group(group: Any, layout: Layout, create: Callable[..., Any]) -> None:
    """An empty group of emcee's; `create(group, name, shape, dtype)` makes its arrays."""
    (_, n_walkers, n_dims), _ = layout.arrays["coordinates"]
    group.attrs["version"] = version("emcee")
    group.attrs["nwalkers"] = n_walkers
    group.attrs["ndim"] = n_dims
    group.attrs["has_blobs"] = False
    group.attrs["iteration"] = 0
    group.create_dataset("accepted", data=np.zeros(n_walkers))
    for ours, theirs in ARRAYS.items():
        shape, dtype = layout.arrays[ours]
        create(group, theirs, shape[1:], dtype)


def extend_group(
    group: Any, coordinates: np.ndarray, log_prob: np.ndarray, accepted: np.ndarray
) -> None:
    """Add steps: coordinates (T, W, p), log_prob and accepted (T, W)."""
    n_steps = int(group.attrs["iteration"])
    for name, array in (("chain", coordinates), ("log_prob", log_prob)):
        group[name].resize(n_steps + len(array), axis=0)
        group[name][n_steps:] = array
    group["accepted"][...] += accepted.sum(axis=0)
    group.attrs["iteration"] = n_steps + len(coordinates)


def states_of(
    state: bytes, names: Sequence[str], groups: EmceeGroups
) -> list[Sequence[Any]] | None:
    """The generator's state of each ensemble, or None if they are not told."""
    if groups.random_states is None or not names:
        return None
    states = list(groups.random_states(state))
    if len(states) < len(names):
        raise ValueError(
            f"emcee_groups: random_states gave {len(states)} states for {len(names)} ensembles"
        )
    return states[: len(names)]


def set_state(group: Any, state: Sequence[Any]) -> None:
    """The state of the ensemble's generator, as emcee keeps it; an empty one is none."""
    for name in [name for name in group.attrs if name.startswith("random_state_")]:
        del group.attrs[name]  # of an earlier step
    for i, part in enumerate(state):
        group.attrs[f"random_state_{i}"] = part
