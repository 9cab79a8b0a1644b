"""The states of generators as bytes, nothing of which is ever executed."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["pack_states", "unpack_states"]

NAME = "MT19937"
N_KEYS = 624
_REST = struct.Struct("<iid")  # position, has_gauss, cached_gaussian
_LENGTH = 4 * N_KEYS + _REST.size


def pack_states(states: Sequence[Any]) -> bytes:
    """The states of several generators, one after the other.

    Parameters
    ----------
    states : sequence of tuple
        As :meth:`numpy.random.RandomState.get_state` and emcee's `random_state` have
        them: ('MT19937', keys, position, has_gauss, cached_gaussian).

    Raises
    ------
    ValueError
        If one is the state of another generator.

    Examples
    --------
    >>> import numpy as np
    >>> from skmixture.inference.posterior.storage import pack_states, unpack_states
    >>> rng, other = np.random.RandomState(1), np.random.RandomState(2)
    >>> packed = pack_states([rng.get_state()])
    >>> other.set_state(unpack_states(packed)[0])
    >>> other.uniform() == rng.uniform()
    True
    """
    parts = []
    for state in states:
        name, keys, *rest = state
        if name != NAME:
            raise ValueError(f"states: a {NAME} generator is needed, got {name}")
        parts += [np.asarray(keys, "<u4").tobytes(), _REST.pack(*rest)]
    return b"".join(parts)


def unpack_states(packed: bytes) -> list[tuple[str, np.ndarray, int, int, float]]:
    """The states that `pack_states` wrote, for `set_state`."""
    if len(packed) % _LENGTH:
        raise ValueError(f"packed: {len(packed)} bytes are no states of {_LENGTH} bytes each")
    states = []
    for begin in range(0, len(packed), _LENGTH):
        keys = np.frombuffer(packed, "<u4", N_KEYS, begin).astype(np.uint32)
        states.append((NAME, keys, *_REST.unpack_from(packed, begin + 4 * N_KEYS)))
    return states
