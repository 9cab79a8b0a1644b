"""Chains in memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skmixture.inference.posterior.storage.chain import Recorder
from skmixture.inference.posterior.storage.errors import ChainError
from skmixture.inference.posterior.storage.layout import Layout, Record

__all__ = ["MemoryRecorder"]

BLOCK_BYTES = 2**20


class MemoryRecorder(Recorder):
    """Steps in blocks of memory: a full block is never copied to make room."""

    def __init__(self, layout: Layout, identity: Mapping[str, str]) -> None:
        self.layout, self.identity = layout, dict(identity)
        self._per_block = max(1, BLOCK_BYTES // layout.nbytes)
        self._blocks: list[dict[str, np.ndarray]] = []
        self._n_steps = 0
        self._state = b""
        self._ended = False

    @property
    def n_steps(self) -> int:
        return self._n_steps

    def append(self, record: Record) -> None:
        if self._ended:
            raise ChainError("this recorder is finished; open another one")
        self.layout.check(record)
        block, place = divmod(self._n_steps, self._per_block)
        if block == len(self._blocks):
            names = self.layout.arrays
            self._blocks.append({name: self.layout.empty(name, self._per_block) for name in names})
        for name, array in record.arrays.items():
            self._blocks[block][name][place] = array
        self._state = bytes(record.state)
        self._n_steps += 1

    def _read(self, name: str, steps: range) -> np.ndarray:
        out = self.layout.empty(name, len(steps))
        done = 0
        while done < len(steps):
            block, place = divmod(steps[done], self._per_block)
            piece = self._blocks[block][name][place :: steps.step][: len(steps) - done]
            out[done : done + len(piece)] = piece
            done += len(piece)
        return out

    def _last_state(self) -> bytes:
        return self._state

    def finish(self) -> None:
        self._ended = True

    close = finish
