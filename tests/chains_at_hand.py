"""A chain that any process can make, go on with, and compare to the last bit."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from skmixture.inference.posterior.storage import Chain, Layout, Record, Recorder, open_recorder

LAYOUT = Layout(
    {
        "coordinates": ((2, 3, 2), float),
        "log_prob": ((2, 3), float),
        "log_prior": ((2, 3), float),
        "accepted": ((2, 3), bool),
        "labels": ((3, 7), np.uint8),
        "swaps": ((), np.int64),
    }
)
IDENTITY = {"data": "0123abcd", "model": "GaussianMixture(n_components=2)", "seed": "0"}
START = b"the first state"


def next_record(state: bytes | None) -> Record:
    """The step after this state: bytes of a hash, read as what the layout says."""
    state = blake2b(state or START).digest()
    arrays, block = {}, state
    for name, (shape, dtype) in LAYOUT.arrays.items():
        size = int(np.prod(shape))
        block = blake2b(block).digest()
        numbers = np.frombuffer(block, np.uint8)[:size]
        assert numbers.size == size
        numbers = numbers % 2 if dtype.kind == "b" else numbers / 7
        arrays[name] = numbers.astype(dtype).reshape(shape)
    return Record(arrays, state)


class Unbroken:
    """The chain that nothing interrupts, as long as it is asked for."""

    def __init__(self) -> None:
        self._records: list[Record] = []

    def records(self, n_steps: int) -> list[Record]:
        while len(self._records) < n_steps:
            self._records.append(next_record(self._records[-1].state if self._records else None))
        return self._records[:n_steps]


def grow(recorder: Recorder, n_steps: int) -> None:
    """Go on from the last step."""
    last = recorder.last()
    state = None if last is None else last.state
    for _ in range(n_steps):
        record = next_record(state)
        recorder.append(record)
        state = record.state


def opened(path: object, **options: object) -> Recorder:
    return open_recorder(path, LAYOUT, IDENTITY, **options)


def check(chain: Chain, n_steps: int, unbroken: Unbroken | None = None) -> None:
    """It is the unbroken chain to the last bit."""
    records = (unbroken or Unbroken()).records(n_steps)
    assert chain.n_steps == n_steps
    assert dict(chain.identity) == IDENTITY
    for name, (shape, dtype) in LAYOUT.arrays.items():
        array = chain.arrays(name)
        assert array.dtype == dtype
        assert array.shape == (n_steps, *shape)
        if records:
            np.testing.assert_array_equal(array, np.stack([step.arrays[name] for step in records]))
    last = chain.last()
    if not records:
        assert last is None
        return
    assert last.state == records[-1].state
    for name, array in last.arrays.items():
        np.testing.assert_array_equal(array, records[-1].arrays[name])
